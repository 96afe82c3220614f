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
use crate::net::http::metered::Meter;
use crate::net::http::metered::Metered;

/// How long a head may be, in bytes, names and values together.
const LONGEST_HEAD: u32 = 64 * 1024;

/// How many bytes of a body may be on their way.
const WINDOW: u32 = 1024 * 1024;

/// Both ends of a connection: nothing moves on it unless the second is polled.
pub(crate) struct Two<S> {
    sender: SendRequest<Bytes>,
    connection: Connection<Metered<S>, Bytes>,
    meter: Meter,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Two<S> {
    /// Speaks HTTP/2 over `stream`.
    pub(crate) async fn begin(stream: S) -> Result<Self, Broken> {
        let meter = Meter::of(0);
        let (sender, connection) = h2::client::Builder::new()
            .enable_push(false)
            .initial_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .max_header_list_size(LONGEST_HEAD)
            .handshake(Metered::new(stream, meter.clone()))
            .await?;
        Ok(Self { sender, connection, meter })
    }

    /// Sends `request` and reads what comes, at most `limit` bytes of a body. Returns whether the
    /// connection may be used again.
    pub(crate) async fn exchange(
        &mut self,
        request: Request<()>,
        limit: usize,
        incoming: &mut Incoming,
    ) -> Result<bool, Broken> {
        let Self { sender, connection, meter } = self;
        meter.begin(limit);
        let sender = sender.clone();
        let answered = &mut *incoming;
        let read = beside(connection, async move {
            let mut sender = sender.ready().await?;
            let (response, _) = sender.send_request(request, true)?;
            read(response.await?, limit, answered).await
        })
        .await;
        incoming.bounded(read, meter).map(|()| true)
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

#[cfg(test)]
mod tests {
    use h2::Reason;
    use h2::server::Connection as Server;
    use tokio::io::DuplexStream;

    use super::*;

    /// What a server does with a request.
    #[derive(Debug, Clone, Copy)]
    enum Then {
        /// It answers, and says that it answers nothing further.
        Farewell,
        /// It answers half, and resets the rest.
        ResetWithin,
        /// It resets the request.
        Reset(Reason),
        /// It ends the connection with an error.
        End(Reason),
    }

    /// A server that does so with every request.
    async fn serve(stream: DuplexStream, then: Then) -> Result<(), h2::Error> {
        let mut server: Server<_, Bytes> = h2::server::handshake(stream).await?;
        while let Some(request) = server.accept().await {
            let (_, mut respond) = request?;
            match then {
                Then::Farewell => {
                    let mut body = respond.send_response(Response::new(()), false)?;
                    body.send_data(Bytes::from_static(b"hello"), true)?;
                    server.graceful_shutdown();
                }
                Then::ResetWithin => {
                    let mut body = respond.send_response(Response::new(()), false)?;
                    body.send_data(Bytes::from_static(b"hel"), false)?;
                    // What was sent goes out before the reset.
                    tokio::task::yield_now().await;
                    body.send_reset(Reason::INTERNAL_ERROR);
                }
                Then::Reset(reason) => respond.send_reset(reason),
                Then::End(reason) => server.abrupt_shutdown(reason),
            }
        }
        Ok(())
    }

    /// What comes of two requests over one connection, and the body of the first.
    async fn two_requests(then: Then) -> ([Result<bool, Broken>; 2], Vec<u8>) {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let ask = async {
            let mut two = Two::begin(ours).await.unwrap();
            let request = || Request::get("https://a.test/").body(()).unwrap();
            let (mut first, mut second) = (Incoming::default(), Incoming::default());
            let one = two.exchange(request(), 100, &mut first).await;
            let other = two.exchange(request(), 100, &mut second).await;
            ([one, other], first.body)
        };
        // The server ends with the connection, or when nobody asks any more.
        let (_ended, asked) = tokio::join!(serve(theirs, then), ask);
        asked
    }

    #[tokio::test]
    async fn a_farewell_ends_the_connection_and_not_the_answer() {
        let ([one, other], body) = two_requests(Then::Farewell).await;
        assert!(matches!(one, Ok(true)), "{one:?}");
        assert_eq!(body, b"hello");
        // So that the line asks again over a new connection.
        assert!(matches!(other, Err(Broken::Ended | Broken::Io(_))), "{other:?}");
    }

    #[tokio::test]
    async fn a_reset_is_no_answer_and_no_nonsense() {
        for then in [
            Then::Reset(Reason::REFUSED_STREAM),
            Then::Reset(Reason::HTTP_1_1_REQUIRED),
            Then::End(Reason::ENHANCE_YOUR_CALM),
            Then::End(Reason::NO_ERROR),
        ] {
            let ([one, _], body) = two_requests(then).await;
            assert!(matches!(one, Err(Broken::Ended | Broken::Io(_))), "{then:?}: {one:?}");
            assert!(body.is_empty());
        }
    }

    #[tokio::test]
    async fn what_came_before_a_reset_is_kept_and_is_not_whole() {
        let ([one, _], body) = two_requests(Then::ResetWithin).await;
        assert!(matches!(one, Err(Broken::Ended)), "{one:?}");
        assert!(b"hel".starts_with(&body), "{body:?}");
    }
}
