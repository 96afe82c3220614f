//! Names that are not reported, and what was done about them.

use jiff::Timestamp;

use crate::facts::exemption::Exemption;
use crate::facts::exemption::ExemptionDeed;
use crate::facts::exemption::ExemptionDeedKind;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::findings::EXEMPTION;
use crate::store::findings::EXEMPTION_DEED;
use crate::store::findings::Findings;
use crate::store::findings::Writing;
use crate::store::findings::exemption_key;

impl Findings {
    /// The exemption of one target.
    pub fn exemption(&self, target: &Target) -> Result<Option<Exemption>, StoreError> {
        self.value("exemption", &exemption_key(target))
    }

    /// Every exemption, by name.
    pub fn exemptions(&self) -> Result<Vec<Exemption>, StoreError> {
        self.values("exemption", &[EXEMPTION]).collect()
    }

    /// What was done about exemptions, oldest first.
    pub fn exemption_deeds(&self) -> Result<Vec<ExemptionDeed>, StoreError> {
        self.values("exemption deed", &[EXEMPTION_DEED]).collect()
    }

    /// Keeps an exemption, in place of an older one of its target, and who gave it.
    pub fn put_exemption(&self, exemption: &Exemption, by: &str) -> Result<(), StoreError> {
        let Exemption { target, reason, until, since } = exemption;
        let value = encoding::encode("exemption", exemption)?;
        let kind = ExemptionDeedKind::Added { reason: reason.clone(), until: *until };
        let (by, target) = (by.to_owned(), target.clone());
        let mut batch = sled::Batch::default();
        batch.insert(exemption_key(&target), value);
        let writing = self.writing();
        self.decide(&writing, batch, &ExemptionDeed { at: *since, by, target, kind })
    }

    /// Removes an exemption, and keeps who did; `false` when there was none.
    pub fn remove_exemption(
        &self,
        target: &Target,
        (by, at): (&str, Timestamp),
        reason: Option<&str>,
    ) -> Result<bool, StoreError> {
        let writing = self.writing();
        if self.exemption(target)?.is_none() {
            return Ok(false);
        }
        let (by, target) = (by.to_owned(), target.clone());
        let mut batch = sled::Batch::default();
        batch.remove(exemption_key(&target));
        let kind = reason.map_or(ExemptionDeedKind::Removed, |reason| {
            ExemptionDeedKind::RemovedFor { reason: reason.to_owned() }
        });
        self.decide(&writing, batch, &ExemptionDeed { at, by, target, kind })?;
        Ok(true)
    }

    fn decide(
        &self,
        writing: &Writing<'_>,
        mut batch: sled::Batch,
        deed: &ExemptionDeed,
    ) -> Result<(), StoreError> {
        let last = self.tree.scan_prefix([EXEMPTION_DEED]).next_back().transpose();
        let last = last.map_err(self.failed())?.and_then(|(key, _)| key.last_chunk::<8>().copied());
        let number = last.map_or(0, u64::from_be_bytes) + 1;
        let key = [&[EXEMPTION_DEED][..], &number.to_be_bytes()].concat();
        batch.insert(key, encoding::encode("exemption deed", deed)?);
        self.write(batch)?;
        writing.turn();
        Ok(())
    }
}
