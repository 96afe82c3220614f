//! What is wrong with filings by annex 3: found by `check filings`, kept with its days, told to those who
//! have it mended, and masked.

use serde_json::Value;

use crate::desk::Desk;
use crate::town::Town;
use crate::town::text;

const HEAD: &str = "domain,site_number,subject_number,providers,subject_name,subject_kind,certificate_kind,\
    certificate_number,address,province,subject_responsible,site_name,home_url,responsible_name,\
    office_phone,mobile_phone,email,addresses,approvals\n";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.import("providers", "providers.csv", "id,name,bureau\nA,甲,北京\nB,乙,上海\n");
    let rows = "start,end,provider,kind,from,to\n1.2.4.0,1.2.4.255,A,source,,\n1.2.4.0,1.2.4.255,A,own_use,,\n\
                1.2.5.0,1.2.5.255,B,own_use,,\n1.2.0.0,1.2.255.255,,registry,,\n";
    desk.import("allocations", "allocations.csv", rows);
    desk
}

/// A record of 甲 with this responsible person, address and telephone.
fn row(domain: &str, name: &str, addresses: &str, phone: &str) -> String {
    format!(
        "{domain},京ICP备15023456号-1,,甲,北京宏达机械有限公司,企业,营业执照,91350100M000100Y43,\
         北京市海淀区中关村大街1号,北京,王小明,宏达机械,www.{domain},{name},{phone},13912345670,\
         wang@{domain},{addresses},\n"
    )
}

fn import(desk: &Desk, rows: &str, now: &str) {
    let file = desk.write("filings.csv", format!("{HEAD}{rows}"));
    desk.run(&["--now", now, "import", "filings", &file, "--replace", "--strict"]).ends(0);
}

fn problems(desk: &Desk, now: &str, args: &[&str]) -> Vec<Value> {
    let command = ["--now", now, "check", "filings", "--format", "json"];
    desk.run(&[&command[..], args].concat()).json()
}

fn told(problems: &[Value]) -> Vec<(&str, &str)> {
    let at = |problem, pointer| text(problem, pointer).unwrap();
    let mut told: Vec<_> =
        problems.iter().map(|one| (at(one, "/domain"), at(one, "/rule"))).collect();
    told.sort_unstable();
    told
}

#[test]
fn a_problem_is_found_keeps_its_day_and_closes_when_it_is_mended() {
    let desk = desk();
    let good = row("a.cn", "李雷", "1.2.4.8", "010-62345670");
    let bad = row("b.cn", "王先生", "1.2.5.8", "010-00000000");
    let (first, later) = ("2026-11-01T09:00:00+08:00", "2026-11-24T09:00:00+08:00");
    import(&desk, &format!("{good}{bad}"), first);
    let seen = problems(&desk, first, &[]);
    assert_eq!(told(&seen), [("b.cn", "A3-0601"), ("b.cn", "A3-0904"), ("b.cn", "A3-1002")]);
    let name = seen.iter().find(|one| one["rule"] == "A3-0601").unwrap();
    assert_eq!(text(name, "/providers/0/id"), Some("A"));
    assert_eq!((&name["bureau"], &name["code"]), (&"北京".into(), &1007.into()));
    assert_eq!((&name["column"], &name["value"]), (&"responsible_name".into(), &"王**".into()));
    assert_eq!((&name["due"], &name["overdue"]), (&"2026-11-21".into(), &false.into()));
    let address = seen.iter().find(|one| one["rule"] == "A3-0904").unwrap();
    assert_eq!(address["reason"], "IP地址由其他接入服务商报备：1.2.5.8（乙）");

    // The name is mended, the telephone is not, and something is new.
    let bad = row("b.cn", "王大明", "1.2.6.8", "010-00000000");
    import(&desk, &format!("{good}{bad}"), later);
    let seen = problems(&desk, later, &[]);
    assert_eq!(told(&seen), [("b.cn", "A3-0903"), ("b.cn", "A3-1002")]);
    let overdue = problems(&desk, later, &["--overdue"]);
    assert_eq!(told(&overdue), [("b.cn", "A3-1002")]);
    assert_eq!(text(&overdue[0], "/first_seen"), Some("2026-11-01T09:00:00+08:00"));
    let all = problems(&desk, later, &["--all"]);
    let closed: Vec<Value> = all.into_iter().filter(|one| one["closed"] == true).collect();
    assert_eq!(told(&closed), [("b.cn", "A3-0601"), ("b.cn", "A3-0904")]);
}

#[test]
fn a_list_is_narrowed_counted_and_masked() {
    let desk = desk();
    let rows = row("b.cn", "王先生", "8.8.8.8", "13912345678x1")
        + &row("c.cn", "李小姐", "1.2.4.8", "010-62345670");
    let now = "2026-11-01T09:00:00+08:00";
    import(&desk, &rows, now);
    let of = |args: &[&str]| told(&problems(&desk, now, args)).len();
    assert_eq!(of(&[]), 3);
    assert_eq!(of(&["--rule", "A3-0601"]), 2);
    assert_eq!(of(&["--rule", "a3-0906", "--provider", "甲", "--bureau", "北京"]), 1);
    assert_eq!(of(&["--provider", "乙"]), 0);
    desk.run(&["check", "filings", "--provider", "丙"]).ends(2);
    desk.run(&["check", "filings", "--rule", "A3-9999"]).ends(2).complains(&["A3-9999"]);

    let table = desk.run(&["--now", now, "check", "filings"]);
    table.ends(0).says("负责人").says("IP地址不在境内").says("王**");
    let csv = desk.run(&["--now", now, "check", "filings", "--format", "csv"]);
    assert!(csv.ends(0).text().starts_with("\u{feff}domain,"));
    assert_eq!(csv.text().lines().count(), 4);
    let xlsx = desk.path("problems.xlsx");
    let xlsx = xlsx.to_str().unwrap();
    desk.run(&["check", "filings", "--format", "xlsx", "--output", xlsx]).ends(0);
    assert!(std::fs::read(xlsx).unwrap().starts_with(b"PK\x03\x04"));

    // Whoever may see it, sees it, and that is logged; nothing of it is in the log or on the disk.
    for ran in [&table, &csv] {
        assert!(!ran.text().contains("王先生") && !ran.err.contains("王先生"));
    }
    let revealed = desk.run(&["check", "filings", "--format", "csv", "--reveal"]);
    revealed.ends(0).says("王先生").complains(&["unmasked"]);
    for entry in std::fs::read_dir(desk.path("data/registers")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with("filing_problems.") {
            let bytes = std::fs::read(&path).unwrap();
            let held =
                |word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(held("A3-0601") || held("NameWithTitle") || held("王**"));
            assert!(!held("王先生") && !held("139123456"));
        }
    }
}

#[test]
fn the_filings_of_a_lab_are_clean() {
    let town = Town::new(60, 5);
    town.import_all();
    let seen = problems(&town, "2026-11-23T02:00:00+08:00", &[]);
    assert_eq!(told(&seen), []);
}

#[test]
fn the_sample_of_the_mirror_feed_is_flagged_for_what_it_is() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/interface-v3/sjtb-icp.xml");
    if !std::path::Path::new(file).is_file() {
        println!("skipped: there is no {file}");
        return;
    }
    let desk = Desk::new();
    desk.run(&["import", "filings", file]).ends(0);
    let seen = problems(&desk, "2026-11-23T02:00:00+08:00", &[]);
    // Placeholders in the place of numbers, names and addresses, as its author says.
    let rules = told(&seen).into_iter().map(|(_, rule)| rule).collect::<Vec<_>>();
    assert_eq!(rules, ["A3-0008", "A3-0302", "A3-0602", "A3-0803", "A3-0902"]);
}
