//! The simulated internet (模拟数据): a planned world of sites, name server and web hosts on
//! 127.0.0.0/8, with registers to import and the truth of what must be found in it.
//!
//! [`world::plan`] plans a world as a pure function of its settings; [`Lab::start`] plays it, night
//! by night; [`files::write_files`] writes what a scan of it needs; [`understudy::Understudy`] tells what
//! another web server must do to play it. The truth is stated by the scenarios of the plan, never
//! computed from facts.

pub mod world;
pub mod truth;
pub mod arrivals;
pub mod files;
mod scenarios;
mod story;
mod paper;
mod manner;
mod cast;
mod names;
mod providers;
mod ranges;
pub mod problems;
pub mod filings;
mod pages;
mod play;
mod authority;
mod web;
pub mod understudy;

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use socket2::SockRef;
use tokio::net::TcpListener;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

use crate::lab::arrivals::Arrivals;
use crate::lab::authority::Honesty;
use crate::lab::play::Play;
use crate::lab::world::World;

/// Where the name server is.
const DNS_ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 53);

/// Where the name server is that lies about names that do not exist.
const LIAR_ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 54);

/// The parts of the net whose people some sites answer each in their own way.
pub const VANTAGES: [&str; 3] = ["127.1.0.0/24", "127.2.0.0/24", "127.3.0.0/24"];

/// How many tasks answer datagrams.
const ANSWERERS: usize = 2;

/// How much the name server's socket holds, in bytes, as far as the machine grants it: a scanner
/// asks thousands of questions in one breath, and what is lost here looks like a name that fails.
const DATAGRAM_BUFFER: usize = 4 * 1024 * 1024;

/// How often a port is tried before giving up: each time the machine proposes another.
const PORTS_TRIED: u32 = 20;

/// Why a lab cannot be played or written down.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// No address of 127.0.0.0/8 could be listened on.
    #[error(
        "cannot listen on {address}; the lab needs 127.0.0.0/8 and two files for each of {needed} addresses (`ulimit -n`)"
    )]
    Bind {
        /// Where it failed last.
        address: SocketAddr,
        /// How many addresses there are.
        needed: usize,
        /// What the machine said.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}

/// A world that is being played. Dropping it ends the performance.
#[derive(Debug)]
pub struct Lab {
    play: Arc<Play>,
    https_port: u16,
    dns: SocketAddr,
    lying_dns: SocketAddr,
    /// Every task of the lab; none outlives it.
    tasks: JoinSet<()>,
}

impl Lab {
    /// Plays `world` from `night` on. Listens on each address of the plan by itself, all on one port
    /// that happens to be free, and answers names at 127.0.0.53. Fails where no port is free on all of
    /// them, or too few files may be open.
    pub async fn start(world: Arc<World>, night: u32) -> Result<Self, LabError> {
        let (udp, tcp, dns) = listen_for_questions(DNS_ADDRESS).await?;
        // It lies over UDP; over TCP it hears nothing.
        let (liar, _, lying_dns) = listen_for_questions(LIAR_ADDRESS).await?;
        let (plain, http_port) = listen_for_requests(&world.listening()).await?;
        let (secure, tls_port) = listen_for_requests(&world.listening()).await?;
        let play = Arc::new(Play::new(world, http_port, night));
        let mut tasks = JoinSet::new();
        let udp = Arc::new(udp);
        for _ in 0..ANSWERERS {
            let (udp, play) = (Arc::clone(&udp), Arc::clone(&play));
            tasks.spawn(authority::answer_datagrams(udp, play, Honesty::Honest));
        }
        let (liar, lied_to) = (Arc::new(liar), Arc::clone(&play));
        tasks.spawn(authority::answer_datagrams(liar, lied_to, Honesty::Lying));
        tasks.spawn(authority::answer_streams(tcp, Arc::clone(&play)));
        for (address, listener) in plain {
            tasks.spawn(web::serve(listener, address, Arc::clone(&play)));
        }
        for (address, listener) in secure {
            tasks.spawn(web::serve_secure(listener, address, Arc::clone(&play)));
        }
        Ok(Self { play, https_port: tls_port, dns, lying_dns, tasks })
    }

    /// Where the name server answers, over UDP and TCP.
    pub fn dns(&self) -> SocketAddr {
        self.dns
    }

    /// Where a name server answers, over UDP only, that has an address for every name there is not.
    pub fn lying_dns(&self) -> SocketAddr {
        self.lying_dns
    }

    /// The port of every web host.
    pub fn http_port(&self) -> u16 {
        self.play.http_port
    }

    /// The port of every web host for TLS.
    pub fn https_port(&self) -> u16 {
        self.https_port
    }

    /// The night that is played.
    pub fn night(&self) -> u32 {
        self.play.night()
    }

    /// Goes over to another night, for all sites at once. Nights count from 1.
    pub fn play(&self, night: u32) {
        self.play.turn_to(night);
    }

    /// What has arrived since the start.
    pub fn arrivals(&self) -> Arrivals {
        self.play.ledger.read()
    }

    /// Ends the performance; every port is free afterwards.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

/// The sockets of the name server: one port, free for datagrams and connections alike.
async fn listen_for_questions(
    at: Ipv4Addr,
) -> Result<(UdpSocket, TcpListener, SocketAddr), LabError> {
    let mut address = SocketAddr::from((at, 0));
    let mut last = None;
    for _ in 0..PORTS_TRIED {
        let bound = async {
            let udp = UdpSocket::bind((at, 0)).await?;
            address = udp.local_addr()?;
            let tcp = TcpListener::bind(address).await?;
            Ok((udp, tcp))
        };
        match bound.await {
            Ok((udp, tcp)) => {
                // Refused where the machine allows less; then bursts may lose some questions.
                if let Err(error) = SockRef::from(&udp).set_recv_buffer_size(DATAGRAM_BUFFER) {
                    tracing::debug!(%error, "the lab's name server keeps the usual buffer");
                }
                return Ok((udp, tcp, address));
            }
            Err(error) => last = Some(error),
        }
    }
    Err(unbound(address, 1, last))
}

type Listeners = Vec<(Ipv4Addr, TcpListener)>;

/// A listener for each address, all on the same port.
async fn listen_for_requests(addresses: &BTreeSet<Ipv4Addr>) -> Result<(Listeners, u16), LabError> {
    let mut failed = (SocketAddr::from(([127, 0, 0, 1], 0)), None);
    for _ in 0..PORTS_TRIED {
        let mut listeners = Vec::with_capacity(addresses.len());
        let mut port = 0;
        for &address in addresses {
            let wanted = SocketAddr::new(IpAddr::V4(address), port);
            let bound = TcpListener::bind(wanted).await;
            let listener = bound.and_then(|listener| {
                port = listener.local_addr()?.port();
                Ok(listener)
            });
            match listener {
                Ok(listener) => listeners.push((address, listener)),
                Err(error) => {
                    failed = (wanted, Some(error));
                    break;
                }
            }
        }
        if listeners.len() == addresses.len() {
            return Ok((listeners, port));
        }
    }
    Err(unbound(failed.0, addresses.len(), failed.1))
}

fn unbound(address: SocketAddr, needed: usize, source: Option<io::Error>) -> LabError {
    let source = source.unwrap_or_else(|| io::Error::from(io::ErrorKind::AddrInUse));
    LabError::Bind { address, needed, source }
}

#[cfg(test)]
mod tests;
