//! The rows of the catalogue: one after the other in a file without a name, a newer one of the same
//! finding after the older.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::path::PathBuf;

use crate::facts::dossier::Place;
use crate::facts::finding::Finding;
use crate::store::StoreError;
use crate::store::catalogue::Row;
use crate::store::encoding;

/// Where a row lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    offset: u64,
    length: u32,
}

/// So much of the file may hold rows that are no more, beside as much as holds living ones.
const WASTE: u64 = 64 * 1024 * 1024;

/// So much is written at once.
const BUFFER: usize = 1024 * 1024;

/// The file.
#[derive(Debug)]
pub(super) struct RowFile {
    file: File,
    dir: PathBuf,
    /// What is on the disk.
    written: u64,
    /// What comes after it.
    buffer: Vec<u8>,
}

impl At {
    pub(super) fn length(self) -> u64 {
        self.length.into()
    }
}

impl RowFile {
    pub(super) fn create(dir: &Path) -> Result<Self, StoreError> {
        let file = tempfile::tempfile_in(dir).map_err(StoreError::io(dir))?;
        Ok(Self { file, dir: dir.to_owned(), written: 0, buffer: Vec::new() })
    }

    /// An empty one beside it.
    pub(super) fn another(&self) -> Result<Self, StoreError> {
        Self::create(&self.dir)
    }

    pub(super) fn append(
        &mut self,
        finding: &Finding,
        place: Option<Place>,
    ) -> Result<At, StoreError> {
        self.append_bytes(&encoding::encode("row", &(finding, place))?)
    }

    fn append_bytes(&mut self, bytes: &[u8]) -> Result<At, StoreError> {
        let offset = self.written + self.buffer.len() as u64;
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER {
            self.flush()?;
        }
        Ok(At { offset, length })
    }

    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        let written = self.file.write_all_at(&self.buffer, self.written);
        written.map_err(StoreError::io(&self.dir))?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn bytes(&self, at: At) -> Result<Vec<u8>, StoreError> {
        let mut bytes = vec![0; at.length as usize];
        match at.offset.checked_sub(self.written) {
            None => {
                self.file
                    .read_exact_at(&mut bytes, at.offset)
                    .map_err(StoreError::io(&self.dir))?;
            }
            Some(begin) => {
                let begin = usize::try_from(begin).unwrap_or(usize::MAX);
                let end = begin.saturating_add(bytes.len());
                let kept = self.buffer.get(begin..end).ok_or(StoreError::CatalogueBroken)?;
                bytes.copy_from_slice(kept);
            }
        }
        Ok(bytes)
    }

    pub(super) fn read(&self, at: At) -> Result<Row, StoreError> {
        let (finding, place) = encoding::decode("row", &self.bytes(at)?)?;
        Ok(Row { finding, place })
    }

    /// Takes a row over from `other`.
    pub(super) fn copy(&mut self, other: &Self, at: At) -> Result<At, StoreError> {
        self.append_bytes(&other.bytes(at)?)
    }

    /// Whether more of it is dead than the `live` bytes and what may be wasted.
    pub(super) fn is_wasteful(&self, live: u64) -> bool {
        self.written > live.saturating_mul(2).saturating_add(WASTE)
    }
}
