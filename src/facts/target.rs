//! What is examined and found: a Domain, or an address that serves a site by itself.

use std::fmt;
use std::io::Write;
use std::net::IpAddr;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

use crate::facts::domain::Domain;
use crate::facts::domain::Host;
use crate::facts::domain::NotADomain;

/// What stands before the text in a sort key, in bytes.
const CHECKSUM: usize = 4;

/// The longest text of a target: that of a name.
const LONGEST_TEXT: usize = 253;

/// The key of candidates, examinations and findings. An address stands for itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// A registrable domain with all its hosts.
    Domain(Domain),
    /// A site reached by its bare address.
    Address(IpAddr),
}

impl Target {
    /// The Domain, unless the target is an address.
    pub fn domain(&self) -> Option<&Domain> {
        match self {
            Self::Domain(domain) => Some(domain),
            Self::Address(_) => None,
        }
    }

    /// The key that stored targets are ordered by: a checksum of the text, then the text. The order
    /// is the same in every file and looks random, so that neighbours in it, unlike neighbours in
    /// the alphabet, are seldom at one provider.
    pub fn sort_key(&self) -> Vec<u8> {
        self.with_sort_key(<[u8]>::to_vec)
    }

    /// What `read` makes of the sort key, which takes no memory of its own.
    pub fn with_sort_key<T>(&self, read: impl FnOnce(&[u8]) -> T) -> T {
        let mut room = [0; CHECKSUM + LONGEST_TEXT];
        let (checksum, text) = room.split_at_mut(CHECKSUM);
        let mut rest = &mut *text;
        // Neither a name nor an address is longer than the room.
        let _ = match self {
            Self::Domain(domain) => rest.write_all(domain.as_str().as_bytes()),
            Self::Address(address) => write!(rest, "{address}"),
        };
        let length = LONGEST_TEXT - rest.len();
        let crc = crc32fast::hash(text.get(..length).unwrap_or_default());
        checksum.copy_from_slice(&crc.to_be_bytes());
        read(room.get(..CHECKSUM + length).unwrap_or_default())
    }

    /// The text people read: U-labels for Domains, the address otherwise.
    pub fn unicode(&self) -> String {
        match self {
            Self::Domain(domain) => domain.unicode(),
            Self::Address(address) => address.to_string(),
        }
    }
}

impl From<Domain> for Target {
    fn from(domain: Domain) -> Self {
        Self::Domain(domain)
    }
}

impl FromStr for Target {
    type Err = NotADomain;

    /// Parses an address, or a name that is cut to its Domain.
    fn from_str(text: &str) -> Result<Self, NotADomain> {
        let text = text.trim();
        match text.parse::<IpAddr>() {
            Ok(address) => Ok(Self::Address(address.to_canonical())),
            Err(_) => Ok(Self::Domain(Domain::of(&text.parse::<Host>()?)?)),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(domain) => domain.fmt(f),
            Self::Address(address) => address.fmt(f),
        }
    }
}

impl TryFrom<String> for Target {
    type Error = NotADomain;

    fn try_from(text: String) -> Result<Self, NotADomain> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}
