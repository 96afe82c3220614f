//! How much of the interface anybody may have, and for how long.

use std::io::Read;
use std::io::Write;
use std::net::TcpStream;

use serde_json::json;

use crate::served::Served;
use crate::served::id;
use crate::served::key;
use crate::served::office;

/// Begins to send a body that never ends; comes back when it is waited for, or with what was answered.
fn endless(served: &Served, key: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(served.address()).unwrap();
    let head = format!(
        "POST /api/v1/filings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: text/csv\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut came = Vec::new();
    while !came.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        came.extend(byte);
    }
    (stream, String::from_utf8(came).unwrap())
}

#[test]
fn a_key_has_two_large_bodies_at_once_and_others_have_theirs() {
    let desk = office();
    let (greedy, _) = key(&desk, &["--provider", "P4"]);
    let (other, _) = key(&desk, &["--provider", "P5"]);
    let served = Served::start(&desk);
    let held = [endless(&served, &greedy), endless(&served, &greedy)];
    for (_, came) in &held {
        assert!(came.starts_with("HTTP/1.1 100"), "{came}");
    }
    let (_third, came) = endless(&served, &greedy);
    assert!(came.starts_with("HTTP/1.1 429"), "{came}");
    assert!(came.to_lowercase().contains("\r\nretry-after: "), "{came}");
    let (_others, came) = endless(&served, &other);
    assert!(came.starts_with("HTTP/1.1 100"), "{came}");
    let small = ("text/csv", b"domain\n".to_vec());
    served.send("POST", "/filings", &greedy, small).ends(200);
    drop(held);
    // Whoever goes away gives his turn back, as soon as that is noticed.
    while !endless(&served, &greedy).1.starts_with("HTTP/1.1 100") {}
}

#[test]
fn a_call_that_is_held_gives_nothing_to_a_key_that_was_revoked_meanwhile() {
    let desk = office();
    let (revoked, revoked_id) = key(&desk, &["--provider", "P4"]);
    let (provider, _) = key(&desk, &["--provider", "P4"]);
    desk.write("chabei.toml", "[serve]\ncalls_per_second = 100000\ncalls_at_once = 1\n");
    let served = Served::start(&desk);
    let came = std::thread::scope(|scope| {
        let waits = scope.spawn(|| {
            let hold = || served.get("/changes?after=3&wait=50", &revoked);
            std::iter::repeat_with(hold).find(|came| came.status != 429).unwrap()
        });
        let is_held = || {
            let came = served.get("/domains/a.cn", &revoked);
            came.status == 429 && came.json()["detail"].as_str().unwrap().contains("under way")
        };
        while !is_held() {}
        desk.run(&["keys", "revoke", &revoked_id, "--reason", "lost"]).ends(0);
        let path = format!("/findings/{}/answers", id(2));
        let body = json!({"result": "in_progress"});
        served.call("POST", &path, Some(&provider), Some(&body)).ends(200);
        waits.join().unwrap()
    });
    assert!(came.ends(401).json()["changes"].is_null());
}

#[test]
fn a_sheet_with_more_rows_than_a_call_takes_is_not_copied() {
    let desk = office();
    let (provider, _) = key(&desk, &["--provider", "P4"]);
    let served = Served::start(&desk);
    let sheet = |rows: u32| {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let sheet = workbook.add_worksheet();
        sheet.write_row(0, 0, ["domain", "site_number"]).unwrap();
        for row in 1..=rows {
            sheet.write(row, 0, "no domain").unwrap();
        }
        ("application/octet-stream", workbook.save_to_buffer().unwrap())
    };
    let came = served.send("POST", "/filings", &provider, sheet(10_000)).ends(200).json();
    assert_eq!(came["refused"], 10_000);
    for path in ["/filings", "/allocations"] {
        served.send("POST", path, &provider, sheet(10_001)).ends(413);
    }
}
