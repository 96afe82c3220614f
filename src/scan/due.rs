//! What is due tonight? Pure.
//!
//! Whoever was found fault with, may be, or changed is examined every night. Whoever has said the same
//! for long is examined less often: for every four nights without a change one night is left out, up
//! to a limit. The nights are spread by the name's checksum, so that names which came in one list do
//! not all come back in one night.

use crate::facts::candidate::Candidate;
use crate::facts::examination::Examination;
use crate::facts::filing::FilingStatus;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;
use crate::facts::target::Target;
use crate::scan::examine::survey::has_failed;

/// So many nights without a change let one night be left out.
const STEADY_NIGHTS: u32 = 4;

/// How often steady names are examined: `[scan]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// `rescan_nights`: at least once in so many nights.
    pub steady: u32,
    /// `rescan_suspect_nights`: the same of names whose verdict waits for a page only.
    pub suspects: u32,
    /// `verify_filed_nights`: filed names are probed once in so many nights; 0 is never.
    pub verify_filed: u32,
}

/// What is known of a target before anybody is asked.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What the lists say of it.
    pub candidate: &'a Candidate,
    /// Its findings, in any state.
    pub findings: &'a [Finding],
    /// What was learnt of it last; `None` where it never was examined.
    pub last: Option<&'a Examination>,
    /// What the own filing register says of it today.
    pub filing: &'a FilingStatus,
    /// Whether what was learnt last is overtaken: the address register says something else of its
    /// addresses now, or what was seen rests on a pattern of pages that there is no more.
    pub is_overtaken: bool,
    /// Whether a finding would follow if a page were seen where none was.
    pub is_suspect: bool,
    /// Whether it is exempt: what is not told of it may be told as soon as that ends.
    pub is_exempt: bool,
}

/// Whether a target is to be examined on `night`.
pub fn is_due(known: Known<'_>, night: u32, rotation: Rotation) -> bool {
    let Some(last) = known.last else { return true };
    // A night that was broken off goes on with what it has.
    if last.night >= night {
        return true;
    }
    let target = &known.candidate.target;
    known.is_exempt
        || known.findings.iter().any(is_watched)
        || is_changed(known, last)
        || has_failed(last)
        || is_filed(known.filing) && is_verified(target, night, rotation.verify_filed)
        || is_its_turn(target, last, night, known.most(rotation))
}

/// Whether a filed name is probed on `night`, each name on nights of its own.
pub fn is_verified(target: &Target, night: u32, verify_filed_nights: u32) -> bool {
    place(target).wrapping_add(night).checked_rem(verify_filed_nights) == Some(0)
}

impl Known<'_> {
    /// Tonight's limit: at least once in so many nights.
    fn most(&self, rotation: Rotation) -> u32 {
        if self.is_suspect { rotation.suspects.min(rotation.steady) } else { rotation.steady }
    }
}

/// Whether a finding may change any night: it stands, or counts nights in a row, or was closed for
/// something that often comes back, or is held back until its fault has ended.
fn is_watched(finding: &Finding) -> bool {
    match finding.state {
        FindingState::Accruing | FindingState::Open | FindingState::Answered => true,
        FindingState::Closed(reason) => match reason {
            ClosedReason::Stopped | ClosedReason::Moved | ClosedReason::Gone => true,
            ClosedReason::Withdrawn => !finding.has_lapsed,
            ClosedReason::Filed
            | ClosedReason::Connected
            | ClosedReason::Corrected
            | ClosedReason::Reported
            | ClosedReason::Served
            | ClosedReason::Cancelled
            | ClosedReason::Superseded
            | ClosedReason::Exempt => false,
        },
    }
}

/// Whether lists or registers say something else of the target than they did.
fn is_changed(known: Known<'_>, last: &Examination) -> bool {
    let is_new_host = |host| last.hosts.iter().all(|examined| examined.host.as_ref() != Some(host));
    // Of whom the own register cannot say, another one was asked, whose answer is the last one.
    let is_anothers = last.upstream.is_some() && matches!(known.filing, FilingStatus::Unknown(_));
    let is_filed_otherwise = !is_anothers && !last.filing.says_the_same(known.filing);
    known.is_overtaken
        || is_filed_otherwise
        || known.candidate.hosts_to_examine().iter().any(is_new_host)
}

fn is_filed(filing: &FilingStatus) -> bool {
    matches!(filing, FilingStatus::Active(_))
}

/// Whether the name comes round: after as many nights as it has been steady for, or on the night of
/// its own before that.
fn is_its_turn(target: &Target, last: &Examination, night: u32, most: u32) -> bool {
    let gap = (last.steady_nights() / STEADY_NIGHTS).clamp(1, most.max(1));
    night.saturating_sub(last.night) >= gap
        || place(target).wrapping_add(night).checked_rem(gap) == Some(0)
}

/// A number that scatters names over nights.
fn place(target: &Target) -> u32 {
    target.sort_key().first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests;
