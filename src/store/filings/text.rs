//! What verdicts rest on of a filing, in the texts of its row: what is kept of rows that left.

use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::cancellation::ACCESS_IDS;
use crate::facts::cancellation::BureauIds;
use crate::facts::cancellation::RECORD_ID;
use crate::facts::cancellation::SUBJECT_ID;
use crate::facts::filing::FilingState;
use crate::facts::filing::UNREADABLE;
use crate::store::StoreError;
use crate::store::encoding;

/// The name of the record in errors.
const WHAT: &str = "filing in brief";

/// A record in brief, without personal data. It borrows from the bytes of a whole row, or of a stored
/// brief.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TextBrief<'a> {
    #[serde(borrow)]
    pub(super) site_number: Option<&'a str>,
    #[serde(borrow)]
    pub(super) subject_number: Option<&'a str>,
    pub(super) state: FilingState,
    #[serde(borrow)]
    pub(super) providers: Option<Vec<&'a str>>,
    #[serde(borrow)]
    pub(super) filed_on: Option<&'a str>,
    #[serde(borrow)]
    pub(super) changed_on: Option<&'a str>,
    /// The day of the first register that no longer had it; `None` while it is there.
    pub(super) left_on: Option<Date>,
    /// Whether nothing is known of it. What earlier registers could not read is not kept.
    #[serde(skip)]
    pub(super) is_unreadable: bool,
}

/// A brief that borrows from nothing, as it is read from texts with escapes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnedBrief {
    site_number: Option<String>,
    subject_number: Option<String>,
    state: FilingState,
    providers: Option<Vec<String>>,
    filed_on: Option<String>,
    changed_on: Option<String>,
    left_on: Option<Date>,
}

impl OwnedBrief {
    /// The same, borrowed.
    pub(crate) fn brief(&self) -> TextBrief<'_> {
        let providers = self.providers.as_ref();
        TextBrief {
            site_number: self.site_number.as_deref(),
            subject_number: self.subject_number.as_deref(),
            state: self.state,
            providers: providers.map(|names| names.iter().map(String::as_str).collect()),
            filed_on: self.filed_on.as_deref(),
            changed_on: self.changed_on.as_deref(),
            left_on: self.left_on,
            is_unreadable: false,
        }
    }
}

/// A whole row, read without taking anything out of its bytes. Field by field that of
/// [`Filing`](crate::facts::filing::Filing).
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

/// The bureau's numbers in the whole row in `bytes`.
pub(crate) fn bureau_ids(bytes: &[u8]) -> Result<BureauIds<'_>, StoreError> {
    let row: Whole<'_> = encoding::decode_borrowed(WHAT, bytes)?;
    Ok(BureauIds {
        subject: row.detail(SUBJECT_ID),
        site: row.detail(RECORD_ID),
        accesses: row.detail(ACCESS_IDS),
    })
}

impl<'a> Whole<'a> {
    fn detail(&self, name: &str) -> Option<&'a str> {
        let found = self.details.iter().find(|(column, _)| *column == name);
        found.map(|(_, text)| *text).filter(|text| !text.is_empty())
    }
}

impl<'a> TextBrief<'a> {
    /// The brief of the whole row in `bytes`.
    pub(crate) fn of_row(bytes: &'a [u8], left_on: Option<Date>) -> Result<Self, StoreError> {
        let row: Whole<'a> = encoding::decode_borrowed(WHAT, bytes)?;
        Ok(Self {
            site_number: row.site_number,
            subject_number: row.subject_number,
            state: row.state,
            filed_on: row.detail("filed_on"),
            changed_on: row.detail("changed_on"),
            is_unreadable: row.detail(UNREADABLE).is_some(),
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
}
