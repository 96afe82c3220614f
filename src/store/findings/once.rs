//! What was asked for with a word to know it by, so that it is not done twice when it is asked for
//! again.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;
use ulid::Ulid;

use crate::facts::checksum;
use crate::facts::finding::Finding;
use crate::facts::lifecycle::Amendment;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::findings::Findings;

/// `o` key id, hash of the word → receipt.
pub(super) const RECEIPT: u8 = b'o';

/// A request that is to be done once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Who asks, and the word by which the request is known again (`Idempotency-Key`).
    pub of: (Ulid, String),
    /// The SHA-256 of what is asked for.
    pub fingerprint: [u8; 32],
    /// When.
    pub at: Timestamp,
}

/// A request that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The SHA-256 of what was asked for.
    #[serde(with = "checksum")]
    pub fingerprint: [u8; 32],
    /// The number of the change that it made.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
}

impl Findings {
    /// Lets `decide` see the finding as it is now, and what was done for the same receipt before; keeps
    /// what it makes of it together with the receipt. Returns the number of the newest change.
    pub fn amend_once<E: From<StoreError>>(
        &self,
        id: Ulid,
        receipt: Option<&Receipt>,
        decide: impl FnOnce(Option<&Finding>, Option<Done>) -> Result<Option<Amendment>, E>,
    ) -> Result<u64, E> {
        let writing = self.writing();
        let mut draft = self.draft()?;
        let key = receipt.map(key_of);
        let done = key.as_ref().map(|key| self.value("receipt", key)).transpose()?.flatten();
        if let Some(amendment) = decide(self.by_id(id)?.as_ref(), done)? {
            draft.put_finding(&amendment.finding)?;
            draft.put_change(&amendment.change, amendment.answer.as_ref())?;
            if let (Some(receipt), Some(key)) = (receipt, key) {
                let Receipt { fingerprint, at, .. } = *receipt;
                let done = Done { fingerprint, sequence: draft.sequence, at };
                draft.batch.insert(key, encoding::encode("receipt", &done)?);
            }
            let sequence = draft.sequence;
            self.keep(draft, std::iter::empty())?;
            writing.turn();
            return Ok(sequence);
        }
        Ok(draft.sequence)
    }

    /// Forgets what was done before `before`; whoever asks again so late is answered anew.
    pub fn forget_receipts(&self, before: Timestamp) -> Result<(), StoreError> {
        let writing = self.writing();
        let mut batch = sled::Batch::default();
        for record in self.tree.scan_prefix([RECEIPT]) {
            let (key, bytes) = record.map_err(self.failed())?;
            if encoding::decode::<Done>("receipt", &bytes)?.at < before {
                batch.remove(key);
            }
        }
        let written = self.write(batch);
        drop(writing);
        written
    }
}

fn key_of(receipt: &Receipt) -> Vec<u8> {
    let (who, word) = &receipt.of;
    [&[RECEIPT][..], &who.to_bytes(), &Sha256::digest(word.as_bytes())].concat()
}
