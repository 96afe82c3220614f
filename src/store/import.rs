//! How rows get into a register: sorted in bounded memory, merged with what is there, written as a
//! new generation, switched to in one step. An import that is dropped before that changes nothing.

use std::iter::Peekable;
use std::marker::PhantomData;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::clock;
use crate::store::StoreError;
use crate::store::registers::Alone;
use crate::store::registers::Living;
use crate::store::registers::Registers;
use crate::store::rows::Merged;
use crate::store::rows::Row;
use crate::store::sorted::SortedFile;
use crate::store::sorted::SortedWriter;
use crate::store::sorter::Sorter;

/// An import on its way.
#[derive(Debug)]
pub struct Import<'a, R> {
    registers: &'a Registers,
    replaces: bool,
    sorter: Sorter,
    pushed: u64,
    noted: u64,
    rows: PhantomData<R>,
}

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Rows that are new or changed something.
    pub taken: u64,
    /// Rows that said what was known already, or repeated another row of the same import.
    pub unchanged: u64,
    /// Rows that did not fit any more: hosts of a Domain that has as many as are kept.
    pub full: u64,
    /// Rows that do not hold yet, and left the same row that does as it was.
    pub early: u64,
    /// Rows of the register now.
    pub rows: u64,
}

/// A whole import that would have lost too much, what stands for rows included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Rows that there are.
    pub before: u64,
    /// Rows that there would have been.
    pub after: u64,
}

impl<'a, R: Row> Import<'a, R> {
    pub(crate) fn new(registers: &'a Registers, replaces: bool) -> Self {
        let sorter = Sorter::new(&registers.dir, R::REGISTER, R::SORTED_IN);
        Self { registers, replaces, sorter, pushed: 0, noted: 0, rows: PhantomData }
    }

    /// Takes one row.
    pub fn push(&mut self, row: &R) -> Result<(), StoreError> {
        self.pushed += 1;
        self.sorter.push(row.key(), row.encode()?)
    }

    /// Notes what stands for a row that was refused; without it the row's absence would prove something.
    pub fn note(&mut self, row: &R) -> Result<(), StoreError> {
        self.noted += 1;
        self.sorter.push(row.key(), row.encode()?)
    }

    /// The rows taken so far.
    pub fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Writes the new generation and switches to it.
    pub fn finish(self, now: Timestamp) -> Result<ImportCounts, StoreError> {
        let alone = self.registers.writing();
        self.write(&alone, (now, Some(clock::day(now))), |_, _| false)
            .map(Result::unwrap_or_default)
    }

    /// The same, unless `is_cut` says of the number of rows that there were and of those that there would be
    /// that the new ones are not all of them: then everything stays as it was, and what is returned tells both.
    pub fn finish_unless(
        self,
        now: Timestamp,
        is_cut: impl Fn(u64, u64) -> bool,
    ) -> Result<Result<ImportCounts, Cut>, StoreError> {
        let alone = self.registers.writing();
        self.write(&alone, (now, Some(clock::day(now))), is_cut)
    }

    /// The same for whoever was alone since before it read what its rows rest on.
    pub(crate) fn finish_alone(
        self,
        alone: &Alone<'_>,
        now: Timestamp,
    ) -> Result<ImportCounts, StoreError> {
        // Nothing is cut by this question.
        // Rows come with the day of the register, which may be long before today.
        self.write(alone, (now, None), |_, _| false).map(Result::unwrap_or_default)
    }

    fn write(
        self,
        _alone: &Alone<'_>,
        (now, day): (Timestamp, Option<Date>),
        is_cut: impl Fn(u64, u64) -> bool,
    ) -> Result<Result<ImportCounts, Cut>, StoreError> {
        let Self { registers, replaces, sorter, pushed, noted, .. } = self;
        let living = registers.living(R::REGISTER);
        let mut imported_at = now;
        if pushed == 0 && !replaces {
            // Nothing was said, so that the register is as old as it was; and what stands for rows makes
            // no register.
            match &living {
                Some(living) if noted > 0 => imported_at = living.imported_at,
                Some(living) => {
                    return Ok(Ok(ImportCounts { rows: living.rows, ..ImportCounts::default() }));
                }
                None if noted > 0 => return Ok(Ok(ImportCounts::default())),
                None => {}
            }
        }
        let before = living.as_ref().map_or(0, |living| living.rows);
        let generation = living.map_or(1, |living| living.generation + 1);
        let old = match registers.file(R::REGISTER, 0) {
            Err(error) if replaces => {
                tracing::warn!(%error, "what is replaced cannot be compared with");
                None
            }
            old => old?,
        };
        let mut beside = R::beside(registers, generation, now)?;
        let name = format!("{}.{generation}.sorted", R::REGISTER);
        let mut writer = SortedWriter::with_blocks(&registers.dir.join(&name), R::BLOCK)?;
        let mut counts = ImportCounts::default();

        // A damaged register is mended by replacing it, so that it need not be readable for that.
        let is_readable = |pair: &Pair| !replaces || pair.is_ok();
        let mut old = old.iter().flat_map(SortedFile::all).take_while(is_readable).peekable();
        let mut new = sorter.finish()?.peekable();
        let mut fresh = Fresh::default();
        while let Some(key) = least_key(&mut old, &mut new)? {
            let before = value_at(&mut old, &key)?;
            let row = counts.settle::<R>((replaces, day), before.as_deref(), &key, &mut new)?;
            let stays = !replaces && !fresh.mends::<R>(&key, row.as_deref(), before.as_deref())?;
            match (row.as_ref().or(before.as_ref().filter(|_| stays)), &before) {
                (Some(row), _) => {
                    counts.rows += u64::from(R::is_counted(&key));
                    writer.push(&key, row)?;
                    beside.take(&key, row)?;
                }
                (None, Some(before)) => beside.leave(&key, before)?,
                (None, None) => {}
            }
        }
        let rows = writer.finish()?;
        let mut files = vec![name];
        files.extend(beside.finish()?);
        if is_cut(before, rows) {
            for name in &files {
                let path = registers.dir.join(name);
                std::fs::remove_file(&path).map_err(StoreError::io(&path))?;
            }
            return Ok(Err(Cut { before, after: rows }));
        }
        let living = Living { generation, rows, imported_at, files };
        registers.switch(R::REGISTER, living)?;
        Ok(Ok(counts))
    }
}

/// The new rows of one place.
#[derive(Debug, Default)]
struct Fresh {
    place: Vec<u8>,
    rows: Vec<Vec<u8>>,
}

impl Fresh {
    /// Whether what stood under `key` for a row that was refused `before` is mended by a new row of its place,
    /// which came before it. `row` is what is new under that key.
    fn mends<R: Row>(
        &mut self,
        key: &[u8],
        row: Option<&[u8]>,
        before: Option<&[u8]>,
    ) -> Result<bool, StoreError> {
        let Some(place) = R::place(key) else { return Ok(false) };
        if self.place != place {
            self.rows.clear();
            self.place.clear();
            self.place.extend_from_slice(place);
        }
        match (row, before) {
            (Some(row), _) => {
                if R::is_counted(key) {
                    self.rows.push(row.to_vec());
                }
                Ok(false)
            }
            (None, Some(before)) if !R::is_counted(key) => {
                let stand_in = R::decode(before)?;
                for row in &self.rows {
                    if R::decode(row)?.mends(&stand_in) {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            (None, _) => Ok(false),
        }
    }
}

impl ImportCounts {
    /// Folds everything new of one key into what the register holds, and counts it. `None` where
    /// nothing new was said. `before` is what the register held, which a replacement is compared
    /// with and otherwise knows nothing of.
    fn settle<R: Row>(
        &mut self,
        (replaces, day): (bool, Option<Date>),
        before: Option<&[u8]>,
        key: &[u8],
        new: &mut Peekable<impl Iterator<Item = Pair>>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(first) = value_at(new, key)? else { return Ok(None) };
        if !R::is_counted(key) {
            while value_at(new, key)?.is_some() {}
            return Ok(Some(first));
        }
        let second = value_at(new, key)?;
        if second.is_none() && (replaces || before.is_none()) {
            // The usual case costs no decoding.
            self.count(before != Some(first.as_slice()));
            return Ok(Some(first));
        }
        let before = before.map(R::decode).transpose()?;
        let mut row = if replaces { None } else { before.clone() };
        let mut next = Some(first);
        let mut second = second;
        while let Some(bytes) = next {
            row = Some(self.take(row, R::decode(&bytes)?, before.as_ref(), day));
            next = match second.take() {
                None => value_at(new, key)?,
                second => second,
            };
        }
        row.map(|row| row.encode()).transpose()
    }

    /// Folds one new row into what the key holds so far, and counts it.
    fn take<R: Row>(
        &mut self,
        so_far: Option<R>,
        new: R,
        before: Option<&R>,
        day: Option<Date>,
    ) -> R {
        let Some(so_far) = so_far else {
            let is_known = before == Some(&new);
            self.count(!is_known);
            return new;
        };
        if day.is_some_and(|day| !new.displaces(&so_far, day)) {
            self.early += 1;
            return so_far;
        }
        match new.merged(&so_far) {
            Merged::Full => {
                self.full += 1;
                so_far
            }
            Merged::Row(row) => {
                self.count(row != so_far);
                row
            }
        }
    }

    fn count(&mut self, is_taken: bool) {
        let counter = if is_taken { &mut self.taken } else { &mut self.unchanged };
        *counter += 1;
    }
}

pub(crate) type Pair = Result<(Vec<u8>, Vec<u8>), StoreError>;

/// The least key of both sides; an error of either comes first.
pub(crate) fn least_key(
    old: &mut Peekable<impl Iterator<Item = Pair>>,
    new: &mut Peekable<impl Iterator<Item = Pair>>,
) -> Result<Option<Vec<u8>>, StoreError> {
    if let Some(Err(error)) = old.next_if(Result::is_err).or_else(|| new.next_if(Result::is_err)) {
        return Err(error);
    }
    let key =
        |side: Option<&Pair>| side.and_then(|pair| pair.as_ref().ok()).map(|(key, _)| key.clone());
    let (old, new) = (key(old.peek()), key(new.peek()));
    Ok(match (old, new) {
        (Some(old), Some(new)) => Some(old.min(new)),
        (old, new) => old.or(new),
    })
}

/// The next value, if it belongs to `key`.
pub(crate) fn value_at(
    side: &mut Peekable<impl Iterator<Item = Pair>>,
    key: &[u8],
) -> Result<Option<Vec<u8>>, StoreError> {
    let is_here = |pair: &Pair| pair.as_ref().map_or(true, |(found, _)| found == key);
    side.next_if(is_here).transpose().map(|pair| pair.map(|(_, value)| value))
}

#[cfg(test)]
mod tests;
