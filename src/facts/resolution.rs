//! What the name servers said about one host. Failures are facts of five different kinds.

use std::net::IpAddr;

use serde::Deserialize;
use serde::Serialize;

use crate::facts::domain::Host;

/// The answer to one question (one host, A or AAAA).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DnsAnswer {
    /// At least one address.
    Addresses(Vec<IpAddr>),
    /// NOERROR without an address of this family.
    Empty,
    /// NXDOMAIN.
    NoSuchName,
    /// SERVFAIL, or an answer that cannot be read.
    ServerFailure,
    /// REFUSED and every other error code.
    Refused,
    /// No answer within the limits.
    Timeout,
}

/// Both families' answers for one host, with the chain of names they led through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// The answer for A.
    pub v4: DnsAnswer,
    /// The answer for AAAA.
    pub v6: DnsAnswer,
    /// The CNAME targets in order; empty where there is none.
    pub chain: Vec<Host>,
}

/// What both answers together mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ResolutionOutcome {
    /// There are addresses, and no family failed.
    Resolved,
    /// There are addresses, but the other family's answer is missing.
    Partial,
    /// The name does not exist.
    NoSuchName,
    /// The name exists without an address.
    Empty,
    /// SERVFAIL.
    ServerFailure,
    /// Refused.
    Refused,
    /// No answer.
    Timeout,
}

impl DnsAnswer {
    fn failure(&self) -> Option<ResolutionOutcome> {
        match self {
            Self::ServerFailure => Some(ResolutionOutcome::ServerFailure),
            Self::Refused => Some(ResolutionOutcome::Refused),
            Self::Timeout => Some(ResolutionOutcome::Timeout),
            Self::Addresses(_) | Self::Empty | Self::NoSuchName => None,
        }
    }
}

impl Resolution {
    /// Every address of both families, IPv4 first, each once.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let mut addresses = Vec::new();
        for answer in [&self.v4, &self.v6] {
            if let DnsAnswer::Addresses(found) = answer {
                for address in found {
                    if !addresses.contains(address) {
                        addresses.push(*address);
                    }
                }
            }
        }
        addresses
    }

    /// What both answers together mean. A failed family keeps the whole from being "absent".
    pub fn outcome(&self) -> ResolutionOutcome {
        let failure = self.v4.failure().or(self.v6.failure());
        match (self.addresses().is_empty(), failure) {
            (false, None) => ResolutionOutcome::Resolved,
            (false, Some(_)) => ResolutionOutcome::Partial,
            (true, Some(failure)) => failure,
            (true, None) => match (&self.v4, &self.v6) {
                (DnsAnswer::NoSuchName, DnsAnswer::NoSuchName) => ResolutionOutcome::NoSuchName,
                _ => ResolutionOutcome::Empty,
            },
        }
    }
}

impl ResolutionOutcome {
    /// Whether every question was answered, so that absence and moves may be believed.
    pub fn is_certain(self) -> bool {
        matches!(self, Self::Resolved | Self::NoSuchName | Self::Empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_family_is_never_absence() {
        let address = || DnsAnswer::Addresses(vec!["1.2.4.8".parse().unwrap()]);
        let cases = [
            (address(), DnsAnswer::Empty, ResolutionOutcome::Resolved),
            (address(), DnsAnswer::Timeout, ResolutionOutcome::Partial),
            (DnsAnswer::NoSuchName, DnsAnswer::NoSuchName, ResolutionOutcome::NoSuchName),
            (DnsAnswer::Empty, DnsAnswer::Empty, ResolutionOutcome::Empty),
            (DnsAnswer::NoSuchName, DnsAnswer::ServerFailure, ResolutionOutcome::ServerFailure),
            (DnsAnswer::Empty, DnsAnswer::Refused, ResolutionOutcome::Refused),
            (DnsAnswer::Timeout, DnsAnswer::Timeout, ResolutionOutcome::Timeout),
        ];
        for (v4, v6, expected) in cases {
            let resolution = Resolution { v4, v6, chain: vec![] };
            assert_eq!(resolution.outcome(), expected, "{resolution:?}");
        }
    }
}
