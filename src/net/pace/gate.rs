//! When may one stranger be spoken to again? A rate, and a line of those who wait for it.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::Quota;
use governor::RateLimiter;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::InMemoryState;
use governor::state::NotKeyed;
use tokio::sync::Mutex;
use tokio::sync::MutexGuard;
use tokio::time::Instant;

/// The longest time between two turns; a lower rate waits no longer than this.
const LONGEST: Duration = Duration::from_hours(24);

type Limiter = RateLimiter<NotKeyed, InMemoryState, Ticks, NoOpMiddleware<Nanos>>;

/// The runtime's clock, so that the limiter and the sleep until it opens never disagree.
#[derive(Debug, Clone)]
struct Ticks(Instant);

/// A stranger's rate, and the line before it. The line is first come, first served, and only its
/// head looks at the limiter: were all to sleep until it opens, each turn would wake them all.
#[derive(Debug)]
pub(crate) struct Gate {
    quota: Quota,
    line: Mutex<Limiter>,
}

/// The head of a line. Whoever comes next waits until it is dropped.
#[derive(Debug)]
pub(crate) struct Head<'gate> {
    quota: Quota,
    limiter: MutexGuard<'gate, Limiter>,
}

/// `rate` turns a second, at most `burst` of them at once. A rate beyond what the clock can tell
/// apart becomes the nearest that it can; one that is no positive number becomes the slowest.
pub(crate) fn quota(rate: f64, burst: NonZeroU32) -> Quota {
    let gap = Duration::try_from_secs_f64(1.0 / rate).unwrap_or(LONGEST);
    let gap = gap.clamp(Duration::from_nanos(1), LONGEST);
    Quota::with_period(gap).expect("the gap is at least a nanosecond").allow_burst(burst)
}

impl Gate {
    pub(crate) fn new(quota: Quota) -> Self {
        Self { quota, line: Mutex::new(limiter(quota)) }
    }

    /// Waits for the head of the line.
    pub(crate) async fn line_up(&self) -> Head<'_> {
        Head { quota: self.quota, limiter: self.line.lock().await }
    }

    /// Whether nobody waits here and the last turn is long past, so that a new gate would do as
    /// well.
    pub(crate) fn is_rested(&self) -> bool {
        self.line.try_lock().is_ok_and(|limiter| limiter.check().is_ok())
    }
}

impl Head<'_> {
    /// Waits for the turn, and takes it.
    pub(crate) async fn pass(&self) {
        while let Err(not_yet) = self.limiter.check() {
            tokio::time::sleep(not_yet.wait_time_from(self.limiter.clock().now())).await;
        }
    }

    /// Counts the time until the next turn from now.
    pub(crate) fn restart(&mut self) {
        *self.limiter = limiter(self.quota);
        // A new limiter has its first turn free, and this is it.
        let _taken = self.limiter.check();
    }
}

fn limiter(quota: Quota) -> Limiter {
    RateLimiter::direct_with_clock(quota, Ticks(Instant::now()))
}

impl Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rate_is_too_odd_for_a_quota() {
        for (rate, gap) in [
            (1.0, Duration::from_secs(1)),
            (20.0, Duration::from_millis(50)),
            (1e30, Duration::from_nanos(1)),
            (f64::INFINITY, Duration::from_nanos(1)),
            (1e-30, LONGEST),
            (0.0, LONGEST),
            (-1.0, LONGEST),
            (f64::NAN, LONGEST),
        ] {
            assert_eq!(quota(rate, NonZeroU32::MIN).replenish_interval(), gap, "{rate}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn turns_are_a_gap_apart_once_the_burst_is_spent() {
        let gate = Gate::new(quota(10.0, NonZeroU32::new(3).unwrap()));
        let begin = Instant::now();
        for _ in 0..13 {
            gate.line_up().await.pass().await;
        }
        let tenth = Duration::from_millis(100);
        assert!(begin.elapsed() >= 10 * tenth && begin.elapsed() < 11 * tenth);
    }

    #[tokio::test(start_paused = true)]
    async fn a_gate_is_rested_only_when_its_gap_is_over() {
        let gate = Gate::new(quota(1.0, NonZeroU32::MIN));
        gate.line_up().await.pass().await;
        assert!(!gate.is_rested());
        tokio::time::advance(Duration::from_millis(1001)).await;
        assert!(gate.is_rested());
    }
}
