//! Rows of figures for people and spreadsheets: the same columns as a table, as CSV and as a
//! workbook.

use std::io;
use std::io::Write;

use csv::Terminator;
use csv::WriterBuilder;
use rust_xlsxwriter::DocProperties;
use rust_xlsxwriter::Format;
use rust_xlsxwriter::Workbook;
use rust_xlsxwriter::XlsxError;

use crate::publish::findings::csv::unwrapped;
use crate::publish::layout::Layout;
use crate::publish::text::defused;
use crate::publish::text::is_formula;
use crate::publish::text::printable;

/// What one cell holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Figure {
    /// Nothing, or not known.
    Empty,
    /// Text.
    Text(String),
    /// A number of things.
    Count(u64),
    /// A part of a whole, from 0 to 1.
    Share(f64),
}

/// One column of rows of `R`.
#[derive(Debug)]
pub(crate) struct GridColumn<R> {
    /// The field, dotted, as CSV calls it.
    pub(crate) name: &'static str,
    /// The heading for people; `None` for what only files hold.
    pub(crate) chinese: Option<&'static str>,
    /// What it holds.
    pub(crate) figure: fn(&R) -> Figure,
}

impl<R> GridColumn<R> {
    /// A column of every format.
    pub(crate) const fn new(
        name: &'static str,
        chinese: &'static str,
        figure: fn(&R) -> Figure,
    ) -> Self {
        Self { name, chinese: Some(chinese), figure }
    }

    /// A column of files only.
    pub(crate) const fn of_files(name: &'static str, figure: fn(&R) -> Figure) -> Self {
        Self { name, chinese: None, figure }
    }
}

/// Writes `rows` as a table under `title`.
pub(crate) fn table<R>(
    columns: &[GridColumn<R>],
    rows: &[R],
    title: &str,
    layout: Layout,
    out: &mut impl Write,
) -> io::Result<()> {
    let shown: Vec<_> =
        columns.iter().filter_map(|column| Some((column.chinese?, column.figure))).collect();
    let mut table = layout.table(shown.iter().map(|(heading, _)| *heading));
    for row in rows {
        table.add_row(shown.iter().map(|(_, figure)| figure(row).told()));
    }
    writeln!(out, "{}", layout.title(title))?;
    writeln!(out, "{table}")
}

/// Writes `rows` as CSV for spreadsheets: UTF-8 with a byte order mark, CRLF, no cell that is a
/// formula.
pub(crate) fn csv<R>(
    columns: &[GridColumn<R>],
    rows: &[R],
    out: &mut impl Write,
) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    writer.write_record(columns.iter().map(|column| column.name)).map_err(unwrapped)?;
    for row in rows {
        let cells = columns.iter().map(|column| (column.figure)(row).written());
        writer.write_record(cells).map_err(unwrapped)?;
    }
    writer.flush()
}

/// Writes `rows` as a workbook with one sheet.
pub(crate) fn workbook<R>(
    columns: &[GridColumn<R>],
    rows: &[R],
    title: &str,
    layout: Layout,
    out: &mut (impl Write + Send),
) -> io::Result<()> {
    let build = || -> Result<Vec<u8>, XlsxError> {
        let title = layout.title(title);
        let mut workbook = Workbook::new();
        workbook.set_properties(&DocProperties::new().set_title(&title));
        let bold = Format::new().set_bold();
        let per_cent = Format::new().set_num_format("0.00%");
        let quoted = Format::new().set_quote_prefix();
        let sheet = workbook.add_worksheet();
        sheet.set_name(&title)?.set_freeze_panes(1, 0)?;
        let shown = columns.iter().filter_map(|column| Some((column.chinese?, column.figure)));
        for (place, (heading, figure)) in (0_u16..).zip(shown) {
            sheet.set_column_width(place, 14)?;
            sheet.write_string_with_format(0, place, heading, &bold)?;
            for (line, row) in (1_u32..).zip(rows) {
                match figure(row) {
                    Figure::Empty => {}
                    Figure::Text(text) if is_formula(&text) => {
                        sheet.write_string_with_format(line, place, printable(&text), &quoted)?;
                    }
                    Figure::Text(text) => {
                        sheet.write_string(line, place, printable(&text))?;
                    }
                    Figure::Count(count) => {
                        sheet.write_number(line, place, approximate(count))?;
                    }
                    Figure::Share(share) => {
                        sheet.write_number_with_format(line, place, share, &per_cent)?;
                    }
                }
            }
        }
        workbook.save_to_buffer()
    };
    out.write_all(&build().map_err(io::Error::other)?)?;
    out.flush()
}

#[expect(clippy::cast_precision_loss, reason = "spreadsheets hold no other numbers")]
pub(crate) fn approximate(count: u64) -> f64 {
    count as f64
}

impl Figure {
    /// `text`, or nothing.
    pub(crate) fn text(text: Option<impl ToString>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.to_string()))
    }

    /// `count`, or nothing.
    pub(crate) fn count(count: Option<u64>) -> Self {
        count.map_or(Self::Empty, Self::Count)
    }

    /// `share`, or nothing.
    pub(crate) fn share(share: Option<f64>) -> Self {
        share.map_or(Self::Empty, Self::Share)
    }

    /// As people read it; a dash for nothing.
    pub(crate) fn told(self) -> String {
        match self {
            Self::Empty => "—".to_owned(),
            Self::Text(text) => printable(&text),
            Self::Count(count) => count.to_string(),
            Self::Share(share) => per_cent(share),
        }
    }

    fn written(self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => defused(text),
            Self::Count(count) => count.to_string(),
            Self::Share(share) => format!("{share:.6}"),
        }
    }
}

/// `share` in per cent, cut, never rounded up: 94.999 % does not reach 95 %.
pub(crate) fn per_cent(share: f64) -> String {
    // What lies within a billionth of a hundredth is that hundredth.
    let hundredths = (share * 10_000.0 + 1e-6).floor();
    format!("{:.2} %", hundredths / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[GridColumn<(u64, f64, &str)>] = &[
        GridColumn::new("count", "数量", |row| Figure::Count(row.0)),
        GridColumn::new("share", "比率", |row| Figure::share((row.1 >= 0.0).then_some(row.1))),
        GridColumn::of_files("note", |row| Figure::Text(row.2.to_owned())),
    ];

    #[test]
    fn the_same_rows_are_a_table_csv_and_a_workbook() {
        let rows = [(3, 0.95, "=1"), (0, -1.0, "b")];
        let mut out = Vec::new();
        table(COLUMNS, &rows, "标题", Layout::default(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("标题\n") && text.contains("95.00 %") && text.contains('—'));
        assert!(!text.contains("=1"));
        let mut out = Vec::new();
        csv(COLUMNS, &rows, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "\u{feff}count,share,note\r\n3,0.950000,'=1\r\n0,,b\r\n");
        let mut out = Vec::new();
        workbook(COLUMNS, &rows, "标题", Layout::default(), &mut out).unwrap();
        assert!(out.starts_with(b"PK\x03\x04"));
    }

    #[test]
    fn a_rate_is_never_rounded_up_to_its_goal() {
        for (share, told) in [
            (0.95, "95.00 %"),
            (0.949_999, "94.99 %"),
            (1.0, "100.00 %"),
            (0.0, "0.00 %"),
            (18.0 / 19.0, "94.73 %"),
            (0.57, "57.00 %"),
        ] {
            assert_eq!(per_cent(share), told);
        }
    }
}
