//! The last examination of every target: of the nights that are finished, and of the one under way,
//! which says more.

use std::iter::Peekable;

use crate::facts::examination::Examination;
use crate::store::StoreError;
use crate::store::import::Pair;
use crate::store::import::least_key;
use crate::store::import::value_at;
use crate::store::journal::Journal;
use crate::store::registers::Registers;
use crate::store::rows::Row;
use crate::store::sorted::Records;
use crate::store::sorter::MEMORY;
use crate::store::sorter::Sorted;
use crate::store::sorter::Sorter;

/// Every target's last examination, by sort key.
pub struct LastExaminations {
    kept: Peekable<Box<dyn Iterator<Item = Pair> + Send>>,
    under_way: Peekable<Sorted>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastExamination {
    /// What was learnt.
    pub examination: Examination,
    /// Whether it is of a night that is not finished, whose journal has it.
    pub is_under_way: bool,
}

impl std::fmt::Debug for LastExaminations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LastExaminations").finish_non_exhaustive()
    }
}

impl LastExaminations {
    /// Those of `registers`, and of `journal` where a night is under way.
    pub fn new(registers: &Registers, journal: Option<&Journal>) -> Result<Self, StoreError> {
        let mut sorter = Sorter::new(&registers.dir, "last", MEMORY);
        if let Some(journal) = journal {
            for outcome in journal.outcomes(0)? {
                let examination = outcome?.1.examination;
                sorter.push(examination.key(), examination.encode()?)?;
            }
        }
        let kept = registers.file(Examination::REGISTER, 0)?.map(|file| file.all());
        let kept: Box<dyn Iterator<Item = Pair> + Send> =
            Box::new(kept.into_iter().flat_map(|records: Records| records));
        Ok(Self { kept: kept.peekable(), under_way: sorter.finish()?.peekable() })
    }

    fn take(&mut self) -> Result<Option<LastExamination>, StoreError> {
        let Some(key) = least_key(&mut self.kept, &mut self.under_way)? else { return Ok(None) };
        let mut bytes = value_at(&mut self.kept, &key)?;
        let mut is_under_way = false;
        while let Some(newer) = value_at(&mut self.under_way, &key)? {
            bytes = Some(newer);
            is_under_way = true;
        }
        let bytes = bytes.unwrap_or_default();
        Ok(Some(LastExamination { examination: Examination::decode(&bytes)?, is_under_way }))
    }
}

impl Iterator for LastExaminations {
    type Item = Result<LastExamination, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.take().transpose()
    }
}
