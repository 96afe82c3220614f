//! Findings as an XLSX workbook for people: Chinese headings that stay in sight, filters, real
//! dates, and overdue rows marked.

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
use crate::publish::text::printable;
use crate::publish::view::FindingView;
use crate::publish::view::state_in_chinese;

/// The rows that a sheet can hold below its heading.
pub(crate) const MOST_ROWS: u32 = 1_048_575;

/// The characters that a cell can hold.
const MOST_CHARACTERS: usize = 32_767;

/// What stands at the end of a text that was cut.
const CUT: &str = "……（已截断）";

/// Why a workbook was not written.
#[derive(Debug, thiserror::Error)]
pub enum NoWorkbook {
    /// More than a sheet has rows.
    #[error("more than {MOST_ROWS} rows do not fit on a sheet; narrow the list or use csv")]
    TooMany,
    /// The workbook could not be put together, for instance because the folder for temporary files
    /// is full.
    #[error("cannot build the workbook")]
    Build(#[from] XlsxError),
    /// The output could not be written.
    #[error("cannot write the workbook")]
    Write(#[from] io::Error),
}

/// Writes `rows` as a workbook with one sheet. Rows wait in a temporary file, not in memory.
///
/// # Errors
/// When there are more rows than a sheet holds, and when a file cannot be written; what was written
/// by then is no workbook.
pub fn write(
    rows: impl Iterator<Item = FindingView>,
    layout: Layout,
    out: &mut (impl Write + Send),
) -> Result<(), NoWorkbook> {
    let title = layout.title("发现结果");
    let mut workbook = Workbook::new();
    workbook.set_properties(&DocProperties::new().set_title(&title));
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name(&title)?.set_header(format!("&C{title}"));
    let last_column = heading(sheet)?;
    let mut last = 0;
    for row in rows {
        if last == MOST_ROWS {
            return Err(NoWorkbook::TooMany);
        }
        last += 1;
        write_row(sheet, last, &row)?;
    }
    sheet.autofilter(0, 0, last, last_column)?;
    workbook.save_to_writer(&mut *out)?;
    Ok(out.flush()?)
}

/// Writes the heading and returns the number of its last column.
fn heading(sheet: &mut Worksheet) -> Result<u16, XlsxError> {
    let format = Format::new().set_bold().set_background_color(Color::RGB(0x00DD_EBF7));
    sheet.set_freeze_panes(1, 0)?;
    let mut last = 0;
    for (column, index) in COLUMNS.iter().zip(0..) {
        sheet.set_column_width(index, column.width)?;
        sheet.write_string_with_format(0, index, column.chinese, &format)?;
        last = index;
    }
    Ok(last)
}

fn write_row(sheet: &mut Worksheet, number: u32, row: &FindingView) -> Result<(), XlsxError> {
    let plain = if row.overdue {
        Format::new().set_background_color(Color::RGB(0x00FF_C7CE))
    } else {
        Format::new()
    };
    for (column, index) in COLUMNS.iter().zip(0..) {
        match in_chinese(column.name, row).unwrap_or_else(|| (column.cell)(row)) {
            Cell::Empty => sheet.write_blank(number, index, &plain)?,
            Cell::Text(text) => {
                sheet.write_string_with_format(number, index, fitting(&text), &plain)?
            }
            Cell::Number(value) => sheet.write_number_with_format(number, index, value, &plain)?,
            Cell::Truth(truth) => {
                let word = if truth { "是" } else { "否" };
                sheet.write_string_with_format(number, index, word, &plain)?
            }
            Cell::Day(day) => {
                let format = plain.clone().set_num_format("yyyy-mm-dd");
                write_date(sheet, (number, index), day.into(), &format)?
            }
            Cell::Moment(moment) => {
                let format = plain.clone().set_num_format("yyyy-mm-dd hh:mm:ss");
                write_date(sheet, (number, index), clock::zone().to_datetime(moment), &format)?
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

    fn written(findings: &[Finding], layout: Layout) -> Vec<u8> {
        let mut out = Vec::new();
        write(findings.iter().map(view), layout, &mut out).unwrap();
        out
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
