//! Whether a night keeps the pace that was promised to strangers, and uses it: a scan of a simulated
//! internet in another process, judged by what arrived there.
//!
//! `cargo bench --bench pace`; without `--bench` (as `cargo test --all-targets` runs it) the same with
//! a few sites, whose times are told and not judged: a machine that does other work notes them late.
//! `-- --sites 20000 --per-address 1 --per-provider 20` are what is measured by default:
//! a lab of so many sites has 60 providers. As a bench it fails where somebody is
//! asked faster than configured.
//!
//! *Faster* is: of any stretch of arrivals at one address, or at all addresses of one provider, the
//! last came more than [`NOTED_LATE`] before the configured rate allows it. Where nobody knows the
//! provider, neighbours (/24) are taken together, as the program does.
//!
//! *Used* is: arrivals, against those that were allowed while work remained. At an address work
//! remains from the first arrival until the last site begins whose visit begins there, because until
//! then somebody waits in its line; less where it answers 429 or 503, after which it is owed less. At
//! any moment a provider is allowed what all its addresses with work left are allowed, and no more
//! than its own rate. What is still sent where no work is left counts as far as it takes the pace of
//! others; the first arrival at each address, from which the time runs, does not.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on fails")]

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;
use std::time::Instant;

use chabei::facts::directory::Directory;
use chabei::lab::arrivals::TIMES_KEPT;
use chabei::lab::arrivals::haste;
use chabei::lab::world::World;
use chabei::lab::world::WorldSettings;
use chabei::lab::world::plan;
use chabei::net::guard::Guard;
use chabei::net::guard::OptOut;
use chabei::net::pace::neighbours;
use chabei::stages::attribute::AddressTable;
use serde_json::Value;

use crate::outskirts::Outskirts;

#[path = "../tests/it/desk.rs"]
#[expect(dead_code, reason = "a bench needs less of it than the tests")]
mod desk;
#[path = "../tests/it/outskirts.rs"]
mod outskirts;

/// So much later than it came may an arrival be noted by a lab on a busy machine; what follows it
/// then seems too early by as much.
const NOTED_LATE: Duration = Duration::from_millis(200);

/// A provider's turn that came late may be made up for within so much of a gap.
const MADE_UP: f64 = 0.2;

const SEED: u64 = 1;

/// What arrived at one address, in seconds.
struct Address {
    times: Vec<f64>,
    /// From when to when work remained.
    work: Option<(f64, f64)>,
}

/// What one provider was allowed while work remained, and what of it was used.
#[derive(Default)]
struct Use {
    allowed: f64,
    used: f64,
}

impl Use {
    fn share(&self) -> f64 {
        100.0 * self.used / self.allowed
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let (mut sites, mut per_address, mut per_provider) =
        if is_bench { (20_000.0, 1.0, 20.0) } else { (300.0, 20.0, 60.0) };
    while let Some(key) = args.next() {
        let value = match key.as_str() {
            "--sites" => &mut sites,
            "--per-address" => &mut per_address,
            "--per-provider" => &mut per_provider,
            _ => continue,
        };
        *value = args.next().and_then(|value| value.parse().ok()).unwrap();
    }
    let (sites, seed) = (sites.to_string(), SEED.to_string());
    let outskirts = Outskirts::new(&["--sites", &sites, "--seed", &seed]);
    outskirts.desk().configure(&[
        ("per_address", &format!("{per_address:?}")),
        ("per_provider", &format!("{per_provider:?}")),
    ]);
    outskirts.import_all();
    let begin = Instant::now();
    let ran = outskirts.desk().run(&["scan"]);
    let took = begin.elapsed();
    ran.ends(0);
    let world = plan(&WorldSettings {
        sites: sites.parse().unwrap(),
        seed: SEED,
        ..WorldSettings::default()
    });
    let providers = by_provider(&world, &outskirts.arrivals());
    let addresses: usize = providers.values().map(Vec::len).sum();
    let requests: usize = providers.values().flatten().map(|address| address.times.len()).sum();
    println!(
        "{sites} sites of {} providers, {addresses} addresses: {requests} requests in {took:.0?}",
        world.providers().len()
    );

    let hasty = providers.values().flatten();
    let hasty = hasty.map(|address| hurry(&address.times, per_address)).max().unwrap();
    println!("at most {per_address} a second to an address: {hasty:.1?} too early at the worst");
    let at_once = |addresses: &[Address]| {
        let mut times: Vec<f64> =
            addresses.iter().flat_map(|address| &address.times).copied().collect();
        times.sort_by(f64::total_cmp);
        hurry(&times, per_provider)
    };
    let made_up = Duration::from_secs_f64(MADE_UP / per_provider);
    let crowded = providers.values().map(|addresses| at_once(addresses)).max().unwrap();
    println!("at most {per_provider} a second to a provider: {crowded:.1?} too early at the worst");

    let uses: BTreeMap<&str, Use> = providers
        .iter()
        .map(|(name, addresses)| (name.as_str(), used(addresses, per_address, per_provider)))
        .filter(|(_, used)| used.allowed > 0.0)
        .collect();
    let total = uses.values().fold(Use::default(), |sum, one| Use {
        allowed: sum.allowed + one.allowed,
        used: sum.used + one.used,
    });
    println!(
        "pace used while work remains: {:.1} % of {:.0} requests that were allowed",
        total.share(),
        total.allowed
    );
    let mut by_share: Vec<_> = uses.iter().collect();
    by_share.sort_by(|(_, one), (_, other)| one.share().total_cmp(&other.share()));
    for (name, one) in by_share.iter().take(5) {
        println!("least: {name} {:.1} % of {:.0}", one.share(), one.allowed);
    }
    if is_bench {
        assert!(hasty <= NOTED_LATE, "an address is asked faster than configured");
        assert!(crowded <= NOTED_LATE + made_up, "a provider is asked faster than configured");
    }
}

/// The addresses of each provider, and of the neighbours of those whose provider nobody knows.
fn by_provider(world: &World, lines: &[Value]) -> BTreeMap<String, Vec<Address>> {
    let directory = Directory::new(world.providers().to_vec());
    let today = "2026-11-25".parse().unwrap();
    let table = AddressTable::new(world.allocations(1).into_iter(), &directory, today);
    let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap()], OptOut::default());
    let mut providers: BTreeMap<String, Vec<Address>> = BTreeMap::new();
    for line in lines {
        let Some(address) = line["address"].as_str() else { continue };
        let address: IpAddr = address.parse().unwrap();
        let times: Vec<f64> =
            line["times"].as_array().unwrap().iter().map(|time| time.as_f64().unwrap()).collect();
        assert!(line["count"].as_u64() <= Some(TIMES_KEPT as u64), "{address}: too many to keep");
        let placement = table.attribute(address, &[], &directory, &guard);
        let provider = placement.mainland().and_then(|holding| holding.provider().cloned());
        let name = provider.map_or(neighbours(address).to_string(), |id| id.to_string());
        let ends = [line["newest"].as_f64(), line["refused"].as_f64()];
        let work = line["newest"].as_f64().and(ends.into_iter().flatten().min_by(f64::total_cmp));
        let work = times.first().copied().zip(work);
        providers.entry(name).or_default().push(Address { times, work });
    }
    providers
}

/// By how much the hastiest arrival came before its turn at so many a second.
fn hurry(times: &[f64], rate: f64) -> Duration {
    let times = times.iter().map(|&time| Duration::from_secs_f64(time));
    haste(times, Duration::from_secs_f64(1.0 / rate))
}

/// What was allowed of a provider with these addresses, moment by moment, and what was used.
fn used(addresses: &[Address], per_address: f64, per_provider: f64) -> Use {
    let works: Vec<_> = addresses.iter().filter_map(|address| address.work).collect();
    let mut moments: Vec<f64> = works.iter().flat_map(|&(from, to)| [from, to]).collect();
    moments.sort_by(f64::total_cmp);
    let mut used = Use::default();
    for span in moments.windows(2) {
        let &[from, to] = span else { continue };
        let at_work = |address: &&Address| {
            address.work.is_some_and(|(begins, ends)| begins <= from && to <= ends)
        };
        let count = u32::try_from(addresses.iter().filter(at_work).count()).unwrap();
        let rate = per_provider.min(per_address * f64::from(count));
        if count == 0 {
            continue;
        }
        used.allowed += rate * (to - from);
        let arrived = |is_at_work: bool| {
            let counted = addresses.iter().filter(|address| at_work(address) == is_at_work);
            let times = counted.flat_map(|address| &address.times);
            let count = times.filter(|&&time| from < time && time <= to).count();
            f64::from(u32::try_from(count).unwrap())
        };
        // What is still sent where no work is left takes its part of the provider's pace.
        let room = rate * (to - from) - arrived(true);
        used.used += arrived(true) + arrived(false).min(room.max(0.0));
    }
    used
}
