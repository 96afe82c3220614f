//! What registers are made of: how each kind of row is keyed, encoded and merged with an older one.

use std::net::IpAddr;

use crate::facts::allocation::Allocation;
use crate::facts::candidate::Candidate;
use crate::facts::candidate::HOSTS_PER_DOMAIN;
use crate::facts::examination::Examination;
use crate::facts::filing::Filing;
use crate::facts::problem::Problem;
use crate::facts::problem::ProblemKey;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderId;
use crate::store::StoreError;
use crate::store::encoding;

/// A row of a register.
pub trait Row: Sized + Clone + PartialEq {
    /// The register's name, in the manifest, in file names and in errors.
    const REGISTER: &'static str;

    /// What makes it the same row; ascending keys are the register's order.
    fn key(&self) -> Vec<u8>;

    /// Its bytes.
    fn encode(&self) -> Result<Vec<u8>, StoreError>;

    /// The row of `bytes`.
    fn decode(bytes: &[u8]) -> Result<Self, StoreError>;

    /// What becomes of an older row with the same key; the new one takes its place by default.
    fn merged(self, _old: &Self) -> Merged<Self> {
        Merged::Row(self)
    }
}

/// What two rows with one key become.
#[derive(Debug)]
pub enum Merged<R> {
    /// This row.
    Row(R),
    /// The old row: it holds all that it may, and the new one does not fit any more.
    Full,
}

macro_rules! encoded {
    () => {
        fn encode(&self) -> Result<Vec<u8>, StoreError> {
            encoding::encode(Self::REGISTER, self)
        }

        fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
            encoding::decode(Self::REGISTER, bytes)
        }
    };
}

fn push_octets(key: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(v4) => key.extend_from_slice(&v4.octets()),
        IpAddr::V6(v6) => key.extend_from_slice(&v6.octets()),
    }
}

impl Row for Provider {
    const REGISTER: &'static str = "providers";

    fn key(&self) -> Vec<u8> {
        self.id.as_str().as_bytes().to_vec()
    }

    encoded!();
}

impl Row for Allocation {
    const REGISTER: &'static str = "allocations";

    fn key(&self) -> Vec<u8> {
        let mut key = vec![if self.range.start().is_ipv4() { 4 } else { 6 }];
        for address in [self.range.start(), self.range.end()] {
            push_octets(&mut key, address);
        }
        key.extend_from_slice(self.kind.word().as_bytes());
        for name in [&self.provider, &self.to] {
            key.push(0);
            key.extend(name.iter().flat_map(|name| name.as_str().bytes()));
        }
        key
    }

    encoded!();
}

impl Row for Filing {
    const REGISTER: &'static str = "filings";

    fn key(&self) -> Vec<u8> {
        let mut key = self.domain.sort_key();
        key.push(0);
        let number = self.site_number.as_ref().or(self.subject_number.as_ref());
        key.extend(number.map(ToString::to_string).unwrap_or_default().bytes());
        // One number may have several records, each with an access of its own (code 1067).
        if let Some((_, id)) = self.details.iter().find(|(column, _)| column == "record_id") {
            key.push(0);
            key.extend(id.bytes());
        }
        key
    }

    encoded!();
}

impl Row for Candidate {
    const REGISTER: &'static str = "candidates";

    fn key(&self) -> Vec<u8> {
        self.target.sort_key()
    }

    encoded!();

    fn merged(self, old: &Self) -> Merged<Self> {
        let mut row = old.clone();
        row.is_named |= self.is_named;
        let mut is_full = false;
        for host in self.hosts {
            if let Err(place) = row.hosts.binary_search(&host) {
                if row.hosts.len() < HOSTS_PER_DOMAIN {
                    row.hosts.insert(place, host);
                } else {
                    is_full = true;
                }
            }
        }
        if is_full && row == *old { Merged::Full } else { Merged::Row(row) }
    }
}

impl Row for Problem {
    const REGISTER: &'static str = "problems";

    fn key(&self) -> Vec<u8> {
        // Without the part: what is half mended is the same problem, and keeps its day.
        let ProblemKey { provider, fault, level, range, other, part: _ } = &self.key;
        let mut key = Vec::new();
        for text in [
            provider.as_ref().map_or("", ProviderId::as_str),
            fault.word(),
            level.word(),
            other.as_ref().map_or("", ProviderId::as_str),
        ] {
            key.extend_from_slice(text.as_bytes());
            key.push(0);
        }
        for address in [range.start(), range.end()] {
            push_octets(&mut key, address);
        }
        key
    }

    encoded!();
}

impl Row for Examination {
    const REGISTER: &'static str = "examinations";

    fn key(&self) -> Vec<u8> {
        self.target.sort_key()
    }

    encoded!();
}
