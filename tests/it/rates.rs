//! The filing rate is what the truth says, night by night, and can be told again later.

use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::thread;

use serde_json::Value;

use crate::desk::Desk;
use crate::town::Town;
use crate::town::text;

/// The moment in the middle of the `night`-th night.
fn now(night: u32) -> String {
    format!("2026-11-{:02}T02:00:00+08:00", 27 + night)
}

/// The row of the nation, of a bureau or of a provider.
#[track_caller]
fn row<'v>(rows: &'v [Value], pointer: &str, name: Option<&str>) -> &'v Value {
    let is_it = |row: &&Value| match name {
        None => row["of"] == "nation",
        Some(name) => text(row, pointer) == Some(name),
    };
    rows.iter().find(is_it).unwrap_or_else(|| panic!("no {name:?} in {rows:?}"))
}

/// Domains filed on `night`, by the registers' own file: all, and those with a provider of `names`.
fn filed(town: &Town, names: &[String]) -> (u64, u64) {
    let mut reader = csv::Reader::from_path(town.path("filings.csv")).unwrap();
    let (mut all, mut own) = (0, 0);
    for record in reader.records().map(Result::unwrap) {
        if &record[3] == "active" {
            all += 1;
            let is_named = |cell: &str| names.iter().any(|name| name == cell.trim());
            own += u64::from(record[4].split([';', '；']).any(is_named));
        }
    }
    (all, own)
}

/// Plays `night`, imports what it brings, and scans it.
fn live_through(town: &Town, night: u32) {
    if night > 1 {
        town.play(night);
    }
    let at = now(night);
    for (register, file) in [
        ("providers", "providers.csv"),
        ("allocations", "allocations.csv"),
        ("filings", "filings.csv"),
        ("candidates", "candidates.txt"),
    ] {
        let path = town.path(file);
        let path = path.to_str().unwrap();
        town.run(&["--now", &at, "import", register, path, "--replace"]).ends(0);
    }
    town.run(&["--now", &at, "scan"]).ends(0);
}

/// The domains that are unfiled on `night` by the truth file, and at whom.
fn unfiled(town: &Town, night: u32) -> Vec<(String, Option<String>)> {
    let truth = town.truth();
    let standing = truth.iter().flat_map(|site| site.standing(night));
    let unfiled = standing.filter(|key| key.kind.word() == "unfiled");
    unfiled.map(|key| (key.target.to_string(), key.provider.map(|id| id.to_string()))).collect()
}

#[test]
fn the_filing_rate_of_three_nights_is_that_of_the_truth_file() {
    let town = Town::new(150, 5);
    let (_, provider) = town.site("unfiled");
    let provider = provider.unwrap();
    let known = town.providers().iter().find(|one| one.id.as_str() == provider).unwrap();
    let mut names = vec![known.id.to_string(), known.name.to_string()];
    names.extend(known.aliases.iter().map(ToString::to_string));
    let mut told = Vec::new();
    for night in 1..=3 {
        live_through(&town, night);
        let at = now(night);
        let unfiled = unfiled(&town, night);
        let mut domains: Vec<_> = unfiled.iter().map(|(domain, _)| domain).collect();
        domains.sort();
        domains.dedup();
        let (all, own) = filed(&town, &names);
        let rows = town.run(&["--now", &at, "rates", "--format", "json"]).json();
        for (row, filed, unfiled) in [
            (row(&rows, "", None), all, u64::try_from(domains.len()).unwrap()),
            (
                row(&rows, "/provider/id", Some(&provider)),
                own,
                unfiled.iter().map(|(_, at)| u64::from(at.as_ref() == Some(&provider))).sum(),
            ),
        ] {
            assert_eq!(row["filed"]["domains"], filed, "night {night}: {row}");
            assert_eq!(row["unfiled"]["domains"], unfiled, "night {night}: {row}");
            let number = |count| f64::from(u32::try_from(count).unwrap());
            let rate = number(filed) / number(filed + unfiled);
            assert!((row["filing_rate"].as_f64().unwrap() - rate).abs() < 1e-12, "{row}");
            assert!(unfiled > 0 && row["unfiled"]["sites"].as_u64().unwrap() <= unfiled);
        }
        // What could not be told stands beside the rate: there are walls and error pages.
        let nation = row(&rows, "", None);
        assert!(nation["unknown"].as_u64().unwrap() > 0, "{nation}");
        assert_eq!(nation["night"]["scan"], night);
        told.push(nation.clone());
    }
    assert_ne!(told[0]["filing_rate"], told[2]["filing_rate"], "the world did not change");
    for (night, then) in (1..).zip(&told) {
        let day = now(night)[..10].to_owned();
        let again = town.run(&[
            "--now",
            "2026-12-06T02:00:00+08:00",
            "rates",
            "--at",
            &day,
            "--format",
            "json",
        ]);
        let again = again.json();
        let again = row(&again, "", None);
        for field in ["filed", "unfiled", "filing_rate", "unknown", "night", "target"] {
            assert_eq!(again[field], then[field], "night {night}: {field}");
        }
    }
    let table = town.run(&["--now", &now(3), "rates"]);
    table.ends(0).says("网站备案率（模拟数据）").says("全国").says("第 3 次");
    let months = ["--now", &now(3), "rates", "--since", "2026-09", "--format", "json"];
    let months = town.run(&months).json();
    let nation: Vec<_> = months
        .iter()
        .filter(|row| row["of"] == "nation")
        .map(|row| (text(row, "/at").unwrap(), text(row, "/no_rate").is_some()))
        .collect();
    assert_eq!(nation, [("2026-09-30", true), ("2026-10-31", true), ("2026-11-30", false)]);
    let one = ["--now", &now(3), "rates", "--provider", &provider, "--format", "csv"];
    let one = town.run(&one);
    assert_eq!(one.text().lines().count(), 2, "{}", one.text());
}

#[test]
fn a_register_that_is_partial_or_old_yields_no_rate() {
    let desk = Desk::new();
    let filings = "domain,site_number,state,providers\na.cn,京ICP备12345678号-1,active,\n";
    let none = desk.run(&["rates", "--format", "json"]).json();
    assert_eq!(text(&none[0], "/no_rate"), Some("no filing register was imported by then"));
    assert!(none[0]["filed"].is_null() && none[0]["filing_rate"].is_null());
    desk.import("filings", "filings.csv", filings);
    let rate = |now: &str| {
        let rows = desk.run(&["--now", now, "rates", "--format", "json"]).json();
        assert!(rows[0]["filing_rate"].is_null(), "{rows:?}");
        text(&rows[0], "/no_rate").unwrap().to_owned()
    };
    let soon = chabei::clock::Clock::default().now().to_string();
    assert_eq!(rate(&soon), "no whole night was finished by then, so that nothing was looked for");
    assert_eq!(rate("2200-01-01T00:00:00Z"), "the filing register is older than max_age");
    desk.write("chabei.toml", "[filings]\ncomplete = false\n");
    assert_eq!(rate(&soon), "the filing register is not complete");
    desk.run(&["rates", "--at", "2200-01-01"]).ends(2).complains(&["lies ahead"]);
    desk.run(&["rates", "--since", "2009-13"]).ends(2).complains(&["no month"]);
}

/// Serves a page at `listener` whose visitor counter goes on with every request.
fn serve(listener: TcpListener, words: &'static str) {
    thread::spawn(move || {
        for (visitor, stream) in (17..).zip(listener.incoming()) {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            let is_page = request[..read].starts_with(b"GET / ");
            let body = format!(
                "<html><head><meta charset=utf-8><title>示例商城</title></head><body><h1>示例商城</h1><p>{words}\
                 </p><p>您是第 {visitor} 位访客</p></body></html>"
            );
            let (status, body) =
                if is_page { ("200 OK", body) } else { ("404 Not Found", String::new()) };
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
}

#[test]
fn sites_that_show_the_same_page_but_for_a_counter_are_told_as_one() {
    const SHOP: &str = "本店专营各式手工皮具，全部由本店师傅亲手缝制，支持来图定制，欢迎新老顾客来店选购，或者来电洽谈批发。";
    const OTHER: &str = "本店专营各式手工陶器，全部由本店师傅亲手烧制，支持来图定制，欢迎新老顾客来店选购，或者来电洽谈批发。";
    let first = TcpListener::bind("127.88.7.1:0").unwrap();
    let port = first.local_addr().unwrap().port();
    serve(first, SHOP);
    for (last, words) in [(2, SHOP), (3, SHOP), (4, OTHER)] {
        serve(TcpListener::bind((format!("127.88.7.{last}"), port)).unwrap(), words);
    }
    let desk = Desk::new();
    desk.write(
        "chabei.toml",
        format!(
            "[probe]\nhttp_port = {port}\nhttps_port = 1\nallow = [\"127.0.0.0/8\"]\n\
             [pace]\nper_address = 1000.0\nper_provider = 1000.0\n"
        ),
    );
    desk.import("providers", "providers.csv", "id,name\nP1,第一接入\n");
    let ranges = "start,end,provider,kind\n127.88.7.0,127.88.7.255,P1,source\n";
    desk.import("allocations", "allocations.csv", ranges);
    let filings =
        "domain,site_number,state,providers\n127.88.7.250,京ICP备12345678号-1,active,P1\n";
    desk.import("filings", "filings.csv", filings);
    desk.import("candidates", "list.txt", "127.88.7.1\n127.88.7.2\n127.88.7.3\n127.88.7.4\n");
    desk.run(&["scan"]).ends(0);
    let rows = desk.run(&["rates", "--format", "json"]).json();
    for row in [row(&rows, "", None), row(&rows, "/provider/id", Some("P1"))] {
        assert_eq!((&row["unfiled"]["domains"], &row["unfiled"]["sites"]), (&4.into(), &2.into()));
    }
}
