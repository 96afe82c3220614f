//! How many unfiled sites were known at given moments, told again from what was ever told of
//! findings. One pass over the changes, one over the findings.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::hash::BuildHasherDefault;
use std::hash::DefaultHasher;

use jiff::Timestamp;
use ulid::Ulid;

use crate::facts::census::Scoped;
use crate::facts::census::Whose;
use crate::facts::change::Change;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;
use crate::facts::finding::Kind;
use crate::facts::reason::Reason;
use crate::facts::target::Target;

/// The moments that one pass can tell of.
pub const MOST_MOMENTS: usize = 128;

/// A bit for each moment.
type Bits = u128;

/// SHA-256 of nothing: the page of nobody.
const EMPTY_BODY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Texts of so many characters are nobody's by chance; shorter ones, such as 敬请期待, are shared by strangers.
const LEAST_TEXT: u32 = 50;

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
    /// At which moments a page was counted for somebody already, by what it is known by.
    pages: HashMap<u64, Bits>,
    hasher: BuildHasherDefault<DefaultHasher>,
}

/// The target that is being counted.
#[derive(Debug)]
struct OneTarget {
    target: Target,
    bits: Scoped<[Bits; 2]>,
    /// What its page is known by: the first that is shown anywhere.
    page: Vec<String>,
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
            self.target = Some(OneTarget { target, bits: Scoped::default(), page: Vec::new() });
        }
        let Some(one) = &mut self.target else { return };
        let (provider, carrier) = (finding.key.provider.as_ref(), finding.seen.carrier.as_ref());
        for whose in Whose::of_one(finding.bureau, provider, carrier) {
            for (all, bits) in one.bits.at(&whose).iter_mut().zip(bits) {
                *all |= bits;
            }
        }
        if one.page.is_empty() {
            one.page = page(finding);
        }
    }

    fn settle(&mut self) {
        let Some(one) = self.target.take() else { return };
        let OneTarget { bits, page, .. } = one;
        for whose in bits.whose() {
            let [stood, exempt] = bits.of(&whose).unwrap_or_default();
            let mut first = stood;
            for digest in &page {
                let seen = self.pages.entry(self.hasher.hash_one((&whose, digest))).or_default();
                first &= !*seen;
                *seen |= stood;
            }
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

/// What tells that two names show the same site, each by itself: the digest of a document of its own with a
/// title, and that of its text with the title, in which dates and counters change nothing. Error pages,
/// redirects, walls and empty documents are alike all over the world.
fn page(finding: &Finding) -> Vec<String> {
    let seen = &finding.seen;
    let is_document =
        seen.reasons.contains(&Reason::ServesDocument) && !seen.reasons.contains(&Reason::Parked);
    let title = seen.evidence.title.as_ref().filter(|title| is_document && !title.is_empty());
    let Some(title) = title else { return Vec::new() };
    let body = seen.evidence.body_sha256.clone().filter(|digest| digest != EMPTY_BODY);
    let text = seen.evidence.text.as_ref().filter(|text| text.chars >= LEAST_TEXT);
    let text = text.map(|text| format!("{} {title}", text.sha256));
    body.into_iter().chain(text).collect()
}

#[cfg(test)]
mod tests;
