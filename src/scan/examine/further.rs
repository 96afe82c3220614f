//! Where else a filed Domain may be served, asked before it is said that nothing of it is at a provider of
//! record.

use crate::facts::candidate::HOSTS_PER_DOMAIN;
use crate::facts::domain::Host;
use crate::facts::examination::Examination;
use crate::facts::filing::FilingStatus;
use crate::facts::placement::Holding;
use crate::facts::provider::ProviderId;
use crate::scan::examine::Stages;
use crate::store::StoreError;

impl Stages {
    /// Where nothing that was examined is at some provider of record: adds the hosts that the records tell
    /// as home pages, and those that had an address when the Domain was examined last, whatever list
    /// named them then. A site may be on neither the Domain nor its `www.`, and lists name what they like.
    pub(super) async fn look_further(
        &self,
        examination: &mut Examination,
        last: Option<&Examination>,
    ) -> Result<(), StoreError> {
        if !lacks_a_provider(examination) {
            return Ok(());
        }
        let homes = self.filings.home_hosts(&examination.target)?;
        let names = further(examination, last, homes);
        examination.hosts.extend(self.resolved(names, last.map_or(&[], |last| &last.hosts)).await);
        Ok(())
    }
}

/// Whether no address that was found is at one of the providers of record.
fn lacks_a_provider(examination: &Examination) -> bool {
    let FilingStatus::Active(summary) = &examination.filing else { return false };
    let is_at = |provider: &ProviderId| {
        let mut sightings = examination.hosts.iter().flat_map(|host| &host.sightings);
        sightings.any(|sighting| {
            sighting.placement.mainland().and_then(Holding::provider) == Some(provider)
        })
    };
    !summary.providers.iter().all(is_at)
}

/// The hosts to ask about, each once, none that was examined already: the records' first.
fn further(examination: &Examination, last: Option<&Examination>, homes: Vec<Host>) -> Vec<Host> {
    let before = last.into_iter().flat_map(|last| &last.hosts);
    let before = before.filter(|host| !host.is_invented && !host.sightings.is_empty());
    let mut names: Vec<Host> = Vec::new();
    for name in homes.into_iter().chain(before.filter_map(|host| host.host.clone())) {
        let is_known = examination.hosts.iter().any(|host| host.host.as_ref() == Some(&name));
        if !is_known && !names.contains(&name) && names.len() < HOSTS_PER_DOMAIN {
            names.push(name);
        }
    }
    names
}
