//! Which days are worked on in China: weekdays but holidays, and the days off that are made up for.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::civil::Weekday;
use serde::Deserialize;

/// The days that are not as their weekday says (国务院办公厅 announces them each autumn for the next
/// year). Without any, Monday to Friday are worked on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    holidays: BTreeSet<Date>,
    made_up: BTreeSet<Date>,
}

/// How a calendar is written: days, or `first..last`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    holidays: Vec<String>,
    #[serde(default)]
    workdays: Vec<String>,
}

/// The longest stretch of days in one entry.
const LONGEST: usize = 366;

/// The longest term that is counted, in working days.
const MOST: u16 = 10_000;

impl Calendar {
    /// Adds what a calendar file says: TOML with `holidays` and `workdays`, lists of days such as
    /// `2026-05-01` or stretches such as `2026-10-01..2026-10-07`. The error names the entry.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let written: Written = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        let holidays = days(&written.holidays)?;
        let workdays = days(&written.workdays)?;
        if let Some(day) = holidays.intersection(&workdays).next() {
            return Err(format!("{day} is both a holiday and a workday"));
        }
        self.holidays.extend(holidays);
        self.made_up.extend(workdays);
        Ok(())
    }

    /// Whether people work on `day`.
    pub fn is_worked(&self, day: Date) -> bool {
        let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        self.made_up.contains(&day) || !is_weekend && !self.holidays.contains(&day)
    }

    /// The last of `count` working days that follow `day`; `day` itself for none.
    pub fn after(&self, day: Date, count: u16) -> Date {
        let (mut last, mut left) = (day, count.min(MOST));
        while left > 0 {
            let Ok(next) = last.tomorrow() else { break };
            last = next;
            left -= u16::from(self.is_worked(last));
        }
        last
    }

    /// How many working days lie after `from`, up to and with `to`; none where `to` is not later.
    pub fn between(&self, from: Date, to: Date) -> u32 {
        let days = from.series(1.day()).skip(1).take_while(|day| *day <= to);
        days.filter(|day| self.is_worked(*day)).map(|_| 1).sum()
    }
}

fn days(entries: &[String]) -> Result<BTreeSet<Date>, String> {
    let mut days = BTreeSet::new();
    for entry in entries {
        let wrong =
            || format!("`{entry}` is no day, and no stretch such as 2026-10-01..2026-10-07");
        let (first, last) = entry.split_once("..").unwrap_or((entry, entry));
        let first: Date = first.trim().parse().map_err(|_| wrong())?;
        let last: Date = last.trim().parse().map_err(|_| wrong())?;
        let stretch: Vec<Date> =
            first.series(1.day()).take(LONGEST).take_while(|day| *day <= last).collect();
        if stretch.last() != Some(&last) {
            return Err(wrong());
        }
        days.extend(stretch);
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_2009() -> Calendar {
        let mut calendar = Calendar::default();
        calendar.add(include_str!("../../config/calendar-2009.toml")).unwrap();
        calendar
    }

    fn day(month: i8, day: i8) -> Date {
        Date::constant(2009, month, day)
    }

    #[test]
    fn holidays_and_weekends_are_free_and_made_up_days_are_worked() {
        let calendar = of_2009();
        for (month, date, is_worked) in [
            (9, 25, true),
            (9, 26, false),
            (9, 27, true),
            (10, 1, false),
            (10, 8, false),
            (10, 9, true),
            (10, 10, true),
            (10, 11, false),
        ] {
            assert_eq!(calendar.is_worked(day(month, date)), is_worked, "{month}-{date}");
        }
        assert!(Calendar::default().is_worked(day(10, 1)));
    }

    #[test]
    fn working_days_are_counted_from_the_day_after() {
        let calendar = of_2009();
        assert_eq!(calendar.after(day(9, 30), 1), day(10, 9));
        assert_eq!(calendar.after(day(9, 30), 2), day(10, 10));
        assert_eq!(calendar.after(day(9, 30), 3), day(10, 12));
        assert_eq!(calendar.after(day(9, 30), 0), day(9, 30));
        assert_eq!(calendar.after(day(6, 9), 15), day(6, 30));
        assert_eq!(calendar.between(day(6, 9), day(6, 30)), 15);
        assert_eq!(calendar.between(day(9, 30), day(10, 9)), 1);
        assert_eq!(calendar.between(day(10, 9), day(9, 30)), 0);
        assert_eq!(calendar.after(Date::MAX, 3), Date::MAX);
    }

    #[test]
    fn a_wrong_entry_is_named() {
        for (text, part) in [
            ("holidays = [\"2026-13-01\"]", "2026-13-01"),
            ("holidays = [\"2026-10-07..2026-10-01\"]", "2026-10-07"),
            ("holidays = [\"2026-10-07..2999-10-01\"]", "2999"),
            ("holidays = [\"2026-10-01\"]\nworkdays = [\"2026-10-01\"]", "both"),
            ("workdays = []", "holidays"),
        ] {
            let error = Calendar::default().add(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
