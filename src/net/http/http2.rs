//! One request over a connection that speaks HTTP/2 (RFC 9113).

use std::future::Future;
use std::pin::pin;

use bytes::Bytes;
use h2::client::Connection;
use h2::client::SendRequest;
use http::Request;
use http::Response;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;

use crate::facts::exchange::HttpVersion;
use crate::net::http::incoming::Broken;
use crate::net::http::incoming::Head;
use crate::net::http::incoming::Incoming;

/// How long a head may be, in bytes, names and values together.
const LONGEST_HEAD: u32 = 64 * 1024;

/// How many bytes of a body may be on their way.
const WINDOW: u32 = 1024 * 1024;

/// Both ends of a connection: nothing moves on it unless the second is polled.
pub(crate) struct Two<S> {
    sender: SendRequest<Bytes>,
    connection: Connection<S, Bytes>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Two<S> {
    /// Speaks HTTP/2 over `stream`.
    pub(crate) async fn begin(stream: S) -> Result<Self, Broken> {
        let (sender, connection) = h2::client::Builder::new()
            .enable_push(false)
            .initial_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .max_header_list_size(LONGEST_HEAD)
            .handshake(stream)
            .await?;
        Ok(Self { sender, connection })
    }

    /// Sends `request` and reads what comes, at most `limit` bytes of a body. Returns whether the
    /// connection may be used again.
    pub(crate) async fn exchange(
        &mut self,
        request: Request<()>,
        limit: usize,
        incoming: &mut Incoming,
    ) -> Result<bool, Broken> {
        let Self { sender, connection } = self;
        let sender = sender.clone();
        beside(connection, async move {
            let mut sender = sender.ready().await?;
            let (response, _) = sender.send_request(request, true)?;
            read(response.await?, limit, incoming).await
        })
        .await?;
        Ok(true)
    }
}

/// What becomes of `work` while the connection is kept going.
async fn beside<S: AsyncRead + AsyncWrite + Unpin>(
    connection: &mut Connection<S, Bytes>,
    work: impl Future<Output = Result<(), Broken>>,
) -> Result<(), Broken> {
    let mut work = pin!(work);
    tokio::select! {
        done = &mut work => done,
        ended = connection => match ended {
            // What came before the end may be all.
            Ok(()) => work.await,
            Err(error) => Err(error.into()),
        },
    }
}

async fn read(
    response: Response<h2::RecvStream>,
    limit: usize,
    incoming: &mut Incoming,
) -> Result<(), Broken> {
    let (parts, mut body) = response.into_parts();
    let raw = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().as_bytes().to_vec(), value.as_bytes().to_vec()));
    incoming.head = Some(Head {
        version: HttpVersion::Http2,
        status: parts.status.as_u16(),
        reason: Vec::new(),
        raw: raw.collect(),
        headers: parts.headers,
    });
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        let room = limit.saturating_sub(incoming.body.len());
        incoming.body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() > room {
            incoming.is_cut = true;
            return Ok(());
        }
        body.flow_control().release_capacity(chunk.len())?;
    }
    incoming.is_whole = true;
    Ok(())
}

impl From<h2::Error> for Broken {
    fn from(error: h2::Error) -> Self {
        if error.is_io() {
            return error.into_io().map_or(Self::Ended, Self::Io);
        }
        // Whoever sends a reset or a farewell speaks the protocol, and has no answer.
        if error.is_remote() { Self::Ended } else { Self::Malformed }
    }
}

impl<S> std::fmt::Debug for Two<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Two").finish_non_exhaustive()
    }
}
