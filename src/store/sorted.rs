//! An immutable file of key and value pairs, ascending and each key once.
//!
//! Blocks of about 4 KiB, each with a checksum, then an index of every block's first key. Only the
//! index is held in memory; a lookup reads one block.
//!
//! `magic · block* · index · trailer`; a block is `length u32 · crc u32 · (key length u16 · value
//! length u32 · key · value)*`, the index has one entry `(offset u64 · key length u16 · key)` a block,
//! the trailer is `index offset u64 · records u64 · index crc u32 · magic`. Numbers are little-endian.

pub(crate) mod check;

use std::cell::RefCell;
use std::fs::File;
use std::io::BufWriter;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::store::StoreError;
use crate::store::sorted::index::Index;
use crate::store::sorted::index::IndexWriter;

pub(crate) mod index;

const MAGIC: [u8; 8] = *b"chabei\x00\x01";
const TRAILER: usize = 28;

/// What a block holds at least, in bytes, where reading on is more usual than looking up.
const BLOCK: usize = 4096;

/// The same where records are small and looked up one by one.
pub(crate) const SMALL_BLOCK: usize = 1024;

thread_local! {
    /// The block that a look-up reads, kept for the next one.
    static READ: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes a sorted file from front to back.
#[derive(Debug)]
pub struct SortedWriter {
    path: PathBuf,
    out: BufWriter<File>,
    offset: u64,
    block_size: usize,
    block: Vec<u8>,
    first_key: Vec<u8>,
    last_key: Option<Vec<u8>>,
    index: IndexWriter,
    records: u64,
}

impl SortedWriter {
    /// Begins a new file at `path`, in place of what was there.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        Self::with_blocks(path, BLOCK)
    }

    /// The same, with blocks of about `block_size` bytes.
    pub(crate) fn with_blocks(path: &Path, block_size: usize) -> Result<Self, StoreError> {
        let file = File::create(path).map_err(StoreError::io(path))?;
        let mut out = BufWriter::with_capacity(256 * 1024, file);
        out.write_all(&MAGIC).map_err(StoreError::io(path))?;
        Ok(Self {
            path: path.to_owned(),
            out,
            offset: MAGIC.len() as u64,
            block_size,
            block: Vec::with_capacity(2 * block_size),
            first_key: Vec::new(),
            last_key: None,
            index: IndexWriter::default(),
            records: 0,
        })
    }

    /// Adds a record; keys must ascend.
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let misfit =
            |what| StoreError::Damaged { path: self.path.clone(), offset: self.offset, what };
        if self.last_key.as_deref().is_some_and(|last| last >= key) {
            return Err(misfit("keys do not ascend"));
        }
        let key_length = u16::try_from(key.len()).map_err(|_| misfit("the key is too long"))?;
        let value_length =
            u32::try_from(value.len()).map_err(|_| misfit("the value is too long"))?;
        if self.block.is_empty() {
            self.first_key = key.to_vec();
        }
        self.block.extend_from_slice(&key_length.to_le_bytes());
        self.block.extend_from_slice(&value_length.to_le_bytes());
        self.block.extend_from_slice(key);
        self.block.extend_from_slice(value);
        let last = self.last_key.get_or_insert_default();
        last.clear();
        last.extend_from_slice(key);
        self.records += 1;
        if self.block.len() >= self.block_size { self.end_block() } else { Ok(()) }
    }

    fn end_block(&mut self) -> Result<(), StoreError> {
        if self.block.is_empty() {
            return Ok(());
        }
        self.index.push(self.offset, &self.first_key);
        let length = u32::try_from(self.block.len()).map_err(|_| StoreError::Damaged {
            path: self.path.clone(),
            offset: self.offset,
            what: "the value is too long",
        })?;
        let crc = crc32fast::hash(&self.block);
        let header = [length.to_le_bytes(), crc.to_le_bytes()].concat();
        self.write(&header)?;
        let block = std::mem::take(&mut self.block);
        self.write(&block)?;
        self.block = block;
        self.block.clear();
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.out.write_all(bytes).map_err(StoreError::io(&self.path))?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// Ends the file and sees it onto the disk. Returns the number of records.
    pub fn finish(mut self) -> Result<u64, StoreError> {
        self.end_block()?;
        let index_offset = self.offset;
        let index = std::mem::take(&mut self.index).into_bytes();
        self.write(&index)?;
        let mut trailer = Vec::with_capacity(TRAILER);
        trailer.extend_from_slice(&index_offset.to_le_bytes());
        trailer.extend_from_slice(&self.records.to_le_bytes());
        trailer.extend_from_slice(&crc32fast::hash(&index).to_le_bytes());
        trailer.extend_from_slice(&MAGIC);
        self.write(&trailer)?;
        let file = self.out.into_inner().map_err(|error| StoreError::Io {
            path: self.path.clone(),
            source: error.into_error(),
        })?;
        file.sync_all().map_err(StoreError::io(&self.path))?;
        Ok(self.records)
    }
}

/// A sorted file, open for reading. Cheap to clone; stays readable when the file is replaced.
#[derive(Debug, Clone)]
pub struct SortedFile {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
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
        if magic != MAGIC {
            return Err(damaged(trailer_at, "it does not end as a sorted file of this format"));
        }
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
        let index =
            Index::of(bytes, index_at).ok_or_else(|| damaged(index_at, "the index is cut"))?;
        Ok(Self { inner: Arc::new(Inner { path: path.to_owned(), file, records, index }) })
    }

    /// The number of records.
    pub fn count(&self) -> u64 {
        self.inner.records
    }

    /// The value of `key`.
    pub fn value_of(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.find(key, <[u8]>::to_vec)
    }

    /// What `read` makes of the value of `key`. Costs one read of one block, and no memory beyond
    /// what `read` takes.
    pub fn find<T>(
        &self,
        key: &[u8],
        read: impl FnOnce(&[u8]) -> T,
    ) -> Result<Option<T>, StoreError> {
        let inner = &self.inner;
        let Some(place) = inner.index.block_of(key) else { return Ok(None) };
        // Whoever reads a value while reading a value gets a block of its own.
        let mut block = READ.try_with(RefCell::take).unwrap_or_default();
        let found = inner.read_block(place, &mut block).map(|bytes| {
            let mut rest = bytes;
            while let Some((found, value, after)) = record(rest) {
                if found == key {
                    return Some(read(value));
                }
                if found > key {
                    break;
                }
                rest = after;
            }
            None
        });
        let _ = READ.try_with(|read| read.replace(block));
        found
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
    fn records_from(&self, key: &[u8]) -> Records {
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
