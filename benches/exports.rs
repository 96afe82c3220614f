//! What a list of a hundred thousand findings costs, in time and memory, from the store to the file.
//!
//! `cargo bench --bench exports -- --rows 100000` puts findings into a store and lets the program write
//! them in each format; goal of a workbook: under 5 s and 256 MiB. Without `--bench` (as
//! `cargo test --all-targets` runs it) the same for a few findings.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use chabei::facts::bureau::Bureau;
use chabei::facts::bureau::PROVINCES;
use chabei::facts::finding::Evidence;
use chabei::facts::finding::Finding;
use chabei::facts::finding::FindingKey;
use chabei::facts::finding::FindingState;
use chabei::facts::finding::Kind;
use chabei::facts::finding::Sightings;
use chabei::facts::reason::Reason;
use chabei::store::findings::Findings;
use chabei::store::findings::Update;
use jiff::Timestamp;
use ulid::Ulid;

/// A finding as nights make them, every cell of it different.
fn finding(number: u64) -> Finding {
    let bureau: Bureau = PROVINCES[usize::try_from(number).unwrap() % 31].parse().unwrap();
    let seen: Timestamp = "2026-11-01T01:02:03+08:00".parse().unwrap();
    let domain = format!("site{number}.cn");
    let octets = u32::try_from(number).unwrap().to_be_bytes();
    Finding {
        id: Ulid::from(u128::from(number) << 20 | 0x1234),
        key: FindingKey {
            target: domain.parse().unwrap(),
            kind: Kind::Unfiled,
            provider: format!("P{:03}", number % 60).parse().ok(),
        },
        bureau,
        channel: "list".to_owned(),
        state: FindingState::Open,
        reopened: 0,
        first_seen: seen,
        last_seen: seen,
        times_seen: 7,
        due: format!("2026-11-{:02}", 1 + number % 28).parse().unwrap(),
        seen: Sightings {
            carrier: Some("P001".parse().unwrap()),
            hosts: vec![domain.parse().unwrap(), format!("www.{domain}").parse().unwrap()],
            addresses: vec![[10, octets[1], octets[2], octets[3]].into()],
            reasons: vec![Reason::NotFiled, Reason::ServesDocument],
            filing: None,
            evidence: Evidence {
                status: Some(200),
                title: Some(format!("示例网站 {number} 首页 & 欢迎")),
                numbers: Vec::new(),
                final_url: Some(format!("http://www.{domain}/")),
                body_sha256: Some(format!("{number:064x}")),
                text: None,
            },
            claimants: Vec::new(),
        },
        answer: None,
        nights_in_row: 0,
        last_night: 7,
        has_lapsed: false,
    }
}

/// Waits for `child`, and tells its time on a CPU and the most memory it had, in MiB.
fn watched(mut child: Child) -> (f64, f64) {
    let (mut cpu, mut resident) = (0.0_f64, 0.0_f64);
    let process = format!("/proc/{}", child.id());
    while child.try_wait().unwrap().is_none() {
        // Fields 14 and 15 are ticks, a hundred a second, of the whole process.
        let stat = fs::read_to_string(format!("{process}/stat")).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
        let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok());
        cpu = ticks(12).zip(ticks(13)).map_or(cpu, |(user, system)| (user + system) / 100.0);
        let status = fs::read_to_string(format!("{process}/status")).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|line| line.trim().strip_suffix(" kB"));
        resident =
            peak.and_then(|text| text.parse::<f64>().ok()).map_or(resident, |kib| kib / 1024.0);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(child.wait().unwrap().success());
    (cpu, resident)
}

fn fill(data: &Path, rows: u64) {
    let findings = Findings::open(&data.join("findings")).unwrap();
    let all: Vec<u64> = (0..rows).collect();
    for some in all.chunks(1_000) {
        let updates: Vec<Update> = some
            .iter()
            .map(|number| Update { findings: vec![finding(*number)], ..Update::default() })
            .collect();
        findings.writing().apply(&updates, None).unwrap();
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let given = args.iter().position(|arg| arg == "--rows").and_then(|place| args.get(place + 1));
    let is_bench = args.iter().any(|arg| arg == "--bench");
    let rows = given.map_or(if is_bench { 100_000 } else { 50 }, |rows| rows.parse().unwrap());
    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    fill(&data, rows);
    for format in [
        &["jsonl"][..],
        &["csv"],
        &["csv", "--encoding", "gbk"],
        &["xlsx"],
        &["xlsx", "--per-provider"],
        &["table"],
    ] {
        let list = scratch.path().join("list");
        let begun = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_chabei"))
            .args([Path::new("--data"), &data])
            .args(["--now", "2026-11-15T00:00:00+08:00", "findings", "--output"])
            .arg(&list)
            .arg("--format")
            .args(format)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (cpu, resident) = watched(child);
        let took = begun.elapsed();
        let size = fs::metadata(&list).unwrap().len() / 1024;
        let format = format.join(" ");
        println!(
            "{format}: {rows} findings in {took:.2?}, {cpu:.2} s CPU, {resident:.0} MiB resident at \
             most, {size} KiB"
        );
    }
}
