//! The evidence of a night: what findings rest on, as WARC files of which every record carries the
//! hash of the one before, so that what is changed or taken away later shows.
//!
//! A record's link is the SHA-256 of its head. The head holds the digest of the block and, as
//! `Chabei-Chain`, the link of the record before, so that the newest link stands for everything
//! before it; sled keeps it with the length and the hash of each file ([`EvidenceFile`]). Where a body
//! is taken out in time, a record stays in its place that holds the old head, and the chain with it
//! ([`retention`]).
//!
//! Records are on the disk before the journal tells of what they prove. What a crash tears off the
//! end was told of nowhere; what it leaves behind untold is harmless.

mod choice;
pub mod members;
mod records;
pub mod retention;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use serde::Deserialize;
use sha2::Digest;
use sha2::Sha256;
use ulid::Ulid;

use crate::facts::checksum::hex;
use crate::facts::dossier::Content;
use crate::facts::dossier::Dossier;
use crate::facts::dossier::EvidenceFile;
use crate::facts::dossier::EvidenceName;
use crate::facts::dossier::KeptExchange;
use crate::facts::dossier::Place;
use crate::facts::dossier::RecordId;
use crate::formats::warc::Record;
use crate::store::StoreError;
use crate::store::evidence::choice::Proof;
use crate::store::evidence::members::CHAIN;
use crate::store::evidence::members::Members;
use crate::store::evidence::members::START;
use crate::store::evidence::members::link;
use crate::store::findings::Findings;
use crate::store::journal::Outcome;

/// `[evidence]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A file that is larger is ended, and the night's next one begun.
    pub max_file: ByteSize,
    /// How long after a finding was closed its evidence is kept.
    #[serde(with = "humantime_serde")]
    pub keep: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_file: ByteSize::gib(1), keep: Duration::from_hours(180 * 24) }
    }
}

/// The files of one night, open at their end.
#[derive(Debug)]
pub struct EvidenceWriter {
    dir: PathBuf,
    night: u32,
    max_file: u64,
    current: Option<Current>,
    /// Files that were ended since the last [`EvidenceWriter::sync`].
    ended: Vec<EvidenceFile>,
    last: [u8; 32],
    next_part: u32,
}

/// The file that is written to.
#[derive(Debug)]
struct Current {
    path: PathBuf,
    file: File,
    waiting: Vec<u8>,
    hasher: Sha256,
    state: EvidenceFile,
    /// Whether sled does not know of it as it is.
    is_news: bool,
}

impl EvidenceWriter {
    /// Opens the evidence of `night` in `dir` where a run of it ended, and cuts off what a crash tore.
    /// No file is made before there is something to keep.
    pub fn open(
        dir: &Path,
        settings: &Settings,
        night: u32,
        findings: &Findings,
    ) -> Result<Self, StoreError> {
        std::fs::create_dir_all(dir).map_err(StoreError::io(dir))?;
        let mut writer = Self {
            dir: dir.to_owned(),
            night,
            max_file: settings.max_file.as_u64(),
            current: None,
            ended: Vec::new(),
            last: START,
            next_part: 1,
        };
        let known = findings.evidence_of(night)?;
        for name in members::names(dir)?.into_iter().filter(|name| name.night == night) {
            let file = known.iter().find(|file| file.name == name);
            writer.resume(name, file)?;
        }
        Ok(writer)
    }

    /// Takes up what is there of one file; `known` is what must be there.
    fn resume(
        &mut self,
        name: EvidenceName,
        known: Option<&EvidenceFile>,
    ) -> Result<(), StoreError> {
        let path = self.dir.join(name.to_string());
        let mut members = Members::open(&path)?;
        let mut fault = None;
        for entry in &mut members {
            fault = entry?.err();
        }
        let (length, records) = (members.end(), members.records());
        let must = known.map_or(0, |known| known.content.length);
        self.next_part = name.part + 1;
        if length < must {
            let what = fault.map(|fault| fault.to_string());
            tracing::error!(file = %path.display(), offset = length, what,
                "evidence is damaged here; it is left as it is, and `check-data` tells what is lost");
            self.last = known.map_or(self.last, |known| known.last);
            return Ok(());
        }
        if fault.is_some() {
            tracing::warn!(file = %path.display(), offset = length, "a record that a crash tore is cut off");
        }
        let file = File::options().append(true).open(&path).map_err(StoreError::io(&path))?;
        file.set_len(length).map_err(StoreError::io(&path))?;
        if records == 0 {
            self.next_part = name.part;
            return std::fs::remove_file(&path).map_err(StoreError::io(&path));
        }
        let hasher = members::hash(&path, length)?;
        let content = Content { length, sha256: hasher.clone().finalize().into() };
        self.last = members.link();
        let state = EvidenceFile {
            name,
            first: members.first(),
            last: self.last,
            records,
            content,
            replacement: None,
            removed: None,
        };
        // What a crash kept sled from hearing of is told with the next batch.
        self.ended.extend(self.current.take().map(|current| current.state));
        self.current =
            Some(Current { path, file, waiting: Vec::new(), hasher, state, is_news: true });
        Ok(())
    }

    /// Keeps what the findings of `batch` rest on, and notes in each update where it lies.
    pub fn keep(&mut self, batch: &mut [Outcome], findings: &Findings) -> Result<(), StoreError> {
        for place in 0..batch.len() {
            let (before, rest) = batch.split_at_mut(place);
            let Some(outcome) = rest.first_mut() else { continue };
            let mut dossiers: Vec<(Ulid, Dossier)> = Vec::new();
            for proof in choice::proofs(outcome) {
                let earlier = before
                    .iter()
                    .flat_map(|outcome| &outcome.update.dossiers)
                    .rfind(|(id, _)| *id == proof.finding);
                let mut dossier = match earlier {
                    Some((_, dossier)) => dossier.clone(),
                    None => findings.dossier(proof.finding)?.unwrap_or_default(),
                };
                self.prove(&proof, &mut dossier, &dossiers)?;
                dossiers.push((proof.finding, dossier));
            }
            outcome.update.dossiers = dossiers;
        }
        Ok(())
    }

    /// Writes what `proof` holds, or that it was seen again. Findings of one target that rest on the
    /// same exchange share its records: `others` are those that are written already.
    fn prove(
        &mut self,
        proof: &Proof<'_>,
        dossier: &mut Dossier,
        others: &[(Ulid, Dossier)],
    ) -> Result<(), StoreError> {
        let is_same =
            |kept: &KeptExchange| kept.url == proof.url && kept.body_sha256 == proof.body_sha256;
        let newest = dossier.newest().filter(|kept| is_same(kept));
        if let (Some(newest), Some(primary), true) = (newest, proof.primary(), proof.is_routine()) {
            let revisit = records::revisit(primary, newest);
            let place = self.append(RecordId::fresh(), revisit)?;
            dossier.again = Some((place, proof.at));
            return Ok(());
        }
        let written = others
            .iter()
            .filter_map(|(_, other)| other.newest())
            .find(|kept| is_same(kept) && kept.at == proof.at);
        let place = match written {
            Some(kept) => kept.place,
            None => self.write(proof)?,
        };
        dossier.add(KeptExchange {
            place,
            occasion: proof.occasion,
            at: proof.at,
            url: proof.url.clone(),
            body_sha256: proof.body_sha256.clone(),
        });
        Ok(())
    }

    /// Writes a proof whole; returns where its answer lies.
    fn write(&mut self, proof: &Proof<'_>) -> Result<Place, StoreError> {
        let id = RecordId::fresh();
        let mut place = None;
        for (is_primary, record) in records::of(proof, id) {
            let own = if is_primary { id } else { RecordId::fresh() };
            let at = self.append(own, record)?;
            if is_primary {
                place = Some(at);
            }
        }
        // A proof without an exchange or an answer is none.
        place.ok_or(StoreError::WriterLost)
    }

    /// Adds a record, which is on the disk after the next [`EvidenceWriter::sync`].
    fn append(&mut self, id: RecordId, record: Record) -> Result<Place, StoreError> {
        let is_full = self
            .current
            .as_ref()
            .is_some_and(|current| current.state.content.length >= self.max_file);
        if is_full && let Some(full) = self.current.take() {
            self.ended.push(full.end()?);
        }
        if self.current.is_none() {
            let name = EvidenceName { night: self.night, part: self.next_part };
            self.next_part += 1;
            self.current = Some(Current::create(&self.dir, name, self.last)?);
            let information = records::information(name);
            self.push(RecordId::fresh(), information)?;
        }
        self.push(id, record)
    }

    fn push(&mut self, id: RecordId, mut record: Record) -> Result<Place, StoreError> {
        let current = self.current.as_mut().ok_or(StoreError::WriterLost)?;
        let own =
            [("WARC-Record-ID", format!("<{id}>")), (CHAIN, format!("sha256:{}", hex(&self.last)))];
        record.fields.splice(1..1, own.map(|(name, value)| (name.to_owned(), value)));
        let packed = record.packed().map_err(StoreError::io(&current.path))?;
        self.last = link(&record.head());
        let place = Place { file: current.state.name, offset: current.state.content.length, id };
        current.add(&packed, self.last);
        Ok(place)
    }

    /// Sees everything onto the disk. Returns the files that are other than they were, for sled.
    pub fn sync(&mut self) -> Result<Vec<EvidenceFile>, StoreError> {
        let mut changed = std::mem::take(&mut self.ended);
        if let Some(current) = &mut self.current {
            current.flush()?;
            if std::mem::take(&mut current.is_news) {
                changed.push(current.state);
            }
        }
        Ok(changed)
    }
}

impl Current {
    fn create(dir: &Path, name: EvidenceName, first: [u8; 32]) -> Result<Self, StoreError> {
        let path = dir.join(name.to_string());
        let file = File::options()
            .create_new(true)
            .append(true)
            .open(&path)
            .map_err(StoreError::io(&path))?;
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(StoreError::io(dir))?;
        let hasher = Sha256::new();
        let content = Content { length: 0, sha256: hasher.clone().finalize().into() };
        let state = EvidenceFile {
            name,
            first,
            last: first,
            records: 0,
            content,
            replacement: None,
            removed: None,
        };
        Ok(Self { path, file, waiting: Vec::new(), hasher, state, is_news: true })
    }

    fn add(&mut self, packed: &[u8], last: [u8; 32]) {
        self.waiting.extend_from_slice(packed);
        self.hasher.update(packed);
        self.state.content.length += packed.len() as u64;
        self.state.records += 1;
        self.state.last = last;
        self.is_news = true;
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        if !self.waiting.is_empty() {
            self.file.write_all(&self.waiting).map_err(StoreError::io(&self.path))?;
            self.file.sync_data().map_err(StoreError::io(&self.path))?;
            self.waiting.clear();
        }
        self.state.content.sha256 = self.hasher.clone().finalize().into();
        Ok(())
    }

    fn end(mut self) -> Result<EvidenceFile, StoreError> {
        self.flush()?;
        Ok(self.state)
    }
}

#[cfg(test)]
pub(crate) mod tests;
