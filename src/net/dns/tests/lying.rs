//! Servers that answer for names that do not exist, zones that answer for everything, and answers
//! that are other ones in each part of the net.

use hickory_resolver::proto::rr::rdata::opt::EdnsCode;
use hickory_resolver::proto::rr::rdata::opt::EdnsOption;

use super::*;
use crate::facts::domain::Domain;
use crate::net::dns::wildcards::Wildcards;

/// The name that is asked for, in lower case, without the final dot.
fn asked_name(request: &Message) -> String {
    request.queries[0].name().to_ascii().to_lowercase().trim_end_matches('.').to_owned()
}

/// Knows one name, and says of every other that it is at 6.6.6.6.
async fn liar() -> Fake {
    Fake::start(|_, _, request| {
        let query = &request.queries[0];
        let address = if asked_name(request) == "example.cn" { "1.2.4.8" } else { "6.6.6.6" };
        let answers = match query.query_type() {
            RecordType::A => vec![a(query.name(), address)],
            _ => vec![],
        };
        packet(request, ResponseCode::NoError, answers)
    })
    .await
}

#[tokio::test]
async fn a_server_that_lies_is_found_out_and_its_lies_are_dropped() {
    let (liar, honest) =
        (liar().await, Fake::start(|_, _, r| packet(r, ResponseCode::NXDomain, vec![])).await);
    let resolver = resolver(&[liar.address, honest.address]);
    let lies = vec!["6.6.6.6".parse().unwrap()];
    assert_eq!(resolver.find_liars().await, [Liar { server: liar.address, addresses: lies }]);
    assert_eq!(resolver.find_liars().await, [], "it is told once");

    let resolver = super::resolver(&[liar.address]);
    assert_eq!(resolver.ask(&host("gone.cn"), Family::V4).await.0, found("6.6.6.6"));
    resolver.find_liars().await;
    assert_eq!(resolver.ask(&host("gone.cn"), Family::V4).await.0, DnsAnswer::NoSuchName);
    assert_eq!(resolver.ask(&host("example.cn"), Family::V4).await.0, found("1.2.4.8"));
}

#[tokio::test]
async fn lies_may_be_known_from_a_list() {
    let liar = liar().await;
    let lies = HashSet::from(["6.6.6.6".parse().unwrap()]);
    let resolver = Resolver::start_with(&settings(&[liar.address]), lies).unwrap();
    assert_eq!(resolver.ask(&host("gone.cn"), Family::V4).await.0, DnsAnswer::NoSuchName);
    assert_eq!(resolver.find_liars().await, []);
}

#[tokio::test]
async fn who_does_not_answer_does_not_lie() {
    let silent = Fake::start(|_, _, _| vec![]).await;
    assert_eq!(hasty(&[silent.address]).find_liars().await, []);
    assert_eq!(silent.asked().len(), 8, "and is waited for once");
}

/// What follows the first label.
fn zone_of(name: &str) -> &str {
    name.split_once('.').map_or("", |(_, zone)| zone)
}

/// `wild.cn` answers for everything from two addresses in turns, `.top` for every Domain.
async fn wild() -> Fake {
    Fake::start(|_, before, request| {
        let query = &request.queries[0];
        let name = asked_name(request);
        let address = match name.as_str() {
            "wild.cn" | "real.wild.cn" => Some("1.1.1.9".to_owned()),
            name if zone_of(name) == "wild.cn" => Some(format!("1.1.1.{}", before / 2 % 2)),
            name if name.split('.').next_back() == Some("top") => Some("2.2.2.2".to_owned()),
            "example.cn" | "www.example.cn" => Some("3.3.3.3".to_owned()),
            _ => None,
        };
        match (address, query.query_type()) {
            (Some(address), RecordType::A) => {
                packet(request, ResponseCode::NoError, vec![a(query.name(), &address)])
            }
            (Some(_), _) => packet(request, ResponseCode::NoError, vec![]),
            (None, _) => packet(request, ResponseCode::NXDomain, vec![]),
        }
    })
    .await
}

#[tokio::test]
async fn a_name_is_made_up_where_its_zone_answers_for_everything() {
    let wild = wild().await;
    let wildcards = Wildcards::new(Arc::new(resolver(&[wild.address])));
    for (name, address, is_bare, expected) in [
        ("abc.wild.cn", "1.1.1.0", false, true),
        ("abc.wild.cn", "1.1.1.0", true, true),
        ("www.wild.cn", "1.1.1.0", false, true),
        ("www.wild.cn", "1.1.1.0", true, false),
        ("real.wild.cn", "1.1.1.9", false, false),
        ("wild.cn", "1.1.1.9", false, false),
        ("www.example.cn", "3.3.3.3", false, false),
        ("example.top", "2.2.2.2", false, true),
        ("www.example.top", "2.2.2.2", true, true),
        ("example.top", "2.2.2.3", false, false),
    ] {
        let host = host(name);
        let domain = Domain::of(&host).unwrap();
        let address = address.parse().unwrap();
        let got = wildcards.may_be_made_up(&host, &domain, &[address], is_bare).await;
        assert_eq!(got, expected, "{name} at {address}");
        assert!(!wildcards.may_be_made_up(&host, &domain, &[], is_bare).await);
    }
}

#[tokio::test]
async fn each_vantage_is_asked_for_and_kept() {
    let fake = Fake::start(|_, _, request| {
        let query = &request.queries[0];
        let option = request.edns.as_ref().and_then(|edns| edns.option(EdnsCode::Subnet));
        let third = match option {
            Some(EdnsOption::Subnet(subnet)) => subnet.addr().to_string(),
            _ => "9.9.9.9".to_owned(),
        };
        let answers = match query.query_type() {
            RecordType::A => vec![a(query.name(), &third)],
            _ => vec![],
        };
        packet(request, ResponseCode::NoError, answers)
    })
    .await;
    let vantages = ["1.1.1.0/24", "2.2.2.0/24"]
        .map(|subnet| Vantage { name: format!("从 {subnet}"), subnet: subnet.parse().unwrap() });
    let settings = Settings { vantages: vantages.to_vec(), ..settings(&[fake.address]) };
    let resolution = Resolver::start(&settings).unwrap().resolve(&host("example.cn")).await;
    let expected: Vec<IpAddr> = ["1.1.1.0", "2.2.2.0"].map(|text| text.parse().unwrap()).to_vec();
    assert_eq!(resolution.addresses(), expected);
    assert_eq!(resolution.views[1].vantage, "从 2.2.2.0/24");
    assert_eq!(resolution.views[1].v4, found("2.2.2.0"));
}
