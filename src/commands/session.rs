//! What every command begins with: configuration, data folder, clock, terminal.

use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;

use crate::cli::Cli;
use crate::clock::Clock;
use crate::commands::causes::with_causes;
use crate::commands::data::Data;
use crate::commands::owner::Owner;
use crate::commands::terminal::Terminal;
use crate::commands::usage;
use crate::config::DEFAULT_FILE;
use crate::config::Settings;
use crate::net::upstream::Upstream;
use crate::publish::layout::Layout;
use crate::stages::check::Filings;
use crate::store::evidence::retention;
use crate::store::filings::FilingRegister;
use crate::store::lock::DataLock;
use crate::store::submitted::terms::Terms;

/// Configuration, data folder, clock and terminal of one command.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) settings: Settings,
    pub(super) data: PathBuf,
    pub(super) clock: Clock,
    pub(super) terminal: Terminal,
    /// The data, where this process has them open already.
    pub(super) open: Option<Arc<Data>>,
    /// The data folder, where this process has it.
    pub(super) lock: Option<Arc<DataLock>>,
}

impl Session {
    pub(super) fn open(cli: &Cli, terminal: Terminal) -> Result<Self> {
        let default = Path::new(DEFAULT_FILE);
        let settings = match &cli.config {
            Some(path) => Settings::read(&terminal.path(path))?,
            None if terminal.path(default).is_file() => Settings::read(&terminal.path(default))?,
            None => Settings::default(),
        };
        let data = cli.data.as_deref().map(|data| terminal.path(data));
        let data = data.or_else(|| settings.data.clone());
        Ok(Self {
            data: data.unwrap_or_else(|| terminal.path(Path::new("data"))),
            clock: cli.now.map(Clock::fixed).unwrap_or_default(),
            settings,
            terminal,
            open: None,
            lock: None,
        })
    }

    /// The data: those that are open, or else this process takes them; fails when another one has them.
    pub(super) fn data(&self) -> Result<Arc<Data>> {
        if let Some(data) = &self.open {
            return Ok(Arc::clone(data));
        }
        let data = Data::open(&self.data, self.lock()?)?;
        // Evidence is beside what most commands want, so that what goes wrong is only told.
        let settled = retention::settle(&self.evidence(), &data.findings, self.clock.now());
        if let Err(error) = settled {
            tracing::error!(%error, "a clearing of evidence that was broken off is not ended");
        }
        Ok(Arc::new(data))
    }

    /// The data folder, which this process takes if it has not got it.
    pub(super) fn lock(&self) -> Result<Arc<DataLock>> {
        match &self.lock {
            Some(lock) => Ok(Arc::clone(lock)),
            None => Ok(Arc::new(DataLock::take(&self.data)?)),
        }
    }

    /// Lets commands of other processes work with `data` as long as what is returned lives. `None`
    /// where this is such a command itself, or where nobody can be let in, which is told.
    pub(super) fn let_others_in(&self, data: &Arc<Data>) -> Option<Owner> {
        if self.open.is_some() {
            return None;
        }
        let owner = Owner::start(&self.data, data);
        let told = |error| {
            tracing::warn!("other commands cannot be done meanwhile: {}", with_causes(&error));
        };
        owner.map_err(told).ok()
    }

    /// The register that is asked where the own one cannot say, if there is one.
    pub(super) fn upstream(&self) -> Result<Option<Arc<Upstream>>> {
        let settings = self.settings.filings.of_upstream();
        let upstream = settings.map(|upstream| Upstream::open(&upstream, self.clock)).transpose();
        let upstream = upstream.map_err(|error| usage(format!("[filings] {error}")))?;
        Ok(upstream.map(Arc::new))
    }

    /// `register` with what is needed to trust it, and whoever is asked where it cannot say.
    pub(super) fn filings(&self, register: Option<FilingRegister>) -> Result<Filings> {
        let filings = Filings::new(register, &self.settings.filings, self.clock.now());
        Ok(filings.with_upstream(self.upstream()?))
    }

    /// How long a provider's word counts.
    pub(super) fn terms(&self) -> Terms {
        let deadlines = &self.settings.deadlines;
        Terms {
            pending_working_days: deadlines.pending_working_days,
            joined_days: deadlines.joined_days,
            calendar: Arc::clone(&deadlines.days),
        }
    }

    /// Says, before anything else is printed for people, that a lab's world is not the real one.
    pub(super) fn mark(&self, out: &mut impl Write) -> io::Result<()> {
        if self.settings.simulated {
            writeln!(out, "模拟数据 (simulated)\n")?;
        }
        Ok(())
    }

    /// Says the same in the log, beside data for programs, whose fields are promised.
    pub(super) fn mark_in_log(&self) {
        if self.settings.simulated {
            tracing::info!("模拟数据 (simulated): these data are of a lab's world");
        }
    }

    /// Where the journals of nights are.
    pub(super) fn nights(&self) -> PathBuf {
        self.data.join("nights")
    }

    /// Where the evidence of findings is.
    pub(super) fn evidence(&self) -> PathBuf {
        self.data.join("evidence")
    }

    /// How tables are laid out on stdout.
    pub(super) fn layout(&self) -> Layout {
        Layout { is_simulated: self.settings.simulated, width: self.terminal.width() }
    }
}
