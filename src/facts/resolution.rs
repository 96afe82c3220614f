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
    /// What each vantage was told, where several were asked for: then the answers above are all of
    /// them together. Empty otherwise.
    pub views: Vec<View>,
}

/// What the name servers say to those who ask from one part of the net.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The vantage's name, as the configuration gives it.
    pub vantage: String,
    /// The answer for A.
    pub v4: DnsAnswer,
    /// The answer for AAAA.
    pub v6: DnsAnswer,
    /// The CNAME targets in order.
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

impl View {
    /// Whether the vantage was told of `address`.
    pub fn has(&self, address: IpAddr) -> bool {
        [&self.v4, &self.v6].into_iter().any(|answer| match answer {
            DnsAnswer::Addresses(found) => found.contains(&address),
            _ => false,
        })
    }
}

impl Resolution {
    /// All `views` as one: every address that any of them has; without any, the worst that a server
    /// did, so that half an answer is never absence.
    pub fn merged(views: Vec<View>) -> Self {
        let together = |answer: fn(&View) -> &DnsAnswer| {
            let mut addresses: Vec<IpAddr> = Vec::new();
            for found in views.iter().map(answer) {
                if let DnsAnswer::Addresses(found) = found {
                    let new: Vec<_> = found.iter().filter(|a| !addresses.contains(a)).collect();
                    addresses.extend(new);
                }
            }
            if !addresses.is_empty() {
                return DnsAnswer::Addresses(addresses);
            }
            let failed = views.iter().map(answer).find(|answer| answer.failure().is_some());
            let empty = || views.iter().map(answer).find(|answer| **answer == DnsAnswer::Empty);
            failed.or_else(empty).cloned().unwrap_or(DnsAnswer::NoSuchName)
        };
        let (v4, v6) = (together(|view| &view.v4), together(|view| &view.v6));
        let chain = views.iter().map(|view| &view.chain).find(|chain| !chain.is_empty());
        Self { v4, v6, chain: chain.cloned().unwrap_or_default(), views }
    }

    /// The chain of names that led to `address`.
    pub fn chain_to(&self, address: IpAddr) -> &[Host] {
        let view = self.views.iter().find(|view| view.has(address));
        view.map_or(&self.chain, |view| &view.chain)
    }

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
        let views = self.views.iter().flat_map(|view| [&view.v4, &view.v6]);
        let failure = [&self.v4, &self.v6].into_iter().chain(views).find_map(DnsAnswer::failure);
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
    fn views_are_merged_and_one_that_failed_leaves_a_doubt() {
        let view = |vantage: &str, v4: DnsAnswer, chain: &[&str]| View {
            vantage: vantage.to_owned(),
            v4,
            v6: DnsAnswer::Empty,
            chain: chain.iter().map(|name| name.parse().unwrap()).collect(),
        };
        let at = |text: &str| DnsAnswer::Addresses(vec![text.parse().unwrap()]);
        let whole = Resolution::merged(vec![
            view("电信", at("1.2.4.8"), &["a.cdn.cn"]),
            view("联通", at("1.2.4.9"), &[]),
            view("移动", at("1.2.4.8"), &["b.cdn.cn"]),
        ]);
        assert_eq!(whole.addresses().len(), 2);
        assert_eq!(whole.outcome(), ResolutionOutcome::Resolved);
        assert_eq!(whole.chain_to("1.2.4.8".parse().unwrap())[0].as_str(), "a.cdn.cn");
        assert!(whole.chain_to("1.2.4.9".parse().unwrap()).is_empty());
        for (other, outcome) in [
            (DnsAnswer::Timeout, ResolutionOutcome::Partial),
            (DnsAnswer::NoSuchName, ResolutionOutcome::Resolved),
        ] {
            let views = vec![view("电信", at("1.2.4.8"), &[]), view("联通", other, &[])];
            assert_eq!(Resolution::merged(views).outcome(), outcome);
        }
        let failed =
            vec![view("电信", DnsAnswer::Empty, &[]), view("联通", DnsAnswer::Refused, &[])];
        assert_eq!(Resolution::merged(failed).outcome(), ResolutionOutcome::Refused);
    }

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
            let resolution = Resolution { v4, v6, chain: vec![], views: vec![] };
            assert_eq!(resolution.outcome(), expected, "{resolution:?}");
        }
    }
}
