//! What a provider submits of its own finding: it answers for itself, and files nothing by its word.

use std::fs;
use std::io::Cursor;
use std::sync::Arc;

use chabei::clock::Clock;
use chabei::facts::directory::Directory;
use chabei::formats::filings;
use chabei::store::findings::Findings;
use chabei::store::registers::Registers;
use chabei::store::submitted::Doer;
use chabei::store::submitted::join::Against;
use chabei::store::submitted::terms::Terms;
use serde_json::Value;

use crate::served::Served;
use crate::served::key;
use crate::town::Town;
use crate::town::text;

/// The finding of `domain`: its state and why it closed.
fn told(town: &Town, domain: &str) -> (String, Option<String>) {
    let findings = town.findings();
    let is_its = |finding: &&Value| text(finding, "/domain") == Some(domain);
    let finding = findings.iter().find(is_its).unwrap();
    let word = |path| text(finding, path).map(str::to_owned);
    (word("/state").unwrap(), word("/closed_reason"))
}

#[test]
fn a_number_that_a_provider_makes_up_closes_nothing_until_the_authority_has_it() {
    let town = Town::new(60, 9);
    town.import_all();
    let (domain, provider) = town.site("unfiled");
    let (own, _) = key(&town, &["--provider", &provider.unwrap()]);
    let night = |day: u32| {
        let now = format!("2026-11-{day:02}T01:00:00+08:00");
        town.run(&["--now", &now, "scan", "--domain", &domain]).ends(0);
    };
    let replace = |day: u32| {
        let now = format!("2026-11-{day:02}T00:30:00+08:00");
        let file = town.path("filings.csv");
        let args = ["--now", &now, "import", "filings", file.to_str().unwrap(), "--replace"];
        town.run(&args).ends(0).text().to_owned()
    };
    replace(20);
    night(20);
    assert_eq!(told(&town, &domain), ("open".to_owned(), None));

    let number = "京ICP备15099999号-1";
    let row = format!("domain,site_number\n{domain},{number}\n");
    let served = Served::start(&town);
    let came = served.send("POST", "/filings", &own, ("text/csv", row.into_bytes()));
    assert_eq!(came.ends(200).json()["rows"][0]["standing"], "pending");
    let path = served.get("/findings", &own).ends(200).json();
    let id = path["findings"][0]["id"].as_str().unwrap().to_owned();
    let answer = serde_json::json!({"result": "filed", "opinion": number});
    served.call("POST", &format!("/findings/{id}/answers"), Some(&own), Some(&answer)).ends(200);
    assert_eq!(served.stop(), Some(0));
    night(21);
    assert_eq!(told(&town, &domain).1, None, "its word files nothing");
    assert!(replace(22).contains("0 connected, 1 pending"));
    night(22);
    assert_eq!(told(&town, &domain).1, None, "nor does it by waiting");
    town.run(&["explain", &domain]).ends(0).says(number).says("待审核 pending");

    let file = town.path("filings.csv");
    let text = fs::read_to_string(&file).unwrap();
    let heading = text.lines().next().unwrap();
    let cell = |column: &str| match column {
        "domain" => domain.clone(),
        "site_number" => number.to_owned(),
        "state" => "active".to_owned(),
        _ => String::new(),
    };
    let row: Vec<String> = heading.trim_start_matches('\u{feff}').split(',').map(cell).collect();
    fs::write(&file, format!("{}\n{}\n", text.trim_end(), row.join(","))).unwrap();
    assert!(replace(23).contains("1 connected, 0 pending"));
    night(23);
    assert_eq!(told(&town, &domain), ("closed".to_owned(), Some("filed".to_owned())));
    let filed = town.run(&["lookup", &domain, "--format", "json"]).json();
    let held = &filed[0]["submitted"][0];
    assert_eq!((&held["standing"], &held["joined"]), (&"connected".into(), &true.into()), "{held}");
    assert_eq!(filed[0]["providers"][0]["id"].as_str(), Some(provider_of(&town, &domain).as_str()));
}

/// Whether something of `kind` stands of `domain` at `provider`.
fn stands(town: &Town, kind: &str, domain: &str, provider: &str) -> bool {
    town.findings().iter().any(|finding| {
        let is_its = |path, what| text(finding, path) == Some(what);
        is_its("/kind", kind)
            && is_its("/domain", domain)
            && is_its("/provider/id", provider)
            && is_its("/state", "open")
    })
}

#[test]
fn an_access_that_a_provider_adds_outlives_whole_imports_until_it_is_taken_back_or_refused() {
    let town = Town::new(60, 9);
    town.import_all();
    let (domain, provider) = town.site("not_connected");
    let provider = provider.unwrap();
    let (own, _) = key(&town, &["--provider", &provider]);
    let at = |day: u32, hour: u32| format!("2026-11-{day:02}T{hour:02}:00:00+08:00");
    let night = |day: u32| {
        town.run(&["--now", &at(day, 1), "scan", "--domain", &domain]).ends(0);
        stands(&town, "not_connected", &domain, &provider)
    };
    let replace = |day: u32| {
        let file = town.path("filings.csv");
        let args = ["import", "filings", file.to_str().unwrap(), "--replace"];
        let now = at(day, 0);
        town.run(&[&["--now", now.as_str()][..], &args].concat()).ends(0).text().to_owned()
    };
    let number = {
        let told = town.run(&["lookup", &domain, "--format", "json"]).json();
        told[0]["numbers"][0].as_str().unwrap().to_owned()
    };
    let submit = |day: u32, state: &str| {
        let served = Served::start_with(&town, &["--now", &at(day, 12)]);
        let row = format!("domain,site_number,state\n{domain},{number},{state}\n");
        let came = served.send("POST", "/filings", &own, ("text/csv", row.into_bytes()));
        let told = came.ends(200).json()["rows"][0].clone();
        assert_eq!(served.stop(), Some(0));
        told
    };
    replace(20);
    assert!(night(20));
    assert_eq!(submit(20, "cancelled")["column"], "state", "there is nothing to take back");
    assert_eq!(submit(20, "active")["standing"], "connected");
    assert!(!night(21));
    assert!(replace(22).contains("1 held by their word alone"), "the authority lacks it");
    assert!(!night(22), "it did what it was told");
    town.run(&["explain", &domain])
        .ends(0)
        .says(&format!("joined：{}", told_provider(&town, &provider)))
        .says("，报送于 2026-11-20T12:00:00");

    assert_eq!(submit(22, "cancelled")["standing"], "withdrawn");
    assert!(night(23), "it took it back");
    assert_eq!(submit(23, "active")["standing"], "connected");
    assert!(!night(24));
    let refuse = ["refuse", &domain, "--provider", &provider, "--reason", "经查并未接入"];
    town.run(&[&["--now", at(24, 9).as_str()][..], &refuse].concat()).ends(0).says("1 ended");
    assert!(night(25), "its bureau does not believe it");
    let refused = submit(25, "active");
    assert!(refused["reason"].as_str().unwrap().contains("经查并未接入"), "{refused}");
    town.run(&[&refuse[..], &["--lift"]].concat()).ends(0);
    town.run(&[&refuse[..], &["--lift"]].concat()).ends(2);
    assert_eq!(submit(26, "active")["standing"], "connected");
    town.run(&["explain", &domain]).ends(0).says("驳回报送 refused").says("自行撤回 withdrawn");
}

#[test]
fn what_was_learnt_is_judged_again_by_what_providers_submitted_since() {
    let town = Town::new(60, 9);
    town.import_all();
    let (domain, provider) = town.site("not_connected");
    let provider = provider.unwrap();
    town.scan(&["--domain", &domain]);
    assert!(stands(&town, "not_connected", &domain, &provider));
    submit(&town, &domain, &provider, false);
    town.run(&["scan", "--rejudge"]).ends(0);
    assert!(!stands(&town, "not_connected", &domain, &provider));
}

/// `provider` submits its access to `domain`; `joins` also joins it, and is killed before anything follows.
fn submit(town: &Town, domain: &str, provider: &str, joins: bool) {
    let told = town.run(&["lookup", domain, "--format", "json"]).json();
    let number = told[0]["numbers"][0].as_str().unwrap();
    let text = format!("domain,site_number\n{domain},{number}\n");
    let rows = filings::read(Cursor::new(text)).unwrap().map(Result::unwrap).collect();
    let registers = Registers::open(&town.path("data/registers")).unwrap();
    let kept = Findings::open(&town.path("data/findings")).unwrap().submitted().unwrap();
    let now = Clock::default().now();
    kept.put(&provider.parse().unwrap(), Doer { by: provider, at: now }, rows).unwrap();
    if joins {
        let directory = Directory::new(registers.providers().unwrap());
        let (pending_working_days, joined_days) = (40, 60);
        let terms = Terms { pending_working_days, joined_days, calendar: Arc::default() };
        let against = Against { directory: &directory, terms: &terms, now };
        assert_eq!(kept.join(&registers, &against).unwrap().changed, 1);
    }
}

#[test]
fn filings_that_a_kill_kept_from_being_counted_are_counted_when_they_are_asked_for() {
    let town = Town::new(60, 9);
    town.import_all();
    let (domain, provider) = town.site("not_connected");
    let provider = provider.unwrap();
    let filed = || {
        let rows = town.run(&["rates", "--format", "jsonl"]).json();
        let is_its = |row: &&Value| text(row, "/provider/id") == Some(&provider);
        rows.iter().find(is_its).unwrap()["filed"]["domains"].as_u64().unwrap()
    };
    let before = filed();
    submit(&town, &domain, &provider, true);
    assert_eq!(filed(), before + 1);
}

fn told_provider(town: &Town, id: &str) -> String {
    let findings = town.findings();
    let provider = findings.iter().find(|finding| text(finding, "/provider/id") == Some(id));
    format!("{} ({id})", text(provider.unwrap(), "/provider/name").unwrap())
}

fn provider_of(town: &Town, domain: &str) -> String {
    let findings = town.findings();
    let finding = findings.iter().find(|finding| text(finding, "/domain") == Some(domain)).unwrap();
    text(finding, "/provider/id").unwrap().to_owned()
}
