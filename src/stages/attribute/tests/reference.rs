//! The same rule once more, as slowly and plainly as it can be written: for each address look at
//! every row.

use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;
use rand_chacha::rand_core::SeedableRng;

use super::*;

const KINDS: [&str; 7] =
    ["source", "assigned", "reassigned", "own_use", "reserved", "brought", "registry"];
const NAMES: [&str; 6] = ["A", "B", "C", "D", "E", "Z"];

/// All rows lie within so many addresses, so that they meet often.
const FIELD: u32 = 512;

/// What the rule says of `address`, as [`described`] tells it.
fn plainly(rows: &[Allocation], address: IpAddr) -> String {
    let is_registry = |row: &Allocation| row.kind == AllocationKind::Registry;
    let has_registry =
        rows.iter().any(|row| is_registry(row) && row.range.start().is_ipv4() == address.is_ipv4());
    let mut covering: Vec<&Allocation> =
        rows.iter().filter(|row| row.range.contains(address)).collect();
    covering.sort_by_key(|row| (row.range.span(), is_registry(row)));
    let places =
        |row: &&Allocation| is_registry(row) || row.origin == Origin::Reported || !has_registry;
    if !covering.iter().any(places) {
        return "abroad".to_owned();
    }
    let province = covering.iter().find_map(|row| row.province);
    covering.retain(|row| !is_registry(row));
    let widest = covering.last().and_then(|row| row.provider.as_ref()).map(ProviderName::as_str);

    let mut links: Vec<(&str, &str)> = Vec::new();
    for row in &covering {
        let provider = row.provider.as_ref().unwrap().as_str();
        links.extend(row.from.as_ref().map(|from| (from.as_str(), provider)));
        if row.kind == AllocationKind::Reassigned {
            links.extend(row.to.as_ref().map(|to| (provider, to.as_str())));
        }
    }
    links.retain(|(upper, lower)| upper != lower);
    let above = |name: &str| {
        let mut seen = vec![name.to_owned()];
        while let Some((upper, _)) =
            links.iter().find(|(_, lower)| *lower == seen.last().unwrap().as_str())
        {
            if seen.iter().any(|name| name == upper) {
                break;
            }
            seen.push((*upper).to_owned());
        }
        seen.remove(0);
        seen
    };

    let narrowest: Vec<&&Allocation> =
        covering.iter().take_while(|row| row.range.span() == covering[0].range.span()).collect();
    let mut claimants: Vec<&str> = narrowest
        .iter()
        .map(|row| match (row.kind, &row.to) {
            (AllocationKind::Reassigned, Some(to)) => to.as_str(),
            _ => row.provider.as_ref().unwrap().as_str(),
        })
        .collect();
    claimants.sort_unstable();
    claimants.dedup();
    let mut last = claimants.clone();
    last.retain(|name| {
        !claimants.iter().any(|other| other != name && above(other).contains(&(*name).to_owned()))
    });
    if last.is_empty() {
        last = claimants;
    }

    let mut text = match last.as_slice() {
        [] => "nobody".to_owned(),
        ["Z"] => "unknown Z".to_owned(),
        [only] => (*only).to_owned(),
        rivals => {
            let known: Vec<&str> = rivals.iter().copied().filter(|name| *name != "Z").collect();
            format!("disputed {}", known.join("+"))
        }
    };
    if let [only] = last.as_slice() {
        let is_own = covering.iter().any(|row| {
            row.kind == AllocationKind::Source && row.provider.as_ref().unwrap().as_str() == *only
        });
        let top = |name: &str| above(name).last().cloned().unwrap_or_else(|| name.to_owned());
        let linked = above(only).last().cloned();
        let carrier = linked
            .unwrap_or_else(|| if is_own { (*only).to_owned() } else { top(widest.unwrap()) });
        if carrier != "Z" {
            text += &format!(" carrier {carrier}");
        }
    }
    if let Some(province) = province {
        text += &format!(" @{province}");
    }
    if narrowest.iter().any(|row| row.is_redirector) {
        text += " redirector";
    }
    if covering.is_empty() {
        text += " unreported";
    }
    if last == ["E"] {
        text += " cdn";
    }
    text
}

struct Chance(ChaCha8Rng);

impl Chance {
    fn below(&mut self, end: u32) -> u32 {
        self.0.next_u32() % end
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len().try_into().unwrap()) as usize]
    }

    /// An address of the field, which lies at the end of its family or in the midst of it.
    fn address(&mut self, offset: u32, is_v4: bool, is_last: bool) -> IpAddr {
        match (is_v4, is_last) {
            (true, true) => Ipv4Addr::from(u32::MAX - FIELD + 1 + offset).into(),
            (true, false) => Ipv4Addr::from(0x0100_0000 + offset).into(),
            (false, true) => Ipv6Addr::from(u128::MAX - u128::from(FIELD - 1 - offset)).into(),
            (false, false) => Ipv6Addr::from((0x2400_u128 << 112) + u128::from(offset)).into(),
        }
    }

    fn row(&mut self, kinds: &[&str], is_last: bool) -> String {
        let is_v4 = self.below(2) == 0;
        // Coarse steps make ranges meet at their ends and be the same range.
        let step = 1 << self.below(7);
        let start = self.below(FIELD) / step * step;
        let longest = FIELD / (1 << self.below(6));
        let length = (self.below(longest) / step * step).max(1);
        let end = (start + length - 1).min(FIELD - 1);
        let (start, end) = (self.address(start, is_v4, is_last), self.address(end, is_v4, is_last));
        let kind = self.one_of(kinds);
        let mut text = format!("{start}-{end} {kind}");
        if kind != "registry" {
            text += &format!(" {}", self.one_of(&NAMES));
            if self.below(4) == 0 {
                text += &format!(" <{}", self.one_of(&NAMES));
            }
            if kind == "reassigned" && self.below(8) != 0 {
                text += &format!(" >{}", self.one_of(&NAMES));
            }
        }
        if self.below(3) == 0 {
            text += &format!(" @{}", self.one_of(&["北京", "上海", "广东"]));
        }
        if self.below(6) == 0 {
            text += " redirector";
        }
        if self.below(3) == 0 {
            text += " listed";
        }
        text
    }
}

#[test]
fn every_address_of_random_registers_is_held_as_the_plain_rule_says() {
    let directory = directory();
    let everything = ["0.0.0.0/0", "::/0"].map(|range| range.parse().unwrap());
    let guard = Guard::new(everything.to_vec(), OptOut::default());
    for seed in 0..200 {
        let mut chance = Chance(ChaCha8Rng::seed_from_u64(seed));
        let is_last = seed % 3 == 0;
        let kinds = if seed % 2 == 0 { &KINDS[..] } else { &KINDS[..6] };
        let count = 1 + chance.below(24);
        let texts: Vec<String> = (0..count).map(|_| chance.row(kinds, is_last)).collect();
        let rows: Vec<Allocation> = texts.iter().map(|text| row(text)).collect();
        let table = AddressTable::new(rows.iter().cloned(), &directory);
        for _ in 0..500 {
            let (offset, is_v4) = (chance.below(FIELD), chance.below(2) == 0);
            let address = chance.address(offset, is_v4, is_last);
            let got = described(&table.attribute(address, &[], &directory, &guard));
            assert_eq!(got, plainly(&rows, address), "seed {seed}, {address} in {texts:#?}");
        }
    }
}
