//! What a provider submits of its own finding: it answers for itself, and files nothing by its word.

use std::fs;

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
    assert_eq!(filed[0]["submitted"], serde_json::json!([]));
    assert_eq!(filed[0]["providers"][0]["id"].as_str(), Some(provider_of(&town, &domain).as_str()));
}

fn provider_of(town: &Town, domain: &str) -> String {
    let findings = town.findings();
    let finding = findings.iter().find(|finding| text(finding, "/domain") == Some(domain)).unwrap();
    text(finding, "/provider/id").unwrap().to_owned()
}
