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
    /// One provider's, as far as it lies with one bureau: what that bureau may know of it.
    InBureau(Bureau, ProviderId),
    /// What the first provider, a Carrier, carries of the second: what that Carrier may know of it.
    Carried(ProviderId, ProviderId),
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
    /// What each provider has, divided by who may know of it. Kept on the disk beside the rest, because
    /// what was counted before it was divided has none.
    #[serde(skip)]
    pub divided: Divided<T>,
}

/// What providers have, divided by who else may know of it. `None` where nobody counted that: then it is not
/// known, not nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Divided<T> {
    /// By the bureau with which it lies.
    pub by_bureau: Option<BTreeMap<Bureau, BTreeMap<ProviderId, T>>>,
    /// By its Carrier.
    pub by_carrier: Option<BTreeMap<ProviderId, BTreeMap<ProviderId, T>>>,
}

impl<T> Default for Divided<T> {
    fn default() -> Self {
        Self { by_bureau: None, by_carrier: None }
    }
}

impl<T> Divided<T> {
    /// Whether nothing was divided.
    pub fn is_unknown(&self) -> bool {
        self.by_bureau.is_none() && self.by_carrier.is_none()
    }
}

impl<T: Copy + Default> Scoped<T> {
    /// What is counted for `whose`; `None` where that was not counted.
    pub fn of(&self, whose: &Whose) -> Option<T> {
        let counted = match whose {
            Whose::Nation => Some(&self.nation),
            Whose::Bureau(bureau) => self.bureaus.get(bureau),
            Whose::Provider(provider) => self.providers.get(provider),
            Whose::InBureau(bureau, provider) => {
                self.divided.by_bureau.as_ref()?.get(bureau).and_then(|own| own.get(provider))
            }
            Whose::Carried(carrier, provider) => {
                self.divided.by_carrier.as_ref()?.get(carrier).and_then(|own| own.get(provider))
            }
        };
        Some(counted.copied().unwrap_or_default())
    }
}

impl<T: Default> Scoped<T> {
    /// The place to count at for `whose`.
    pub fn at(&mut self, whose: &Whose) -> &mut T {
        match whose {
            Whose::Nation => &mut self.nation,
            Whose::Bureau(bureau) => self.bureaus.entry(*bureau).or_default(),
            Whose::Provider(provider) => self.providers.entry(provider.clone()).or_default(),
            Whose::InBureau(bureau, provider) => {
                let by_bureau = self.divided.by_bureau.get_or_insert_default();
                by_bureau.entry(*bureau).or_default().entry(provider.clone()).or_default()
            }
            Whose::Carried(carrier, provider) => {
                let by_carrier = self.divided.by_carrier.get_or_insert_default();
                by_carrier.entry(carrier.clone()).or_default().entry(provider.clone()).or_default()
            }
        }
    }

    /// Everybody for whom something is counted.
    pub fn whose(&self) -> impl Iterator<Item = Whose> {
        let bureaus = self.bureaus.keys().map(|bureau| Whose::Bureau(*bureau));
        let providers = self.providers.keys().map(|id| Whose::Provider(id.clone()));
        let by_bureau =
            self.divided.by_bureau.iter().flatten().flat_map(|(bureau, own)| {
                own.keys().map(|id| Whose::InBureau(*bureau, id.clone()))
            });
        let by_carrier = self.divided.by_carrier.iter().flatten().flat_map(|(carrier, own)| {
            own.keys().map(|id| Whose::Carried(carrier.clone(), id.clone()))
        });
        [Whose::Nation]
            .into_iter()
            .chain(bureaus)
            .chain(providers)
            .chain(by_bureau)
            .chain(by_carrier)
    }
}

impl Whose {
    /// Whether it is only a part of what a provider has.
    pub fn is_part(&self) -> bool {
        matches!(self, Self::InBureau(..) | Self::Carried(..))
    }

    /// Everybody who may know of something at `provider` that lies with `bureau` and has this Carrier.
    pub fn of_one(
        bureau: Bureau,
        provider: Option<&ProviderId>,
        carrier: Option<&ProviderId>,
    ) -> impl Iterator<Item = Self> {
        let of_provider = provider.map(|id| Self::Provider(id.clone()));
        let in_bureau = provider.map(|id| Self::InBureau(bureau, id.clone()));
        let below = carrier.zip(provider).filter(|(carrier, id)| carrier != id);
        let below = below.map(|(carrier, id)| Self::Carried(carrier.clone(), id.clone()));
        [Self::Nation, Self::Bureau(bureau)]
            .into_iter()
            .chain(of_provider)
            .chain(in_bureau)
            .chain(below)
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
