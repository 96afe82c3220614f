//! What is known of a target without asking anybody for a page: its addresses, who holds them,
//! whether it is filed.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::clock::day;
use crate::facts::candidate::Candidate;
use crate::facts::domain::Host;
use crate::facts::examination::Examination;
use crate::facts::examination::HostExamination;
use crate::facts::examination::Sighting;
use crate::facts::exchange::Exchange;
use crate::facts::filing::FilingStatus;
use crate::facts::finding::Finding;
use crate::facts::placement::Holding;
use crate::facts::target::Target;
use crate::facts::visit::Excess;
use crate::scan::due;
use crate::scan::due::Known;
use crate::scan::examine::Stages;
use crate::scan::examine::Surveyed;
use crate::scan::examine::worth::Worth;
use crate::store::StoreError;

/// A target that was surveyed and is still to be visited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// All that was learnt so far.
    pub examination: Examination,
    /// The host of the examination that is known not to be made up, the last one asked about.
    pub(super) vouched: Option<usize>,
    /// Whether it was visited tonight already, and some of its addresses were in no state to answer.
    pub(in crate::scan) is_again: bool,
    /// What the visits of the examination rest on, where there are any already.
    pub(super) exchanges: Vec<Exchange>,
    /// What was more than is taken of any site.
    pub(super) excess: Option<Excess>,
    /// When the name servers were asked, from the beginning of this run on.
    pub(super) asked: Duration,
    /// Whether it was sent to another line already, because it no longer led to the address that it
    /// had waited for.
    pub(super) has_moved: bool,
    /// The addresses that asked to be left alone by it, tonight or in an earlier run, and until when.
    pub(in crate::scan) left_alone: Vec<(IpAddr, Timestamp)>,
}

impl Survey {
    /// One that has only just been made.
    pub fn of(examination: Examination) -> Self {
        Self {
            examination,
            vouched: None,
            is_again: false,
            exchanges: Vec::new(),
            excess: None,
            asked: Duration::ZERO,
            has_moved: false,
            left_alone: Vec::new(),
        }
    }

    /// Whether `address` asked to be left alone until later than `now`.
    pub(super) fn leaves_alone(&self, address: IpAddr, now: Timestamp) -> bool {
        self.left_alone.iter().any(|(other, until)| *other == address && *until > now)
    }
}

/// Whether any question to the name servers went without an answer.
pub fn has_failed(examination: &Examination) -> bool {
    let resolutions = examination.hosts.iter().filter_map(|host| host.resolution.as_ref());
    resolutions.into_iter().any(|resolution| !resolution.outcome().is_certain())
}

impl Stages {
    /// Surveys `candidate`. Where no page is needed it is judged at once; nothing is written yet.
    pub async fn survey(&self, candidate: Candidate) -> Result<Surveyed, StoreError> {
        let known = self.known(&candidate.target)?;
        let filing = self.filings.status(&candidate.target, &self.directory)?;
        let last = self.last.of(&candidate.target);
        if !self.is_due(&candidate, &known, last.as_ref(), &filing)? {
            return Ok(Surveyed::NotDue);
        }
        let mut examination = Examination {
            night: self.scan.night,
            at: self.clock.now(),
            channel: candidate.channel.clone(),
            names: candidate.names(),
            hosts: self.resolve(&candidate, &known, last.as_ref()).await,
            target: candidate.target,
            filing,
            upstream: None,
            steady_since: 0,
        };
        if !self.is_in_scope(&examination, &known) {
            return Ok(Surveyed::OutOfScope);
        }
        self.ask_upstream(&mut examination, &known).await;
        self.look_further(&mut examination, last.as_ref()).await?;
        let mut survey = Survey { asked: self.begun.elapsed(), ..Survey::of(examination) };
        match self.next_place(&mut survey, &known).await {
            Some((host, sighting)) => {
                let place = self.place_of(&survey.examination.hosts[host], sighting);
                let today = day(survey.examination.at);
                let worth = Worth::of(&known, last.as_ref(), &survey.examination, today);
                let worth = match &last {
                    Some(last) if self.is_outdated(last) => worth.min(Worth::Changed),
                    _ => worth,
                };
                Ok(Surveyed::Waits(Box::new(survey), place, worth))
            }
            None => Ok(Surveyed::Settled(Box::new(self.settle(survey.examination, &known)?))),
        }
    }

    /// Whether the target is to be examined tonight. What was asked for by name is, and everything
    /// where that was asked for.
    fn is_due(
        &self,
        candidate: &Candidate,
        findings: &[Finding],
        last: Option<&Examination>,
        filing: &FilingStatus,
    ) -> Result<bool, StoreError> {
        if self.scan.everything || !self.scan.scope.targets.is_empty() {
            return Ok(true);
        }
        let sightings =
            || last.into_iter().flat_map(|last| &last.hosts).flat_map(HostExamination::placed);
        let has_moved_on_paper = sightings().any(|(sighting, chain)| {
            let placement =
                self.addresses.attribute(sighting.address, chain, &self.directory, &self.guard);
            placement != sighting.placement
        });
        let is_suspect = sightings().any(|(sighting, _)| {
            let holding = sighting.placement.mainland();
            holding.is_some_and(|holding| self.depends_on_page(filing, holding))
        });
        let known = Known {
            candidate,
            findings,
            last,
            filing,
            is_overtaken: has_moved_on_paper || last.is_some_and(|last| self.is_outdated(last)),
            is_suspect,
            is_exempt: self.findings.exemption(&candidate.target)?.is_some(),
        };
        Ok(due::is_due(known, self.scan.night, self.rotation))
    }

    /// Whether what was seen `last` rests on a pattern of pages that there is no more, so that nobody
    /// can say what it would be today.
    fn is_outdated(&self, last: &Examination) -> bool {
        !last.visits().all(|visit| self.prober.signatures().support(&visit.sign))
    }

    /// Asks the other register where ours cannot say and something may follow from it: a name without
    /// an address on the mainland is no fault of anybody's, whether it is filed or not.
    async fn ask_upstream(&self, examination: &mut Examination, known: &[Finding]) {
        let mut sightings = examination.hosts.iter().flat_map(|host| &host.sightings);
        let is_mainland = sightings.any(|sighting| sighting.placement.mainland().is_some());
        if is_mainland || known.iter().any(Finding::stands) {
            let Examination { target, filing, .. } = &*examination;
            let checked = self.filings.asked_further(target, filing.clone(), &self.directory).await;
            examination.filing = checked.status;
            examination.upstream = checked.upstream;
        }
    }

    async fn resolve(
        &self,
        candidate: &Candidate,
        known: &[Finding],
        last: Option<&Examination>,
    ) -> Vec<HostExamination> {
        if let Target::Address(address) = candidate.target {
            let sighting = self.sighting(address, &[]);
            return vec![HostExamination {
                host: None,
                resolution: None,
                sightings: vec![sighting],
                is_invented: false,
            }];
        }
        let mut names = candidate.hosts_to_examine();
        // A list may name a host no more at which a fault stands; that alone mends nothing.
        let standing = known.iter().filter(|finding| finding.stands());
        for host in standing.flat_map(|finding| &finding.seen.hosts) {
            if !names.contains(host) {
                names.push(host.clone());
            }
        }
        self.resolved(names, last.map_or(&[], |last| &last.hosts)).await
    }

    /// What the name servers say of `names`; `before` is what was learnt of hosts the last time.
    pub(super) async fn resolved(
        &self,
        names: Vec<Host>,
        before: &[HostExamination],
    ) -> Vec<HostExamination> {
        let mut hosts = Vec::new();
        for host in names {
            let was_there = before
                .iter()
                .any(|before| before.host.as_ref() == Some(&host) && !before.sightings.is_empty());
            let resolution = self.resolver.resolve_known(&host, was_there).await;
            let sightings = resolution
                .addresses()
                .into_iter()
                .map(|address| self.sighting(address, resolution.chain_to(address)))
                .collect();
            hosts.push(HostExamination {
                host: Some(host),
                resolution: Some(resolution),
                sightings,
                is_invented: false,
            });
        }
        hosts
    }

    /// Asks the name servers anew for a target that waited longer than their answers are believed:
    /// it may lead elsewhere by now, to an address that is somebody else's. Whether they were asked.
    pub(super) async fn renew(&self, survey: &mut Survey) -> bool {
        let now = self.begun.elapsed();
        let is_fresh = now.saturating_sub(survey.asked) < self.renew_after;
        if is_fresh || survey.examination.target.domain().is_none() {
            return false;
        }
        let before = std::mem::take(&mut survey.examination.hosts);
        let names = before.iter().filter_map(|examined| examined.host.clone()).collect();
        let mut hosts = self.resolved(names, &before).await;
        for (examined, before) in hosts.iter_mut().zip(before) {
            take_over(&mut examined.sightings, before.sightings);
        }
        survey.examination.hosts = hosts;
        survey.vouched = None;
        survey.asked = now;
        true
    }

    fn sighting(&self, address: IpAddr, chain: &[Host]) -> Sighting {
        let placement = self.addresses.attribute(address, chain, &self.directory, &self.guard);
        Sighting { address, placement, visits: Vec::new() }
    }

    /// Whether the night is asked to judge this target; with a provider or bureau as its scope, only
    /// what lies there or has a finding there.
    fn is_in_scope(&self, examination: &Examination, known: &[Finding]) -> bool {
        let scope = &self.scan.scope;
        if scope.provider.is_none() && scope.bureau.is_none() {
            return true;
        }
        let lies_there =
            examination.hosts.iter().flat_map(|host| &host.sightings).any(|sighting| {
                sighting
                    .placement
                    .mainland()
                    .is_some_and(|holding| self.holding_is_in_scope(holding))
            });
        let has_finding = known.iter().any(|finding| {
            scope.provider.as_ref().is_none_or(|id| finding.key.provider.as_ref() == Some(id))
                && scope.bureau.is_none_or(|bureau| finding.bureau == bureau)
        });
        lies_there || has_finding
    }

    fn holding_is_in_scope(&self, holding: &Holding) -> bool {
        let scope = &self.scan.scope;
        let bureau = holding.province.or_else(|| {
            holding
                .provider()
                .and_then(|id| self.directory.by_id(id))
                .and_then(|found| found.bureau)
        });
        scope.provider.as_ref().is_none_or(|id| holding.provider() == Some(id))
            && scope.bureau.is_none_or(|wanted| bureau == Some(wanted))
    }
}

/// What was seen at addresses that are still there stays, and they come first, in the order they had:
/// name servers turn theirs from one answer to the next.
fn take_over(sightings: &mut [Sighting], before: Vec<Sighting>) {
    let order: Vec<IpAddr> = before.iter().map(|sighting| sighting.address).collect();
    for seen in before {
        let same = sightings.iter_mut().find(|sighting| sighting.address == seen.address);
        if let Some(sighting) = same {
            sighting.visits = seen.visits;
        }
    }
    sightings.sort_by_key(|sighting| {
        order.iter().position(|address| *address == sighting.address).unwrap_or(usize::MAX)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::placement::Placement;

    fn at(address: &str) -> Sighting {
        Sighting { address: address.parse().unwrap(), placement: Placement::Abroad, visits: vec![] }
    }

    fn addresses(sightings: &[Sighting]) -> Vec<String> {
        sightings.iter().map(|sighting| sighting.address.to_string()).collect()
    }

    #[test]
    fn an_answer_that_is_only_turned_round_changes_no_order() {
        let before = vec![at("1.2.4.1"), at("1.2.4.2"), at("1.2.4.3")];
        let mut now = [at("1.2.4.9"), at("1.2.4.3"), at("1.2.4.1")];
        take_over(&mut now, before);
        assert_eq!(addresses(&now), ["1.2.4.1", "1.2.4.3", "1.2.4.9"]);
    }
}
