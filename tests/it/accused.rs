//! Ways to accuse somebody falsely: where a register, or what a site shows, leaves a doubt, nothing is
//! said.

use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;

use crate::desk::Desk;
use crate::town::Town;
use crate::town::text;
use crate::web::Record;
use crate::web::Web;
use crate::web::answer;
use crate::web::names;

const SHOP: &str = "<title>Shop</title><p>Boots and shoes for everybody.</p></html>";

/// What is asked for robots.txt first, and then gets `page`.
fn showing(page: String) -> Web {
    Web::answering(move |request| match request.path.as_str() {
        "/robots.txt" => answer("404 Not Found", "", ""),
        _ => page.clone(),
    })
}

/// The kinds of all findings of a night over 127.0.0.1, where `web` answers, with `filings`, imported on
/// the first day, and examined so many days later.
fn accused(web: &Web, filings: &str, days: u32, filings_settings: &str) -> Vec<String> {
    let desk: Desk = web.desk("127.0.0.0/8", filings_settings);
    desk.import("candidates", "c.txt", "127.0.0.1\n");
    let file = desk.write("filings.csv", filings);
    let first = ["--now", "2026-11-01T01:00:00+08:00"];
    desk.run(&[&first[..], &["import", "filings", &file, "--replace", "--strict"]].concat())
        .ends(0);
    let now = format!("2026-11-{:02}T01:00:00+08:00", 1 + days);
    let scan = ["--now", &now, "scan", "--all", "--domain", "127.0.0.1"];
    desk.run(&scan).ends(0);
    let findings = desk.run(&["findings", "--state", "all", "--format", "jsonl"]).json();
    findings.iter().map(|finding| text(finding, "/kind").unwrap().to_owned()).collect()
}

const NOT_IN_IT: &str = "domain\nelsewhere.cn\n";

#[test]
fn absence_from_a_register_that_is_partial_or_old_accuses_nobody() {
    let web = showing(answer("200 OK", "", SHOP));
    let whole = "[filings]\ncomplete = true\n";
    assert_eq!(accused(&web, NOT_IN_IT, 1, whole), ["unfiled"]);
    for (days, settings) in [
        (1, "[filings]\ncomplete = false\n"),
        (8, whole),
        (2, "[filings]\ncomplete = true\nmax_age = \"1d\"\n"),
    ] {
        assert_eq!(accused(&web, NOT_IN_IT, days, settings), [""; 0], "{days} {settings}");
    }
}

#[test]
fn pages_that_only_a_person_can_pass_accuse_nobody() {
    for page in [
        answer("200 OK", "", include_str!("../../src/lab/pages/captcha.html")),
        answer("200 OK", "", include_str!("../../src/lab/pages/login.html")),
        answer("200 OK", "", include_str!("../../src/lab/pages/script.html")),
        answer("200 OK", "Server: Beaver\r\n", include_str!("../../src/lab/pages/block.html")),
        answer(
            "403 Forbidden",
            "Server: Beaver\r\n",
            include_str!("../../src/lab/pages/block.html"),
        ),
        answer("200 OK", "", include_str!("../../src/lab/pages/default.html")),
        answer("401 Unauthorized", "WWW-Authenticate: Basic\r\n", SHOP),
        answer("503 Service Unavailable", "", SHOP),
        answer("200 OK", "", ""),
    ] {
        let found = accused(&showing(page.clone()), NOT_IN_IT, 1, "[filings]\ncomplete = true\n");
        assert_eq!(found, [""; 0], "{page}");
    }
}

#[test]
fn a_block_page_that_comes_and_goes_accuses_nobody_and_closes_nothing() {
    let times = AtomicUsize::new(0);
    let blocked = include_str!("../../src/lab/pages/block.html");
    let web = Web::answering(move |request| match request.path.as_str() {
        "/robots.txt" => answer("404 Not Found", "", ""),
        _ if times.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) => {
            answer("403 Forbidden", "Server: Beaver\r\n", blocked)
        }
        _ => answer("200 OK", "", SHOP),
    });
    assert_eq!(accused(&web, NOT_IN_IT, 1, "[filings]\ncomplete = true\n"), [""; 0]);
}

#[test]
fn one_answer_reopens_nothing_where_access_was_stopped() {
    let blocked = || {
        let page = include_str!("../../src/lab/pages/block.html");
        answer("403 Forbidden", "Server: Beaver\r\n", page)
    };
    let plan = Arc::new(Mutex::new(Vec::new()));
    let said = Arc::clone(&plan);
    let web = Web::answering(move |request| match request.path.as_str() {
        "/robots.txt" => answer("404 Not Found", "", ""),
        _ => said.lock().unwrap().pop().unwrap_or_else(blocked),
    });
    let desk: Desk = web.desk("127.0.0.0/8", "[filings]\ncomplete = true\n");
    desk.import("candidates", "c.txt", "127.0.0.1\n");
    let mut day = 0;
    let mut night = |pages: usize| {
        day += 1;
        *plan.lock().unwrap() = vec![answer("200 OK", "", SHOP); pages];
        let file = desk.path("filings.csv");
        std::fs::write(&file, NOT_IN_IT).unwrap();
        let now = format!("2026-11-{day:02}T01:00:00+08:00");
        let import = ["--now", &now, "import", "filings", file.to_str().unwrap(), "--replace"];
        desk.run(&import).ends(0);
        desk.run(&["--now", &now, "scan", "--all", "--domain", "127.0.0.1"]).ends(0);
        let found = desk.run(&["findings", "--state", "all", "--format", "jsonl"]).json();
        let its = found.iter().find(|finding| finding["kind"] == "unfiled").unwrap();
        (text(its, "/state").unwrap().to_owned(), its["reopened"].as_u64().unwrap())
    };
    assert_eq!(night(9), ("open".to_owned(), 0));
    assert_eq!(night(0), ("closed".to_owned(), 0));
    assert_eq!(night(1), ("closed".to_owned(), 0), "the page came once");
    assert_eq!(night(9), ("open".to_owned(), 1));
}

/// A port where whoever comes over TLS gets a fatal alert of this code.
fn alerting(code: u8) -> u16 {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // Whoever asked may have left.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(&[21, 3, 3, 0, 2, 2, code]);
        }
    });
    port
}

#[test]
fn access_is_stopped_where_tls_knows_no_such_name_and_not_where_tls_only_fails() {
    const UNRECOGNIZED_NAME: u8 = 112;
    const HANDSHAKE_FAILURE: u8 = 40;
    for (code, state) in [(UNRECOGNIZED_NAME, "closed"), (HANDSHAKE_FAILURE, "open")] {
        let is_stopped = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&is_stopped);
        let web = Web::answering(move |request| match request.path.as_str() {
            _ if stopped.load(Ordering::Relaxed) => {
                let page = include_str!("../../src/lab/pages/block.html");
                answer("403 Forbidden", "Server: Beaver\r\n", page)
            }
            "/robots.txt" => answer("404 Not Found", "", ""),
            _ => answer("200 OK", "", SHOP),
        });
        let desk: Desk = web.desk("127.0.0.0/8", "[filings]\ncomplete = true\n");
        desk.configure(&[("https_port", &alerting(code).to_string())]);
        desk.import("candidates", "c.txt", "127.0.0.1\n");
        desk.import("filings", "f.csv", NOT_IN_IT);
        for is_over in [false, true] {
            is_stopped.store(is_over, Ordering::Relaxed);
            desk.run(&["scan", "--all", "--domain", "127.0.0.1"]).ends(0);
        }
        let found = desk.run(&["findings", "--state", "all", "--format", "jsonl"]).json();
        let states: Vec<_> = found.iter().map(|finding| text(finding, "/state").unwrap()).collect();
        assert_eq!(states, [state], "{code}");
    }
}

#[test]
fn an_address_whose_site_gives_way_to_a_redirect_is_gone_after_as_many_nights_as_a_silent_one() {
    let is_served = Arc::new(AtomicBool::new(true));
    let serves = Arc::clone(&is_served);
    let web = Web::answering(move |request| match request.path.as_str() {
        "/robots.txt" => answer("404 Not Found", "", ""),
        _ if serves.load(Ordering::Relaxed) => answer("200 OK", "", SHOP),
        _ => answer("302 Found", "Location: http://www.elsewhere.cn/\r\n", ""),
    });
    let desk: Desk = web.desk("127.0.0.0/8", "[filings]\ncomplete = true\n");
    desk.import("candidates", "c.txt", "127.0.0.1\n");
    desk.import("filings", "f.csv", NOT_IN_IT);
    let mut day = 24;
    let mut night = |has_site: bool| {
        day += 1;
        is_served.store(has_site, Ordering::Relaxed);
        let now = format!("2026-11-{day:02}T01:00:00+08:00");
        desk.run(&["--now", &now, "scan", "--all", "--domain", "127.0.0.1"]).ends(0);
        let found = desk.run(&["findings", "--state", "all", "--format", "jsonl"]).json();
        let its = found.iter().find(|finding| finding["kind"] == "unfiled").unwrap();
        let reason = its["closed_reason"].as_str().unwrap_or("stands").to_owned();
        (reason, its["reopened"].as_u64().unwrap())
    };
    assert_eq!(night(true), ("stands".to_owned(), 0));
    assert_eq!(night(false), ("stands".to_owned(), 0));
    assert_eq!(night(false), ("stands".to_owned(), 0));
    assert_eq!(night(false), ("gone".to_owned(), 0));
    assert_eq!(night(true), ("stands".to_owned(), 1));
    // Its site may be at the other port.
    desk.configure(&[("https_port", "1")]);
    assert_eq!(night(false), ("stands".to_owned(), 1));
    desk.run(&["explain", "127.0.0.1", "--format", "json"]).says("\"tls\":true");
}

#[test]
fn whoever_only_sends_on_or_forbids_what_it_sends_to_is_not_accused() {
    let to = |place: &str| answer("302 Found", &format!("Location: {place}\r\n"), "");
    let rules =
        |forbidden: &str| answer("200 OK", "", &format!("User-agent: *\nDisallow: {forbidden}\n"));
    let none = answer("404 Not Found", "", "");
    let document = answer("200 OK", "", SHOP);
    // What the address says for robots.txt, what for its page, and what another says for both.
    for (robots, page, others, is_accused) in [
        (&none, &document, &none, true),
        // The page leads to where a proof of being human is asked for, which nobody may fetch.
        (&rules("/captcha"), &to("/captcha?next=/"), &none, false),
        (&rules("/captcha"), &to("/shop"), &none, true),
        // An address stands for itself, and a Domain for itself.
        (&none, &to("http://www.elsewhere.cn/"), &none, false),
        // The rules are another's, and forbid everything.
        (&to("http://127.0.0.2/robots.txt"), &document, &rules("/"), false),
        (&to("http://127.0.0.2/robots.txt"), &document, &rules("/admin"), true),
        (&to("http://127.0.0.2/"), &document, &rules("/"), true),
        (&to("http://no-such-name.invalid/robots.txt"), &document, &none, false),
    ] {
        let what = format!("{robots}{page}{others}");
        let (robots, page, others) = (robots.clone(), page.clone(), others.clone());
        let shop = document.clone();
        let web = Web::answering(move |request| {
            match (request.address.to_string().as_str(), request.path.as_str()) {
                ("127.0.0.1", "/robots.txt") => robots.clone(),
                ("127.0.0.1", "/") => page.clone(),
                ("127.0.0.1", _) => shop.clone(),
                _ => others.clone(),
            }
        });
        let expected: &[&str] = if is_accused { &["unfiled"] } else { &[] };
        let found = accused(&web, NOT_IN_IT, 1, "[filings]\ncomplete = true\n");
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn a_number_is_held_against_a_register_of_today_only() {
    let page = "<title>Shop</title><p>Boots and shoes.</p><footer>\
                <a href=https://beian.miit.gov.cn/>NUMBER</a></footer></html>";
    let filings = "domain,site_number,providers\n127.0.0.1,京ICP备15000001号-1,P1\n\
                   other.cn,沪ICP备15000002号-1,P1\n";
    let (whole, partial) = ("[filings]\ncomplete = true\n", "[filings]\ncomplete = false\n");
    for (number, days, settings, is_wrong) in [
        ("京ICP备15000001号-1", 1, whole, false),
        ("京ICP备15000001号-9", 1, whole, false),
        ("沪ICP备15000002号-1", 1, whole, true),
        ("沪ICP备15000002号-1", 8, whole, false),
        ("粤ICP备15000003号-1", 1, whole, true),
        ("粤ICP备15000003号-1", 1, partial, false),
        ("粤ICP备15000003号-1", 8, whole, false),
        ("京ICP备15000001号-3A", 1, whole, false),
        ("沪ICP备15000002号-3A", 1, whole, false),
        ("粤ICP备15000003号-3K", 1, whole, false),
        // Torn by its markup, and it may be the site's own.
        ("京ICP备15000001</a><span>24小时热线</span><a>", 1, whole, false),
        ("京ICP备1500<br>0001号-1", 1, whole, false),
        ("京ICP备1500●●●●号", 1, whole, false),
    ] {
        let web = showing(answer("200 OK", "", &page.replace("NUMBER", number)));
        let found = accused(&web, filings, days, settings);
        let expected: &[&str] = if is_wrong { &["wrong_number"] } else { &[] };
        assert_eq!(found, expected, "{number} after {days} days, {settings}");
    }
}

#[test]
fn an_address_whose_report_was_refused_is_not_said_to_be_unreported() {
    let town = Town::new(120, 3);
    town.import_all();
    let (domain, _) = town.site("unreported");
    let night = |day: u32| {
        let now = format!("2026-11-{day:02}T01:00:00+08:00");
        town.run(&["--now", &now, "scan", "--domain", &domain]).ends(0);
        let all = town.run(&["findings", "--state", "all", "--format", "jsonl"]).json();
        let its = all.iter().find(|one| one["kind"] == "unreported_address").unwrap();
        (text(its, "/state").unwrap().to_owned(), its["times_seen"].clone(), its.clone())
    };
    let (state, seen, finding) = night(20);
    assert_eq!((&*state, &seen), ("open", &serde_json::json!(1)));
    let address = text(&finding, "/addresses/0").unwrap();
    let path = town.path("allocations.csv");
    let rows = std::fs::read_to_string(&path).unwrap();
    let provider = town.providers()[0].id.to_string();
    let row = |used: &str| {
        let cells = rows.lines().next().unwrap().split(',').map(|column| match column {
            "start" | "end" => address,
            "provider" => &provider,
            "kind" => "assigned",
            "use" => used,
            _ => "",
        });
        let row: Vec<_> = cells.collect();
        std::fs::write(&path, format!("{}\n{}\n", rows.trim_end(), row.join(","))).unwrap();
        town.run(&["import", "allocations", path.to_str().unwrap(), "--replace"])
    };
    row("often").ends(0).complains(&["use:", "2021"]);
    let (state, seen, _) = night(21);
    assert_eq!((&*state, &seen), ("open", &serde_json::json!(1)), "it is unknown");
    town.run(&["lookup", address]).ends(0).says("未能读取");
    row("static").ends(0);
    assert_eq!(night(22).0, "closed");
}

#[test]
fn a_site_that_is_only_where_its_record_or_an_earlier_list_says_is_not_said_to_be_over_reported() {
    // Who serves nothing, and what else is known of the Domain.
    for (home_url, listed_before, is_accused) in [
        ("", "", true),
        ("http://www.example.cn", "", true),
        ("http://shop.elsewhere.cn/", "", true),
        ("www.example.cn；http://Shop.example.cn:80/index.html", "", false),
        ("", "http://shop.example.cn/", false),
    ] {
        let web = showing(answer("200 OK", "", SHOP));
        let at = |address: [u8; 4]| Record::Addresses(vec![address.into()]);
        let known = [("example.cn", at([127, 0, 1, 1])), ("shop.example.cn", at([127, 0, 0, 1]))];
        let resolve = names(&known.map(|(name, record)| (name.to_owned(), record)));
        let more = format!("[scan]\nmisses_to_close = 1\n{resolve}");
        let desk: Desk = web.desk("127.0.0.0/8", &more);
        desk.import("providers", "more.csv", "id,name\nP2,Second\n");
        desk.import("allocations", "b.csv", "cidr,provider,kind\n127.0.1.0/24,P2,source\n");
        let filing = |providers: &str| {
            format!(
                "domain,site_number,providers,home_url\n\
                 example.cn,京ICP备15000001号-1,{providers},{home_url}\n"
            )
        };
        if !listed_before.is_empty() {
            desk.import("filings", "f.csv", filing("P2"));
            desk.import("candidates", "c.txt", listed_before);
            desk.run(&["scan", "--all"]).ends(0);
            let list = desk.write("c.txt", "example.cn\n");
            desk.run(&["import", "candidates", &list, "--replace"]).ends(0);
        }
        desk.import("filings", "f.csv", filing("P1;P2"));
        for _ in 0..2 {
            desk.run(&["scan", "--all"]).ends(0);
            let found = desk.run(&["findings", "--kind", "over_reported", "--format", "jsonl"]);
            assert_eq!(found.json().len(), usize::from(is_accused), "{home_url} {listed_before}");
        }
    }
}
