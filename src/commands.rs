//! What each command does: opens the parts, calls them, writes what came of it. The only place that
//! puts things together.

mod terminal;
mod data;
mod session;
mod demo;
mod import;
mod rejudge;
mod scan;
mod findings;
mod explain;
mod lookup;
mod check;
mod check_data;
mod rates;
mod bulletin;
mod sample;
mod withdraw;
mod exempt;
mod lab;

use std::io;
use std::process::ExitCode;

use anyhow::Result;

use crate::cli::Cli;
use crate::cli::Command;
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

/// Does what `cli` says and returns the exit status of the contract, section 2.
pub fn run(cli: &Cli) -> ExitCode {
    match dispatch(cli) {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Failed) => ExitCode::from(1),
        Ok(Ended::Stopped) => ExitCode::from(3),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::from(status_of(&error))
        }
    }
}

fn dispatch(cli: &Cli) -> Result<Ended> {
    let session = Session::open(cli, Terminal)?;
    match &cli.command {
        Command::Demo(request) => demo::run(&session, request),
        Command::Import(request) => import::run(&session, request),
        Command::Scan(request) => scan::run(&session, request),
        Command::Findings(request) => findings::run(&session, request),
        Command::Explain(request) => explain::run(&session, request),
        Command::Lookup(request) => lookup::run(&session, request),
        Command::Check(request) => check::run(&session, request),
        Command::CheckData(request) => check_data::run(&session, request),
        Command::Rates(request) => rates::run(&session, request),
        Command::Bulletin(request) => bulletin::run(&session, request),
        Command::Sample(request) => sample::run(&session, request),
        Command::Withdraw(request) => withdraw::run(&session, request),
        Command::Exempt(request) => exempt::run(&session, request),
        Command::Lab(request) => lab::run(request),
    }
}

fn status_of(error: &anyhow::Error) -> u8 {
    let is_usage = error.is::<Usage>() || error.is::<ConfigError>();
    match error.downcast_ref::<StoreError>() {
        Some(StoreError::InUse(_)) => 4,
        _ if error.is::<NightUnderWay>() => 4,
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
