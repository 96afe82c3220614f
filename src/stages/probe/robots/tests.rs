//! Rules as sites write them, and how long they hold.

use super::*;

#[track_caller]
fn check(status: u16, body: &str, expected: &Permission) {
    let url = Url::parse("http://www.example.cn/").unwrap();
    let file = RobotsFile::of(&url, status, body.as_bytes());
    assert_eq!(&file.permits(&url), expected, "{status} {body}");
}

#[test]
fn robots_txt_is_obeyed_as_rfc_9309_says() {
    check(200, "User-agent: *\nDisallow: /", &Permission::Forbidden);
    check(200, "User-agent: *\nDisallow: /admin", &Permission::Granted);
    check(200, "User-agent: chabei\nDisallow: /", &Permission::Forbidden);
    check(200, "User-agent: other\nDisallow: /", &Permission::Granted);
    check(200, "User-agent: chabei\nAllow: /$\nDisallow: /", &Permission::Granted);
    for name in ["chabei/1.0", "Chabei-bot", "CHABEI 2", "chabei # the bot", "chabei_x/3"] {
        check(200, &format!("User-agent: {name}\nDisallow: /\n"), &Permission::Forbidden);
        let others = format!("User-agent: *\r\nDisallow: /\r\nUser-agent: {name}\r\nAllow: /");
        check(200, &others, &Permission::Granted);
    }
    check(200, "User-agent: chabeis\nDisallow: /", &Permission::Granted);
    check(200, "User-agent: mychabei\nDisallow: /", &Permission::Granted);
    check(200, "<html>not a robots file</html>", &Permission::Granted);
    check(404, "", &Permission::Granted);
    check(403, "User-agent: *\nDisallow: /", &Permission::Granted);
    check(503, "", &Permission::Unavailable(503));
    check(429, "", &Permission::Unavailable(429));
}

#[test]
fn what_broke_off_permits_nothing_and_accuses_nobody() {
    let url = Url::parse("http://www.example.cn/").unwrap();
    let check = |status, body: &str, expected| {
        let file = RobotsFile::broken_off(&url, status, body.as_bytes());
        assert_eq!(file.permits(&url), expected, "{status}");
    };
    check(200, "User-agent: *\nDis", Permission::Unavailable(200));
    check(200, "User-agent: *\nDisallow: /\n", Permission::Unavailable(200));
    check(200, &"# \n".repeat(LONGEST), Permission::Granted);
    check(404, "<h1>not f", Permission::Granted);
}

proptest::proptest! {
    #[test]
    fn no_rules_are_too_odd_to_be_read(body: Vec<u8>, rule in "[ -~*$%\u{4e00}]{0,40}") {
        let url = Url::parse("http://www.example.cn/a?b").unwrap();
        let _ = RobotsFile::of(&url, 200, &body).permits(&url);
        let told = format!("User-agent: *\nDisallow: {rule}\nAllow: {rule}");
        let _ = RobotsFile::of(&url, 200, told.as_bytes()).permits(&url);
    }
}

#[test]
fn a_pause_is_heard_up_to_a_limit() {
    let url = Url::parse("http://www.example.cn/").unwrap();
    for (body, seconds) in [
        ("User-agent: *\nCrawl-delay: 2", 2.0),
        ("User-agent: *\nCrawl-delay: 0.5", 0.5),
        ("User-agent: *\nCrawl-delay: 86400", 10.0),
        ("User-agent: *\nCrawl-delay: -1", 0.0),
        ("User-agent: other\nCrawl-delay: 2", 0.0),
        ("User-agent: *\nDisallow:", 0.0),
    ] {
        let pause = RobotsFile::of(&url, 200, body.as_bytes()).pause();
        assert_eq!(pause, Duration::from_secs_f64(seconds), "{body}");
    }
}

#[test]
fn what_stands_behind_the_first_500_kib_is_not_read() {
    let url = Url::parse("http://www.example.cn/").unwrap();
    let forbidden = "User-agent: *\nDisallow: /\n";
    let filler = "# \n".repeat(LONGEST / 3 + 1);
    let before = format!("{forbidden}{filler}");
    let after = format!("{filler}{forbidden}");
    assert_eq!(RobotsFile::of(&url, 200, before.as_bytes()).permits(&url), Permission::Forbidden);
    assert_eq!(RobotsFile::of(&url, 200, after.as_bytes()).permits(&url), Permission::Granted);
}

#[tokio::test(start_paused = true)]
async fn rules_are_remembered_for_a_day_at_their_address_and_failures_for_minutes() {
    let url = Url::parse("http://www.example.cn/a").unwrap();
    let (here, there) = ("1.2.4.8".parse().unwrap(), "1.2.4.9".parse().unwrap());
    let remembered = Remembered::default();
    remembered.keep(&RobotsFile::of(&url, 200, b"User-agent: *\nDisallow: /a"), here, 26);
    remembered.keep(&RobotsFile::of(&url, 500, b""), there, 0);
    let found = |address| remembered.find(&url, address).map(|file| file.permits(&url));
    assert_eq!(found(here), Some(Permission::Forbidden));
    assert_eq!(found(there), Some(Permission::Unavailable(500)));
    let other = Url::parse("http://example.cn/a").unwrap();
    assert!(remembered.find(&other, here).is_none());
    tokio::time::advance(Duration::from_mins(11)).await;
    assert_eq!(found(there), None);
    assert_eq!(found(here), Some(Permission::Forbidden));
    tokio::time::advance(Duration::from_hours(24)).await;
    assert_eq!(found(here), None);
}

#[test]
fn whoever_said_that_robots_txt_was_too_much_is_asked_for_it_again() {
    let url = Url::parse("http://www.example.cn/").unwrap();
    let here = "1.2.4.8".parse().unwrap();
    let remembered = Remembered::default();
    for status in [429, 503] {
        remembered.keep(&RobotsFile::of(&url, status, b""), here, 0);
        assert!(remembered.find(&url, here).is_none(), "{status}");
    }
}

#[tokio::test]
async fn a_night_of_many_sites_fills_no_memory_with_rules() {
    let remembered = Remembered::default();
    for number in 0..100_000_u32 {
        let url = Url::parse(&format!("http://site{number}.example.cn/")).unwrap();
        let address = IpAddr::from(number.to_be_bytes());
        remembered.keep(&RobotsFile::absent(&url), address, 0);
    }
    let generations = remembered.lock();
    assert!(generations.young.len() + generations.old.len() <= REMEMBERED / LEAST);
}

#[test]
fn rules_hold_for_their_own_authority_only() {
    let url = Url::parse("http://www.example.cn/a?b").unwrap();
    let file = RobotsFile::absent(&url);
    for (other, speaks) in [
        ("http://www.example.cn/c", true),
        ("https://www.example.cn/", false),
        ("http://example.cn/", false),
        ("http://www.example.cn:8080/", false),
    ] {
        assert_eq!(file.speaks_for(&Url::parse(other).unwrap()), speaks, "{other}");
    }
}
