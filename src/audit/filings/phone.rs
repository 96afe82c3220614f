//! Standard 10, 办公电话: a number with its area code, none that is made up, and of the subject's province.

use std::borrow::Cow;

use crate::audit::filings::Context;
use crate::audit::filings::Faults;
use crate::audit::filings::record::Record;
use crate::audit::filings::record::is_counted;
use crate::audit::filings::record::is_repeated;
use crate::facts::filing_problem::FilingRule;

const COLUMN: &str = "office_phone";

pub(super) fn check(record: &Record<'_>, context: &Context<'_>, faults: &mut Faults) {
    let Some(text) = record.text(COLUMN) else { return };
    let phones: Vec<Phone> = each(text).map(Phone::of).collect();
    let is_malformed = |phone: &Phone| match phone {
        // A made-up number is told as such, whatever its length.
        Phone::Digits(digits) => !is_made_up(digits),
        Phone::Malformed => true,
        Phone::Fixed { .. } | Phone::Mobile(_) | Phone::Service | Phone::Foreign => false,
    };
    let is_unreal = |phone: &Phone| match phone {
        Phone::Digits(local) | Phone::Fixed { local, .. } => is_made_up(local),
        Phone::Mobile(_) | Phone::Service | Phone::Foreign | Phone::Malformed => false,
    };
    if phones.is_empty() || phones.iter().any(is_malformed) {
        faults.push((FilingRule::PhoneMalformed, COLUMN, String::new()));
    } else if phones.iter().any(is_unreal) {
        faults.push((FilingRule::PhoneUnreal, COLUMN, String::new()));
    }
    let Some(own) = record.province else { return };
    let place = |phone: &Phone| match phone {
        Phone::Fixed { area, .. } => context.vocabulary.province_of_area_code(area),
        _ => None,
    };
    let places: Vec<_> = phones.iter().filter_map(place).collect();
    // One number of the province is enough: the others may be a branch's.
    if let Some(there) = places.first()
        && !places.contains(&own)
        && places.len() == phones.len()
    {
        let note = format!("区号属于{there}，省份为{own}");
        faults.push((FilingRule::PhoneProvince, COLUMN, note));
    }
}

/// Whether nobody has such a number. 66666666 and 88888888 are sold dearly, and real.
fn is_made_up(local: &str) -> bool {
    is_counted(local) || (is_repeated(local) && !local.starts_with(['6', '8']))
}

/// The numbers in a cell.
pub(super) fn each(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', '；', ',', '，', '、', '/']).map(str::trim).filter(|one| !one.is_empty())
}

/// What a telephone number is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phone {
    /// An area code, with its zero, and the number there.
    Fixed { area: String, local: String },
    /// Eleven digits.
    Mobile(String),
    /// 400, 800 and short numbers, which have no area.
    Service,
    /// With another country's code.
    Foreign,
    /// Digits that are no number of any kind.
    Digits(String),
    /// Anything else.
    Malformed,
}

impl Phone {
    pub(super) fn of(text: &str) -> Self {
        // Most numbers are digits and hyphens, and have no extension.
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let lower = if is_plain { Cow::Borrowed(text) } else { Cow::Owned(text.to_lowercase()) };
        // Extensions are dialled afterwards.
        let marks: &[&str] = if is_plain { &[] } else { &["转", "分机", "ext", "x", "#"] };
        let own = marks.iter().filter_map(|mark| lower.find(mark)).min();
        let own = own.and_then(|at| lower.get(..at)).unwrap_or(&lower).trim();
        let (own, is_national) = match own.strip_prefix('+').or_else(|| own.strip_prefix("00")) {
            None => (own, false),
            Some(rest) => match rest.strip_prefix("86") {
                Some(rest) => (rest, true),
                None if own.starts_with('+') || !rest.starts_with('0') && rest.len() > 6 => {
                    let is_number = rest.chars().all(|c| c.is_ascii_digit() || "-() .".contains(c));
                    return if is_number { Self::Foreign } else { Self::Malformed };
                }
                None => (own, false),
            },
        };
        let groups =
            own.split(['-', ' ', '(', ')', '－', '—', '.']).filter(|group| !group.is_empty());
        let groups: Vec<&str> = groups.collect();
        if groups.is_empty()
            || !groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_digit()))
        {
            return Self::Malformed;
        }
        let mut groups: Vec<String> = groups.into_iter().map(str::to_owned).collect();
        let length: usize = groups.iter().map(String::len).sum();
        let is_mobile = || length == 11 && groups.first().is_some_and(|one| one.starts_with('1'));
        if is_national
            && !is_mobile()
            && let Some(area) = groups.first_mut()
            && !area.starts_with('0')
        {
            area.insert(0, '0');
        }
        Self::of_groups(&groups)
    }

    fn of_groups(groups: &[String]) -> Self {
        let all = groups.concat();
        if all.len() == 11 && all.starts_with('1') && !all.starts_with("10") {
            let is_of_an_operator = !all.starts_with("11") && !all.starts_with("12");
            return if is_of_an_operator { Self::Mobile(all) } else { Self::Digits(all) };
        }
        let is_service = all.len() == 10 && (all.starts_with("400") || all.starts_with("800"));
        if is_service
            || (5..=6).contains(&all.len())
                && all.starts_with(['1', '9'])
                && !is_counted(&all)
                && !is_repeated(&all)
        {
            return Self::Service;
        }
        let length = if all.starts_with("01") || all.starts_with("02") { 3 } else { 4 };
        let (area, local) = match groups {
            [one] => match one.split_at_checked(length) {
                Some((area, local)) if one.starts_with('0') => (area.to_owned(), local.to_owned()),
                _ => return Self::Digits(all),
            },
            // The third group is an extension; a local number may be in two groups.
            [area, local, rest @ ..] if area.starts_with('0') => {
                let is_split = local.len() < 7 && rest.len() == 1;
                let local =
                    if is_split { rest.first().map(|more| format!("{local}{more}")) } else { None }
                        .unwrap_or_else(|| local.clone());
                (area.clone(), local)
            }
            _ => return Self::Digits(all),
        };
        let is_fixed = (7..=8).contains(&local.len()) && area.len() == length;
        if is_fixed { Self::Fixed { area, local } } else { Self::Digits(all) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_however_they_are_written() {
        let fixed =
            |area: &str, local: &str| Phone::Fixed { area: area.into(), local: local.into() };
        for (text, expected) in [
            ("010-62345678", fixed("010", "62345678")),
            ("01062345678", fixed("010", "62345678")),
            ("(0755) 8234567", fixed("0755", "8234567")),
            ("+86-755-82345678", fixed("0755", "82345678")),
            ("86-10-62345678", Phone::Digits("861062345678".into())),
            ("0086 10 62345678", fixed("010", "62345678")),
            ("021-6234 5678", fixed("021", "62345678")),
            ("010-62345678-801", fixed("010", "62345678")),
            ("010-62345678转801", fixed("010", "62345678")),
            ("138 1234 5670", Phone::Mobile("13812345670".into())),
            ("+8613812345670", Phone::Mobile("13812345670".into())),
            ("400-810-6666", Phone::Service),
            ("95588", Phone::Service),
            ("+852 2345 6789", Phone::Foreign),
            ("00852-23456789", Phone::Foreign),
            ("62345678", Phone::Digits("62345678".into())),
            ("010-6234567", fixed("010", "6234567")),
            ("010-623456", Phone::Digits("010623456".into())),
            ("12345678901", Phone::Digits("12345678901".into())),
            ("张三", Phone::Malformed),
            ("", Phone::Malformed),
        ] {
            assert_eq!(Phone::of(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,20}|[0-9()+ x转-]{0,20}") {
            let _ = Phone::of(&text);
        }
    }
}
