//! Which addresses does a name have? Asks name servers in bulk: a few long-lived sockets for each,
//! every packet paced, and every way to fail kept apart.
//!
//! Messages are read by hickory; sockets, retries and pace are ours, because its resolver opens a
//! socket for each packet, sends again beyond any pace, and drops the chain of a negative answer.

use std::collections::HashSet;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ipnet::IpNet;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio::time::timeout_at;

use crate::facts::domain::Host;
use crate::facts::resolution::DnsAnswer;
use crate::facts::resolution::Resolution;
use crate::facts::resolution::View;
use crate::net::dns::answer::End;
use crate::net::dns::answer::Reading;
use crate::net::dns::asked::Asked;
use crate::net::dns::asked::Event;
use crate::net::dns::asked::News;
use crate::net::dns::lies::Lies;
use crate::net::dns::lies::ZONES;
use crate::net::dns::lies::made_up;
use crate::net::dns::question::Question;
use crate::net::dns::server::Server;
use crate::net::dns::settings::system_servers;

pub use crate::net::dns::question::Family;
pub use crate::net::dns::settings::Settings;
pub use crate::net::dns::settings::Vantage;

pub mod lies;
pub mod wildcards;
pub(crate) mod answer;
pub(crate) mod asked;
pub(crate) mod question;
pub(crate) mod server;
pub(crate) mod settings;
pub(crate) mod socket;

/// How many names are asked for on behalf of one: itself, and targets that a server named but did
/// not follow.
const NAMES: usize = 9;

/// Resolves names. Dropping it ends its tasks and closes its sockets.
#[derive(Debug)]
pub struct Resolver {
    servers: Vec<Server>,
    /// Where the next question begins its round of the servers.
    next: AtomicUsize,
    timeout: Duration,
    attempts: u32,
    vantages: Vec<Vantage>,
    lies: Lies,
    _listeners: JoinSet<()>,
}

/// A server that answers for names that cannot exist, and the addresses with which it does, as far
/// as they were not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Liar {
    /// The server.
    pub server: SocketAddr,
    /// The addresses.
    pub addresses: Vec<IpAddr>,
}

/// Why resolving could not begin.
#[derive(Debug, thiserror::Error)]
pub enum DnsError {
    /// The system's configuration cannot be read.
    #[error("cannot read the system's name servers: {0}; name some in [resolve] servers")]
    System(String),
    /// The system's configuration names no server.
    #[error("the system has no name servers; name some in [resolve] servers")]
    NoServers,
    /// A socket could not be opened.
    #[error("cannot open a socket to the name server {server}: {source}")]
    Socket {
        /// Whom the socket was for.
        server: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

/// One question on its way through the servers.
struct Round<'resolver> {
    resolver: &'resolver Resolver,
    question: Question,
    asked: Arc<Asked>,
    /// The servers that answered with a failure; they are not asked again.
    failed: Vec<usize>,
    /// The first of those failures.
    failure: Option<Reading>,
    /// Whether a mangled name was asked for over TCP already.
    was_mangled: bool,
}

/// How one packet's time ended.
enum Ended {
    Answered(Reading),
    /// No answer in time, or a failure.
    Over,
    /// Nobody listens there, so that nothing was to be waited for.
    Unreachable,
}

impl Resolver {
    /// Opens the sockets.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn start(settings: &Settings) -> Result<Self, DnsError> {
        Self::start_with(settings, HashSet::new())
    }

    /// The same, with addresses that are known as lies.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn start_with(settings: &Settings, lies: HashSet<IpAddr>) -> Result<Self, DnsError> {
        let addresses = match settings.servers.as_slice() {
            [] => system_servers()?,
            named => named.to_vec(),
        };
        let mut listeners = JoinSet::new();
        let servers = addresses
            .into_iter()
            .zip(0..)
            .map(|(address, index)| {
                Server::start(address, index, settings.queries_per_second, &mut listeners)
                    .map_err(|source| DnsError::Socket { server: address, source })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            servers,
            next: AtomicUsize::new(0),
            timeout: settings.timeout,
            attempts: settings.attempts.max(1),
            vantages: settings.vantages.clone(),
            lies: Lies::new(lies),
            _listeners: listeners,
        })
    }

    /// Asks for both families' addresses of `host`. A name that does not exist is asked for once.
    ///
    /// Where the settings name vantages it is asked on behalf of each.
    pub async fn resolve(&self, host: &Host) -> Resolution {
        self.resolve_known(host, false).await
    }

    /// The same of a name that may have had an address the last time (`was_there`): then that a server
    /// has only lies to tell of it is a failure of the server.
    pub async fn resolve_known(&self, host: &Host, was_there: bool) -> Resolution {
        if self.vantages.is_empty() {
            let (v4, v6, chain) = self.resolve_from(host, None, was_there).await;
            return Resolution { v4, v6, chain, views: Vec::new() };
        }
        let mut views = Vec::with_capacity(self.vantages.len());
        for Vantage { name, subnet } in &self.vantages {
            let (v4, v6, chain) = self.resolve_from(host, Some(*subnet), was_there).await;
            views.push(View { vantage: name.clone(), v4, v6, chain });
        }
        Resolution::merged(views)
    }

    async fn resolve_from(
        &self,
        host: &Host,
        subnet: Option<IpNet>,
        was_there: bool,
    ) -> (DnsAnswer, DnsAnswer, Vec<Host>) {
        let (v4, chain) = self.ask_from(host, (Family::V4, subnet), was_there).await;
        if v4 == DnsAnswer::NoSuchName {
            return (v4, DnsAnswer::NoSuchName, chain);
        }
        let (v6, other) = self.ask_from(host, (Family::V6, subnet), was_there).await;
        (v4, v6, if chain.is_empty() { other } else { chain })
    }

    /// Asks for one family's addresses of `host`. Returns the CNAME targets on the way too, in
    /// order, whatever the answer is.
    pub async fn ask(&self, host: &Host, family: Family) -> (DnsAnswer, Vec<Host>) {
        self.ask_from(host, (family, None), false).await
    }

    async fn ask_from(
        &self,
        host: &Host,
        (family, subnet): (Family, Option<IpNet>),
        was_there: bool,
    ) -> (DnsAnswer, Vec<Host>) {
        let mut chain: Vec<Host> = Vec::new();
        for _ in 0..NAMES {
            let name = chain.last().unwrap_or(host);
            let reading = self.answer(Question::new(name, family, subnet), None).await;
            for target in reading.chain {
                if target == *host || chain.contains(&target) {
                    return (DnsAnswer::ServerFailure, chain);
                }
                chain.push(target);
            }
            match reading.end {
                End::Answer(answer) => return (self.lies.dropped(answer, was_there), chain),
                End::Target => {}
            }
        }
        (DnsAnswer::ServerFailure, chain)
    }

    /// Asks every server for names that cannot exist, and takes whatever addresses it answers with for
    /// lies from now on. Returns the servers that told new ones.
    pub async fn find_liars(&self) -> Vec<Liar> {
        let mut liars = Vec::new();
        for (server, index) in self.servers.iter().zip(0..) {
            let mut told = Vec::new();
            let families = |zone: &&'static str| [(*zone, Family::V4), (*zone, Family::V6)];
            for (zone, family) in ZONES.iter().flat_map(families) {
                let Some(host) = made_up(zone) else { continue };
                let question = Question::new(&host, family, None);
                match self.answer(question, Some(index)).await.end {
                    End::Answer(DnsAnswer::Addresses(addresses)) => told.extend(addresses),
                    // Whoever does not answer does not lie, and is not waited for again.
                    End::Answer(DnsAnswer::Timeout) => break,
                    End::Answer(_) | End::Target => {}
                }
            }
            let addresses = self.lies.learn(&told);
            if !addresses.is_empty() {
                liars.push(Liar { server: server.address(), addresses });
            }
        }
        liars
    }

    /// How many questions were sent, those sent again included.
    pub fn queries_sent(&self) -> u64 {
        self.servers.iter().map(Server::queries_sent).sum()
    }

    /// Puts one question to one server after the other, until one answers; to `only` where one is
    /// named.
    async fn answer(&self, question: Question, only: Option<usize>) -> Reading {
        let asked = Arc::new(Asked::new(question.section()));
        let mut round = Round {
            resolver: self,
            question,
            asked,
            failed: Vec::new(),
            failure: None,
            was_mangled: false,
        };
        // Earlier packets stay expected until the end: the answer of a slow server still counts.
        let mut sent = Vec::new();
        let begin = self.next.fetch_add(1, Ordering::Relaxed);
        let mut unreachable = None;
        for attempt in 0..self.attempts as usize {
            let next = round.candidate(begin.wrapping_add(attempt));
            let Some(index) = only.filter(|only| !round.failed.contains(only)).or(next) else {
                break;
            };
            if only.is_some_and(|only| only != index) {
                break;
            }
            if unreachable == Some(index) {
                tokio::time::sleep(self.attempt_time() / 4).await;
            }
            unreachable = None;
            let server = &self.servers[index];
            let ended = match server.send(&mut round.question, &round.asked).await {
                Ok(guard) => {
                    sent.push(guard);
                    round.listen(index).await
                }
                Err(_) => Ended::Unreachable,
            };
            match ended {
                Ended::Answered(reading) => return reading,
                Ended::Over => {}
                Ended::Unreachable => unreachable = Some(index),
            }
        }
        round.failure.unwrap_or(Reading::plain(DnsAnswer::Timeout))
    }

    fn attempt_time(&self) -> Duration {
        self.timeout / self.attempts
    }
}

impl Round<'_> {
    /// The first server from `begin` on that has not failed yet.
    fn candidate(&self, begin: usize) -> Option<usize> {
        let count = self.resolver.servers.len();
        (0..count)
            .map(|step| begin.wrapping_add(step) % count)
            .find(|index| !self.failed.contains(index))
    }

    /// Waits for what comes of the packet just sent to the server at `index`, and of earlier ones.
    async fn listen(&mut self, index: usize) -> Ended {
        let deadline = Instant::now() + self.resolver.attempt_time();
        loop {
            let Ok(event) = timeout_at(deadline, self.asked.next()).await else {
                return Ended::Over;
            };
            let Event { server, news } = event;
            let reading = match news {
                News::Unreachable if server == index => return Ended::Unreachable,
                News::Unreachable => continue,
                News::Reply(packet) if answer::is_truncated(&packet) => self.over_tcp(server).await,
                News::Reply(packet) => Some(answer::read(&packet, self.question.family())),
                News::Mangled if self.was_mangled => continue,
                News::Mangled => {
                    self.was_mangled = true;
                    self.over_tcp(server).await
                }
            };
            let Some(reading) = reading else { continue };
            if !reading.is_failure() {
                return Ended::Answered(reading);
            }
            self.failed.push(server);
            self.failure.get_or_insert(reading);
            if server == index {
                return Ended::Over;
            }
        }
    }

    async fn over_tcp(&mut self, index: usize) -> Option<Reading> {
        let server = self.resolver.servers.get(index)?;
        let packet = server.ask_over_tcp(&mut self.question, self.resolver.timeout).await?;
        Some(answer::read(&packet, self.question.family()))
    }
}

#[cfg(test)]
mod tests;
