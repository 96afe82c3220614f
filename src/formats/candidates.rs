//! Names to examine, in every form in which others have them: plain lists and tables, zone files,
//! access logs of web servers and logs of queries to name servers, told apart by how they begin.
//!
//! Of logs only the host is kept. What else stands there may be about people, so that a refusal
//! tells the line's number and the reason, and never what the line says.

mod access;
mod list;
mod names;
mod queries;
mod zone;

use std::fmt;
use std::io;
use std::io::Read;

use crate::facts::candidate::Mention;
use crate::formats::tables::FileError;
use crate::formats::tables::Form as TableForm;
use crate::formats::tables::Rows;
use crate::formats::text::Lines;

/// What is looked at to tell how a file is written, in bytes: comments and a server's greetings come
/// first.
const SAMPLE: usize = 64 * 1024;

/// How a file of names is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One name a line.
    List,
    /// CSV, XLSX or JSON lines with a column `domain`.
    Table,
    /// A zone in master format (RFC 1035).
    Zone,
    /// An access log with the host before everything else (vhost combined).
    HostFirst,
    /// An access log of JSON lines.
    JsonLog,
    /// An access log in W3C's extended format.
    Extended,
    /// What a name server was asked.
    Queries,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::List => "a plain list",
            Self::Table => "a table",
            Self::Zone => "a zone file",
            Self::HostFirst => "an access log with the host first",
            Self::JsonLog => "an access log of JSON lines",
            Self::Extended => "a W3C extended log",
            Self::Queries => "a log of DNS queries",
        })
    }
}

/// The names of a file, all brought by `channel`, and how it is written.
pub fn read(
    mut input: impl Read + Send + 'static,
    channel: &str,
) -> Result<(Form, Rows<Mention>), FileError> {
    let mut sample = Vec::with_capacity(SAMPLE);
    input.by_ref().take(SAMPLE as u64).read_to_end(&mut sample)?;
    let (table, sampled) = TableForm::of(io::Cursor::new(sample.clone()))?;
    let form = match table {
        TableForm::JsonLines if access::is_json(&sample) => Form::JsonLog,
        TableForm::Workbook | TableForm::JsonLines => Form::Table,
        TableForm::Csv => form_of(&String::from_utf8_lossy(&sample))?,
    };
    let whole = sampled.chain(input);
    let rows = match form {
        Form::List | Form::Table => list::read(whole, channel)?,
        Form::Zone => Rows::new(zone::rows(Lines::new(whole), channel)),
        Form::HostFirst => Rows::new(access::host_first(Lines::new(whole), channel)),
        Form::JsonLog => Rows::new(access::json(Lines::new(whole), channel)),
        Form::Extended => Rows::new(access::extended(Lines::new(whole), channel)),
        Form::Queries => Rows::new(queries::rows(Lines::new(whole), channel)),
    };
    Ok((form, rows))
}

/// How a file that begins with `text` is written: as its first line that is written in one way alone.
fn form_of(text: &str) -> Result<Form, FileError> {
    for line in text.trim_start_matches('\u{feff}').lines() {
        if let Some(place) = access::fields(line) {
            return place.host.map(|_| Form::Extended).ok_or(FileError::NoHost);
        }
        if line.starts_with(['#', ';']) {
            continue;
        }
        if zone::is_entry(line) {
            return Ok(Form::Zone);
        }
        if let Some(request) = access::Request::of(line) {
            return request.host.map(|_| Form::HostFirst).ok_or(FileError::NoHost);
        }
        if queries::asked(line).is_some() {
            return Ok(Form::Queries);
        }
        if list::is_heading(line) {
            return Ok(Form::Table);
        }
        if !line.trim().is_empty() && !line.trim().contains(char::is_whitespace) {
            return Ok(Form::List);
        }
    }
    Ok(Form::List)
}

#[cfg(test)]
mod tests;
