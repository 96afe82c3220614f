//! Findings as CSV that spreadsheet programs open rightly and harmlessly: UTF-8 with a byte order
//! mark, or GBK, CRLF, and no text that they would take for a formula.

use std::io;
use std::io::Write;

use csv::Terminator;
use csv::WriterBuilder;
use encoding_rs::GBK;
use ulid::Ulid;

use crate::clock;
use crate::publish::findings::columns::COLUMNS;
use crate::publish::findings::columns::Cell;
use crate::publish::text::defused;
use crate::publish::view::FindingView;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What stands for a character that GBK does not have.
const INEXPRESSIBLE: u8 = b'?';

/// A cell that GBK cannot hold as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{finding} {column}: {characters} characters that GBK does not have are written as `?`")]
pub struct Inexpressible {
    /// Of which finding.
    pub finding: Ulid,
    /// In which column.
    pub column: &'static str,
    /// How many characters were replaced.
    pub characters: usize,
}

/// Writes `rows` as CSV under a heading; `null` is an empty cell.
pub fn write(rows: impl Iterator<Item = FindingView>, out: &mut impl Write) -> io::Result<()> {
    out.write_all(BYTE_ORDER_MARK)?;
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    writer.write_record(COLUMNS.iter().map(|column| column.name)).map_err(unwrapped)?;
    for row in rows {
        let cells = COLUMNS.iter().map(|column| written((column.cell)(&row)));
        writer.write_record(cells).map_err(unwrapped)?;
    }
    writer.flush()
}

/// The same in GBK; `tell` hears of each cell that cannot be written as it is.
pub fn write_in_gbk(
    rows: impl Iterator<Item = FindingView>,
    out: &mut impl Write,
    tell: &mut dyn FnMut(Inexpressible),
) -> io::Result<()> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    writer.write_record(COLUMNS.iter().map(|column| column.name)).map_err(unwrapped)?;
    for row in rows {
        for column in COLUMNS {
            let (cell, characters) = in_gbk(&written((column.cell)(&row)));
            if characters > 0 {
                tell(Inexpressible { finding: row.id, column: column.name, characters });
            }
            writer.write_field(cell).map_err(unwrapped)?;
        }
        writer.write_record(None::<&[u8]>).map_err(unwrapped)?;
    }
    writer.flush()
}

/// `text` in GBK as far as GBK has it, and how many characters it has not. No byte of a character that
/// takes two is a comma, a quotation mark or the end of a line.
fn in_gbk(text: &str) -> (Vec<u8>, usize) {
    let (bytes, _, is_lost) = GBK.encode(text);
    if !is_lost {
        return (bytes.into_owned(), 0);
    }
    let (mut whole, mut replaced) = (Vec::with_capacity(text.len()), 0);
    let mut buffer = [0; 4];
    for c in text.chars() {
        let (bytes, _, is_lost) = GBK.encode(c.encode_utf8(&mut buffer));
        if is_lost {
            replaced += 1;
            whole.push(INEXPRESSIBLE);
        } else {
            whole.extend_from_slice(&bytes);
        }
    }
    (whole, replaced)
}

/// What the writer below said: wrapped, a reader that went away could not be told from a full disk.
pub(crate) fn unwrapped(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn written(cell: Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => defused(text),
        Cell::Number(number) => number.to_string(),
        Cell::Moment(moment) => clock::written(moment),
        Cell::Day(day) => day.to_string(),
        Cell::Truth(truth) => truth.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::view::tests::finding;
    use crate::publish::view::tests::view;

    fn cells(row: FindingView) -> Vec<(String, String)> {
        let mut out = Vec::new();
        write([row].into_iter(), &mut out).unwrap();
        let text = out.strip_prefix(BYTE_ORDER_MARK).expect("opens with the mark");
        let mut reader = csv::Reader::from_reader(text);
        let heads = reader.headers().unwrap().clone();
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), 1);
        let owned = |(head, cell): (&str, &str)| (head.to_owned(), cell.to_owned());
        heads.iter().zip(records[0].iter()).map(owned).collect()
    }

    #[track_caller]
    fn check(cells: &[(String, String)], name: &str, expected: &str) {
        let cell = cells.iter().find(|(head, _)| head == name).map(|(_, cell)| cell.as_str());
        assert_eq!(cell, Some(expected), "{name}");
    }

    #[test]
    fn csv_reads_back_as_it_was() {
        let mut finding = finding("example.cn");
        finding.seen.hosts.push("a.example.cn".parse().unwrap());
        finding.seen.evidence.title = Some("引号\"、逗号,和\r\n换行".to_owned());
        let cells = cells(view(&finding));
        check(&cells, "hosts", "www.example.cn;a.example.cn");
        check(&cells, "provider.name", "示例接入商");
        check(&cells, "evidence.title", "引号\"、逗号,和\r\n换行");
        check(&cells, "evidence.status", "200");
        check(&cells, "first_seen", "2026-11-23T01:02:03+08:00");
        check(&cells, "due", "2026-12-13");
        check(&cells, "overdue", "false");
        check(&cells, "reasons", "R01;R03");
        check(&cells, "filing.state", "");
    }

    #[test]
    fn formulas_of_strangers_are_defused() {
        for (title, expected) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("a=1", "a=1"),
        ] {
            let mut finding = finding("example.cn");
            finding.seen.evidence.title = Some(title.to_owned());
            check(&cells(view(&finding)), "evidence.title", expected);
        }
    }

    #[test]
    fn gbk_is_what_old_programs_read_and_what_it_lacks_is_told() {
        let mut finding = finding("example.cn");
        finding.seen.evidence.title = Some("=示例、\"𠮷\"😀".to_owned());
        let (mut out, mut told) = (Vec::new(), Vec::new());
        let rows = [view(&finding)].into_iter();
        write_in_gbk(rows, &mut out, &mut |cell| told.push(cell)).unwrap();
        let text = GBK.decode_without_bom_handling(&out).0.into_owned();
        assert!(text.starts_with("id,kind,domain,"), "no mark");
        assert!(text.contains("示例接入商") && text.contains("\"'=示例、\"\"?\"\"?\""), "{text}");
        let column = "evidence.title";
        assert_eq!(told, [Inexpressible { finding: finding.id, column, characters: 2 }]);
        let mut utf8 = Vec::new();
        write([view(&finding)].into_iter(), &mut utf8).unwrap();
        let utf8 = String::from_utf8(utf8).unwrap().replace(['𠮷', '😀'], "?");
        assert_eq!(utf8.trim_start_matches('\u{feff}'), text);
    }

    #[test]
    fn lines_end_as_windows_ends_them() {
        let mut out = Vec::new();
        write(std::iter::empty(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("\u{feff}id,kind,domain,"));
        assert!(text.ends_with(",claimants\r\n"));
    }
}
