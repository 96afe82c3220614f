//! What matters more tonight? Pure.

use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::examination::Examination;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;

/// A deadline is near when so many days are left.
const NEAR: i64 = 3;

/// How much it matters that a target is examined; the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Worth {
    /// A provider says that it is mended.
    Answered,
    /// A finding stands whose deadline is near, or over.
    Due,
    /// A finding stands, or is about to.
    Standing,
    /// It was never examined.
    New,
    /// It resolves elsewhere than it did, its filing is another, or what it was known by is no rule any more.
    Changed,
    /// It was examined in that night before: the longest unseen first.
    Seen(u32),
    /// It was asked tonight, and was not in a state to answer.
    Again,
}

impl Worth {
    /// Whether it is about a finding.
    pub fn is_urgent(self) -> bool {
        self < Self::New
    }

    /// The worth of a target with the findings `known`, examined `last` and, as far as it goes,
    /// `tonight`.
    pub fn of(
        known: &[Finding],
        last: Option<&Examination>,
        tonight: &Examination,
        today: Date,
    ) -> Self {
        let of_finding = |finding: &Finding| match finding.state {
            FindingState::Answered => Some(Self::Answered),
            FindingState::Open => {
                let left = today.until(finding.due).map_or(0, |left| i64::from(left.get_days()));
                Some(if left <= NEAR { Self::Due } else { Self::Standing })
            }
            FindingState::Accruing => Some(Self::Standing),
            FindingState::Closed(_) => None,
        };
        if let Some(worth) = known.iter().filter_map(of_finding).min() {
            return worth;
        }
        match last {
            None => Self::New,
            Some(last) if !last.says_the_same(tonight) => Self::Changed,
            Some(last) => Self::Seen(last.night),
        }
    }
}
