//! Where a command talks: its stdin, stdout and stderr, and the folder that its paths start from.
//!
//! Commands never name the process's own streams, because the owner of the data also runs commands
//! that somebody asked for in another process.

use std::fs::File;
use std::io;
use std::io::IsTerminal;
use std::io::Read;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;
use anyhow::Result;
use indicatif::ProgressDrawTarget;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

/// The terminal, pipes or files of one command. Clones talk to the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Terminal;

/// Something to write to.
pub(super) type Out = Box<dyn Write + Send>;

/// Something to read from.
pub(super) type In = Box<dyn Read + Send>;

#[expect(clippy::unused_self, reason = "who asks decides whose streams these are")]
impl Terminal {
    /// stdout, for data.
    pub(super) fn out(&self) -> Out {
        Box::new(io::stdout())
    }

    /// stdin.
    pub(super) fn input(&self) -> In {
        Box::new(io::stdin())
    }

    /// Columns of stdout; `None` for a pipe or a file.
    pub(super) fn width(&self) -> Option<u16> {
        let size = io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
        size.map(|(terminal_size::Width(columns), _)| columns)
    }

    /// Where progress is shown: stderr, if it is a terminal.
    pub(super) fn progress(&self) -> ProgressDrawTarget {
        ProgressDrawTarget::stderr()
    }

    /// A path that the user gave, as this process must name it.
    pub(super) fn path(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }

    /// Makes the file at `path`, or empties it.
    pub(super) fn create(&self, path: &Path) -> Result<File> {
        let file = File::create(self.path(path));
        file.with_context(|| format!("cannot write {}", path.display()))
    }

    /// The file at `path`, or stdout.
    pub(super) fn output(&self, path: Option<&Path>) -> Result<Out> {
        Ok(match path {
            Some(path) => Box::new(self.create(path)?),
            None => self.out(),
        })
    }

    /// The account that the command runs for; `None` where nobody says.
    pub(super) fn account(&self) -> Option<String> {
        ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok())
    }

    /// Waits until the command is asked to end: by SIGINT, SIGTERM or SIGHUP.
    pub(super) async fn asked_to_stop(&self) {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let mut signals: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
        let [first, second, third] = &mut signals[..] else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = first.recv() => {},
            _ = second.recv() => {},
            _ = third.recv() => {},
        }
    }
}
