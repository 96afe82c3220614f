//! The problems as an XLSX workbook, with Chinese headings and filters.

use std::io::Write;

use rust_xlsxwriter::Format;
use rust_xlsxwriter::Workbook;

use crate::publish::findings::workbook::NoWorkbook;
use crate::publish::layout::Layout;
use crate::publish::problems::Shown;
use crate::publish::text::printable;

/// The rows that a sheet can hold below its heading.
const MOST_ROWS: u32 = 1_048_575;

/// Writes `rows` as a workbook with one sheet. Rows wait in a temporary file, not in memory.
///
/// # Errors
/// When there are more rows than a sheet holds, and when a file cannot be written.
pub fn workbook<P: Shown>(
    rows: impl Iterator<Item = P::View>,
    layout: Layout,
    out: &mut (impl Write + Send),
) -> Result<(), NoWorkbook> {
    let title = layout.title(P::SHEET);
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name(&title)?.set_header(format!("&C{title}")).set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    let mut last_column = 0;
    for ((_, chinese, width), index) in P::COLUMNS.iter().zip(0..) {
        sheet.set_column_width(index, *width)?;
        sheet.write_string_with_format(0, index, *chinese, &bold)?;
        last_column = index;
    }
    let mut last = 0;
    for row in rows {
        if last == MOST_ROWS {
            return Err(NoWorkbook::TooMany);
        }
        last += 1;
        for (cell, index) in P::cells(&row).iter().zip(0..) {
            sheet.write_string(last, index, printable(cell))?;
        }
    }
    sheet.autofilter(0, 0, last, last_column)?;
    workbook.save_to_writer(&mut *out)?;
    Ok(out.flush()?)
}
