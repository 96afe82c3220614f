//! `import`: what it takes, what it refuses and how it says so.

use crate::desk::Desk;
use crate::desk::Ran;

const PROVIDERS: &str = "id,name,kind,bureau,key_provider\nP1,First,provider,北京,true\n";

/// A bad row, its column at fault, and a word of why.
type BadRow = (&'static str, Option<&'static str>, &'static str);

/// A register, a file of it with one good row, and rows that must be refused.
type Bad = (&'static str, &'static str, &'static [BadRow]);

const BAD: [Bad; 4] = [
    (
        "providers",
        "id,name,aliases,kind,bureau,key_provider,cname_suffixes,v3_id\nP1,First,,,,,,\n",
        &[
            (",A,,,,,,", Some("id"), "1 to 255 characters"),
            ("P2,,,,,,,", Some("name"), "1 to 255 characters"),
            ("P3,A,,shop,,,,", Some("kind"), "`shop` is none of carrier, provider, cdn"),
            ("P4,A,,,火星,,,", Some("bureau"), "火星"),
            ("P5,A,,,,maybe,,", Some("key_provider"), "neither true nor false"),
            ("P6,A,,,,,not a name,", Some("cname_suffixes"), "not a valid host name"),
            ("P7,A,,,,,,many", Some("v3_id"), "invalid digit"),
            ("P8,A,,,,,,,,,,", None, "cells"),
        ],
    ),
    (
        "allocations",
        "start,end,cidr,provider,kind,from,to,use,redirector,province\n\
         1.0.0.0,1.0.0.9,,P1,source,,,,,\n",
        &[
            ("1.2.3,1.2.3.4,,P1,source,,,,,", Some("start"), "2006: it is no address"),
            ("1.2.3.4,x,,P1,source,,,,,", Some("end"), "2007: it is no address"),
            ("1.2.3.4,1.2.3.3,,P1,source,,,,,", Some("end"), "lies after the end"),
            ("1.2.3.4,::1,,P1,source,,,,,", Some("end"), "different address families"),
            (",,1.2.3.0/33,P1,source,,,,,", Some("cidr"), "2006: it is no CIDR block"),
            (",,,P1,source,,,,,", Some("start"), "start"),
            ("1.2.3.4,1.2.3.5,,P1,lent,,,,,", Some("kind"), "2041: it is none of source"),
            ("1.2.3.4,1.2.3.5,,,source,,,,,", Some("provider"), "who reported"),
            ("1.2.3.4,1.2.3.5,,P1,source,,,often,,", Some("use"), "2021: it is none of static"),
            (
                "1.2.3.4,1.2.3.5,,P1,source,,,,perhaps,",
                Some("redirector"),
                "neither true nor false",
            ),
            ("1.2.3.4,1.2.3.5,,P1,source,,,,,火星", Some("province"), "2024: it is no province"),
        ],
    ),
    (
        "filings",
        "domain,site_number,subject_number,state,providers\na.cn,京ICP备10000001号-1,,active,P1\n",
        &[
            (",京ICP备10000001号-1,,,", Some("domain"), "empty"),
            ("com.cn,,,,", Some("domain"), "public suffix"),
            ("b.cn,123,,,", Some("site_number"), "neither a filing number"),
            ("b.cn,,x,,", Some("subject_number"), "neither a filing number"),
            ("b.cn,,,asleep,", Some("state"), "neither active"),
        ],
    ),
    (
        "candidates",
        "a.cn\n",
        &[
            ("no domain", None, "not a valid host name"),
            ("com.cn", None, "`com.cn`"),
            ("http://", None, "`http://`"),
            ("a..cn", None, "`a..cn`"),
        ],
    ),
];

#[test]
fn each_bad_row_is_refused_with_file_line_column_and_reason_and_the_rest_is_taken() {
    for (register, good, bad) in BAD {
        let desk = Desk::new();
        desk.import("providers", "known.csv", PROVIDERS);
        let rows: Vec<_> = bad.iter().map(|(row, ..)| *row).collect();
        let first = 1 + good.lines().count();
        let file = desk.write("bad.csv", format!("{good}{}\n", rows.join("\n")));
        let ran = desk.run(&["import", register, &file]);
        let refused = format!("{} refused", bad.len());
        ran.ends(0).says(register).says(&refused).says("1 rows now");
        for (line, (row, column, why)) in (first..).zip(bad) {
            let place = format!("{file}:{line}:");
            let column = column.map_or(String::new(), |column| format!(" {column}:"));
            let told = ran.err.lines().find(|told| told.contains(&place));
            let told = told.unwrap_or_else(|| panic!("{row}: not refused\n{}", ran.err));
            let rest = told.split_once(&place).unwrap().1;
            assert!(rest.starts_with(&column) && rest.contains(why), "{row}: {told}");
        }
        assert_eq!(ran.err.matches("bad.csv:").count(), bad.len(), "{}", ran.err);
    }
}

#[test]
fn a_strict_import_takes_nothing_if_one_row_is_refused() {
    for (register, good, bad) in BAD {
        let desk = Desk::new();
        let file = desk.write("bad.csv", format!("{good}{}\n", bad[0].0));
        let ran = desk.run(&["import", register, &file, "--strict"]);
        ran.ends(2).complains(&["1 rows were refused", "--strict"]).complains(&["bad.csv:"]);
        assert!(ran.out.is_empty(), "{}", ran.text());
        let file = desk.write("good.csv", good);
        desk.run(&["import", register, &file]).ends(0).says("1 taken, 0 unchanged, 0 refused");
    }
}

#[test]
fn rows_are_counted_as_taken_or_unchanged_and_replacing_ends_the_others() {
    let desk = Desk::new();
    let two = desk.write("two.csv", "domain,site_number\na.cn,\nb.cn,京ICP备10000001号-1\n");
    let one = desk.write("one.csv", "domain,site_number\nb.cn,京ICP备10000001号-1\n");
    let import = |args: &[&str]| desk.run(&[&["import", "filings"], args].concat());
    import(&[&two]).ends(0).says("2 taken, 0 unchanged, 0 refused; 2 rows now");
    import(&[&one]).ends(0).says("0 taken, 1 unchanged, 0 refused; 2 rows now");
    import(&[&one, "--replace"]).ends(0).says("refused; 1 rows now");
    desk.run(&["lookup", "a.cn"]).ends(0).says("备案已注销");
    desk.run(&["lookup", "b.cn"]).ends(0).says("京ICP备10000001号-1");
}

#[test]
fn chinese_headings_in_gbk_are_read_as_the_same_columns() {
    let desk = Desk::new();
    desk.import("providers", "known.csv", PROVIDERS);
    let text = "域名,网站备案号,状态,接入服务商,主办单位名称\n\
                例子.cn,京ICP备10000001号-1,有效,First,北京某某科技有限公司\n";
    let (gbk, _, is_lossy) = encoding_rs::GBK.encode(text);
    assert!(!is_lossy && std::str::from_utf8(&gbk).is_err());
    desk.import("filings", "gbk.csv", &gbk).says("1 taken");
    let looked = desk.run(&["lookup", "例子.cn", "--format", "json"]).json();
    assert_eq!(looked[0]["status"], "filed");
    assert_eq!(looked[0]["providers"][0]["id"], "P1");
    assert_eq!(looked[0]["filings"][0]["site_number"], "京ICP备10000001号-1");
}

#[test]
fn columns_and_providers_that_nobody_knows_are_told() {
    let desk = Desk::new();
    desk.import("providers", "known.csv", PROVIDERS);
    let ran = desk.import("filings", "f.csv", "domain,providers,colour\na.cn,First;Nemo,red\n");
    ran.says("1 taken").complains(&["column", "colour"]).complains(&["provider", "Nemo"]);
    assert!(!ran.err.contains("First"), "{}", ran.err);
    let ran = desk.import("allocations", "a.csv", "cidr,provider\n1.0.0.0/24,Captain\n");
    ran.says("1 taken").complains(&["provider", "Captain"]);
}

#[test]
fn a_file_that_cannot_be_read_as_a_register_changes_nothing() {
    let desk = Desk::new();
    desk.import("filings", "good.csv", "domain\na.cn\n");
    let no_domain = desk.write("no-domain.csv", "site_number\n京ICP备10000001号-1\n");
    let empty = desk.write("empty.csv", "");
    let good = desk.write("more.csv", "domain\nb.cn\n");
    let missing = desk.path("missing.csv").to_str().unwrap().to_owned();
    let folder = desk.folder().to_str().unwrap().to_owned();
    for (file, why) in [
        (&no_domain, "`domain` (域名)"),
        (&empty, "empty"),
        (&missing, "No such file"),
        (&folder, "folder"),
    ] {
        let ran = desk.run(&["import", "filings", &good, file, "--replace"]);
        ran.ends(2).complains(&[file, why]);
        assert!(ran.out.is_empty());
    }
    let looked = desk.run(&["lookup", "a.cn", "b.cn", "--format", "json"]).json();
    assert_eq!((&looked[0]["status"], &looked[1]["status"]), (&"filed".into(), &"unfiled".into()));
}

#[test]
fn a_dash_is_stdin() {
    let desk = Desk::new();
    let ran: Ran = desk.run_with("a.cn\nhttps://www.b.cn/x?y\n", &["import", "candidates", "-"]);
    ran.ends(0).says("2 taken");
}

#[test]
fn the_builtin_providers_are_the_59_of_annex_1() {
    let desk = Desk::new();
    let ran = desk.run(&["import", "providers", "builtin", "--strict"]);
    ran.ends(0).says("59 taken, 0 unchanged, 0 refused; 59 rows now");
}

#[test]
fn a_holder_goes_with_a_plain_list_of_addresses_only() {
    let desk = Desk::new();
    desk.import("providers", "known.csv", PROVIDERS);
    let list =
        desk.write("list.txt", "# ours\n1.0.0.0/24\n1.0.2.0 - 1.0.2.9\nnonsense\n2001:db8::/32\n");
    let ran = desk.run(&["import", "allocations", &list, "--provider", "First"]);
    ran.ends(0).says("3 taken").says("1 refused").complains(&[&format!("{list}:4:"), "nonsense"]);
    desk.run(&["import", "filings", &list, "--provider", "First"]).ends(2);
    desk.run(&["import", "allocations", &list, "--kind", "source"]).ends(2);
}

#[test]
fn zones_and_logs_bring_candidates_and_the_form_is_told() {
    let desk = Desk::new();
    let zone = desk.write("cn.zone", "$ORIGIN cn.\n$TTL 1d\n@ SOA a.dns b ( 1 2 3 4 5 )\na NS x\n");
    let log = desk.write(
        "access.log",
        "www.b.cn 203.0.113.9 - - [28/Nov/2026:09:36:50 +0800] \"GET /zhang3 HTTP/1.1\" 200 5\n\
         203.0.113.9 - zhang3 [28/Nov/2026:09:36:50 +0800] \"GET / HTTP/1.1\" 200 5\n",
    );
    let ran = desk.run(&["import", "candidates", &zone, &log, "--channel", "servers"]);
    ran.ends(0).says("candidates: 2 taken, 0 unchanged, 1 refused; 2 rows now");
    ran.says("cn.zone: read as a zone file").says("access.log: read as an access log");
    ran.complains(&["access.log:2: it names no host"]);
    assert!(!ran.err.contains("zhang3") && !ran.err.contains("203.0.113.9"), "{}", ran.err);
    let only =
        desk.write("only.log", "203.0.113.9 - - [28/Nov/2026:09:36:50 +0800] \"GET /\" 200 5\n");
    desk.run(&["import", "candidates", &only]).ends(2).complains(&["without a host"]);
}
