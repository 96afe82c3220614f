//! The accuracy sample from the draw to the rate: the same seed draws the same sites, sheets are masked
//! unless revealed, results add up and are corrected in the open, and the rates are those of annex 2.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use crate::desk::Desk;
use crate::town::text;

const NOW: &str = "2026-11-24T10:00:00+08:00";

/// A desk with 40 sites of 甲, 10 of them filed in November 2026, and 5 of 乙.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.import("providers", "providers.csv", "id,name,bureau\nA,甲,北京\nB,乙,上海\n");
    let head = "domain,site_number,providers,subject_name,subject_kind,responsible_name,\
                mobile_phone,address,site_name,filed_on\n";
    let mut rows = head.to_owned();
    for index in 0..45 {
        let (provider, day) = match index {
            0..10 => ("甲", "2026-11-03"),
            10..40 => ("甲", "2020-05-06"),
            _ => ("乙", "2020-05-06"),
        };
        writeln!(
            rows,
            "site{index}.cn,京ICP备{}号-1,{provider},王小明{index},个人,王小明{index},138123456{index:02},\
             北京市海淀区中关村大街{index}号,=示例{index},{day}",
            20_000_000 + index
        )
        .unwrap();
    }
    desk.import("filings", "filings.csv", rows);
    desk
}

fn sheet(desk: &Desk, args: &[&str]) -> Vec<Vec<String>> {
    let ran = desk.run(&[&["--now", NOW, "sample", "sheet"], args].concat());
    let out = ran.ends(0).text().trim_start_matches('\u{feff}').to_owned();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(out.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// The ids of the sites of one age on the sheet.
fn ids(desk: &Desk, provider: &str, age: &str) -> Vec<String> {
    let rows = sheet(desk, &["--provider", provider]);
    rows.into_iter().filter(|row| row[2] == age).map(|row| row[0].clone()).collect()
}

fn rate(desk: &Desk, args: &[&str], wanted: [&str; 3]) -> Value {
    let command = ["--now", NOW, "sample", "rate", "--format", "json"];
    let rates = desk.run(&[&command[..], args].concat()).json();
    let found = rates.into_iter().find(|rate| {
        ["scope", "sample", "records"].iter().zip(wanted).all(|(key, word)| rate[key] == word)
    });
    found.unwrap_or_else(|| panic!("no {wanted:?}"))
}

#[test]
fn without_a_word_it_draws() {
    let drawn = |word: &[&str]| {
        let desk = desk();
        let args = ["--size", "10", "--provider", "甲", "--seed", "5"];
        let ran = desk.run(&[&["--now", NOW, "sample"], word, &args].concat());
        (ran.ends(0).text().to_owned(), sheet(&desk, &[]))
    };
    let (told, sites) = drawn(&[]);
    assert_eq!((told, sites.len()), (drawn(&["draw"]).0, 11));
    assert_eq!(sites, drawn(&["draw"]).1, "the same sites");
    desk().run(&["sample"]).ends(2).complains(&["chabei sample <COMMAND>"]);
    desk().run(&["sample", "--size", "3", "list"]).ends(2);
}

#[test]
fn the_same_seed_draws_the_same_sites_in_whatever_order_they_were_imported() {
    let draw = |desk: &Desk| -> BTreeSet<String> {
        let draw = ["--now", NOW, "sample", "draw", "--size", "12", "--provider", "甲"];
        let said = desk.run(&[&draw[..], &["--seed", "7", "--format", "json"]].concat()).json();
        let strata = &said[0]["samples"][0]["strata"];
        assert_eq!(strata[0], serde_json::json!({"records":"new","population":10,"drawn":6}));
        assert_eq!(strata[1], serde_json::json!({"records":"older","population":30,"drawn":6}));
        sheet(desk, &[]).into_iter().skip(1).map(|row| row[1].clone()).collect()
    };
    let one = desk();
    let first = draw(&one);
    assert_eq!(first.len(), 12);
    let other = Desk::new();
    other.import("providers", "providers.csv", "id,name,bureau\nB,乙,上海\nA,甲,北京\n");
    let rows = std::fs::read_to_string(one.path("filings.csv")).unwrap();
    let (head, rows) = rows.split_once('\n').unwrap();
    for part in rows.lines().rev().collect::<Vec<_>>().chunks(20) {
        other.import("filings", "part.csv", format!("{head}\n{}\n", part.join("\n")));
    }
    assert_eq!(draw(&other), first);
    let again = ["--now", NOW, "sample", "draw", "--size", "12", "--provider", "甲"];
    one.run(&[&again[..], &["--seed", "8"]].concat()).ends(0).says("第 2 轮");
    let second = sheet(&one, &[]).into_iter().skip(1).map(|row| row[1].clone()).collect();
    assert_ne!(first, second);
    one.run(&["sample", "draw", "--provider", "丙"]).ends(2);
    one.run(&["sample", "sheet", "--round", "9"]).ends(2).complains(&["no round 9", "sample list"]);
    // By margin: 1.96² · 0.25 / 0.3² = 10.67, and of ten 10.67 / (1 + 9.67 / 10) = 5.4.
    let draw = ["sample", "draw", "--confidence", "95", "--margin", "30", "--format", "json"];
    let said = one.run(&[&["--now", NOW], &draw[..]].concat()).json();
    assert_eq!(said[0]["samples"][0]["strata"][0]["drawn"], 6);
}

#[test]
fn a_sheet_is_masked_unless_revealed_and_that_is_logged() {
    let desk = desk();
    desk.run(&["--now", NOW, "sample", "draw", "--size", "9", "--seed", "1"]).ends(0);
    for kind in ["sheet", "calls", "messages"] {
        let masked = desk.run(&["sample", "sheet", "--kind", kind]);
        let told = masked.ends(0).text();
        assert!(told.contains("王**") || kind == "calls", "{told}");
        assert!(!told.contains("王小明") && !told.contains("13812345"), "{kind}: {told}");
        assert!(!told.contains(",=示例"), "{told}");
        let args = ["sample", "sheet", "--kind", kind, "--reveal", "--by", "李雷"];
        let revealed = desk.run(&args);
        revealed.ends(0).complains(&["personal data go out unmasked", "李雷", kind]);
        assert!(revealed.text().contains("王小明"), "{kind}");
        assert!(!revealed.err.contains("王小明"));
    }
    let log = desk.run(&["sample", "log", "--format", "json"]).json();
    let revealed: Vec<&Value> = log.iter().filter(|deed| deed["deed"] == "revealed").collect();
    assert_eq!(revealed.len(), 3);
    assert_eq!((&revealed[0]["by"], &revealed[0]["sites"]), (&"李雷".into(), &14.into()));
    let file = desk.path("sheet.xlsx");
    let args = ["sample", "sheet", "--format", "xlsx", "--output", file.to_str().unwrap()];
    desk.run(&args).ends(0);
    // The sheet that went out comes back empty, and says nothing.
    let read = desk.run(&["sample", "read", file.to_str().unwrap(), "--strict"]);
    read.ends(0).says("0 taken, 0 of them corrections, 0 unchanged, 14 blank, 0 refused");
}

#[test]
fn results_add_up_to_the_rate_of_annex_2_with_its_intervals() {
    let desk = desk();
    desk.run(&["--now", NOW, "sample", "draw", "--size", "20", "--seed", "1"]).ends(0);
    let (new, older) = (ids(&desk, "甲", "本月新入库"), ids(&desk, "甲", "之前已入库"));
    assert_eq!((new.len(), older.len()), (10, 10));
    let mut sheet = "行号,联系结果,联系电话是否准确,错误类型,错误原因,备注\n".to_owned();
    for (index, id) in new.iter().enumerate() {
        let row = match index {
            0..7 => "全部属实,,,,",
            7 => "否认主办,,冒用他人信息,主办者填报不实,找王小明",
            8 => "无人接听,,,,",
            _ => "空号,,已变更未更新,,",
        };
        writeln!(sheet, "{id},{row}").unwrap();
    }
    let file = desk.write("results.csv", &sheet);
    let read = desk.run(&["--now", NOW, "sample", "read", &file, "--by", "李雷"]);
    read.ends(0).says("10 taken, 0 of them corrections");
    desk.run(&["sample", "read", &file])
        .ends(0)
        .says("0 taken, 0 of them corrections, 10 unchanged");
    // 7 right, 1 wrong; unreachable, and a wrong number with an address nobody asked for: unknown.
    let told = rate(&desk, &[], ["provider", "current", "new"]);
    assert_eq!([&told["verified"], &told["right"], &told["unverified"]], [8, 7, 2]);
    assert_eq!((&told["rate"], &told["target"]), (&0.875.into(), &0.87.into()));
    assert_eq!((&told["reached"], &told["certain"]), (&true.into(), &false.into()));
    assert_eq!((&told["bounds"]["low"], &told["bounds"]["high"]), (&0.7.into(), &0.9.into()));
    // statsmodels: proportion_confint(7, 8, 0.05, "wilson") and "beta".
    for (pointer, expected) in [
        ("/wilson/low", 0.529_111_817_787_146_6),
        ("/wilson/high", 0.977_582_508_549_943_4),
        ("/exact/low", 0.473_490_329_124_793_44),
        ("/exact/high", 0.996_840_276_468_748_1),
    ] {
        let ours = told.pointer(pointer).unwrap().as_f64().unwrap();
        assert!((ours - expected).abs() < 1e-9, "{pointer}: {ours}");
    }
    // `rates` shows the same beside the filing rate, and not what came after a past day.
    let beside = |day: &[&str]| -> Vec<Value> {
        let rates = [&["--now", NOW, "rates", "--provider", "甲", "--format", "json"], day];
        let row = desk.run(&rates.concat()).json().remove(0);
        row["accuracy"].as_array().unwrap().clone()
    };
    assert!(beside(&[]).contains(&told));
    assert_eq!(beside(&["--at", "2026-11-23"]), [] as [Value; 0]);
    desk.run(&["--now", NOW, "rates"]).ends(0).says("87.50 %").says("目标 87.00 %");
    // Nobody verified an older record: the provider's whole stands for the new ones only.
    let all = rate(&desk, &[], ["provider", "current", "all"]);
    assert_eq!((&all["covered"], &all["population"]), (&10.into(), &40.into()));
    let report = desk.run(&["sample", "report", "--provider", "甲", "--format", "json"]).json();
    assert_eq!(report[0]["kinds"], serde_json::json!({"impersonated": 1, "outdated": 1}));
    assert_eq!(report[0]["causes"]["unknown"], 1);
    assert_eq!(report[0]["items"]["phone"], 1);
    assert!(!report[0].to_string().contains("王小明"));
    desk.run(&["sample", "report"])
        .ends(0)
        .says("冒用他人信息 1")
        .says("联系电话 1")
        .says("京ICP备");
}

#[test]
fn a_correction_is_told_and_what_contradicts_is_refused_with_its_place() {
    let desk = desk();
    desk.run(&["--now", NOW, "sample", "draw", "--size", "4", "--seed", "1"]).ends(0);
    let ids = ids(&desk, "甲", "本月新入库");
    let (one, two) = (&ids[0], &ids[1]);
    let text = format!(
        "id,domain,contact,phone_right,error_kind\n\
         S1-0000000000,,confirmed,,\n\
         {one},other.cn,confirmed,,\n\
         {one},,confirmed,wrong,\n\
         {one},,,right,missing\n\
         {one},,,maybe,\n\
         {two},,confirmed,,\n\
         {two},,,wrong,\n"
    );
    let file = desk.write("results.csv", &text);
    desk.run(&["sample", "read", &file, "--strict"]).ends(2).complains(&["nothing was taken"]);
    let read = desk.run(&["sample", "read", &file]);
    read.ends(0).says("1 taken, 0 of them corrections, 0 unchanged, 0 blank, 6 refused");
    for (line, part) in [
        (2, "no such row was ever drawn here"),
        (3, "another Domain"),
        (4, "says that all is right"),
        (5, "nothing is said to be wrong"),
        (6, "none of right"),
        (8, "line 7 says otherwise of phone"),
    ] {
        read.complains(&[&format!("results.csv:{line}:"), part]);
    }
    let file =
        desk.write("later.csv", format!("行号,联系电话是否准确,通信地址是否准确\n{two},否,否\n"));
    let read = desk.run(&["sample", "read", &file, "--by", "韩梅梅"]);
    read.ends(0).says(&format!("corrected {two} 联系电话: 准确 -> 不准确"));
    read.says("1 taken, 1 of them corrections");
    let report = desk.run(&["sample", "report", "--format", "json"]).json();
    let site = &report[0]["sites"][0];
    assert_eq!((text_of(site, "/id"), &site["corrected"]), (two.as_str(), &true.into()));
    let log = desk.run(&["sample", "log", "--format", "json"]).json();
    assert_eq!((&log[2]["by"], &log[2]["corrected"]), (&"韩梅梅".into(), &1.into()));
}

fn text_of<'v>(value: &'v Value, pointer: &str) -> &'v str {
    text(value, pointer).unwrap()
}

#[test]
fn first_and_current_samples_stand_side_by_side_and_a_changed_record_is_told() {
    let desk = desk();
    for (contact, seed) in [("denied", "1"), ("confirmed", "2")] {
        let draw = ["--now", NOW, "sample", "draw", "--size", "10", "--seed", seed];
        desk.run(&[&draw[..], &["--provider", "甲"]].concat()).ends(0);
        let rows = sheet(&desk, &[]);
        let ids = rows.iter().skip(1).map(|row| format!("{},{contact}\n", row[0]));
        let file = desk.write("results.csv", format!("id,contact\n{}", ids.collect::<String>()));
        desk.run(&["sample", "read", &file, "--strict"]).ends(0).says("10 taken");
    }
    for scope in ["provider", "bureau", "nation"] {
        let [first, current] =
            ["first", "current"].map(|sample| rate(&desk, &[], [scope, sample, "all"]));
        assert_eq!((&first["rate"], &first["round"]), (&0.0.into(), &1.into()), "{scope}");
        assert_eq!((&current["rate"], &current["round"]), (&1.0.into(), &2.into()), "{scope}");
    }
    for format in ["table", "csv", "xlsx"] {
        desk.run(&["sample", "rate", "--format", format]).ends(0);
    }
    desk.run(&["sample", "rate"]).ends(0).says("首次抽查").says("本次抽查");
    desk.run(&["sample", "list"]).ends(0).says("种子 2");
    let changed = "domain,site_number,providers\n";
    desk.run(&[
        "import",
        "filings",
        &desk.write("f.csv", format!("{changed}site1.cn,,甲\n")),
        "--replace",
    ])
    .ends(0);
    let sheet = desk.run(&["sample", "sheet"]);
    sheet.ends(0).says("登记已注销").complains(&["changed since they were drawn"]);
}
