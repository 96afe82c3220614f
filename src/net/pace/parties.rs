//! Who is burdened by a request, beside the machine that it goes to.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::facts::provider::ProviderId;
use crate::facts::special;

/// Of a holder nobody knows, the neighbours of an address stand in its place: so many leading bits.
const NEIGHBOURS: (u8, u8) = (24, 48);

/// Whose networks a request passes. Each of them is spoken to at no more than the pace of a provider,
/// whoever else is spoken to by the same request.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Parties {
    /// Who holds the address; `None` where nobody knows.
    pub holder: Option<ProviderId>,
    /// The CDN whose name led there, where the address is another's.
    pub cdn: Option<ProviderId>,
}

/// Whose pace the requests to several addresses share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Group {
    Provider(ProviderId),
    Neighbours(IpNet),
}

impl Parties {
    /// The holder alone, or whoever that is.
    pub fn holding(holder: Option<ProviderId>) -> Self {
        Self { holder, cdn: None }
    }

    /// Whose pace a request to `address` counts against, in an order that is the same whoever of them is
    /// the holder: those who wait for two never wait for each other.
    pub(super) fn groups(&self, address: IpAddr) -> (Group, Option<Group>) {
        let first = match &self.holder {
            Some(holder) => Group::Provider(holder.clone()),
            None => Group::Neighbours(neighbours(address)),
        };
        match self.cdn.clone().map(Group::Provider) {
            Some(second) if second < first => (second, Some(first)),
            second => (first, second),
        }
    }
}

/// The addresses that share a pace with `address` where nobody knows who holds it.
pub fn neighbours(address: IpAddr) -> IpNet {
    let address = special::unwrapped(address);
    let bits = if address.is_ipv4() { NEIGHBOURS.0 } else { NEIGHBOURS.1 };
    IpNet::new(address, bits).map_or(address.into(), |net| net.trunc())
}
