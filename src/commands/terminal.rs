//! Where a command talks: its stdin, stdout and stderr, and the folder that its paths start from.
//!
//! Commands never name the process's own streams, because the owner of the data also runs commands
//! that somebody asked for in another process: those talk to the streams of that process.

pub(super) mod guest;

use std::fs::File;
use std::io;
use std::io::IsTerminal;
use std::io::LineWriter;
use std::io::Read;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use anyhow::Result;
use indicatif::ProgressDrawTarget;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

use crate::commands::terminal::guest::Guest;

/// Redraws of progress a second, at the most.
const REDRAWS: u8 = 20;

/// The terminal, pipes or files of one command. Clones talk to the same.
#[derive(Debug, Clone)]
pub(super) enum Terminal {
    /// Those of this process.
    Own,
    /// Those of whoever asked through the socket.
    Guest(Arc<Guest>),
}

/// Something to write to.
pub(super) type Out = Box<dyn Write + Send>;

/// Something to read from.
pub(super) type In = Box<dyn Read + Send>;

impl Terminal {
    /// stdout, for data.
    pub(super) fn out(&self) -> Out {
        match self {
            Self::Own => Box::new(io::stdout()),
            Self::Guest(guest) => Box::new(LineWriter::new(guest.out())),
        }
    }

    /// stderr, for talk. The log goes there by itself.
    pub(super) fn errors(&self) -> Out {
        match self {
            Self::Own => Box::new(io::stderr()),
            Self::Guest(guest) => Box::new(guest.errors()),
        }
    }

    /// Whether stderr is a terminal, which may be told in colours.
    pub(super) fn has_colours(&self) -> bool {
        match self {
            Self::Own => io::stderr().is_terminal(),
            Self::Guest(guest) => guest.talks_to_people(),
        }
    }

    /// stdin.
    pub(super) fn input(&self) -> In {
        match self {
            Self::Own => Box::new(io::stdin()),
            Self::Guest(guest) => Box::new(guest.input()),
        }
    }

    /// Columns of stdout; `None` for a pipe or a file.
    pub(super) fn width(&self) -> Option<u16> {
        match self {
            Self::Own => {
                let size = io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
                size.map(|(terminal_size::Width(columns), _)| columns)
            }
            Self::Guest(guest) => guest.width(),
        }
    }

    /// Where progress is shown: stderr, if it is a terminal.
    pub(super) fn progress(&self) -> ProgressDrawTarget {
        match self {
            Self::Own => ProgressDrawTarget::stderr(),
            Self::Guest(guest) if guest.talks_to_people() => {
                ProgressDrawTarget::term_like_with_hz(Box::new(guest.errors()), REDRAWS)
            }
            Self::Guest(_) => ProgressDrawTarget::hidden(),
        }
    }

    /// A path that the user gave, as this process must name it.
    pub(super) fn path(&self, path: &Path) -> PathBuf {
        match self {
            Self::Own => path.to_owned(),
            Self::Guest(guest) => guest.folder.join(path),
        }
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
        match self {
            Self::Own => ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok()),
            Self::Guest(guest) => guest.account.clone(),
        }
    }

    /// Ends when the command is asked to end: by SIGINT, SIGTERM or SIGHUP, or because whoever asked for
    /// it is gone. Signals are caught from this call on, which must be within a runtime.
    pub(super) fn asked_to_stop(&self) -> impl Future<Output = ()> + Send + use<> {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let (gone, mut signals) = match self {
            Self::Guest(guest) => (Some(guest.stop.clone()), Vec::new()),
            Self::Own => (None, kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect()),
        };
        async move {
            if let Some(gone) = gone {
                return gone.cancelled().await;
            }
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
}
