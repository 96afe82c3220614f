//! A name to examine (待查域名), with the channel that brought it.

use serde::Deserialize;
use serde::Serialize;

use crate::facts::domain::Domain;
use crate::facts::domain::Host;
use crate::facts::target::Target;

/// At most so many named hosts are kept for one Domain, so that a flood of invented subdomains
/// (泛解析) costs one Domain's worth of questions.
pub const HOSTS_PER_DOMAIN: usize = 64;

/// One line of a list: a target, and the host under it that was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// What is to be examined.
    pub target: Target,
    /// The host that the line named, unless it is the Domain itself or an address.
    pub host: Option<Host>,
    /// The channel that brought it, such as `list`.
    pub channel: String,
}

/// Everything that was mentioned of one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// What is examined.
    pub target: Target,
    /// Whether the target itself was named, and not only hosts under it.
    pub is_named: bool,
    /// The hosts under the Domain that were named, sorted, at most [`HOSTS_PER_DOMAIN`].
    pub hosts: Vec<Host>,
    /// The first channel that brought it.
    pub channel: String,
}

/// A name that no list has: a live page links to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedName {
    /// The Domain that the link leads to.
    pub domain: Domain,
    /// What the page belongs to.
    pub from: Target,
}

impl LinkedName {
    /// The candidate that it is.
    pub fn candidate(self) -> Candidate {
        Candidate {
            channel: format!("link:{}", self.from),
            target: self.domain.into(),
            is_named: true,
            hosts: Vec::new(),
        }
    }
}

impl Mention {
    /// The mention of a host: its Domain is the target.
    pub fn of_host(host: Host, domain: Domain, channel: &str) -> Self {
        let host = (host != *domain.host()).then_some(host);
        Self { target: domain.into(), host, channel: channel.to_owned() }
    }
}

impl Candidate {
    /// The number of distinct names that were mentioned: the lines of the lists, each once.
    pub fn names(&self) -> u64 {
        u64::from(self.is_named) + self.hosts.len() as u64
    }

    /// The hosts to examine: the Domain, its `www.`, and what was named. Empty for an address.
    pub fn hosts_to_examine(&self) -> Vec<Host> {
        let Some(domain) = self.target.domain() else { return Vec::new() };
        let mut hosts = vec![domain.host().clone()];
        hosts.extend(domain.www());
        for host in &self.hosts {
            if !hosts.contains(host) {
                hosts.push(host.clone());
            }
        }
        hosts
    }
}
