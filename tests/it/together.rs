//! `serve` and `scan` that begin at the same moment, and answers that come while a night runs: never two
//! nights, never a lost answer.

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;

use serde_json::Value;
use serde_json::json;

use crate::desk::Desk;
use crate::held_night::ended;
use crate::held_night::terminate;
use crate::served::Served;
use crate::served::key;
use crate::town::Town;
use crate::town::text;

/// So often both are begun at once.
const ROUNDS: u32 = 10;

/// Waits until it serves; `false` where it ended without.
fn serves(serve: &mut Child) -> bool {
    let mut line = String::new();
    BufReader::new(serve.stdout.take().unwrap()).read_line(&mut line).unwrap();
    line.contains("/api/v1")
}

#[test]
fn a_scan_and_a_serve_that_begin_at_once_make_one_night_each_time() {
    let desk = Desk::new();
    // Nothing of these is asked for, so that a night is over at once.
    desk.import("candidates", "names.txt", "127.0.0.1\n127.0.0.2\n");
    let (mut served, mut was_first) = (0, 0);
    for round in 1..=ROUNDS {
        let scan = || desk.command(&["scan", "--summary", "night.json"]).spawn().unwrap();
        let serve = || desk.command(&["serve", "--listen", "127.0.0.1:0"]).spawn().unwrap();
        let (scan, mut serve) = if round % 2 == 0 {
            let scan = scan();
            (scan, serve())
        } else {
            let serve = serve();
            (scan(), serve)
        };
        ended(scan).ends(0);
        let night = fs::read_to_string(desk.path("night.json")).unwrap();
        let night: Value = serde_json::from_str(&night).unwrap();
        assert_eq!((&night["scan"], &night["ended_by"]), (&json!(round), &json!("done")));
        if serves(&mut serve) {
            served += 1;
            terminate(&serve);
            ended(serve).ends(0);
        } else {
            // The scan had the data: whoever would serve them is told so, and may come again.
            was_first += 1;
            ended(serve).ends(4);
        }
    }
    assert_eq!(served + was_first, ROUNDS);
    let (ministry, _) = key(&desk, &["--ministry"]);
    let served = Served::start(&desk);
    let nights = served.get("/scans", &ministry).ends(200).json();
    let ends: Vec<_> =
        nights["scans"].as_array().unwrap().iter().map(|one| &one["ended_by"]).collect();
    assert_eq!(ends, vec![&json!("done"); ROUNDS as usize]);
    assert_eq!(served.stop(), Some(0));
    desk.run(&["check-data"]).ends(0);
}

#[test]
fn answers_that_are_posted_while_a_night_runs_are_kept() {
    let town = Town::new(120, 7);
    town.import_all();
    town.scan(&[]);
    // Few at a time, so that much is judged before and after each answer.
    town.configure(&[("in_flight", "8")]);
    let config = fs::read_to_string(town.path("chabei.toml")).unwrap();
    let calls = "\n[serve]\ncalls_per_second = 1000\ncalls_at_once = 1000\n";
    town.write("chabei.toml", config + calls);
    let findings = town.findings();
    let is_open = |finding: &&Value| text(finding, "/state") == Some("open");
    let of = |finding: &Value| text(finding, "/provider/id").map(str::to_owned);
    let mut providers: Vec<String> = findings.iter().filter(is_open).filter_map(of).collect();
    providers.sort();
    providers.dedup();
    let keys: Vec<(String, String)> = providers
        .into_iter()
        .map(|provider| (key(&town, &["--provider", &provider]).0, provider))
        .collect();
    let (ministry, _) = key(&town, &["--ministry"]);
    let served = Served::start(&town);
    served.call("POST", "/scans", Some(&ministry), Some(&json!({}))).ends(202);
    let (mut answered, mut while_it_ran) = (Vec::new(), 0);
    for finding in findings.iter().filter(is_open) {
        let Some(provider) = of(finding) else { continue };
        let (key, _) = keys.iter().find(|(_, id)| *id == provider).unwrap();
        let id = text(finding, "/id").unwrap();
        let answer = json!({"result": "in_progress", "opinion": id});
        let came =
            served.call("POST", &format!("/findings/{id}/answers"), Some(key), Some(&answer));
        // What the night has closed by then is answered no more.
        if came.status == 200 {
            answered.push(id.to_owned());
            let night = served.get("/scans/2", &ministry).ends(200).json();
            while_it_ran += usize::from(night["finished"].is_null());
        } else {
            came.ends(409);
        }
    }
    let events = served.events("/scans/2", &ministry, usize::MAX);
    assert_eq!(events.last().unwrap().1["ended_by"], "done");
    assert!(while_it_ran > 0, "the night was over before an answer came");
    for id in &answered {
        let finding = served.get(&format!("/findings/{id}"), &ministry).ends(200).json();
        assert_eq!(text(&finding, "/answer/opinion"), Some(id.as_str()), "{finding}");
        let changes = finding["changes"].as_array().unwrap();
        let told = changes.iter().filter(|change| change["kind"] == "answered");
        assert_eq!(told.count(), 1, "{finding}");
    }
    assert_eq!(served.stop(), Some(0));
    town.run(&["check-data"]).ends(0);
}
