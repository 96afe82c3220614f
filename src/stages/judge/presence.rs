//! Where a target is served tonight, folded per provider: the strongest state of all its hosts,
//! ports and addresses there.

mod absence;

use std::net::IpAddr;

use crate::facts::bureau::Bureau;
use crate::facts::domain::Host;
use crate::facts::examination::Examination;
use crate::facts::examination::HostExamination;
use crate::facts::examination::Sighting;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::Evidence;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingKey;
use crate::facts::finding::PageText;
use crate::facts::placement::Holder;
use crate::facts::placement::Holding;
use crate::facts::placement::Placement;
use crate::facts::provider::ProviderId;
use crate::facts::reason::Reason;
use crate::facts::special::unwrapped;
use crate::facts::target::Target;
use crate::facts::visit::Sign;
use crate::facts::visit::SiteState;
use crate::facts::visit::Visit;
use crate::stages::judge::Parked;
use crate::stages::judge::Rules;

/// The whole target, as it was found tonight.
#[derive(Debug)]
pub(super) struct Presence<'a> {
    /// One entry for each provider that holds a mainland address of it, and one for all addresses
    /// whose holder cannot be named.
    pub(super) places: Vec<Place<'a>>,
    /// The addresses that nobody reported, taken together.
    pub(super) unreported: Option<Place<'a>>,
    /// Whether every question to the name servers was answered.
    is_certain: bool,
    target: &'a Target,
    /// Whether it has an address anywhere that could be a site.
    has_address: bool,
    /// Every provider that claims a disputed address of it.
    claimants: Vec<&'a ProviderId>,
    /// What is not known of one of its addresses.
    unknown: Unknown,
    /// Its addresses that no row of the register covers.
    uncovered: Vec<IpAddr>,
    /// The findings on it so far.
    known: &'a [Finding],
    /// Whether the register names anybody at all.
    has_holders: bool,
}

/// What may be unknown of an address, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unknown {
    /// Nothing.
    Nothing,
    /// Its holder, whom the providers register does not know.
    Holder,
    /// Whether it lies on the mainland.
    Place,
}

/// The target at one provider.
#[derive(Debug, Default)]
pub(super) struct Place<'a> {
    pub(super) provider: Option<&'a ProviderId>,
    /// Every carrier through which its addresses reach the provider.
    carriers: Vec<&'a ProviderId>,
    /// Every province that its addresses are reported from.
    provinces: Vec<Bureau>,
    pub(super) is_cdn: bool,
    pub(super) addresses: Vec<IpAddr>,
    visits: Vec<Seen<'a>>,
    has_unprobed: bool,
    holder_reasons: Vec<Reason>,
    claimants: Vec<&'a ProviderId>,
}

/// One visit, with the state that counts for verdicts.
#[derive(Debug)]
struct Seen<'a> {
    host: Option<&'a Host>,
    visit: &'a Visit,
    state: SiteState,
}

/// What a place says about a fault of being served there.
#[derive(Debug)]
pub(super) enum Service {
    /// A site is served there.
    Served(Vec<Reason>),
    /// It is served no more.
    Ended(ClosedReason, Vec<Reason>),
    /// Nothing answered.
    Missed(Vec<Reason>),
    /// It cannot be said.
    Unclear(Vec<Reason>),
}

impl<'a> Presence<'a> {
    pub(super) fn of(examination: &'a Examination, known: &'a [Finding], rules: Rules<'_>) -> Self {
        let mut presence = Self {
            places: Vec::new(),
            unreported: None,
            is_certain: true,
            target: &examination.target,
            has_address: false,
            claimants: Vec::new(),
            unknown: Unknown::Nothing,
            uncovered: Vec::new(),
            known,
            has_holders: rules.has_holders,
        };
        for host in &examination.hosts {
            if let Some(resolution) = &host.resolution {
                presence.is_certain &= resolution.outcome().is_certain();
            }
            if host.is_invented {
                // It proves neither that the name is served nor that it is gone.
                presence.is_certain = false;
                continue;
            }
            for sighting in &host.sightings {
                presence.add(host, sighting, rules.parked);
            }
        }
        presence
    }

    fn add(&mut self, host: &'a HostExamination, sighting: &'a Sighting, parked: Parked) {
        match &sighting.placement {
            // It may be where packets to it end up, or nowhere.
            Placement::SpecialPurpose if unwrapped(sighting.address) != sighting.address => {
                self.unknown = Unknown::Place;
            }
            Placement::SpecialPurpose => {}
            Placement::Abroad => {
                self.has_address = true;
                self.uncovered.push(sighting.address);
            }
            Placement::Mainland(Holding { holder: Holder::OutOfBounds, .. }) => {
                self.has_address = true;
                self.unknown = Unknown::Place;
            }
            Placement::Mainland(holding) => {
                self.has_address = true;
                match &holding.holder {
                    Holder::Disputed(claimants) => self.claimants.extend(claimants),
                    Holder::Unknown(_) => self.unknown = self.unknown.max(Unknown::Holder),
                    Holder::Provider { .. } | Holder::Nobody | Holder::OutOfBounds => {}
                }
                let provider = holding.provider();
                let known = self.places.iter().position(|place| place.provider == provider);
                let at = known.unwrap_or_else(|| {
                    self.places.push(Place { provider, ..Place::default() });
                    self.places.len() - 1
                });
                self.places[at].add(host.host.as_ref(), sighting, holding, parked);
                if !holding.is_reported {
                    let unreported = self.unreported.get_or_insert_with(Place::default);
                    unreported.add(host.host.as_ref(), sighting, holding, parked);
                }
            }
        }
    }

    pub(super) fn at(&self, provider: Option<&ProviderId>) -> Option<&Place<'a>> {
        self.places.iter().find(|place| place.provider == provider)
    }

    pub(super) fn is_behind_cdn(&self) -> bool {
        self.places.iter().any(|place| place.is_cdn)
    }

    pub(super) fn is_certain(&self) -> bool {
        self.is_certain
    }

    /// Why an address may be `provider`'s although the register does not say so. Where there is no
    /// provider, there is nobody whose it may be, unless nothing can be said of where the address lies.
    pub(super) fn doubt_about(&self, provider: Option<&ProviderId>) -> Option<Reason> {
        if self.unknown == Unknown::Place {
            return Some(Reason::HolderUnknown);
        }
        if self.claimants.contains(&provider?) {
            return Some(Reason::AddressDisputed);
        }
        (self.unknown == Unknown::Holder).then_some(Reason::HolderUnknown)
    }

    /// What is to be said of a site that is, or was, served at `place`.
    pub(super) fn service(&self, place: Option<&Place<'_>>, key: &FindingKey) -> Service {
        let Some(place) = place else {
            return self.absence(key);
        };
        let (state, reasons) = place.state();
        match state {
            // What an address by itself only sends on to is another's site, and its own is not there,
            // unless it may be at the other port. It may flap, as a silent one may, so that several
            // nights in a row say it is gone.
            Some(SiteState::Redirected) if self.target.domain().is_none() => {
                let hides =
                    |seen: &Seen<'_>| matches!(seen.state, SiteState::Unknown | SiteState::Parked);
                if place.has_unprobed || place.visits.iter().any(hides) {
                    Service::Unclear(vec![Reason::StateUnknown])
                } else {
                    Service::Missed(reasons)
                }
            }
            Some(SiteState::Live | SiteState::Redirected) => Service::Served(reasons),
            None => Service::Unclear(vec![Reason::NotProbed]),
            Some(SiteState::Unknown) => Service::Unclear(reasons),
            Some(SiteState::Parked) => Service::Unclear(vec![Reason::Parked]),
            Some(SiteState::Stopped | SiteState::Silent) if place.has_unprobed => {
                Service::Unclear(vec![Reason::NotProbed])
            }
            Some(SiteState::Stopped | SiteState::Silent) if !self.is_certain => {
                Service::Unclear(vec![Reason::DnsFailed])
            }
            Some(SiteState::Stopped) => {
                Service::Ended(ClosedReason::Stopped, vec![Reason::AccessStopped])
            }
            Some(SiteState::Silent) => Service::Missed(vec![Reason::MissedTonight]),
        }
    }
}

impl<'a> Place<'a> {
    fn add(
        &mut self,
        host: Option<&'a Host>,
        sighting: &'a Sighting,
        holding: &'a Holding,
        parked: Parked,
    ) {
        self.carriers.extend(&holding.carrier);
        self.provinces.extend(holding.province);
        self.is_cdn |= holding.is_cdn();
        if !self.addresses.contains(&sighting.address) {
            self.addresses.push(sighting.address);
        }
        if let Holder::Disputed(claimants) = &holding.holder {
            self.claimants.extend(claimants);
        }
        let reason = match &holding.holder {
            Holder::Disputed(_) => Some(Reason::AddressDisputed),
            Holder::Unknown(_) | Holder::OutOfBounds => Some(Reason::HolderUnknown),
            Holder::Nobody => Some(Reason::AddressUnreported),
            Holder::Provider { is_cdn, .. } => is_cdn.then_some(Reason::ServedByCdn),
        };
        self.holder_reasons.extend(reason.filter(|reason| !self.holder_reasons.contains(reason)));
        self.has_unprobed |= sighting.visits.is_empty();
        for visit in &sighting.visits {
            let state = match visit.state {
                // Nobody is blamed for that where there is no name, redirector or not.
                SiteState::Redirected if host.is_none() => SiteState::Redirected,
                _ => effective(visit, holding, parked),
            };
            self.visits.push(Seen { host, visit, state });
        }
    }

    /// The carrier to name: `before`, as long as an address comes through it. In whatever order a name server
    /// gives the addresses, it is the same one.
    pub(super) fn carrier(&self, before: Option<&ProviderId>) -> Option<&'a ProviderId> {
        let same = self.carriers.iter().find(|carrier| Some(**carrier) == before);
        same.or_else(|| self.carriers.iter().min()).copied()
    }

    /// The province whose bureau follows what stands here: `before`, as long as an address is reported from it.
    pub(super) fn province(&self, before: Option<Bureau>) -> Option<Bureau> {
        let same = before.filter(|before| self.provinces.contains(before));
        same.or_else(|| self.provinces.iter().min().copied())
    }

    /// Who claims the addresses here without a link between them, in order.
    pub(super) fn claimants(&self) -> Vec<ProviderId> {
        let mut claimants: Vec<ProviderId> = self.claimants.iter().copied().cloned().collect();
        claimants.sort();
        claimants.dedup();
        claimants
    }

    /// The strongest state of all visits, with its reasons; `None` where nothing was asked.
    fn state(&self) -> (Option<SiteState>, Vec<Reason>) {
        let Some(state) = self.visits.iter().map(|seen| seen.state).max() else {
            return (None, Vec::new());
        };
        let mut reasons = Vec::new();
        let mut add = |reason| {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        };
        for seen in self.visits.iter().filter(|seen| seen.state == state) {
            match (state, &seen.visit.sign) {
                (SiteState::Live, Sign::RobotsForbid) => add(Reason::RobotsForbid),
                (SiteState::Live, Sign::ParkingPage(_)) => add(Reason::Parked),
                (SiteState::Live, _) => add(Reason::ServesDocument),
                (SiteState::Redirected, _) => add(Reason::SendsOn),
                (SiteState::Unknown, _) if seen.visit.state != SiteState::Unknown => {
                    add(Reason::Redirector);
                }
                _ => add(Reason::StateUnknown),
            }
        }
        (Some(state), reasons)
    }

    pub(super) fn holder_reasons(&self) -> &[Reason] {
        &self.holder_reasons
    }

    /// The live visits whose page was read, and came from here.
    pub(super) fn pages(&self) -> impl Iterator<Item = &'a Visit> {
        self.live_here().filter(|visit| visit.page.is_some())
    }

    /// Whether a site itself is here, and not only what sends visitors on to it.
    pub(super) fn is_live(&self) -> bool {
        self.live_here().next().is_some()
    }

    fn live_here(&self) -> impl Iterator<Item = &'a Visit> {
        let is_here = |visit: &&Visit| {
            visit.sign.other_address().is_none_or(|address| self.addresses.contains(&address))
        };
        let live = self.visits.iter().filter(|seen| seen.state == SiteState::Live);
        live.map(|seen| seen.visit).filter(is_here)
    }

    /// The hosts that are served there, sorted.
    pub(super) fn served_hosts(&self) -> Vec<Host> {
        let mut hosts: Vec<Host> = self.served().filter_map(|seen| seen.host.cloned()).collect();
        hosts.sort();
        hosts.dedup();
        hosts
    }

    /// What proves that it is served there: the visit that claims a wrong number first, then any
    /// page, then any answer.
    pub(super) fn evidence(&self) -> Evidence {
        let best = self.served().max_by_key(|seen| {
            (seen.state, seen.visit.wrong_claim().is_some(), seen.visit.page.is_some())
        });
        let Some(visit) = best.map(|seen| seen.visit) else { return Evidence::default() };
        Evidence {
            status: visit.status,
            title: visit.page.as_ref().and_then(|page| page.title.clone()),
            numbers: visit.sure_claims().map(|claim| claim.number.clone()).collect(),
            final_url: Some(visit.final_url.clone()),
            body_sha256: visit.body_sha256.clone(),
            text: visit.page.as_ref().and_then(|page| {
                let sha256 = page.text_sha256.clone()?;
                Some(PageText { sha256, chars: page.text_chars })
            }),
        }
    }

    fn served(&self) -> impl Iterator<Item = &Seen<'a>> {
        self.visits.iter().filter(|seen| seen.state >= SiteState::Redirected)
    }
}

/// The state that counts: a reported redirector is not to blame for sending visitors on, and parked
/// counts as live where the configuration says so.
fn effective(visit: &Visit, holding: &Holding, parked: Parked) -> SiteState {
    let sends_on = visit.state == SiteState::Redirected
        || (visit.state == SiteState::Live && !visit.hops.is_empty());
    match visit.state {
        _ if holding.is_redirector && sends_on => SiteState::Unknown,
        SiteState::Parked if parked == Parked::Report => SiteState::Live,
        state => state,
    }
}
