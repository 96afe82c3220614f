//! How rows get into a register: sorted in bounded memory, merged with what is there, written as a
//! new generation, switched to in one step. An import that is dropped before that changes nothing.

use std::iter::Peekable;
use std::marker::PhantomData;

use jiff::Timestamp;

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
    /// Rows of the register now.
    pub rows: u64,
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
        self.finish_alone(&alone, now)
    }

    /// The same for whoever was alone since before it read what its rows rest on.
    pub(crate) fn finish_alone(
        self,
        _alone: &Alone<'_>,
        now: Timestamp,
    ) -> Result<ImportCounts, StoreError> {
        let Self { registers, replaces, sorter, pushed, noted, .. } = self;
        let living = registers.living(R::REGISTER);
        let mut imported_at = now;
        if pushed == 0 && !replaces {
            // Nothing was said, so that the register is as old as it was; and what stands for rows makes
            // no register.
            match &living {
                Some(living) if noted > 0 => imported_at = living.imported_at,
                Some(living) => {
                    return Ok(ImportCounts { rows: living.rows, ..ImportCounts::default() });
                }
                None if noted > 0 => return Ok(ImportCounts::default()),
                None => {}
            }
        }
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
        while let Some(key) = least_key(&mut old, &mut new)? {
            let before = value_at(&mut old, &key)?;
            let row = counts.settle::<R>(replaces, before.as_deref(), &key, &mut new)?;
            match (row.as_ref().or(before.as_ref().filter(|_| !replaces)), &before) {
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
        let living = Living { generation, rows, imported_at, files };
        registers.switch(R::REGISTER, living)?;
        Ok(counts)
    }
}

impl ImportCounts {
    /// Folds everything new of one key into what the register holds, and counts it. `None` where
    /// nothing new was said. `before` is what the register held, which a replacement is compared
    /// with and otherwise knows nothing of.
    fn settle<R: Row>(
        &mut self,
        replaces: bool,
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
            row = Some(self.take(row, R::decode(&bytes)?, before.as_ref()));
            next = match second.take() {
                None => value_at(new, key)?,
                second => second,
            };
        }
        row.map(|row| row.encode()).transpose()
    }

    /// Folds one new row into what the key holds so far, and counts it.
    fn take<R: Row>(&mut self, so_far: Option<R>, new: R, before: Option<&R>) -> R {
        let Some(so_far) = so_far else {
            let is_known = before == Some(&new);
            self.count(!is_known);
            return new;
        };
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
mod tests {
    use super::*;
    use crate::facts::candidate::Candidate;
    use crate::facts::candidate::HOSTS_PER_DOMAIN;
    use crate::facts::filing::Filing;
    use crate::facts::filing::FilingState;

    fn candidate(name: &str) -> Candidate {
        let host = name.parse().unwrap();
        let domain = crate::facts::domain::Domain::of(&host).unwrap();
        let is_named = host == *domain.host();
        Candidate {
            target: domain.into(),
            is_named,
            hosts: if is_named { vec![] } else { vec![host] },
            channel: "list".to_owned(),
        }
    }

    fn import(registers: &Registers, names: &[&str], replaces: bool) -> ImportCounts {
        let mut import = registers.begin(replaces);
        for name in names {
            import.push(&candidate(name)).unwrap();
        }
        import.finish(Timestamp::UNIX_EPOCH).unwrap()
    }

    fn counts(taken: u64, unchanged: u64, rows: u64) -> ImportCounts {
        ImportCounts { taken, unchanged, full: 0, rows }
    }

    #[test]
    fn each_row_is_taken_or_unchanged_and_names_unite() {
        let dir = tempfile::tempdir().unwrap();
        let registers = Registers::open(dir.path()).unwrap();
        let first = import(&registers, &["a.cn", "m.a.cn", "b.cn", "a.cn"], false);
        assert_eq!(first, counts(3, 1, 2));
        let again = import(&registers, &["m.a.cn", "w.b.cn"], false);
        assert_eq!(again, counts(1, 1, 2));
        let names: u64 = registers.candidates().unwrap().map(|row| row.unwrap().names()).sum();
        assert_eq!(names, 4);
        let replaced = import(&registers, &["b.cn", "c.cn"], true);
        assert_eq!(replaced, counts(2, 0, 2));
        assert!(registers.candidate(&"a.cn".parse().unwrap()).unwrap().is_none());
    }

    #[test]
    fn an_import_that_is_dropped_changes_nothing_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let registers = Registers::open(dir.path()).unwrap();
        import(&registers, &["a.cn"], false);
        let mut dropped = registers.begin(true);
        dropped.push(&candidate("b.cn")).unwrap();
        drop(dropped);
        std::fs::write(dir.path().join("candidates.9.sorted"), "half").unwrap();
        let registers = Registers::open(dir.path()).unwrap();
        assert_eq!(registers.rows::<Candidate>(), 1);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn imports_that_run_at_once_keep_what_the_other_one_brings() {
        let dir = tempfile::tempdir().unwrap();
        let registers = Registers::open(dir.path()).unwrap();
        import(&registers, &["a.cn"], false);
        let opened = registers.candidates().unwrap();
        let mut slow = registers.begin(false);
        slow.push(&candidate("b.cn")).unwrap();
        import(&registers, &["c.cn"], false);
        slow.push(&candidate("d.cn")).unwrap();
        slow.finish(Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(registers.rows::<Candidate>(), 4);
        assert_eq!(opened.count(), 1, "who had it open goes on with what was there");
        std::thread::scope(|scope| {
            for number in 0..4 {
                let registers = &registers;
                scope.spawn(move || import(registers, &[&*format!("e{number}.cn")], false));
            }
        });
        assert_eq!(registers.candidates().unwrap().map(Result::unwrap).count(), 8);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left behind");
    }

    #[test]
    fn a_register_is_read_while_its_next_generation_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let registers = Registers::open(dir.path()).unwrap();
        import(&registers, &["a.cn"], false);
        // Whoever waited for the writer here would wait for ever.
        let _writer = registers.writing();
        assert_eq!(registers.version::<Candidate>(), 1);
        assert!(registers.candidate(&"a.cn".parse().unwrap()).unwrap().is_some());
        assert_eq!(registers.candidates().unwrap().count(), 1);
        assert!(registers.filings().unwrap().is_none());
    }

    #[test]
    fn a_flood_of_hosts_is_cut_and_told() {
        let dir = tempfile::tempdir().unwrap();
        let registers = Registers::open(dir.path()).unwrap();
        let names: Vec<String> = (0..HOSTS_PER_DOMAIN + 5).map(|n| format!("h{n}.a.cn")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let counts = import(&registers, &names, false);
        assert_eq!((counts.taken, counts.full), (HOSTS_PER_DOMAIN as u64, 5));
    }

    #[test]
    fn filings_are_found_by_domain_and_subjects_by_number() {
        let dir = tempfile::tempdir().unwrap();
        let registers = Registers::open(dir.path()).unwrap();
        let mut import = registers.begin(false);
        for (domain, number) in [
            ("a.cn", "京ICP备12345679号-1"),
            ("a.cn", "京ICP备12345679号-2"),
            ("b.cn", "粤ICP备2025000001号-7"),
        ] {
            let filing = Filing {
                domain: domain.parse().unwrap(),
                site_number: Some(number.parse().unwrap()),
                subject_number: None,
                state: FilingState::Active,
                providers: Some(vec![]),
                details: vec![],
            };
            import.push(&filing).unwrap();
        }
        import.finish(Timestamp::UNIX_EPOCH).unwrap();
        let register = registers.filings().unwrap().unwrap();
        assert_eq!(register.lookup(&"a.cn".parse().unwrap()).unwrap().len(), 2);
        assert_eq!(register.lookup(&"aa.cn".parse().unwrap()).unwrap().len(), 0);
        assert_eq!(register.targets().map(Result::unwrap).count(), 2);
        for (number, is_known) in [("京ICP备12345679号", true), ("京ICP备12345678号", false)]
        {
            let number: crate::facts::number::FilingNumber = number.parse().unwrap();
            assert_eq!(register.has_subject(number.subject().unwrap()).unwrap(), is_known);
        }
    }
}
