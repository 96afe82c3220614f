//! Tables of strangers with English or Chinese headings, read row by row: CSV, XLSX or JSON lines, told
//! apart by how they begin. A row that cannot be taken is refused with its place and reason, and the
//! rest goes on.

mod aside;
mod csv;
mod heading;
mod json_lines;
mod workbook;

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::io::Read;
use std::rc::Rc;

pub(crate) use crate::formats::tables::aside::Aside;
pub(crate) use crate::formats::tables::heading::column_of;
use crate::formats::tables::heading::places;
pub use crate::formats::tables::workbook::Room;

/// What is looked at to tell how a table is written, in bytes.
const SAMPLE: usize = 4096;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Lines of cells below a heading; also what is none of the others.
    Csv,
    /// An object on each line.
    JsonLines,
    /// XLSX.
    Workbook,
}

/// A column that a table may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name in files, code and the API.
    pub name: &'static str,
    /// What others call it: its Chinese headings, and its keys in their interfaces.
    pub chinese: &'static [&'static str],
}

/// The rows of one file.
pub struct Rows<T> {
    given: Box<dyn Iterator<Item = Result<T, RowError>>>,
    unknown_columns: Rc<RefCell<Vec<String>>>,
    aside: Rc<Aside>,
}

/// Why one row is not given.
#[derive(Debug)]
pub enum RowError {
    /// The row is at fault; the next ones may be good.
    Refused(Refusal),
    /// The file cannot be read any further.
    Io(io::Error),
}

/// A row that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The line of the file, or the row of the sheet, from 1, where the row begins.
    pub line: u64,
    /// The column at fault; `None` where the whole row is.
    pub column: Option<String>,
    /// What is wrong, and what would be right.
    pub reason: String,
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// There is no heading.
    #[error("the file is empty; its first line must name the columns")]
    Empty,
    /// Not one of the headings means anything here: most likely there is no heading.
    #[error("no column is known; the first line must name the columns")]
    NoColumn,
    /// A column that every row needs is not there.
    #[error("there is no column `{0}` ({1}); the first line must name the columns")]
    MissingColumn(&'static str, &'static str),
    /// Two columns have the same meaning.
    #[error("the column `{0}` is there twice")]
    TwiceColumn(&'static str),
    /// It begins like an XLSX workbook and cannot be read as one.
    #[error("it cannot be read as an XLSX workbook: {0}")]
    Workbook(String),
    /// A workbook with more rows than there is room for.
    #[error("its sheet has more than {0} rows, its heading among them")]
    TooManyRows(usize),
    /// Ranges, and nobody whose they are.
    #[error("a plain list of addresses names no holder; say whose they are with --provider")]
    NoHolder,
    /// Requests, and nothing that says to which host.
    #[error(
        "an access log without a host names no site; have the server write it first (`$host` of nginx, `%v` of Apache), as `host` of JSON lines, or as cs-host"
    )]
    NoHost,
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) column: Option<&'static str>,
    pub(crate) reason: String,
}

impl Flaw {
    pub(crate) fn of(column: &'static str, reason: impl fmt::Display) -> Self {
        Self { column: Some(column), reason: reason.to_string() }
    }
}

impl RowError {
    pub(crate) fn refused(line: u64, Flaw { column, reason }: Flaw) -> Self {
        Self::Refused(Refusal { line, column: column.map(str::to_owned), reason })
    }
}

/// One row, its cells by column.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    /// The line where the row begins, as in [`Refusal`].
    pub(crate) line: u64,
    columns: &'static [Column],
    places: &'a [Option<usize>],
    cells: &'a [String],
}

impl Record<'_> {
    fn converted<T>(&self, convert: &impl Fn(&Record<'_>) -> Result<T, Flaw>) -> Result<T, Flaw> {
        if self.cells.iter().any(|cell| cell.contains('\u{fffd}')) {
            let reason = "characters that cannot be decoded, or a line over 1 MiB".to_owned();
            return Err(Flaw { column: None, reason });
        }
        convert(self)
    }

    /// The cells that are not empty, by column; by the empty name those that stand in none.
    pub(crate) fn told(&self) -> Vec<(&'static str, String)> {
        let column = |place: usize| {
            let index = self.places.iter().position(|known| *known == Some(place));
            index.map_or("", |index| self.columns[index].name)
        };
        let cells = self.cells.iter().enumerate();
        let told = cells.map(|(place, cell)| (column(place), cell.trim().to_owned()));
        told.filter(|(_, cell)| !cell.is_empty()).collect()
    }

    /// The trimmed cell; empty where the column is missing.
    pub(crate) fn cell(&self, name: &str) -> &str {
        self.column(name).map_or("", |text| text)
    }

    /// The trimmed cell; `None` where the file has no such column.
    pub(crate) fn column(&self, name: &str) -> Option<&str> {
        let index = self.columns.iter().position(|column| column.name == name)?;
        let place = (*self.places.get(index)?)?;
        self.cells.get(place).map(|cell| cell.trim())
    }

    /// The parts of a cell that holds a list.
    pub(crate) fn list<'r>(&'r self, name: &str) -> impl Iterator<Item = &'r str> {
        self.cell(name).split([';', '；']).map(str::trim).filter(|part| !part.is_empty())
    }

    /// The cell parsed; `None` where it is empty.
    pub(crate) fn parsed<T>(&self, name: &'static str) -> Result<Option<T>, Flaw>
    where
        T: std::str::FromStr<Err: fmt::Display>,
    {
        match self.cell(name) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|error| Flaw::of(name, error)),
        }
    }

    /// The parts of a list, each parsed.
    pub(crate) fn parsed_list<T>(&self, name: &'static str) -> Result<Vec<T>, Flaw>
    where
        T: std::str::FromStr<Err: fmt::Display>,
    {
        let parts = self.list(name);
        parts.map(|part| part.parse().map_err(|error| Flaw::of(name, error))).collect()
    }

    /// A cell that says yes or no; `false` where it is empty.
    pub(crate) fn flag(&self, name: &'static str) -> Result<bool, Flaw> {
        match self.cell(name).to_lowercase().as_str() {
            "" | "false" | "no" | "0" | "否" => Ok(false),
            "true" | "yes" | "1" | "是" => Ok(true),
            _ => Err(Flaw::of(name, "it is neither true nor false")),
        }
    }

    /// The cells of those of `names` that the file has columns for, empty ones too, by name.
    pub(crate) fn given(&self, names: &[&'static str]) -> Vec<(String, String)> {
        let cell = |name: &&'static str| Some(((*name).to_owned(), self.column(name)?.to_owned()));
        names.iter().filter_map(cell).collect()
    }

    /// The cells of `names` that are not empty, by name.
    pub(crate) fn details(&self, names: &[&'static str]) -> Vec<(String, String)> {
        let cells = names.iter().map(|name| ((*name).to_owned(), self.cell(name).to_owned()));
        cells.filter(|(_, cell)| !cell.is_empty()).collect()
    }
}

impl Form {
    /// How `input` is written, and all of it again.
    pub(crate) fn of(mut input: impl Read + Send + 'static) -> io::Result<(Self, Input)> {
        let mut sample = Vec::with_capacity(SAMPLE);
        input.by_ref().take(SAMPLE as u64).read_to_end(&mut sample)?;
        let text = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&sample);
        let form = if sample.starts_with(b"PK\x03\x04") {
            Self::Workbook
        } else if text.trim_ascii_start().starts_with(b"{") {
            Self::JsonLines
        } else {
            Self::Csv
        };
        Ok((form, Box::new(io::Cursor::new(sample).chain(input))))
    }
}

/// The bytes of a file.
pub(crate) type Input = Box<dyn Read + Send>;

/// A row as cells with the line it begins at, the heading first; what cannot be one, with the cells that it
/// seems to have.
type Cells = Result<(u64, Vec<String>), (RowError, Vec<String>)>;

impl<T> Rows<T> {
    /// Headings and keys that mean nothing here; their cells are not read. A heading is known before
    /// the rows are read; of JSON lines, whose every row has keys of its own, those met so far.
    pub fn unknown_columns(&self) -> Vec<String> {
        self.unknown_columns.borrow().clone()
    }

    /// What can be told of the row that was refused last: its cells by column, as they seem to be. May hold
    /// personal data.
    pub(crate) fn spoilt(&self) -> Vec<(&'static str, String)> {
        self.aside.taken()
    }

    /// Where the row begins that was given last, as in [`Refusal`].
    pub fn line(&self) -> u64 {
        self.aside.line()
    }

    pub(crate) fn new(rows: impl Iterator<Item = Result<T, RowError>> + 'static) -> Self {
        Self::with(rows, Rc::default())
    }

    /// The same with what is told `aside` of each.
    pub(crate) fn with(
        rows: impl Iterator<Item = Result<T, RowError>> + 'static,
        aside: Rc<Aside>,
    ) -> Self {
        Self { given: Box::new(rows), unknown_columns: Rc::default(), aside }
    }
}

impl<T: 'static> Rows<T> {
    /// The rows as `sift` makes something else of them, refuses them, or keeps them to itself.
    pub(crate) fn sifted<U>(
        self,
        mut sift: impl FnMut(T) -> Result<Option<U>, RowError> + 'static,
    ) -> Rows<U> {
        let Self { given, unknown_columns, aside } = self;
        let rows = given.filter_map(move |row| row.and_then(&mut sift).transpose());
        Rows { given: Box::new(rows), unknown_columns, aside }
    }

    /// The rows of a table that has `columns`, those in `required` at least.
    pub(crate) fn of_table(
        input: impl Read + Send + 'static,
        columns: &'static [Column],
        required: &'static [&'static str],
        convert: impl Fn(&Record<'_>) -> Result<T, Flaw> + 'static,
    ) -> Result<Self, FileError> {
        Self::of_table_within(Room::FILE, input, columns, required, convert)
    }

    /// The same; a workbook may take so much `room`.
    pub(crate) fn of_table_within(
        room: Room,
        input: impl Read + Send + 'static,
        columns: &'static [Column],
        required: &'static [&'static str],
        convert: impl Fn(&Record<'_>) -> Result<T, Flaw> + 'static,
    ) -> Result<Self, FileError> {
        let (form, input) = Form::of(input)?;
        match form {
            Form::Csv => Self::below_heading(csv::records(input), columns, required, convert),
            Form::Workbook => {
                let records = workbook::records(input, room)?;
                Self::below_heading(records, columns, required, convert)
            }
            Form::JsonLines => Ok(json_lines::rows(input, columns, required, convert)),
        }
    }

    fn below_heading(
        mut records: impl Iterator<Item = Cells> + 'static,
        columns: &'static [Column],
        required: &[&str],
        convert: impl Fn(&Record<'_>) -> Result<T, Flaw> + 'static,
    ) -> Result<Self, FileError> {
        let heading = loop {
            match records.next() {
                None => return Err(FileError::Empty),
                Some(Ok((_, cells))) => break cells,
                Some(Err((RowError::Io(error), _))) => return Err(error.into()),
                Some(Err((RowError::Refused(_), _))) => {}
            }
        };
        let (places, unknown_columns) = places(&heading, columns)?;
        for column in columns.iter().filter(|column| required.contains(&column.name)) {
            let index = columns.iter().position(|other| other == column);
            if index.is_none_or(|index| places[index].is_none()) {
                let chinese = column.chinese.first().copied().unwrap_or_default();
                return Err(FileError::MissingColumn(column.name, chinese));
            }
        }
        if places.iter().all(Option::is_none) {
            return Err(FileError::NoColumn);
        }
        let width = heading.len();
        let aside = Rc::<Aside>::default();
        let tell = Rc::clone(&aside);
        let rows = records.filter_map(move |record| {
            let (line, cells) = match record {
                Ok(record) => record,
                Err((error, cells)) => {
                    let record = Record { line: 0, columns, places: &places, cells: &cells };
                    tell.spoil(record.told());
                    return Some(Err(error));
                }
            };
            if cells.iter().all(|cell| cell.trim().is_empty()) {
                return None;
            }
            tell.at(line);
            let record = Record { line, columns, places: &places, cells: &cells };
            let row = if cells.len() == width {
                record.converted(&convert)
            } else {
                let reason = format!("{} cells where the heading has {width}", cells.len());
                Err(Flaw { column: None, reason })
            };
            Some(row.map_err(|flaw| {
                tell.spoil(record.told());
                RowError::refused(line, flaw)
            }))
        });
        let unknown_columns = Rc::new(RefCell::new(unknown_columns));
        Ok(Self { given: Box::new(rows), unknown_columns, aside })
    }
}

impl<T> Iterator for Rows<T> {
    type Item = Result<T, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.given.next()
    }
}

impl<T> fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("unknown_columns", &self.unknown_columns)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
