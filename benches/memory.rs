//! Whether the memory of a night grows with the number of hosts: scans of two simulated internets, one
//! much larger than the other, each in another process.
//!
//! `cargo bench --bench memory`; without `--bench` (as `cargo test --all-targets` runs it) the same with
//! few sites. `-- --few 10000 --many 200000` are measured by default. The pace is so slow that most of
//! what needs a page waits in its line; filed and connected sites are visited in rotation, one in 30.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on fails")]

use std::fs;
use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;

use crate::outskirts::Outskirts;

#[path = "../tests/it/desk.rs"]
#[expect(dead_code, reason = "a bench needs less of it than the tests")]
mod desk;
#[path = "../tests/it/held.rs"]
mod held;
#[path = "../tests/it/outskirts.rs"]
mod outskirts;

fn main() {
    let mut args = std::env::args().skip(1);
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let (mut few, mut many) = if is_bench { (10_000, 200_000) } else { (200, 400) };
    while let Some(key) = args.next() {
        let value = match key.as_str() {
            "--few" => &mut few,
            "--many" => &mut many,
            _ => continue,
        };
        *value = args.next().and_then(|value| value.parse().ok()).unwrap();
    }
    let held = [few, many].map(night);
    println!("{:+} MiB for {} sites more", held[1] - held[0], many - few);
}

/// A night over so many sites; the memory that it held at the most, in MiB.
fn night(sites: i64) -> i64 {
    let outskirts = Outskirts::new(&["--brisk", "--sites", &sites.to_string()]);
    let desk = outskirts.desk();
    desk.configure(&[
        ("verify_filed_nights", "30"),
        ("per_address", "100.0"),
        ("per_provider", "200.0"),
    ]);
    outskirts.import_all();
    let mut scan = desk.command(&["scan", "--summary", "summary.json"]);
    let begin = Instant::now();
    let mut scan = scan.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let held = i64::try_from(held::most_held(&mut scan) >> 20).unwrap();
    assert!(scan.wait().unwrap().success());
    let summary = fs::read_to_string(desk.path("summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    let took = begin.elapsed();
    let arrivals = outskirts.arrivals();
    let requests: u64 = arrivals.iter().skip(1).map(|line| line["count"].as_u64().unwrap()).sum();
    println!(
        "{sites} sites: {held} MiB at the most; {} examined, {} visited with {requests} requests, \
         {} findings, in {took:.0?}",
        summary["candidates"], summary["probed"], summary["findings"]["opened"],
    );
    held
}
