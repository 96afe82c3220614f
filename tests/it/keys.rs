//! Electronic keys on the command line, from request to end.

use crate::desk::Desk;

fn desk() -> Desk {
    let desk = Desk::new();
    desk.run(&["import", "providers", "builtin"]).ends(0);
    desk
}

/// Asks for a key at `now`; returns its id.
fn request(desk: &Desk, now: &str, args: &[&str]) -> String {
    let ran = desk.run(&[&["--now", now, "keys", "request"], args].concat());
    ran.ends(0).text().trim().to_owned()
}

#[test]
fn a_key_is_requested_approved_and_shown_once() {
    let desk = desk();
    let id = request(&desk, "2026-11-24T10:00:00+08:00", &["--bureau", "北京", "--note", "值班室"]);
    let at = |args: &[&str]| desk.run(&[&["--now", "2026-11-25T10:00:00+08:00"], args].concat());
    at(&["keys", "issue", &id]).ends(2).complains(&["requested", "approved"]);
    at(&["keys", "approve", &id]).ends(0).says("bureau 北京");
    at(&["keys", "approve", &id]).ends(2);
    let issued = at(&["keys", "issue", &id, "--until", "2026-12-31"]);
    let secret = issued.ends(0).text().trim().to_owned();
    assert!(secret.starts_with("chabei_") && secret.len() == 47, "{secret}");
    assert!(!issued.err.contains(&secret));
    at(&["keys", "issue", &id]).ends(2);
    let listed = at(&["keys", "list", "--format", "json"]);
    let [key] = &listed.json()[..] else { panic!() };
    for (field, expected) in [("state", "issued"), ("kind", "bureau"), ("holder", "北京")] {
        assert_eq!(key[field], expected);
    }
    assert_eq!(key["expires"], "2027-01-01T00:00:00+08:00");
    assert!(!listed.text().contains(&secret[7..]));
    let late = desk.run(&["--now", "2027-01-01T00:00:00+08:00", "keys", "list"]);
    late.ends(0).says("已过期");
    at(&["keys", "revoke", &id, "--reason", "遗失"]).ends(0);
    at(&["keys", "revoke", &id, "--reason", "遗失"]).ends(2);
    at(&["keys", "list"]).ends(0).says("已吊销").says("遗失");
    let log = at(&["keys", "log", &id, "--format", "json"]).json();
    let what: Vec<_> = log.iter().map(|entry| entry["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["requested", "approved", "issued", "revoked"]);
}

#[test]
fn pending_requests_come_first_with_their_age_in_working_days() {
    let desk = desk();
    let calendar = desk.write("calendar.toml", "holidays = [\"2026-10-01..2026-10-07\"]\n");
    desk.write("chabei.toml", format!("[deadlines]\ncalendar = [{calendar:?}]\n"));
    let reader = request(&desk, "2026-09-30T10:00:00+08:00", &["--reader", "某部门"]);
    let ministry = request(&desk, "2026-09-01T10:00:00+08:00", &["--ministry"]);
    desk.run(&["--now", "2026-10-08T10:00:00+08:00", "keys", "approve", &ministry]).ends(0);
    let at = |now: &str| {
        let listed = desk.run(&["--now", now, "keys", "list", "--format", "json"]).json();
        let row = |id: &str| listed.iter().find(|row| row["id"] == *id).unwrap().clone();
        (row(&ministry), row(&reader))
    };
    let (ministry, reader) = at("2026-10-09T10:00:00+08:00");
    assert_eq!((ministry["state"].as_str(), ministry["overdue"].as_bool()), {
        (Some("approved"), Some(true))
    });
    assert_eq!((ministry["due"].as_str(), reader["overdue"].as_bool()), {
        (Some("2026-09-22"), Some(false))
    });
    assert_eq!(reader["working_days"], 2, "the week of the national day does not count");
    assert_eq!(reader["due"], "2026-10-28");
    desk.run(&["--now", "2026-10-29T10:00:00+08:00", "keys", "list"]).ends(0).says("逾期 2");
}

#[test]
fn a_request_names_one_holder_that_is_known() {
    let desk = desk();
    for args in [
        &["keys", "request"][..],
        &["keys", "request", "--provider", "没有这家"],
        &["keys", "request", "--reader", " "],
        &["keys", "request", "--bureau", "北京", "--ministry"],
        &["keys", "approve", "01ARZ3NDEKTSV4RRFFQ69G5FAV"],
    ] {
        desk.run(args).ends(2);
    }
    assert!(desk.run(&["keys", "list", "--format", "json"]).out.is_empty());
}
