//! A bulletin as Markdown, for reading and mail.

use std::io;
use std::io::Write;

use crate::publish::bulletin::edition::Edition;
use crate::publish::bulletin::sheet::Sheet;
use crate::publish::text::printable;

/// Writes `edition` as Markdown.
pub fn write(edition: &Edition, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "# {}\n\n{}", edition.title(), escaped(&edition.standing()))?;
    for sheet in edition.sheets() {
        table(&sheet, out)?;
    }
    Ok(())
}

fn table(sheet: &Sheet, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\n## {}\n", sheet.full_title())?;
    let columns = sheet.columns();
    let headings: Vec<_> = columns.iter().map(|(heading, _)| heading.as_str()).collect();
    writeln!(out, "| {} |", headings.join(" | "))?;
    writeln!(out, "|{}", " --- |".repeat(columns.len()))?;
    for row in sheet.shown() {
        let cells: Vec<_> = row.into_iter().map(|figure| escaped(&figure.told())).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    if sheet.rows.is_empty() {
        writeln!(out, "|{}", " — |".repeat(columns.len()))?;
    }
    for note in &sheet.notes {
        writeln!(out, "\n注：{}", escaped(note))?;
    }
    Ok(())
}

/// `text` on one line and without what Markdown or HTML would take for its own.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_breaks_out_of_its_table() {
        assert_eq!(escaped("a|b\n<b>*c*"), "a\\|b &lt;b&gt;\\*c\\*");
    }
}
