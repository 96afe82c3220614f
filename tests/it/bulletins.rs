//! Bulletins of a made-up quarter against tables that were worked out by hand, drafts and releases.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::Data;
use calamine::Reader as _;
use calamine::Xlsx;
use chabei::facts::finding::Finding;
use chabei::publish::bulletin::Bulletin;
use chabei::store::findings::Findings;
use serde_json::Value;

use crate::quarter::Row;
use crate::quarter::at;
use crate::quarter::put_checks;
use crate::quarter::put_night;
use crate::quarter::put_sample;
use crate::quarter::quarter;
use crate::quarter::rows;
use crate::quarter::tables;
use crate::quarter::tell;

#[test]
fn a_quarter_is_what_was_worked_out_by_hand() {
    let desk = quarter();
    let mut expected: BTreeMap<String, BTreeMap<String, Vec<(String, String)>>> = BTreeMap::new();
    for row in rows("expected.csv") {
        let tab = expected.entry(row["month"].clone()).or_default().entry(row["tab"].clone());
        tab.or_default().push((row["row"].clone(), row["cells"].clone()));
    }
    let mut invented = Vec::new();
    for (month, tabs) in expected {
        let (month, bureau) = month.split_once(' ').unwrap_or((&month, ""));
        let mut args =
            vec!["--now", "2009-07-15T09:00:00+08:00", "bulletin", month, "--format", "csv"];
        if !bureau.is_empty() {
            args.extend(["--bureau", bureau]);
        }
        let ran = desk.run(&args);
        ran.ends(0);
        let tables = tables(ran.text());
        assert_eq!(tables.len(), 16, "{month}: {:?}", tables.keys());
        for (tab, rows) in &tables {
            if tab == "附件6（一）" {
                assert_eq!(*rows, tasks(month), "{month}");
                continue;
            }
            let expected = tabs.get(tab).map(Vec::as_slice).unwrap_or_default();
            let rest = expected.iter().find(|(row, _)| row == "*");
            for (row, cells) in rows {
                let own = expected.iter().find(|(name, _)| name == row);
                // Of the overview only the figures; what is said beside them is words.
                let cells = if tab == "概况" { cells.split('|').next().unwrap() } else { cells };
                match own.or(rest) {
                    Some((_, expected)) => assert_eq!(cells, expected, "{month} {tab} {row}"),
                    None => invented.push(format!("{month} {bureau},{tab},{row},{cells}")),
                }
            }
            for (row, _) in expected.iter().filter(|(row, _)| row != "*") {
                let told = rows.iter().filter(|(name, _)| name == row).count();
                assert_eq!(told, 1, "{month} {tab} {row}: {rows:?}");
            }
        }
        assert!(tabs.keys().all(|tab| tables.contains_key(tab)), "{month}: {tabs:?}");
        let provinces = tables["附件6（二）5"].len();
        assert_eq!(provinces, if bureau.is_empty() { 32 } else { 1 }, "{month} {bureau}");
    }
    assert!(invented.is_empty(), "nobody worked these out:\n{}", invented.join("\n"));
}

/// The tasks of annex 5 as the plan has them, with the progress that was declared of `month`.
fn tasks(month: &str) -> Vec<(String, String)> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/config/tasks.csv");
    let mut before = String::new();
    let mut reader = csv::Reader::from_path(file).unwrap();
    let rows = reader.records().map(Result::unwrap).map(|task| {
        let progress = match (month, &task[0]) {
            ("2009-06", "1") => "已完成",
            ("2009-06", "27") => "按月开展",
            _ => "—",
        };
        let is_same = std::mem::replace(&mut before, task[1].to_owned()) == task[1];
        let name = if is_same { String::new() } else { task[1].to_owned() };
        (name, [&task[2], &task[3], &task[4], &task[5], progress].join("|"))
    });
    rows.collect()
}

#[test]
fn a_bureau_is_told_how_accurate_those_are_whom_it_supervises_and_no_others() {
    let desk = quarter();
    let findings = Findings::open(&desk.path("data/findings")).unwrap();
    // Of Beijing, and with a site in Guangdong.
    let row = [
        ("at", "2009-06-12"),
        ("finding", "90"),
        ("domain", "far.cn"),
        ("kind", "unfiled"),
        ("provider", "P2"),
        ("bureau", "广东"),
        ("event", "opened"),
        ("due", "2009-07-02"),
    ];
    let row = row.map(|(name, cell)| (name.to_owned(), cell.to_owned())).into();
    tell(&findings, &mut BTreeMap::new(), &row);
    drop(findings);
    for (bureau, is_told) in [("北京", true), ("广东", false)] {
        let args = ["--now", "2009-07-15T09:00:00+08:00", "bulletin", "2009-06"];
        let ran = desk.run(&[&args[..], &["--bureau", bureau, "--format", "json"]].concat());
        let told: Value = serde_json::from_slice(&ran.ends(0).out).unwrap();
        let providers = told["bulletin"]["providers"].as_array().unwrap();
        let own = providers.iter().find(|row| row["provider"]["id"] == "P2").unwrap();
        assert!(own["unfiled"]["total"].as_u64().unwrap() > 0, "{bureau}: {own}");
        for sample in ["accuracy_first", "accuracy_current"] {
            assert_eq!(own[sample].is_number(), is_told, "{bureau}: {own}");
        }
    }
}

#[test]
fn a_workbook_is_laid_out_like_the_plans_own_tables() {
    let desk = quarter();
    let now = "2009-07-15T09:00:00+08:00";
    let ran = desk.run(&["--now", now, "bulletin", "2009-06", "--format", "xlsx"]);
    ran.ends(0);
    let mut book = Xlsx::new(Cursor::new(ran.out)).unwrap();
    let tabs = book.sheet_names();
    assert_eq!(tabs.len(), 16);
    assert_eq!(tabs[1..4], ["附件4（一）", "附件4（一）附表", "附件4（二）"]);
    let merged = |book: &mut Xlsx<_>, tab: &str| -> Vec<((u32, u32), (u32, u32))> {
        let merged = book.merge_cells_by_sheet_name(tab).unwrap();
        merged.into_iter().map(|one| (one.start, one.end)).collect()
    };
    let one = book.worksheet_range("附件4（一）").unwrap();
    let cell = |row: u32, column: u32| one.get_value((row, column)).cloned().unwrap_or_default();
    let title = "附件4 （一）集中清理期间接入服务商工作落实情况通报（草稿）";
    assert_eq!(cell(0, 0), Data::String(title.to_owned()));
    for (at, heading) in [
        ((2, 0), "序号"),
        ((2, 1), "接入服务商名称"),
        ((2, 2), "未备案网站接入情况"),
        ((2, 4), "ICP备案信息准确率"),
        ((3, 3), "尚未处理的未备案网站数量"),
        ((3, 7), "尚未处理的IP地址报备问题数量"),
    ] {
        assert_eq!(cell(at.0, at.1), Data::String(heading.to_owned()));
    }
    // A row of figures: numbers are numbers, shares are shares, what is missing is a dash.
    assert_eq!(cell(5, 1), Data::String("乙网络".to_owned()));
    assert_eq!([cell(5, 2), cell(5, 4)], [Data::Float(4.0), Data::Float(0.8)]);
    assert_eq!(cell(4, 4), Data::String("—".to_owned()));
    let found = merged(&mut book, "附件4（一）");
    for wanted in [((2, 0), (3, 0)), ((2, 2), (2, 3)), ((2, 6), (2, 7))] {
        assert!(found.contains(&wanted), "{wanted:?} in {found:?}");
    }
    // The first three tasks of annex 5 are one, as in the plan.
    assert!(merged(&mut book, "附件6（一）").contains(&((3, 1), (5, 1))));
    let systems = merged(&mut book, "附件6（二）3");
    for wanted in [((2, 0), (4, 0)), ((2, 2), (2, 11)), ((3, 2), (3, 3))] {
        assert!(systems.contains(&wanted), "{wanted:?} in {systems:?}");
    }
}

#[test]
fn a_past_month_made_again_later_is_the_same() {
    let desk = quarter();
    let made = |now: &str, format: &str| {
        let ran = desk.run(&["--now", now, "bulletin", "2009-06", "--format", format]);
        ran.ends(0);
        ran.out
    };
    let formats = ["json", "md", "csv", "xlsx"];
    let first = formats.map(|format| made("2009-07-03T09:00:00+08:00", format));
    assert_eq!(first[0], made("2009-07-04T09:00:00+08:00", "json"));

    // Then everything goes on: findings end, move to another bureau, get other days; a night, a check,
    // a sample; providers bear other names and others are key providers.
    let findings = Findings::open(&desk.path("data/findings")).unwrap();
    let mut known: BTreeMap<String, Finding> = findings
        .all()
        .map(|finding| finding.unwrap())
        .map(|finding| (u128::from(finding.id).to_string(), finding))
        .collect();
    let event = |number: &str, domain: &str, provider: &str, event: &str| -> Row {
        let cells = [
            ("at", "2009-07-05"),
            ("finding", number),
            ("domain", domain),
            ("kind", "unfiled"),
            ("provider", provider),
            ("bureau", "天津"),
            ("event", event),
            ("due", "2009-08-01"),
        ];
        cells.map(|(name, cell)| (name.to_owned(), cell.to_owned())).into()
    };
    for row in [
        event("2", "a2.cn", "P2", "closed withdrawn"),
        event("3", "a3.cn", "P2", "answered not_ours"),
        event("4", "c1.cn", "P1", "closed stopped"),
        event("13", "z.cn", "P4", "opened"),
    ] {
        tell(&findings, &mut known, &row);
    }
    put_night(&findings, 4, at("2009-07-06"), None);
    let mut check = rows("checks.csv").swap_remove(1);
    check.insert("at".to_owned(), "2009-07-06".to_owned());
    put_checks(&findings, &[check]);
    let mut sample = rows("sample.csv").swap_remove(1);
    sample.extend(
        [("round", "3"), ("drawn", "2009-07-07"), ("read", "2009-07-08")]
            .map(|(name, cell)| (name.to_owned(), cell.to_owned())),
    );
    put_sample(&findings, &sample);
    drop(findings);
    let renamed = "id,name,kind,bureau,licence,key_provider\nP1,改名电信,carrier,部,,true\n\
                   P2,改名网络,provider,天津,B2-1,false\nP4,丁科技,provider,北京,B2-4,true\n";
    let file = desk.write("renamed.csv", renamed);
    let now = "2009-07-10T00:00:00+08:00";
    desk.run(&["--now", now, "import", "providers", &file, "--replace"]).ends(0);
    // Other campaigns, terms and targets are set, nobody works in June, and the register is no longer trusted.
    desk.write("days.toml", "holidays = [\"2009-06-01..2009-06-30\"]\n");
    let other = "[deadlines]\ncampaigns = [{ name = \"再次清理\", kind = \"unfiled\", due = \"2009-06-15\" }]\n\
                 calendar = [\"days.toml\"]\nkinds = [{ kind = \"unfiled\", working_days = 1 }]\n\
                 [rates]\ntargets = [{ rate = 0.5, due = \"2009-12-31\" }]\n\
                 [accuracy]\nconfidence = 80\ntargets = [{ records = \"new\", rate = 0.1, due = \"2009-12-31\" }]\n\
                 [filings]\ncomplete = false\nmax_age = \"1h\"\n";
    desk.write("chabei.toml", other);

    for (format, first) in formats.iter().zip(first) {
        assert_eq!(made("2010-02-01T00:00:00+08:00", format), first, "{format}");
    }
    let july = desk.run(&["--now", "2010-02-01T00:00:00+08:00", "bulletin", "2009-07"]);
    july.ends(0).says("改名网络").says("丁科技");
    // Later months go by what is set now.
    let later = desk.run(&["--now", "2010-03-02T00:00:00+08:00", "bulletin", "2010-02"]);
    later.ends(0).says("再次清理");
}

#[test]
fn a_bulletin_is_a_draft_until_it_is_released_and_stays_as_it_was() {
    let desk = quarter();
    let bulletin = |args: &[&str]| {
        desk.run(&[&["--now", "2009-07-15T09:00:00+08:00", "bulletin"], args].concat())
    };
    bulletin(&["2009-06"]).ends(0).says("（草稿）").says("草稿，未经发布");
    bulletin(&["2009-08"]).ends(2).complains(&["lies ahead"]);
    bulletin(&["2009-06", "--release"]).ends(2).complains(&["--actor"]);
    bulletin(&["2009-07", "--release", "--actor", "王"]).ends(2).complains(&["not over yet"]);
    bulletin(&["2009-07"]).ends(0).says("本月尚未结束");

    let args =
        ["2009-06", "--release", "--actor", "王处长", "--note", "经会签", "--format", "json"];
    let released: Value = serde_json::from_slice(&bulletin(&args).out).unwrap();
    assert_eq!(
        (&released["status"], &released["release"]["actor"]),
        (&"released".into(), &"王处长".into())
    );
    let digest = released["release"]["sha256"].as_str().unwrap().to_owned();
    let again = bulletin(&["2009-06", "--release", "--actor", "李"]);
    again.ends(2).complains(&["王处长", "2009-07-15T09:00:00+08:00"]);

    // What is learnt of June afterwards is told, and changes nothing of what was released.
    desk.import("declared", "late.csv", "month,bureau,garbage\n2009-06,上海,8\n");
    let later = bulletin(&["2009-06", "--format", "json"]);
    later.ends(0).complains(&["would differ"]).complains(&["（二）6", "7 -> 8"]);
    let later: Value = serde_json::from_slice(&later.out).unwrap();
    assert_eq!(later, released);
    bulletin(&["2009-06"]).ends(0).says("王处长 发布").says("经会签");
    let draft = bulletin(&["2009-06", "--draft", "--format", "json"]);
    let draft: Value = serde_json::from_slice(&draft.out).unwrap();
    assert_eq!(draft["status"], "draft");
    assert_ne!(draft["bulletin"], released["bulletin"]);
    // The digest is of the bulletin as compact JSON with its fields in their order.
    let read: Bulletin = serde_json::from_value(released["bulletin"].clone()).unwrap();
    assert_eq!(read.sealed().unwrap().1, digest);
    // A bureau's own is another bulletin.
    bulletin(&["2009-06", "--bureau", "北京"]).ends(0).says("（草稿）").says("北京 2009年6月");
}

#[test]
fn declared_figures_are_refused_with_their_place_and_nothing_good_is_lost() {
    let desk = quarter();
    let text = "月份,接入服务商名称,省份,任务序号,立项,被查处原因,本月进度,需管局处理的垃圾数据\n\
                2009-06,无名公司,,,√,,,\n\
                2009-06,,北京,,√,,,5\n\
                2009-06,,,28,,,x,\n\
                2009-06,,上海,,,,,7\n\
                2009-06,,北京,,,,,6\n\
                2009-13,,北京,,,,,6\n\
                2009-06,丙数据,,,进行中,,,\n";
    let file = desk.write("d.csv", text);
    let now = ["--now", "2009-07-16T00:00:00+08:00"];
    let import = |args: &[&str]| desk.run(&[&now[..], &["import", "declared"], args].concat());
    import(&[&file, "--strict"]).ends(2).complains(&["nothing was taken"]);
    let ran = import(&[&file, "--by", "李"]);
    ran.ends(0).says("declared figures: 2 taken, 1 unchanged, 5 refused");
    for place in
        ["2: provider:", "3: stage_proposal:", "4: task:", "6: garbage: line 3", "7: month:"]
    {
        ran.complains(&[&format!("d.csv:{place}")]);
    }
    assert!(!ran.err.contains("无名公司"), "{}", ran.err);
    import(&[&file, "--replace"]).ends(2).complains(&["not replaced as a whole"]);
    let garbage = || {
        let ran = desk.run(&[&now[..], &["bulletin", "2009-06", "--format", "json"]].concat());
        let json: Value = serde_json::from_slice(&ran.out).unwrap();
        json["bulletin"]["provinces"][0]["garbage"].clone()
    };
    assert_eq!(garbage(), 5);
    let back = desk.write("back.csv", "month,bureau,garbage\n2009-06,北京,撤回\n");
    import(&[&back]).ends(0);
    assert_eq!(garbage(), Value::Null);
}
