//! A finding as the outside sees it: the fields of the contract, in its order, with names beside
//! the ids.

use std::collections::HashMap;
use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde::Serializer;
use ulid::Ulid;
use utoipa::ToSchema;

use crate::clock;
use crate::facts::bureau::Bureau;
use crate::facts::domain::Host;
use crate::facts::finding::Answer;
use crate::facts::finding::AnswerResult;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::Evidence;
use crate::facts::finding::FilingBrief;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingKey;
use crate::facts::finding::FindingState;
use crate::facts::finding::Kind;
use crate::facts::number::FilingNumber;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderName;
use crate::facts::reason::Reason;

/// What the providers register says of each id, as far as the faces show it.
#[derive(Debug, Clone, Default)]
pub struct ProviderNames {
    known: HashMap<ProviderId, Known>,
}

#[derive(Debug, Clone)]
struct Known {
    name: ProviderName,
    bureau: Option<Bureau>,
    v3_id: Option<u64>,
}

impl ProviderNames {
    /// The names in `register`.
    pub fn new(register: &[Provider]) -> Self {
        let known = |provider: &Provider| Known {
            name: provider.name.clone(),
            bureau: provider.bureau,
            v3_id: provider.v3_id,
        };
        let known = register.iter().map(|provider| (provider.id.clone(), known(provider)));
        Self { known: known.collect() }
    }

    /// The name (名称); `None` where the register does not know the id any more.
    pub fn name(&self, id: &ProviderId) -> Option<&ProviderName> {
        self.known.get(id).map(|known| &known.name)
    }

    /// The authority over the provider; `None` where the register does not say.
    pub fn bureau(&self, id: &ProviderId) -> Option<Bureau> {
        self.known.get(id)?.bureau
    }

    /// The number that the ministry's messages use; `None` where the register has none.
    pub fn v3_id(&self, id: &ProviderId) -> Option<u64> {
        self.known.get(id)?.v3_id
    }

    /// `id` with its name.
    pub fn view(&self, id: &ProviderId) -> ProviderView {
        ProviderView { id: id.clone(), name: self.name(id).cloned() }
    }

    /// The name with the id, for people: `示例接入商 (P004)`.
    pub fn told(&self, id: &ProviderId) -> String {
        self.name(id).map_or_else(|| id.to_string(), |name| format!("{name} ({id})"))
    }
}

/// A provider as findings name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProviderView {
    /// 标识
    #[schema(value_type = String)]
    pub id: ProviderId,
    /// 名称; `None` where the register does not know the id any more.
    #[schema(value_type = Option<String>)]
    pub name: Option<ProviderName>,
}

impl ProviderView {
    /// The name, or the id where the name is not known.
    pub fn label(&self) -> &str {
        self.name.as_ref().map_or(self.id.as_str(), ProviderName::as_str)
    }
}

/// A finding as JSON (contract, section 4); the fields of every other format are these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FindingView {
    /// Identity.
    #[schema(value_type = String)]
    pub id: Ulid,
    /// The kind of fault.
    pub kind: Kind,
    /// The Domain as A-labels, or an address.
    pub domain: String,
    /// The Domain as people write it.
    pub domain_unicode: String,
    /// The hosts at fault.
    #[schema(value_type = Vec<String>)]
    pub hosts: Vec<Host>,
    /// At whom; `None` when nobody can be named.
    pub provider: Option<ProviderView>,
    /// The first-level holder of the address; `None` when unknown.
    pub carrier: Option<ProviderView>,
    /// Who follows it.
    #[schema(value_type = String)]
    pub bureau: Bureau,
    /// The addresses at fault.
    #[schema(value_type = Vec<String>)]
    pub addresses: Vec<IpAddr>,
    /// The channel that brought the candidate.
    pub channel: String,
    /// Where it is in its life.
    #[serde(serialize_with = "as_word")]
    #[schema(value_type = String)]
    pub state: FindingState,
    /// Why it was closed; `None` while it is not.
    pub closed_reason: Option<ClosedReason>,
    /// How often it came back.
    pub reopened: u32,
    /// When it was first seen.
    #[serde(serialize_with = "in_china")]
    #[schema(value_type = String, format = DateTime)]
    pub first_seen: Timestamp,
    /// When it was last seen.
    #[serde(serialize_with = "in_china")]
    #[schema(value_type = String, format = DateTime)]
    pub last_seen: Timestamp,
    /// On how many nights it was seen.
    pub times_seen: u32,
    /// The last day to deal with it.
    #[schema(value_type = String, format = Date)]
    pub due: Date,
    /// Whether it stands and that day is over in China.
    pub overdue: bool,
    /// Why it stands.
    #[schema(value_type = Vec<String>)]
    pub reasons: Vec<Reason>,
    /// The records it was judged by; `None` where there were none.
    pub filing: Option<FilingView>,
    /// The provider's newest answer.
    pub answer: Option<AnswerView>,
    /// What was seen.
    pub evidence: EvidenceView,
    /// Who claims its addresses without a link between them, where the provider is `None` for that
    /// reason; left out of JSON where nobody does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub claimants: Vec<ProviderView>,
}

/// The records that a finding was judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FilingView {
    /// `active` or `cancelled`.
    pub state: &'static str,
    /// The site numbers of record.
    #[schema(value_type = Vec<String>)]
    pub numbers: Vec<FilingNumber>,
    /// The ids of the access providers of record.
    #[schema(value_type = Vec<String>)]
    pub providers: Vec<ProviderId>,
}

/// What a provider said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AnswerView {
    /// 处理结果
    pub result: AnswerResult,
    /// 处理意见
    pub opinion: String,
    /// When it was given.
    #[serde(serialize_with = "in_china")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// What was seen that proves a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EvidenceView {
    /// The HTTP status of the last answer; `None` where nothing was asked or answered.
    pub status: Option<u16>,
    /// The page's title.
    pub title: Option<String>,
    /// The page's own filing numbers.
    #[schema(value_type = Vec<String>)]
    pub numbers: Vec<FilingNumber>,
    /// The last URL asked for.
    pub final_url: Option<String>,
    /// SHA-256 of the body as read, lower-case hex.
    pub body_sha256: Option<String>,
    /// Where the newest exchange is kept: file, byte and record. `None` where none is; the store knows,
    /// not the finding.
    pub warc: Option<String>,
}

impl FindingView {
    /// `finding` as it stands at `now`.
    pub fn of(finding: &Finding, names: &ProviderNames, now: Timestamp) -> Self {
        let seen = &finding.seen;
        Self {
            id: finding.id,
            kind: finding.key.kind,
            domain: finding.key.target.to_string(),
            domain_unicode: finding.key.target.unicode(),
            hosts: seen.hosts.clone(),
            provider: finding.key.provider.as_ref().map(|id| names.view(id)),
            carrier: seen.carrier.as_ref().map(|id| names.view(id)),
            bureau: finding.bureau,
            addresses: seen.addresses.clone(),
            channel: finding.channel.clone(),
            state: finding.state,
            closed_reason: finding.state.closed_reason(),
            reopened: finding.reopened,
            first_seen: finding.first_seen,
            last_seen: finding.last_seen,
            times_seen: finding.times_seen,
            due: finding.due,
            overdue: finding.stands() && clock::day(now) > finding.due,
            reasons: seen.reasons.clone(),
            filing: seen.filing.as_ref().map(FilingView::of),
            answer: finding.answer.as_ref().map(AnswerView::of),
            evidence: EvidenceView::of(&seen.evidence),
            claimants: seen.claimants.iter().map(|id| names.view(id)).collect(),
        }
    }
}

impl FilingView {
    fn of(brief: &FilingBrief) -> Self {
        Self {
            state: if brief.is_active { "active" } else { "cancelled" },
            numbers: brief.numbers.clone(),
            providers: brief.providers.clone(),
        }
    }
}

impl AnswerView {
    /// The view of `answer`.
    pub fn of(answer: &Answer) -> Self {
        Self { result: answer.result, opinion: answer.opinion.clone(), at: answer.at }
    }
}

impl EvidenceView {
    fn of(evidence: &Evidence) -> Self {
        Self {
            status: evidence.status,
            title: evidence.title.clone(),
            numbers: evidence.numbers.clone(),
            final_url: evidence.final_url.clone(),
            body_sha256: evidence.body_sha256.clone(),
            warc: None,
        }
    }
}

/// What lists of findings are ordered by: what came back and stands comes first (死灰复燃); then the domain
/// as text, the kind, the provider, nobody first.
pub fn row_order(finding: &Finding) -> (bool, String, Kind, Option<ProviderId>) {
    let has_come_back = finding.stands() && finding.reopened > 0;
    let FindingKey { target, kind, provider } = &finding.key;
    (!has_come_back, target.to_string(), *kind, provider.clone())
}

/// The Chinese word for `state`, as tables show it.
pub(crate) fn state_in_chinese(state: FindingState) -> &'static str {
    match state {
        FindingState::Accruing => "累计中",
        FindingState::Open => "待处理",
        FindingState::Answered => "已答复",
        FindingState::Closed(_) => "已关闭",
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn as_word<S: Serializer>(state: &FindingState, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(state.word())
}

/// For `serialize_with`: a moment as RFC 3339 with China's offset.
pub(crate) fn in_china<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&clock::written(*at))
}

#[cfg(test)]
pub(crate) mod tests;
