//! How many unfiled sites were known at given moments, told again from what was ever told of
//! findings. One pass over the changes, one over the findings.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::hash::BuildHasherDefault;
use std::hash::DefaultHasher;

use jiff::Timestamp;
use ulid::Ulid;

use crate::facts::bureau::Bureau;
use crate::facts::census::Scoped;
use crate::facts::census::Whose;
use crate::facts::change::Change;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;
use crate::facts::finding::Kind;
use crate::facts::provider::ProviderId;
use crate::facts::reason::Reason;
use crate::facts::target::Target;

/// The moments that one pass can tell of.
pub const MOST_MOMENTS: usize = 128;

/// A bit for each moment.
type Bits = u128;

/// SHA-256 of nothing: the page of nobody.
const EMPTY_BODY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// At which moments each finding stood, or was closed because its name is exempt.
#[derive(Debug)]
pub struct Standing {
    moments: Vec<Timestamp>,
    of: HashMap<Ulid, [Bits; 2]>,
}

/// What was found unfiled at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UnfiledCount {
    /// Domains and addresses, each once whatever its providers.
    pub domains: u64,
    /// The same, several with the same page told as one site.
    pub sites: u64,
    /// Of those that were unfiled, the ones that are exempt now; not among the others.
    pub exempt: u64,
}

impl Standing {
    /// Nothing stands yet at any of `moments`, which ascend; those beyond [`MOST_MOMENTS`] are
    /// left out.
    pub fn new(mut moments: Vec<Timestamp>) -> Self {
        moments.truncate(MOST_MOMENTS);
        Self { moments, of: HashMap::new() }
    }

    /// Takes a change, later ones later.
    pub fn tell(&mut self, change: &Change) {
        let first = self.moments.partition_point(|moment| *moment < change.at);
        if first == self.moments.len() {
            return;
        }
        let since = Bits::MAX << first;
        let is = [
            matches!(change.state, FindingState::Open | FindingState::Answered),
            change.state == FindingState::Closed(ClosedReason::Exempt),
        ];
        let bits = self.of.entry(change.finding).or_default();
        for (bits, is) in bits.iter_mut().zip(is) {
            *bits = if is { *bits | since } else { *bits & !since };
        }
    }

    fn bits(&self, finding: Ulid) -> [Bits; 2] {
        self.of.get(&finding).copied().unwrap_or_default()
    }
}

/// Counts unfiled sites; takes findings target by target.
#[derive(Debug)]
pub struct UnfiledTally {
    standing: Standing,
    counts: Vec<Scoped<UnfiledCount>>,
    target: Option<OneTarget>,
    /// At which moments a page was counted for somebody already.
    pages: HashMap<u64, Bits>,
    hasher: BuildHasherDefault<DefaultHasher>,
}

/// The target that is being counted.
#[derive(Debug)]
struct OneTarget {
    target: Target,
    bits: Scoped<[Bits; 2]>,
    page: Option<String>,
}

impl UnfiledTally {
    /// Counts at the moments of `standing`.
    pub fn new(standing: Standing) -> Self {
        let counts = vec![Scoped::default(); standing.moments.len()];
        let (pages, hasher) = (HashMap::new(), BuildHasherDefault::default());
        Self { standing, counts, target: None, pages, hasher }
    }

    /// Takes a finding of any kind; those of one target come one after the other.
    pub fn add(&mut self, finding: &Finding) {
        if finding.key.kind != Kind::Unfiled {
            return;
        }
        let bits = self.standing.bits(finding.id);
        if bits == [0, 0] {
            return;
        }
        if self.target.as_ref().is_none_or(|one| one.target != finding.key.target) {
            self.settle();
            let target = finding.key.target.clone();
            self.target = Some(OneTarget { target, bits: Scoped::default(), page: None });
        }
        let Some(one) = &mut self.target else { return };
        for whose in whose(finding.bureau, finding.key.provider.as_ref()) {
            for (all, bits) in one.bits.at(&whose).iter_mut().zip(bits) {
                *all |= bits;
            }
        }
        one.page = one.page.take().or_else(|| page(finding));
    }

    fn settle(&mut self) {
        let Some(one) = self.target.take() else { return };
        let OneTarget { bits, page, .. } = one;
        let nation = std::iter::once((Whose::Nation, bits.nation));
        let bureaus = bits.bureaus.into_iter().map(|(id, bits)| (Whose::Bureau(id), bits));
        let providers = bits.providers.into_iter().map(|(id, bits)| (Whose::Provider(id), bits));
        for (whose, [stood, exempt]) in nation.chain(bureaus).chain(providers) {
            let first = page.as_ref().map_or(stood, |page| {
                let seen = self.pages.entry(self.hasher.hash_one((&whose, page))).or_default();
                let first = stood & !*seen;
                *seen |= stood;
                first
            });
            // A target that still stands at another provider is not exempt.
            let exempt = exempt & !stood;
            for (place, counts) in self.counts.iter_mut().enumerate() {
                let has = |bits: Bits| u64::from(bits >> place & 1 == 1);
                if has(stood | exempt) == 1 {
                    let count = counts.at(&whose);
                    count.domains += has(stood);
                    count.sites += has(first);
                    count.exempt += has(exempt);
                }
            }
        }
    }

    /// The counts at each moment, in order.
    pub fn finish(mut self) -> Vec<Scoped<UnfiledCount>> {
        self.settle();
        self.counts
    }
}

fn whose(bureau: Bureau, provider: Option<&ProviderId>) -> impl Iterator<Item = Whose> {
    let provider = provider.map(|id| Whose::Provider(id.clone()));
    [Whose::Nation, Whose::Bureau(bureau)].into_iter().chain(provider)
}

/// What tells that two names show the same site: the digest of a document of its own with a title.
/// Error pages, redirects, walls and empty documents are alike all over the world.
fn page(finding: &Finding) -> Option<String> {
    let seen = &finding.seen;
    let is_document = seen.reasons.contains(&Reason::ServesDocument)
        && !seen.reasons.contains(&Reason::Parked)
        && seen.evidence.title.as_ref().is_some_and(|title| !title.is_empty());
    let digest = seen.evidence.body_sha256.clone().filter(|digest| digest != EMPTY_BODY);
    digest.filter(|_| is_document)
}

#[cfg(test)]
mod tests;
