//! Tables of strangers: CSV with English or Chinese headings, read row by row. A row that cannot be
//! taken is refused with its place and reason, and the rest goes on.

mod csv;

use std::fmt;
use std::io;
use std::io::Read;

use unicode_normalization::UnicodeNormalization;

use crate::formats::tables::csv::Records;

/// A column that a table may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name in files, code and the API.
    pub name: &'static str,
    /// Its Chinese headings.
    pub chinese: &'static [&'static str],
}

/// The rows of one file.
pub struct Rows<T> {
    rows: Box<dyn Iterator<Item = Result<T, RowError>>>,
    unknown_columns: Vec<String>,
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
    /// The line of the file, from 1, where the row begins.
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
    /// A column that every row needs is not there.
    #[error("there is no column `{0}` ({1}); the first line must name the columns")]
    MissingColumn(&'static str, &'static str),
    /// Two columns have the same meaning.
    #[error("the column `{0}` is there twice")]
    TwiceColumn(&'static str),
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

/// One row, its cells by column.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    columns: &'static [Column],
    places: &'a [Option<usize>],
    cells: &'a [String],
}

impl Record<'_> {
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
            other => Err(Flaw::of(name, format!("`{other}` is neither true nor false"))),
        }
    }

    /// The cells of `names` that are not empty, by name.
    pub(crate) fn details(&self, names: &[&'static str]) -> Vec<(String, String)> {
        let cells = names.iter().map(|name| ((*name).to_owned(), self.cell(name).to_owned()));
        cells.filter(|(_, cell)| !cell.is_empty()).collect()
    }
}

impl<T> Rows<T> {
    /// Headings that mean nothing here; their cells are not read.
    pub fn unknown_columns(&self) -> &[String] {
        &self.unknown_columns
    }

    pub(crate) fn new(rows: impl Iterator<Item = Result<T, RowError>> + 'static) -> Self {
        Self { rows: Box::new(rows), unknown_columns: Vec::new() }
    }
}

impl<T: 'static> Rows<T> {
    /// The rows of a CSV file whose heading names `columns`, those in `required` at least.
    pub(crate) fn of_csv(
        input: impl Read + Send + 'static,
        columns: &'static [Column],
        required: &[&str],
        convert: impl Fn(&Record<'_>) -> Result<T, Flaw> + 'static,
    ) -> Result<Self, FileError> {
        let mut records = Records::new(input);
        let heading = loop {
            match records.next() {
                None => return Err(FileError::Empty),
                Some(Ok((_, cells))) => break cells,
                Some(Err(RowError::Io(error))) => return Err(error.into()),
                Some(Err(RowError::Refused(_))) => {}
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
        let width = heading.len();
        let rows = records.filter_map(move |record| {
            let (line, cells) = match record {
                Ok(record) => record,
                Err(error) => return Some(Err(error)),
            };
            if cells.iter().all(|cell| cell.trim().is_empty()) {
                return None;
            }
            let refused = |column: Option<&str>, reason: String| {
                let column = column.map(str::to_owned);
                Some(Err(RowError::Refused(Refusal { line, column, reason })))
            };
            if cells.len() != width {
                let reason = format!("{} cells where the heading has {width}", cells.len());
                return refused(None, reason);
            }
            if cells.iter().any(|cell| cell.contains('\u{fffd}')) {
                let reason = "characters that cannot be decoded, or a line over 1 MiB";
                return refused(None, reason.to_owned());
            }
            match convert(&Record { columns, places: &places, cells: &cells }) {
                Ok(row) => Some(Ok(row)),
                Err(flaw) => refused(flaw.column, flaw.reason),
            }
        });
        Ok(Self { rows: Box::new(rows), unknown_columns })
    }
}

impl<T> Iterator for Rows<T> {
    type Item = Result<T, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rows.next()
    }
}

impl<T> fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("unknown_columns", &self.unknown_columns)
            .finish_non_exhaustive()
    }
}

/// Where each of `columns` stands in the heading, and what else is there.
fn places(
    heading: &[String],
    columns: &[Column],
) -> Result<(Vec<Option<usize>>, Vec<String>), FileError> {
    let mut places = vec![None; columns.len()];
    let mut unknown = Vec::new();
    for (place, cell) in heading.iter().enumerate() {
        let Some(index) = column_of(cell, columns) else {
            if !cell.trim().is_empty() {
                unknown.push(cell.trim().to_owned());
            }
            continue;
        };
        if places[index].replace(place).is_some() {
            return Err(FileError::TwiceColumn(columns[index].name));
        }
    }
    Ok((places, unknown))
}

/// The column that a heading means.
pub(crate) fn column_of(heading: &str, columns: &[Column]) -> Option<usize> {
    let folded = |text: &str| text.nfkc().collect::<String>().trim().to_lowercase();
    let heading = folded(heading);
    columns.iter().position(|column| {
        column.name == heading || column.chinese.iter().any(|name| folded(name) == heading)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        Column { name: "domain", chinese: &["域名"] },
        Column { name: "state", chinese: &["状态"] },
    ];

    type Read = (Vec<Result<String, String>>, Vec<String>);

    fn read(text: &str) -> Result<Read, FileError> {
        let input = io::Cursor::new(text.as_bytes().to_vec());
        let rows =
            Rows::of_csv(input, COLUMNS, &["domain"], |record| match record.cell("domain") {
                "bad" => Err(Flaw::of("domain", "it is bad")),
                text => Ok(format!("{text}={}", record.cell("state"))),
            })?;
        let unknown = rows.unknown_columns().to_vec();
        let rows = rows.map(|row| match row {
            Ok(row) => Ok(row),
            Err(RowError::Refused(Refusal { line, column, reason })) => {
                Err(format!("{line} {} {reason}", column.unwrap_or_default()))
            }
            Err(RowError::Io(error)) => Err(error.to_string()),
        });
        Ok((rows.collect(), unknown))
    }

    #[test]
    fn headings_may_be_english_or_chinese_in_any_order() {
        for heading in ["domain,state", " Domain ,STATE", "域名,状态", "\"域名\",\"状态\""]
        {
            let (rows, unknown) = read(&format!("{heading}\na.cn,x\n")).unwrap();
            assert_eq!(rows, [Ok("a.cn=x".to_owned())], "{heading}");
            assert!(unknown.is_empty());
        }
        let (rows, unknown) = read("x,状态,y,域名\n1,2,3,a.cn\n").unwrap();
        assert_eq!(rows, [Ok("a.cn=2".to_owned())]);
        assert_eq!(unknown, ["x", "y"]);
    }

    #[test]
    fn a_refusal_has_its_line_and_the_rest_is_taken() {
        let text =
            "domain,state\na.cn,1\nbad,2\nb.cn\n\n\"c\nd\",3\n\"open,4\ne.cn,5\nf.cn,6,7\ng.cn,8";
        let (rows, _) = read(text).unwrap();
        let expected = [
            Ok("a.cn=1"),
            Err("3 domain it is bad"),
            Err("4  1 cells where the heading has 2"),
            Ok("c\nd=3"),
            Err("8  a quote is opened and never closed"),
            Ok("e.cn=5"),
            Err("10  3 cells where the heading has 2"),
            Ok("g.cn=8"),
        ];
        assert_eq!(rows, expected.map(|row| row.map(str::to_owned).map_err(str::to_owned)));
    }

    #[test]
    fn a_quote_within_a_cell_swallows_no_row() {
        let text =
            "domain,state\na.cn,5\" disk\nb.cn,bee\nc.cn,\"6\"\" disk\"\nd.cn,\"e\"f\ng.cn,\n";
        let (rows, _) = read(text).unwrap();
        let expected = ["a.cn=5\" disk", "b.cn=bee", "c.cn=6\" disk", "d.cn=ef", "g.cn="];
        assert_eq!(rows, expected.map(|row| Ok(row.to_owned())));
    }

    #[test]
    fn a_file_without_its_columns_is_refused_whole() {
        assert!(matches!(read(""), Err(FileError::Empty)));
        assert!(matches!(read("state\nx\n"), Err(FileError::MissingColumn("domain", "域名"))));
        assert!(matches!(read("domain,域名\nx,y\n"), Err(FileError::TwiceColumn("domain"))));
    }
}
