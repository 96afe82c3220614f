//! An immutable file of key and value pairs, ascending and each key once.
//!
//! Blocks of about 4 KiB, each with a checksum, then an index of every block's first key, and of which
//! keys it may hold. Only the index is held in memory; a lookup reads one block, and most lookups of
//! what is not there read none.
//!
//! `magic · block* · index · trailer`; a block is `length u32 · crc u32 · (key length u16 · value
//! length u32 · key · value)*`, the index has one entry `(offset u64 · mask u64 · key length u16 · key)` a
//! block, the trailer is `index offset u64 · records u64 · index crc u32 · magic`. Numbers are
//! little-endian. Files of the first format have no masks.

pub(crate) mod check;

use std::cell::RefCell;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use crate::store::StoreError;
use crate::store::sorted::index::Entries;
use crate::store::sorted::index::Index;

pub use crate::store::sorted::writer::SortedWriter;

pub(crate) mod index;
mod writer;

const MAGIC: [u8; 8] = *b"chabei\x00\x02";
const FIRST_MAGIC: [u8; 8] = *b"chabei\x00\x01";
const TRAILER: usize = 28;

/// What a block holds at least, in bytes, where reading on is more usual than looking up.
pub(crate) const BLOCK: usize = 4096;

/// The same where records are small and looked up one by one.
pub(crate) const SMALL_BLOCK: usize = 256;

/// The same where records are read one after the other, and seldom looked up: the index takes an eighth
/// of the memory.
pub(crate) const LARGE_BLOCK: usize = 32 * 1024;

/// The block that a look-up read, kept for the next one: whoever asks in the file's order asks the same
/// block several times.
#[derive(Debug, Default)]
struct Kept {
    /// Which file, by [`Inner::id`], and the block's place there; `None` while it holds no sound block.
    of: Option<(u64, usize)>,
    /// The block as it stands in the file, with its head.
    block: Vec<u8>,
}

thread_local! {
    static KEPT: RefCell<Kept> = const { RefCell::new(Kept { of: None, block: Vec::new() }) };
}

/// Tells open files apart.
static OPENED: AtomicU64 = AtomicU64::new(0);

/// A sorted file, open for reading. Cheap to clone; stays readable when the file is replaced.
#[derive(Debug, Clone)]
pub struct SortedFile {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// No other file that was opened has it.
    id: u64,
    magic: [u8; 8],
    path: PathBuf,
    file: File,
    records: u64,
    index: Index,
}

impl SortedFile {
    /// Opens the file at `path` and reads its index.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let damaged = |offset, what| StoreError::Damaged { path: path.to_owned(), offset, what };
        let file = File::open(path).map_err(StoreError::io(path))?;
        let length = file.metadata().map_err(StoreError::io(path))?.len();
        let trailer_at = length
            .checked_sub(TRAILER as u64)
            .ok_or_else(|| damaged(0, "shorter than its trailer"))?;
        let mut trailer = [0; TRAILER];
        file.read_exact_at(&mut trailer, trailer_at).map_err(StoreError::io(path))?;
        let (numbers, magic) = trailer.split_at(20);
        let (magic, entries) = match magic {
            magic if magic == MAGIC => (MAGIC, Entries::Masked),
            magic if magic == FIRST_MAGIC => (FIRST_MAGIC, Entries::Plain),
            _ => {
                return Err(damaged(trailer_at, "it does not end as a sorted file of this format"));
            }
        };
        let (index_at, rest) = take_u64(numbers).unwrap_or_default();
        let (records, rest) = take_u64(rest).unwrap_or_default();
        let (crc, _) = take_u32(rest).unwrap_or_default();
        let index_length = trailer_at
            .checked_sub(index_at)
            .and_then(|length| usize::try_from(length).ok())
            .ok_or_else(|| damaged(trailer_at, "the index lies outside"))?;
        let mut bytes = vec![0; index_length];
        file.read_exact_at(&mut bytes, index_at).map_err(StoreError::io(path))?;
        if crc32fast::hash(&bytes) != crc {
            return Err(damaged(index_at, "the index does not match its checksum"));
        }
        let index = Index::of(&bytes, entries, index_at)
            .ok_or_else(|| damaged(index_at, "the index is cut"))?;
        let id = OPENED.fetch_add(1, Ordering::Relaxed);
        let inner = Inner { id, magic, path: path.to_owned(), file, records, index };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The number of records.
    pub fn count(&self) -> u64 {
        self.inner.records
    }

    /// The value of `key`.
    pub fn value_of(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.find(key, <[u8]>::to_vec)
    }

    /// What `read` makes of the value of `key`. Costs one read of one block at the most, and no memory
    /// beyond what `read` takes.
    pub fn find<T>(
        &self,
        key: &[u8],
        read: impl FnOnce(&[u8]) -> T,
    ) -> Result<Option<T>, StoreError> {
        let inner = &self.inner;
        let place = inner.index.block_of(key).filter(|place| inner.index.may_hold(*place, key));
        let Some(place) = place else { return Ok(None) };
        // Whoever reads a value while reading a value gets a block of its own.
        let mut kept = KEPT.try_with(RefCell::take).unwrap_or_default();
        if kept.of != Some((inner.id, place)) {
            kept.of = None;
            inner.read_block(place, &mut kept.block)?;
            kept.of = Some((inner.id, place));
        }
        let found = value_in(kept.block.get(HEAD..).unwrap_or_default(), key).map(read);
        let _ = KEPT.try_with(|cell| cell.replace(kept));
        Ok(found)
    }

    /// Every record whose key begins with `prefix`, ascending.
    pub fn with_prefix(
        &self,
        prefix: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, Vec<u8>), StoreError>> + use<> {
        let prefix = prefix.to_vec();
        self.records_from(&prefix).take_while(move |record| match record {
            Ok((key, _)) => key.starts_with(&prefix),
            Err(_) => true,
        })
    }

    /// Gives every record to `take`, ascending, as it lies in its block: key, then value.
    pub(crate) fn each<E: From<StoreError>>(
        &self,
        mut take: impl FnMut(&[u8], &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut records = self.all();
        while records.read_block()? {
            while let Some((key, value)) = records.record() {
                take(key, value)?;
            }
        }
        Ok(())
    }

    /// The records for several threads, block by block.
    pub(crate) fn shared(&self) -> Shared {
        Shared { inner: Arc::clone(&self.inner), next: AtomicUsize::new(0) }
    }

    /// Every record, ascending.
    pub fn all(&self) -> Records {
        Records {
            inner: Arc::clone(&self.inner),
            next_block: 0,
            block: Vec::new(),
            at: 0,
            from: None,
        }
    }

    /// Every record from `key` on, ascending.
    pub(crate) fn records_from(&self, key: &[u8]) -> Records {
        Records {
            next_block: self.inner.index.block_of(key).unwrap_or(0),
            from: Some(key.to_vec()),
            ..self.all()
        }
    }
}

impl Inner {
    /// Reads the block in the place `place` into `buffer`, and gives its records.
    fn read_block<'b>(
        &self,
        place: usize,
        buffer: &'b mut Vec<u8>,
    ) -> Result<&'b [u8], StoreError> {
        let Some((offset, end)) = self.index.bounds(place) else { return Ok(&[]) };
        let damaged = |what| StoreError::Damaged { path: self.path.clone(), offset, what };
        let length = end.checked_sub(offset).and_then(|length| usize::try_from(length).ok());
        buffer.resize(length.ok_or_else(|| damaged("the blocks do not follow each other"))?, 0);
        self.file.read_exact_at(buffer, offset).map_err(|_| damaged("the block is cut"))?;
        let (length, rest) = take_u32(buffer).unwrap_or_default();
        let (crc, records) = take_u32(rest).unwrap_or_default();
        if usize::try_from(length).ok() != Some(records.len()) {
            return Err(damaged("the block does not end where the next begins"));
        }
        if crc32fast::hash(records) != crc {
            return Err(damaged("the block does not match its checksum"));
        }
        Ok(records)
    }
}

/// The first record of a block's `bytes`: key, value, and what comes after it.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (key_length, rest) = take_u16(bytes)?;
    let (value_length, rest) = take_u32(rest)?;
    let (key, rest) = rest.split_at_checked(usize::from(key_length))?;
    let (value, rest) = rest.split_at_checked(usize::try_from(value_length).ok()?)?;
    Some((key, value, rest))
}

/// The value of `key` among a block's `records`.
fn value_in<'b>(records: &'b [u8], key: &[u8]) -> Option<&'b [u8]> {
    let mut rest = records;
    while let Some((found, value, after)) = record(rest) {
        // The first bytes tell most keys apart, and cost no call.
        if found.first_chunk::<8>() == key.first_chunk() && found == key {
            return Some(value);
        }
        rest = after;
    }
    None
}

/// Records of a sorted file for several threads: no block is given twice.
#[derive(Debug)]
pub(crate) struct Shared {
    inner: Arc<Inner>,
    next: AtomicUsize,
}

impl Shared {
    /// What `read` makes of each record of the next block, key and value; `None` after the last one.
    pub(crate) fn next<T>(
        &self,
        mut read: impl FnMut(&[u8], &[u8]) -> Result<T, StoreError>,
    ) -> Result<Option<Vec<T>>, StoreError> {
        let place = self.next.fetch_add(1, Ordering::Relaxed);
        if place >= self.inner.index.blocks() {
            return Ok(None);
        }
        let (mut block, mut records) = (Vec::new(), Vec::new());
        let mut rest = self.inner.read_block(place, &mut block)?;
        while let Some((key, value, after)) = record(rest) {
            records.push(read(key, value)?);
            rest = after;
        }
        Ok(Some(records))
    }
}

/// Records of a sorted file in order.
#[derive(Debug)]
pub struct Records {
    inner: Arc<Inner>,
    next_block: usize,
    /// The block as it stands in the file, with its head.
    block: Vec<u8>,
    at: usize,
    /// Records below this key are passed over, once.
    from: Option<Vec<u8>>,
}

/// The length and the checksum before the records of a block, in bytes.
const HEAD: usize = 8;

impl Records {
    /// Reads the next block; `false` after the last one.
    fn read_block(&mut self) -> Result<bool, StoreError> {
        if self.next_block >= self.inner.index.blocks() {
            return Ok(false);
        }
        self.inner.read_block(self.next_block, &mut self.block)?;
        self.at = HEAD;
        self.next_block += 1;
        Ok(true)
    }

    fn record(&mut self) -> Option<(&[u8], &[u8])> {
        let (key, value, _) = record(self.block.get(self.at..)?)?;
        self.at += 6 + key.len() + value.len();
        Some((key, value))
    }
}

impl Iterator for Records {
    type Item = Result<(Vec<u8>, Vec<u8>), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let from = self.from.take();
            if let Some((key, value)) = self.record() {
                if from.as_deref().is_some_and(|from| key < from) {
                    self.from = from;
                    continue;
                }
                return Some(Ok((key.to_vec(), value.to_vec())));
            }
            self.from = from;
            match self.read_block() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.next_block = usize::MAX;
                    self.block.clear();
                    return Some(Err(error));
                }
            }
        }
    }
}

fn take_u16(bytes: &[u8]) -> Option<(u16, &[u8])> {
    bytes.split_first_chunk().map(|(number, rest)| (u16::from_le_bytes(*number), rest))
}

fn take_u32(bytes: &[u8]) -> Option<(u32, &[u8])> {
    bytes.split_first_chunk().map(|(number, rest)| (u32::from_le_bytes(*number), rest))
}

fn take_u64(bytes: &[u8]) -> Option<(u64, &[u8])> {
    bytes.split_first_chunk().map(|(number, rest)| (u64::from_le_bytes(*number), rest))
}

#[cfg(test)]
mod tests;
