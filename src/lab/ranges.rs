//! Which addresses of 127.0.0.0/8 are whose: the allocations register of the simulated internet.
//!
//! Carriers hold a stretch each and reassign parts of it; what no row covers is abroad. Every row is
//! as the ministry wants it, but for those that [`crate::lab::problems`] plants and the two that
//! claim the same range.

use std::net::IpAddr;
use std::net::Ipv4Addr;

use crate::facts::allocation::AddressUse;
use crate::facts::allocation::Allocation;
use crate::facts::allocation::AllocationKind;
use crate::facts::allocation::Origin;
use crate::facts::bureau::Bureau;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderKind;
use crate::facts::provider::ProviderName;
use crate::facts::range::AddressRange;
use crate::facts::range::to_number;
use crate::lab::problems;
use crate::lab::providers::CARRIERS;

/// Addresses that no row covers.
pub(crate) const ABROAD: [Ipv4Addr; 4] = [
    Ipv4Addr::new(127, 180, 0, 10),
    Ipv4Addr::new(127, 180, 7, 11),
    Ipv4Addr::new(127, 190, 0, 12),
    Ipv4Addr::new(127, 199, 3, 13),
];

/// Mainland addresses that nobody reports.
pub(crate) const UNREPORTED: [Ipv4Addr; 3] = [
    Ipv4Addr::new(127, 150, 0, 10),
    Ipv4Addr::new(127, 150, 9, 11),
    Ipv4Addr::new(127, 150, 200, 12),
];

/// Mainland addresses that [`REPORTER`] reports on the second night.
pub(crate) const REPORTED_LATE: [Ipv4Addr; 2] =
    [Ipv4Addr::new(127, 151, 0, 10), Ipv4Addr::new(127, 151, 0, 11)];

/// Addresses that two providers claim.
pub(crate) const DISPUTED: [Ipv4Addr; 2] =
    [Ipv4Addr::new(127, 145, 0, 10), Ipv4Addr::new(127, 145, 0, 11)];

/// Where a name server that lies sends whoever asks for names that do not exist: a page of
/// advertisements, whatever host is asked for.
pub(crate) const ADVERTISER: Ipv4Addr = Ipv4Addr::new(127, 20, 1, 99);

/// The place in the list of the provider that reports late, holds the redirectors, and has what a
/// customer brought along.
pub(crate) const REPORTER: usize = CARRIERS;

/// The places in the list of the providers that claim the disputed range.
pub(crate) const CLAIMANTS: [usize; 2] = [CARRIERS + 1, CARRIERS + 2];

/// The range that both of them claim.
pub(crate) const DISPUTED_RANGE: Bounds = ([127, 145, 0, 0], [127, 145, 0, 255]);

/// What a customer of [`REPORTER`] brought along.
const BROUGHT: Ipv4Addr = Ipv4Addr::new(127, 146, 0, 10);

/// The night from which on [`REPORTED_LATE`] is reported.
const LATE_REPORT: u32 = 2;

/// The second octet of the block of the provider at `index` in the list.
fn octet(providers: &[Provider], index: usize) -> u8 {
    let small = |number: usize| u8::try_from(number).expect("a world has at most 60 providers");
    match providers[index].kind {
        ProviderKind::Carrier => 20 + 40 * small(index),
        ProviderKind::Provider => {
            let number = index - CARRIERS;
            20 + 40 * small(number % CARRIERS) + 1 + 2 * small(number / CARRIERS)
        }
        ProviderKind::Cdn => 141 + small(providers.len() - 1 - index),
    }
}

/// The web addresses of the provider at `index`: two to six.
pub(crate) fn web_addresses(providers: &[Provider], index: usize) -> Vec<Ipv4Addr> {
    let b = octet(providers, index);
    let count = 2 + u8::try_from(index % 5).expect("less than five");
    let mut addresses: Vec<_> = (0..count).map(|n| Ipv4Addr::new(127, b, n % 2, 10 + n)).collect();
    if index == REPORTER {
        addresses.push(BROUGHT);
    }
    addresses
}

/// An address of the provider at `index` that serves one site and no other; neighbouring turns never
/// have the same.
pub(crate) fn bare_address(providers: &[Provider], index: usize, turn: u16) -> Ipv4Addr {
    let last = 200 + u8::try_from(turn % 40).expect("less than forty");
    Ipv4Addr::new(127, octet(providers, index), 1, last)
}

/// An address of the provider at `index` where nothing listens.
pub(crate) fn closed_address(providers: &[Provider], index: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, octet(providers, index), 0, 250)
}

/// An address that [`REPORTER`] reports as one that only sends visitors on.
pub(crate) fn redirector(providers: &[Provider]) -> Ipv4Addr {
    Ipv4Addr::new(127, octet(providers, REPORTER), 2, 7)
}

/// The rows of the register as of `night`.
pub(crate) fn allocations(providers: &[Provider], night: u32) -> Vec<Allocation> {
    let first = &providers[0];
    let mut rows = Vec::new();
    for index in 0..providers.len() {
        match providers[index].kind {
            ProviderKind::Carrier => rows.extend(carrier_rows(providers, index)),
            ProviderKind::Provider => rows.extend(provider_rows(providers, index)),
            ProviderKind::Cdn => {
                let b = octet(providers, index);
                let block = ([127, b, 0, 0], [127, b, 1, 255]);
                rows.extend(passed_on(first, &providers[index], block, index));
            }
        }
    }
    let reporter = &providers[REPORTER];
    let b = octet(providers, REPORTER);
    let mut redirectors = in_use(([127, b, 2, 0], [127, b, 2, 15]), reporter);
    redirectors.is_redirector = true;
    rows.push(redirectors);
    // What CDNs have, what is disputed and what was brought along is the first carrier's.
    rows.push(row(AllocationKind::Source, ([127, 140, 0, 0], [127, 149, 255, 255]), Some(first)));
    rows.push(in_use(([127, 146, 0, 0], [127, 146, 1, 255]), first));
    rows.push(brought(([127, 146, 0, 0], [127, 146, 0, 255]), reporter, first));
    for claimant in CLAIMANTS {
        rows.extend(passed_on(first, &providers[claimant], DISPUTED_RANGE, claimant));
    }
    if night >= LATE_REPORT {
        rows.push(row(AllocationKind::Source, ([127, 151, 0, 0], [127, 151, 1, 255]), Some(first)));
        rows.extend(passed_on(first, reporter, ([127, 151, 0, 0], [127, 151, 0, 255]), 0));
    }
    reserve_the_rest(&mut rows);
    for (start, end) in [
        ([127, 20, 0, 0], [127, 139, 255, 255]),
        ([127, 140, 0, 0], [127, 149, 255, 255]),
        ([127, 150, 0, 0], [127, 151, 255, 255]),
    ] {
        rows.push(row(AllocationKind::Registry, (start, end), None));
    }
    rows.extend(problems::allocations(providers, night));
    rows
}

/// The carrier's own stretch, and the customers it serves itself.
fn carrier_rows(providers: &[Provider], index: usize) -> [Allocation; 3] {
    let b = octet(providers, index);
    let carrier = &providers[index];
    let mut own = in_use(([127, b, 0, 0], [127, b, 1, 255]), carrier);
    own.province = "北京".parse().ok();
    [
        row(AllocationKind::Source, ([127, b, 0, 0], [127, b + 39, 255, 255]), Some(carrier)),
        own,
        row(
            AllocationKind::Reserved,
            ([127, b + 39, 0, 0], [127, b + 39, 255, 255]),
            Some(carrier),
        ),
    ]
}

/// The block that a carrier reassigned, what its receiver says of it, and a customer's part of it.
fn provider_rows(providers: &[Provider], index: usize) -> Vec<Allocation> {
    let provider = &providers[index];
    let carrier = &providers[(index - CARRIERS) % CARRIERS];
    let b = octet(providers, index);
    // Every other block is no CIDR block.
    let end = if index.is_multiple_of(2) { [127, b, 3, 255] } else { [127, b, 2, 199] };
    let mut rows = passed_on(carrier, provider, ([127, b, 0, 0], end), index).to_vec();
    if !index.is_multiple_of(3) {
        let mut assigned = in_use(([127, b, 0, 0], [127, b, 0, 127]), provider);
        if index.is_multiple_of(4) {
            assigned.province = "湖北".parse().ok();
        }
        rows.push(assigned);
    }
    rows
}

/// What `upper` says of a range that `lower` has from it, and what `lower` says.
pub(crate) fn passed_on(
    upper: &Provider,
    lower: &Provider,
    range: Bounds,
    turn: usize,
) -> [Allocation; 2] {
    let mut given = row(AllocationKind::Reassigned, range, Some(upper));
    given.to = Some(written_name(lower, turn));
    let mut received = row(AllocationKind::Source, range, Some(lower));
    received.from = Some(written_name(upper, turn + 1));
    [given, received]
}

/// A range in use by a customer of `provider`, with all that the ministry asks for.
pub(crate) fn in_use(range: Bounds, provider: &Provider) -> Allocation {
    let mut assigned = row(AllocationKind::Assigned, range, Some(provider));
    assigned.address_use = AddressUse::Static;
    assigned.province = provider.bureau.filter(|bureau| *bureau != Bureau::MINISTRY);
    assigned.province = assigned.province.or("北京".parse().ok());
    let details = [
        ("gateway", IpAddr::from(range.0).to_string()),
        ("city", "市辖区".to_owned()),
        ("user", format!("{}客户机房", provider.name)),
        ("user_address", "示例路1号".to_owned()),
        ("contact", "李明".to_owned()),
        ("contact_phone", "010-55550000".to_owned()),
        ("contact_email", "noc@example.org".to_owned()),
        ("allocated_on", "2024-03-01".to_owned()),
    ];
    assigned.details = details.map(|(column, text)| (column.to_owned(), text)).to_vec();
    assigned
}

/// A range that a customer of `provider` brought along, and has from `from`.
pub(crate) fn brought(range: Bounds, provider: &Provider, from: &Provider) -> Allocation {
    let mut brought = in_use(range, provider);
    brought.kind = AllocationKind::Brought;
    brought.from = Some(written_name(from, 0));
    brought
}

/// Adds a row for each part of a source that its reporter said nothing else of.
fn reserve_the_rest(rows: &mut Vec<Allocation>) {
    let number = |address: IpAddr| u32::try_from(to_number(address)).expect("the lab is IPv4");
    let is_use =
        |row: &&Allocation| !matches!(row.kind, AllocationKind::Source | AllocationKind::Brought);
    let mut reserved = Vec::new();
    for source in rows.iter().filter(|row| row.kind == AllocationKind::Source) {
        let mut uses: Vec<AddressRange> = rows
            .iter()
            .filter(is_use)
            .filter(|row| {
                row.provider == source.provider && source.range.contains(row.range.start())
            })
            .map(|row| row.range)
            .collect();
        uses.sort_unstable();
        let mut next = number(source.range.start());
        let end = number(source.range.end());
        let mut reserve = |start: u32, last: u32| {
            let bounds = (Ipv4Addr::from(start).octets(), Ipv4Addr::from(last).octets());
            let rest = row(AllocationKind::Reserved, bounds, None);
            reserved.push(Allocation { provider: source.provider.clone(), ..rest });
        };
        for used in uses {
            if number(used.start()) > next {
                reserve(next, number(used.start()) - 1);
            }
            next = next.max(number(used.end()) + 1);
        }
        if next <= end {
            reserve(next, end);
        }
    }
    rows.extend(reserved);
}

/// A provider as registers write it: by id, name or alias, in turns.
pub(crate) fn written_name(provider: &Provider, turn: usize) -> ProviderName {
    let by_id = || provider.id.as_str().parse().expect("an id is a fit name");
    match turn % 3 {
        0 => by_id(),
        1 => provider.name.clone(),
        _ => provider.aliases.first().cloned().unwrap_or_else(by_id),
    }
}

/// First and last address of a range.
pub(crate) type Bounds = ([u8; 4], [u8; 4]);

pub(crate) fn row(
    kind: AllocationKind,
    (start, end): Bounds,
    provider: Option<&Provider>,
) -> Allocation {
    let range = AddressRange::new(IpAddr::from(start), IpAddr::from(end))
        .expect("the plan's ranges run forwards");
    let provider = provider.map(|provider| written_name(provider, 0));
    Allocation::bare(range, kind, Origin::Reported, provider)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::providers::found_providers;

    /// The most specific rows that name somebody for `address`.
    fn named(rows: &[Allocation], address: Ipv4Addr) -> Vec<String> {
        let address = IpAddr::from(address);
        let claims =
            || rows.iter().filter(|row| row.provider.is_some() && row.range.contains(address));
        let narrowest = claims().map(|row| row.range.span()).min();
        let narrow = claims().filter(|row| Some(row.range.span()) == narrowest);
        // A reassigned row names its receiver, who speaks for itself in a row of its own.
        let speaking = narrow.filter(|row| row.kind != AllocationKind::Reassigned);
        let mut names: Vec<String> =
            speaking.filter_map(|row| row.provider.as_ref().map(ToString::to_string)).collect();
        names.sort();
        names.dedup();
        names
    }

    #[test]
    fn every_address_of_a_provider_is_covered_by_a_row_of_that_provider_alone() {
        for sites in [5, 400, 100_000] {
            let providers = found_providers(sites);
            let rows = allocations(&providers, 1);
            for (index, provider) in providers.iter().enumerate() {
                let mut addresses = web_addresses(&providers, index);
                assert!(addresses.len() >= 2);
                addresses.push(closed_address(&providers, index));
                addresses.push(bare_address(&providers, index, 39));
                for address in addresses {
                    assert_eq!(named(&rows, address), [provider.id.as_str()], "{address}");
                }
            }
            assert_eq!(named(&rows, redirector(&providers)), ["P01"]);
        }
    }

    #[test]
    fn what_is_abroad_unreported_or_disputed_is_so_in_the_register() {
        let providers = found_providers(400);
        for night in [1, 2] {
            let rows = allocations(&providers, night);
            let covers = |address: Ipv4Addr| rows.iter().any(|r| r.range.contains(address.into()));
            assert!(ABROAD.into_iter().all(|address| !covers(address)));
            for address in UNREPORTED {
                assert!(covers(address) && named(&rows, address).is_empty());
            }
            for address in REPORTED_LATE {
                let expected: &[&str] = if night == 1 { &[] } else { &["P01"] };
                assert_eq!(named(&rows, address), expected);
            }
            for address in DISPUTED {
                assert_eq!(named(&rows, address), ["P02", "P03"]);
            }
        }
    }
}
