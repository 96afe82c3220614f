//! The web hosts of the simulated internet: small HTTP/1.1 servers, one request a connection.

mod counted;
mod manners;
pub(crate) mod request;
pub(crate) mod reply;
pub(crate) mod secure;

use std::io;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio::time::timeout;

use crate::lab::arrivals::What;
use crate::lab::play::Play;
use crate::lab::web::counted::Counted;
use crate::lab::web::counted::Told;
use crate::lab::web::reply::Reply;
use crate::lab::web::reply::reply;
use crate::lab::web::request::HEAD_LIMIT;
use crate::lab::web::request::Request;

/// How many connections one address serves at once; further ones wait.
const CONNECTIONS: usize = 1024;

/// How long a connection may last, whatever is done on it.
const LIFETIME: Duration = Duration::from_mins(2);

/// So much of what is sent may wait for a visitor to take it: what was sent is then nearly what was
/// taken.
const UNTAKEN: usize = 32 * 1024;

/// How long half a page is left before the reset.
const BEFORE_RESET: Duration = Duration::from_millis(50);

/// How long to wait where no connection can be accepted, most likely for want of files.
const RECOVERY: Duration = Duration::from_millis(20);

/// Serves everything at `address` for ever.
pub(crate) async fn serve(listener: TcpListener, address: Ipv4Addr, play: Arc<Play>) {
    welcome(listener, move |stream| {
        let play = Arc::clone(&play);
        async move { receive(stream, address, &play).await }
    })
    .await;
}

/// Serves everything at `address` over TLS for ever.
pub(crate) async fn serve_secure(listener: TcpListener, address: Ipv4Addr, play: Arc<Play>) {
    welcome(listener, move |stream| {
        let play = Arc::clone(&play);
        async move { secure::receive(stream, address, &play).await }
    })
    .await;
}

/// Lets whoever comes be received.
async fn welcome<F>(listener: TcpListener, receive: impl Fn(TcpStream) -> F)
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let mut guests = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = guests.join_next() => {}
            accepted = listener.accept(), if guests.len() < CONNECTIONS => {
                let Ok((stream, _)) = accepted else {
                    sleep(RECOVERY).await;
                    continue;
                };
                // Where it is not granted, more may wait.
                let _granted = SockRef::from(&stream).set_send_buffer_size(UNTAKEN);
                let received = receive(stream);
                // Whatever a visitor does to the connection is its own affair.
                guests.spawn(async move {
                    timeout(LIFETIME, received).await.ok();
                });
            }
        }
    }
}

/// How a connection is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    InOrder,
    Reset,
}

async fn receive(stream: TcpStream, address: Ipv4Addr, play: &Play) -> io::Result<()> {
    let sent = AtomicU64::new(0);
    let mut stream = Counted::new(stream, &sent);
    let Some(head) = read_head(&mut stream).await? else { return Ok(()) };
    let request = Request::parse(&head);
    let what = if request.path == "/robots.txt" { What::Robots } else { What::Page };
    play.note_visitor(address, &request.host, what);
    let _told = Told::new(play, &request.host, &sent);
    let reply = reply(play, address, &request);
    if reply.is_refusal() {
        play.ledger.note_refusal(IpAddr::V4(address));
    }
    match send(&mut stream, reply).await? {
        End::InOrder => stream.shutdown().await,
        End::Reset => stream.stream.set_zero_linger(),
    }
}

async fn send(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), reply: Reply) -> io::Result<End> {
    match reply {
        Reply::Bytes(bytes) => stream.write_all(&bytes).await?,
        Reply::Endless { start, again } => {
            stream.write_all(&start).await?;
            loop {
                stream.write_all(&again).await?;
            }
        }
        Reply::Drip(bytes) => {
            for byte in bytes.into_iter().cycle() {
                stream.write_u8(byte).await?;
                stream.flush().await?;
                sleep(Duration::from_secs(1)).await;
            }
        }
        Reply::Hold => {
            // The visitor's leaving ends it.
            while stream.read(&mut [0; 512]).await? > 0 {}
        }
        Reply::Pieces(pieces, rest) => {
            for piece in pieces {
                stream.write_all(&piece).await?;
                stream.flush().await?;
                sleep(rest).await;
            }
        }
        Reply::ResetAfter(bytes) => {
            stream.write_all(&bytes).await?;
            // A reset at once would take back what has not been read yet.
            sleep(BEFORE_RESET).await;
            return Ok(End::Reset);
        }
        Reply::Reset => return Ok(End::Reset),
    }
    Ok(End::InOrder)
}

/// The head of a request with the empty line at its end; `None` where none comes, or one that is too
/// long.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut head).await? == 0 || head.len() > HEAD_LIMIT {
            return Ok(None);
        }
        if head.windows(4).any(|window| window == b"\r\n\r\n") {
            return Ok(Some(head));
        }
    }
}

#[cfg(test)]
mod tests;
