//! Rows of CSV, of which a stray quote spoils no more than its own.

use std::io;

use crate::formats::tables::Cells;
use crate::formats::tables::Flaw;
use crate::formats::tables::Input;
use crate::formats::tables::RowError;
use crate::formats::text::Lines;

/// A cell in quotes may reach over so many lines; a quote that stays open longer was never meant.
const LINES_PER_ROW: usize = 32;

/// The rows of `input`.
pub(super) fn records(input: Input) -> Records {
    Records { lines: Lines::new(input), pending: Vec::new(), width: None }
}

/// Rows as cells, with the line each begins at.
pub(super) struct Records {
    lines: Lines,
    /// Lines that were read ahead for a quote that was never meant, last first.
    pending: Vec<(u64, String)>,
    /// How many cells the heading has.
    width: Option<usize>,
}

impl Records {
    fn line(&mut self) -> Option<io::Result<(u64, String)>> {
        self.pending.pop().map(Ok).or_else(|| self.lines.next())
    }

    fn row(&mut self, number: u64, cells: Vec<String>) -> (u64, Vec<String>) {
        self.width.get_or_insert(cells.len());
        (number, cells)
    }

    /// Refuses the first line of `text`, and puts the `further` ones back.
    fn refuse(
        &mut self,
        (number, text): (u64, &str),
        further: Vec<(u64, String)>,
        reason: &str,
    ) -> Cells {
        self.pending.extend(further.into_iter().rev());
        let flaw = Flaw { column: None, reason: reason.to_owned() };
        let first = text.split('\n').next().unwrap_or_default();
        Err((RowError::refused(number, flaw), split(first)))
    }

    /// Whether `line`, which ends at `quote`, is rather a row of its own than part of a cell in quotes that
    /// was `open` before, in a row that began with the line `first`: it has as many cells as the heading. Where the open cell
    /// is the row's first, the line that closes it has as many too; then what came before must have fewer.
    fn has_row(&self, (first, line): (&str, &str), open: usize, quote: &Quote) -> bool {
        let is_whole = |line: &str| Some(line.split(',').count()) == self.width;
        let is_first_closed = open == 0 && quote.open() != Some(0);
        !line.trim().is_empty() && is_whole(line) && (!is_first_closed || is_whole(first))
    }
}

impl Iterator for Records {
    type Item = Cells;

    fn next(&mut self) -> Option<Self::Item> {
        let (number, mut text) = match self.line()? {
            Ok(line) => line,
            Err(error) => return Some(Err((RowError::Io(error), Vec::new()))),
        };
        if !text.contains('"') {
            return Some(Ok(self.row(number, split(&text))));
        }
        let mut further: Vec<(u64, String)> = Vec::new();
        let first = text.len();
        let mut quote = Quote::default();
        quote.read(&text);
        while let Some(open) = quote.open() {
            let next = if further.len() < LINES_PER_ROW { self.line() } else { None };
            let line = match next {
                Some(Ok(line)) => line,
                Some(Err(error)) => return Some(Err((RowError::Io(error), Vec::new()))),
                None => {
                    let reason = "a quote is opened and never closed";
                    return Some(self.refuse((number, &text), further, reason));
                }
            };
            text.push('\n');
            text.push_str(&line.1);
            quote.read(&line.1);
            let has_row = self.has_row((&text[..first], &line.1), open, &quote);
            further.push(line);
            if quote.is_torn || has_row {
                let reason = "a quote is opened and not closed before the next row";
                return Some(self.refuse((number, &text), further, reason));
            }
        }
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut records = reader.records();
        let record = records.next().and_then(Result::ok).unwrap_or_default();
        if records.next().is_some() {
            let reason = "a quote is opened and closed in the midst of a cell";
            return Some(self.refuse((number, &text), further, reason));
        }
        Some(Ok(self.row(number, record.iter().map(str::to_owned).collect())))
    }
}

/// The cells of a line in which quotes mean nothing.
fn split(line: &str) -> Vec<String> {
    line.split(',').map(str::to_owned).collect()
}

/// How the quotes of a row stand at the end of what was read of it (RFC 4180). A quote in the midst of a
/// cell that did not begin with one is a character like any other: `5" disk`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Quote {
    is_quoted: bool,
    /// The cell that is read, from 0.
    cell: usize,
    lines: usize,
    /// The line at whose end a quote was open last.
    opened_in: usize,
    /// Whether a quote closed another one of an earlier line, and its cell goes on all the same: it was
    /// rather to open one.
    is_torn: bool,
}

impl Quote {
    /// Which cell is in quotes that are still open.
    fn open(&self) -> Option<usize> {
        self.is_quoted.then_some(self.cell)
    }

    /// Goes on with the next line, each byte of which is looked at once.
    fn read(&mut self, line: &str) {
        self.lines += 1;
        let bytes = line.as_bytes();
        let (mut at, mut is_start) = (0, !self.is_quoted);
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'"' if self.is_quoted && bytes.get(at + 1) == Some(&b'"') => at += 1,
                b'"' if self.is_quoted => {
                    self.is_quoted = false;
                    let rest = line[at + 1..].trim_start_matches(' ');
                    let is_end = rest.is_empty() || rest.starts_with(',');
                    self.is_torn |= self.opened_in < self.lines && !is_end;
                }
                b'"' if is_start => (self.is_quoted, self.opened_in) = (true, self.lines),
                b',' if !self.is_quoted => self.cell += 1,
                _ => {}
            }
            is_start = !self.is_quoted && *byte == b',';
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// How they stand after `text`, read whole: which cell is open, and whether it is torn.
    fn after(text: &str) -> (Option<usize>, bool) {
        let (mut is_quoted, mut is_start, mut cell) = (false, true, 0);
        let (mut has_lines, mut is_torn) = (false, false);
        let mut characters = text.char_indices().peekable();
        while let Some((at, c)) = characters.next() {
            match c {
                '"' if is_quoted && characters.next_if(|(_, next)| *next == '"').is_some() => {}
                '"' if is_quoted => {
                    is_quoted = false;
                    let rest = text[at + 1..].trim_start_matches(' ');
                    is_torn |= has_lines && !(rest.is_empty() || rest.starts_with([',', '\n']));
                }
                '"' if is_start => (is_quoted, has_lines) = (true, false),
                '\n' if is_quoted => has_lines = true,
                ',' if !is_quoted => cell += 1,
                _ => {}
            }
            is_start = !is_quoted && matches!(c, ',' | '\n');
        }
        (is_quoted.then_some(cell), is_torn)
    }

    proptest! {
        #[test]
        fn going_on_line_by_line_is_reading_the_whole_anew(
            lines in prop::collection::vec("[\",a 好]{0,12}", 1..8),
        ) {
            let (mut quote, mut text) = (Quote::default(), String::new());
            for line in lines {
                quote.read(&line);
                text.push_str(&line);
                prop_assert_eq!((quote.open(), quote.is_torn), after(&text), "{:?}", text);
                text.push('\n');
            }
        }
    }
}
