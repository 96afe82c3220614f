//! The open data of one data folder, which this process owns and its threads share.
//!
//! Registers are replaced as a whole, findings are changed under [`Findings::writing`], and one night
//! runs at a time.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use anyhow::Result;
use jiff::Timestamp;
use tokio::sync::watch;
use ulid::Ulid;

use crate::facts::change::NightCounts;
use crate::facts::directory::Directory;
use crate::facts::dossier::Place;
use crate::facts::provider::Provider;
use crate::publish::view::ProviderNames;
use crate::store::findings::Findings;
use crate::store::inspection::clear_away_copies;
use crate::store::lock::DataLock;
use crate::store::registers::Registers;
use crate::store::submitted::join::Against;
use crate::store::submitted::join::Joined;
use crate::store::submitted::terms::Terms;
use crate::store::writer::catch_up_with_all;

/// The data, owned by this process.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) registers: Arc<Registers>,
    pub(super) findings: Findings,
    folder: PathBuf,
    has_night: AtomicBool,
    sending: Mutex<()>,
    /// How far the night is that runs: its number and what it counted; `None` while none runs.
    pub(super) tonight: watch::Sender<Option<(u32, NightCounts)>>,
    _lock: Arc<DataLock>,
}

/// The right to run a night, which one has at a time.
#[derive(Debug)]
pub(super) struct NightRight<'a>(&'a Data);

impl Drop for NightRight<'_> {
    fn drop(&mut self) {
        self.0.tonight.send_replace(None);
        self.0.has_night.store(false, Ordering::Release);
    }
}

/// As long as it lives, nothing is written.
#[derive(Debug)]
#[expect(dead_code, reason = "it is held, and never looked at")]
pub(super) struct Still<'a>(MutexGuard<'a, ()>, [MutexGuard<'a, u64>; 7]);

/// A night was asked for while one is under way. Exit status 4.
#[derive(Debug, thiserror::Error)]
#[error("a night is under way over the data in {}; no second one is begun", .0.display())]
pub(super) struct NightUnderWay(PathBuf);

impl Data {
    /// Opens what lies in `folder`, which `lock` is of. What a crash kept from the findings is in them
    /// before anybody reads or changes them.
    pub(super) fn open(folder: &Path, lock: Arc<DataLock>) -> Result<Self> {
        clear_away_copies(folder);
        let findings = Findings::open(&folder.join("findings"))?;
        catch_up_with_all(&findings, &folder.join("nights"))?;
        Ok(Self {
            registers: Arc::new(Registers::open(&folder.join("registers"))?),
            findings,
            folder: folder.to_owned(),
            has_night: AtomicBool::new(false),
            sending: Mutex::new(()),
            tonight: watch::Sender::new(None),
            _lock: lock,
        })
    }

    /// The right to run a night, which nobody else has until it is dropped.
    pub(super) fn begin_night(&self) -> Result<NightRight<'_>, NightUnderWay> {
        let is_under_way = self.has_night.swap(true, Ordering::AcqRel);
        if is_under_way { Err(NightUnderWay(self.folder.clone())) } else { Ok(NightRight(self)) }
    }

    /// The right to send notices, which one has at a time.
    pub(super) fn sending(&self) -> MutexGuard<'_, ()> {
        self.sending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody writes, and keeps everybody from it until what is returned is dropped.
    pub(super) fn still(&self) -> Still<'_> {
        Still(self.registers.writing(), self.findings.still())
    }

    /// Joins what providers submitted with the filing register, as far as that has their records.
    pub(super) fn join_submitted(&self, terms: &Terms, now: Timestamp) -> Result<Joined> {
        let against = Against { directory: &self.directory()?, terms, now };
        Ok(self.findings.submitted()?.join(&self.registers, &against)?)
    }

    pub(super) fn directory(&self) -> Result<Directory> {
        Ok(Directory::new(self.registers.providers()?))
    }

    /// Where the newest exchange of a finding is kept.
    pub(super) fn place(&self, finding: Ulid) -> Result<Option<Place>> {
        let dossier = self.findings.dossier(finding)?;
        Ok(dossier.and_then(|dossier| dossier.newest().map(|kept| kept.place)))
    }

    /// Keeps the providers register as it is, for bulletins of months in which it is so.
    pub(super) fn keep_roster(&self) -> Result<()> {
        let Some(at) = self.registers.imported_at::<Provider>() else { return Ok(()) };
        let providers = self.registers.providers()?;
        Ok(self.findings.bulletins()?.put_roster(at, &providers)?)
    }

    pub(super) fn names(&self) -> Result<ProviderNames> {
        Ok(ProviderNames::new(&self.registers.providers()?))
    }
}
