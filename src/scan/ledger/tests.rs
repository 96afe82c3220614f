//! Every cell of the table of transitions.

use super::*;
use crate::facts::finding::Answer;
use crate::facts::finding::AnswerResult;
use crate::facts::finding::Kind;

/// Tonight's rulings, one of each arm.
#[derive(Debug, Clone, Copy)]
enum Says {
    Stands,
    Accrues,
    Ends,
    Misses,
    Unknown,
}

use Says::Accrues;
use Says::Ends;
use Says::Misses;
use Says::Stands;
use Says::Unknown;

const ALL: [Says; 5] = [Stands, Accrues, Ends, Misses, Unknown];

fn ruling(says: Says) -> Ruling {
    let seen = || Box::new(Sightings { reasons: vec![Reason::NotFiled], ..Sightings::default() });
    match says {
        Stands => Ruling::Stands(Bureau::MINISTRY, seen()),
        Accrues => Ruling::Accrues(Bureau::MINISTRY, seen()),
        Ends => Ruling::Ends(ClosedReason::Filed, vec![Reason::Filed]),
        Misses => Ruling::Misses(vec![Reason::MissedTonight]),
        Unknown => Ruling::Unknown(vec![Reason::DnsFailed]),
    }
}

fn moment(day: u32) -> Timestamp {
    format!("2026-11-{day:02}T01:00:00+08:00").parse().unwrap()
}

fn with_night<T>(night: u32, is_exempt: bool, then: impl FnOnce(Tonight<'_>) -> T) -> T {
    let deadlines = Deadlines::default();
    then(Tonight {
        night,
        now: moment(night),
        misses_to_close: 3,
        deadlines: &deadlines,
        has_counted_today: false,
        is_exempt,
        channel: "list",
    })
}

fn key() -> FindingKey {
    FindingKey {
        target: "example.cn".parse().unwrap(),
        kind: Kind::Unfiled,
        provider: Some("P1".parse().unwrap()),
    }
}

/// A finding first seen on night 1 and last judged on night 4.
fn finding(state: FindingState) -> Finding {
    let opened = with_night(1, false, |tonight| begin(&key(), ruling(Stands), tonight)).unwrap();
    Finding { state, last_night: 4, times_seen: 4, nights_in_row: 1, ..opened.finding }
}

fn on_night_5(current: Option<&Finding>, says: Says, is_exempt: bool) -> Option<Transition> {
    with_night(5, is_exempt, |tonight| transition(&key(), current, ruling(says), tonight))
}

/// What a cell of the table does: the state after it and how it counts; `None` is "left alone".
#[track_caller]
fn check(current: Option<&Finding>, says: Says, expected: Option<(FindingState, Effect)>) {
    let got = on_night_5(current, says, false);
    let got = got.as_ref().map(|done| (done.finding.state, done.effect));
    assert_eq!(got, expected, "{:?} {says:?}", current.map(|finding| finding.state));
}

use FindingState::Accruing;
use FindingState::Answered;
use FindingState::Closed;
use FindingState::Open;

#[test]
fn without_a_finding_only_a_fault_begins_one() {
    check(None, Stands, Some((Open, Effect::Opened)));
    check(None, Accrues, Some((Accruing, Effect::Counted)));
    for says in [Ends, Misses, Unknown] {
        check(None, says, None);
    }
}

#[test]
fn an_accruing_fault_stands_after_as_many_nights_as_configured() {
    let with = |nights_in_row| Finding { nights_in_row, ..finding(Accruing) };
    check(Some(&with(1)), Accrues, Some((Accruing, Effect::Counted)));
    check(Some(&with(2)), Accrues, Some((Open, Effect::Opened)));
    check(Some(&with(2)), Stands, Some((Open, Effect::Opened)));
    check(Some(&with(2)), Ends, Some((Accruing, Effect::Counted)));
    assert_eq!(on_night_5(Some(&with(2)), Ends, false).unwrap().finding.nights_in_row, 0);
    check(Some(&with(0)), Ends, None);
    for says in [Misses, Unknown] {
        check(Some(&with(2)), says, None);
    }
    let again = on_night_5(Some(&with(0)), Accrues, false).unwrap().finding;
    assert_eq!((again.first_seen, again.nights_in_row, again.times_seen), (moment(5), 1, 1));
}

#[test]
fn a_standing_finding_is_seen_again_missed_or_closed() {
    for state in [Open, Answered] {
        let current = finding(state);
        check(Some(&current), Stands, Some((state, Effect::Seen)));
        check(Some(&current), Accrues, Some((state, Effect::Seen)));
        check(Some(&current), Ends, Some((Closed(ClosedReason::Filed), Effect::Closed)));
        check(Some(&current), Misses, Some((state, Effect::Counted)));
        check(Some(&current), Unknown, None);
    }
    let seen = on_night_5(Some(&finding(Open)), Stands, false).unwrap();
    assert_eq!(seen.finding.times_seen, 5);
    assert_eq!(seen.finding.nights_in_row, 0, "being seen breaks the row of misses");
    assert_eq!(seen.finding.last_seen, moment(5));
    assert_eq!(seen.finding.first_seen, moment(1));
    assert_eq!(seen.change, None, "being seen again is no news");
}

#[test]
fn whoever_it_goes_to_or_from_is_told() {
    let stands = |bureau: &str, carrier: Option<&str>| {
        let carrier = carrier.map(|id| id.parse().unwrap());
        let seen = Sightings { carrier, reasons: vec![Reason::NotFiled], ..Sightings::default() };
        Ruling::Stands(bureau.parse().unwrap(), Box::new(seen))
    };
    let on_night_5 = |current: &Finding, ruling| {
        with_night(5, false, |tonight| transition(&key(), Some(current), ruling, tonight)).unwrap()
    };
    for state in [Open, Answered] {
        let current = finding(state);
        assert_eq!(on_night_5(&current, stands("部", None)).change, None);
        for (ruling, note) in [
            (stands("河北", None), "监督单位由部改为河北"),
            (stands("部", Some("C1")), "运营商有变"),
            (stands("河北", Some("C1")), "监督单位由部改为河北，运营商有变"),
        ] {
            let done = on_night_5(&current, ruling);
            let change = done.change.unwrap();
            assert_eq!(
                (change.kind, change.state, change.note.as_deref(), change.actor.as_str()),
                (ChangeKind::Transferred, state, Some(note), "night 5")
            );
            assert_eq!(done.effect, Effect::Seen);
        }
    }
    // What is told anyway is told once.
    let back = on_night_5(&finding(Closed(ClosedReason::Gone)), stands("河北", None));
    assert_eq!(back.change.unwrap().kind, ChangeKind::Reopened);
}

#[test]
fn the_last_miss_in_a_row_closes_as_gone() {
    let current = Finding { nights_in_row: 2, ..finding(Open) };
    check(Some(&current), Misses, Some((Closed(ClosedReason::Gone), Effect::Closed)));
    let change = on_night_5(Some(&current), Misses, false).unwrap().change.unwrap();
    assert_eq!(change.reasons, [Reason::GoneForNights]);
    // What was there instead is told as well.
    let sends_on = Ruling::Misses(vec![Reason::SendsOn]);
    let done =
        with_night(5, false, |tonight| transition(&key(), Some(&current), sends_on, tonight));
    let change = done.unwrap().change.unwrap();
    assert_eq!(change.state, Closed(ClosedReason::Gone));
    assert_eq!(change.reasons, [Reason::GoneForNights, Reason::SendsOn]);
}

#[test]
fn a_night_never_counts_twice() {
    for state in [Open, Accruing] {
        let current = Finding { last_night: 5, ..finding(state) };
        for says in [Stands, Accrues, Misses] {
            check(Some(&current), says, None);
        }
    }
}

#[test]
fn a_closed_finding_comes_back_or_a_new_one_begins() {
    for reason in ClosedReason::ALL.iter().copied() {
        let current = Finding { nights_in_row: 0, ..finding(Closed(reason)) };
        check(Some(&current), Unknown, None);
        if reason != ClosedReason::Withdrawn {
            check(Some(&current), Misses, None);
        }
        match reason {
            ClosedReason::Stopped | ClosedReason::Moved | ClosedReason::Gone => {
                check(Some(&current), Stands, Some((Open, Effect::Reopened)));
                let back = on_night_5(Some(&current), Stands, false).unwrap().finding;
                assert_eq!((back.id, back.reopened), (current.id, 1));
                assert_eq!(back.due.to_string(), "2026-11-25", "the days begin anew");
            }
            ClosedReason::Withdrawn => {
                check(Some(&current), Stands, None);
                check(Some(&current), Accrues, None);
                let lapsed = on_night_5(Some(&current), Ends, false).unwrap().finding;
                check(Some(&lapsed), Stands, Some((Open, Effect::Opened)));
            }
            _ => {
                check(Some(&current), Stands, Some((Open, Effect::Opened)));
                let new = on_night_5(Some(&current), Stands, false).unwrap().finding;
                assert_ne!(new.id, current.id);
                assert_eq!((new.reopened, new.times_seen), (0, 1));
            }
        }
        if reason != ClosedReason::Withdrawn {
            check(Some(&current), Accrues, Some((Accruing, Effect::Counted)));
            check(Some(&current), Ends, None);
        }
    }
}

#[test]
fn a_withdrawn_finding_lapses_when_its_fault_was_missed_for_long_enough() {
    let missed =
        |nights_in_row| Finding { nights_in_row, ..finding(Closed(ClosedReason::Withdrawn)) };
    let after = |nights, says| on_night_5(Some(&missed(nights)), says, false).map(|t| t.finding);
    assert!(!after(1, Misses).unwrap().has_lapsed);
    assert!(after(2, Misses).unwrap().has_lapsed);
    assert_eq!(after(2, Stands).unwrap().nights_in_row, 0, "being seen breaks the row");
    assert_eq!(after(2, Unknown), None);
}

#[test]
fn an_exempt_name_opens_nothing_and_closes_what_stands() {
    for says in ALL {
        assert_eq!(on_night_5(None, says, true), None);
        for reason in ClosedReason::ALL.iter().copied().filter(|r| *r != ClosedReason::Withdrawn) {
            assert_eq!(on_night_5(Some(&finding(Closed(reason))), says, true), None);
        }
        for state in [Open, Answered] {
            let closed = on_night_5(Some(&finding(state)), says, true).unwrap().finding;
            assert_eq!(closed.state, Closed(ClosedReason::Exempt));
        }
        let accruing = Finding { nights_in_row: 2, ..finding(Accruing) };
        let state = on_night_5(Some(&accruing), says, true).map(|done| done.finding.state);
        assert_ne!(state, Some(Open));
    }
}

#[test]
fn an_answer_closes_nothing_and_is_verified_by_the_next_night() {
    for result in AnswerResult::ALL.iter().copied() {
        let answer = Answer { result, opinion: String::new(), at: moment(4) };
        let current = Finding { answer: Some(answer), ..finding(Answered) };
        let done = on_night_5(Some(&current), Stands, false).unwrap();
        let is_contradicted = !matches!(
            result,
            AnswerResult::NotOurs | AnswerResult::Disputed | AnswerResult::InProgress
        );
        let expected = if is_contradicted { Open } else { Answered };
        assert_eq!(done.finding.state, expected, "{result}");
        assert_eq!(done.change.is_some(), is_contradicted, "{result}");
        if let Some(change) = done.change {
            assert_eq!(change.reasons[0], Reason::AnswerNotConfirmed);
        }
        check(Some(&current), Ends, Some((Closed(ClosedReason::Filed), Effect::Closed)));
    }
}

#[test]
fn an_answer_that_was_given_after_the_page_was_seen_is_left_to_the_next_night() {
    let late = moment(5) + std::time::Duration::from_mins(1);
    let answer = |at| Answer { result: AnswerResult::Stopped, opinion: String::new(), at };
    for (at, state) in [(moment(5), Open), (late, Answered)] {
        let current = Finding { answer: Some(answer(at)), ..finding(Answered) };
        let done = on_night_5(Some(&current), Stands, false).unwrap();
        assert_eq!((done.finding.state, done.change.is_some()), (state, state == Open));
    }
}

#[test]
fn no_calendar_day_counts_twice_however_many_nights_it_has() {
    let withdrawn = Closed(ClosedReason::Withdrawn);
    for (state, says) in
        [(Accruing, Accrues), (Open, Misses), (Answered, Misses), (withdrawn, Misses)]
    {
        let finding = finding(state);
        let again = |has_counted_today, says| {
            with_night(5, false, |tonight| {
                let tonight = Tonight { has_counted_today, ..tonight };
                transition(&key(), Some(&finding), ruling(says), tonight)
            })
        };
        assert_eq!(again(true, says), None, "{state:?}");
        let counted = again(false, says).unwrap();
        assert_eq!(counted.finding.nights_in_row, 2, "{state:?}");
        // What ends a row, or the fault, counts nothing.
        assert!(again(true, Ends).is_some(), "{state:?}");
    }
}

#[test]
fn a_doubt_is_kept_and_counts_nothing() {
    let doubted = |address: &str| {
        let addresses = vec![address.parse().unwrap()];
        Ruling::Doubted(Bureau::MINISTRY, Box::new(Sightings { addresses, ..Sightings::default() }))
    };
    let on = |night, current: Option<&Finding>, ruling| {
        with_night(night, false, |tonight| transition(&key(), current, ruling, tonight))
    };
    let kept = on(5, None, doubted("1.0.0.1")).unwrap();
    assert_eq!((kept.finding.state, kept.finding.nights_in_row), (Accruing, 0));
    assert_eq!((kept.effect, &kept.change), (Effect::Counted, &None));
    assert_eq!(on(6, Some(&kept.finding), doubted("1.0.0.1")), None);
    let other = on(6, Some(&kept.finding), doubted("1.0.0.2")).unwrap().finding;
    assert_eq!((other.seen.addresses[0].to_string().as_str(), other.nights_in_row), ("1.0.0.2", 0));
    // The row begins with the first night that says it.
    let counted = on(7, Some(&other), ruling(Accrues)).unwrap().finding;
    assert_eq!((counted.nights_in_row, counted.first_seen), (1, moment(7)));
    for state in [Open, Answered, Closed(ClosedReason::Withdrawn)] {
        assert_eq!(on(5, Some(&finding(state)), doubted("1.0.0.1")), None, "{state:?}");
    }
}
