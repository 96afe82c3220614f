//! A night that nobody disturbs, and others of the same world that are killed and go on: they must
//! find the same, and ask nobody more than once more.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;

use crate::desk::Desk;
use crate::desk::Ran;
use crate::outskirts::Outskirts;

/// How often each of these was asked for: address, host, and what of it.
type Asked = BTreeMap<(String, String, String), u64>;

/// A night that was not disturbed.
pub(crate) struct Undisturbed {
    lab: Vec<String>,
    in_flight: String,
    /// The desk with the registers as they were before the night, in `registers`.
    desk: Desk,
    findings: Vec<String>,
    asked: Asked,
    /// How long it took.
    pub(crate) took: Duration,
}

/// What a killed night cost.
#[derive(Debug)]
pub(crate) struct Killed {
    /// Requests that the undisturbed night did not send.
    pub(crate) requests: u64,
    /// Hosts of which something was asked for once more than needed.
    pub(crate) hosts: usize,
}

/// A site that shows another page every other time is asked once more by a killed night, and then shows
/// what it would not have shown.
const BY_TURNS: &str = "\"block_page_flaps\"";

/// What must be the same of a finding whichever way its night went.
fn told(finding: &Value) -> String {
    let fields = ["/domain", "/kind", "/provider/id", "/state", "/times_seen", "/reasons"];
    fields.map(|field| finding.pointer(field).unwrap_or(&Value::Null).to_string()).join(" ")
}

/// The same of all, in order.
pub(crate) fn all_told(findings: &[Value]) -> Vec<String> {
    let mut all: Vec<_> = findings.iter().map(told).collect();
    all.sort();
    all
}

impl Undisturbed {
    /// A night over so many sites, so many at a time, so that the journal grows in many steps.
    pub(crate) fn new(sites: usize, seed: u64, in_flight: usize) -> Self {
        let (sites, seed) = (sites.to_string(), seed.to_string());
        let lab = ["--brisk", "--sites", &sites, "--seed", &seed].map(str::to_owned);
        let mut night = Self {
            lab: lab.to_vec(),
            in_flight: in_flight.to_string(),
            desk: Desk::new(),
            findings: Vec::new(),
            asked: Asked::new(),
            took: Duration::ZERO,
        };
        let outskirts = night.outskirts();
        outskirts.import_all();
        copy(&outskirts.desk().path("data"), &night.desk.path("registers"));
        let begin = Instant::now();
        outskirts.desk().run(&["scan"]).ends(0);
        night.took = begin.elapsed();
        night.findings = all_told(&findings(outskirts.desk()));
        night.asked = asked(&outskirts.arrivals());
        night
    }

    /// How much was found.
    pub(crate) fn findings(&self) -> usize {
        self.findings.len()
    }

    /// How many requests were sent.
    pub(crate) fn requests(&self) -> u64 {
        self.asked.values().sum()
    }

    fn outskirts(&self) -> Outskirts {
        let lab: Vec<_> = self.lab.iter().map(String::as_str).collect();
        let outskirts = Outskirts::new(&lab);
        outskirts.desk().configure(&[("in_flight", &self.in_flight)]);
        outskirts
    }

    /// The same night once more, killed when `until` returns, which is handed the scan and the folder
    /// of its journal, and says whether the scan still runs; then gone on with. `None` where the night
    /// was over before it was killed.
    #[track_caller]
    pub(crate) fn killed(&self, until: impl FnOnce(&mut Child, &Path) -> bool) -> Option<Killed> {
        let outskirts = self.outskirts();
        let desk = outskirts.desk();
        copy(&self.desk.path("registers"), &desk.path("data"));
        let mut scan = desk.command(&["scan"]).spawn().unwrap();
        let is_running = until(&mut scan, &desk.path("data").join("nights"));
        scan.kill().unwrap();
        let broken_off: Ran = scan.wait_with_output().unwrap().into();
        if !is_running || broken_off.status.is_some() {
            return None;
        }
        desk.run(&["scan", "--summary", "summary.json"]).ends(0);
        let summary = std::fs::read_to_string(desk.path("summary.json")).unwrap();
        let summary: Value = serde_json::from_str(&summary).unwrap();
        if summary["scan"] != 1 {
            // All was done, and only the end of the process was still to come.
            return None;
        }
        let found = findings(desk);
        assert_eq!(all_told(&found), self.findings, "a killed night finds something else");
        let ids: BTreeSet<_> = found.iter().map(|finding| finding["id"].as_str()).collect();
        assert_eq!(ids.len(), found.len(), "a finding stands twice");
        for finding in found.iter().step_by(10) {
            changed_once(desk, finding["domain"].as_str().unwrap());
        }
        Some(self.compared(&asked(&outskirts.arrivals())))
    }

    fn compared(&self, asked: &Asked) -> Killed {
        let mut killed = Killed { requests: 0, hosts: 0 };
        let mut hosts = BTreeSet::new();
        for (what, &count) in asked {
            let needed = self.asked.get(what).copied().unwrap_or_default();
            // All that an examination needs may be needed once more, and nothing a third time.
            assert!(count <= 2 * needed, "{what:?} asked {count} times, {needed} would do");
            if count > needed {
                killed.requests += count - needed;
                hosts.insert(&what.1);
            }
        }
        killed.hosts = hosts.len();
        killed
    }
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-r").args([from, to]).status();
    assert!(copied.unwrap().success());
}

fn findings(desk: &Desk) -> Vec<Value> {
    let truth = std::fs::read_to_string(desk.path("truth.jsonl")).unwrap();
    let by_turns: Vec<Value> = truth
        .lines()
        .filter(|line| line.contains(BY_TURNS))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut found = desk.run(&["findings", "--state", "all", "--format", "jsonl"]).json();
    found.retain(|finding| by_turns.iter().all(|site| site["domain"] != finding["domain"]));
    found
}

fn changed_once(desk: &Desk, domain: &str) {
    let trail = desk.run(&["explain", domain, "--format", "json"]).json();
    for stood in trail[0]["findings"].as_array().unwrap() {
        let changes = stood["changes"].as_array().unwrap();
        assert_eq!(changes.len(), 1, "{domain} changed more than once: {stood}");
    }
}

fn asked(arrivals: &[Value]) -> Asked {
    let mut asked = Asked::new();
    for line in arrivals {
        let Some(address) = line["address"].as_str() else { continue };
        for (host, counts) in line["hosts"].as_object().unwrap() {
            for (what, count) in counts.as_object().unwrap() {
                let what = (address.to_owned(), host.clone(), what.clone());
                asked.insert(what, count.as_u64().unwrap());
            }
        }
    }
    asked
}
