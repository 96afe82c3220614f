//! Which addresses have a special purpose and are nobody's site: the IANA special-purpose address
//! registries (RFC 6890 and its updates), multicast and reserved space.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::sync::LazyLock;

use ipnet::IpNet;

use crate::facts::range::AddressRange;

/// Ranges with a special purpose. Addresses that only wrap an IPv4 address are unwrapped first, see
/// [`is_special`].
const RANGES: [&str; 32] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/96",
    "::ffff:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001:db8::/32",
    "2620:4f:8000::/48",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

static SPECIAL: LazyLock<Vec<IpNet>> =
    LazyLock::new(|| RANGES.iter().filter_map(|text| text.parse().ok()).collect());

/// Whether `address`, or the IPv4 address that it wraps, has a special purpose.
pub fn is_special(address: IpAddr) -> bool {
    let address = unwrapped(address);
    SPECIAL.iter().any(|range| range.contains(&address))
}

/// The ranges with a special purpose that overlap with `range`.
pub fn within(range: &AddressRange) -> impl Iterator<Item = AddressRange> {
    let (start, end) = (range.start(), range.end());
    let special = SPECIAL.iter().map(|block| AddressRange::from(*block));
    special.filter(move |special| {
        special.start().is_ipv4() == start.is_ipv4()
            && special.start() <= end
            && start <= special.end()
    })
}

/// Whether `range` holds addresses with a special purpose and others beside: nobody has such a range.
pub fn is_mixed(range: &AddressRange) -> bool {
    let mut special = within(range).peekable();
    let holds_all =
        |special: AddressRange| special.contains(range.start()) && special.contains(range.end());
    special.peek().is_some() && !special.any(holds_all)
}

/// The address that packets to `address` end up at: IPv4-mapped, NAT64 (RFC 6052) and 6to4
/// (RFC 3056) addresses are unwrapped to the IPv4 address they carry.
pub fn unwrapped(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let carried = |high: u16, low: u16| {
        IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
    };
    match v6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => carried(high, low),
        _ => v6.to_canonical(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_range_parses() {
        assert_eq!(SPECIAL.len(), RANGES.len());
    }

    #[test]
    fn nobody_has_a_range_of_both() {
        for (start, end, expected) in [
            ("0.0.0.0", "255.255.255.255", true),
            ("126.0.0.0", "127.0.0.0", true),
            ("127.0.0.0", "127.255.255.255", false),
            ("126.0.0.0", "126.255.255.255", false),
            ("2400::", "ffff::", true),
            ("2400::", "24ff::", false),
        ] {
            let range = AddressRange::new(start.parse().unwrap(), end.parse().unwrap()).unwrap();
            assert_eq!(is_mixed(&range), expected, "{range}");
        }
    }

    #[test]
    fn special_addresses_are_known_in_every_disguise() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "169.254.169.254",
            "192.168.1.1",
            "255.255.255.255",
            "::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "2001:db8::1",
        ] {
            assert!(is_special(text.parse().unwrap()), "{text}");
        }
        for text in ["1.2.4.8", "223.5.5.5", "2400:3200::1", "64:ff9b::df05:505", "::ffff:1.2.4.8"]
        {
            assert!(!is_special(text.parse().unwrap()), "{text}");
        }
    }
}
