//! How much is filed, as one state of the filing register has it, and what one night could not tell:
//! what the rates of annex 2 are made of, kept small so that past rates can be told again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::bureau::Bureau;
use crate::facts::filing::RegisterGap;
use crate::facts::provider::ProviderId;

/// Whose count or rate something is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whose {
    /// The whole country's.
    Nation,
    /// One bureau's; the ministry's is what lies in no known province.
    Bureau(Bureau),
    /// One provider's.
    Provider(ProviderId),
}

/// Something for the nation, for each bureau and for each provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scoped<T> {
    /// The nation's.
    pub nation: T,
    /// Each bureau's that has any.
    pub bureaus: BTreeMap<Bureau, T>,
    /// Each provider's that has any.
    pub providers: BTreeMap<ProviderId, T>,
}

impl<T: Default> Scoped<T> {
    /// What is kept for `whose`; `None` where there is nothing.
    pub fn of(&self, whose: &Whose) -> Option<&T> {
        match whose {
            Whose::Nation => Some(&self.nation),
            Whose::Bureau(bureau) => self.bureaus.get(bureau),
            Whose::Provider(provider) => self.providers.get(provider),
        }
    }

    /// The place to count at for `whose`.
    pub fn at(&mut self, whose: &Whose) -> &mut T {
        match whose {
            Whose::Nation => &mut self.nation,
            Whose::Bureau(bureau) => self.bureaus.entry(*bureau).or_default(),
            Whose::Provider(provider) => self.providers.entry(provider.clone()).or_default(),
        }
    }
}

/// What is filed, counted both ways.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiledCount {
    /// Sites (网站): site numbers with an active record, whatever their Domains and providers.
    pub sites: u64,
    /// Domains, and addresses that are filed as sites, with an active record.
    pub domains: u64,
}

/// One state of the filing register, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Census {
    /// When the register was imported.
    pub as_of: Timestamp,
    /// When the providers register was imported by which names were understood; `None` without one.
    pub providers_of: Option<Timestamp>,
    /// Whether the register was held to be complete.
    pub is_complete: bool,
    /// What is filed. A site counts once for the nation and its bureau, and once at each of its
    /// access providers.
    pub filed: Scoped<FiledCount>,
    /// Domains some of whose access providers are not known, so that no provider's count has them.
    pub unplaced: u64,
}

/// What one night could not tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NightCount {
    /// The number of the night.
    pub night: u32,
    /// When it ended.
    pub at: Timestamp,
    /// What kept the filing register from proving absence that night; `None` when nothing did.
    pub gap: Option<RegisterGap>,
    /// Targets with an examination.
    pub examined: u64,
    /// Targets that may be unfiled sites and could not be told: whether they are filed, or whether
    /// they are sites.
    pub unknown: Scoped<u64>,
}
