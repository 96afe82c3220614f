//! What a night counts, each count by itself.

use jiff::Timestamp;
use jiff::civil::Date;
use ulid::Ulid;

use super::*;
use crate::facts::bureau::Bureau;
use crate::facts::change::FailedNames;
use crate::facts::change::FindingCounts;
use crate::facts::examination::HostExamination;
use crate::facts::examination::Sighting;
use crate::facts::filing::FilingSummary;
use crate::facts::filing::RegisterGap;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingKey;
use crate::facts::finding::FindingState;
use crate::facts::finding::Kind;
use crate::facts::finding::Sightings;
use crate::facts::placement::Holder;
use crate::facts::placement::Holding;
use crate::facts::resolution::DnsAnswer;
use crate::facts::resolution::Resolution;
use crate::facts::visit::Sign;
use crate::facts::visit::Visit;
use crate::store::findings::Update;
use crate::store::journal::Judged;

use DnsAnswer::Empty;
use DnsAnswer::NoSuchName;
use DnsAnswer::Refused;
use DnsAnswer::ServerFailure;
use DnsAnswer::Timeout;

fn held(holder: Holder) -> Placement {
    Placement::Mainland(Holding {
        holder,
        carrier: None,
        province: None,
        is_redirector: false,
        is_reported: true,
    })
}

fn by(id: &str) -> Placement {
    held(Holder::Provider { id: id.parse().unwrap(), is_cdn: false })
}

fn seen(placement: Placement, states: &[SiteState]) -> Sighting {
    let visit = |state: &SiteState| Visit {
        address: "1.0.0.1".parse().unwrap(),
        port: 80,
        is_secure: false,
        state: *state,
        sign: Sign::Document,
        status: None,
        final_url: String::new(),
        hops: vec![],
        page: None,
        body_sha256: None,
        claims: vec![],
        certificate: None,
        control: None,
    };
    Sighting {
        address: "1.0.0.1".parse().unwrap(),
        placement,
        visits: states.iter().map(visit).collect(),
    }
}

fn host(v4: DnsAnswer, v6: DnsAnswer, sightings: Vec<Sighting>) -> HostExamination {
    HostExamination {
        host: Some("example.cn".parse().unwrap()),
        resolution: Some(Resolution { v4, v6, chain: vec![], views: vec![] }),
        sightings,
        is_invented: false,
    }
}

fn found(sightings: Vec<Sighting>) -> HostExamination {
    let addresses = sightings.iter().map(|sighting| sighting.address).collect();
    host(DnsAnswer::Addresses(addresses), Empty, sightings)
}

fn outcome(filing: FilingStatus, hosts: Vec<HostExamination>) -> Outcome {
    Outcome {
        examination: Examination {
            target: "example.cn".parse().unwrap(),
            night: 5,
            at: Timestamp::UNIX_EPOCH,
            channel: "list".to_owned(),
            names: 3,
            filing,
            upstream: None,
            steady_since: 0,
            hosts,
        },
        update: Update::default(),
        judged: Judged::Whole,
        exchanges: vec![],
        turns: 0,
    }
}

fn filed_with(providers: &[&str]) -> FilingStatus {
    FilingStatus::Active(FilingSummary {
        numbers: [].into(),
        subjects: [].into(),
        providers: providers.iter().map(|id| id.parse().unwrap()).collect(),
        are_providers_known: true,
        ..FilingSummary::empty(Timestamp::UNIX_EPOCH)
    })
}

fn counted(outcome: &Outcome) -> NightCounts {
    let mut counts = NightCounts::default();
    add(&mut counts, outcome);
    counts
}

/// Checks all counts, those beside `expected` that every candidate has included.
#[track_caller]
fn check(filing: FilingStatus, hosts: Vec<HostExamination>, expected: NightCounts) {
    let outcome = outcome(filing, hosts);
    let expected = NightCounts { lines: 3, candidates: 1, ..expected };
    assert_eq!(counted(&outcome), expected, "{outcome:#?}");
}

const NONE: NightCounts = NightCounts {
    lines: 0,
    candidates: 0,
    resolved: 0,
    failed: FailedNames { nxdomain: 0, empty: 0, servfail: 0, refused: 0, timeout: 0 },
    abroad: 0,
    filed_and_connected: 0,
    probed: 0,
    live: 0,
    lost: 0,
    not_due: 0,
    doubt: None,
    findings: FindingCounts { opened: 0, seen: 0, closed: 0, reopened: 0 },
};

#[test]
fn a_name_without_an_address_counts_once_by_how_its_worst_question_failed() {
    let failed = |failed| NightCounts { failed, ..NONE };
    let nxdomain = failed(FailedNames { nxdomain: 1, ..FailedNames::default() });
    let empty = failed(FailedNames { empty: 1, ..FailedNames::default() });
    let servfail = failed(FailedNames { servfail: 1, ..FailedNames::default() });
    let refused = failed(FailedNames { refused: 1, ..FailedNames::default() });
    let timeout = failed(FailedNames { timeout: 1, ..FailedNames::default() });
    for (answers, expected) in [
        (&[(NoSuchName, NoSuchName)][..], nxdomain),
        (&[(Empty, Empty)], empty),
        (&[(NoSuchName, Empty)], empty),
        (&[(ServerFailure, Empty)], servfail),
        (&[(NoSuchName, Refused)], refused),
        (&[(Timeout, Timeout)], timeout),
        (&[(NoSuchName, NoSuchName), (Empty, Empty)], empty),
        (&[(Refused, Refused), (NoSuchName, NoSuchName)], refused),
        (&[(Refused, Refused), (ServerFailure, ServerFailure)], servfail),
        (&[(Timeout, Timeout), (ServerFailure, ServerFailure)], timeout),
    ] {
        let hosts = answers.iter().map(|(v4, v6)| host(v4.clone(), v6.clone(), vec![]));
        check(FilingStatus::None, hosts.collect(), expected);
    }
    // One host with an address is enough, whatever became of the others.
    let hosts = vec![host(Timeout, Timeout, vec![]), found(vec![seen(by("P1"), &[])])];
    check(FilingStatus::None, hosts, NightCounts { resolved: 1, ..NONE });
}

#[test]
fn abroad_is_a_name_with_foreign_addresses_and_none_on_the_mainland() {
    let abroad = || seen(Placement::Abroad, &[]);
    let special = || seen(Placement::SpecialPurpose, &[]);
    for (sightings, expected) in [
        (vec![abroad()], 1),
        (vec![abroad(), special()], 1),
        (vec![special()], 0),
        (vec![abroad(), seen(by("P1"), &[])], 0),
        (vec![abroad(), seen(held(Holder::Nobody), &[])], 0),
    ] {
        let expected = NightCounts { resolved: 1, abroad: expected, ..NONE };
        check(FilingStatus::None, vec![found(sightings)], expected);
    }
    let split = vec![found(vec![abroad()]), found(vec![seen(by("P1"), &[])])];
    check(FilingStatus::None, split, NightCounts { resolved: 1, ..NONE });
}

#[test]
fn filed_and_connected_is_a_name_whose_every_holder_is_on_record() {
    let one = || seen(by("P1"), &[]);
    let two = || seen(by("P2"), &[]);
    let nobodys = || seen(held(Holder::Nobody), &[]);
    let abroad = || seen(Placement::Abroad, &[]);
    let filed = || filed_with(&["P1"]);
    let cancelled = match filed() {
        FilingStatus::Active(summary) => FilingStatus::Cancelled(summary),
        other => other,
    };
    for (filing, sightings, expected) in [
        (filed(), vec![one()], 1),
        (filed(), vec![one(), abroad()], 1),
        (filed_with(&["P1", "P2"]), vec![one(), two()], 1),
        (filed(), vec![one(), two()], 0),
        (filed(), vec![one(), nobodys()], 0),
        (filed_with(&[]), vec![one()], 0),
        (cancelled, vec![one()], 0),
        (FilingStatus::None, vec![one()], 0),
        (FilingStatus::Unknown(RegisterGap::Stale), vec![one()], 0),
    ] {
        let expected = NightCounts { resolved: 1, filed_and_connected: expected, ..NONE };
        check(filing, vec![found(sightings)], expected);
    }
    let expected = NightCounts { resolved: 1, abroad: 1, ..NONE };
    check(filed(), vec![found(vec![abroad()])], expected);
}

#[test]
fn a_name_is_probed_if_anything_was_asked_and_live_by_the_strongest_answer() {
    use SiteState::*;
    for (states, live) in [
        (&[Live][..], 1),
        (&[Redirected], 1),
        (&[Silent, Live], 1),
        (&[Live, Unknown], 1),
        (&[Live, Live], 1),
        (&[Unknown], 0),
        (&[Parked], 0),
        (&[Stopped], 0),
        (&[Silent], 0),
    ] {
        let expected = NightCounts { resolved: 1, probed: 1, live, ..NONE };
        let one = seen(by("P1"), states);
        check(FilingStatus::None, vec![found(vec![one.clone()])], expected);
        let silent = found(vec![seen(by("P2"), &[Silent]), seen(by("P2"), &[])]);
        check(FilingStatus::None, vec![silent, found(vec![one])], expected);
    }
    check(
        FilingStatus::None,
        vec![found(vec![seen(by("P1"), &[])])],
        NightCounts { resolved: 1, ..NONE },
    );
}

#[test]
fn a_bare_address_counts_like_a_name() {
    let bare = HostExamination {
        host: None,
        resolution: None,
        sightings: vec![seen(by("P1"), &[SiteState::Live])],
        is_invented: false,
    };
    let expected = NightCounts { resolved: 1, probed: 1, live: 1, ..NONE };
    check(FilingStatus::None, vec![bare], expected);
}

fn finding(number: u128, state: FindingState) -> Finding {
    Finding {
        id: Ulid::from(number),
        key: FindingKey {
            target: "example.cn".parse().unwrap(),
            kind: Kind::Unfiled,
            provider: None,
        },
        bureau: Bureau::MINISTRY,
        channel: String::new(),
        state,
        reopened: 0,
        first_seen: Timestamp::UNIX_EPOCH,
        last_seen: Timestamp::UNIX_EPOCH,
        times_seen: 1,
        due: Date::constant(2026, 1, 1),
        seen: Sightings::default(),
        answer: None,
        nights_in_row: 0,
        last_night: 5,
        has_lapsed: false,
    }
}

#[test]
fn findings_are_counted_by_what_happened_to_them() {
    let changed = |number: u128, kind, state| {
        let change = Change {
            finding: Ulid::from(number),
            kind,
            state,
            at: Timestamp::UNIX_EPOCH,
            reasons: vec![],
            actor: String::new(),
            note: None,
        };
        (finding(number, state), Some(change))
    };
    let earlier = "1969-12-31T00:00:00Z".parse().unwrap();
    let missed = Finding { last_seen: earlier, ..finding(6, FindingState::Open) };
    let closed = FindingState::Closed(ClosedReason::Moved);
    let all = [
        changed(1, ChangeKind::Opened, FindingState::Open),
        changed(2, ChangeKind::Opened, FindingState::Open),
        changed(3, ChangeKind::Reopened, FindingState::Open),
        changed(4, ChangeKind::Closed, closed),
        (finding(5, FindingState::Open), None),
        (missed, None),
        (finding(7, FindingState::Accruing), None),
        (finding(8, FindingState::Answered), None),
        // An answer that tonight did not confirm: seen again, and told.
        changed(9, ChangeKind::Answered, FindingState::Open),
    ];
    let mut outcome = outcome(FilingStatus::None, vec![]);
    for (finding, change) in all {
        outcome.update.findings.push(finding);
        outcome.update.changes.extend(change);
    }
    let expected = FindingCounts { opened: 2, seen: 3, closed: 1, reopened: 1 };
    assert_eq!(counted(&outcome).findings, expected);

    let mut counts = counted(&outcome);
    add(&mut counts, &outcome);
    assert_eq!((counts.lines, counts.candidates, counts.findings.opened), (6, 2, 4));
}
