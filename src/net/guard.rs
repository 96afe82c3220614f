//! What may be reached: no special-purpose address unless the configuration allows it, and nobody
//! who asked to be left alone.

use std::collections::HashSet;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::facts::domain::Domain;
use crate::facts::domain::Host;
use crate::facts::domain::NotADomain;
use crate::facts::range::AddressRange;
use crate::facts::special;

/// Ports at which other things than web sites listen, which take a request for a command: the list that
/// browsers keep (WHATWG Fetch, "port blocking").
const NO_WEB: [u16; 82] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101,
    102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427,
    465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990,
    993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
    6668, 6669, 6679, 6697,
];

/// Says what may be reached.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allow: Vec<IpNet>,
    opt_out: OptOut,
}

/// The names and addresses that are never probed.
#[derive(Debug, Clone, Default)]
pub struct OptOut {
    names: HashSet<Box<str>>,
    /// Sorted and apart from each other, so that a binary search finds the one that matters.
    ranges: Vec<AddressRange>,
}

enum Entry {
    Name(Host),
    Range(AddressRange),
}

impl Guard {
    /// A guard that lets special-purpose addresses within `allow` pass, and nothing in `opt_out`.
    pub fn new(allow: Vec<IpNet>, opt_out: OptOut) -> Self {
        Self { allow, opt_out }
    }

    /// Whether `address`, or the IPv4 address that it wraps, has a special purpose and is not
    /// allowed all the same.
    pub fn is_special(&self, address: IpAddr) -> bool {
        let address = special::unwrapped(address);
        special::is_special(address) && !self.allow.iter().any(|range| range.contains(&address))
    }

    /// The first special-purpose range that lies in `range`, or overlaps with it, and is not allowed
    /// all the same.
    pub fn special_within(&self, range: &AddressRange) -> Option<AddressRange> {
        let is_allowed = |special: &AddressRange| {
            let (start, end) = (special.start().max(range.start()), special.end().min(range.end()));
            self.allow.iter().any(|allowed| allowed.contains(&start) && allowed.contains(&end))
        };
        special::within(range).find(|special| !is_allowed(special))
    }

    /// Whether `address` may be spoken to.
    pub fn permits(&self, address: IpAddr) -> bool {
        !self.is_special(address) && !self.is_opted_out(None, address)
    }

    /// Whether nobody asks for `host` at `address` because one of them is on the opt-out list.
    pub fn is_opted_out(&self, host: Option<&Host>, address: IpAddr) -> bool {
        host.is_some_and(|host| !self.permits_host(host))
            || self.opt_out.holds(address)
            || self.opt_out.holds(special::unwrapped(address))
    }

    /// Whether a site may send visitors on to `port`.
    pub fn permits_port(port: u16) -> bool {
        NO_WEB.binary_search(&port).is_err()
    }

    /// Whether `host` may be asked for: neither it nor a name above it opted out.
    pub fn permits_host(&self, host: &Host) -> bool {
        !self.opt_out.holds_name(host.as_str())
    }
}

impl OptOut {
    /// Reads a list: a name (it and all under it), an address, a CIDR block or a range `a - b` on
    /// each line, `#` starts a comment. Returns the list, and each line that is none of these, by
    /// number from 1, with the reason.
    pub fn parse(text: &str) -> (Self, Vec<(usize, String)>) {
        let mut list = Self::default();
        let mut refused = Vec::new();
        for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
            let entry = line.split('#').next().unwrap_or_default().trim();
            if entry.is_empty() {
                continue;
            }
            match read(entry) {
                Ok(Entry::Name(host)) => {
                    list.names.insert(host.as_str().into());
                }
                Ok(Entry::Range(range)) => list.ranges.push(range),
                Err(reason) => refused.push((number, format!("`{entry}`: {reason}"))),
            }
        }
        list.ranges = apart(list.ranges);
        (list, refused)
    }

    /// This list and `other` together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.names.extend(other.names);
        self.ranges.extend(other.ranges);
        self.ranges = apart(self.ranges);
        self
    }

    fn holds(&self, address: IpAddr) -> bool {
        let after = self.ranges.partition_point(|range| range.start() <= address);
        self.ranges[..after].last().is_some_and(|range| range.contains(address))
    }

    fn holds_name(&self, name: &str) -> bool {
        !self.names.is_empty()
            && std::iter::successors(Some(name), |name| Some(name.split_once('.')?.1))
                .any(|name| self.names.contains(name))
    }
}

fn read(entry: &str) -> Result<Entry, String> {
    if entry.contains('/') {
        let block: IpNet = entry.parse().map_err(|_| "not a CIDR block".to_owned())?;
        return Ok(Entry::Range(block.into()));
    }
    if let Ok(address) = entry.parse::<IpAddr>() {
        return Ok(Entry::Range(address.into()));
    }
    // Names may hold a hyphen too, so it only makes a range between two addresses.
    if let Some((start, end)) = entry.split_once('-')
        && let (Ok(start), Ok(end)) = (start.trim().parse(), end.trim().parse())
    {
        let range = AddressRange::new(start, end).map_err(|reason| reason.to_string())?;
        return Ok(Entry::Range(range));
    }
    let name = entry.strip_prefix("*.").unwrap_or(entry);
    let name: Host = name.parse().map_err(|reason: NotADomain| reason.to_string())?;
    match Domain::of(&name) {
        Err(NotADomain::Suffix) => {
            Err("a public suffix: no name under it would be probed any more".to_owned())
        }
        _ => Ok(Entry::Name(name)),
    }
}

/// The same addresses in sorted ranges that do not overlap.
fn apart(mut ranges: Vec<AddressRange>) -> Vec<AddressRange> {
    ranges.sort_unstable();
    let mut merged: Vec<AddressRange> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if last.contains(range.start()) => {
                let end = last.end().max(range.end());
                *last = AddressRange::new(last.start(), end).unwrap_or(*last);
            }
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(allow: &[&str], opt_out: &str) -> Guard {
        let (opt_out, refused) = OptOut::parse(opt_out);
        assert_eq!(refused, []);
        Guard::new(allow.iter().map(|range| range.parse().unwrap()).collect(), opt_out)
    }

    #[test]
    fn special_addresses_pass_only_where_allowed_and_in_no_disguise() {
        let guard = guard(&["127.0.0.0/8"], "");
        for (address, permitted) in [
            ("127.0.0.1", true),
            ("::ffff:127.0.0.1", true),
            ("1.2.4.8", true),
            ("10.0.0.1", false),
            ("169.254.169.254", false),
            ("::ffff:10.0.0.1", false),
            ("64:ff9b::a00:1", false),
            ("::1", false),
            ("::", false),
            ("0.0.0.0", false),
            ("::127.0.0.1", false),
            ("::ffff:169.254.169.254", false),
            ("64:ff9b::a9fe:a9fe", false),
            ("64:ff9b:1::a9fe:a9fe", false),
            ("2002:a9fe:a9fe::1", false),
            ("2002:a00:1::", false),
            ("fe80::1", false),
            ("fd00:ec2::254", false),
            ("ff02::1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("100.100.100.200", false),
        ] {
            assert_eq!(guard.permits(address.parse().unwrap()), permitted, "{address}");
        }
    }

    #[test]
    fn nobody_is_sent_on_to_ports_where_no_web_site_is() {
        assert!(NO_WEB.is_sorted());
        for (port, permitted) in [(25, false), (22, false), (6667, false), (80, true), (8080, true)]
        {
            assert_eq!(Guard::permits_port(port), permitted, "{port}");
        }
    }

    #[test]
    fn opted_out_addresses_are_refused_whatever_form_the_list_gives_them() {
        let list = "1.2.3.0/24 # a block\n1.2.0.0/16\n1.2.9.9\n\n# nothing\n\
                    9.9.9.1 - 9.9.9.3\n2400:3200::/32\n9.9.9.2-9.9.9.8";
        let guard = guard(&[], list);
        for (address, permitted) in [
            ("1.2.3.4", false),
            ("1.2.200.1", false),
            ("1.3.0.0", true),
            ("9.9.9.0", true),
            ("9.9.9.8", false),
            ("9.9.9.9", true),
            ("2400:3200::1", false),
            ("2400:3201::1", true),
            ("64:ff9b::102:304", false),
        ] {
            assert_eq!(guard.permits(address.parse().unwrap()), permitted, "{address}");
        }
    }

    #[test]
    fn an_opted_out_name_covers_all_under_it() {
        let guard = guard(&[], "\u{feff}Example.cn\n*.a-b.com\n例子.中国");
        for (host, permitted) in [
            ("example.cn", false),
            ("www.example.cn", false),
            ("badexample.cn", true),
            ("cn", true),
            ("x.a-b.com", false),
            ("www.xn--fsqu00a.xn--fiqs8s", false),
        ] {
            assert_eq!(guard.permits_host(&host.parse().unwrap()), permitted, "{host}");
        }
    }

    #[test]
    fn a_line_that_is_no_address_and_no_name_that_somebody_may_have_is_told_with_its_number() {
        let (_, refused) = OptOut::parse(
            "ok.cn\n1.2.3.4/99\n\n2.2.2.2 - 1.1.1.1\n1.2.3.400\ncn\n*.com.cn\nabc.com.cn",
        );
        assert_eq!(refused.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4, 5, 6, 7]);
        assert!(refused[3].1.contains("public suffix"), "{refused:?}");
    }

    #[test]
    fn lists_of_several_files_hold_together() {
        let (one, _) = OptOut::parse("1.1.1.0/24\na.cn");
        let (two, _) = OptOut::parse("1.1.0.0/16\nb.cn");
        let guard = Guard::new(vec![], one.and(two));
        assert!(!guard.permits("1.1.200.1".parse().unwrap()));
        assert!(!guard.permits_host(&"a.cn".parse().unwrap()));
        assert!(!guard.permits_host(&"b.cn".parse().unwrap()));
    }
}
