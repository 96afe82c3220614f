//! What does a site answer at one address? One request, to that address and nowhere else.
//!
//! Redirects are not followed and nothing is tried again: each further request needs its own
//! address, its own turn and its own leave.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::Url;
use reqwest::dns::Addrs;
use reqwest::dns::Name;
use reqwest::dns::Resolve;
use reqwest::dns::Resolving;
use reqwest::header::ACCEPT;
use reqwest::header::ACCEPT_LANGUAGE;
use reqwest::header::HeaderMap;
use reqwest::header::HeaderValue;
use reqwest::header::RETRY_AFTER;
use reqwest::header::SET_COOKIE;
use tokio::time::Instant;
use tokio::time::timeout_at;

use crate::clock::Clock;
use crate::facts::certificate::Certificate;
use crate::facts::domain::Host;
use crate::facts::exchange::Allowance;
use crate::facts::exchange::Exchange;
use crate::facts::exchange::HttpVersion;
use crate::net::guard::Guard;

pub use crate::net::http::failure::Failure;
pub use crate::net::http::settings::Robots;
pub use crate::net::http::settings::Settings;

pub(crate) mod failure;
pub(crate) mod settings;

/// No server's wish to be left alone is heard for longer.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

tokio::task_local! {
    /// Where the request that this task is sending goes. The connection is made within the task
    /// that asks for it, so the same host may be asked at two addresses at once, and whatever
    /// connects without having been pinned finds no address at all.
    static PIN: SocketAddr;
}

/// Sends requests. Cheap to clone; one for the whole program.
#[derive(Debug, Clone)]
pub struct Client {
    requests: reqwest::Client,
    guard: Arc<Guard>,
    http_port: u16,
    https_port: u16,
    max_body: usize,
    timeout: Duration,
    clock: Clock,
}

/// One request, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// What came of it.
    pub reply: Reply,
    /// How it was sent, and what its answer was like on the wire.
    pub trace: Trace,
}

/// What an answer does not tell by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// When the request was begun.
    pub at: Timestamp,
    /// From then to the end of the answer.
    pub elapsed: Duration,
    /// The port that was asked; 0 where nothing was.
    pub port: u16,
    /// The head of the request, without cookies.
    pub request: Vec<u8>,
    /// The protocol of the answer; HTTP/1.1 where there was none.
    pub version: HttpVersion,
    /// The words behind the status.
    pub reason: Vec<u8>,
    /// What the address showed of itself over TLS; `None` without TLS.
    pub certificate: Option<Arc<Certificate>>,
}

/// What came of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// An HTTP answer.
    Answer(Answer),
    /// None.
    Failed(Failure),
}

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers as they came, without those about gzip, which is undone.
    pub headers: HeaderMap,
    /// The body, as far as it was read.
    pub body: Vec<u8>,
    /// Whether the body was read to its end: not cut off at `max_body`, by the time limit or by
    /// the server.
    pub is_whole: bool,
}

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The user agent cannot stand in a header.
    #[error("user_agent = `{0}` holds characters that no header may hold")]
    UserAgent(String),
    /// TLS is not to be had.
    #[error("cannot prepare for HTTP: {0}")]
    Build(#[from] reqwest::Error),
}

/// The resolver of the one client: it knows the pin and nothing else.
#[derive(Debug)]
struct Pinned(Arc<Guard>);

#[derive(Debug, thiserror::Error)]
#[error("no permitted address is pinned for this request")]
struct NotPinned;

impl Client {
    /// A client that asks `guard` before it connects, and dates what it saw by `clock`.
    pub fn new(settings: &Settings, guard: Guard, clock: Clock) -> Result<Self, HttpError> {
        let guard = Arc::new(guard);
        let user_agent = HeaderValue::from_str(&settings.user_agent)
            .map_err(|_| HttpError::UserAgent(settings.user_agent.clone()))?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/html,*/*;q=0.5"));
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("zh-CN,zh;q=0.9,en;q=0.5"));
        let client = reqwest::Client::builder()
            .user_agent(user_agent)
            .default_headers(headers)
            .dns_resolver(Pinned(Arc::clone(&guard)))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .http1_only()
            // A pool knows hosts, not addresses: it would answer for one address from another.
            .pool_max_idle_per_host(0)
            // A connection is used once, for seconds; these would only cost system calls.
            .tcp_keepalive(None)
            .tcp_user_timeout(None)
            // A bad certificate is no reason to accuse a site, nor to acquit it.
            .tls_danger_accept_invalid_certs(true)
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .build()?;
        Ok(Self {
            requests: client,
            guard,
            http_port: settings.http_port,
            https_port: settings.https_port,
            max_body: usize::try_from(settings.max_body.as_u64()).unwrap_or(usize::MAX),
            timeout: settings.timeout,
            clock,
        })
    }

    /// Asks for `url` at `address`, at the port that the URL names or else the configured one of
    /// its scheme. All of it, the body included, ends within the time limit.
    pub async fn fetch(&self, url: &Url, address: IpAddr) -> Fetched {
        let mut trace = Trace {
            at: self.clock.now(),
            elapsed: Duration::ZERO,
            port: 0,
            request: Vec::new(),
            version: HttpVersion::Http11,
            reason: Vec::new(),
            certificate: None,
        };
        let begin = Instant::now();
        let reply = match self.permitted(url, address) {
            None => Reply::Failed(Failure::NotAllowed),
            Some((url, pin)) => {
                trace.port = pin.port();
                self.send(url, pin).await
            }
        };
        trace.elapsed = begin.elapsed();
        Fetched { reply, trace }
    }

    async fn send(&self, url: Url, pin: SocketAddr) -> Reply {
        let address = pin.ip();
        let is_secure = url.scheme() == "https";
        let why = |error: &reqwest::Error| failure::of(error, is_secure, address);
        let deadline = Instant::now() + self.timeout;
        let request = PIN.scope(pin, self.requests.get(url).send());
        let response = match timeout_at(deadline, request).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Reply::Failed(why(&error)),
            Err(_) => return Reply::Failed(Failure::TimedOut),
        };
        if response.remote_addr().map(|remote| remote.ip()) != Some(address) {
            return Reply::Failed(Failure::NotAllowed);
        }
        self.read(response, deadline, why).await
    }

    /// The URL as it is sent, and where to; `None` where it may not be sent, or not to `address`.
    fn permitted(&self, url: &Url, address: IpAddr) -> Option<(Url, SocketAddr)> {
        if !self.guard.permits(address) {
            return None;
        }
        let (usual, configured) = match url.scheme() {
            "http" => (80, self.http_port),
            "https" => (443, self.https_port),
            _ => return None,
        };
        let port = url.port().unwrap_or(configured);
        let mut url = url.clone();
        let literal: Option<IpAddr> = match url.host()? {
            url::Host::Domain(name) => {
                let host: Host = name.parse().ok()?;
                if !self.guard.permits_host(&host) {
                    return None;
                }
                None
            }
            url::Host::Ipv4(literal) => Some(literal.into()),
            url::Host::Ipv6(literal) => Some(literal.into()),
        };
        if let Some(literal) = literal {
            if literal != address {
                return None;
            }
            // No resolver is asked about a literal address, so the port must stand in the URL.
            if url.port().is_none() && port != usual {
                url.set_port(Some(port)).ok()?;
            }
        }
        // Otherwise a password in a link would be sent to whom the link leads.
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        (port != 0).then_some((url, SocketAddr::new(address, port)))
    }

    /// Reads the body as far as the time limit and `max_body` allow.
    async fn read(
        &self,
        mut response: reqwest::Response,
        deadline: Instant,
        why: impl Fn(&reqwest::Error) -> Failure,
    ) -> Reply {
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        let broken = loop {
            match timeout_at(deadline, response.chunk()).await {
                Ok(Ok(Some(chunk))) => {
                    let room = self.max_body - body.len();
                    body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
                    if chunk.len() > room {
                        return Reply::Answer(Answer { status, headers, body, is_whole: false });
                    }
                }
                Ok(Ok(None)) => {
                    return Reply::Answer(Answer { status, headers, body, is_whole: true });
                }
                Ok(Err(error)) => break why(&error),
                Err(_) => break Failure::TimedOut,
            }
        };
        // A status that sends on or refuses says all by itself; a success that shows nothing is
        // none.
        if body.is_empty() && status < 300 {
            return Reply::Failed(broken);
        }
        Reply::Answer(Answer { status, headers, body, is_whole: false })
    }
}

impl Trace {
    /// The exchange that this was, with `answer`, for evidence; its body within `allowance`.
    pub fn exchange(
        self,
        url: &Url,
        address: IpAddr,
        answer: Answer,
        allowance: &Allowance,
    ) -> Exchange {
        let kept = answer.headers.iter().filter(|(name, _)| **name != SET_COOKIE);
        Exchange {
            url: without_user(url),
            address,
            port: self.port,
            at: self.at,
            elapsed: self.elapsed,
            request: self.request,
            version: self.version,
            status: answer.status,
            reason: self.reason,
            headers: kept
                .map(|(name, value)| (name.as_str().into(), value.as_bytes().to_vec()))
                .collect(),
            body: allowance.keep(answer.body, answer.is_whole),
            certificate: self.certificate,
        }
    }
}

/// `url` without what a link may hold of a password.
fn without_user(url: &Url) -> String {
    let mut url = url.clone();
    // Refused by URLs that can have none.
    let _none = url.set_username("").and_then(|()| url.set_password(None));
    url.into()
}

impl Answer {
    /// How long the server asks to be left alone: of 429 and 503 what `Retry-After` says, in seconds
    /// or as a date (RFC 9110, section 10.2.3), at most a day; zero where it says nothing that can be
    /// read. `None` for every other status.
    pub fn wait_asked(&self, now: Timestamp) -> Option<Duration> {
        if !matches!(self.status, 429 | 503) {
            return None;
        }
        let text = self.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let wait = text.and_then(|text| {
            let text = text.trim();
            if let Ok(seconds) = text.parse() {
                return Some(Duration::from_secs(seconds));
            }
            let date = rfc2822::parse(text).ok()?.timestamp();
            // A date that is past asks for nothing.
            Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
        });
        Some(wait.unwrap_or_default().min(LONGEST_WAIT))
    }
}

impl Resolve for Pinned {
    fn resolve(&self, _host: Name) -> Resolving {
        let pin = PIN.try_with(|pin| *pin).ok().filter(|pin| self.0.permits(pin.ip()));
        let found = match pin {
            Some(pin) => Ok(Box::new(std::iter::once(pin)) as Addrs),
            None => Err(NotPinned.into()),
        };
        Box::pin(std::future::ready(found))
    }
}

#[cfg(test)]
mod tests;
