//! Which names a night examines, how it goes on, and what it says of itself.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;

use chabei::lab::arrivals::Asked;
use serde_json::Value;

use crate::desk::Desk;
use crate::killed::all_told;
use crate::town::Town;
use crate::town::text;
use crate::web::Web;
use crate::web::answer;

/// The keys of a summary, as the contract has them, in order.
const SUMMARY: &str = "scan started finished ended_by lines candidates resolved failed abroad \
                       filed_and_connected probed live lost findings";

/// The names of the keys right under the braces, in the order in which they are written.
fn keys(json: &str) -> Vec<&str> {
    let mut depth = 0;
    let mut keys = Vec::new();
    // No text of a summary holds a quote, so that every other part lies within quotes.
    let parts: Vec<_> = json.trim().split('"').collect();
    for (index, part) in parts.iter().enumerate() {
        if index % 2 == 0 {
            depth += part.matches('{').count();
            depth -= part.matches('}').count();
        } else if depth == 1 && parts[index + 1].starts_with(':') {
            keys.push(*part);
        }
    }
    keys
}

#[test]
fn a_night_in_two_parts_is_one_night() {
    let town = Town::new(120, 8);
    town.import_into("whole");
    town.run_over("whole", &["scan", "--summary", "whole.json"]).ends(0);
    town.import_all();
    town.scan(&["--limit", "10", "--summary", "first.json"]);
    let first = town.summary("first.json");
    assert_eq!((&first["scan"], &first["ended_by"]), (&1.into(), &"limit".into()));
    assert_eq!(first["candidates"], 10);
    town.scan(&["--summary", "second.json"]);
    let second = town.summary("second.json");
    assert_eq!((&second["scan"], &second["ended_by"]), (&1.into(), &"done".into()));
    let whole = town.summary("whole.json");
    assert!(whole["candidates"].as_u64().unwrap() >= 110);
    for count in ["lines", "candidates", "resolved", "failed", "abroad", "probed", "findings"] {
        assert_eq!(second[count], whole[count], "{count}");
    }
    town.scan(&["--limit", "1", "--summary", "third.json"]);
    assert_eq!(town.summary("third.json")["scan"], 2);
}

#[test]
fn a_summary_has_the_keys_of_the_contract_in_their_order() {
    let town = Town::new(12, 1);
    town.import_all();
    let now = "2026-11-23T01:02:03+08:00";
    town.run(&["--now", now, "scan", "--summary", "summary.json"]).ends(0);
    let written = std::fs::read_to_string(town.path("summary.json")).unwrap();
    assert_eq!(keys(&written), SUMMARY.split_whitespace().collect::<Vec<_>>());
    let summary = town.summary("summary.json");
    assert_eq!(summary["started"], now);
    assert_eq!(summary["lost"], 0);
    let names =
        |key: &str| -> Vec<String> { summary[key].as_object().unwrap().keys().cloned().collect() };
    let mut failed = names("failed");
    failed.sort();
    assert_eq!(failed, ["empty", "nxdomain", "refused", "servfail", "timeout"]);
    let mut findings = names("findings");
    findings.sort();
    assert_eq!(findings, ["closed", "opened", "reopened", "seen"]);
}

#[test]
fn a_night_for_some_names_examines_no_other() {
    let town = Town::new(80, 6);
    town.import_all();
    let (unfiled, provider) = town.site("unfiled");
    let (other, _) = town.site("unfiled_gbk_page");
    town.scan(&["--domain", &unfiled, "--summary", "one.json"]);
    assert_eq!(town.summary("one.json")["candidates"], 1);
    let findings = town.findings();
    let [finding] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!(text(finding, "/domain"), Some(unfiled.as_str()));
    assert_eq!(text(finding, "/provider/id"), provider.as_deref());
    let trail = town.run(&["explain", &other, "--format", "json"]).json();
    assert!(trail[0]["examination"].is_null(), "{other} was examined too");
}

#[test]
fn now_gives_findings_their_dates() {
    let town = Town::new(60, 6);
    town.import_all();
    let (domain, _) = town.site("unfiled");
    for (now, times) in [("2027-03-01T01:00:00+08:00", 1), ("2027-03-02T01:30:00+08:00", 2)] {
        town.play(times);
        let (filings, now_args) = (town.path("filings.csv"), ["--now", now]);
        let filings = filings.to_str().unwrap();
        town.run(&[&now_args[..], &["import", "filings", filings, "--replace"]].concat()).ends(0);
        town.run(&["--now", now, "scan", "--domain", &domain]).ends(0);
        let finding = &town.findings()[0];
        assert_eq!(text(finding, "/first_seen"), Some("2027-03-01T01:00:00+08:00"));
        assert_eq!(text(finding, "/last_seen"), Some(now));
        assert_eq!(finding["times_seen"], times);
        // 20 calendar days after it was first seen.
        assert_eq!(text(finding, "/due"), Some("2027-03-21"));
    }
    let overdue = |now: &str| -> Vec<Value> {
        town.run(&["--now", now, "findings", "--overdue", "--format", "jsonl"]).json()
    };
    assert_eq!(overdue("2027-03-21T23:59:59+08:00").len(), 0);
    assert_eq!(overdue("2027-03-22T00:00:00+08:00").len(), 1);
}

#[test]
fn nights_of_one_day_count_as_one() {
    let town = Town::new(200, 5);
    town.import_all();
    let (over, gone) = (town.site("over_reported").0, town.site("goes_away").0);
    let states = |now: &str| {
        let filings = town.path("filings.csv");
        let import = ["--now", now, "import", "filings", filings.to_str().unwrap(), "--replace"];
        town.run(&import).ends(0);
        town.run(&["--now", now, "scan", "--domain", &over, &gone]).ends(0);
        let findings = town.findings();
        [&over, &gone].map(|domain| {
            let own = findings.iter().find(|finding| text(finding, "/domain") == Some(domain));
            own.map(|finding| text(finding, "/state").unwrap().to_owned())
        })
    };
    let so = |over: Option<&str>, gone: &str| [over.map(str::to_owned), Some(gone.to_owned())];
    assert_eq!(states("2027-03-01T01:00:00+08:00"), so(None, "open"));
    town.play(2);
    // The one is missed from the second day on, the other missing from the first.
    for (time, over, gone) in [
        ("02T10:00", None, "open"),
        ("02T10:01", None, "open"),
        ("02T23:59", None, "open"),
        ("03T00:01", Some("open"), "open"),
        ("03T12:00", Some("open"), "open"),
        ("04T01:00", Some("open"), "closed"),
    ] {
        assert_eq!(states(&format!("2027-03-{time}:00+08:00")), so(over, gone), "{time}");
    }
}

#[test]
fn a_night_whose_time_is_up_is_finished_by_the_next_run() {
    let town = Town::new(60, 4);
    town.import_all();
    town.run(&["scan", "--for", "0s", "--summary", "first.json"]).ends(3);
    let first = town.summary("first.json");
    assert_eq!((&first["scan"], &first["ended_by"]), (&1.into(), &"window".into()));
    assert_eq!(first["candidates"], 0);
    town.scan(&["--summary", "second.json"]);
    let second = town.summary("second.json");
    assert_eq!((&second["scan"], &second["ended_by"]), (&1.into(), &"done".into()));
}

/// Scenarios whose sites answer 429 or 503, and are asked once more later.
const ASKED_TWICE: [&str; 3] = ["too_many_requests_429", "come_later_503", "robots_unavailable"];

#[test]
fn the_next_night_begins_with_what_the_window_left() {
    let town = Town::new(120, 4);
    town.import_into("whole");
    town.run_over("whole", &["scan"]).ends(0);
    town.import_all();
    let asked = || town.lab().arrivals().asked;
    let since = |before: &BTreeMap<Asked, u64>| -> BTreeMap<Asked, u64> {
        let before = |asked: &Asked| before.get(asked).copied().unwrap_or_default();
        let more = asked().into_iter().map(|(asked, count)| (count - before(&asked), asked));
        more.filter(|(count, _)| *count > 0).map(|(count, asked)| (asked, count)).collect()
    };
    let whole = asked();

    // So slowly that it would take far longer than the window is open.
    town.configure(&[("per_address", "1.0"), ("in_flight", "16")]);
    let tonight = ["--now", "2026-11-25T01:00:00+08:00", "scan"];
    let begun = loop {
        let window = ["--for", "2s", "--summary", "first.json"];
        town.run(&[&tonight[..], &window].concat()).ends(3);
        let begun = since(&whole);
        // A busy machine may take all of the window to begin.
        if !begun.is_empty() {
            break begun;
        }
    };
    let first = town.summary("first.json");
    assert_eq!((&first["scan"], &first["ended_by"]), (&1.into(), &"window".into()));
    let after_first = asked();

    town.configure(&[("per_address", "2000.0"), ("in_flight", "256")]);
    let tomorrow = ["--now", "2026-11-26T01:00:00+08:00", "scan"];
    town.run(&[&tomorrow[..], &["--summary", "second.json"]].concat()).ends(0);
    let second = town.summary("second.json");
    assert_eq!((&second["scan"], &second["ended_by"]), (&1.into(), &"done".into()));
    let rest = since(&after_first);
    assert!(rest.len() > begun.len(), "{} and then {}", begun.len(), rest.len());
    let comes_later: Vec<String> = town
        .truth()
        .iter()
        .filter(|site| ASKED_TWICE.contains(&site.scenario.as_str()))
        .map(|site| site.domain.to_string())
        .collect();
    for asked in rest.keys().filter(|asked| begun.contains_key(asked)) {
        let may_be = comes_later.iter().any(|domain| asked.host.ends_with(domain));
        assert!(may_be || asked.host.is_empty(), "{asked:?} was done when the window closed");
    }
    for asked in whole.keys() {
        assert!(begun.contains_key(asked) || rest.contains_key(asked), "{asked:?} was forgotten");
    }
    assert_eq!(all_told(&town.findings()), all_told(&town.findings_in("whole")));
    town.run(&[&tomorrow[..], &["--limit", "1", "--summary", "third.json"]].concat()).ends(0);
    assert_eq!(town.summary("third.json")["scan"], 2);
}

/// Waits until the night that `scan` runs says that its time is up.
fn time_is_up(scan: &mut Child) {
    let mut log = BufReader::new(scan.stderr.as_mut().unwrap());
    let mut line = String::new();
    while !line.contains("time is up") {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "the night ended by itself");
    }
}

#[test]
fn what_is_in_flight_when_the_window_closes_is_finished_and_the_rest_is_first_next_time() {
    // The sites answer nobody before the window has closed.
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let held = Arc::clone(&gate);
    let web = Web::answering(move |request| {
        let is_open = held.0.lock().unwrap();
        drop(held.1.wait_while(is_open, |is_open| !*is_open).unwrap());
        match request.path.as_str() {
            "/robots.txt" => answer("404 Not Found", "", ""),
            _ => answer("200 OK", "", "<title>Shop</title><p>Boots for all.</p></html>"),
        }
    });
    let desk = web.desk("127.0.0.0/8", "");
    let toml = std::fs::read_to_string(desk.path("chabei.toml")).unwrap();
    desk.write("chabei.toml", toml.replacen("[pace]", "[pace]\nin_flight = 1", 1));
    let sites: Vec<String> = (1..=6).map(|number| format!("127.0.0.{number}")).collect();
    desk.import("candidates", "c.txt", sites.join("\n"));
    let first = loop {
        *gate.0.lock().unwrap() = false;
        let mut scan = desk.command(&["scan", "--for", "2s", "--summary", "first.json"]);
        let mut scan = scan.spawn().unwrap();
        time_is_up(&mut scan);
        *gate.0.lock().unwrap() = true;
        gate.1.notify_all();
        assert_eq!(scan.wait().unwrap().code(), Some(3));
        let asked = web.asked();
        // A busy machine may take all of the window to begin.
        if !asked.is_empty() {
            break asked;
        }
    };
    let [robots, page] = &first[..] else { panic!("{first:?}") };
    assert_eq!((robots.address, page.path.as_str()), (page.address, "/"));
    let summary = |name: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(desk.path(name)).unwrap()).unwrap()
    };
    let (ended, candidates) =
        (&summary("first.json")["ended_by"], &summary("first.json")["candidates"]);
    assert_eq!((ended, candidates), (&"window".into(), &1.into()));

    desk.run(&["scan", "--summary", "second.json"]).ends(0);
    let second = summary("second.json");
    assert_eq!((&second["scan"], &second["ended_by"]), (&1.into(), &"done".into()));
    let mut rest: Vec<_> =
        web.asked().split_off(2).into_iter().map(|asked| asked.address).collect();
    rest.sort();
    rest.dedup();
    assert_eq!(rest.len(), 5, "{rest:?}");
    assert!(!rest.contains(&page.address), "{} was done", page.address);
    assert_eq!(desk.run(&["findings", "--format", "jsonl"]).json().len(), 6);
}

#[test]
fn no_night_begins_outside_its_window() {
    let town = Town::new(20, 4);
    town.import_all();
    let configured = std::fs::read_to_string(town.path("chabei.toml")).unwrap();
    let now = chabei::clock::zone().to_datetime(chabei::clock::Clock::default().now()).time();
    let hour = |later: i8| format!("{:02}:00", (now.hour() + later) % 24);
    let window = format!("[scan]\nwindow = \"{}-{}\"", hour(3), hour(5));
    let closed = configured.replacen("[scan]", &window, 1);
    assert_ne!(closed, configured);
    town.write("chabei.toml", closed);
    town.write("night.txt", "yesterday's mail");
    let asked = ["scan", "--summary", "none.json", "--summary-text", "night.txt"];
    town.run(&asked).ends(3).complains(&["outside the window"]);
    assert!(!town.path("none.json").exists());
    let mail = || std::fs::read_to_string(town.path("night.txt")).unwrap();
    assert!(mail().starts_with("查备：检测没有完成\n\n! 不在检测时段"), "{}", mail());
    // The very minute, or the one before.
    let now = chabei::clock::zone().to_datetime(chabei::clock::Clock::default().now()).time();
    let until = format!("{:02}:{:02}", now.hour(), now.minute());
    town.run(&[&asked[..], &["--until", &until]].concat()).ends(3).complains(&["is just past"]);
    assert!(mail().contains(&format!("! --until {until} 刚过")), "{}", mail());
    town.write("chabei.toml", "[scan]\nwindoof = 1\n");
    town.run(&asked).ends(2);
    assert!(mail().starts_with("查备：检测没有完成\n") && mail().contains("windoof"), "{}", mail());
    let closed = configured.replacen("[scan]", &window, 1);
    town.write("chabei.toml", closed);
    town.scan(&["--for", "5m", "--summary", "bounded.json"]);
    let bounded = town.summary("bounded.json");
    assert_eq!((&bounded["scan"], &bounded["ended_by"]), (&1.into(), &"done".into()));
}

#[test]
fn a_clock_that_leaps_ahead_begins_no_night_until_somebody_vouches_for_it() {
    let desk = Desk::new();
    let now = chabei::clock::Clock::default().now();
    let at = |days: i64| (now + jiff::SignedDuration::from_hours(24 * days)).to_string();
    let night = ["scan", "--summary", "night.json", "--summary-text", "night.txt"];
    let night_at = |days: i64| desk.run(&[&["--now", &at(days)][..], &night].concat());
    let number = || {
        let summary = std::fs::read_to_string(desk.path("night.json")).unwrap();
        serde_json::from_str::<Value>(&summary).unwrap()["scan"].clone()
    };
    night_at(-31).ends(0);
    let leap = desk.run(&night);
    leap.ends(2).complains(&["31 days after the last night", "is the clock right?", "--now"]);
    let mail = std::fs::read_to_string(desk.path("night.txt")).unwrap();
    assert!(mail.starts_with("查备：检测没有完成\n") && mail.contains("31 days"), "{mail}");
    desk.run(&["scan", "--rejudge"]).ends(2).complains(&["is the clock right?"]);
    night_at(-29).ends(0);
    assert_eq!(number(), 2, "nothing was begun before");
    desk.run(&night).ends(0);
    night_at(365).ends(0);
    desk.run(&night).ends(2).complains(&["time does not run backwards", "put back the data"]);
}

#[test]
fn a_night_for_one_provider_judges_no_other() {
    let town = Town::new(150, 4);
    town.import_all();
    let (_, provider) = town.site("unfiled");
    let provider = provider.unwrap();
    town.scan(&["--provider", &provider]);
    let findings = town.findings();
    assert!(!findings.is_empty());
    for finding in &findings {
        assert_eq!(text(finding, "/provider/id"), Some(provider.as_str()), "{finding}");
    }
    let everywhere = town.truth().into_iter().flat_map(|site| site.findings).count();
    assert!(findings.len() < everywhere);
}

#[test]
fn a_night_for_one_provider_gets_on_however_often_it_is_cut() {
    let town = Town::new(100, 4);
    for data in ["whole", "data"] {
        town.import_into(data);
    }
    let provider = town.site("unfiled").1.unwrap();
    town.run_over("whole", &["scan", "--provider", &provider, "--summary", "whole.json"]).ends(0);
    let whole = town.summary("whole.json");
    let all = whole["candidates"].as_u64().unwrap();
    assert!(all > 10, "{whole}");
    for run in 1..=all.div_ceil(5) {
        town.scan(&["--provider", &provider, "--limit", "5", "--summary", "cut.json"]);
        let done = town.summary("cut.json")["candidates"].as_u64().unwrap();
        assert_eq!(done, all.min(run * 5), "after {run} runs");
    }
    assert_eq!(town.summary("cut.json")["findings"], whole["findings"]);
}

#[test]
fn a_narrow_run_takes_nobody_elses_turn() {
    let town = Town::new(120, 8);
    for data in ["whole", "data"] {
        town.import_into(data);
    }
    town.run_over("whole", &["scan", "--summary", "whole.json"]).ends(0);
    let (unfiled, provider) = town.site("unfiled");
    town.scan(&["--limit", "30"]);
    town.scan(&["--provider", &provider.unwrap(), "--summary", "narrow.json"]);
    town.scan(&["--domain", &unfiled]);
    assert_eq!(town.summary("narrow.json")["ended_by"], "limit");
    town.scan(&["--summary", "plain.json"]);
    let (whole, plain) = (town.summary("whole.json"), town.summary("plain.json"));
    for count in ["scan", "ended_by", "lines", "candidates", "probed", "live", "findings"] {
        assert_eq!(plain[count], whole[count], "{count}");
    }
}

#[test]
fn a_plain_night_does_all_although_a_narrow_one_was_left_unfinished() {
    let town = Town::new(60, 8);
    town.import_all();
    let (one, two) = (town.site("unfiled").0, town.site("unfiled_gbk_page").0);
    town.scan(&["--domain", &one, &two, "--limit", "1"]);
    town.scan(&["--summary", "plain.json"]);
    let plain = town.summary("plain.json");
    assert_eq!((&plain["scan"], &plain["ended_by"]), (&1.into(), &"done".into()));
    assert!(plain["candidates"].as_u64().unwrap() > 50, "{plain}");
}

#[test]
fn a_night_that_cannot_begin_leaves_no_trace() {
    let town = Town::new(20, 8);
    town.import_all();
    town.scan(&[]);
    let configured = std::fs::read_to_string(town.path("chabei.toml")).unwrap();
    let broken = configured.replacen("[probe]", "[probe]\nopt_out = [\"nowhere.txt\"]", 1);
    town.write("chabei.toml", broken);
    town.run(&["scan", "--limit", "1"]).ends(2).complains(&["nowhere.txt"]);
    town.write("chabei.toml", configured);
    town.run(&["--now", "2001-01-01T00:00:00+08:00", "scan"]).ends(2).complains(&["backwards"]);
    town.scan(&["--summary", "next.json"]);
    assert_eq!(town.summary("next.json")["scan"], 2);
}
