//! What the simulated web hosts answer.

use super::*;
use crate::lab::world::WorldSettings;
use crate::lab::world::plan;

fn play() -> Play {
    let world = plan(&WorldSettings { sites: 400, ..WorldSettings::default() });
    Play::new(Arc::new(world), 8080, 1)
}

/// What the site of `scenario` sends back for `path`, asked at its first address.
fn asked(play: &Play, scenario: &str, path: &str) -> Reply {
    let cast = play.world.casts().find(|cast| cast.scenario() == scenario).unwrap();
    let address = cast.story().scene(play.night()).zone.addresses()[0];
    let host = cast.target().to_string();
    reply(play, address, &Request { wants_body: true, path: path.to_owned(), host })
}

/// The status line and the headers that tell sites apart, or how it fails.
#[track_caller]
fn check(play: &Play, scenario: &str, path: &str, parts: &[&str]) {
    let text = match asked(play, scenario, path) {
        Reply::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        other => format!("{other:?}"),
    };
    for part in parts {
        assert!(text.contains(part), "{scenario}{path}: no `{part}` in {text}");
    }
}

#[test]
fn each_site_answers_as_planned() {
    let play = play();
    check(&play, "unfiled", "/", &["HTTP/1.1 200 OK\r\n", "charset=utf-8", "</html>"]);
    check(&play, "unfiled", "/robots.txt", &["HTTP/1.1 404"]);
    check(&play, "unfiled_gbk_page", "/", &["200 OK", "Content-Type: text/html\r\n", "gb2312"]);
    check(&play, "unfiled_with_robots_forbidden", "/robots.txt", &["200 OK", "Disallow: /\n"]);
    check(&play, "robots_unavailable", "/robots.txt", &["HTTP/1.1 503"]);
    let block = ["403 Forbidden", "Server: Beaver", "Non-compliance ICP Filing"];
    check(&play, "stopped_403", "/", &block);
    check(&play, "stopped_403", "/robots.txt", &block);
    let page = "Location: https://dnspod.qcloud.com/static/webblock.html?d=";
    check(&play, "stopped_302", "/", &["302 Found", page]);
    check(&play, "redirect_by_status", "/", &["301", "Location: http://www.example.net/\r\n"]);
    check(&play, "redirect_by_status", "/robots.txt", &["HTTP/1.1 404"]);
    check(&play, "redirect_of_everything", "/robots.txt", &["301", "www.example.net"]);
    check(&play, "redirect_by_meta_refresh", "/", &["200", "http-equiv=\"refresh\""]);
    check(&play, "redirect_by_script", "/", &["200", "window.location.href"]);
    check(&play, "redirect_within_domain", "/", &["301", "Location: http://www.", ":8080/"]);
    check(&play, "redirect_loop", "/", &["302", "Location: /welcome\r\n"]);
    check(&play, "redirect_loop", "/welcome", &["302", "Location: /\r\n"]);
    check(&play, "server_error_500", "/", &["HTTP/1.1 500"]);
    check(&play, "not_http", "/", &["SSH-2.0"]);
    check(&play, "endless_page", "/", &["Endless"]);
    check(&play, "drip", "/robots.txt", &["Drip"]);
    check(&play, "silent_address", "/", &["Hold"]);
    check(&play, "reset", "/", &["Reset"]);
    check(&play, "bare_address", "/", &["200 OK", "</html>"]);
}

#[test]
fn www_serves_what_the_domain_sends_on_to() {
    let play = play();
    let scenario = "redirect_within_domain";
    let cast = play.world.casts().find(|cast| cast.scenario() == scenario).unwrap();
    let host = format!("www.{}", cast.target());
    let request = Request { wants_body: true, path: "/".to_owned(), host };
    let Reply::Bytes(bytes) = reply(&play, cast.home().address, &request) else { panic!() };
    assert!(bytes.starts_with(b"HTTP/1.1 200 OK"));
}

#[test]
fn a_name_is_served_at_its_own_addresses_alone() {
    let play = play();
    let cast = play.world.casts().find(|cast| cast.scenario() == "stopped_at_one_of_two").unwrap();
    let status = |address, host: &str| {
        let request = Request { wants_body: true, path: "/".to_owned(), host: host.to_owned() };
        match reply(&play, address, &request) {
            Reply::Bytes(bytes) => String::from_utf8_lossy(&bytes[9..12]).into_owned(),
            other => format!("{other:?}"),
        }
    };
    let host = cast.target().to_string();
    assert_eq!(status(cast.home().address, &host), "200");
    assert_eq!(status(cast.other().address, &host), "403");
    assert_eq!(status(cast.abroad().address, &host), "404");
    assert_eq!(status(cast.home().address, "nobody.example.com"), "404");
    assert_eq!(status(cast.home().address, ""), "404");
}

#[test]
fn a_night_changes_what_answers() {
    let play = play();
    check(&play, "gets_stopped", "/", &["200 OK"]);
    play.turn_to(2);
    check(&play, "gets_stopped", "/", &["403 Forbidden", "Beaver"]);
    check(&play, "flaps_unknown", "/", &["500"]);
    play.turn_to(3);
    check(&play, "flaps_unknown", "/", &["200 OK"]);
}
