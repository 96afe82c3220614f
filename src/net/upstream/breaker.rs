//! Whether a register that failed is left alone for now: longer each time that it fails again.

use std::time::Duration;

use tokio::time::Instant;

/// One failure may be chance: so many in a row are none.
const TRIES: u32 = 3;

/// The first rest, and the longest one.
const REST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_mins(10);

/// What is known of the last requests.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    rests_until: Option<Instant>,
}

impl Breaker {
    /// Whether nothing is to be asked at `now`.
    pub(super) fn rests_at(&self, now: Instant) -> bool {
        self.rests_until.is_some_and(|until| now < until)
    }

    /// Counts an answer; tells whether it is the first after failures.
    pub(super) fn succeeded(&mut self) -> bool {
        let is_news = self.failures > 0;
        *self = Self::default();
        is_news
    }

    /// Counts a failure, after which the register may want to be left alone for `wait`. Tells whether
    /// it is the first one, and how long it is left alone.
    pub(super) fn failed(&mut self, now: Instant, wait: Option<Duration>) -> (bool, Duration) {
        self.failures = self.failures.saturating_add(1);
        let doublings = self.failures.checked_sub(TRIES);
        let rest = doublings.map(|times| REST.saturating_mul(1 << times.min(16)));
        let rest = rest.max(wait).unwrap_or_default().min(LONGEST);
        self.rests_until = Some(now + rest);
        (self.failures == 1, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_register_that_fails_again_and_again_is_asked_ever_less_and_forgiven_at_once() {
        let mut breaker = Breaker::default();
        let now = Instant::now();
        let seconds = |seconds| Duration::from_secs(seconds);
        let rests: Vec<_> = (0..12).map(|_| breaker.failed(now, None)).collect();
        assert_eq!(rests[0], (true, Duration::ZERO));
        assert_eq!(rests[1], (false, Duration::ZERO));
        assert_eq!([rests[2].1, rests[3].1, rests[4].1], [seconds(5), seconds(10), seconds(20)]);
        assert_eq!(rests[11].1, LONGEST);
        assert!(breaker.rests_at(now) && !breaker.rests_at(now + LONGEST));
        assert!(breaker.succeeded() && !breaker.succeeded());
        assert!(!breaker.rests_at(now));
    }

    #[test]
    fn what_it_asks_for_is_kept_to_within_bounds() {
        let mut breaker = Breaker::default();
        let now = Instant::now();
        assert_eq!(breaker.failed(now, Some(Duration::from_secs(7))).1, Duration::from_secs(7));
        assert_eq!(breaker.failed(now, Some(Duration::from_hours(99))).1, LONGEST);
    }
}
