//! What a workbook of a hundred thousand findings costs, in time and memory.
//!
//! `cargo bench --bench exports -- --rows 100000`; goal: under 5 s and 256 MiB. Without `--bench` (as
//! `cargo test --all-targets` runs it) the same for a few findings. CSV and JSON lines stand beside it.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on fails")]

use std::fs::File;
use std::io::BufWriter;
use std::io::Write;
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
use chabei::publish::findings;
use chabei::publish::findings::workbook;
use chabei::publish::findings::workbook::Sheets;
use chabei::publish::layout::Layout;
use chabei::publish::view::FindingView;
use chabei::publish::view::ProviderNames;
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
            },
            claimants: Vec::new(),
        },
        answer: None,
        nights_in_row: 0,
        last_night: 7,
        has_lapsed: false,
    }
}

/// The most memory that this process had at a time, in MiB; `None` where the system does not tell.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

fn measure(what: &str, rows: u64, write: impl FnOnce(&mut BufWriter<File>)) {
    let file = tempfile::tempfile().unwrap();
    let mut out = BufWriter::new(file);
    let begun = Instant::now();
    write(&mut out);
    out.flush().unwrap();
    let took = begun.elapsed();
    let size = out.get_ref().metadata().unwrap().len() / 1024;
    println!("{what}: {rows} findings in {took:.2?}, {size} KiB, peak {:?} MiB", peak());
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let given = args.iter().position(|arg| arg == "--rows").and_then(|place| args.get(place + 1));
    let is_bench = args.iter().any(|arg| arg == "--bench");
    let rows = given.map_or(if is_bench { 100_000 } else { 50 }, |rows| rows.parse().unwrap());

    let names = ProviderNames::default();
    let now: Timestamp = "2026-11-15T00:00:00+08:00".parse().unwrap();
    let views = || (0..rows).map(|number| FindingView::of(&finding(number), &names, now));
    measure("jsonl", rows, |out| findings::jsonl(views(), out).unwrap());
    measure("csv", rows, |out| findings::csv::write(views(), out).unwrap());
    measure("xlsx", rows, |out| {
        workbook::write(views(), Sheets::One, Layout::default(), out).unwrap();
    });
    let mut sorted: Vec<u64> = (0..rows).collect();
    sorted.sort_by_key(|number| number % 60);
    let of_providers =
        sorted.into_iter().map(|number| FindingView::of(&finding(number), &names, now));
    measure("xlsx, a sheet for each of 60 providers", rows, |out| {
        workbook::write(of_providers, Sheets::PerProvider, Layout::default(), out).unwrap();
    });
}
