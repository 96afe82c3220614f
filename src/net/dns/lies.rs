//! Addresses with which resolvers answer where there is nothing: pages of advertisements in place of
//! NXDOMAIN. Known from lists, and found out by asking for names that cannot exist.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::PoisonError;
use std::sync::RwLock;

use rand::RngExt;

use crate::facts::domain::Host;
use crate::facts::resolution::DnsAnswer;

/// Zones under which a name is made up, none of which answers for everything.
pub(crate) const ZONES: [&str; 4] = ["cn", "com.cn", "com", "net"];

/// The letters of a made-up label: by chance nobody else thought of it.
const LETTERS: usize = 18;

/// The lies that are known.
#[derive(Debug, Default)]
pub(crate) struct Lies {
    addresses: RwLock<HashSet<IpAddr>>,
}

impl Lies {
    pub(crate) fn new(known: HashSet<IpAddr>) -> Self {
        Self { addresses: RwLock::new(known) }
    }

    /// Takes `addresses` for lies from now on. Returns those that are new.
    pub(crate) fn learn(&self, addresses: &[IpAddr]) -> Vec<IpAddr> {
        let mut known = self.addresses.write().unwrap_or_else(PoisonError::into_inner);
        addresses.iter().copied().filter(|address| known.insert(*address)).collect()
    }

    /// What is left of `answer` without lies: a name of which nothing else was said does not exist, unless
    /// it `was_there` the last time. Then the server may just as well lie about everything.
    pub(crate) fn dropped(&self, answer: DnsAnswer, was_there: bool) -> DnsAnswer {
        let DnsAnswer::Addresses(mut addresses) = answer else { return answer };
        let known = self.addresses.read().unwrap_or_else(PoisonError::into_inner);
        if !known.is_empty() {
            addresses.retain(|address| !known.contains(address));
        }
        match (addresses.is_empty(), was_there) {
            (false, _) => DnsAnswer::Addresses(addresses),
            (true, false) => DnsAnswer::NoSuchName,
            (true, true) => DnsAnswer::ServerFailure,
        }
    }
}

/// A name under `zone` that nobody ever gave; `None` where it would be too long.
pub(crate) fn made_up(zone: &str) -> Option<Host> {
    let mut random = rand::rng();
    let label: String =
        (0..LETTERS).map(|_| char::from(random.random_range(b'a'..=b'z'))).collect();
    format!("{label}.{zone}").parse().ok()
}

/// Reads a list of lies: an address a line, or lines of dnsmasq's configuration. Returns those lines
/// that hold no address, by number.
pub fn parse(text: &str) -> (HashSet<IpAddr>, Vec<usize>) {
    let (mut addresses, mut refused) = (HashSet::new(), Vec::new());
    for (line, number) in text.lines().zip(1..) {
        let entry = line.split('#').next().unwrap_or_default().trim();
        if entry.is_empty() {
            continue;
        }
        match entry.strip_prefix("bogus-nxdomain=").unwrap_or(entry).trim().parse() {
            Ok(address) => {
                addresses.insert(address);
            }
            Err(_) => refused.push(number),
        }
    }
    (addresses, refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn what_is_a_lie_is_dropped_and_the_rest_stays() {
        let lies = Lies::new(HashSet::from_iter(addresses(&["1.1.1.1"])));
        assert_eq!(lies.learn(&addresses(&["1.1.1.1", "2.2.2.2"])), addresses(&["2.2.2.2"]));
        let left = |texts: &[&str]| lies.dropped(DnsAnswer::Addresses(addresses(texts)), false);
        assert_eq!(left(&["1.1.1.1", "2.2.2.2"]), DnsAnswer::NoSuchName);
        assert_eq!(left(&["1.1.1.1", "3.3.3.3"]), DnsAnswer::Addresses(addresses(&["3.3.3.3"])));
        assert_eq!(lies.dropped(DnsAnswer::Empty, false), DnsAnswer::Empty);
    }

    #[test]
    fn a_name_that_was_there_is_not_gone_because_of_a_lie() {
        let lies = Lies::new(HashSet::from_iter(addresses(&["1.1.1.1"])));
        for (answer, left) in [
            (DnsAnswer::Addresses(addresses(&["1.1.1.1"])), DnsAnswer::ServerFailure),
            (DnsAnswer::NoSuchName, DnsAnswer::NoSuchName),
            (DnsAnswer::Empty, DnsAnswer::Empty),
        ] {
            assert_eq!(lies.dropped(answer, true), left);
        }
        let both = DnsAnswer::Addresses(addresses(&["1.1.1.1", "3.3.3.3"]));
        assert_eq!(lies.dropped(both, true), DnsAnswer::Addresses(addresses(&["3.3.3.3"])));
    }

    #[test]
    fn lists_are_plain_or_dnsmasqs() {
        let text = "## Public\n\nbogus-nxdomain=123.125.81.12\n101.226.10.8 # x\nserver=1\n::1\n";
        let (known, refused) = parse(text);
        let expected = addresses(&["123.125.81.12", "101.226.10.8", "::1"]);
        assert_eq!(known, HashSet::from_iter(expected));
        assert_eq!(refused, [5]);
    }

    #[test]
    fn no_two_made_up_names_are_alike() {
        assert_ne!(made_up("cn"), made_up("cn"));
        assert_eq!(made_up("cn").unwrap().as_str().split_once('.').unwrap().1, "cn");
        assert_eq!(made_up(&format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(60))), None);
    }
}
