//! Which accuracy is asked for by when: `[accuracy]`.

use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::audit::accuracy::interval::Confidence;
use crate::facts::sample::Age;

/// `[accuracy]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How sure intervals are, in per cent.
    pub confidence: Confidence,
    /// What is asked for by which day; the plan's own by default.
    pub targets: Vec<Target>,
}

/// What is asked for by one day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Of which records: `new` or `older`.
    pub records: Age,
    /// The accuracy rate, from 0 to 1.
    pub rate: f64,
    /// The day by which it is to be reached.
    pub due: Date,
}

impl Default for Settings {
    /// The plan, section 2: by the end of September 2009, and by the end of that year.
    fn default() -> Self {
        let september = jiff::civil::date(2009, 9, 30);
        let december = jiff::civil::date(2009, 12, 31);
        let target = |records, rate, due| Target { records, rate, due };
        Self {
            confidence: Confidence::USUAL,
            targets: vec![
                target(Age::New, 0.85, september),
                target(Age::Older, 0.80, september),
                target(Age::New, 0.87, december),
                target(Age::Older, 0.85, december),
            ],
        }
    }
}

impl Settings {
    /// The target that holds on `day`: the next one due, or the last when all days are over; `None`
    /// where nothing is asked of such records.
    pub fn target(&self, records: Age, day: Date) -> Option<Target> {
        let own = || self.targets.iter().filter(|target| target.records == records);
        let next = own().filter(|target| target.due >= day).min_by_key(|target| target.due);
        next.or_else(|| own().max_by_key(|target| target.due)).copied()
    }

    /// What is wrong with the settings, if anything.
    pub fn validate(&self) -> Result<(), String> {
        for target in &self.targets {
            if target.records == Age::Unknown {
                return Err("targets: each is for `new` or `older` records".to_owned());
            }
            if !(0.0..=1.0).contains(&target.rate) {
                return Err(format!(
                    "targets: {} is no rate from 0 to 1, such as 0.87",
                    target.rate
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_next_target_holds_until_its_day_and_the_last_one_ever_after() {
        let settings = Settings::default();
        let rate = |records, day| settings.target(records, day).map(|target| target.rate);
        for (day, new, older) in [
            (date(2009, 4, 1), 0.85, 0.80),
            (date(2009, 9, 30), 0.85, 0.80),
            (date(2009, 10, 1), 0.87, 0.85),
            (date(2026, 11, 24), 0.87, 0.85),
        ] {
            assert_eq!((rate(Age::New, day), rate(Age::Older, day)), (Some(new), Some(older)));
        }
        assert_eq!(rate(Age::Unknown, date(2009, 4, 1)), None);
    }
}
