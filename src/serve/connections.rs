//! Connections: how many there are at once, and which of them must go. Whoever has no key can open as
//! many as he likes, so none of them is worth more than a call that is under way: one on which nothing
//! happens is closed after a while, and when no place is left the one that has been idle longest goes at
//! once, so that a newcomer is heard. A descriptor is never taken from the night, the store or the
//! commands for them.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::extract::connect_info::Connected;
use axum::middleware::Next;
use axum::response::Response;
use axum_server::AddrListener;
use axum_server::Address;
use axum_server::Server;
use futures_util::task::AtomicWaker;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio::time::Sleep;

/// How long nothing may happen on a connection; also how long the head of a call may take to come.
const IDLE: Duration = Duration::from_secs(75);

/// How long a new connection may take to say what it wants.
const FIRST_CALL: Duration = Duration::from_secs(10);

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    pub(super) address: SocketAddr,
    life: Arc<Life>,
}

/// What happens on a connection.
#[derive(Debug)]
struct Life {
    number: u64,
    from: IpAddr,
    state: Mutex<State>,
    /// Whoever waits for something to happen.
    waits: AtomicWaker,
    crowd: Arc<Crowd>,
}

#[derive(Debug)]
struct State {
    /// Calls that have come and are not answered yet.
    calls: usize,
    /// When something happened last.
    since: Instant,
    /// It has to make room.
    must_go: bool,
}

/// All connections together.
#[derive(Debug)]
struct Crowd {
    most: usize,
    /// One more than there may be: whoever takes the last place sends another one away.
    places: Arc<Semaphore>,
    lives: Mutex<HashMap<u64, Arc<Life>>>,
    numbers: AtomicU64,
}

impl Crowd {
    /// Of at most so many connections.
    fn new(most: usize) -> Arc<Self> {
        let most = most.max(1);
        Arc::new(Self {
            most,
            places: Arc::new(Semaphore::new(most + 1)),
            lives: Mutex::default(),
            numbers: AtomicU64::default(),
        })
    }

    fn lives(&self) -> MutexGuard<'_, HashMap<u64, Arc<Life>>> {
        self.lives.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn peer(self: &Arc<Self>, address: SocketAddr) -> Peer {
        let from = match address.ip().to_canonical() {
            // Whoever has one address there has the whole network of it.
            IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) >> 64 << 64).into(),
            IpAddr::V4(address) => address.into(),
        };
        let state = State { calls: 0, since: Instant::now(), must_go: false };
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let (state, waits, crowd) = (Mutex::new(state), AtomicWaker::new(), Arc::clone(self));
        Peer { address, life: Arc::new(Life { number, from, state, waits, crowd }) }
    }

    /// Takes a connection in, for which there is a `place`.
    fn enter<S>(
        self: &Arc<Self>,
        stream: S,
        address: SocketAddr,
        place: OwnedSemaphorePermit,
    ) -> (Connection<S>, Peer) {
        let peer = self.peer(address);
        let life = Arc::clone(&peer.life);
        self.lives().insert(life.number, Arc::clone(&life));
        self.make_room(Some(life.number));
        let wakes = Box::pin(tokio::time::sleep(IDLE));
        (Connection { stream, life, wakes, _place: place }, peer)
    }

    /// Sends one connection away if no place is left, and none is on its way: of those without a call the
    /// one on which nothing has happened for longest, of a crowd from one address before all others.
    fn make_room(&self, newcomer: Option<u64>) {
        if self.places.available_permits() > 0 {
            return;
        }
        let lives = self.lives();
        let (mut idle, mut of) = (Vec::new(), HashMap::<IpAddr, usize>::new());
        for life in lives.values() {
            *of.entry(life.from).or_default() += 1;
            let state = life.state();
            if state.must_go {
                return;
            }
            if state.calls == 0 && Some(life.number) != newcomer {
                idle.push((life, state.since));
            }
        }
        let is_crowd = |life: &Life| of.get(&life.from).is_some_and(|many| *many > self.most / 4);
        let first = idle.into_iter().min_by_key(|(life, since)| (!is_crowd(life), *since));
        if let Some((life, _)) = first {
            life.state().must_go = true;
            life.waits.wake();
        }
    }
}

impl Life {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_to_go(&self) -> bool {
        let state = self.state();
        state.must_go && state.calls == 0
    }

    fn happens(&self) {
        self.state().since = Instant::now();
    }

    /// Whether it has to end, where nothing has happened on it.
    fn is_over(&self, mut wakes: Pin<&mut Sleep>, context: &mut Context<'_>) -> Poll<io::Error> {
        self.waits.register(context.waker());
        loop {
            if self.has_to_go() {
                let gone = io::Error::new(io::ErrorKind::ConnectionAborted, "it makes room");
                return Poll::Ready(gone);
            }
            ready!(wakes.as_mut().poll(context));
            let (now, state) = (Instant::now(), self.state());
            let ends = if state.calls > 0 { now + IDLE } else { state.since + IDLE };
            if ends <= now {
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            wakes.as_mut().reset(ends);
        }
    }
}

/// A call that is under way.
struct UnderWay(Arc<Life>);

impl UnderWay {
    fn on(life: &Arc<Life>) -> Self {
        let mut state = life.state();
        let calls = state.calls + 1;
        let was_to_go = state.must_go;
        *state = State { calls, since: Instant::now(), must_go: false };
        drop(state);
        if was_to_go {
            life.crowd.make_room(None);
        }
        Self(Arc::clone(life))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.0.state();
        (state.calls, state.since) = (state.calls.saturating_sub(1), Instant::now());
        let is_idle = state.calls == 0;
        drop(state);
        if is_idle {
            self.0.crowd.make_room(None);
        }
    }
}

/// Keeps the connection of a call while it is under way.
pub(super) async fn hold(request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<Peer>>();
    let _held = peer.map(|ConnectInfo(peer)| UnderWay::on(&peer.life));
    next.run(request).await
}

/// A connection.
#[derive(Debug)]
pub(super) struct Connection<S> {
    stream: S,
    life: Arc<Life>,
    wakes: Pin<Box<Sleep>>,
    /// Given back once the stream is closed.
    _place: OwnedSemaphorePermit,
}

impl<S> Connection<S> {
    /// `moved`, or the end where nothing moves any more.
    fn told<T>(
        &mut self,
        context: &mut Context<'_>,
        moved: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if moved.is_ready() {
            self.life.happens();
            return moved;
        }
        self.life.is_over(self.wakes.as_mut(), context).map(Err)
    }
}

impl<S> Drop for Connection<S> {
    fn drop(&mut self) {
        self.life.crowd.lives().remove(&self.life.number);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.told(context, read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.told(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.told(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Where connections come in.
#[derive(Debug)]
pub(super) struct Entrance {
    listener: TcpListener,
    crowd: Arc<Crowd>,
}

impl Address for Peer {
    type Stream = Connection<TcpStream>;
    type Listener = Entrance;
}

impl AddrListener<Connection<TcpStream>, Peer> for Entrance {
    async fn bind_to(peer: Peer) -> io::Result<Self> {
        let listener = TcpListener::bind(peer.address).await?;
        Ok(Self { listener, crowd: Arc::clone(&peer.life.crowd) })
    }

    async fn accept_stream(&self) -> io::Result<(Connection<TcpStream>, Peer)> {
        let place = Arc::clone(&self.crowd.places).acquire_owned().await;
        let place = place.map_err(io::Error::other)?;
        let (stream, address) = self.listener.accept().await?;
        Ok(self.crowd.enter(stream, address, place))
    }

    fn get_local_addr(&self) -> io::Result<Peer> {
        self.listener.local_addr().map(|address| self.crowd.peer(address))
    }
}

/// A server of what comes to `listener`, for so many connections at once.
pub(super) fn server(listener: std::net::TcpListener, most: usize) -> io::Result<Server<Peer>> {
    let listener = TcpListener::from_std(listener)?;
    let entrance = Entrance { listener, crowd: Crowd::new(most) };
    let mut server = Server::from_listener(entrance).first_request_timeout(FIRST_CALL);
    server.http_builder().http1().header_read_timeout(IDLE);
    Ok(server)
}

impl Connected<Self> for Peer {
    fn connect_info(peer: Self) -> Self {
        peer
    }
}

#[cfg(test)]
mod tests;
