//! Findings as an XLSX workbook for people: Chinese headings that stay in sight, filters, real
//! dates, overdue rows marked; on one sheet, or on one for each provider.

use std::collections::HashSet;
use std::io;
use std::io::Write;

use jiff::civil::DateTime;
use rust_xlsxwriter::Color;
use rust_xlsxwriter::DocProperties;
use rust_xlsxwriter::ExcelDateTime;
use rust_xlsxwriter::Format;
use rust_xlsxwriter::Workbook;
use rust_xlsxwriter::Worksheet;
use rust_xlsxwriter::XlsxError;

use crate::clock;
use crate::publish::findings::columns::COLUMNS;
use crate::publish::findings::columns::Cell;
use crate::publish::layout::Layout;
use crate::publish::text::is_formula;
use crate::publish::text::printable;
use crate::publish::view::FindingView;
use crate::publish::view::state_in_chinese;

/// The rows that a sheet can hold below its heading.
pub(crate) const MOST_ROWS: u32 = 1_048_575;

/// The sheets that a workbook may have: each keeps a file open while it is written.
const MOST_SHEETS: usize = 200;

/// The characters that a cell can hold.
const MOST_CHARACTERS: usize = 32_767;

/// The characters that the name of a sheet can hold, less those that tell two alike apart.
const LONGEST_NAME: usize = 26;

/// What stands at the end of a text that was cut.
const CUT: &str = "……（已截断）";

/// Why a workbook was not written.
#[derive(Debug, thiserror::Error)]
pub enum NoWorkbook {
    /// More than a sheet has rows.
    #[error("more than {MOST_ROWS} rows do not fit on a sheet; narrow the list or use csv")]
    TooMany,
    /// More providers than sheets.
    #[error(
        "more than {MOST_SHEETS} providers do not fit into one workbook of a sheet each; narrow the list to a bureau or a kind, or take one sheet for all"
    )]
    TooManySheets,
    /// The workbook could not be put together, for instance because the folder for temporary files
    /// is full.
    #[error("cannot build the workbook")]
    Build(#[from] XlsxError),
    /// The output could not be written.
    #[error("cannot write the workbook")]
    Write(#[from] io::Error),
}

/// On which sheets rows stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sheets {
    /// All on one.
    One,
    /// Those of each provider on its own; they come side by side.
    PerProvider,
}

/// Writes `rows` as a workbook. Rows wait in temporary files, not in memory; the same rows give the
/// same bytes.
///
/// # Errors
/// When there are more rows than a sheet holds, or more providers than sheets, and when a file cannot
/// be written; what was written by then is no workbook.
pub fn write(
    rows: impl Iterator<Item = FindingView>,
    sheets: Sheets,
    layout: Layout,
    out: &mut (impl Write + Send),
) -> Result<(), NoWorkbook> {
    let title = layout.title("发现结果");
    let mut workbook = Workbook::new();
    // The moment of writing would make other bytes of the same findings.
    let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
    let properties = DocProperties::new().set_title(&title).set_creation_datetime(&created);
    workbook.set_properties(&properties);
    let looks = Looks::new();
    let mut rows = rows.peekable();
    let mut names = HashSet::new();
    loop {
        let provider = rows.peek().map(provider_of);
        let name = match (sheets, rows.peek()) {
            (Sheets::PerProvider, Some(row)) => sheet_name(row, &mut names),
            _ => title.clone(),
        };
        if names.len() > MOST_SHEETS {
            return Err(NoWorkbook::TooManySheets);
        }
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(&name)?.set_header(format!("&C{}", title.replace('&', "&&")));
        let is_own =
            |row: &FindingView| sheets == Sheets::One || Some(provider_of(row)) == provider;
        fill(sheet, std::iter::from_fn(|| rows.next_if(is_own)), &looks)?;
        if rows.peek().is_none() {
            break;
        }
    }
    workbook.save_to_writer(&mut *out)?;
    Ok(out.flush()?)
}

fn provider_of(row: &FindingView) -> Option<String> {
    row.provider.as_ref().map(|provider| provider.id.to_string())
}

/// What the sheet of `row`'s provider is called; no two sheets bear the same name.
fn sheet_name(row: &FindingView, names: &mut HashSet<String>) -> String {
    let name = row.provider.as_ref().map_or("无法确定", |provider| provider.label());
    let is_fit = |c: &char| !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'');
    let name: String = printable(name).chars().filter(is_fit).collect();
    let mut name = name.trim().to_owned();
    while name.encode_utf16().count() > LONGEST_NAME {
        name.pop();
    }
    if name.is_empty() {
        "接入服务商".clone_into(&mut name);
    }
    let mut own = name.clone();
    let mut number = 1;
    while !names.insert(own.to_lowercase()) {
        number += 1;
        own = format!("{name}~{number}");
    }
    own
}

/// How cells look, plain ones and those of overdue rows.
struct Looks {
    heading: Format,
    plain: Look,
    overdue: Look,
}

struct Look {
    text: Format,
    /// For texts that would be a formula once somebody edits the cell.
    quoted: Format,
    day: Format,
    moment: Format,
}

impl Looks {
    fn new() -> Self {
        let look = |base: &Format| Look {
            text: base.clone(),
            quoted: base.clone().set_quote_prefix(),
            day: base.clone().set_num_format("yyyy-mm-dd"),
            moment: base.clone().set_num_format("yyyy-mm-dd hh:mm:ss"),
        };
        let colour = |rgb| Format::new().set_background_color(Color::RGB(rgb));
        Self {
            heading: colour(0x00DD_EBF7).set_bold(),
            plain: look(&Format::new()),
            overdue: look(&colour(0x00FF_C7CE)),
        }
    }
}

fn fill(
    sheet: &mut Worksheet,
    rows: impl Iterator<Item = FindingView>,
    looks: &Looks,
) -> Result<(), NoWorkbook> {
    let last_column = heading(sheet, &looks.heading)?;
    let mut last = 0;
    for row in rows {
        if last == MOST_ROWS {
            return Err(NoWorkbook::TooMany);
        }
        last += 1;
        write_row(sheet, last, &row, looks)?;
    }
    sheet.autofilter(0, 0, last, last_column)?;
    Ok(())
}

/// Writes the heading and returns the number of its last column.
fn heading(sheet: &mut Worksheet, format: &Format) -> Result<u16, XlsxError> {
    sheet.set_freeze_panes(1, 0)?;
    let mut last = 0;
    for (column, index) in COLUMNS.iter().zip(0..) {
        sheet.set_column_width(index, column.width)?;
        sheet.write_string_with_format(0, index, column.chinese, format)?;
        last = index;
    }
    Ok(last)
}

fn write_row(
    sheet: &mut Worksheet,
    number: u32,
    row: &FindingView,
    looks: &Looks,
) -> Result<(), XlsxError> {
    let look = if row.overdue { &looks.overdue } else { &looks.plain };
    for (column, index) in COLUMNS.iter().zip(0..) {
        match in_chinese(column.name, row).unwrap_or_else(|| (column.cell)(row)) {
            // What is empty needs no cell, unless it is marked.
            Cell::Empty if row.overdue => sheet.write_blank(number, index, &look.text)?,
            Cell::Empty => sheet,
            Cell::Text(text) if text.is_empty() && !row.overdue => sheet,
            Cell::Text(text) => {
                let format = if is_formula(&text) { &look.quoted } else { &look.text };
                sheet.write_string_with_format(number, index, fitting(&text), format)?
            }
            Cell::Number(value) => {
                sheet.write_number_with_format(number, index, value, &look.text)?
            }
            Cell::Truth(truth) => {
                let word = if truth { "是" } else { "否" };
                sheet.write_string_with_format(number, index, word, &look.text)?
            }
            Cell::Day(day) => write_date(sheet, (number, index), day.into(), &look.day)?,
            Cell::Moment(moment) => {
                let at = clock::zone().to_datetime(moment);
                write_date(sheet, (number, index), at, &look.moment)?
            }
        };
    }
    Ok(())
}

/// The words that people read in Chinese, where files have the English ones.
fn in_chinese(column: &str, row: &FindingView) -> Option<Cell> {
    let word = match column {
        "kind" => row.kind.chinese(),
        "state" => state_in_chinese(row.state),
        "closed_reason" => row.closed_reason?.chinese(),
        "answer.result" => row.answer.as_ref()?.result.chinese(),
        "filing.state" if row.filing.as_ref()?.state == "active" => "有效",
        "filing.state" => "已注销",
        _ => return None,
    };
    Some(Cell::Text(word.to_owned()))
}

/// `text` without control characters, cut with a mark where a cell cannot hold it.
pub(crate) fn fitting(text: &str) -> String {
    let text = printable(text);
    if text.encode_utf16().count() <= MOST_CHARACTERS {
        return text;
    }
    // Characters outside the basic plane count twice.
    let room = (MOST_CHARACTERS - CUT.chars().count()) / 2;
    text.chars().take(room).chain(CUT.chars()).collect()
}

fn write_date<'a>(
    sheet: &'a mut Worksheet,
    (row, column): (u32, u16),
    at: DateTime,
    format: &Format,
) -> Result<&'a mut Worksheet, XlsxError> {
    match serial(at) {
        Some(date) => sheet.write_datetime_with_format(row, column, &date, format),
        // Spreadsheets count days from 1900 on; anything earlier stays text.
        None => sheet.write_string_with_format(row, column, at.to_string(), format),
    }
}

fn serial(at: DateTime) -> Option<ExcelDateTime> {
    let unsigned = |part: i8| u8::try_from(part).ok();
    let year = u16::try_from(at.year()).ok()?;
    let date = ExcelDateTime::from_ymd(year, unsigned(at.month())?, unsigned(at.day())?).ok()?;
    date.and_hms(u16::from(unsigned(at.hour())?), unsigned(at.minute())?, unsigned(at.second())?)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::finding::Finding;
    use crate::publish::view::tests::finding;
    use crate::publish::view::tests::view;

    use calamine::Data;
    use calamine::Reader as _;
    use calamine::Xlsx;
    use std::io::Cursor;

    fn written(findings: &[Finding], layout: Layout) -> Vec<u8> {
        of_sheets(findings, Sheets::One, layout)
    }

    fn of_sheets(findings: &[Finding], sheets: Sheets, layout: Layout) -> Vec<u8> {
        let mut out = Vec::new();
        write(findings.iter().map(view), sheets, layout, &mut out).unwrap();
        out
    }

    fn part(bytes: &[u8], name: &str) -> String {
        let mut parts = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        io::Read::read_to_string(&mut parts.by_name(name).unwrap(), &mut text).unwrap();
        text
    }

    #[test]
    fn cells_have_their_types_and_no_text_is_a_formula() {
        let mut finding = finding("example.cn");
        finding.seen.evidence.title = Some("=1+1".to_owned());
        let bytes = written(&[finding], Layout::default());
        let looks = part(&bytes, "xl/styles.xml");
        assert!(looks.contains("quotePrefix=\"1\""), "it stays a text when somebody edits it");
        let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
        let range = book.worksheet_range("发现结果").unwrap();
        let cell = |heading: &str| {
            let column = range.rows().next().unwrap();
            let column = column.iter().position(|cell| *cell == *heading).unwrap();
            range.rows().nth(1).unwrap()[column].clone()
        };
        assert_eq!(cell("次数"), Data::Float(3.0));
        assert_eq!(cell("网页状态码"), Data::Float(200.0));
        assert_eq!(cell("类别"), Data::String("未备案".to_owned()));
        assert_eq!(cell("网页标题"), Data::String("=1+1".to_owned()));
        let Data::DateTime(due) = cell("期限") else { panic!("{:?}", cell("期限")) };
        assert!((due.as_f64() - 46369.0).abs() < 1e-9, "{due}");
        let Data::DateTime(seen) = cell("首次发现") else {
            panic!("{:?}", cell("首次发现"))
        };
        assert!((seen.as_f64() - 46349.0 - 3723.0 / 86400.0).abs() < 1e-6, "{seen}");
        assert!(book.worksheet_formula("发现结果").unwrap().is_empty());
    }

    #[test]
    fn each_provider_has_its_sheet_and_no_two_the_same_name() {
        let mut nobody = finding("c.cn");
        nobody.key.provider = None;
        let mut unknown = finding("b.cn");
        unknown.key.provider = Some("示例接入商".parse().unwrap());
        let mut long = finding("d.cn");
        long.key.provider = Some(format!("[{}]", "长".repeat(60)).parse().unwrap());
        let findings = [finding("a.cn"), finding("a2.cn"), unknown, long, nobody];
        let bytes = of_sheets(&findings, Sheets::PerProvider, Layout::default());
        let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
        let names = book.sheet_names();
        let long = "长".repeat(LONGEST_NAME);
        assert_eq!(names, ["示例接入商", "示例接入商~2", &long, "无法确定"]);
        let rows: Vec<usize> =
            names.iter().map(|name| book.worksheet_range(name).unwrap().height() - 1).collect();
        assert_eq!(rows, [2, 1, 1, 1]);
        let none = of_sheets(&[], Sheets::PerProvider, Layout::default());
        assert_eq!(Xlsx::new(Cursor::new(none)).unwrap().sheet_names(), ["发现结果"]);
    }

    #[test]
    fn the_same_findings_give_the_same_bytes_whenever_they_are_written() {
        let bytes = written(&[finding("example.cn")], Layout::default());
        let properties = part(&bytes, "docProps/core.xml");
        let mut parts = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let moments: Vec<_> = properties.match_indices("2000-01-01T00:00:00Z").collect();
        assert_eq!(moments.len(), 2, "{properties}");
        for place in 0..parts.len() {
            let part = parts.by_index(place).unwrap();
            let year = part.last_modified().map(|moment| moment.year());
            assert_eq!(year, Some(1980), "{:?}", part.name());
        }
    }

    #[test]
    fn a_workbook_is_written_with_and_without_findings() {
        let empty = written(&[], Layout::default());
        assert!(empty.starts_with(b"PK\x03\x04"));
        let mut odd = finding("example.cn");
        odd.due = "1899-01-01".parse().unwrap();
        odd.seen.evidence.title = Some("😀".repeat(40_000));
        assert!(written(&[odd], Layout::default()).len() > empty.len());
    }

    #[test]
    fn a_sheet_counts_days_from_1900_on() {
        let at = |text: &str| serial(text.parse().unwrap()).map(|date| date.to_excel());
        assert_eq!(at("2026-11-23T06:00:00"), Some(46349.25));
        assert_eq!(at("1899-01-01T00:00:00"), None);
    }

    #[test]
    fn a_cell_never_holds_more_than_it_can() {
        assert_eq!(fitting("示例"), "示例");
        let cut = fitting(&"😀".repeat(40_000));
        assert!(cut.encode_utf16().count() <= MOST_CHARACTERS);
        assert!(cut.ends_with(CUT));
    }
}
