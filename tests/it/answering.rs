//! Answers of providers, and what the next night and the bureau make of them.

use serde_json::Value;

use crate::town::Town;
use crate::town::text;

/// The newest finding of `domain` and its trail of changes.
fn finding_of(town: &Town, domain: &str) -> Value {
    let mut found =
        town.findings().into_iter().filter(|finding| text(finding, "/domain") == Some(domain));
    found.next_back().unwrap()
}

fn id_of(town: &Town, domain: &str) -> String {
    text(&finding_of(town, domain), "/id").unwrap().to_owned()
}

#[test]
fn an_answer_stands_until_the_next_night_confirms_or_refutes_it() {
    let town = Town::new(240, 9);
    town.import_all();
    let (mended, _) = town.site("gets_stopped");
    let (left, _) = town.site("unfiled");
    let scan = |night: &str| {
        let now = format!("2026-11-2{night}T01:00:00+08:00");
        town.run(&["--now", &now, "scan", "--domain", &mended, &left]).ends(0);
    };
    scan("4");
    for domain in [&mended, &left] {
        let id = id_of(&town, domain);
        let answer = ["--now", "2026-11-24T10:00:00+08:00", "answer", &id, "--result", "stopped"];
        town.run(&[&answer[..], &["--opinion", "已停止接入"]].concat()).ends(0).says(domain);
        let answered = finding_of(&town, domain);
        assert_eq!(text(&answered, "/state"), Some("answered"));
        assert_eq!(text(&answered, "/answer/result"), Some("stopped"));
        assert_eq!(text(&answered, "/answer/at"), Some("2026-11-24T10:00:00+08:00"));
    }
    town.play(2);
    scan("5");
    let closed = finding_of(&town, &mended);
    assert_eq!((text(&closed, "/state"), text(&closed, "/closed_reason")), {
        (Some("closed"), Some("stopped"))
    });
    let open = finding_of(&town, &left);
    assert_eq!((text(&open, "/state"), text(&open, "/answer/result")), {
        (Some("open"), Some("stopped"))
    });
    town.run(&["explain", &left]).ends(0).says("R36").says("operator").says("已停止接入：");
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let town = Town::new(60, 9);
    town.import_all();
    let (domain, _) = town.site("unfiled");
    town.scan(&["--domain", &domain]);
    let id = id_of(&town, &domain);
    let answer = |args: &[&str]| town.run(&[&["answer"], args].concat());
    answer(&[&id, "--result", "connected"]).ends(2).complains(&["connected", "filed, stopped"]);
    answer(&[&id, "--result", "disputed"]).ends(2).complains(&["opinion"]);
    answer(&[&id, "--result", "nonsense"]).ends(2);
    answer(&["01ARZ3NDEKTSV4RRFFQ69G5FAV", "--result", "filed"]).ends(2).complains(&["no such"]);
    answer(&[&id]).ends(2);
    answer(&[]).ends(2);
    assert_eq!(text(&finding_of(&town, &domain), "/state"), Some("open"));
    assert_eq!(finding_of(&town, &domain)["answer"], Value::Null);
}

#[test]
fn an_objection_waits_for_the_bureau_which_upholds_or_withdraws() {
    let town = Town::new(60, 9);
    town.import_all();
    let (domain, _) = town.site("unfiled");
    town.scan(&["--domain", &domain]);
    let id = id_of(&town, &domain);
    let referred = || town.run(&["findings", "--referred", "--format", "jsonl"]).json().len();
    let objects = || {
        let args = ["answer", &id, "--result", "not_ours", "--opinion", "该地址不是我们的"];
        town.run(&args).ends(0);
    };
    assert_eq!(referred(), 0);
    objects();
    assert_eq!(referred(), 1);
    town.scan(&["--domain", &domain]);
    assert_eq!(referred(), 1, "a night does not decide an objection");
    town.run(&["findings"]).ends(0).says("非本单位接入");
    town.run(&["uphold", &id, "--reason", "该地址在你单位名下"]).ends(0).says(&domain);
    town.run(&["uphold", &id, "--reason", "again"]).ends(2).complains(&["not objected"]);
    assert_eq!((referred(), text(&finding_of(&town, &domain), "/state")), (0, Some("open")));
    town.run(&["explain", &domain]).ends(0).says("异议未获采纳").says("该地址在你单位名下");
    objects();
    town.run(&["withdraw", &id, "--reason", "属实"]).ends(0);
    assert_eq!((referred(), text(&finding_of(&town, &domain), "/state")), (0, Some("closed")));
}

#[test]
fn an_export_with_its_answers_filled_in_is_read_back() {
    let town = Town::new(60, 9);
    town.import_all();
    let (first, _) = town.site("unfiled");
    let (second, _) = town.site("unfiled_gbk_page");
    town.scan(&["--domain", &first, &second]);
    let csv = town.run(&["findings", "--format", "csv"]);
    let mut rows = csv::Reader::from_reader(csv.ends(0).out.strip_prefix(b"\xef\xbb\xbf").unwrap());
    let heading = rows.headers().unwrap().clone();
    let place = |name: &str| heading.iter().position(|column| column == name).unwrap();
    let mut filled = csv::Writer::from_writer(Vec::new());
    filled.write_record(&heading).unwrap();
    for row in rows.records().map(Result::unwrap) {
        let mut row: Vec<String> = row.iter().map(str::to_owned).collect();
        if row[place("domain")] == first {
            row[place("answer.result")] = "处理中".to_owned();
            row[place("answer.opinion")] = "'=正在办理".to_owned();
        }
        filled.write_record(&row).unwrap();
    }
    let file = town.write("answers.csv", filled.into_inner().unwrap());
    town.run(&["answer", "--file", &file]).ends(0).says("1 taken, 0 unchanged, 1 blank, 0 refused");
    town.run(&["answer", "--file", &file]).ends(0).says("0 taken, 1 unchanged, 1 blank");
    assert_eq!(text(&finding_of(&town, &first), "/answer/opinion"), Some("=正在办理"));

    let id = id_of(&town, &second);
    let mixed = format!("编号,处理结果,处理意见\n{id},已停止接入,\n{id},张三,\n张三,已备案,\n");
    let mixed = town.write("mixed.csv", mixed);
    let strict = town.run(&["answer", "--file", &mixed, "--strict"]);
    strict.ends(2).complains(&["mixed.csv:3", "result"]).complains(&["mixed.csv:4", "id"]);
    assert!(!strict.err.contains("张三"));
    assert_eq!(text(&finding_of(&town, &second), "/state"), Some("open"));
    town.run(&["answer", "--file", &mixed])
        .ends(0)
        .says("1 taken, 0 unchanged, 0 blank, 2 refused");
    assert_eq!(text(&finding_of(&town, &second), "/state"), Some("answered"));
}

#[test]
fn a_row_of_an_export_that_nobody_touched_answers_nothing_anew() {
    let town = Town::new(60, 9);
    town.import_all();
    let (domain, _) = town.site("unfiled");
    town.scan(&["--domain", &domain]);
    let id = id_of(&town, &domain);
    let answer = |now: &str, result: &str| {
        let args = ["--now", now, "answer", &id, "--result", result, "--opinion", "不是我们的"];
        town.run(&args).ends(0);
    };
    answer("2026-12-01T09:30:20+08:00", "not_ours");
    town.run(&["uphold", &id, "--reason", "在你单位名下"]).ends(0);
    let read_back = |file: &str, expected: &str| {
        town.run(&["answer", "--file", file]).ends(0).says(expected);
    };
    for format in ["csv", "xlsx"] {
        let file = town.path(&format!("untouched.{format}")).display().to_string();
        town.run(&["findings", "--format", format, "--output", &file]).ends(0);
        read_back(&file, "0 taken, 1 unchanged");
        assert_eq!(text(&finding_of(&town, &domain), "/state"), Some("open"), "{format}");
    }
    let csv = town.run(&["findings", "--format", "csv"]).ends(0).text().to_owned();
    let edited = town.write("edited.csv", csv.replace("not_ours", "in_progress"));
    answer("2026-12-02T09:30:20+08:00", "disputed");
    let stale = town.run(&["answer", "--file", &edited]);
    stale.ends(0).says("0 taken, 0 unchanged, 0 blank, 1 refused").complains(&["export it again"]);
    assert_eq!(text(&finding_of(&town, &domain), "/answer/result"), Some("disputed"));
    let csv = town.run(&["findings", "--format", "csv"]).ends(0).text().to_owned();
    assert!(csv.contains("disputed"));
    let edited = town.write("edited.csv", csv.replace("disputed", "处理中"));
    read_back(&edited, "1 taken");
    assert_eq!(text(&finding_of(&town, &domain), "/answer/result"), Some("in_progress"));
}
