//! How many addresses a second one core attributes, with a table as large as the world's routes.
//!
//! `cargo bench --bench attribute`; without `--bench` (as `cargo test --all-targets` runs it) the same
//! on a small table.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on fails")]

use std::hint::black_box;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::time::Instant;

use chabei::facts::allocation::Allocation;
use chabei::facts::allocation::AllocationKind;
use chabei::facts::allocation::Origin;
use chabei::facts::directory::Directory;
use chabei::stages::attribute::AddressTable;
use ipnet::IpNet;
use ipnet::Ipv4Net;
use ipnet::Ipv6Net;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;
use rand_chacha::rand_core::SeedableRng;

/// The lengths of announced IPv4 prefixes, roughly as often as each is seen.
const V4_LENGTHS: [u8; 16] = [24, 24, 24, 24, 24, 24, 24, 24, 24, 23, 22, 22, 21, 20, 19, 16];

/// The same for IPv6.
const V6_LENGTHS: [u8; 8] = [48, 48, 48, 44, 40, 36, 32, 32];

fn row(block: IpNet, holder: u32) -> Allocation {
    let holder = format!("AS{holder}").parse().unwrap();
    Allocation::bare(block.into(), AllocationKind::Source, Origin::Reported, Some(holder))
}

fn main() {
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let (v4, v6, lookups) =
        if is_bench { (1_000_000, 200_000, 20_000_000) } else { (2_000, 500, 10_000) };
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut rows = Vec::with_capacity(v4 + v6);
    for _ in 0..v4 {
        let length = V4_LENGTHS[random.next_u32() as usize % V4_LENGTHS.len()];
        let block = Ipv4Net::new(Ipv4Addr::from(random.next_u32()), length).unwrap();
        rows.push(row(block.trunc().into(), random.next_u32() % 70_000));
    }
    for _ in 0..v6 {
        let length = V6_LENGTHS[random.next_u32() as usize % V6_LENGTHS.len()];
        let block = Ipv6Net::new(v6_address(&mut random), length).unwrap();
        rows.push(row(block.trunc().into(), random.next_u32() % 70_000));
    }

    let begin = Instant::now();
    let directory = Directory::new(Vec::new());
    let table = AddressTable::new(rows.into_iter(), &directory, jiff::civil::date(2026, 1, 1));
    println!("built from {v4} IPv4 and {v6} IPv6 prefixes in {:.1?}", begin.elapsed());

    for (family, address) in [
        (
            "IPv4",
            (|random| Ipv4Addr::from(random.next_u32()).into()) as fn(&mut ChaCha8Rng) -> IpAddr,
        ),
        ("IPv6", |random| v6_address(random).into()),
    ] {
        let addresses: Vec<IpAddr> = (0..1 << 20).map(|_| address(&mut random)).collect();
        let begin = Instant::now();
        let mut held = 0_u64;
        for address in addresses.iter().cycle().take(lookups) {
            held += u64::from(black_box(table.holding(*address)).is_some());
        }
        let elapsed = begin.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let (rate, share) = (lookups as f64 / elapsed / 1e6, held as f64 * 100.0 / lookups as f64);
        println!("{family}: {rate:.1} million look-ups a second, {share:.0} % of them held");
    }
}

/// An address of the space that registries give out.
fn v6_address(random: &mut ChaCha8Rng) -> Ipv6Addr {
    let high = 0x2000_u128 << 112;
    let low = u128::from(random.next_u64()) << 61;
    Ipv6Addr::from(high | (low & !(0xe000_u128 << 112)))
}
