//! The journal of one night: every outcome in the order it was learnt, appended and seen onto the
//! disk before it counts as done. What a crash tears off the end was never reported as done.
//!
//! `magic · night u32 · record*`; a record is `length u32 · crc u32 · outcome`, little-endian.

use std::fs::File;
use std::io::BufReader;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

use crate::facts::change::Scope;
use crate::facts::examination::Examination;
use crate::facts::exchange::Exchange;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::findings::Update;
use crate::store::links;
use crate::store::sorter::MEMORY_AT_NIGHT;
use crate::store::sorter::Sorter;

const MAGIC: [u8; 8] = *b"chabei\x02\x02";
const HEADER: u64 = 12;
const HEADER_LENGTH: usize = 12;

/// What one examination learnt, and what it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// What was learnt.
    pub examination: Examination,
    /// What it changes.
    pub update: Update,
    /// How much of it was judged.
    pub judged: Judged,
    /// The exchanges that its findings rest on; they are not part of the journal.
    #[serde(skip)]
    pub exchanges: Vec<Exchange>,
    /// How often others had changed the findings when it was judged ([`Findings::turns`]).
    ///
    /// [`Findings::turns`]: crate::store::findings::Findings::turns
    #[serde(skip)]
    pub turns: u64,
}

/// How much of an examination was judged: a run that is narrowed to a provider or bureau leaves what
/// would change of others' findings for another run of the same night.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Judged {
    /// A part, by a run of an unknown scope: journals said no more once.
    Partly,
    /// All of it.
    Whole,
    /// All that a run of this scope may change.
    Within(Scope),
}

impl Judged {
    /// Whether nothing is left of it for a run of `scope`.
    pub fn is_done_for(&self, scope: &Scope) -> bool {
        match self {
            Self::Partly => false,
            Self::Whole => true,
            Self::Within(judged) => judged == scope,
        }
    }
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    night: u32,
    end: u64,
}

impl Journal {
    /// Opens the journal of `night` in `dir`; makes it if it is not there, and cuts off a record that
    /// was never finished.
    pub fn open(dir: &Path, night: u32) -> Result<Self, StoreError> {
        std::fs::create_dir_all(dir).map_err(StoreError::io(dir))?;
        let path = path_of(dir, night);
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(StoreError::io(&path))?;
        let length = file.metadata().map_err(StoreError::io(&path))?.len();
        if header_of(&mut file).map_err(StoreError::io(&path))?.is_none() {
            file.set_len(0).map_err(StoreError::io(&path))?;
            file.rewind().map_err(StoreError::io(&path))?;
            let header = [&MAGIC[..], &night.to_le_bytes()].concat();
            file.write_all(&header).map_err(StoreError::io(&path))?;
            file.sync_all().map_err(StoreError::io(&path))?;
        }
        let mut journal = Self { path, file, night, end: HEADER };
        for record in journal.payloads(HEADER)? {
            (journal.end, _) = record?;
        }
        let cut = length.saturating_sub(journal.end);
        if cut > 0 {
            tracing::warn!(
                file = %journal.path.display(),
                offset = journal.end,
                bytes = cut,
                "the journal is cut or damaged here; what it held from here on is examined again"
            );
        }
        journal.file.set_len(journal.end).map_err(StoreError::io(&journal.path))?;
        Ok(journal)
    }

    /// Where the first record begins, in bytes.
    pub const BEGINS: u64 = HEADER;

    /// The journals in `dir`, with their nights, in order.
    pub fn all(dir: &Path) -> Result<Vec<(u32, PathBuf)>, StoreError> {
        let Ok(entries) = std::fs::read_dir(dir) else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry.map_err(StoreError::io(dir))?.path();
            all.extend(night_of(&path).map(|night| (night, path)));
        }
        all.sort();
        Ok(all)
    }

    /// The journal of `night` at `path`, only to be read: nothing is cut off.
    pub fn look(path: &Path, night: u32) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(StoreError::io(path))?;
        Ok(Self { path: path.to_owned(), file, night, end: HEADER })
    }

    /// Whether there is a journal of `night` in `dir`.
    pub fn exists(dir: &Path, night: u32) -> bool {
        path_of(dir, night).is_file()
    }

    /// The night it is of.
    pub fn night(&self) -> u32 {
        self.night
    }

    /// Appends outcomes and sees them onto the disk. Returns where the journal ends now.
    pub fn append(&mut self, outcomes: &[Outcome]) -> Result<u64, StoreError> {
        // Before the outcomes, because what they are about is not read again.
        links::note(&self.links(), outcomes)?;
        let mut bytes = Vec::new();
        for outcome in outcomes {
            let payload = encoding::encode("outcome", outcome)?;
            let length = u32::try_from(payload.len()).map_err(|_| StoreError::Damaged {
                path: self.path.clone(),
                offset: self.end,
                what: "an outcome is larger than a record may be",
            })?;
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
            bytes.extend_from_slice(&payload);
        }
        self.file.seek(SeekFrom::Start(self.end)).map_err(StoreError::io(&self.path))?;
        self.file.write_all(&bytes).map_err(StoreError::io(&self.path))?;
        self.file.sync_data().map_err(StoreError::io(&self.path))?;
        self.end += bytes.len() as u64;
        Ok(self.end)
    }

    /// The outcomes from byte `from` on (0 for all), each with the byte at which it ends.
    pub fn outcomes(
        &self,
        from: u64,
    ) -> Result<impl Iterator<Item = Result<(u64, Outcome), StoreError>> + use<>, StoreError> {
        let payloads = self.payloads(from.max(HEADER))?;
        Ok(payloads.map(|record| {
            let (end, payload) = record?;
            Ok((end, encoding::decode("outcome", &payload)?))
        }))
    }

    /// The sort keys of every target of which nothing is left for a run of `scope`, ascending; `dir` takes
    /// what does not fit in memory.
    pub fn done(
        &self,
        dir: &Path,
        scope: &Scope,
    ) -> Result<impl Iterator<Item = Result<Vec<u8>, StoreError>> + Send + use<>, StoreError> {
        let mut sorter = Sorter::new(dir, "done", MEMORY_AT_NIGHT);
        for outcome in self.outcomes(0)? {
            let (_, outcome) = outcome?;
            if outcome.judged.is_done_for(scope) {
                sorter.push(outcome.examination.target.sort_key(), Vec::new())?;
            }
        }
        Ok(sorter.finish()?.map(|record| record.map(|(key, _)| key)))
    }

    /// The last examination of `target` in the journals in `dir`, of nights that are not finished.
    pub fn find(dir: &Path, target: &Target) -> Result<Option<Examination>, StoreError> {
        let mut newest: Option<Examination> = None;
        for (night, path) in Self::all(dir)? {
            let journal = Self::look(&path, night)?;
            for outcome in journal.outcomes(0)? {
                let examination = outcome?.1.examination;
                let is_newer = newest.as_ref().is_none_or(|last| last.night <= examination.night);
                if examination.target == *target && is_newer {
                    newest = Some(examination);
                }
            }
        }
        Ok(newest)
    }

    /// The file beside it that takes what pages link to.
    pub(crate) fn links(&self) -> PathBuf {
        self.path.with_extension("links")
    }

    /// Removes the journal; what it held must be kept elsewhere by then.
    pub fn remove(self) -> Result<(), StoreError> {
        links::remove(&self.links())?;
        std::fs::remove_file(&self.path).map_err(StoreError::io(&self.path))
    }

    fn payloads(&self, from: u64) -> Result<Payloads, StoreError> {
        let mut file = File::open(&self.path).map_err(StoreError::io(&self.path))?;
        let failed = || StoreError::io(&self.path);
        let Some(header) = header_of(&mut file).map_err(failed())? else {
            file.seek(SeekFrom::End(0)).map_err(failed())?;
            return Ok(Payloads {
                path: self.path.clone(),
                input: BufReader::new(file),
                end: from,
            });
        };
        if header[..8] != MAGIC || header[8..] != self.night.to_le_bytes() {
            return Err(StoreError::Damaged {
                path: self.path.clone(),
                offset: 0,
                what: "it does not begin as the journal of this night",
            });
        }
        file.seek(SeekFrom::Start(from)).map_err(failed())?;
        Ok(Payloads { path: self.path.clone(), input: BufReader::new(file), end: from })
    }
}

/// Records up to the first that is cut or does not match its checksum.
#[derive(Debug)]
struct Payloads {
    path: PathBuf,
    input: BufReader<File>,
    end: u64,
}

impl Iterator for Payloads {
    type Item = Result<(u64, Vec<u8>), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut header = [0; 8];
        if let Err(error) = self.input.read_exact(&mut header) {
            return self.ended(error);
        }
        let [a, b, c, d, crc @ ..] = header;
        let length = u32::from_le_bytes([a, b, c, d]);
        let mut payload = Vec::new();
        match (&mut self.input).take(u64::from(length)).read_to_end(&mut payload) {
            Err(error) => return self.ended(error),
            Ok(read) if read < length as usize => return None,
            Ok(_) => {}
        }
        if crc32fast::hash(&payload) != u32::from_le_bytes(crc) {
            return None;
        }
        self.end += 8 + u64::from(length);
        Some(Ok((self.end, payload)))
    }
}

impl Payloads {
    fn ended(&self, error: std::io::Error) -> Option<Result<(u64, Vec<u8>), StoreError>> {
        let is_end = error.kind() == std::io::ErrorKind::UnexpectedEof;
        (!is_end).then(|| Err(StoreError::io(&self.path)(error)))
    }
}

/// How the file begins; `None` where a power cut came before that was on the disk, which leaves less, or
/// zeros, and nothing behind it that counts.
fn header_of(file: &mut File) -> std::io::Result<Option<[u8; HEADER_LENGTH]>> {
    let mut header = [0; HEADER_LENGTH];
    match file.read_exact(&mut header) {
        Ok(()) => Ok(Some(header).filter(|header| header.iter().any(|byte| *byte != 0))),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn path_of(dir: &Path, night: u32) -> PathBuf {
    dir.join(format!("{night:07}.journal"))
}

fn night_of(path: &Path) -> Option<u32> {
    let is_journal = path.extension().is_some_and(|ending| ending == "journal");
    is_journal.then(|| path.file_stem()?.to_str()?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
