//! The trail of one name as JSON, in the order in which it was learnt.

use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use ulid::Ulid;

use crate::facts::certificate::Certificate;
use crate::facts::change::Change;
use crate::facts::change::ChangeKind;
use crate::facts::domain::Host;
use crate::facts::examination::Examination;
use crate::facts::examination::HostExamination;
use crate::facts::examination::Sighting;
use crate::facts::filing::FilingStatus;
use crate::facts::filing::UpstreamNote;
use crate::facts::finding::ClosedReason;
use crate::facts::language::Language;
use crate::facts::number::FilingNumber;
use crate::facts::reason::Reason;
use crate::facts::resolution::DnsAnswer;
use crate::facts::resolution::View;
use crate::facts::visit::Visit;
use crate::publish::place::PlacementView;
use crate::publish::submitted::AccessDeedView;
use crate::publish::submitted::SubmittedView;
use crate::publish::trail::Trail;
use crate::publish::view::FindingView;
use crate::publish::view::ProviderNames;
use crate::publish::view::ProviderView;
use crate::publish::view::in_china;
use crate::publish::words;

/// All that is kept of one name.
#[derive(Serialize)]
pub(super) struct TrailView<'a> {
    domain: String,
    domain_unicode: String,
    exemption: Option<ExemptionView<'a>>,
    /// Whether it, or an address of it, is never asked, because it is on the opt-out list.
    opted_out: bool,
    /// What providers submitted of it, and the authority's register has not.
    submitted: Vec<SubmittedView>,
    /// What became of that, oldest first.
    submitted_history: Vec<AccessDeedView>,
    examination: Option<ExaminationView<'a>>,
    findings: Vec<HistoryView<'a>>,
}

#[derive(Serialize)]
struct ExemptionView<'a> {
    reason: &'a str,
    until: Option<Date>,
}

#[derive(Serialize)]
struct ExaminationView<'a> {
    night: u32,
    #[serde(serialize_with = "in_china")]
    at: Timestamp,
    channel: &'a str,
    names: u64,
    filing: FilingView<'a>,
    /// What became of the question to the upstream register; `None` where it was not asked.
    upstream: Option<UpstreamView<'a>>,
    hosts: Vec<HostView<'a>>,
}

/// What another register was asked.
#[derive(Serialize)]
struct UpstreamView<'a> {
    register: &'a str,
    #[serde(serialize_with = "in_china")]
    at: Timestamp,
    /// `answered`, `undecided`, or why it gave no answer that can be used.
    outcome: &'static str,
}

#[derive(Serialize)]
struct FilingView<'a> {
    /// `active`, `cancelled`, `none` or `unknown`.
    status: &'static str,
    /// Why it is unknown.
    gap: Option<&'static str>,
    /// The records folded together; `None` without records.
    records: Option<RecordsView<'a>>,
}

#[derive(Serialize)]
struct RecordsView<'a> {
    numbers: &'a [FilingNumber],
    subjects: Vec<String>,
    providers: Vec<ProviderView>,
    /// Whether `providers` is all of them.
    providers_known: bool,
    #[serde(serialize_with = "in_china")]
    as_of: Timestamp,
}

#[derive(Serialize)]
struct HostView<'a> {
    /// `None` for a bare address.
    host: Option<&'a Host>,
    /// `None` for a bare address.
    dns: Option<DnsView<'a>>,
    addresses: Vec<AddressView<'a>>,
    /// Whether the zone answers for any name, so that this one proves nothing.
    invented: bool,
}

#[derive(Serialize)]
struct DnsView<'a> {
    a: AnswerView<'a>,
    aaaa: AnswerView<'a>,
    chain: &'a [Host],
    /// What each vantage was told; empty where only one was asked for.
    vantages: Vec<VantageView<'a>>,
}

#[derive(Serialize)]
struct AnswerView<'a> {
    /// `addresses`, or how it failed: `empty`, `nxdomain`, `servfail`, `refused`, `timeout`.
    answer: &'static str,
    addresses: &'a [IpAddr],
}

#[derive(Serialize)]
struct AddressView<'a> {
    address: IpAddr,
    #[serde(flatten)]
    placement: PlacementView,
    /// Empty where nothing was asked.
    visits: Vec<VisitView<'a>>,
}

#[derive(Serialize)]
struct VisitView<'a> {
    port: u16,
    tls: bool,
    state: &'static str,
    sign: &'static str,
    /// What the sign says besides its word.
    detail: Option<String>,
    status: Option<u16>,
    final_url: &'a str,
    hops: &'a [String],
    title: Option<&'a str>,
    numbers: Vec<NumberView<'a>>,
    language: Option<Language>,
    text_chars: Option<u32>,
    text_sha256: Option<&'a str>,
    /// What the control test of a block page said.
    control: Option<&'static str>,
    body_sha256: Option<&'a str>,
    certificate: Option<CertificateView<'a>>,
}

#[derive(Serialize)]
struct NumberView<'a> {
    number: &'a FilingNumber,
    /// `own` or `quoted`.
    place: &'static str,
    /// The host that the link around or beside it leads to.
    link: Option<&'a Host>,
    /// Whose it is; `None` where it was not held against the register.
    owner: Option<&'static str>,
}

#[derive(Serialize)]
struct HistoryView<'a> {
    #[serde(flatten)]
    finding: &'a FindingView,
    changes: Vec<ChangeView<'a>>,
}

/// One event in the life of a finding.
#[derive(Serialize)]
struct ChangeView<'a> {
    finding: Ulid,
    kind: ChangeKind,
    state: &'static str,
    closed_reason: Option<ClosedReason>,
    #[serde(serialize_with = "in_china")]
    at: Timestamp,
    reasons: &'a [Reason],
    actor: &'a str,
    note: Option<&'a str>,
}

impl<'a> TrailView<'a> {
    pub(super) fn of(trail: &'a Trail<'a>, names: &ProviderNames) -> Self {
        let exemption = trail.exemption.as_ref();
        let history = |(finding, changes): &'a (FindingView, Vec<Change>)| HistoryView {
            finding,
            changes: changes.iter().map(ChangeView::of).collect(),
        };
        Self {
            domain: trail.target.to_string(),
            domain_unicode: trail.target.unicode(),
            exemption: exemption
                .map(|given| ExemptionView { reason: given.reason, until: given.until }),
            opted_out: trail.is_opted_out(),
            submitted: trail.submitted.iter().map(|note| SubmittedView::of(note, names)).collect(),
            submitted_history: trail
                .deeds
                .iter()
                .map(|deed| AccessDeedView::of(deed, names))
                .collect(),
            examination: trail.examination.map(|seen| ExaminationView::of(seen, names)),
            findings: trail.findings.iter().map(history).collect(),
        }
    }
}

impl<'a> ExaminationView<'a> {
    fn of(seen: &'a Examination, names: &ProviderNames) -> Self {
        Self {
            night: seen.night,
            at: seen.at,
            channel: &seen.channel,
            names: seen.names,
            filing: FilingView::of(&seen.filing, names),
            upstream: seen.upstream.as_ref().map(UpstreamView::of),
            hosts: seen.hosts.iter().map(|host| HostView::of(host, names)).collect(),
        }
    }
}

impl<'a> UpstreamView<'a> {
    fn of(note: &'a UpstreamNote) -> Self {
        let outcome = words::upstream_outcome(note.outcome).0;
        Self { register: &note.register, at: note.at, outcome }
    }
}

impl<'a> FilingView<'a> {
    fn of(status: &'a FilingStatus, names: &ProviderNames) -> Self {
        Self {
            status: words::filing_status(status).0,
            gap: match status {
                FilingStatus::Unknown(gap) => Some(words::register_gap(*gap).0),
                _ => None,
            },
            records: status.summary().map(|summary| RecordsView {
                numbers: &summary.numbers,
                subjects: summary.subjects.iter().map(ToString::to_string).collect(),
                providers: summary.providers.iter().map(|id| names.view(id)).collect(),
                providers_known: summary.are_providers_known,
                as_of: summary.as_of,
            }),
        }
    }
}

impl<'a> HostView<'a> {
    fn of(host: &'a HostExamination, names: &ProviderNames) -> Self {
        Self {
            host: host.host.as_ref(),
            dns: host.resolution.as_ref().map(|resolution| DnsView {
                a: AnswerView::of(&resolution.v4),
                aaaa: AnswerView::of(&resolution.v6),
                chain: &resolution.chain,
                vantages: resolution.views.iter().map(VantageView::of).collect(),
            }),
            invented: host.is_invented,
            addresses: host.sightings.iter().map(|seen| AddressView::of(seen, names)).collect(),
        }
    }
}

/// What one vantage was told.
#[derive(Serialize)]
struct VantageView<'a> {
    vantage: &'a str,
    a: AnswerView<'a>,
    aaaa: AnswerView<'a>,
    chain: &'a [Host],
}

impl<'a> VantageView<'a> {
    fn of(view: &'a View) -> Self {
        Self {
            vantage: &view.vantage,
            a: AnswerView::of(&view.v4),
            aaaa: AnswerView::of(&view.v6),
            chain: &view.chain,
        }
    }
}

impl<'a> AnswerView<'a> {
    fn of(answer: &'a DnsAnswer) -> Self {
        let addresses: &[IpAddr] = match answer {
            DnsAnswer::Addresses(addresses) => addresses,
            _ => &[],
        };
        Self { answer: words::dns_answer(answer).0, addresses }
    }
}

impl<'a> AddressView<'a> {
    fn of(seen: &'a Sighting, names: &ProviderNames) -> Self {
        Self {
            address: seen.address,
            placement: PlacementView::of(&seen.placement, names),
            visits: seen.visits.iter().map(VisitView::of).collect(),
        }
    }
}

impl<'a> VisitView<'a> {
    fn of(visit: &'a Visit) -> Self {
        let numbers = visit.page.as_ref().map_or(&[][..], |page| &page.numbers);
        let numbers = numbers.iter().map(|number| NumberView {
            number: &number.number,
            place: words::number_place(number.place).0,
            link: number.link.as_ref(),
            owner: visit
                .claims
                .iter()
                .find(|claim| claim.number == number.number)
                .map(|claim| words::number_owner(claim.owner).0),
        });
        Self {
            port: visit.port,
            tls: visit.is_secure,
            state: visit.state.word(),
            sign: words::sign(&visit.sign).0,
            detail: words::sign_detail(&visit.sign),
            status: visit.status,
            final_url: &visit.final_url,
            hops: &visit.hops,
            title: visit.page.as_ref().and_then(|page| page.title.as_deref()),
            numbers: numbers.collect(),
            language: visit.page.as_ref().map(|page| page.language),
            text_chars: visit.page.as_ref().map(|page| page.text_chars),
            text_sha256: visit.page.as_ref().and_then(|page| page.text_sha256.as_deref()),
            control: visit.control.map(|control| words::control(control).0),
            body_sha256: visit.body_sha256.as_deref(),
            certificate: visit.certificate.as_ref().map(CertificateView::of),
        }
    }
}

/// What an address showed of itself over TLS.
#[derive(Serialize)]
struct CertificateView<'a> {
    fault: Option<&'static str>,
    issuer: &'a str,
    subject: &'a str,
    names: &'a [String],
    name_count: u32,
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    sha256: &'a str,
}

impl<'a> CertificateView<'a> {
    fn of(certificate: &'a Certificate) -> Self {
        Self {
            fault: certificate.fault.map(|fault| words::certificate_fault(fault).0),
            issuer: &certificate.issuer,
            subject: &certificate.subject,
            names: &certificate.names,
            name_count: certificate.name_count,
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            sha256: &certificate.sha256,
        }
    }
}

impl<'a> ChangeView<'a> {
    fn of(change: &'a Change) -> Self {
        Self {
            finding: change.finding,
            kind: change.kind,
            state: change.state.word(),
            closed_reason: change.state.closed_reason(),
            at: change.at,
            reasons: &change.reasons,
            actor: &change.actor,
            note: change.note.as_deref(),
        }
    }
}
