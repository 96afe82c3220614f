//! The program against a real web server with real TLS, nginx.
//!
//! Where nginx is not installed nothing is tested, unless `CHABEI_REAL_SERVERS` is 1.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::mem;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use chabei::clock::Clock;
use chabei::facts::certificate::CertificateFault;
use chabei::facts::exchange::HttpVersion;
use chabei::facts::finding::FindingKey;
use chabei::facts::finding::FindingState;
use chabei::lab::truth::Comparison;
use chabei::lab::truth::Truth;
use chabei::lab::truth::compare;
use chabei::lab::understudy::Understudy;
use chabei::lab::world::WorldSettings;
use chabei::lab::world::plan;
use chabei::lab::world::scenario_names;
use chabei::net::guard::Guard;
use chabei::net::guard::OptOut;
use chabei::net::http::Client;
use chabei::net::http::Fetched;
use chabei::net::http::Line;
use chabei::net::http::Reply;
use chabei::net::http::Settings;
use chabei::net::pace;
use chabei::net::pace::Pace;
use chabei::net::pace::Parties;
use serde_json::Value;

use crate::nginx::Nginx;
use crate::nginx::certify;
use crate::stand_in;
use crate::town::Town;
use crate::town::text;

const PAGE: &str = "<html><title>Shop</title><p>Boots and shoes for everybody.</p></html>";

/// Where the only site is.
const FIRST: [u8; 4] = [127, 88, 0, 1];

#[expect(clippy::print_stderr, reason = "a test that did not run is told of")]
fn serve(
    address: impl Into<IpAddr>,
    configure: impl Fn(&Path, [u16; 2]) -> String,
) -> Option<Nginx> {
    let nginx = Nginx::start(address.into(), configure);
    if nginx.is_none() {
        let is_needed = std::env::var("CHABEI_REAL_SERVERS").is_ok_and(|value| value == "1");
        assert!(!is_needed, "CHABEI_REAL_SERVERS is 1, but nginx is not installed");
        eprintln!("NOT RUN: nginx is not installed");
    }
    nginx
}

/// A certificate, and a page in `root`.
fn furnish(root: &Path) {
    fs::write(root.join("index.html"), PAGE.repeat(100)).unwrap();
    certify(root, "good", &["site.example.cn", "127.88.0.1"]);
}

fn client([plain, secure]: [u16; 2]) -> Client {
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    let ports = Settings { http_port: plain, https_port: secure, ..Settings::default() };
    let settings = Settings { allow: allow.clone(), ..ports };
    Client::new(&settings, Guard::new(allow, OptOut::default()), Clock::default()).unwrap()
}

async fn fetch(client: &Client, url: &str, line: &mut Line) -> Fetched {
    let pace = Pace::new(&pace::Settings { per_address: 1e6, ..pace::Settings::default() });
    let leave = pace.turn(IpAddr::from(FIRST), &Parties::default()).await.unwrap();
    client.fetch(&url.parse().unwrap(), &leave, "", line).await
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_over_one_connection_packed_and_not() {
    for (option, is_secure, version) in [
        ("", false, HttpVersion::Http11),
        ("", true, HttpVersion::Http11),
        (" http2", true, HttpVersion::Http2),
    ] {
        let nginx = serve(FIRST, |root, [http, https]| {
            furnish(root);
            let at = root.display();
            format!(
                "gzip on;\nserver {{\nlisten 127.88.0.1:{http};\n\
                 listen 127.88.0.1:{https} ssl{option};\nroot {at};\n\
                 ssl_certificate {at}/good.pem;\nssl_certificate_key {at}/good.key;\n\
                 add_header X-Requests $connection_requests always;\n}}"
            )
        });
        let Some(nginx) = nginx else { return };
        let (client, mut line) = (client(nginx.ports), Line::default());
        let scheme = if is_secure { "https" } else { "http" };
        for (path, status, requests) in [("robots.txt", 404, "1"), ("", 200, "2")] {
            let url = format!("{scheme}://site.example.cn/{path}");
            let fetched = fetch(&client, &url, &mut line).await;
            let Reply::Answer(answer) = fetched.reply else { panic!("{:?}", fetched.reply) };
            assert_eq!((answer.status, fetched.trace.version), (status, version), "{url}");
            assert_eq!(answer.headers["x-requests"], requests, "{url}: a connection of its own");
            if status == 200 {
                assert_eq!(answer.headers["content-encoding"], "gzip", "{url}");
                assert!(answer.is_whole && answer.body == PAGE.repeat(100).into_bytes(), "{url}");
            }
            let fault = fetched.trace.certificate.map(|certificate| certificate.fault);
            assert_eq!(fault, is_secure.then_some(Some(CertificateFault::SelfSigned)), "{url}");
        }
    }
}

/// The nights after which nothing changes any more.
const NIGHTS: u32 = 4;

/// What nginx has no means to play, and why.
const NOT_OF_NGINX: [(&str, &str); 7] = [
    ("not_http", "it speaks nothing but HTTP"),
    ("served_over_http_1_0", "its answers are of HTTP/1.1"),
    ("served_after_early_hints", "it sends none"),
    ("served_with_bare_newlines", "it ends lines as HTTP has it"),
    ("headers_endless", "its headers are as many as its configuration has"),
    ("reset_within_page", "it ends what it has begun"),
    ("block_page_flaps", "it keeps no count of who came"),
];

#[test]
fn a_real_web_server_that_plays_the_lab_looks_the_same_and_its_truth_is_found() {
    let sites = scenario_names().count();
    let settings = |seed| WorldSettings { sites, seed, ..WorldSettings::default() };
    let is_fit = |seed: &u64| !stand_in::is_shared_with_old(plan(&settings(*seed)));
    let town = Town::with_slow_sites(sites, (1..10_000).find(is_fit).unwrap());
    let left = NOT_OF_NGINX.map(|(scenario, _)| scenario);
    let mut truth = town.truth();
    truth.retain(|site| !left.contains(&site.scenario.as_str()));
    assert!(truth.len() > 45 && truth.len() + left.len() == sites);
    town.pass("lab", 1);
    let asked = town.lab().arrivals().request_count();
    let first = *Understudy::new(Arc::clone(town.world()), 0, 1).addresses().first().unwrap();
    let refused = RefCell::new(BTreeSet::new());
    for night in 1..=NIGHTS {
        let nginx = serve(first, |root, ports| {
            let understudy = Understudy::new(Arc::clone(town.world()), ports[0], night);
            refused.borrow_mut().extend(stand_in::write(&understudy, root, ports));
            format!("include {}/web.conf;", root.display())
        });
        let Some(nginx) = nginx else { return };
        let [http, https] = nginx.ports.map(|port| port.to_string());
        town.play(night);
        town.configure(&[("http_port", &http), ("https_port", &https)]);
        town.pass("data", night);
        if night == 1 {
            looks_the_same(&seen(&town, "data", &truth), &seen(&town, "lab", &truth));
        }
        let mut found: Vec<_> = town.findings().iter().map(found).collect();
        found.retain(|(key, _)| truth.iter().any(|site| site.domain == key.target));
        let comparison = compare(&truth, &found, night);
        assert!(comparison.is_exact(), "night {night}:\n{}", told(&comparison, &truth));
    }
    assert_eq!(refused.into_inner(), BTreeSet::from(left), "what nginx cannot play");
    assert_eq!(town.lab().arrivals().request_count(), asked, "the lab was asked in place of nginx");
}

/// Visits by scenario, host, address, and whether over TLS.
type Seen = BTreeMap<(String, String, String, bool), Value>;

/// What every visit to the sites of `truth` showed, but for where it went.
fn seen(town: &Town, data: &str, truth: &[Truth]) -> Seen {
    let file = town.path("export.jsonl");
    town.run_over(data, &["export-data", file.to_str().unwrap()]).ends(0);
    let text = fs::read_to_string(&file).unwrap();
    fs::remove_file(file).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let examinations = lines.filter(|line| line["kind"] == "examination");
    let mut seen = Seen::new();
    for mut examination in examinations.map(|mut line| line["record"].take()) {
        let target = examination["target"].as_str().unwrap().parse().unwrap();
        let Some(site) = truth.iter().find(|site| site.domain == target) else { continue };
        let items = |value: &mut Value| mem::take(value.as_array_mut().unwrap());
        for mut host in items(&mut examination["hosts"]) {
            for mut sighting in items(&mut host["sightings"]) {
                for mut visit in items(&mut sighting["visits"]) {
                    visit["certificate"] = visit["certificate"]["fault"].take();
                    for place in ["port", "final_url", "hops"] {
                        visit[place].take();
                    }
                    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                    let (host, address) = (word(&host["host"]), word(&visit["address"]));
                    let is_secure = visit["is_secure"] == true;
                    seen.insert((site.scenario.clone(), host, address, is_secure), visit);
                }
            }
        }
    }
    seen
}

/// Fails unless nginx showed all that the lab shows. Of names that have no TLS it says so, where the lab
/// cuts the connection.
fn looks_the_same(nginx: &Seen, lab: &Seen) {
    let mut faults = BTreeSet::new();
    for (place, of_lab) in lab {
        let mut expected = of_lab.clone();
        let is_cut = place.3 && expected["sign"] == "Reset";
        if is_cut {
            expected["sign"] = "TlsNameUnknown".into();
        }
        assert_eq!(nginx.get(place), Some(&expected), "{place:?}");
        faults.extend(nginx[place]["certificate"].as_str());
    }
    let only: Vec<_> = nginx.keys().filter(|place| !lab.contains_key(*place)).collect();
    assert!(only.is_empty(), "visited at nginx only: {only:?}");
    let all = ["expired", "not_yet_valid", "self_signed", "unknown_issuer", "wrong_name"];
    assert_eq!(faults, BTreeSet::from(all));
}

/// What a listed finding is, and how it stands.
fn found(row: &Value) -> (FindingKey, FindingState) {
    let key = FindingKey {
        target: text(row, "/domain").unwrap().parse().unwrap(),
        kind: text(row, "/kind").unwrap().parse().unwrap(),
        provider: text(row, "/provider/id").map(|id| id.parse().unwrap()),
    };
    let state = match text(row, "/state").unwrap() {
        "open" => FindingState::Open,
        "answered" => FindingState::Answered,
        "closed" => {
            let reason = serde_json::from_value(row["closed_reason"].clone());
            FindingState::Closed(reason.unwrap())
        }
        other => panic!("{other}: {row}"),
    };
    (key, state)
}

/// Which scenarios the findings were missed or invented of.
fn told(comparison: &Comparison, truth: &[Truth]) -> String {
    let Comparison { missed, invented, misclosed, .. } = comparison;
    let missed = missed.iter().map(|key| ("missed", key));
    let invented = invented.iter().map(|key| ("invented", key));
    let misclosed = misclosed.iter().map(|one| ("closed wrongly", &one.key));
    let told = missed.chain(invented).chain(misclosed).map(|(what, key)| {
        let site = truth.iter().find(|site| site.domain == key.target);
        let scenario = site.map_or("no site", |site| &site.scenario);
        format!("{scenario}: {what}: {key:?}\n")
    });
    told.collect()
}
