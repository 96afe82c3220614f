//! Whoever has the data does what other commands ask, as if they had them themselves.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::desk::Desk;
use crate::desk::Ran;
use crate::held_night::Held;
use crate::held_night::Silent;
use crate::held_night::ended;
use crate::held_night::over;
use crate::held_night::terminate;
use crate::town::Town;
use crate::town::runs_until_journal;
use crate::town::text;

const NOW: &str = "2026-11-24T03:00:00+08:00";

/// What a run said, without where its data lie.
fn said(ran: &Ran, data: &str) -> (Option<i32>, String, String) {
    let err = ran.err.replace(data, "DATA");
    (ran.status, String::from_utf8_lossy(&ran.out).into_owned(), err)
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy(&entry.path(), &target),
            kind if kind.is_file() => drop(fs::copy(entry.path(), target).unwrap()),
            _ => {}
        }
    }
}

/// Runs `args` over `data`; `INPUT` on stdin where `-` is among them.
fn run(desk: &Desk, data: &str, args: &[&str]) -> Ran {
    let mut command = desk.command_over(data, &["--now", NOW]);
    let mut child = command.args(args).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    if args.contains(&"-") {
        stdin.write_all(b"127.20.0.1\nnot a name\nnew.example.cn\n").unwrap();
    }
    drop(stdin);
    child.wait_with_output().unwrap().into()
}

#[test]
fn every_command_says_the_same_while_a_night_has_the_data() {
    let town = Town::new(80, 6);
    town.import_all();
    town.scan(&["--now", "2026-11-23T01:00:00+08:00"]);
    copy(&town.path("data"), &town.path("alone"));
    let held = Held::over(&town, "data");
    let findings = town.findings_in("alone");
    let of = |state: &str| {
        let found = findings.iter().find(|finding| text(finding, "/state") == Some(state));
        found.and_then(|finding| text(finding, "/id")).unwrap().to_owned()
    };
    let (id, domain) = (of("open"), text(&findings[0], "/domain").unwrap());
    let address = text(&findings[0], "/addresses/0").unwrap();
    let table: &[&[&str]] = &[
        &["findings"],
        &["findings", "--format", "jsonl", "--state", "all"],
        &["findings", "--format", "csv", "--output", "FILE"],
        &["findings", "--format", "v3", "--kind", "unfiled"],
        &["findings", "--provider", "nobody at all"],
        &["explain", domain],
        &["explain", domain, "--format", "json"],
        &["explain", domain, "--evidence"],
        &["lookup", address, domain],
        &["lookup", "-"],
        &["check", "allocations"],
        &["check", "filings", "--format", "jsonl"],
        &["rates"],
        &["sample", "draw", "--seed", "1", "--size", "3"],
        &["sample", "list"],
        &["sample", "rate"],
        &["exempt", "add", "exempt.cn", "--reason", "ours", "--until", "2027-01-01"],
        &["exempt", "list", "--format", "json"],
        &["exempt", "remove", "exempt.cn"],
        &["exempt", "remove", "exempt.cn"],
        &["withdraw", &id, "--reason", "a mistake"],
        &["withdraw", &id, "--reason", "a mistake"],
        &["withdraw", &id, "--reason", " "],
        &["import", "candidates", "-"],
        &["import", "candidates", "-", "--strict"],
        &["import", "providers", "builtin"],
        &["import", "allocations", "no-such-file.csv"],
        &["--log-format", "json", "findings", "--format", "csv"],
    ];
    for args in table {
        let with = |data: &str| {
            let file = format!("{data}.out");
            let args: Vec<&str> =
                args.iter().map(|arg| if *arg == "FILE" { &file } else { *arg }).collect();
            let said = said(&run(&town, data, &args), town.path(data).to_str().unwrap());
            // The JSON log tells when it was said.
            let err = if said.2.starts_with('{') { String::new() } else { said.2 };
            (said.0, said.1, err, fs::read(town.path(&file)).ok())
        };
        assert_eq!(with("data"), with("alone"), "{args:?}");
    }
    town.run(&["check-data"]).ends(0);
    town.run(&["scan"]).ends(4).complains(&["a night is under way"]);
    town.run(&["scan", "--rejudge"]).ends(4).complains(&["a night is under way"]);
    held.terminate().ends(3);
    town.run(&["check-data"]).ends(0);
}

#[test]
fn what_is_said_while_a_night_runs_is_kept() {
    let town = Town::new(120, 7);
    town.import_all();
    town.scan(&[]);
    let findings = town.findings();
    let open: Vec<&str> = findings
        .iter()
        .filter(|finding| text(finding, "/state") == Some("open"))
        .map(|finding| text(finding, "/id").unwrap())
        .collect();
    assert!(open.len() > 20);
    // Few at a time, so that much is judged before and after each word.
    town.configure(&[("in_flight", "8")]);
    let mut scan = town.command(&["scan", "--all"]).spawn().unwrap();
    assert!(runs_until_journal(&mut scan, &town.path("data").join("nights"), 12));
    let mut while_it_ran = 0;
    for id in &open {
        town.run(&["withdraw", id, "--reason", "a mistake"]).ends(0);
        while_it_ran += usize::from(scan.try_wait().unwrap().is_none());
    }
    ended(scan).ends(0);
    assert!(while_it_ran > 0, "the night was over before a word was said");
    for finding in town.findings() {
        if open.contains(&text(&finding, "/id").unwrap()) {
            assert_eq!(text(&finding, "/closed_reason"), Some("withdrawn"), "{finding}");
        }
    }
    town.run(&["check-data"]).ends(0);
}

#[test]
fn of_two_nights_that_are_begun_at_once_one_is_refused() {
    let desk = Desk::new();
    let silent = Silent::new();
    let config = silent.configure(&desk);
    desk.import("candidates", "names.txt", "a.cn\n");
    let scan = || over(&desk, "data", &["--config", &config, "scan"]).spawn().unwrap();
    let mut scans = [scan(), scan()];
    silent.is_asked();
    let refused = loop {
        let over = scans.iter_mut().position(|scan| scan.try_wait().unwrap().is_some());
        if let Some(place) = over {
            break place;
        }
        std::thread::yield_now();
    };
    let [first, second] = scans;
    let (refused, kept) = if refused == 0 { (first, second) } else { (second, first) };
    ended(refused).ends(4).complains(&["a night is under way"]);
    terminate(&kept);
    ended(kept).ends(3).says("第 1 夜");
}

#[test]
fn whoever_is_left_alone_by_the_owner_says_so_and_the_next_one_goes_on() {
    let desk = Desk::new();
    desk.import("candidates", "names.txt", "a.cn\n");
    let held = Held::over(&desk, "data");
    let args = ["import", "candidates", "-"];
    let mut import = desk.command(&args).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = import.stdin.take().unwrap();
    // More than a pipe holds, so that the owner is reading.
    for number in 0..10_000 {
        writeln!(stdin, "site{number}.cn").unwrap();
    }
    held.kill();
    drop(stdin);
    ended(import).ends(4).complains(&["ended, and nobody answers"]);
    assert!(desk.path("data").join("socket").exists(), "nobody took the socket away");
    desk.run_with("b.cn\n", &["import", "candidates", "-"]).ends(0).says("2 rows now");
    Held::over(&desk, "data").terminate().ends(3);
    assert!(!desk.path("data").join("socket").exists());
}

#[test]
fn whoever_leaves_the_owner_alone_takes_nothing_with_him() {
    let desk = Desk::new();
    desk.import("candidates", "names.txt", "a.cn\n");
    let held = Held::over(&desk, "data");
    let args = ["import", "candidates", "-"];
    let mut import = desk.command(&args).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = import.stdin.take().unwrap();
    for number in 0..10_000 {
        writeln!(stdin, "site{number}.cn").unwrap();
    }
    import.kill().unwrap();
    import.wait().unwrap();
    // The owner holds the other end no longer than it needs to see that nobody waits.
    while writeln!(stdin, "more.cn").is_ok() {
        std::thread::yield_now();
    }
    desk.run_with("b.cn\n", &["import", "candidates", "-"]).ends(0).says("2 rows now");
    held.terminate().ends(3);
}

#[test]
fn a_folder_that_is_in_use_and_silent_is_told_of() {
    let desk = Desk::new();
    desk.import("candidates", "names.txt", "a.cn\n");
    let lock = fs::File::options().write(true).open(desk.path("data").join("lock")).unwrap();
    lock.lock().unwrap();
    desk.run(&["findings"]).ends(4).complains(&["in use by another process", "nobody answers"]);
    drop(lock);
    desk.run(&["findings"]).ends(0);
}
