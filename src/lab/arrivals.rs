//! What reached the simulated internet, and when: the proof of a scanner's manners.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

/// Of so many arrivals at one address, the newest, the times are kept.
pub const TIMES_KEPT: usize = 4096;

/// Everything that arrived since the lab was started.
#[derive(Debug, Clone, Default)]
pub struct Arrivals {
    /// Questions to the name server, datagrams and TCP messages alike.
    pub questions: Tally,
    /// HTTP requests, by the address that they were sent to.
    pub requests: BTreeMap<IpAddr, Tally>,
}

/// What arrived at one address.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// When the newest [`TIMES_KEPT`] arrived, in order, since the lab was started; monotonic.
    pub times: VecDeque<Duration>,
}

impl Arrivals {
    /// HTTP requests at all addresses.
    pub fn request_count(&self) -> u64 {
        self.requests.values().map(|tally| tally.count).sum()
    }
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

/// Where arrivals are written down. Its addresses are the world's, so that it stays bounded.
#[derive(Debug)]
pub(crate) struct Ledger {
    began: Instant,
    arrivals: Mutex<Arrivals>,
}

impl Ledger {
    /// An empty one, whose time begins now.
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), arrivals: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Arrivals> {
        // Counting cannot leave the counts half done, so a panic elsewhere spoils nothing.
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A question reached the name server.
    pub(crate) fn note_question(&self) {
        let mut arrivals = self.lock();
        arrivals.questions.add(self.began.elapsed());
    }

    /// An HTTP request reached `address`.
    pub(crate) fn note_request(&self, address: IpAddr) {
        let mut arrivals = self.lock();
        let time = self.began.elapsed();
        arrivals.requests.entry(address).or_default().add(time);
    }

    /// Everything until now.
    pub(crate) fn read(&self) -> Arrivals {
        self.lock().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_newest_keep_their_times() {
        let ledger = Ledger::new();
        let address = IpAddr::from([127, 20, 0, 10]);
        for _ in 0..TIMES_KEPT + 10 {
            ledger.note_request(address);
        }
        ledger.note_question();
        let arrivals = ledger.read();
        let tally = &arrivals.requests[&address];
        assert_eq!(tally.count, TIMES_KEPT as u64 + 10);
        assert_eq!(tally.times.len(), TIMES_KEPT);
        assert!(tally.times.iter().is_sorted());
        assert_eq!((arrivals.questions.count, arrivals.request_count()), (1, tally.count));
    }
}
