//! Every byte of a sorted file held against its checksums, and every row shown to whoever knows it.

use std::path::Path;

use crate::store::StoreError;
use crate::store::sorted::SortedFile;
use crate::store::sorted::record;

/// What one file holds.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Rows in sound blocks.
    pub(crate) records: u64,
    /// What is wrong, and from which byte on.
    pub(crate) faults: Vec<(u64, String)>,
}

/// Tells what is wrong with a row: key, then value.
pub(crate) type RowFault<'a> = &'a dyn Fn(&[u8], &[u8]) -> Option<String>;

/// Reads the file at `path` to its end; a block that is damaged does not hide the next.
pub(crate) fn inspect_file(path: &Path, row_fault: RowFault<'_>) -> Result<Seen, StoreError> {
    let file = SortedFile::open(path)?;
    let mut seen = Seen::default();
    let inner = &file.inner;
    let mut beginning = [0; 8];
    let read = std::os::unix::fs::FileExt::read_exact_at(&inner.file, &mut beginning, 0);
    read.map_err(StoreError::io(path))?;
    if beginning != inner.magic {
        seen.faults.push((0, "it does not begin as a sorted file of this format".to_owned()));
    }
    let (mut last, mut buffer): (Option<Vec<u8>>, Vec<u8>) = (None, Vec::new());
    for place in 0..inner.index.blocks() {
        let offset = inner.index.bounds(place).map_or(0, |(offset, _)| offset);
        if place == 0 && offset != inner.magic.len() as u64 {
            seen.faults
                .push((offset, "the first block does not stand at the beginning".to_owned()));
        }
        let mut rest = match inner.read_block(place, &mut buffer) {
            Ok(records) => records,
            Err(StoreError::Damaged { offset, what, .. }) => {
                seen.faults.push((offset, what.to_owned()));
                continue;
            }
            Err(error) => return Err(error),
        };
        let mut first = inner.index.first_key(place);
        while let Some((key, value, after)) = record(rest) {
            seen.records += 1;
            if first.take().is_some_and(|first| first != key) {
                seen.faults.push((offset, "the index leads to another block".to_owned()));
            }
            if last.as_deref().is_some_and(|last| last >= key) {
                seen.faults.push((offset, "keys do not ascend".to_owned()));
            }
            if let Some(what) = row_fault(key, value) {
                seen.faults.push((offset, what));
            }
            last = Some(key.to_vec());
            rest = after;
        }
        if !rest.is_empty() {
            seen.faults.push((offset, "a record does not end where its block does".to_owned()));
        }
    }
    if seen.records != file.count() && seen.faults.is_empty() {
        seen.faults.push((0, "it has not as many rows as it says".to_owned()));
    }
    Ok(seen)
}
