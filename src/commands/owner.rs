//! The owner of the data does what commands of other processes ask, as long as it has them.
//!
//! It listens on a socket in the data folder. A command hands over its streams and its command line
//! and waits; here it is run over the open data, in a thread of its own, with the caller's folder,
//! configuration, time and log. Only the same user is heard. A caller that goes away ends its command,
//! and nothing else.

pub(super) mod socket;
pub(super) mod wire;

use std::ffi::OsString;
use std::io::Read;
use std::net::Shutdown;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixListener;
use std::os::unix::net::UnixStream;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use anyhow::Result;
use clap::Parser;
use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::poll;
use tokio_util::sync::CancellationToken;
use tracing::dispatcher;

use crate::cli::Cli;
use crate::commands;
use crate::commands::data::Data;
use crate::commands::log;
use crate::commands::owner::wire::Call;
use crate::commands::owner::wire::Reply;
use crate::commands::terminal::Terminal;
use crate::commands::terminal::guest;
use crate::commands::terminal::guest::Guest;

/// Commands that are done at once; whoever comes then is told to come again.
const GUESTS: usize = 64;

/// A caller that says nothing for so long has nothing to say.
const PATIENCE: Duration = Duration::from_secs(10);

/// The owner's ear. Dropping it hears nobody any more, stops the nights that callers began, and waits
/// for what is being done.
#[derive(Debug)]
pub(super) struct Owner {
    folder: PathBuf,
    stop: CancellationToken,
    /// Hangs up when it is dropped, which ends the thread.
    wake: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

/// What each caller's command is done with.
#[derive(Debug)]
struct House {
    folder: PathBuf,
    data: Arc<Data>,
    stop: CancellationToken,
}

impl Owner {
    /// Listens in `folder`, which `data` are of.
    pub(super) fn start(folder: &Path, data: &Arc<Data>) -> Result<Self> {
        let listener = socket::bind(folder)
            .with_context(|| format!("cannot listen in {}", folder.display()))?;
        let (wake, awaited) = UnixStream::pair().context("cannot make a socket")?;
        let stop = CancellationToken::new();
        let house = House { folder: folder.to_owned(), data: Arc::clone(data), stop: stop.clone() };
        let thread = std::thread::Builder::new()
            .name("owner".to_owned())
            .spawn(move || listen(&listener, &awaited, &Arc::new(house)))
            .context("cannot start a thread")?;
        Ok(Self { folder: folder.to_owned(), stop, wake: Some(wake), thread: Some(thread) })
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // Whoever comes from now on waits for the lock.
        socket::remove(&self.folder);
        self.stop.cancel();
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            // It does not panic; if it did, there is nobody to wait for.
            let _ = thread.join();
        }
    }
}

/// Hears callers until `awaited` hangs up, then waits for what is being done.
fn listen(listener: &UnixListener, awaited: &UnixStream, house: &Arc<House>) {
    let mut guests: Vec<JoinHandle<()>> = Vec::new();
    loop {
        let mut polled =
            [PollFd::new(listener, PollFlags::IN), PollFd::new(awaited, PollFlags::RDHUP)];
        if poll(&mut polled, None).is_err() {
            continue;
        }
        let [_, awaited] = polled;
        if !awaited.revents().is_empty() {
            break;
        }
        let Ok((connection, _)) = listener.accept() else { continue };
        guests.retain(|guest| !guest.is_finished());
        if guests.len() >= GUESTS {
            refuse(&connection, "too many commands are being done for others; try again");
            continue;
        }
        let house = Arc::clone(house);
        let guest = std::thread::Builder::new()
            .name("guest".to_owned())
            .spawn(move || receive(&house, connection));
        guests.extend(guest);
    }
    for guest in guests {
        // What a command does to itself is its own.
        let _ = guest.join();
    }
}

/// Whoever cannot even be told has gone.
fn refuse(connection: &UnixStream, why: &str) {
    let _ = wire::send(connection, &Reply::Refused(why.to_owned()));
}

/// Hears one caller out and does what it asks.
fn receive(house: &House, connection: UnixStream) {
    if !socket::is_of_this_user(&connection) {
        return refuse(&connection, "it runs as another user, and only that user is heard");
    }
    let _ = connection.set_read_timeout(Some(PATIENCE));
    let streams = wire::take_over(&connection).ok().and_then(guest::streams);
    let call = wire::receive::<Call>(&connection);
    let (Some(streams), Ok(call)) = (streams, call) else {
        return refuse(&connection, "it does not understand; is it another version of chabei?");
    };
    if call.version != wire::VERSION {
        let version = wire::VERSION;
        return refuse(&connection, &format!("it is chabei {version}; restart it"));
    }
    let _ = connection.set_read_timeout(None);
    let Ok(watched) = connection.try_clone() else { return };
    let Ok(reply) = connection.try_clone() else { return };
    let stop = house.stop.child_token();
    let guest = Guest {
        streams,
        connection,
        folder: PathBuf::from(OsString::from_vec(call.folder.clone())),
        account: call.account.clone(),
        stop: stop.clone(),
    };
    let watch =
        std::thread::Builder::new().name("watch".to_owned()).spawn(move || watch(&watched, &stop));
    if wire::send(&reply, &Reply::Taken).is_ok() {
        let terminal = Terminal::Guest(Arc::new(guest));
        // What a command does to itself is not done to the owner.
        let status = catch_unwind(AssertUnwindSafe(|| perform(house, &call, &terminal)));
        let _ = wire::send(&reply, &Reply::Ended(status.unwrap_or(1)));
    }
    let _ = reply.shutdown(Shutdown::Both);
    if let Ok(watch) = watch {
        let _ = watch.join();
    }
}

/// Asks the command to end when its caller says so, or is gone.
fn watch(mut connection: &UnixStream, stop: &CancellationToken) {
    let mut byte = [0];
    while connection.read(&mut byte).is_ok_and(|read| read > 0) {
        stop.cancel();
    }
    stop.cancel();
}

fn perform(house: &House, call: &Call, terminal: &Terminal) -> u8 {
    let arguments = call.arguments.iter().cloned().map(OsString::from_vec);
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            use std::io::Write;
            let _ = write!(terminal.errors(), "{error}");
            return 2;
        }
    };
    let log = log::of(terminal.clone(), cli.log_format, call.log_filter.as_deref());
    dispatcher::with_default(&log, || {
        commands::run_for(&cli, terminal.clone(), &house.folder, Arc::clone(&house.data))
    })
}
