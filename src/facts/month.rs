//! A calendar month (月份): what bulletins and declared figures are of.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

/// A month of the years 1990 to 2999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    year: i16,
    month: i8,
}

/// The text is no month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no month such as 2009-06")]
pub struct NotAMonth;

impl Month {
    /// The month in which `day` lies.
    pub fn of(day: Date) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    /// Its first day.
    pub fn first(self) -> Date {
        Date::new(self.year, self.month, 1).unwrap_or_default()
    }

    /// Its last day.
    pub fn last(self) -> Date {
        self.first().last_of_month()
    }

    /// How people write it: `2009年6月`.
    pub fn chinese(self) -> String {
        format!("{}年{}月", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = NotAMonth;

    /// Takes `2009-06`, `2009/6`, `2009年6月`, and the first day of a month, which spreadsheets make of
    /// it.
    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let parts: Vec<&str> = text
            .trim()
            .split(|c: char| !c.is_ascii_digit())
            .filter(|part| !part.is_empty())
            .collect();
        let (&[year, month], rest) = parts.split_first_chunk::<2>().ok_or(NotAMonth)?;
        let known = |c: char| c.is_ascii_digit() || " -/.年月日T:".contains(c);
        let is_first_day = match rest {
            [] => true,
            [day, time @ ..] => {
                day.parse() == Ok(1) && time.iter().all(|part| part.bytes().all(|b| b == b'0'))
            }
        };
        let is_whole = year.len() == 4 && month.len() <= 2 && text.trim().chars().all(known);
        let (year, month) = (year.parse::<i16>(), month.parse::<i8>());
        match (year, month) {
            (Ok(year @ 1990..=2999), Ok(month @ 1..=12)) if is_first_day && is_whole => {
                Ok(Self { year, month })
            }
            _ => Err(NotAMonth),
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:04}-{:02}", self.year, self.month))
    }
}

impl TryFrom<String> for Month {
    type Error = NotAMonth;

    fn try_from(text: String) -> Result<Self, NotAMonth> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_known_by_each_way_of_writing_it() {
        for text in
            ["2009-06", "2009/6", "2009年6月", " 2009.06 ", "2009-06-01", "2009-06-01 00:00:00"]
        {
            let month: Month = text.parse().unwrap();
            assert_eq!((month.to_string().as_str(), month.last().day()), ("2009-06", 30), "{text}");
            assert_eq!(month.chinese(), "2009年6月");
        }
        for text in ["", "2009", "2009-13", "2009-06-02", "09-06", "2009-06x", "六月", "200906"] {
            assert_eq!(text.parse::<Month>(), Err(NotAMonth), "{text}");
        }
    }
}
