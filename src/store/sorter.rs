//! Sorts more records than fit into memory: sorted runs on disk, then one merge.
//!
//! One batch is filled while the one before is sorted and written by a thread of its own, so that
//! whoever brings the records hardly waits.

use std::cmp::Ordering;
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
use std::sync::atomic;
use std::sync::atomic::AtomicU64;
use std::thread::JoinHandle;

use crate::store::StoreError;

/// What one batch of a sort may hold in memory, in bytes; there are two of them.
pub const MEMORY: usize = 64 * 1024 * 1024;

/// The same of what is sorted within a night, whose memory is to stay small however many hosts it has.
pub const MEMORY_AT_NIGHT: usize = 8 * 1024 * 1024;

/// Sorts that were begun, by which the files of each are told from those of others that run meanwhile.
static SORTS: AtomicU64 = AtomicU64::new(0);

/// The ending of run files, which are removed when the sort is dropped or the store is opened.
pub(crate) const RUN: &str = "run";

type Record = (Vec<u8>, Vec<u8>);

/// Takes records in any order and gives them back ascending; equal keys in the order they came.
#[derive(Debug)]
pub struct Sorter {
    dir: PathBuf,
    /// Unlike that of any other sort of this process.
    name: String,
    limit: usize,
    batch: Batch,
    /// The batch before, on its way to the disk; it comes back empty.
    spilling: Option<JoinHandle<Result<Batch, StoreError>>>,
    runs: Vec<PathBuf>,
}

/// Records in memory: their bytes one after the other, and where each lies.
#[derive(Debug, Default)]
struct Batch {
    bytes: Vec<u8>,
    places: Vec<Place>,
}

/// Where a record lies in the bytes of its batch, key before value.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The first bytes of the key, which tell most keys apart by themselves.
    head: u64,
    at: usize,
    key_length: usize,
    value_length: usize,
}

impl Batch {
    fn push(&mut self, key: &[u8], value: &[u8]) {
        let place = Place {
            head: head(key),
            at: self.bytes.len(),
            key_length: key.len(),
            value_length: value.len(),
        };
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(value);
        self.places.push(place);
    }

    fn size(&self) -> usize {
        self.bytes.len() + self.places.len() * size_of::<Place>()
    }

    fn key(&self, place: Place) -> &[u8] {
        self.bytes.get(place.at..place.at + place.key_length).unwrap_or_default()
    }

    fn value(&self, place: Place) -> &[u8] {
        let at = place.at + place.key_length;
        self.bytes.get(at..at + place.value_length).unwrap_or_default()
    }

    fn sort(&mut self) {
        let mut places = std::mem::take(&mut self.places);
        places.sort_unstable_by(|a, b| {
            let by_key = || self.key(*a).cmp(self.key(*b));
            a.head.cmp(&b.head).then_with(by_key).then(a.at.cmp(&b.at))
        });
        self.places = places;
    }

    /// Sorts, writes everything to `path`, and is empty after that.
    fn spill(mut self, path: &Path) -> Result<Self, StoreError> {
        self.sort();
        let file = File::create(path).map_err(StoreError::io(path))?;
        let mut out = BufWriter::with_capacity(256 * 1024, file);
        for place in &self.places {
            for length in [place.key_length, place.value_length] {
                out.write_all(&(length as u64).to_le_bytes()).map_err(StoreError::io(path))?;
            }
            out.write_all(self.key(*place)).map_err(StoreError::io(path))?;
            out.write_all(self.value(*place)).map_err(StoreError::io(path))?;
        }
        out.flush().map_err(StoreError::io(path))?;
        self.bytes.clear();
        self.places.clear();
        Ok(self)
    }
}

/// The first eight bytes of `key` as a number that sorts like them; what is missing counts as 0.
pub(crate) fn head(key: &[u8]) -> u64 {
    if let Some(head) = key.first_chunk() {
        return u64::from_be_bytes(*head);
    }
    let mut head = [0; 8];
    for (to, from) in head.iter_mut().zip(key) {
        *to = *from;
    }
    u64::from_be_bytes(head)
}

impl Sorter {
    /// A sort that keeps its runs in `dir`, in files that begin with `name`.
    pub fn new(dir: &Path, name: &str, limit: usize) -> Self {
        Self {
            dir: dir.to_owned(),
            name: format!("{name}.{}", SORTS.fetch_add(1, atomic::Ordering::Relaxed)),
            limit,
            batch: Batch::default(),
            spilling: None,
            runs: Vec::new(),
        }
    }

    /// Takes one record.
    pub fn push(
        &mut self,
        key: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
    ) -> Result<(), StoreError> {
        self.batch.push(key.as_ref(), value.as_ref());
        if self.batch.size() >= self.limit { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> Result<(), StoreError> {
        let empty = self.landed()?;
        let batch = std::mem::replace(&mut self.batch, empty);
        let path = self.dir.join(format!("{}.{}.{RUN}", self.name, self.runs.len()));
        self.runs.push(path.clone());
        let thread = std::thread::Builder::new()
            .name("sorter".to_owned())
            .spawn(move || batch.spill(&path))
            .map_err(StoreError::io(Path::new("the sorter's thread")))?;
        self.spilling = Some(thread);
        Ok(())
    }

    /// Waits for the batch that is on its way to the disk, and takes its room.
    fn landed(&mut self) -> Result<Batch, StoreError> {
        match self.spilling.take() {
            None => Ok(Batch::default()),
            Some(thread) => thread.join().unwrap_or(Err(StoreError::WriterLost)),
        }
    }

    /// Everything that was pushed, ascending.
    pub fn finish(mut self) -> Result<Sorted, StoreError> {
        self.landed()?;
        let mut batch = std::mem::take(&mut self.batch);
        batch.sort();
        let mut runs = Vec::new();
        for path in &self.runs {
            let file = File::open(path).map_err(StoreError::io(path))?;
            runs.push(Run::File(path.clone(), BufReader::with_capacity(64 * 1024, file)));
        }
        runs.push(Run::Memory(batch, 0));
        let mut sorted = Sorted { runs, heads: BinaryHeap::new(), _files: self };
        for index in 0..sorted.runs.len() {
            sorted.advance(index)?;
        }
        Ok(sorted)
    }
}

impl Drop for Sorter {
    fn drop(&mut self) {
        // Only then is the last file there to be removed.
        let _ = self.landed();
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
    heads: BinaryHeap<Reverse<Next>>,
    _files: Sorter,
}

/// The next record of a run.
#[derive(Debug, PartialEq, Eq)]
struct Next {
    key: Vec<u8>,
    /// Which run. It keeps equal keys in the order they came: runs are in that order.
    run: usize,
    value: Vec<u8>,
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key).then(self.run.cmp(&other.run))
    }
}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Debug)]
enum Run {
    File(PathBuf, BufReader<File>),
    /// A sorted batch, and the place of its next record.
    Memory(Batch, usize),
}

impl Run {
    fn next(&mut self) -> Result<Option<Record>, StoreError> {
        match self {
            Self::Memory(batch, next) => {
                let Some(place) = batch.places.get(*next).copied() else { return Ok(None) };
                *next += 1;
                Ok(Some((batch.key(place).to_vec(), batch.value(place).to_vec())))
            }
            Self::File(path, input) => {
                let mut lengths = [[0; 8]; 2];
                match input.read_exact(lengths.as_flattened_mut()) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
                    Err(error) => return Err(StoreError::io(path)(error)),
                }
                let lengths = lengths.map(u64::from_le_bytes);
                let [key, value] = lengths.map(|length| {
                    let mut bytes = Vec::new();
                    let read = input.by_ref().take(length).read_to_end(&mut bytes)?;
                    let is_whole = read as u64 == length;
                    if is_whole { Ok(bytes) } else { Err(ErrorKind::UnexpectedEof.into()) }
                });
                let key = key.map_err(StoreError::io(path))?;
                let value = value.map_err(StoreError::io(path))?;
                Ok(Some((key, value)))
            }
        }
    }
}

impl Sorted {
    fn advance(&mut self, index: usize) -> Result<(), StoreError> {
        if let Some(run) = self.runs.get_mut(index)
            && let Some((key, value)) = run.next()?
        {
            self.heads.push(Reverse(Next { key, run: index, value }));
        }
        Ok(())
    }
}

impl Iterator for Sorted {
    type Item = Result<Record, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse(Next { key, run, value }) = self.heads.pop()?;
        Some(self.advance(run).map(|()| (key, value)))
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
            // Keys shorter and longer than what is compared first, some of them equal.
            let first = u8::try_from(number >> 24).unwrap() % 50;
            let key = vec![first; usize::from(first) % 12];
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

    #[test]
    fn a_sort_that_is_dropped_leaves_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(dir.path(), "test", 100);
        for number in 0..100_u32 {
            sorter.push(number.to_be_bytes(), []).unwrap();
        }
        drop(sorter);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
