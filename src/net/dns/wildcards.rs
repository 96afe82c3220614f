//! Zones that answer for everything (泛解析): a name under one of them proves nothing, because anybody
//! can think of one.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::sync::OnceCell;

use crate::facts::domain::Domain;
use crate::facts::domain::Host;
use crate::facts::resolution::DnsAnswer;
use crate::net::dns::Family;
use crate::net::dns::Resolver;
use crate::net::dns::lies::made_up;

/// Zones with many addresses turn them round; so many made-up names show most of them.
const NAMES: usize = 2;

/// What suffixes answer for made-up names; they are few, and each is asked once a night.
type Suffixes = HashMap<Box<str>, Arc<OnceCell<Vec<IpAddr>>>>;

/// Finds out whether names are made up.
#[derive(Debug)]
pub struct Wildcards {
    resolver: Arc<Resolver>,
    suffixes: Mutex<Suffixes>,
}

impl Wildcards {
    /// Asks `resolver`.
    pub fn new(resolver: Arc<Resolver>) -> Self {
        Self { resolver, suffixes: Mutex::new(HashMap::new()) }
    }

    /// Whether `host`, which has `addresses`, may be made up: its zone gives the same addresses to
    /// names that nobody ever gave. Of the Domain itself its public suffix is asked, of hosts below
    /// the Domain too. Where the Domain has no address (`is_bare`) its `www.` is where visitors look for
    /// it, and nobody's invention, whatever else the zone answers for.
    pub async fn may_be_made_up(
        &self,
        host: &Host,
        domain: &Domain,
        addresses: &[IpAddr],
        is_bare: bool,
    ) -> bool {
        if addresses.is_empty() {
            return false;
        }
        let is_front = host == domain.host() || (is_bare && Some(host) == domain.www().as_ref());
        if !is_front && covers(&self.made_up_under(domain.as_str()).await, addresses) {
            return true;
        }
        let Some((_, suffix)) = domain.as_str().split_once('.') else { return false };
        let cell = {
            let mut suffixes = self.suffixes.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(suffixes.entry(suffix.into()).or_default())
        };
        let everything = cell.get_or_init(|| self.made_up_under(suffix)).await;
        covers(everything, addresses)
    }

    /// The addresses of made-up names under `zone`.
    async fn made_up_under(&self, zone: &str) -> Vec<IpAddr> {
        let mut found = Vec::new();
        for _ in 0..NAMES {
            let Some(host) = made_up(zone) else { break };
            let before = found.len();
            for family in [Family::V4, Family::V6] {
                if let (DnsAnswer::Addresses(addresses), _) = self.resolver.ask(&host, family).await
                {
                    found.extend(addresses);
                }
            }
            if found.len() == before {
                break;
            }
        }
        found
    }
}

fn covers(everything: &[IpAddr], addresses: &[IpAddr]) -> bool {
    !everything.is_empty() && addresses.iter().all(|address| everything.contains(address))
}
