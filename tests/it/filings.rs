//! The filing register through every format: what goes in comes out again, and what cannot be taken is
//! told with its place.

use std::fmt::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use serde_json::json;

use crate::desk::Desk;

/// The columns that are texts: English name, Chinese heading.
const TEXTS: [(&str, &str); 23] = [
    ("addresses", "IP地址列表"),
    ("subject_name", "主办单位名称"),
    ("subject_kind", "主办单位性质"),
    ("certificate_kind", "证件类型"),
    ("certificate_number", "证件号码"),
    ("investor", "投资者或上级主管单位"),
    ("address", "通信地址"),
    ("province", "省份"),
    ("subject_responsible", "主体负责人"),
    ("site_name", "网站名称"),
    ("home_url", "网站首页网址"),
    ("responsible_name", "网站负责人姓名"),
    ("office_phone", "办公电话"),
    ("mobile_phone", "手机号码"),
    ("email", "电子邮箱"),
    ("access_kind", "接入方式"),
    ("server_place", "服务器放置地"),
    ("approvals", "前置或专项审批"),
    ("services", "服务内容"),
    ("filed_on", "备案日期"),
    ("changed_on", "变更日期"),
    ("access_limited", "限制接入"),
    ("blacklist_level", "黑名单级别"),
];

/// Cells that formats and spreadsheets are known to spoil.
fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "一行\n又一行\n\n末行",
        "他说\"备案\"，\"\"了吗\"",
        "\"",
        "甲,乙,,丙",
        "甲;乙；丙",
        "ＡＢＣ１２３　（全角）",
        "😀👨‍👩‍👧 emoji",
        "00012345",
        "01012345678",
        "110101199001011234",
        "91110108551385082Q",
        "+8613800138000",
        "=1+1",
        "-1",
        "@名",
        "'引",
        "1/2",
        "2024-02-30",
        "TRUE",
        "null",
        "#N/A",
        "<b>&amp;</b>",
        "\\n\\u0041",
        "é ü ñ Ω",
        "a\tb",
        "{\"x\":[1]}",
        "# 号",
        "0",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("长".repeat(10_000) + &"x".repeat(2_000));
    texts.push("长".repeat(32_000));
    texts
}

/// A row: its two numbers, its providers, and its texts in the order of [`TEXTS`].
struct Row {
    domain: String,
    numbers: [&'static str; 2],
    state: &'static str,
    providers: Vec<&'static str>,
    texts: Vec<String>,
}

/// Every hostile cell in every column.
fn rows() -> Vec<Row> {
    let hostile = hostile();
    let row = |index: usize| {
        let cell = |column: usize| {
            // A row must stay below a megabyte, so that long cells stand alone.
            let place = (index + column) % hostile.len();
            let is_long = hostile[place].len() > 1000;
            if is_long && !column.is_multiple_of(8) {
                "短".to_owned()
            } else {
                hostile[place].clone()
            }
        };
        Row {
            domain: format!("row{index}.cn"),
            numbers: [
                ["京ICP备05014806号-1", "粤A2-20044005-70", ""][index % 3],
                ["京ICP备05014806号", "蜀ICP备2021012345号"][index % 2],
            ],
            state: ["active", "cancelled"][index % 2],
            providers: [vec![], vec!["P1"], vec!["P1", "无名 公司"]][index % 3].clone(),
            texts: (0..TEXTS.len()).map(cell).collect(),
        }
    };
    (0..hostile.len()).map(row).collect()
}

fn heading(is_chinese: bool) -> Vec<&'static str> {
    let first = if is_chinese {
        ["域名", "网站备案号", "主体备案号", "状态", "接入服务商"]
    } else {
        ["domain", "site_number", "subject_number", "state", "providers"]
    };
    let texts = TEXTS.map(|(english, chinese)| if is_chinese { chinese } else { english });
    first.into_iter().chain(texts).collect()
}

fn cells(row: &Row) -> Vec<String> {
    let [site, subject] = row.numbers;
    let first = [&row.domain, site, subject, row.state, &row.providers.join(";")];
    first.map(str::to_owned).into_iter().chain(row.texts.clone()).collect()
}

fn csv(rows: &[Row], is_chinese: bool) -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(heading(is_chinese)).unwrap();
    for row in rows {
        out.write_record(cells(row)).unwrap();
    }
    String::from_utf8(out.into_inner().unwrap()).unwrap()
}

fn workbook(rows: &[Row]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let heading = heading(true).into_iter().map(str::to_owned).collect();
    for (line, cells) in (0..).zip(std::iter::once(heading).chain(rows.iter().map(cells))) {
        for (column, cell) in (0..).zip(&cells) {
            sheet.write_string(line, column, cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

fn json_lines(rows: &[Row]) -> String {
    let mut out = String::new();
    for row in rows {
        let mut line = json!({
            "domain": row.domain, "site_number": row.numbers[0], "subject_number": row.numbers[1],
            "state": row.state, "providers": row.providers,
        });
        for ((name, _), text) in TEXTS.iter().zip(&row.texts) {
            line[*name] = json!(text);
        }
        writeln!(out, "{line}").unwrap();
    }
    out
}

/// Fails unless the register of `desk` says of `row` exactly what it says itself.
#[track_caller]
fn check(format: &str, row: &Row, answer: &Value) {
    let kept = &answer["filings"][0];
    let number = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
    assert_eq!(kept["site_number"], number(row.numbers[0]), "{format} {}", row.domain);
    assert_eq!(kept["subject_number"], number(row.numbers[1]), "{format} {}", row.domain);
    assert_eq!(kept["state"], row.state, "{format} {}", row.domain);
    assert_eq!(kept["providers"], json!(row.providers), "{format} {}", row.domain);
    for ((name, _), text) in TEXTS.iter().zip(&row.texts) {
        assert_eq!(kept[name], text.as_str(), "{format} {} {name}", row.domain);
    }
}

#[test]
fn what_goes_in_by_any_format_comes_out_again_to_the_letter() {
    let rows = rows();
    let plain = csv(&rows, false);
    let chinese = csv(&rows, true);
    let (gbk, ..) = encoding_rs::GB18030.encode(&chinese);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::Write::write_all(&mut gzip, chinese.as_bytes()).unwrap();
    let mut names: Vec<&str> = rows.iter().map(|row| row.domain.as_str()).collect();
    names.splice(0..0, ["lookup", "--reveal", "--format", "json"]);
    for (format, bytes) in [
        ("plain.csv", plain.clone().into_bytes()),
        ("marked.csv", format!("\u{feff}{plain}").into_bytes()),
        (
            "crlf.csv",
            chinese.replace("限制接入,黑名单级别\n", "限制接入,黑名单级别\r\n").into_bytes(),
        ),
        ("gbk.csv", gbk.to_vec()),
        ("packed.csv.gz", gzip.finish().unwrap()),
        ("book.xlsx", workbook(&rows)),
        ("rows.jsonl", json_lines(&rows).into_bytes()),
    ] {
        let desk = Desk::new();
        desk.import("providers", "providers.csv", "id,name\nP1,甲\n");
        let said = desk.import("filings", format, bytes);
        said.says(&format!("{} taken, 0 unchanged, 0 refused", rows.len()));
        let answers = desk.run(&names).json();
        assert_eq!(answers.len(), rows.len());
        for (row, answer) in rows.iter().zip(&answers) {
            check(format, row, answer);
        }
    }
}

#[test]
fn a_number_that_a_workbook_has_cut_is_refused_with_its_place() {
    let desk = Desk::new();
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, text) in (0..).zip(["域名", "证件号码", "备案日期"]) {
        sheet.write_string(0, column, text).unwrap();
    }
    let day = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    for (row, name, number) in [(1, "a.cn", 110_101_199_001_011_234.0), (2, "b.cn", 12_345_678.0)] {
        sheet.write_string(row, 0, name).unwrap();
        sheet.write_number(row, 1, number).unwrap();
        sheet.write_number_with_format(row, 2, 39_965.0, &day).unwrap();
    }
    let file = desk.write("cut.xlsx", book.save_to_buffer().unwrap());
    let ran = desk.run(&["import", "filings", &file]);
    ran.ends(0).says("1 taken, 0 unchanged, 1 refused");
    ran.complains(&["cut.xlsx:2:", "certificate_number", "as text"]);
    assert!(!ran.err.contains("1101011990"), "{}", ran.err);
    let kept = &desk.run(&["lookup", "b.cn", "--format", "json", "--reveal"]).json()[0];
    assert_eq!(kept["filings"][0]["certificate_number"], "12345678");
    assert_eq!(kept["filed_on"], "2009-06-01");
}

#[test]
fn messages_that_hold_no_filing_are_told_as_what_they_are() {
    let desk = Desk::new();
    let upload =
        |branch: &str| format!("<UploadData version=\"V.3.0\"><ICP>{branch}</ICP></UploadData>");
    let download = |branch: &str| format!("<DownloadData><ICP>{branch}</ICP></DownloadData>");
    for (message, word) in [
        (upload("<XZBA><Baxx><Zt_xx/></Baxx></XZBA>"), "XZBA"),
        (upload("<XZWZ><Xzxx><Zt_xx/></Xzxx></XZWZ>"), "XZWZ"),
        (upload("<XZJR><Xzxx><Wz_xx/></Xzxx></XZJR>"), "XZJR"),
        (upload("<BGBA><Bgxx><Zt_xx/></Bgxx></BGBA>"), "BGBA"),
        (upload("<ZXBA><Zx_xx><Zxlb>2</Zxlb></Zx_xx></ZXBA>"), "ZXBA"),
        (upload("<WBACLJG><Clxx><Ym>a.cn</Ym></Clxx></WBACLJG>"), "WBACLJG"),
        (download("<ZXSJ><Zxxx><Zxlb>1</Zxlb></Zxxx></ZXSJ>"), "Jlid"),
        (download("<WBAWZLB><Wbawz_xx><Id>1</Id></Wbawz_xx></WBAWZLB>"), "WBAWZLB"),
        (download("<HCJG><Jgxx><Jrhc><Wzid>1</Wzid></Jrhc></Jgxx></HCJG>"), "HCJG"),
        (download("<BAJG><Jg_xx><Czlx>1</Czlx></Jg_xx></BAJG>"), "BAJG"),
        (
            "<DownloadData><SJTB><IP><Iply><Lyxx/></Iply></IP></SJTB></DownloadData>".to_owned(),
            "allocations",
        ),
        ("<DownloadData><JCDM><Bbdwlb><Bbdw/></Bbdwlb></JCDM></DownloadData>".to_owned(), "JCDM"),
        ("<return><StatusInfo><Bazt>1</Bazt></StatusInfo></return>".to_owned(), "是否备案查询"),
    ] {
        let file = desk.write("message.xml", &message);
        let ran = desk.run(&["import", "filings", &file]);
        ran.ends(0).says("0 taken, 0 unchanged, 1 refused").complains(&["message.xml:1:", word]);
    }
    let file = desk.write("reply.xml", "<return><msg_code>0</msg_code></return>");
    desk.run(&["import", "filings", &file]).ends(2).complains(&["reply.xml", "none of Baxx"]);
}

/// A mirror feed of one subject with two sites, the second with two accesses.
const MIRROR: &str = "<DownloadData><SJTB><ICP><Baxx><Zt_xx><Ztid>50001</Ztid>\
    <Dwmc>示例有限公司</Dwmc><Baxh>京ICP备05014806号</Baxh><Scbbsj>2009-06-01</Scbbsj></Zt_xx>\
    <Wz_xx><Wzid>60001</Wzid><Ym_xx><Ym>a.cn</Ym></Ym_xx><Jr_xx><Jrid>1</Jrid><Ispid>9001</Ispid></Jr_xx>\
    <Baxh>京ICP备05014806号-1</Baxh></Wz_xx>\
    <Wz_xx><Wzid>60002</Wzid><Ym_xx><Ym>b.cn</Ym></Ym_xx><Jr_xx><Jrid>2</Jrid><Ispid>9001</Ispid></Jr_xx>\
    <Jr_xx><Jrid>3</Jrid><Ispid>9002</Ispid></Jr_xx><Baxh>京ICP备05014806号-2</Baxh></Wz_xx>\
    </Baxx></ICP></SJTB></DownloadData>";

#[test]
fn what_the_ministry_cancels_is_cancelled_and_keeps_its_history() {
    let desk = Desk::new();
    let providers = "id,name,v3_id\nA,甲,9001\nB,乙,9002\n";
    desk.run(&["import", "providers", &desk.write("providers.csv", providers)]).ends(0);
    let mirror = desk.write("mirror.xml", MIRROR);
    let cancel = |level: u8, id: u32| {
        let message = format!(
            "<DownloadData version=\"V.3.0\"><ICP><ZXSJ><Zxxx><Zxlb>{level}</Zxlb><Jlid>{id}</Jlid></Zxxx>\
             </ZXSJ></ICP></DownloadData>"
        );
        desk.write("zxsj.xml", message)
    };
    let told = |domain: &str| {
        let found = &desk.run(&["lookup", domain, "--format", "json"]).json()[0];
        let providers = found["providers"].as_array().unwrap().len();
        (found["status"].as_str().unwrap().to_owned(), providers, found["filings"][0].clone())
    };
    // Without a register there is nothing to cancel, and none comes into being.
    let ran = desk.run(&["import", "filings", &cancel(1, 60001)]);
    ran.ends(0).says("cancellations: 0 of 1 found").complains(&["60001"]);
    desk.run(&["import", "filings", &mirror]).ends(0).says("2 taken");

    // One access of two, and one site.
    desk.run(&["import", "filings", &cancel(2, 2)]).ends(0).says("1 of 1 found; 1 rows changed");
    let (status, providers, _) = told("b.cn");
    assert_eq!((status.as_str(), providers), ("filed", 1));
    desk.run(&["import", "filings", &cancel(1, 60001)])
        .ends(0)
        .says("1 of 1 found; 1 rows changed");
    let (status, _, record) = told("a.cn");
    assert_eq!((status.as_str(), record["state"].as_str()), ("unfiled", Some("cancelled")));
    assert_eq!(record["site_number"], "京ICP备05014806号-1");
    assert_eq!(record["filed_on"], "2009-06-01");
    assert_eq!(told("b.cn").0, "filed");

    // Whoever is filed again after the message is filed; the subject takes all its sites along.
    desk.run(&["import", "filings", &cancel(0, 50001), &mirror]).ends(0).says("2 taken");
    assert_eq!([told("a.cn").0, told("b.cn").0], ["filed", "filed"]);
    desk.run(&["import", "filings", &cancel(0, 50001)]).ends(0).says("2 rows changed");
    assert_eq!([told("a.cn").0, told("b.cn").0], ["unfiled", "unfiled"]);
    // The filings are counted again, though the register is as old as before.
    let nation = &desk.run(&["rates", "--format", "json"]).json()[0];
    assert_eq!(nation["filed"]["domains"], 0, "{nation}");
}

#[test]
fn a_domain_whose_record_is_refused_is_never_said_to_be_unfiled() {
    let desk = Desk::new();
    let status = |domain: &str| {
        let found = &desk.run(&["lookup", domain, "--format", "json"]).json()[0];
        found["status"].as_str().unwrap().to_owned()
    };
    let good =
        "domain,site_number,state,providers,site_name\na.cn,京ICP备05014806号-1,active,甲,示例\n";
    let whole = format!("{good}b.cn,京ICP备05014807号-1,active,甲,示例\n");
    let replace = |name: &str, content: &[u8]| {
        let file = desk.write(name, content);
        desk.run(&["import", "filings", &file, "--replace"])
    };
    replace("whole.csv", whole.as_bytes())
        .ends(0)
        .says("2 taken, 0 unchanged, 0 refused; 2 rows now");
    // A number that is none, a byte that is no character, two names in one cell, a cell too many, a quote
    // that never closes.
    for (name, line) in [
        ("number.csv", "b.cn,12345,active,甲,示例\n".as_bytes()),
        ("bytes.csv", b"b.cn,,active,,\xff\n"),
        ("names.csv", "b.cn;d.cn,京ICP备05014807号-1,active,甲,示例\n".as_bytes()),
        ("comma.csv", "b.cn,京ICP备05014807号-1,active,甲,示例,公司\n".as_bytes()),
        ("quote.csv", "b.cn,京ICP备05014807号-1,active,甲,\"示例\n".as_bytes()),
    ] {
        let ran = replace(name, &[good.as_bytes(), line].concat());
        ran.ends(0).says("1 refused; 1 rows now");
        assert_eq!(status("b.cn"), "unknown", "{name}");
        assert_eq!([status("a.cn"), status("c.cn")], ["filed", "unfiled"], "{name}");
    }
    for (name, text) in [
        (
            "rows.jsonl",
            "{\"domain\":\"a.cn\"}\n{\"domain\":\"b.cn\",\"state\":\"maybe\"}\n".to_owned(),
        ),
        ("mirror.xml", MIRROR.replace("<Ispid>9002</Ispid>", "<Ispid>x</Ispid>")),
    ] {
        replace(name, text.as_bytes()).ends(0).says("1 refused");
        assert_eq!([status("a.cn"), status("b.cn")], ["filed", "unknown"], "{name}");
    }
    let problems = desk.run(&["check", "filings", "--format", "jsonl"]).json();
    assert!(problems.iter().all(|problem| problem["domain"] != "b.cn"), "{problems:?}");
    // What stands for a refused row makes no register, and is gone with the next whole one.
    replace("whole.csv", whole.as_bytes()).ends(0).says("2 rows now");
    assert_eq!(status("b.cn"), "filed");
    let other = desk.write("other.csv", format!("{good}b.cn,12345,active,甲,示例\n"));
    desk.run_over("fresh", &["import", "filings", &other, "--strict"]).ends(2);
    let only = desk.write("only.csv", "domain,state\nb.cn,maybe\n");
    desk.run_over("fresh", &["import", "filings", &only])
        .ends(0)
        .says("0 taken, 0 unchanged, 1 refused");
    let found = desk.run_over("fresh", &["lookup", "a.cn", "--format", "json"]);
    assert_eq!(found.json()[0]["status"], "unknown");
}

#[test]
fn no_domain_of_a_table_with_moved_cells_or_stray_quotes_is_said_to_be_unfiled() {
    let desk = Desk::new();
    let status = |domain: &str| {
        let found = &desk.run(&["lookup", domain, "--format", "json"]).json()[0];
        found["status"].as_str().unwrap().to_owned()
    };
    // A comma without quotes moves the Domain; two stray quotes have two rows between them; a list holds
    // what no cell can, and a number too many digits; what is no JSON; keys that are wrong.
    for (name, text, expected) in [
        (
            "moved.csv",
            "subject_name,domain,state\nFoo,a.cn,active\nBar Co., Ltd,b.cn,active\n",
            ["filed", "unknown", "unfiled", "unfiled"],
        ),
        (
            "stray.csv",
            "domain,state,providers,site_name\na.cn,active,甲,\"示例\nb.cn,active,甲,示例\n\
             c.cn,active,甲,示例\nd.cn,active,甲,\"示例\n",
            ["unknown", "filed", "filed", "unknown"],
        ),
        (
            "values.jsonl",
            "{\"domain\":\"a.cn\"}\n{\"domain\":\"b.cn\",\"addresses\":[{\"ip\":\"x\"}]}\n\
             {\"certificate_number\":1101011990010112349999,\"域名\":\"c.cn\"}\n",
            ["filed", "unknown", "unknown", "unfiled"],
        ),
        (
            "broken.jsonl",
            "{\"domain\":\"a.cn\"}\n{\"domain\":\"b.cn\",\"state\":active}\n\
             {\"domain\":\"www.c.cn\",\"site_name\":\"示\n{domain:d.cn,state:active}\n",
            ["filed", "unknown", "unknown", "unknown"],
        ),
        (
            "keys.jsonl",
            "{\"domain\":\"a.cn\"}\n{\"domain\":{\"name\":\"b.cn\"}}\n{\"domian\":\"c.cn\"}\n\
             {\"domain\":\"a.cn\",\"域名\":\"d.cn\"}\n",
            ["filed", "unknown", "unknown", "unknown"],
        ),
    ] {
        let file = desk.write(name, text);
        desk.run(&["import", "filings", &file, "--replace"]).ends(0);
        assert_eq!(["a.cn", "b.cn", "c.cn", "d.cn"].map(status), expected, "{name}");
    }
}

#[test]
fn a_file_that_is_cut_does_not_take_the_place_of_the_register() {
    let desk = Desk::new();
    let rows = |count: u32| {
        let row = |number| format!("site{number}.cn,京ICP备{}号-1,active,\n", 12_000_000 + number);
        "domain,site_number,state,providers\n".to_owned() + &(0..count).map(row).collect::<String>()
    };
    desk.import("filings", "whole.csv", rows(1_200));
    let cut = desk.write("cut.csv", rows(1_000));
    let ran = desk.run(&["import", "filings", &cut, "--replace"]);
    ran.ends(2).complains(&["1000 rows", "1200", "--shrinks"]);
    let twice = desk
        .write("twice.csv", rows(700) + &rows(700).lines().skip(1).collect::<Vec<_>>().join("\n"));
    let ran = desk.run(&["import", "filings", &twice, "--replace"]);
    ran.ends(2).complains(&["700 rows", "1200"]);
    assert_eq!(
        desk.run(&["lookup", "site1100.cn", "--format", "json"]).json()[0]["status"],
        "filed"
    );
    let fewer = desk.write("fewer.csv", rows(1_100));
    desk.run(&["import", "filings", &fewer, "--replace"]).ends(0).says("1100 rows now");
    let few = desk.write("few.csv", rows(900));
    desk.run(&["import", "filings", &few, "--replace", "--shrinks"]).ends(0).says("900 rows now");
}
