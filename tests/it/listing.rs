//! `findings`: its formats and filters, and readers that go away.

use std::io::BufRead;
use std::io::BufReader;
use std::sync::OnceLock;

use serde_json::Value;

use crate::desk::Desk;
use crate::desk::Ran;
use crate::town::Town;
use crate::town::text;

/// One scanned world that every test of this file reads; the town itself is gone by then.
struct Scanned {
    data: std::path::PathBuf,
    desk: Desk,
}

/// Only one process at a time may have the data, so each test reads a copy.
fn scanned() -> Desk {
    static SCANNED: OnceLock<Scanned> = OnceLock::new();
    let scanned = SCANNED.get_or_init(|| {
        let town = Town::new(150, 10);
        town.import_all();
        town.run(&["--now", "2026-11-23T01:00:00+08:00", "scan"]).ends(0);
        let desk = Desk::new();
        copy(&town.path("data"), &desk.path("data"));
        Scanned { data: desk.path("data"), desk }
    });
    assert!(scanned.desk.folder().is_dir());
    let desk = Desk::new();
    copy(&scanned.data, &desk.path("data"));
    desk
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn findings(desk: &Desk, args: &[&str]) -> Ran {
    desk.run(&[&["findings"], args].concat())
}

fn rows(desk: &Desk, args: &[&str]) -> Vec<Value> {
    findings(desk, &[&["--format", "jsonl"], args].concat()).json()
}

#[test]
fn every_format_lists_the_same_findings() {
    let desk = scanned();
    let rows = rows(&desk, &[]);
    assert!(rows.len() > 20);
    let domains = rows.iter().filter_map(|row| text(row, "/domain"));
    let domains: Vec<_> = domains.collect();

    let csv = findings(&desk, &["--format", "csv"]);
    csv.ends(0);
    let mut table = csv::Reader::from_reader(csv.text().trim_start_matches('\u{feff}').as_bytes());
    let headings = table.headers().unwrap().clone();
    let place = |name: &str| headings.iter().position(|heading| heading == name).unwrap();
    let (domain, provider) = (place("domain"), place("provider.id"));
    let listed: Vec<_> = table.records().map(Result::unwrap).collect();
    assert_eq!(listed.iter().map(|row| row[domain].to_owned()).collect::<Vec<_>>(), domains);
    for (listed, row) in listed.iter().zip(&rows) {
        assert_eq!(&listed[provider], text(row, "/provider/id").unwrap_or_default());
    }

    let table = findings(&desk, &[]);
    table.ends(0).says(&format!("共 {} 条", rows.len()));
    for row in &rows {
        table.says(text(row, "/domain_unicode").unwrap());
    }

    let xlsx = findings(&desk, &["--format", "xlsx"]);
    xlsx.ends(0);
    assert!(xlsx.out.starts_with(b"PK\x03\x04"));

    let v3 = findings(&desk, &["--format", "v3"]);
    v3.ends(0);
    let (message, _, is_damaged) = encoding_rs::GBK.decode(&v3.out);
    assert!(!is_damaged && message.starts_with("<?xml"), "{message}");
    let (unfiled, _): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| text(row, "/kind") == Some("unfiled"));
    let named = unfiled.iter().filter(|row| text(row, "/provider/id").is_some());
    for row in named.filter(|row| text(row, "/domain") == text(row, "/domain_unicode")) {
        assert!(message.contains(text(row, "/domain").unwrap()), "{row}");
    }
}

#[test]
fn what_is_filed_by_now_is_left_out_of_what_goes_out() {
    let desk = scanned();
    let before = rows(&desk, &["--kind", "unfiled"]);
    let of_domain = |row: &Value| text(row, "/domain").unwrap().to_owned();
    let filed = before
        .iter()
        .map(of_domain)
        .find(|name| name.parse::<std::net::IpAddr>().is_err())
        .unwrap();
    let row = format!("domain,state,site_number\n{filed},active,京ICP备12345678号-1\n");
    let file = desk.write("filed.csv", row);
    desk.run(&["--now", "2026-11-23T09:00:00+08:00", "import", "filings", &file]).ends(0);
    for format in ["csv", "jsonl", "xlsx", "v3"] {
        let ran = findings(&desk, &["--kind", "unfiled", "--format", format]);
        ran.ends(0).complains(&[&filed, "it is filed by now"]);
    }
    let after = rows(&desk, &["--kind", "unfiled"]);
    let kept: Vec<_> = before.iter().map(of_domain).filter(|name| *name != filed).collect();
    assert_eq!(after.iter().map(of_domain).collect::<Vec<_>>(), kept);
    // On the screen it stands until a night has looked.
    findings(&desk, &["--kind", "unfiled"]).ends(0).says(&filed);
}

#[test]
fn the_same_list_is_the_same_bytes_in_every_format() {
    let desk = scanned();
    for args in [
        &["--format", "csv"][..],
        &["--format", "csv", "--encoding", "gbk"],
        &["--format", "jsonl"],
        &["--format", "xlsx"],
        &["--format", "xlsx", "--per-provider"],
        &["--format", "v3"],
    ] {
        let list = || {
            let ran = findings(&desk, args);
            ran.ends(0);
            ran.out
        };
        assert_eq!(list(), list(), "{args:?}");
    }
    findings(&desk, &["--format", "csv", "--per-provider"]).ends(2).complains(&["--per-provider"]);
    findings(&desk, &["--format", "xlsx", "--encoding", "gbk"]).ends(2).complains(&["--encoding"]);
}

/// `tests/spreadsheets` opens workbooks as others do, as far as they are installed, which it says.
#[test]
fn workbooks_open_in_other_programs() {
    let desk = scanned();
    let mut files = Vec::new();
    for (name, args) in [
        ("list.xlsx", &["findings", "--format", "xlsx"][..]),
        ("lists.xlsx", &["findings", "--format", "xlsx", "--per-provider"]),
        (
            "bulletin.xlsx",
            &["--now", "2026-12-01T09:00:00+08:00", "bulletin", "2026-11", "--format", "xlsx"],
        ),
    ] {
        let path = desk.path(name);
        desk.run(&[args, &["--output", path.to_str().unwrap()]].concat()).ends(0);
        files.push(path);
    }
    let python = std::env::var("CHABEI_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/spreadsheets");
    match std::process::Command::new(python).arg(script).args(files).output() {
        Err(error) => println!("skipped: no Python: {error}"),
        Ok(run) => {
            let said = String::from_utf8_lossy(&run.stdout).into_owned();
            print!("{said}");
            assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stderr));
        }
    }
}

#[test]
fn a_list_goes_to_the_file_that_is_named() {
    let desk = scanned();
    let path = desk.path("list.xlsx");
    let ran = findings(&desk, &["--format", "xlsx", "--output", path.to_str().unwrap()]);
    ran.ends(0);
    assert!(ran.out.is_empty());
    assert!(std::fs::read(path).unwrap().starts_with(b"PK\x03\x04"));
}

#[test]
fn a_filter_keeps_what_it_says_and_nothing_else() {
    let desk = scanned();
    let all = rows(&desk, &[]);
    let of_all = |pointer: &str, value: &str| -> Vec<Value> {
        all.iter().filter(|row| text(row, pointer) == Some(value)).cloned().collect()
    };
    let provider = all.iter().find_map(|row| text(row, "/provider/id")).unwrap();
    let name = all.iter().find_map(|row| text(row, "/provider/name")).unwrap();
    let bureau = text(&all[0], "/bureau").unwrap();
    for (args, expected) in [
        (["--kind", "unfiled"], of_all("/kind", "unfiled")),
        (["--kind", "未备案"], of_all("/kind", "unfiled")),
        (["--provider", provider], of_all("/provider/id", provider)),
        (["--provider", name], of_all("/provider/id", provider)),
        (["--bureau", bureau], of_all("/bureau", bureau)),
    ] {
        assert!(!expected.is_empty() && expected.len() < all.len(), "{args:?}");
        assert_eq!(rows(&desk, &args), expected, "{args:?}");
    }
    for (args, is_everything) in [
        (["--state", "open"], true),
        (["--state", "all"], true),
        (["--state", "answered"], false),
        (["--state", "closed"], false),
        (["--since", "2026-11-23"], true),
        (["--since", "2026-11-24"], false),
        (["--due-before", "2026-11-23"], false),
        (["--due-before", "2027-01-01"], true),
    ] {
        assert_eq!(rows(&desk, &args).len(), if is_everything { all.len() } else { 0 }, "{args:?}");
    }
    findings(&desk, &["--provider", "nobody"]).ends(2).complains(&["`nobody`"]);
    findings(&desk, &["--kind", "nonsense"]).ends(2).complains(&["nonsense"]);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let desk = scanned();
    for format in ["table", "jsonl", "csv", "xlsx", "v3"] {
        let args = ["findings", "--format", format];
        let mut child = desk.command(&args).spawn().unwrap();
        // The list is shorter than a pipe holds, so the reader goes before the first word of it.
        drop(child.stdout.take());
        let ran = Ran::from(child.wait_with_output().unwrap());
        ran.ends(0);
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
    }
    let mut child = desk.command(&["findings", "--format", "jsonl"]).spawn().unwrap();
    let mut first = String::new();
    BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with('{'));
    Ran::from(child.wait_with_output().unwrap()).ends(0);
}
