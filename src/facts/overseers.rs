//! Who watches over a finding beside its provider. That may change while the finding stands: its
//! address is reported from another province, or reaches the provider through another carrier.

use serde::Deserialize;
use serde::Serialize;
use ulid::Ulid;

use crate::facts::bureau::Bureau;
use crate::facts::finding::Finding;
use crate::facts::provider::ProviderId;

/// The authority and the carrier of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overseers {
    /// Who follows it.
    pub bureau: Bureau,
    /// The first-level holder of its address; `None` where nobody knows.
    pub carrier: Option<ProviderId>,
}

/// Whose a finding was before a change that gave it to others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Which finding.
    pub finding: Ulid,
    /// Who watched over it until then.
    pub from: Overseers,
}

impl Overseers {
    /// Those of `finding`.
    pub fn of(finding: &Finding) -> Self {
        Self { bureau: finding.bureau, carrier: finding.seen.carrier.clone() }
    }

    /// What is told of a change to `next`. Carriers are not named: whose the address was before is
    /// nothing that the new one needs to know.
    pub fn note(&self, next: &Self) -> String {
        let bureaus = (self.bureau != next.bureau)
            .then(|| format!("监督单位由{}改为{}", self.bureau, next.bureau));
        let carriers = (self.carrier != next.carrier).then(|| "运营商有变".to_owned());
        bureaus.into_iter().chain(carriers).collect::<Vec<_>>().join("，")
    }
}
