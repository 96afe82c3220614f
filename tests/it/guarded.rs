//! Ways past the guard and the opt-out list: whatever a site or its name server says, nobody is asked who
//! may not be.

use std::net::Ipv4Addr;

use crate::desk::Desk;
use crate::web::Record;
use crate::web::Request;
use crate::web::Web;
use crate::web::answer;
use crate::web::names;

/// The one address that may be reached.
const ALLOWED: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// Another, where the same server listens.
const INSIDE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);

/// Where sites send on to; `SITE` is the site itself, `PORT` the port of all.
const LEADS: [&str; 20] = [
    "http://127.0.0.9:PORT/",
    "http://127.0.0.9/",
    "http://0x7f.9:PORT/",
    "http://0x7f000009:PORT/",
    "http://2130706441:PORT/",
    "http://017700000011:PORT/",
    "http://127.9:PORT/",
    "http://0:PORT/",
    "http://[::]:PORT/",
    "http://[::ffff:127.0.0.9]:PORT/",
    "http://[::127.0.0.9]:PORT/",
    "http://[64:ff9b::7f00:9]:PORT/",
    "http://[2002:7f00:9::]:PORT/",
    "http://169.254.169.254/latest/meta-data/",
    "http://hop.SITE:PORT/",
    "http://alias.SITE:PORT/",
    "http://user:password@hop.SITE:PORT/",
    "http://127.0.0.1:PORT@hop.SITE:PORT/",
    "//hop.SITE:PORT/",
    "http://SITE:PORT@127.0.0.9:PORT/",
];

fn at(address: Ipv4Addr) -> Record {
    Record::Addresses(vec![address])
}

/// Has `desk`, which asks the name server of `resolve`, examine `candidates`.
fn examine(desk: &Desk, resolve: &str, candidates: &[String]) {
    let toml = desk.path("chabei.toml");
    let configured = std::fs::read_to_string(&toml).unwrap();
    std::fs::write(&toml, format!("{resolve}{configured}")).unwrap();
    desk.import("candidates", "c.txt", candidates.join("\n"));
    desk.run(&["scan"]).ends(0);
}

fn page() -> String {
    answer("200 OK", "", "<title>Shop</title><p>Boots and shoes for everybody.</p></html>")
}

fn sent_on(request: &Request, to: &str) -> String {
    let to = to.replace("SITE", &request.host).replace("PORT", &request.port.to_string());
    answer("302 Found", &format!("Location: {to}\r\n"), "")
}

#[test]
fn nothing_that_a_site_says_leads_past_the_guard() {
    let web = Web::answering(|request| {
        let number = request.host.trim_matches(|c: char| !c.is_ascii_digit()).parse::<usize>();
        match (request.path.as_str(), number) {
            ("/robots.txt", _) => answer("404 Not Found", "", ""),
            (_, Ok(number)) => sent_on(request, LEADS[number]),
            (_, Err(_)) => page(),
        }
    });
    let sites: Vec<String> = (0..LEADS.len()).map(|number| format!("site{number}.cn")).collect();
    let mut known = vec![("inside.example.cn".to_owned(), at(INSIDE))];
    for site in &sites {
        known.push((site.clone(), at(ALLOWED)));
        known.push((format!("hop.{site}"), at(INSIDE)));
        known.push((format!("alias.{site}"), Record::Alias("inside.example.cn")));
    }
    let desk = web.desk("127.0.0.1/32", "");
    examine(&desk, &names(&known), &sites);
    let asked = web.asked();
    assert!(asked.iter().all(|request| request.address == ALLOWED), "{asked:?}");
    assert_eq!(asked.len(), 2 * sites.len(), "robots.txt and the page of each: {asked:?}");
}

#[test]
fn a_name_that_leads_elsewhere_the_second_time_is_not_followed_there() {
    let web = Web::answering(|request| match (request.path.as_str(), request.host.as_str()) {
        ("/robots.txt", _) => answer("404 Not Found", "", ""),
        (_, "turns.cn") => sent_on(request, "http://www.turns.cn:PORT/"),
        (_, _) => sent_on(request, "http://turns.cn:PORT/secret"),
    });
    let turns = Record::Addresses(vec![ALLOWED, INSIDE]);
    let known = [("turns.cn".to_owned(), turns), ("www.turns.cn".to_owned(), at(ALLOWED))];
    let desk = web.desk("127.0.0.1/32", "");
    examine(&desk, &names(&known), &["turns.cn".to_owned()]);
    let asked = web.asked();
    assert!(!asked.is_empty());
    assert!(asked.iter().all(|request| request.address == ALLOWED), "{asked:?}");
}

#[test]
fn names_of_addresses_that_may_not_be_reached_are_not_asked() {
    let web = Web::answering(|_| page());
    let known = [
        ("plain.cn".to_owned(), at(INSIDE)),
        ("alias.cn".to_owned(), Record::Alias("inside.example.cn")),
        ("inside.example.cn".to_owned(), at(INSIDE)),
        ("nowhere.cn".to_owned(), at(Ipv4Addr::UNSPECIFIED)),
        ("metadata.cn".to_owned(), at(Ipv4Addr::new(169, 254, 169, 254))),
        ("everybody.cn".to_owned(), at(Ipv4Addr::new(224, 0, 0, 1))),
    ];
    let candidates: Vec<String> = known.iter().map(|(name, _)| name.clone()).collect();
    let desk = web.desk("127.0.0.1/32", "");
    examine(&desk, &names(&known), &candidates);
    assert_eq!(web.asked(), []);
    assert!(desk.run(&["findings", "--format", "jsonl"]).json().is_empty());
}

#[test]
fn who_opted_out_by_name_or_range_is_not_asked_by_any_way() {
    let web = Web::answering(|request| match (request.path.as_str(), request.host.as_str()) {
        ("/robots.txt", _) => answer("404 Not Found", "", ""),
        (_, "sends.cn") => sent_on(request, "http://away.sends.cn:PORT/"),
        _ => page(),
    });
    let near = Ipv4Addr::new(127, 0, 0, 5);
    let known = [
        ("left.cn", ALLOWED),
        ("www.left.cn", ALLOWED),
        ("shop.under.cn", ALLOWED),
        ("under.cn", ALLOWED),
        ("near.cn", near),
        ("sends.cn", ALLOWED),
        ("away.sends.cn", ALLOWED),
        ("notleft.cn", ALLOWED),
    ];
    let known = known.map(|(name, address)| (name.to_owned(), at(address)));
    let candidates: Vec<String> = known.iter().map(|(name, _)| name.clone()).collect();
    let desk = web.desk("127.0.0.0/8", "");
    let configured = std::fs::read_to_string(desk.path("chabei.toml")).unwrap();
    desk.write("chabei.toml", format!("{configured}opt_out = [\"left-alone.txt\"]\n"));
    desk.write("left-alone.txt", "Left.cn\n*.under.cn\naway.sends.cn\n127.0.0.4/30\n");
    examine(&desk, &names(&known), &candidates);
    let mut asked: Vec<String> = web.asked().into_iter().map(|request| request.host).collect();
    asked.sort();
    asked.dedup();
    assert_eq!(asked, ["notleft.cn", "sends.cn"]);
}
