//! The release of a bulletin by an officer: from then on it is what was released.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::bureau::Bureau;
use crate::facts::month::Month;

/// A bulletin that was released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Of which month.
    pub month: Month,
    /// Whose; `None` for the nation's.
    pub bureau: Option<Bureau>,
    /// When.
    pub at: Timestamp,
    /// Who released it.
    pub actor: String,
    /// What the officer said about it.
    pub note: Option<String>,
    /// SHA-256 of [`Release::json`], lower-case hex.
    pub sha256: String,
    /// The bulletin as it was, as JSON.
    pub json: String,
}
