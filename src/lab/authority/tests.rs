//! What the simulated name server answers.

use super::*;
use crate::lab::world::World;
use crate::lab::world::WorldSettings;
use crate::lab::world::plan;

fn play() -> Play {
    let world = plan(&WorldSettings { sites: 400, ..WorldSettings::default() });
    Play::new(Arc::new(world), 80, 1)
}

fn domain(world: &World, scenario: &str) -> String {
    world.truth().find(|site| site.scenario == scenario).unwrap().domain.to_string()
}

fn question(host: &str, record_type: RecordType) -> Vec<u8> {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.queries.push(Query::query(Name::from_ascii(format!("{host}.")).unwrap(), record_type));
    message.to_vec().unwrap()
}

/// The response code, and each record's owner and data.
fn asked(play: &Play, host: &str, record_type: RecordType, over: Transport) -> Option<Message> {
    reply(play, &question(host, record_type), over, Honesty::Honest)
        .map(|b| Message::from_vec(&b).unwrap())
}

/// What is said of `host`: the code, and the records' data.
#[track_caller]
fn check(play: &Play, host: &str, record_type: RecordType, expected: &str) {
    let said = asked(play, host, record_type, Transport::Udp).map_or("nothing".to_owned(), |m| {
        let data: Vec<_> = m.answers.iter().map(|record| record.data.to_string()).collect();
        format!("{:?} {}", m.metadata.response_code, data.join(" "))
    });
    assert_eq!(said.trim(), expected, "{host} {record_type}");
}

#[test]
fn each_name_is_answered_as_planned() {
    let play = play();
    let world = &play.world;
    let of = |scenario| domain(world, scenario);
    let home = |scenario: &str| {
        world.casts().find(|cast| cast.scenario() == scenario).unwrap().home().address.to_string()
    };
    let (a, aaaa) = (RecordType::A, RecordType::AAAA);
    check(&play, &of("moves"), a, &format!("NoError {}", home("moves")));
    check(&play, &format!("www.{}", of("moves")), a, &format!("NoError {}", home("moves")));
    check(&play, &of("moves"), aaaa, "NoError");
    check(&play, &of("moves"), RecordType::TXT, "NoError");
    check(&play, &of("unfiled_with_documentation_ipv6"), aaaa, "NoError 2001:db8::1");
    check(&play, &of("nxdomain"), a, "NXDomain");
    check(&play, &of("no_address"), a, "NoError");
    check(&play, &of("servfail"), a, "ServFail");
    check(&play, &of("refused"), aaaa, "Refused");
    check(&play, &of("dns_timeout"), a, "nothing");
    check(&play, &of("private_address"), a, "NoError 10.0.0.5 192.168.1.1");
    check(&play, &of("unfiled_on_www_only"), a, "NoError");
    let www = format!("www.{}", of("unfiled_on_www_only"));
    check(&play, &www, a, &format!("NoError {}", home("unfiled_on_www_only")));
    check(&play, &of("subdomain_only"), a, "NXDomain");
    let deeper = format!("m.{}", of("subdomain_only"));
    check(&play, &deeper, a, &format!("NoError {}", home("subdomain_only")));
    check(&play, "nobody.example.com", a, "NXDomain");
}

#[test]
fn a_night_changes_what_is_said() {
    let play = play();
    let cast = play.world.casts().find(|cast| cast.scenario() == "moves").unwrap();
    let host = cast.target().to_string();
    play.turn_to(2);
    check(&play, &host, RecordType::A, &format!("NoError {}", cast.other().address));
}

#[test]
fn a_cdn_is_told_by_its_name_in_one_answer_and_when_asked_for_it() {
    let play = play();
    let cast = play.world.casts().find(|cast| cast.scenario() == "unfiled_by_cdn_name").unwrap();
    let host = cast.target().to_string();
    let name = cast.cdn_name(cast.cdn_provider());
    let suffixes = &cast.cdn_provider().cname_suffixes;
    assert!(suffixes.iter().any(|suffix| name.ends_with(&format!(".{suffix}"))));
    let address = cast.home().address;
    check(&play, &host, RecordType::A, &format!("NoError {name}. {address}"));
    check(&play, &host, RecordType::AAAA, &format!("NoError {name}."));
    check(&play, &name, RecordType::A, &format!("NoError {address}"));
    check(&play, &name, RecordType::AAAA, "NoError");
    let stranger = format!("stranger.cn.{}", suffixes[0]);
    check(&play, &stranger, RecordType::A, "NXDomain");
}

#[test]
fn the_question_goes_back_letter_by_letter() {
    let play = play();
    let host = domain(&play.world, "moves");
    let mixed: String = host
        .chars()
        .enumerate()
        .map(|(n, c)| if n % 2 == 0 { c.to_ascii_uppercase() } else { c })
        .collect();
    let answer = asked(&play, &mixed, RecordType::A, Transport::Udp).unwrap();
    assert_eq!(answer.queries[0].name().to_ascii(), format!("{mixed}."));
    assert_eq!(answer.answers[0].name.to_ascii(), format!("{mixed}."));
    assert!(answer.metadata.recursion_available && answer.metadata.recursion_desired);
}

#[test]
fn what_is_too_long_for_a_datagram_is_told_over_tcp() {
    let play = play();
    let host = domain(&play.world, "unfiled_answered_over_tcp");
    let udp = asked(&play, &host, RecordType::A, Transport::Udp).unwrap();
    assert!(udp.metadata.truncation && udp.answers.is_empty());
    let tcp = asked(&play, &host, RecordType::A, Transport::Tcp).unwrap();
    assert!(!tcp.metadata.truncation && tcp.answers.len() == 1);
}

#[test]
fn what_is_no_question_is_not_answered() {
    let play = play();
    for bytes in [&b""[..], b"\x00", b"GET / HTTP/1.1\r\n\r\n", &[0xff; 64]] {
        assert_eq!(reply(&play, bytes, Transport::Udp, Honesty::Honest), None);
    }
    let answer = Message::response(1, OpCode::Query).to_vec().unwrap();
    assert_eq!(reply(&play, &answer, Transport::Udp, Honesty::Honest), None);
}
