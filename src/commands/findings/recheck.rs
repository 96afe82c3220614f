//! Whether what a finding accuses is still so by the filing register of now: before a list goes out,
//! because what was filed since the last night accuses nobody.

use anyhow::Result;

use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::facts::directory::Directory;
use crate::facts::finding::Finding;
use crate::stages::check::Filings;

/// The register of now.
pub(super) struct Recheck {
    filings: Filings,
    directory: Directory,
}

impl Recheck {
    pub(super) fn open(session: &Session, data: &Data) -> Result<Self> {
        let register = data.registers.filings()?;
        let filings = Filings::new(register, &session.settings.filings, session.clock.now());
        Ok(Self { filings, directory: data.directory()? })
    }

    /// `found` without what is filed, or connected, by now; each of those is told. The next night
    /// closes it.
    pub(super) fn kept(&self, found: Vec<Finding>) -> Result<Vec<Finding>> {
        let mut kept = Vec::with_capacity(found.len());
        for finding in found {
            match self.filings.mended(&finding, &self.directory)? {
                None => kept.push(finding),
                Some(why) => {
                    let (id, name) = (finding.id, &finding.key.target);
                    tracing::warn!(
                        "{id} {name}: {why} by now; it is left out, and the next night looks again"
                    );
                }
            }
        }
        Ok(kept)
    }
}
