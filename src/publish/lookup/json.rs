//! The answers of `lookup` as JSON: the columns of the registers, masked, and what they mean.

use std::net::IpAddr;

use serde::Serialize;
use serde::Serializer;

use crate::clock;
use crate::facts::allocation::AddressUse;
use crate::facts::allocation::Allocation;
use crate::facts::bureau::Bureau;
use crate::facts::filing::Filing;
use crate::facts::number::FilingNumber;
use crate::facts::provider::ProviderName;
use crate::formats::domains_lookup::FilingAnswer;
use crate::publish::lookup::AddressAnswer;
use crate::publish::lookup::FilingFacts;
use crate::publish::lookup::filing_answer;
use crate::publish::mask;
use crate::publish::mask::Personal;
use crate::publish::place::PlacementView;
use crate::publish::submitted::SubmittedView;
use crate::publish::view::ProviderNames;
use crate::publish::words;

/// Who holds an address.
#[derive(Serialize)]
pub(super) struct AddressView<'a> {
    address: IpAddr,
    #[serde(flatten)]
    placement: PlacementView,
    /// Every row that covers it, the most specific first.
    rows: Vec<RowView<'a>>,
    /// Whether it is filed as a site without a name.
    filing: FilingView<'a>,
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

/// Whether a target is filed, with its records.
#[derive(Serialize)]
pub(super) struct FilingView<'a> {
    #[serde(flatten)]
    answer: FilingAnswer,
    domain_unicode: String,
    /// What became of the question to the upstream register; `None` where it was not asked.
    upstream: Option<UpstreamView<'a>>,
    filings: Vec<RecordView<'a>>,
    /// What providers submitted and the register has not.
    submitted: Vec<SubmittedView>,
}

/// What another register was asked.
#[derive(Serialize)]
struct UpstreamView<'a> {
    register: &'a str,
    at: String,
    /// `answered`, `undecided`, or why it gave no answer that can be used.
    outcome: &'static str,
}

/// A row of the filings register, by its column names.
#[derive(Serialize)]
struct RecordView<'a> {
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
            filing: FilingView::of(&answer.filing, names, personal),
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

impl<'a> FilingView<'a> {
    pub(super) fn of(facts: &'a FilingFacts, names: &ProviderNames, personal: Personal) -> Self {
        let FilingFacts { target, status, as_of, upstream, records, submitted } = facts;
        let note = upstream.as_ref();
        Self {
            answer: filing_answer(target, status, *as_of, note, names),
            domain_unicode: target.unicode(),
            upstream: note.map(|note| UpstreamView {
                register: &note.register,
                at: clock::written(note.at),
                outcome: words::upstream_outcome(note.outcome).0,
            }),
            filings: records.iter().map(|row| RecordView::of(row, personal)).collect(),
            submitted: submitted.iter().map(|note| SubmittedView::of(note, names)).collect(),
        }
    }
}

impl<'a> RecordView<'a> {
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
