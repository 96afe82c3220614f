//! What the organiser of a site is (主办单位性质), and by what kind of certificate it proves that (证件类型).

use serde::Deserialize;
use serde::Serialize;

/// 主办单位性质
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// 军队
    Army,
    /// 政府机关
    Government,
    /// 事业单位
    Institution,
    /// 企业
    Enterprise,
    /// 个人
    Person,
    /// 社会团体
    Society,
    /// 民办非企业单位
    PrivateNonEnterprise,
    /// 基金会
    Foundation,
    /// Others that the ministry's forms know, of which no rule of annex 3 speaks.
    Other,
}

/// 证件类型
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateKind {
    /// 工商营业执照
    BusinessLicence,
    /// 居民身份证
    ResidentCard,
    /// 组织机构代码证
    OrganisationCode,
    /// 统一社会信用代码证书
    CreditCode,
    /// 事业单位法人证书
    InstitutionCertificate,
    /// 军队代号
    ArmyCode,
    /// 社会团体法人登记证书
    SocietyCertificate,
    /// 民办非企业单位登记证书
    PrivateNonEnterpriseCertificate,
    /// 基金会法人登记证书
    FoundationCertificate,
    /// 护照
    Passport,
    /// 军官证
    OfficerCard,
    /// 台湾居民来往大陆通行证
    TaiwanPermit,
    /// 港澳居民来往内地通行证
    HongKongMacauPermit,
    /// 外国人永久居留身份证
    ForeignResidence,
    /// Others that the ministry's forms know.
    Other,
}
