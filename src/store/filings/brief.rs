//! What verdicts rest on of a filing, as bytes: no personal data, and nothing that takes long to read.

use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::filing::LEFT_ON;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::encoding;

/// The name of the record in errors.
const WHAT: &str = "filing in brief";

/// A record in brief. It borrows from the bytes of a whole row, or of a stored brief.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Brief<'a> {
    #[serde(borrow)]
    site_number: Option<&'a str>,
    #[serde(borrow)]
    subject_number: Option<&'a str>,
    state: FilingState,
    #[serde(borrow)]
    providers: Option<Vec<&'a str>>,
    #[serde(borrow)]
    filed_on: Option<&'a str>,
    #[serde(borrow)]
    changed_on: Option<&'a str>,
    /// The day of the first register that no longer had it; `None` while it is there.
    left_on: Option<Date>,
}

/// A whole row, read without taking anything out of its bytes. Field by field that of
/// [`Filing`].
#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow)]
    _domain: &'a str,
    #[serde(borrow)]
    site_number: Option<&'a str>,
    #[serde(borrow)]
    subject_number: Option<&'a str>,
    state: FilingState,
    #[serde(borrow)]
    providers: Option<Vec<&'a str>>,
    #[serde(borrow)]
    details: Vec<(&'a str, &'a str)>,
}

impl<'a> Brief<'a> {
    /// The brief of the whole row in `bytes`.
    pub(crate) fn of_row(bytes: &'a [u8], left_on: Option<Date>) -> Result<Self, StoreError> {
        let row: Whole<'a> = encoding::decode_borrowed(WHAT, bytes)?;
        let detail = |name: &str| {
            let found = row.details.iter().find(|(column, _)| *column == name);
            found.map(|(_, text)| *text).filter(|text| !text.is_empty())
        };
        Ok(Self {
            site_number: row.site_number,
            subject_number: row.subject_number,
            state: row.state,
            filed_on: detail("filed_on"),
            changed_on: detail("changed_on"),
            providers: row.providers,
            left_on,
        })
    }

    pub(crate) fn encode(&self) -> Result<Vec<u8>, StoreError> {
        encoding::encode(WHAT, self)
    }

    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Self, StoreError> {
        encoding::decode_borrowed(WHAT, bytes)
    }

    /// The numbers as the row writes them, in normal form.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = &'a str> {
        [self.subject_number, self.site_number].into_iter().flatten()
    }

    /// The briefs of one target in `bytes`, each as a filing with the details that are kept.
    pub(crate) fn filings(bytes: &[u8], target: &Target) -> Result<Vec<Filing>, StoreError> {
        let briefs: Vec<Brief<'_>> = encoding::decode_borrowed(WHAT, bytes)?;
        briefs.iter().map(|brief| brief.filing(target)).collect()
    }

    fn filing(&self, target: &Target) -> Result<Filing, StoreError> {
        let damaged = || StoreError::Record { what: WHAT, source: postcard::Error::SerdeDeCustom };
        let number = |text: Option<&str>| text.map(str::parse).transpose().map_err(|_| damaged());
        let providers = self
            .providers
            .as_ref()
            .map(|names| names.iter().map(|name| name.parse().map_err(|_| damaged())).collect());
        let mut details = Vec::new();
        for (name, text) in [("filed_on", self.filed_on), ("changed_on", self.changed_on)] {
            details.extend(text.map(|text| (name.to_owned(), text.to_owned())));
        }
        details.extend(self.left_on.map(|day| (LEFT_ON.to_owned(), day.to_string())));
        Ok(Filing {
            domain: target.clone(),
            site_number: number(self.site_number)?,
            subject_number: number(self.subject_number)?,
            state: if self.left_on.is_some() { FilingState::Cancelled } else { self.state },
            providers: providers.transpose()?,
            details,
        })
    }
}

/// The bytes of all briefs of one target.
pub(crate) fn encode_all(briefs: &[Brief<'_>]) -> Result<Vec<u8>, StoreError> {
    encoding::encode(WHAT, &briefs)
}

/// The part of a row's key that is its target's sort key: up to the 0 after the name.
pub(crate) fn target_key(key: &[u8]) -> &[u8] {
    let name = key.get(CHECKSUM..).unwrap_or_default();
    let length = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    key.get(..CHECKSUM + length).unwrap_or(key)
}

/// The target of a sort key.
pub(crate) fn target_of(key: &[u8]) -> Result<Target, StoreError> {
    let name = key.get(CHECKSUM..).and_then(|name| std::str::from_utf8(name).ok());
    name.and_then(|name| name.parse().ok())
        .ok_or(StoreError::Record { what: WHAT, source: postcard::Error::DeserializeBadUtf8 })
}

/// The bytes before the name in a sort key.
const CHECKSUM: usize = 4;
