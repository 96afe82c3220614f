//! Today's date and time: the machine's, or what `--now` put in its place.
//!
//! Only findings, nights and deadlines ask here. Pace and time limits use the monotonic clock.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::tz::TimeZone;

/// Where dates come from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    fixed: Option<Timestamp>,
}

impl Clock {
    /// A clock that stands still at `now` (`--now`), for trials and replays.
    pub fn fixed(now: Timestamp) -> Self {
        Self { fixed: Some(now) }
    }

    /// Whether it is the machine's, which may be wrong and nobody vouched for.
    pub fn is_machines(self) -> bool {
        self.fixed.is_none()
    }

    /// The present moment.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    pub fn now(self) -> Timestamp {
        self.fixed.unwrap_or_else(Timestamp::now)
    }
}

/// The time zone that all dates are told in: China Standard Time, without summer time.
pub fn zone() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// The day on which `moment` falls in China.
pub fn day(moment: Timestamp) -> Date {
    zone().to_datetime(moment).date()
}

/// What clocks in China show at `moment`.
pub fn china(moment: Timestamp) -> DateTime {
    zone().to_datetime(moment)
}

/// `moment` as people and files read it: RFC 3339 with China's offset, whole seconds.
pub fn written(moment: Timestamp) -> String {
    zone().to_datetime(moment).strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
}
