//! Sorts more records than fit into memory: sorted runs on disk, then one merge.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::BufReader;
use std::io::BufWriter;
use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use crate::store::StoreError;

/// What one sort may hold in memory, in bytes.
pub const MEMORY: usize = 64 * 1024 * 1024;

/// What a record costs in memory beside its bytes.
const OVERHEAD: usize = 64;

/// The ending of run files, which are removed when the sort is dropped or the store is opened.
pub(crate) const RUN: &str = "run";

type Record = (Vec<u8>, Vec<u8>);

/// Takes records in any order and gives them back ascending; equal keys in the order they came.
#[derive(Debug)]
pub struct Sorter {
    dir: PathBuf,
    name: String,
    limit: usize,
    held: usize,
    records: Vec<Record>,
    runs: Vec<PathBuf>,
}

impl Sorter {
    /// A sort that keeps its runs in `dir`, told apart from others there by `name`.
    pub fn new(dir: &Path, name: &str, limit: usize) -> Self {
        Self {
            dir: dir.to_owned(),
            name: name.to_owned(),
            limit,
            held: 0,
            records: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// Takes one record.
    pub fn push(&mut self, key: Vec<u8>, value: Vec<u8>) -> Result<(), StoreError> {
        self.held += key.len() + value.len() + OVERHEAD;
        self.records.push((key, value));
        if self.held >= self.limit { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> Result<(), StoreError> {
        self.records.sort_by(|(a, _), (b, _)| a.cmp(b));
        let path = self.dir.join(format!("{}.{}.{RUN}", self.name, self.runs.len()));
        let file = File::create(&path).map_err(StoreError::io(&path))?;
        self.runs.push(path.clone());
        let mut out = BufWriter::with_capacity(256 * 1024, file);
        for (key, value) in self.records.drain(..) {
            for part in [key, value] {
                out.write_all(&(part.len() as u64).to_le_bytes()).map_err(StoreError::io(&path))?;
                out.write_all(&part).map_err(StoreError::io(&path))?;
            }
        }
        out.flush().map_err(StoreError::io(&path))?;
        self.held = 0;
        Ok(())
    }

    /// Everything that was pushed, ascending.
    pub fn finish(mut self) -> Result<Sorted, StoreError> {
        self.records.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut runs = Vec::new();
        for path in &self.runs {
            let file = File::open(path).map_err(StoreError::io(path))?;
            runs.push(Run::File(path.clone(), BufReader::with_capacity(64 * 1024, file)));
        }
        runs.push(Run::Memory(std::mem::take(&mut self.records).into_iter()));
        let mut sorted = Sorted { runs, heads: BinaryHeap::new(), _files: self };
        for index in 0..sorted.runs.len() {
            sorted.advance(index)?;
        }
        Ok(sorted)
    }
}

impl Drop for Sorter {
    fn drop(&mut self) {
        for path in &self.runs {
            // What cannot be removed now is removed when the store is opened next.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The records of a [`Sorter`], ascending.
#[derive(Debug)]
pub struct Sorted {
    runs: Vec<Run>,
    heads: BinaryHeap<Reverse<Head>>,
    _files: Sorter,
}

/// The next record of a run: its key, the run's number, its value.
type Head = (Vec<u8>, usize, Vec<u8>);

#[derive(Debug)]
enum Run {
    File(PathBuf, BufReader<File>),
    Memory(std::vec::IntoIter<Record>),
}

impl Run {
    fn next(&mut self) -> Result<Option<Record>, StoreError> {
        match self {
            Self::Memory(records) => Ok(records.next()),
            Self::File(path, input) => {
                let part = |input: &mut BufReader<File>| {
                    let mut length = [0; 8];
                    input.read_exact(&mut length)?;
                    let length = usize::try_from(u64::from_le_bytes(length)).unwrap_or(0);
                    let mut bytes = vec![0; length];
                    input.read_exact(&mut bytes).map(|()| bytes)
                };
                match part(input) {
                    Ok(key) => {
                        let value = part(input).map_err(StoreError::io(path))?;
                        Ok(Some((key, value)))
                    }
                    Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
                    Err(error) => Err(StoreError::io(path)(error)),
                }
            }
        }
    }
}

impl Sorted {
    fn advance(&mut self, index: usize) -> Result<(), StoreError> {
        if let Some(run) = self.runs.get_mut(index)
            && let Some((key, value)) = run.next()?
        {
            // The run's number keeps equal keys in the order they came: runs are in that order.
            self.heads.push(Reverse((key, index, value)));
        }
        Ok(())
    }
}

impl Iterator for Sorted {
    type Item = Result<Record, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((key, index, value)) = self.heads.pop()?;
        Some(self.advance(index).map(|()| (key, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_on_disk_give_the_same_order_as_a_sort_in_memory() {
        let dir = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(dir.path(), "test", 4_000);
        let mut expected = Vec::new();
        let mut number = 12_345_u32;
        for place in 0..2_000_u32 {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let key = vec![u8::try_from(number >> 24).unwrap() % 50];
            let value = place.to_le_bytes().to_vec();
            expected.push((key.clone(), value.clone()));
            sorter.push(key, value).unwrap();
        }
        assert!(sorter.runs.len() > 10);
        expected.sort_by(|(a, _), (b, _)| a.cmp(b));
        let given: Vec<_> = sorter.finish().unwrap().map(Result::unwrap).collect();
        assert_eq!(given, expected);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
