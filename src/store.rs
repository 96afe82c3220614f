//! The disk: what is kept, and how nothing of it gets lost.
//!
//! Findings, their changes, scans and exemptions live in sled. Registers and candidates by the ten
//! million live in immutable sorted files that are replaced in one step. A night is first written
//! to a journal, which is its truth: sled follows the journal, and after a crash catches up with it.

pub mod lock;
pub mod encoding;
pub mod sorted;
pub mod sorter;
pub mod rows;
mod unread;
pub mod registers;
pub mod import;
mod cancelling;
pub mod problems;
pub mod filings;
pub mod census;
mod garbage;
pub mod findings;
pub mod catalogue;
pub mod evidence;
mod branch;
pub mod submitted;
pub mod bulletins;
pub mod issues;
pub mod samples;
pub mod keys;
pub mod notices;
pub mod links;
pub mod journal;
pub mod examinations;
pub mod inspection;
pub mod shelf;
pub mod rests;
pub mod portable;
pub mod writer;

use std::io;
use std::path::Path;
use std::path::PathBuf;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the data.
    #[error("the data in {} are in use by another process, and nobody answers there; wait for it to end, or name another folder with --data", .0.display())]
    InUse(PathBuf),
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file does not hold what was written to it.
    #[error("{} is damaged at byte {offset}: {what}; import the register again, or restore the file from a backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// A record of a newer program, or none of ours.
    #[error(
        "a stored {what} has format {version}, which this program does not know; use the program that wrote it"
    )]
    Format {
        /// The kind of record.
        what: &'static str,
        /// The version it says.
        version: u8,
    },
    /// A record cannot be encoded or decoded.
    #[error("a stored {what} cannot be read: {source}")]
    Record {
        /// The kind of record.
        what: &'static str,
        /// What the codec said.
        source: postcard::Error,
    },
    /// sled failed.
    #[error("the findings in {} cannot be used: {source}; {}", path.display(), way_out(source))]
    Findings {
        /// sled's folder.
        path: PathBuf,
        /// What sled said.
        source: sled::Error,
    },
    /// sled does not give back what was written to it.
    #[error("the findings in {} have lost what was written to them: they are at write {is} of {was}; restore the folder and the .mark beside it from a backup, and see `check-data`", path.display())]
    Lost {
        /// sled's folder.
        path: PathBuf,
        /// The writes that it knows of.
        is: u64,
        /// The writes that there were, at the least.
        was: u64,
    },
    /// What is kept for the interface beside the findings could not be written.
    #[error("the catalogue of findings is broken, as the log tells; restart to build it anew")]
    CatalogueBroken,
    /// The manifest is not ours.
    #[error("{}: {what}; restore it from a backup, or remove the folder and import the registers again", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The writer ended before its time; its own error tells why.
    #[error("the writer of the night has stopped")]
    WriterLost,
}

/// What is to be done where sled fails.
fn way_out(error: &sled::Error) -> &'static str {
    use io::ErrorKind::QuotaExceeded;
    use io::ErrorKind::StorageFull;
    match error {
        sled::Error::Io(error) if matches!(error.kind(), StorageFull | QuotaExceeded) => {
            "the disk is full: free space, then start again; what was acknowledged is kept"
        }
        _ => {
            "start again; if this stays, move the folder aside and restore it from a backup (the nights' journals lie beside it)"
        }
    }
}

impl StoreError {
    /// Of what failed to be written: whether sled writes nothing any more until it is opened again. It
    /// remembers the first failure of the disk, such as that it was full, and gives it ever after.
    pub(crate) fn has_stopped_writing(&self) -> bool {
        matches!(self, Self::Findings { source: sled::Error::Io(_), .. })
    }

    /// Names `path` in an I/O error.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Io { path: path.to_owned(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use io::ErrorKind;

    #[test]
    fn a_full_disk_asks_for_space_and_not_for_a_backup() {
        let failed = |kind: ErrorKind| StoreError::Findings {
            path: PathBuf::from("data/findings"),
            source: sled::Error::Io(kind.into()),
        };
        // sled gives what it remembers of the first failure.
        let kept = |error: StoreError| match error {
            StoreError::Findings { path, source } => {
                StoreError::Findings { path, source: source.clone() }
            }
            other => other,
        };
        for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded] {
            let error = kept(failed(kind));
            let told = error.to_string();
            assert!(told.contains("free space, then start again"), "{told}");
            assert!(!told.contains("backup") && error.has_stopped_writing(), "{told}");
        }
        let told = failed(ErrorKind::InvalidData).to_string();
        assert!(told.contains("backup"), "{told}");
        let other = StoreError::io(Path::new("data/nights"))(ErrorKind::StorageFull.into());
        assert!(!other.has_stopped_writing(), "a file may be written again once there is space");
    }
}
