//! What robots.txt of one authority allows (RFC 9309): 4xx allows all, 5xx and silence forbid all.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use robotxt::Agent;
use robotxt::Robots;
use tokio::time::Instant;
use url::Position;
use url::Url;

use crate::facts::target::Target;
use crate::net::http::Failure;
use crate::stages::probe::answer;

/// Redirects followed to robots.txt (RFC 9309, section 2.3.1.2 asks for at least five).
pub(super) const MAX_REDIRECTS: usize = 5;

/// The product token that groups in robots.txt name us by.
const PRODUCT: &str = "chabei";

/// So much of a robots.txt is read (RFC 9309, section 2.5 asks for at least as much).
const LONGEST: usize = 500 * 1024;

/// How long rules hold (RFC 9309, section 2.4).
const HOLDS: Duration = Duration::from_hours(24);

/// How long it holds that none could be had.
const HOLDS_NOT: Duration = Duration::from_mins(10);

/// No wish for a pause between requests is heard for longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// So many bytes of robots.txt are remembered, once more of them are as good as forgotten.
const REMEMBERED: usize = 2 << 20;

/// What a remembered file takes, whatever is in it.
const LEAST: usize = 512;

/// Rules of one authority (scheme, host and port) at one address.
#[derive(Debug, Clone)]
pub(super) struct RobotsFile {
    authority: String,
    rules: Arc<Rules>,
}

/// The rules of whoever was asked lately. Bounded: what is asked for all the time stays, the rest is
/// forgotten by and by.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<(String, IpAddr), Memory>,
    old: HashMap<(String, IpAddr), Memory>,
    /// What the young ones take.
    weight: usize,
}

#[derive(Debug, Clone)]
struct Memory {
    rules: Arc<Rules>,
    until: Instant,
    weight: usize,
}

#[derive(Debug, Clone)]
enum Rules {
    Served(Arc<Robots>),
    /// The same, by another address than was asked first.
    ServedElsewhere(Arc<Robots>),
    Absent,
    Unavailable(u16),
    Unreachable(Failure),
    /// It is said to be at this URL, and nobody answers there, or may be asked.
    UnreachableElsewhere(String),
}

/// Whether a URL may be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Permission {
    /// Nothing forbids it.
    Granted,
    /// A robots.txt that was served forbids it.
    Forbidden,
    /// The same, of one that another address served.
    ForbiddenElsewhere,
    /// robots.txt could not be had by a fault of the server, which forbids everything.
    Unavailable(u16),
    /// Nobody answered.
    Unreachable(Failure),
    /// Nobody answered where a redirect led to, which was this URL.
    UnreachableElsewhere(String),
}

impl RobotsFile {
    /// The rules that an answer with `status` and `body` means.
    pub(super) fn of(url: &Url, status: u16, body: &[u8]) -> Self {
        let rules = match status {
            200..=299 => {
                let body = body.get(..LONGEST).unwrap_or(body);
                let body = by_our_name(body);
                Rules::Served(Arc::new(Robots::parse(&body, Agent::Exact(PRODUCT))))
            }
            429 | 500.. => Rules::Unavailable(status),
            _ => Rules::Absent,
        };
        Self::new(url, rules)
    }

    /// What an answer with `status` means whose body broke off: of a file of rules nobody can know what
    /// the rest would have forbidden.
    pub(super) fn broken_off(url: &Url, status: u16, body: &[u8]) -> Self {
        match status {
            200..=299 if body.len() < LONGEST => Self::new(url, Rules::Unavailable(status)),
            _ => Self::of(url, status, body),
        }
    }

    fn new(url: &Url, rules: Rules) -> Self {
        Self { authority: authority(url), rules: Arc::new(rules) }
    }

    /// There is none, so nothing is forbidden.
    pub(super) fn absent(url: &Url) -> Self {
        Self::new(url, Rules::Absent)
    }

    /// The authority did not answer.
    pub(super) fn unreachable(url: &Url, failure: Failure) -> Self {
        Self::new(url, Rules::Unreachable(failure))
    }

    /// A redirect led to `at`, where nobody answered.
    pub(super) fn unreachable_elsewhere(url: &Url, at: &Url) -> Self {
        Self::new(url, Rules::UnreachableElsewhere(at.to_string()))
    }

    /// The same rules, as another address served them.
    pub(super) fn served_elsewhere(self) -> Self {
        let rules = match &*self.rules {
            Rules::Served(robots) => Arc::new(Rules::ServedElsewhere(Arc::clone(robots))),
            _ => self.rules,
        };
        Self { rules, ..self }
    }

    /// The same rules, as those of the authority of `url`, which sends for them to another Domain.
    pub(super) fn for_authority_of(self, url: &Url) -> Self {
        Self { authority: authority(url), ..self.served_elsewhere() }
    }

    /// Whether these are the rules of the authority of `url`.
    pub(super) fn speaks_for(&self, url: &Url) -> bool {
        self.authority == url[..Position::BeforePath]
    }

    /// Whether `url` may be asked for.
    pub(super) fn permits(&self, url: &Url) -> Permission {
        match &*self.rules {
            Rules::Served(robots) if !robots.is_allowed(&url[Position::BeforePath..]) => {
                Permission::Forbidden
            }
            Rules::ServedElsewhere(robots) if !robots.is_allowed(&url[Position::BeforePath..]) => {
                Permission::ForbiddenElsewhere
            }
            Rules::Served(_) | Rules::ServedElsewhere(_) | Rules::Absent => Permission::Granted,
            Rules::Unavailable(status) => Permission::Unavailable(*status),
            Rules::Unreachable(failure) => Permission::Unreachable(*failure),
            Rules::UnreachableElsewhere(at) => Permission::UnreachableElsewhere(at.clone()),
        }
    }
}

impl RobotsFile {
    /// How long it asks to wait between requests, as far as that is heard; zero where it does not.
    pub(super) fn pause(&self) -> Duration {
        match &*self.rules {
            Rules::Served(robots) | Rules::ServedElsewhere(robots) => {
                robots.crawl_delay().unwrap_or_default().min(LONGEST_PAUSE)
            }
            Rules::Absent
            | Rules::Unavailable(_)
            | Rules::Unreachable(_)
            | Rules::UnreachableElsewhere(_) => Duration::ZERO,
        }
    }
}

impl Remembered {
    /// The rules of the authority of `url` at `address`, if they are known and still hold.
    pub(super) fn find(&self, url: &Url, address: IpAddr) -> Option<RobotsFile> {
        let key = (authority(url), address);
        let mut generations = self.lock();
        let known = generations.young.get(&key).cloned();
        let memory = match known.or_else(|| generations.old.remove(&key)) {
            Some(memory) if Instant::now() < memory.until => memory,
            Some(_) | None => return None,
        };
        generations.put(key.clone(), memory.clone());
        Some(RobotsFile { authority: key.0, rules: memory.rules })
    }

    /// Remembers `file`, which has `length` bytes, as what is said at `address`.
    pub(super) fn keep(&self, file: &RobotsFile, address: IpAddr, length: usize) {
        let holds = match *file.rules {
            Rules::Served(_) | Rules::ServedElsewhere(_) | Rules::Absent => HOLDS,
            // Whoever says that it is too much is asked once more when it has rested, for robots.txt
            // first; as long as it rests nobody is sent there anyway. Whether somebody answers is for
            // each visit to find out.
            Rules::Unavailable(429 | 503)
            | Rules::Unreachable(_)
            | Rules::UnreachableElsewhere(_) => return,
            Rules::Unavailable(_) => HOLDS_NOT,
        };
        let memory = Memory {
            rules: Arc::clone(&file.rules),
            until: Instant::now() + holds,
            weight: LEAST.saturating_add(length),
        };
        self.lock().put((file.authority.clone(), address), memory);
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        // Forgetting rules is harmless, so a panic elsewhere spoils nothing.
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn put(&mut self, key: (String, IpAddr), memory: Memory) {
        if self.weight.saturating_add(memory.weight) > REMEMBERED / 2 {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight = self.weight.saturating_add(memory.weight);
        if let Some(before) = self.young.insert(key, memory) {
            self.weight = self.weight.saturating_sub(before.weight);
        }
    }
}

/// Whether a redirect of robots.txt to `url` leads to one: anywhere within `target`, beyond it only to
/// what is called so. Servers that send everything on to one page have none.
pub(super) fn may_be_at(url: &Url, target: &Target) -> bool {
    answer::leads_within(url, target)
        || (matches!(url.scheme(), "http" | "https") && url.path() == "/robots.txt")
}

/// `body` with every name that means us as we call ourselves: a version or a word may stand behind it
/// (`chabei/1.0`, `Chabei-bot`). Whoever writes so means to be obeyed.
fn by_our_name(body: &[u8]) -> Cow<'_, [u8]> {
    let names_us = |text: &[u8]| {
        text.get(..PRODUCT.len())
            .is_some_and(|front| front.eq_ignore_ascii_case(PRODUCT.as_bytes()))
    };
    if !body.windows(PRODUCT.len()).any(names_us) {
        return Cow::Borrowed(body);
    }
    let mut named = Vec::with_capacity(body.len());
    for line in body.split_inclusive(|byte| b"\r\n".contains(byte)) {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let (key, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let value = value.trim_ascii();
        let key = key.strip_prefix(b"\xef\xbb\xbf").unwrap_or(key).to_ascii_lowercase();
        let is_agent = matches!(key.trim_ascii(), b"user-agent" | b"user agent" | b"useragent");
        let goes_on = value.get(PRODUCT.len()).is_some_and(u8::is_ascii_alphanumeric);
        if is_agent && names_us(value) && !goes_on {
            named.extend_from_slice(format!("User-agent: {PRODUCT}\n").as_bytes());
        } else {
            named.extend_from_slice(line);
        }
    }
    Cow::Owned(named)
}

fn authority(url: &Url) -> String {
    url[..Position::BeforePath].to_owned()
}

#[cfg(test)]
mod tests;
