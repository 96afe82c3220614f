//! What is wrong with the address register: found on import and by `check`, kept with its days, and
//! closed when it is mended.

use std::collections::BTreeSet;

use chabei::lab::problems::planted;
use serde_json::Value;

use crate::desk::Desk;
use crate::town::Town;
use crate::town::text;

/// Imports the allocations of the town as they are now, on the day `now`.
fn import(town: &Town, now: &str) -> String {
    let file = town.path("allocations.csv");
    let file = file.to_str().unwrap();
    let ran = town.run(&["--now", now, "import", "allocations", file, "--replace", "--strict"]);
    ran.ends(0).text().to_owned()
}

fn problems(town: &Desk, now: &str, args: &[&str]) -> Vec<Value> {
    let command = ["--now", now, "check", "allocations", "--format", "json"];
    town.run(&[&command[..], args].concat()).json()
}

/// Which unit must mend what where.
fn told(problem: &Value) -> (Option<String>, String, String, String) {
    let at = |pointer: &str| text(problem, pointer).unwrap().to_owned();
    (text(problem, "/provider/id").map(str::to_owned), at("/fault"), at("/level"), at("/range"))
}

#[test]
fn every_planted_fault_is_found_with_its_day_and_closes_when_it_is_mended() {
    let town = Town::new(30, 1);
    town.import_all();
    let expected = |night: u32| -> BTreeSet<_> {
        let keys = planted(town.providers(), night).into_iter();
        keys.map(|key| {
            let provider = key.provider.map(|id| id.to_string());
            let (fault, level) = (key.fault.word().to_owned(), key.level.word().to_owned());
            (provider, fault, level, key.range.to_string())
        })
        .collect()
    };
    let monday = "2026-11-23T02:00:00+08:00";
    let said = import(&town, monday);
    assert!(said.contains("in the address register"), "{said}");
    let first = problems(&town, monday, &[]);
    assert_eq!(first.iter().map(told).collect::<BTreeSet<_>>(), expected(1));

    town.play(2);
    import(&town, "2026-11-24T02:00:00+08:00");
    let second = problems(&town, "2026-11-26T02:00:00+08:00", &[]);
    assert_eq!(second.iter().map(told).collect::<BTreeSet<_>>(), expected(2));
    let standing: BTreeSet<_> = expected(1).intersection(&expected(2)).cloned().collect();
    for problem in &second {
        let is_old = standing.contains(&told(problem));
        // Two calendar days after the check that saw it first.
        let due = text(problem, "/due").unwrap();
        assert_eq!(due < "2026-11-26", is_old && problem["overdue"] == true, "{problem}");
    }
    let overdue = problems(&town, "2026-11-26T02:00:00+08:00", &["--overdue"]);
    let all = problems(&town, "2026-11-26T02:00:00+08:00", &["--all"]);
    assert!(overdue.iter().all(|problem| problem["overdue"] == true));
    let mended = all.iter().filter(|problem| problem["closed"] == true).map(told);
    let expected_mended: BTreeSet<_> = expected(1).difference(&expected(2)).cloned().collect();
    assert_eq!(mended.collect::<BTreeSet<_>>(), expected_mended);
}

#[test]
fn a_provider_or_bureau_sees_its_own_and_codes_are_those_of_the_interface() {
    let desk = Desk::new();
    desk.import("providers", "providers.csv", "id,name,bureau\nA,甲,北京\nB,乙,上海\n");
    let rows = "start,end,provider,kind,from,to,gateway,user\n\
                1.2.3.0,1.2.3.255,A,reassigned,,B,,\n\
                1.2.4.0,1.2.4.255,B,own_use,,,1.2.5.1,=1+1\n";
    let said = desk.import("allocations", "allocations.csv", rows);
    said.says("problems: 6 in the address register, 6 new, 0 mended");
    let now = "2026-11-23T02:00:00+08:00";
    let of = |args: &[&str]| -> Vec<(String, Value, Value)> {
        let rows = problems(&desk, now, args);
        let row = |row: &Value| {
            (
                text(row, "/fault").unwrap().to_owned(),
                row["code"].clone(),
                row["check_code"].clone(),
            )
        };
        rows.iter().map(row).collect()
    };
    let none = Value::Null;
    assert_eq!(of(&["--provider", "甲"]), [("no_source".to_owned(), 2005.into(), "Yj2".into())]);
    let b = [
        ("date_missing", 2030.into(), none.clone()),
        ("gateway_wrong", 2008.into(), none.clone()),
        ("no_source", 2005.into(), "Yj2".into()),
        ("unreported", none.clone(), "Wb1".into()),
        ("use_missing", 2032.into(), none),
    ];
    let b: Vec<_> = b.into_iter().map(|(word, a, b)| (word.to_owned(), a, b)).collect();
    assert_eq!(of(&["--bureau", "上海"]), b);
    desk.run(&["check", "allocations", "--provider", "丙"]).ends(2);
    desk.run(&["check", "allocations"]).ends(0).says("越界").says("网关");
    let csv = desk.run(&["check", "allocations", "--format", "csv"]);
    assert!(csv.ends(0).text().starts_with("\u{feff}provider.id,"));
    assert_eq!(csv.text().lines().count(), 7);
    let xlsx = desk.path("problems.xlsx");
    let xlsx = xlsx.to_str().unwrap();
    desk.run(&["check", "allocations", "--format", "xlsx", "--output", xlsx]).ends(0);
    assert!(std::fs::read(xlsx).unwrap().starts_with(b"PK\x03\x04"));
}

#[test]
fn what_is_half_mended_keeps_its_day() {
    let desk = Desk::new();
    desk.import("providers", "providers.csv", "id,name,kind\nA,甲,carrier\n");
    let head = "start,end,provider,kind\n1.2.0.0,1.2.255.255,A,source\n";
    let import = |rows: &str, now: &str| {
        let file = desk.write("allocations.csv", format!("{head}{rows}"));
        desk.run(&["--now", now, "import", "allocations", &file, "--replace"]).ends(0);
        problems(&desk, now, &[])
    };
    let first = import("", "2026-11-01T09:00:00+08:00");
    let later = import("1.2.0.0,1.2.0.0,A,reserved\n", "2026-11-24T10:00:00+08:00");
    let [first, later] = [&first[..], &later[..]].map(|rows| {
        let [row] = rows else { panic!("{rows:#?}") };
        row.clone()
    });
    assert_ne!(first["part"], later["part"]);
    assert_eq!((&first["first_seen"], &first["due"]), (&later["first_seen"], &later["due"]));
    assert_eq!(later["overdue"], true);
}
