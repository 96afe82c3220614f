//! The same rule once more, as slowly and plainly as it can be written: for each address look at
//! every row.

use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::facts::placement::OUT_OF_BOUNDS;
use crate::facts::special;

const KINDS: [&str; 7] =
    ["source", "assigned", "reassigned", "own_use", "reserved", "brought", "registry"];
const NAMES: [&str; 6] = ["A", "B", "C", "D", "E", "Z"];

/// All rows lie within so many addresses, so that they meet often.
const FIELD: u32 = 512;

fn is_registry(row: &Allocation) -> bool {
    row.kind == AllocationKind::Registry
}

fn provider(row: &Allocation) -> &str {
    row.provider.as_ref().unwrap().as_str()
}

/// Whether the row stands for one that is out of bounds.
fn is_beyond(row: &Allocation) -> bool {
    !row.details.is_empty()
}

/// The rows as they count: those out of bounds name nobody.
fn bound(rows: &[Allocation]) -> Vec<Allocation> {
    let registry: Vec<&AddressRange> =
        rows.iter().filter(|row| is_registry(row)).map(|row| &row.range).collect();
    let was_given = |range: &AddressRange| {
        let is_v4 = range.start().is_ipv4();
        let (mut next, end) = (to_number(range.start()), to_number(range.end()));
        loop {
            let holds = |given: &&&AddressRange| {
                given.start().is_ipv4() == is_v4
                    && (to_number(given.start())..=to_number(given.end())).contains(&next)
            };
            match registry.iter().filter(holds).map(|given| to_number(given.end())).max() {
                None => return false,
                Some(last) if last >= end => return true,
                Some(last) => next = last + 1,
            }
        }
    };
    let is_report = |row: &Allocation| !is_registry(row) && row.origin == Origin::Reported;
    let is_whole = |is_v4: bool| {
        let is_there = registry.iter().any(|given| given.start().is_ipv4() == is_v4);
        let reports =
            rows.iter().filter(|row| is_report(row) && row.range.start().is_ipv4() == is_v4);
        let (within, all) = (reports.clone().filter(|row| was_given(&row.range)), reports);
        is_there && within.count() * 10 >= all.count() * 9
    };
    let count = |row: &Allocation| {
        let is_left_out =
            is_report(row) && is_whole(row.range.start().is_ipv4()) && !was_given(&row.range);
        if !is_left_out && (is_registry(row) || !special::is_mixed(&row.range)) {
            return row.clone();
        }
        let nobody = OUT_OF_BOUNDS.parse().ok();
        let mut row = Allocation::bare(row.range, AllocationKind::Assigned, row.origin, nobody);
        row.details = vec![("beyond".to_owned(), String::new())];
        row
    };
    rows.iter().map(count).collect()
}

/// The rows over `address`, narrowest first; none where it is abroad.
fn covering(rows: &[Allocation], address: IpAddr) -> Vec<&Allocation> {
    let has_registry =
        rows.iter().any(|row| is_registry(row) && row.range.start().is_ipv4() == address.is_ipv4());
    let places = |row: &&Allocation| {
        let is_told = is_registry(row) || row.origin == Origin::Reported || !has_registry;
        is_told && !is_beyond(row)
    };
    let mut covering: Vec<&Allocation> =
        rows.iter().filter(|row| row.range.contains(address)).collect();
    covering.sort_by_key(|row| (row.range.span(), is_registry(row)));
    if covering.iter().any(places) { covering } else { vec![] }
}

/// The steps that `reported` rows tell, from the upper holder to the lower one.
fn links<'a>(reported: &[&'a Allocation]) -> Vec<(&'a str, &'a str)> {
    let mut links: Vec<(&str, &str)> = Vec::new();
    for row in reported {
        links.extend(row.from.as_ref().map(|from| (from.as_str(), provider(row))));
        if row.kind == AllocationKind::Reassigned {
            links.extend(row.to.as_ref().map(|to| (provider(row), to.as_str())));
        }
    }
    links.retain(|(upper, lower)| upper != lower);
    links
}

/// Whoever is above `name`, nearest first, and whether that ends in a circle.
fn above(name: &str, reported: &[&Allocation]) -> (Vec<String>, bool) {
    let links = links(reported);
    let mut seen = vec![name];
    while let Some((upper, _)) = links.iter().find(|(_, lower)| seen.last() == Some(lower)) {
        if seen.contains(upper) {
            return (seen.into_iter().skip(1).map(str::to_owned).collect(), true);
        }
        seen.push(upper);
    }
    (seen.into_iter().skip(1).map(str::to_owned).collect(), false)
}

/// Everybody to whom `name` passed something on, through however many hands.
fn below(name: &str, reported: &[&Allocation]) -> Vec<String> {
    let mut reached = vec![name];
    for _ in 0..NAMES.len() {
        for (upper, lower) in links(reported) {
            if reached.contains(&upper) && !(reached.len() > 1 && reached[1..].contains(&lower)) {
                reached.push(lower);
            }
        }
    }
    reached.into_iter().skip(1).map(str::to_owned).collect()
}

/// The last of those, or `name` itself.
fn last(name: &str, reported: &[&Allocation]) -> Vec<String> {
    let mut last = below(name, reported);
    if last.iter().any(|lower| lower == name) {
        return vec![name.to_owned()];
    }
    last.push(name.to_owned());
    let ends: Vec<String> =
        last.into_iter().filter(|lower| below(lower, reported).is_empty()).collect();
    if ends.is_empty() { vec![name.to_owned()] } else { ends }
}

fn holder(row: &Allocation) -> String {
    match (row.kind, &row.to) {
        (AllocationKind::Reassigned, Some(to)) => to.as_str().to_owned(),
        _ => provider(row).to_owned(),
    }
}

/// The rows that decide: the narrowest that was brought along, else the narrowest.
fn deciding<'a>(reported: &[&'a Allocation]) -> Vec<&'a Allocation> {
    let mut rows = reported.to_vec();
    if rows.iter().any(|row| row.kind == AllocationKind::Brought) {
        rows.retain(|row| row.kind == AllocationKind::Brought);
    }
    let narrowest = rows.first().map(|row| row.range.span());
    rows.retain(|row| Some(row.range.span()) == narrowest);
    rows
}

/// Who holds what the rows speak of: one, or several who dispute it.
fn holders(reported: &[&Allocation]) -> Vec<String> {
    let deciding = deciding(reported);
    let mut claimants: Vec<String> = Vec::new();
    for row in &deciding {
        match row.kind {
            AllocationKind::Brought | AllocationKind::Assigned | AllocationKind::OwnUse => {
                claimants.push(holder(row));
            }
            _ => claimants.extend(last(&holder(row), reported)),
        }
    }
    if deciding.iter().all(|row| row.kind != AllocationKind::Brought) {
        let holds = |row: &Allocation, other: &Allocation| {
            row.range.contains(other.range.start()) && row.range.contains(other.range.end())
        };
        let crosses = |row: &Allocation| deciding.iter().any(|other| !holds(row, other));
        claimants.extend(reported.iter().filter(|row| crosses(row)).map(|row| holder(row)));
    }
    claimants.sort_unstable();
    claimants.dedup();
    let passed_it_on = |name: &String| {
        claimants.iter().any(|other| other != name && above(other, reported).0.contains(name))
    };
    let last: Vec<String> = claimants.iter().filter(|name| !passed_it_on(name)).cloned().collect();
    if last.is_empty() { claimants } else { last }
}

/// The first of the chain that ends at `holder`.
fn first(holder: &str, reported: &[&Allocation]) -> String {
    let has_source =
        reported.iter().any(|row| row.kind == AllocationKind::Source && provider(row) == holder);
    let widest = reported.iter().rev().find(|row| !is_beyond(row));
    let widest = widest.map_or(holder, |row| provider(row));
    let top = |name: &str| match above(name, reported) {
        (mut names, false) => names.pop(),
        (_, true) => None,
    };
    match top(holder) {
        Some(top) => top,
        None if has_source => holder.to_owned(),
        None => top(widest).unwrap_or_else(|| widest.to_owned()),
    }
}

/// What the rule says of `address`, as [`described`] tells it.
fn plainly(rows: &[Allocation], address: IpAddr) -> String {
    let mut reported = covering(rows, address);
    if reported.is_empty() {
        let is_in_doubt = rows.iter().any(|row| is_beyond(row) && row.range.contains(address));
        return if is_in_doubt { "out of bounds" } else { "abroad" }.to_owned();
    }
    let province = reported.iter().find_map(|row| row.province);
    reported.retain(|row| !is_registry(row));
    let narrowest = deciding(&reported);
    let holders = holders(&reported);
    let mut words = match holders.as_slice() {
        [] => vec!["nobody".to_owned()],
        [only] => {
            let carrier = first(only, &reported);
            let is_known = |name: &str| name.len() == 1 && name != "Z";
            let holder = if is_known(only) { only.clone() } else { format!("unknown {only}") };
            let carrier = is_known(&carrier).then(|| format!("carrier {carrier}"));
            [holder].into_iter().chain(carrier).collect()
        }
        rivals => {
            let mut known = rivals.to_vec();
            known.retain(|name| name.len() == 1 && name != "Z");
            vec![format!("disputed {}", known.join("+"))]
        }
    };
    words.extend(province.map(|province| format!("@{province}")));
    for (holds, word) in [
        (narrowest.iter().any(|row| row.is_redirector), "redirector"),
        (reported.is_empty(), "unreported"),
        (holders == ["E"], "cdn"),
    ] {
        words.extend(holds.then(|| word.to_owned()));
    }
    words.join(" ")
}

/// Where the field lies: side by side in the midst of the family or at its end, or far apart.
#[derive(Clone, Copy, PartialEq)]
enum Field {
    Midst,
    End,
    Scattered,
}

/// An address of the field.
fn address(offset: u32, is_v4: bool, field: Field) -> IpAddr {
    let wide = u128::from(offset);
    match (is_v4, field) {
        (true, Field::End) => Ipv4Addr::from(u32::MAX - FIELD + 1 + offset).into(),
        (true, Field::Midst) => Ipv4Addr::from(0x0100_0000 + offset).into(),
        (true, Field::Scattered) => Ipv4Addr::from(0x0100_0000 + (offset << 22)).into(),
        (false, Field::End) => Ipv6Addr::from(u128::MAX - u128::from(FIELD - 1) + wide).into(),
        (false, Field::Midst) => Ipv6Addr::from((0x2400_u128 << 112) + wide).into(),
        (false, Field::Scattered) => Ipv6Addr::from((0x2400_u128 << 112) + (wide << 110)).into(),
    }
}

struct Chance(ChaCha8Rng);

impl Chance {
    fn below(&mut self, end: u32) -> u32 {
        self.0.next_u32() % end
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len().try_into().unwrap()) as usize]
    }

    fn row(&mut self, kinds: &[&str], field: Field) -> String {
        let is_v4 = self.below(2) == 0;
        // Coarse steps make ranges meet at their ends and be the same range.
        let step = 1 << self.below(7);
        let start = self.below(FIELD) / step * step;
        let longest = FIELD / (1 << self.below(6));
        let length = (self.below(longest) / step * step).max(1);
        let end = (start + length - 1).min(FIELD - 1);
        let (start, end) = (address(start, is_v4, field), address(end, is_v4, field));
        let kind = self.one_of(kinds);
        let mut words = vec![format!("{start}-{end} {kind}")];
        if kind != "registry" {
            words.push(self.one_of(&NAMES).to_owned());
            if self.below(4) == 0 {
                words.push(format!("<{}", self.one_of(&NAMES)));
            }
            if kind == "reassigned" && self.below(8) != 0 {
                words.push(format!(">{}", self.one_of(&NAMES)));
            }
        }
        if self.below(3) == 0 {
            words.push(format!("@{}", self.one_of(&["北京", "上海", "广东"])));
        }
        for (sides, word) in [(6, "redirector"), (3, "listed")] {
            if self.below(sides) == 0 {
                words.push(word.to_owned());
            }
        }
        words.join(" ")
    }
}

#[test]
fn every_address_of_random_registers_is_held_as_the_plain_rule_says() {
    let directory = directory();
    let everything = ["0.0.0.0/0", "::/0"].map(|range| range.parse().unwrap());
    let guard = Guard::new(everything.to_vec(), OptOut::default());
    for seed in 0..200_u32 {
        let mut chance = Chance(ChaCha8Rng::seed_from_u64(seed.into()));
        let field = [Field::Midst, Field::End, Field::Scattered][seed as usize % 3];
        let kinds = if seed % 2 == 0 { &KINDS[..] } else { &KINDS[..6] };
        let count = 1 + chance.below(24);
        let texts: Vec<String> = (0..count).map(|_| chance.row(kinds, field)).collect();
        let rows: Vec<Allocation> = texts.iter().map(|text| row(text)).collect();
        let table = AddressTable::new(rows.iter().cloned(), &directory, DAY);
        let rows = bound(&rows);
        for _ in 0..5_000 {
            let (offset, is_v4) = (chance.below(FIELD), chance.below(2) == 0);
            let at = address(offset, is_v4, field);
            let got = described(&table.attribute(at, &[], &directory, &guard));
            assert_eq!(got, plainly(&rows, at), "seed {seed}, {at} in {texts:#?}");
        }
    }
}
