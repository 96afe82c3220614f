//! The streams of a command that was asked for in another process, which handed them over.
//!
//! They are that process's own files, pipes and terminal, so that nothing is copied and stdin is read
//! only by a command that reads it. Nothing waits for them longer than whoever asked is there.

use std::fs::File;
use std::io;
use std::io::IsTerminal;
use std::io::Read;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use indicatif::TermLike;
use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use rustix::event::poll;
use tokio_util::sync::CancellationToken;

/// What a pipe takes without waiting once it takes anything (POSIX's `PIPE_BUF`, on Linux).
const AT_ONCE: usize = 4096;

/// A terminal that takes no talk for so long goes without: what is done here is not done for it alone.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often whoever waits for stdin looks whether it is to end.
const GLANCE: Duration = Duration::from_secs(1);

/// Whoever asked for a command, as far as the command needs to know.
#[derive(Debug)]
pub(in crate::commands) struct Guest {
    /// stdin, stdout, stderr.
    pub(in crate::commands) streams: [File; 3],
    /// Hangs up when whoever asked is gone.
    pub(in crate::commands) connection: UnixStream,
    /// The folder that relative paths start from.
    pub(in crate::commands) folder: PathBuf,
    /// The account that asks, as its environment says.
    pub(in crate::commands) account: Option<String>,
    /// Asks the command to end.
    pub(in crate::commands) stop: CancellationToken,
}

/// stdin, stdout or stderr of a guest.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Stream {
    guest: Arc<Guest>,
    number: usize,
    patience: Option<Duration>,
}

impl Guest {
    pub(super) fn input(self: &Arc<Self>) -> Stream {
        Stream { guest: Arc::clone(self), number: 0, patience: Some(GLANCE) }
    }

    pub(super) fn out(self: &Arc<Self>) -> Stream {
        Stream { guest: Arc::clone(self), number: 1, patience: None }
    }

    pub(super) fn errors(self: &Arc<Self>) -> Stream {
        Stream { guest: Arc::clone(self), number: 2, patience: Some(PATIENCE) }
    }

    pub(super) fn talks_to_people(&self) -> bool {
        self.streams[2].is_terminal()
    }

    pub(super) fn width(&self) -> Option<u16> {
        let size = terminal_size::terminal_size_of(&self.streams[1]);
        size.map(|(terminal_size::Width(columns), _)| columns)
    }
}

/// The files that were handed over, in order.
pub(in crate::commands) fn streams(handed_over: Vec<OwnedFd>) -> Option<[File; 3]> {
    let files: Vec<File> = handed_over.into_iter().map(File::from).collect();
    files.try_into().ok()
}

impl Stream {
    fn file(&self) -> &File {
        &self.guest.streams[self.number]
    }

    /// Waits until the stream takes or gives something; `false` when patience is at its end.
    fn is_ready(&self, wanted: PollFlags) -> io::Result<bool> {
        let patience = self
            .patience
            .map(|patience| Timespec { tv_sec: patience.as_secs().cast_signed(), tv_nsec: 0 });
        loop {
            let mut polled = [
                PollFd::new(self.file(), wanted),
                PollFd::new(&self.guest.connection, PollFlags::RDHUP),
            ];
            match poll(&mut polled, patience.as_ref()) {
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
                Ok(0) => return Ok(false),
                Ok(_) => {}
            }
            let [stream, connection] = polled;
            if !connection.revents().is_empty() {
                return Err(io::Error::new(
                    io::ErrorKind::BrokenPipe,
                    "whoever asked for this is gone",
                ));
            }
            if !stream.revents().is_empty() {
                return Ok(true);
            }
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.is_ready(PollFlags::IN)? {
                if self.guest.stop.is_cancelled() {
                    let what = "whoever does this is ending; nothing more is read";
                    return Err(io::Error::new(io::ErrorKind::ConnectionAborted, what));
                }
                continue;
            }
            match self.file().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            if !self.is_ready(PollFlags::OUT)? {
                return Ok(bytes.len());
            }
            let part = bytes.get(..AT_ONCE).unwrap_or(bytes);
            match self.file().write(part) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The little that a progress bar needs of a terminal (ECMA-48).
impl TermLike for Stream {
    fn width(&self) -> u16 {
        let size = terminal_size::terminal_size_of(self.file());
        size.map_or(80, |(terminal_size::Width(columns), _)| columns)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.steer(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.steer(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.steer(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.steer(n, 'D')
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.clone().write_all(format!("{line}\n").as_bytes())
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.clone().write_all(text.as_bytes())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.clone().write_all(b"\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream {
    fn steer(&self, n: usize, direction: char) -> io::Result<()> {
        if n == 0 {
            return Ok(());
        }
        self.clone().write_all(format!("\x1b[{n}{direction}").as_bytes())
    }
}
