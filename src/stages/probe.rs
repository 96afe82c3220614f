//! What answers for a name at an address: one chain of requests, connected to the address that was
//! attributed and no other, redirects followed within the Domain.
//!
//! Only `/` is asked for, and where redirects within the Domain lead; robots.txt comes first at every
//! authority. Every request waits for its turn in `net::pace` and passes `net::guard`.

mod answer;
mod robots;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use sha2::Digest;
use sha2::Sha256;
use url::Url;

use crate::facts::domain::Domain;
use crate::facts::domain::Host;
use crate::facts::provider::ProviderId;
use crate::facts::target::Target;
use crate::facts::visit::Page;
use crate::facts::visit::Sign;
use crate::facts::visit::SiteState;
use crate::facts::visit::Visit;
use crate::formats::html::Budget;
use crate::formats::signatures::Signatures;
use crate::net::dns::Resolver;
use crate::net::guard::Guard;
use crate::net::http::Answer;
use crate::net::http::Client;
use crate::net::http::Failure;
use crate::net::http::Reply;
use crate::net::http::Robots as RobotsPolicy;
use crate::net::http::Settings;
use crate::net::pace::Pace;
use crate::stages::probe::answer::Step;
use crate::stages::probe::robots::Permission;
use crate::stages::probe::robots::RobotsFile;

/// Redirects followed in one chain (RFC 9110, section 15.4 leaves the limit to us).
const MAX_HOPS: usize = 8;

/// What reading one page may cost; a page that costs more is read as far as that.
const PAGE_BUDGET: Budget = Budget { cpu: Duration::from_millis(100), nodes: 60_000 };

/// Which provider's pace a request to an address counts against.
pub type ProviderOf<'a> = &'a (dyn Fn(IpAddr) -> Option<ProviderId> + Sync);

/// Where a visit begins.
#[derive(Debug, Clone, Copy)]
pub struct Door<'a> {
    /// What is examined; redirects are followed within it.
    pub target: &'a Target,
    /// The host asked for; `None` for a bare address.
    pub host: Option<&'a Host>,
    /// The address that was attributed.
    pub address: IpAddr,
    /// Whether over TLS.
    pub is_secure: bool,
}

/// The parts that visits need.
#[derive(Debug)]
pub struct Prober {
    client: Client,
    resolver: Arc<Resolver>,
    pace: Arc<Pace>,
    guard: Guard,
    signatures: Signatures,
    robots: RobotsPolicy,
    http_port: u16,
    https_port: u16,
}

/// How a chain of requests ended.
#[derive(Debug)]
struct End {
    state: SiteState,
    sign: Sign,
    status: Option<u16>,
    page: Option<Page>,
    body_sha256: Option<String>,
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
            robots: settings.robots,
            http_port: settings.http_port,
            https_port: settings.https_port,
        }
    }

    /// The ports to ask, plain HTTP first; a port of 0 is not asked.
    pub fn ports(&self) -> impl Iterator<Item = bool> {
        let plain = (self.http_port != 0).then_some(false);
        let secure = (self.https_port != 0).then_some(true);
        plain.into_iter().chain(secure)
    }

    /// Asks at `door` what is there. A block page is believed only when it is seen twice.
    pub async fn visit(&self, door: Door<'_>, provider_of: ProviderOf<'_>) -> Visit {
        let visit = self.chain(door, provider_of).await;
        if visit.state != SiteState::Stopped {
            return visit;
        }
        let again = self.chain(door, provider_of).await;
        if again.state == SiteState::Stopped {
            return visit;
        }
        Visit { state: SiteState::Unknown, sign: Sign::BlockPageFlaps, ..again }
    }

    async fn chain(&self, door: Door<'_>, provider_of: ProviderOf<'_>) -> Visit {
        let mut visit = Visit {
            address: door.address,
            port: if door.is_secure { self.https_port } else { self.http_port },
            is_secure: door.is_secure,
            state: SiteState::Unknown,
            sign: Sign::Malformed,
            status: None,
            final_url: String::new(),
            hops: Vec::new(),
            page: None,
            body_sha256: None,
            claims: Vec::new(),
        };
        let Some(mut url) = start(door) else { return visit };
        let mut address = door.address;
        let mut robots: Option<RobotsFile> = None;
        let end = loop {
            url.as_str().clone_into(&mut visit.final_url);
            if self.robots == RobotsPolicy::Obey {
                let known = robots.take().filter(|file| file.speaks_for(&url));
                let file = match known {
                    Some(file) => file,
                    None => self.robots_file(door, &url, address, provider_of).await,
                };
                if let Some(end) = refusal(file.permits(&url)) {
                    break end;
                }
                robots = Some(file);
            }
            let answer = match self.ask(&url, address, provider_of).await {
                Reply::Answer(answer) => answer,
                Reply::Failed(failure) => break End::failed(failure),
            };
            let step = answer::read(&answer, &url, door.target, &self.signatures, PAGE_BUDGET);
            let next = match step {
                Step::End { state, sign, page } => {
                    break End::answered(&answer, state, sign, page);
                }
                Step::Follow(next) => next,
            };
            if visit.hops.len() >= MAX_HOPS
                || next == url
                || visit.hops.iter().any(|hop| *hop == next.as_str())
            {
                break End::answered(&answer, SiteState::Unknown, Sign::RedirectLoop, None);
            }
            let Some(next_address) = self.address_of(&next, &url, address).await else {
                let sign = Sign::HopUnreachable(next.to_string());
                break End::answered(&answer, SiteState::Unknown, sign, None);
            };
            visit.hops.push(url.to_string());
            (url, address) = (next, next_address);
        };
        visit.state = end.state;
        visit.sign = end.sign;
        visit.status = end.status;
        visit.page = end.page;
        visit.body_sha256 = end.body_sha256;
        visit
    }

    async fn ask(&self, url: &Url, address: IpAddr, provider_of: ProviderOf<'_>) -> Reply {
        self.pace.turn(address, provider_of(address).as_ref()).await;
        self.client.fetch(url, address).await
    }

    /// robots.txt of the authority of `url`, redirects followed within the Domain (RFC 9309, 2.3.1.2).
    async fn robots_file(
        &self,
        door: Door<'_>,
        url: &Url,
        address: IpAddr,
        provider_of: ProviderOf<'_>,
    ) -> RobotsFile {
        let Ok(mut at) = url.join("/robots.txt") else { return RobotsFile::absent(url) };
        let mut address = address;
        for _ in 0..=robots::MAX_REDIRECTS {
            let answer = match self.ask(&at, address, provider_of).await {
                Reply::Answer(answer) => answer,
                Reply::Failed(failure) => return RobotsFile::unreachable(url, failure),
            };
            let next = answer::location(&answer, &at)
                .filter(|next| answer::leads_within(next, door.target));
            let Some(next) = next else {
                return RobotsFile::of(url, answer.status, &answer.body);
            };
            let Some(next_address) = self.address_of(&next, &at, address).await else { break };
            (at, address) = (next, next_address);
        }
        RobotsFile::absent(url)
    }

    /// Where to connect for `next`: the same address where the name still leads there, else the first
    /// address that may be reached. `None` where there is none.
    async fn address_of(&self, next: &Url, current: &Url, address: IpAddr) -> Option<IpAddr> {
        if next.host() == current.host() {
            return Some(address);
        }
        let host = match next.host()? {
            url::Host::Domain(name) => name.parse::<Host>().ok()?,
            url::Host::Ipv4(literal) => return self.permitted(literal.into()),
            url::Host::Ipv6(literal) => return self.permitted(literal.into()),
        };
        if !self.guard.permits_host(&host) {
            return None;
        }
        let addresses = self.resolver.resolve(&host).await.addresses();
        if addresses.contains(&address) {
            return Some(address);
        }
        addresses.into_iter().find_map(|found| self.permitted(found))
    }

    fn permitted(&self, address: IpAddr) -> Option<IpAddr> {
        self.guard.permits(address).then_some(address)
    }
}

impl End {
    fn answered(answer: &Answer, state: SiteState, sign: Sign, page: Option<Page>) -> Self {
        let body_sha256 = page.is_some().then(|| hex(&Sha256::digest(&answer.body)));
        Self { state, sign, status: Some(answer.status), page, body_sha256 }
    }

    fn failed(failure: Failure) -> Self {
        let (state, sign) = match failure {
            Failure::NoConnection => (SiteState::Silent, Sign::NoConnection),
            Failure::Reset => (SiteState::Silent, Sign::Reset),
            Failure::TimedOut => (SiteState::Silent, Sign::TimedOut),
            Failure::Tls => (SiteState::Unknown, Sign::TlsFailure),
            Failure::Malformed => (SiteState::Unknown, Sign::Malformed),
            Failure::NotAllowed => (SiteState::Unknown, Sign::NotAllowed),
            Failure::Local => (SiteState::Unknown, Sign::NotAsked),
        };
        Self { state, sign, status: None, page: None, body_sha256: None }
    }
}

/// How a visit ends where robots.txt keeps us from asking; `None` where it does not.
fn refusal(permission: Permission) -> Option<End> {
    match permission {
        Permission::Granted => None,
        Permission::Forbidden => Some(End {
            state: SiteState::Live,
            sign: Sign::RobotsForbid,
            status: Some(200),
            page: None,
            body_sha256: None,
        }),
        Permission::Unavailable(status) => Some(End {
            state: SiteState::Unknown,
            sign: Sign::RobotsUnavailable(status),
            status: Some(status),
            page: None,
            body_sha256: None,
        }),
        Permission::Unreachable(failure) => Some(End::failed(failure)),
    }
}

fn start(door: Door<'_>) -> Option<Url> {
    let scheme = if door.is_secure { "https" } else { "http" };
    let host = match (door.host, door.address) {
        (Some(host), _) => host.to_string(),
        (None, IpAddr::V4(address)) => address.to_string(),
        (None, IpAddr::V6(address)) => format!("[{address}]"),
    };
    Url::parse(&format!("{scheme}://{host}/")).ok()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The Domain of a URL's host; `None` for addresses and names that are no Domain.
fn domain_of(url: &Url) -> Option<Domain> {
    match url.host()? {
        url::Host::Domain(name) => name.parse().ok(),
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => None,
    }
}
