//! A name that is not reported, with reason and end, and who decided so.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::target::Target;

/// While it holds, nothing opens for its target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exemption {
    /// What is not reported.
    pub target: Target,
    /// Why.
    pub reason: String,
    /// The last day on which it holds; `None` for no end.
    pub until: Option<Date>,
    /// Since when.
    pub since: Timestamp,
}

/// What somebody did about an exemption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExemptionDeed {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// Of which name.
    pub target: Target,
    /// What.
    pub kind: ExemptionDeedKind,
}

/// What is done about exemptions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExemptionDeedKind {
    /// The name is reported no more.
    Added {
        /// Why.
        reason: String,
        /// The last day on which that holds; `None` for no end.
        until: Option<Date>,
    },
    /// It is reported again; nobody said why.
    Removed,
    /// It is reported again.
    RemovedFor {
        /// Why.
        reason: String,
    },
}

impl Exemption {
    /// Whether it holds on `day`, a day in China.
    pub fn holds_on(&self, day: Date) -> bool {
        self.until.is_none_or(|until| day <= until)
    }
}
