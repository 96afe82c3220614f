//! What must be found in the simulated internet, as its plan states it, and how findings compare.
//!
//! Nothing here is derived from facts the way the judge does it: each scenario says by itself what
//! is at fault, from which night on, and how it ends.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io;
use std::io::BufRead;

use serde::Deserialize;
use serde::Serialize;

use crate::facts::finding::ClosedReason;
use crate::facts::finding::FindingKey;
use crate::facts::finding::FindingState;
use crate::facts::finding::Kind;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderId;
use crate::facts::target::Target;

/// What must be found of one site: a line of `truth.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// The site: a Domain, or an address that serves by itself.
    pub domain: Target,
    /// The scenario that the site plays, named after what causes its faults or their absence.
    pub scenario: String,
    /// Each fault, once for each time that it stands.
    pub findings: Vec<Expected>,
}

/// One fault of one site at one provider, for one unbroken run of nights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// The kind of fault.
    pub kind: Kind,
    /// At whom; `None` when nobody can be named.
    pub provider: Option<ProviderId>,
    /// The first night on which it must stand.
    #[serde(default = "first_night", skip_serializing_if = "is_first_night")]
    pub night: u32,
    /// The last night on which it must stand; `None` when it never ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u32>,
    /// Why it is closed on the night after `until`; `None` when it never ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<ClosedReason>,
    /// How often it has come back by then.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reopened: u32,
}

/// How findings differ from the truth of a night.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// How many had to stand.
    pub expected: usize,
    /// Must stand and do not, in order.
    pub missed: Vec<FindingKey>,
    /// Stand, or once stood, and never should have, in order.
    pub invented: Vec<FindingKey>,
    /// Had to be closed by now, and are not known as closed for that reason, in order.
    pub misclosed: Vec<Misclosed>,
}

/// A finding that ended otherwise than it had to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misclosed {
    /// Which finding.
    pub key: FindingKey,
    /// Why it had to be closed.
    pub expected: ClosedReason,
    /// Why it was closed; `None` when no such finding was ever there.
    pub found: Option<ClosedReason>,
}

/// A truth file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    /// The disk failed.
    #[error("the truth cannot be read")]
    Read(#[from] io::Error),
    /// A line that no lab wrote.
    #[error("line {line} is no line of a truth file")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

fn first_night() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_first_night(night: &u32) -> bool {
    *night == 1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Expected {
    /// Stands from the first night on, for ever.
    pub(crate) fn at(kind: Kind, provider: Option<&Provider>) -> Self {
        let provider = provider.map(|provider| provider.id.clone());
        Self { kind, provider, night: 1, until: None, closed: None, reopened: 0 }
    }

    /// The same, from a later night on.
    pub(crate) fn since(self, night: u32) -> Self {
        Self { night, ..self }
    }

    /// The same, for the last time on `night`, and closed on the next.
    pub(crate) fn until(self, night: u32, closed: ClosedReason) -> Self {
        Self { until: Some(night), closed: Some(closed), ..self }
    }

    /// The same, having come back `times` times.
    pub(crate) fn reopened(self, times: u32) -> Self {
        Self { reopened: times, ..self }
    }

    /// Whether it must stand at the end of `night`.
    pub fn stands_on(&self, night: u32) -> bool {
        self.night <= night && self.until.is_none_or(|last| night <= last)
    }

    /// Why it must be closed at the end of `night`, if it has ended by then.
    pub fn closed_by(&self, night: u32) -> Option<ClosedReason> {
        self.until.filter(|last| *last < night).and(self.closed)
    }
}

impl Truth {
    fn key(&self, expected: &Expected) -> FindingKey {
        FindingKey {
            target: self.domain.clone(),
            kind: expected.kind,
            provider: expected.provider.clone(),
        }
    }

    /// What must stand at the end of `night`.
    pub fn standing(&self, night: u32) -> impl Iterator<Item = FindingKey> {
        self.findings.iter().filter(move |one| one.stands_on(night)).map(|one| self.key(one))
    }

    /// What must be closed at the end of `night`, and why; what came back is not among it.
    pub fn closed(&self, night: u32) -> Vec<(FindingKey, ClosedReason)> {
        let standing: BTreeSet<_> = self.standing(night).collect();
        // A later run of nights replaces what an earlier one said of the same finding.
        let ended: BTreeMap<_, _> = self
            .findings
            .iter()
            .filter_map(|one| Some((self.key(one), one.closed_by(night)?)))
            .collect();
        ended.into_iter().filter(|(key, _)| !standing.contains(key)).collect()
    }
}

/// Reads `truth.jsonl`.
pub fn read_truth(reader: impl BufRead) -> Result<Vec<Truth>, TruthError> {
    let mut truth = Vec::new();
    for (line, text) in (1..).zip(reader.lines()) {
        let text = text?;
        if !text.trim().is_empty() {
            truth.push(
                serde_json::from_str(&text).map_err(|source| TruthError::Line { line, source })?,
            );
        }
    }
    Ok(truth)
}

/// Holds what was found by the end of `night` against the truth. Accruing findings are nothing yet.
pub fn compare(truth: &[Truth], found: &[(FindingKey, FindingState)], night: u32) -> Comparison {
    let standing: BTreeSet<_> = truth.iter().flat_map(|site| site.standing(night)).collect();
    let closed: BTreeMap<_, _> = truth.iter().flat_map(|site| site.closed(night)).collect();
    let mut comparison = Comparison { expected: standing.len(), ..Comparison::default() };
    let mut stood = BTreeSet::new();
    let mut ended = BTreeMap::new();
    for (key, state) in found {
        match state {
            FindingState::Accruing => {}
            FindingState::Open | FindingState::Answered => {
                stood.insert(key);
            }
            FindingState::Closed(reason) => {
                ended.insert(key, *reason);
            }
        }
    }
    let is_foreign = |key: &&&FindingKey| !standing.contains(**key) && !closed.contains_key(**key);
    let mut invented: BTreeSet<_> = stood.iter().filter(is_foreign).copied().collect();
    invented.extend(ended.keys().filter(is_foreign).copied());
    // What has ended and still stands is invented too: it had its time.
    invented.extend(stood.iter().filter(|key| closed.contains_key(**key)).copied());
    comparison.invented = invented.into_iter().cloned().collect();
    comparison.missed = standing.iter().filter(|key| !stood.contains(key)).cloned().collect();
    comparison.misclosed = closed
        .into_iter()
        .filter(|(key, _)| !stood.contains(key))
        .map(|(key, expected)| Misclosed { found: ended.get(&key).copied(), key, expected })
        .filter(|one| one.found != Some(one.expected))
        .collect();
    comparison
}

impl Comparison {
    /// Whether the findings are exactly the truth.
    pub fn is_exact(&self) -> bool {
        self.missed.is_empty() && self.invented.is_empty() && self.misclosed.is_empty()
    }
}

#[cfg(test)]
mod tests;
