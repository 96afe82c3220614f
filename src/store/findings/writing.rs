//! The right to change the findings, which one has at a time: what is read while it is held still
//! holds when it is written.
//!
//! Nights judge long before they write. Whoever else changes findings or exemptions meanwhile takes
//! a turn, and the night judges again, from what stands by then, whatever it judged before that turn
//! ([`crate::store::writer`]). So nothing that people say is lost.

use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use crate::facts::dossier::EvidenceFile;
use crate::store::StoreError;
use crate::store::findings::Findings;
use crate::store::findings::Position;
use crate::store::findings::Update;

/// The right to write, until it is dropped. Findings are read through [`Findings`] meanwhile, but
/// written only through this: whoever holds it and asks for it again waits for ever.
#[derive(Debug)]
pub struct Writing<'a> {
    findings: &'a Findings,
    _alone: MutexGuard<'a, u64>,
}

impl Findings {
    /// Waits for the right to write.
    pub fn writing(&self) -> Writing<'_> {
        let alone = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
        Writing { findings: self, _alone: alone }
    }

    /// Waits until nobody writes, findings or what lies beside them, and keeps everybody from it.
    pub(crate) fn still(&self) -> [MutexGuard<'_, u64>; 7] {
        let Self { alone, alone_with_samples, alone_with_bulletins, .. } = self;
        let Self { alone_with_issues, alone_with_notices, alone_with_keys, .. } = self;
        let Self { alone_with_submitted: submitted, .. } = self;
        let beside = [alone_with_samples, alone_with_bulletins, alone_with_issues];
        let [samples, bulletins, issues] = beside;
        [alone, samples, bulletins, issues, alone_with_notices, alone_with_keys, submitted]
            .map(|alone| alone.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How often somebody other than a night changed findings or exemptions, since they were opened.
    /// Asked for before anything is read: what was read is what stands as long as it is the same.
    pub fn turns(&self) -> u64 {
        self.turns.load(Ordering::Acquire)
    }
}

impl Writing<'_> {
    /// Applies updates in one atomic batch and sees it onto the disk. With a journal's position they
    /// are a night's, and the same records are known to be applied when the journal is replayed.
    pub fn apply<'a>(
        &self,
        updates: impl IntoIterator<Item = &'a Update>,
        position: Option<Position>,
    ) -> Result<(), StoreError> {
        self.findings.apply_all(updates, position, &[])?;
        if position.is_none() {
            self.turn();
        }
        Ok(())
    }

    /// Applies a night's updates, with how its files of evidence are by then.
    pub fn apply_with<'a>(
        &self,
        updates: impl IntoIterator<Item = &'a Update>,
        position: Option<Position>,
        files: &[EvidenceFile],
    ) -> Result<(), StoreError> {
        self.findings.apply_all(updates, position, files)
    }

    /// Says that what nights judge by has changed.
    pub(super) fn turn(&self) {
        self.findings.turns.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn put(&self, key: &[u8], value: Vec<u8>) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        batch.insert(key, value);
        self.findings.write(batch)
    }

    pub(super) fn remove(&self, key: Vec<u8>) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        batch.remove(key);
        self.findings.write(batch)
    }

    /// Keeps how a file of evidence must be from now on.
    pub fn put_evidence(&self, file: &EvidenceFile) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        Findings::batch_evidence(&mut batch, file)?;
        self.findings.write(batch)
    }
}
