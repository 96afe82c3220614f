//! A name that is not reported, with reason and end.

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

impl Exemption {
    /// Whether it holds on `day`, a day in China.
    pub fn holds_on(&self, day: Date) -> bool {
        self.until.is_none_or(|until| day <= until)
    }
}
