//! What can be wrong with a record of the invented country: one way at least to break each rule of annex 3,
//! and nothing else with it.

use crate::facts::filing_problem::FilingRule;
use crate::facts::subject::SubjectKind;
use crate::lab::filings::DISPUTED;
use crate::lab::filings::Draft;
use crate::lab::filings::UNREPORTED;
use crate::lab::filings::address;
use crate::lab::filings::certificates;
use crate::lab::filings::pick;
use crate::lab::filings::places::PLACES;
use crate::lab::filings::places::Place;

/// A way to fill in a record badly.
struct Plant {
    rule: FilingRule,
    column: &'static str,
    /// Of which records it can be a fault.
    fits: fn(&Draft) -> bool,
    spoil: fn(&mut Draft),
}

const fn plant_of(
    rule: FilingRule,
    column: &'static str,
    fits: fn(&Draft) -> bool,
    spoil: fn(&mut Draft),
) -> Plant {
    Plant { rule, column, fits, spoil }
}

/// Puts the fault with this number into `draft`, or the next one that fits it. Tells which it was.
pub(super) fn plant(draft: &mut Draft, number: u64) -> Option<(FilingRule, &'static str)> {
    let first = usize::try_from(number).unwrap_or(0) % PLANTS.len();
    let turn = PLANTS.iter().cycle().skip(first).take(PLANTS.len());
    let plant = turn.into_iter().find(|plant| (plant.fits)(draft))?;
    (plant.spoil)(draft);
    Some((plant.rule, plant.column))
}

fn any(_: &Draft) -> bool {
    true
}

fn is_person(draft: &Draft) -> bool {
    draft.kind == SubjectKind::Person
}

fn is_enterprise(draft: &Draft) -> bool {
    draft.kind == SubjectKind::Enterprise
}

fn is_organisation(draft: &Draft) -> bool {
    !is_person(draft)
}

fn is_public(draft: &Draft) -> bool {
    matches!(draft.kind, SubjectKind::Institution | SubjectKind::Government)
}

fn is_alone(draft: &Draft) -> bool {
    draft.is_alone
}

fn is_served(draft: &Draft) -> bool {
    draft.filing.providers.as_ref().is_some_and(|providers| !providers.is_empty())
}

/// Another province's city than the record's.
fn elsewhere(draft: &Draft) -> &'static Place {
    &PLACES[(draft.place + 7) % PLACES.len()]
}

/// The last character of a number changed, so that its check fails.
fn with_wrong_check(number: &str) -> String {
    let mut characters: Vec<char> = number.chars().collect();
    if let Some(last) = characters.last_mut() {
        *last = if *last == '1' { '2' } else { '1' };
    }
    characters.into_iter().collect()
}

fn code(draft: &Draft) -> &'static str {
    PLACES[draft.place].code
}

fn own_kind(draft: &mut Draft, certificate: &str, number: &str) {
    draft.set("certificate_kind", certificate);
    draft.set("certificate_number", number);
}

const PLANTS: &[Plant] = &[
    plant_of(FilingRule::RequiredEmpty, "address", any, |draft| draft.set("address", "")),
    plant_of(FilingRule::ResponsibleEmpty, "subject_responsible", is_organisation, |draft| {
        draft.set("subject_responsible", "");
    }),
    plant_of(FilingRule::OfficePhoneEmpty, "office_phone", is_organisation, |draft| {
        draft.set("office_phone", "");
    }),
    plant_of(FilingRule::Placeholder, "site_name", any, |draft| {
        let word = pick(&["测试", "无", "test", "网站名称"], draft.salt);
        draft.set("site_name", word);
    }),
    plant_of(FilingRule::Garbled, "address", any, |draft| draft.set("address", "锟斤拷锟斤拷88号")),
    plant_of(FilingRule::NumbersDisagree, "site_number", is_alone, |draft| {
        let prefix = PLACES[draft.place].prefix;
        draft.filing.subject_number = format!("{prefix}ICP备99000001号").parse().ok();
    }),
    plant_of(FilingRule::NumberProvince, "site_number", is_alone, |draft| {
        let prefix = elsewhere(draft).prefix;
        for number in [&mut draft.filing.site_number, &mut draft.filing.subject_number] {
            let text = number.as_ref().map(ToString::to_string).unwrap_or_default();
            let rest: String = text.chars().skip(1).collect();
            *number = format!("{prefix}{rest}").parse().ok();
        }
    }),
    plant_of(FilingRule::NumberUnreal, "site_number", is_alone, |draft| {
        let own = format!("{}ICP备{}000123号", PLACES[draft.place].prefix, 2061 + draft.salt % 30);
        draft.filing.site_number = format!("{own}-1").parse().ok();
        draft.filing.subject_number = own.parse().ok();
    }),
    plant_of(FilingRule::DateInFuture, "filed_on", any, |draft| {
        draft.set("filed_on", "2061-03-01");
        draft.set("changed_on", "");
    }),
    plant_of(FilingRule::DatesReversed, "changed_on", any, |draft| {
        draft.set("changed_on", "2003-05-06");
    }),
    plant_of(FilingRule::DateMalformed, "filed_on", any, |draft| {
        draft.set("filed_on", "2015-02-30");
    }),
    plant_of(FilingRule::ProviderUnknown, "providers", is_served, |draft| {
        let nobody = "查无此接入商".parse().expect("it is a fit name");
        draft.filing.providers.get_or_insert_default().push(nobody);
    }),
    plant_of(FilingRule::ApprovalWithoutText, "approvals", any, |draft| {
        draft.set("approvals", "出版");
    }),
    plant_of(FilingRule::MobileMalformed, "mobile_phone", any, |draft| {
        let cut: String = draft.get("mobile_phone").chars().take(10).collect();
        draft.set("mobile_phone", &cut);
    }),
    plant_of(FilingRule::MobileUnreal, "mobile_phone", any, |draft| {
        draft.set("mobile_phone", pick(&["13800000000", "13912345678"], draft.salt));
    }),
    plant_of(FilingRule::MailMalformed, "email", any, |draft| {
        let text = draft.get("email").replace('@', "#");
        draft.set("email", &text);
    }),
    plant_of(FilingRule::NameIsDomain, "subject_name", any, |draft| {
        let domain = format!("www.{}", draft.filing.domain);
        draft.set("subject_name", &domain);
    }),
    plant_of(FilingRule::NameIsDigits, "subject_name", any, |draft| {
        draft.set("subject_name", "2008");
    }),
    plant_of(FilingRule::NameIsSite, "subject_name", any, |draft| {
        draft.set("subject_name", "天下美食网站");
        draft.set("site_name", "天下美食网站");
    }),
    plant_of(FilingRule::NameNotFull, "subject_name", is_enterprise, |draft| {
        draft.set("subject_name", "鸿达机械");
    }),
    plant_of(FilingRule::NameNotPersonal, "subject_name", is_person, |draft| {
        draft.set("subject_name", pick(&["王先生", "个人", "站长小李", "李明88"], draft.salt));
    }),
    plant_of(FilingRule::KindUnknown, "subject_kind", is_enterprise, |draft| {
        draft.set("subject_kind", "工厂类");
    }),
    plant_of(FilingRule::CompanyOfOtherKind, "subject_kind", is_person, |draft| {
        draft.set("subject_name", "杭州鸿达机械有限公司");
    }),
    plant_of(FilingRule::GovernmentOfOtherKind, "subject_kind", is_enterprise, |draft| {
        draft.set("subject_name", "临川县人民政府");
    }),
    plant_of(FilingRule::ArmyOfOtherKind, "subject_kind", is_enterprise, |draft| {
        draft.set("subject_name", "中国人民解放军61234部队");
    }),
    plant_of(FilingRule::InstitutionOfOtherKind, "subject_kind", is_enterprise, |draft| {
        draft.set("subject_name", "临川县人民医院");
    }),
    plant_of(FilingRule::SocietyOfOtherKind, "subject_kind", is_enterprise, |draft| {
        draft.set("subject_name", "临川县机械行业协会");
    }),
    plant_of(FilingRule::OrganisationAsPerson, "subject_kind", is_person, |draft| {
        draft.set("subject_name", "小林摄影工作室");
    }),
    plant_of(FilingRule::CertificateMisfitsKind, "certificate_kind", is_enterprise, |draft| {
        own_kind(draft, "军队代号", "61398");
    }),
    plant_of(FilingRule::CertificateMalformed, "certificate_number", is_person, |draft| {
        draft.set("certificate_number", "见附件复印件");
    }),
    plant_of(FilingRule::ResidentCheck, "certificate_number", is_person, |draft| {
        let number = with_wrong_check(draft.get("certificate_number"));
        draft.set("certificate_number", &number);
    }),
    plant_of(FilingRule::ResidentArea, "certificate_number", is_person, |draft| {
        let number = certificates::resident("991234", draft.salt);
        draft.set("certificate_number", &number);
    }),
    plant_of(FilingRule::ResidentBirth, "certificate_number", is_person, |draft| {
        draft.set("certificate_number", "110105491331002");
    }),
    plant_of(FilingRule::CreditCodeCheck, "certificate_number", is_enterprise, |draft| {
        let number = with_wrong_check(&certificates::credit_code("91", code(draft), draft.salt));
        own_kind(draft, "营业执照", &number);
    }),
    plant_of(FilingRule::OrganisationCodeCheck, "certificate_number", is_organisation, |draft| {
        let number = with_wrong_check(&certificates::organisation_code(draft.salt));
        own_kind(draft, "组织机构代码证", &number);
    }),
    plant_of(FilingRule::LicenceCheck, "certificate_number", is_enterprise, |draft| {
        let number = with_wrong_check(&certificates::licence(code(draft), draft.salt));
        own_kind(draft, "营业执照", &number);
    }),
    plant_of(FilingRule::CertificateUnreal, "certificate_number", any, |draft| {
        draft.set(
            "certificate_number",
            pick(&["111111111111111111", "123456789012345678"], draft.salt),
        );
    }),
    plant_of(FilingRule::ResidentOfOrganisation, "certificate_number", is_organisation, |draft| {
        let number = certificates::resident(code(draft), draft.salt);
        draft.set("certificate_number", &number);
    }),
    plant_of(FilingRule::CreditCodeMisfitsKind, "certificate_number", is_enterprise, |draft| {
        let number = certificates::credit_code("12", code(draft), draft.salt);
        own_kind(draft, "营业执照", &number);
    }),
    plant_of(FilingRule::InvestorIsPerson, "investor", is_public, |draft| {
        draft.set("investor", "王小明");
    }),
    plant_of(FilingRule::InvestorUnreal, "investor", any, |draft| draft.set("investor", "12345")),
    plant_of(FilingRule::WordWithoutApproval, "site_name", is_enterprise, |draft| {
        let names = ["鸿达新闻网", "家长论坛", "瑞兴在线教育", "同城医疗", "药品大全", "鸿达BBS"];
        draft.set("site_name", pick(&names, draft.salt));
    }),
    plant_of(FilingRule::NationalWord, "site_name", is_enterprise, |draft| {
        draft.set("site_name", pick(&["中国机械网", "中华特产", "全国货运"], draft.salt));
    }),
    plant_of(FilingRule::GovernmentWord, "site_name", is_enterprise, |draft| {
        draft.set("site_name", pick(&["临川县人民政府", "临川监察"], draft.salt));
    }),
    plant_of(FilingRule::CompanyWord, "site_name", is_person, |draft| {
        draft.set("site_name", "鸿达机械有限公司");
    }),
    plant_of(FilingRule::NameWithTitle, "responsible_name", any, |draft| {
        draft.set("responsible_name", pick(&["王先生", "李小姐", "张经理"], draft.salt));
    }),
    plant_of(FilingRule::NameOfNobody, "responsible_name", any, |draft| {
        draft.set("responsible_name", pick(&["个人", "管理员", "李某某"], draft.salt));
    }),
    plant_of(FilingRule::NameWithSymbols, "responsible_name", any, |draft| {
        let name = format!("{}2", draft.get("responsible_name"));
        draft.set("responsible_name", &name);
    }),
    plant_of(FilingRule::NameWithoutSurname, "responsible_name", any, |draft| {
        draft.set("responsible_name", pick(&["网虫", "测试人", "王"], draft.salt));
    }),
    plant_of(FilingRule::NameOfOrganisation, "responsible_name", is_organisation, |draft| {
        draft.set("responsible_name", "临川鸿达机械有限公司");
    }),
    plant_of(FilingRule::AddressIncomplete, "address", any, |draft| {
        let province = PLACES[draft.place].province;
        draft.set("address", province);
    }),
    plant_of(FilingRule::AddressProvince, "address", any, |draft| {
        let address = format!("{}人民路1号", elsewhere(draft).address);
        draft.set("address", &address);
    }),
    plant_of(FilingRule::HomeMalformed, "home_url", any, |draft| {
        draft.set("home_url", pick(&["本站首页", "http://", "www..cn"], draft.salt));
    }),
    plant_of(FilingRule::HomeOutside, "home_url", any, |draft| {
        draft.set("home_url", "www.elsewhere.cn");
    }),
    plant_of(FilingRule::DomainReserved, "domain", is_alone, |draft| {
        draft.filing.domain = "example.com".parse().expect("it is a domain");
        draft.set("home_url", "");
    }),
    plant_of(FilingRule::AddressMalformed, "addresses", is_served, |draft| {
        let addresses = format!("{};192.168.1.X", draft.get("addresses"));
        draft.set("addresses", &addresses);
    }),
    plant_of(FilingRule::AddressSpecial, "addresses", any, |draft| {
        draft.set("addresses", pick(&["0.0.0.0", "192.168.1.1", "127.0.0.1"], draft.salt));
    }),
    plant_of(FilingRule::AddressUnreported, "addresses", is_served, |draft| {
        draft.set("addresses", &address(UNREPORTED, draft.salt).to_string());
    }),
    plant_of(FilingRule::AddressOfAnother, "addresses", is_served, |draft| {
        // The provider after the last is another than either of the record's.
        let own = draft.get("addresses").split('.').nth(1).and_then(|text| text.parse().ok());
        let other = (own.unwrap_or(0_u8) + 3) % 62;
        draft.set("addresses", &address(other, draft.salt).to_string());
    }),
    plant_of(FilingRule::AddressDisputed, "addresses", is_served, |draft| {
        draft.set("addresses", &address(DISPUTED, draft.salt).to_string());
    }),
    plant_of(FilingRule::AddressAbroad, "addresses", is_served, |draft| {
        draft.set("addresses", "8.8.8.8");
    }),
    plant_of(FilingRule::PhoneMalformed, "office_phone", any, |draft| {
        draft.set("office_phone", pick(&["6234567", "010-6234", "见网站"], draft.salt));
    }),
    plant_of(FilingRule::PhoneUnreal, "office_phone", any, |draft| {
        let area = PLACES[draft.place].area;
        let phone = format!("{area}-{}", pick(&["00000000", "12345678", "1111111"], draft.salt));
        draft.set("office_phone", &phone);
    }),
    plant_of(FilingRule::PhoneProvince, "office_phone", any, |draft| {
        let phone = format!("{}-62345670", elsewhere(draft).area);
        draft.set("office_phone", &phone);
    }),
];
