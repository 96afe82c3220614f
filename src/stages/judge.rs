//! Which verdict the facts of one night give: the table of verdicts, as a pure function.
//!
//! For each kind of fault and each provider the answer is a [`Ruling`]. Whether that opens, keeps or
//! closes a finding is the ledger's question, not asked here.

mod filed;
mod page;
mod presence;

use jiff::Timestamp;
use serde::Deserialize;

use crate::facts::bureau::Bureau;
use crate::facts::directory::Directory;
use crate::facts::examination::Examination;
use crate::facts::filing::FilingStatus;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::FilingBrief;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingKey;
use crate::facts::finding::Kind;
use crate::facts::finding::Sightings;
use crate::facts::provider::ProviderId;
use crate::facts::reason::Reason;
use crate::stages::judge::presence::Presence;

/// `[judge]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether `not_connected` is also said of a CDN.
    pub cdn_needs_access: bool,
}

/// What is to be made of parking pages (`[scan] parked`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parked {
    /// A parked name is no site.
    #[default]
    Ignore,
    /// Parked counts as live.
    Report,
}

/// Everything a verdict depends on beside the facts.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// `[judge]`
    pub settings: &'a Settings,
    /// `[scan] parked`
    pub parked: Parked,
    /// The providers register, for bureaus.
    pub directory: &'a Directory,
    /// A filing register that was imported before is too old to accuse anybody by (`[filings] max_age`).
    pub fresh_since: Timestamp,
    /// Whether the address register names anybody at all; else it tells of nobody that he holds nothing.
    pub has_holders: bool,
}

/// What one night says about one fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// The fault stands.
    Stands(Bureau, Box<Sightings>),
    /// The fault was seen, but stands only after several such nights in a row.
    Accrues(Bureau, Box<Sightings>),
    /// The fault would be seen, but for a change of the address register alone. What is to be remembered
    /// of it are the addresses where it was not: as long as the target is there, nothing is said.
    Doubted(Bureau, Box<Sightings>),
    /// There is no fault, or no more.
    Ends(ClosedReason, Vec<Reason>),
    /// Nothing was there tonight; after several such nights in a row it is gone.
    Misses(Vec<Reason>),
    /// It cannot be said tonight.
    Unknown(Vec<Reason>),
}

/// The faults that tonight's facts could show, and a ruling on each; with those of `known` findings,
/// whether they still hold. Each key once. `last` is the examination before, where the register may
/// have changed since.
pub fn judge(
    examination: &Examination,
    known: &[Finding],
    last: Option<&Examination>,
    rules: Rules<'_>,
) -> Vec<(FindingKey, Ruling)> {
    let presence = Presence::of(examination, known, rules);
    let mut keys = keys_of(examination, &presence);
    for finding in known {
        if !keys.contains(&finding.key) {
            keys.push(finding.key.clone());
        }
    }
    keys.into_iter()
        .map(|key| {
            let ruling = match key.kind {
                Kind::Unfiled => filed::unfiled(examination, &presence, &key, rules),
                Kind::NotConnected => filed::not_connected(examination, &presence, &key, rules),
                Kind::OverReported => {
                    filed::over_reported(examination, &presence, &key, (last, rules))
                }
                Kind::Shell => filed::shell(examination),
                Kind::WrongNumber => page::wrong_number(examination, &presence, &key, rules),
                Kind::UnreportedAddress => page::unreported_address(examination, &presence, &key),
            };
            let ruling = match told_at_another(&key, known, &presence) {
                Some(doubt) => Ruling::Unknown(vec![doubt]),
                None => ruling,
            };
            let before = known.iter().find(|finding| finding.key == key && finding.stands());
            let ruling = match before {
                Some(before) => as_before(ruling, before, &presence),
                None => ruling,
            };
            (key, ruling)
        })
        .collect()
}

/// Why a fault that would be nobody's is the one that stands at a provider already: at one of the same
/// addresses, of which it cannot be said tonight whether it is still that provider's.
fn told_at_another(key: &FindingKey, known: &[Finding], presence: &Presence<'_>) -> Option<Reason> {
    let is_new = !known.iter().any(|finding| finding.key == *key && finding.stands());
    let place = presence.at(None).filter(|_| key.provider.is_none() && is_new)?;
    known
        .iter()
        .filter(|finding| finding.key.kind == key.kind && finding.stands())
        .filter(|finding| presence.at(finding.key.provider.as_ref()).is_none())
        .filter(|finding| {
            finding.seen.addresses.iter().any(|address| place.addresses.contains(address))
        })
        .find_map(|finding| presence.doubt_about(finding.key.provider.as_ref()))
}

/// The ruling with the bureau and the carrier that the finding had, as long as one of its addresses is theirs:
/// name servers give several addresses in any order.
fn as_before(ruling: Ruling, before: &Finding, presence: &Presence<'_>) -> Ruling {
    let place = match before.key.kind {
        Kind::UnreportedAddress => presence.unreported.as_ref(),
        Kind::Unfiled
        | Kind::NotConnected
        | Kind::OverReported
        | Kind::Shell
        | Kind::WrongNumber => presence.at(before.key.provider.as_ref()),
    };
    let Some(place) = place else { return ruling };
    let as_before = |bureau, mut seen: Box<Sightings>| {
        if seen.carrier.is_some() {
            seen.carrier = place.carrier(before.seen.carrier.as_ref()).cloned();
        }
        (place.province(Some(before.bureau)).unwrap_or(bureau), seen)
    };
    match ruling {
        Ruling::Stands(bureau, seen) => {
            let (bureau, seen) = as_before(bureau, seen);
            Ruling::Stands(bureau, seen)
        }
        Ruling::Accrues(..)
        | Ruling::Doubted(..)
        | Ruling::Ends(..)
        | Ruling::Misses(_)
        | Ruling::Unknown(_) => ruling,
    }
}

fn keys_of(examination: &Examination, presence: &Presence<'_>) -> Vec<FindingKey> {
    let key = |kind, provider: Option<&ProviderId>| FindingKey {
        target: examination.target.clone(),
        kind,
        provider: provider.cloned(),
    };
    let mut keys = Vec::new();
    for place in &presence.places {
        keys.push(key(Kind::Unfiled, place.provider));
        if place.provider.is_some() {
            keys.push(key(Kind::NotConnected, place.provider));
        }
        keys.push(key(Kind::WrongNumber, place.provider));
    }
    if presence.unreported.is_some() {
        keys.push(key(Kind::UnreportedAddress, None));
    }
    if let FilingStatus::Active(summary) = &examination.filing {
        keys.push(key(Kind::Shell, None));
        keys.extend(
            summary.providers.iter().map(|provider| key(Kind::OverReported, Some(provider))),
        );
    }
    keys
}

fn brief(filing: &FilingStatus) -> Option<FilingBrief> {
    filing.summary().map(|summary| FilingBrief {
        is_active: matches!(filing, FilingStatus::Active(_)),
        numbers: summary.numbers.to_vec(),
        providers: summary.providers.to_vec(),
    })
}

/// The province of the allocation, else the provider's bureau, else the ministry.
fn bureau_of(
    province: Option<Bureau>,
    provider: Option<&ProviderId>,
    directory: &Directory,
) -> Bureau {
    province
        .or_else(|| {
            provider.and_then(|id| directory.by_id(id)).and_then(|provider| provider.bureau)
        })
        .unwrap_or(Bureau::MINISTRY)
}

#[cfg(test)]
mod tests;
