//! What every command begins with: configuration, data folder, clock.

use std::io;
use std::io::IsTerminal;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Result;
use ulid::Ulid;

use crate::cli::Cli;
use crate::clock::Clock;
use crate::commands::usage;
use crate::config::DEFAULT_FILE;
use crate::config::Settings;
use crate::facts::directory::Directory;
use crate::facts::dossier::Place;
use crate::net::upstream::Upstream;
use crate::publish::layout::Layout;
use crate::publish::view::ProviderNames;
use crate::stages::check::Filings;
use crate::store::filings::FilingRegister;
use crate::store::findings::Findings;
use crate::store::lock::DataLock;
use crate::store::registers::Registers;

/// Configuration, data folder and clock of one command.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) settings: Settings,
    pub(super) data: PathBuf,
    pub(super) clock: Clock,
}

/// The data, owned by this process.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) registers: Registers,
    pub(super) findings: Findings,
    _lock: DataLock,
}

impl Session {
    pub(super) fn open(cli: &Cli) -> Result<Self> {
        let default = Path::new(DEFAULT_FILE);
        let settings = match &cli.config {
            Some(path) => Settings::read(path)?,
            None if default.is_file() => Settings::read(default)?,
            None => Settings::default(),
        };
        let data = cli.data.clone().or_else(|| settings.data.clone());
        Ok(Self {
            data: data.unwrap_or_else(|| PathBuf::from("data")),
            clock: cli.now.map(Clock::fixed).unwrap_or_default(),
            settings,
        })
    }

    /// Takes the data; fails when another process has them.
    pub(super) fn data(&self) -> Result<Data> {
        let lock = DataLock::take(&self.data)?;
        Ok(Data {
            registers: Registers::open(&self.data.join("registers"))?,
            findings: Findings::open(&self.data.join("findings"))?,
            _lock: lock,
        })
    }

    /// `register` with what is needed to trust it, and whoever is asked where it cannot say.
    pub(super) fn filings(&self, register: Option<FilingRegister>) -> Result<Filings> {
        let settings = &self.settings.filings;
        let upstream = settings.of_upstream().map(|upstream| Upstream::open(&upstream, self.clock));
        let upstream = upstream.transpose().map_err(|error| usage(format!("[filings] {error}")))?;
        Ok(Filings::new(register, settings, self.clock.now()).with_upstream(upstream))
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
        let width = io::stdout()
            .is_terminal()
            .then(terminal_size::terminal_size)
            .flatten()
            .map(|(terminal_size::Width(columns), _)| columns);
        Layout { is_simulated: self.settings.simulated, width }
    }
}

impl Data {
    pub(super) fn directory(&self) -> Result<Directory> {
        Ok(Directory::new(self.registers.providers()?))
    }

    /// Where the newest exchange of a finding is kept.
    pub(super) fn place(&self, finding: Ulid) -> Result<Option<Place>> {
        let dossier = self.findings.dossier(finding)?;
        Ok(dossier.and_then(|dossier| dossier.newest().map(|kept| kept.place)))
    }

    pub(super) fn names(&self) -> Result<ProviderNames> {
        Ok(ProviderNames::new(&self.registers.providers()?))
    }
}
