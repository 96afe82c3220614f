//! What robots.txt of one authority allows (RFC 9309): 4xx allows all, 5xx and silence forbid all.

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
                Rules::Served(Arc::new(Robots::parse(body, Agent::Exact(PRODUCT))))
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

fn authority(url: &Url) -> String {
    url[..Position::BeforePath].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, expected: &Permission) {
        let url = Url::parse("http://www.example.cn/").unwrap();
        let file = RobotsFile::of(&url, status, body.as_bytes());
        assert_eq!(&file.permits(&url), expected, "{status} {body}");
    }

    #[test]
    fn robots_txt_is_obeyed_as_rfc_9309_says() {
        check(200, "User-agent: *\nDisallow: /", &Permission::Forbidden);
        check(200, "User-agent: *\nDisallow: /admin", &Permission::Granted);
        check(200, "User-agent: chabei\nDisallow: /", &Permission::Forbidden);
        check(200, "User-agent: other\nDisallow: /", &Permission::Granted);
        check(200, "User-agent: chabei\nAllow: /$\nDisallow: /", &Permission::Granted);
        check(200, "<html>not a robots file</html>", &Permission::Granted);
        check(404, "", &Permission::Granted);
        check(403, "User-agent: *\nDisallow: /", &Permission::Granted);
        check(503, "", &Permission::Unavailable(503));
        check(429, "", &Permission::Unavailable(429));
    }

    #[test]
    fn what_broke_off_permits_nothing_and_accuses_nobody() {
        let url = Url::parse("http://www.example.cn/").unwrap();
        let check = |status, body: &str, expected| {
            let file = RobotsFile::broken_off(&url, status, body.as_bytes());
            assert_eq!(file.permits(&url), expected, "{status}");
        };
        check(200, "User-agent: *\nDis", Permission::Unavailable(200));
        check(200, "User-agent: *\nDisallow: /\n", Permission::Unavailable(200));
        check(200, &"# \n".repeat(LONGEST), Permission::Granted);
        check(404, "<h1>not f", Permission::Granted);
    }

    proptest::proptest! {
        #[test]
        fn no_rules_are_too_odd_to_be_read(body: Vec<u8>, rule in "[ -~*$%\u{4e00}]{0,40}") {
            let url = Url::parse("http://www.example.cn/a?b").unwrap();
            let _ = RobotsFile::of(&url, 200, &body).permits(&url);
            let told = format!("User-agent: *\nDisallow: {rule}\nAllow: {rule}");
            let _ = RobotsFile::of(&url, 200, told.as_bytes()).permits(&url);
        }
    }

    #[test]
    fn a_pause_is_heard_up_to_a_limit() {
        let url = Url::parse("http://www.example.cn/").unwrap();
        for (body, seconds) in [
            ("User-agent: *\nCrawl-delay: 2", 2.0),
            ("User-agent: *\nCrawl-delay: 0.5", 0.5),
            ("User-agent: *\nCrawl-delay: 86400", 10.0),
            ("User-agent: *\nCrawl-delay: -1", 0.0),
            ("User-agent: other\nCrawl-delay: 2", 0.0),
            ("User-agent: *\nDisallow:", 0.0),
        ] {
            let pause = RobotsFile::of(&url, 200, body.as_bytes()).pause();
            assert_eq!(pause, Duration::from_secs_f64(seconds), "{body}");
        }
    }

    #[test]
    fn what_stands_behind_the_first_500_kib_is_not_read() {
        let url = Url::parse("http://www.example.cn/").unwrap();
        let forbidden = "User-agent: *\nDisallow: /\n";
        let filler = "# \n".repeat(LONGEST / 3 + 1);
        let before = format!("{forbidden}{filler}");
        let after = format!("{filler}{forbidden}");
        assert_eq!(
            RobotsFile::of(&url, 200, before.as_bytes()).permits(&url),
            Permission::Forbidden
        );
        assert_eq!(RobotsFile::of(&url, 200, after.as_bytes()).permits(&url), Permission::Granted);
    }

    #[tokio::test(start_paused = true)]
    async fn rules_are_remembered_for_a_day_at_their_address_and_failures_for_minutes() {
        let url = Url::parse("http://www.example.cn/a").unwrap();
        let (here, there) = ("1.2.4.8".parse().unwrap(), "1.2.4.9".parse().unwrap());
        let remembered = Remembered::default();
        remembered.keep(&RobotsFile::of(&url, 200, b"User-agent: *\nDisallow: /a"), here, 26);
        remembered.keep(&RobotsFile::of(&url, 500, b""), there, 0);
        let found = |address| remembered.find(&url, address).map(|file| file.permits(&url));
        assert_eq!(found(here), Some(Permission::Forbidden));
        assert_eq!(found(there), Some(Permission::Unavailable(500)));
        let other = Url::parse("http://example.cn/a").unwrap();
        assert!(remembered.find(&other, here).is_none());
        tokio::time::advance(Duration::from_mins(11)).await;
        assert_eq!(found(there), None);
        assert_eq!(found(here), Some(Permission::Forbidden));
        tokio::time::advance(Duration::from_hours(24)).await;
        assert_eq!(found(here), None);
    }

    #[test]
    fn whoever_said_that_robots_txt_was_too_much_is_asked_for_it_again() {
        let url = Url::parse("http://www.example.cn/").unwrap();
        let here = "1.2.4.8".parse().unwrap();
        let remembered = Remembered::default();
        for status in [429, 503] {
            remembered.keep(&RobotsFile::of(&url, status, b""), here, 0);
            assert!(remembered.find(&url, here).is_none(), "{status}");
        }
    }

    #[tokio::test]
    async fn a_night_of_many_sites_fills_no_memory_with_rules() {
        let remembered = Remembered::default();
        for number in 0..100_000_u32 {
            let url = Url::parse(&format!("http://site{number}.example.cn/")).unwrap();
            let address = IpAddr::from(number.to_be_bytes());
            remembered.keep(&RobotsFile::absent(&url), address, 0);
        }
        let generations = remembered.lock();
        assert!(generations.young.len() + generations.old.len() <= REMEMBERED / LEAST);
    }

    #[test]
    fn rules_hold_for_their_own_authority_only() {
        let url = Url::parse("http://www.example.cn/a?b").unwrap();
        let file = RobotsFile::absent(&url);
        for (other, speaks) in [
            ("http://www.example.cn/c", true),
            ("https://www.example.cn/", false),
            ("http://example.cn/", false),
            ("http://www.example.cn:8080/", false),
        ] {
            assert_eq!(file.speaks_for(&Url::parse(other).unwrap()), speaks, "{other}");
        }
    }
}
