//! What answers for a name at an address: one chain of requests, connected to the address that was
//! attributed and no other, redirects followed within the Domain.
//!
//! Only `/` is asked for, and where redirects within the Domain lead; robots.txt comes first at every
//! authority. Every request waits for its turn in `net::pace` and passes `net::guard`.

mod answer;
mod chain;
mod control;
mod cookies;
mod robots;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use sha2::Digest;
use sha2::Sha256;
use url::Url;

use crate::clock::Clock;
use crate::facts::checksum::hex;
use crate::facts::domain::Domain;
use crate::facts::domain::Host;
use crate::facts::exchange::Allowance;
use crate::facts::exchange::Exchange;
use crate::facts::target::Target;
use crate::facts::visit::Excess;
use crate::facts::visit::Sign;
use crate::facts::visit::SiteState;
use crate::facts::visit::Visit;
use crate::formats::html::Budget;
pub use crate::formats::signatures::Signatures;
use crate::net::dns::Resolver;
use crate::net::guard::Guard;
use crate::net::http::Answer;
use crate::net::http::Client;
use crate::net::http::Robots as RobotsPolicy;
use crate::net::http::Settings;
use crate::net::pace::Pace;
use crate::net::pace::Parties;
use crate::stages::probe::chain::Chain;
use crate::stages::probe::control::Controls;
use crate::stages::probe::robots::Remembered;

/// So many bytes of bodies are held for evidence at a time, by all targets in flight together.
const ALL_BODIES: usize = 64 << 20;

/// So many bytes of one body are held for evidence.
const ONE_BODY: usize = 256 << 10;

/// What reading one page may cost; a page that costs more is read as far as that.
const PAGE_BUDGET: Budget = Budget { cpu: Duration::from_millis(100), nodes: 60_000 };

/// Whom a request to an address burdens, by the chain of names that led there.
pub type PartiesOf<'a> = &'a (dyn Fn(IpAddr, &[Host]) -> Parties + Sync);

/// Where a visit begins.
#[derive(Debug, Clone, Copy)]
pub struct Door<'a> {
    /// What is examined; redirects are followed within it.
    pub target: &'a Target,
    /// The host asked for; `None` for a bare address.
    pub host: Option<&'a Host>,
    /// The address that was attributed.
    pub address: IpAddr,
    /// Whom asking there burdens.
    pub parties: &'a Parties,
    /// Whether over TLS.
    pub is_secure: bool,
    /// Whether access was stopped there when it was last seen, so that one answer proves no site.
    pub was_stopped: bool,
}

impl Door<'_> {
    /// What is asked for first.
    fn start(self) -> Option<Url> {
        let scheme = if self.is_secure { "https" } else { "http" };
        let host = match (self.host, self.address) {
            (Some(host), _) => host.to_string(),
            (None, IpAddr::V4(address)) => address.to_string(),
            (None, IpAddr::V6(address)) => format!("[{address}]"),
        };
        Url::parse(&format!("{scheme}://{host}/")).ok()
    }
}

/// The parts that visits need.
#[derive(Debug)]
pub struct Prober {
    client: Client,
    resolver: Arc<Resolver>,
    pace: Arc<Pace>,
    guard: Guard,
    signatures: Signatures,
    controls: Controls,
    robots: RobotsPolicy,
    http_port: u16,
    https_port: u16,
    allowance: Allowance,
    remembered: Remembered,
}

/// A visit, and the exchanges that it rests on, first to last; of a block page that was asked for
/// twice both chains.
#[derive(Debug)]
pub struct Visited {
    /// What was seen.
    pub visit: Visit,
    /// Every request that was answered, robots.txt included.
    pub exchanges: Vec<Exchange>,
    /// Which of them brought the document of the visit.
    document: Option<usize>,
    /// What was more than is taken of any site, the first of it; `None` where all was taken.
    pub excess: Option<Excess>,
}

impl Visited {
    /// Fills in the digest of the document's body. It is left out until then, since most pages prove
    /// nothing that anything follows from.
    pub fn attest(&mut self) {
        let document = self.document.and_then(|index| self.exchanges.get(index));
        if let (None, Some(document)) = (&self.visit.body_sha256, document) {
            self.visit.body_sha256 = Some(digest(document.body.bytes(), &[]));
        }
    }
}

/// SHA-256 in lower-case hex of a body in two parts.
fn digest(front: &[u8], back: &[u8]) -> String {
    hex(&Sha256::new().chain_update(front).chain_update(back).finalize())
}

impl Prober {
    /// A prober over the given parts.
    pub fn new(
        client: Client,
        resolver: Arc<Resolver>,
        pace: Arc<Pace>,
        guard: Guard,
        settings: &Settings,
    ) -> Self {
        Self {
            client,
            resolver,
            pace,
            guard,
            signatures: Signatures::builtin(),
            controls: Controls::default(),
            robots: settings.robots,
            http_port: settings.http_port,
            https_port: settings.https_port,
            allowance: Allowance::new(ALL_BODIES, ONE_BODY),
            remembered: Remembered::default(),
        }
    }

    /// The ports to ask, plain HTTP first; a port of 0 is not asked.
    pub fn ports(&self) -> impl Iterator<Item = bool> {
        let plain = (self.http_port != 0).then_some(false);
        let secure = (self.https_port != 0).then_some(true);
        plain.into_iter().chain(secure)
    }

    /// The pages that it knows.
    pub fn signatures(&self) -> &Signatures {
        &self.signatures
    }

    /// The pace that it keeps.
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Lets exchanges that waited on the disk count again against what may be held of bodies.
    pub fn hold(&self, exchanges: &mut [Exchange]) {
        for exchange in exchanges {
            exchange.body = self.allowance.keep_again(exchange.body.clone());
        }
    }

    /// What is known of `address` where it is left alone tonight: nothing, unless nobody was reached
    /// there for any name.
    pub fn not_visited(&self, address: IpAddr) -> Visit {
        let is_secure = self.http_port == 0;
        let (state, sign) = if self.pace.is_deserted(address) {
            (SiteState::Silent, Sign::Deserted)
        } else {
            (SiteState::Unknown, Sign::PutOff)
        };
        Visit {
            address,
            port: if is_secure { self.https_port } else { self.http_port },
            is_secure,
            state,
            sign,
            status: None,
            final_url: String::new(),
            hops: Vec::new(),
            page: None,
            body_sha256: None,
            claims: Vec::new(),
            certificate: None,
            control: None,
        }
    }

    /// Lets the pace hear whether it was too much for `address`, and tells.
    fn hear(&self, address: IpAddr, parties: &Parties, answer: &Answer) -> bool {
        // Whoever asks to be left alone means the real time, whatever `--now` says of findings.
        let refused = answer.wait_asked(Clock::default().now());
        self.pace.heard(address, parties, refused);
        refused.is_some()
    }

    /// Asks at `door` what is there. A block page is believed only when it is seen twice, and so is a site
    /// where access was stopped: block pages flap.
    pub async fn visit(&self, door: Door<'_>, parties_of: PartiesOf<'_>) -> Visited {
        let mut first = Chain::new(self, door, parties_of).follow().await;
        let is_stopped = first.visit.state == SiteState::Stopped;
        if !is_stopped && (!door.was_stopped || first.visit.state < SiteState::Redirected) {
            return first;
        }
        let mut again = Chain::new(self, door, parties_of).follow().await;
        first.attest();
        again.attest();
        let mut exchanges = first.exchanges;
        exchanges.extend(again.exchanges);
        let excess = first.excess.or(again.excess);
        let visit = match again.visit.state {
            SiteState::Stopped if is_stopped => {
                let control = Some(control::test(self, door).await);
                Visit { control, ..first.visit }
            }
            state if !is_stopped && state != SiteState::Stopped => again.visit,
            _ => Visit { state: SiteState::Unknown, sign: Sign::BlockPageFlaps, ..again.visit },
        };
        Visited { visit, exchanges, document: None, excess }
    }
}

/// The Domain of a URL's host; `None` for addresses and names that are no Domain.
fn domain_of(url: &Url) -> Option<Domain> {
    match url.host()? {
        url::Host::Domain(name) => name.parse().ok(),
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => None,
    }
}
