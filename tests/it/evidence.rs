//! What findings rest on is kept, other programs read it, and whatever is done to it later shows.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::desk::Desk;
use crate::town::Town;
use crate::town::runs_until_journal;
use crate::town::text;

/// The kinds that rest on a page.
const OF_PAGES: [&str; 4] = ["unfiled", "not_connected", "wrong_number", "unreported_address"];

fn files(desk: &Desk, data: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(desk.path(data).join("evidence")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The records of the evidence of `domain`.
fn records(desk: &Desk, data: &str, domain: &str) -> Vec<Value> {
    let told = desk.run_over(data, &["explain", domain, "--evidence", "--format", "json"]).json();
    let all = told[0]["evidence"].as_array().unwrap().iter();
    all.flat_map(|of| of["records"].as_array().unwrap().clone()).collect()
}

/// Checks that every finding of a page rests on records that are there.
fn all_rest_on_records(desk: &Desk, data: &str, findings: &[Value]) {
    let mut checked = 0;
    for finding in findings {
        if OF_PAGES.contains(&text(finding, "/kind").unwrap()) {
            assert!(text(finding, "/evidence/warc").is_some(), "{finding}");
            let was_read = text(finding, "/evidence/title").is_some();
            assert!(!was_read || text(finding, "/evidence/body_sha256").is_some(), "{finding}");
            checked += 1;
        }
    }
    assert!(checked > 10, "{checked}");
    let mut whole = 0;
    for finding in findings.iter().step_by(7) {
        let records = records(desk, data, text(finding, "/domain").unwrap());
        assert!(records.iter().all(|record| record["is_sound"] == true), "{records:?}");
        if let Some(sum) = text(finding, "/evidence/body_sha256") {
            // Of a body that is kept in part, the payload is that part.
            let tells = |record: &&Value| text(record, "/body_sha256") == Some(sum);
            let record = records.iter().find(tells).unwrap_or_else(|| panic!("{finding}"));
            whole += usize::from(text(record, "/payload_digest").unwrap().ends_with(sum));
        }
    }
    assert!(whole > 0, "no digest is that of a body");
}

/// Runs `warcio`, where `tests/run` says that it is installed.
fn warcio(args: &[&str]) -> Option<(bool, String)> {
    let output = Command::new(std::env::var_os("CHABEI_WARCIO")?).args(args).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

#[test]
fn the_evidence_of_a_night_is_read_by_other_programs_and_a_flipped_byte_is_found() {
    let town = Town::new(120, 3);
    town.import_all();
    town.scan(&[]);
    town.run(&["check-data"]).ends(0);
    let findings = town.findings();
    all_rest_on_records(&town, "data", &findings);

    let file = files(&town, "data").pop().unwrap();
    let path = file.to_str().unwrap();
    for file in files(&town, "data") {
        if let Some((is_sound, said)) = warcio(&["check", "-v", file.to_str().unwrap()]) {
            assert!(is_sound && said.contains("digest pass"), "{said}");
        }
    }
    let titled =
        findings.iter().find(|finding| text(finding, "/evidence/title").is_some()).unwrap();
    let domain = text(titled, "/domain").unwrap();
    let kept = records(&town, "data", domain).remove(0);
    let (id, offset) = (text(&kept, "/record").unwrap(), kept["offset"].to_string());
    let shown = town.run(&["explain", domain, "--record", id]);
    shown.ends(0).complains(&["a record of evidence is read"]);
    let shown = String::from_utf8_lossy(&shown.out).into_owned();
    assert!(shown.starts_with("WARC/1.1\r\n") && shown.contains(id), "{shown}");
    assert!(!shown.to_lowercase().contains("cookie:"), "{shown}");
    if let Some((is_sound, page)) = warcio(&["extract", "--payload", path, &offset]) {
        assert!(is_sound && shown.contains(page.trim_end()), "{page}");
    }
    let told = town.run(&["explain", domain, "--evidence"]);
    assert!(told.text().contains("调阅") && told.text().contains(id), "{}", told.text());
    town.run(&["explain", domain, "--record", "urn:uuid:00000000-0000-7000-8000-000000000000"])
        .ends(2);

    let bytes = fs::read(&file).unwrap();
    for at in [4, bytes.len() / 2, bytes.len() - 1] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        fs::write(&file, flipped).unwrap();
        let found = town.run(&["check-data", "--format", "json"]);
        found.ends(1);
        let name = file.file_name().unwrap().to_str().unwrap();
        let told: Value = serde_json::from_slice(&found.out).unwrap();
        assert_eq!(text(&told, "/faults/0/file"), Some(&*format!("evidence/{name}")));
    }
    fs::write(&file, bytes).unwrap();
    town.run(&["check-data"]).ends(0);
}

#[test]
fn a_killed_night_keeps_what_every_finding_rests_on() {
    let town = Town::new(300, 2);
    town.configure(&[("in_flight", "32")]);
    let mut killed = 0;
    for bytes in [5_000, 40_000, 90_000] {
        let data = format!("killed-at-{bytes}");
        town.import_into(&data);
        let mut child = town.command_over(&data, &["scan"]).spawn().unwrap();
        let is_running = runs_until_journal(&mut child, &town.path(&data).join("nights"), bytes);
        child.kill().unwrap();
        child.wait().unwrap();
        killed += usize::from(is_running);
        if is_running {
            let so_far = town.findings_in(&data);
            for finding in so_far.iter().step_by(5) {
                for record in records(&town, &data, text(finding, "/domain").unwrap()) {
                    assert_eq!(record["is_sound"], true, "after {bytes} bytes: {record}");
                }
            }
            town.run_over(&data, &["scan"]).ends(0);
        }
        all_rest_on_records(&town, &data, &town.findings_in(&data));
        town.run_over(&data, &["check-data"]).ends(0);
    }
    assert!(killed > 0);
}

#[test]
fn findings_that_sled_lost_are_not_taken_for_none() {
    let town = Town::new(40, 3);
    town.import_all();
    town.scan(&[]);
    let log = town.path("data/findings/db");
    let mut bytes = fs::read(&log).unwrap();
    bytes[0] ^= 1;
    fs::write(&log, &bytes).unwrap();
    town.run(&["check-data"]).ends(1);
    town.run(&["findings"]).ends(1).complains(&["findings", "backup"]);
}

#[test]
fn long_after_a_finding_was_closed_its_bodies_are_gone_and_the_rest_is_still_sound() {
    let town = Town::new(24, 3);
    town.import_all();
    let at = |day: &str, args: &[&str]| {
        let now = format!("{day}T01:00:00+08:00");
        town.run(&[&["--now", &now], args].concat()).ends(0);
    };
    at("2026-01-01", &["scan"]);
    let findings = town.findings();
    let has_page = |finding: &&Value| text(finding, "/evidence/title").is_some();
    let mut with_page = findings.iter().filter(has_page);
    let mut of_next = || text(with_page.next().unwrap(), "/domain").unwrap().to_owned();
    let (closed, open) = (of_next(), of_next());
    for finding in &findings {
        if text(finding, "/domain") == Some(&closed) {
            let id = text(finding, "/id").unwrap();
            at("2026-01-02", &["withdraw", id, "--reason", "误报"]);
        }
    }
    let kept = |domain: &str| records(&town, "data", domain);
    let of_closed = kept(&closed).remove(0);
    let id = text(&of_closed, "/record").unwrap();
    // Evidence is cleared every seventh night: half a year after the closing is not yet enough.
    for (nights, day) in [(6, "2026-06-30"), (7, "2026-07-02")] {
        for _ in 0..nights {
            at(day, &["scan"]);
        }
        let is_gone = nights == 7;
        let shown = town.run(&["explain", &closed, "--record", id]);
        shown.ends(if is_gone { 2 } else { 0 });
        assert_eq!(kept(&closed).is_empty(), is_gone, "{day}");
        assert!(kept(&open).iter().all(|record| record["is_sound"] == true), "{day}");
        town.run(&["check-data"]).ends(0);
        for file in files(&town, "data") {
            if let Some((is_sound, said)) = warcio(&["check", file.to_str().unwrap()]) {
                assert!(is_sound, "{said}");
            }
        }
    }
}
