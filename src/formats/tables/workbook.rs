//! Rows of the first sheet of an XLSX workbook. A workbook is read from its end, so it is first copied
//! to a file without a name; its sheet is then copied to another, because the rows must not borrow from
//! the workbook. Only the texts that its cells share are held in memory.

mod shared;

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::io::BufReader;
use std::io::Seek;
use std::panic;
use std::panic::AssertUnwindSafe;

use ::csv::Reader;
use ::csv::ReaderBuilder;
use ::csv::StringRecordsIntoIter;
use ::csv::Writer;
use ::csv::WriterBuilder;
use calamine::DataRef;
use calamine::ExcelDateTime;
use calamine::Reader as _;
use calamine::Xlsx;
use calamine::XlsxError;

use crate::formats::tables::Cells;
use crate::formats::tables::FileError;
use crate::formats::tables::Flaw;
use crate::formats::tables::Input;
use crate::formats::tables::RowError;

/// A row with more columns is refused.
const COLUMNS: usize = 1000;

/// A row with longer cells is refused: what they have together, in bytes.
const LONGEST_ROW: usize = 1024 * 1024;

/// From here on not every whole number is kept.
const LARGEST_WHOLE: f64 = 1e15;

/// How much of a workbook is taken, which may be a thousand times larger than its file.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Its parts; each is listed in memory.
    members: usize,
    /// The texts that cells share, in bytes; they are held in memory.
    texts: u64,
    /// All parts together, in bytes without compression.
    whole: u64,
    /// What the cells of a sheet have, in bytes, which is copied: one text may stand in every cell.
    sheet: usize,
    /// The rows of the sheet that have a cell, the heading among them.
    rows: usize,
}

impl Room {
    /// For a file of whoever runs the program.
    pub const FILE: Self = Self {
        members: usize::MAX,
        texts: 512 << 20,
        whole: u64::MAX,
        sheet: 4 << 30,
        rows: usize::MAX,
    };

    /// For what somebody sends who may send many: a table of so many rows.
    pub const fn of_rows(rows: usize) -> Self {
        Self {
            members: 1000,
            texts: 32 << 20,
            whole: 128 << 20,
            sheet: 64 << 20,
            rows: rows.saturating_add(1),
        }
    }
}

/// The rows of `input`, those without any cell left out.
pub(super) fn records(mut input: Input, room: Room) -> Result<Records, FileError> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut input, &mut file)?;
    shared::check(&mut file, room)?;
    file.rewind()?;
    // At some numbers that only a forged workbook has, its reader panics.
    let read = panic::catch_unwind(AssertUnwindSafe(|| copied(file, room)));
    let mut sheet = match read {
        Ok(sheet) => sheet?,
        Err(_) => return Err(FileError::Workbook("its numbers make no sense".to_owned())),
    };
    sheet.rewind()?;
    let reader: Reader<File> =
        ReaderBuilder::new().has_headers(false).flexible(true).from_reader(sheet);
    Ok(Records { rows: reader.into_records(), width: None })
}

/// The rows of a sheet that was copied.
pub(super) struct Records {
    rows: StringRecordsIntoIter<File>,
    /// How many cells the heading has; further rows end with their last cell that is not empty.
    width: Option<usize>,
}

impl Iterator for Records {
    type Item = Cells;

    fn next(&mut self) -> Option<Self::Item> {
        let record = match self.rows.next()? {
            Ok(record) => record,
            Err(error) => return Some(Err((RowError::Io(error.into()), Vec::new()))),
        };
        let mut cells = record.iter().map(str::to_owned);
        let line = cells.next().and_then(|line| line.parse().ok()).unwrap_or_default();
        let fault = cells.next().unwrap_or_default();
        if !fault.is_empty() {
            let flaw = Flaw { column: None, reason: fault };
            return Some(Err((RowError::refused(line, flaw), cells.collect())));
        }
        let mut cells: Vec<String> = cells.collect();
        let width = *self.width.get_or_insert(cells.len());
        cells.resize(width.max(cells.len()), String::new());
        Some(Ok((line, cells)))
    }
}

/// Copies the first sheet, so that each record is the number of a row, its fault and its cells.
fn copied(workbook: File, room: Room) -> Result<File, FileError> {
    let broken = |error: XlsxError| FileError::Workbook(error.to_string());
    let mut workbook = Xlsx::new(BufReader::new(workbook)).map_err(broken)?;
    let Some(sheet) = workbook.sheet_names().into_iter().next() else {
        return Err(FileError::Workbook("it has no sheet".to_owned()));
    };
    let mut cells = workbook.worksheet_cells_reader(&sheet).map_err(broken)?;
    let mut copy = WriterBuilder::new().flexible(true).from_writer(tempfile::tempfile()?);
    let mut row = Row::default();
    let (mut size, mut rows) = (0, 0);
    while let Some(cell) = cells.next_cell().map_err(broken)? {
        let (number, column) = cell.get_position();
        if row.number != number {
            rows += usize::from(row.write(&mut copy)?);
            size += row.size;
            row = Row { number, ..Row::default() };
        }
        if rows > room.rows {
            return Err(FileError::TooManyRows(room.rows));
        }
        if size > room.sheet {
            return Err(FileError::Workbook("its sheet is too large; write it as CSV".to_owned()));
        }
        row.put(column, &text(cell.get_value()));
    }
    rows += usize::from(row.write(&mut copy)?);
    if rows > room.rows {
        return Err(FileError::TooManyRows(room.rows));
    }
    copy.into_inner().map_err(|error| error.into_error().into())
}

/// A row while it is read.
#[derive(Default)]
struct Row {
    /// From 0.
    number: u32,
    fault: &'static str,
    cells: Vec<String>,
    /// What the cells have, in bytes.
    size: usize,
}

impl Row {
    fn put(&mut self, column: u32, text: &str) {
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        // Many a sheet has formats, and no texts, far beyond its last column.
        if text.trim().is_empty() {
            return;
        }
        let size = self.size.saturating_add(text.len());
        // The other cells are kept to tell whose row it was.
        if column >= COLUMNS {
            self.fault = "the row has more than 1000 columns";
            return;
        }
        if size > LONGEST_ROW {
            self.fault = "the row has more than 1 MiB";
            return;
        }
        self.size = size;
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        text.clone_into(&mut self.cells[column]);
    }

    /// Whether there was anything to write.
    fn write(&self, copy: &mut Writer<File>) -> io::Result<bool> {
        if self.fault.is_empty() && self.cells.is_empty() {
            return Ok(false);
        }
        let line = (u64::from(self.number) + 1).to_string();
        let start = [line.as_str(), self.fault];
        copy.write_record(start.into_iter().chain(self.cells.iter().map(String::as_str)))?;
        Ok(true)
    }
}

/// A cell as CSV would have it.
fn text<'c>(value: &'c DataRef<'_>) -> Cow<'c, str> {
    match value {
        DataRef::Empty => Cow::Borrowed(""),
        DataRef::Int(number) => number.to_string().into(),
        // Of more digits a workbook has kept 15: as it shows them, and never as if they were whole.
        DataRef::Float(number) if number.abs() >= LARGEST_WHOLE => format!("{number:E}").into(),
        DataRef::Float(number) => number.to_string().into(),
        DataRef::Bool(is_so) => is_so.to_string().into(),
        DataRef::String(text) | DataRef::DurationIso(text) => text.into(),
        DataRef::SharedString(text) => Cow::Borrowed(text),
        DataRef::DateTime(time) => day(*time).into(),
        DataRef::DateTimeIso(text) => match text.split_once('T') {
            Some((day, time)) if time.trim_matches(['0', ':', '.', 'Z']).is_empty() => day.into(),
            _ => text.into(),
        },
        DataRef::Error(error) => error.to_string().into(),
    }
}

/// A day, and the time of it where that is not its beginning.
fn day(time: ExcelDateTime) -> String {
    if time.is_duration() {
        return time.as_f64().to_string();
    }
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) {
        return date;
    }
    format!("{date} {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests;
