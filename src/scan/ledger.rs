//! What changed: yesterday's finding and tonight's ruling in, the transition out. Pure; one table.

pub mod deadlines;
pub mod rejudging;

use jiff::Timestamp;
use ulid::Ulid;

use crate::facts::bureau::Bureau;
use crate::facts::change::Change;
use crate::facts::change::ChangeKind;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingKey;
use crate::facts::finding::FindingState;
use crate::facts::finding::Sightings;
use crate::facts::lifecycle::claims_remedy;
use crate::facts::overseers::Overseers;
use crate::facts::reason::Reason;
use crate::scan::ledger::deadlines::Deadlines;
use crate::stages::judge::Ruling;

/// What the ledger must know of tonight, beside the ruling.
#[derive(Debug, Clone, Copy)]
pub struct Tonight<'a> {
    /// The number of the night.
    pub night: u32,
    /// The date and time that is written.
    pub now: Timestamp,
    /// Nights in a row that close a silent finding, or let `over_reported` stand.
    pub misses_to_close: u32,
    /// How long providers have.
    pub deadlines: &'a Deadlines,
    /// Whether a night that counted for the finding was today already: no calendar day counts twice.
    pub has_counted_today: bool,
    /// Whether the target is exempt.
    pub is_exempt: bool,
    /// The channel that brought the candidate.
    pub channel: &'a str,
}

/// What one night does to one finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The finding as it is from now on.
    pub finding: Finding,
    /// What is told; `None` where nobody needs to hear of it.
    pub change: Option<Change>,
    /// How the night counts it.
    pub effect: Effect,
}

/// How a night counts a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It stands for the first time.
    Opened,
    /// It stood already and still does.
    Seen,
    /// It stands no more.
    Closed,
    /// It came back.
    Reopened,
    /// Only counters moved.
    Counted,
}

/// The newest finding of each key: the one that stands, else the last one closed.
pub(crate) fn newest(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|finding| {
        (!finding.stands(), std::cmp::Reverse((finding.last_night, finding.id)))
    });
    let mut newest: Vec<Finding> = Vec::new();
    for finding in findings {
        if newest.iter().all(|other| other.key != finding.key) {
            newest.push(finding);
        }
    }
    newest
}

/// Applies tonight's `ruling` on `key` to the newest finding of that key. `None`: nothing changes.
pub fn transition(
    key: &FindingKey,
    current: Option<&Finding>,
    ruling: Ruling,
    tonight: Tonight<'_>,
) -> Option<Transition> {
    let Some(finding) = current else { return begin(key, ruling, tonight) };
    match finding.state {
        FindingState::Accruing => accruing(finding, ruling, tonight),
        FindingState::Open | FindingState::Answered => standing(finding, ruling, tonight),
        FindingState::Closed(reason) => closed(finding, reason, ruling, tonight),
    }
}

/// A fault that no finding tells of yet.
fn begin(key: &FindingKey, ruling: Ruling, tonight: Tonight<'_>) -> Option<Transition> {
    if tonight.is_exempt {
        return None;
    }
    match ruling {
        Ruling::Stands(bureau, seen) => {
            let finding = fresh(key, bureau, *seen, FindingState::Open, tonight);
            Some(told(finding, ChangeKind::Opened, Effect::Opened, tonight))
        }
        Ruling::Accrues(bureau, seen) => {
            let mut finding = fresh(key, bureau, *seen, FindingState::Accruing, tonight);
            finding.nights_in_row = 1;
            Some(if tonight.misses_to_close <= 1 {
                open_accrued(finding, tonight)
            } else {
                counted(finding)
            })
        }
        Ruling::Doubted(bureau, seen) => {
            Some(counted(fresh(key, bureau, *seen, FindingState::Accruing, tonight)))
        }
        Ruling::Ends(..) | Ruling::Misses(_) | Ruling::Unknown(_) => None,
    }
}

/// A fault that takes several nights in a row before it stands.
fn accruing(finding: &Finding, ruling: Ruling, tonight: Tonight<'_>) -> Option<Transition> {
    let counts = matches!(ruling, Ruling::Accrues(..) | Ruling::Stands(..));
    if finding.last_night == tonight.night || (counts && tonight.has_counted_today) {
        return None;
    }
    let mut finding = Finding { last_night: tonight.night, ..finding.clone() };
    match ruling {
        Ruling::Accrues(bureau, seen) | Ruling::Stands(bureau, seen) => {
            if finding.nights_in_row == 0 {
                finding.first_seen = tonight.now;
                finding.times_seen = 0;
            }
            see(&mut finding, bureau, *seen, tonight);
            finding.nights_in_row += 1;
            let stands = finding.nights_in_row >= tonight.misses_to_close && !tonight.is_exempt;
            Some(if stands { open_accrued(finding, tonight) } else { counted(finding) })
        }
        Ruling::Doubted(_, seen) if finding.seen.addresses != seen.addresses => {
            finding.seen = *seen;
            Some(counted(finding))
        }
        Ruling::Ends(..) if finding.nights_in_row > 0 => {
            finding.nights_in_row = 0;
            Some(counted(finding))
        }
        Ruling::Doubted(..) | Ruling::Ends(..) | Ruling::Misses(_) | Ruling::Unknown(_) => None,
    }
}

/// A finding that is open or answered.
fn standing(finding: &Finding, ruling: Ruling, tonight: Tonight<'_>) -> Option<Transition> {
    let mut next = finding.clone();
    if tonight.is_exempt {
        return Some(close(next, ClosedReason::Exempt, vec![Reason::Exempt], tonight));
    }
    match ruling {
        Ruling::Stands(bureau, seen) | Ruling::Accrues(bureau, seen) => {
            if finding.last_night == tonight.night {
                return None;
            }
            see(&mut next, bureau, *seen, tonight);
            next.nights_in_row = 0;
            if is_contradicted(finding, tonight.now) {
                next.state = FindingState::Open;
                let mut transition = told(next, ChangeKind::Answered, Effect::Seen, tonight);
                if let Some(change) = &mut transition.change {
                    change.reasons.insert(0, Reason::AnswerNotConfirmed);
                }
                return Some(transition);
            }
            Some(seen_again(finding, next, tonight.now, format!("night {}", tonight.night)))
        }
        Ruling::Ends(reason, reasons) => Some(close(next, reason, reasons, tonight)),
        Ruling::Misses(reasons) => {
            if finding.last_night == tonight.night || tonight.has_counted_today {
                return None;
            }
            next.last_night = tonight.night;
            next.nights_in_row += 1;
            Some(if next.nights_in_row >= tonight.misses_to_close {
                let last = reasons.into_iter().filter(|reason| *reason != Reason::MissedTonight);
                let reasons = [Reason::GoneForNights].into_iter().chain(last).collect();
                close(next, ClosedReason::Gone, reasons, tonight)
            } else {
                counted(next)
            })
        }
        // Unknown opens nothing, closes nothing, and is not counted as a miss.
        Ruling::Doubted(..) | Ruling::Unknown(_) => None,
    }
}

/// A finding that was closed for `reason`.
fn closed(
    finding: &Finding,
    reason: ClosedReason,
    ruling: Ruling,
    tonight: Tonight<'_>,
) -> Option<Transition> {
    let is_held = reason == ClosedReason::Withdrawn && !finding.has_lapsed;
    if is_held {
        return held(finding, &ruling, tonight);
    }
    let came_back =
        matches!(reason, ClosedReason::Stopped | ClosedReason::Moved | ClosedReason::Gone);
    match ruling {
        Ruling::Stands(bureau, seen) if came_back && !tonight.is_exempt => {
            let mut next = finding.clone();
            see(&mut next, bureau, *seen, tonight);
            next.state = FindingState::Open;
            next.reopened += 1;
            next.nights_in_row = 0;
            next.answer = None;
            next.due = tonight.deadlines.due(next.key.kind, tonight.now);
            Some(told(next, ChangeKind::Reopened, Effect::Reopened, tonight))
        }
        ruling => begin(&finding.key, ruling, tonight),
    }
}

/// A finding that a bureau took back stays so until its fault was seen to end, or was missed for as
/// many nights in a row as close any other.
fn held(finding: &Finding, ruling: &Ruling, tonight: Tonight<'_>) -> Option<Transition> {
    if finding.last_night == tonight.night {
        return None;
    }
    let nights_in_row = match ruling {
        Ruling::Ends(..) => tonight.misses_to_close,
        Ruling::Misses(_) if tonight.has_counted_today => return None,
        Ruling::Misses(_) => finding.nights_in_row + 1,
        Ruling::Stands(..) | Ruling::Accrues(..) if finding.nights_in_row > 0 => 0,
        Ruling::Stands(..) | Ruling::Accrues(..) | Ruling::Doubted(..) | Ruling::Unknown(_) => {
            return None;
        }
    };
    let has_lapsed = nights_in_row >= tonight.misses_to_close;
    let last_night = tonight.night;
    Some(counted(Finding { nights_in_row, last_night, has_lapsed, ..finding.clone() }))
}

/// Whether the provider had answered that the fault is mended before it was looked for at `seen`.
fn is_contradicted(finding: &Finding, seen: Timestamp) -> bool {
    finding.state == FindingState::Answered
        && finding
            .answer
            .as_ref()
            .is_some_and(|answer| claims_remedy(answer.result) && answer.at <= seen)
}

fn fresh(
    key: &FindingKey,
    bureau: Bureau,
    seen: Sightings,
    state: FindingState,
    tonight: Tonight<'_>,
) -> Finding {
    Finding {
        id: id_at(tonight.now),
        key: key.clone(),
        bureau,
        channel: tonight.channel.to_owned(),
        state,
        reopened: 0,
        first_seen: tonight.now,
        last_seen: tonight.now,
        times_seen: 1,
        due: tonight.deadlines.due(key.kind, tonight.now),
        seen,
        answer: None,
        nights_in_row: 0,
        last_night: tonight.night,
        has_lapsed: false,
    }
}

/// A new identity that sorts by the time that is written, which `--now` may have replaced.
fn id_at(now: Timestamp) -> Ulid {
    let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or(0);
    Ulid::from_parts(milliseconds, Ulid::new().random())
}

fn see(finding: &mut Finding, bureau: Bureau, seen: Sightings, tonight: Tonight<'_>) {
    finding.bureau = bureau;
    finding.seen = seen;
    finding.last_seen = tonight.now;
    if finding.last_night != tonight.night || finding.times_seen == 0 {
        finding.times_seen += 1;
    }
    finding.last_night = tonight.night;
}

/// What stands and still does; told where others watch over it from now on.
fn seen_again(before: &Finding, finding: Finding, at: Timestamp, actor: String) -> Transition {
    let (from, to) = (Overseers::of(before), Overseers::of(&finding));
    let change = (from != to).then(|| Change {
        finding: finding.id,
        kind: ChangeKind::Transferred,
        state: finding.state,
        at,
        reasons: finding.seen.reasons.clone(),
        actor,
        note: Some(from.note(&to)),
    });
    Transition { finding, change, effect: Effect::Seen }
}

fn open_accrued(finding: Finding, tonight: Tonight<'_>) -> Transition {
    let due = tonight.deadlines.due(finding.key.kind, tonight.now);
    let finding = Finding { state: FindingState::Open, nights_in_row: 0, due, ..finding };
    told(finding, ChangeKind::Opened, Effect::Opened, tonight)
}

fn close(
    finding: Finding,
    reason: ClosedReason,
    reasons: Vec<Reason>,
    tonight: Tonight<'_>,
) -> Transition {
    let finding =
        Finding { state: FindingState::Closed(reason), last_night: tonight.night, ..finding };
    let mut transition = told(finding, ChangeKind::Closed, Effect::Closed, tonight);
    if let Some(change) = &mut transition.change {
        change.reasons = reasons;
    }
    transition
}

fn counted(finding: Finding) -> Transition {
    Transition { finding, change: None, effect: Effect::Counted }
}

fn told(finding: Finding, kind: ChangeKind, effect: Effect, tonight: Tonight<'_>) -> Transition {
    let change = Change {
        finding: finding.id,
        kind,
        state: finding.state,
        at: tonight.now,
        reasons: finding.seen.reasons.clone(),
        actor: format!("night {}", tonight.night),
        note: None,
    };
    Transition { finding, change: Some(change), effect }
}

#[cfg(test)]
mod tests;
