//! Days as registers and spreadsheets write them: `2024-03-01`, `2024/3/1`, `20240301`, `2024年3月1日`,
//! with or without a time of day after it; and times of such days.

use jiff::Span;
use jiff::civil::Date;
use jiff::civil::DateTime;
use jiff::civil::Time;

use crate::clock;

/// The day that `text` names; `None` where it names none.
pub(crate) fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    let text = text.split([' ', 'T']).next()?;
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let text = text.strip_suffix('日').unwrap_or(text);
    let mut parts = text.split(['-', '/', '.', '年', '月']);
    let year = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    if parts.next().is_some() {
        return None;
    }
    Date::new(year, month, day).ok()
}

/// The time in China that `text` names: a day with its time of day, the beginning of the day where it
/// has none, or a time with its offset from UTC. `None` where it names none.
pub(crate) fn moment(text: &str) -> Option<DateTime> {
    let text = text.trim();
    if let Ok(moment) = text.parse() {
        return Some(clock::china(moment));
    }
    let day = day(text)?;
    let time = text.split_once([' ', 'T']).map_or("", |(_, time)| time.trim());
    if time.is_empty() {
        return Some(day.into());
    }
    let mut formats = ["%H:%M:%S", "%H:%M"].into_iter();
    let time = formats.find_map(|format| Time::strptime(format, time).ok())?;
    Some(day.to_datetime(time))
}

/// The day that a spreadsheet writes as a number of days since the end of 1899, between 1954 and 2119;
/// other numbers are none.
pub(crate) fn of_spreadsheet(text: &str) -> Option<Date> {
    let days: i32 = text.parse().ok().filter(|days| (20_000..=80_000).contains(days))?;
    Date::constant(1899, 12, 30).checked_add(Span::new().days(days)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_day_is_known_however_it_is_written() {
        for text in [
            "2024-03-01",
            " 2024/3/1 ",
            "2024.03.1",
            "20240301",
            "2024年3月1日",
            "2024-03-01 08:15:00",
            "2024-03-01T08:15:00",
        ] {
            assert_eq!(day(text), Some(jiff::civil::date(2024, 3, 1)), "{text}");
        }
        for text in
            ["", "2024", "2024-3", "24-03-01", "2024-13-01", "01/03/2024", "2024-3-1-1", "x"]
        {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_is_known_however_it_is_written() {
        let expected = jiff::civil::date(2024, 3, 1).at(8, 15, 0, 0);
        for text in [
            "2024-03-01T08:15:00+08:00",
            "2024-03-01T00:15:00Z",
            "2024-03-01 08:15:00",
            "2024/3/1 8:15",
            "2024年3月1日 08:15",
        ] {
            assert_eq!(moment(text), Some(expected), "{text}");
        }
        assert_eq!(moment("2024-03-01"), Some(jiff::civil::date(2024, 3, 1).into()));
        for text in ["", "8:15", "2024-03-01 25:00", "2024-03-01 8:15 pm"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,20}") {
            let _ = moment(&text);
            let _ = day(&text);
        }
    }
}
