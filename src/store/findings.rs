//! Findings with their history, scans and exemptions, in sled.
//!
//! One tree with prefixed keys, so that one batch is atomic over all of it. One thread at a time
//! writes ([`Findings::writing`]), and flushes before it calls anything done. Values are small, `len()`
//! is never asked.

mod circumstances;
mod evidence;
mod inspection;
pub(crate) mod portable;
mod trees;
pub(crate) mod mark;
mod counts;
mod exemptions;
mod changes;
mod once;
mod writing;
mod transfers;

use std::fs::File;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use ulid::Ulid;

use crate::facts::change::Change;
use crate::facts::change::Scan;
use crate::facts::dossier::Dossier;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::catalogue::Catalogue;
use crate::store::encoding;
use crate::store::findings::mark::Mark;
pub use crate::store::findings::once::Done;
pub use crate::store::findings::once::Receipt;
pub use crate::store::findings::writing::Writing;
use crate::store::garbage;

/// sled's cache; it counts bytes on disk, which take several times as much in memory. The default is a
/// gigabyte. What is read again and again is in the catalogue, or read once a night and target.
const CACHE: u64 = 2 * 1024 * 1024;

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
/// `a` sequence of a change → the answer that it tells of.
const ANSWER: u8 = b'a';
/// `h` finding id, sequence → nothing: the changes of one finding.
const HISTORY: u8 = b'h';
/// `k` sequence → what held of the finding when the change was told.
const CIRCUMSTANCES: u8 = b'k';
/// `s` night → scan.
const SCAN: u8 = b's';
/// `x` target → exemption.
const EXEMPTION: u8 = b'x';
/// `X` sequence → what was done about an exemption.
const EXEMPTION_DEED: u8 = b'X';
/// `C` day → census of the filing register.
const CENSUS: u8 = b'C';
/// `D` day → that census, divided.
const CENSUS_DIVIDED: u8 = b'D';
/// `v` → the generation of the filing register that was counted last.
const COUNTED: &[u8] = b"v";
/// `N` night → what it could not tell.
const NIGHT_COUNT: u8 = b'N';
/// `M` night → the same, divided.
const NIGHT_DIVIDED: u8 = b'M';
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
    /// Held by whoever writes; where it is counted, it counts how often.
    alone: Arc<Mutex<u64>>,
    /// Held by whoever writes into the tree of that name ([`trees`]).
    alone_with_samples: Arc<Mutex<u64>>,
    alone_with_bulletins: Arc<Mutex<u64>>,
    alone_with_issues: Arc<Mutex<u64>>,
    alone_with_notices: Arc<Mutex<u64>>,
    alone_with_submitted: Arc<Mutex<u64>>,
    /// How often somebody other than a night changed what a night judges by.
    turns: Arc<AtomicU64>,
    /// Held by whoever writes of keys.
    alone_with_keys: Arc<Mutex<u64>>,
    /// What is told of findings to those who ask for many; made when it is first asked for.
    catalogue: Arc<OnceLock<Catalogue>>,
    /// The sequence of the newest change.
    told: Arc<watch::Sender<u64>>,
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
            alone_with_submitted: Arc::default(),
            turns: Arc::default(),
            alone_with_keys: Arc::default(),
            catalogue: Arc::default(),
            told: Arc::new(watch::Sender::new(0)),
        };
        findings.hold_against_mark()?;
        findings.told.send_replace(findings.last_sequence()?);
        Ok(findings)
    }

    /// The findings for those who ask for many of them; made here if nobody asked before.
    pub fn catalogue(&self) -> Result<&Catalogue, StoreError> {
        // Once it is there it follows every write by itself, and nobody who reads waits for a writer.
        if let Some(catalogue) = self.catalogue.get() {
            return Ok(catalogue);
        }
        let writing = self.writing();
        if self.catalogue.get().is_none() {
            let _ = self.catalogue.set(Catalogue::build(self, &self.path)?);
        }
        drop(writing);
        self.catalogue.get().ok_or(StoreError::CatalogueBroken)
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
    pub fn generation(&self) -> Result<u64, StoreError> {
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
        garbage::free();
        mark::write(&self.path, generation)
    }

    pub(crate) fn failed(&self) -> impl Fn(sled::Error) -> StoreError + use<> {
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

    /// Every night, oldest first.
    pub fn scans(&self) -> Result<Vec<Scan>, StoreError> {
        self.values("scan", &[SCAN]).collect()
    }

    /// The night of that number; `None` where it is not kept.
    pub fn scan(&self, night: u32) -> Result<Option<Scan>, StoreError> {
        self.value("scan", &scan_key(night))
    }

    /// The newest night.
    pub fn latest_scan(&self) -> Result<Option<Scan>, StoreError> {
        let newest =
            self.tree.scan_prefix([SCAN]).next_back().transpose().map_err(self.failed())?;
        newest.map(|(_, bytes)| encoding::decode("scan", &bytes)).transpose()
    }

    /// Keeps a night, in place of what was kept of it.
    pub fn put_scan(&self, scan: &Scan) -> Result<(), StoreError> {
        self.put(&scan_key(scan.night), encoding::encode("scan", scan)?)
    }

    /// A file without a name, on the disk that the data are on.
    pub fn unnamed_file(&self) -> Result<File, StoreError> {
        tempfile::tempfile_in(&self.path).map_err(StoreError::io(&self.path))
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
}

/// Whether sled's folder is still held; sled says so in words only.
fn is_locked(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(error) if error.to_string().contains("could not acquire lock"))
}

fn scan_key(night: u32) -> Vec<u8> {
    [&[SCAN][..], &night.to_be_bytes()].concat()
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
