//! What a finding shows: bureau, carrier, hosts, addresses and evidence; and which verdicts are
//! asked for at all.

use super::*;

fn bureau(placement: Placement, kind: Kind, provider: Option<&str>) -> &'static str {
    let examination = at(FilingStatus::None, vec![seen("1.0.0.1", placement, &[Live])]);
    sightings(&examination, kind, provider).0.name()
}

#[test]
fn the_bureau_is_the_addresss_else_the_providers_else_the_ministry() {
    let unfiled = Kind::Unfiled;
    assert_eq!(bureau(in_province(by("P1"), "广东"), unfiled, Some("P1")), "广东");
    assert_eq!(bureau(by("P1"), unfiled, Some("P1")), "北京");
    assert_eq!(bureau(by("P2"), unfiled, Some("P2")), "部");
    assert_eq!(bureau(by("P9"), unfiled, Some("P9")), "部");
    assert_eq!(bureau(by_nobody(), unfiled, None), "部");
    assert_eq!(bureau(in_province(by_nobody(), "广东"), unfiled, None), "广东");
    let unreported = Kind::UnreportedAddress;
    assert_eq!(bureau(by_nobody(), unreported, None), "部");
    assert_eq!(bureau(in_province(by_nobody(), "广东"), unreported, None), "广东");
}

#[test]
fn in_whatever_order_addresses_come_a_finding_stays_with_its_bureau_and_its_carrier() {
    let place = |address, province, carrier: &str| {
        let holder = Holder::Provider { id: "P1".parse().unwrap(), is_cdn: false };
        let holding = Holding { carrier: Some(carrier.parse().unwrap()), ..held(holder) };
        seen(address, in_province(Placement::Mainland(holding), province), &[Live])
    };
    let (one, two) = (("1.0.0.1", "广东", "C1"), ("1.0.0.2", "天津", "C2"));
    let other = ("1.0.0.3", "新疆", "C3");
    let night = |known: &[Finding], places: &[(&'static str, &'static str, &str)]| {
        let places =
            places.iter().map(|(address, province, carrier)| place(*address, province, carrier));
        let examination = at(FilingStatus::None, places.collect());
        let rulings = rulings(&examination, known, LENIENT);
        let ruling = rulings.into_iter().find(|(key, _)| key.kind == Kind::Unfiled).unwrap().1;
        let Ruling::Stands(bureau, seen) = ruling else { panic!() };
        (bureau.name(), seen.carrier.unwrap().to_string())
    };
    let carried_by = |bureau: &str, carrier: &str| {
        let known = finding(key(Kind::Unfiled, Some("P1")));
        let seen = Sightings { carrier: Some(carrier.parse().unwrap()), ..known.seen };
        [Finding { bureau: bureau.parse().unwrap(), seen, ..known }]
    };
    let to = |bureau, carrier: &str| (bureau, carrier.to_owned());
    assert_eq!(night(&[], &[one, two]), to("天津", "C1"));
    assert_eq!(night(&[], &[two, one]), to("天津", "C1"));
    for places in [[one, two, other], [other, two, one]] {
        assert_eq!(night(&carried_by("广东", "C2"), &places), to("广东", "C2"), "it stays");
        assert_eq!(night(&carried_by("北京", "C9"), &places), to("天津", "C1"), "it moved");
    }
}

#[test]
fn a_finding_shows_the_hosts_that_are_served_and_all_addresses_there() {
    let other = seen("1.0.9.9", by("P2"), &[Live]);
    let hosts = vec![
        host(DOMAIN, vec![seen("1.0.0.1", by("P1"), &[Silent]), other]),
        host("www.example.cn", vec![seen("1.0.0.2", by("P1"), &[Redirected])]),
        host("m.example.cn", vec![seen("1.0.0.2", by("P1"), &[Unknown, Live])]),
    ];
    let (_, seen) = sightings(&examined(cancelled(), hosts), Kind::Unfiled, Some("P1"));
    let hosts: Vec<&str> = seen.hosts.iter().map(Host::as_str).collect();
    assert_eq!(hosts, ["m.example.cn", "www.example.cn"]);
    assert_eq!(seen.addresses, ["1.0.0.1", "1.0.0.2"].map(|text| text.parse::<IpAddr>().unwrap()));
    assert_eq!(seen.carrier, Some("C1".parse().unwrap()));
    let filing = seen.filing.unwrap();
    assert!(!filing.is_active);
    assert_eq!(filing.numbers, ["京ICP备12345678号-1".parse().unwrap()]);
    assert_eq!(filing.providers, ["P1".parse().unwrap()]);
}

#[test]
fn the_evidence_is_of_the_strongest_visit_and_rather_one_with_a_page() {
    let named = |url: &str, visit: Visit| Visit { final_url: url.to_owned(), ..visit };
    let visits = || {
        vec![
            named("http://sent-on/", visit(Redirected)),
            named("http://robots/", robots_forbid()),
            named("http://page/", visit(Live)),
            named("http://silent/", visit(Silent)),
        ]
    };
    let backwards: Vec<Visit> = visits().into_iter().rev().collect();
    for visits in [visits(), backwards] {
        let examination =
            at(FilingStatus::None, vec![seen_as("1.0.0.1", by("P1"), visits.clone())]);
        let (_, seen) = sightings(&examination, Kind::Unfiled, Some("P1"));
        assert_eq!(seen.evidence.final_url.as_deref(), Some("http://page/"));
        assert_eq!(seen.evidence.status, Some(200));
        assert_eq!(seen.evidence.title.as_deref(), Some("标题"));
        assert_eq!(seen.evidence.body_sha256, Some("ab".repeat(32)));
    }
}

#[test]
fn two_providers_get_a_verdict_each() {
    let split =
        |one, two| vec![seen("1.0.0.1", by("P1"), &[one]), seen("1.0.0.2", by("P2"), &[two])];
    let examination = at(FilingStatus::None, split(Live, Redirected));
    assert_eq!(opened(&examination), ["unfiled P1", "unfiled P2"]);
    let (_, seen) = sightings(&examination, Kind::Unfiled, Some("P2"));
    assert_eq!(seen.addresses, ["1.0.0.2".parse::<IpAddr>().unwrap()]);

    let stopped_at_one = at(FilingStatus::None, split(Live, Stopped));
    check(&stopped_at_one, Kind::Unfiled, Some("P1"), "stands R01 R03");
    check(&stopped_at_one, Kind::Unfiled, Some("P2"), "ends stopped R17");

    let one_of_record = at(active(&["P1"]), split(Live, Live));
    assert_eq!(opened(&one_of_record), ["not_connected P2"]);
}

#[test]
fn nothing_opens_on_a_name_that_is_filed_and_connected_or_abroad_or_absent() {
    let connected = at(active(&["P1"]), vec![seen("1.0.0.1", by("P1"), &[Live])]);
    assert_eq!(opened(&connected), [""; 0]);
    for sightings in [vec![], vec![seen("9.0.0.1", Placement::Abroad, &[])]] {
        assert_eq!(opened(&at(FilingStatus::None, sightings)), [""; 0]);
    }
}

#[test]
fn a_bare_address_is_unfiled_under_its_own_name() {
    let bare = HostExamination {
        host: None,
        resolution: None,
        sightings: vec![seen("1.0.0.1", by("P1"), &[Live])],
        is_invented: false,
    };
    let examination = Examination {
        target: "1.0.0.1".parse().unwrap(),
        ..examined(FilingStatus::None, vec![bare])
    };
    let rulings = rulings(&examination, &[], LENIENT);
    let (key, ruling) = &rulings[0];
    assert_eq!((key.kind, key.target.to_string().as_str()), (Kind::Unfiled, "1.0.0.1"));
    assert_eq!(described(ruling), "stands R01 R03");
    let Ruling::Stands(_, seen) = ruling else { panic!() };
    assert_eq!(seen.hosts, []);
}

#[test]
fn a_bare_address_that_sends_on_to_a_domain_is_no_site_of_its_own() {
    for (placement, states, expected) in [
        (by("P1"), vec![Redirected], "misses R04"),
        (by("P1"), vec![Redirected, Silent], "misses R04"),
        (by("P1"), vec![Redirected, Unknown], "unknown R23"),
        (by("P1"), vec![Redirected, Live], "stands R01 R03"),
        (by("P1"), vec![Unknown], "unknown R23"),
        (by_redirector("P1"), vec![Redirected], "misses R04"),
    ] {
        let bare = HostExamination {
            host: None,
            resolution: None,
            sightings: vec![seen("1.0.0.1", placement, &states)],
            is_invented: false,
        };
        let examination = Examination {
            target: "1.0.0.1".parse().unwrap(),
            ..examined(FilingStatus::None, vec![bare])
        };
        check(&examination, Kind::Unfiled, Some("P1"), expected);
        if expected.starts_with("misses") {
            assert_eq!(opened(&examination), [""; 0]);
            check(&examination, Kind::WrongNumber, Some("P1"), expected);
        }
    }
}

#[test]
fn each_key_is_ruled_on_once_whether_it_is_known_or_not() {
    let examination = at(active(&["P1"]), vec![seen("1.0.0.1", by("P2"), &[Live])]);
    let known = [
        finding(key(Kind::NotConnected, Some("P2"))),
        finding(key(Kind::Unfiled, Some("P3"))),
        finding(key(Kind::UnreportedAddress, None)),
    ];
    let mut keys: Vec<FindingKey> =
        rulings(&examination, &known, LENIENT).into_iter().map(|(key, _)| key).collect();
    assert!(known.iter().all(|finding| keys.contains(&finding.key)));
    let count = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), count);
}
