//! Registers that changed are applied to what was learnt before, and nobody is asked anything.

use std::fs;

use serde_json::Value;
use sha2::Digest;
use sha2::Sha256;

use crate::town::Town;
use crate::town::text;

/// What must be the same of a finding, whoever judged it.
fn told(findings: &[Value]) -> Vec<String> {
    let fields =
        ["/domain", "/kind", "/provider/id", "/carrier/id", "/bureau", "/reasons", "/filing"];
    let stands = findings.iter().filter(|finding| text(finding, "/state") == Some("open"));
    let mut told: Vec<_> = stands
        .map(|finding| {
            fields.map(|field| finding.pointer(field).unwrap_or(&Value::Null).to_string()).join(" ")
        })
        .collect();
    told.sort();
    told
}

/// An export that was changed, with the sum that it must have.
fn summed(export: &str) -> String {
    let (lines, last) = export.trim_end().rsplit_once('\n').unwrap();
    let lines = format!("{lines}\n");
    let (front, _) = last.split_once("\"sha256\":\"").unwrap();
    format!("{lines}{front}\"sha256\":\"{:x}\"}}\n", Sha256::digest(&lines))
}

/// Imports the filings in `name` in place of those that are there.
fn refile(town: &Town, name: &str) {
    let path = town.path(name);
    let args = ["import", "filings", path.to_str().unwrap(), "--replace", "--strict"];
    town.run(&args).ends(0);
}

#[test]
fn registers_that_change_and_change_back_give_what_the_night_gave_and_nobody_is_asked() {
    let town = Town::new(200, 4);
    town.import_all();
    town.scan(&["--all"]);
    let before = told(&town.findings());

    // Every other filing is gone.
    let filings = fs::read_to_string(town.path("filings.csv")).unwrap();
    let lines = filings.lines().enumerate();
    let fewer: Vec<_> = lines.filter(|(at, _)| at % 2 == 0).map(|(_, line)| line).collect();
    town.write("fewer.csv", fewer.join("\n"));
    refile(&town, "fewer.csv");
    let arrivals = town.lab().arrivals();
    town.run(&["scan", "--rejudge", "--summary", "again.json"]).ends(0);
    let after = town.lab().arrivals();
    assert_eq!(after.request_count(), arrivals.request_count());
    assert_eq!(after.questions.count, arrivals.questions.count);
    let summary = town.summary("again.json");
    assert!(summary["opened"].as_u64().unwrap() > 5, "{summary}");
    let again = told(&town.findings());
    assert_ne!(again, before);

    // Once more changes nothing.
    town.run(&["scan", "--rejudge", "--summary", "again.json"]).ends(0);
    let summary = town.summary("again.json");
    let moved =
        ["opened", "reopened", "closed", "restated", "changed"].map(|field| &summary[field]);
    assert!(moved.iter().all(|count| **count == 0), "{summary}");
    assert_eq!(told(&town.findings()), again);

    refile(&town, "filings.csv");
    town.run(&["scan", "--rejudge"]).ends(0);
    assert_eq!(told(&town.findings()), before);
    // No sighting was counted, and the next night is a night like any other.
    assert!(town.findings().iter().all(|finding| finding["times_seen"] == 1));
    town.run(&["check-data"]).ends(0);
    town.scan(&["--summary", "night.json"]);
    assert_eq!(town.summary("night.json")["scan"], 2);
}

#[test]
fn a_new_filing_closes_and_tells_who_did() {
    let town = Town::new(60, 4);
    town.import_all();
    town.scan(&["--limit", "40"]);
    let found = town.findings();
    let unfiled = found.iter().find(|finding| text(finding, "/kind") == Some("unfiled")).unwrap();
    let domain = text(unfiled, "/domain").unwrap();
    let row = town.write("more.csv", format!("domain,state\n{domain},active\n"));
    town.run(&["import", "filings", &row]).ends(0);
    // The night is not over: what its journal holds is judged as well.
    town.run(&["scan", "--rejudge", "--domain", domain]).ends(0);
    let trail = town.run(&["explain", domain, "--format", "json"]).json().remove(0);
    let stood = &trail["findings"][0];
    assert_eq!(
        (text(stood, "/state"), text(stood, "/closed_reason")),
        (Some("closed"), Some("filed"))
    );
    let change = stood["changes"].as_array().unwrap().last().unwrap();
    assert_eq!(text(change, "/actor"), Some("rejudge"));
    town.run(&["scan", "--rejudge", "--limit", "3"]).ends(2);
}

#[test]
fn changed_rules_give_what_a_fresh_night_by_them_gives() {
    let town = Town::new(220, 9);
    town.import_all();
    // What does the same whenever it is asked: the two nights are the same night to a site.
    let steady: Vec<String> = town
        .truth()
        .into_iter()
        .filter(|site| {
            ["parked", "default_page", "filed_behind_cdn", "filed_and_connected", "unfiled"]
                .contains(&site.scenario.as_str())
        })
        .map(|site| site.domain.to_string())
        .collect();
    let told_of = |findings: Vec<Value>| {
        let is_steady = |finding: &Value| {
            text(finding, "/domain").is_some_and(|domain| steady.iter().any(|one| one == domain))
        };
        told(&findings.into_iter().filter(is_steady).collect::<Vec<_>>())
    };
    town.scan(&["--all"]);
    let before = told_of(town.findings());
    let configured = fs::read_to_string(town.path("chabei.toml")).unwrap();
    let changed = configured.replacen("[scan]", "[scan]\nparked = \"report\"", 1);
    town.write("chabei.toml", format!("{changed}\n[judge]\ncdn_needs_access = true\n"));
    town.run(&["scan", "--rejudge"]).ends(0);
    let again = told_of(town.findings());
    let brings = |kind: &str| again.iter().filter(|row| row.contains(kind)).count();
    assert!(again.len() > before.len() + 1, "{before:?} {again:?}");
    assert!(brings("not_connected") > 0 && brings("unfiled") > before.len() / 2, "{again:?}");
    town.import_into("fresh");
    town.run_over("fresh", &["scan", "--all"]).ends(0);
    assert_eq!(told_of(town.findings_in("fresh")), again);
}

#[test]
fn what_opens_tells_what_was_seen_then_and_is_proved_by_the_next_night() {
    let town = Town::new(120, 4);
    town.import_all();
    town.scan(&["--all"]);
    let before: Vec<_> = town.findings().iter().map(|finding| finding["id"].clone()).collect();
    let filings = fs::read_to_string(town.path("filings.csv")).unwrap();
    let left: Vec<&str> = filings.lines().take(filings.lines().count() / 2).collect();
    town.write("fewer.csv", left.join("\n"));
    refile(&town, "fewer.csv");
    town.run(&["scan", "--rejudge"]).ends(0);
    let is_new = |finding: &Value| {
        text(finding, "/kind") == Some("unfiled") && !before.contains(&finding["id"])
    };
    let found: Vec<_> = town.findings().into_iter().filter(is_new).collect();
    assert!(found.len() > 5, "{found:?}");
    for finding in &found {
        let evidence = &finding["evidence"];
        assert_eq!(evidence["status"], 200, "{finding}");
        assert!(text(finding, "/evidence/final_url").is_some(), "{finding}");
        assert!(
            evidence["warc"].is_null(),
            "nothing was kept of whom nothing followed for: {finding}"
        );
    }
    town.play(2);
    town.scan(&[]);
    let ids: Vec<_> = found.iter().map(|finding| &finding["id"]).collect();
    let again = town.findings();
    let seen: Vec<_> = again
        .iter()
        .filter(|finding| ids.contains(&&finding["id"]) && finding["times_seen"] == 2)
        .collect();
    assert!(seen.len() > 5, "{again:?}");
    assert!(seen.iter().all(|finding| text(finding, "/evidence/warc").is_some()), "{seen:?}");
}

#[test]
fn what_was_known_by_a_pattern_that_is_gone_opens_nothing_before_it_is_seen_again() {
    let town = Town::new(220, 9);
    town.import_all();
    town.scan(&["--all"]);
    let configured = fs::read_to_string(town.path("chabei.toml")).unwrap();
    town.write("chabei.toml", configured.replacen("[scan]", "[scan]\nparked = \"report\"", 1));
    let all = town.run(&["export-data", "-"]).ends(0).text().to_owned();
    // As if the pattern of each had had a name by which there is none today.
    let older = summed(&all.replace("{\"ParkingPage\":\"", "{\"ParkingPage\":\"older-"));
    assert_ne!(older, all);
    for (data, exported) in [("same", &all), ("older", &older)] {
        let file = town.write(&format!("{data}.jsonl"), exported);
        town.run_over(data, &["import-data", &file]).ends(0);
        let arrivals = town.lab().arrivals().request_count();
        town.run_over(data, &["scan", "--rejudge", "--summary", "again.json"]).ends(0);
        assert_eq!(town.lab().arrivals().request_count(), arrivals);
    }
    let parked = |data: &str| {
        let findings = town.findings_in(data).into_iter();
        findings.filter(|finding| finding["reasons"].to_string().contains("R24")).count()
    };
    assert_eq!(parked("older"), 0);
    assert!(parked("same") > 0);
    let outdated = town.summary("again.json")["outdated"].as_u64().unwrap();
    assert!(outdated >= parked("same") as u64, "{outdated}");
    town.run_over("older", &["scan"]).ends(0);
    assert_eq!(parked("older"), parked("same"));
}

#[test]
fn a_provider_that_leaves_the_register_is_told_of_and_nothing_that_stands_there_is_told_twice() {
    let town = Town::new(60, 4);
    town.import_all();
    town.scan(&["--all"]);
    let before = told(&town.findings());
    let (_, lost) = town.site("unfiled");
    let lost = format!("{},", lost.unwrap());
    let providers = fs::read_to_string(town.path("providers.csv")).unwrap();
    let replace = |rows: Vec<&str>, further: &[&str]| {
        let fewer = town.write("fewer.csv", rows.join("\n"));
        town.run(&[&["import", "providers", &fewer, "--replace"], further].concat())
    };
    let cut = replace(providers.lines().take(2).collect(), &[]);
    cut.ends(2).complains(&["findings stand would be lost", "--shrinks", "nothing was changed"]);
    town.run(&["scan", "--rejudge"]).ends(0);
    assert_eq!(told(&town.findings()), before);

    let fewer: Vec<_> = providers.lines().filter(|line| !line.starts_with(&lost)).collect();
    assert_eq!(fewer.len() + 1, providers.lines().count());
    let ran = replace(fewer, &["--shrinks"]);
    ran.ends(0).complains(&[lost.trim_end_matches(','), "findings stand at it"]);
    town.run(&["scan", "--rejudge"]).ends(0);
    let keys = |told: &[String]| -> Vec<String> {
        told.iter().map(|line| line.split(' ').take(3).collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!(keys(&told(&town.findings())), keys(&before), "who it was is not known for sure");
}
