//! What `[scan]` says, and from when to when nights run.

use std::str::FromStr;

use jiff::civil::Time;
use serde::Deserialize;

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
        self.window().map(|_| ())
    }

    /// The window, if one is set.
    pub fn window(&self) -> Result<Option<Window>, String> {
        self.window.as_deref().map(str::parse).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_may_reach_past_midnight() {
        let time = |text| Time::strptime("%H:%M", text).unwrap();
        let day: Window = "01:00-06:00".parse().unwrap();
        let night: Window = "22:00-06:00".parse().unwrap();
        for (at, in_day, in_night) in [
            ("00:59", false, true),
            ("01:00", true, true),
            ("05:59", true, true),
            ("06:00", false, false),
            ("21:59", false, false),
            ("22:00", false, true),
        ] {
            assert_eq!(day.is_open_at(time(at)), in_day, "{at}");
            assert_eq!(night.is_open_at(time(at)), in_night, "{at}");
        }
        assert!("6-7".parse::<Window>().is_err());
        assert!("06:00".parse::<Window>().is_err());
    }
}
