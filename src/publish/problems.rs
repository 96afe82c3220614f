//! The problems of a register: counted for each provider, and one by one for those who mend them.

pub mod allocations;
pub mod filings;
mod table;
mod workbook;

use std::io;
use std::io::Write;

use csv::Terminator;
use csv::WriterBuilder;
use jiff::civil::Date;
use serde::Serialize;

use crate::facts::bureau::Bureau;
use crate::facts::provider::ProviderId;
use crate::publish::findings::csv::unwrapped;
pub use crate::publish::problems::table::Counts;
pub use crate::publish::problems::table::table;
pub use crate::publish::problems::workbook::workbook;
use crate::publish::text::defused;
use crate::publish::view::ProviderNames;

/// What a problem is counted by.
pub trait Tallied {
    /// Who must mend it; nobody where that is not known.
    fn providers(&self) -> &[ProviderId];

    /// Whose to follow.
    fn bureau(&self) -> Bureau;

    /// Which of [`Shown::KINDS`] it is.
    fn kind(&self) -> usize;

    /// Whether it is still to be mended.
    fn stands(&self) -> bool;

    /// Whether it is still to be mended after its day.
    fn is_overdue(&self, today: Date) -> bool;
}

/// A kind of problem, as it is counted and shown.
pub trait Shown: Tallied {
    /// A problem as JSON, and what its cells are made of.
    type View: Serialize;

    /// What is above the counts.
    const TITLE: &'static str;
    /// What a workbook's sheet is called.
    const SHEET: &'static str;
    /// What is counted apart.
    const KINDS: &'static [&'static str];
    /// Whose a problem is said to be that is no provider's.
    const NOBODY: &'static str;
    /// What stands before the sums; a problem counts once in them, whoever must mend it.
    const SUM: &'static str;
    /// The headings of the table of problems.
    const HEADINGS: [&'static str; 8];
    /// The columns of CSV and of workbooks.
    const COLUMNS: &'static [Column];

    /// The view of it on the day `today`.
    fn view(&self, names: &ProviderNames, today: Date) -> Self::View;

    /// The cells below [`Self::HEADINGS`], printable.
    fn row(view: &Self::View) -> [String; 8];

    /// The cells of [`Self::COLUMNS`].
    fn cells(view: &Self::View) -> Vec<String>;
}

/// Name in files, heading for people, width in a workbook.
pub type Column = (&'static str, &'static str, u8);

/// Writes one JSON object a line.
pub fn jsonl(rows: impl Iterator<Item = impl Serialize>, out: &mut impl Write) -> io::Result<()> {
    for row in rows {
        serde_json::to_writer(&mut *out, &row)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Writes CSV for spreadsheets: UTF-8 with a byte order mark, CRLF, no cell that is a formula.
pub fn csv<P: Shown>(rows: impl Iterator<Item = P::View>, out: &mut impl Write) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    writer.write_record(P::COLUMNS.iter().map(|(name, ..)| name)).map_err(unwrapped)?;
    for row in rows {
        writer.write_record(P::cells(&row).into_iter().map(defused)).map_err(unwrapped)?;
    }
    writer.flush()
}

/// By when it is to be mended, for people.
fn due_told(due: Date, is_overdue: bool, is_closed: bool) -> String {
    match (is_closed, is_overdue) {
        (true, _) => "已改正".to_owned(),
        (false, true) => format!("{due} 逾期"),
        (false, false) => due.to_string(),
    }
}
