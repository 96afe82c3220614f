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

    /// Whether the last line of `text`, which ends at `quote`, is rather a row of its own than part of a
    /// cell in quotes that was `open` before: it has as many cells as the heading. Where the open cell
    /// is the row's first, the line that closes it has as many too; then what came before must have fewer.
    fn has_row(&self, text: &str, open: usize, quote: &Quote) -> bool {
        let Some((before, line)) = text.rsplit_once('\n') else { return false };
        let is_whole = |line: &str| Some(line.split(',').count()) == self.width;
        let is_first_closed = open == 0 && quote.open != Some(0);
        let first = before.split('\n').next().unwrap_or_default();
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
        let mut quote = Quote::after(&text);
        while let Some(open) = quote.open {
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
            further.push(line);
            quote = Quote::after(&text);
            if quote.is_torn || self.has_row(&text, open, &quote) {
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

/// How the quotes of a row stand at the end of what was read of it.
struct Quote {
    /// Which cell is in quotes that are still open.
    open: Option<usize>,
    /// Whether a quote closed another one of an earlier line, and its cell goes on all the same: it was
    /// rather to open one.
    is_torn: bool,
}

impl Quote {
    /// How they stand after `text` (RFC 4180). A quote in the midst of a cell that did not begin with one
    /// is a character like any other: `5" disk`.
    fn after(text: &str) -> Self {
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
        Self { open: is_quoted.then_some(cell), is_torn }
    }
}
