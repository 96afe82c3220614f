//! A night that is broken off at any moment loses nothing and reports nothing twice.

use serde_json::Value;

use crate::desk::Desk;
use crate::held_night::Held;
use crate::held_night::ended;
use crate::held_night::terminate;
use crate::killed::Undisturbed;
use crate::killed::all_told;
use crate::town::Town;
use crate::town::among_others;
use crate::town::runs_until_journal;

/// A scan is killed when its journal is longer than so many bytes.
const KILLED_AT: [u64; 3] = [12, 6_000, 40_000];

#[test]
fn a_killed_night_goes_on_finds_the_same_and_asks_for_nothing_a_third_time() {
    let _peace = among_others();
    let night = Undisturbed::new(250, 2, 32);
    assert!(night.findings() > 30 && night.requests() > 250);
    let killed = KILLED_AT.map(|bytes| {
        let killed = night.killed(|scan, nights| runs_until_journal(scan, nights, bytes));
        killed.unwrap_or_else(|| panic!("the night was over before it wrote {bytes} bytes"))
    });
    let again: u64 = killed.iter().map(|killed| killed.requests).sum();
    assert!(again > 0, "all were killed while nobody was asked: {killed:?}");
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

#[test]
fn a_night_is_told_to_stop_while_only_the_last_name_is_in_flight() {
    let desk = Desk::new();
    desk.import("candidates", "names.txt", "a.cn\n");
    Held::over(&desk, "data").terminate().ends(3);
    let summary = std::fs::read_to_string(desk.path("summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    assert_eq!((&summary["ended_by"], &summary["candidates"]), (&"signal".into(), &0.into()));
}
