//! Filings that providers submitted and that are not in the register yet, in a tree of their own beside
//! the findings. Nothing here makes a Domain filed: a row waits until the register has its record, and is
//! joined with it then as one more access.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::facts::directory::Directory;
use crate::facts::filing::Filing;
use crate::facts::number::FilingNumber;
use crate::facts::provider::ProviderId;
use crate::facts::submission::SubmittedFiling;
use crate::facts::submission::SubmittedNote;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::branch::Branch;
use crate::store::encoding;
use crate::store::filings::FilingRegister;
use crate::store::garbage;
use crate::store::import::Import;
use crate::store::portable::Kind;
use crate::store::portable::Pairs;
use crate::store::portable::Part;
use crate::store::portable::Tree;
use crate::store::registers::Registers;

/// `s` target sort key, 0, site number, 0, subject number, 0, provider → row.
const ROW: u8 = b's';
/// `p` provider, 0, the key of a row → nothing: the rows of one provider.
const OWN: u8 = b'p';

/// What a row is called in errors and in lines.
const WHAT: &str = "submitted_filing";

/// So many rows of one provider wait, at the most.
const MOST_WAITING: usize = 100_000;

/// All of it as lines.
pub(crate) const TREE: Tree = Tree {
    name: "submitted",
    kinds: &[Kind::of::<SubmittedFiling>(WHAT, &[ROW], &[Part::Target, Part::Texts]).with(own_of)],
    derived: &[&[OWN]],
};

fn own_of(key: &[u8], value: &[u8]) -> Result<Pairs, StoreError> {
    let row: SubmittedFiling = encoding::decode(WHAT, value)?;
    Ok(vec![(own_key(&row.provider, key), Vec::new())])
}

/// The rows that wait. Clones share the tree.
#[derive(Debug, Clone)]
pub struct SubmittedFilings {
    tree: Branch,
    /// So many rows of one provider, at the most.
    most: usize,
}

/// Why rows are not kept.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// Too many of this provider wait already.
    #[error("so many of your rows wait for their filing already that only {0} more can be kept")]
    Full(usize),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was joined with the register.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Joined {
    /// Rows whose record the register has; they wait no longer.
    pub connected: u64,
    /// Rows that go on waiting.
    pub pending: u64,
    /// Records of the register that have one more access provider now.
    pub changed: u64,
}

impl SubmittedFilings {
    pub(crate) fn new(tree: Branch) -> Self {
        Self { tree, most: MOST_WAITING }
    }

    /// Keeps rows of one provider, each in the place of what it said before of that Domain and those numbers;
    /// all of them or none. They are on the disk when this comes back.
    pub fn put(
        &self,
        provider: &ProviderId,
        at: Timestamp,
        filings: Vec<Filing>,
    ) -> Result<(), NotKept> {
        let _alone = self.tree.alone();
        let mut batch = sled::Batch::default();
        let mut new = BTreeSet::new();
        for filing in filings {
            let row = SubmittedFiling { provider: provider.clone(), at, filing };
            let key = row_key(&row);
            batch.insert(own_key(provider, &key), &[][..]);
            batch.insert(key.clone(), encoding::encode(WHAT, &row)?);
            if !self.tree.contains_key(&key).map_err(self.tree.failed())? {
                new.insert(key);
            }
        }
        let left = self.most.saturating_sub(self.waiting_of(provider)?);
        if new.len() > left {
            return Err(NotKept::Full(left));
        }
        Ok(self.apply(batch)?)
    }

    fn apply(&self, batch: sled::Batch) -> Result<(), StoreError> {
        self.tree.apply_batch(batch).map_err(self.tree.failed())?;
        self.tree.flush().map_err(self.tree.failed())?;
        garbage::free();
        Ok(())
    }

    /// How many rows of one provider wait.
    fn waiting_of(&self, provider: &ProviderId) -> Result<usize, StoreError> {
        let keys = self.tree.scan_prefix(own_key(provider, &[])).keys();
        keys.map(|key| key.map(|_| 1).map_err(self.tree.failed())).sum()
    }

    /// What waits of one Domain, in brief; `known` is what the register has of it.
    pub fn notes(
        &self,
        target: &Target,
        known: &[Filing],
        directory: &Directory,
    ) -> Result<Vec<SubmittedNote>, StoreError> {
        Ok(self.of(target)?.iter().map(|row| row.note(known, directory)).collect())
    }

    /// What waits of one Domain.
    pub fn of(&self, target: &Target) -> Result<Vec<SubmittedFiling>, StoreError> {
        self.tree.values(WHAT, &target_prefix(target)).collect()
    }

    /// Joins every row whose record the register has by now with that record, in one rewrite of the register
    /// and none where nothing changes, and lets the others wait on. A kill in between loses nothing: what is
    /// joined twice is the same.
    pub fn join(&self, registers: &Registers, directory: &Directory) -> Result<Joined, StoreError> {
        // Most rows wait, and nobody else need wait while it is looked which do not.
        let all = self.tree.scan_prefix([ROW]).map(|pair| pair.map_err(self.tree.failed()));
        let (ready, pending) = match registers.filings()? {
            Some(register) => sift(all, &register, directory, |_| Ok(()))?,
            None => (Vec::new(), all.count() as u64),
        };
        let mut joined = Joined { pending, ..Joined::default() };
        if ready.is_empty() {
            return Ok(joined);
        }
        let alone = registers.writing();
        let Some(register) = registers.filings()? else { return Ok(joined) };
        let mut import: Import<'_, Filing> = registers.begin(false);
        let (done, again) = sift(ready.into_iter().map(Ok), &register, directory, |record| {
            joined.changed += 1;
            import.push(record)
        })?;
        joined.connected = done.len() as u64;
        joined.pending += again;
        if joined.changed > 0 {
            // One more access makes a register no younger: what it does not say is as old as before.
            import.finish_alone(&alone, register.imported_at())?;
        }
        drop(alone);
        self.forget(&done)?;
        Ok(joined)
    }

    /// Forgets rows that are still as they were seen.
    fn forget(&self, seen: &[Pair]) -> Result<(), StoreError> {
        let _alone = self.tree.alone();
        let mut batch = sled::Batch::default();
        for (key, bytes) in seen {
            if self.tree.get(key).map_err(self.tree.failed())?.as_ref() == Some(bytes) {
                let row: SubmittedFiling = encoding::decode(WHAT, bytes)?;
                batch.remove(own_key(&row.provider, key));
                batch.remove(key);
            }
        }
        self.apply(batch)
    }

    /// Tells of each record of the tree what is wrong with it; `None` where nothing is.
    pub(crate) fn inspect(&self, told: &mut dyn FnMut(Option<String>)) -> Result<(), StoreError> {
        for record in self.tree.iter() {
            let (key, bytes) = record.map_err(self.tree.failed())?;
            told(match key.first() {
                Some(&ROW) => match encoding::decode::<SubmittedFiling>(WHAT, &bytes) {
                    Err(error) => Some(error.to_string()),
                    Ok(row) if key != row_key(&row) => {
                        Some("a submitted filing does not stand where it belongs".to_owned())
                    }
                    Ok(row) => {
                        let has = self.tree.contains_key(own_key(&row.provider, &key));
                        let is_missing = !has.map_err(self.tree.failed())?;
                        is_missing
                            .then(|| "a submitted filing is not among its provider's".to_owned())
                    }
                },
                Some(&OWN) => {
                    let place = key.iter().position(|byte| *byte == 0);
                    let row = place.map_or(&[][..], |place| &key[place + 1..]);
                    let has = self.tree.contains_key(row).map_err(self.tree.failed())?;
                    (!has).then(|| "a submitted filing is missing".to_owned())
                }
                _ => Some("a record of no kind that is known".to_owned()),
            });
        }
        Ok(())
    }
}

/// The key of a row, and the row.
type Pair = (sled::IVec, sled::IVec);

/// Those of `rows`, which come Domain by Domain, whose record `register` has, and how many others there are.
/// `changed` is given each record that has one more access provider by them.
fn sift(
    rows: impl Iterator<Item = Result<Pair, StoreError>>,
    register: &FilingRegister,
    directory: &Directory,
    mut changed: impl FnMut(&Filing) -> Result<(), StoreError>,
) -> Result<(Vec<Pair>, u64), StoreError> {
    let (mut found, mut others) = (Vec::new(), 0);
    let mut records = Records::default();
    for pair in rows {
        let (key, bytes) = pair?;
        let row: SubmittedFiling = encoding::decode(WHAT, &bytes)?;
        if records.target.as_ref() != Some(&row.filing.domain) {
            let next = Records::of(register, &row.filing.domain)?;
            std::mem::replace(&mut records, next).tell(&mut changed)?;
        }
        if records.connect(&row, directory) {
            found.push((key, bytes));
        } else {
            others += 1;
        }
    }
    records.tell(&mut changed)?;
    Ok((found, others))
}

/// The records of one Domain while rows are joined with them, each with whether it changed.
#[derive(Default)]
struct Records {
    target: Option<Target>,
    known: Vec<Filing>,
    changed: Vec<bool>,
}

impl Records {
    fn of(register: &FilingRegister, target: &Target) -> Result<Self, StoreError> {
        let known = register.lookup(target)?;
        let changed = vec![false; known.len()];
        Ok(Self { target: Some(target.clone()), known, changed })
    }

    /// Joins a row; `false` where no record is there for it.
    fn connect(&mut self, row: &SubmittedFiling, directory: &Directory) -> bool {
        let Some(place) = row.record_in(&self.known, directory) else { return false };
        self.changed[place] |= row.connect(&mut self.known[place], directory);
        true
    }

    fn tell(
        self,
        changed: &mut impl FnMut(&Filing) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let records = self.known.iter().zip(self.changed);
        records.filter(|(_, is_changed)| *is_changed).try_for_each(|(record, _)| changed(record))
    }
}

fn target_prefix(target: &Target) -> Vec<u8> {
    let mut key = vec![ROW];
    key.extend(target.sort_key());
    key.push(0);
    key
}

fn row_key(row: &SubmittedFiling) -> Vec<u8> {
    let text = |number: &Option<FilingNumber>| {
        number.as_ref().map(ToString::to_string).unwrap_or_default()
    };
    let mut key = target_prefix(&row.filing.domain);
    key.extend(text(&row.filing.site_number).bytes());
    key.push(0);
    key.extend(text(&row.filing.subject_number).bytes());
    key.push(0);
    key.extend(row.provider.as_str().bytes());
    key
}

fn own_key(provider: &ProviderId, row: &[u8]) -> Vec<u8> {
    [&[OWN], provider.as_str().as_bytes(), &[0], row].concat()
}

#[cfg(test)]
mod tests;
