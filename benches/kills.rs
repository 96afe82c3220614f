//! Whether a night that is killed loses nothing and asks nobody in vain: `kill -9` at random moments of
//! a scan, each followed by a resume, held against the same night undisturbed.
//!
//! `cargo bench --bench kills`; without `--bench` (as `cargo test --all-targets` runs it) the same with
//! few kills. `-- --kills 50 --sites 1000 --seed 1` are what is done by default. Each kill has a
//! simulated internet of its own, in another process, which tells what it was asked for. Fails where a
//! killed night finds anything else than the undisturbed one, where a finding is told twice, or where
//! anything is asked for more than once more than in the undisturbed night.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on fails")]

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;
use rand_chacha::rand_core::SeedableRng;

use crate::killed::Undisturbed;

#[path = "../tests/it/desk.rs"]
#[expect(dead_code, reason = "a bench needs less of it than the tests")]
mod desk;
#[path = "../tests/it/killed.rs"]
mod killed;
#[path = "../tests/it/outskirts.rs"]
mod outskirts;

fn main() {
    let mut args = std::env::args().skip(1);
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let (mut kills, mut sites, mut seed) = if is_bench { (50, 1_000, 1) } else { (2, 200, 1) };
    while let Some(key) = args.next() {
        let value = match key.as_str() {
            "--kills" => &mut kills,
            "--sites" => &mut sites,
            "--seed" => &mut seed,
            _ => continue,
        };
        *value = args.next().and_then(|value| value.parse().ok()).unwrap();
    }
    let night = Undisturbed::new(sites, seed as u64, 64);
    println!(
        "{sites} sites, {} findings, {} requests in {:.1?}; killed at random moments of it",
        night.findings(),
        night.requests(),
        night.took
    );
    let mut dice = ChaCha8Rng::seed_from_u64(seed as u64);
    let (mut done, mut late) = (0, 0);
    while done < kills {
        let part = f64::from(dice.next_u32()) / f64::from(u32::MAX);
        let moment = night.took.mul_f64(part);
        match night.killed(|scan, _| runs_for(scan, moment)) {
            Some(killed) => {
                done += 1;
                println!(
                    "{done:>3}: after {moment:>8.1?} the same findings; {} requests more, for {} hosts",
                    killed.requests, killed.hosts
                );
            }
            None => late += 1,
        }
    }
    println!("{done} kills; {late} more came after the end of the night");
}

/// Waits for `time`; whether the scan still runs then.
fn runs_for(scan: &mut std::process::Child, time: Duration) -> bool {
    std::thread::sleep(time);
    scan.try_wait().unwrap().is_none()
}
