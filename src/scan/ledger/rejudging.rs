//! What changes where kept facts are judged again. Pure.
//!
//! Nothing was seen tonight: no miss is counted, no sighting, no night. A finding opens, comes back or
//! ends where the rules or the registers of today say so of what was seen then; else only what is told
//! of it is put right.

use jiff::Timestamp;

use crate::facts::bureau::Bureau;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingKey;
use crate::facts::finding::FindingState;
use crate::facts::finding::Sightings;
use crate::scan::ledger::Effect;
use crate::scan::ledger::Tonight;
use crate::scan::ledger::Transition;
use crate::scan::ledger::seen_again;
use crate::scan::ledger::transition;
use crate::stages::judge::Ruling;

/// Who caused a change that judging again made.
pub const ACTOR: &str = "rejudge";

/// Applies `ruling`, which kept facts give today. `may_open`: the facts are young enough to accuse.
pub fn rejudged(
    key: &FindingKey,
    current: Option<&Finding>,
    ruling: Ruling,
    may_open: bool,
    tonight: Tonight<'_>,
) -> Option<Transition> {
    let next = match (current, ruling) {
        // Nothing is said, but the register of today must not make it forgotten where the target was.
        (current, ruling @ Ruling::Doubted(..)) if !current.is_some_and(Finding::stands) => {
            return transition(key, current, ruling, tonight);
        }
        (Some(finding), _) if finding.state == FindingState::Accruing => None,
        (Some(finding), ruling) if finding.stands() => match ruling {
            ruling if tonight.is_exempt => transition(key, current, ruling, tonight),
            Ruling::Stands(bureau, seen) => restated(finding, bureau, *seen, tonight.now),
            Ruling::Ends(..) => transition(key, current, ruling, tonight),
            Ruling::Accrues(..) | Ruling::Doubted(..) | Ruling::Misses(_) | Ruling::Unknown(_) => {
                None
            }
        },
        (_, ruling @ Ruling::Stands(..)) if may_open => transition(key, current, ruling, tonight),
        _ => None,
    };
    let mut next = next.filter(|next| next.effect != Effect::Counted)?;
    if let Some(change) = &mut next.change {
        ACTOR.clone_into(&mut change.actor);
    }
    Some(next)
}

/// The same finding with what is to be said of it today; `None` where that is what was said.
fn restated(
    finding: &Finding,
    bureau: Bureau,
    seen: Sightings,
    now: Timestamp,
) -> Option<Transition> {
    let next = Finding { bureau, seen, ..finding.clone() };
    (next != *finding).then(|| seen_again(finding, next, now, ACTOR.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::change::ChangeKind;
    use crate::facts::finding::ClosedReason;
    use crate::facts::finding::Kind;
    use crate::facts::reason::Reason;
    use crate::scan::ledger::deadlines::Deadlines;

    fn key() -> FindingKey {
        FindingKey { target: "a.cn".parse().unwrap(), kind: Kind::Unfiled, provider: None }
    }

    fn stands(reason: Reason) -> Ruling {
        let seen = Sightings { reasons: vec![reason], ..Sightings::default() };
        Ruling::Stands(Bureau::MINISTRY, Box::new(seen))
    }

    fn check(current: Option<&Finding>, ruling: Ruling, may_open: bool) -> Option<Transition> {
        let deadlines = Deadlines::default();
        let tonight = Tonight {
            night: 3,
            now: Timestamp::UNIX_EPOCH,
            misses_to_close: 3,
            deadlines: &deadlines,
            has_counted_today: false,
            is_exempt: false,
            channel: "list",
        };
        rejudged(&key(), current, ruling, may_open, tonight)
    }

    fn open() -> Finding {
        check(None, stands(Reason::NotFiled), true).unwrap().finding
    }

    #[test]
    fn young_facts_open_and_old_ones_do_not() {
        let opened = check(None, stands(Reason::NotFiled), true).unwrap();
        assert_eq!(opened.effect, Effect::Opened);
        assert_eq!(opened.change.unwrap().actor, "rejudge");
        assert_eq!(check(None, stands(Reason::NotFiled), false), None);
    }

    #[test]
    fn what_stands_is_put_right_and_counted_no_more_often() {
        let finding = open();
        assert_eq!(check(Some(&finding), stands(Reason::NotFiled), true), None);
        let restated = check(Some(&finding), stands(Reason::FilingCancelled), true).unwrap();
        assert_eq!(restated.change, None);
        assert_eq!(restated.finding.seen.reasons, [Reason::FilingCancelled]);
        let unchanged = Finding { seen: finding.seen.clone(), ..restated.finding };
        assert_eq!(unchanged, finding);
    }

    #[test]
    fn whoever_it_goes_to_by_new_registers_is_told() {
        let Ruling::Stands(_, seen) = stands(Reason::NotFiled) else { panic!() };
        let moved = Ruling::Stands("河北".parse().unwrap(), seen);
        let change = check(Some(&open()), moved, false).unwrap().change.unwrap();
        assert_eq!((change.kind, change.actor.as_str()), (ChangeKind::Transferred, ACTOR));
    }

    #[test]
    fn an_end_closes_whatever_the_age_and_no_miss_is_counted() {
        let finding = open();
        let ends = Ruling::Ends(ClosedReason::Filed, vec![Reason::Filed]);
        let closed = check(Some(&finding), ends.clone(), false).unwrap();
        let change = closed.change.unwrap();
        assert_eq!((change.kind, change.actor.as_str()), (ChangeKind::Closed, "rejudge"));
        assert_eq!(check(Some(&finding), Ruling::Misses(vec![]), true), None);
        assert_eq!(check(Some(&finding), Ruling::Unknown(vec![]), true), None);
        assert_eq!(check(Some(&closed.finding), ends, true), None);
        let accruing = Finding { state: FindingState::Accruing, ..finding };
        let accrues = Ruling::Accrues(Bureau::MINISTRY, Box::default());
        assert_eq!(check(Some(&accruing), accrues, true), None);
    }

    #[test]
    fn what_was_withdrawn_stays_so() {
        let withdrawn = Finding {
            state: FindingState::Closed(ClosedReason::Withdrawn),
            last_night: 1,
            ..open()
        };
        assert_eq!(check(Some(&withdrawn), stands(Reason::NotFiled), true), None);
        let ends = Ruling::Ends(ClosedReason::Filed, vec![]);
        assert_eq!(check(Some(&withdrawn), ends, true), None);
    }
}
