//! Answers that would cost without end: each ends within its bounds, is told in one line of the log, and
//! nothing is said of its site that was not seen.

use std::collections::BTreeMap;

use crate::desk::Ran;
use crate::held::most_held;
use crate::town::Town;

/// Scenarios of answers that are more than is taken, and what of them is.
const BOMBS: [(&str, &str); 11] = [
    ("gzip_bomb", "body"),
    ("gzip_bomb_in_gzip", "body"),
    ("title_endless", "body"),
    ("endless_page", "body"),
    ("headers_endless", "head"),
    ("header_flood", "head"),
    ("redirects_for_ever", "redirects"),
    ("redirect_loop", "redirects"),
    ("drip", "time"),
    ("certificate_of_ten_thousand_names", "certificate"),
    ("page_of_nested_tags", "page"),
];

/// What they may cost in memory, all at once, above what ordinary pages do.
const ROOM: u64 = 64 << 20;

/// What one request for a bomb may bring over the wire, in bytes: a body as large as is read, what comes
/// before it, and what the two machines hold meanwhile.
const ON_THE_WIRE: u64 = 8 << 20;

/// A scan over the sites of `scenarios` alone, into the data folder `data`; what it said on stderr, and
/// how much memory it held at the most, in bytes.
fn scanned(town: &Town, data: &str, scenarios: &[&str]) -> (String, u64) {
    town.import_into(data);
    let domains: Vec<String> = scenarios.iter().map(|scenario| town.site(scenario).0).collect();
    let mut args = vec!["scan", "--domain"];
    args.extend(domains.iter().map(String::as_str));
    let mut scan = town.command_over(data, &args).spawn().unwrap();
    let most = most_held(&mut scan);
    let ran: Ran = scan.wait_with_output().unwrap().into();
    ran.ends(0);
    (ran.err, most)
}

/// How often the hosts of `domain` were asked for anything, and how many bytes were sent in answer.
fn on_the_wire(town: &Town, domain: &str) -> (u64, u64) {
    let arrivals = town.lab().arrivals();
    let is_its = |host: &str| host.ends_with(domain);
    let asked = arrivals.asked.iter().filter(|(asked, _)| is_its(&asked.host));
    let sent = arrivals.sent.iter().filter(|(host, _)| is_its(host));
    (asked.map(|(_, count)| count).sum(), sent.map(|(_, bytes)| bytes).sum())
}

#[test]
fn every_bomb_costs_one_line_of_the_log_and_little_memory() {
    let town = Town::with_slow_sites(200, 3);
    let bombs = BOMBS.map(|(scenario, _)| scenario);
    let (err, with_bombs) = scanned(&town, "bombs", &bombs);
    let mut told = BTreeMap::new();
    for line in err.lines().filter(|line| line.contains("more than is taken of any site")) {
        for (scenario, _) in BOMBS {
            if line.contains(&town.site(scenario).0) {
                told.entry(scenario).or_insert_with(Vec::new).push(line);
            }
        }
    }
    for (scenario, excess) in BOMBS {
        let lines = told.get(scenario).map(Vec::as_slice).unwrap_or_default();
        let [line] = lines else { panic!("{scenario} is told in {} lines:\n{err}", lines.len()) };
        assert!(line.contains(&format!("excess=\"{excess}\"")), "{scenario}: {line}");
    }
    for (scenario, _) in BOMBS {
        let (requests, sent) = on_the_wire(&town, &town.site(scenario).0);
        assert!(requests > 0 && sent > 0, "{scenario} was not asked for");
        assert!(sent <= requests * ON_THE_WIRE, "{scenario}: {sent} bytes for {requests} requests");
    }
    let (err, without) =
        scanned(&town, "ordinary", &["filed_and_connected", "unfiled", "unfiled_gbk_page"]);
    assert!(!err.contains("more than is taken"), "{err}");
    assert!(with_bombs < without + ROOM, "{with_bombs} bytes of memory, {without} without bombs");
    assert!(without > 0, "memory was not measured");
}
