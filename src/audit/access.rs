//! Where access records and what is served differ (少报, 多报, 空壳), why, and how many of each provider's
//! are right: the report that the plan promises to each provider.

use std::collections::BTreeMap;

use crate::facts::examination::Examination;
use crate::facts::examination::HostExamination;
use crate::facts::filing::FilingStatus;
use crate::facts::finding::Finding;
use crate::facts::finding::Kind;
use crate::facts::placement::Holding;
use crate::facts::provider::ProviderId;
use crate::facts::visit::SiteState;

/// Why a provider serves a filed site and has no access record of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unrecorded {
    /// No provider of record serves it any more: it moved here from these.
    Moved(Vec<ProviderId>),
    /// A provider of record serves it too.
    Several,
    /// It is served as a CDN serves it.
    Cdn,
    /// There is no access record at all.
    Shell,
    /// The last examination does not tell.
    Unknown,
}

/// Why nothing resolves to a provider of record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idle {
    /// The name is gone, or has no address.
    Gone,
    /// Every address is abroad.
    Abroad,
    /// It answers at these other providers; nobody where they are not known.
    Moved(Vec<ProviderId>),
    /// It resolves to others, and nothing answers there.
    Silent,
    /// The last examination does not tell.
    Unknown,
}

/// Whether a site lives; `None` where the examination does not tell.
pub fn is_alive(examination: &Examination) -> Option<bool> {
    let mut states = Vec::new();
    let mut has_address = false;
    for host in examination.hosts.iter().filter(|host| !host.is_invented) {
        has_address |= !host.sightings.is_empty();
        for sighting in &host.sightings {
            match (sighting.placement.mainland(), sighting.visits.is_empty()) {
                (Some(_), false) => {
                    states.extend(sighting.visits.iter().map(|visit| Some(visit.state)));
                }
                // Abroad nothing is asked.
                _ => states.push(None),
            }
        }
    }
    let lives =
        |state: &Option<SiteState>| matches!(state, Some(SiteState::Live | SiteState::Redirected));
    let is_dead =
        |state: &Option<SiteState>| matches!(state, Some(SiteState::Silent | SiteState::Stopped));
    if states.iter().any(lives) {
        return Some(true);
    }
    let is_certain = is_certain(examination);
    (is_certain && (!has_address || states.iter().all(is_dead))).then_some(false)
}

/// Why `provider` serves the target without an access record.
pub fn unrecorded(examination: Option<&Examination>, provider: &ProviderId) -> Unrecorded {
    let Some(examination) = examination else { return Unrecorded::Unknown };
    let FilingStatus::Active(summary) = &examination.filing else { return Unrecorded::Unknown };
    if summary.providers.is_empty() {
        return Unrecorded::Shell;
    }
    let is_theirs = |holding: &&Holding| holding.provider() == Some(provider);
    if holdings(examination).any(|holding| is_theirs(&holding) && holding.is_cdn()) {
        return Unrecorded::Cdn;
    }
    let is_of_record = |id: &ProviderId| summary.providers.contains(id);
    if holdings(examination).any(|holding| holding.provider().is_some_and(is_of_record)) {
        return Unrecorded::Several;
    }
    Unrecorded::Moved(summary.providers.to_vec())
}

/// Why nothing of the target resolves to a provider of record.
pub fn idle(examination: Option<&Examination>) -> Idle {
    let Some(examination) = examination.filter(|one| is_certain(one)) else { return Idle::Unknown };
    let hosts = || examination.hosts.iter().filter(|host| !host.is_invented);
    if hosts().all(|host| host.sightings.is_empty()) {
        return Idle::Gone;
    }
    if holdings(examination).next().is_none() {
        return Idle::Abroad;
    }
    let visits = hosts().flat_map(|host| &host.sightings).flat_map(|sighting| &sighting.visits);
    let mut states = visits.map(|visit| visit.state).peekable();
    if states.peek().is_some() && states.all(|state| state == SiteState::Silent) {
        return Idle::Silent;
    }
    let mut others: Vec<ProviderId> =
        holdings(examination).filter_map(|holding| holding.provider().cloned()).collect();
    others.sort();
    others.dedup();
    Idle::Moved(others)
}

fn holdings(examination: &Examination) -> impl Iterator<Item = &Holding> {
    let hosts = examination.hosts.iter().filter(|host| !host.is_invented);
    hosts.flat_map(|host| &host.sightings).filter_map(|sighting| sighting.placement.mainland())
}

fn is_certain(examination: &Examination) -> bool {
    let is_certain = |host: &HostExamination| {
        let resolution = host.resolution.as_ref();
        !host.is_invented && resolution.is_none_or(|resolution| resolution.outcome().is_certain())
    };
    examination.hosts.iter().all(is_certain)
}

/// The access records of one provider, held against what was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessCount {
    /// Filed targets with an access record here that resolve here.
    pub right: u64,
    /// 少报: moved here; served elsewhere too; by a CDN; without any record; not told.
    pub not_connected: [u64; 5],
    /// From whom they moved here.
    pub moved_from: BTreeMap<ProviderId, u64>,
    /// 多报: name gone; abroad; moved; silent; not told.
    pub over_reported: [u64; 5],
    /// To whom they moved.
    pub moved_to: BTreeMap<ProviderId, u64>,
    /// 空壳: alive, dead, not told. Shells have no provider.
    pub shells: [u64; 3],
}

impl AccessCount {
    /// Filed targets whose access was told: right or wrong.
    pub fn checked(&self) -> u64 {
        let wrong = self.not_connected.iter().chain(&self.over_reported);
        self.right + wrong.sum::<u64>()
    }
}

/// Counts targets for each provider; shells count for nobody.
#[derive(Debug, Clone, Default)]
pub struct AccessTally {
    /// Each provider's counts, nobody's first.
    pub counts: BTreeMap<Option<ProviderId>, AccessCount>,
}

impl AccessTally {
    /// Takes one target: its last examination, and every finding of it.
    pub fn add(&mut self, examination: Option<&Examination>, findings: &[Finding]) {
        if let Some(examination) = examination
            && let FilingStatus::Active(summary) = &examination.filing
        {
            for id in &summary.providers {
                if holdings(examination).any(|holding| holding.provider() == Some(id)) {
                    self.at(Some(id)).right += 1;
                }
            }
        }
        for finding in findings.iter().filter(|finding| finding.stands()) {
            let provider = finding.key.provider.as_ref();
            match (finding.key.kind, provider) {
                (Kind::NotConnected, Some(id)) => {
                    let cause = unrecorded(examination, id);
                    let count = self.at(provider);
                    count.not_connected[cause.place()] += 1;
                    if let Unrecorded::Moved(from) = cause {
                        add_each(&mut count.moved_from, from);
                    }
                }
                (Kind::OverReported, Some(_)) => {
                    let cause = idle(examination);
                    let count = self.at(provider);
                    count.over_reported[cause.place()] += 1;
                    if let Idle::Moved(to) = cause {
                        add_each(&mut count.moved_to, to);
                    }
                }
                (Kind::Shell, _) => {
                    let place = match examination.and_then(is_alive) {
                        Some(true) => 0,
                        Some(false) => 1,
                        None => 2,
                    };
                    self.at(None).shells[place] += 1;
                }
                _ => {}
            }
        }
    }

    fn at(&mut self, provider: Option<&ProviderId>) -> &mut AccessCount {
        self.counts.entry(provider.cloned()).or_default()
    }
}

fn add_each(counts: &mut BTreeMap<ProviderId, u64>, ids: Vec<ProviderId>) {
    for id in ids {
        *counts.entry(id).or_default() += 1;
    }
}

impl Unrecorded {
    fn place(&self) -> usize {
        match self {
            Self::Moved(_) => 0,
            Self::Several => 1,
            Self::Cdn => 2,
            Self::Shell => 3,
            Self::Unknown => 4,
        }
    }
}

impl Idle {
    fn place(&self) -> usize {
        match self {
            Self::Gone => 0,
            Self::Abroad => 1,
            Self::Moved(_) => 2,
            Self::Silent => 3,
            Self::Unknown => 4,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
