//! Whether what a finding accuses is still so by the filing register of now: before a list goes out,
//! because what was filed since the last night accuses nobody.

use std::fmt;

use crate::facts::directory::Directory;
use crate::facts::filing::FilingStatus;
use crate::facts::finding::Finding;
use crate::facts::finding::Kind;
use crate::stages::check::Filings;
use crate::store::StoreError;

/// Why a finding is no fault any more; the next night closes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mended {
    /// An active filing is there.
    Filed,
    /// The provider has an access record.
    Connected,
}

impl Filings {
    /// Whether `finding` is mended by now, as the own register says; `None` where it is not, or where
    /// the register cannot tell.
    pub fn mended(
        &self,
        finding: &Finding,
        directory: &Directory,
    ) -> Result<Option<Mended>, StoreError> {
        let kind = finding.key.kind;
        if !finding.stands() || !matches!(kind, Kind::Unfiled | Kind::NotConnected) {
            return Ok(None);
        }
        let FilingStatus::Active(summary) = self.status(&finding.key.target, directory)? else {
            return Ok(None);
        };
        let provider = finding.key.provider.as_ref();
        let is_connected = provider.is_some_and(|id| summary.providers.contains(id));
        Ok(match kind {
            Kind::Unfiled => Some(Mended::Filed),
            _ if is_connected => Some(Mended::Connected),
            _ => None,
        })
    }
}

impl fmt::Display for Mended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Filed => "it is filed",
            Self::Connected => "the provider has an access record",
        })
    }
}
