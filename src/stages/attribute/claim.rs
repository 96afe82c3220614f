//! What one row claims, and what all rows over one address mean together.

use crate::facts::allocation::Allocation;
use crate::facts::allocation::AllocationKind;
use crate::facts::allocation::Origin;
use crate::facts::bureau::Bureau;
use crate::facts::directory::Directory;
use crate::facts::placement::Holder;
use crate::facts::placement::Holding;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderKind;
use crate::facts::provider::ProviderName;

/// A provider that a row names: one of the register's, or a name that nobody bears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Party {
    Known { id: ProviderId, is_cdn: bool },
    Unknown(ProviderName),
}

/// One row, reduced to what decides who holds its addresses.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    /// The number of addresses less one: the smaller, the more specific.
    span: u128,
    kind: AllocationKind,
    origin: Origin,
    /// Who reported the row.
    reporter: Option<Party>,
    /// From whom the reporter has the range.
    from: Option<Party>,
    /// To whom it was passed on.
    to: Option<Party>,
    province: Option<Bureau>,
    is_redirector: bool,
}

impl Claim {
    pub(super) fn of(row: &Allocation, directory: &Directory) -> Self {
        let party = |name: &Option<ProviderName>| {
            name.as_ref().map(|name| match directory.find(name) {
                Some(provider) => Party::Known {
                    id: provider.id.clone(),
                    is_cdn: provider.kind == ProviderKind::Cdn,
                },
                None => Party::Unknown(name.clone()),
            })
        };
        Self {
            span: row.range.span(),
            kind: row.kind,
            origin: row.origin,
            reporter: party(&row.provider),
            from: party(&row.from),
            to: party(&row.to),
            province: row.province,
            is_redirector: row.is_redirector,
        }
    }

    pub(super) fn is_registry(&self) -> bool {
        self.kind == AllocationKind::Registry
    }

    /// Who holds the range by this row alone.
    fn holder(&self) -> Option<&Party> {
        match self.kind {
            AllocationKind::Reassigned => self.to.as_ref().or(self.reporter.as_ref()),
            AllocationKind::Registry => None,
            _ => self.reporter.as_ref(),
        }
    }

    /// The steps that this row tells: from the upper holder to the lower one.
    fn links(&self) -> impl Iterator<Item = (&Party, &Party)> {
        let reporter = self.reporter.as_ref();
        let passed_on = match self.kind {
            AllocationKind::Reassigned => reporter.zip(self.to.as_ref()),
            _ => None,
        };
        self.from.as_ref().zip(reporter).into_iter().chain(passed_on)
    }
}

/// What the rows that cover one address mean together; `None` is abroad.
///
/// `register_places` says that the register holds registry rows of this family: then they alone,
/// and reports, tell what is mainland; a plain list names a holder and never a place.
pub(super) fn holding_of(claims: &[&Claim], register_places: bool) -> Option<Holding> {
    let mut claims = claims.to_vec();
    claims.sort_by_key(|claim| (claim.span, claim.is_registry()));
    let is_placed = claims
        .iter()
        .any(|claim| claim.is_registry() || claim.origin == Origin::Reported || !register_places);
    if !is_placed {
        return None;
    }
    let province = claims.iter().find_map(|claim| claim.province);
    let reported: Vec<&Claim> = claims.into_iter().filter(|claim| !claim.is_registry()).collect();
    let Some(narrowest) = reported.first().map(|claim| claim.span) else {
        return Some(Holding {
            holder: Holder::Nobody,
            carrier: None,
            province,
            is_redirector: false,
            is_reported: false,
        });
    };
    let deciding: Vec<&Claim> =
        reported.iter().copied().take_while(|claim| claim.span == narrowest).collect();
    let (holder, carrier) = holder_and_carrier(&deciding, &reported);
    Some(Holding {
        holder,
        carrier,
        province,
        is_redirector: deciding.iter().any(|claim| claim.is_redirector),
        is_reported: true,
    })
}

fn holder_and_carrier(deciding: &[&Claim], reported: &[&Claim]) -> (Holder, Option<ProviderId>) {
    let mut claimants: Vec<&Party> = Vec::new();
    for party in deciding.iter().filter_map(|claim| claim.holder()) {
        if !claimants.contains(&party) {
            claimants.push(party);
        }
    }
    // Whoever passed the range on to another claimant is a level above, not a rival.
    let last: Vec<&Party> = claimants
        .iter()
        .copied()
        .filter(|party| {
            !claimants
                .iter()
                .any(|other| other != party && chain_above(other, reported).contains(party))
        })
        .collect();
    match last.as_slice() {
        [only] => {
            let holder = match only {
                Party::Known { id, is_cdn } => Holder::Provider { id: id.clone(), is_cdn: *is_cdn },
                Party::Unknown(name) => Holder::Unknown(name.clone()),
            };
            (holder, known(first_level(only, reported)))
        }
        rivals => {
            // Two that passed the range to each other leave nobody; then all of them are rivals.
            let rivals = if rivals.is_empty() { claimants.as_slice() } else { rivals };
            let mut ids: Vec<ProviderId> = rivals.iter().filter_map(|party| known(party)).collect();
            ids.sort();
            (Holder::Disputed(ids), None)
        }
    }
}

fn known(party: &Party) -> Option<ProviderId> {
    match party {
        Party::Known { id, .. } => Some(id.clone()),
        Party::Unknown(_) => None,
    }
}

/// The holders above `party`, nearest first. Rows are sorted, so the most specific link counts.
fn chain_above<'a>(party: &'a Party, reported: &[&'a Claim]) -> Vec<&'a Party> {
    let mut above: Vec<&Party> = Vec::new();
    let mut current = party;
    while let Some(upper) = reported.iter().find_map(|claim| {
        claim
            .links()
            .find(|(upper, lower)| *lower == current && upper != lower)
            .map(|(upper, _)| upper)
    }) {
        if upper == party || above.contains(&upper) {
            break;
        }
        above.push(upper);
        current = upper;
    }
    above
}

/// The first-level holder: the end of the links; without any, the holder itself where it reported a
/// source of its own, else whoever holds the widest range around.
fn first_level<'a>(party: &'a Party, reported: &[&'a Claim]) -> &'a Party {
    if let Some(top) = chain_above(party, reported).last() {
        return top;
    }
    let has_source = reported.iter().any(|claim| {
        claim.kind == AllocationKind::Source && claim.reporter.as_ref() == Some(party)
    });
    if has_source {
        return party;
    }
    let widest = reported.last().and_then(|claim| claim.reporter.as_ref());
    widest
        .and_then(|widest| chain_above(widest, reported).last().copied().or(Some(widest)))
        .unwrap_or(party)
}
