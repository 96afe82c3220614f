//! Nights on which our own name server or line is broken: what vanishes then counts for nothing.

use std::net::UdpSocket;
use std::thread;

use serde_json::Value;

use crate::town::Town;
use crate::town::text;

/// A name server to whom no name exists, for as long as the tests run. Returns its address.
fn denying() -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let mut packet = [0; 512];
        while let Ok((length, whom)) = socket.recv_from(&mut packet) {
            let answer = &mut packet[..length];
            // An answer, NXDOMAIN, without any record but the question.
            (answer[2], answer[3]) = (0x81, 0x83);
            answer[6..12].fill(0);
            if socket.send_to(answer, whom).is_err() {
                break;
            }
        }
    });
    address
}

/// One night of the town, by its date; the mail of the morning after it.
fn night(town: &Town, day: u32) -> String {
    let now = format!("2027-03-{day:02}T01:00:00+08:00");
    for (register, file) in [
        ("providers", "providers.csv"),
        ("allocations", "allocations.csv"),
        ("filings", "filings.csv"),
        ("candidates", "candidates.txt"),
    ] {
        let path = town.path(file);
        let import = ["--now", &now, "import", register, path.to_str().unwrap(), "--replace"];
        town.run(&import).ends(0);
    }
    town.run(&["--now", &now, "scan", "--summary-text", "night.txt"]).ends(0);
    std::fs::read_to_string(town.path("night.txt")).unwrap()
}

fn states(findings: &[Value]) -> Vec<(String, String, String)> {
    let word = |finding: &Value, at: &str| text(finding, at).unwrap_or_default().to_owned();
    let mut states: Vec<_> = findings
        .iter()
        .map(|finding| {
            let state = word(finding, "/state") + &word(finding, "/closed_reason");
            (word(finding, "/domain"), word(finding, "/kind"), state)
        })
        .collect();
    states.sort();
    states
}

#[test]
fn a_name_server_that_denies_everything_mends_and_accuses_nothing() {
    let town = Town::new(100, 5);
    night(&town, 1);
    let before = states(&town.findings());
    assert!(before.len() > 10, "{before:?}");
    let configured = std::fs::read_to_string(town.path("chabei.toml")).unwrap();
    let line = configured.lines().find(|line| line.starts_with("servers = ")).unwrap();
    let broken = configured.replacen(line, &format!("servers = [\"{}\"]", denying()), 1);
    town.write("chabei.toml", broken);
    for day in 2..=5 {
        let mail = night(&town, day);
        assert!(mail.contains("夜：大量域名突然没有地址\n"), "{mail}");
        assert_eq!(states(&town.findings()), before, "on day {day}");
    }
    town.write("chabei.toml", configured);
    assert!(!night(&town, 6).contains("大量域名"));
    let reopened = |finding: &&Value| finding["reopened"] != 0;
    assert_eq!(town.findings().iter().filter(reopened).count(), 0);
}
