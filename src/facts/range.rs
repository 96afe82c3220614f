//! A range of addresses of one family, from first to last; it need not be a CIDR block.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;
use serde::Serialize;

/// First to last address, both included, of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "(IpAddr, IpAddr)", into = "(IpAddr, IpAddr)")]
pub struct AddressRange {
    start: IpAddr,
    end: IpAddr,
}

/// Why two addresses make no range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotARange {
    /// An IPv4 and an IPv6 address.
    #[error("begin and end are of different address families")]
    Families,
    /// The range would run backwards.
    #[error("the begin lies after the end")]
    Backwards,
}

impl AddressRange {
    /// The range from `start` to `end`, both included.
    pub fn new(start: IpAddr, end: IpAddr) -> Result<Self, NotARange> {
        if start.is_ipv4() != end.is_ipv4() {
            return Err(NotARange::Families);
        }
        if start > end {
            return Err(NotARange::Backwards);
        }
        Ok(Self { start, end })
    }

    /// The first address.
    pub fn start(&self) -> IpAddr {
        self.start
    }

    /// The last address.
    pub fn end(&self) -> IpAddr {
        self.end
    }

    /// Whether `address` lies within.
    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.start.is_ipv4() && self.start <= address && address <= self.end
    }

    /// The number of addresses less one, so that all of IPv6 still fits.
    pub fn span(&self) -> u128 {
        to_number(self.end) - to_number(self.start)
    }
}

/// The address as a number of its own family.
pub fn to_number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

impl From<IpNet> for AddressRange {
    fn from(block: IpNet) -> Self {
        Self { start: block.network(), end: block.broadcast() }
    }
}

impl From<IpAddr> for AddressRange {
    fn from(address: IpAddr) -> Self {
        Self { start: address, end: address }
    }
}

impl TryFrom<(IpAddr, IpAddr)> for AddressRange {
    type Error = NotARange;

    fn try_from((start, end): (IpAddr, IpAddr)) -> Result<Self, NotARange> {
        Self::new(start, end)
    }
}

impl From<AddressRange> for (IpAddr, IpAddr) {
    fn from(range: AddressRange) -> Self {
        (range.start, range.end)
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.start == self.end {
            return self.start.fmt(f);
        }
        write!(f, "{} - {}", self.start, self.end)
    }
}
