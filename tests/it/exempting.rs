//! Findings that people take out of the account: withdrawn ones, and those of exempt names.

use crate::town::Town;
use crate::town::text;

#[test]
fn a_withdrawn_finding_stays_closed_on_the_next_night() {
    let town = Town::new(60, 9);
    town.import_all();
    let (domain, _) = town.site("unfiled");
    town.scan(&["--domain", &domain]);
    let id = text(&town.findings()[0], "/id").unwrap().to_owned();
    town.run(&["withdraw", &id, "--reason", ""]).ends(2);
    town.run(&["withdraw", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "--reason", "x"]).ends(2);
    assert_eq!(text(&town.findings()[0], "/state"), Some("open"));
    let by = ["withdraw", &id, "--reason", "一场误会", "--by", "李科长"];
    town.run(&by).ends(0).says(&domain);
    town.run(&["withdraw", &id, "--reason", "again"]).ends(2).complains(&["closed"]);
    town.scan(&["--domain", &domain]);
    let findings = town.findings();
    let [finding] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!(text(finding, "/id"), Some(id.as_str()));
    assert_eq!(text(finding, "/state"), Some("closed"));
    assert_eq!(text(finding, "/closed_reason"), Some("withdrawn"));
    town.run(&["explain", &domain]).ends(0).says("一场误会").says("李科长");
}

#[test]
fn an_exempt_name_is_not_reported_until_it_is_so_no_more() {
    let town = Town::new(60, 9);
    town.import_all();
    let (domain, _) = town.site("unfiled");
    let (other, _) = town.site("unfiled_gbk_page");
    let scan = || {
        town.scan(&["--domain", &domain, &other]);
        let standing = town.run(&["findings", "--format", "jsonl"]).json();
        let names = standing.iter().filter_map(|finding| text(finding, "/domain"));
        let mut names: Vec<_> = names.map(str::to_owned).collect();
        names.sort();
        names
    };
    let mut both = [domain.clone(), other.clone()];
    both.sort();
    town.run(&["exempt", "add", &domain, "--reason", "政府网站"]).ends(0);
    assert_eq!(scan(), [other.as_str()]);
    town.run(&["exempt", "list"]).ends(0).says(&domain).says("政府网站");
    assert_eq!(town.run(&["exempt", "list", "--format", "json"]).json()[0]["domain"], domain);

    let because = ["exempt", "remove", &domain, "--reason", "已移交他局"];
    town.run(&because).ends(0);
    town.run(&["exempt", "remove", &domain]).ends(2).complains(&[&domain, "not exempt"]);
    assert!(town.run(&["exempt", "list", "--format", "json"]).out.is_empty());
    assert_eq!(scan(), both);

    town.run(&["exempt", "add", &other, "--reason", "x", "--by", "王处长"]).ends(0);
    assert_eq!(scan(), [domain.as_str()]);
    let log = town.run(&["exempt", "log", "--format", "json"]).json();
    let told = |deed: &serde_json::Value| {
        ["deed", "domain", "reason"].map(|field| deed[field].as_str().unwrap_or("-").to_owned())
    };
    let told: Vec<_> = log.iter().map(told).collect();
    assert_eq!(
        told,
        [
            ["added", &domain, "政府网站"],
            ["removed", &domain, "已移交他局"],
            ["added", &other, "x"],
        ]
    );
    assert_eq!(log[2]["by"], "王处长");
    let of_one = town.run(&["exempt", "log", &other]);
    of_one.ends(0).says("王处长").says("added");
    assert!(!of_one.text().contains(&*domain));
    let closed = town.run(&["findings", "--state", "closed", "--format", "jsonl"]).json();
    assert_eq!(text(&closed[0], "/domain"), Some(other.as_str()));
    assert_eq!(text(&closed[0], "/closed_reason"), Some("exempt"));
}

#[test]
fn an_exemption_needs_a_reason_and_ends_on_its_day() {
    let town = Town::new(60, 9);
    town.import_all();
    let (domain, _) = town.site("unfiled");
    let add = |until: &str, reason: &str| {
        let now = ["--now", "2026-11-23T12:00:00+08:00"];
        let add = ["exempt", "add", &domain, "--reason", reason, "--until", until];
        town.run(&[&now[..], &add].concat())
    };
    add("2026-11-22", "over").ends(2).complains(&["before today"]);
    add("2026-11-30", " ").ends(2).complains(&["--reason"]);
    add("2026-11-24", "short").ends(0);
    for (now, standing) in [("2026-11-24T23:00:00+08:00", 0), ("2026-11-25T01:00:00+08:00", 1)] {
        let path = town.path("filings.csv");
        let import = ["import", "filings", path.to_str().unwrap(), "--replace"];
        town.run(&[&["--now", now][..], &import].concat()).ends(0);
        town.run(&["--now", now, "scan", "--domain", &domain]).ends(0);
        let open = town.run(&["findings", "--format", "jsonl"]).json();
        assert_eq!(open.len(), standing, "{now}");
    }
}
