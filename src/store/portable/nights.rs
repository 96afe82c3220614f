//! Nights under way as lines: what each journal holds, and what pages linked to.

use std::io::Write;
use std::path::Path;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::facts::candidate::LinkedName;
use crate::store::StoreError;
use crate::store::journal::Journal;
use crate::store::journal::Outcome;
use crate::store::links;
use crate::store::portable::PortableError;
use crate::store::portable::kinds::Unread;
use crate::store::portable::kinds::line_of;
use crate::store::portable::kinds::record_of;
use crate::store::portable::lines::LineWriter;
use crate::store::portable::lines::RecordLine;

/// The kinds: what begins a night, and what follows.
pub(crate) const JOURNAL: &str = "journal";
const OUTCOME: &str = "outcome";
const NOTED_LINK: &str = "noted_link";

/// Outcomes that go to the disk together, at the most.
const BATCH: usize = 256;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Night {
    night: u32,
}

/// Writes the journals in `dir`.
pub(crate) fn export<W: Write>(dir: &Path, out: &mut LineWriter<W>) -> Result<(), PortableError> {
    for (night, path) in Journal::all(dir)? {
        let journal = Journal::look(&path, night)?;
        out.record(JOURNAL, &line_of(JOURNAL, &[], &Night { night })?)?;
        for outcome in journal.outcomes(0)? {
            let (end, outcome) = outcome?;
            out.record(OUTCOME, &line_of(OUTCOME, &[end.into()], &outcome)?)?;
        }
        for name in links::noted(&journal.links())? {
            out.record(NOTED_LINK, &line_of(NOTED_LINK, &[], &name)?)?;
        }
    }
    Ok(())
}

/// A journal that is being filled.
#[derive(Debug)]
pub(crate) struct JournalFilling {
    journal: Journal,
    batch: Vec<Outcome>,
    /// Where the last outcome of the batch must end.
    end: u64,
    links: Vec<LinkedName>,
}

impl JournalFilling {
    /// Begins the journal that `line` tells of, in `dir`.
    pub(crate) fn begin(dir: &Path, line: &RecordLine) -> Result<Self, Unread> {
        let (_, Night { night }) = record_of(&line.text)?;
        let journal = Journal::open(dir, night).map_err(Unread::Store)?;
        Ok(Self { journal, batch: Vec::new(), end: Journal::BEGINS, links: Vec::new() })
    }

    /// Takes a line; `false` where it is none of a journal.
    pub(crate) fn take(&mut self, line: &RecordLine) -> Result<bool, Unread> {
        match line.kind.as_str() {
            OUTCOME => {
                let (said, outcome) = record_of(&line.text)?;
                self.end = said.first().and_then(Value::as_u64).ok_or(Unread::Key)?;
                self.batch.push(outcome);
                if self.batch.len() >= BATCH {
                    self.append()?;
                }
            }
            NOTED_LINK => self.links.push(record_of(&line.text)?.1),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The findings know by its bytes how much of the journal they have seen.
    fn append(&mut self) -> Result<(), Unread> {
        let end = self.journal.append(&self.batch).map_err(Unread::Store)?;
        self.batch.clear();
        if end == self.end { Ok(()) } else { Err(Unread::Key) }
    }

    /// Ends the journal.
    pub(crate) fn finish(mut self) -> Result<(), Unread> {
        self.append()?;
        let written = links::write(&self.journal.links(), &self.links);
        written.map_err(|error: StoreError| Unread::Store(error))
    }
}
