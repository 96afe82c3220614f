//! The rates of annex 2 and the goals that they are held against.
//!
//! Filing rate = filed / (filed + discovered unfiled). It rests on a register that is whole and on
//! nights that looked; where either is missing there is no rate, because too few unfiled sites would
//! make it too high.

pub mod unfiled;
pub mod unknown;

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::census::Census;
use crate::facts::census::NightCount;

/// A share between 0 and 1, exact to a millionth, so that 95 % is 95 % and not a little less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Share(u32);

/// What a whole is divided into.
const WHOLE: u32 = 1_000_000;

/// The filing rate that is to be reached by a day (section 2 of the plan). The targets of accuracy
/// stand beside its own settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// 网站备案率, from 0 to 1.
    pub rate: Share,
    /// The day by which it is to be reached.
    pub due: Date,
}

/// `[rates]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The goals, in any order.
    pub targets: Vec<Goal>,
}

impl Default for Settings {
    /// The plan: 95 % by the end of September 2009, 97 % by the end of that year.
    fn default() -> Self {
        let goal =
            |rate, month, day| Goal { rate: Share(rate), due: jiff::civil::date(2009, month, day) };
        Self { targets: vec![goal(950_000, 9, 30), goal(970_000, 12, 31)] }
    }
}

impl Settings {
    /// The goal that a rate of `day` is held against: the next one due, else the last.
    pub fn goal_on(&self, day: Date) -> Option<&Goal> {
        let ahead = self.targets.iter().filter(|goal| goal.due >= day).min_by_key(|goal| goal.due);
        ahead.or_else(|| self.targets.iter().max_by_key(|goal| goal.due))
    }
}

impl Share {
    /// As a number between 0 and 1.
    pub fn value(self) -> f64 {
        f64::from(self.0) / f64::from(WHOLE)
    }

    /// Whether `part` of `whole` is at least this share. Nothing of nothing reaches every share.
    pub fn is_reached(self, part: u64, whole: u64) -> bool {
        u128::from(part) * u128::from(WHOLE) >= u128::from(self.0) * u128::from(whole)
    }

    /// How many more of `whole` must join `part` until the share is reached.
    pub fn missing(self, part: u64, whole: u64) -> u64 {
        let needed = (u128::from(self.0) * u128::from(whole)).div_ceil(u128::from(WHOLE));
        u64::try_from(needed).unwrap_or(u64::MAX).saturating_sub(part)
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        share.value()
    }
}

impl TryFrom<f64> for Share {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if !(0.0..=1.0).contains(&value) {
            return Err(format!("{value} is no share between 0 and 1, such as 0.95"));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it lies between 0 and a million"
        )]
        let millionths = (value * f64::from(WHOLE)).round() as u32;
        Ok(Self(millionths))
    }
}

/// Why there is no filing rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NoRate {
    /// No filings were imported by then.
    #[error("no filing register was imported by then")]
    NotImported,
    /// `[filings] complete = false`.
    #[error("the filing register is not complete")]
    Incomplete,
    /// The register was older than `[filings] max_age`.
    #[error("the filing register is older than max_age")]
    Stale,
    /// No night over everything was finished by then.
    #[error("no whole night was finished by then, so that nothing was looked for")]
    NoNight,
    /// The last night could not tell who is filed.
    #[error("the filing register proved no absence on the last night")]
    BlindNight,
    /// What is filed was not counted for this part of what a provider has.
    #[error("the filing register does not tell what is filed of this part")]
    NotDivided,
}

impl NoRate {
    /// The same for people.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::NotImported => "备案库尚未导入",
            Self::Incomplete => "备案库不完整",
            Self::Stale => "备案库已过期",
            Self::NoNight => "尚无完成的检测",
            Self::BlindNight => "上次检测时备案库不可用",
            Self::NotDivided => "备案库不能区分这一部分",
        }
    }
}

/// What a rate rests on.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// The moment that is told of.
    pub at: Timestamp,
    /// The newest count of the register by then.
    pub census: Option<&'a Census>,
    /// The last whole night finished by then.
    pub night: Option<&'a NightCount>,
}

impl Basis<'_> {
    /// Why no rate can be told; `None` when one can. `is_complete` and `max_age` are what the
    /// configuration says of the register now.
    pub fn gap(&self, is_complete: bool, max_age: Duration) -> Option<NoRate> {
        let Some(census) = self.census else { return Some(NoRate::NotImported) };
        if !(is_complete && census.is_complete) {
            return Some(NoRate::Incomplete);
        }
        let age = Duration::try_from(self.at.duration_since(census.as_of));
        if age.is_ok_and(|age| age > max_age) {
            return Some(NoRate::Stale);
        }
        match self.night {
            None => Some(NoRate::NoNight),
            Some(night) => night.gap.map(|_| NoRate::BlindNight),
        }
    }
}

/// `part` of `whole`; `None` of nothing.
#[expect(clippy::cast_precision_loss, reason = "a rate is shown with a few digits")]
pub fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::census::Scoped;
    use crate::facts::filing::RegisterGap;

    #[test]
    fn the_goal_of_a_day_is_the_next_one_due_and_then_the_last() {
        let settings = Settings::default();
        let rate = |day: &str| settings.goal_on(day.parse().unwrap()).unwrap().rate.value();
        for (day, share) in
            [("2009-06-01", 0.95), ("2009-09-30", 0.95), ("2009-10-01", 0.97), ("2026-11-24", 0.97)]
        {
            assert!((rate(day) - share).abs() < 1e-9, "{day}");
        }
        assert!(Settings { targets: vec![] }.goal_on("2009-06-01".parse().unwrap()).is_none());
    }

    #[test]
    fn a_goal_is_reached_to_the_site() {
        let share = Share::try_from(0.95).unwrap();
        // 95 of 100 is the goal itself, and 2,258,000 sites of annex 2's size need 2,145,100.
        for (part, whole, is_reached, missing) in [
            (95, 100, true, 0),
            (94, 100, false, 1),
            (91, 100, false, 4),
            (2_145_100, 2_258_000, true, 0),
            (2_145_099, 2_258_000, false, 1),
            (18, 19, false, 1),
            (0, 0, true, 0),
            (0, u64::MAX, false, 17_524_406_870_024_074_035),
        ] {
            assert_eq!(share.is_reached(part, whole), is_reached, "{part} of {whole}");
            assert_eq!(share.missing(part, whole), missing, "{part} of {whole}");
        }
        assert!(Share::try_from(1.01).is_err() && Share::try_from(f64::NAN).is_err());
    }

    #[test]
    fn without_a_register_that_is_whole_and_fresh_and_a_night_there_is_no_rate() {
        let at: Timestamp = "2009-09-30T15:59:59Z".parse().unwrap();
        let week = Duration::from_hours(7 * 24);
        let census = |as_of: &str, is_complete| Census {
            as_of: as_of.parse().unwrap(),
            providers_of: None,
            is_complete,
            filed: Scoped::default(),
            unplaced: 0,
        };
        let night = |gap| NightCount { night: 1, at, gap, examined: 1, unknown: Scoped::default() };
        let fresh = census("2009-09-29T00:00:00Z", true);
        let old = census("2009-09-23T15:59:58Z", true);
        let partial = census("2009-09-29T00:00:00Z", false);
        let (seeing, blind) = (night(None), night(Some(RegisterGap::Incomplete)));
        for (census, night, is_complete, expected) in [
            (Some(&fresh), Some(&seeing), true, None),
            (None, Some(&seeing), true, Some(NoRate::NotImported)),
            (Some(&partial), Some(&seeing), true, Some(NoRate::Incomplete)),
            (Some(&fresh), Some(&seeing), false, Some(NoRate::Incomplete)),
            (Some(&old), Some(&seeing), true, Some(NoRate::Stale)),
            (Some(&fresh), None, true, Some(NoRate::NoNight)),
            (Some(&fresh), Some(&blind), true, Some(NoRate::BlindNight)),
        ] {
            assert_eq!(Basis { at, census, night }.gap(is_complete, week), expected);
        }
    }
}
