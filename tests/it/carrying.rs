//! The whole store goes into a file and comes out of it as it was.

use std::fs;
use std::fs::File;
use std::fs::TryLockError;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use serde_json::json;

use crate::desk::Desk;
use crate::held_night::Held;
use crate::served::Served;
use crate::served::key;
use crate::town::Town;
use crate::town::text;

/// What must be in the file of such a town.
const KINDS: [&str; 46] = [
    "provider",
    "allocation",
    "filing",
    "former_filing",
    "candidate",
    "problem",
    "filing_problem",
    "examination",
    "journal",
    "outcome",
    "finding",
    "change",
    "circumstances",
    "answer",
    "receipt",
    "scan",
    "exemption",
    "exemption_deed",
    "census",
    "night_count",
    "dossier",
    "evidence_file",
    "evidence_reading",
    "position",
    "address_census",
    "declared_figure",
    "roster",
    "release",
    "issue",
    "last_issue",
    "key",
    "key_deed",
    "key_use",
    "key_refusal",
    "key_tally",
    "bulletin_rules",
    "sample_round",
    "sample",
    "drawn_site",
    "sample_deed",
    "submitted_filing",
    "submitter",
    "joined_access",
    "access_refusal",
    "access_deed",
    "last_access_deed",
];

/// A town after two nights and a half, with something of everything that the store keeps.
fn lived_in() -> (Town, String) {
    let town = Town::new(120, 3);
    let at = |now: &str, args: &[&str]| {
        town.run(&[&["--now", now], args].concat()).ends(0);
    };
    town.import_all();
    town.import("filings", "left.csv", filing("left.cn"));
    at("2026-11-20T01:00:00+08:00", &["scan"]);
    town.play(2);
    town.import_all();
    town.import("filings", "bad.csv", filing("bad.cn"));
    let findings = town.findings();
    let is_answerable = |finding: &&Value| {
        text(finding, "/state") == Some("open") && text(finding, "/provider/id").is_some()
    };
    let answered = findings.iter().find(is_answerable).unwrap();
    let (id, provider) = (of_one(answered, "/id"), of_one(answered, "/provider/id"));
    at(
        "2026-11-20T09:00:00+08:00",
        &["exempt", "add", &of_one(findings.last().unwrap(), "/domain"), "--reason", "政府网站"],
    );
    at("2026-11-20T10:00:00+08:00", &["sample", "draw", "--seed", "1", "--size", "3"]);
    at("2026-11-20T11:00:00+08:00", &["findings", "--format", "v3", "--kind", "unfiled"]);
    at("2026-11-20T11:30:00+08:00", &["check", "filings"]);
    let declared = town.write("d.csv", "month,bureau,garbage\n2026-10,上海,8\n");
    at("2026-11-20T12:00:00+08:00", &["import", "declared", &declared]);
    at("2026-11-20T12:30:00+08:00", &["bulletin", "2026-10", "--release", "--actor", "王处长"]);
    let (secret, _) = key(&town, &["--ministry"]);
    let (theirs, _) = key(&town, &["--provider", &provider]);
    let is_titled = |finding: &&Value| text(finding, "/evidence/title").is_some();
    let read = of_one(findings.iter().find(is_titled).unwrap(), "/domain");
    let told = town.run(&["explain", &read, "--evidence", "--format", "json"]).json();
    let mut records = told[0]["evidence"].as_array().unwrap().iter().map(|of| &of["records"][0]);
    let record = records.find_map(|record| text(record, "/record")).unwrap();
    town.run(&["explain", &read, "--record", record]).ends(0);
    let served = Served::start(&town);
    let answer = json!({"result": "in_progress", "opinion": "正在核查"});
    let path = format!("/findings/{id}/answers");
    let once = [("idempotency-key", "word")];
    let came = served.call_with("POST", &path, Some(&theirs), Some(&answer), &once);
    assert!(came.status < 300, "{came:?}");
    let row = b"domain,site_number\nwaits.cn,\xe4\xba\xacICP\xe5\xa4\x8715023456\xe5\x8f\xb7-7\n"
        .to_vec();
    served.send("POST", "/filings", &theirs, ("text/csv", row)).ends(200);
    let filed = town.site("not_connected").0;
    let told = town.run(&["lookup", &filed, "--format", "json"]).json();
    let row = format!("domain,site_number\n{filed},{}\n", of_one(&told[0], "/numbers/0"));
    served.send("POST", "/filings", &theirs, ("text/csv", row.into_bytes())).ends(200);
    town.run(&["refuse", "refused.cn", "--provider", &provider, "--reason", "未接入"]).ends(0);
    served.call("GET", "/findings", Some("chabei_no"), None).ends(401);
    assert_eq!(served.stop(), Some(0));
    at("2026-11-21T01:00:00+08:00", &["scan"]);
    let ran = town.run(&["--now", "2026-11-22T01:00:00+08:00", "scan", "--limit", "30"]);
    ran.ends(0);
    (town, secret)
}

fn of_one(finding: &Value, path: &str) -> String {
    text(finding, path).unwrap().to_owned()
}

/// A register of one record, whose certificate is no number of any kind.
fn filing(domain: &str) -> String {
    format!(
        "domain,site_number,subject_kind,certificate_kind,certificate_number\n\
         {domain},京ICP备15023456号-1,企业,营业执照,123\n"
    )
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// What a file holds, by kind.
fn kinds(file: &str) -> Vec<String> {
    let lines = file.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut kinds: Vec<_> = lines.map(|line| line["kind"].as_str().unwrap().to_owned()).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

#[test]
fn everything_comes_back_as_it_was() {
    let (town, secret) = lived_in();
    let file = town.path("all.jsonl");
    let path = file.to_str().unwrap();
    let ran = town.run(&["export-data", path]);
    ran.ends(0).says("finding: ").complains(&["personal data"]).complains(&["evidence"]);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let all = fs::read_to_string(&file).unwrap();
    assert!(!all.contains(&secret[7..]), "keys are known by their hashes only");
    let there = kinds(&all);
    for kind in KINDS {
        assert!(there.iter().any(|known| known == kind), "no {kind} in {there:?}");
    }
    town.run_over("other", &["import-data", path]).ends(0).complains(&["evidence", "WARC"]);
    assert_eq!(town.run_over("other", &["export-data", "-"]).ends(0).text(), all);
    copy(&town.path("data/evidence"), &town.path("other/evidence"));
    town.run_over("other", &["check-data"]).ends(0);
    assert_eq!(town.findings_in("other"), town.findings_in("data"));
    let domain = of_one(town.findings().last().unwrap(), "/domain");
    for args in
        [&["explain", &domain, "--format", "json"][..], &["lookup", &domain], &["sample", "list"]]
    {
        assert_eq!(town.run_over("other", args).out, town.run_over("data", args).out, "{args:?}");
    }

    let feed = || {
        let served = Served::start(&town);
        let page = served.get("/changes?after=2&limit=5", &secret).ends(200).json();
        let again = town.run(&["export-data", "-"]);
        assert_eq!(kinds(again.ends(0).text()), there, "the owner exports, too");
        town.run(&["import-data", path]).ends(2).complains(&["empty folder"]);
        assert_eq!(served.stop(), Some(0));
        page
    };
    let before = feed();
    fs::rename(town.path("data"), town.path("old")).unwrap();
    fs::rename(town.path("other"), town.path("data")).unwrap();
    assert_eq!(feed(), before);

    // The night that was not finished goes on in the new place.
    let rest = ["--now", "2026-11-22T02:00:00+08:00", "scan"];
    town.run_over("old", &rest).ends(0);
    town.run_over("data", &rest).ends(0);
    let told = |data: &str| -> Vec<_> {
        let fields = ["/domain", "/kind", "/state", "/provider/id", "/first_seen"];
        let told = |finding: &Value| fields.map(|field| text(finding, field).map(str::to_owned));
        town.findings_in(data).iter().map(told).collect()
    };
    let sorted = |data: &str| {
        let mut all = told(data);
        all.sort();
        all
    };
    assert_eq!(sorted("data"), sorted("old"));
}

#[test]
fn a_file_that_is_not_whole_fills_nothing() {
    let desk = Desk::new();
    desk.import("candidates", "c.txt", "a.cn\nb.cn\n");
    let whole = desk.run(&["export-data", "-"]).ends(0).text().to_owned();
    let lines = whole.lines().count();
    let cut = whole.lines().take(lines - 1).collect::<Vec<_>>().join("\n") + "\n";
    for (text, why) in [
        (cut, "cut"),
        (whole.replace("\"a.cn\"", "\"c.cn\""), "changed"),
        (whole.replacen("candidate", "candidat", 4), "line "),
        ("a.cn\n".to_owned(), "line 1: it does not begin an export"),
        (String::new(), "line 1"),
    ] {
        let file = desk.write("bad.jsonl", text);
        let ran = desk.run_over("other", &["import-data", &file]);
        ran.ends(2).complains(&["bad.jsonl", why]).complains(&["nothing was imported"]);
        assert!(!desk.path("other").exists());
        let hidden = fs::read_dir(desk.folder()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(hidden.into_iter().all(|name| !name.to_str().unwrap().starts_with('.')));
    }
    let file = desk.write("good.jsonl", &whole);
    desk.run(&["import-data", &file]).ends(2).complains(&["not empty"]);
    fs::create_dir(desk.path("other")).unwrap();
    desk.run_over("other", &["import-data", &file]).ends(0).says("candidate: 2");
    desk.run_over("other", &["import-data", &file]).ends(2).complains(&["not empty"]);
    desk.run_over("none", &["export-data", &file]).ends(2).complains(&["no data"]);
    assert!(!desk.path("none").exists());
}

#[test]
fn a_night_under_way_is_exported_as_far_as_it_is() {
    let town = Town::new(30, 3);
    town.import_all();
    town.scan(&[]);
    let held = Held::over(&town, "data");
    let all = town.run(&["export-data", "-"]).ends(0).text().to_owned();
    held.terminate();
    let file = town.write("all.jsonl", &all);
    town.run_over("other", &["import-data", &file]).ends(0);
    assert_eq!(town.run_over("other", &["export-data", "-"]).ends(0).text(), all);
}

#[test]
fn nobody_begins_to_use_a_folder_that_is_being_filled_and_what_a_kill_left_is_cleared_away() {
    let desk = Desk::new();
    let names: Vec<_> = (0..10_000).map(|number| format!("a{number}.cn")).collect();
    desk.import("candidates", "c.txt", names.join("\n"));
    let whole = desk.run(&["export-data", "-"]).ends(0).text().to_owned();
    let (most, rest) = whole.split_at(whole.len() - 100);
    assert!(most.len() > 1 << 18, "a pipe must not hold what is told before it is read");
    let begin = || {
        let mut command = desk.command_over("other", &["import-data", "-"]);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(most.as_bytes()).unwrap();
        (child, input)
    };
    let hidden = || {
        let entries = fs::read_dir(desk.folder()).unwrap().map(|entry| entry.unwrap().file_name());
        entries.filter(|name| name.to_str().unwrap().starts_with(".other-import-")).count()
    };
    let (mut killed, _input) = begin();
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(hidden(), 1);

    let (child, mut input) = begin();
    assert_eq!(hidden(), 1, "that of the one that was killed is gone");
    let lock = File::open(desk.path("other/lock")).unwrap();
    assert!(matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
    input.write_all(rest.as_bytes()).unwrap();
    drop(input);
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(hidden(), 0);
    assert_eq!(desk.run_over("other", &["export-data", "-"]).ends(0).text(), whole);
}
