//! A stream of which no more is read than one answer may take, whatever it is made of: bytes of a body,
//! or lines, hints and frames around one that never comes.

use std::io;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

/// So many bytes may come beside those of a body.
const BESIDE_THE_BODY: usize = 1 << 20;

/// What of an answer may still be read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter(Arc<AtomicUsize>);

/// A stream that ends with an error when more was read than its meter allows.
#[derive(Debug)]
pub(crate) struct Metered<S> {
    stream: S,
    meter: Meter,
}

impl Meter {
    /// One for an answer with a body of at most `limit` bytes.
    pub(crate) fn of(limit: usize) -> Self {
        let meter = Self::default();
        meter.begin(limit);
        meter
    }

    /// Another answer begins.
    pub(crate) fn begin(&self, limit: usize) {
        self.0.store(limit.saturating_add(BESIDE_THE_BODY), Ordering::Relaxed);
    }

    /// Whether more came than may be read.
    pub(crate) fn is_used_up(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

impl<S> Metered<S> {
    /// `stream`, read as far as `meter` allows.
    pub(crate) fn new(stream: S, meter: Meter) -> Self {
        Self { stream, meter }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.meter.is_used_up() {
            return Poll::Ready(Err(ErrorKind::FileTooLarge.into()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let left = self.meter.0.load(Ordering::Relaxed);
        let read = buffer.filled().len().saturating_sub(before);
        self.meter.0.store(left.saturating_sub(read), Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;

    use super::*;
    use crate::net::http::http1;
    use crate::net::http::http2::Two;
    use crate::net::http::incoming::Broken;
    use crate::net::http::incoming::Incoming;

    const LIMIT: usize = 64 * 1024;

    /// How many bytes are taken of a server that sends `first` and then `more` for ever, and what came of
    /// one request to it.
    async fn taken(first: &[u8], more: &[u8], is_two: bool) -> (usize, Broken, Incoming) {
        let (ours, mut theirs) = tokio::io::duplex(4096);
        let serve = async {
            let mut sent = 0;
            let (mut asked, mut told) = tokio::io::split(&mut theirs);
            let drain =
                async { while asked.read(&mut [0; 512]).await.is_ok_and(|read| read > 0) {} };
            let flood = async {
                told.write_all(first).await.unwrap();
                while told.write_all(more).await.is_ok() {
                    sent += more.len();
                }
            };
            tokio::join!(drain, flood);
            sent
        };
        let ask = async move {
            let mut incoming = Incoming::default();
            let asked = if is_two {
                let mut two = Two::begin(ours).await.unwrap();
                let request = http::Request::get("https://a.test/").body(()).unwrap();
                two.exchange(request, LIMIT, &mut incoming).await
            } else {
                let mut ours = ours;
                http1::exchange(&mut ours, b"GET / HTTP/1.1\r\n\r\n", LIMIT, &mut incoming).await
            };
            (asked.unwrap_err(), incoming)
        };
        let (sent, (broken, incoming)) = tokio::join!(serve, ask);
        (sent, broken, incoming)
    }

    #[tokio::test]
    async fn whatever_an_answer_is_made_of_no_more_is_read_than_one_may_take() {
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let chunk = [b"1;", &[b'x'; 4000][..], b"\r\na\r\n"].concat();
        let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        let window_update = [0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        let ping = [[0, 0, 8, 6, 1, 0, 0, 0, 0].as_slice(), &[0; 8]].concat();
        for (first, more, is_two) in [
            (&chunked[..], &chunk[..], false),
            (&settings, &window_update, true),
            (&settings, &ping, true),
        ] {
            let (sent, broken, incoming) = taken(first, more, is_two).await;
            assert!(incoming.is_cut || incoming.is_head_cut, "{broken:?}");
            assert!(matches!(broken, Broken::Malformed), "{broken:?}");
            assert!(sent <= LIMIT + BESIDE_THE_BODY + 64 * 1024, "{sent} bytes");
            assert!(sent >= LIMIT, "{sent} bytes");
        }
    }
}
