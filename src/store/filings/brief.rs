//! What verdicts rest on of a filing, as bytes: no personal data, and nothing that takes long to read.

use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::few::Few;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::filing::LEFT_ON;
use crate::facts::number::FilingNumber;
use crate::facts::number::NumberParts;
use crate::facts::number::SubjectNumber;
use crate::facts::target::Target;
use crate::formats::dates;
use crate::store::StoreError;
use crate::store::filings::text::TextBrief;

/// The name of the record in errors.
const WHAT: &str = "filing in brief";

/// The first byte of the briefs of one target. Earlier programs kept them as texts, after a 2.
const FORMAT: u8 = 3;

/// The same where the last of them stand for records that could not be read; so many as the next byte says.
const WITH_UNREADABLE: u8 = 4;

/// A record in brief.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BriefRecord<'a> {
    /// 网站备案号
    pub site_number: Option<FilingNumber>,
    /// 主体备案号
    pub subject_number: SubjectColumn,
    /// 状态; cancelled, too, where only an earlier register had the record.
    pub state: FilingState,
    /// 接入服务商: texts of [`ProviderName`](crate::facts::provider::ProviderName)s; `None` where the
    /// source has no such column.
    pub providers: Option<Few<&'a str>>,
    /// 备案日期; `None` where the record tells none that can be read.
    pub filed_on: Option<Date>,
    /// 变更日期; `None` where the record tells none that can be read.
    pub changed_on: Option<Date>,
    /// The day of the first register that no longer had it; `None` while it is there.
    pub left_on: Option<Date>,
    /// Whether nothing is known of it but that the register has it.
    pub is_unreadable: bool,
}

/// 主体备案号 beside the number of the site, which nearly always says the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectColumn {
    /// The record has none.
    Absent,
    /// That of the site's number.
    OfSite,
    /// This one.
    Own(FilingNumber),
}

/// A brief as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    state: FilingState,
    site: Option<NumberParts>,
    subject: StoredSubject,
    #[serde(borrow)]
    providers: Option<Few<&'a str>>,
    filed_on: Option<Day>,
    changed_on: Option<Day>,
    left_on: Option<Day>,
}

#[derive(Serialize, Deserialize)]
enum StoredSubject {
    Absent,
    OfSite,
    Own(NumberParts),
}

/// Year, month and day.
type Day = (i16, i8, i8);

impl<'a> BriefRecord<'a> {
    /// The brief of what a row writes.
    pub(crate) fn of_text(text: &TextBrief<'a>) -> Result<Self, StoreError> {
        let number = |text: Option<&str>| text.map(str::parse::<FilingNumber>).transpose();
        let site_number = number(text.site_number).map_err(|_| damaged())?;
        let of_site = site_number.as_ref().and_then(FilingNumber::subject);
        let subject_number = match number(text.subject_number).map_err(|_| damaged())? {
            None => SubjectColumn::Absent,
            Some(FilingNumber::Filed { subject, site: None }) if of_site == Some(&subject) => {
                SubjectColumn::OfSite
            }
            Some(number) => SubjectColumn::Own(number),
        };
        let has_left = text.left_on.is_some();
        Ok(Self {
            site_number,
            subject_number,
            state: if has_left { FilingState::Cancelled } else { text.state },
            providers: text.providers.as_ref().map(|names| names.iter().copied().collect()),
            filed_on: text.filed_on.and_then(dates::day),
            changed_on: text.changed_on.and_then(dates::day),
            left_on: text.left_on,
            is_unreadable: text.is_unreadable,
        })
    }

    /// The number that the record goes by: the site's, or the subject's where there is no other.
    pub fn into_number(self) -> Option<FilingNumber> {
        self.site_number.or(match self.subject_number {
            SubjectColumn::Own(number) => Some(number),
            SubjectColumn::Absent | SubjectColumn::OfSite => None,
        })
    }

    /// Whose the record is, as either column says; both where they differ. A licence names no subject.
    pub fn subjects(&self) -> impl Iterator<Item = &SubjectNumber> {
        let own = match &self.subject_number {
            SubjectColumn::Own(number) => number.subject(),
            SubjectColumn::Absent | SubjectColumn::OfSite => None,
        };
        let of_site = self.site_number.as_ref().and_then(FilingNumber::subject);
        own.into_iter().chain(of_site)
    }

    /// The record as far as it is known.
    pub(crate) fn filing(self, target: &Target) -> Result<Filing, StoreError> {
        let names = self.providers.map(|names| names.iter().map(|name| name.parse()).collect());
        let days =
            [("filed_on", self.filed_on), ("changed_on", self.changed_on), (LEFT_ON, self.left_on)];
        let told = days.into_iter().filter_map(|(name, day)| Some((name, day?)));
        let subject_number = match self.subject_number {
            SubjectColumn::Absent => None,
            SubjectColumn::OfSite => self
                .site_number
                .as_ref()
                .and_then(FilingNumber::subject)
                .map(|subject| FilingNumber::Filed { subject: *subject, site: None }),
            SubjectColumn::Own(number) => Some(number),
        };
        Ok(Filing {
            domain: target.clone(),
            site_number: self.site_number,
            subject_number,
            state: self.state,
            providers: names.transpose().map_err(|_| damaged())?,
            details: told.map(|(name, day)| (name.to_owned(), day.to_string())).collect(),
        })
    }

    fn stored(self) -> Stored<'a> {
        let day = |day: Date| (day.year(), day.month(), day.day());
        Stored {
            state: self.state,
            site: self.site_number.map(Into::into),
            subject: match self.subject_number {
                SubjectColumn::Absent => StoredSubject::Absent,
                SubjectColumn::OfSite => StoredSubject::OfSite,
                SubjectColumn::Own(number) => StoredSubject::Own(number.into()),
            },
            providers: self.providers,
            filed_on: self.filed_on.map(day),
            changed_on: self.changed_on.map(day),
            left_on: self.left_on.map(day),
        }
    }

    fn of_stored(stored: Stored<'a>) -> Result<Self, StoreError> {
        let date = |day: Option<Day>| {
            let date = day.map(|(year, month, day)| Date::new(year, month, day));
            date.transpose().map_err(|_| damaged())
        };
        Ok(Self {
            site_number: stored.site.map(Into::into),
            subject_number: match stored.subject {
                StoredSubject::Absent => SubjectColumn::Absent,
                StoredSubject::OfSite => SubjectColumn::OfSite,
                StoredSubject::Own(number) => SubjectColumn::Own(number.into()),
            },
            state: stored.state,
            providers: stored.providers,
            filed_on: date(stored.filed_on)?,
            changed_on: date(stored.changed_on)?,
            left_on: date(stored.left_on)?,
            is_unreadable: false,
        })
    }
}

fn damaged() -> StoreError {
    StoreError::Record { what: WHAT, source: postcard::Error::SerdeDeCustom }
}

/// Adds the bytes of one more brief to those of its target, which begin empty. Those that could not be read
/// come last.
pub(crate) fn append(bytes: Vec<u8>, brief: BriefRecord<'_>) -> Result<Vec<u8>, StoreError> {
    let mut bytes = if bytes.is_empty() { vec![FORMAT] } else { bytes };
    if brief.is_unreadable {
        match bytes.as_mut_slice() {
            [WITH_UNREADABLE, u8::MAX, ..] => return Ok(bytes),
            [WITH_UNREADABLE, count, ..] => *count += 1,
            _ => drop(bytes.splice(..1, [WITH_UNREADABLE, 1])),
        }
    }
    postcard::to_extend(&brief.stored(), bytes)
        .map_err(|source| StoreError::Record { what: WHAT, source })
}

/// The briefs of one target in `bytes`.
pub(crate) fn briefs(bytes: &[u8]) -> Result<Few<BriefRecord<'_>>, StoreError> {
    let (mut rest, unreadable) = match bytes {
        [FORMAT, rest @ ..] => (rest, 0),
        [WITH_UNREADABLE, count, rest @ ..] => (rest, usize::from(*count)),
        other => {
            let version = other.first().copied().unwrap_or(0);
            return Err(StoreError::Format { what: WHAT, version });
        }
    };
    let mut briefs = Few::new();
    while !rest.is_empty() {
        let (stored, after) = postcard::take_from_bytes(rest)
            .map_err(|source| StoreError::Record { what: WHAT, source })?;
        briefs.push(BriefRecord::of_stored(stored)?);
        rest = after;
    }
    if unreadable > 0 {
        let readable = briefs.len().saturating_sub(unreadable);
        let told = briefs.into_iter().enumerate();
        let told =
            told.map(|(place, brief)| BriefRecord { is_unreadable: place >= readable, ..brief });
        return Ok(told.collect());
    }
    Ok(briefs)
}

/// The part of a row's key that is its target's sort key: up to the 0 after the name.
pub(crate) fn target_key(key: &[u8]) -> &[u8] {
    let name = key.get(CHECKSUM..).unwrap_or_default();
    let length = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    key.get(..CHECKSUM + length).unwrap_or(key)
}

/// The target of a sort key.
pub(crate) fn target_of(key: &[u8]) -> Result<Target, StoreError> {
    name_in(key)
        .parse()
        .map_err(|_| StoreError::Record { what: WHAT, source: postcard::Error::DeserializeBadUtf8 })
}

/// The text of the target of a sort key; empty where there is none.
pub(crate) fn name_in(key: &[u8]) -> &str {
    std::str::from_utf8(key.get(CHECKSUM..).unwrap_or_default()).unwrap_or_default()
}

/// The bytes before the name in a sort key.
const CHECKSUM: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text<'a>(site: Option<&'a str>, subject: Option<&'a str>) -> TextBrief<'a> {
        TextBrief {
            site_number: site,
            subject_number: subject,
            state: FilingState::Active,
            providers: Some(vec!["甲", "乙"]),
            filed_on: Some("2010/1/2"),
            changed_on: Some("soon"),
            left_on: None,
            is_unreadable: false,
        }
    }

    #[test]
    fn what_a_row_writes_comes_back_from_the_bytes() {
        let numbers = [
            (None, None),
            (Some("京ICP备05014806号-1A"), None),
            (None, Some("京ICP备05014806号")),
            (Some("京ICP备05014806号-1"), Some("京ICP备05014806号")),
            (Some("京ICP备05014806号-1"), Some("京ICP备05014806号-2")),
            (Some("京ICP备05014806号-1"), Some("沪ICP备2025000001号")),
            (Some("粤A2-20044005-70"), Some("粤ICP备05014806号")),
            (Some("粤A2-20044005-70"), Some("粤A2-20044005")),
        ];
        let target: Target = "a.cn".parse().unwrap();
        let mut bytes = Vec::new();
        for (site, subject) in numbers {
            bytes = append(bytes, BriefRecord::of_text(&text(site, subject)).unwrap()).unwrap();
        }
        let found = briefs(&bytes).unwrap();
        assert_eq!(found.len(), numbers.len());
        for (brief, (site, subject)) in found.into_iter().zip(numbers) {
            assert_eq!(brief.filed_on, Some(jiff::civil::date(2010, 1, 2)));
            assert_eq!((brief.changed_on, brief.left_on), (None, None));
            assert_eq!(brief.providers, Some(["甲", "乙"].into()));
            let parsed = |text: Option<&str>| text.map(|text| text.parse().unwrap());
            let filing = brief.clone().filing(&target).unwrap();
            assert_eq!(filing.site_number, parsed(site));
            assert_eq!(filing.subject_number, parsed(subject));
            assert_eq!(filing.subject(), brief.subjects().next());
            assert_eq!(brief.into_number(), parsed(site.or(subject)));
        }
    }

    #[test]
    fn those_that_could_not_be_read_are_told_from_the_others() {
        let mut bytes = Vec::new();
        let unreadable = TextBrief { is_unreadable: true, ..text(None, None) };
        for (brief, length) in [(text(None, None), 1), (unreadable.clone(), 2), (unreadable, 3)] {
            bytes = append(bytes, BriefRecord::of_text(&brief).unwrap()).unwrap();
            assert_eq!(briefs(&bytes).unwrap().len(), length);
        }
        let told = briefs(&bytes).unwrap();
        assert_eq!(
            told.iter().map(|brief| brief.is_unreadable).collect::<Vec<_>>(),
            [false, true, true]
        );
    }

    #[test]
    fn who_left_is_cancelled_whatever_the_row_said() {
        let day = Some(jiff::civil::date(2026, 11, 2));
        let left = TextBrief { left_on: day, ..text(None, None) };
        let brief = BriefRecord::of_text(&left).unwrap();
        assert_eq!((brief.state, brief.left_on), (FilingState::Cancelled, day));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = briefs(&bytes);
            let _ = briefs(&[&[FORMAT], bytes.as_slice()].concat());
            let _ = briefs(&[&[WITH_UNREADABLE], bytes.as_slice()].concat());
        }
    }
}
