//! Accuracy samples and what came back about them, in a tree of their own beside the findings.
//!
//! A round is kept in one batch, and so are the rows of one call of `sample read`, each together with
//! the deed that tells of it. Readings are only ever added: what was told before stays.

use std::sync::MutexGuard;

use serde::Serialize;

use crate::facts::provider::ProviderId;
use crate::facts::sample::Deed;
use crate::facts::sample::DrawnSite;
use crate::facts::sample::Reading;
use crate::facts::sample::Round;
use crate::facts::sample::RowId;
use crate::facts::sample::Sample;
use crate::store::StoreError;
use crate::store::branch::Branch;
use crate::store::encoding;
use crate::store::portable::Kind;
use crate::store::portable::Part;
use crate::store::portable::Tree;

/// `n` round → round.
const ROUND: u8 = b'n';
/// `s` round, provider → sample.
const SAMPLE: u8 = b's';
/// `d` round, code → drawn site.
const DRAWN: u8 = b'd';
/// `r` round, code, sequence → reading.
const READING: u8 = b'r';
/// `q` → the sequence number of the next reading.
const SEQUENCE: &[u8] = b"q";
/// `l` sequence → deed.
const DEED: u8 = b'l';

/// All of it as lines.
pub(crate) const TREE: Tree = Tree {
    name: "samples",
    kinds: &[
        Kind::of::<Round>("sample_round", &[ROUND], &[Part::U32]),
        Kind::of::<Sample>("sample", &[SAMPLE], &[Part::U32, Part::Text]),
        Kind::of::<DrawnSite>("drawn_site", &[DRAWN], &[Part::U32, Part::U64]),
        Kind::of::<Reading>("sample_reading", &[READING], &[Part::U32, Part::U64, Part::U64]),
        Kind::number("sample_sequence", SEQUENCE),
        Kind::of::<Deed>("sample_deed", &[DEED], &[Part::U64]),
    ],
    derived: &[],
};

/// The samples. Clones share the tree.
#[derive(Debug, Clone)]
pub struct Samples {
    tree: Branch,
}

/// The right to add to the samples, which one has at a time: what is read while it is held still
/// holds when it is written.
#[derive(Debug)]
pub struct Keeping<'a> {
    samples: &'a Samples,
    _alone: MutexGuard<'a, u64>,
}

impl Samples {
    pub(crate) fn new(tree: Branch) -> Self {
        Self { tree }
    }

    /// Waits for the right to add.
    pub fn keeping(&self) -> Keeping<'_> {
        let alone = self.tree.alone();
        Keeping { samples: self, _alone: alone }
    }

    /// How often somebody took the right to add, since they were opened. What was read after asking is
    /// what stands as long as it is the same.
    pub fn turns(&self) -> u64 {
        self.tree.turns()
    }

    /// Every round, oldest first.
    pub fn rounds(&self) -> Result<Vec<Round>, StoreError> {
        self.tree.values("round", &[ROUND]).collect()
    }

    /// The samples of all rounds, by round and provider.
    pub fn all(&self) -> Result<Vec<Sample>, StoreError> {
        self.tree.values("sample", &[SAMPLE]).collect()
    }

    /// The samples of one round, by provider.
    pub fn of_round(&self, round: u32) -> Result<Vec<Sample>, StoreError> {
        self.tree.values("sample", &with_round(SAMPLE, round)).collect()
    }

    /// The drawn sites of one round.
    pub fn sites(&self, round: u32) -> impl Iterator<Item = Result<DrawnSite, StoreError>> + use<> {
        self.tree.values("drawn site", &with_round(DRAWN, round))
    }

    /// One drawn site.
    pub fn site(&self, id: RowId) -> Result<Option<DrawnSite>, StoreError> {
        let value = self.tree.get(with_row(DRAWN, id)).map_err(self.tree.failed())?;
        value.map(|bytes| encoding::decode("drawn site", &bytes)).transpose()
    }

    /// Everything that was told of one site, oldest first.
    pub fn readings(&self, id: RowId) -> Result<Vec<Reading>, StoreError> {
        self.tree.values("reading", &with_row(READING, id)).collect()
    }

    /// What was done, oldest first.
    pub fn deeds(&self) -> Result<Vec<Deed>, StoreError> {
        self.tree.values("deed", &[DEED]).collect()
    }

    fn next_sequence(&self) -> Result<u64, StoreError> {
        let value = self.tree.get(SEQUENCE).map_err(self.tree.failed())?;
        let number = value.and_then(|bytes| bytes.first_chunk::<8>().copied());
        Ok(number.map_or(0, u64::from_be_bytes))
    }
}

impl Keeping<'_> {
    /// Keeps a new round with its samples and sites.
    pub fn put_round(
        &self,
        round: &Round,
        samples: &[Sample],
        sites: &[DrawnSite],
        deed: &Deed,
    ) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        insert(&mut batch, with_round(ROUND, round.number), "round", round)?;
        for sample in samples {
            insert(&mut batch, sample_key(round.number, &sample.provider), "sample", sample)?;
        }
        for site in sites {
            insert(&mut batch, with_row(DRAWN, site.id), "drawn site", site)?;
        }
        self.apply(batch, deed)
    }

    /// Keeps what was read back, after what was told before.
    pub fn put_readings(
        &self,
        readings: &[(RowId, Reading)],
        deed: &Deed,
    ) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        let mut sequence = self.samples.next_sequence()?;
        for (id, reading) in readings {
            let mut key = with_row(READING, *id);
            key.extend_from_slice(&sequence.to_be_bytes());
            insert(&mut batch, key, "reading", reading)?;
            sequence += 1;
        }
        batch.insert(SEQUENCE, sequence.to_be_bytes().as_slice());
        self.apply(batch, deed)
    }

    /// Keeps a deed that changes nothing else.
    pub fn put_deed(&self, deed: &Deed) -> Result<(), StoreError> {
        self.apply(sled::Batch::default(), deed)
    }

    fn apply(&self, mut batch: sled::Batch, deed: &Deed) -> Result<(), StoreError> {
        let Samples { tree, .. } = self.samples;
        let failed = self.samples.tree.failed();
        let last = tree.scan_prefix([DEED]).next_back().transpose().map_err(&failed)?;
        let number = last.and_then(|(key, _)| key.last_chunk::<8>().copied());
        let number = number.map_or(1, |number| u64::from_be_bytes(number).saturating_add(1));
        let mut key = vec![DEED];
        key.extend_from_slice(&number.to_be_bytes());
        insert(&mut batch, key, "deed", deed)?;
        tree.apply_batch(batch).map_err(&failed)?;
        tree.flush().map_err(&failed)?;
        Ok(())
    }
}

fn insert<T: Serialize>(
    batch: &mut sled::Batch,
    key: Vec<u8>,
    what: &'static str,
    value: &T,
) -> Result<(), StoreError> {
    batch.insert(key, encoding::encode(what, value)?);
    Ok(())
}

fn with_round(prefix: u8, round: u32) -> Vec<u8> {
    let mut key = vec![prefix];
    key.extend_from_slice(&round.to_be_bytes());
    key
}

fn with_row(prefix: u8, id: RowId) -> Vec<u8> {
    let mut key = with_round(prefix, id.round());
    key.extend_from_slice(&id.code().to_be_bytes());
    key
}

fn sample_key(round: u32, provider: &ProviderId) -> Vec<u8> {
    let mut key = with_round(SAMPLE, round);
    key.extend_from_slice(provider.as_str().as_bytes());
    key
}
