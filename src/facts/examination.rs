//! An examination (检测): all that one night learnt of one candidate. Kept, so that `explain` can show
//! the trail and changed rules can be applied again.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::domain::Domain;
use crate::facts::domain::Host;
use crate::facts::filing::FilingStatus;
use crate::facts::filing::UpstreamNote;
use crate::facts::placement::Placement;
use crate::facts::resolution::Resolution;
use crate::facts::target::Target;
use crate::facts::visit::SiteState;
use crate::facts::visit::Visit;

/// Everything one night learnt of one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examination {
    /// What was examined.
    pub target: Target,
    /// The number of the night, from 1.
    pub night: u32,
    /// When it was examined.
    pub at: Timestamp,
    /// The channel that brought the candidate.
    pub channel: String,
    /// How many distinct names of lists this examination accounts for.
    pub names: u64,
    /// What the register said of the Domain, or the upstream register in its place.
    pub filing: FilingStatus,
    /// What became of the question to the upstream register; `None` where it was not asked.
    pub upstream: Option<UpstreamNote>,
    /// The hosts examined, in order; for an address one entry without a host.
    pub hosts: Vec<HostExamination>,
    /// The night since which registers and name servers have said the same; 0 where only this night is
    /// known. Kept with the last examination of a target, and not in the journal of a night.
    #[serde(skip)]
    pub steady_since: u32,
}

impl Examination {
    /// How many nights ago registers and name servers said something else for the last time.
    pub fn steady_nights(&self) -> u32 {
        if self.steady_since == 0 { 0 } else { self.night.saturating_sub(self.steady_since) }
    }

    /// Every visit, host by host.
    pub fn visits(&self) -> impl Iterator<Item = &Visit> {
        let sightings = self.hosts.iter().flat_map(|host| &host.sightings);
        sightings.flat_map(|sighting| &sighting.visits)
    }

    /// The other Domains that its live pages link to, each once; only in the night that read them.
    pub fn links(&self) -> Vec<&Domain> {
        let sightings = self.hosts.iter().flat_map(|host| &host.sightings);
        let live = sightings
            .flat_map(|sighting| &sighting.visits)
            .filter(|visit| visit.state == SiteState::Live);
        let mut links = Vec::new();
        for domain in live.filter_map(|visit| visit.page.as_ref()).flat_map(|page| &page.links) {
            if !links.contains(&domain) {
                links.push(domain);
            }
        }
        links
    }

    /// Keeps of what its pages link to those that `is_wanted`, at most `most` for all of them together.
    pub fn retain_links(&mut self, most: usize, is_wanted: impl Fn(&Domain) -> bool) {
        let mut kept: Vec<Domain> = Vec::new();
        let sightings = self.hosts.iter_mut().flat_map(|host| &mut host.sightings);
        for visit in sightings.flat_map(|sighting| &mut sighting.visits) {
            let Some(page) = &mut visit.page else { continue };
            page.links.retain(|domain| {
                let is_known = kept.contains(domain);
                if !is_known && kept.len() < most && is_wanted(domain) {
                    kept.push(domain.clone());
                    return true;
                }
                false
            });
        }
    }

    /// Whether the register and the name servers say the same of the target as they did in `other`.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let addresses = |examination: &Self| {
            let sightings = examination.hosts.iter().flat_map(|host| &host.sightings);
            let mut addresses: Vec<_> =
                sightings.map(|sighting| (sighting.address, sighting.placement.clone())).collect();
            addresses.sort_by_key(|(address, _)| *address);
            addresses.dedup();
            addresses
        };
        self.filing.says_the_same(&other.filing) && addresses(self) == addresses(other)
    }
}

/// What was learnt of one host of the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostExamination {
    /// The host; `None` for a bare address.
    pub host: Option<Host>,
    /// What the name servers said; `None` for a bare address.
    pub resolution: Option<Resolution>,
    /// Each of its addresses, with who holds it and what answered.
    pub sightings: Vec<Sighting>,
    /// Whether a name that nobody ever gave has the same addresses, so that this one may be invented
    /// too: the zone answers for everything (泛解析). Nothing is asked of it and nothing follows.
    pub is_invented: bool,
}

impl HostExamination {
    /// Each sighting with the chain of names that led to its address.
    pub fn placed(&self) -> impl Iterator<Item = (&Sighting, &[Host])> {
        self.sightings.iter().map(|sighting| {
            let chain = self.resolution.as_ref();
            (sighting, chain.map_or(&[][..], |found| found.chain_to(sighting.address)))
        })
    }
}

/// One address of one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// The address.
    pub address: IpAddr,
    /// Where it lies and who holds it.
    pub placement: Placement,
    /// What answered there, a visit a port; empty where nothing was asked, because the verdict did
    /// not depend on it.
    pub visits: Vec<Visit>,
}
