//! A problem that a filing has by annex 3 of the 2009 plan (备案信息填报规范性与真实性的有关要求), and by
//! which day the access provider must have it mended.
//!
//! The rules are numbered by the annex: `A3-0501` is the first rule of the fifth standard, `A3-00…` are
//! those of its general principles. A code is never given a second meaning.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::bureau::Bureau;
use crate::facts::number::FilingNumber;
use crate::facts::provider::ProviderId;
use crate::facts::target::Target;

/// The standards of annex 3, its general principles before them.
pub const STANDARDS: [&str; 11] = [
    "总体原则",
    "主办单位名称",
    "主办单位性质",
    "有效证件号码",
    "投资者或上级主管单位",
    "网站名称",
    "负责人姓名",
    "通信地址",
    "首页网址和域名",
    "IP地址列表",
    "办公电话",
];

/// The text is no rule's code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no rule of annex 3 such as A3-0501")]
pub struct NotARule(String);

macro_rules! rules {
    ($($(#[doc = $doc:literal])* $name:ident, $code:literal, $interface:expr, $chinese:literal;)*) => {
        /// What is wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum FilingRule {
            $($(#[doc = $doc])* #[serde(rename = $code)] $name,)*
        }

        impl FilingRule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The code that files, JSON and people use.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The filing interface's processing result code (V3.0, section 5.2); `None` where it has
            /// none for it.
            pub fn interface_code(self) -> Option<u16> {
                match self { $(Self::$name => $interface,)* }
            }

            /// The reason, as the provider reads it.
            pub fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)* }
            }
        }
    };
}

rules! {
    /// The column is there, and the cell, which everybody must fill, is empty.
    RequiredEmpty, "A3-0001", None, "必填项为空";
    /// An organisation names nobody who answers for it.
    ResponsibleEmpty, "A3-0002", Some(1044), "主体负责人为空";
    /// An organisation without an office telephone.
    OfficePhoneEmpty, "A3-0003", Some(1031), "办公电话为空";
    /// 无, 测试, xxx: a word in the place of what was asked.
    Placeholder, "A3-0004", None, "填写的内容没有实际意义";
    /// Control characters, or what a wrong character set left.
    Garbled, "A3-0005", Some(5008), "含有乱码或控制字符";
    /// The site's number is not under the subject's.
    NumbersDisagree, "A3-0006", None, "网站备案号与主体备案号不属于同一主体";
    /// The number's province is not the subject's.
    NumberProvince, "A3-0007", None, "备案号的省份简称与主体所在省份不一致";
    /// A serial of one digit, or of a year to come.
    NumberUnreal, "A3-0008", None, "备案号不是真实的号码";
    /// Filed or changed tomorrow.
    DateInFuture, "A3-0009", None, "日期晚于检查当日";
    /// Changed before it was filed.
    DatesReversed, "A3-0010", None, "变更日期早于备案日期";
    /// No day.
    DateMalformed, "A3-0011", None, "不是日期";
    /// No provider of the register bears the name.
    ProviderUnknown, "A3-0012", None, "接入服务商名称不在接入服务商名单内";
    /// An approval is named without its number.
    ApprovalWithoutText, "A3-0013", None, "前置或专项审批没有相应的批准文号";
    /// No mobile telephone number.
    MobileMalformed, "A3-0014", Some(1011), "手机号码格式不正确";
    /// A made-up one.
    MobileUnreal, "A3-0015", Some(1011), "手机号码不真实";
    /// No mail address.
    MailMalformed, "A3-0016", Some(1009), "电子邮箱格式不正确";

    /// A domain or URL in the place of the organiser.
    NameIsDomain, "A3-0101", None, "以域名代替主办单位名称";
    /// Digits or symbols in the place of the organiser.
    NameIsDigits, "A3-0102", None, "以数字等符号代替主办单位名称";
    /// The site's name in the place of the organiser.
    NameIsSite, "A3-0103", None, "以网站名称代替主办单位名称";
    /// A business without the word that ends a registered name.
    NameNotFull, "A3-0104", None, "企业未填写营业执照上的注册全称";
    /// A person who does not give a person's name.
    NameNotPersonal, "A3-0105", None, "个人未填写真实姓名全称";

    /// None of the kinds of organisers.
    KindUnknown, "A3-0201", Some(1014), "主办单位性质不在规定的范围内";
    /// A company that is filed as something else.
    CompanyOfOtherKind, "A3-0202", Some(1014), "名称为公司，性质应为企业";
    /// A government that is filed as something else.
    GovernmentOfOtherKind, "A3-0203", Some(1014), "名称为政府机关，性质应为政府机关";
    /// An army unit that is filed as something else.
    ArmyOfOtherKind, "A3-0204", Some(1014), "名称为部队，性质应为军队";
    /// A public school or hospital that is filed as something else.
    InstitutionOfOtherKind, "A3-0205", Some(1014), "名称为事业单位，性质与名称不一致";
    /// A society that is filed as something else.
    SocietyOfOtherKind, "A3-0206", Some(1014), "名称为社会团体，性质与名称不一致";
    /// Any other organisation that is filed as a person.
    OrganisationAsPerson, "A3-0207", Some(1014), "名称为单位名称，性质不应为个人";

    /// The kind of certificate is not one that such an organiser has.
    CertificateMisfitsKind, "A3-0301", Some(1008), "证件类型与主办单位性质不一致";
    /// The number has not the form of its kind.
    CertificateMalformed, "A3-0302", Some(1008), "证件号码不符合该类证件的格式";
    /// GB 11643.
    ResidentCheck, "A3-0303", Some(1015), "身份证号码校验位错误";
    /// GB 11643, GB/T 2260.
    ResidentArea, "A3-0304", Some(1015), "身份证号码的地区代码不存在";
    /// GB 11643.
    ResidentBirth, "A3-0305", Some(1015), "身份证号码的出生日期不存在";
    /// GB 32100.
    CreditCodeCheck, "A3-0306", Some(1008), "统一社会信用代码校验位错误";
    /// GB 11714.
    OrganisationCodeCheck, "A3-0307", Some(1008), "组织机构代码校验位错误";
    /// GS 15-2006.
    LicenceCheck, "A3-0308", Some(1008), "营业执照注册号校验位错误";
    /// One digit over and over, or all of them in their order.
    CertificateUnreal, "A3-0309", Some(1008), "证件号码不真实";
    /// An organisation shows a person's number.
    ResidentOfOrganisation, "A3-0310", Some(1008), "单位填写了个人身份证号码";
    /// Who registers such organisers gives no such code.
    CreditCodeMisfitsKind, "A3-0311", Some(1008), "统一社会信用代码的登记管理部门与主办单位性质不一致";

    /// A public body over which a person stands.
    InvestorIsPerson, "A3-0401", None, "上级主管单位不能为个人";
    /// Digits, symbols or a domain.
    InvestorUnreal, "A3-0402", None, "投资者或上级主管单位不是单位或个人名称";

    /// A word of a field that needs an approval, and none.
    WordWithoutApproval, "A3-0501", None, "网站名称含有须经审批的关键词，未见相应的前置或专项审批";
    /// 中国 at the beginning, and no national body.
    NationalWord, "A3-0502", None, "非国家级单位的网站名称以“中国”等字头命名";
    /// A public office's name, and no public office.
    GovernmentWord, "A3-0503", None, "非政府机构的网站名称含有公共事务关键字";
    /// A person's site that is called a company.
    CompanyWord, "A3-0504", None, "个人网站以公司等单位名称命名";

    /// 王先生
    NameWithTitle, "A3-0601", Some(1007), "姓名以称谓代替，未填写真实姓名全称";
    /// 个人, 站长, 某某
    NameOfNobody, "A3-0602", Some(1007), "未填写真实姓名";
    /// Digits, letters or symbols in a name.
    NameWithSymbols, "A3-0603", Some(1007), "姓名含有数字、字母或符号";
    /// No family name, or nothing after it.
    NameWithoutSurname, "A3-0604", Some(1007), "不是真实姓名全称";
    /// An organisation in the place of a person.
    NameOfOrganisation, "A3-0605", Some(1007), "负责人姓名填写了单位名称";

    /// Neither street and number nor village nor mailbox.
    AddressIncomplete, "A3-0701", None, "通信地址不完整，未填写到街道门牌号、村或信箱号";
    /// It begins with another province.
    AddressProvince, "A3-0702", Some(1019), "通信地址与所在省份不一致";

    /// No URL.
    HomeMalformed, "A3-0801", Some(1022), "首页网址格式不正确";
    /// Its Domain is not among the site's.
    HomeOutside, "A3-0802", Some(1041), "域名列表中不含首页网址使用的域名";
    /// A name that nobody can hold (RFC 2606).
    DomainReserved, "A3-0803", Some(1004), "域名为保留域名，不能注册使用";

    /// No address.
    AddressMalformed, "A3-0901", Some(1006), "IP地址格式不正确";
    /// An address that nobody can be given.
    AddressSpecial, "A3-0902", Some(1006), "IP地址不真实";
    /// On the mainland, and reported by nobody.
    AddressUnreported, "A3-0903", Some(1023), "IP地址未报备";
    /// Reported by another provider.
    AddressOfAnother, "A3-0904", Some(1063), "IP地址由其他接入服务商报备";
    /// Claimed by several.
    AddressDisputed, "A3-0905", Some(1024), "IP地址的报备存在冲突";
    /// Not on the mainland.
    AddressAbroad, "A3-0906", Some(1006), "IP地址不在境内";

    /// No telephone number with area code.
    PhoneMalformed, "A3-1001", Some(1010), "办公电话格式不正确";
    /// 010-00000000
    PhoneUnreal, "A3-1002", Some(1010), "办公电话不真实";
    /// The area code is another province's.
    PhoneProvince, "A3-1003", Some(1010), "办公电话区号与所在省份不一致";
}

impl FilingRule {
    /// The standard of annex 3 that it belongs to, by its place in [`STANDARDS`].
    pub fn standard(self) -> usize {
        self.code().get(3..5).and_then(|digits| digits.parse().ok()).unwrap_or(0)
    }
}

impl std::fmt::Display for FilingRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.code())
    }
}

impl std::str::FromStr for FilingRule {
    type Err = NotARule;

    fn from_str(text: &str) -> Result<Self, NotARule> {
        let found = Self::ALL.iter().find(|rule| rule.code().eq_ignore_ascii_case(text));
        found.copied().ok_or_else(|| NotARule(text.to_owned()))
    }
}

/// What makes it the same problem from one check to the next: the record, the rule, the column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FilingProblemKey {
    /// 域名
    pub domain: Target,
    /// 网站备案号, or the subject's where the record has none.
    pub number: Option<FilingNumber>,
    /// The bureau's number of the site, where the register has it: one filing number may have several
    /// records.
    pub record_id: Option<String>,
    /// What is wrong.
    pub rule: FilingRule,
    /// The column to look at, by its English name.
    pub column: String,
}

/// A problem of a filing with its history. Holds no personal data that is not masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilingProblem {
    /// What makes it the same.
    pub key: FilingProblemKey,
    /// Who must mend it: the record's access providers that the providers register knows.
    pub providers: Vec<ProviderId>,
    /// Whose to follow: the subject's province, else the number's, else the provider's bureau, else the
    /// ministry.
    pub bureau: Bureau,
    /// The cell at fault, masked where it may be personal; empty where there is nothing to show.
    pub value: String,
    /// What the rule adds: the word, the address, the other province. Never personal.
    pub note: String,
    /// When a check first saw it; since it was last mended, if it was.
    pub first_seen: Timestamp,
    /// The day by which it is to be mended.
    pub due: Date,
    /// When a check saw it no more.
    pub closed: Option<Timestamp>,
}

/// What a problem is counted by. A country has tens of millions of them, and to read one whole is to parse
/// its domain and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilingProblemOutline {
    /// What is wrong.
    pub rule: FilingRule,
    /// Who must mend it.
    pub providers: Vec<ProviderId>,
    /// Whose to follow.
    pub bureau: Bureau,
    /// The day by which it is to be mended.
    pub due: Date,
    /// When a check saw it no more.
    pub closed: Option<Timestamp>,
}

impl FilingProblem {
    /// Whether it is still to be mended.
    pub fn stands(&self) -> bool {
        self.closed.is_none()
    }

    /// Whether it is still to be mended after its day.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.stands() && self.due < today
    }

    /// The reason in full, as the provider reads it.
    pub fn reason(&self) -> String {
        let reason = self.key.rule.chinese();
        if self.note.is_empty() { reason.to_owned() } else { format!("{reason}：{}", self.note) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_has_a_code_of_its_own_under_a_standard() {
        let codes: BTreeSet<&str> = FilingRule::ALL.iter().map(|rule| rule.code()).collect();
        assert_eq!(codes.len(), FilingRule::ALL.len());
        let standards: BTreeSet<usize> =
            FilingRule::ALL.iter().map(|rule| rule.standard()).collect();
        assert_eq!(standards.len(), STANDARDS.len());
        for rule in FilingRule::ALL {
            assert_eq!(rule.code().len(), 7, "{rule}");
            assert_eq!(rule.code().to_lowercase().parse(), Ok(*rule));
        }
        assert!("A3-9999".parse::<FilingRule>().is_err());
    }
}
