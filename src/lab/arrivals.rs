//! What reached the simulated internet, and when: the proof of a scanner's manners.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::io::BufWriter;
use std::io::Write;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use serde::Serialize;

/// Of so many arrivals at one address, the newest, the times are kept.
pub const TIMES_KEPT: usize = 4096;

/// Everything that arrived since the lab was started.
#[derive(Debug, Clone, Default)]
pub struct Arrivals {
    /// Questions to the name server, datagrams and TCP messages alike.
    pub questions: Tally,
    /// HTTP requests, by the address that they were sent to.
    pub requests: BTreeMap<IpAddr, Tally>,
    /// How often each thing was asked for.
    pub asked: BTreeMap<Asked, u64>,
    /// How many bytes were sent in answer for each host, over all connections that have ended: heads,
    /// bodies and TLS, and what was under way when the visitor left.
    pub sent: BTreeMap<String, u64>,
}

/// What arrived at one address.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// When the newest [`TIMES_KEPT`] arrived, in order, since the lab was started; monotonic.
    pub times: VecDeque<Duration>,
    /// When a site was last asked for here that had not been asked for anywhere; `None` where none
    /// was. Until then there was still work to begin with at this address.
    pub newest: Option<Duration>,
    /// When 429 or 503 was first answered here; `None` where it never was.
    pub refused: Option<Duration>,
}

/// Something that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// Where.
    pub address: IpAddr,
    /// For which host; empty for all that belong to no site.
    pub host: String,
    /// What of it.
    pub what: What,
}

/// What of a host is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Its robots.txt, without TLS.
    Robots,
    /// Any page, without TLS.
    Page,
    /// A connection over TLS, whatever is asked for on it.
    Secure,
}

/// A visitor, as far as it tells before it is answered.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    /// The address that it came to.
    pub(crate) address: IpAddr,
    /// The host that it asks for, and the place of its site in the plan; `None` where it belongs to
    /// no site.
    pub(crate) host: Option<(String, usize)>,
    /// What it asks for.
    pub(crate) what: What,
}

impl Arrivals {
    /// HTTP requests at all addresses.
    pub fn request_count(&self) -> u64 {
        self.requests.values().map(|tally| tally.count).sum()
    }

    /// Writes it to `path`, an object a line: first the name server's, then one for each address,
    /// with times in seconds since the lab was started.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut out = BufWriter::new(File::create(path)?);
        let mut line = |row: Row<'_>| {
            serde_json::to_writer(&mut out, &row)?;
            writeln!(out)
        };
        line(Row::of(None, &self.questions))?;
        for (address, tally) in &self.requests {
            let mut row = Row::of(Some(*address), tally);
            let first = Asked { address: *address, host: String::new(), what: What::Robots };
            let here = self.asked.range(first..).take_while(|(asked, _)| asked.address == *address);
            for (asked, &count) in here {
                let counts = row.hosts.entry(&asked.host).or_default();
                match asked.what {
                    What::Robots => counts.robots = count,
                    What::Page => counts.pages = count,
                    What::Secure => counts.secure = count,
                }
            }
            line(row)?;
        }
        out.flush()
    }
}

/// One line of the file.
#[derive(Serialize)]
struct Row<'a> {
    address: Option<IpAddr>,
    count: u64,
    times: Vec<f64>,
    newest: Option<f64>,
    refused: Option<f64>,
    hosts: BTreeMap<&'a str, Counts>,
}

#[derive(Default, Serialize)]
struct Counts {
    robots: u64,
    pages: u64,
    secure: u64,
}

impl Row<'_> {
    fn of(address: Option<IpAddr>, tally: &Tally) -> Self {
        Self {
            address,
            count: tally.count,
            times: tally.times.iter().map(Duration::as_secs_f64).collect(),
            newest: tally.newest.map(|time| time.as_secs_f64()),
            refused: tally.refused.map(|time| time.as_secs_f64()),
            hosts: BTreeMap::new(),
        }
    }
}

/// By how much the hastiest of `times`, which are in order, came before its turn, where `gap` is to
/// lie between two; zero where all were in time.
pub fn haste(times: impl IntoIterator<Item = Duration>, gap: Duration) -> Duration {
    let mut most = Duration::ZERO;
    // When the next one was due by the strictest of those before it.
    let mut due = Duration::ZERO;
    for time in times {
        most = most.max(due.saturating_sub(time));
        due = due.max(time) + gap;
    }
    most
}

impl Tally {
    fn add(&mut self, time: Duration) {
        self.count += 1;
        if self.times.len() == TIMES_KEPT {
            self.times.pop_front();
        }
        self.times.push_back(time);
    }
}

/// Where arrivals are written down. Its addresses and hosts are the world's, so that it stays
/// bounded.
#[derive(Debug)]
pub(crate) struct Ledger {
    began: Instant,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    arrivals: Arrivals,
    /// The places of the sites that were asked for.
    known: HashSet<usize>,
}

impl Ledger {
    /// An empty one, whose time begins now.
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), kept: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Counting cannot leave the counts half done, so a panic elsewhere spoils nothing.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A question reached the name server.
    pub(crate) fn note_question(&self) {
        let mut kept = self.lock();
        kept.arrivals.questions.add(self.began.elapsed());
    }

    /// Somebody has come.
    pub(crate) fn note_visitor(&self, visitor: Visitor) {
        let Kept { arrivals, known } = &mut *self.lock();
        let time = self.began.elapsed();
        let Visitor { address, host, what } = visitor;
        let tally = arrivals.requests.entry(address).or_default();
        tally.add(time);
        let (host, site) = host.unzip();
        if site.is_some_and(|site| known.insert(site)) {
            tally.newest = Some(time);
        }
        let asked = Asked { address, host: host.unwrap_or_default(), what };
        *arrivals.asked.entry(asked).or_default() += 1;
    }

    /// 429 or 503 is answered at `address`.
    pub(crate) fn note_refusal(&self, address: IpAddr) {
        let mut kept = self.lock();
        let time = self.began.elapsed();
        kept.arrivals.requests.entry(address).or_default().refused.get_or_insert(time);
    }

    /// So many bytes were sent in answer for `host`.
    pub(crate) fn note_sent(&self, host: &str, bytes: u64) {
        let mut kept = self.lock();
        let sent = kept.arrivals.sent.entry(host.to_owned()).or_default();
        *sent = sent.saturating_add(bytes);
    }

    /// Everything until now.
    pub(crate) fn read(&self) -> Arrivals {
        self.lock().arrivals.clone()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 20, 0, 10));

    fn visitor(host: Option<(&str, usize)>, what: What) -> Visitor {
        let host = host.map(|(host, site)| (host.to_owned(), site));
        Visitor { address: ADDRESS, host, what }
    }

    #[test]
    fn all_are_counted_and_the_newest_keep_their_times() {
        let ledger = Ledger::new();
        for _ in 0..TIMES_KEPT + 10 {
            ledger.note_visitor(visitor(Some(("a.cn", 7)), What::Page));
        }
        ledger.note_question();
        let arrivals = ledger.read();
        let tally = &arrivals.requests[&ADDRESS];
        assert_eq!(tally.count, TIMES_KEPT as u64 + 10);
        assert_eq!(tally.times.len(), TIMES_KEPT);
        assert!(tally.times.iter().is_sorted());
        assert!(tally.newest < tally.times.front().copied(), "only the first was a new site's");
        assert_eq!((arrivals.questions.count, arrivals.request_count()), (1, tally.count));
    }

    #[test]
    fn the_file_tells_what_each_address_was_asked_for() {
        let ledger = Ledger::new();
        ledger.note_visitor(visitor(Some(("a.cn", 7)), What::Robots));
        ledger.note_visitor(visitor(Some(("a.cn", 7)), What::Page));
        ledger.note_visitor(visitor(Some(("www.a.cn", 7)), What::Secure));
        ledger.note_visitor(visitor(None, What::Page));
        ledger.note_refusal(ADDRESS);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("arrivals.jsonl");
        ledger.read().write(&path).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [questions, requests] = &lines[..] else { panic!("{text}") };
        assert!(questions["address"].is_null());
        assert_eq!(requests["address"], "127.20.0.10");
        assert_eq!(requests["times"].as_array().unwrap().len(), 4);
        assert!(requests["refused"].is_number());
        let counts = |robots: u64, pages: u64, secure: u64| serde_json::json!({"robots": robots, "pages": pages, "secure": secure});
        assert_eq!(requests["hosts"]["a.cn"], counts(1, 1, 0));
        assert_eq!(requests["hosts"]["www.a.cn"], counts(0, 0, 1));
        assert_eq!(requests["hosts"][""], counts(0, 1, 0));
    }

    #[test]
    fn haste_is_told_over_any_stretch_of_time() {
        let check = |times: &[u64], most: u64| {
            let times = times.iter().map(|&time| Duration::from_millis(time));
            let found = haste(times, Duration::from_millis(100));
            assert_eq!(found, Duration::from_millis(most));
        };
        check(&[], 0);
        check(&[5], 0);
        check(&[5, 105, 205], 0);
        check(&[5, 95], 10);
        // Each is early by little, all together by much; a pause makes up for nothing before it.
        check(&[0, 90, 180, 270], 30);
        check(&[0, 500, 590, 680], 20);
        // Whoever was late may not hurry afterwards.
        check(&[0, 150, 200], 50);
    }
}
