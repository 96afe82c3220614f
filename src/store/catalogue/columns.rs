//! What may be asked of findings, column by column, by id. A million of them take some 60 MB.

use std::collections::HashMap;

use jiff::civil::Date;
use ulid::Ulid;

use crate::facts::bureau::Bureau;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;
use crate::facts::finding::Kind;
use crate::facts::lifecycle;
use crate::facts::overseers::Overseers;
use crate::facts::provider::ProviderId;
use crate::facts::scope::KeyScope;
use crate::store::StoreError;
use crate::store::catalogue::Wanted;
use crate::store::catalogue::file::At;
use crate::store::catalogue::file::RowFile;

/// Stands for a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Party(u32);

/// Who watches over a finding beside its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) bureau: Bureau,
    pub(super) carrier: Option<Party>,
}

/// What is asked of one finding.
#[derive(Debug, Clone, Copy)]
struct Facet {
    provider: Option<Party>,
    side: Side,
    kind: Kind,
    state: FindingState,
    is_referred: bool,
    due: Date,
}

/// A scope in terms of facets; nothing where the holder has no finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Sight {
    All,
    Party(Party),
    Bureau(Bureau),
    Nothing,
}

#[derive(Debug, Default)]
pub(super) struct Columns {
    ids: Vec<Ulid>,
    facets: Vec<Facet>,
    places: Vec<At>,
    /// The bytes of the rows.
    live: u64,
    parties: HashMap<ProviderId, Party>,
}

impl Sight {
    fn has(self, facet: &Facet) -> bool {
        match self {
            Self::All => true,
            Self::Party(party) => {
                facet.provider == Some(party) || facet.side.carrier == Some(party)
            }
            Self::Bureau(bureau) => facet.side.bureau == bureau,
            Self::Nothing => false,
        }
    }
}

impl Columns {
    /// Adds a finding at the end; [`Self::sort`] puts it where it belongs.
    pub(super) fn push(&mut self, finding: &Finding, at: At) {
        let facet = self.facet(finding);
        self.ids.push(finding.id);
        self.facets.push(facet);
        self.places.push(at);
        self.live += at.length();
    }

    pub(super) fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.ids.len()).collect();
        order.sort_unstable_by_key(|index| self.ids[*index]);
        self.ids = order.iter().map(|index| self.ids[*index]).collect();
        self.facets = order.iter().map(|index| self.facets[*index]).collect();
        self.places = order.iter().map(|index| self.places[*index]).collect();
    }

    /// A finding as it is now.
    pub(super) fn put(&mut self, finding: &Finding, at: At) {
        let facet = self.facet(finding);
        self.live += at.length();
        match self.ids.binary_search(&finding.id) {
            Ok(index) => {
                self.live -= self.places[index].length();
                self.facets[index] = facet;
                self.places[index] = at;
            }
            Err(index) => {
                self.ids.insert(index, finding.id);
                self.facets.insert(index, facet);
                self.places.insert(index, at);
            }
        }
    }

    fn facet(&mut self, finding: &Finding) -> Facet {
        Facet {
            provider: finding.key.provider.as_ref().map(|id| self.party(id)),
            side: self.side(&Overseers::of(finding)),
            kind: finding.key.kind,
            state: finding.state,
            is_referred: lifecycle::is_referred(finding),
            due: finding.due,
        }
    }

    pub(super) fn side(&mut self, overseers: &Overseers) -> Side {
        let carrier = overseers.carrier.as_ref().map(|id| self.party(id));
        Side { bureau: overseers.bureau, carrier }
    }

    /// The provider of the finding, and who watches over it now.
    pub(super) fn sides(&self, id: Ulid) -> Option<(Option<Party>, Side)> {
        let facet = &self.facets[self.ids.binary_search(&id).ok()?];
        Some((facet.provider, facet.side))
    }

    fn party(&mut self, id: &ProviderId) -> Party {
        if let Some(party) = self.parties.get(id) {
            return *party;
        }
        let party = Party(u32::try_from(self.parties.len()).unwrap_or(u32::MAX));
        self.parties.insert(id.clone(), party);
        party
    }

    pub(super) fn sight(&self, scope: &KeyScope) -> Sight {
        match scope {
            KeyScope::Reader => Sight::Nothing,
            KeyScope::Provider(id) => {
                self.parties.get(id).map_or(Sight::Nothing, |party| Sight::Party(*party))
            }
            KeyScope::Bureau(bureau) => Sight::Bureau(*bureau),
            KeyScope::Ministry => Sight::All,
        }
    }

    /// Where the finding lies, if `scope` may see it. What others have takes the way of what nobody has: it
    /// is looked for in memory, and nothing of it is read.
    pub(super) fn place(&self, scope: &KeyScope, id: Ulid) -> Option<At> {
        let sight = self.sight(scope);
        let seen = self.ids.binary_search(&id).ok().filter(|index| {
            let facet = &self.facets[*index];
            sight.has(facet) && facet.state != FindingState::Accruing
        });
        seen.map(|index| self.places[index])
    }

    /// Where the finding lies.
    pub(super) fn at(&self, id: Ulid) -> Option<At> {
        self.ids.binary_search(&id).ok().map(|index| self.places[index])
    }

    pub(super) fn page(
        &self,
        wanted: &Wanted,
        after: Option<Ulid>,
        limit: usize,
    ) -> (Vec<At>, Option<Ulid>) {
        let sight = self.sight(&wanted.scope);
        let provider = match &wanted.provider {
            None => None,
            Some(id) => match self.parties.get(id) {
                None => return (Vec::new(), None),
                party => party.copied(),
            },
        };
        let begin = after.map_or(0, |after| self.ids.partition_point(|id| *id <= after));
        let is_wanted = |facet: &Facet| {
            wanted.state.has(facet.state)
                && sight.has(facet)
                && provider.is_none_or(|party| facet.provider == Some(party))
                && wanted.bureau.is_none_or(|bureau| facet.side.bureau == bureau)
                && (wanted.kinds.is_empty() || wanted.kinds.contains(&facet.kind))
                && wanted.due_before.is_none_or(|day| facet.due < day)
                && (!wanted.is_referred || facet.is_referred)
        };
        let mut found = (begin..self.ids.len()).filter(|index| is_wanted(&self.facets[*index]));
        let page: Vec<usize> = found.by_ref().take(limit).collect();
        let next = found.next().and(page.last()).map(|index| self.ids[*index]);
        (page.into_iter().map(|index| self.places[index]).collect(), next)
    }

    pub(super) fn counts(&self, today: Date) -> Vec<(Kind, [u64; 3])> {
        let mut counts: Vec<(Kind, [u64; 3])> =
            Kind::ALL.iter().map(|kind| (*kind, [0; 3])).collect();
        for facet in &self.facets {
            let which = match facet.state {
                FindingState::Open => 0,
                FindingState::Answered => 1,
                FindingState::Accruing | FindingState::Closed(_) => continue,
            };
            if let Some((_, counts)) = counts.iter_mut().find(|(kind, _)| *kind == facet.kind) {
                counts[which] += 1;
                counts[2] += u64::from(facet.due < today);
            }
        }
        counts
    }

    /// The bytes of the rows that are not replaced.
    pub(super) fn live(&self) -> u64 {
        self.live
    }

    /// A file with the living rows of `file` only, which from then on is theirs.
    pub(super) fn compacted(&mut self, file: &RowFile) -> Result<RowFile, StoreError> {
        let mut fresh = file.another()?;
        let mut places = Vec::with_capacity(self.places.len());
        for at in &self.places {
            places.push(fresh.copy(file, *at)?);
        }
        fresh.flush()?;
        self.places = places;
        Ok(fresh)
    }
}
