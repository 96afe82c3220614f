//! The answers of `lookup` as JSON: the columns of the registers, masked, and what they mean.

use std::net::IpAddr;

use serde::Serialize;
use serde::Serializer;

use crate::clock;
use crate::facts::allocation::AddressUse;
use crate::facts::allocation::Allocation;
use crate::facts::bureau::Bureau;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingStatus;
use crate::facts::number::FilingNumber;
use crate::facts::provider::ProviderName;
use crate::publish::lookup::AddressAnswer;
use crate::publish::lookup::DomainAnswer;
use crate::publish::mask;
use crate::publish::mask::Personal;
use crate::publish::place::PlacementView;
use crate::publish::view::ProviderNames;
use crate::publish::view::ProviderView;
use crate::publish::words;

/// Who holds an address.
#[derive(Serialize)]
pub(super) struct AddressView<'a> {
    address: IpAddr,
    #[serde(flatten)]
    placement: PlacementView,
    /// Every row that covers it, the most specific first.
    rows: Vec<RowView<'a>>,
}

/// A row of the allocations register, by its column names.
#[derive(Serialize)]
struct RowView<'a> {
    start: IpAddr,
    end: IpAddr,
    provider: Option<&'a ProviderName>,
    kind: &'static str,
    from: Option<&'a ProviderName>,
    to: Option<&'a ProviderName>,
    r#use: AddressUse,
    redirector: bool,
    province: Option<Bureau>,
    #[serde(flatten)]
    details: Details,
}

/// What the register says of a Domain.
#[derive(Serialize)]
pub(super) struct DomainView<'a> {
    domain: String,
    domain_unicode: String,
    /// `filed`, `unfiled` or `unknown`.
    status: &'static str,
    /// Why it is unknown.
    gap: Option<&'static str>,
    /// The known access providers of the records; `None` without records.
    providers: Option<Vec<ProviderView>>,
    /// Whether those are all; `None` without records.
    providers_known: Option<bool>,
    /// When the register was imported that says so; `None` without records.
    as_of: Option<String>,
    filings: Vec<FilingView<'a>>,
}

/// A row of the filings register, by its column names.
#[derive(Serialize)]
struct FilingView<'a> {
    site_number: Option<&'a FilingNumber>,
    subject_number: Option<&'a FilingNumber>,
    state: &'static str,
    /// As written; `None` where the source has no such column.
    providers: Option<&'a [ProviderName]>,
    #[serde(flatten)]
    details: Details,
}

/// Further columns, each a field.
struct Details(Vec<(String, String)>);

impl Serialize for Details {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(column, value)| (column, value)))
    }
}

impl<'a> AddressView<'a> {
    pub(super) fn of(answer: &'a AddressAnswer, names: &ProviderNames, personal: Personal) -> Self {
        Self {
            address: answer.address,
            placement: PlacementView::of(&answer.placement, names),
            rows: answer.rows.iter().map(|row| RowView::of(row, personal)).collect(),
        }
    }
}

impl<'a> RowView<'a> {
    fn of(row: &'a Allocation, personal: Personal) -> Self {
        Self {
            start: row.range.start(),
            end: row.range.end(),
            provider: row.provider.as_ref(),
            kind: row.kind.word(),
            from: row.from.as_ref(),
            to: row.to.as_ref(),
            r#use: row.address_use,
            redirector: row.is_redirector,
            province: row.province,
            details: Details(mask::details(&row.details, personal)),
        }
    }
}

impl<'a> DomainView<'a> {
    pub(super) fn of(answer: &'a DomainAnswer, names: &ProviderNames, personal: Personal) -> Self {
        let summary = answer.status.summary();
        Self {
            domain: answer.target.to_string(),
            domain_unicode: answer.target.unicode(),
            status: match &answer.status {
                FilingStatus::Active(_) => "filed",
                FilingStatus::Cancelled(_) | FilingStatus::None => "unfiled",
                FilingStatus::Unknown(_) => "unknown",
            },
            gap: match &answer.status {
                FilingStatus::Unknown(gap) => Some(words::register_gap(*gap).0),
                _ => None,
            },
            providers: summary
                .map(|summary| summary.providers.iter().map(|id| names.view(id)).collect()),
            providers_known: summary.map(|summary| summary.are_providers_known),
            as_of: summary.map(|summary| clock::written(summary.as_of)),
            filings: answer.filings.iter().map(|row| FilingView::of(row, personal)).collect(),
        }
    }
}

impl<'a> FilingView<'a> {
    fn of(row: &'a Filing, personal: Personal) -> Self {
        Self {
            site_number: row.site_number.as_ref(),
            subject_number: row.subject_number.as_ref(),
            state: words::filing_state(row.state).0,
            providers: row.providers.as_deref(),
            details: Details(mask::details(&row.details, personal)),
        }
    }
}
