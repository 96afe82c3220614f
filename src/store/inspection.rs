//! Whether everything on the disk is as it was written: registers, journals, findings, evidence.
//!
//! Reads only. sled mends what it opens, so its folder is copied and the copy is opened.

mod evidence;
mod findings;
mod journals;
mod registers;

use std::path::Path;
use std::path::PathBuf;

use crate::store::StoreError;
pub use crate::store::inspection::findings::clear_away_copies;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFault {
    /// In which file or folder.
    pub path: PathBuf,
    /// The byte from which on; `None` where no place can be told.
    pub offset: Option<u64>,
    /// What is wrong.
    pub what: String,
}

/// What was looked at, and what was found.
#[derive(Debug, Default)]
pub struct Inspection {
    /// Files that were read to their end.
    pub files: u64,
    /// Records that were read.
    pub records: u64,
    /// What is wrong.
    pub faults: Vec<DataFault>,
}

impl Inspection {
    fn fault(&mut self, path: &Path, offset: impl Into<Option<u64>>, what: impl Into<String>) {
        let (path, offset, what) = (path.to_owned(), offset.into(), what.into());
        self.faults.push(DataFault { path, offset, what });
    }

    /// Takes what the store says of a file for a fault of that file.
    fn told(&mut self, path: &Path, error: &StoreError) {
        match error {
            StoreError::Damaged { path, offset, what } => self.fault(path, *offset, *what),
            StoreError::Io { path, source } => self.fault(path, None, source.to_string()),
            other => self.fault(path, None, other.to_string()),
        }
    }
}

/// Inspects the data folder `data`, which must be this process's own.
pub fn inspect(data: &Path) -> Result<Inspection, StoreError> {
    let mut inspection = Inspection::default();
    clear_away_copies(data);
    let registers = data.join("registers");
    registers::inspect(&registers, &mut inspection)?;
    let known = findings::inspect(data, &mut inspection)?;
    registers::hold_against(&registers, known.as_ref(), &mut inspection);
    journals::inspect(&data.join("nights"), known.as_ref(), &mut inspection)?;
    evidence::inspect(&data.join("evidence"), known.as_ref(), &mut inspection)?;
    Ok(inspection)
}

#[cfg(test)]
mod tests;
