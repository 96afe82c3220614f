//! Which targets may be unfiled sites and could not be told on their night: the doubt that is shown
//! beside every filing rate.

use crate::facts::bureau::Bureau;
use crate::facts::census::Scoped;
use crate::facts::census::Whose;
use crate::facts::directory::Directory;
use crate::facts::examination::Examination;
use crate::facts::examination::HostExamination;
use crate::facts::filing::FilingStatus;
use crate::facts::placement::Holding;
use crate::facts::visit::SiteState;

/// Counts `examination` for the nation, its bureaus and its providers, if it left a doubt.
pub fn count(examination: &Examination, directory: &Directory, unknown: &mut Scoped<u64>) {
    if !is_doubtful(examination) {
        return;
    }
    let mut told = vec![Whose::Nation];
    for (holding, _) in on_the_mainland(examination) {
        let provider = holding.provider();
        let supervisor = provider.and_then(|id| directory.by_id(id)?.bureau);
        let bureau = holding.province.or(supervisor).unwrap_or(Bureau::MINISTRY);
        for whose in Whose::of_one(bureau, provider, holding.carrier.as_ref()) {
            if !told.contains(&whose) {
                told.push(whose);
            }
        }
    }
    for whose in told {
        *unknown.at(&whose) += 1;
    }
}

/// Whether it may be an unfiled site: it may have no filing, and it may be served on the mainland;
/// and one of the two is not known.
fn is_doubtful(examination: &Examination) -> bool {
    let is_filing_known = match examination.filing {
        FilingStatus::Active(_) => return false,
        FilingStatus::None | FilingStatus::Cancelled(_) => true,
        FilingStatus::Unknown(_) => false,
    };
    let strongest = on_the_mainland(examination).map(|(_, state)| state).max().flatten();
    let is_unasked = on_the_mainland(examination).any(|(_, state)| state.is_none());
    match strongest {
        Some(SiteState::Live | SiteState::Redirected) => !is_filing_known,
        Some(SiteState::Unknown) => true,
        Some(SiteState::Parked | SiteState::Stopped | SiteState::Silent) => is_unasked,
        None => is_unasked || is_unresolved(examination),
    }
}

/// Each mainland address with the strongest state seen there; `None` where nothing was asked.
fn on_the_mainland(
    examination: &Examination,
) -> impl Iterator<Item = (&Holding, Option<SiteState>)> {
    let hosts = examination.hosts.iter().filter(|host| !host.is_invented);
    hosts.flat_map(|host| &host.sightings).filter_map(|sighting| {
        let state = sighting.visits.iter().map(|visit| visit.state).max();
        Some((sighting.placement.mainland()?, state))
    })
}

/// Whether the name servers did not say where it is.
fn is_unresolved(examination: &Examination) -> bool {
    let is_uncertain = |host: &HostExamination| {
        host.resolution.as_ref().is_some_and(|resolution| !resolution.outcome().is_certain())
    };
    examination.hosts.iter().any(is_uncertain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::examination::Sighting;
    use crate::facts::filing::FilingSummary;
    use crate::facts::filing::RegisterGap;
    use crate::facts::placement::Holder;
    use crate::facts::placement::Placement;
    use crate::facts::resolution::DnsAnswer;
    use crate::facts::resolution::Resolution;
    use crate::facts::visit::Sign;
    use crate::facts::visit::Visit;
    use jiff::Timestamp;

    fn sighting(state: Option<SiteState>) -> Sighting {
        let address = "127.10.0.1".parse().unwrap();
        let holder = Holder::Provider { id: "A".parse().unwrap(), is_cdn: false };
        let placement = Placement::Mainland(Holding {
            holder,
            carrier: None,
            province: Some("北京".parse().unwrap()),
            is_redirector: false,
            is_reported: true,
        });
        let visit = |state| Visit {
            address,
            port: 80,
            is_secure: false,
            state,
            sign: Sign::Document,
            status: None,
            final_url: String::new(),
            hops: vec![],
            page: None,
            body_sha256: None,
            certificate: None,
            control: None,
            claims: vec![],
        };
        Sighting { address, placement, visits: state.map(visit).into_iter().collect() }
    }

    fn examination(filing: FilingStatus, v4: DnsAnswer, sightings: Vec<Sighting>) -> Examination {
        Examination {
            target: "a.cn".parse().unwrap(),
            night: 1,
            at: Timestamp::UNIX_EPOCH,
            channel: "list".to_owned(),
            names: 1,
            upstream: None,
            steady_since: 0,
            filing,
            hosts: vec![HostExamination {
                host: Some("a.cn".parse().unwrap()),
                resolution: Some(Resolution {
                    v4,
                    v6: DnsAnswer::Empty,
                    chain: vec![],
                    views: vec![],
                }),
                sightings,
                is_invented: false,
            }],
        }
    }

    #[test]
    fn a_doubt_is_counted_where_it_lies_and_nothing_else_is() {
        let summary = FilingSummary {
            numbers: [].into(),
            former: [].into(),
            are_subjects_known: true,
            filed_on: None,
            changed_on: None,
            subjects: [].into(),
            providers: [].into(),
            are_providers_known: true,
            as_of: Timestamp::UNIX_EPOCH,
        };
        let gap = FilingStatus::Unknown(RegisterGap::Stale);
        let found = || DnsAnswer::Addresses(vec!["127.10.0.1".parse().unwrap()]);
        let at = |state| vec![sighting(state)];
        for (filing, v4, sightings, nation, placed) in [
            (FilingStatus::None, found(), at(Some(SiteState::Unknown)), 1, 1),
            (FilingStatus::None, found(), at(None), 1, 1),
            (FilingStatus::None, found(), at(Some(SiteState::Live)), 0, 0),
            (FilingStatus::None, found(), at(Some(SiteState::Stopped)), 0, 0),
            (gap.clone(), found(), at(Some(SiteState::Live)), 1, 1),
            (gap.clone(), found(), at(Some(SiteState::Silent)), 0, 0),
            (gap, DnsAnswer::NoSuchName, vec![], 0, 0),
            (FilingStatus::None, DnsAnswer::Timeout, vec![], 1, 0),
            (FilingStatus::Active(summary.clone()), found(), at(Some(SiteState::Unknown)), 0, 0),
            (FilingStatus::Cancelled(summary), found(), at(Some(SiteState::Unknown)), 1, 1),
        ] {
            let mut unknown = Scoped::default();
            let examination = examination(filing, v4, sightings);
            count(&examination, &Directory::default(), &mut unknown);
            let bureau = unknown.bureaus.get(&"北京".parse::<Bureau>().unwrap());
            let provider = unknown.providers.values().next();
            assert_eq!(unknown.nation, nation, "{examination:?}");
            let expected = Some(&placed).filter(|placed| **placed > 0);
            assert_eq!([bureau, provider], [expected; 2], "{examination:?}");
        }
    }
}
