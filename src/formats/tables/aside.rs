//! What is told of a row beside it: where it begins, and what it seemed to say where it is refused.

use std::cell::Cell;
use std::cell::RefCell;

/// What is told of a row beside it.
#[derive(Debug, Default)]
pub(crate) struct Aside {
    /// Where the row begins that was given last, as in [`crate::formats::tables::Refusal`].
    line: Cell<u64>,
    /// The cells of the row that was refused last, by column; by the empty name those of no column.
    spoilt: RefCell<Vec<(&'static str, String)>>,
}

impl Aside {
    /// The next row begins at `line`.
    pub(crate) fn at(&self, line: u64) {
        self.line.set(line);
    }

    /// The row is refused, and these are its cells.
    pub(crate) fn spoil(&self, cells: Vec<(&'static str, String)>) {
        self.spoilt.replace(cells);
    }

    /// The cells of the row that was refused last.
    pub(super) fn taken(&self) -> Vec<(&'static str, String)> {
        self.spoilt.take()
    }

    /// Where the row begins that was given last.
    pub(super) fn line(&self) -> u64 {
        self.line.get()
    }
}
