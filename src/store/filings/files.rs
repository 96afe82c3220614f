//! The files beside the rows of the filing register, written in one pass with them: briefs by target,
//! the subjects, and what earlier registers had.

use std::iter::Peekable;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::clock;
use crate::facts::filing::Filing;
use crate::facts::number::SubjectNumber;
use crate::store::StoreError;
use crate::store::filings::FORMER;
use crate::store::filings::brief::BriefRecord;
use crate::store::filings::brief::append;
use crate::store::filings::brief::target_key;
use crate::store::filings::text::TextBrief;
use crate::store::registers::Registers;
use crate::store::rows::Beside;
use crate::store::rows::Row;
use crate::store::sorted::Records;
use crate::store::sorted::SMALL_BLOCK;
use crate::store::sorted::SortedWriter;
use crate::store::sorter::MEMORY;
use crate::store::sorter::Sorter;

/// The files of a generation on their way.
pub(crate) struct FilingFiles {
    dir: PathBuf,
    generation: u64,
    /// The day that rows leave on.
    today: Date,
    briefs: SortedWriter,
    former: SortedWriter,
    subjects: Sorter,
    /// The last subject given to `subjects`; neighbours often have the same.
    last_subject: Option<SubjectNumber>,
    /// What earlier registers had, by key; `None` at its end.
    earlier: Option<Peekable<Records>>,
    /// The target whose rows are being read, by its key, and their briefs.
    target: Vec<u8>,
    stored: Vec<u8>,
}

impl FilingFiles {
    /// Begins the files of `generation`, which is imported at `now`.
    pub(crate) fn begin(
        registers: &Registers,
        generation: u64,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let dir = registers.dir.clone();
        let path = |name: &str| dir.join(file_name(name, generation));
        let earlier = match registers.file(Filing::REGISTER, FORMER) {
            Err(error) => {
                tracing::warn!(%error, "who was filed in earlier registers is lost");
                None
            }
            Ok(file) => file.map(|file| file.all().peekable()),
        };
        Ok(Self {
            briefs: SortedWriter::with_blocks(&path("briefs"), SMALL_BLOCK)?,
            former: SortedWriter::create(&path("former"))?,
            subjects: Sorter::new(&dir, "subjects", MEMORY),
            last_subject: None,
            earlier,
            target: Vec::new(),
            stored: Vec::new(),
            today: clock::day(now),
            generation,
            dir,
        })
    }

    /// Takes the brief of the row with `key`; keys ascend.
    fn add(&mut self, key: &[u8], brief: &TextBrief<'_>) -> Result<(), StoreError> {
        let target = target_key(key);
        if target != self.target {
            self.end_target()?;
            self.target = target.to_vec();
        }
        let brief = BriefRecord::of_text(brief)?;
        for subject in brief.subjects() {
            if self.last_subject.as_ref() != Some(subject) {
                self.subjects.push(subject.to_string(), [])?;
                self.last_subject = Some(*subject);
            }
        }
        self.stored = append(std::mem::take(&mut self.stored), brief)?;
        Ok(())
    }

    fn end_target(&mut self) -> Result<(), StoreError> {
        if self.stored.is_empty() {
            return Ok(());
        }
        self.briefs.push(&self.target, &self.stored)?;
        self.stored.clear();
        Ok(())
    }

    /// Keeps what earlier registers had below `key`, and forgets it at `key`: a row is there again.
    fn keep_earlier(&mut self, key: Option<&[u8]>) -> Result<(), StoreError> {
        loop {
            let Some(earlier) = &mut self.earlier else { return Ok(()) };
            let is_passed = |found: &[u8]| key.is_none_or(|key| found <= key);
            let next = earlier.next_if(|record| match record {
                Ok((found, _)) => is_passed(found),
                Err(_) => true,
            });
            match next {
                None => return Ok(()),
                Some(Err(error)) => {
                    tracing::warn!(%error, "who was filed in earlier registers is lost from here on");
                    self.earlier = None;
                }
                Some(Ok((found, _))) if key == Some(found.as_slice()) => {}
                Some(Ok((found, bytes))) => {
                    self.former.push(&found, &bytes)?;
                    self.add(&found, &TextBrief::decode(&bytes)?)?;
                }
            }
        }
    }
}

impl Beside for FilingFiles {
    fn take(&mut self, key: &[u8], row: &[u8]) -> Result<(), StoreError> {
        self.keep_earlier(Some(key))?;
        self.add(key, &TextBrief::of_row(row, None)?)
    }

    fn leave(&mut self, key: &[u8], row: &[u8]) -> Result<(), StoreError> {
        self.keep_earlier(Some(key))?;
        // What cannot be read of a damaged register is nobody's.
        let Ok(brief) = TextBrief::of_row(row, Some(self.today)) else { return Ok(()) };
        if brief.is_unreadable {
            return Ok(());
        }
        self.former.push(key, &brief.encode()?)?;
        self.add(key, &brief)
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<String>, StoreError> {
        self.keep_earlier(None)?;
        self.end_target()?;
        let Self { dir, generation, briefs, former, subjects, .. } = *self;
        briefs.finish()?;
        former.finish()?;
        let name = |what| file_name(what, generation);
        let mut writer = SortedWriter::create(&dir.join(name("subjects")))?;
        let mut last = None;
        for record in subjects.finish()? {
            let (key, value) = record?;
            if last.as_ref() != Some(&key) {
                writer.push(&key, &value)?;
                last = Some(key);
            }
        }
        writer.finish()?;
        Ok(["briefs", "subjects", "former"].map(name).into())
    }
}

/// The name of a file of `generation`; the rows themselves are named by the register.
fn file_name(what: &str, generation: u64) -> String {
    format!("{what}.{generation}.sorted")
}
