//! The lines of an export: the first, the last, and whether what stands between is what was written.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::io::Read;
use std::io::Write;

use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;

use crate::facts::checksum::hex;
use crate::store::portable::PortableError;

/// How records are told. A later format gets a later number.
const FORMAT: u32 = 1;

/// No honest line comes near it.
const LONGEST: u64 = 256 << 20;

/// The kinds of the first and the last line.
const FIRST: &str = "export";
const LAST: &str = "end";

/// How many records of each kind there are.
pub type Counts = BTreeMap<String, u64>;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    kind: String,
    format: u32,
    program: String,
}

/// The last line.
#[derive(Debug, Serialize)]
struct Last<'a> {
    kind: &'static str,
    records: &'a Counts,
    sha256: String,
}

/// What every line says.
#[derive(Debug, Deserialize)]
struct Head {
    kind: String,
}

/// Writes lines, and keeps their sum.
#[derive(Debug)]
pub(crate) struct LineWriter<W> {
    out: W,
    digest: Sha256,
    counts: Counts,
}

impl<W: Write> LineWriter<W> {
    /// Begins an export.
    pub(crate) fn begin(out: W) -> Result<Self, PortableError> {
        let program = concat!("chabei ", env!("CARGO_PKG_VERSION")).to_owned();
        let first = First { kind: FIRST.to_owned(), format: FORMAT, program };
        let mut writer = Self { out, digest: Sha256::new(), counts: Counts::new() };
        writer.put(&json(FIRST, &first)?)?;
        Ok(writer)
    }

    /// Writes the line of a record of `kind`.
    pub(crate) fn record(&mut self, kind: &str, line: &str) -> Result<(), PortableError> {
        match self.counts.get_mut(kind) {
            Some(count) => *count += 1,
            None => {
                self.counts.insert(kind.to_owned(), 1);
            }
        }
        self.put(line)
    }

    fn put(&mut self, line: &str) -> Result<(), PortableError> {
        for bytes in [line.as_bytes(), b"\n"] {
            self.digest.update(bytes);
            self.out.write_all(bytes)?;
        }
        Ok(())
    }

    /// Writes the last line.
    pub(crate) fn finish(mut self) -> Result<Counts, PortableError> {
        let last = last_line(&self.counts, self.digest)?;
        self.out.write_all(last.as_bytes())?;
        self.out.write_all(b"\n")?;
        self.out.flush()?;
        Ok(self.counts)
    }
}

fn json<T: Serialize>(kind: &'static str, line: &T) -> Result<String, PortableError> {
    serde_json::to_string(line).map_err(|source| PortableError::Text { kind, source })
}

fn last_line(counts: &Counts, digest: Sha256) -> Result<String, PortableError> {
    let sha256 = hex(&digest.finalize());
    json(LAST, &Last { kind: LAST, records: counts, sha256 })
}

/// Reads lines, and holds them against their sum.
#[derive(Debug)]
pub(crate) struct LineReader<I> {
    input: I,
    digest: Sha256,
    counts: Counts,
    number: u64,
}

/// A line between the first and the last.
#[derive(Debug)]
pub(crate) struct RecordLine {
    /// Its number, from 1.
    pub(crate) number: u64,
    /// The kind of the record.
    pub(crate) kind: String,
    /// All of it.
    pub(crate) text: String,
}

impl<I: BufRead> LineReader<I> {
    /// Begins to read an export.
    pub(crate) fn begin(input: I) -> Result<Self, PortableError> {
        let mut reader = Self { input, digest: Sha256::new(), counts: Counts::new(), number: 0 };
        let text = reader.line()?.unwrap_or_default();
        let first: First = serde_json::from_str(text.trim_end_matches('\n'))
            .ok()
            .filter(|first: &First| first.kind == FIRST)
            .ok_or_else(|| reader.at_fault("it does not begin an export of `export-data`"))?;
        if first.format != FORMAT {
            let First { format, program, .. } = first;
            return Err(reader.at_fault(&format!(
                "format {format} of {program} is not known here, only format {FORMAT}"
            )));
        }
        reader.digest.update(text.as_bytes());
        Ok(reader)
    }

    /// The next record; `None` after the last line, which agrees with everything above it.
    pub(crate) fn next(&mut self) -> Result<Option<RecordLine>, PortableError> {
        const CUT: &str = "the file is cut: its last line is not there";
        let Some(mut text) = self.line()? else { return Err(self.at_fault(CUT)) };
        if !text.ends_with('\n') {
            return Err(self.at_fault(CUT));
        }
        let head = serde_json::from_str::<Head>(&text);
        let Head { kind } =
            head.map_err(|_| self.at_fault("it is no JSON object that tells its kind"))?;
        if kind == LAST {
            let expected = last_line(&self.counts, self.digest.clone())?;
            if text.strip_suffix('\n') != Some(&expected) {
                return Err(self.at_fault(
                    "its counts or its sum are not those of the lines above: the file was changed",
                ));
            }
            if self.line()?.is_some() {
                return Err(self.at_fault("something stands behind the last line"));
            }
            return Ok(None);
        }
        self.digest.update(text.as_bytes());
        *self.counts.entry(kind.clone()).or_default() += 1;
        text.pop();
        Ok(Some(RecordLine { number: self.number, kind, text }))
    }

    /// How many records were read.
    pub(crate) fn into_counts(self) -> Counts {
        self.counts
    }

    fn line(&mut self) -> Result<Option<String>, PortableError> {
        let mut bytes = Vec::new();
        self.number += 1;
        let read = (&mut self.input).take(LONGEST).read_until(b'\n', &mut bytes)?;
        if read as u64 >= LONGEST {
            return Err(self.at_fault("it is longer than any record"));
        }
        let text = String::from_utf8(bytes).map_err(|_| self.at_fault("it is no UTF-8"))?;
        Ok((read > 0).then_some(text))
    }

    fn at_fault(&self, what: &str) -> PortableError {
        PortableError::Line { line: self.number, what: what.to_owned() }
    }
}
