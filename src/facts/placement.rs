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
    /// The provider, if exactly one is known.
    pub fn provider(&self) -> Option<&ProviderId> {
        match &self.holder {
            Holder::Provider { id, .. } => Some(id),
            Holder::Disputed(_) | Holder::Unknown(_) | Holder::Nobody => None,
        }
    }

    /// Whether the row that decides could not be read, so that not even that it is reported is certain.
    pub fn is_unread(&self) -> bool {
        matches!(&self.holder, Holder::Unknown(name) if name.as_str() == UNREAD)
    }

    /// Whether the provider serves the name as a CDN.
    pub fn is_cdn(&self) -> bool {
        matches!(self.holder, Holder::Provider { is_cdn: true, .. })
    }
}
