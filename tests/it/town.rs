//! A town: a small simulated internet that is being played, and a desk with its files.

use std::fs;
use std::ops::Deref;
use std::process::Child;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::RwLockReadGuard;
use std::sync::RwLockWriteGuard;

use chabei::facts::provider::Provider;
use chabei::lab::Lab;
use chabei::lab::files::write_files;
use chabei::lab::truth::Truth;
use chabei::lab::world::World;
use chabei::lab::world::WorldSettings;
use chabei::lab::world::plan;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::desk::Desk;
use crate::desk::Ran;

/// Where sites must look slow, they are told from others by how long they take, so that several towns
/// scanned at once on a small machine would spoil each other's truth. Towns without such sites may be
/// scanned beside each other: their visitors have all the patience that a busy machine takes.
static PEACE: RwLock<()> = RwLock::new(());

/// Waits until no town is played, and keeps it so.
pub(crate) fn alone() -> RwLockWriteGuard<'static, ()> {
    PEACE.write().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until nobody must be alone, and keeps it so.
pub(crate) fn among_others() -> RwLockReadGuard<'static, ()> {
    PEACE.read().unwrap_or_else(PoisonError::into_inner)
}

/// How a town keeps its peace while it is played.
#[expect(dead_code, reason = "held, not read")]
enum Peace {
    Alone(RwLockWriteGuard<'static, ()>),
    AmongOthers(RwLockReadGuard<'static, ()>),
}

/// A world that is being played, and a desk with its files; see [`Desk`] for running the program.
pub(crate) struct Town {
    desk: Desk,
    world: Arc<World>,
    runtime: Runtime,
    lab: Option<Lab>,
    _peace: Peace,
}

impl Town {
    /// A town in which nobody keeps visitors waiting.
    pub(crate) fn new(sites: usize, seed: u64) -> Self {
        let town = Self::played(sites, seed, Peace::AmongOthers(among_others()));
        // Patience costs nothing where all answer, and keeps a busy machine from looking dead.
        let toml = fs::read_to_string(town.path("chabei.toml")).unwrap();
        let patient = toml.replace("\"1s\"", "\"20s\"").replace("\"2500ms\"", "\"20s\"");
        town.write("chabei.toml", patient);
        town
    }

    /// A town with sites that keep visitors waiting.
    pub(crate) fn with_slow_sites(sites: usize, seed: u64) -> Self {
        Self::played(sites, seed, Peace::Alone(alone()))
    }

    fn played(sites: usize, seed: u64, peace: Peace) -> Self {
        let is_brisk = matches!(peace, Peace::AmongOthers(_));
        let world = Arc::new(plan(&WorldSettings { sites, seed, names: None, is_brisk }));
        let runtime = Runtime::new().unwrap();
        let lab = runtime.block_on(Lab::start(Arc::clone(&world), 1)).unwrap();
        let town = Self { desk: Desk::new(), world, runtime, lab: Some(lab), _peace: peace };
        town.play(1);
        town
    }

    pub(crate) fn lab(&self) -> &Lab {
        self.lab.as_ref().unwrap()
    }

    /// Goes over to `night` and writes the registers as they are then.
    pub(crate) fn play(&self, night: u32) {
        self.lab().play(night);
        let configured = fs::read(self.path("chabei.toml")).unwrap();
        write_files(&self.world, self.lab(), night, self.folder()).unwrap();
        if night > 1 {
            fs::write(self.path("chabei.toml"), configured).unwrap();
        }
    }

    pub(crate) fn world(&self) -> &Arc<World> {
        &self.world
    }

    pub(crate) fn providers(&self) -> &[Provider] {
        self.world.providers()
    }

    pub(crate) fn truth(&self) -> Vec<Truth> {
        self.world.truth().collect()
    }

    /// The name of a site that plays `scenario`, and at whom its first finding must stand.
    pub(crate) fn site(&self, scenario: &str) -> (String, Option<String>) {
        let site = self.world.truth().find(|site| site.scenario == scenario).unwrap();
        let provider = site.findings.first().and_then(|finding| finding.provider.as_ref());
        (site.domain.to_string(), provider.map(ToString::to_string))
    }

    /// Imports the four registers into the data folder `data`.
    pub(crate) fn import_into(&self, data: &str) {
        self.import(data, &[]);
    }

    fn import(&self, data: &str, options: &[&str]) {
        for (register, file) in [
            ("providers", "providers.csv"),
            ("allocations", "allocations.csv"),
            ("filings", "filings.csv"),
            ("candidates", "candidates.txt"),
        ] {
            let path = self.path(file);
            let args = ["import", register, path.to_str().unwrap(), "--replace", "--strict"];
            self.run_over(data, &[options, &args].concat()).ends(0);
        }
    }

    /// Imports the registers of `night` into the data folder `data` and scans, each night a day after the
    /// one before.
    #[track_caller]
    pub(crate) fn pass(&self, data: &str, night: u32) {
        let now = format!("2026-11-{night:02}T01:00:00+08:00");
        self.import(data, &["--now", &now]);
        self.run_over(data, &["--now", &now, "scan"]).ends(0);
    }

    pub(crate) fn import_all(&self) {
        self.import_into("data");
    }

    /// A scan that must end well.
    #[track_caller]
    pub(crate) fn scan(&self, args: &[&str]) -> Ran {
        let ran = self.run(&[&["scan"], args].concat());
        ran.ends(0);
        ran
    }

    /// Every finding, closed ones too.
    #[track_caller]
    pub(crate) fn findings(&self) -> Vec<Value> {
        self.findings_in("data")
    }

    #[track_caller]
    pub(crate) fn findings_in(&self, data: &str) -> Vec<Value> {
        self.run_over(data, &["findings", "--state", "all", "--format", "jsonl"]).json()
    }

    /// The summary that a scan wrote to `file`.
    pub(crate) fn summary(&self, file: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.path(file)).unwrap()).unwrap()
    }
}

impl Deref for Town {
    type Target = Desk;

    fn deref(&self) -> &Desk {
        &self.desk
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        if let Some(lab) = self.lab.take() {
            self.runtime.block_on(lab.stop());
        }
    }
}

/// Waits until the only journal in `nights` is longer than `bytes`, or `child` has ended; says whether
/// the child still runs.
pub(crate) fn runs_until_journal(child: &mut Child, nights: &std::path::Path, bytes: u64) -> bool {
    loop {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        let entries = fs::read_dir(nights).into_iter().flatten().flatten();
        let journals = entries.filter(|entry| {
            entry.path().extension().is_some_and(|extension| extension == "journal")
        });
        let length =
            journals.flat_map(|entry| entry.metadata()).map(|data| data.len()).sum::<u64>();
        if length > bytes {
            return true;
        }
        std::thread::yield_now();
    }
}

/// The text at `pointer` of a finding.
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}
