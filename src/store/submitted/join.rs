//! Joins what providers submitted with the filing register: after every import, and before every night.
//!
//! Everything is looked at Domain by Domain, three times at the most: whether a record changes at all; which
//! ones, into one rewrite of the register; and what became of each row by the register as it is then. So memory
//! does not grow with the rows, and a kill in between loses nothing: what is looked at again is the same.

use jiff::Timestamp;

use crate::clock;
use crate::facts::directory::Directory;
use crate::facts::filing::Filing;
use crate::facts::joined;
use crate::facts::joined::Access;
use crate::facts::joined::AccessDeedKind;
use crate::facts::joined::JoinedAccess;
use crate::facts::joined::Lapse;
use crate::facts::submission::SubmittedFiling;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::filings::FilingRegister;
use crate::store::import::Import;
use crate::store::import::Pair;
use crate::store::import::least_key;
use crate::store::import::value_at;
use crate::store::registers::Registers;
use crate::store::submitted::ACCESSES;
use crate::store::submitted::Doer;
use crate::store::submitted::Ending;
use crate::store::submitted::JOINED;
use crate::store::submitted::ROW;
use crate::store::submitted::ROWS;
use crate::store::submitted::SubmittedFilings;
use crate::store::submitted::key_of;
use crate::store::submitted::terms::Terms;

/// So many rows are settled together.
const BATCH: usize = 1_000;

/// What submissions are held against.
#[derive(Debug, Clone, Copy)]
pub struct Against<'a> {
    /// Whose names are whose.
    pub directory: &'a Directory,
    /// How long a provider's word counts.
    pub terms: &'a Terms,
    /// Now.
    pub now: Timestamp,
}

/// What was joined with the register.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Joined {
    /// Rows whose record the register has; they wait no longer.
    pub connected: u64,
    /// Rows that go on waiting.
    pub pending: u64,
    /// Accesses that the register has by their providers' word alone.
    pub held: u64,
    /// Rows and accesses whose time is over, or whose record is cancelled.
    pub lapsed: u64,
    /// Records of the register that have other access providers now.
    pub changed: u64,
}

/// What was submitted, as it is kept.
#[derive(Debug)]
enum Kept {
    Row(SubmittedFiling),
    Access(JoinedAccess),
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// It stays as it is.
    Stay,
    /// The row is an access from now on.
    Join,
    /// The authority has it.
    Confirm,
    /// It ends by itself.
    Lapse(Lapse),
    /// It was taken back, and the register has it no more.
    End,
}

/// What a record needs for that first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Nothing,
    /// The access is added to this one.
    Add(usize),
    /// It is taken from this one.
    Remove(usize),
}

/// What is met on a walk through all that was submitted.
enum Met<'a> {
    /// Something that is kept, with its bytes, and the records of its Domain.
    Kept(Box<Kept>, Vec<u8>, &'a mut Records),
    /// The records of a Domain of which everything was met.
    Domain(&'a Records),
}

impl SubmittedFilings {
    /// Joins every row whose record the register has by now with that record, has the register keep what was
    /// joined before, and lets go what is over; the others wait on. The register is written anew at most once,
    /// and not where nothing of it changes.
    pub fn join(&self, registers: &Registers, against: &Against<'_>) -> Result<Joined, StoreError> {
        let mut joined = Joined::default();
        // Mostly nothing changes, and nobody else need wait while that is found out.
        let is_changed = self.changes(registers, against)?;
        let alone = is_changed.then(|| registers.writing());
        if let (Some(alone), Some(register)) = (&alone, registers.filings()?) {
            let mut import: Import<'_, Filing> = registers.begin(false);
            self.walk(Some(&register), |met| {
                match met {
                    Met::Kept(kept, _, records) => {
                        let (_, need) = kept.next(&records.known, against);
                        records.apply(need, &kept, against.directory);
                    }
                    Met::Domain(records) => {
                        for record in records.changed() {
                            joined.changed += 1;
                            import.push(record)?;
                        }
                    }
                }
                Ok(true)
            })?;
            // What providers say makes a register no younger: what it does not say is as old as before.
            import.finish_alone(alone, register.imported_at())?;
        }
        self.settle(registers, against, &mut joined)?;
        Ok(joined)
    }

    /// Whether any record of the register changes by what was submitted.
    fn changes(&self, registers: &Registers, against: &Against<'_>) -> Result<bool, StoreError> {
        let Some(register) = registers.filings()? else { return Ok(false) };
        let mut is_changed = false;
        self.walk(Some(&register), |met| {
            if let Met::Kept(kept, _, records) = met {
                is_changed |= kept.next(&records.known, against).1 != Need::Nothing;
            }
            Ok(!is_changed)
        })?;
        Ok(is_changed)
    }

    /// Keeps what became of everything by the register as it is now.
    fn settle(
        &self,
        registers: &Registers,
        against: &Against<'_>,
        joined: &mut Joined,
    ) -> Result<(), StoreError> {
        let register = registers.filings()?;
        let as_of = register.as_ref().map(FilingRegister::imported_at);
        let by = as_of.map_or_else(
            || "register".to_owned(),
            |as_of| format!("register of {}", clock::day(as_of)),
        );
        let doer = Doer { by: &by, at: against.now };
        let mut batch = Vec::new();
        self.walk(register.as_ref(), |met| {
            let Met::Kept(kept, bytes, records) = met else { return Ok(true) };
            let next = match kept.next(&records.known, against) {
                (next, Need::Nothing) => next,
                // The register became another one meanwhile: the next joining has its turn.
                _ => Next::Stay,
            };
            joined.count(&kept, next);
            if next != Next::Stay {
                batch.push((kept, next, bytes));
            }
            if batch.len() == BATCH {
                self.carry_out(std::mem::take(&mut batch), doer)?;
            }
            Ok(true)
        })?;
        self.carry_out(batch, doer)
    }

    /// Keeps what became of `settled`, as far as it is still as it was seen.
    fn carry_out(
        &self,
        settled: Vec<(Box<Kept>, Next, Vec<u8>)>,
        doer: Doer<'_>,
    ) -> Result<(), StoreError> {
        if settled.is_empty() {
            return Ok(());
        }
        let _alone = self.tree.alone();
        let mut ending = Ending::of(self, doer)?;
        for (kept, next, bytes) in settled {
            let key = kept.key();
            if self.tree.get(&key).map_err(self.tree.failed())?.is_none_or(|now| *now != *bytes) {
                continue;
            }
            match &*kept {
                Kept::Row(row) => {
                    if next == Next::Join {
                        self.promote(row, &mut ending)?;
                    }
                    ending.forget(row);
                }
                Kept::Access(_) => ending.batch.remove(key),
            }
            match (&*kept, next) {
                (_, Next::Lapse(why)) => ending.tell(kept.row(), AccessDeedKind::Lapsed(why))?,
                (Kept::Access(_), Next::Confirm) => {
                    ending.tell(kept.row(), AccessDeedKind::Confirmed)?;
                }
                _ => {}
            }
        }
        ending.finish()
    }

    /// Makes an access of a row.
    fn promote(&self, row: &SubmittedFiling, ending: &mut Ending<'_>) -> Result<(), StoreError> {
        let (by, joined_at) = (self.submitter(row)?, ending.doer.at);
        let access = JoinedAccess { row: row.bare(), by, joined_at, is_over: false };
        let key = key_of(JOINED, row);
        let before = self.tree.get(&key).map_err(self.tree.failed())?;
        let before: Option<JoinedAccess> =
            before.map(|bytes| encoding::decode(ACCESSES, &bytes)).transpose()?;
        // Whoever says the same all day long is told of once.
        let is_told = before.is_some_and(|before| {
            !before.is_over && clock::day(before.joined_at) == clock::day(joined_at)
        });
        if !is_told {
            let kind = AccessDeedKind::Joined { submitted_at: row.at };
            ending.tell_by(&access.by, row, kind)?;
        }
        ending.batch.insert(key, encoding::encode(ACCESSES, &access)?);
        Ok(())
    }

    /// Meets everything that was submitted, Domain by Domain, until `take` says no.
    fn walk(
        &self,
        register: Option<&FilingRegister>,
        mut take: impl FnMut(Met<'_>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let mut rows = self.all(ROW).peekable();
        let mut accesses = self.all(JOINED).peekable();
        let mut records = Records::default();
        while let Some(key) = least_key(&mut rows, &mut accesses)? {
            let row = value_at(&mut rows, &key)?;
            let access = value_at(&mut accesses, &key)?;
            // A row that was sent again speaks for the access that it renews.
            let (kept, bytes) = match (row, access) {
                (Some(bytes), _) => (Kept::Row(encoding::decode(ROWS, &bytes)?), bytes),
                (None, Some(bytes)) => (Kept::Access(encoding::decode(ACCESSES, &bytes)?), bytes),
                (None, None) => continue,
            };
            let target = &kept.row().filing.domain;
            if records.target.as_ref() != Some(target) {
                let next = Records::of(register, target)?;
                take(Met::Domain(&std::mem::replace(&mut records, next)))?;
            }
            if !take(Met::Kept(Box::new(kept), bytes, &mut records))? {
                return Ok(());
            }
        }
        take(Met::Domain(&records)).map(|_| ())
    }

    /// Everything whose key begins with `prefix`, by the rest of the key.
    fn all(&self, prefix: u8) -> impl Iterator<Item = Pair> + use<> {
        let failed = self.tree.failed();
        self.tree.scan_prefix([prefix]).map(move |pair| {
            let (key, bytes) = pair.map_err(&failed)?;
            Ok((key[1..].to_vec(), bytes.to_vec()))
        })
    }
}

impl Kept {
    fn row(&self) -> &SubmittedFiling {
        match self {
            Self::Row(row) => row,
            Self::Access(access) => &access.row,
        }
    }

    fn key(&self) -> Vec<u8> {
        let prefix = match self {
            Self::Row(_) => ROW,
            Self::Access(_) => JOINED,
        };
        key_of(prefix, self.row())
    }

    /// What becomes of it by `known`, the records of its Domain, and what a record needs for that first.
    fn next(&self, known: &[Filing], against: &Against<'_>) -> (Next, Need) {
        let Against { directory, terms, now } = *against;
        let (row, today) = (self.row(), clock::day(now));
        let place = row.record_in(known, directory);
        let access = place.map_or(Access::Unknown, |place| {
            joined::access(&known[place], &row.provider, directory)
        });
        match self {
            Self::Row(_) => match (access, place) {
                (Access::Missing, Some(place)) => (Next::Join, Need::Add(place)),
                (Access::Joined, _) => (Next::Join, Need::Nothing),
                (Access::Registered, _) => (Next::Confirm, Need::Nothing),
                _ if today > terms.waits_until(row.at) => {
                    (Next::Lapse(Lapse::NoRecord), Need::Nothing)
                }
                _ => (Next::Stay, Need::Nothing),
            },
            Self::Access(kept) => {
                let lapse = if kept.is_over {
                    Some(Next::End)
                } else if place.is_none() && row.is_cancelled_in(known) {
                    Some(Next::Lapse(Lapse::RecordCancelled))
                } else {
                    let is_late = today > terms.holds_until(kept.joined_at);
                    is_late.then_some(Next::Lapse(Lapse::NotRegistered))
                };
                match (access, place, lapse) {
                    (Access::Registered, ..) => (Next::Confirm, Need::Nothing),
                    (Access::Joined, Some(place), Some(lapse)) => (lapse, Need::Remove(place)),
                    (_, _, Some(lapse)) => (lapse, Need::Nothing),
                    (Access::Missing, Some(place), None) => (Next::Stay, Need::Add(place)),
                    // A record that is not there, or cannot be read, says nothing against it.
                    (_, _, None) => (Next::Stay, Need::Nothing),
                }
            }
        }
    }
}

impl Joined {
    fn count(&mut self, kept: &Kept, next: Next) {
        let counter = match (kept, next) {
            (Kept::Row(_), Next::Join | Next::Confirm) => &mut self.connected,
            (Kept::Row(_), Next::Stay) => &mut self.pending,
            (Kept::Access(_), Next::Stay) => &mut self.held,
            (_, Next::Lapse(_)) => &mut self.lapsed,
            (Kept::Access(_), _) | (Kept::Row(_), Next::End) => return,
        };
        *counter += 1;
        self.held += u64::from(matches!((kept, next), (Kept::Row(_), Next::Join)));
    }
}

/// The records of one Domain as they become, and as they are.
#[derive(Debug, Default)]
struct Records {
    target: Option<Target>,
    known: Vec<Filing>,
    before: Vec<Filing>,
}

impl Records {
    fn of(register: Option<&FilingRegister>, target: &Target) -> Result<Self, StoreError> {
        let known = register.map(|register| register.lookup(target)).transpose()?;
        let known = known.unwrap_or_default();
        Ok(Self { target: Some(target.clone()), before: known.clone(), known })
    }

    fn apply(&mut self, need: Need, kept: &Kept, directory: &Directory) {
        let provider = &kept.row().provider;
        match need {
            Need::Nothing => {}
            Need::Add(place) => joined::join(&mut self.known[place], provider),
            Need::Remove(place) => joined::part(&mut self.known[place], provider, directory),
        }
    }

    /// Those that are not as they were.
    fn changed(&self) -> impl Iterator<Item = &Filing> {
        let records = self.known.iter().zip(&self.before);
        records.filter(|(record, before)| record != before).map(|(record, _)| record)
    }
}
