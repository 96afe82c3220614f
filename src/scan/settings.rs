//! What `[scan]` says, and from when to when nights run.

use std::str::FromStr;
use std::time::Duration;

use jiff::civil::Time;
use serde::Deserialize;

use crate::scan::due::Rotation;
use crate::stages::judge::Parked;

/// `[scan]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The window that ends a night that is given no `--until` or `--for`, as `01:00-06:00`.
    pub window: Option<String>,
    /// Nights in a row that close a silent finding.
    pub misses_to_close: u32,
    /// Filed and connected names are probed once in so many nights; 0 is never.
    pub verify_filed_nights: u32,
    /// Names that have long said the same are examined at least once in so many nights; 1 is every
    /// night.
    pub rescan_nights: u32,
    /// The same of names that are not filed where they are, and show no page that proves it.
    pub rescan_suspect_nights: u32,
    /// How long an answer of the name servers is believed: what waited longer for its turn is resolved
    /// anew before it is visited.
    #[serde(with = "humantime_serde")]
    pub renew_after: Duration,
    /// Whether names found in links become candidates.
    pub follow_links: bool,
    /// Whether a parked name counts as live.
    pub parked: Parked,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window: None,
            misses_to_close: 3,
            verify_filed_nights: 30,
            rescan_nights: 7,
            rescan_suspect_nights: 1,
            renew_after: Duration::from_mins(10),
            follow_links: false,
            parked: Parked::Ignore,
        }
    }
}

/// From when to when nights run, in China's time; it may reach past midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// It opens then.
    pub opens: Time,
    /// It closes then.
    pub closes: Time,
}

impl Window {
    /// Whether `time` lies within.
    pub fn is_open_at(self, time: Time) -> bool {
        if self.opens <= self.closes {
            self.opens <= time && time < self.closes
        } else {
            self.opens <= time || time < self.closes
        }
    }

    /// How long it stays open from `time` on; `None` where it is closed then.
    pub fn open_for(self, time: Time) -> Option<Duration> {
        self.is_open_at(time).then(|| wait(time, self.closes))
    }
}

/// A whole day.
pub const DAY: Duration = Duration::from_hours(24);

/// How long it is from `now` to the next `time` of day: a whole day where it is that very time.
pub fn wait(now: Time, time: Time) -> Duration {
    let left = now.duration_until(time);
    let left = Duration::try_from(left).unwrap_or_else(|_| DAY.saturating_sub(left.unsigned_abs()));
    if left.is_zero() { DAY } else { left }
}

impl FromStr for Window {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time = |part: &str| Time::strptime("%H:%M", part.trim()).ok();
        let ends = text.split_once('-').and_then(|(from, to)| time(from).zip(time(to)));
        let (opens, closes) =
            ends.ok_or_else(|| format!("window `{text}` is not of the form 01:00-06:00"))?;
        if opens == closes {
            return Err(format!("window `{text}` is never open; leave it out for no window"));
        }
        Ok(Self { opens, closes })
    }
}

impl Settings {
    /// Tells what is wrong with the values, if anything is.
    pub fn validate(&self) -> Result<(), String> {
        if self.misses_to_close == 0 {
            return Err("misses_to_close must be at least 1".to_owned());
        }
        for (key, nights) in [
            ("rescan_nights", self.rescan_nights),
            ("rescan_suspect_nights", self.rescan_suspect_nights),
        ] {
            if nights == 0 {
                return Err(format!("{key} must be at least 1, which is every night"));
            }
        }
        self.window().map(|_| ())
    }

    /// How often names are examined that nothing has changed of.
    pub fn rotation(&self) -> Rotation {
        Rotation {
            steady: self.rescan_nights,
            suspects: self.rescan_suspect_nights,
            verify_filed: self.verify_filed_nights,
        }
    }

    /// The window, if one is set.
    pub fn window(&self) -> Result<Option<Window>, String> {
        self.window.as_deref().map(str::parse).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        Time::strptime("%H:%M", text).unwrap()
    }

    #[test]
    fn a_window_may_reach_past_midnight() {
        let day: Window = "01:00-06:00".parse().unwrap();
        let night: Window = "22:00-06:00".parse().unwrap();
        for (at, in_day, in_night) in [
            ("00:00", None, Some(360)),
            ("00:59", None, Some(301)),
            ("01:00", Some(300), Some(300)),
            ("05:59", Some(1), Some(1)),
            ("06:00", None, None),
            ("21:59", None, None),
            ("22:00", None, Some(480)),
            ("23:59", None, Some(361)),
        ] {
            let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
            assert_eq!(day.open_for(time(at)), in_day.map(minutes), "{at}");
            assert_eq!(night.open_for(time(at)), in_night.map(minutes), "{at}");
        }
        assert!("6-7".parse::<Window>().is_err());
        assert!("06:00".parse::<Window>().is_err());
    }

    #[test]
    fn a_window_is_of_chinas_day() {
        let window: Window = "01:00-06:00".parse().unwrap();
        let at = |moment: &str| {
            let moment: jiff::Timestamp = moment.parse().unwrap();
            window.open_for(crate::clock::zone().to_datetime(moment).time())
        };
        // 01:30 in China.
        assert_eq!(at("2026-11-24T17:30:00Z"), Some(Duration::from_mins(270)));
        assert_eq!(at("2026-11-24T01:30:00Z"), None);
    }

    #[test]
    fn the_next_time_of_day_may_be_tomorrow() {
        for (now, until, minutes) in
            [("01:00", "06:00", 300), ("23:00", "06:00", 420), ("06:00", "06:00", 1440)]
        {
            assert_eq!(wait(time(now), time(until)).as_secs(), minutes * 60, "{now} {until}");
        }
        // To the fraction, so that nobody comes before the time.
        let almost = Time::constant(0, 59, 59, 999_000_000);
        assert_eq!(wait(almost, time("01:00")), Duration::from_millis(1));
    }
}
