//! Writes sorted files.

use std::fs::File;
use std::io::BufWriter;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use crate::store::StoreError;
use crate::store::sorted::BLOCK;
use crate::store::sorted::MAGIC;
use crate::store::sorted::TRAILER;
use crate::store::sorted::index::IndexWriter;
use crate::store::sorted::index::Mask;

/// Writes a sorted file from front to back.
#[derive(Debug)]
pub struct SortedWriter {
    path: PathBuf,
    out: BufWriter<File>,
    offset: u64,
    block_size: usize,
    block: Vec<u8>,
    first_key: Vec<u8>,
    mask: Mask,
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
            mask: Mask::default(),
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
        self.mask.add(key);
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
        self.index.push(self.offset, std::mem::take(&mut self.mask), &self.first_key);
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
