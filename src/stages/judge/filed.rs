//! The kinds that compare where a Domain is served with what the filing register says:
//! `unfiled`, `not_connected`, `over_reported`, `shell`.

use std::net::IpAddr;

use crate::facts::bureau::Bureau;
use crate::facts::examination::Examination;
use crate::facts::filing::FilingStatus;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::FindingKey;
use crate::facts::finding::Sightings;
use crate::facts::provider::ProviderId;
use crate::facts::reason::Reason;
use crate::stages::judge::Rules;
use crate::stages::judge::Ruling;
use crate::stages::judge::brief;
use crate::stages::judge::bureau_of;
use crate::stages::judge::presence::Place;
use crate::stages::judge::presence::Presence;
use crate::stages::judge::presence::Service;

/// Served on the mainland without a filing. The provider may be nobody.
pub(super) fn unfiled(
    examination: &Examination,
    presence: &Presence<'_>,
    key: &FindingKey,
    rules: Rules<'_>,
) -> Ruling {
    let reason = match &examination.filing {
        FilingStatus::Unknown(_) => return Ruling::Unknown(vec![Reason::FilingUnknown]),
        FilingStatus::Active(_) => return Ruling::Ends(ClosedReason::Filed, vec![Reason::Filed]),
        FilingStatus::None => Reason::NotFiled,
        FilingStatus::Cancelled(_) => Reason::FilingCancelled,
    };
    served_at(examination, presence, key, rules, reason)
}

/// Filed, but the provider that serves it has no access record (少报).
pub(super) fn not_connected(
    examination: &Examination,
    presence: &Presence<'_>,
    key: &FindingKey,
    rules: Rules<'_>,
) -> Ruling {
    let summary = match &examination.filing {
        FilingStatus::Unknown(_) => return Ruling::Unknown(vec![Reason::FilingUnknown]),
        FilingStatus::None | FilingStatus::Cancelled(_) => {
            return Ruling::Ends(ClosedReason::Superseded, vec![Reason::FilingEnded]);
        }
        FilingStatus::Active(summary) => summary,
    };
    let Some(provider) = &key.provider else {
        return Ruling::Unknown(vec![Reason::HolderUnknown]);
    };
    if summary.providers.contains(provider) {
        return Ruling::Ends(ClosedReason::Connected, vec![Reason::Connected]);
    }
    if !summary.are_providers_known {
        return Ruling::Unknown(vec![Reason::ProvidersUnknown]);
    }
    let is_cdn = presence.at(key.provider.as_ref()).is_some_and(|place| place.is_cdn);
    if is_cdn && !rules.settings.cdn_needs_access {
        return Ruling::Unknown(vec![Reason::ServedByCdn]);
    }
    served_at(examination, presence, key, rules, Reason::NoAccessRecord)
}

/// An access record at a provider to whom nothing of the Domain resolves (多报).
pub(super) fn over_reported(
    examination: &Examination,
    presence: &Presence<'_>,
    key: &FindingKey,
    (last, rules): (Option<&Examination>, Rules<'_>),
) -> Ruling {
    let summary = match &examination.filing {
        FilingStatus::Unknown(_) => return Ruling::Unknown(vec![Reason::FilingUnknown]),
        FilingStatus::None | FilingStatus::Cancelled(_) => {
            return Ruling::Ends(ClosedReason::Cancelled, vec![Reason::FilingEnded]);
        }
        FilingStatus::Active(summary) => summary,
    };
    let provider = key.provider.as_ref();
    if !provider.is_some_and(|provider| summary.providers.contains(provider)) {
        return if summary.are_providers_known {
            Ruling::Ends(ClosedReason::Corrected, vec![Reason::RecordGone])
        } else {
            Ruling::Unknown(vec![Reason::ProvidersUnknown])
        };
    }
    if presence.at(provider).is_some() {
        return Ruling::Ends(ClosedReason::Served, vec![Reason::ServedAgain]);
    }
    let bureau = bureau_of(None, provider, rules.directory);
    let seen = |reason, addresses| {
        let filing = brief(&examination.filing);
        Box::new(Sightings { reasons: vec![reason], filing, addresses, ..Sightings::default() })
    };
    // Before anything that may be unknown tonight: what was there is known tonight only.
    let mut before = presence.addresses_before(key);
    before.extend(last.into_iter().flat_map(|last| addresses_at(last, provider)));
    let is_now = |address: &IpAddr| addresses_of(examination).any(|now| now == *address);
    before.retain(is_now);
    if !before.is_empty() {
        before.sort_unstable();
        before.dedup();
        return Ruling::Doubted(bureau, seen(Reason::RegisterChanged, before));
    }
    // The provider may have corrected its record since.
    if summary.as_of < rules.fresh_since {
        return Ruling::Unknown(vec![Reason::FilingUnknown]);
    }
    if !presence.is_certain() {
        return Ruling::Unknown(vec![Reason::DnsFailed]);
    }
    if presence.is_behind_cdn() {
        return Ruling::Unknown(vec![Reason::OriginHidden]);
    }
    if let Some(doubt) = presence.doubt_about(provider) {
        return Ruling::Unknown(vec![doubt]);
    }
    if presence.has_lost(&[]) {
        return Ruling::Unknown(vec![Reason::RegisterChanged]);
    }
    Ruling::Accrues(bureau, seen(Reason::NothingAtProvider, Vec::new()))
}

/// The addresses of the target that were at `provider`.
fn addresses_at(
    examination: &Examination,
    provider: Option<&ProviderId>,
) -> impl Iterator<Item = IpAddr> {
    let sightings = examination.hosts.iter().flat_map(|host| &host.sightings);
    sightings
        .filter(move |sighting| {
            sighting.placement.mainland().is_some_and(|holding| holding.provider() == provider)
        })
        .map(|sighting| sighting.address)
}

fn addresses_of(examination: &Examination) -> impl Iterator<Item = IpAddr> {
    examination.hosts.iter().flat_map(|host| &host.sightings).map(|sighting| sighting.address)
}

/// An active filing with no access provider at all (空壳网站).
pub(super) fn shell(examination: &Examination) -> Ruling {
    match &examination.filing {
        FilingStatus::Unknown(_) => Ruling::Unknown(vec![Reason::FilingUnknown]),
        FilingStatus::None | FilingStatus::Cancelled(_) => {
            Ruling::Ends(ClosedReason::Cancelled, vec![Reason::FilingEnded])
        }
        FilingStatus::Active(summary) if !summary.providers.is_empty() => {
            Ruling::Ends(ClosedReason::Connected, vec![Reason::Connected])
        }
        FilingStatus::Active(summary) if !summary.are_providers_known => {
            Ruling::Unknown(vec![Reason::ProvidersUnknown])
        }
        FilingStatus::Active(_) => {
            let seen = Sightings {
                reasons: vec![Reason::NoAccessProvider],
                filing: brief(&examination.filing),
                ..Sightings::default()
            };
            Ruling::Stands(Bureau::MINISTRY, Box::new(seen))
        }
    }
}

/// A fault for `reason` that stands as long as a site is served at the key's provider.
fn served_at(
    examination: &Examination,
    presence: &Presence<'_>,
    key: &FindingKey,
    rules: Rules<'_>,
    reason: Reason,
) -> Ruling {
    let provider = key.provider.as_ref();
    let place = presence.at(provider);
    match (presence.service(place, key), place) {
        (Service::Served(states), Some(place)) => {
            let reasons = [reason].into_iter().chain(states).collect();
            stands(examination, place, provider.is_some(), reasons, rules)
        }
        (Service::Served(_), None) => Ruling::Unknown(vec![Reason::NotProbed]),
        (Service::Ended(closed, reasons), _) => Ruling::Ends(closed, reasons),
        (Service::Missed(reasons), _) => Ruling::Misses(reasons),
        (Service::Unclear(reasons), _) => Ruling::Unknown(reasons),
    }
}

/// The ruling that a fault stands at `place`. No carrier is named where the provider is not.
pub(super) fn stands(
    examination: &Examination,
    place: &Place<'_>,
    names_carrier: bool,
    mut reasons: Vec<Reason>,
    rules: Rules<'_>,
) -> Ruling {
    reasons.extend_from_slice(place.holder_reasons());
    let seen = Sightings {
        carrier: place.carrier(None).filter(|_| names_carrier).cloned(),
        hosts: place.served_hosts(),
        addresses: place.addresses.clone(),
        reasons,
        filing: brief(&examination.filing),
        evidence: place.evidence(),
        claimants: place.claimants(),
    };
    Ruling::Stands(bureau_of(place.province(None), place.provider, rules.directory), Box::new(seen))
}
