//! A list of sites to be filled in: text under Chinese headings, as CSV or as a workbook that offers
//! what may be written, and that spreadsheet programs open rightly and harmlessly.

use std::io;
use std::io::Write;

use csv::Terminator;
use csv::WriterBuilder;
use rust_xlsxwriter::Color;
use rust_xlsxwriter::DataValidation;
use rust_xlsxwriter::DocProperties;
use rust_xlsxwriter::Format;
use rust_xlsxwriter::Workbook;

use crate::publish::findings::csv::unwrapped;
use crate::publish::findings::workbook::MOST_ROWS;
use crate::publish::findings::workbook::NoWorkbook;
use crate::publish::findings::workbook::fitting;
use crate::publish::layout::Layout;
use crate::publish::text::defused;

/// A list to be filled in.
#[derive(Debug, Clone)]
pub struct Roster {
    /// 标题
    pub title: &'static str,
    /// Its columns.
    pub columns: Vec<RosterColumn>,
    /// A cell for each column.
    pub rows: Vec<Vec<String>>,
}

/// A column of a [`Roster`].
#[derive(Debug, Clone)]
pub struct RosterColumn {
    /// The Chinese heading.
    pub heading: &'static str,
    /// In characters.
    pub width: f64,
    /// What may be written into its cells, for the list that a workbook offers; empty: anything.
    pub choices: Vec<String>,
}

impl RosterColumn {
    /// A column that is read.
    pub fn new(heading: &'static str, width: f64) -> Self {
        Self { heading, width, choices: Vec::new() }
    }
}

impl Roster {
    /// Writes CSV: UTF-8 with a byte order mark, CRLF, no cell that is a formula.
    pub fn csv(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all("\u{feff}".as_bytes())?;
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
        let headings = self.columns.iter().map(|column| column.heading);
        writer.write_record(headings).map_err(unwrapped)?;
        for row in &self.rows {
            let cells = row.iter().map(|cell| defused(cell.clone()));
            writer.write_record(cells).map_err(unwrapped)?;
        }
        writer.flush()
    }

    /// Writes a workbook with one sheet; every cell is text, so that none is a formula.
    pub fn xlsx(&self, layout: Layout, out: &mut (impl Write + Send)) -> Result<(), NoWorkbook> {
        let last = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        if last > MOST_ROWS {
            return Err(NoWorkbook::TooMany);
        }
        let title = layout.title(self.title);
        let mut workbook = Workbook::new();
        workbook.set_properties(&DocProperties::new().set_title(&title));
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(&title)?.set_header(format!("&C{title}")).set_freeze_panes(1, 2)?;
        let heading = Format::new().set_bold().set_background_color(Color::RGB(0x00DD_EBF7));
        let asked = Format::new().set_bold().set_background_color(Color::RGB(0x00FF_F2CC));
        let mut last_column = 0;
        for (column, index) in self.columns.iter().zip(0..) {
            sheet.set_column_width(index, column.width)?;
            let format = if column.choices.is_empty() { &heading } else { &asked };
            sheet.write_string_with_format(0, index, column.heading, format)?;
            if !column.choices.is_empty() && last > 0 {
                let choices = DataValidation::new().allow_list_strings(&column.choices)?;
                sheet.add_data_validation(1, index, last, index, &choices)?;
            }
            last_column = index;
        }
        for (row, number) in self.rows.iter().zip(1..) {
            for (cell, index) in row.iter().zip(0..) {
                if !cell.is_empty() {
                    sheet.write_string(number, index, fitting(cell))?;
                }
            }
        }
        sheet.autofilter(0, 0, last, last_column)?;
        workbook.save_to_writer(&mut *out)?;
        Ok(out.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_of_strangers_are_defused_and_choices_are_offered() {
        let choices = vec!["准确".to_owned(), "不准确".to_owned()];
        let roster = Roster {
            title: "抽查",
            columns: vec![
                RosterColumn::new("网站名称", 20.0),
                RosterColumn { choices, ..RosterColumn::new("是否准确", 10.0) },
            ],
            rows: vec![vec!["=1+1".to_owned(), String::new()]],
        };
        let mut csv = Vec::new();
        roster.csv(&mut csv).unwrap();
        assert_eq!(csv, "\u{feff}网站名称,是否准确\r\n'=1+1,\r\n".as_bytes());
        let mut xlsx = Vec::new();
        roster.xlsx(Layout::default(), &mut xlsx).unwrap();
        let mut archive = zip::ZipArchive::new(io::Cursor::new(xlsx)).unwrap();
        let part = archive.by_name("xl/worksheets/sheet1.xml").unwrap();
        let sheet = io::read_to_string(part).unwrap();
        assert!(sheet.contains("准确,不准确") && !sheet.contains("<f>"), "{sheet}");
    }
}
