//! The whole store as JSON lines, out and in: every row of the registers, every outcome of the nights
//! under way, and every record beside them, each on a line of its own as the facts that it holds.
//!
//! The first line tells the format, the last one how many records of each kind there are and the
//! SHA-256 of everything above it, so that a file that was cut or changed is no export any more. What
//! follows from other records (indexes, briefs, subjects) is not written, but made anew. Evidence stays
//! in its own files, WARC, which anybody can read: the records say which, and where in them.

mod export;
mod fill;
mod key;
mod kinds;
mod lines;
mod nights;
mod registers;

use std::io;
use std::path::Path;

use crate::store::StoreError;
use crate::store::findings::Findings;
use crate::store::registers::Registers;

pub use crate::store::portable::export::export;
pub use crate::store::portable::fill::import;
pub(crate) use crate::store::portable::key::Part;
pub(crate) use crate::store::portable::kinds::Kind;
pub(crate) use crate::store::portable::kinds::Pairs;
pub(crate) use crate::store::portable::kinds::Tree;
pub use crate::store::portable::lines::Counts;

/// What is written and read.
#[derive(Debug, Clone, Copy)]
pub struct Store<'a> {
    /// The registers.
    pub registers: &'a Registers,
    /// Findings, and what lies in their database.
    pub findings: &'a Findings,
    /// Where the journals of nights are.
    pub nights: &'a Path,
}

/// Why the store could not be written or read as lines.
#[derive(Debug, thiserror::Error)]
pub enum PortableError {
    /// The store itself failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be written or read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A line is not as it was written.
    #[error("line {line}: {what}")]
    Line {
        /// Which, from 1.
        line: u64,
        /// What is wrong with it; says nothing that the line says.
        what: String,
    },
    /// A record cannot be told as JSON.
    #[error("a stored {kind} cannot be written as JSON: {source}")]
    Text {
        /// Of which kind.
        kind: &'static str,
        /// What the codec said.
        source: serde_json::Error,
    },
    /// There is something that an export would leave out.
    #[error(
        "the tree {tree} holds a record that this program does not know; use the program that wrote it"
    )]
    Unknown {
        /// Where.
        tree: String,
    },
}

#[cfg(test)]
mod tests;
