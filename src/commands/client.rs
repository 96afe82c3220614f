//! Reaches the data: takes them, or has the command done by whoever has them.

use std::io;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context;
use anyhow::Result;

use crate::cli::Cli;
use crate::cli::Command;
use crate::commands::log;
use crate::commands::owner::socket;
use crate::commands::owner::wire;
use crate::commands::owner::wire::Call;
use crate::commands::owner::wire::Reply;
use crate::commands::terminal::Terminal;
use crate::store::StoreError;
use crate::store::lock::DataLock;

/// How long somebody who has the data and does not answer is waited for: it may be about to listen, or
/// be a short command.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is tried meanwhile.
const PAUSE: Duration = Duration::from_millis(50);

/// Who does the command.
#[derive(Debug)]
pub(super) enum Reached {
    /// This process, which has the data now; without a lock where there are none yet.
    Free(Option<DataLock>),
    /// The owner did it, with this exit status.
    Done(u8),
}

/// The owner does not do it, or nobody knows whether it did. Exit status 4.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unanswered(String);

/// What came of asking the owner.
enum Asked {
    /// It is done.
    Ended(u8),
    /// Nobody took it.
    Unheard,
}

/// Takes the data in `folder`, or has `cli` done by whoever has them.
pub(super) fn reach(folder: &Path, cli: &Cli) -> Result<Reached> {
    if !folder.is_dir() {
        return Ok(Reached::Free(None));
    }
    let begun = Instant::now();
    loop {
        let in_use = match DataLock::take(folder) {
            Ok(lock) => return Ok(Reached::Free(Some(lock))),
            Err(error @ StoreError::InUse(_)) => error,
            Err(error) => return Err(error.into()),
        };
        if let Asked::Ended(status) = ask(folder, cli)? {
            return Ok(Reached::Done(status));
        }
        if begun.elapsed() >= PATIENCE {
            return Err(in_use.into());
        }
        std::thread::sleep(PAUSE);
    }
}

/// Has `cli` done by the owner of `folder`.
fn ask(folder: &Path, cli: &Cli) -> Result<Asked> {
    let Ok(connection) = socket::connect(folder) else { return Ok(Asked::Unheard) };
    if !socket::is_of_this_user(&connection) {
        return Err(Unanswered(format!(
            "the data in {} are in use by another user, who alone may ask there",
            folder.display()
        ))
        .into());
    }
    let call = Call {
        version: wire::VERSION.to_owned(),
        arguments: std::env::args_os().map(OsStringExt::into_vec).collect(),
        folder: std::env::current_dir()
            .context("there is no current folder")?
            .into_os_string()
            .into_vec(),
        log_filter: std::env::var(log::FILTER).ok(),
        account: Terminal::Own.account(),
    };
    let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
    let streams = [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()];
    connection.set_read_timeout(Some(PATIENCE)).context("cannot set a time limit")?;
    // An owner that ends, or is new, hangs up before it takes anything.
    let told = wire::hand_over(&connection, streams).and_then(|()| wire::send(&connection, &call));
    let taken = wire::receive::<Reply>(&connection);
    match (told, taken) {
        (_, Ok(Reply::Taken)) => {}
        (_, Ok(Reply::Refused(why))) => {
            let folder = folder.display();
            return Err(
                Unanswered(format!("the process that has the data in {folder}: {why}")).into()
            );
        }
        _ => return Ok(Asked::Unheard),
    }
    connection.set_read_timeout(None).context("cannot set a time limit")?;
    if matches!(cli.command, Command::Scan(_)) {
        pass_on_signals(&connection)?;
    }
    match wire::receive::<Reply>(&connection) {
        Ok(Reply::Ended(status)) => Ok(Asked::Ended(status)),
        _ => Err(Unanswered(format!(
            "the process that had the data in {} ended, and nobody answers; whether the command was \
             done is not known, so look and ask again",
            folder.display()
        ))
        .into()),
    }
}

/// Lets a night end as it would here, instead of ending only this process.
fn pass_on_signals(connection: &UnixStream) -> Result<()> {
    let mut connection = connection.try_clone().context("cannot clone the connection")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    let pass_on = move || {
        runtime.block_on(async {
            loop {
                Terminal::Own.asked_to_stop().await;
                if connection.write_all(b"s").is_err() {
                    return;
                }
            }
        });
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(pass_on)
        .context("cannot start a thread")?;
    Ok(())
}
