//! The program against a real web server with real TLS, nginx.
//!
//! Where nginx is not installed nothing is tested, unless `CHABEI_REAL_SERVERS` is 1.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use chabei::clock::Clock;
use chabei::facts::certificate::CertificateFault;
use chabei::facts::exchange::HttpVersion;
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
use rcgen::date_time_ymd;
use serde_json::Value;

use crate::desk::Desk;
use crate::nginx::Nginx;
use crate::nginx::certify;

const PAGE: &str = "<html><title>Shop</title><p>Boots and shoes for everybody.</p></html>";

/// Where the first site is; the others follow.
const FIRST: [u8; 4] = [127, 88, 0, 1];

#[expect(clippy::print_stderr, reason = "a test that did not run is told of")]
fn serve(configure: impl Fn(&Path, [u16; 2]) -> String) -> Option<Nginx> {
    let nginx = Nginx::start(FIRST.into(), configure);
    if nginx.is_none() {
        let is_needed = std::env::var("CHABEI_REAL_SERVERS").is_ok_and(|value| value == "1");
        assert!(!is_needed, "CHABEI_REAL_SERVERS is 1, but nginx is not installed");
        eprintln!("NOT RUN: nginx is not installed");
    }
    nginx
}

/// Certificates of every kind, and a page in `root`.
fn furnish(root: &Path) {
    fs::write(root.join("index.html"), PAGE.repeat(100)).unwrap();
    certify(root, "good", &["site.example.cn", "127.88.0.1"], |_| {});
    certify(root, "wrong", &["other.example.cn"], |_| {});
    certify(root, "expired", &["site.example.cn"], |params| {
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
    });
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
        let nginx = serve(|root, [http, https]| {
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

/// One site an address: what it is, what nginx does there, and whether it is found.
const SITES: [(&str, &str, bool); 8] = [
    ("live", "", true),
    ("expired", "", true),
    ("wrong", "", true),
    (
        "redirected to https",
        "if ($scheme = http) { return 301 https://$server_addr:HTTPS/; }",
        true,
    ),
    ("404", "return 404;", false),
    ("403", "return 403;", false),
    ("503", "return 503;", false),
    ("cut off", "return 444;", false),
];

#[test]
fn the_truth_of_a_real_web_server_is_found() {
    let nginx = serve(|root, [http, https]| {
        furnish(root);
        let at = root.display();
        let servers = SITES.iter().zip(1..).map(|((name, what, _), last)| {
            let what = what.replace("HTTPS", &https.to_string());
            let certificate = if ["expired", "wrong"].contains(name) { name } else { "good" };
            // Of those with a bad certificate plain HTTP shows nothing.
            let plain =
                if certificate == "good" { "" } else { "if ($scheme = http) { return 444; }" };
            format!(
                "server {{\nlisten 127.88.0.{last}:{http};\nlisten 127.88.0.{last}:{https} ssl;\n\
                 root {at};\nssl_certificate {at}/{certificate}.pem;\n\
                 ssl_certificate_key {at}/{certificate}.key;\n{plain}\n{what}\n}}\n"
            )
        });
        servers.collect()
    });
    let Some(nginx) = nginx else { return };
    let desk = Desk::new();
    desk.write(
        "chabei.toml",
        format!(
            "[pace]\nper_address = 1000.0\n[probe]\nhttp_port = {}\nhttps_port = {}\n\
             allow = [\"127.0.0.0/8\"]\n",
            nginx.ports[0], nginx.ports[1]
        ),
    );
    desk.import("providers", "providers.csv", "id,name\nP1,First\n");
    desk.import("allocations", "a.csv", "cidr,provider,kind\n127.88.0.0/24,P1,source\n");
    desk.import("filings", "f.csv", "domain\nelsewhere.cn\n");
    let address = |last: usize| format!("127.88.0.{last}");
    let all: Vec<String> = (1..=SITES.len()).map(address).collect();
    desk.import("candidates", "c.txt", all.join("\n"));
    let named: Vec<&str> = all.iter().map(String::as_str).collect();
    desk.run(&[&["scan", "--domain"], &named[..]].concat()).ends(0);
    let findings = desk.run(&["findings", "--kind", "unfiled", "--format", "jsonl"]).json();
    for ((name, _, is_found), address) in SITES.iter().zip(&all) {
        let found = findings.iter().any(|finding| finding["domain"] == address.as_str());
        assert_eq!(found, *is_found, "{name}");
    }
    for (address, fault) in [(&all[1], "expired"), (&all[2], "self_signed")] {
        let trail = desk.run(&["explain", address, "--format", "json"]).json();
        let visits = &trail[0]["examination"]["hosts"][0]["addresses"][0]["visits"];
        let faults: Vec<&Value> = visits
            .as_array()
            .unwrap()
            .iter()
            .map(|visit| &visit["certificate"]["fault"])
            .filter(|fault| !fault.is_null())
            .collect();
        assert_eq!(faults, [fault], "{address}: {trail:?}");
    }
}
