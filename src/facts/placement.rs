//! Where an address lies and who holds it: the answer of `stages::attribute`.

use serde::Deserialize;
use serde::Serialize;

use crate::facts::bureau::Bureau;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderName;

/// Where an address lies, seen from the register.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Placement {
    /// On the mainland.
    Mainland(Holding),
    /// No row covers it: outside the mainland (境外).
    Abroad,
    /// Loopback, private, documentation and the like; nobody's site.
    SpecialPurpose,
}

/// Who holds a mainland address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Holding {
    /// The direct access provider.
    pub holder: Holder,
    /// The first-level holder, from whom the provider has the address; `None` when unknown.
    pub carrier: Option<ProviderId>,
    /// The province of the most specific row that names one.
    pub province: Option<Bureau>,
    /// Whether the address is reported as one that only sends visitors on (域名跳转服务器).
    pub is_redirector: bool,
    /// Whether anybody reported the address; `false` when only `registry` rows cover it.
    pub is_reported: bool,
}

/// The name in [`Holder::Unknown`] of whoever has an address whose row could not be read.
pub const UNREAD: &str = "未能读取的报备记录";

/// The name in [`Holder::Unknown`] of whoever has a mainland address that nobody reported but in a row
/// that is out of bounds.
pub const OUT_OF_BOUNDS: &str = "超出境内地址空间的报备记录";

/// The direct access provider of an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Holder {
    /// One provider.
    Provider {
        /// Who it is.
        id: ProviderId,
        /// Whether it is a CDN, or serves this name as one by a CNAME with its suffix.
        is_cdn: bool,
    },
    /// Unlinked claims of several providers to the same range; nobody is blamed.
    Disputed(Vec<ProviderId>),
    /// The register names somebody whom the providers register does not know.
    Unknown(ProviderName),
    /// Nobody reported the address.
    Nobody,
    /// Only rows that are out of bounds speak of the address, so that not even that it lies on the
    /// mainland is certain: nothing is said of what it serves.
    OutOfBounds,
}

impl Placement {
    /// The holding, if the address is on the mainland.
    pub fn mainland(&self) -> Option<&Holding> {
        match self {
            Self::Mainland(holding) => Some(holding),
            Self::Abroad | Self::SpecialPurpose => None,
        }
    }
}

impl Holding {
    /// A holding by `holder`, who is no provider; nothing else is known.
    pub fn of_nobody(holder: Holder, is_reported: bool) -> Self {
        Self { holder, carrier: None, province: None, is_redirector: false, is_reported }
    }

    /// The provider, if exactly one is known.
    pub fn provider(&self) -> Option<&ProviderId> {
        match &self.holder {
            Holder::Provider { id, .. } => Some(id),
            Holder::Disputed(_) | Holder::Unknown(_) | Holder::Nobody | Holder::OutOfBounds => None,
        }
    }

    /// Whether the row that decides could not be read or is out of bounds, so that not even that it is
    /// reported is certain.
    pub fn is_in_doubt(&self) -> bool {
        match &self.holder {
            Holder::Unknown(name) => [UNREAD, OUT_OF_BOUNDS].contains(&name.as_str()),
            Holder::OutOfBounds => true,
            Holder::Provider { .. } | Holder::Disputed(_) | Holder::Nobody => false,
        }
    }

    /// Whether the provider serves the name as a CDN.
    pub fn is_cdn(&self) -> bool {
        matches!(self.holder, Holder::Provider { is_cdn: true, .. })
    }
}
