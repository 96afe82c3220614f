//! When was somebody really spoken to? Turns are given before anybody is connected to, which takes
//! as long as it takes: a request that is late is followed too soon by the next one, whose turn came
//! in time. So whoever is connected passes here before the first word, and the gap counts from there.
//!
//! Nothing of the pace is lost by it: the next one connects while the gap still runs.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::MutexGuard;
use tokio::time::Instant;

use crate::net::pace::gate::Rate;

/// Those who are connected and wait here hold connections open that say nothing. So much of the pace
/// may wait at once: about what one connection takes longer than another.
const AHEAD: Duration = Duration::from_millis(100);

/// The last stretch of the way to one stranger, for one after the other.
#[derive(Debug)]
pub(super) struct Lane {
    gap: Duration,
    /// So much too early is made up for by those who were late.
    made_up: Duration,
    line: tokio::sync::Mutex<()>,
    waiting: AtomicUsize,
    /// When it is open to the next; `None` as long as nobody passed.
    opens: Mutex<Option<Instant>>,
}

/// The first of those who wait. The next one waits until it is dropped.
#[derive(Debug)]
pub(super) struct First<'lane> {
    lane: &'lane Lane,
    _place: MutexGuard<'lane, ()>,
    _waits: Waits<'lane>,
}

#[derive(Debug)]
struct Waits<'lane>(&'lane Lane);

impl Lane {
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            gap: rate.gap(),
            made_up: rate.made_up(),
            line: tokio::sync::Mutex::default(),
            waiting: AtomicUsize::new(0),
            opens: Mutex::default(),
        }
    }

    /// Waits for the head of the line, and until the lane is open.
    pub(super) async fn line_up(&self) -> First<'_> {
        let waits = Waits::at(self);
        let first = First { lane: self, _place: self.line.lock().await, _waits: waits };
        while let Some(moment) = self.opens().map(|opens| opens - self.made_up)
            && moment > Instant::now()
        {
            tokio::time::sleep_until(moment).await;
        }
        first
    }

    /// Nobody passes before a gap from now is over: what somebody who passed had to say took longer.
    pub(super) fn hold(&self) {
        let next = Instant::now() + self.gap;
        self.open_at(self.opens().map_or(next, |opens| opens.max(next)));
    }

    /// Whether so many wait that nobody else need connect by now.
    pub(super) fn is_crowded(&self) -> bool {
        let gap = self.gap.as_nanos().max(1);
        let most = AHEAD.as_nanos().div_ceil(gap).saturating_add(1);
        self.waiting.load(Ordering::Relaxed) as u128 >= most
    }

    /// Whether the last one is long past.
    pub(super) fn is_open(&self) -> bool {
        self.opens().is_none_or(|opens| opens <= Instant::now())
    }

    fn opens(&self) -> Option<Instant> {
        *self.opens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_at(&self, moment: Instant) {
        *self.opens.lock().unwrap_or_else(PoisonError::into_inner) = Some(moment);
    }
}

impl First<'_> {
    /// Passes now, which it returns: the gap until the next one begins.
    pub(super) fn pass(self) -> Instant {
        let now = Instant::now();
        let lane = self.lane;
        lane.open_at(lane.opens().map_or(now, |opens| opens.max(now)) + lane.gap);
        now
    }
}

impl<'lane> Waits<'lane> {
    fn at(lane: &'lane Lane) -> Self {
        lane.waiting.fetch_add(1, Ordering::Relaxed);
        Self(lane)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::sync::Arc;

    use tokio::task::JoinSet;

    use super::*;

    const GAP: Duration = Duration::from_millis(100);

    /// When each passes who comes so many milliseconds after the begin.
    async fn passed(rate: Rate, come: &[u64]) -> Vec<u64> {
        let lane = Arc::new(Lane::new(rate));
        let begin = Instant::now();
        let mut tasks = JoinSet::new();
        for &comes in come {
            let lane = Arc::clone(&lane);
            tasks.spawn(async move {
                tokio::time::sleep(Duration::from_millis(comes)).await;
                lane.line_up().await.pass();
                u64::try_from(begin.elapsed().as_millis()).unwrap()
            });
        }
        let mut passed = tasks.join_all().await;
        passed.sort_unstable();
        passed
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_was_late_is_followed_a_gap_later_and_no_turn_is_lost() {
        let strict = Rate::strict(10.0, NonZeroU32::MIN);
        // The second took 70 ms longer than the others to connect.
        let passed = passed(strict, &[0, 170, 200, 300, 400, 500]).await;
        assert_eq!(passed, [0, 170, 270, 370, 470, 570]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_fifth_of_a_gap_is_made_up_for_where_the_rate_says_so() {
        let passed = passed(Rate::steady(10.0), &[0, 110, 200, 300, 310]).await;
        assert_eq!(passed, [0, 110, 200, 300, 390]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_takes_longer_to_say_holds_up_the_next() {
        let lane = Lane::new(Rate::strict(10.0, NonZeroU32::MIN));
        lane.line_up().await.pass();
        tokio::time::advance(GAP / 2).await;
        lane.hold();
        let held = Instant::now();
        lane.line_up().await.pass();
        assert_eq!(held.elapsed(), GAP);
        assert!(!lane.is_open());
        tokio::time::advance(GAP).await;
        assert!(lane.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_is_crowded_while_some_wait_and_not_by_those_who_gave_up() {
        let lane = Lane::new(Rate::strict(10.0, NonZeroU32::MIN));
        lane.line_up().await.pass();
        assert!(!lane.is_crowded());
        let two = async { tokio::join!(lane.line_up(), lane.line_up()) };
        let gave_up = tokio::time::timeout(GAP / 2, async {
            tokio::select! {
                _ = two => {}
                () = async { while !lane.is_crowded() { tokio::task::yield_now().await } } => {}
            }
        });
        assert!(gave_up.await.is_ok(), "two who wait are a crowd");
        assert!(!lane.is_crowded());
    }
}
