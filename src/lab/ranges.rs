//! Which addresses of 127.0.0.0/8 are whose: the allocations register of the simulated internet.
//!
//! Carriers hold a stretch each and reassign parts of it; what no row covers is abroad.

use std::net::IpAddr;
use std::net::Ipv4Addr;

use crate::facts::allocation::AddressUse;
use crate::facts::allocation::Allocation;
use crate::facts::allocation::AllocationKind;
use crate::facts::allocation::Origin;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderKind;
use crate::facts::provider::ProviderName;
use crate::facts::range::AddressRange;
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

/// The place in the list of the provider that reports late, holds the redirectors, and has what a
/// customer brought along.
pub(crate) const REPORTER: usize = CARRIERS;

/// The places in the list of the providers that claim the disputed range.
const CLAIMANTS: [usize; 2] = [CARRIERS + 1, CARRIERS + 2];

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
    let mut rows = Vec::new();
    for index in 0..providers.len() {
        match providers[index].kind {
            ProviderKind::Carrier => rows.extend(carrier_rows(providers, index)),
            ProviderKind::Provider => rows.extend(provider_rows(providers, index)),
            ProviderKind::Cdn => {
                let b = octet(providers, index);
                let block = ([127, b, 0, 0], [127, b, 1, 255]);
                rows.push(row(AllocationKind::Source, block, Some(&providers[index])));
            }
        }
    }
    let reporter = &providers[REPORTER];
    let b = octet(providers, REPORTER);
    let mut redirectors =
        row(AllocationKind::Assigned, ([127, b, 2, 0], [127, b, 2, 15]), Some(reporter));
    redirectors.is_redirector = true;
    rows.push(redirectors);
    let brought = ([127, 146, 0, 0], [127, 146, 0, 255]);
    rows.push(row(AllocationKind::Brought, brought, Some(reporter)));
    for claimant in CLAIMANTS {
        let disputed = ([127, 145, 0, 0], [127, 145, 0, 255]);
        rows.push(row(AllocationKind::Source, disputed, Some(&providers[claimant])));
    }
    if night >= LATE_REPORT {
        let late = ([127, 151, 0, 0], [127, 151, 0, 255]);
        rows.push(row(AllocationKind::Source, late, Some(reporter)));
    }
    for (start, end) in [
        ([127, 20, 0, 0], [127, 139, 255, 255]),
        ([127, 140, 0, 0], [127, 149, 255, 255]),
        ([127, 150, 0, 0], [127, 151, 255, 255]),
    ] {
        rows.push(row(AllocationKind::Registry, (start, end), None));
    }
    rows
}

/// The carrier's own stretch, and the customers it serves itself.
fn carrier_rows(providers: &[Provider], index: usize) -> [Allocation; 3] {
    let b = octet(providers, index);
    let carrier = Some(&providers[index]);
    let mut own = row(AllocationKind::Assigned, ([127, b, 0, 0], [127, b, 1, 255]), carrier);
    own.province = "北京".parse().ok();
    [
        row(AllocationKind::Source, ([127, b, 0, 0], [127, b + 39, 255, 255]), carrier),
        own,
        row(AllocationKind::Reserved, ([127, b + 39, 0, 0], [127, b + 39, 255, 255]), carrier),
    ]
}

/// The block that a carrier reassigned, what its receiver says of it, and a customer's part of it.
fn provider_rows(providers: &[Provider], index: usize) -> Vec<Allocation> {
    let provider = &providers[index];
    let carrier = &providers[(index - CARRIERS) % CARRIERS];
    let b = octet(providers, index);
    // Every other block is no CIDR block.
    let end = if index.is_multiple_of(2) { [127, b, 3, 255] } else { [127, b, 2, 199] };
    let block = ([127, b, 0, 0], end);
    let mut passed_on = row(AllocationKind::Reassigned, block, Some(carrier));
    passed_on.to = Some(written_name(provider, index));
    let mut received = row(AllocationKind::Source, block, Some(provider));
    received.from = Some(written_name(carrier, index + 1));
    let mut rows = vec![passed_on, received];
    if !index.is_multiple_of(3) {
        let part = ([127, b, 0, 0], [127, b, 0, 127]);
        let mut assigned = row(AllocationKind::Assigned, part, Some(provider));
        let province = if index.is_multiple_of(4) { Some("湖北".parse().ok()) } else { None };
        assigned.province = province.unwrap_or(provider.bureau);
        assigned.address_use = AddressUse::Static;
        assigned.details = vec![
            ("user".to_owned(), format!("{provider}客户机房", provider = provider.name)),
            ("contact".to_owned(), "李明".to_owned()),
            ("contact_phone".to_owned(), format!("010-5555{index:04}")),
            ("allocated_on".to_owned(), "2024-03-01".to_owned()),
        ];
        rows.push(assigned);
    }
    rows
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

type Bounds = ([u8; 4], [u8; 4]);

fn row(kind: AllocationKind, (start, end): Bounds, provider: Option<&Provider>) -> Allocation {
    Allocation {
        range: AddressRange::new(IpAddr::from(start), IpAddr::from(end))
            .expect("the plan's ranges run forwards"),
        kind,
        origin: Origin::Reported,
        provider: provider.map(|provider| written_name(provider, 0)),
        from: None,
        to: None,
        address_use: AddressUse::Unknown,
        is_redirector: false,
        province: None,
        details: Vec::new(),
    }
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
        speaking.filter_map(|row| row.provider.as_ref().map(ToString::to_string)).collect()
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
