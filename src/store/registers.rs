//! The registers on disk: which file of each is the living one, and how it is read.
//!
//! `manifest.json` names the living files. It is replaced in one step, so that whoever reads sees
//! the old register or the new one, never half. What was opened before stays readable, so that a
//! night goes on with the registers that it began with while others are imported.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::RwLockReadGuard;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::allocation::Allocation;
use crate::facts::candidate::Candidate;
use crate::facts::candidate::LinkedName;
use crate::facts::examination::Examination;
use crate::facts::filing_problem::FilingProblem;
use crate::facts::filing_problem::FilingProblemOutline;
use crate::facts::problem::Problem;
use crate::facts::provider::Provider;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::filings::FilingRegister;
use crate::store::import::Import;
use crate::store::problems::outline;
use crate::store::rows::Row;
use crate::store::sorted::SortedFile;
use crate::store::sorter::RUN;

const FORMAT: u32 = 1;

/// Whether `dir` holds files of registers.
fn holds_registers(dir: &Path) -> Result<bool, StoreError> {
    for entry in std::fs::read_dir(dir).map_err(StoreError::io(dir))? {
        let path = entry.map_err(StoreError::io(dir))?.path();
        if path.extension().is_some_and(|ending| ending == "sorted") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Every register of one data folder, for as many threads as like.
#[derive(Debug)]
pub struct Registers {
    pub(crate) dir: PathBuf,
    manifest: RwLock<Manifest>,
    /// Held while a generation is written, so that nothing of another one is lost.
    writing: Mutex<()>,
}

/// What `manifest.json` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    format: u32,
    /// Of what it says of the registers; `None` in one that was written before there were any.
    #[serde(default)]
    checksum: Option<u32>,
    pub(crate) registers: BTreeMap<String, Living>,
}

/// The living generation of one register.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Living {
    pub(crate) generation: u64,
    pub(crate) rows: u64,
    pub(crate) imported_at: Timestamp,
    /// File names in the folder; the register itself first, then what goes with it.
    pub(crate) files: Vec<String>,
}

impl Manifest {
    /// The manifest in `bytes`, which are those of the file at `path`.
    pub(crate) fn read(path: &Path, bytes: &[u8]) -> Result<Self, StoreError> {
        let wrong = |what| StoreError::Manifest { path: path.to_owned(), what };
        let manifest: Self =
            serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(wrong(format!("format {} is not known", manifest.format)));
        }
        Ok(manifest)
    }

    /// What is wrong with it, whose file holds `bytes`.
    pub(crate) fn fault(&self, bytes: &[u8]) -> Option<&'static str> {
        // Without one it is an older program's, and there is nothing to hold it against.
        let checksum = self.checksum?;
        let is_as_written = serde_json::to_vec_pretty(self).is_ok_and(|written| written == bytes);
        (!is_as_written || Some(checksum) != self.sum()).then_some("it does not match its checksum")
    }

    fn sum(&self) -> Option<u32> {
        serde_json::to_vec(&self.registers).ok().map(|bytes| crc32fast::hash(&bytes))
    }
}

/// The last examinations of the nights that are finished, for looking one up; stays as it is when
/// another is added.
#[derive(Debug)]
pub struct KeptExaminations(Option<SortedFile>);

impl KeptExaminations {
    /// That of `target`; `None` also where it cannot be read. They only order a night, which must not
    /// end because of them.
    pub fn of(&self, target: &Target) -> Option<Examination> {
        let bytes = self.0.as_ref()?.value_of(&target.sort_key()).ok().flatten()?;
        Examination::decode(&bytes).ok()
    }
}

/// Nobody else writes a generation as long as it is held.
pub(crate) type Alone<'a> = MutexGuard<'a, ()>;

impl Registers {
    /// Opens the registers in `dir`, which is made if it is not there, and clears away what an
    /// interrupted import left.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(dir).map_err(StoreError::io(dir))?;
        let path = dir.join("manifest.json");
        let manifest = match std::fs::read(&path) {
            Ok(bytes) => Manifest::read(&path, &bytes)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if holds_registers(dir)? {
                    let what = "it is missing, and registers lie beside it".to_owned();
                    return Err(StoreError::Manifest { path, what });
                }
                Manifest { format: FORMAT, checksum: None, registers: BTreeMap::new() }
            }
            Err(error) => return Err(StoreError::io(&path)(error)),
        };
        let registers =
            Self { dir: dir.to_owned(), manifest: RwLock::new(manifest), writing: Mutex::new(()) };
        registers.clear_away()?;
        Ok(registers)
    }

    /// What is living now.
    fn manifest(&self) -> RwLockReadGuard<'_, Manifest> {
        self.manifest.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody else writes a generation as long as this is held. Readers go on.
    pub(crate) fn writing(&self) -> Alone<'_> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes runs and generations that no manifest names. Only while nobody sorts or imports.
    fn clear_away(&self) -> Result<(), StoreError> {
        let manifest = self.manifest();
        let living: Vec<&String> =
            manifest.registers.values().flat_map(|living| &living.files).collect();
        for entry in std::fs::read_dir(&self.dir).map_err(StoreError::io(&self.dir))? {
            let path = entry.map_err(StoreError::io(&self.dir))?.path();
            let ending = path.extension().and_then(|ending| ending.to_str());
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let is_ours = ending == Some(RUN) || ending == Some("sorted");
            if is_ours && !living.iter().any(|file| *file == name) {
                std::fs::remove_file(&path).map_err(StoreError::io(&path))?;
            }
        }
        Ok(())
    }

    /// Begins an import of rows of one register. `replaces`: what is there now gives way to it.
    pub fn begin<R: Row>(&self, replaces: bool) -> Import<'_, R> {
        Import::new(self, replaces)
    }

    /// Puts `living` in the place of the register's generation, in one step, and removes what it
    /// takes the place of. Under [`Self::writing`].
    pub(crate) fn switch(&self, register: &str, living: Living) -> Result<(), StoreError> {
        let mut next = self.manifest().clone();
        let kept = living.files.clone();
        let former = next.registers.insert(register.to_owned(), living);
        let path = self.dir.join("manifest.json");
        let fresh = self.dir.join("manifest.json.new");
        next.checksum = next.sum();
        let text = serde_json::to_vec_pretty(&next).map_err(|error| StoreError::Manifest {
            path: path.clone(),
            what: error.to_string(),
        })?;
        std::fs::write(&fresh, text).map_err(StoreError::io(&fresh))?;
        let sync = |path: &Path| File::open(path).and_then(|file| file.sync_all());
        sync(&fresh).map_err(StoreError::io(&fresh))?;
        std::fs::rename(&fresh, &path).map_err(StoreError::io(&path))?;
        sync(&self.dir).map_err(StoreError::io(&self.dir))?;
        *self.manifest.write().unwrap_or_else(PoisonError::into_inner) = next;
        for name in former.into_iter().flat_map(|former| former.files) {
            if !kept.contains(&name) {
                let path = self.dir.join(name);
                match std::fs::remove_file(&path) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(StoreError::io(&path)(error));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The living generation of a register; `None` when it was never imported.
    pub(crate) fn living(&self, register: &str) -> Option<Living> {
        self.manifest().registers.get(register).cloned()
    }

    pub(crate) fn file(
        &self,
        register: &str,
        place: usize,
    ) -> Result<Option<SortedFile>, StoreError> {
        // Held until the file is open, because a switch removes it.
        let manifest = self.manifest();
        let living = manifest.registers.get(register);
        let Some(name) = living.and_then(|living| living.files.get(place)) else { return Ok(None) };
        SortedFile::open(&self.dir.join(name)).map(Some)
    }

    /// Every file of the living generation of a register, opened together, and when it was imported.
    pub(crate) fn generation(
        &self,
        register: &str,
    ) -> Result<Option<(Vec<SortedFile>, Timestamp)>, StoreError> {
        let manifest = self.manifest();
        let Some(living) = manifest.registers.get(register) else { return Ok(None) };
        let files = living.files.iter().map(|name| SortedFile::open(&self.dir.join(name)));
        Ok(Some((files.collect::<Result<_, _>>()?, living.imported_at)))
    }

    /// When a register was last imported; `None` when it never was.
    pub fn imported_at<R: Row>(&self) -> Option<Timestamp> {
        self.manifest().registers.get(R::REGISTER).map(|living| living.imported_at)
    }

    /// Which generation of a register is the living one; 0 where it was never imported.
    pub fn version<R: Row>(&self) -> u64 {
        self.manifest().registers.get(R::REGISTER).map_or(0, |living| living.generation)
    }

    /// The number of rows of a register.
    pub fn rows<R: Row>(&self) -> u64 {
        self.manifest().registers.get(R::REGISTER).map_or(0, |living| living.rows)
    }

    fn all<R: Row>(
        &self,
    ) -> Result<impl Iterator<Item = Result<R, StoreError>> + Send + use<R>, StoreError> {
        let records = self.file(R::REGISTER, 0)?.map(|file| file.all());
        Ok(records.into_iter().flatten().map(|record| R::decode(&record?.1)))
    }

    /// Every provider, by id.
    pub fn providers(&self) -> Result<Vec<Provider>, StoreError> {
        self.all::<Provider>()?.collect()
    }

    /// Every allocation, by family and begin.
    pub fn allocations(
        &self,
    ) -> Result<impl Iterator<Item = Result<Allocation, StoreError>> + Send + use<>, StoreError>
    {
        self.all::<Allocation>()
    }

    /// Every problem that checks of the address register saw, by provider; mended ones too.
    pub fn problems(
        &self,
    ) -> Result<impl Iterator<Item = Result<Problem, StoreError>> + Send + use<>, StoreError> {
        self.all::<Problem>()
    }

    /// The same with their keys, from after `key` on.
    pub fn problems_after(
        &self,
        key: &[u8],
    ) -> Result<impl Iterator<Item = Result<(Vec<u8>, Problem), StoreError>> + use<>, StoreError>
    {
        let from = [key, &[0]].concat();
        let rows = self.file(Problem::REGISTER, 0)?.map(|file| file.records_from(&from));
        Ok(rows.into_iter().flatten().map(|record| {
            let (key, bytes) = record?;
            Ok((key, Problem::decode(&bytes)?))
        }))
    }

    /// Every problem that checks of the filing register saw, by record; mended ones too.
    pub fn filing_problems(
        &self,
    ) -> Result<impl Iterator<Item = Result<FilingProblem, StoreError>> + Send + use<>, StoreError>
    {
        self.all::<FilingProblem>()
    }

    /// The same in outline, to be counted.
    pub fn filing_problem_outlines(
        &self,
    ) -> Result<
        impl Iterator<Item = Result<FilingProblemOutline, StoreError>> + Send + use<>,
        StoreError,
    > {
        let rows = self.file(FilingProblem::REGISTER, 0)?.map(|file| file.all());
        Ok(rows.into_iter().flatten().map(|record| outline(&record?.1)))
    }

    /// Every candidate, by sort key.
    pub fn candidates(
        &self,
    ) -> Result<impl Iterator<Item = Result<Candidate, StoreError>> + Send + use<>, StoreError>
    {
        self.all::<Candidate>()
    }

    /// Every name that live pages link to and no list has, by sort key.
    pub fn linked_names(
        &self,
    ) -> Result<impl Iterator<Item = Result<LinkedName, StoreError>> + Send + use<>, StoreError>
    {
        self.all::<LinkedName>()
    }

    /// One candidate.
    pub fn candidate(&self, target: &Target) -> Result<Option<Candidate>, StoreError> {
        self.row(target)
    }

    /// The last examination of every target, of the nights that are finished, by sort key.
    pub fn examinations(
        &self,
    ) -> Result<impl Iterator<Item = Result<Examination, StoreError>> + Send + use<>, StoreError>
    {
        self.all::<Examination>()
    }

    /// The last examination of one target, of the nights that are finished.
    pub fn examination(&self, target: &Target) -> Result<Option<Examination>, StoreError> {
        self.row(target)
    }

    /// The sort keys of all targets that were examined, of the nights that are finished, as far as they
    /// can be read; `None` where there is none.
    pub fn examined(
        &self,
    ) -> Option<impl Iterator<Item = Result<Vec<u8>, StoreError>> + Send + use<>> {
        let records = self.kept_examinations().0?.all();
        Some(records.map_while(Result::ok).map(|(key, _)| Ok(key)))
    }

    /// The last examinations of all targets, open for many questions.
    pub fn kept_examinations(&self) -> KeptExaminations {
        let file = self.file(Examination::REGISTER, 0).unwrap_or_else(|error| {
            tracing::warn!(%error, "what earlier nights learnt cannot order this one");
            None
        });
        KeptExaminations(file)
    }

    fn row<R: Row>(&self, target: &Target) -> Result<Option<R>, StoreError> {
        let Some(file) = self.file(R::REGISTER, 0)? else { return Ok(None) };
        file.value_of(&target.sort_key())?.map(|bytes| R::decode(&bytes)).transpose()
    }

    /// The filing register; `None` when nothing was ever imported.
    pub fn filings(&self) -> Result<Option<FilingRegister>, StoreError> {
        FilingRegister::open(self)
    }
}
