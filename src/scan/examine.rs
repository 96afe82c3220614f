//! The straight line: every question about one target, asked in order. What strangers' machines do
//! is a fact; an error here means that our own disk failed.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::civil::Date;

use crate::clock::Clock;
use crate::clock::day;
use crate::facts::candidate::Candidate;
use crate::facts::change::Scan;
use crate::facts::directory::Directory;
use crate::facts::domain::Host;
use crate::facts::examination::Examination;
use crate::facts::examination::HostExamination;
use crate::facts::examination::Sighting;
use crate::facts::filing::FilingStatus;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingKey;
use crate::facts::finding::Kind;
use crate::facts::placement::Holding;
use crate::facts::placement::Placement;
use crate::facts::provider::ProviderId;
use crate::facts::target::Target;
use crate::facts::visit::SiteState;
use crate::net::dns::Resolver;
use crate::net::dns::wildcards::Wildcards;
use crate::net::guard::Guard;
use crate::scan::ledger;
use crate::scan::ledger::Tonight;
use crate::scan::ledger::deadlines::Deadlines;
use crate::stages::attribute::AddressTable;
use crate::stages::check::Filings;
use crate::stages::judge;
use crate::stages::judge::Parked;
use crate::stages::judge::Rules;
use crate::stages::judge::Ruling;
use crate::stages::judge::judge;
use crate::stages::probe::Door;
use crate::stages::probe::Prober;
use crate::store::StoreError;
use crate::store::findings::Findings;
use crate::store::findings::Update;
use crate::store::journal::Outcome;

/// Addresses asked of one host at one provider; a name on more of them is a farm, and one page of it
/// tells what the others would. While a finding stands, all are asked, because only all of them
/// together can be stopped or gone.
const ADDRESSES_PER_PROVIDER: usize = 4;

/// What one page is enough for: the addresses of one provider, reported and unreported apart.
type Place = (Option<ProviderId>, bool);

/// Every part that an examination passes through.
#[derive(Debug)]
pub struct Stages {
    /// Resolves names.
    pub resolver: Arc<Resolver>,
    /// Finds out which names may be made up.
    pub wildcards: Wildcards,
    /// Attributes addresses.
    pub addresses: AddressTable,
    /// The providers register.
    pub directory: Directory,
    /// What may be reached.
    pub guard: Guard,
    /// Checks filings.
    pub filings: Filings,
    /// Probes what is left.
    pub prober: Prober,
    /// `[judge]`
    pub judge: judge::Settings,
    /// `[scan] parked`
    pub parked: Parked,
    /// `[deadlines]`
    pub deadlines: Deadlines,
    /// Yesterday's findings.
    pub findings: Findings,
    /// `[scan] misses_to_close`
    pub misses_to_close: u32,
    /// `[scan] verify_filed_nights`
    pub verify_filed_nights: u32,
    /// Today's date.
    pub clock: Clock,
    /// Tonight.
    pub scan: Scan,
}

impl Stages {
    /// Examines `candidate`, judges it, and says what changes. Nothing is written yet. `None` where
    /// the run is narrowed to a provider or bureau that has nothing to do with it: then its turn
    /// tonight is still to come.
    pub async fn examine(&self, candidate: Candidate) -> Result<Option<Outcome>, StoreError> {
        let now = self.clock.now();
        let known = newest(self.findings.of_target(&candidate.target)?);
        let filing = self.filings.status(&candidate.target, &self.directory)?;
        let mut examination = Examination {
            night: self.scan.night,
            at: now,
            channel: candidate.channel.clone(),
            names: candidate.names(),
            hosts: self.resolve(&candidate).await,
            target: candidate.target,
            filing,
        };
        if !self.is_in_scope(&examination, &known) {
            return Ok(None);
        }
        self.probe(&mut examination, &known).await?;
        let (update, is_whole) = self.settle(&examination, &known, day(now))?;
        Ok(Some(Outcome { examination, update, is_whole }))
    }

    async fn resolve(&self, candidate: &Candidate) -> Vec<HostExamination> {
        if let Target::Address(address) = candidate.target {
            let sighting = self.sighting(address, &[]);
            return vec![HostExamination {
                host: None,
                resolution: None,
                sightings: vec![sighting],
                is_invented: false,
            }];
        }
        let mut hosts = Vec::new();
        for host in candidate.hosts_to_examine() {
            let resolution = self.resolver.resolve(&host).await;
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

    async fn probe(
        &self,
        examination: &mut Examination,
        known: &[Finding],
    ) -> Result<(), StoreError> {
        let provider_of = |address: IpAddr| self.provider_of(address);
        let stands = known.iter().any(Finding::stands);
        let must_verify = stands || self.is_verified_tonight(examination);
        let most = if stands { usize::MAX } else { ADDRESSES_PER_PROVIDER };
        let Examination { target, filing, hosts, .. } = examination;
        // A wrong number may stand on another host than the one whose page is read first.
        let reads_on =
            known.iter().any(|finding| finding.stands() && finding.key.kind == Kind::WrongNumber);
        let mut read: Vec<Place> = Vec::new();
        for HostExamination { host, sightings, is_invented, .. } in hosts {
            if host.as_ref().is_some_and(|host| !self.guard.permits_host(host)) {
                continue;
            }
            let addresses: Vec<IpAddr> =
                sightings.iter().map(|sighting| sighting.address).collect();
            let mut asked: Vec<Place> = Vec::new();
            for Sighting { address, placement, visits } in sightings {
                let Placement::Mainland(holding) = placement else { continue };
                let place = (holding.provider().cloned(), holding.is_reported);
                let is_enough = (read.contains(&place) && !reads_on)
                    || asked.iter().filter(|other| **other == place).count() >= most;
                let is_wanted = must_verify || self.depends_on_page(filing, holding);
                if is_enough || !is_wanted || !self.guard.permits(*address) {
                    continue;
                }
                if asked.is_empty()
                    && let (Target::Domain(domain), Some(host)) = (&*target, &host)
                    && self.wildcards.may_be_made_up(host, domain, &addresses).await
                {
                    *is_invented = true;
                    break;
                }
                asked.push(place.clone());
                let door =
                    |is_secure| Door { target, host: host.as_ref(), address: *address, is_secure };
                for is_secure in self.prober.ports() {
                    let mut visit = self.prober.visit(door(is_secure), &provider_of).await;
                    if let Some(page) = &visit.page {
                        visit.claims = self.filings.claims(page, filing)?;
                    }
                    let state = visit.state;
                    let has_page = visit.page.is_some();
                    visits.push(visit);
                    if state == SiteState::Live && has_page {
                        read.push(place.clone());
                    }
                    if state >= SiteState::Redirected {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn provider_of(&self, address: IpAddr) -> Option<ProviderId> {
        let placement = self.addresses.attribute(address, &[], &self.directory, &self.guard);
        placement.mainland().and_then(Holding::provider).cloned()
    }

    /// Whether a verdict at this address still depends on what answers there.
    fn depends_on_page(&self, filing: &FilingStatus, holding: &Holding) -> bool {
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
        let FilingStatus::Active(_) = examination.filing else { return false };
        let key = examination.target.sort_key();
        let place = key.first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes));
        let turn = place.wrapping_add(examination.night).checked_rem(self.verify_filed_nights);
        self.scan.everything || turn == Some(0)
    }

    /// What changes, and whether nothing was left for another run of the night.
    fn settle(
        &self,
        examination: &Examination,
        known: &[Finding],
        today: Date,
    ) -> Result<(Update, bool), StoreError> {
        let rules =
            Rules { settings: &self.judge, parked: self.parked, directory: &self.directory };
        let exemption = self.findings.exemption(&examination.target)?;
        let tonight = Tonight {
            night: examination.night,
            now: examination.at,
            misses_to_close: self.misses_to_close,
            deadlines: &self.deadlines,
            is_exempt: exemption.is_some_and(|exemption| exemption.holds_on(today)),
            channel: &examination.channel,
        };
        let mut update = Update::default();
        let mut is_whole = true;
        for (key, ruling) in judge(examination, known, rules) {
            let current = known.iter().find(|finding| finding.key == key);
            if !self.may_change(&key, current, &ruling) {
                is_whole = false;
                continue;
            }
            if let Some(transition) = ledger::transition(&key, current, ruling, tonight) {
                update.findings.push(transition.finding);
                update.changes.extend(transition.change);
            }
        }
        Ok((update, is_whole))
    }

    /// A night that is limited to a provider or bureau leaves the findings of others alone.
    fn may_change(&self, key: &FindingKey, current: Option<&Finding>, ruling: &Ruling) -> bool {
        let scope = &self.scan.scope;
        let bureau = match ruling {
            Ruling::Stands(bureau, _) | Ruling::Accrues(bureau, _) => Some(*bureau),
            Ruling::Ends(..) | Ruling::Misses(_) | Ruling::Unknown(_) => {
                current.map(|finding| finding.bureau)
            }
        };
        scope.provider.as_ref().is_none_or(|id| key.provider.as_ref() == Some(id))
            && scope.bureau.is_none_or(|wanted| bureau == Some(wanted))
    }
}

/// The newest finding of each key: the one that stands, else the last one closed.
fn newest(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|finding| {
        (!finding.stands(), std::cmp::Reverse((finding.last_night, finding.id)))
    });
    let mut newest: Vec<Finding> = Vec::new();
    for finding in findings {
        if newest.iter().all(|other| other.key != finding.key) {
            newest.push(finding);
        }
    }
    newest
}
