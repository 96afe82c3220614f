//! Which nights a name is examined on.

use jiff::Timestamp;
use ulid::Ulid;

use super::*;
use crate::facts::bureau::Bureau;
use crate::facts::examination::HostExamination;
use crate::facts::filing::FilingSummary;
use crate::facts::filing::RegisterGap;
use crate::facts::filing::UpstreamNote;
use crate::facts::filing::UpstreamOutcome;
use crate::facts::finding::FindingKey;
use crate::facts::finding::Kind;
use crate::facts::finding::Sightings;
use crate::facts::resolution::DnsAnswer;
use crate::facts::resolution::Resolution;

const ROTATION: Rotation = Rotation { steady: 7, suspects: 1, verify_filed: 0 };

fn candidate(name: &str) -> Candidate {
    let target = name.parse().unwrap();
    Candidate { target, is_named: true, hosts: vec![], channel: "list".to_owned() }
}

/// Examined on `night`, and the same since `since`.
fn examined(name: &str, night: u32, since: u32) -> Examination {
    let resolution = Resolution {
        v4: DnsAnswer::NoSuchName,
        v6: DnsAnswer::NoSuchName,
        chain: vec![],
        views: vec![],
    };
    let candidate = candidate(name);
    let hosts = candidate.hosts_to_examine().into_iter().map(|host| HostExamination {
        host: Some(host),
        resolution: Some(resolution.clone()),
        sightings: vec![],
        is_invented: false,
    });
    Examination {
        night,
        at: Timestamp::UNIX_EPOCH,
        channel: "list".to_owned(),
        names: 1,
        filing: FilingStatus::None,
        upstream: None,
        hosts: hosts.collect(),
        steady_since: since,
        target: candidate.target,
    }
}

/// Plays `nights` nights of a name that says the same in all of them; those on which it is examined.
fn examined_on(name: &str, nights: u32, rotation: Rotation, is_suspect: bool) -> Vec<u32> {
    let candidate = candidate(name);
    let mut last = None;
    let mut on = Vec::new();
    for night in 1..=nights {
        let known = Known {
            candidate: &candidate,
            findings: &[],
            last: last.as_ref(),
            filing: &FilingStatus::None,
            is_overtaken: false,
            is_suspect,
            is_exempt: false,
        };
        if is_due(known, night, rotation) {
            last = Some(examined(name, night, 1));
            on.push(night);
        }
    }
    on
}

#[test]
fn a_steady_name_is_examined_less_and_less_often_down_to_the_limit() {
    for name in ["a.cn", "b.cn", "c.cn", "d.cn"] {
        let on = examined_on(name, 200, ROTATION, false);
        assert_eq!(on[..9], [1, 2, 3, 4, 5, 6, 7, 8, 9], "{name}");
        let gaps: Vec<u32> = on.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(gaps.iter().max(), Some(&7), "{name}: {on:?}");
        assert!(on.len() < 60, "{name}: {on:?}");
        let late: Vec<u32> = on.into_iter().filter(|night| *night > 100).collect();
        assert!(late.windows(2).all(|pair| pair[1] - pair[0] == 7), "{name}: {late:?}");
    }
}

#[test]
fn names_of_one_list_come_round_on_different_nights() {
    let names: Vec<String> = (0..700).map(|number| format!("site{number}.cn")).collect();
    let mut counts = [0; 7];
    for name in &names {
        let on = examined_on(name, 107, ROTATION, false);
        for night in on.into_iter().filter(|night| *night > 100) {
            counts[usize::try_from(night - 101).unwrap()] += 1;
        }
    }
    assert_eq!(counts.iter().sum::<i32>(), 700, "each once in seven nights");
    assert!(counts.iter().all(|count| (60..=140).contains(count)), "{counts:?}");
}

#[test]
fn suspects_and_everybody_where_it_is_set_so_are_examined_every_night() {
    let every: Vec<u32> = (1..=60).collect();
    assert_eq!(examined_on("a.cn", 60, ROTATION, true), every);
    let nightly = Rotation { steady: 1, ..ROTATION };
    assert_eq!(examined_on("a.cn", 60, nightly, false), every);
    assert_eq!(examined_on("a.cn", 60, Rotation { steady: 0, ..ROTATION }, false), every);
}

/// A night on which it is not the turn of `a.cn`, which was examined the night before.
fn quiet_night() -> u32 {
    let is_quiet = |night: &u32| {
        let last = examined("a.cn", night - 1, 1);
        !is_its_turn(&last.target, &last, *night, ROTATION.steady)
    };
    (101..108).find(is_quiet).unwrap()
}

fn kept<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// Whether a name that was long steady, and was examined the night before, is due all the same once
/// `change` is true of it.
#[track_caller]
fn check(change: impl FnOnce(&mut Known<'static>), expected: bool) {
    let night = quiet_night();
    let mut known = Known {
        candidate: kept(candidate("a.cn")),
        findings: &[],
        last: Some(kept(examined("a.cn", night - 1, 1))),
        filing: &FilingStatus::None,
        is_overtaken: false,
        is_suspect: false,
        is_exempt: false,
    };
    change(&mut known);
    assert_eq!(is_due(known, night, ROTATION), expected);
}

fn finding(state: FindingState, has_lapsed: bool) -> Finding {
    let target = "a.cn".parse().unwrap();
    Finding {
        id: Ulid::nil(),
        key: FindingKey { target, kind: Kind::Unfiled, provider: None },
        bureau: Bureau::MINISTRY,
        channel: "list".to_owned(),
        state,
        reopened: 0,
        first_seen: Timestamp::UNIX_EPOCH,
        last_seen: Timestamp::UNIX_EPOCH,
        times_seen: 1,
        due: "2026-12-01".parse().unwrap(),
        seen: Sightings::default(),
        answer: None,
        nights_in_row: 0,
        last_night: 1,
        has_lapsed,
    }
}

#[test]
fn what_changed_on_paper_is_due() {
    check(|_| {}, false);
    check(|known| known.last = None, true);
    check(|known| known.is_overtaken = true, true);
    check(|known| known.is_exempt = true, true);
    let filed = FilingStatus::Active(FilingSummary::empty(Timestamp::UNIX_EPOCH));
    check(|known| known.filing = kept(filed), true);
    let unknown = FilingStatus::Unknown(RegisterGap::Stale);
    check(|known| known.filing = kept(unknown), true);
    let named = Candidate { hosts: vec!["m.a.cn".parse().unwrap()], ..candidate("a.cn") };
    check(|known| known.candidate = kept(named), true);
}

#[test]
fn findings_that_may_change_any_night_are_due_and_those_that_are_settled_are_not() {
    use ClosedReason::{Filed, Gone, Moved, Stopped, Superseded, Withdrawn};
    for (state, has_lapsed, expected) in [
        (FindingState::Open, false, true),
        (FindingState::Answered, false, true),
        (FindingState::Accruing, false, true),
        (FindingState::Closed(Stopped), false, true),
        (FindingState::Closed(Moved), false, true),
        (FindingState::Closed(Gone), false, true),
        (FindingState::Closed(Withdrawn), false, true),
        (FindingState::Closed(Withdrawn), true, false),
        (FindingState::Closed(Filed), false, false),
        (FindingState::Closed(Superseded), false, false),
    ] {
        let findings = kept([finding(state, has_lapsed)]);
        check(|known| known.findings = findings, expected);
    }
}

#[test]
fn an_answer_of_another_register_is_no_change_while_the_own_one_cannot_say() {
    let candidate = candidate("a.cn");
    let at = Timestamp::UNIX_EPOCH;
    let note = UpstreamNote { register: "r.cn".to_owned(), at, outcome: UpstreamOutcome::Answered };
    let last = Examination { upstream: Some(note), ..examined("a.cn", 100, 1) };
    for (filing, expected) in [
        (FilingStatus::Unknown(RegisterGap::Incomplete), false),
        (FilingStatus::Active(FilingSummary::empty(Timestamp::UNIX_EPOCH)), true),
    ] {
        let known = Known {
            candidate: &candidate,
            findings: &[],
            last: Some(&last),
            filing: &filing,
            is_overtaken: false,
            is_suspect: false,
            is_exempt: false,
        };
        assert_eq!(is_changed(known, &last), expected);
    }
}

#[test]
fn a_name_whose_question_failed_is_asked_again_the_next_night() {
    let mut last = examined("a.cn", quiet_night() - 1, 1);
    let before = last.clone();
    check(|known| known.last = Some(kept(before)), false);
    if let Some(resolution) = last.hosts.first_mut().and_then(|host| host.resolution.as_mut()) {
        resolution.v6 = DnsAnswer::Timeout;
    }
    check(|known| known.last = Some(kept(last)), true);
}

#[test]
fn filed_names_are_due_on_the_night_of_their_verification() {
    let filed = FilingStatus::Active(FilingSummary::empty(Timestamp::UNIX_EPOCH));
    let candidate = candidate("a.cn");
    let rotation = Rotation { verify_filed: 30, ..ROTATION };
    let mut verified = 0;
    for night in 101..=130 {
        let last = Examination { filing: filed.clone(), ..examined("a.cn", night - 1, 1) };
        let known = Known {
            candidate: &candidate,
            findings: &[],
            last: Some(&last),
            filing: &filed,
            is_overtaken: false,
            is_suspect: false,
            is_exempt: false,
        };
        if is_verified(&candidate.target, night, 30) {
            verified += 1;
            assert!(is_due(known, night, rotation));
        }
        assert!(!is_verified(&candidate.target, night, 0));
    }
    assert_eq!(verified, 1);
}
