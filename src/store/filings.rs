//! The filing register, open for lookups: by Domain, and whether a subject exists at all.

use jiff::Timestamp;

use crate::facts::filing::Filing;
use crate::facts::number::SubjectNumber;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::registers::Registers;
use crate::store::rows::Row;
use crate::store::sorted::SortedFile;

/// The name of the file of subjects that goes with each generation of filings.
pub(crate) const SUBJECTS: &str = "subjects";

/// One generation of the filing register. It stays whole while a newer one takes its place.
#[derive(Debug, Clone)]
pub struct FilingRegister {
    filings: SortedFile,
    subjects: SortedFile,
    imported_at: Timestamp,
}

impl FilingRegister {
    pub(crate) fn open(registers: &Registers) -> Result<Option<Self>, StoreError> {
        // A register without a row proves nothing.
        let filings = registers.file(Filing::REGISTER, 0)?.filter(|file| file.count() > 0);
        let subjects = registers.file(Filing::REGISTER, 1)?;
        let imported_at = registers.imported_at::<Filing>();
        Ok(match (filings, subjects, imported_at) {
            (Some(filings), Some(subjects), Some(imported_at)) => {
                Some(Self { filings, subjects, imported_at })
            }
            _ => None,
        })
    }

    /// Every record of one Domain, active or cancelled.
    pub fn lookup(&self, target: &Target) -> Result<Vec<Filing>, StoreError> {
        let mut prefix = target.sort_key();
        prefix.push(0);
        self.filings.with_prefix(&prefix).map(|record| Filing::decode(&record?.1)).collect()
    }

    /// Whether any record, active or cancelled, is this subject's.
    pub fn has_subject(&self, subject: &SubjectNumber) -> Result<bool, StoreError> {
        self.subjects.value_of(subject.to_string().as_bytes()).map(|value| value.is_some())
    }

    /// When the register was imported.
    pub fn imported_at(&self) -> Timestamp {
        self.imported_at
    }

    /// Every record, those of one target side by side.
    pub fn all(&self) -> impl Iterator<Item = Result<Filing, StoreError>> + Send + use<> {
        self.filings.all().map(|record| Filing::decode(&record?.1))
    }

    /// Every target with a record, each once, by sort key.
    pub fn targets(&self) -> impl Iterator<Item = Result<Target, StoreError>> + Send + use<> {
        let mut last = None;
        self.filings.all().filter_map(move |record| match record {
            Err(error) => Some(Err(error)),
            Ok((_, bytes)) => match Filing::decode(&bytes) {
                Err(error) => Some(Err(error)),
                Ok(filing) if last.as_ref() == Some(&filing.domain) => None,
                Ok(filing) => {
                    last = Some(filing.domain.clone());
                    Some(Ok(filing.domain))
                }
            },
        })
    }
}
