//! Address registers as they exist: a registry's statistics at their real size, routing dumps, the
//! ministry's messages, workbooks and JSON lines.

use std::fmt::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::desk::Desk;
use crate::town::text;

/// The ranges of the mainland in the real file of 2024.
const RANGES: u32 = 8_661;

/// Statistics with as many ranges of the mainland as the real ones have, others between them. Every
/// third count is no power of two.
fn statistics() -> String {
    let mut text = "2|apnic|20261124|17324|19830613|20261123|+1000\n\
                    apnic|*|ipv4|*|17322|summary\n"
        .to_owned();
    for number in 0..RANGES {
        let start = std::net::Ipv4Addr::from(0x0100_0000 + number * 0x8000);
        let count = if number.is_multiple_of(3) { 768 } else { 1024 };
        let date = if number.is_multiple_of(5) { "" } else { "20110414" };
        writeln!(text, "apnic|CN|ipv4|{start}|{count}|{date}|allocated|A{number:07}").unwrap();
        let hong_kong = std::net::Ipv4Addr::from(0x0100_0000 + number * 0x8000 + 0x4000);
        writeln!(text, "apnic|HK|ipv4|{hong_kong}|256|20110414|assigned|B{number:07}").unwrap();
    }
    text.push_str("apnic|CN|ipv6|2400:3200::|32|20110414|allocated|A92E1062\n");
    text.push_str("apnic|CN|asn|4134|1|20110414|allocated|A92E1062\n");
    text
}

fn gzip(text: &str) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::Write::write_all(&mut out, text.as_bytes()).unwrap();
    out.finish().unwrap()
}

/// Where each address lies and who holds it: `mainland P carrier C`, `abroad`.
fn placements(desk: &Desk, addresses: &[&str]) -> Vec<String> {
    let command = [&["lookup", "--format", "json"], addresses].concat();
    let told = |answer: Value| {
        let part = |name: &str, pointer: &str| {
            text(&answer, pointer).map(|text| format!("{name}{text}")).unwrap_or_default()
        };
        let parts = [part("", "/placement"), part(" ", "/provider/id"), part(" < ", "/carrier/id")];
        parts.concat()
    };
    desk.run(&command).json().into_iter().map(told).collect()
}

#[test]
fn statistics_of_their_real_size_tell_what_is_mainland() {
    let desk = Desk::new();
    let file = desk.write("delegated-apnic-extended-latest", statistics());
    let said = desk.run(&["import", "allocations", &file, "--replace", "--strict"]);
    said.ends(0).says("allocations: 8662 taken, 0 unchanged, 0 refused; 8662 rows now");
    let addresses = ["1.0.0.0", "1.0.2.255", "1.0.3.0", "1.0.64.1", "2400:3200::1", "2400:3201::1"];
    let mainland = "mainland";
    let expected = [mainland, mainland, "abroad", "abroad", mainland, "abroad"];
    assert_eq!(placements(&desk, &addresses), expected);
}

#[test]
fn a_dump_of_routes_names_holders_and_one_of_ranges_places_them() {
    let desk = Desk::new();
    desk.import("providers", "providers.csv", "id,name,aliases\nP1,电信,AS4134;AS4809\nP2,联通,\n");
    let ranges = "% dump\n\ninetnum:  1.2.0.0 - 1.2.255.255\nnetname: CHINANET-GD\ncountry: cn\n\n\
                  inetnum: 1.3.0.0 - 1.3.255.255\nnetname: X\ncountry: HK\n\n\
                  inet6num: 2400:da00::/32\nnetname: Y\ncountry: CN\nremarks: caf\u{e9}\n";
    let latin: Vec<u8> = ranges.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    desk.import("allocations", "apnic.db.inetnum", latin);
    let routes = "route: 1.2.0.0/20\norigin: AS4134\n\nroute: 1.3.0.0/20\norigin: AS4134\n\n\
                  route: 1.2.32.0/20\norigin: AS9\n\nroute6: 2400:da00::/40\norigin: AS4809\n";
    let said = desk.import("allocations", "apnic.db.route.gz", gzip(routes));
    said.says("allocations: 4 taken").complains(&["AS9"]);
    let addresses = ["1.2.0.1", "1.2.16.1", "1.2.32.1", "1.3.0.1", "2400:da00::1"];
    let expected = ["mainland P1 < P1", "mainland", "mainland", "abroad", "mainland P1 < P1"];
    assert_eq!(placements(&desk, &addresses), expected);
}

#[test]
fn a_mirror_feed_is_one_chain_from_the_carrier_down() {
    let desk = Desk::new();
    let providers = "id,name,kind,v3_id\nC,运营商,carrier,9001\nP,接入商,,9002\n";
    desk.import("providers", "providers.csv", providers);
    let row = |name: &str, unit: u32, rest: &str| {
        format!("<{name}><Bbdwid>{unit}</Bbdwid><Qsip>3325256704</Qsip>{rest}</{name}>")
    };
    let whole = "<Zzip>3325256959</Zzip>";
    let feed = format!(
        "<?xml version=\"1.0\" encoding=\"GBK\"?>\n<DownloadData version=\"V.3.0\"><SJTB><IP><Iply>{}{}\
         </Iply><Ipfp>{}{}</Ipfp></IP></SJTB></DownloadData>",
        row("Lyxx", 9001, whole),
        row("Lyxx", 9002, &format!("{whole}<Lydw>9001</Lydw>")),
        row("Fpxx", 9001, &format!("{whole}<Fpfs>2</Fpfs><Fpdx>9002</Fpdx>")),
        row("Fpxx", 9002, "<Zzip>3325256767</Zzip><Fpfs>1</Fpfs><Dwmc>示例公司</Dwmc>"),
    );
    let (gbk, ..) = encoding_rs::GBK.encode(&feed);
    desk.import("allocations", "sjtb-ip.xml", gbk).says("allocations: 4 taken");
    let expected = ["mainland P < C", "mainland P < C", "abroad"];
    let addresses = ["198.51.100.1", "198.51.100.200", "198.51.101.1"];
    // They are documentation addresses, which only a lab serves.
    desk.write("chabei.toml", "[probe]\nallow = [\"198.51.100.0/22\"]\n");
    assert_eq!(placements(&desk, &addresses), expected);
    let shown = desk.run(&["lookup", "198.51.100.1"]);
    shown.ends(0).says("1. 198.51.100.0 - 198.51.100.255").says("再次分配").says("示例公司");

    let broken = desk.write("broken.xml", &feed[..feed.len() - 20]);
    let refused = desk.run(&["import", "allocations", &broken, "--replace"]);
    refused.ends(2).complains(&["broken.xml: line 2", "nothing was imported"]);
    assert_eq!(placements(&desk, &addresses), expected);
}

#[test]
fn a_workbook_and_json_lines_have_the_columns_of_csv() {
    let desk = Desk::new();
    desk.import(
        "providers",
        "providers.jsonl",
        "{\"id\":\"P\",\"名称\":\"甲\",\"aliases\":[\"乙\",\"丙\"]}\n",
    );
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in
        [["起始IP", "终止IP", "报备单位"], ["1.2.3.0", "1.2.3.255", "丙"]].iter().enumerate()
    {
        for (column, cell) in cells.iter().enumerate() {
            let (row, column) = (u32::try_from(row).unwrap(), u16::try_from(column).unwrap());
            sheet.write_string(row, column, *cell).unwrap();
        }
    }
    desk.import("allocations", "allocations.xlsx", book.save_to_buffer().unwrap());
    desk.import(
        "filings",
        "filings.jsonl.gz",
        gzip("{\"domain\":\"a.cn\",\"providers\":[\"P\"]}\n"),
    );
    assert_eq!(placements(&desk, &["1.2.3.4"]), ["mainland P < P"]);
    desk.run(&["lookup", "a.cn"]).says("已备案");
    let bad = desk.write(
        "bad.jsonl",
        "{\"start\":\"1.2.4.0\",\"end\":\"x\",\"provider\":\"P\",\"colour\":1}\n{\n",
    );
    let said = desk.run(&["import", "allocations", &bad]);
    said.ends(0).says("0 taken, 0 unchanged, 2 refused");
    said.complains(&["bad.jsonl:1", "end"]).complains(&["colour"]).complains(&["bad.jsonl:2"]);
}

#[test]
fn rows_of_the_public_query_tell_filed_from_unfiled_and_nothing_of_access() {
    let desk = Desk::new();
    let rows = "{\"domain\":\"a.cn\",\"mainLicence\":\"京ICP备12345679号\",\"serviceLicence\":\
                \"京ICP备12345679号-9\",\"unitName\":\"某公司\",\"natureName\":\"企业\",\
                \"leaderName\":\"\",\"updateRecordTime\":\"2021-08-16 13:55:56\",\"mainId\":7}\n";
    desk.import("filings", "rows.json", rows).complains(&["mainId"]);
    let answer = &desk.run(&["lookup", "a.cn", "--format", "json"]).json()[0];
    assert_eq!(text(answer, "/status"), Some("filed"), "{answer}");
    assert_eq!(answer["providers_known"], false, "{answer}");
    desk.run(&["lookup", "a.cn"]).says("京ICP备12345679号-9").says("接入服务商：未知");
    desk.run(&["lookup", "b.cn"]).says("未备案");
}

#[test]
fn two_records_of_one_number_keep_an_access_each() {
    let desk = Desk::new();
    desk.import("providers", "providers.csv", "id,name,v3_id\nP,甲,9002\nQ,乙,9003\n");
    let site = |id: u32, unit: u32| {
        format!(
            "<Wz_xx><Wzid>{id}</Wzid><Ym_xx><Ym>a.cn</Ym></Ym_xx><Jr_xx><Ispid>{unit}</Ispid></Jr_xx>\
             <Baxh>京ICP备12345679号-1</Baxh></Wz_xx>"
        )
    };
    let feed = format!(
        "<DownloadData><SJTB><ICP><Baxx><Zt_xx><Dwmc>某公司</Dwmc></Zt_xx>{}{}</Baxx></ICP></SJTB>\
         </DownloadData>",
        site(1, 9002),
        site(2, 9003)
    );
    desk.import("filings", "sjtb-icp.xml", feed).says("filings: 2 taken");
    let answer = &desk.run(&["lookup", "a.cn", "--format", "json"]).json()[0];
    let providers: Vec<_> = answer["providers"].as_array().unwrap().iter().collect();
    assert_eq!(providers.len(), 2, "{answer}");
}

#[test]
fn a_file_that_is_no_register_is_told_and_quotes_nobody() {
    let desk = Desk::new();
    for (name, content, says) in [
        ("login.html", "<html><body>Login</body></html>", "none of"),
        ("headless.csv", "1.2.3.0,1.2.3.255,P,李明,13800138000\n", "no column is known"),
        ("list.txt", "1.2.3.0/24\n", "--provider"),
    ] {
        let file = desk.write(name, content);
        let ran = desk.run(&["import", "allocations", &file]);
        ran.ends(2).complains(&[name, says]);
        assert!(!ran.err.contains("138001"), "{}", ran.err);
    }
    let shifted =
        "start,end,provider,kind,redirector\n1.2.3.0,李明13800138000,P,李明,13800138000\n";
    let file = desk.write("shifted.csv", shifted);
    let ran = desk.run(&["import", "allocations", &file]);
    ran.ends(0).says("1 refused");
    assert!(!ran.err.contains("138001"), "{}", ran.err);
}
