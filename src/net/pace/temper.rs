//! How strained does a stranger seem? Learnt from its answers; says until when it is left alone.
//!
//! A server that says 429 or 503 is left alone for as long as it asks, and longer each time it says
//! so again in a row; one to which no connection comes about, several targets in a row, is left alone
//! for a long while, and then tried with one target only. Pure: the time is handed in.

use std::time::Duration;

use tokio::time::Instant;

/// A gap between requests is doubled so often at most.
const DOUBLINGS: u32 = 10;

/// No back-off of our own is longer than this.
const LONGEST: Duration = Duration::from_mins(10);

/// What one server alone asks for is granted up to here; beyond that it takes [`INSISTING`] answers
/// in a row, because one site's `Retry-After` may not close a thousand others at its address.
const GRANTED_AT_ONCE: Duration = Duration::from_mins(2);

/// So many refusals in a row are meant.
const INSISTING: u32 = 3;

/// A circuit never rests longer than this.
const LONGEST_REST: Duration = Duration::from_hours(1);

/// What is remembered of one address, or of one provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Temper {
    /// It asked, or seemed to need, not to be spoken to before then.
    rests_until: Option<Instant>,
    /// Nobody is sent through its broken circuit before then.
    broken_until: Option<Instant>,
    /// Answers in a row that said it was too much.
    refusals: u32,
    /// Targets in a row that could not be connected to.
    failures: u32,
    /// How often the circuit was broken since something last came through.
    breaks: u32,
    /// Whether a target is under way to see whether the circuit is whole again.
    is_tried: bool,
    /// When it last refused or could not be reached.
    last: Option<Instant>,
}

impl Temper {
    /// Until when it is left alone; `None` where it may be spoken to now.
    pub(super) fn rests_until(&self, now: Instant) -> Option<Instant> {
        self.rests_until.max(self.broken_until).filter(|until| *until > now)
    }

    /// Whether its circuit is broken: nobody came through since.
    pub(super) fn is_broken(&self) -> bool {
        self.breaks > 0
    }

    /// Whether nothing is remembered that still matters at `now`; `memory` after the last rest what
    /// failed before is forgotten.
    pub(super) fn is_even(&self, now: Instant, memory: Duration) -> bool {
        let is_past = |moment: Option<Instant>| moment.is_none_or(|at| at + memory <= now);
        is_past(self.rests_until.max(self.broken_until)) && is_past(self.last)
    }

    /// It answered as it should.
    pub(super) fn answered(&mut self) {
        self.refusals /= 2;
        self.reached();
    }

    /// It said that it was too much, and asked to be left alone for `asked`. `gap` lies between two
    /// requests at other times.
    pub(super) fn refused(&mut self, asked: Duration, gap: Duration, now: Instant) {
        self.last = Some(now);
        self.refusals = self.refusals.saturating_add(1);
        let own = gap.saturating_mul(1 << self.refusals.min(DOUBLINGS)).min(LONGEST.max(gap));
        let granted = if self.refusals < INSISTING { asked.min(GRANTED_AT_ONCE) } else { asked };
        self.rest(own.max(granted), now);
    }

    /// A request is sent now: one that is strained has a longer gap before the next.
    pub(super) fn spoken_to(&mut self, gap: Duration, now: Instant) {
        if self.refusals > 0 {
            let gap = gap.saturating_mul(1 << self.refusals.min(DOUBLINGS));
            self.rest(gap.min(LONGEST), now);
        }
    }

    /// A connection came about.
    pub(super) fn reached(&mut self) {
        self.failures = 0;
        self.breaks = 0;
        self.is_tried = false;
        self.broken_until = None;
    }

    /// None came about, at any port. After `most` in a row the circuit is broken for `rest`, and for
    /// twice as long each time that the one target tried then fails too; 0 never breaks it. Says
    /// whether this one broke it.
    pub(super) fn not_reached(&mut self, most: u32, rest: Duration, now: Instant) -> bool {
        self.last = Some(now);
        if self.breaks > 0 {
            // Those that were under way when it broke say nothing new.
            if !std::mem::take(&mut self.is_tried) {
                return false;
            }
        } else {
            self.failures = self.failures.saturating_add(1);
            if most == 0 || self.failures < most {
                return false;
            }
        }
        self.failures = 0;
        self.breaks = self.breaks.saturating_add(1);
        let rest = rest.saturating_mul(1 << (self.breaks - 1).min(DOUBLINGS));
        self.broken_until = self.broken_until.max(Some(now + rest.min(LONGEST_REST)));
        true
    }

    /// A target is sent through a broken circuit, to see whether it is whole again; no other follows
    /// until it is back, or `rest` is over.
    pub(super) fn try_out(&mut self, rest: Duration, now: Instant) {
        if self.breaks > 0 && self.rests_until(now).is_none() {
            self.broken_until = Some(now + rest);
            self.is_tried = true;
        }
    }

    /// It is left alone for so long.
    pub(super) fn rest(&mut self, time: Duration, now: Instant) {
        let until = now + time;
        self.rests_until = Some(self.rests_until.map_or(until, |before| before.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn wait(temper: &Temper, now: Instant) -> Duration {
        temper.rests_until(now).map_or(Duration::ZERO, |until| until - now)
    }

    #[test]
    fn refusals_in_a_row_double_the_wait_and_an_answer_halves_it() {
        let now = Instant::now();
        let mut temper = Temper::default();
        for (number, seconds) in [(1, 2), (2, 4), (3, 8), (4, 16)] {
            temper.refused(Duration::ZERO, SECOND, now);
            assert_eq!(wait(&temper, now), SECOND * seconds, "{number}");
        }
        let later = now + SECOND * 16;
        temper.answered();
        temper.spoken_to(SECOND, later);
        assert_eq!(wait(&temper, later), SECOND * 4);
        for _ in 0..40 {
            temper.refused(Duration::ZERO, SECOND, later);
        }
        assert_eq!(wait(&temper, later), LONGEST);
    }

    #[test]
    fn what_one_answer_asks_for_is_granted_within_reason_and_all_of_it_when_it_insists() {
        let now = Instant::now();
        let mut temper = Temper::default();
        temper.refused(SECOND * 30, SECOND, now);
        assert_eq!(wait(&temper, now), SECOND * 30);
        temper.refused(SECOND * 3600, SECOND, now);
        assert_eq!(wait(&temper, now), GRANTED_AT_ONCE);
        temper.refused(SECOND * 3600, SECOND, now);
        assert_eq!(wait(&temper, now), SECOND * 3600);
    }

    #[test]
    fn a_circuit_breaks_after_failures_in_a_row_and_is_tried_with_one_target() {
        let mut now = Instant::now();
        let mut temper = Temper::default();
        let rest = SECOND * 300;
        assert!(!temper.not_reached(3, rest, now));
        temper.reached();
        let broken: Vec<_> = (0..5).map(|_| temper.not_reached(3, rest, now)).collect();
        assert_eq!(broken, [false, false, true, false, false]);
        assert_eq!(wait(&temper, now), rest);
        now += rest;
        temper.try_out(rest, now);
        assert_eq!(wait(&temper, now), rest, "nobody follows the one that is tried");
        assert!(temper.not_reached(3, rest, now));
        assert_eq!(wait(&temper, now), rest * 2);
        now += rest * 2;
        temper.try_out(rest, now);
        temper.reached();
        assert_eq!(wait(&temper, now), Duration::ZERO);
        assert!(!temper.not_reached(0, rest, now), "0 never breaks it");
    }

    #[test]
    fn what_comes_through_a_broken_circuit_and_asks_for_a_rest_has_it() {
        let now = Instant::now();
        let mut temper = Temper::default();
        assert!(temper.not_reached(1, SECOND, now));
        let later = now + SECOND;
        temper.try_out(SECOND * 300, later);
        temper.refused(SECOND * 60, SECOND, later);
        temper.reached();
        assert_eq!(wait(&temper, later), SECOND * 60);
    }

    #[test]
    fn what_is_long_past_is_forgotten() {
        let now = Instant::now();
        let mut temper = Temper::default();
        assert!(temper.is_even(now, SECOND));
        temper.refused(SECOND, SECOND, now);
        assert!(!temper.is_even(now + SECOND, SECOND));
        assert!(temper.is_even(now + SECOND * 3, SECOND));
    }
}
