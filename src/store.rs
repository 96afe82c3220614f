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
    #[error("the findings in {} cannot be used: {source}; if this stays, move the folder aside and restore it from a backup (the nights' journals lie beside it)", path.display())]
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

impl StoreError {
    /// Names `path` in an I/O error.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Io { path: path.to_owned(), source }
    }
}
