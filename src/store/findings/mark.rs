//! How often the database was written, kept beside it. sled takes a damaged log for a short one, or for
//! none: without a mark outside, what it lost would look as if it had never been.

use std::path::Path;
use std::path::PathBuf;

use crate::store::StoreError;

/// What stands in a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// There is none, as beside data of an older program.
    None,
    /// It cannot be read.
    Damaged,
    /// The database was written so often, at the least.
    Written(u64),
}

/// Where the mark of the database in `findings` is.
pub(crate) fn path_of(findings: &Path) -> PathBuf {
    findings.with_extension("mark")
}

/// Reads the mark of the database in `findings`.
pub(crate) fn read(findings: &Path) -> Result<Mark, StoreError> {
    let path = path_of(findings);
    let bytes = match std::fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Mark::None),
        bytes => bytes.map_err(StoreError::io(&path))?,
    };
    let text = str::from_utf8(&bytes).unwrap_or_default();
    let written = text.split(' ').next().and_then(|count| count.parse().ok());
    Ok(match written {
        Some(written) if text_of(written) == text => Mark::Written(written),
        _ => Mark::Damaged,
    })
}

/// Says that the database was written `count` times. Not seen onto the disk by itself: an older mark
/// promises less, and nothing wrong.
pub(crate) fn write(findings: &Path, count: u64) -> Result<(), StoreError> {
    let path = path_of(findings);
    let fresh = path.with_extension("mark.new");
    std::fs::write(&fresh, text_of(count)).map_err(StoreError::io(&fresh))?;
    std::fs::rename(&fresh, &path).map_err(StoreError::io(&path))
}

fn text_of(count: u64) -> String {
    format!("{count} {:08x}\n", crc32fast::hash(&count.to_be_bytes()))
}
