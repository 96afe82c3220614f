//! For each rule of annex 3 records that pass and records that fail, and nothing else is said of them.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::LazyLock;

use jiff::civil::Date;
use proptest::prelude::*;

use crate::audit::filings::AddressReport;
use crate::audit::filings::Context;
use crate::audit::filings::check;
use crate::facts::directory::Directory;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::filing_problem::FilingRule;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderKind;
use crate::formats::vocabulary::Vocabulary;
use crate::net::guard::Guard;

mod cases;
mod country;

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| Vocabulary::builtin().unwrap());

/// A record at which nothing is wrong, by column; the first five are the record's own fields.
const GOOD: [(&str, &str); 24] = [
    ("domain", "hongda.cn"),
    ("site_number", "京ICP备15023456号-1"),
    ("subject_number", "京ICP备15023456号"),
    ("state", "active"),
    ("providers", "示例接入商"),
    ("addresses", "1.2.4.8;1.2.4.9-1.2.4.20"),
    ("subject_name", "北京宏达机械有限公司"),
    ("subject_kind", "企业"),
    ("certificate_kind", "营业执照"),
    ("certificate_number", "91350100M000100Y43"),
    ("investor", "李雷"),
    ("address", "北京市海淀区中关村大街1号"),
    ("province", "北京"),
    ("subject_responsible", "王小明"),
    ("site_name", "宏达机械"),
    ("home_url", "www.hongda.cn"),
    ("responsible_name", "欧阳小敏"),
    ("office_phone", "010-62345670"),
    ("mobile_phone", "13912345670"),
    ("email", "wang@hongda.cn"),
    ("approvals", ""),
    ("services", "单位门户网站"),
    ("filed_on", "2015-03-01"),
    ("changed_on", "2016-03-01"),
];

/// What a person has in the place of an enterprise.
const PERSON: [(&str, &str); 6] = [
    ("subject_name", "王小明"),
    ("subject_kind", "个人"),
    ("certificate_kind", "身份证"),
    ("certificate_number", "11010519491231002X"),
    ("investor", ""),
    ("site_name", "小明的收藏"),
];

/// What an institution has.
const INSTITUTION: [(&str, &str); 6] = [
    ("subject_name", "北京市示例区图书馆"),
    ("subject_kind", "事业单位"),
    ("certificate_kind", "组织机构代码证"),
    ("certificate_number", "D2143569-X"),
    ("investor", "北京市示例区文化委员会"),
    ("site_name", "示例区图书馆"),
];

/// A good record with `changes`; `None` takes a column away.
fn filing(changes: &[(&str, Option<&str>)]) -> Filing {
    let replaced = |column: &str| changes.iter().rev().find(|(name, _)| *name == column);
    let mut cells: Vec<(String, String)> = Vec::new();
    for (column, text) in GOOD {
        match replaced(column) {
            None => cells.push((column.to_owned(), text.to_owned())),
            Some((_, Some(text))) => cells.push((column.to_owned(), (*text).to_owned())),
            Some((_, None)) => {}
        }
    }
    let taken = |cells: &mut Vec<(String, String)>, column: &str| {
        let at = cells.iter().position(|(name, _)| name == column);
        at.map(|at| cells.remove(at).1)
    };
    let number = |text: Option<String>| {
        text.filter(|text| !text.is_empty()).map(|text| text.parse().unwrap())
    };
    let providers = |text: String| {
        text.split(';').filter(|name| !name.is_empty()).map(|name| name.parse().unwrap()).collect()
    };
    let state = taken(&mut cells, "state");
    Filing {
        domain: taken(&mut cells, "domain").unwrap().parse().unwrap(),
        site_number: number(taken(&mut cells, "site_number")),
        subject_number: number(taken(&mut cells, "subject_number")),
        state: match state.as_deref() {
            Some("cancelled") => FilingState::Cancelled,
            _ => FilingState::Active,
        },
        providers: taken(&mut cells, "providers").map(providers),
        details: cells,
    }
}

fn provider(id: &str, name: &str) -> Provider {
    Provider {
        id: id.parse().unwrap(),
        name: name.parse().unwrap(),
        aliases: Vec::new(),
        kind: ProviderKind::Provider,
        bureau: None,
        licence: None,
        is_key: false,
        cname_suffixes: Vec::new(),
        v3_id: None,
    }
}

fn report(address: IpAddr) -> AddressReport {
    let held = |id: &str| AddressReport::Held {
        holder: id.parse().unwrap(),
        carrier: Some("C".parse().unwrap()),
        is_cdn: false,
    };
    match address {
        IpAddr::V4(v4) => match v4.octets() {
            [1, 2, 4, _] => held("A"),
            [1, 2, 5, _] => held("B"),
            [1, 2, 6, _] => AddressReport::Disputed,
            [1, 2, 7, _] => AddressReport::Unreported,
            [8, ..] => AddressReport::Abroad,
            _ => AddressReport::Unknown,
        },
        IpAddr::V6(_) => AddressReport::Unknown,
    }
}

/// Which rules are broken in which columns, with what is added. `others` are further records.
fn broken(filing: &Filing, others: &[Filing]) -> Vec<(FilingRule, String, String)> {
    let providers = [("A", "示例接入商"), ("B", "另一接入商"), ("C", "示例电信")];
    let directory = Directory::new(providers.map(|(id, name)| provider(id, name)).to_vec());
    let context = Context {
        vocabulary: &VOCABULARY,
        directory: &directory,
        guard: &Guard::default(),
        today: Date::constant(2026, 11, 24),
        report: &report,
    };
    let mut found = Vec::new();
    let rows = std::iter::once(Ok::<_, std::convert::Infallible>(filing.clone()));
    let siblings =
        |target: &_| Ok(others.iter().filter(|other| other.domain == *target).cloned().collect());
    check(rows, &context, siblings, |one| {
        found.push((one.key.rule, one.key.column, one.note));
        Ok(())
    })
    .unwrap();
    found
}

fn rules(filing: &Filing) -> Vec<(&'static str, String)> {
    broken(filing, &[]).into_iter().map(|(rule, column, _)| (rule.code(), column)).collect()
}

fn some<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, Option<&'a str>)> {
    changes.iter().map(|(column, text)| (*column, Some(*text))).collect()
}

#[test]
fn good_records_of_every_kind_pass() {
    for changes in [&[][..], &PERSON, &INSTITUTION] {
        assert_eq!(rules(&filing(&some(changes))), []);
    }
}

#[test]
fn every_rule_has_records_that_pass_and_records_that_fail() {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for (code, column, base, passing, failing) in cases::all() {
        let rule: FilingRule = code.parse().unwrap();
        seen.insert(rule);
        let base: &[(&str, &str)] = match *base {
            "person" => &PERSON,
            "institution" => &INSTITUTION,
            _ => &[],
        };
        for changes in *passing {
            let changes = [some(base), some(changes)].concat();
            let told = rules(&filing(&changes));
            if !told.is_empty() {
                wrong.push(format!("{code} must pass: {changes:?}: {told:?}"));
            }
        }
        for changes in *failing {
            let changes = [some(base), some(changes)].concat();
            let expected = [(rule.code(), (*column).to_owned())];
            let told = rules(&filing(&changes));
            if told != expected {
                wrong.push(format!("{code} must fail: {changes:?}: {told:?}"));
            }
        }
        assert!(!failing.is_empty() && !passing.is_empty(), "{code}");
    }
    let missing: Vec<_> = FilingRule::ALL.iter().filter(|rule| !seen.contains(rule)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_rule_is_silent_where_a_column_that_it_needs_is_missing() {
    for (code, _, base, _, failing) in cases::all() {
        let base: &[(&str, &str)] = match *base {
            "person" => &PERSON,
            "institution" => &INSTITUTION,
            _ => &[],
        };
        for changes in *failing {
            for (column, _) in *changes {
                if matches!(*column, "domain" | "state") {
                    continue;
                }
                let mut changes = [some(base), some(changes)].concat();
                changes.push((column, None));
                let told = rules(&filing(&changes));
                let about = told.iter().filter(|(_, there)| there == column);
                assert_eq!(about.count(), 0, "{code} without {column}: {told:?}");
            }
        }
    }
}

#[test]
fn a_register_of_the_public_query_is_held_to_what_it_has() {
    // It knows no access provider, and leaves names and addresses empty by intention.
    let changes = [
        ("providers", None),
        ("subject_responsible", Some("")),
        ("address", Some("")),
        ("office_phone", Some("")),
    ];
    assert_eq!(rules(&filing(&changes)), []);
    assert_eq!(rules(&filing(&some(&[("address", "")]))), [("A3-0001", "address".to_owned())]);
}

#[test]
fn what_somebody_masked_and_what_is_cancelled_is_held_to_nothing() {
    let masked = some(&[
        ("responsible_name", "王**"),
        ("certificate_number", "913***********Y43"),
        ("mobile_phone", "139******70"),
        ("address", "北京市***"),
    ]);
    assert_eq!(rules(&filing(&masked)), []);
    let cancelled = some(&[("state", "cancelled"), ("subject_name", "123")]);
    assert_eq!(rules(&filing(&cancelled)), []);
}

#[test]
fn a_home_page_may_be_at_another_domain_of_the_same_site() {
    let own = filing(&some(&[("home_url", "http://www.hongda.com/")]));
    let other = |number: &str| {
        filing(&some(&[
            ("domain", "hongda.com"),
            ("site_number", number),
            ("home_url", "hongda.com"),
        ]))
    };
    let codes = |others: &[Filing]| -> Vec<&str> {
        broken(&own, others).iter().map(|(rule, ..)| rule.code()).collect()
    };
    assert_eq!(codes(&[other("京ICP备15023456号-1")]), [""; 0]);
    assert_eq!(codes(&[other("京ICP备15023456号-2")]), ["A3-0802"]);
    assert_eq!(codes(&[]), ["A3-0802"]);
    // The bureau's number says that it is one site, whatever the numbers say.
    let with_id = |mut filing: Filing| {
        filing.details.push(("record_id".to_owned(), "60001".to_owned()));
        filing
    };
    let found = broken(&with_id(own.clone()), &[with_id(other("京ICP备15023456号-2"))]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn notes_tell_what_is_meant_and_quote_nobody() {
    let note = |changes: &[(&str, &str)]| {
        let found = broken(&filing(&some(changes)), &[]);
        let [(_, _, note)] = &found[..] else { panic!("{found:?}") };
        note.clone()
    };
    assert_eq!(note(&[("site_name", "宏达新闻网")]), "“新闻”须有新闻审批");
    assert_eq!(note(&[("addresses", "1.2.5.1")]), "1.2.5.1（另一接入商）");
    assert_eq!(note(&[("addresses", "192.168.1.X;0.0.0.X")]), "192.168.1.X、0.0.0.X");
    assert_eq!(note(&[("addresses", "13912345678")]), "");
    assert_eq!(note(&[("office_phone", "021-62345670")]), "区号属于上海，省份为北京");
    assert_eq!(note(&[("responsible_name", "王先生")]), "");
}

proptest! {
    #[test]
    fn hostile_values_never_make_it_panic(
        cells in proptest::collection::vec(
            ("\\PC{0,30}|[0-9:./x;·-]{0,30}|[王先生省市公司\u{202e}\u{0}]{0,9}", 0_usize..19), 1..5,
        )
    ) {
        let columns: Vec<&str> = GOOD[5..].iter().map(|(column, _)| *column).collect();
        let changes: Vec<(&str, Option<&str>)> =
            cells.iter().map(|(text, at)| (columns[*at], Some(text.as_str()))).collect();
        let _ = broken(&filing(&changes), &[]);
    }
}
