//! Filing numbers (备案号): what a register row or a page claims, in parts and in normal form.
//!
//! `京ICP备12345678号-1` is a filing number: province, subject serial, site suffix. Licence numbers may
//! stand in its place, even in the register; they name a permit, not a filing, and are never held
//! against a site. V3 section "备案号": (省简称)ICP备 + subject serial + site serial.
//!
//! | normal form | what it is |
//! |---|---|
//! | `京ICP备05014806号` | a subject's filing (主体备案号) |
//! | `京ICP备05014806号-1A` | one of its sites (网站备案号): running number, `A` app, `X` mini program, `K` quick app |
//! | `京ICP证030173号`, `京ICP证030173号-1` | an ICP licence, and a site under it |
//! | `粤A2-20044005`, `粤A2-20044005-70` | a licence by class of service, and a site under it |
//! | `合字A1.B1.B2-20180017` | the same, of the ministry; without 合字 where the issuer is not told |
//!
//! The province is the character of numbers (蜀 黔 滇 陇), also where that of car plates (川 贵 云 甘) was
//! written. `written.txt` beside the tests shows what is read how.

mod grammar;
mod serial;

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

use crate::facts::bureau::Bureau;
pub(crate) use crate::facts::number::grammar::fold;
pub(crate) use crate::facts::number::grammar::province;
pub(crate) use crate::facts::number::grammar::read;
use crate::facts::number::serial::Serial;

/// A cell longer than this many bytes is no number, whatever it begins with.
const LONGEST_CELL: usize = 256;

/// What the label before a number is made of.
const LABEL: [char; 17] = [
    'I', 'C', 'P', '网', '站', '主', '体', '备', '案', '序', '许', '可', '证', '编', '号', '经',
    '营',
];

/// A filing number or the licence number in its place, in normal form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum FilingNumber {
    /// `京ICP备12345678号`, with the site's suffix where it is given.
    Filed {
        /// Whose filing it is.
        subject: SubjectNumber,
        /// The site under the subject: `-1`, or `-1A` for an app.
        site: Option<SiteSuffix>,
    },
    /// An operating licence, with the site's suffix where it is given: `粤A2-20044005-70`.
    Licence {
        /// Which licence. Few records have one: it does not make all numbers large.
        licence: Box<LicenceNumber>,
        /// The site under the licence.
        site: Option<SiteSuffix>,
    },
}

/// An operating licence (经营许可证编号) without a site: `京ICP证030173号`, `粤B2-20090059`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LicenceNumber {
    /// A province's character, `合字` for the ministry, or empty where it is not told.
    issuer: String,
    /// The classes of service, such as `A1.B1.B2`; `None` for an ICP licence.
    classes: Option<String>,
    serial: String,
}

/// Which registry a number is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registry<'a> {
    /// ICP备: filings.
    Filing,
    /// ICP证: licences for information services.
    IcpLicence,
    /// Licences by class of service, such as `B2` or `A1.B1.B2`.
    ClassedLicence(&'a str),
}

/// The subject's number (主体备案号) without a site: `京ICP备12345678号`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SubjectNumber {
    province: char,
    serial: Serial,
}

/// The site's place under its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SiteSuffix {
    /// The running number, from 1.
    pub index: u32,
    /// `A` app, `X` mini program, `K` quick app; `None` for a web site.
    pub variant: Option<char>,
}

/// The text is no filing number and no licence number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither a filing number such as 京ICP备12345678号-1 nor a licence number")]
pub struct NotANumber;

/// A number in its parts, as the store keeps it where no text may cost time to be read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum NumberParts {
    Filed(SubjectNumber, Option<SiteSuffix>),
    Licence(Box<LicenceNumber>, Option<SiteSuffix>),
}

/// Filing began in 2005; since the twenties the year is written with four digits.
const YEARS_OF_TWO_DIGITS: std::ops::RangeInclusive<i16> = 2005..=2029;

impl FilingNumber {
    /// The subject, unless the number is a licence.
    pub fn subject(&self) -> Option<&SubjectNumber> {
        match self {
            Self::Filed { subject, .. } => Some(subject),
            Self::Licence { .. } => None,
        }
    }

    /// The site under the subject or licence; `None` where the number is the subject's own.
    pub fn site(&self) -> Option<SiteSuffix> {
        match self {
            Self::Filed { site, .. } | Self::Licence { site, .. } => *site,
        }
    }

    /// Which registry the number is of.
    pub fn registry(&self) -> Registry<'_> {
        match self {
            Self::Filed { .. } => Registry::Filing,
            Self::Licence { licence, .. } => match &licence.classes {
                None => Registry::IcpLicence,
                Some(classes) => Registry::ClassedLicence(classes),
            },
        }
    }

    /// The character of the province; `None` where the ministry is the issuer, or it is not told.
    pub fn province(&self) -> Option<char> {
        match self {
            Self::Filed { subject, .. } => Some(subject.province),
            Self::Licence { licence, .. } => licence.issuer.chars().next().and_then(province),
        }
    }

    /// The running number as it is written.
    pub fn serial(&self) -> &str {
        match self {
            Self::Filed { subject, .. } => subject.serial(),
            Self::Licence { licence, .. } => &licence.serial,
        }
    }

    /// The year that the serial begins with; `None` where its length or its digits tell none.
    pub fn year(&self) -> Option<i16> {
        let serial = self.serial();
        let leading = |digits: usize| serial.get(..digits)?.parse::<i16>().ok();
        let of_four = || leading(4).filter(|year| (1990..2100).contains(year));
        match (self.registry(), serial.len()) {
            (Registry::Filing, 8) => {
                let year = leading(2).map(|year| 2000 + year);
                year.filter(|year| YEARS_OF_TWO_DIGITS.contains(year))
            }
            // ICP licences are given since 2000.
            (Registry::IcpLicence, 6) => leading(2).map(|year| 2000 + year).filter(|y| *y < 2030),
            (Registry::Filing, 10) | (Registry::IcpLicence | Registry::ClassedLicence(_), 8) => {
                of_four()
            }
            _ => None,
        }
    }

    /// Whether the serial has a length that the registry gives: 8 or 10 digits of a filing, 6 or 8 of
    /// an ICP licence, 8 of a licence by class. Others are read all the same: old registers have them.
    pub fn is_well_formed(&self) -> bool {
        match (self.registry(), self.serial().len()) {
            (Registry::Filing, length) => matches!(length, 8 | 10),
            (Registry::IcpLicence, length) => matches!(length, 6 | 8),
            (Registry::ClassedLicence(_), length) => length == 8,
        }
    }
}

impl SubjectNumber {
    /// The bureau that gave the number.
    pub fn bureau(&self) -> Option<Bureau> {
        Bureau::of_number_prefix(self.province)
    }

    /// The running number as it is written, 4 to 14 digits.
    pub fn serial(&self) -> &str {
        self.serial.as_str()
    }
}

impl fmt::Display for SubjectNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ICP备{}号", self.province, self.serial())
    }
}

impl fmt::Display for LicenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issuer, classes, serial } = self;
        match classes {
            None => write!(f, "{issuer}ICP证{serial}号"),
            Some(classes) => write!(f, "{issuer}{classes}-{serial}"),
        }
    }
}

impl fmt::Display for SiteSuffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-{}", self.index)?;
        self.variant.map_or(Ok(()), |letter| write!(f, "{letter}"))
    }
}

impl fmt::Display for FilingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filed { subject, .. } => subject.fmt(f)?,
            Self::Licence { licence, .. } => licence.fmt(f)?,
        }
        self.site().map_or(Ok(()), |site| site.fmt(f))
    }
}

impl FromStr for FilingNumber {
    type Err = NotANumber;

    /// Takes a whole cell or claim, in any of the ways people write it: full-width or traditional
    /// characters, spaces, any dash, without 号, a label such as `备案号：` or `ICP证` before it.
    fn from_str(text: &str) -> Result<Self, NotANumber> {
        if text.len() > LONGEST_CELL {
            return Err(NotANumber);
        }
        let mut characters = Vec::new();
        for character in text.chars() {
            fold(character, &mut |folded| characters.push(folded));
        }
        characters.retain(|character| *character != ' ');
        let label = characters.iter().rposition(|character| *character == ':');
        let label = label.filter(|end| characters[..*end].iter().all(|c| LABEL.contains(c)));
        let number = characters.get(label.map_or(0, |end| end + 1)..).unwrap_or_default();
        let number = number.strip_prefix(&['I', 'C', 'P', '证']).unwrap_or(number);
        match read(number).or_else(|| grammar::read_without_issuer(number)) {
            Some((found, length)) if length == number.len() => Ok(found),
            _ => Err(NotANumber),
        }
    }
}

impl FromStr for SubjectNumber {
    type Err = NotANumber;

    /// Takes what [`FilingNumber`] takes, and drops the site; a licence names no subject.
    fn from_str(text: &str) -> Result<Self, NotANumber> {
        match text.parse()? {
            FilingNumber::Filed { subject, .. } => Ok(subject),
            FilingNumber::Licence { .. } => Err(NotANumber),
        }
    }
}

impl TryFrom<String> for FilingNumber {
    type Error = NotANumber;

    fn try_from(text: String) -> Result<Self, NotANumber> {
        text.parse()
    }
}

impl From<FilingNumber> for String {
    fn from(number: FilingNumber) -> Self {
        number.to_string()
    }
}

impl From<NumberParts> for FilingNumber {
    fn from(parts: NumberParts) -> Self {
        match parts {
            NumberParts::Filed(subject, site) => Self::Filed { subject, site },
            NumberParts::Licence(licence, site) => Self::Licence { licence, site },
        }
    }
}

impl From<FilingNumber> for NumberParts {
    fn from(number: FilingNumber) -> Self {
        match number {
            FilingNumber::Filed { subject, site } => Self::Filed(subject, site),
            FilingNumber::Licence { licence, site } => Self::Licence(licence, site),
        }
    }
}

#[cfg(test)]
mod tests;
