//! One chain of requests, from a door to the answer that ends it.

use std::net::IpAddr;
use std::pin::pin;
use std::time::Duration;

use tokio::time::Instant;
use tokio::time::sleep;
use tokio::time::timeout;
use url::Url;

use crate::facts::domain::Host;
use crate::facts::exchange::Exchange;
use crate::facts::visit::Excess;
use crate::facts::visit::Page;
use crate::facts::visit::Sign;
use crate::facts::visit::SiteState;
use crate::facts::visit::Visit;
use crate::net::http::Failure;
use crate::net::http::Fetched;
use crate::net::http::Line;
use crate::net::http::Reply;
use crate::net::http::Robots as RobotsPolicy;
use crate::net::http::Trace;
use crate::net::pace::Parties;
use crate::net::pace::PutOff;
use crate::stages::probe::Door;
use crate::stages::probe::PAGE_BUDGET;
use crate::stages::probe::PartiesOf;
use crate::stages::probe::Prober;
use crate::stages::probe::Visited;
use crate::stages::probe::answer;
use crate::stages::probe::answer::Reading;
use crate::stages::probe::answer::Step;
use crate::stages::probe::cookies::Cookies;
use crate::stages::probe::digest;
use crate::stages::probe::robots;
use crate::stages::probe::robots::Permission;
use crate::stages::probe::robots::RobotsFile;

/// Redirects followed in one chain (RFC 9110, section 15.4 leaves the limit to us).
const MAX_HOPS: usize = 8;

/// No connection is kept for longer without a request.
const LONGEST_IDLE: Duration = Duration::from_secs(4);

/// A chain on its way.
pub(super) struct Chain<'a> {
    prober: &'a Prober,
    door: Door<'a>,
    parties_of: PartiesOf<'a>,
    robots: Option<RobotsFile>,
    cookies: Cookies,
    line: Line,
    /// When the last request ended.
    asked: Option<Instant>,
    visit: Visit,
    exchanges: Vec<Exchange>,
    /// Which of them brought the document.
    document: Option<usize>,
    excess: Option<Excess>,
}

/// How a chain of requests ended.
#[derive(Debug)]
struct End {
    state: SiteState,
    sign: Sign,
    status: Option<u16>,
    page: Option<Page>,
}

impl<'a> Chain<'a> {
    /// A chain that begins at `door`.
    pub(super) fn new(prober: &'a Prober, door: Door<'a>, parties_of: PartiesOf<'a>) -> Self {
        let visit = Visit {
            address: door.address,
            port: if door.is_secure { prober.https_port } else { prober.http_port },
            is_secure: door.is_secure,
            state: SiteState::Unknown,
            sign: Sign::Malformed,
            status: None,
            final_url: String::new(),
            hops: Vec::new(),
            page: None,
            body_sha256: None,
            claims: Vec::new(),
            control: None,
            certificate: None,
        };
        Self {
            prober,
            door,
            parties_of,
            robots: None,
            cookies: Cookies::default(),
            line: Line::default(),
            asked: None,
            visit,
            exchanges: Vec::new(),
            document: None,
            excess: None,
        }
    }

    /// Follows it to its end.
    pub(super) async fn follow(mut self) -> Visited {
        if let Some(url) = self.door.start() {
            let end = self.end(url).await;
            self.visit.state = end.state;
            self.visit.sign = end.sign;
            self.visit.status = end.status;
            self.visit.page = end.page;
        }
        let Self { visit, exchanges, document, excess, .. } = self;
        Visited { visit, exchanges, document, excess }
    }

    /// Of all that is more than is taken, the first is told.
    fn note(&mut self, excess: Option<Excess>) {
        self.excess = self.excess.or(excess);
    }

    fn note_certificate(&mut self, trace: &Trace) {
        if let Some(certificate) = &trace.certificate {
            self.visit.certificate = Some((**certificate).clone());
        }
    }

    async fn end(&mut self, mut url: Url) -> End {
        let (mut address, mut parties) = (self.door.address, self.door.parties.clone());
        let mut seen: Vec<(Url, u32)> = Vec::new();
        loop {
            url.as_str().clone_into(&mut self.visit.final_url);
            let permission = self.permission(&url, address, &parties).await;
            if let Some(end) = self.refusal(permission, &url) {
                return end;
            }
            self.pause().await;
            let before = self.cookies.changes();
            let Fetched { reply, trace } = match self.ask(&url, address, &parties).await {
                Ok(fetched) => fetched,
                Err(failure) => return self.failed(failure, &url),
            };
            self.note_certificate(&trace);
            let answer = match reply {
                Reply::Answer(answer) => answer,
                Reply::Failed(failure) => return self.failed(failure, &url),
            };
            self.cookies.take(&url, &answer.headers);
            let prober = self.prober;
            let reading = Reading::of(&answer, &url, PAGE_BUDGET);
            self.note(reading.was_cut().then_some(Excess::Page));
            let step = answer::meaning(&answer, reading, self.door.target, &prober.signatures);
            let status = answer.status;
            let is_document = matches!(step, Step::End { page: Some(_), .. });
            let (exchange, rest) = trace.exchange(&url, address, answer, &prober.allowance);
            if is_document {
                // Of a body that is not kept whole, nobody could tell the digest later.
                let is_cut = !exchange.body.is_whole;
                self.visit.body_sha256 = is_cut.then(|| digest(exchange.body.bytes(), &rest));
                self.document = Some(self.exchanges.len());
            }
            self.exchanges.push(exchange);
            let next = match step {
                Step::End { state, sign, page } => {
                    let is_same = address == self.door.address;
                    let sign = if is_same { sign } else { sign.at(address) };
                    return End { state, sign, status: Some(status), page };
                }
                Step::Follow(next) => next,
            };
            seen.push((url.clone(), before));
            let seen_before = (next.clone(), self.cookies.changes());
            if self.visit.hops.len() >= MAX_HOPS || seen.contains(&seen_before) {
                self.note(Some(Excess::Redirects));
                return End::unknown(status, Sign::RedirectLoop);
            }
            let Some((next_address, others)) = self.leads_to(&next, &url, address).await else {
                return End::unknown(status, Sign::HopUnreachable(next.to_string()));
            };
            self.visit.hops.push(url.into());
            (url, address) = (next, next_address);
            parties = others.unwrap_or(parties);
        }
    }

    async fn ask(
        &mut self,
        url: &Url,
        address: IpAddr,
        parties: &Parties,
    ) -> Result<Fetched, Failure> {
        let mut turn = pin!(self.prober.pace.turn(address, parties));
        // Nobody's connection is held while a long line is waited in.
        let turned = if let Ok(turned) = timeout(LONGEST_IDLE, &mut turn).await {
            turned
        } else {
            self.line.close();
            turn.await
        };
        let leave = turned.map_err(|PutOff| Failure::PutOff)?;
        let cookies = self.cookies.header(url);
        let fetch = self.prober.client.fetch(url, &leave, &cookies, &mut self.line);
        let fetched = Box::pin(fetch).await;
        self.asked = Some(Instant::now());
        self.note(fetched.trace.excess);
        if let Reply::Answer(answer) = &fetched.reply {
            self.prober.hear(address, parties, answer);
        }
        Ok(fetched)
    }

    /// Waits as long as robots.txt asks for between requests.
    async fn pause(&mut self) {
        let pause = self.robots.as_ref().map_or(Duration::ZERO, RobotsFile::pause);
        let passed = self.asked.map_or(Duration::MAX, |asked| asked.elapsed());
        let left = pause.saturating_sub(passed);
        if left.is_zero() {
            return;
        }
        if left > LONGEST_IDLE {
            self.line.close();
        }
        sleep(left).await;
    }

    /// Whether `url` may be asked for.
    async fn permission(&mut self, url: &Url, address: IpAddr, parties: &Parties) -> Permission {
        if self.prober.robots == RobotsPolicy::Ignore {
            return Permission::Granted;
        }
        let known = self.robots.take().filter(|file| file.speaks_for(url));
        let file = match known.or_else(|| self.prober.remembered.find(url, address)) {
            Some(file) => file,
            None => self.robots_file(url, address, parties).await,
        };
        let permission = file.permits(url);
        self.robots = Some(file);
        permission
    }

    /// How the chain ends where nobody answers `url`. Once a redirect was answered, the door is not
    /// silent, whoever is silent further on.
    fn failed(&self, failure: Failure, url: &Url) -> End {
        let end = End::failed(failure);
        if end.state == SiteState::Silent && !self.visit.hops.is_empty() {
            let sign = Sign::HopUnreachable(url.to_string());
            return End { state: SiteState::Unknown, sign, ..end };
        }
        end
    }

    /// How it ends where robots.txt keeps us from asking for `url`; `None` where it does not.
    ///
    /// Rules prove a site only where they were served by the very door. Of one that sends on to what
    /// may not be asked for nothing is known.
    fn refusal(&self, permission: Permission, url: &Url) -> Option<End> {
        match permission {
            Permission::Granted => None,
            Permission::Forbidden if self.visit.hops.is_empty() => Some(End {
                state: SiteState::Live,
                sign: Sign::RobotsForbid,
                status: Some(200),
                page: None,
            }),
            Permission::Forbidden | Permission::ForbiddenElsewhere => {
                Some(End::unknown(200, Sign::RobotsForbid))
            }
            Permission::Unavailable(status) => {
                Some(End::unknown(status, Sign::RobotsUnavailable(status)))
            }
            Permission::Unreachable(failure) => Some(self.failed(failure, url)),
            Permission::UnreachableElsewhere(at) => {
                Some(End { status: None, ..End::unknown(0, Sign::HopUnreachable(at)) })
            }
        }
    }

    /// robots.txt of the authority of `url`, redirects followed (RFC 9309, section 2.3.1.2).
    async fn robots_file(&mut self, url: &Url, address: IpAddr, parties: &Parties) -> RobotsFile {
        let (file, length) = self.robots_read(url, address, parties).await;
        self.prober.remembered.keep(&file, address, length);
        file
    }

    /// The same, asked for, with its length.
    async fn robots_read(
        &mut self,
        url: &Url,
        door: IpAddr,
        parties: &Parties,
    ) -> (RobotsFile, usize) {
        let Ok(mut at) = url.join("/robots.txt") else { return (RobotsFile::absent(url), 0) };
        let (mut address, mut parties) = (door, parties.clone());
        for hops in 0..=robots::MAX_REDIRECTS {
            let reply = self.ask(&at, address, &parties).await;
            let reply = reply.map(|Fetched { reply, trace }| (reply, trace));
            if let (0, Ok((_, trace))) = (hops, &reply) {
                self.note_certificate(trace);
            }
            let (answer, trace) = match reply {
                Ok((Reply::Answer(answer), trace)) => (answer, trace),
                Ok((Reply::Failed(failure), _)) | Err(failure) => {
                    let file = match hops {
                        0 => RobotsFile::unreachable(url, failure),
                        _ => RobotsFile::unreachable_elsewhere(url, &at),
                    };
                    return (file, 0);
                }
            };
            let next = answer::location(&answer, &at)
                .filter(|next| robots::may_be_at(next, self.door.target));
            self.cookies.take(&at, &answer.headers);
            // What is longer than is read is no worse for it.
            let broke_off = !answer.is_whole && trace.excess != Some(Excess::Body);
            let file = if broke_off {
                RobotsFile::broken_off(url, answer.status, &answer.body)
            } else {
                RobotsFile::of(url, answer.status, &answer.body)
            };
            let length = answer.body.len();
            self.exchanges.push(trace.exchange(&at, address, answer, &self.prober.allowance).0);
            let Some(next) = next else {
                return (if address == door { file } else { file.served_elsewhere() }, length);
            };
            let Some((next_address, others)) = self.leads_to(&next, &at, address).await else {
                return (RobotsFile::unreachable_elsewhere(url, &next), 0);
            };
            (at, address) = (next, next_address);
            parties = others.unwrap_or(parties);
            // Many names send for their rules to one place.
            if !answer::leads_within(&at, self.door.target)
                && let Some(known) = self.prober.remembered.find(&at, address)
            {
                return (known.for_authority_of(url), 0);
            }
        }
        (RobotsFile::absent(url), 0)
    }

    /// Where to connect for `next`: the same address where the name still leads there, else the first
    /// address that may be reached; and whom that burdens, where it is not who was asked before.
    /// `None` where there is none.
    async fn leads_to(
        &self,
        next: &Url,
        current: &Url,
        address: IpAddr,
    ) -> Option<(IpAddr, Option<Parties>)> {
        if next.host() == current.host() {
            return Some((address, None));
        }
        let guard = &self.prober.guard;
        let permitted = |found: IpAddr| guard.permits(found).then_some(found);
        let (found, resolution) = match next.host()? {
            url::Host::Domain(name) => {
                let host: Host = name.parse().ok().filter(|host| guard.permits_host(host))?;
                let resolution = self.prober.resolver.resolve(&host).await;
                let addresses = resolution.addresses();
                let found = if addresses.contains(&address) {
                    address
                } else {
                    addresses.into_iter().find_map(permitted)?
                };
                (found, Some(resolution))
            }
            url::Host::Ipv4(literal) => (permitted(literal.into())?, None),
            url::Host::Ipv6(literal) => (permitted(literal.into())?, None),
        };
        let names = resolution.as_ref().map_or(&[][..], |resolution| resolution.chain_to(found));
        Some((found, Some((self.parties_of)(found, names))))
    }
}

impl End {
    /// After an answer with `status` that tells nothing.
    fn unknown(status: u16, sign: Sign) -> Self {
        Self { state: SiteState::Unknown, sign, status: Some(status), page: None }
    }

    fn failed(failure: Failure) -> Self {
        let (state, sign) = match failure {
            Failure::NoConnection => (SiteState::Silent, Sign::NoConnection),
            Failure::Reset => (SiteState::Silent, Sign::Reset),
            Failure::TimedOut => (SiteState::Silent, Sign::TimedOut),
            Failure::NameUnknown => (SiteState::Silent, Sign::TlsNameUnknown),
            Failure::Tls => (SiteState::Unknown, Sign::TlsFailure),
            Failure::TooLarge => (SiteState::Unknown, Sign::TooLarge),
            Failure::TlsTooOld => (SiteState::Unknown, Sign::TlsTooOld),
            Failure::Malformed => (SiteState::Unknown, Sign::Malformed),
            Failure::NotAllowed => (SiteState::Unknown, Sign::NotAllowed),
            Failure::Local => (SiteState::Unknown, Sign::NotAsked),
            Failure::PutOff => (SiteState::Unknown, Sign::PutOff),
        };
        Self { state, sign, status: None, page: None }
    }
}
