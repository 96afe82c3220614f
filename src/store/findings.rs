//! Findings with their history, scans and exemptions, in sled.
//!
//! One tree with prefixed keys, so that one batch is atomic over all of it. One thread at a time
//! writes ([`Findings::writing`]), and flushes before it calls anything done. Values are small, `len()`
//! is never asked.

mod circumstances;
mod evidence;
mod inspection;
mod trees;
pub(crate) mod mark;
mod counts;
mod writing;

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ulid::Ulid;

use crate::facts::change::Change;
use crate::facts::change::Scan;
use crate::facts::dossier::Dossier;
use crate::facts::dossier::EvidenceFile;
use crate::facts::exemption::Exemption;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::findings::mark::Mark;
pub use crate::store::findings::writing::Writing;

/// sled's cache; it counts bytes on disk, and the default is a gigabyte.
const CACHE: u64 = 32 * 1024 * 1024;

/// sled lets go of its folder a moment after its last handle, on a thread of its own. Who owns the
/// data is told by our own lock, so that waiting here never waits for another process.
const LOCK_TRIES: u32 = 200;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// `f` target sort key, 0, finding id → finding.
const FINDING: u8 = b'f';
/// `i` finding id → the finding's key.
const IDENTITY: u8 = b'i';
/// `c` sequence → change.
const CHANGE: u8 = b'c';
/// `h` finding id, sequence → nothing: the changes of one finding.
const HISTORY: u8 = b'h';
/// `k` sequence → what held of the finding when the change was told.
const CIRCUMSTANCES: u8 = b'k';
/// `s` night → scan.
const SCAN: u8 = b's';
/// `x` target → exemption.
const EXEMPTION: u8 = b'x';
/// `C` day → census of the filing register.
const CENSUS: u8 = b'C';
/// `N` night → what it could not tell.
const NIGHT_COUNT: u8 = b'N';
/// `g` → how often the database was written.
const GENERATION: &[u8] = b"g";
/// `p` → the journal position that is applied.
const POSITION: &[u8] = b"p";

/// What one examination, or one command, changes. Findings are whole, so that applying them twice
/// is no harm; changes are new events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// Findings as they are from now on.
    pub findings: Vec<Finding>,
    /// What is told of them.
    pub changes: Vec<Change>,
    /// The evidence of findings as it is from now on.
    pub dossiers: Vec<(Ulid, Dossier)>,
}

/// Removes snapshots that a kill or a full disk cut short. sled would take them for whole ones and
/// call the database corrupt; without them it reads the last whole one, and its log from there.
fn remove_half_written_snapshots(path: &Path) -> Result<(), StoreError> {
    let Ok(entries) = std::fs::read_dir(path) else { return Ok(()) };
    for entry in entries {
        let file = entry.map_err(StoreError::io(path))?.path();
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            std::fs::remove_file(&file).map_err(StoreError::io(&file))?;
        }
    }
    Ok(())
}

/// How far a night's journal is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The night.
    pub night: u32,
    /// The end of the last record that is applied, in bytes.
    pub offset: u64,
}

/// The open database. Clones share it.
#[derive(Debug, Clone)]
pub struct Findings {
    database: sled::Db,
    tree: sled::Tree,
    path: PathBuf,
    /// Held by whoever writes.
    alone: Arc<Mutex<()>>,
    /// Held by whoever writes into the tree of that name ([`trees`]).
    alone_with_samples: Arc<Mutex<()>>,
    alone_with_bulletins: Arc<Mutex<()>>,
    alone_with_issues: Arc<Mutex<()>>,
    alone_with_notices: Arc<Mutex<()>>,
    /// How often somebody other than a night changed what a night judges by.
    turns: Arc<AtomicU64>,
}

impl Findings {
    /// Opens the database in `path`, which is made if it is not there.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Findings { path: path.to_owned(), source };
        remove_half_written_snapshots(path)?;
        let config = sled::Config::new().path(path).cache_capacity(CACHE).flush_every_ms(None);
        let mut opened = config.open();
        for _ in 0..LOCK_TRIES {
            if !opened.as_ref().is_err_and(is_locked) {
                break;
            }
            std::thread::sleep(LOCK_PAUSE);
            opened = config.open();
        }
        let database = opened.map_err(failed)?;
        let tree = database.open_tree("findings").map_err(failed)?;
        let findings = Self {
            database,
            tree,
            path: path.to_owned(),
            alone: Arc::default(),
            alone_with_samples: Arc::default(),
            alone_with_bulletins: Arc::default(),
            alone_with_issues: Arc::default(),
            alone_with_notices: Arc::default(),
            turns: Arc::default(),
        };
        findings.hold_against_mark()?;
        Ok(findings)
    }

    /// Fails where the mark knows of more than sled does.
    fn hold_against_mark(&self) -> Result<(), StoreError> {
        let is = self.generation()?;
        match mark::read(&self.path)? {
            Mark::Written(was) if is < was => {
                Err(StoreError::Lost { path: self.path.clone(), is, was })
            }
            Mark::None | Mark::Written(_) => Ok(()),
            Mark::Damaged => {
                tracing::warn!(file = %mark::path_of(&self.path).display(), "the mark is damaged; it is made anew");
                mark::write(&self.path, is)
            }
        }
    }

    /// How often the database was written.
    fn generation(&self) -> Result<u64, StoreError> {
        let bytes = self.tree.get(GENERATION).map_err(self.failed())?;
        let number = bytes.and_then(|bytes| bytes.first_chunk::<8>().copied());
        Ok(number.map_or(0, u64::from_be_bytes))
    }

    /// Applies `batch` as a whole, and sees it onto the disk. Under [`Findings::writing`].
    fn write(&self, mut batch: sled::Batch) -> Result<(), StoreError> {
        let generation = self.generation()? + 1;
        batch.insert(GENERATION, &generation.to_be_bytes()[..]);
        self.tree.apply_batch(batch).map_err(self.failed())?;
        self.tree.flush().map_err(self.failed())?;
        mark::write(&self.path, generation)
    }

    fn failed(&self) -> impl Fn(sled::Error) -> StoreError + use<> {
        let path = self.path.clone();
        move |source| StoreError::Findings { path: path.clone(), source }
    }

    fn value<T: DeserializeOwned>(
        &self,
        what: &'static str,
        key: &[u8],
    ) -> Result<Option<T>, StoreError> {
        let bytes = self.tree.get(key).map_err(self.failed())?;
        bytes.map(|bytes| encoding::decode(what, &bytes)).transpose()
    }

    fn values<T: DeserializeOwned>(
        &self,
        what: &'static str,
        prefix: &[u8],
    ) -> impl Iterator<Item = Result<T, StoreError>> + Send + use<T> {
        let failed = self.failed();
        self.tree.scan_prefix(prefix).map(move |record| {
            let (_, bytes) = record.map_err(&failed)?;
            encoding::decode(what, &bytes)
        })
    }

    /// Every finding of one target, in any state, oldest first.
    pub fn of_target(&self, target: &Target) -> Result<Vec<Finding>, StoreError> {
        self.values("finding", &finding_prefix(target)).collect()
    }

    /// One finding.
    pub fn by_id(&self, id: Ulid) -> Result<Option<Finding>, StoreError> {
        let key = self.tree.get(with_id(IDENTITY, id)).map_err(self.failed())?;
        key.map_or(Ok(None), |key| self.value("finding", &key))
    }

    /// Every finding, by target.
    pub fn all(&self) -> impl Iterator<Item = Result<Finding, StoreError>> + Send + use<> {
        self.values("finding", &[FINDING])
    }

    /// Every target with a finding that must be looked at again, each once, by sort key.
    pub fn targets(&self) -> impl Iterator<Item = Result<Target, StoreError>> + Send + use<> {
        let mut last = None;
        self.all().filter_map(move |finding| match finding {
            Err(error) => Some(Err(error)),
            Ok(finding) => {
                let is_closed = matches!(finding.state, FindingState::Closed(_));
                let target = finding.key.target;
                if is_closed || last.as_ref() == Some(&target) {
                    return None;
                }
                last = Some(target.clone());
                Some(Ok(target))
            }
        })
    }

    /// Everything that was told of one finding, oldest first.
    pub fn history(&self, id: Ulid) -> Result<Vec<Change>, StoreError> {
        let mut changes = Vec::new();
        for record in self.tree.scan_prefix(with_id(HISTORY, id)) {
            let (key, _) = record.map_err(self.failed())?;
            let Some(sequence) = key.last_chunk::<8>() else { continue };
            let key = [&[CHANGE][..], sequence].concat();
            changes.extend(self.value("change", &key)?);
        }
        Ok(changes)
    }

    /// Every night, oldest first.
    pub fn scans(&self) -> Result<Vec<Scan>, StoreError> {
        self.values("scan", &[SCAN]).collect()
    }

    /// The newest night.
    pub fn latest_scan(&self) -> Result<Option<Scan>, StoreError> {
        let newest =
            self.tree.scan_prefix([SCAN]).next_back().transpose().map_err(self.failed())?;
        newest.map(|(_, bytes)| encoding::decode("scan", &bytes)).transpose()
    }

    /// Keeps a night, in place of what was kept of it.
    pub fn put_scan(&self, scan: &Scan) -> Result<(), StoreError> {
        let key = [&[SCAN][..], &scan.night.to_be_bytes()].concat();
        self.put(&key, encoding::encode("scan", scan)?)
    }

    /// The exemption of one target.
    pub fn exemption(&self, target: &Target) -> Result<Option<Exemption>, StoreError> {
        self.value("exemption", &exemption_key(target))
    }

    /// Every exemption, by name.
    pub fn exemptions(&self) -> Result<Vec<Exemption>, StoreError> {
        self.values("exemption", &[EXEMPTION]).collect()
    }

    /// Keeps an exemption, in place of an older one of its target.
    pub fn put_exemption(&self, exemption: &Exemption) -> Result<(), StoreError> {
        let value = encoding::encode("exemption", exemption)?;
        let writing = self.writing();
        writing.put(&exemption_key(&exemption.target), value)?;
        writing.turn();
        Ok(())
    }

    /// Removes an exemption; `false` when there was none.
    pub fn remove_exemption(&self, target: &Target) -> Result<bool, StoreError> {
        let writing = self.writing();
        let was_there = self.exemption(target)?.is_some();
        if was_there {
            writing.remove(exemption_key(target))?;
            writing.turn();
        }
        Ok(was_there)
    }

    fn put(&self, key: &[u8], value: Vec<u8>) -> Result<(), StoreError> {
        self.writing().put(key, value)
    }

    fn remove(&self, key: Vec<u8>) -> Result<(), StoreError> {
        self.writing().remove(key)
    }

    /// How far the journal of the last night is applied.
    pub fn position(&self) -> Result<Option<Position>, StoreError> {
        self.value("position", POSITION)
    }

    /// Applies updates that rest on nothing that was read before; see [`Writing::apply`].
    pub fn apply<'a>(
        &self,
        updates: impl IntoIterator<Item = &'a Update>,
        position: Option<Position>,
    ) -> Result<(), StoreError> {
        self.writing().apply(updates, position)
    }

    /// Under [`Findings::writing`].
    fn apply_all<'a>(
        &self,
        updates: impl IntoIterator<Item = &'a Update>,
        position: Option<Position>,
        files: &[EvidenceFile],
    ) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        let mut sequence = self.last_sequence()?;
        for update in updates {
            for finding in &update.findings {
                let mut key = finding_prefix(&finding.key.target);
                key.extend_from_slice(&finding.id.to_bytes());
                batch.insert(with_id(IDENTITY, finding.id), key.clone());
                batch.insert(key, encoding::encode("finding", finding)?);
            }
            for change in &update.changes {
                sequence += 1;
                let number = sequence.to_be_bytes();
                let key = [&[CHANGE][..], &number].concat();
                batch.insert(key, encoding::encode("change", change)?);
                Self::batch_circumstances(&mut batch, sequence, change, &update.findings)?;
                let mut key = with_id(HISTORY, change.finding);
                key.extend_from_slice(&number);
                batch.insert(key, Vec::new());
            }
            for (finding, dossier) in &update.dossiers {
                Self::batch_dossier(&mut batch, *finding, dossier)?;
            }
        }
        for file in files {
            Self::batch_evidence(&mut batch, file)?;
        }
        if let Some(position) = position {
            batch.insert(POSITION, encoding::encode("position", &position)?);
        }
        self.write(batch)
    }

    fn last_sequence(&self) -> Result<u64, StoreError> {
        let last =
            self.tree.scan_prefix([CHANGE]).next_back().transpose().map_err(self.failed())?;
        let number = last.and_then(|(key, _)| key.last_chunk::<8>().copied());
        Ok(number.map_or(0, u64::from_be_bytes))
    }
}

/// Whether sled's folder is still held; sled says so in words only.
fn is_locked(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(error) if error.to_string().contains("could not acquire lock"))
}

fn finding_prefix(target: &Target) -> Vec<u8> {
    let mut key = vec![FINDING];
    key.extend(target.sort_key());
    key.push(0);
    key
}

fn exemption_key(target: &Target) -> Vec<u8> {
    let mut key = vec![EXEMPTION];
    key.extend(target.to_string().bytes());
    key
}

fn with_id(prefix: u8, id: Ulid) -> Vec<u8> {
    let mut key = vec![prefix];
    key.extend_from_slice(&id.to_bytes());
    key
}

#[cfg(test)]
mod tests;
