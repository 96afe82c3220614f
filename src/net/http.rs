//! What does a site answer at one address? One request, to that address and nowhere else.
//!
//! Redirects are not followed and nothing is tried again: each further request needs its own
//! address, its own turn and its own leave. Whoever asks more than once of the same site hands the
//! same [`Line`] in, so that one connection serves.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::HeaderValue;
use http::header::RETRY_AFTER;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use tokio::time::Instant;
use tokio_rustls::rustls;
use url::Position;
use url::Url;

use crate::clock::Clock;
use crate::facts::certificate::Certificate;
use crate::facts::domain::Host;
use crate::facts::exchange::Allowance;
use crate::facts::exchange::Exchange;
use crate::facts::exchange::HttpVersion;
use crate::facts::visit::Excess;
use crate::net::guard::Guard;
use crate::net::http::certificate::Notary;
use crate::net::http::incoming::Incoming;
use crate::net::http::line::Sent;
use crate::net::http::line::Way;
use crate::net::http::tls::Tls;
use crate::net::pace::Leave;

pub use crate::net::http::failure::Failure;
pub use crate::net::http::line::Line;
pub use crate::net::http::settings::Robots;
pub use crate::net::http::settings::Settings;

pub(crate) mod certificate;
pub(crate) mod failure;
pub(crate) mod http1;
pub(crate) mod http2;
pub(crate) mod incoming;
pub(crate) mod line;
pub(crate) mod metered;
pub(crate) mod packed;
pub(crate) mod settings;
pub(crate) mod tls;

/// No server's wish to be left alone is heard for longer.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// Where a page says that it is over, that is so, whatever its server promised.
const END_OF_PAGE: &[u8] = b"</html";

/// So close to the end of the body that must stand.
const NEAR_THE_END: usize = 512;

/// Sends requests; one for the whole program.
#[derive(Debug)]
pub struct Client {
    guard: Guard,
    tls: Tls,
    notary: Notary,
    user_agent: String,
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
    /// The headers of the answer as they came, in order.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// What the address showed of itself over TLS; `None` without TLS.
    pub certificate: Option<Arc<Certificate>>,
    /// What was more than is taken; `None` where all was taken, or nothing came.
    pub excess: Option<Excess>,
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
    /// The headers as they came; what they say of packing is undone in the body.
    pub headers: HeaderMap,
    /// The body, unpacked, as far as it was read.
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
    #[error("cannot prepare for TLS: {0}")]
    Tls(#[from] rustls::Error),
}

impl Client {
    /// A client that asks `guard` before it connects, and dates what it saw by `clock`.
    pub fn new(settings: &Settings, guard: Guard, clock: Clock) -> Result<Self, HttpError> {
        if HeaderValue::from_str(&settings.user_agent).is_err() {
            return Err(HttpError::UserAgent(settings.user_agent.clone()));
        }
        Ok(Self {
            guard,
            tls: Tls::new()?,
            notary: if settings.https_port == 0 { Notary::default() } else { Notary::ready() },
            user_agent: settings.user_agent.clone(),
            http_port: settings.http_port,
            https_port: settings.https_port,
            max_body: usize::try_from(settings.max_body.as_u64()).unwrap_or(usize::MAX),
            timeout: settings.timeout,
            clock,
        })
    }

    /// Asks for `url` at the address of `leave`, at the port that the URL names or else the
    /// configured one of its scheme, with `cookies` as they stand in the header of that name, empty
    /// for none. All of it, the body included, ends within the time limit, in which waiting for the
    /// pace does not count. `line` is used where it leads there, and is left open where it may serve
    /// again.
    pub async fn fetch(&self, url: &Url, leave: &Leave, cookies: &str, line: &mut Line) -> Fetched {
        let mut trace = Trace {
            at: self.clock.now(),
            elapsed: Duration::ZERO,
            port: 0,
            request: Vec::new(),
            version: HttpVersion::Http11,
            reason: Vec::new(),
            headers: Vec::new(),
            certificate: None,
            excess: None,
        };
        let begin = Instant::now();
        let reply = match self.permitted(url, leave.address()) {
            None => Reply::Failed(Failure::NotAllowed),
            Some(way) => {
                trace.port = way.to.port();
                let (headers, bytes) = self.prepared(url, &way, cookies, &mut trace);
                self.send(&Sent { url, way, headers, bytes, leave }, line, &mut trace).await
            }
        };
        trace.elapsed = begin.elapsed();
        Fetched { reply, trace }
    }

    /// Where a request for `url` goes; `None` where it may not be sent, or not to `address`.
    fn permitted(&self, url: &Url, address: IpAddr) -> Option<Way> {
        if !self.guard.permits(address) {
            return None;
        }
        let (is_secure, configured) = match url.scheme() {
            "http" => (false, self.http_port),
            "https" => (true, self.https_port),
            _ => return None,
        };
        match url.host()? {
            url::Host::Domain(name) => {
                let host: Host = name.parse().ok()?;
                if !self.guard.permits_host(&host) {
                    return None;
                }
            }
            url::Host::Ipv4(literal) if literal == address => {}
            url::Host::Ipv6(literal) if literal == address => {}
            url::Host::Ipv4(_) | url::Host::Ipv6(_) => return None,
        }
        let port = match url.port() {
            Some(port) if port != configured && !Guard::permits_port(port) => return None,
            port => port.unwrap_or(configured),
        };
        let host = url.host_str()?.to_owned();
        (port != 0).then_some(Way { to: SocketAddr::new(address, port), is_secure, host })
    }

    /// The request as it is sent; its head goes into `trace` without cookies. A user name or a
    /// password of the URL goes nowhere: it would be told to whom the link leads.
    fn prepared(
        &self,
        url: &Url,
        way: &Way,
        cookies: &str,
        trace: &mut Trace,
    ) -> (Vec<(&'static str, String)>, Vec<u8>) {
        let mut headers = vec![
            ("User-Agent", self.user_agent.clone()),
            ("Accept", "text/html,*/*;q=0.5".to_owned()),
            ("Accept-Language", "zh-CN,zh;q=0.9,en;q=0.5".to_owned()),
            ("Accept-Encoding", packed::ACCEPTED.to_owned()),
        ];
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let mut head = format!("GET {path} HTTP/1.1\r\nHost: {}{port}\r\n", way.host);
        for (name, value) in &headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        let mut bytes = head.clone().into_bytes();
        head.push_str("\r\n");
        trace.request = head.into_bytes();
        if !cookies.is_empty() {
            bytes.extend_from_slice(format!("Cookie: {cookies}\r\n").as_bytes());
            headers.push(("Cookie", cookies.to_owned()));
        }
        bytes.extend_from_slice(b"\r\n");
        (headers, bytes)
    }

    async fn send(&self, sent: &Sent<'_>, line: &mut Line, trace: &mut Trace) -> Reply {
        let mut incoming = Incoming::default();
        let sent = line.exchange(self, sent, &mut incoming, &mut trace.certificate).await;
        self.read(incoming, sent.err(), trace)
    }

    /// What came in, unpacked. `failure` is what kept the rest from coming.
    fn read(&self, incoming: Incoming, failure: Option<Failure>, trace: &mut Trace) -> Reply {
        let is_late = failure == Some(Failure::TimedOut);
        let Some(head) = incoming.head else {
            trace.excess = match failure {
                Some(Failure::TooLarge) => Some(Excess::Certificate),
                _ if incoming.is_head_cut => Some(Excess::Head),
                _ => (is_late && incoming.has_begun).then_some(Excess::Time),
            };
            let failure = failure.unwrap_or(Failure::Malformed);
            return Reply::Failed(if incoming.has_begun { cut_short(failure) } else { failure });
        };
        trace.version = head.version;
        trace.reason = head.reason;
        trace.headers = head.raw;
        let (status, headers) = (head.status, head.headers);
        let is_complete = incoming.is_whole;
        let unpacked = packed::unpack(&headers, incoming.body, self.max_body);
        let is_cut = incoming.is_cut || unpacked.as_ref().is_some_and(|one| one.is_cut);
        trace.excess = is_cut.then_some(Excess::Body).or_else(|| is_late.then_some(Excess::Time));
        // A status that sends on or refuses says all by itself; a success that shows nothing is
        // none.
        let shows_nothing = unpacked.as_ref().is_none_or(|unpacked| unpacked.body.is_empty());
        if shows_nothing && status < 300 && !(is_complete && unpacked.is_some()) {
            return Reply::Failed(failure.map_or(Failure::Malformed, cut_short));
        }
        let (body, is_unpacked) =
            unpacked.map_or((Vec::new(), false), |one| (one.body, one.is_whole));
        let is_whole =
            (is_complete && is_unpacked) || (!is_cut && !is_late && says_that_it_ends(&body));
        Reply::Answer(Answer { status, headers, body, is_whole })
    }
}

/// What `failure` means where an answer had begun: whoever answers by half is there, and no silent site.
fn cut_short(failure: Failure) -> Failure {
    if failure == Failure::Reset { Failure::Malformed } else { failure }
}

/// Whether a page ends there, so that nothing is missing of what its server failed to send.
fn says_that_it_ends(body: &[u8]) -> bool {
    let tail = body.get(body.len().saturating_sub(NEAR_THE_END)..).unwrap_or_default();
    tail.windows(END_OF_PAGE.len()).any(|window| window.eq_ignore_ascii_case(END_OF_PAGE))
}

impl Trace {
    /// The exchange that this was, with `answer`, for evidence; its body within `allowance`, and what of
    /// the body is not kept.
    pub fn exchange(
        self,
        url: &Url,
        address: IpAddr,
        answer: Answer,
        allowance: &Allowance,
    ) -> (Exchange, Vec<u8>) {
        let is_secret = |name: &[u8]| {
            name.eq_ignore_ascii_case(b"set-cookie") || name.eq_ignore_ascii_case(b"set-cookie2")
        };
        let headers = self.headers.into_iter().filter(|(name, _)| !is_secret(name));
        let (body, rest) = allowance.divide(answer.body, answer.is_whole);
        let exchange = Exchange {
            url: without_user(url.clone()).into(),
            address,
            port: self.port,
            at: self.at,
            elapsed: self.elapsed,
            request: self.request,
            version: self.version,
            status: answer.status,
            reason: self.reason,
            headers: headers.collect(),
            body,
            certificate: self.certificate,
        };
        (exchange, rest)
    }
}

/// `url` without what a link may hold of a password.
pub fn without_user(mut url: Url) -> Url {
    // Refused by URLs that can have none.
    let _none = url.set_username("").and_then(|()| url.set_password(None));
    url
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
        Some(text.and_then(|text| wait(text, now)).unwrap_or_default())
    }
}

/// What `Retry-After` of 429 and 503 asked for in any of `exchanges`; zero where none did.
pub fn longest_wait_asked(exchanges: &[Exchange], now: Timestamp) -> Duration {
    let refused = exchanges.iter().filter(|exchange| matches!(exchange.status, 429 | 503));
    refused
        .flat_map(|exchange| &exchange.headers)
        .filter(|(name, _)| name.eq_ignore_ascii_case(RETRY_AFTER.as_str().as_bytes()))
        .filter_map(|(_, value)| wait(std::str::from_utf8(value).ok()?, now))
        .max()
        .unwrap_or_default()
}

/// How long `text`, seconds or a date, asks to wait; `None` where it can not be read.
fn wait(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_or(LONGEST_WAIT, Duration::from_secs)
    } else {
        // A date that is past asks for nothing.
        Duration::try_from(date(text)?.duration_since(now)).unwrap_or_default()
    };
    Some(wait.min(LONGEST_WAIT))
}

/// A date of HTTP, in the two old forms as well (RFC 9110, section 5.6.7).
fn date(text: &str) -> Option<Timestamp> {
    if let Ok(date) = rfc2822::parse(text) {
        return Some(date.timestamp());
    }
    let forms = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let date = forms.iter().find_map(|form| DateTime::strptime(form, text).ok())?;
    // The end of the year 9999, which means never, is beyond what a clock can tell.
    Some(TimeZone::UTC.to_timestamp(date).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests;
