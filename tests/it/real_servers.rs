//! The resolver against a real name server, Debian's nsd, and over a path that loses packets.
//!
//! Where nsd is not installed nothing is tested, unless `CHABEI_REAL_SERVERS` is 1.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chabei::facts::domain::Host;
use chabei::facts::resolution::DnsAnswer;
use chabei::facts::resolution::Resolution;
use chabei::net::dns::Family;
use chabei::net::dns::Resolver;
use chabei::net::dns::Settings;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

use crate::nsd::Nsd;

/// What every zone file begins with; the names in it are relative to the zone.
const HEAD: &str = "$TTL 60\n@ SOA ns hand 1 60 60 60 60\n@ NS ns\nns A 127.0.0.1\n";

/// So many packets for one name that it would be a wonder if a lossy path swallowed all of them.
const ATTEMPTS: u32 = 60;

const TIMEOUT: Duration = Duration::from_secs(6);

fn town() -> String {
    let mut zone = format!(
        "{HEAD}www A 192.0.2.1\nwww AAAA 2001:db8::1\ntext TXT \"no address\"\n\
         six AAAA 2001:db8::6\naway CNAME shop.river.cn.\nastray CNAME nobody.river.cn.\n"
    );
    for step in 0..9 {
        writeln!(zone, "step{step} CNAME step{}", step + 1).unwrap();
    }
    writeln!(zone, "step9 A 192.0.2.9").unwrap();
    for last in 0..200 {
        writeln!(zone, "many A 198.51.100.{last}").unwrap();
        writeln!(zone, "www{last} A 198.51.100.{last}").unwrap();
    }
    zone
}

#[expect(clippy::print_stderr, reason = "a test that did not run is told of")]
fn serve(zones: &[(&str, &str)]) -> Option<Nsd> {
    let nsd = Nsd::start(zones);
    if nsd.is_none() {
        let is_needed = std::env::var("CHABEI_REAL_SERVERS").is_ok_and(|value| value == "1");
        assert!(!is_needed, "CHABEI_REAL_SERVERS is 1, but nsd is not installed");
        eprintln!("NOT RUN: nsd is not installed");
    }
    nsd
}

fn serve_town() -> Option<Nsd> {
    serve(&[("town.cn", &town()), ("broken.cn", "this is no zone\n")])
}

fn settings(servers: &[SocketAddr]) -> Settings {
    Settings {
        servers: servers.to_vec(),
        queries_per_second: 1_000_000,
        timeout: TIMEOUT,
        ..Settings::default()
    }
}

fn resolver(servers: &[SocketAddr]) -> Resolver {
    Resolver::start(&settings(servers)).unwrap()
}

fn host(name: &str) -> Host {
    name.parse().unwrap()
}

fn hosts(names: &[&str]) -> Vec<Host> {
    names.iter().map(|name| host(name)).collect()
}

fn addresses(texts: &[&str]) -> DnsAnswer {
    DnsAnswer::Addresses(texts.iter().map(|text| text.parse().unwrap()).collect())
}

#[tokio::test]
async fn both_families_are_told_and_each_way_to_have_none() {
    let Some(nsd) = serve_town() else { return };
    let resolver = resolver(&[nsd.address]);
    for (name, v4, v6) in [
        ("www.town.cn", addresses(&["192.0.2.1"]), addresses(&["2001:db8::1"])),
        ("six.town.cn", DnsAnswer::Empty, addresses(&["2001:db8::6"])),
        ("text.town.cn", DnsAnswer::Empty, DnsAnswer::Empty),
        ("nobody.town.cn", DnsAnswer::NoSuchName, DnsAnswer::NoSuchName),
        ("www.broken.cn", DnsAnswer::ServerFailure, DnsAnswer::ServerFailure),
        ("www.elsewhere.cn", DnsAnswer::Refused, DnsAnswer::Refused),
    ] {
        let expected = Resolution { v4, v6, chain: Vec::new(), views: Vec::new() };
        assert_eq!(resolver.resolve(&host(name)).await, expected, "{name}");
    }
}

#[tokio::test]
async fn an_answer_too_large_for_a_packet_comes_over_tcp() {
    let Some(nsd) = serve_town() else { return };
    let resolver = resolver(&[nsd.address]);
    let (answer, _) = resolver.ask(&host("many.town.cn"), Family::V4).await;
    let DnsAnswer::Addresses(kept) = answer else { panic!("{answer:?}") };
    let first: Vec<IpAddr> = (0..64).map(|last| [198, 51, 100, last].into()).collect();
    assert_eq!(kept, first);
    assert_eq!(resolver.queries_sent(), 2);
}

#[tokio::test]
async fn a_chain_of_nine_comes_back_whole() {
    let Some(nsd) = serve_town() else { return };
    let resolver = resolver(&[nsd.address]);
    let (answer, chain) = resolver.ask(&host("step0.town.cn"), Family::V4).await;
    assert_eq!(answer, addresses(&["192.0.2.9"]));
    let steps: Vec<Host> = (1..=9).map(|step| host(&format!("step{step}.town.cn"))).collect();
    assert_eq!(chain, steps);
    assert_eq!(resolver.queries_sent(), 1);
}

#[tokio::test]
async fn a_chain_that_leaves_its_server_is_followed_to_another() {
    let Some(here) = serve_town() else { return };
    let river = format!("{HEAD}shop CNAME counter\ncounter A 192.0.2.2\n");
    let Some(there) = serve(&[("river.cn", &river)]) else { return };
    let resolver = resolver(&[here.address, there.address]);
    let (answer, chain) = resolver.ask(&host("away.town.cn"), Family::V4).await;
    assert_eq!(answer, addresses(&["192.0.2.2"]));
    assert_eq!(chain, hosts(&["shop.river.cn", "counter.river.cn"]));
    let (answer, chain) = resolver.ask(&host("astray.town.cn"), Family::V4).await;
    assert_eq!(answer, DnsAnswer::NoSuchName);
    assert_eq!(chain, hosts(&["nobody.river.cn"]));
}

#[tokio::test]
async fn of_300_names_none_is_lost_where_every_third_packet_is() {
    let Some(nsd) = serve_town() else { return };
    let (address, _relay) = relay(nsd.address).await;
    let settings = Settings { attempts: ATTEMPTS, ..settings(&[address]) };
    let resolver = Arc::new(Resolver::start(&settings).unwrap());
    let mut asking = JoinSet::new();
    for number in 0..300 {
        let resolver = Arc::clone(&resolver);
        asking.spawn(async move {
            let name = host(&format!("www{number}.town.cn"));
            (number, resolver.ask(&name, Family::V4).await.0)
        });
    }
    while let Some(asked) = asking.join_next().await {
        let (number, answer) = asked.unwrap();
        let is_there = number < 200;
        let expected = if is_there {
            addresses(&[&format!("198.51.100.{number}")])
        } else {
            DnsAnswer::NoSuchName
        };
        assert_eq!(answer, expected, "{number}");
    }
    assert!(resolver.queries_sent() > 300);
}

/// Passes packets to `server` and back, and drops every third. Ends when the tasks are dropped.
async fn relay(server: SocketAddr) -> (SocketAddr, JoinSet<()>) {
    let front = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
    let address = front.local_addr().unwrap();
    let passed = Arc::new(AtomicU32::new(0));
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        // One socket for each of the asker's, as ids are unique only within those.
        let mut backs = HashMap::new();
        let mut answering = JoinSet::new();
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = front.recv_from(&mut buffer).await {
            let back = match backs.entry(from) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let back = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
                    back.connect(server).await.unwrap();
                    let (front, passed) = (Arc::clone(&front), Arc::clone(&passed));
                    answering.spawn(pass_back(Arc::clone(&back), front, from, passed));
                    new.insert(back)
                }
            };
            if is_passed(&passed) {
                back.send(&buffer[..length]).await.unwrap();
            }
        }
    });
    (address, tasks)
}

async fn pass_back(
    back: Arc<UdpSocket>,
    front: Arc<UdpSocket>,
    asker: SocketAddr,
    passed: Arc<AtomicU32>,
) {
    let mut buffer = [0; 4096];
    while let Ok(length) = back.recv(&mut buffer).await {
        if is_passed(&passed) {
            front.send_to(&buffer[..length], asker).await.unwrap();
        }
    }
}

fn is_passed(passed: &AtomicU32) -> bool {
    !passed.fetch_add(1, Ordering::Relaxed).is_multiple_of(3)
}
