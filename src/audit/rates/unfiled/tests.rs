//! Counts worked out by hand.

use super::*;
use crate::facts::bureau::Bureau;
use crate::facts::change::ChangeKind;
use crate::facts::finding::Evidence;
use crate::facts::finding::FindingKey;
use crate::facts::finding::PageText;
use crate::facts::finding::Sightings;
use crate::facts::provider::ProviderId;

fn day(day: u32) -> Timestamp {
    format!("2009-09-{day:02}T00:00:00Z").parse().unwrap()
}

fn id(number: u128) -> Ulid {
    Ulid::from(number)
}

fn finding(number: u128, domain: &str, provider: &str, bureau: &str, page: &str) -> Finding {
    Finding {
        id: id(number),
        key: FindingKey {
            target: domain.parse().unwrap(),
            kind: Kind::Unfiled,
            provider: provider.parse().ok(),
        },
        bureau: bureau.parse().unwrap(),
        channel: "list".to_owned(),
        state: FindingState::Open,
        reopened: 0,
        first_seen: day(1),
        last_seen: day(1),
        times_seen: 1,
        due: "2009-10-01".parse().unwrap(),
        seen: Sightings {
            reasons: vec![Reason::NotFiled, Reason::ServesDocument],
            evidence: Evidence {
                title: Some("示例".to_owned()),
                body_sha256: Some(page.to_owned()),
                ..Evidence::default()
            },
            ..Sightings::default()
        },
        answer: None,
        nights_in_row: 0,
        last_night: 1,
        has_lapsed: false,
    }
}

fn change(number: u128, on: u32, state: FindingState) -> Change {
    let kind = match state {
        FindingState::Closed(_) => ChangeKind::Closed,
        FindingState::Answered => ChangeKind::Answered,
        FindingState::Open | FindingState::Accruing => ChangeKind::Opened,
    };
    Change {
        finding: id(number),
        kind,
        state,
        at: day(on),
        reasons: vec![],
        actor: "night 1".to_owned(),
        note: None,
    }
}

fn counted(moments: &[u32], findings: &[Finding], changes: &[Change]) -> Vec<Scoped<UnfiledCount>> {
    let mut standing = Standing::new(moments.iter().map(|number| day(*number)).collect());
    for change in changes {
        standing.tell(change);
    }
    let mut tally = UnfiledTally::new(standing);
    for finding in findings {
        tally.add(finding);
    }
    tally.finish()
}

fn count(domains: u64, sites: u64) -> UnfiledCount {
    UnfiledCount { domains, sites, exempt: 0 }
}

const OPEN: FindingState = FindingState::Open;
const FILED: FindingState = FindingState::Closed(ClosedReason::Filed);
const STOPPED: FindingState = FindingState::Closed(ClosedReason::Stopped);
const EXEMPT: FindingState = FindingState::Closed(ClosedReason::Exempt);

#[test]
fn each_site_counts_once_whatever_its_providers() {
    let findings = [
        finding(1, "a.cn", "A", "北京", "p1"),
        finding(2, "a.cn", "B", "上海", "p1"),
        finding(3, "b.cn", "B", "上海", "p2"),
        finding(4, "c.cn", "", "部", "p3"),
    ];
    let changes: Vec<_> = (1..=4).map(|number| change(number, 2, OPEN)).collect();
    let [counts] = &counted(&[3], &findings, &changes)[..] else { panic!() };
    assert_eq!(counts.nation, count(3, 3));
    let of = |whose: &Whose| counts.of(whose);
    assert_eq!(of(&Whose::Bureau("上海".parse().unwrap())), Some(count(2, 2)));
    assert_eq!(of(&Whose::Bureau(Bureau::MINISTRY)), Some(count(1, 1)));
    assert_eq!(of(&Whose::Provider("A".parse().unwrap())), Some(count(1, 1)));
    assert_eq!(of(&Whose::Provider("B".parse().unwrap())), Some(count(2, 2)));
    assert_eq!(of(&Whose::Provider("C".parse().unwrap())), Some(count(0, 0)));
}

#[test]
fn what_a_provider_has_is_divided_by_bureau_and_carrier() {
    let carried = |finding: Finding, carrier: &str| {
        let carrier = carrier.parse().ok();
        Finding { seen: Sightings { carrier, ..finding.seen }, ..finding }
    };
    let findings = [
        carried(finding(1, "a.cn", "A", "北京", "p1"), "C"),
        carried(finding(2, "b.cn", "A", "北京", "p2"), "D"),
        carried(finding(3, "c.cn", "A", "河北", "p1"), "C"),
        carried(finding(4, "d.cn", "A", "河北", "p4"), ""),
        carried(finding(5, "e.cn", "C", "河北", "p5"), "C"),
    ];
    let changes: Vec<_> = (1..=5).map(|number| change(number, 2, OPEN)).collect();
    let [counts] = &counted(&[3], &findings, &changes)[..] else { panic!() };
    let (beijing, hebei): (Bureau, Bureau) = ("北京".parse().unwrap(), "河北".parse().unwrap());
    let id = |id: &str| id.parse::<ProviderId>().unwrap();
    for (whose, expected) in [
        (Whose::Provider(id("A")), count(4, 3)),
        (Whose::InBureau(beijing, id("A")), count(2, 2)),
        (Whose::InBureau(hebei, id("A")), count(2, 2)),
        (Whose::InBureau(beijing, id("C")), count(0, 0)),
        (Whose::Carried(id("C"), id("A")), count(2, 1)),
        (Whose::Carried(id("D"), id("A")), count(1, 1)),
        // What a Carrier has itself is its own, and nobody's below it.
        (Whose::Carried(id("C"), id("C")), count(0, 0)),
    ] {
        assert_eq!(counts.of(&whose), Some(expected), "{whose:?}");
    }
}

#[test]
fn domains_with_the_same_page_are_one_site_beside_the_plain_count() {
    let mut redirect = finding(5, "e.cn", "A", "北京", "p1");
    redirect.seen.reasons = vec![Reason::NotFiled, Reason::SendsOn];
    let mut untitled = finding(6, "f.cn", "A", "北京", "p1");
    untitled.seen.evidence.title = None;
    let findings = [
        finding(1, "a.cn", "A", "北京", "p1"),
        finding(2, "b.cn", "A", "北京", "p1"),
        finding(3, "c.cn", "B", "北京", "p1"),
        finding(4, "d.cn", "A", "北京", EMPTY_BODY),
        redirect,
        untitled,
        finding(7, "g.cn", "A", "北京", EMPTY_BODY),
    ];
    let changes: Vec<_> = (1..=7).map(|number| change(number, 2, OPEN)).collect();
    let [counts] = &counted(&[3], &findings, &changes)[..] else { panic!() };
    assert_eq!(counts.nation, count(7, 5));
    assert_eq!(counts.of(&Whose::Provider("B".parse().unwrap())), Some(count(1, 1)));
    assert_eq!(counts.of(&Whose::Provider("A".parse().unwrap())), Some(count(6, 5)));
}

#[test]
fn pages_that_differ_in_dates_and_counters_are_one_site_and_short_or_strange_ones_are_not() {
    let shown = |number: u128, title: &str, text: &str, chars: u32| {
        let body = format!("body {number}");
        let mut finding = finding(number, &format!("site{number}.cn"), "A", "北京", &body);
        let evidence = &mut finding.seen.evidence;
        evidence.title = Some(title.to_owned());
        evidence.text = Some(PageText { sha256: text.to_owned(), chars });
        finding
    };
    let findings = [
        shown(1, "示例", "t1", 400),
        shown(2, "示例", "t1", 402),
        shown(3, "另一个", "t1", 400),
        shown(4, "示例", "t2", 8),
        shown(5, "示例", "t2", 8),
        // Seen by an older program, which kept no text.
        finding(6, "old.cn", "A", "北京", "body 1"),
    ];
    let changes: Vec<_> = (1..=6).map(|number| change(number, 2, OPEN)).collect();
    let [counts] = &counted(&[3], &findings, &changes)[..] else { panic!() };
    assert_eq!(counts.nation, count(6, 4));
}

#[test]
fn the_past_is_told_again_from_the_changes() {
    let findings = [
        finding(1, "a.cn", "A", "北京", "p1"),
        finding(2, "b.cn", "A", "北京", "p2"),
        finding(3, "c.cn", "A", "北京", "p3"),
        Finding {
            key: FindingKey {
                kind: Kind::NotConnected, ..finding(4, "d.cn", "A", "北京", "").key
            },
            ..finding(4, "d.cn", "A", "北京", "p4")
        },
    ];
    let changes = [
        change(1, 2, OPEN),
        change(2, 2, OPEN),
        change(4, 2, OPEN),
        change(1, 4, FindingState::Answered),
        change(1, 6, FILED),
        change(2, 6, STOPPED),
        change(3, 6, OPEN),
        change(2, 8, OPEN),
        change(3, 8, EXEMPT),
    ];
    let counts = counted(&[1, 2, 4, 6, 7, 9], &findings, &changes);
    let nation: Vec<_> = counts.iter().map(|counts| counts.nation).collect();
    let exempt = UnfiledCount { exempt: 1, ..count(1, 1) };
    let expected = [count(0, 0), count(2, 2), count(2, 2), count(1, 1), count(1, 1), exempt];
    assert_eq!(nation, expected);
}

#[test]
fn the_first_to_show_a_page_is_told_for_each_moment() {
    let findings = [finding(1, "a.cn", "A", "北京", "p1"), finding(2, "b.cn", "A", "北京", "p1")];
    let changes = [change(1, 2, OPEN), change(2, 3, OPEN), change(1, 4, FILED)];
    let counts = counted(&[2, 3, 4], &findings, &changes);
    let nation: Vec<_> = counts.iter().map(|counts| counts.nation).collect();
    assert_eq!(nation, [count(1, 1), count(2, 1), count(1, 1)]);
}
