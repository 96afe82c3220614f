//! What each command does: opens the parts, calls them, writes what came of it. The only place that
//! puts things together.

mod terminal;
mod log;
mod causes;
mod data;
mod descriptors;
mod owner;
mod client;
mod session;
mod demo;
mod import;
mod refuse;
mod rejudge;
mod scan;
mod notices;
mod findings;
mod explain;
mod lookup;
mod check;
mod check_data;
mod export_data;
mod import_data;
mod rates;
mod bulletin;
mod sample;
mod answer;
mod withdraw;
mod exempt;
mod keys;
mod serve;
mod lab;

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;

use crate::cli::Cli;
use crate::cli::Command;
use crate::cli::Explained;
use crate::commands::causes::with_causes;
use crate::commands::client::Reached;
use crate::commands::client::Unanswered;
use crate::commands::data::Data;
use crate::commands::data::NightUnderWay;
use crate::commands::session::Session;
use crate::commands::terminal::Terminal;
use crate::config::ConfigError;
use crate::store::StoreError;

/// How a command ended, as its exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// 0: done.
    Done,
    /// 1: done, and what it found is not as it should be.
    Failed,
    /// 3: stopped before the end by the window or a signal.
    Stopped,
}

/// What the user asked for cannot be done as asked; nothing was changed. Exit status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

fn usage(message: impl Into<String>) -> anyhow::Error {
    Usage(message.into()).into()
}

/// Does what `cli` says, or has it done by whoever has the data, and returns the exit status of the
/// contract, section 2.
pub fn run(cli: &Cli) -> ExitCode {
    log::begin(cli.log_format);
    descriptors::raise();
    let begun = Session::open(cli, Terminal::Own).and_then(|mut session| {
        if is_about_data(&cli.command) {
            match client::reach(&session.data, cli)? {
                Reached::Done(status) => return Ok(Err(status)),
                Reached::Free(lock) => session.lock = lock.map(Arc::new),
            }
        }
        Ok(Ok(session))
    });
    if let (Err(error), Command::Scan(request)) = (&begun, &cli.command) {
        scan::report::no_night(&Terminal::Own, request, &with_causes(error));
    }
    ExitCode::from(match begun {
        Ok(Err(status)) => status,
        Ok(Ok(session)) => status(dispatch(&session, &cli.command)),
        Err(error) => status(Err(error)),
    })
}

/// Does what `cli` says over `data`, which lie in `folder`, for whoever is at `terminal`; returns the
/// same exit status.
fn run_for(cli: &Cli, terminal: Terminal, folder: &Path, data: Arc<Data>) -> u8 {
    let ended = Session::open(cli, terminal).and_then(|session| {
        if !is_about_data(&cli.command) {
            return Err(usage("this command has nothing to ask of whoever has the data"));
        }
        let session = Session { data: folder.to_owned(), open: Some(data), ..session };
        dispatch(&session, &cli.command)
    });
    status(ended)
}

/// Whether a command works with the data folder, which one process has at a time.
fn is_about_data(command: &Command) -> bool {
    match command {
        Command::Demo(_) | Command::Lab(_) => false,
        Command::Explain(request) => matches!(request.subject, Explained::Target(_)),
        _ => true,
    }
}

fn status(ended: Result<Ended>) -> u8 {
    match ended {
        Ok(Ended::Done) => 0,
        Ok(Ended::Failed) => 1,
        Ok(Ended::Stopped) => 3,
        Err(error) if is_broken_pipe(&error) => 0,
        Err(error) => {
            tracing::error!("{}", with_causes(&error));
            status_of(&error)
        }
    }
}

fn dispatch(session: &Session, command: &Command) -> Result<Ended> {
    match command {
        Command::Demo(request) => demo::run(session, request),
        Command::Import(request) => import::run(session, request),
        Command::Scan(request) => scan::run(session, request),
        Command::Findings(request) => findings::run(session, request),
        Command::Explain(request) => explain::run(session, request),
        Command::Lookup(request) => lookup::run(session, request),
        Command::Check(request) => check::run(session, request),
        Command::CheckData(request) => check_data::run(session, request),
        Command::ExportData(request) => export_data::run(session, request),
        Command::ImportData(request) => import_data::run(session, request),
        Command::Rates(request) => rates::run(session, request),
        Command::Bulletin(request) => bulletin::run(session, request),
        Command::Sample(request) => sample::run(session, request),
        Command::Answer(request) => answer::run(session, request),
        Command::Uphold(request) => withdraw::uphold(session, request),
        Command::Refuse(request) => refuse::run(session, request),
        Command::Withdraw(request) => withdraw::run(session, request),
        Command::Exempt(request) => exempt::run(session, request),
        Command::Keys(request) => keys::run(session, request),
        Command::Serve(request) => serve::run(session, request),
        Command::Lab(request) => lab::run(request),
    }
}

fn status_of(error: &anyhow::Error) -> u8 {
    let is_usage = error.is::<Usage>() || error.is::<ConfigError>();
    match error.downcast_ref::<StoreError>() {
        Some(StoreError::InUse(_)) => 4,
        _ if error.is::<NightUnderWay>() || error.is::<Unanswered>() => 4,
        _ if is_usage => 2,
        _ => 1,
    }
}

/// Whether the reader of our output went away, which is its right.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
    })
}
