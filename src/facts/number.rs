//! Filing numbers (备案号): what a register row or a page claims, in normal form.
//!
//! `京ICP备12345678号-1` is a filing number: province, subject serial, site suffix. Licence numbers
//! (`京ICP证030173号`, `粤B2-20090059`) may stand in its place, even in the register; they name a
//! permit, not a filing, and are never held against a site. V3 section "备案号": (省简称)ICP备 +
//! subject serial + site serial.

mod grammar;

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

pub(crate) use crate::facts::number::grammar::fold;
pub(crate) use crate::facts::number::grammar::read;

/// A cell longer than this many bytes is no number, whatever it begins with.
const LONGEST_CELL: usize = 256;

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
    /// An operating licence, normal form without a suffix, such as `粤B2-20090059`.
    Licence(String),
}

/// The subject's number (主体备案号) without a site: `京ICP备12345678号`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SubjectNumber {
    province: char,
    serial: String,
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

impl FilingNumber {
    /// The subject, unless the number is a licence.
    pub fn subject(&self) -> Option<&SubjectNumber> {
        match self {
            Self::Filed { subject, .. } => Some(subject),
            Self::Licence(_) => None,
        }
    }
}

impl SubjectNumber {
    /// The running number as it is written, 4 to 14 digits.
    pub fn serial(&self) -> &str {
        &self.serial
    }
}

impl fmt::Display for SubjectNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ICP备{}号", self.province, self.serial)
    }
}

impl fmt::Display for FilingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filed { subject, site: None } => subject.fmt(f),
            Self::Filed { subject, site: Some(site) } => {
                write!(f, "{subject}-{}", site.index)?;
                site.variant.map_or(Ok(()), |letter| write!(f, "{letter}"))
            }
            Self::Licence(text) => f.write_str(text),
        }
    }
}

impl FromStr for FilingNumber {
    type Err = NotANumber;

    /// Takes a whole cell or claim, in any of the ways people write it: full-width or traditional
    /// characters, spaces, any dash, without 号, and `ICP证` before a licence.
    fn from_str(text: &str) -> Result<Self, NotANumber> {
        if text.len() > LONGEST_CELL {
            return Err(NotANumber);
        }
        let mut characters = Vec::new();
        for character in text.chars() {
            fold(character, &mut |folded| characters.push(folded));
        }
        characters.retain(|character| *character != ' ');
        let characters = characters.strip_prefix(&['I', 'C', 'P', '证']).unwrap_or(&characters);
        match read(characters) {
            Some((number, length)) if length == characters.len() => Ok(number),
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
            FilingNumber::Licence(_) => Err(NotANumber),
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

#[cfg(test)]
mod tests;
