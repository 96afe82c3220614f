//! A night that is broken off at any moment loses nothing and reports nothing twice; and nobody else
//! gets at the data meanwhile.

use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::process::Child;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::desk::Desk;
use crate::desk::Ran;
use crate::town::Town;
use crate::town::runs_until_journal;
use crate::town::text;

/// A scan is killed when its journal is longer than so many bytes.
const KILLED_AT: [u64; 5] = [11, 12, 4_000, 30_000, 90_000];

/// What must be the same of a finding whichever way its night went.
fn told(finding: &Value) -> String {
    let fields = ["/domain", "/kind", "/provider/id", "/state", "/times_seen", "/reasons"];
    fields.map(|field| finding.pointer(field).unwrap_or(&Value::Null).to_string()).join(" ")
}

fn all_told(findings: &[Value]) -> Vec<String> {
    let mut all: Vec<_> = findings.iter().map(told).collect();
    all.sort();
    all
}

fn ended(child: Child) -> Ran {
    child.wait_with_output().unwrap().into()
}

fn terminate(child: &Child) {
    let sent = Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn a_killed_night_goes_on_and_finds_what_an_undisturbed_one_finds() {
    let town = Town::new(400, 2);
    town.import_into("whole");
    town.run_over("whole", &["scan"]).ends(0);
    let expected = all_told(&town.findings_in("whole"));
    assert!(expected.len() > 50);
    // Few at a time, so that the journal grows in many steps.
    town.configure(&[("in_flight", "32")]);
    let mut killed = 0;
    for bytes in KILLED_AT {
        let data = format!("killed-at-{bytes}");
        town.import_into(&data);
        let mut child = town.command_over(&data, &["scan"]).spawn().unwrap();
        let nights = town.path(&data).join("nights");
        let is_running = runs_until_journal(&mut child, &nights, bytes);
        child.kill().unwrap();
        let broken_off = ended(child);
        killed += usize::from(is_running && broken_off.status.is_none());
        // Where the night was over already, this would be the next one.
        if is_running {
            town.run_over(&data, &["scan", "--summary", "summary.json"]).ends(0);
            assert_eq!(town.summary("summary.json")["scan"], 1, "after {bytes} bytes");
        }
        let findings = town.findings_in(&data);
        assert_eq!(all_told(&findings), expected, "after {bytes} bytes");
        let ids: BTreeSet<_> = findings.iter().map(|finding| text(finding, "/id")).collect();
        assert_eq!(ids.len(), findings.len(), "a finding stands twice after {bytes} bytes");
        for finding in findings.iter().step_by(10) {
            let domain = text(finding, "/domain").unwrap();
            let trail = town.run_over(&data, &["explain", domain, "--format", "json"]).json();
            for stood in trail[0]["findings"].as_array().unwrap() {
                let changes = stood["changes"].as_array().unwrap();
                assert_eq!(changes.len(), 1, "{domain} changed more than once: {stood}");
            }
        }
    }
    assert!(killed >= 3, "only {killed} scans were caught while they ran");
}

#[test]
fn a_night_that_is_told_to_stop_keeps_the_rest_for_next_time() {
    let town = Town::new(150, 4);
    town.import_into("whole");
    town.run_over("whole", &["scan", "--summary", "whole.json"]).ends(0);
    town.import_all();
    // So few at a time cannot be through when the first are written down.
    town.configure(&[("in_flight", "4")]);
    let args = ["scan", "--summary", "stopped.json"];
    let mut child = town.command(&args).spawn().unwrap();
    assert!(runs_until_journal(&mut child, &town.path("data").join("nights"), 12));
    terminate(&child);
    ended(child).ends(3);
    let stopped = town.summary("stopped.json");
    assert_eq!((&stopped["scan"], &stopped["ended_by"]), (&1.into(), &"signal".into()));
    let done = stopped["candidates"].as_u64().unwrap();
    let all = town.summary("whole.json")["candidates"].as_u64().unwrap();
    assert!(0 < done && done < all, "{done} of {all}");

    town.configure(&[("in_flight", "256")]);
    town.scan(&["--summary", "rest.json"]);
    let rest = town.summary("rest.json");
    assert_eq!((&rest["scan"], &rest["ended_by"]), (&1.into(), &"done".into()));
    assert_eq!(rest["candidates"].as_u64(), Some(all));
    assert_eq!(all_told(&town.findings()), all_told(&town.findings_in("whole")));
}

/// A scan of one name that is held by a name server of the test, which hears and says nothing.
struct Held {
    desk: Desk,
    scan: Child,
    _silent: UdpSocket,
}

impl Held {
    fn new() -> Self {
        let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
        silent.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let desk = Desk::new();
        let server = silent.local_addr().unwrap();
        let resolve = format!("[resolve]\nservers = [\"{server}\"]\ntimeout = \"45s\"\n");
        desk.write("chabei.toml", resolve);
        desk.import("candidates", "names.txt", "a.cn\n");
        let scan = desk.command(&["scan", "--summary", "summary.json"]).spawn().unwrap();
        silent.recv_from(&mut [0; 1500]).expect("the scan asks the name server");
        Self { desk, scan, _silent: silent }
    }
}

#[test]
fn a_busy_night_has_the_data_for_itself() {
    let Held { desk, mut scan, _silent } = Held::new();
    let refused = [desk.run(&["findings"]), desk.run(&["scan"]), desk.run(&["exempt", "list"])];
    scan.kill().unwrap();
    ended(scan);
    for ran in refused {
        ran.ends(4).complains(&["in use by another process", "data"]);
        assert!(ran.out.is_empty());
    }
    desk.run(&["findings"]).ends(0);
}

#[test]
fn a_night_is_told_to_stop_while_only_the_last_name_is_in_flight() {
    let Held { desk, scan, _silent } = Held::new();
    terminate(&scan);
    ended(scan).ends(3);
    let summary = std::fs::read_to_string(desk.path("summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    assert_eq!((&summary["ended_by"], &summary["candidates"]), (&"signal".into(), &0.into()));
}
