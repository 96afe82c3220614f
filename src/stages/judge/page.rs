//! The kinds that depend on what a live site shows or stands on: `wrong_number` and
//! `unreported_address`.

use std::net::IpAddr;

use crate::facts::bureau::Bureau;
use crate::facts::examination::Examination;
use crate::facts::filing::FilingStatus;
use crate::facts::filing::NumberOwner;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::FindingKey;
use crate::facts::finding::Sightings;
use crate::facts::placement::Holding;
use crate::facts::placement::Placement;
use crate::facts::reason::Reason;
use crate::stages::judge::Rules;
use crate::stages::judge::Ruling;
use crate::stages::judge::brief;
use crate::stages::judge::filed::stands;
use crate::stages::judge::presence::Place;
use crate::stages::judge::presence::Presence;
use crate::stages::judge::presence::Service;

/// The page claims as its own a number that is nobody's, or another subject's.
pub(super) fn wrong_number(
    examination: &Examination,
    presence: &Presence<'_>,
    key: &FindingKey,
    rules: Rules<'_>,
) -> Ruling {
    if let FilingStatus::Unknown(_) = examination.filing {
        return Ruling::Unknown(vec![Reason::FilingUnknown]);
    }
    let provider = key.provider.as_ref();
    let place = presence.at(provider);
    match (presence.service(place, key), place) {
        (Service::Served(_), Some(place)) => match shown_at(place) {
            Shown::Wrong(reason) => {
                stands(examination, place, provider.is_some(), vec![reason], rules)
            }
            Shown::NothingWrong => {
                Ruling::Ends(ClosedReason::Corrected, vec![Reason::NumberCorrected])
            }
            Shown::NotRead => Ruling::Unknown(vec![Reason::StateUnknown]),
        },
        (Service::Served(_), None) => Ruling::Unknown(vec![Reason::NotProbed]),
        (Service::Ended(closed, reasons), _) => Ruling::Ends(closed, reasons),
        (Service::Missed(reasons), _) => Ruling::Misses(reasons),
        (Service::Unclear(reasons), _) => Ruling::Unknown(reasons),
    }
}

/// What the live pages of a place claim.
enum Shown {
    /// A wrong number, and why it is wrong.
    Wrong(Reason),
    /// No number, or none that is wrong.
    NothingWrong,
    /// No page was read, or not enough to tell.
    NotRead,
}

/// A page that also shows a number of its own subject is not held at fault. That number may stand in
/// what was left out of a page, and so may the wrong one. A wrong number that the page may only quote
/// neither stands nor is gone.
fn shown_at(place: &Place<'_>) -> Shown {
    let (mut was_read, mut is_unclear) = (false, false);
    for visit in place.pages() {
        was_read = true;
        match visit.wrong_claim().map(|claim| claim.owner) {
            Some(NumberOwner::Another) => return Shown::Wrong(Reason::NumberOfAnother),
            Some(_) => return Shown::Wrong(Reason::NumberOfNobody),
            None => is_unclear |= visit.leaves_claims_open(),
        }
    }
    if was_read && !is_unclear { Shown::NothingWrong } else { Shown::NotRead }
}

/// A live site on a mainland address that nobody reported.
pub(super) fn unreported_address(
    examination: &Examination,
    presence: &Presence<'_>,
    key: &FindingKey,
) -> Ruling {
    let Some(place) = &presence.unreported else {
        let before = presence.addresses_before(key);
        if before.iter().any(|address| is_so_now(examination, *address, Holding::is_in_doubt)) {
            return Ruling::Unknown(vec![Reason::HolderUnknown]);
        }
        if before
            .iter()
            .any(|address| is_so_now(examination, *address, |holding| holding.is_reported))
        {
            return Ruling::Ends(ClosedReason::Reported, vec![Reason::AddressReported]);
        }
        return match presence.service(None, key) {
            Service::Ended(closed, reasons) => Ruling::Ends(closed, reasons),
            Service::Missed(reasons) => Ruling::Misses(reasons),
            Service::Served(reasons) | Service::Unclear(reasons) => Ruling::Unknown(reasons),
        };
    };
    if place.is_live() {
        let seen = Sightings {
            carrier: None,
            hosts: place.served_hosts(),
            addresses: place.addresses.clone(),
            reasons: vec![Reason::AddressUnreported, Reason::ServesDocument],
            filing: brief(&examination.filing),
            evidence: place.evidence(),
            claimants: Vec::new(),
        };
        let bureau = place.province(None).unwrap_or(Bureau::MINISTRY);
        return Ruling::Stands(bureau, Box::new(seen));
    }
    match presence.service(Some(place), key) {
        Service::Missed(reasons) => Ruling::Misses(reasons),
        Service::Ended(_, reasons) | Service::Served(reasons) | Service::Unclear(reasons) => {
            Ruling::Unknown(reasons)
        }
    }
}

/// Whether `is_so` says yes of who holds `address`, where the target leads to it tonight.
fn is_so_now(examination: &Examination, address: IpAddr, is_so: impl Fn(&Holding) -> bool) -> bool {
    examination.hosts.iter().flat_map(|host| &host.sightings).any(|sighting| {
        sighting.address == address
            && matches!(&sighting.placement, Placement::Mainland(holding) if is_so(holding))
    })
}
