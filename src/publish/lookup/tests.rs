//! What `lookup` answers, with and without personal data.

use super::*;
use crate::facts::allocation::AllocationKind;
use crate::facts::allocation::Origin;
use crate::facts::filing::FilingState;
use crate::facts::filing::FilingSummary;
use crate::facts::filing::RegisterGap;
use crate::facts::filing::UpstreamOutcome;
use crate::facts::number::FilingNumber;
use crate::facts::placement::Holder;
use crate::facts::placement::Holding;
use crate::facts::provider::ProviderName;
use crate::facts::range::AddressRange;
use crate::publish::view::tests::moment;
use crate::publish::view::tests::names;

fn name(text: &str) -> ProviderName {
    text.parse().unwrap()
}

fn details(columns: &[(&str, &str)]) -> Vec<(String, String)> {
    columns.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect()
}

fn row(kind: AllocationKind, start: &str, end: &str) -> Allocation {
    let range = AddressRange::new(start.parse().unwrap(), end.parse().unwrap()).unwrap();
    Allocation::bare(range, kind, Origin::Reported, None)
}

fn address() -> LookUp {
    let source = Allocation {
        provider: Some(name("示例电信")),
        to: Some(name("P004")),
        ..row(AllocationKind::Reassigned, "127.10.0.0", "127.10.255.255")
    };
    let assigned = Allocation {
        provider: Some(name("P004")),
        from: Some(name("示例电信")),
        province: Some("北京".parse().unwrap()),
        address_use: AddressUse::Static,
        details: details(&[("contact", "王小明"), ("city", "")]),
        ..row(AllocationKind::Assigned, "127.10.0.0", "127.10.0.255")
    };
    LookUp::Address(AddressAnswer {
        address: "127.10.0.1".parse().unwrap(),
        placement: Placement::Mainland(Holding {
            holder: Holder::Provider { id: "P004".parse().unwrap(), is_cdn: false },
            carrier: Some("P001".parse().unwrap()),
            province: Some("北京".parse().unwrap()),
            is_redirector: false,
            is_reported: true,
        }),
        rows: vec![assigned, source],
        filing: FilingFacts {
            target: "127.10.0.1".parse().unwrap(),
            status: FilingStatus::None,
            as_of: Some(moment("2026-11-22T16:00:00Z")),
            upstream: None,
            records: vec![],
            submitted: vec![],
        },
    })
}

fn domain() -> LookUp {
    let number = "粤B2-20090059".parse::<FilingNumber>().unwrap();
    LookUp::Domain(FilingFacts {
        target: "例子.中国".parse().unwrap(),
        status: FilingStatus::Active(FilingSummary {
            numbers: [number.clone()].into(),
            subjects: [].into(),
            providers: ["P004".parse().unwrap()].into(),
            are_providers_known: false,
            ..FilingSummary::empty(moment("2026-11-22T16:00:00Z"))
        }),
        submitted: vec![],
        as_of: Some(moment("2026-11-22T16:00:00Z")),
        upstream: None,
        records: vec![Filing {
            domain: "例子.中国".parse().unwrap(),
            site_number: Some(number),
            subject_number: None,
            state: FilingState::Active,
            providers: Some(vec!["P004".parse().unwrap(), "无名公司".parse().unwrap()]),
            details: details(&[
                ("subject_name", "示例有限公司"),
                ("responsible_name", "王小明"),
                ("mobile_phone", "13812345678"),
            ]),
        }],
    })
}

fn texted(answer: &LookUp, personal: Personal) -> String {
    let mut out = Vec::new();
    text(answer, &names(), personal, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn parsed(answer: &LookUp, personal: Personal) -> serde_json::Value {
    let mut out = Vec::new();
    json(answer, &names(), personal, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.lines().count(), 1);
    serde_json::from_str(&text).unwrap()
}

#[test]
fn an_address_is_told_from_the_first_level_down() {
    let expected = "\
127.10.0.1　境内，接入服务商 示例接入商 (P004)；运营商 示例电信 (P001)；省份 北京
  1. 127.10.0.0 - 127.10.255.255　再次分配 reassigned
     报备单位：示例电信
     分配对象：P004
  2. 127.10.0.0 - 127.10.0.255　分配且使用 assigned
     来源单位：示例电信
     报备单位：P004
     使用方式：静态 static
     省份：北京
     联系人：王**
  备案：未备案 none
  备案库截至：2026-11-23T00:00:00+08:00

";
    assert_eq!(texted(&address(), Personal::Masked), expected);
}

#[test]
fn an_address_as_json_has_the_registers_columns() {
    let json = parsed(&address(), Personal::Masked);
    assert_eq!(json["address"], "127.10.0.1");
    assert_eq!(json["placement"], "mainland");
    assert_eq!(json["provider"]["id"], "P004");
    assert_eq!(json["rows"][0]["start"], "127.10.0.0");
    assert_eq!(json["rows"][0]["use"], "static");
    assert_eq!(json["rows"][0]["contact"], "王**");
    assert_eq!(json["filing"]["status"], "unfiled");
    assert_eq!(json["rows"][1]["to"], "P004");
    assert_eq!(json["rows"][1]["province"], serde_json::Value::Null);
}

#[test]
fn a_domain_is_told_with_its_records() {
    let expected = "\
例子.中国　已备案 active
  备案号：粤B2-20090059
  接入服务商：示例接入商 (P004)，此外还有未知的
  备案库截至：2026-11-23T00:00:00+08:00
  1. 有效 active
     网站备案号：粤B2-20090059
     接入服务商：P004、无名公司
     主办单位名称：示例有限公司
     网站负责人姓名：王**
     手机号码：138******78

";
    assert_eq!(texted(&domain(), Personal::Masked), expected);
}

#[test]
fn people_are_shown_only_where_that_was_asked_for() {
    assert_eq!(parsed(&domain(), Personal::Masked)["filings"][0]["responsible_name"], "王**");
    assert_eq!(parsed(&domain(), Personal::Revealed)["filings"][0]["responsible_name"], "王小明");
    assert!(texted(&domain(), Personal::Revealed).contains("13812345678"));
}

#[test]
fn what_the_register_cannot_say_stays_unknown() {
    let answer = LookUp::Domain(FilingFacts {
        target: "example.cn".parse().unwrap(),
        status: FilingStatus::Unknown(RegisterGap::Incomplete),
        as_of: None,
        upstream: None,
        records: vec![],
        submitted: vec![],
    });
    let json = parsed(&answer, Personal::Masked);
    assert_eq!(json["status"], "unknown");
    assert_eq!(json["gap"], "incomplete");
    assert_eq!(
        (&json["providers_known"], &json["as_of"]),
        (&false.into(), &serde_json::Value::Null)
    );
    assert!(
        texted(&answer, Personal::Masked).starts_with("example.cn　无法判断 unknown：备案库不完整")
    );
}

#[test]
fn numbers_days_and_the_register_that_answered_are_told() {
    let number = |text: &str| text.parse::<FilingNumber>().unwrap();
    let as_of = moment("2026-11-22T16:00:00Z");
    let answer = LookUp::Domain(FilingFacts {
        target: "example.cn".parse().unwrap(),
        status: FilingStatus::Active(FilingSummary {
            numbers: [number("皖ICP备05001号-1"), number("粤A2-20044005号-70")].into(),
            former: [number("京ICP备05014806号-2")].into(),
            filed_on: Some(jiff::civil::date(2010, 6, 20)),
            ..FilingSummary::empty(as_of)
        }),
        as_of: Some(as_of),
        upstream: Some(UpstreamNote {
            register: "register.example.cn".to_owned(),
            at: as_of,
            outcome: UpstreamOutcome::Answered,
        }),
        records: vec![],
        submitted: vec![],
    });
    let expected = "\
example.cn　已备案 active
  备案号：皖ICP备05001号-1（位数异常）、粤A2-20044005-70
  已注销的备案号：京ICP备05014806号-2
  备案日期：2010-06-20
  接入服务商：未知
  备案库截至：2026-11-23T00:00:00+08:00
  上级备案库 register.example.cn 2026-11-23T00:00:00+08:00：已答复 answered

";
    assert_eq!(texted(&answer, Personal::Masked), expected);
    let json = parsed(&answer, Personal::Masked);
    assert_eq!(
        (&json["source"], &json["upstream"]["outcome"]),
        (&"upstream".into(), &"answered".into())
    );
    assert_eq!(json["former_numbers"][0], "京ICP备05014806号-2");
    assert_eq!(json["filed_on"], "2010-06-20");
}
