//! The resolver against a name server that answers in every bad way.

use std::net::IpAddr;

use hickory_resolver::proto::op::Message;
use hickory_resolver::proto::op::OpCode;
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::Name;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::proto::rr::Record;
use hickory_resolver::proto::rr::RecordType;
use hickory_resolver::proto::rr::rdata::A;
use hickory_resolver::proto::rr::rdata::AAAA;
use hickory_resolver::proto::rr::rdata::CNAME;
use hickory_resolver::proto::rr::rdata::SOA;
use tokio::net::UdpSocket;

use super::*;
use crate::net::dns::tests::fake::Fake;
use crate::net::dns::tests::fake::Over;

mod fake;
mod lying;

/// An address at which nobody listens: other tests use another host.
async fn nobody() -> SocketAddr {
    UdpSocket::bind("127.77.0.1:0").await.unwrap().local_addr().unwrap()
}

fn settings(servers: &[SocketAddr]) -> Settings {
    Settings {
        servers: servers.to_vec(),
        queries_per_second: 1_000_000,
        timeout: Duration::from_secs(6),
        ..Settings::default()
    }
}

/// Less patient, for tests in which nobody answers.
fn hasty(servers: &[SocketAddr]) -> Resolver {
    let timeout = Duration::from_millis(600);
    Resolver::start(&Settings { timeout, ..settings(servers) }).unwrap()
}

fn resolver(servers: &[SocketAddr]) -> Resolver {
    Resolver::start(&settings(servers)).unwrap()
}

fn name(text: &str) -> Name {
    Name::from_ascii(format!("{text}.")).unwrap()
}

fn reply(request: &Message, code: ResponseCode, answers: Vec<Record>) -> Message {
    let mut message = Message::error_msg(request.metadata.id, OpCode::Query, code);
    message.add_queries(request.queries.clone());
    message.add_answers(answers);
    message
}

fn packet(request: &Message, code: ResponseCode, answers: Vec<Record>) -> Vec<Vec<u8>> {
    vec![reply(request, code, answers).to_vec().unwrap()]
}

fn a(owner: &Name, address: &str) -> Record {
    let data = match address.parse().unwrap() {
        IpAddr::V4(v4) => RData::A(A(v4)),
        IpAddr::V6(v6) => RData::AAAA(AAAA(v6)),
    };
    Record::from_rdata(owner.clone(), 60, data)
}

fn cname(owner: &str, target: &str) -> Record {
    Record::from_rdata(name(owner), 60, RData::CNAME(CNAME(name(target))))
}

/// One address for A, nothing for AAAA.
fn one_address(request: &Message) -> Vec<Vec<u8>> {
    let query = &request.queries[0];
    let answers = match query.query_type() {
        RecordType::A => vec![a(query.name(), "1.2.4.8")],
        _ => vec![],
    };
    packet(request, ResponseCode::NoError, answers)
}

fn host(text: &str) -> Host {
    text.parse().unwrap()
}

fn found(address: &str) -> DnsAnswer {
    DnsAnswer::Addresses(vec![address.parse().unwrap()])
}

#[tokio::test]
async fn every_way_to_have_no_address_is_told_apart() {
    for (code, expected, questions) in [
        (ResponseCode::NXDomain, DnsAnswer::NoSuchName, 1),
        (ResponseCode::NoError, DnsAnswer::Empty, 2),
        (ResponseCode::ServFail, DnsAnswer::ServerFailure, 2),
        (ResponseCode::Refused, DnsAnswer::Refused, 2),
        (ResponseCode::NotImp, DnsAnswer::Refused, 2),
    ] {
        let fake = Fake::start(move |_, _, request| packet(request, code, vec![])).await;
        let resolver = resolver(&[fake.address]);
        let resolution = resolver.resolve(&host("example.cn")).await;
        let both = Resolution { v4: expected.clone(), v6: expected, chain: vec![], views: vec![] };
        assert_eq!(resolution, both, "{code}");
        assert_eq!(resolver.queries_sent(), questions, "{code}");
    }
}

#[tokio::test]
async fn both_families_are_found() {
    let fake = Fake::start(|_, _, request| {
        let query = &request.queries[0];
        let address = if query.query_type() == RecordType::A { "1.2.4.8" } else { "2400:3200::1" };
        packet(request, ResponseCode::NoError, vec![a(query.name(), address)])
    })
    .await;
    let resolution = resolver(&[fake.address]).resolve(&host("example.cn")).await;
    let both = (found("1.2.4.8"), found("2400:3200::1"));
    assert_eq!((resolution.v4, resolution.v6), both);
}

#[tokio::test]
async fn silence_is_a_timeout_after_as_many_packets_as_allowed() {
    let fake = Fake::start(|_, _, _| vec![]).await;
    let resolver = hasty(&[fake.address]);
    let (answer, _) = resolver.ask(&host("example.cn"), Family::V4).await;
    assert_eq!(answer, DnsAnswer::Timeout);
    assert_eq!(resolver.queries_sent(), 8);
}

#[tokio::test]
async fn a_port_at_which_nobody_listens_is_a_timeout() {
    let gone = nobody().await;
    let resolver = hasty(&[gone]);
    let (answer, _) = resolver.ask(&host("example.cn"), Family::V4).await;
    assert_eq!(answer, DnsAnswer::Timeout);
}

#[tokio::test]
async fn a_server_that_is_down_or_fails_costs_no_answer() {
    let gone = nobody().await;
    let failing = Fake::start(|_, _, r| packet(r, ResponseCode::ServFail, vec![])).await;
    let good = Fake::start(|_, _, request| one_address(request)).await;
    let resolver = resolver(&[gone, failing.address, good.address]);
    for number in 0..12 {
        let (answer, _) = resolver.ask(&host(&format!("h{number}.cn")), Family::V4).await;
        assert_eq!(answer, found("1.2.4.8"));
    }
    assert_eq!(good.asked().len(), 12);
}

#[tokio::test]
async fn a_failure_stands_once_every_server_was_asked() {
    let one = Fake::start(|_, _, r| packet(r, ResponseCode::ServFail, vec![])).await;
    let two = Fake::start(|_, _, r| packet(r, ResponseCode::ServFail, vec![])).await;
    let resolver = resolver(&[one.address, two.address]);
    let (answer, _) = resolver.ask(&host("example.cn"), Family::V4).await;
    assert_eq!(answer, DnsAnswer::ServerFailure);
    assert_eq!((one.asked().len(), two.asked().len()), (1, 1));
}

#[tokio::test]
async fn a_lost_packet_is_sent_again() {
    let fake = Fake::start(|_, before, request| match before {
        0 => vec![],
        _ => one_address(request),
    })
    .await;
    let resolver = hasty(&[fake.address]);
    let (answer, _) = resolver.ask(&host("example.cn"), Family::V4).await;
    assert_eq!(answer, found("1.2.4.8"));
    assert!(resolver.queries_sent() > 1);
}

#[tokio::test]
async fn the_answer_to_an_earlier_packet_still_counts() {
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let resolver = hasty(&[udp.local_addr().unwrap()]);
    let slow = async {
        let (mut first, mut second) = ([0; 1500], [0; 1500]);
        let (length, from) = udp.recv_from(&mut first).await.unwrap();
        udp.recv_from(&mut second).await.unwrap();
        let request = Message::from_vec(&first[..length]).unwrap();
        udp.send_to(&one_address(&request)[0], from).await.unwrap();
    };
    let host = host("example.cn");
    let ((answer, _), ()) = tokio::join!(resolver.ask(&host, Family::V4), slow);
    assert_eq!(answer, found("1.2.4.8"));
}

#[tokio::test]
async fn what_does_not_answer_the_question_is_passed_over() {
    let fake = Fake::start(|_, _, request| {
        let lie = |change: fn(&mut Message)| {
            let query = request.queries[0].name();
            let mut message = reply(request, ResponseCode::NoError, vec![a(query, "6.6.6.6")]);
            change(&mut message);
            message.to_vec().unwrap()
        };
        let mut packets = vec![
            lie(|message| message.metadata.id ^= 1),
            lie(|message| {
                message.queries[0].set_name(name("other.cn"));
            }),
            lie(|message| {
                message.queries[0].set_query_type(RecordType::MX);
            }),
            lie(|message| message.queries.clear()),
            request.to_vec().unwrap(),
            vec![],
            vec![0; 12],
        ];
        packets.extend(one_address(request));
        packets
    })
    .await;
    let (answer, _) = resolver(&[fake.address]).ask(&host("example.cn"), Family::V4).await;
    assert_eq!(answer, found("1.2.4.8"));
}

#[tokio::test]
async fn a_name_that_is_spelled_otherwise_is_asked_for_over_tcp() {
    let fake = Fake::start(|over, _, request| {
        let mut request = request.clone();
        if over == Over::Udp {
            let query = &mut request.queries[0];
            let lower = query.name().to_lowercase();
            query.set_name(lower);
            let forged = vec![a(&name("long-enough-to-be-spelled-otherwise.cn"), "6.6.6.6")];
            return packet(&request, ResponseCode::NoError, forged);
        }
        one_address(&request)
    })
    .await;
    let resolver = resolver(&[fake.address]);
    let host = host("long-enough-to-be-spelled-otherwise.cn");
    assert_eq!(resolver.ask(&host, Family::V4).await.0, found("1.2.4.8"));
    assert_eq!(fake.asked().last().map(|asked| asked.0), Some(Over::Tcp));
}

#[tokio::test]
async fn a_truncated_answer_is_fetched_over_tcp() {
    let fake = Fake::start(|over, _, request| {
        let mut message = reply(request, ResponseCode::NoError, vec![]);
        message.metadata.truncation = over == Over::Udp;
        if over == Over::Tcp {
            let owner = request.queries[0].name();
            message.add_answers((0..=255).map(|n| a(owner, &format!("1.2.4.{n}"))));
        }
        vec![message.to_vec().unwrap()]
    })
    .await;
    let (answer, _) = resolver(&[fake.address]).ask(&host("example.cn"), Family::V4).await;
    let DnsAnswer::Addresses(addresses) = answer else { panic!("{answer:?}") };
    assert_eq!(addresses.len(), 64);
}

#[tokio::test]
async fn the_chain_is_kept_whether_it_ends_well_or_not() {
    for code in [ResponseCode::NoError, ResponseCode::NXDomain, ResponseCode::ServFail] {
        let fake = Fake::start(move |_, _, request| {
            let mut message = reply(
                request,
                code,
                vec![
                    a(&name("stray.cn"), "6.6.6.6"),
                    cname("b.cdn.cn", "c.cdn.cn"),
                    cname("www.example.cn", "b.cdn.cn"),
                ],
            );
            if code == ResponseCode::NoError {
                message.add_answer(a(&name("c.cdn.cn"), "1.2.4.8"));
            }
            vec![message.to_vec().unwrap()]
        })
        .await;
        let (answer, chain) =
            resolver(&[fake.address]).ask(&host("www.example.cn"), Family::V4).await;
        assert_eq!(chain, [host("b.cdn.cn"), host("c.cdn.cn")], "{code}");
        let expected = match code {
            ResponseCode::NoError => found("1.2.4.8"),
            ResponseCode::NXDomain => DnsAnswer::NoSuchName,
            _ => DnsAnswer::ServerFailure,
        };
        assert_eq!(answer, expected, "{code}");
    }
}

#[tokio::test]
async fn a_target_that_the_server_did_not_follow_is_asked_for() {
    let fake = Fake::start(|_, _, request| {
        let query = &request.queries[0];
        let answers = match query.name().to_ascii().to_lowercase().as_str() {
            "www.example.cn." => vec![cname("www.example.cn", "cdn.cn")],
            _ if query.query_type() == RecordType::A => vec![a(query.name(), "1.2.4.8")],
            _ => vec![],
        };
        packet(request, ResponseCode::NoError, answers)
    })
    .await;
    let resolution = resolver(&[fake.address]).resolve(&host("www.example.cn")).await;
    let expected = Resolution {
        v4: found("1.2.4.8"),
        v6: DnsAnswer::Empty,
        chain: vec![host("cdn.cn")],
        views: vec![],
    };
    assert_eq!(resolution, expected);
    assert_eq!(fake.asked().len(), 4);
}

#[tokio::test]
async fn a_target_that_the_server_denies_is_not_asked_for() {
    let fake = Fake::start(|_, _, request| {
        let chain = vec![cname("www.example.cn", "x.cdn.cn")];
        let mut message = reply(request, ResponseCode::NoError, chain);
        let soa = SOA::new(name("ns.cdn.cn"), name("who.cdn.cn"), 1, 1, 1, 1, 1);
        message.add_authority(Record::from_rdata(name("cdn.cn"), 60, RData::SOA(soa)));
        vec![message.to_vec().unwrap()]
    })
    .await;
    let resolver = resolver(&[fake.address]);
    let (answer, chain) = resolver.ask(&host("www.example.cn"), Family::V6).await;
    assert_eq!((answer, chain), (DnsAnswer::Empty, vec![host("x.cdn.cn")]));
    assert_eq!(resolver.queries_sent(), 1);
}

#[tokio::test]
async fn circles_and_endless_chains_are_a_failure() {
    let circle = Fake::start(|_, _, request| {
        let answers = vec![cname("a.cn", "b.cn"), cname("b.cn", "a.cn")];
        packet(request, ResponseCode::NoError, answers)
    })
    .await;
    let endless = Fake::start(|_, before, request| {
        let owner = request.queries[0].name().to_ascii();
        let answers = vec![cname(owner.trim_end_matches('.'), &format!("n{before}.cn"))];
        packet(request, ResponseCode::NoError, answers)
    })
    .await;
    let slow_circle = Fake::start(|_, before, request| {
        let (owner, target) = if before == 0 { ("a.cn", "b.cn") } else { ("b.cn", "a.cn") };
        packet(request, ResponseCode::NoError, vec![cname(owner, target)])
    })
    .await;
    for (fake, questions) in [(circle, 1), (endless, NAMES), (slow_circle, 2)] {
        let (answer, _) = resolver(&[fake.address]).ask(&host("a.cn"), Family::V4).await;
        assert_eq!(answer, DnsAnswer::ServerFailure);
        assert_eq!(fake.asked().len(), questions);
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_a_failure_and_not_an_absence() {
    let fake = Fake::start(|_, _, request| {
        let mut message = one_address(request).remove(0);
        message.truncate(message.len() - 2);
        vec![message]
    })
    .await;
    let (answer, _) = resolver(&[fake.address]).ask(&host("example.cn"), Family::V4).await;
    assert_eq!(answer, DnsAnswer::ServerFailure);
}

#[tokio::test]
async fn of_thousands_of_names_at_once_none_is_lost() {
    let fake = Fake::start(|_, _, request| {
        let query = &request.queries[0];
        let number = query.name().to_ascii().to_lowercase();
        let number: u16 = number.trim_start_matches('n').trim_end_matches(".cn.").parse().unwrap();
        let [high, low] = number.to_be_bytes();
        let answers = vec![a(query.name(), &format!("1.2.{high}.{low}"))];
        packet(request, ResponseCode::NoError, answers)
    })
    .await;
    let settings = Settings { queries_per_second: 20_000, ..settings(&[fake.address]) };
    let resolver = Arc::new(Resolver::start(&settings).unwrap());
    let mut tasks = JoinSet::new();
    for number in 0..2000_u16 {
        let resolver = Arc::clone(&resolver);
        tasks.spawn(async move {
            let (answer, _) = resolver.ask(&host(&format!("n{number}.cn")), Family::V4).await;
            let [high, low] = number.to_be_bytes();
            assert_eq!(answer, found(&format!("1.2.{high}.{low}")));
        });
    }
    assert_eq!(tasks.join_all().await.len(), 2000);
}
