//! What strangers see of a scan: how often it asks, what it asks for, and whom it never asks.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::IpAddr;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;

use serde_json::Value;

use crate::desk::Desk;
use crate::desk::Ran;
use crate::town::Town;
use crate::town::text;

/// Requests a second to one address, in the test of the pace.
const PER_ADDRESS: u32 = 20;

/// When requests went out, in nanoseconds, by the address that they went to: by the clock of whoever
/// sent them, which no busy machine sets back.
fn sent(log: &str) -> BTreeMap<IpAddr, Vec<u64>> {
    let mut sent: BTreeMap<IpAddr, Vec<u64>> = BTreeMap::new();
    for line in log.lines() {
        let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
        let fields = &line["fields"];
        if fields["message"] == "a request goes out" {
            let address = fields["address"].as_str().unwrap().parse().unwrap();
            sent.entry(address).or_default().push(fields["elapsed_ns"].as_u64().unwrap());
        }
    }
    sent
}

#[test]
fn no_address_is_asked_faster_than_configured() {
    let town = Town::new(150, 7);
    town.configure(&[("per_address", "20.0")]);
    town.import_all();
    let mut scan = town.command(&["--log-format", "json", "scan"]);
    let ran: Ran = scan.env("CHABEI_LOG", "chabei::net::pace=trace").output().unwrap().into();
    ran.ends(0);
    let sent = sent(&ran.err);
    let arrivals = town.lab().arrivals();
    let gap = u64::from(1_000_000_000 / PER_ADDRESS);
    let mut most = 0;
    for (address, tally) in &arrivals.requests {
        let times = sent.get(address).map(Vec::as_slice).unwrap_or_default();
        assert!(tally.count <= times.len() as u64, "{address}: some came without leave");
        assert!(times.windows(2).all(|pair| pair[1] >= pair[0] + gap), "{address}: {times:?}");
        most = most.max(times.len());
    }
    assert!(most >= 10, "no address was asked often enough to tell: {most}");
}

#[test]
fn nothing_special_purpose_is_asked_unless_the_configuration_allows_it() {
    let town = Town::new(60, 7);
    town.configure(&[("allow", "[]")]);
    town.import_all();
    town.scan(&[]);
    let arrivals = town.lab().arrivals();
    assert!(arrivals.questions.count > 60, "the names were not even resolved");
    assert_eq!(arrivals.request_count(), 0);
    let unfiled = town.run(&["findings", "--kind", "unfiled", "--format", "jsonl"]).json();
    assert!(unfiled.is_empty(), "{unfiled:?}");

    town.configure(&[("allow", "[\"127.0.0.0/8\"]")]);
    town.scan(&[]);
    assert!(town.lab().arrivals().request_count() > 60);
}

#[test]
fn names_and_ranges_of_the_opt_out_list_are_never_asked() {
    let site = Site::serving("User-agent: *\nDisallow:\n");
    let desk = site.desk();
    desk.write("leave-alone.txt", "127.0.0.0/24\n");
    let toml = desk.path("chabei.toml");
    let before = std::fs::read_to_string(&toml).unwrap();
    std::fs::write(&toml, format!("{before}opt_out = [\"leave-alone.txt\"]\n")).unwrap();
    desk.run(&["scan", "--domain", "127.0.0.1"]).ends(0);
    assert!(site.asked().is_empty(), "{:?}", site.asked());
    std::fs::write(&toml, before).unwrap();
    desk.run(&["scan", "--domain", "127.0.0.1"]).ends(0);
    assert_eq!(site.asked(), ["GET /robots.txt", "GET /"]);
}

/// A site on one address that writes down what it is asked for. Its thread ends with the process.
struct Site {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

/// What a site answers: status line and further headers, and a page.
type Page = (&'static str, &'static str);

impl Site {
    fn serving(robots: &'static str) -> Self {
        let shop = "<title>Shop</title><p>Boots and shoes for everybody.</p>";
        Self::answering(move |asked, _| match asked {
            "GET /robots.txt" => ("200 OK\r\nContent-Type: text/plain", robots),
            _ => ("200 OK\r\nContent-Type: text/html", shop),
        })
    }

    /// A site that answers what `answer` makes of a request, and of how many there were of them before.
    fn answering(answer: impl Fn(&str, usize) -> Page + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let head = BufReader::new(&stream).lines().map_while(Result::ok);
                let head: Vec<_> = head.take_while(|line| !line.is_empty()).collect();
                let line = head.first().cloned().unwrap_or_default();
                let asked = line.trim_end_matches(" HTTP/1.1").to_owned();
                let mut noted = noted.lock().unwrap();
                let before = noted.iter().filter(|earlier| **earlier == asked).count();
                let (start, body) = answer(&asked, before);
                noted.push(asked);
                drop(noted);
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {start}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                );
            }
        });
        Self { port, asked }
    }

    /// A desk whose only candidate is this site's address, held by P1.
    fn desk(&self) -> Desk {
        let desk = Desk::new();
        let probe = format!(
            "[pace]\nper_address = 1000.0\n[probe]\nhttp_port = {}\nhttps_port = 0\n\
             allow = [\"127.0.0.0/8\"]\n",
            self.port
        );
        desk.write("chabei.toml", probe);
        desk.import("providers", "providers.csv", "id,name\nP1,First\n");
        desk.import("allocations", "a.csv", "cidr,provider,kind\n127.0.0.0/24,P1,source\n");
        desk.import("filings", "f.csv", "domain\nelsewhere.cn\n");
        desk.import("candidates", "c.txt", "127.0.0.1\n");
        desk
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[test]
fn a_page_that_robots_txt_forbids_is_not_asked_for_and_the_site_is_live_all_the_same() {
    for (robots, asked, reason) in [
        ("User-agent: *\nDisallow: /\n", vec!["GET /robots.txt"], "R05"),
        ("User-agent: *\nDisallow: /private\n", vec!["GET /robots.txt", "GET /"], "R03"),
    ] {
        let site = Site::serving(robots);
        let desk = site.desk();
        // elsewhere.cn is filed and so a candidate too; only the address is of interest.
        desk.run(&["scan", "--domain", "127.0.0.1"]).ends(0);
        assert_eq!(site.asked(), asked, "{robots}");
        let findings = desk.run(&["findings", "--format", "jsonl"]).json();
        let [finding] = &findings[..] else { panic!("{findings:?}") };
        assert_eq!(text(finding, "/domain"), Some("127.0.0.1"));
        assert_eq!(text(finding, "/provider/id"), Some("P1"));
        let reasons = finding["reasons"].as_array().unwrap();
        assert!(reasons.contains(&reason.into()), "{reasons:?}");
    }
}

#[test]
fn an_address_that_minds_being_tested_for_its_block_page_is_left_alone() {
    const BLOCK: Page = (
        "403 Forbidden\r\nServer: Beaver\r\nContent-Type: text/html",
        "<title>Non-compliance ICP Filing</title><iframe src=\"https://www.aliyun.com/beian\"></iframe>",
    );
    let site = Site::answering(|asked, before| match (asked, before) {
        ("GET /", _) => BLOCK,
        (_, 0) => ("404 Not Found", ""),
        _ => ("429 Too Many Requests\r\nRetry-After: 3600", ""),
    });
    let desk = site.desk();
    desk.run(&["scan", "--domain", "127.0.0.1"]).ends(0);
    // Whether a name that nobody can have is stopped too is not asked any more.
    assert_eq!(site.asked(), ["GET /robots.txt", "GET /", "GET /", "GET /robots.txt"]);
    let trail = desk.run(&["explain", "127.0.0.1", "--format", "json"]).json();
    assert_eq!(
        text(&trail[0], "/examination/hosts/0/addresses/0/visits/0/control"),
        Some("no_answer")
    );
}
