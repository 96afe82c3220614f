//! The filing register, open for lookups: by Domain, and whether a subject exists at all.
//!
//! A generation is four files: the rows as they were imported; what verdicts rest on of each Domain's
//! rows, small, so that a night of ten million names reads little; the subjects; and what earlier
//! registers had and this one has not, so that it is not forgotten who was filed.

pub mod brief;
pub(crate) mod doubt;
pub(crate) mod files;
pub(crate) mod text;

use jiff::Timestamp;

use crate::facts::few::Few;
use crate::facts::filing::Filing;
use crate::facts::number::SubjectNumber;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::filings::brief::BriefRecord;
use crate::store::filings::brief::briefs;
use crate::store::filings::brief::target_of;
use crate::store::registers::Registers;
use crate::store::rows::Row;
use crate::store::sorted::Shared;
use crate::store::sorted::SortedFile;

/// The places of the files of a generation in the manifest.
pub(crate) const ROWS: usize = 0;
pub(crate) const BRIEFS: usize = 1;
pub(crate) const SUBJECTS: usize = 2;
pub(crate) const FORMER: usize = 3;

/// One generation of the filing register. It stays whole while a newer one takes its place.
#[derive(Debug, Clone)]
pub struct FilingRegister {
    rows: SortedFile,
    briefs: SortedFile,
    subjects: SortedFile,
    imported_at: Timestamp,
}

impl FilingRegister {
    pub(crate) fn open(registers: &Registers) -> Result<Option<Self>, StoreError> {
        let Some((files, imported_at)) = registers.generation(Filing::REGISTER)? else {
            return Ok(None);
        };
        let file = |place: usize| files.get(place).cloned();
        // A register without a row proves nothing.
        let Some(rows) = file(ROWS).filter(|file| file.count() > 0) else { return Ok(None) };
        let (Some(briefs_file), Some(subjects), Some(_)) =
            (file(BRIEFS), file(SUBJECTS), file(FORMER))
        else {
            let what = "the filing register lacks files; import it again".to_owned();
            return Err(StoreError::Manifest { path: registers.dir.join("manifest.json"), what });
        };
        if let Some(Err(StoreError::Format { .. })) =
            briefs_file.all().next().map(|first| briefs(&first?.1).map(|_| ()))
        {
            let what = "another version of the program wrote the filing register; import the \
                        filings again"
                .to_owned();
            return Err(StoreError::Manifest { path: registers.dir.join("manifest.json"), what });
        }
        Ok(Some(Self { rows, briefs: briefs_file, subjects, imported_at }))
    }

    /// What `read` makes of every record of one Domain in brief; of none where there is none. A record
    /// that an earlier register had and this one has not counts as cancelled.
    pub fn read_briefs<T>(
        &self,
        target: &Target,
        read: impl Fn(Few<BriefRecord<'_>>) -> T,
    ) -> Result<T, StoreError> {
        let found =
            target.with_sort_key(|key| self.briefs.find(key, |bytes| briefs(bytes).map(&read)))?;
        found.unwrap_or_else(|| Ok(read(Few::new())))
    }

    /// Every record of one Domain with all its details, active or cancelled; after them, in brief,
    /// those that only earlier registers had. Holds personal data.
    pub fn lookup(&self, target: &Target) -> Result<Vec<Filing>, StoreError> {
        let mut prefix = target.sort_key();
        prefix.push(0);
        let rows = self.rows.with_prefix(&prefix);
        let mut records = rows
            .map(|record| Filing::decode(&record?.1))
            .collect::<Result<Vec<Filing>, StoreError>>()?;
        let former = self.read_briefs(target, |briefs| {
            let left = briefs.into_iter().filter(|brief| brief.left_on.is_some());
            left.map(|brief| brief.filing(target)).collect::<Result<Vec<Filing>, StoreError>>()
        })?;
        records.extend(former?);
        Ok(records)
    }

    /// Every record, those of one target side by side. Holds personal data.
    pub fn all(&self) -> impl Iterator<Item = Result<Filing, StoreError>> + Send + use<> {
        self.rows.all().map(|record| Filing::decode(&record?.1))
    }

    /// Gives every record to `take`, in bytes. Holds personal data.
    pub(crate) fn each_row(
        &self,
        mut take: impl FnMut(&[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.rows.each(|_, bytes| take(bytes))
    }

    /// Every record for several threads to share: each asks for some until there are no more. Holds
    /// personal data.
    pub fn shared(&self) -> SharedFilings {
        SharedFilings(self.rows.shared())
    }

    /// Gives every record in brief to `take`, with the sort key of its target, by which they come.
    pub fn each_brief(
        &self,
        mut take: impl FnMut(&[u8], BriefRecord<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.briefs
            .each(|key, bytes| briefs(bytes)?.into_iter().try_for_each(|brief| take(key, brief)))
    }

    /// Whether any record, active or cancelled, now or in an earlier register, is this subject's.
    pub fn has_subject(&self, subject: &SubjectNumber) -> Result<bool, StoreError> {
        self.subjects.find(subject.to_string().as_bytes(), |_| ()).map(|found| found.is_some())
    }

    /// When the register was imported.
    pub fn imported_at(&self) -> Timestamp {
        self.imported_at
    }

    /// Every target with a record, now or in an earlier register, each once, by sort key.
    pub fn targets(&self) -> impl Iterator<Item = Result<Target, StoreError>> + Send + use<> {
        self.briefs.all().map(|record| target_of(&record?.0))
    }
}

/// The records of a register, for several threads.
#[derive(Debug)]
pub struct SharedFilings(Shared);

impl SharedFilings {
    /// Some records that no other thread has; `None` when all are given away.
    pub fn next(&self) -> Result<Option<Vec<Filing>>, StoreError> {
        self.0.next(|_, bytes| Filing::decode(bytes))
    }
}

#[cfg(test)]
mod tests;
