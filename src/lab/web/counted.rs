//! How much is sent to whom: counts every byte that a connection takes, TLS and all.

use std::io;
use std::pin::Pin;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

use crate::lab::play::Play;

/// A connection whose bytes are counted.
pub(super) struct Counted<'c, S> {
    pub(super) stream: S,
    sent: &'c AtomicU64,
}

/// Tells, when it is dropped, how much was sent for one host.
pub(super) struct Told<'c> {
    play: &'c Play,
    host: String,
    sent: &'c AtomicU64,
}

impl<'c, S> Counted<'c, S> {
    /// Counts into `sent`.
    pub(super) fn new(stream: S, sent: &'c AtomicU64) -> Self {
        Self { stream, sent }
    }
}

impl<'c> Told<'c> {
    /// What is in `sent` by then is for `host`.
    pub(super) fn new(play: &'c Play, host: &str, sent: &'c AtomicU64) -> Self {
        Self { play, host: host.to_owned(), sent }
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        self.play.note_sent(&self.host, self.sent.load(Ordering::Relaxed));
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<'_, S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<'_, S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        if let Poll::Ready(Ok(count)) = written {
            self.sent.fetch_add(count as u64, Ordering::Relaxed);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
