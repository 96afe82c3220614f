//! What one check of the address register saw, counted: problems of each provider and bureau, and who
//! has ranges from whom that is no carrier. Kept small, so that past months can be told again.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::bureau::Bureau;
use crate::facts::provider::ProviderId;
use crate::facts::range::AddressRange;

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressCensus {
    /// When it was.
    pub at: Timestamp,
    /// The problems, by provider and bureau.
    pub problems: Vec<ProblemCount>,
    /// Clues to subletting, by lessee and lessor.
    pub sublets: Vec<SubletClue>,
}

/// The problems of one provider that one bureau follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemCount {
    /// Who must mend them; `None` where nobody is known.
    pub provider: Option<ProviderId>,
    /// Whose to follow.
    pub bureau: Bureau,
    /// Problems that stood.
    pub standing: u64,
    /// Of these, those that no earlier check saw, or that came back.
    pub new: u64,
}

/// A provider whose ranges come from one that is no carrier: a clue to subletting (违规转租), and no
/// more than that. The plan forbids a provider to let what carriers give it to others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SubletClue {
    /// Who has the ranges.
    pub lessee: ProviderId,
    /// From whom.
    pub lessor: ProviderId,
    /// How many rows of the register say so.
    pub ranges: u64,
    /// The first of these ranges.
    pub example: AddressRange,
}
