//! What reading a zone or a log costs: a million generated lines of each form, as fast as they come.
//!
//! `cargo bench --bench candidates -- --lines 20000000` generates as many instead. Lines are made while
//! they are read, so that the memory told is that of the reading. Without `--bench` (as
//! `cargo test --all-targets` runs it) a thousand lines of each.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on fails")]

use std::io;
use std::io::Read;
use std::time::Instant;

use chabei::formats::candidates;

/// One line of a form, by its number.
type Line = fn(u64) -> String;

const FORMS: [(&str, Line); 5] = [
    ("zone", |n| match n {
        0 => "$ORIGIN cn.\n".to_owned(),
        _ if n % 2 == 1 => format!("site{n}\t86400\tIN\tNS\tns1.dns{}.cn.\n", n % 999),
        _ => format!("\t86400\tIN\tNS\tns2.dns{}.cn. ; the other\n", n % 999),
    }),
    ("host first", |n| {
        let (site, octet) = (n % 5000, n % 251);
        format!(
            "www.site{site}.cn 203.0.113.{octet} - - [28/Nov/2026:09:36:50 +0800] \"GET /p/{n} HTTP/1.1\" \
             200 5120 \"https://www.site{site}.cn/\" \"Mozilla/5.0 (X11; Linux x86_64)\"\n"
        )
    }),
    ("JSON lines", |n| {
        let (site, octet) = (n % 5000, n % 251);
        format!(
            "{{\"time\":\"2026-11-28T09:36:50+08:00\",\"remote_addr\":\"203.0.113.{octet}\",\
             \"http_host\":\"www.site{site}.cn\",\"request\":\"GET /p/{n} HTTP/1.1\",\"status\":200}}\n"
        )
    }),
    ("W3C extended", |n| match n {
        0 => "#Fields: date time s-ip cs-method cs-uri-stem c-ip cs-host sc-status\n".to_owned(),
        _ => format!(
            "2026-11-28 01:36:50 10.0.0.1 GET /p/{n} 203.0.113.{} www.site{}.cn 200\n",
            n % 251,
            n % 5000
        ),
    }),
    ("DNS queries", |n| {
        format!(
            "28-Nov-2026 09:36:50.123 queries: info: client @0x7f8 192.0.2.9#53211 (x): \
             query: www.site{}.cn IN A +E(0)K (10.0.0.1)\n",
            n % 200_000
        )
    }),
];

/// Makes its lines when they are asked for.
struct Made {
    line: Line,
    next: u64,
    lines: u64,
    rest: io::Cursor<String>,
}

impl Read for Made {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.rest.read(out)?;
            if read > 0 || self.next == self.lines {
                return Ok(read);
            }
            let mut text = String::new();
            while self.next < self.lines && text.len() < 64 * 1024 {
                text.push_str(&(self.line)(self.next));
                self.next += 1;
            }
            self.rest = io::Cursor::new(text);
        }
    }
}

/// The most memory that this process ever had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let is_bench = arguments.iter().any(|argument| argument == "--bench");
    let asked = arguments.iter().skip_while(|argument| *argument != "--lines").nth(1);
    let lines =
        asked.map_or(if is_bench { 1_000_000 } else { 1000 }, |lines| lines.parse().unwrap());
    for (name, line) in FORMS {
        let made = Made { line, next: 0, lines, rest: io::Cursor::default() };
        let begin = Instant::now();
        let (form, rows) = candidates::read(made, "bench").unwrap();
        let (mut taken, mut refused) = (0_u64, 0_u64);
        for row in rows {
            *(if row.is_ok() { &mut taken } else { &mut refused }) += 1;
        }
        assert!(taken > 0 && refused == 0, "{name}: {taken} taken, {refused} refused");
        let each = begin.elapsed().as_secs_f64() * 1e6 / f64::from(u32::try_from(lines).unwrap());
        println!(
            "{name} ({form}): {lines} lines, {each:.2} µs each, {taken} names, {} MiB",
            peak()
        );
    }
}
