//! Builders of facts for the cells of the table of verdicts.

use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::Date;
use ulid::Ulid;

use super::*;
use crate::facts::domain::Domain;
use crate::facts::domain::Host;
use crate::facts::examination::HostExamination;
use crate::facts::examination::Sighting;
use crate::facts::filing::FilingSummary;
use crate::facts::filing::NumberOwner;
use crate::facts::filing::RegisterGap;
use crate::facts::finding::FindingState;
use crate::facts::placement::Holder;
use crate::facts::placement::Holding;
use crate::facts::placement::Placement;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderKind;
use crate::facts::resolution::DnsAnswer;
use crate::facts::resolution::Resolution;
use crate::facts::visit::Claim;
use crate::facts::visit::NumberPlace;
use crate::facts::visit::Page;
use crate::facts::visit::PageNumber;
use crate::facts::visit::Sign;
use crate::facts::visit::SiteState;
use crate::facts::visit::Visit;

use SiteState::Live;
use SiteState::Parked as ParkedPage;
use SiteState::Redirected;
use SiteState::Silent;
use SiteState::Stopped;
use SiteState::Unknown;

mod page;
mod registers;
mod served;
mod shown;

const DOMAIN: &str = "example.cn";

/// P1 is followed by 北京, P2 by nobody in particular.
fn directory() -> Directory {
    let provider = |id: &str, bureau: Option<&str>| Provider {
        id: id.parse().unwrap(),
        name: format!("{id}公司").parse().unwrap(),
        aliases: vec![],
        kind: ProviderKind::Provider,
        bureau: bureau.map(|name| name.parse().unwrap()),
        licence: None,
        is_key: false,
        cname_suffixes: vec![],
        v3_id: None,
    };
    Directory::new(vec![provider("P1", Some("北京")), provider("P2", None)])
}

fn held(holder: Holder) -> Holding {
    let is_reported = holder != Holder::Nobody;
    let carrier = matches!(holder, Holder::Provider { .. }).then(|| "C1".parse().unwrap());
    Holding { holder, carrier, province: None, is_redirector: false, is_reported }
}

fn by(id: &str) -> Placement {
    Placement::Mainland(held(Holder::Provider { id: id.parse().unwrap(), is_cdn: false }))
}

fn by_cdn(id: &str) -> Placement {
    Placement::Mainland(held(Holder::Provider { id: id.parse().unwrap(), is_cdn: true }))
}

fn by_redirector(id: &str) -> Placement {
    let holder = Holder::Provider { id: id.parse().unwrap(), is_cdn: false };
    Placement::Mainland(Holding { is_redirector: true, ..held(holder) })
}

fn by_nobody() -> Placement {
    Placement::Mainland(held(Holder::Nobody))
}

fn by_a_stranger() -> Placement {
    Placement::Mainland(held(Holder::Unknown("无名公司".parse().unwrap())))
}

fn out_of_bounds() -> Placement {
    Placement::Mainland(held(Holder::OutOfBounds))
}

fn disputed(ids: &[&str]) -> Placement {
    let ids = ids.iter().map(|id| id.parse().unwrap()).collect();
    Placement::Mainland(held(Holder::Disputed(ids)))
}

/// Adds a province to a mainland placement.
fn in_province(placement: Placement, name: &str) -> Placement {
    match placement {
        Placement::Mainland(holding) => {
            Placement::Mainland(Holding { province: Some(name.parse().unwrap()), ..holding })
        }
        other => other,
    }
}

/// A visit that saw `state`; a live one has read a page without numbers.
fn visit(state: SiteState) -> Visit {
    Visit {
        address: "1.0.0.1".parse().unwrap(),
        port: 80,
        is_secure: false,
        state,
        sign: match state {
            Live => Sign::Document,
            Redirected => Sign::LeadsTo("example.com".parse().unwrap()),
            Unknown => Sign::Status(503),
            ParkedPage => Sign::ParkingPage("nginx".to_owned()),
            Stopped => Sign::BlockPage("aliyun".to_owned()),
            Silent => Sign::TimedOut,
        },
        status: (state != Silent).then_some(200),
        final_url: format!("http://{DOMAIN}/"),
        hops: vec![],
        page: (state == Live).then(|| Page { title: Some("标题".to_owned()), ..Page::default() }),
        body_sha256: (state == Live).then(|| "ab".repeat(32)),
        claims: vec![],
        certificate: None,
        control: None,
    }
}

/// A live visit whose page claims numbers of `owners`.
fn claiming(owners: &[NumberOwner]) -> Visit {
    let claims = owners.iter().zip(1..).map(|(owner, index)| Claim {
        number: format!("京ICP备1000000{index}号").parse().unwrap(),
        owner: *owner,
    });
    Visit { claims: claims.collect(), ..visit(Live) }
}

fn robots_forbid() -> Visit {
    Visit { sign: Sign::RobotsForbid, page: None, body_sha256: None, ..visit(Live) }
}

fn seen_as(address: &str, placement: Placement, visits: Vec<Visit>) -> Sighting {
    Sighting { address: address.parse().unwrap(), placement, visits }
}

fn seen(address: &str, placement: Placement, states: &[SiteState]) -> Sighting {
    seen_as(address, placement, states.iter().map(|state| visit(*state)).collect())
}

/// A host that resolves well to its sightings, or has no address where there are none.
fn host(name: &str, sightings: Vec<Sighting>) -> HostExamination {
    let addresses: Vec<IpAddr> = sightings.iter().map(|sighting| sighting.address).collect();
    let v4 =
        if addresses.is_empty() { DnsAnswer::NoSuchName } else { DnsAnswer::Addresses(addresses) };
    let v6 = if sightings.is_empty() { DnsAnswer::NoSuchName } else { DnsAnswer::Empty };
    HostExamination {
        host: Some(name.parse().unwrap()),
        resolution: Some(Resolution { v4, v6, chain: vec![], views: vec![] }),
        sightings,
        is_invented: false,
    }
}

/// The same host with a question about IPv6 that nobody answered well.
fn half_answered(mut host: HostExamination, v6: DnsAnswer) -> HostExamination {
    if let Some(resolution) = &mut host.resolution {
        resolution.v6 = v6;
    }
    host
}

fn summary(providers: &[&str]) -> FilingSummary {
    FilingSummary {
        numbers: ["京ICP备12345678号-1".parse().unwrap()].into(),
        subjects: ["京ICP备12345678号".parse().unwrap()].into(),
        providers: providers.iter().map(|id| id.parse().unwrap()).collect(),
        are_providers_known: true,
        ..FilingSummary::empty(Timestamp::UNIX_EPOCH)
    }
}

fn active(providers: &[&str]) -> FilingStatus {
    FilingStatus::Active(summary(providers))
}

fn active_partly_known(providers: &[&str]) -> FilingStatus {
    FilingStatus::Active(FilingSummary { are_providers_known: false, ..summary(providers) })
}

fn cancelled() -> FilingStatus {
    FilingStatus::Cancelled(summary(&["P1"]))
}

const GAPS: [FilingStatus; 3] = [
    FilingStatus::Unknown(RegisterGap::NotImported),
    FilingStatus::Unknown(RegisterGap::Incomplete),
    FilingStatus::Unknown(RegisterGap::Stale),
];

fn examined(filing: FilingStatus, hosts: Vec<HostExamination>) -> Examination {
    Examination {
        target: DOMAIN.parse().unwrap(),
        night: 5,
        at: Timestamp::UNIX_EPOCH,
        channel: "list".to_owned(),
        names: 1,
        filing,
        upstream: None,
        steady_since: 0,
        hosts,
    }
}

/// The Domain alone, at these addresses.
fn at(filing: FilingStatus, sightings: Vec<Sighting>) -> Examination {
    examined(filing, vec![host(DOMAIN, sightings)])
}

fn key(kind: Kind, provider: Option<&str>) -> FindingKey {
    FindingKey {
        target: DOMAIN.parse().unwrap(),
        kind,
        provider: provider.map(|id| id.parse().unwrap()),
    }
}

/// A finding that stands, seen at 1.0.0.1 if it stands on any address.
fn finding(key: FindingKey) -> Finding {
    let is_anywhere = !matches!(key.kind, Kind::OverReported | Kind::Shell);
    let addresses = is_anywhere.then(|| "1.0.0.1".parse().unwrap()).into_iter().collect();
    Finding {
        id: Ulid::nil(),
        key,
        bureau: Bureau::MINISTRY,
        channel: "list".to_owned(),
        state: FindingState::Open,
        reopened: 0,
        first_seen: Timestamp::UNIX_EPOCH,
        last_seen: Timestamp::UNIX_EPOCH,
        times_seen: 1,
        due: Date::constant(2026, 1, 1),
        seen: Sightings { addresses, ..Sightings::default() },
        answer: None,
        nights_in_row: 0,
        last_night: 1,
        has_lapsed: false,
    }
}

/// The configuration of most tests: nothing is reported that need not be.
const LENIENT: (bool, Parked) = (false, Parked::Ignore);

fn rulings(
    examination: &Examination,
    known: &[Finding],
    configuration: (bool, Parked),
) -> Vec<(FindingKey, Ruling)> {
    rulings_after(None, examination, known, (configuration, true))
}

/// The rulings where `last` was the examination before.
fn rulings_after(
    last: Option<&Examination>,
    examination: &Examination,
    known: &[Finding],
    ((cdn_needs_access, parked), has_holders): ((bool, Parked), bool),
) -> Vec<(FindingKey, Ruling)> {
    let directory = directory();
    let settings = Settings { cdn_needs_access };
    let fresh_since = Timestamp::UNIX_EPOCH;
    let rules =
        Rules { settings: &settings, parked, directory: &directory, fresh_since, has_holders };
    judge(examination, known, last, rules)
}

/// The ruling on a finding that stood before.
fn ruling(examination: &Examination, kind: Kind, provider: Option<&str>) -> Ruling {
    ruling_by(LENIENT, examination, kind, provider)
}

fn ruling_by(
    configuration: (bool, Parked),
    examination: &Examination,
    kind: Kind,
    provider: Option<&str>,
) -> Ruling {
    let key = key(kind, provider);
    let known = [finding(key.clone())];
    let rulings = rulings(examination, &known, configuration);
    let mut of_key = rulings.into_iter().filter(|(other, _)| *other == key);
    let (_, ruling) = of_key.next().unwrap();
    assert_eq!(of_key.next(), None, "one ruling for each key");
    ruling
}

fn sightings(examination: &Examination, kind: Kind, provider: Option<&str>) -> (Bureau, Sightings) {
    match ruling(examination, kind, provider) {
        Ruling::Stands(bureau, seen) | Ruling::Accrues(bureau, seen) => (bureau, *seen),
        other => panic!("{other:?}"),
    }
}

/// A ruling in words, as `ends moved R18`.
fn described(ruling: &Ruling) -> String {
    let (word, reasons) = match ruling {
        Ruling::Stands(_, seen) => ("stands".to_owned(), &seen.reasons),
        Ruling::Accrues(_, seen) => ("accrues".to_owned(), &seen.reasons),
        Ruling::Doubted(_, seen) => ("doubted".to_owned(), &seen.reasons),
        Ruling::Ends(reason, reasons) => (format!("ends {reason}"), reasons),
        Ruling::Misses(reasons) => ("misses".to_owned(), reasons),
        Ruling::Unknown(reasons) => ("unknown".to_owned(), reasons),
    };
    let codes = reasons.iter().map(Reason::to_string);
    [word].into_iter().chain(codes).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(examination: &Examination, kind: Kind, provider: Option<&str>, expected: &str) {
    let got = described(&ruling(examination, kind, provider));
    assert_eq!(got, expected, "{kind} at {provider:?} in {examination:#?}");
}

/// Everything that would open by itself tonight, as `unfiled P1`.
fn opened(examination: &Examination) -> Vec<String> {
    opened_by(LENIENT, examination)
}

fn opened_by(configuration: (bool, Parked), examination: &Examination) -> Vec<String> {
    let stands = |ruling: &Ruling| matches!(ruling, Ruling::Stands(..) | Ruling::Accrues(..));
    rulings(examination, &[], configuration)
        .iter()
        .filter(|(_, ruling)| stands(ruling))
        .map(|(key, _)| {
            let provider = key.provider.as_ref().map_or("nobody", ProviderId::as_str);
            format!("{} {provider}", key.kind)
        })
        .collect()
}
