//! What answers at the addresses of a target, as far as its verdict depends on it.

use std::mem::take;
use std::net::IpAddr;

use crate::clock::Clock;
use crate::facts::domain::Domain;
use crate::facts::domain::Host;
use crate::facts::examination::Examination;
use crate::facts::examination::HostExamination;
use crate::facts::exchange::Exchange;
use crate::facts::filing::FilingStatus;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;
use crate::facts::finding::Kind;
use crate::facts::placement::Holder;
use crate::facts::placement::Holding;
use crate::facts::placement::Placement;
use crate::facts::provider::ProviderId;
use crate::facts::target::Target;
use crate::facts::visit::Excess;
use crate::facts::visit::Sign;
use crate::facts::visit::SiteState;
use crate::facts::visit::Visit;
use crate::net::http::longest_wait_asked;
use crate::net::pace::Parties;
use crate::scan::due;
use crate::scan::examine::Place;
use crate::scan::examine::Stages;
use crate::scan::examine::Visited;
use crate::scan::examine::settle::Known;
use crate::scan::examine::survey::Survey;
use crate::stages::probe::Door;
use crate::store::StoreError;
use crate::store::journal::Outcome;

/// Addresses asked of one host at one provider; a name on more of them is a farm, and one page of it
/// tells what the others would. While a finding stands, all are asked, because only all of them
/// together can be stopped or gone.
const ADDRESSES_PER_PROVIDER: usize = 4;

/// The pages of one target name at most so many others to examine.
const MOST_LINKS: usize = 32;

/// What one page is enough for: the addresses of one provider, reported and unreported apart.
type Spot = (Option<ProviderId>, bool);

impl Stages {
    /// Visits a surveyed target that waited for `turn`, and judges it. Nothing is written yet.
    pub async fn visit(&self, mut survey: Survey, turn: &Place) -> Result<Visited, StoreError> {
        let known = self.known(&survey.examination.target)?;
        self.prober.hold(&mut survey.exchanges);
        if self.renew(&mut survey).await
            && !survey.has_moved
            && let Some((host, place)) = self.next_place(&mut survey, &known).await
        {
            let place = self.place_of(&survey.examination.hosts[host], place);
            if place.address != turn.address {
                survey.has_moved = true;
                return Ok(Visited::Elsewhere(Box::new(survey), place));
            }
        }
        let mut refused = self.spared(&mut survey);
        while let Some((host, place)) = self.next_place(&mut survey, &known).await {
            let at = self.place_of(&survey.examination.hosts[host], place);
            let (more, here) =
                self.ask(&mut survey.examination, (host, place), &at, &known).await?;
            survey.excess = survey.excess.or(here);
            let sighting = &mut survey.examination.hosts[host].sightings[place];
            if !survey.is_again && sighting.visits.iter().any(was_too_much) {
                // Whoever asks to be left alone means the real time, whatever `--now` says.
                let now = Clock::default().now();
                survey.left_alone.push((at.address, now + longest_wait_asked(&more, now)));
                refused.push((host, place));
                continue;
            }
            if self.prober.pace().is_deserted(sighting.address) {
                for visit in sighting.visits.iter_mut().filter(|visit| visit.sign == Sign::PutOff) {
                    (visit.state, visit.sign) = (SiteState::Silent, Sign::Deserted);
                }
            }
            survey.exchanges.extend(more);
        }
        if let Some(place) = self.first_again(&mut survey, &refused, &known).await {
            survey.is_again = true;
            return Ok(Visited::Again(Box::new(survey), place));
        }
        Ok(Visited::Judged(Box::new(self.conclude(survey, &known)?)))
    }

    /// The sightings that are not to be asked yet, because they asked for it in an earlier run; the
    /// others are, whatever these do.
    fn spared(&self, survey: &mut Survey) -> Vec<(usize, usize)> {
        let mut spared = Vec::new();
        if survey.is_again || survey.left_alone.is_empty() {
            return spared;
        }
        let now = Clock::default().now();
        let left_alone = take(&mut survey.left_alone);
        let is_left_alone =
            |address| left_alone.iter().any(|(other, until)| *other == address && *until > now);
        for (host, examined) in survey.examination.hosts.iter_mut().enumerate() {
            for (place, sighting) in examined.sightings.iter_mut().enumerate() {
                if sighting.visits.is_empty() && is_left_alone(sighting.address) {
                    sighting.visits.push(self.prober.not_visited(sighting.address));
                    spared.push((host, place));
                }
            }
        }
        survey.left_alone = left_alone;
        spared
    }

    /// The first of the `refused` sightings that is still wanted although all others were asked. What was
    /// seen there is forgotten then, since it is asked once more.
    async fn first_again(
        &self,
        survey: &mut Survey,
        refused: &[(usize, usize)],
        known: &Known,
    ) -> Option<Place> {
        let mut held = Vec::with_capacity(refused.len());
        for &(host, place) in refused {
            held.push(take(&mut survey.examination.hosts[host].sightings[place].visits));
        }
        if let Some((host, place)) = self.next_place(survey, known).await {
            return Some(self.place_of(&survey.examination.hosts[host], place));
        }
        for (&(host, place), visits) in refused.iter().zip(held) {
            survey.examination.hosts[host].sightings[place].visits = visits;
        }
        None
    }

    /// Judges a target of which everything is known that can be had tonight.
    fn conclude(&self, mut survey: Survey, known: &Known) -> Result<Outcome, StoreError> {
        if let Some(excess) = survey.excess {
            let target = &survey.examination.target;
            tracing::info!(%target, excess = excess.word(), "more than is taken of any site");
        }
        let most = if self.follow_links { MOST_LINKS } else { 0 };
        let is_permitted = |domain: &Domain| self.guard.permits_host(domain.host());
        survey.examination.retain_links(most, is_permitted);
        let mut outcome = self.settle(survey.examination, known)?;
        // Nothing rests on what was seen of a target that nothing follows for.
        if !outcome.update.findings.is_empty() {
            outcome.exchanges = survey.exchanges;
        }
        Ok(outcome)
    }

    /// Gives up `address` for a surveyed target that waited for it: what answers there is unknown,
    /// unless nobody was reached there for any of as many names as break a circuit. Where another of
    /// its addresses may be asked it is to wait there; else it is judged.
    pub async fn put_off(
        &self,
        mut survey: Survey,
        address: IpAddr,
    ) -> Result<Visited, StoreError> {
        let known = self.known(&survey.examination.target)?;
        self.prober.hold(&mut survey.exchanges);
        let now = Clock::default().now();
        while let Some((host, place)) = self.next_place(&mut survey, &known).await {
            let at = self.place_of(&survey.examination.hosts[host], place);
            let rests = at.address == address
                || survey.leaves_alone(at.address, now)
                || self.prober.pace().rests_until(at.address).is_some();
            if !rests {
                return Ok(Visited::Elsewhere(Box::new(survey), at));
            }
            let sighting = &mut survey.examination.hosts[host].sightings[place];
            sighting.visits.push(self.prober.not_visited(sighting.address));
        }
        Ok(Visited::Judged(Box::new(self.conclude(survey, &known)?)))
    }

    /// Asks at one sighting, port by port, until one shows a site. Returns the exchanges, and what was
    /// more than is taken.
    async fn ask(
        &self,
        examination: &mut Examination,
        (host, place): (usize, usize),
        at: &Place,
        known: &[Finding],
    ) -> Result<(Vec<Exchange>, Option<Excess>), StoreError> {
        let parties_of = |address: IpAddr, chain: &[Host]| self.parties_of(address, chain);
        let Examination { target, filing, hosts, .. } = examination;
        let HostExamination { host, sightings, .. } = &mut hosts[host];
        let sighting = &mut sightings[place];
        let provider = sighting.placement.mainland().and_then(Holding::provider);
        let was_stopped = known.iter().any(|finding| {
            finding.state == FindingState::Closed(ClosedReason::Stopped)
                && finding.key.provider.as_ref() == provider
        });
        let (mut exchanges, mut excess) = (Vec::new(), None);
        let may_prove = !known.is_empty()
            || sighting
                .placement
                .mainland()
                .is_some_and(|holding| self.depends_on_page(filing, holding));
        for is_secure in self.prober.ports() {
            let (host, Place { address, parties }) = (host.as_ref(), at);
            let door = Door { target, host, address: *address, parties, is_secure, was_stopped };
            let mut visited = self.prober.visit(door, &parties_of).await;
            if let Some(page) = &visited.visit.page {
                visited.visit.claims = self.filings.claims(page, filing)?;
            }
            if let Target::Domain(domain) = target {
                hold_against_certificate(&mut visited.visit, &sighting.visits, domain);
            }
            if may_prove || visited.visit.wrong_claim().is_some() {
                visited.attest();
            }
            exchanges.extend(visited.exchanges);
            excess = excess.or(visited.excess);
            let visit = visited.visit;
            let state = visit.state;
            sighting.visits.push(visit);
            // An address stands for itself: where one port only sends on, the other may have its site.
            let is_enough = match target {
                Target::Domain(_) => state >= SiteState::Redirected,
                Target::Address(_) => state == SiteState::Live,
            };
            if is_enough {
                break;
            }
        }
        if sighting.visits.iter().all(|visit| tells_of_the_address(&visit.sign)) {
            let is_reached =
                |visit: &Visit| !matches!(visit.sign, Sign::NoConnection | Sign::TimedOut);
            self.prober.pace().visited(sighting.address, sighting.visits.iter().any(is_reached));
        }
        Ok((exchanges, excess))
    }

    /// Where the target is to be asked next: the host and its sighting. `None` when nothing more is
    /// needed. Hosts that may be made up are found out and marked on the way.
    pub(super) async fn next_place(
        &self,
        survey: &mut Survey,
        known: &[Finding],
    ) -> Option<(usize, usize)> {
        // Without a port there is nothing to ask.
        self.prober.ports().next()?;
        loop {
            let (host, place) = self.wanted(&survey.examination, known)?;
            if survey.vouched == Some(host) {
                return Some((host, place));
            }
            let Examination { target, hosts, .. } = &mut survey.examination;
            let is_bare = target.domain().is_some_and(|domain| is_bare(hosts, domain));
            let examined = hosts.get_mut(host)?;
            if let (Target::Domain(domain), Some(name)) = (&*target, &examined.host) {
                let addresses: Vec<IpAddr> =
                    examined.sightings.iter().map(|sighting| sighting.address).collect();
                examined.is_invented =
                    self.wildcards.may_be_made_up(name, domain, &addresses, is_bare).await;
            }
            if !examined.is_invented {
                survey.vouched = Some(host);
                return Some((host, place));
            }
        }
    }

    /// The first sighting that is still to be asked, by what is known so far.
    fn wanted(&self, examination: &Examination, known: &[Finding]) -> Option<(usize, usize)> {
        let stands = known.iter().any(Finding::stands);
        let must_verify = stands || self.is_verified_tonight(examination);
        let most = if stands { usize::MAX } else { ADDRESSES_PER_PROVIDER };
        // A wrong number may stand on another host than the one whose page is read first.
        let reads_on =
            known.iter().any(|finding| finding.stands() && finding.key.kind == Kind::WrongNumber);
        let mut read: Vec<Spot> = Vec::new();
        for (number, examined) in examination.hosts.iter().enumerate() {
            let is_permitted =
                examined.host.as_ref().is_none_or(|host| self.guard.permits_host(host));
            if examined.is_invented || !is_permitted {
                continue;
            }
            let mut asked: Vec<Spot> = Vec::new();
            for (place, sighting) in examined.sightings.iter().enumerate() {
                let Placement::Mainland(holding) = &sighting.placement else { continue };
                if holding.holder == Holder::OutOfBounds {
                    continue;
                }
                let spot = (holding.provider().cloned(), holding.is_reported);
                if !sighting.visits.is_empty() {
                    if sighting.visits.iter().any(shows_a_page) {
                        read.push(spot.clone());
                    }
                    asked.push(spot);
                    continue;
                }
                let is_enough = (read.contains(&spot) && !reads_on)
                    || asked.iter().filter(|other| **other == spot).count() >= most;
                let is_wanted = must_verify || self.depends_on_page(&examination.filing, holding);
                if !is_enough && is_wanted && self.guard.permits(sighting.address) {
                    return Some((number, place));
                }
            }
        }
        None
    }

    /// Where a host is asked that is seen at its sighting of that number.
    pub(super) fn place_of(&self, host: &HostExamination, sighting: usize) -> Place {
        let address = host.sightings[sighting].address;
        let chain = host.resolution.as_ref().map(|resolution| resolution.chain_to(address));
        Place { address, parties: self.parties_of(address, chain.unwrap_or_default()) }
    }

    /// Whom a request to `address` burdens, to which `chain` led.
    fn parties_of(&self, address: IpAddr, chain: &[Host]) -> Parties {
        let placement = self.addresses.attribute(address, &[], &self.directory, &self.guard);
        let holder = placement.mainland().and_then(Holding::provider).cloned();
        let cdn = self.directory.by_cname(chain).map(|cdn| cdn.id.clone());
        Parties { cdn: cdn.filter(|cdn| Some(cdn) != holder.as_ref()), holder }
    }

    /// Whether a verdict at this address still depends on what answers there.
    pub(super) fn depends_on_page(&self, filing: &FilingStatus, holding: &Holding) -> bool {
        match filing {
            FilingStatus::None | FilingStatus::Cancelled(_) => true,
            FilingStatus::Unknown(_) => !holding.is_reported,
            FilingStatus::Active(summary) => {
                let is_connected =
                    holding.provider().is_none_or(|id| summary.providers.contains(id));
                let is_excused = !summary.are_providers_known
                    || (holding.is_cdn() && !self.judge.cdn_needs_access);
                !holding.is_reported || (!is_connected && !is_excused)
            }
        }
    }

    /// Filed names are probed once in so many nights, each on its own night.
    fn is_verified_tonight(&self, examination: &Examination) -> bool {
        let Examination { filing, target, night, .. } = examination;
        let is_turn = || due::is_verified(target, *night, self.rotation.verify_filed);
        matches!(filing, FilingStatus::Active(_)) && (self.scan.everything || is_turn())
    }
}

/// Whether `domain` itself is known to have no address.
fn is_bare(hosts: &[HostExamination], domain: &Domain) -> bool {
    let own = hosts.iter().find(|examined| examined.host.as_ref() == Some(domain.host()));
    own.is_some_and(|own| {
        let resolution = own.resolution.as_ref();
        own.sightings.is_empty()
            && resolution.is_some_and(|resolution| resolution.outcome().is_certain())
    })
}

/// Doubts a site that is shown under another Domain's certificate: a server that has no site of that name
/// over TLS shows whichever it has. Where nothing else answers at the address, the name may still
/// be served that way; where plain HTTP answers, nobody can tell, unless access is stopped there. `before` are the visits of the
/// ports that were asked first.
fn hold_against_certificate(visit: &mut Visit, before: &[Visit], domain: &Domain) {
    if visit.state < SiteState::Redirected || !visit.final_url.starts_with("https:") {
        return;
    }
    // What a robots.txt that is remembered forbids is shown by no certificate of its own.
    let shown = visit.certificate.as_ref();
    let shown = shown.or_else(|| before.iter().find_map(|visit| visit.certificate.as_ref()));
    let Some(other) = shown.and_then(|certificate| certificate.other_domain(domain)) else {
        return;
    };
    let plain_is = |state| before.iter().any(|plain| !plain.is_secure && plain.state == state);
    if plain_is(SiteState::Stopped) {
        // Over TLS nothing of the name is there, else it would have been stopped as well.
        visit.state = SiteState::Silent;
    } else if !plain_is(SiteState::Silent) {
        visit.state = SiteState::Unknown;
    } else if visit.page.is_none() {
        return;
    }
    visit.sign = Sign::AnothersCertificate { domain: other, at: visit.sign.other_address() };
}

fn shows_a_page(visit: &Visit) -> bool {
    visit.state == SiteState::Live && visit.page.is_some()
}

/// Whether the address was in no state to answer, and may be later.
fn was_too_much(visit: &Visit) -> bool {
    matches!(
        visit.sign,
        Sign::Status(429 | 503) | Sign::RobotsUnavailable(429 | 503) | Sign::PutOff
    )
}

/// Whether it was tried at all to reach the address.
fn tells_of_the_address(sign: &Sign) -> bool {
    !matches!(sign, Sign::PutOff | Sign::Deserted | Sign::NotAsked | Sign::NotAllowed)
}
