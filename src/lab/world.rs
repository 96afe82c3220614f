//! The plan of a simulated internet: which sites there are, what each plays, and the truth of it.
//!
//! A pure function of its settings. A site costs its name and eight bytes; everything else is
//! derived when somebody asks.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::HashSet;
use std::net::IpAddr;
use std::net::Ipv4Addr;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;
use rand_chacha::rand_core::SeedableRng;

use crate::facts::allocation::Allocation;
use crate::facts::domain::Domain;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::FindingKey;
use crate::facts::provider::Provider;
use crate::facts::target::Target;
use crate::lab::cast::Cast;
use crate::lab::names;
use crate::lab::providers;
use crate::lab::ranges;
use crate::lab::scenarios::Naming;
use crate::lab::scenarios::SCENARIOS;
use crate::lab::scenarios::Scenario;
use crate::lab::scenarios::choose;
use crate::lab::story::Zone;
use crate::lab::truth::Truth;

/// What a world is planned from.
#[derive(Debug, Clone)]
pub struct WorldSettings {
    /// How many sites there are; without meaning where `names` are given.
    pub sites: usize,
    /// The same seed makes the same world.
    pub seed: u64,
    /// The lines of a candidate list whose Domains are the sites; `None` to invent names.
    pub names: Option<Vec<String>>,
    /// Whether sites that keep visitors waiting are left out, so that a night is over when all is
    /// done.
    pub is_brisk: bool,
}

impl Default for WorldSettings {
    fn default() -> Self {
        Self { sites: 400, seed: 1, names: None, is_brisk: false }
    }
}

/// A planned internet.
#[derive(Debug)]
pub struct World {
    providers: Vec<Provider>,
    /// The web addresses of each provider, in the order of `providers`.
    web: Vec<Vec<Ipv4Addr>>,
    sites: Vec<Site>,
    /// The place of each site in `sites`, by the text of its target.
    places: HashMap<Box<str>, usize>,
    /// A site whose record holds throughout, so that others can claim its number.
    landmark: usize,
    lines: Option<Vec<String>>,
    /// The hosts that the candidate list names.
    listed: HashSet<Box<str>>,
}

/// One site of a plan.
#[derive(Debug)]
pub(crate) struct Site {
    /// What is found, if something is.
    pub(crate) target: Target,
    /// Decides everything about the site that its scenario leaves open.
    pub(crate) salt: u32,
    /// The place of its scenario in [`SCENARIOS`].
    scenario: u16,
}

impl Site {
    /// What it plays.
    pub(crate) fn scenario(&self) -> &'static Scenario {
        &SCENARIOS[usize::from(self.scenario)]
    }
}

impl WorldSettings {
    fn may_play(&self, scenario: &Scenario) -> bool {
        !self.is_brisk || scenario.is_brisk()
    }
}

/// Plans the world that the settings describe. Lines that name no Domain are candidates without a
/// site.
pub fn plan(settings: &WorldSettings) -> World {
    let mut sites = match &settings.names {
        Some(lines) => named_sites(lines, settings),
        None => invented_sites(settings),
    };
    let is_steady = |site: &Site| site.scenario == LANDMARK;
    let landmark = sites.iter().position(is_steady).unwrap_or_else(|| {
        if let Some(first) = sites.first_mut() {
            first.scenario = LANDMARK;
        }
        0
    });
    let providers = providers::found_providers(sites.len());
    let web = (0..providers.len()).map(|index| ranges::web_addresses(&providers, index)).collect();
    let key = |site: &Site| site.target.to_string().into_boxed_str();
    let places = sites.iter().enumerate().map(|(index, site)| (key(site), index)).collect();
    let lines = settings.names.clone();
    let listed = HashSet::new();
    let mut world = World { providers, web, sites, places, landmark, lines, listed };
    let hosts = world.candidates().filter_map(|line| names::host_of_line(&line));
    world.listed = hosts.map(|host| host.as_str().into()).collect();
    world
}

/// The names of all that sites can play. A world of as many sites plays each once.
pub fn scenario_names() -> impl Iterator<Item = &'static str> {
    SCENARIOS.iter().map(|scenario| scenario.name)
}

/// The place in [`SCENARIOS`] of what a landmark plays.
const LANDMARK: u16 = 0;

/// The random numbers of one thing in the world of `seed`.
fn dice(seed: u64, thing: &str) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed ^ (u64::from(crc32fast::hash(thing.as_bytes())) << 32))
}

/// One site for each Domain that the lines name, each cast by its own name.
fn named_sites(lines: &[String], settings: &WorldSettings) -> Vec<Site> {
    let may_play =
        |scenario: &Scenario| scenario.naming == Naming::Any && settings.may_play(scenario);

    let hosts = lines.iter().filter_map(|line| names::host_of_line(line));
    let domains: BTreeSet<_> = hosts.filter_map(|host| Domain::of(&host).ok()).collect();
    let site = |domain: Domain| {
        let mut dice = dice(settings.seed, domain.as_str());
        let scenario = choose(dice.next_u32(), may_play);
        Site { target: domain.into(), salt: dice.next_u32(), scenario }
    };
    domains.into_iter().map(site).collect()
}

/// So many sites: every scenario once, as far as they go, and the rest by weight.
fn invented_sites(settings: &WorldSettings) -> Vec<Site> {
    let count = settings.sites;
    let mut order = dice(settings.seed, "the order of scenarios");
    let all = (0..).zip(SCENARIOS).filter(|(_, scenario)| settings.may_play(scenario));
    let mut cast: Vec<u16> = all.map(|(place, _)| place).take(count).collect();
    let rest = cast.len()..count;
    cast.extend(rest.map(|_| choose(order.next_u32(), |scenario| settings.may_play(scenario))));
    // The first stays in front, so that the smallest world has a landmark.
    for last in (2..cast.len()).rev() {
        let other = 1 + order.next_u32() as usize % last;
        cast.swap(last, other);
    }
    let providers = providers::found_providers(count);
    let site = |(index, scenario): (usize, u16)| {
        let salt = order.next_u32();
        let target = match SCENARIOS[usize::from(scenario)].naming {
            Naming::Any | Naming::OwnLine => names::plain_domain(index, salt).into(),
            Naming::Chinese => names::chinese_domain(index, salt).into(),
            Naming::Address => {
                let home = salt as usize % (providers.len() - providers::CDNS);
                Target::Address(ranges::bare_address(&providers, home, scenario).into())
            }
        };
        Site { target, salt, scenario }
    };
    cast.into_iter().enumerate().map(site).collect()
}

impl World {
    /// Who connects sites: carriers first, CDNs last.
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    /// The allocations register as of `night`.
    pub fn allocations(&self, night: u32) -> Vec<Allocation> {
        ranges::allocations(&self.providers, night)
    }

    /// How many sites there are.
    pub fn sites(&self) -> usize {
        self.sites.len()
    }

    /// What must be found, site by site.
    pub fn truth(&self) -> impl Iterator<Item = Truth> {
        self.casts().map(|cast| Truth {
            domain: cast.target().clone(),
            scenario: cast.scenario().to_owned(),
            findings: cast.story().findings,
        })
    }

    /// What must stand at the end of `night`.
    pub fn standing(&self, night: u32) -> Vec<FindingKey> {
        self.truth().flat_map(|site| site.standing(night).collect::<Vec<_>>()).collect()
    }

    /// What must be closed at the end of `night`, and why.
    pub fn closed(&self, night: u32) -> Vec<(FindingKey, ClosedReason)> {
        self.truth().flat_map(|site| site.closed(night)).collect()
    }

    /// The lines of the candidate list.
    pub fn candidates(&self) -> Box<dyn Iterator<Item = String> + '_> {
        match &self.lines {
            Some(lines) => Box::new(lines.iter().cloned()),
            None => Box::new(self.casts().flat_map(|cast| {
                let lines = cast.story().lines;
                if lines.is_empty() { vec![cast.usual_line()] } else { lines }
            })),
        }
    }

    /// Every site with the world around it.
    pub(crate) fn casts(&self) -> impl Iterator<Item = Cast<'_>> {
        self.sites.iter().enumerate().map(|(index, site)| Cast::new(self, site, index))
    }

    /// The site that stands in the plan after the one at `index`, the first one after the last.
    pub(crate) fn after(&self, index: usize) -> Option<&Target> {
        let next = self.sites.get(index + 1).or(self.sites.first());
        next.map(|site| &site.target)
    }

    /// The site whose number others claim.
    pub(crate) fn landmark(&self) -> Cast<'_> {
        Cast::new(self, &self.sites[self.landmark], self.landmark)
    }

    /// The web addresses of the provider at `index`.
    pub(crate) fn web_addresses(&self, index: usize) -> &[Ipv4Addr] {
        &self.web[index]
    }

    /// Every address at which something listens.
    pub(crate) fn listening(&self) -> BTreeSet<Ipv4Addr> {
        let bare = self.sites.iter().filter_map(|site| match site.target {
            Target::Address(IpAddr::V4(address)) => Some(address),
            Target::Address(_) | Target::Domain(_) => None,
        });
        let mut addresses: BTreeSet<_> = self.web.iter().flatten().copied().chain(bare).collect();
        addresses.extend(ranges::ABROAD);
        addresses.extend(ranges::UNREPORTED);
        addresses.extend(ranges::REPORTED_LATE);
        addresses.extend(ranges::DISPUTED);
        addresses.insert(ranges::redirector(&self.providers));
        addresses.insert(ranges::ADVERTISER);
        addresses
    }

    /// The site that `host` belongs to; `host` is in lower case without a final dot, or an address.
    pub(crate) fn find(&self, host: &str) -> Option<Cast<'_>> {
        let mut name = host;
        loop {
            if let Some(&index) = self.places.get(name) {
                return Some(Cast::new(self, &self.sites[index], index));
            }
            (_, name) = name.split_once('.')?;
        }
    }

    /// Whether the candidate list names `host`.
    pub(crate) fn is_listed(&self, host: &str) -> bool {
        self.listed.contains(host)
    }

    /// The site that a CDN serves under `host` on `night`.
    pub(crate) fn find_behind_cdn(&self, host: &str, night: u32) -> Option<Cast<'_>> {
        let mut suffixes = self.providers.iter().flat_map(|provider| &provider.cname_suffixes);
        let front =
            suffixes.find_map(|suffix| host.strip_suffix(suffix.as_str())?.strip_suffix('.'))?;
        let cast = self.find(front)?;
        let Zone::Cdn(cdn, _) = cast.story().scene(night).zone else { return None };
        (cast.cdn_name(cdn) == host).then_some(cast)
    }
}

#[cfg(test)]
mod tests;
