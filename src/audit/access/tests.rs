//! Each cause once, and counts worked out by hand.

use super::*;
use crate::facts::bureau::Bureau;
use crate::facts::examination::Sighting;
use crate::facts::filing::FilingSummary;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::FindingKey;
use crate::facts::finding::FindingState;
use crate::facts::finding::Sightings;
use crate::facts::placement::Holder;
use crate::facts::placement::Placement;
use crate::facts::resolution::DnsAnswer;
use crate::facts::resolution::Resolution;
use crate::facts::visit::Sign;
use crate::facts::visit::Visit;
use jiff::Timestamp;

fn ids(names: &[&str]) -> Vec<ProviderId> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn visit(state: SiteState) -> Visit {
    Visit {
        address: "127.10.0.1".parse().unwrap(),
        port: 80,
        is_secure: false,
        state,
        sign: Sign::Document,
        status: None,
        final_url: String::new(),
        hops: vec![],
        page: None,
        body_sha256: None,
        certificate: None,
        control: None,
        claims: vec![],
    }
}

/// An address at `provider`, at a CDN if it ends in `*`; abroad without a name.
fn sighting(provider: &str, state: Option<SiteState>) -> Sighting {
    let is_cdn = provider.ends_with('*');
    let placement = match provider.trim_end_matches('*').parse() {
        Err(_) => Placement::Abroad,
        Ok(id) => Placement::Mainland(Holding {
            holder: Holder::Provider { id, is_cdn },
            carrier: None,
            province: None,
            is_redirector: false,
            is_reported: true,
        }),
    };
    let visits = state.map(visit).into_iter().collect();
    Sighting { address: "127.10.0.1".parse().unwrap(), placement, visits }
}

/// What a night learnt of a Domain that is filed with `record`.
pub(crate) fn examination(
    record: &[&str],
    answer: DnsAnswer,
    seen: &[(&str, Option<SiteState>)],
) -> Examination {
    Examination {
        target: "a.cn".parse().unwrap(),
        night: 1,
        at: Timestamp::UNIX_EPOCH,
        channel: "list".to_owned(),
        names: 1,
        upstream: None,
        steady_since: 0,
        filing: FilingStatus::Active(FilingSummary {
            numbers: [].into(),
            former: [].into(),
            are_subjects_known: true,
            filed_on: None,
            changed_on: None,
            subjects: [].into(),
            providers: ids(record).into(),
            are_providers_known: true,
            as_of: Timestamp::UNIX_EPOCH,
        }),
        hosts: vec![HostExamination {
            host: Some("a.cn".parse().unwrap()),
            resolution: Some(Resolution {
                v4: answer,
                v6: DnsAnswer::Empty,
                chain: vec![],
                views: vec![],
            }),
            sightings: seen.iter().map(|(id, state)| sighting(id, *state)).collect(),
            is_invented: false,
        }],
    }
}

fn found() -> DnsAnswer {
    DnsAnswer::Addresses(vec!["127.10.0.1".parse().unwrap()])
}

fn finding(kind: Kind, provider: &str, state: FindingState) -> Finding {
    Finding {
        id: "01KAP87ZQR0000000000000007".parse().unwrap(),
        key: FindingKey { target: "a.cn".parse().unwrap(), kind, provider: provider.parse().ok() },
        bureau: Bureau::MINISTRY,
        channel: "list".to_owned(),
        state,
        reopened: 0,
        first_seen: Timestamp::UNIX_EPOCH,
        last_seen: Timestamp::UNIX_EPOCH,
        times_seen: 1,
        due: "2009-10-01".parse().unwrap(),
        seen: Sightings::default(),
        answer: None,
        nights_in_row: 0,
        last_night: 1,
        has_lapsed: false,
    }
}

const LIVE: Option<SiteState> = Some(SiteState::Live);
const SILENT: Option<SiteState> = Some(SiteState::Silent);

#[test]
fn each_missing_record_has_its_cause() {
    let p = "P".parse().unwrap();
    for (record, seen, expected) in [
        (&["A", "B"][..], &[("P", LIVE)][..], Unrecorded::Moved(ids(&["A", "B"]))),
        (&["A"], &[("P", LIVE), ("A", LIVE)], Unrecorded::Several),
        (&["A"], &[("P*", LIVE), ("A", LIVE)], Unrecorded::Cdn),
        (&[], &[("P", LIVE)], Unrecorded::Shell),
    ] {
        let examination = examination(record, found(), seen);
        assert_eq!(unrecorded(Some(&examination), &p), expected);
    }
    assert_eq!(unrecorded(None, &p), Unrecorded::Unknown);
}

#[test]
fn each_idle_record_has_its_cause() {
    for (answer, seen, expected) in [
        (DnsAnswer::NoSuchName, &[][..], Idle::Gone),
        (DnsAnswer::Empty, &[], Idle::Gone),
        (DnsAnswer::Timeout, &[], Idle::Unknown),
        (found(), &[("", None)], Idle::Abroad),
        (found(), &[("B", LIVE), ("A", SILENT)], Idle::Moved(ids(&["A", "B"]))),
        (found(), &[("B", None)], Idle::Moved(ids(&["B"]))),
        (found(), &[("B", SILENT), ("C", SILENT)], Idle::Silent),
    ] {
        assert_eq!(idle(Some(&examination(&["P"], answer, seen))), expected);
    }
    assert_eq!(idle(None), Idle::Unknown);
}

#[test]
fn a_site_lives_is_dead_or_nobody_knows() {
    for (answer, seen, expected) in [
        (DnsAnswer::NoSuchName, &[][..], Some(false)),
        (DnsAnswer::Timeout, &[], None),
        (found(), &[("A", SILENT), ("B", LIVE)], Some(true)),
        (found(), &[("A", Some(SiteState::Redirected))], Some(true)),
        (found(), &[("A", SILENT), ("B", Some(SiteState::Stopped))], Some(false)),
        (found(), &[("A", SILENT), ("B", Some(SiteState::Unknown))], None),
        (found(), &[("A", Some(SiteState::Parked))], None),
        (found(), &[("A", SILENT), ("B", None)], None),
        (found(), &[("", None)], None),
    ] {
        assert_eq!(is_alive(&examination(&[], answer, seen)), expected, "{seen:?}");
    }
}

#[test]
fn counts_are_those_worked_out_by_hand() {
    let mut tally = AccessTally::default();
    let open = |kind, provider| finding(kind, provider, FindingState::Open);
    // Right at A; right at A and B; moved from A to B, which A does not know yet.
    tally.add(Some(&examination(&["A"], found(), &[("A", LIVE)])), &[]);
    tally.add(Some(&examination(&["A", "B"], found(), &[("A", LIVE), ("B", SILENT)])), &[]);
    let moved = examination(&["A"], found(), &[("B", LIVE)]);
    tally.add(Some(&moved), &[open(Kind::NotConnected, "B"), open(Kind::OverReported, "A")]);
    // Nothing that is closed, still accrues, or is of another kind counts.
    tally.add(
        Some(&moved),
        &[
            finding(Kind::NotConnected, "B", FindingState::Closed(ClosedReason::Connected)),
            finding(Kind::OverReported, "A", FindingState::Accruing),
            open(Kind::WrongNumber, "B"),
        ],
    );
    tally.add(
        Some(&examination(&["A"], DnsAnswer::NoSuchName, &[])),
        &[open(Kind::OverReported, "A")],
    );
    let shell = examination(&[], found(), &[("B", LIVE)]);
    tally.add(Some(&shell), &[open(Kind::Shell, ""), open(Kind::NotConnected, "B")]);
    tally.add(None, &[open(Kind::Shell, "")]);

    let of = |id: &str| tally.counts[&id.parse().ok()].clone();
    let a = AccessCount {
        right: 2,
        over_reported: [1, 0, 1, 0, 0],
        moved_to: [("B".parse().unwrap(), 1)].into(),
        ..AccessCount::default()
    };
    let b = AccessCount {
        right: 1,
        not_connected: [1, 0, 0, 1, 0],
        moved_from: [("A".parse().unwrap(), 1)].into(),
        ..AccessCount::default()
    };
    let nobody = AccessCount { shells: [1, 0, 1], ..AccessCount::default() };
    assert_eq!((of("A"), of("B"), of("")), (a, b, nobody));
    assert_eq!((of("A").checked(), of("B").checked()), (4, 3));
}
