//! How often each key was used or refused on each day: kept for good, where single calls are not.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use ulid::Ulid;

use crate::clock;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::keys::Entry;
use crate::store::keys::Keys;
use crate::store::portable::Kind;
use crate::store::portable::Part;

/// `c` day, key, call, address → count.
const TALLY: u8 = b'c';

/// As lines.
pub(super) const KIND: Kind = Kind::of::<Count>("key_tally", &[TALLY], &[Part::Texts]);

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tallied {
    /// On which day.
    pub day: Date,
    /// Which key; `None` where none was shown, or none that is known.
    pub key: Option<Ulid>,
    /// The call and its status.
    pub what: String,
    /// The address that called with a key and was refused; `None` for others, of whom there may be any
    /// number.
    pub by: Option<String>,
}

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How often.
    pub count: u64,
    /// When first.
    pub first: Timestamp,
    /// When last.
    pub last: Timestamp,
}

/// Counts that are not written yet.
#[derive(Debug, Default)]
pub struct Tallies(HashMap<Tallied, Count>);

impl Tallies {
    /// Counts a call.
    pub fn add(&mut self, entry: &Entry, is_refused: bool) {
        let Entry { at, key, what, by } = entry;
        let by = (is_refused && key.is_some()).then(|| by.clone());
        let what = what.replace('\0', "");
        let tallied = Tallied { day: clock::day(*at), key: *key, what, by };
        let one = Count { count: 1, first: *at, last: *at };
        self.0.entry(tallied).and_modify(|count| *count = count.and(one)).or_insert(one);
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Count {
    fn and(self, more: Self) -> Self {
        Self {
            count: self.count + more.count,
            first: self.first.min(more.first),
            last: self.last.max(more.last),
        }
    }
}

impl Keys {
    /// Adds to what was counted before.
    pub(super) fn batch_tallies(
        &self,
        batch: &mut sled::Batch,
        tallies: &Tallies,
    ) -> Result<(), StoreError> {
        for (tallied, more) in &tallies.0 {
            let key = tally_key(tallied);
            let known = self.value::<Count>("count of calls", &key)?;
            let count = known.map_or(*more, |known| known.and(*more));
            batch.insert(key, encoding::encode("count of calls", &count)?);
        }
        Ok(())
    }

    /// How often each key was used or refused on each day, oldest first.
    pub fn tallies(&self) -> Result<Vec<(Tallied, Count)>, StoreError> {
        let mut all = Vec::new();
        for record in self.tree.scan_prefix([TALLY]) {
            let (key, bytes) = record.map_err(self.failed())?;
            let count = encoding::decode("count of calls", &bytes)?;
            all.extend(tallied(&key).map(|tallied| (tallied, count)));
        }
        Ok(all)
    }
}

fn tally_key(tallied: &Tallied) -> Vec<u8> {
    let Tallied { day, key, what, by } = tallied;
    let key = key.map(|key| key.to_string()).unwrap_or_default();
    let by = by.as_deref().unwrap_or_default();
    [&[TALLY][..], format!("{day}\0{key}\0{what}\0{by}").as_bytes()].concat()
}

fn tallied(key: &[u8]) -> Option<Tallied> {
    let text = str::from_utf8(key.get(1..)?).ok()?;
    let mut parts = text.split('\0');
    let (day, key, what, by) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(Tallied {
        day: day.parse().ok()?,
        key: key.parse().ok(),
        what: what.to_owned(),
        by: Some(by.to_owned()).filter(|by| !by.is_empty()),
    })
}
