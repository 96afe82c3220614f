//! What a night at full speed leaves of the interface: a page of 500 findings out of many, the pull of
//! every change of one provider, and a 404 of what others have beside one of what nobody has, over HTTP,
//! while the process that serves them examines a simulated internet, which is played by another process.
//!
//! `cargo bench --bench serve -- --findings 1000000`; 20,000 findings by default, and a few without
//! `--bench` (as `cargo test --all-targets` runs it). The findings are none of the lab's: the night looks
//! for all their names as well, which is what a night of so many findings does. Whoever asks shares the
//! machine with whoever is asked.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench fails and tells on stdout")]

use std::time::Duration;
use std::time::Instant;

use chabei::facts::change::Change;
use chabei::facts::change::ChangeKind;
use chabei::facts::finding::Finding;
use chabei::facts::finding::FindingKey;
use chabei::facts::finding::FindingState;
use chabei::facts::finding::Kind;
use chabei::facts::finding::Sightings;
use chabei::store::findings::Findings;
use chabei::store::findings::Update;
use jiff::Timestamp;
use serde_json::json;
use ulid::Ulid;

use crate::desk::Desk;
use crate::outskirts::Outskirts;
use crate::served::Served;
use crate::served::key;

#[path = "../tests/it/desk.rs"]
#[expect(dead_code, reason = "a bench needs less of it than the tests")]
mod desk;
#[path = "../tests/it/outskirts.rs"]
#[expect(dead_code, reason = "a bench needs less of it than the tests")]
mod outskirts;
#[path = "../tests/it/served.rs"]
#[expect(dead_code, reason = "a bench needs less of it than the tests")]
mod served;

/// Findings of one batch.
const BATCH: u64 = 1000;

fn argument(name: &str, usual: u64) -> u64 {
    let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
    arguments.next().and_then(|number| number.parse().ok()).unwrap_or(usual)
}

/// One finding in ten lies at the provider that pulls.
fn finding(number: u64) -> Finding {
    let provider = if number.is_multiple_of(10) { 1 } else { number % 5 + 2 };
    Finding {
        id: Ulid::from(u128::from(number)),
        key: FindingKey {
            target: format!("d{number}.cn").parse().unwrap(),
            kind: Kind::Unfiled,
            provider: format!("P{provider:02}").parse().ok(),
        },
        bureau: "北京".parse().unwrap(),
        channel: "list".to_owned(),
        state: FindingState::Open,
        reopened: 0,
        first_seen: Timestamp::UNIX_EPOCH,
        last_seen: Timestamp::UNIX_EPOCH,
        times_seen: 1,
        due: jiff::civil::date(2026, 12, 31),
        seen: Sightings {
            carrier: "C01".parse().ok(),
            hosts: vec![format!("www.d{number}.cn").parse().unwrap()],
            addresses: vec!["10.1.2.3".parse().unwrap()],
            ..Sightings::default()
        },
        answer: None,
        nights_in_row: 0,
        last_night: 1,
        has_lapsed: false,
    }
}

fn opened(finding: &Finding) -> Change {
    Change {
        finding: finding.id,
        kind: ChangeKind::Opened,
        state: finding.state,
        at: Timestamp::UNIX_EPOCH,
        reasons: vec![],
        actor: "night 1".to_owned(),
        note: None,
    }
}

fn fill(desk: &Desk, count: u64) {
    let findings = Findings::open(&desk.path("data").join("findings")).unwrap();
    for first in (0..count).step_by(usize::try_from(BATCH).unwrap()) {
        let all: Vec<Finding> = (first..count.min(first + BATCH)).map(finding).collect();
        let changes = all.iter().map(opened).collect();
        let update = Update { findings: all, changes, ..Update::default() };
        findings.apply([&update], None).unwrap();
    }
}

fn main() {
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let (findings, sites, pages) = if is_bench { (20_000, 20_000, 400) } else { (300, 60, 5) };
    let (count, pages) = (argument("--findings", findings), argument("--pages", pages));
    let sites = argument("--sites", sites).to_string();
    let outskirts = Outskirts::new(&["--brisk", "--sites", &sites]);
    let desk = outskirts.desk();
    desk.configure(&[("per_address", "1000.0"), ("per_provider", "10000.0")]);
    let config = std::fs::read_to_string(desk.path("chabei.toml")).unwrap();
    let calls = "\n[serve]\ncalls_per_second = 100000\ncalls_at_once = 100000\n";
    desk.write("chabei.toml", config + calls);
    outskirts.import_all();
    let begun = Instant::now();
    fill(desk, count);
    println!("{count} findings written in {:.1} s", begun.elapsed().as_secs_f64());
    let (ministry, _) = key(desk, &["--ministry"]);
    let (provider, _) = key(desk, &["--provider", "P01"]);
    let begun = Instant::now();
    let served = Served::start(desk);
    println!("it serves after {:.1} s", begun.elapsed().as_secs_f64());
    served.call("POST", "/scans", Some(&ministry), Some(&json!({}))).ends(202);
    for (who, key) in [("the ministry", &ministry), ("a provider", &provider)] {
        let (mut after, mut times) = (String::new(), Vec::new());
        for _ in 0..pages {
            let begun = Instant::now();
            let page = served.get(&format!("/findings?limit=500{after}"), key).ends(200);
            times.push(begun.elapsed());
            let page = page.json();
            after = page["next"].as_str().map(|next| format!("&after={next}")).unwrap_or_default();
        }
        times.sort_unstable();
        let at = |per_cent: usize| times[(times.len() * per_cent / 100).min(times.len() - 1)];
        println!("{pages} pages of 500 for {who}: p50 {:.1?}, p99 {:.1?}", at(50), at(99));
        println!("{}", progress(&served, &ministry));
    }
    tell_of_what_is_not_seen(&served, &provider, pages);
    let (begun, mut after, mut pulled) = (Instant::now(), 0, 0);
    let mut asked = Duration::ZERO;
    loop {
        let since = Instant::now();
        let page = served.get(&format!("/changes?limit=1000&after={after}"), &provider).ends(200);
        asked += since.elapsed();
        let page = page.json();
        let changes = page["changes"].as_array().unwrap().len();
        if changes == 0 {
            break;
        }
        pulled += changes;
        after = page["next"].as_u64().unwrap();
    }
    let (all, asked) = (begun.elapsed().as_secs_f64(), asked.as_secs_f64());
    println!("{pulled} changes of one provider pulled in {all:.2} s, of which {asked:.2} s waited");
    println!("{}", progress(&served, &ministry));
    assert!(pulled as u64 >= count / 10, "every change is told");
}

/// How long a 404 takes of what others have, and of what nobody has: asked in turns, the two must not differ.
fn tell_of_what_is_not_seen(served: &Served, provider: &str, rounds: u64) {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (number, times) in [1, u128::MAX >> 1].into_iter().zip(&mut times) {
            let path = format!("/findings/{}", Ulid::from(number));
            let begun = Instant::now();
            served.get(&path, provider).ends(404);
            times.push(begun.elapsed());
        }
    }
    let [others, nobodys] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    println!("404 of what others have: p50 {others:.1?}, of what nobody has: {nobodys:.1?}");
}

/// How far the night is.
fn progress(served: &Served, ministry: &str) -> String {
    let night = served.get("/scans/1", ministry).ends(200).json();
    let is_over = !night["finished"].is_null();
    let over = if is_over { "is over: begin with more sites" } else { "runs" };
    format!(
        "the night {over}: {} examined, {} asked for a page",
        night["candidates"], night["probed"]
    )
}
