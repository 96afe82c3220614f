//! A month by hand: what counts in it, whose it is, what comes back.

use super::*;
use crate::facts::change::Change;
use crate::facts::finding::FindingKey;
use crate::facts::finding::Sightings;

fn at(day: &str) -> Timestamp {
    format!("{day}T12:00:00+08:00").parse().unwrap()
}

fn finding(number: u128, target: &str, provider: &str, first_seen: &str) -> Finding {
    Finding {
        id: Ulid::from(number),
        key: FindingKey {
            target: target.parse().unwrap(),
            kind: Kind::Unfiled,
            provider: provider.parse().ok(),
        },
        bureau: "上海".parse().unwrap(),
        channel: "list".to_owned(),
        state: FindingState::Open,
        reopened: 0,
        first_seen: at(first_seen),
        last_seen: at(first_seen),
        times_seen: 1,
        due: "2009-06-20".parse().unwrap(),
        seen: Sightings::default(),
        answer: None,
        nights_in_row: 0,
        last_night: 1,
        has_lapsed: false,
    }
}

fn event(number: u128, day: &str, state: FindingState, answer: Option<AnswerResult>) -> Event {
    let kind = match state {
        FindingState::Closed(_) => ChangeKind::Closed,
        FindingState::Answered => ChangeKind::Answered,
        FindingState::Open | FindingState::Accruing => ChangeKind::Opened,
    };
    Event {
        sequence: 1,
        change: Change {
            finding: Ulid::from(number),
            kind,
            state,
            at: at(day),
            reasons: vec![],
            actor: "night 1".to_owned(),
            note: None,
        },
        circumstances: Some(Circumstances {
            bureau: "北京".parse().unwrap(),
            due: "2009-06-25".parse().unwrap(),
            answer,
        }),
    }
}

fn count(month: &str, bureau: Option<&str>, events: &[Event], findings: &[Finding]) -> MonthCount {
    let span = Span::of(month.parse().unwrap(), at("2010-01-01")).unwrap();
    let campaign = Some("2009-06-15".parse().unwrap());
    let bureau = bureau.map(|name| name.parse().unwrap());
    let mut tally = MonthTally::new(Counting { span, campaign, bureau });
    for event in events {
        tally.tell(event.clone());
    }
    for finding in findings {
        tally.add(finding);
    }
    tally.finish()
}

const OPEN: FindingState = FindingState::Open;
const ANSWERED: FindingState = FindingState::Answered;

fn closed(reason: ClosedReason) -> FindingState {
    FindingState::Closed(reason)
}

#[test]
fn a_month_is_counted_by_what_was_told_until_its_end() {
    let findings = [
        // At two providers: one site for the bureau and the nation.
        finding(1, "a.cn", "A", "2009-05-10"),
        finding(2, "a.cn", "B", "2009-06-20"),
        // Closed and opened anew in the month: one site.
        finding(3, "b.cn", "A", "2009-05-01"),
        finding(4, "b.cn", "A", "2009-06-18"),
        // Over before the month, and begun after it.
        finding(5, "c.cn", "A", "2009-05-01"),
        finding(6, "d.cn", "A", "2009-07-01"),
        // Taken back in the month, and taken back after it.
        finding(7, "e.cn", "A", "2009-06-01"),
        finding(8, "f.cn", "A", "2009-06-01"),
        // Disputed, and denied; answered otherwise.
        finding(9, "g.cn", "B", "2009-06-01"),
        finding(10, "h.cn", "B", "2009-06-01"),
        finding(11, "i.cn", "", "2009-06-01"),
    ];
    let events = [
        event(1, "2009-05-10", OPEN, None),
        event(3, "2009-05-01", OPEN, None),
        event(5, "2009-05-01", OPEN, None),
        event(5, "2009-05-31", closed(ClosedReason::Filed), None),
        event(7, "2009-06-01", OPEN, None),
        event(8, "2009-06-01", OPEN, None),
        event(9, "2009-06-01", OPEN, None),
        event(9, "2009-06-02", ANSWERED, Some(AnswerResult::Disputed)),
        event(10, "2009-06-01", OPEN, None),
        event(10, "2009-06-02", ANSWERED, Some(AnswerResult::NotOurs)),
        event(11, "2009-06-01", OPEN, None),
        event(11, "2009-06-02", ANSWERED, Some(AnswerResult::InProgress)),
        event(3, "2009-06-05", closed(ClosedReason::Filed), None),
        event(4, "2009-06-18", OPEN, None),
        event(2, "2009-06-20", OPEN, None),
        event(7, "2009-06-21", closed(ClosedReason::Withdrawn), None),
        event(1, "2009-06-30", closed(ClosedReason::Stopped), None),
        event(6, "2009-07-01", OPEN, None),
        event(8, "2009-07-02", closed(ClosedReason::Withdrawn), None),
    ];
    let june = count("2009-06", None, &events, &findings);
    let at_provider = |name: &str| june.providers[&name.parse().ok()];
    let a = SiteCount { total: 3, left: 2, unanswered: 2, overdue: 2, ..SiteCount::default() };
    assert_eq!(at_provider("A"), a, "a.cn, b.cn once and not new, f.cn");
    let b = SiteCount {
        total: 3,
        left: 3,
        new_total: 1,
        new_left: 1,
        disputed: 2,
        unanswered: 1,
        overdue: 3,
        reopened: 0,
    };
    assert_eq!(at_provider("B"), b);
    assert_eq!(at_provider("").disputed + at_provider("").unanswered, 0);
    // a.cn counts once, and is stock because it is stock at one of them.
    let all = june.unfiled();
    assert_eq!((all.total, all.left, all.new_total), (6, 6, 0));
    let bureaus: Vec<_> = june.bureaus.keys().map(|bureau| bureau.name()).collect();
    assert_eq!(bureaus, ["北京"], "the bureau that followed it then, not the one of today");
    assert_eq!(count("2009-06", Some("上海"), &events, &findings), MonthCount::default());
    assert_eq!(count("2009-06", Some("北京"), &events, &findings), june);
    assert_eq!(count("2009-05", None, &events, &findings).unfiled().left, 2);
}

#[test]
fn what_comes_back_is_told_in_its_month() {
    let findings = [finding(1, "a.cn", "A", "2009-05-10")];
    let mut back = event(1, "2009-06-03", OPEN, None);
    back.change.kind = ChangeKind::Reopened;
    let events = [
        event(1, "2009-05-10", OPEN, None),
        event(1, "2009-05-20", closed(ClosedReason::Stopped), None),
        back,
    ];
    for (month, total, reopened) in [("2009-05", 1, 0), ("2009-06", 1, 1), ("2009-07", 1, 0)] {
        let unfiled = count(month, None, &events, &findings).unfiled();
        assert_eq!((unfiled.total, unfiled.reopened), (total, reopened), "{month}");
    }
}

#[test]
fn a_month_that_is_not_over_ends_now_and_one_ahead_has_no_span() {
    let now = at("2009-06-10");
    let june = Span::of("2009-06".parse().unwrap(), now).unwrap();
    assert_eq!((june.until, june.is_over), (now, false));
    assert_eq!(june.from, "2009-05-31T16:00:00Z".parse().unwrap());
    assert!(Span::of("2009-05".parse().unwrap(), now).unwrap().is_over);
    assert_eq!(Span::of("2009-07".parse().unwrap(), now), None);
}
