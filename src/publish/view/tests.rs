//! What the contract's example promises, and the findings that the other faces are tested with.

use super::*;
use crate::facts::finding::Sightings;
use crate::facts::provider::ProviderKind;

/// Three providers: a hosting company, a carrier, and one without a number of the ministry's.
pub(crate) fn names() -> ProviderNames {
    ProviderNames::new(&[
        provider("P004", "示例接入商", Some(9002)),
        provider("P001", "示例电信", Some(9001)),
        provider("P009", "无号公司", None),
    ])
}

fn provider(id: &str, name: &str, v3_id: Option<u64>) -> Provider {
    Provider {
        id: id.parse().unwrap(),
        name: name.parse().unwrap(),
        aliases: vec![],
        kind: ProviderKind::Provider,
        bureau: Some("北京".parse().unwrap()),
        licence: None,
        is_key: false,
        cname_suffixes: vec![],
        v3_id,
    }
}

/// An open unfiled finding of `domain` at P004, first seen on 2026-11-23 and due on 2026-12-13.
pub(crate) fn finding(domain: &str) -> Finding {
    Finding {
        id: "01KAP87ZQR0000000000000007".parse().unwrap(),
        key: FindingKey {
            target: domain.parse().unwrap(),
            kind: Kind::Unfiled,
            provider: Some("P004".parse().unwrap()),
        },
        bureau: "北京".parse().unwrap(),
        channel: "list".to_owned(),
        state: FindingState::Open,
        reopened: 0,
        first_seen: moment("2026-11-22T17:02:03Z"),
        last_seen: moment("2026-11-24T17:02:03.9Z"),
        times_seen: 3,
        due: "2026-12-13".parse().unwrap(),
        seen: Sightings {
            carrier: Some("P001".parse().unwrap()),
            hosts: vec!["www.example.cn".parse().unwrap()],
            addresses: vec!["127.10.0.1".parse().unwrap()],
            reasons: vec![Reason::NotFiled, Reason::ServesDocument],
            filing: None,
            evidence: Evidence {
                status: Some(200),
                title: Some("示例".to_owned()),
                final_url: Some("http://www.example.cn/".to_owned()),
                ..Evidence::default()
            },
            claimants: vec![],
        },
        answer: None,
        nights_in_row: 0,
        last_night: 3,
        has_lapsed: false,
    }
}

pub(crate) fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// `finding`, seen on the day before it is due.
pub(crate) fn view(finding: &Finding) -> FindingView {
    FindingView::of(finding, &names(), moment("2026-12-13T15:59:59Z"))
}

#[test]
fn a_finding_is_the_contracts_json_field_by_field() {
    let json = serde_json::to_string(&view(&finding("example.cn"))).unwrap();
    assert_eq!(
        json,
        concat!(
            r#"{"id":"01KAP87ZQR0000000000000007","kind":"unfiled","domain":"example.cn","#,
            r#""domain_unicode":"example.cn","hosts":["www.example.cn"],"#,
            r#""provider":{"id":"P004","name":"示例接入商"},"#,
            r#""carrier":{"id":"P001","name":"示例电信"},"bureau":"北京","#,
            r#""addresses":["127.10.0.1"],"channel":"list","state":"open","closed_reason":null,"#,
            r#""reopened":0,"first_seen":"2026-11-23T01:02:03+08:00","#,
            r#""last_seen":"2026-11-25T01:02:03+08:00","times_seen":3,"due":"2026-12-13","#,
            r#""overdue":false,"reasons":["R01","R03"],"filing":null,"answer":null,"#,
            r#""evidence":{"status":200,"title":"示例","numbers":[],"#,
            r#""final_url":"http://www.example.cn/","body_sha256":null,"warc":null}}"#,
        )
    );
}

#[test]
fn records_answers_and_closing_are_told() {
    let mut finding = finding("例子.中国");
    finding.key.provider = Some("P777".parse().unwrap());
    finding.seen.carrier = None;
    finding.state = FindingState::Closed(ClosedReason::Stopped);
    finding.seen.filing = Some(FilingBrief {
        is_active: false,
        numbers: vec!["粤B2-20090059".parse::<FilingNumber>().unwrap()],
        providers: vec!["P001".parse().unwrap()],
    });
    finding.answer = Some(Answer {
        result: AnswerResult::Stopped,
        opinion: "已停止".to_owned(),
        at: moment("2026-11-26T00:00:00Z"),
    });
    let json = serde_json::to_value(view(&finding)).unwrap();
    assert_eq!(json["domain"], "xn--fsqu00a.xn--fiqs8s");
    assert_eq!(json["domain_unicode"], "例子.中国");
    assert_eq!(json["provider"], serde_json::json!({"id": "P777", "name": null}));
    assert_eq!(json["carrier"], serde_json::Value::Null);
    assert_eq!(json["state"], "closed");
    assert_eq!(json["closed_reason"], "stopped");
    let filing = serde_json::json!(
        {"state": "cancelled", "numbers": ["粤B2-20090059"], "providers": ["P001"]}
    );
    assert_eq!(json["filing"], filing);
    let answer = serde_json::json!(
        {"result": "stopped", "opinion": "已停止", "at": "2026-11-26T08:00:00+08:00"}
    );
    assert_eq!(json["answer"], answer);
}

#[test]
fn who_disputes_an_address_is_named() {
    let mut disputed = finding("example.cn");
    disputed.key.provider = None;
    disputed.seen.claimants = vec!["P001".parse().unwrap(), "P004".parse().unwrap()];
    let json = serde_json::to_value(view(&disputed)).unwrap();
    let named = serde_json::json!(
        [{"id": "P001", "name": "示例电信"}, {"id": "P004", "name": "示例接入商"}]
    );
    assert_eq!((&json["provider"], &json["claimants"]), (&serde_json::Value::Null, &named));
}

#[test]
fn overdue_begins_with_the_day_after_in_china_and_only_while_it_stands() {
    let mut finding = finding("example.cn");
    let overdue_at = |finding: &Finding, at| FindingView::of(finding, &names(), moment(at)).overdue;
    assert!(!overdue_at(&finding, "2026-12-13T15:59:59Z"));
    assert!(overdue_at(&finding, "2026-12-13T16:00:00Z"));
    finding.state = FindingState::Answered;
    assert!(overdue_at(&finding, "2026-12-14T00:00:00Z"));
    finding.state = FindingState::Closed(ClosedReason::Gone);
    assert!(!overdue_at(&finding, "2026-12-14T00:00:00Z"));
}

#[test]
fn what_came_back_is_listed_first_and_all_else_by_domain_kind_and_provider() {
    let row = |domain: &str, kind, provider: Option<&str>, reopened, state| {
        let key = FindingKey {
            target: domain.parse().unwrap(),
            kind,
            provider: provider.map(|id| id.parse().unwrap()),
        };
        Finding { key, state, reopened, ..finding("a.cn") }
    };
    let closed = FindingState::Closed(ClosedReason::Stopped);
    let ordered = [
        row("y.cn", Kind::Unfiled, None, 1, FindingState::Open),
        row("z.cn", Kind::Unfiled, None, 2, FindingState::Answered),
        row("10.cn", Kind::Unfiled, None, 0, FindingState::Open),
        row("127.0.0.1", Kind::Unfiled, None, 0, FindingState::Open),
        row("a.cn", Kind::Unfiled, None, 0, FindingState::Open),
        row("a.cn", Kind::Unfiled, Some("P001"), 0, FindingState::Open),
        row("a.cn", Kind::Unfiled, Some("P002"), 1, closed),
        row("a.cn", Kind::WrongNumber, Some("P001"), 0, FindingState::Open),
        row("b.cn", Kind::Unfiled, None, 0, FindingState::Open),
    ];
    let mut sorted = ordered.clone();
    sorted.reverse();
    sorted.sort_by_cached_key(row_order);
    assert_eq!(sorted, ordered);
}
