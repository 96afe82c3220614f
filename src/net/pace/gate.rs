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

/// So many parts a turn has where a late one may be made up for.
const PARTS: NonZeroU32 = NonZeroU32::new(20).expect("twenty is not zero");

/// So many parts of a turn may be made up for: a fifth of the gap. Timers are late by a millisecond
/// or more, which would otherwise be lost of every gap, and is much of a gap of fifty.
const MADE_UP: u32 = 4;

/// How often turns come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    quota: Quota,
    /// What one turn takes of the quota.
    cost: NonZeroU32,
    gap: Duration,
    made_up: Duration,
}

/// A stranger's rate, and the line before it. The line is first come, first served, and only its
/// head looks at the limiter: were all to sleep until it opens, each turn would wake them all.
#[derive(Debug)]
pub(crate) struct Gate {
    rate: Rate,
    line: Mutex<Limiter>,
}

/// The head of a line. Whoever comes next waits until it is dropped.
#[derive(Debug)]
pub(crate) struct Head<'gate> {
    rate: Rate,
    limiter: MutexGuard<'gate, Limiter>,
}

impl Rate {
    /// `rate` turns a second, `burst` of them at once, none ever closer than that.
    pub(crate) fn strict(rate: f64, burst: NonZeroU32) -> Self {
        let (cost, made_up) = (NonZeroU32::MIN, Duration::ZERO);
        Self { quota: quota(rate, burst), cost, gap: gap(rate), made_up }
    }

    /// `rate` turns a second. A turn that was late may be made up for by the next, so that over any
    /// stretch of time there are as many as said, and at most one begun.
    pub(crate) fn steady(rate: f64) -> Self {
        let parts = quota(rate * f64::from(PARTS.get()), PARTS.saturating_add(MADE_UP));
        let gap = gap(rate);
        Self { quota: parts, cost: PARTS, gap, made_up: gap / PARTS.get() * MADE_UP }
    }

    /// The time between two turns.
    pub(crate) fn gap(self) -> Duration {
        self.gap
    }

    /// So much of it may be made up for.
    pub(crate) fn made_up(self) -> Duration {
        self.made_up
    }
}

/// `rate` turns a second, at most `burst` of them at once. A rate beyond what the clock can tell
/// apart becomes the nearest that it can; one that is no positive number becomes the slowest.
fn quota(rate: f64, burst: NonZeroU32) -> Quota {
    Quota::with_period(gap(rate)).expect("the gap is at least a nanosecond").allow_burst(burst)
}

fn gap(rate: f64) -> Duration {
    let gap = Duration::try_from_secs_f64(1.0 / rate).unwrap_or(LONGEST);
    gap.clamp(Duration::from_nanos(1), LONGEST)
}

impl Gate {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, line: Mutex::new(limiter(rate.quota)) }
    }

    /// Waits for the head of the line.
    pub(crate) async fn line_up(&self) -> Head<'_> {
        Head { rate: self.rate, limiter: self.line.lock().await }
    }

    /// The head of the line; `None` where somebody waits already.
    pub(crate) fn head(&self) -> Option<Head<'_>> {
        Some(Head { rate: self.rate, limiter: self.line.try_lock().ok()? })
    }

    /// Whether nobody waits here and the last turn is long past, so that a new gate would do as
    /// well.
    pub(crate) fn is_rested(&self) -> bool {
        self.head().is_some_and(|head| head.take().is_ok())
    }
}

impl Head<'_> {
    /// Waits for the turn, and takes it.
    pub(crate) async fn pass(&self) {
        while let Err(moment) = self.take() {
            tokio::time::sleep_until(moment).await;
        }
    }

    /// Takes the turn if it is due; else the moment when it is.
    pub(crate) fn take(&self) -> Result<(), Instant> {
        match self.limiter.check_n(self.rate.cost) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_yet)) => {
                Err(Instant::now() + not_yet.wait_time_from(self.limiter.clock().now()))
            }
            // The burst is never smaller than the cost.
            Err(_) => Err(Instant::now() + LONGEST),
        }
    }

    /// Counts the time until the next turn from now.
    pub(crate) fn restart(&mut self) {
        self.give_back();
        // A new limiter has its first turn free, and this is it.
        let _taken = self.take();
    }

    /// Gives back a turn that was taken and not used.
    pub(crate) fn give_back(&mut self) {
        *self.limiter = limiter(self.rate.quota);
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
        let gate = Gate::new(Rate::strict(10.0, NonZeroU32::new(3).unwrap()));
        let begin = Instant::now();
        for _ in 0..13 {
            gate.line_up().await.pass().await;
        }
        let tenth = Duration::from_millis(100);
        assert!(begin.elapsed() >= 10 * tenth && begin.elapsed() < 11 * tenth);
    }

    #[tokio::test(start_paused = true)]
    async fn a_gate_is_rested_only_when_its_gap_is_over() {
        let gate = Gate::new(Rate::strict(1.0, NonZeroU32::MIN));
        gate.line_up().await.pass().await;
        assert!(!gate.is_rested());
        tokio::time::advance(Duration::from_millis(1001)).await;
        assert!(gate.is_rested());
    }
}
