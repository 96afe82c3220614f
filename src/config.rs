//! What the configuration file says, each section as the part it belongs to understands it.
//!
//! `config/chabei.toml` is the manual: it holds every key with its default. An unknown key is an
//! error that names the nearest known one.

mod nearest;

use std::collections::HashSet;
use std::net::IpAddr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;

use crate::audit::accuracy::targets;
use crate::audit::rates;
use crate::facts::calendar::Calendar;
use crate::formats::answer_codes;
use crate::net::dns;
use crate::net::dns::lies;
use crate::net::guard::OptOut;
use crate::net::http;
use crate::net::notices;
use crate::net::pace;
use crate::scan;
use crate::scan::ledger::deadlines::Deadlines;
use crate::serve;
use crate::stages::check;
use crate::stages::judge;
use crate::store::evidence;

/// Where the configuration is looked for when none is named.
pub const DEFAULT_FILE: &str = "config/chabei.toml";

/// The whole configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The data folder, relative to the file; `--data` beats it.
    pub data: Option<PathBuf>,
    /// Whether the world is a lab's, so that everything printed says 模拟数据.
    pub simulated: bool,
    /// Name servers.
    pub resolve: dns::Settings,
    /// Requests.
    pub probe: http::Settings,
    /// How often anybody is asked.
    pub pace: pace::Settings,
    /// How far the filing register is trusted.
    pub filings: check::Settings,
    /// Nights.
    pub scan: scan::settings::Settings,
    /// Rules of judgement.
    pub judge: judge::Settings,
    /// Days by which findings are due.
    pub deadlines: Deadlines,
    /// How right filings are to be.
    pub accuracy: targets::Settings,
    /// What findings rest on.
    pub evidence: evidence::Settings,
    /// What the filing rate is held against.
    pub rates: rates::Settings,
    /// The ministry's messages.
    pub interface: answer_codes::Settings,
    /// Who is told after each night.
    pub notices: notices::Settings,
    /// The API and the pages.
    pub serve: serve::settings::Settings,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no TOML, or a key or value is wrong.
    #[error("{}{}: {what}", path.display(), line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// The line, from 1; `None` where it is not known.
        line: Option<usize>,
        /// What is wrong, and what would be right.
        what: String,
    },
}

impl Settings {
    /// Reads the file at `path`; paths in it become relative to its folder.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let wrong = |line, what| ConfigError::Wrong { path: path.to_owned(), line, what };
        let mut settings: Self = toml::from_str(&text).map_err(|error| {
            let line = error.span().map(|span| 1 + text[..span.start].matches('\n').count());
            wrong(line, nearest::explained(error.message()))
        })?;
        settings.validate().map_err(|what| wrong(None, what))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        settings.data = settings.data.map(|data| folder.join(data));
        let key = settings.filings.upstream_key_file.take();
        settings.filings.upstream_key_file = key.map(|key| folder.join(key));
        settings.notices.within(folder);
        for file in settings.probe.opt_out.iter_mut().chain(&mut settings.resolve.lies) {
            *file = folder.join(&*file);
        }
        settings.serve.within(folder);
        for file in &mut settings.deadlines.calendar {
            *file = folder.join(&*file);
        }
        settings.deadlines.days = Arc::new(settings.calendar()?);
        Ok(settings)
    }

    /// What all files that `[deadlines] calendar` names say.
    fn calendar(&self) -> Result<Calendar, ConfigError> {
        let mut calendar = Calendar::default();
        for path in &self.deadlines.calendar {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Unreadable { path: path.clone(), source })?;
            let wrong = |what| ConfigError::Wrong { path: path.clone(), line: None, what };
            calendar.add(&text).map_err(wrong)?;
        }
        Ok(calendar)
    }

    fn validate(&self) -> Result<(), String> {
        self.resolve.validate().map_err(|what| format!("[resolve] {what}"))?;
        self.probe.validate().map_err(|what| format!("[probe] {what}"))?;
        self.pace.validate().map_err(|what| format!("[pace] {what}"))?;
        self.filings.validate().map_err(|what| format!("[filings] {what}"))?;
        self.notices.validate().map_err(|what| format!("[notices] {what}"))?;
        self.scan.validate().map_err(|what| format!("[scan] {what}"))?;
        self.deadlines.validate().map_err(|what| format!("[deadlines] {what}"))?;
        self.serve.validate().map_err(|what| format!("[serve] {what}"))?;
        self.accuracy.validate().map_err(|what| format!("[accuracy] {what}"))
    }

    /// The opt-out list of all files that `[probe] opt_out` names.
    pub fn opt_out(&self) -> Result<OptOut, ConfigError> {
        let mut all = OptOut::default();
        for path in &self.probe.opt_out {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Unreadable { path: path.clone(), source })?;
            let (list, refused) = OptOut::parse(&text);
            if let Some((line, what)) = refused.into_iter().next() {
                return Err(ConfigError::Wrong { path: path.clone(), line: Some(line), what });
            }
            all = all.and(list);
        }
        Ok(all)
    }

    /// The addresses in all files that `[resolve] lies` names.
    pub fn lies(&self) -> Result<HashSet<IpAddr>, ConfigError> {
        let mut all = HashSet::new();
        for path in &self.resolve.lies {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Unreadable { path: path.clone(), source })?;
            let (known, refused) = lies::parse(&text);
            if let Some(line) = refused.into_iter().next() {
                let what = "there is no address in this line".to_owned();
                return Err(ConfigError::Wrong { path: path.clone(), line: Some(line), what });
            }
            all.extend(known);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("chabei.toml");
        std::fs::write(&path, text).unwrap();
        Settings::read(&path)
            .map_err(|error| error.to_string().replace(&dir.path().display().to_string(), ""))
    }

    #[test]
    fn the_shipped_file_says_the_defaults() {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join(DEFAULT_FILE);
        let settings = Settings::read(&shipped).unwrap();
        let built_in = Settings::default();
        assert_eq!(format!("{settings:?}"), format!("{built_in:?}"));
    }

    #[test]
    fn an_unknown_key_names_its_line_and_the_nearest_known_one() {
        for (text, expected) in [
            (
                "[pace]\nper_adress = 2.0\n",
                "/chabei.toml, line 2: unknown key `per_adress`; did you mean `per_address`?",
            ),
            ("[prob]\n", "/chabei.toml, line 1: unknown key `prob`; did you mean `probe`?"),
            (
                "[filings]\nmax_ages = \"7d\"\n",
                "/chabei.toml, line 2: unknown key `max_ages`; did you mean `max_age`?",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), expected);
        }
    }

    #[test]
    fn wrong_values_name_their_line_or_key() {
        for (text, part) in [
            ("[pace]\nin_flight = \"many\"\n", "line 2"),
            ("[filings]\nmax_age = \"a week\"\n", "line 2"),
            ("[pace]\nper_address = 0.0\n", "per_address"),
            ("[scan]\nwindow = \"1-6\"\n", "window"),
            ("[scan]\nparked = \"maybe\"\n", "line 2"),
            ("nonsense", "line 1"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let settings = read("data = \"d\"\n[probe]\nopt_out = [\"o.txt\"]\n").unwrap();
        assert!(settings.data.unwrap().is_absolute());
        assert!(settings.probe.opt_out[0].is_absolute());
    }
}
