//! Where the evidence of findings lies, how its files must be, and who has read them.

use ulid::Ulid;

use crate::facts::dossier::Dossier;
use crate::facts::dossier::EvidenceFile;
use crate::facts::dossier::EvidenceName;
use crate::facts::dossier::Reading;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::findings::Findings;
use crate::store::findings::with_id;

/// `e` finding id → dossier.
pub(super) const DOSSIER: u8 = b'e';
/// `w` night, part → file of evidence.
pub(super) const FILE: u8 = b'w';
/// `r` finding id, number → reading.
pub(super) const READING: u8 = b'r';

impl Findings {
    /// The evidence of one finding; `None` where none was ever kept, or is kept no more.
    pub fn dossier(&self, finding: Ulid) -> Result<Option<Dossier>, StoreError> {
        self.value("dossier", &with_id(DOSSIER, finding))
    }

    /// Every dossier, by the finding's id.
    pub fn dossiers(
        &self,
    ) -> impl Iterator<Item = Result<(Ulid, Dossier), StoreError>> + Send + use<> {
        let failed = self.failed();
        self.tree.scan_prefix([DOSSIER]).map(move |record| {
            let (key, bytes) = record.map_err(&failed)?;
            let id = key.last_chunk::<16>().copied().unwrap_or_default();
            Ok((Ulid::from_bytes(id), encoding::decode("dossier", &bytes)?))
        })
    }

    /// Forgets where the evidence of one finding was.
    pub fn remove_dossier(&self, finding: Ulid) -> Result<(), StoreError> {
        self.remove(with_id(DOSSIER, finding))?;
        self.follow_dossier(finding, None);
        Ok(())
    }

    fn follow_dossier(&self, finding: Ulid, dossier: Option<&Dossier>) {
        if let Some(catalogue) = self.catalogue.get() {
            let dossiers = std::iter::once((finding, dossier));
            catalogue.follow(std::iter::empty(), std::iter::empty(), dossiers);
        }
    }

    pub(super) fn batch_dossier(
        batch: &mut sled::Batch,
        finding: Ulid,
        dossier: &Dossier,
    ) -> Result<(), StoreError> {
        batch.insert(with_id(DOSSIER, finding), encoding::encode("dossier", dossier)?);
        Ok(())
    }

    pub(super) fn batch_evidence(
        batch: &mut sled::Batch,
        file: &EvidenceFile,
    ) -> Result<(), StoreError> {
        batch.insert(file_key(file.name), encoding::encode("evidence file", file)?);
        Ok(())
    }

    /// How a file of evidence must be from now on.
    pub fn put_evidence(&self, file: &EvidenceFile) -> Result<(), StoreError> {
        self.put(&file_key(file.name), encoding::encode("evidence file", file)?)
    }

    /// Keeps that, and in the same step the dossiers of findings that rest on it; one that is left
    /// empty goes.
    pub fn put_evidence_with(
        &self,
        file: &EvidenceFile,
        dossiers: &[(Ulid, Dossier)],
    ) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        Self::batch_evidence(&mut batch, file)?;
        for (finding, dossier) in dossiers {
            if dossier.is_empty() {
                batch.remove(with_id(DOSSIER, *finding));
            } else {
                Self::batch_dossier(&mut batch, *finding, dossier)?;
            }
        }
        let writing = self.writing();
        self.write(batch)?;
        drop(writing);
        for (finding, dossier) in dossiers {
            self.follow_dossier(*finding, Some(dossier).filter(|dossier| !dossier.is_empty()));
        }
        Ok(())
    }

    /// How every file of evidence must be, in order.
    pub fn evidence_files(
        &self,
    ) -> impl Iterator<Item = Result<EvidenceFile, StoreError>> + Send + use<> {
        self.values("evidence file", &[FILE])
    }

    /// How the files of one night must be.
    pub fn evidence_of(&self, night: u32) -> Result<Vec<EvidenceFile>, StoreError> {
        let prefix = [&[FILE][..], &night.to_be_bytes()].concat();
        self.values("evidence file", &prefix).collect()
    }

    /// Notes that somebody looked at a body; seen onto the disk before it is shown.
    pub fn put_reading(&self, reading: &Reading) -> Result<(), StoreError> {
        let writing = self.writing();
        let prefix = with_id(READING, reading.finding);
        let last = self.tree.scan_prefix(&prefix).next_back().transpose().map_err(self.failed())?;
        let last = last.and_then(|(key, _)| key.last_chunk::<8>().copied());
        let number = last.map_or(0, u64::from_be_bytes) + 1;
        let key = [&prefix[..], &number.to_be_bytes()].concat();
        writing.put(&key, encoding::encode("reading", reading)?)
    }

    /// Who looked at the bodies of one finding, oldest first.
    pub fn readings(&self, finding: Ulid) -> Result<Vec<Reading>, StoreError> {
        self.values("reading", &with_id(READING, finding)).collect()
    }

    /// Everybody who looked at a body, by finding.
    pub fn all_readings(&self) -> impl Iterator<Item = Result<Reading, StoreError>> + Send + use<> {
        self.values("reading", &[READING])
    }
}

pub(super) fn file_key(name: EvidenceName) -> Vec<u8> {
    [&[FILE][..], &name.night.to_be_bytes(), &name.part.to_be_bytes()].concat()
}
