//! What a night leaves for later, and what it asks anew.

use std::collections::BTreeSet;
use std::fs;

use chabei::facts::finding::Kind;
use chabei::lab::truth::Expected;
use serde_json::Value;

use crate::town::Town;
use crate::town::text;

/// Adds a key to `[scan]`.
fn set(town: &Town, line: &str) {
    let configured = fs::read_to_string(town.path("chabei.toml")).unwrap();
    let changed = configured.replacen("[scan]", &format!("[scan]\n{line}"), 1);
    assert_ne!(changed, configured);
    town.write("chabei.toml", changed);
}

/// The findings that stand, without their dates.
fn standing(findings: &[Value]) -> BTreeSet<[Option<&str>; 3]> {
    let stands = findings.iter().filter(|finding| text(finding, "/state") == Some("open"));
    stands
        .map(|finding| ["/domain", "/kind", "/provider/id"].map(|field| text(finding, field)))
        .collect()
}

#[test]
fn names_that_long_said_the_same_are_left_for_later_and_findings_are_not() {
    let town = Town::new(90, 6);
    town.configure(&[("verify_filed_nights", "30")]);
    town.import_all();
    let night = |args: &[&str]| {
        let ran = town.scan(&[args, &["--summary", "night.json"]].concat());
        let examined = town.summary("night.json")["candidates"].as_u64().unwrap();
        (examined, ran.text().contains("今夜未轮到"))
    };
    let (all, _) = night(&[]);
    for number in 2..=9 {
        assert_eq!(night(&[]), (all, false), "night {number}");
    }
    let before = town.findings();
    let (examined, are_left) = night(&[]);
    assert!(are_left && examined + 3 <= all && examined * 2 > all, "{examined} of {all}");
    let after = town.findings();
    assert_eq!(standing(&after), standing(&before));
    let (unfiled, _) = town.site("unfiled");
    let seen = after.iter().find(|finding| text(finding, "/domain") == Some(unfiled.as_str()));
    assert_eq!(seen.unwrap()["times_seen"], 10);
    assert_eq!(night(&["--all"]), (all, false));
    // Whose filing is gone is due at once.
    let (filed, _) = town.site("filed_and_connected");
    let registers = fs::read_to_string(town.path("filings.csv")).unwrap();
    let rest: Vec<&str> = registers.lines().filter(|line| !line.contains(&filed)).collect();
    let rows = town.write("fewer.csv", rest.join("\n"));
    town.run(&["import", "filings", &rows, "--replace"]).ends(0);
    night(&[]);
    let findings = town.findings();
    let is_his = |row: &[Option<&str>; 3]| row[..2] == [Some(filed.as_str()), Some("unfiled")];
    assert!(standing(&findings).iter().any(is_his));
}

#[test]
fn who_waited_for_long_is_resolved_anew_and_the_truth_is_the_same() {
    let town = Town::new(120, 5);
    town.import_all();
    let asked = || town.lab().arrivals().questions.count;
    let begin = asked();
    town.scan(&[]);
    let once = asked() - begin;
    set(&town, "renew_after = \"0s\"");
    town.import_into("anew");
    let begin = asked();
    town.run_over("anew", &["scan"]).ends(0);
    let twice = asked() - begin;
    assert!(twice > once + 20, "{once} questions, then {twice}");
    let (first, second) = (town.findings(), town.findings_in("anew"));
    assert!(standing(&first).len() > 15);
    assert_eq!(standing(&first), standing(&second));
}

#[test]
fn names_that_live_pages_link_to_are_examined_the_next_night_and_say_whence() {
    let town = Town::new(300, 6);
    let truth = town.truth();
    let pair = truth.windows(2).find(|pair| {
        let is_unfiled = |expected: &Expected| expected.kind == Kind::Unfiled;
        pair[0].scenario == "filed_and_connected"
            && pair[1].scenario.starts_with("unfiled")
            && pair[1].findings.iter().all(is_unfiled)
    });
    let [from, to] = pair.unwrap() else { panic!("a window of two") };
    let (from, to) = (from.domain.to_string(), to.domain.to_string());
    let list = town.write("few.txt", format!("{from}\n"));
    let after_two_nights = |data: &str| -> Option<Value> {
        town.import_into(data);
        town.run_over(data, &["import", "candidates", &list, "--replace"]).ends(0);
        town.run_over(data, &["scan"]).ends(0);
        let found = |findings: Vec<Value>| {
            findings.into_iter().find(|finding| text(finding, "/domain") == Some(to.as_str()))
        };
        assert_eq!(found(town.findings_in(data)), None, "it is for the next night");
        town.run_over(data, &["scan"]).ends(0);
        town.run_over(data, &["check-data"]).ends(0);
        found(town.findings_in(data))
    };
    assert_eq!(after_two_nights("not"), None);
    set(&town, "follow_links = true");
    let finding = after_two_nights("followed").unwrap();
    assert_eq!(text(&finding, "/kind"), Some("unfiled"));
    assert_eq!(text(&finding, "/channel"), Some(format!("link:{from}").as_str()));
    // Who opted out is not examined because others link to it.
    town.write("alone.txt", format!("{to}\n"));
    let configured = fs::read_to_string(town.path("chabei.toml")).unwrap();
    let opted_out = configured.replacen("[probe]", "[probe]\nopt_out = [\"alone.txt\"]", 1);
    town.write("chabei.toml", opted_out);
    assert_eq!(after_two_nights("left"), None);
}
