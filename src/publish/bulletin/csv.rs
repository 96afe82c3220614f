//! A bulletin as CSV: the sheets one below the other, headings in as many lines as they have in the
//! plan, what is merged standing in its first cell.

use std::io;
use std::io::Write;

use csv::Terminator;
use csv::WriterBuilder;

use crate::publish::bulletin::edition::Edition;
use crate::publish::bulletin::sheet::Sheet;
use crate::publish::findings::csv::unwrapped;
use crate::publish::grid::Figure;
use crate::publish::text::defused;
use crate::publish::text::printable;

/// Writes `edition` as CSV for spreadsheets: UTF-8 with a byte order mark, CRLF, no formulas.
pub fn write(edition: &Edition, out: &mut impl Write) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    let mut writer =
        WriterBuilder::new().flexible(true).terminator(Terminator::CRLF).from_writer(out);
    let mut line = |cells: Vec<String>| {
        writer.write_record(cells.into_iter().map(|cell| defused(printable(&cell))))
    };
    line(vec![edition.title()]).map_err(unwrapped)?;
    line(vec![edition.standing()]).map_err(unwrapped)?;
    for sheet in edition.sheets() {
        for cells in lines(&sheet, &edition.mark()) {
            line(cells).map_err(unwrapped)?;
        }
    }
    writer.flush()
}

fn lines(sheet: &Sheet, mark: &str) -> Vec<Vec<String>> {
    let width = sheet.columns().len();
    let mut lines = vec![vec![String::new()], vec![format!("{}{mark}", sheet.full_title())]];
    let placed = sheet.placed();
    for row in 0..sheet.depth() {
        let mut cells = vec![String::new(); width];
        for piece in placed.iter().filter(|piece| piece.rows.0 == row) {
            if let Some(cell) = cells.get_mut(usize::from(piece.columns.0)) {
                piece.text.clone_into(cell);
            }
        }
        lines.push(cells);
    }
    lines.extend(sheet.shown().into_iter().map(|row| row.into_iter().map(written).collect()));
    lines.extend(sheet.notes.iter().map(|note| vec![format!("注：{note}")]));
    lines
}

/// A figure as spreadsheets read it; what is missing stays a dash.
fn written(figure: Figure) -> String {
    match figure {
        Figure::Empty => "—".to_owned(),
        Figure::Text(text) => text,
        Figure::Count(count) => count.to_string(),
        Figure::Share(share) => crate::publish::grid::per_cent(share).replace(' ', ""),
    }
}
