//! One name server: its sockets, its pace, and TCP for answers that do not fit into a packet.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::net::dns::asked::Asked;
use crate::net::dns::question::HEADER;
use crate::net::dns::question::Question;
use crate::net::dns::socket::Sent;
use crate::net::dns::socket::Socket;
use crate::net::pace::gate::Gate;
use crate::net::pace::gate::Rate;

/// How many sockets ask one server. Which of them sends is left to chance, like the id.
const SOCKETS: usize = 4;

/// A name server.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    sockets: [Arc<Socket>; SOCKETS],
    gate: Gate,
    queries_sent: AtomicU64,
}

impl Server {
    /// Opens the sockets to the server, and listens to them in `listeners`.
    pub(crate) fn start(
        address: SocketAddr,
        index: usize,
        queries_per_second: u32,
        listeners: &mut JoinSet<()>,
    ) -> io::Result<Self> {
        let open = || Socket::open(address, index).map(Arc::new);
        let sockets = [open()?, open()?, open()?, open()?];
        for socket in &sockets {
            let socket = Arc::clone(socket);
            listeners.spawn(async move { socket.listen().await });
        }
        // Timers tick in milliseconds: without a small burst, what is lost to them would slow
        // every rate above a few hundred.
        let burst = NonZeroU32::new(queries_per_second / 50).unwrap_or(NonZeroU32::MIN);
        let gate = Gate::new(Rate::strict(queries_per_second.into(), burst));
        Ok(Self { address, sockets, gate, queries_sent: AtomicU64::new(0) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn queries_sent(&self) -> u64 {
        self.queries_sent.load(Ordering::Relaxed)
    }

    /// Sends `question` once when its turn has come. Answers are told to `asked`.
    pub(crate) async fn send(
        &self,
        question: &mut Question,
        asked: &Arc<Asked>,
    ) -> io::Result<Sent<'_>> {
        self.turn().await;
        let socket = &self.sockets[rand::random::<u8>() as usize % SOCKETS];
        socket.send(question, asked).await
    }

    /// Asks over TCP when its turn has come. Returns the answer, which repeats the question in
    /// whatever spelling; `None` if there is none within `limit`.
    pub(crate) async fn ask_over_tcp(
        &self,
        question: &mut Question,
        limit: Duration,
    ) -> Option<Vec<u8>> {
        self.turn().await;
        let id: u16 = rand::random();
        let packet = question.packet(id);
        let reply = timeout(limit, exchange(self.address, packet)).await.ok()?.ok()?;
        let section = question.section();
        let repeated = reply.get(HEADER..HEADER + section.len())?;
        let is_mine =
            reply.starts_with(&id.to_be_bytes()) && repeated.eq_ignore_ascii_case(section);
        is_mine.then_some(reply)
    }

    async fn turn(&self) {
        self.gate.line_up().await.pass().await;
        self.queries_sent.fetch_add(1, Ordering::Relaxed);
    }
}

async fn exchange(server: SocketAddr, packet: &[u8]) -> io::Result<Vec<u8>> {
    let length = u16::try_from(packet.len()).map_err(io::Error::other)?;
    let mut message = length.to_be_bytes().to_vec();
    message.extend(packet);
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(&message).await?;
    let mut reply = vec![0; stream.read_u16().await?.into()];
    stream.read_exact(&mut reply).await?;
    Ok(reply)
}
