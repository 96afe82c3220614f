//! What providers submitted of their access to filings, in a tree of its own beside the findings. Nothing
//! here makes a Domain filed: a row waits until the register has its record, and the access is joined with it
//! then ([`join`]). What a whole import of the authority's lacks is joined again, until it lapses ([`terms`]),
//! is taken back or is refused.

pub mod join;
pub mod terms;
mod inspection;
mod refusal;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::facts::filing::Filing;
use crate::facts::joined::AccessDeed;
use crate::facts::joined::AccessDeedKind;
use crate::facts::joined::AccessRefusal;
use crate::facts::joined::JoinedAccess;
use crate::facts::number::FilingNumber;
use crate::facts::provider::ProviderId;
use crate::facts::submission::Submission;
use crate::facts::submission::SubmittedFiling;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::branch::Branch;
use crate::store::encoding;
use crate::store::garbage;
use crate::store::portable::Kind;
use crate::store::portable::Pairs;
use crate::store::portable::Part;
use crate::store::portable::Tree;

/// `s` target sort key, 0, site number, 0, subject number, 0, provider → row that waits.
const ROW: u8 = b's';
/// `p` provider, 0, the key of a row that waits → nothing: the rows of one provider.
const OWN: u8 = b'p';
/// `b` as after `s` → who submitted the row.
const BY: u8 = b'b';
/// `j` as after `s` → access that the register has by it.
const JOINED: u8 = b'j';
/// `r` target sort key, 0, provider → refusal.
const REFUSAL: u8 = b'r';
/// `d` target sort key, 0, number → deed.
const DEED: u8 = b'd';
/// `n` → the number of the last deed.
const LAST: &[u8] = b"n";

/// What they are called in errors and in lines.
const ROWS: &str = "submitted_filing";
const SUBMITTERS: &str = "submitter";
const ACCESSES: &str = "joined_access";
const REFUSALS: &str = "access_refusal";
const DEEDS: &str = "access_deed";

/// So many rows of one provider wait, at the most.
const MOST_WAITING: usize = 100_000;

/// All of it as lines.
pub(crate) const TREE: Tree = Tree {
    name: "submitted",
    kinds: &[
        Kind::of::<SubmittedFiling>(ROWS, &[ROW], &[Part::Target, Part::Texts]).with(own_of),
        Kind::of::<String>(SUBMITTERS, &[BY], &[Part::Target, Part::Texts]),
        Kind::of::<JoinedAccess>(ACCESSES, &[JOINED], &[Part::Target, Part::Texts]),
        Kind::of::<AccessRefusal>(REFUSALS, &[REFUSAL], &[Part::Target, Part::Text]),
        Kind::of::<AccessDeed>(DEEDS, &[DEED], &[Part::Target, Part::U64]),
        Kind::number("last_access_deed", LAST),
    ],
    derived: &[&[OWN]],
};

fn own_of(key: &[u8], value: &[u8]) -> Result<Pairs, StoreError> {
    let row: SubmittedFiling = encoding::decode(ROWS, value)?;
    Ok(vec![(own_key(&row.provider, key), Vec::new())])
}

/// What providers submitted. Clones share the tree.
#[derive(Debug, Clone)]
pub struct SubmittedFilings {
    tree: Branch,
    /// So many rows of one provider wait, at the most.
    most: usize,
}

/// Whoever does something about what was submitted, and when.
#[derive(Debug, Clone, Copy)]
pub struct Doer<'a> {
    /// By the key used; `operator` for the command line.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
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

impl SubmittedFilings {
    pub(crate) fn new(tree: Branch) -> Self {
        Self { tree, most: MOST_WAITING }
    }

    /// Keeps rows of one provider, each in the place of what it said before of that Domain and those numbers;
    /// all of them or none. They are on the disk when this comes back.
    pub fn put(
        &self,
        provider: &ProviderId,
        doer: Doer<'_>,
        filings: Vec<Filing>,
    ) -> Result<(), NotKept> {
        let _alone = self.tree.alone();
        let mut batch = sled::Batch::default();
        let mut new = BTreeSet::new();
        for filing in filings {
            let row = SubmittedFiling { provider: provider.clone(), at: doer.at, filing };
            let key = key_of(ROW, &row);
            batch.insert(own_key(provider, &key), &[][..]);
            batch.insert(key_of(BY, &row), encoding::encode(SUBMITTERS, &doer.by)?);
            batch.insert(key.clone(), encoding::encode(ROWS, &row)?);
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

    /// What was submitted of one Domain and waits, or was joined by that.
    pub fn of(&self, target: &Target) -> Result<Vec<Submission>, StoreError> {
        let mut all = Vec::new();
        for row in self.tree.values::<SubmittedFiling>(ROWS, &prefix_of(ROW, target)) {
            let row = row?;
            all.push(Submission { by: self.submitter(&row)?, row, joined_at: None });
        }
        for access in self.tree.values(ACCESSES, &prefix_of(JOINED, target)) {
            let JoinedAccess { row, by, joined_at, is_over } = access?;
            if !is_over {
                all.push(Submission { row, by, joined_at: Some(joined_at) });
            }
        }
        Ok(all)
    }

    /// Who submitted a row that waits.
    fn submitter(&self, row: &SubmittedFiling) -> Result<String, StoreError> {
        let by = self.tree.get(key_of(BY, row)).map_err(self.tree.failed())?;
        let by = by.map(|bytes| encoding::decode(SUBMITTERS, &bytes)).transpose()?;
        Ok(by.unwrap_or_else(|| row.provider.to_string()))
    }

    /// Whether there is something of `provider` that speaks of the record of `filing`.
    pub fn has(&self, provider: &ProviderId, filing: &Filing) -> Result<bool, StoreError> {
        let own = self.of(&filing.domain)?;
        Ok(own.iter().any(|own| own.row.provider == *provider && own.row.is_of_record(filing)))
    }

    /// Takes back whatever `provider` submitted of the records of `filings`: what waits is gone at once, an
    /// access leaves the register when it is joined next. Tells how many there were.
    pub fn withdraw(
        &self,
        provider: &ProviderId,
        doer: Doer<'_>,
        filings: &[Filing],
    ) -> Result<usize, StoreError> {
        let alone = self.tree.alone();
        let mut ending = Ending::of(self, doer)?;
        for filing in filings {
            for own in self.of(&filing.domain)? {
                let is_its = own.row.provider == *provider && own.row.is_of_record(filing);
                // Of what waits nothing followed yet, so that there is nothing to tell.
                if is_its && ending.end(&own)? && own.joined_at.is_some() {
                    ending.tell(&own.row, AccessDeedKind::Withdrawn)?;
                }
            }
        }
        let ended = ending.ended.len();
        ending.finish()?;
        drop(alone);
        Ok(ended)
    }

    /// What became of submissions of one name, oldest first.
    pub fn deeds(&self, target: &Target) -> Result<Vec<AccessDeed>, StoreError> {
        self.tree.values(DEEDS, &prefix_of(DEED, target)).collect()
    }

    fn last_deed(&self) -> Result<u64, StoreError> {
        let bytes = self.tree.get(LAST).map_err(self.tree.failed())?;
        let number = bytes.and_then(|bytes| bytes.first_chunk::<8>().copied());
        Ok(number.map_or(0, u64::from_be_bytes))
    }
}

/// Changes that are written together, while nobody else writes.
struct Ending<'a> {
    submitted: &'a SubmittedFilings,
    doer: Doer<'a>,
    batch: sled::Batch,
    last: u64,
    ended: BTreeSet<Vec<u8>>,
}

impl<'a> Ending<'a> {
    fn of(submitted: &'a SubmittedFilings, doer: Doer<'a>) -> Result<Self, StoreError> {
        let (batch, last) = (sled::Batch::default(), submitted.last_deed()?);
        Ok(Self { submitted, doer, batch, last, ended: BTreeSet::new() })
    }

    /// Ends what was submitted: the register is still to lose what was joined. `false` where that was done.
    fn end(&mut self, own: &Submission) -> Result<bool, StoreError> {
        let row = &own.row;
        let prefix = if own.joined_at.is_some() { JOINED } else { ROW };
        if !self.ended.insert(key_of(prefix, row)) {
            return Ok(false);
        }
        if let Some(joined_at) = own.joined_at {
            let (row, by) = (row.clone(), own.by.clone());
            let access = JoinedAccess { row, by, joined_at, is_over: true };
            let key = key_of(JOINED, &access.row);
            self.batch.insert(key, encoding::encode(ACCESSES, &access)?);
        } else {
            self.forget(row);
        }
        Ok(true)
    }

    /// Forgets a row that waits.
    fn forget(&mut self, row: &SubmittedFiling) {
        let key = key_of(ROW, row);
        self.batch.remove(own_key(&row.provider, &key));
        self.batch.remove(key_of(BY, row));
        self.batch.remove(key);
    }

    /// Tells what became of a row.
    fn tell(&mut self, row: &SubmittedFiling, kind: AccessDeedKind) -> Result<(), StoreError> {
        self.tell_by(self.doer.by, row, kind)
    }

    /// The same of what `by` caused.
    fn tell_by(
        &mut self,
        by: &str,
        row: &SubmittedFiling,
        kind: AccessDeedKind,
    ) -> Result<(), StoreError> {
        let (provider, filing) = (row.provider.clone(), &row.filing);
        self.keep(&AccessDeed {
            at: self.doer.at,
            by: by.to_owned(),
            target: filing.domain.clone(),
            provider,
            site_number: filing.site_number.clone(),
            subject_number: filing.subject_number.clone(),
            kind,
        })
    }

    fn keep(&mut self, deed: &AccessDeed) -> Result<(), StoreError> {
        self.last += 1;
        let key = [&prefix_of(DEED, &deed.target)[..], &self.last.to_be_bytes()].concat();
        self.batch.insert(key, encoding::encode(DEEDS, deed)?);
        self.batch.insert(LAST, &self.last.to_be_bytes()[..]);
        Ok(())
    }

    fn finish(self) -> Result<(), StoreError> {
        self.submitted.apply(self.batch)
    }
}

fn prefix_of(prefix: u8, target: &Target) -> Vec<u8> {
    let mut key = vec![prefix];
    key.extend(target.sort_key());
    key.push(0);
    key
}

fn key_of(prefix: u8, row: &SubmittedFiling) -> Vec<u8> {
    let text = |number: &Option<FilingNumber>| {
        number.as_ref().map(ToString::to_string).unwrap_or_default()
    };
    let mut key = prefix_of(prefix, &row.filing.domain);
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
