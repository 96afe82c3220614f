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
    Records { lines: Lines::new(input), pending: Vec::new() }
}

/// Rows as cells, with the line each begins at.
pub(super) struct Records {
    lines: Lines,
    /// Lines that were read ahead for a quote that never closed, last first.
    pending: Vec<(u64, String)>,
}

impl Records {
    fn line(&mut self) -> Option<io::Result<(u64, String)>> {
        self.pending.pop().map(Ok).or_else(|| self.lines.next())
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
            return Some(Ok((number, split(&text))));
        }
        let mut further: Vec<(u64, String)> = Vec::new();
        while is_open(&text) {
            let next = if further.len() < LINES_PER_ROW { self.line() } else { None };
            match next {
                Some(Ok(line)) => {
                    text.push('\n');
                    text.push_str(&line.1);
                    further.push(line);
                }
                Some(Err(error)) => return Some(Err((RowError::Io(error), Vec::new()))),
                None => {
                    self.pending.extend(further.into_iter().rev());
                    let reason = "a quote is opened and never closed".to_owned();
                    let flaw = Flaw { column: None, reason };
                    let first = text.split('\n').next().unwrap_or_default();
                    return Some(Err((RowError::refused(number, flaw), split(first))));
                }
            }
        }
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut records = reader.records();
        let record = records.next().and_then(Result::ok).unwrap_or_default();
        if records.next().is_some() {
            let reason = "a quote is opened and closed in the midst of a cell".to_owned();
            let refused = RowError::refused(number, Flaw { column: None, reason });
            return Some(Err((refused, split(&text))));
        }
        Some(Ok((number, record.iter().map(str::to_owned).collect())))
    }
}

/// The cells of a line in which quotes mean nothing.
fn split(line: &str) -> Vec<String> {
    line.split(',').map(str::to_owned).collect()
}

/// Whether `text` ends within a cell in quotes (RFC 4180). A quote in the midst of a cell that did
/// not begin with one is a character like any other: `5" disk`.
fn is_open(text: &str) -> bool {
    let (mut is_quoted, mut is_start, mut characters) = (false, true, text.chars().peekable());
    while let Some(c) = characters.next() {
        match c {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
            }
            '"' if is_quoted => is_quoted = false,
            '"' if is_start => is_quoted = true,
            _ => {}
        }
        is_start = !is_quoted && matches!(c, ',' | '\n');
    }
    is_quoted
}
