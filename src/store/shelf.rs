//! What waits within one night and need not outlive it: values put down on the disk and taken up
//! again by their place, and queues that are too long for memory.
//!
//! Nothing here survives a crash, and nothing needs to: what waited is found out again.

use std::collections::VecDeque;
use std::fs::File;
use std::marker::PhantomData;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::StoreError;
use crate::store::encoding;

/// The ending of every file here; what a crash leaves of them is removed when the next one begins.
const WAITING: &str = "waiting";

/// Values gather in memory until so many bytes are written at once.
const WRITTEN_AT_ONCE: usize = 256 * 1024;

/// So many records of a queue lie in one file.
const SEGMENT: usize = 1024;

/// Values of one kind on the disk.
#[derive(Debug)]
pub struct Shelf<T> {
    path: PathBuf,
    file: File,
    /// How much of it is in the file; what follows is in `fresh`.
    written: u64,
    fresh: Vec<u8>,
    kind: PhantomData<fn() -> T>,
}

/// Where a value lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot {
    offset: u64,
    length: u32,
}

/// Removes what an earlier night left waiting in `dir`.
pub fn clear_away(dir: &Path) -> Result<(), StoreError> {
    std::fs::create_dir_all(dir).map_err(StoreError::io(dir))?;
    for entry in std::fs::read_dir(dir).map_err(StoreError::io(dir))? {
        let path = entry.map_err(StoreError::io(dir))?.path();
        if path.extension().is_some_and(|ending| ending == WAITING) {
            std::fs::remove_file(&path).map_err(StoreError::io(&path))?;
        }
    }
    Ok(())
}

impl<T: Serialize + DeserializeOwned> Shelf<T> {
    /// An empty one in `dir`.
    pub fn new(dir: &Path, name: &str) -> Result<Self, StoreError> {
        let path = dir.join(format!("{name}.{WAITING}"));
        let mut options = File::options();
        options.create(true).truncate(true).read(true).write(true);
        let file = options.open(&path).map_err(StoreError::io(&path))?;
        Ok(Self { path, file, written: 0, fresh: Vec::new(), kind: PhantomData })
    }

    /// Puts `value` down.
    pub fn put(&mut self, value: &T) -> Result<Slot, StoreError> {
        let bytes = encoding::encode("waiting", value)?;
        let length = u32::try_from(bytes.len()).map_err(|_| self.damaged(self.written))?;
        let slot = Slot { offset: self.written + self.fresh.len() as u64, length };
        self.fresh.extend_from_slice(&bytes);
        if self.fresh.len() >= WRITTEN_AT_ONCE {
            let written = self.file.write_all_at(&self.fresh, self.written);
            written.map_err(StoreError::io(&self.path))?;
            self.written += self.fresh.len() as u64;
            self.fresh.clear();
        }
        Ok(slot)
    }

    /// The value that lies at `slot`.
    pub fn get(&self, slot: Slot) -> Result<T, StoreError> {
        let length = slot.length as usize;
        if let Some(start) = slot.offset.checked_sub(self.written) {
            let start = usize::try_from(start).unwrap_or(usize::MAX);
            let bytes = self.fresh.get(start..).and_then(|rest| rest.get(..length));
            let bytes = bytes.ok_or_else(|| self.damaged(slot.offset))?;
            return encoding::decode("waiting", bytes);
        }
        let mut bytes = vec![0; length];
        let read = self.file.read_exact_at(&mut bytes, slot.offset);
        read.map_err(StoreError::io(&self.path))?;
        encoding::decode("waiting", &bytes)
    }

    /// Gives the room back; no slot is good any more.
    pub fn clear(&mut self) -> Result<(), StoreError> {
        self.fresh.clear();
        if self.written > 0 {
            self.written = 0;
            self.file.set_len(0).map_err(StoreError::io(&self.path))?;
        }
        Ok(())
    }

    fn damaged(&self, offset: u64) -> StoreError {
        let what = "what was put down is not there";
        StoreError::Damaged { path: self.path.clone(), offset, what }
    }
}

impl<T> Drop for Shelf<T> {
    fn drop(&mut self) {
        // What cannot be removed now is removed when the next night begins.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A queue on the disk, first in, first out. In memory are at most `SEGMENT` records of it.
#[derive(Debug)]
pub struct Backlog<T> {
    dir: PathBuf,
    name: String,
    next: u64,
    segments: VecDeque<PathBuf>,
    newest: Vec<T>,
}

impl<T: Serialize + DeserializeOwned> Backlog<T> {
    /// An empty one in `dir`; no file is made before it is long. `name` is its own.
    pub fn new(dir: &Path, name: &str) -> Self {
        let (dir, name) = (dir.to_owned(), name.to_owned());
        Self { dir, name, next: 0, segments: VecDeque::new(), newest: Vec::new() }
    }

    /// How many records wait.
    pub fn len(&self) -> usize {
        self.segments.len() * SEGMENT + self.newest.len()
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty() && self.newest.is_empty()
    }

    /// Puts a record at the end.
    pub fn push(&mut self, record: T) -> Result<(), StoreError> {
        self.newest.push(record);
        if self.newest.len() < SEGMENT {
            return Ok(());
        }
        let path = self.dir.join(format!("{}.{}.{WAITING}", self.name, self.next));
        let bytes = encoding::encode("waiting", &self.newest)?;
        std::fs::write(&path, bytes).map_err(StoreError::io(&path))?;
        self.next += 1;
        self.segments.push_back(path);
        self.newest.clear();
        Ok(())
    }

    /// Takes the oldest records, some hundreds; none where the queue is empty.
    pub fn take(&mut self) -> Result<Vec<T>, StoreError> {
        let Some(path) = self.segments.pop_front() else {
            return Ok(std::mem::take(&mut self.newest));
        };
        let bytes = std::fs::read(&path).map_err(StoreError::io(&path))?;
        std::fs::remove_file(&path).map_err(StoreError::io(&path))?;
        encoding::decode("waiting", &bytes)
    }
}

impl<T> Drop for Backlog<T> {
    fn drop(&mut self) {
        for path in &self.segments {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(dir: &Path) -> usize {
        std::fs::read_dir(dir).unwrap().count()
    }

    #[test]
    fn what_is_put_down_is_found_again_whether_it_is_written_yet_or_not() {
        let dir = tempfile::tempdir().unwrap();
        let mut shelf = Shelf::<String>::new(dir.path(), "surveys").unwrap();
        let text = |number: usize| format!("{number}").repeat(1000);
        let slots: Vec<_> = (0..300).map(|number| shelf.put(&text(number)).unwrap()).collect();
        assert!(shelf.written > 0, "all of it is still in memory");
        let last = shelf.put(&"last".to_owned()).unwrap();
        assert_eq!(shelf.get(last).unwrap(), "last");
        for (number, slot) in slots.iter().enumerate() {
            assert_eq!(shelf.get(*slot).unwrap(), text(number));
        }
        shelf.clear().unwrap();
        assert!(shelf.get(slots[299]).is_err());
        let slot = shelf.put(&"again".to_owned()).unwrap();
        assert_eq!(shelf.get(slot).unwrap(), "again");
        drop(shelf);
        assert_eq!(files(dir.path()), 0);
    }

    #[test]
    fn a_long_queue_keeps_its_order_and_lies_on_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let mut queue = Backlog::new(dir.path(), "line");
        for number in 0..3_000_u32 {
            queue.push(number).unwrap();
        }
        assert_eq!((queue.len(), files(dir.path())), (3_000, 2));
        let mut taken: Vec<u32> = queue.take().unwrap();
        queue.push(3_000).unwrap();
        while !queue.is_empty() {
            taken.extend(queue.take().unwrap());
        }
        assert_eq!(taken, (0..=3_000).collect::<Vec<_>>());
        assert_eq!(files(dir.path()), 0);
    }

    #[test]
    fn what_a_crash_left_is_cleared_away() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("line.7.waiting"), "x").unwrap();
        std::fs::write(dir.path().join("0000001.journal"), "x").unwrap();
        clear_away(dir.path()).unwrap();
        assert_eq!(files(dir.path()), 1);
    }
}
