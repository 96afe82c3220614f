//! A bulletin as an XLSX workbook laid out like the plan's own tables: a sheet each, merged headings
//! that stay in sight, remarks below, ready to be printed.

use std::io;
use std::io::Write;

use rust_xlsxwriter::DocProperties;
use rust_xlsxwriter::ExcelDateTime;
use rust_xlsxwriter::Format;
use rust_xlsxwriter::FormatAlign;
use rust_xlsxwriter::FormatBorder;
use rust_xlsxwriter::Workbook;
use rust_xlsxwriter::Worksheet;
use rust_xlsxwriter::XlsxError;

use crate::publish::bulletin::edition::Edition;
use crate::publish::bulletin::sheet::Sheet;
use crate::publish::findings::workbook::fitting;
use crate::publish::grid::Figure;
use crate::publish::grid::approximate;
use crate::publish::text::is_formula;

/// How cells look.
struct Looks {
    title: Format,
    standing: Format,
    heading: Format,
    text: Format,
    /// For texts that would be a formula once somebody edits the cell.
    quoted: Format,
    number: Format,
    share: Format,
    missing: Format,
    note: Format,
}

/// Writes `edition` as a workbook; the same edition gives the same bytes.
pub fn write(edition: &Edition, out: &mut (impl Write + Send)) -> io::Result<()> {
    let bytes = build(edition).map_err(io::Error::other)?;
    out.write_all(&bytes)?;
    out.flush()
}

fn build(edition: &Edition) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let day = edition.bulletin().month.last();
    let unsigned = |part: i8| u8::try_from(part).unwrap_or(1);
    let year = u16::try_from(day.year()).unwrap_or(1990);
    let created = ExcelDateTime::from_ymd(year, unsigned(day.month()), unsigned(day.day()))?;
    let properties =
        DocProperties::new().set_title(edition.title()).set_creation_datetime(&created);
    workbook.set_properties(&properties);
    let looks = Looks::new();
    for sheet in edition.sheets() {
        let page = workbook.add_worksheet();
        page.set_name(sheet.tab)?;
        fill(page, &sheet, edition, &looks)?;
    }
    workbook.save_to_buffer()
}

impl Looks {
    fn new() -> Self {
        let cell = || {
            Format::new()
                .set_border(FormatBorder::Thin)
                .set_align(FormatAlign::VerticalCenter)
                .set_text_wrap()
        };
        let centred = || cell().set_align(FormatAlign::Center);
        Self {
            title: Format::new()
                .set_bold()
                .set_font_size(14)
                .set_align(FormatAlign::Center)
                .set_align(FormatAlign::VerticalCenter)
                .set_text_wrap(),
            standing: Format::new().set_italic(),
            heading: centred().set_bold(),
            text: cell(),
            quoted: cell().set_quote_prefix(),
            number: centred().set_num_format("0"),
            share: centred().set_num_format("0.00%"),
            missing: centred(),
            note: Format::new(),
        }
    }
}

fn fill(
    page: &mut Worksheet,
    sheet: &Sheet,
    edition: &Edition,
    looks: &Looks,
) -> Result<(), XlsxError> {
    let columns = sheet.columns();
    for ((_, width), place) in columns.iter().zip(0_u16..) {
        page.set_column_width(place, *width)?;
    }
    let last = u16::try_from(columns.len()).unwrap_or(1).saturating_sub(1);
    let title = format!("{}{}", sheet.full_title(), edition.mark());
    put(page, (0, 0), (0, last), &title, &looks.title)?;
    page.set_row_height(0, 30)?;
    let subtitle = format!("{}  {}", edition.bulletin().month.chinese(), edition.standing());
    page.write_string_with_format(1, 0, fitting(&subtitle), &looks.standing)?;
    let first = 2;
    for piece in sheet.placed() {
        let (top, bottom) = (first + piece.rows.0, first + piece.rows.1);
        let (left, right) = piece.columns;
        put(page, (top, left), (bottom, right), piece.text, &looks.heading)?;
    }
    let body = first + sheet.depth();
    for (row, line) in sheet.rows.iter().zip(body..) {
        for (figure, place) in row.iter().zip(0_u16..) {
            write_figure(page, (line, place), figure, looks)?;
        }
    }
    if let Some(column) = sheet.merged.and_then(|column| u16::try_from(column).ok()) {
        for (from, to) in sheet.runs().into_iter().filter(|(from, to)| from < to) {
            let text = sheet.rows.get(from).and_then(|row| row.get(usize::from(column)));
            let text = text.cloned().map(Figure::told).unwrap_or_default();
            let line = |place: usize| body + u32::try_from(place).unwrap_or_default();
            put(page, (line(from), column), (line(to), column), &text, &looks.text)?;
        }
    }
    let mut below = body + u32::try_from(sheet.rows.len()).unwrap_or_default();
    if sheet.rows.is_empty() {
        for place in 0..=last {
            page.write_string_with_format(below, place, "—", &looks.missing)?;
        }
        below += 1;
    }
    for (note, line) in sheet.notes.iter().zip(below..) {
        page.write_string_with_format(line, 0, fitting(&format!("注：{note}")), &looks.note)?;
    }
    page.set_freeze_panes(body, 0)?;
    page.set_repeat_rows(first, body.saturating_sub(1))?;
    page.set_landscape().set_print_fit_to_pages(1, 0).set_paper_size(9);
    page.set_header(format!("&C{}", edition.title().replace('&', "&&")));
    page.set_footer("&C第 &P 页 共 &N 页");
    Ok(())
}

/// Writes `text` into one cell, or into several that are merged.
fn put(
    page: &mut Worksheet,
    (top, left): (u32, u16),
    (bottom, right): (u32, u16),
    text: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    let text = fitting(text);
    if (top, left) == (bottom, right) {
        page.write_string_with_format(top, left, text, format)?;
    } else {
        page.merge_range(top, left, bottom, right, &text, format)?;
    }
    Ok(())
}

fn write_figure(
    page: &mut Worksheet,
    (row, column): (u32, u16),
    figure: &Figure,
    looks: &Looks,
) -> Result<(), XlsxError> {
    match figure {
        Figure::Empty => page.write_string_with_format(row, column, "—", &looks.missing)?,
        Figure::Text(text) => {
            let format = if is_formula(text) { &looks.quoted } else { &looks.text };
            page.write_string_with_format(row, column, fitting(text), format)?
        }
        Figure::Count(count) => {
            page.write_number_with_format(row, column, approximate(*count), &looks.number)?
        }
        Figure::Share(share) => page.write_number_with_format(row, column, *share, &looks.share)?,
    };
    Ok(())
}
