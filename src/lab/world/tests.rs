//! The plan of a world: whole, steady, and the same for the same seed.

use std::collections::BTreeMap;

use super::*;
use crate::facts::finding::Kind;
use crate::facts::provider::ProviderId;
use crate::lab::story::Place;

fn invented(sites: usize, seed: u64) -> World {
    plan(&WorldSettings { sites, seed, ..WorldSettings::default() })
}

fn named(lines: &[&str]) -> World {
    let names = Some(lines.iter().map(ToString::to_string).collect());
    plan(&WorldSettings { names, ..WorldSettings::default() })
}

fn told(world: &World) -> Vec<Truth> {
    world.truth().collect()
}

#[test]
fn the_same_seed_makes_the_same_world_and_another_seed_another() {
    assert_eq!(told(&invented(300, 7)), told(&invented(300, 7)));
    let lines = |world: &World| world.candidates().collect::<Vec<_>>();
    assert_eq!(lines(&invented(300, 7)), lines(&invented(300, 7)));
    assert_ne!(told(&invented(300, 7)), told(&invented(300, 8)));
}

#[test]
fn every_scenario_is_played_where_there_are_sites_enough() {
    let world = invented(SCENARIOS.len(), 3);
    let played: BTreeSet<_> = world.truth().map(|site| site.scenario).collect();
    assert_eq!(played.len(), SCENARIOS.len());
    for sites in [0, 1, 2, 5] {
        assert_eq!(told(&invented(sites, 3)).len(), sites);
    }
}

#[test]
fn no_two_sites_are_the_same_target() {
    for sites in [SCENARIOS.len(), 5_000] {
        let world = invented(sites, 11);
        let targets: BTreeSet<_> = world.truth().map(|site| site.domain).collect();
        assert_eq!(targets.len(), sites);
    }
}

#[test]
fn most_sites_are_filed_and_some_are_abroad() {
    let mut counts = BTreeMap::new();
    for site in invented(10_000, 5).truth() {
        *counts.entry(site.scenario).or_insert(0_u32) += 1;
    }
    assert!(counts["filed_and_connected"] > 5_000);
    assert!((500..1_000).contains(&counts["abroad"]));
}

#[test]
fn names_that_are_given_are_the_sites_and_their_lines_stay_as_they_are() {
    let lines =
        ["# list", "WWW.Example.CN", "http://a.example.cn/x", "b.com", "10.0.0.1", "例子.中国", ""];
    let world = named(&lines);
    assert_eq!(world.candidates().collect::<Vec<_>>(), lines);
    let targets: Vec<_> = world.truth().map(|site| site.domain.to_string()).collect();
    assert_eq!(targets, ["b.com", "example.cn", "xn--fsqu00a.xn--fiqs8s"]);
    let index = |host| world.find(host).map(|cast| cast.target().to_string());
    assert_eq!(index("a.b.example.cn").as_deref(), Some("example.cn"));
    assert_eq!(index("badexample.cn"), None);
}

#[test]
fn a_given_name_plays_the_same_whatever_stands_beside_it() {
    let many: Vec<_> = (0..400).map(|n| format!("site{n}.cn")).collect();
    let all = named(&many.iter().map(String::as_str).collect::<Vec<_>>());
    let some = named(&["site7.cn", "site8.cn", "site9.cn"]);
    let played = |world: &World| -> BTreeMap<_, _> {
        world.truth().map(|site| (site.domain, site.scenario)).collect()
    };
    let (all, some) = (played(&all), played(&some));
    // The first may have been made the landmark.
    assert!(some.iter().skip(1).all(|(domain, scenario)| all[domain] == *scenario));
    let own_lines = ["idn_name", "bare_address", "subdomain_only", "named_by_url"];
    assert!(!all.values().any(|scenario| own_lines.contains(&scenario.as_str())));
}

#[test]
fn providers_that_findings_name_are_in_the_register() {
    for world in [invented(2_000, 2), invented(SCENARIOS.len(), 9)] {
        let ids: BTreeSet<_> = world.providers().iter().map(|one| &one.id).collect();
        for site in world.truth() {
            for one in &site.findings {
                assert!(one.provider.as_ref().is_none_or(|id| ids.contains(id)), "{site:?}");
            }
        }
    }
}

/// What a scenario states, night by night, as `kind@who`, `who` being home, other or nobody.
#[track_caller]
fn check(scenario: &str, nights: [&str; 5]) {
    let world = invented(SCENARIOS.len(), 4);
    let cast = world.casts().find(|cast| cast.scenario() == scenario).unwrap();
    let site = world.truth().find(|site| site.scenario == scenario).unwrap();
    let who = |provider: Option<&ProviderId>| {
        let is = |place: Place<'_>| place.provider.map(|one| &one.id) == provider;
        match provider {
            None => "nobody",
            Some(_) if is(cast.home()) => "home",
            Some(_) if is(cast.other()) => "other",
            Some(_) if is(cast.cdn()) => "cdn",
            Some(_) => "stranger",
        }
    };
    for (night, expected) in (1..).zip(nights) {
        let standing =
            site.standing(night).map(|key| format!("{}@{}", key.kind, who(key.provider.as_ref())));
        let closed = site
            .closed(night)
            .into_iter()
            .map(|(key, reason)| format!("{}@{}:{reason}", key.kind, who(key.provider.as_ref())));
        let mut said: Vec<_> = standing.chain(closed).collect();
        said.sort();
        assert_eq!(said.join(" "), expected, "{scenario}, night {night}");
    }
}

#[test]
fn the_truth_follows_the_nights() {
    let always = |said| [said; 5];
    let from_2 = |first, then| [first, then, then, then, then];
    let from_3 = |first, then| [first, first, then, then, then];
    check("filed_and_connected", always(""));
    check("unfiled", always("unfiled@home"));
    check("unfiled_by_cdn_name", always("unfiled@cdn"));
    check("unreported", always("unfiled@nobody unreported_address@nobody"));
    check("unfiled_claims_another", always("unfiled@home wrong_number@home"));
    check("shell_live", always("not_connected@home shell@nobody"));
    check("not_connected", from_3("not_connected@home", "not_connected@home over_reported@other"));
    check("over_reported", from_3("", "over_reported@home"));
    check("becomes_filed", from_2("unfiled@home", "unfiled@home:filed"));
    check("moves", from_2("unfiled@home", "unfiled@home:moved unfiled@other"));
    check("filing_lapses", from_2("", "unfiled@home"));
    check("number_corrected", from_2("wrong_number@home", "wrong_number@home:corrected"));
    check("flaps_unknown", always("unfiled@home"));
    let open = "unfiled@home";
    check("goes_away", [open, open, open, "unfiled@home:gone", "unfiled@home:gone"]);
    check("comes_back", [open, "unfiled@home:stopped", open, open, open]);
}

#[test]
fn what_comes_back_is_counted() {
    let world = invented(SCENARIOS.len(), 4);
    let site = world.truth().find(|site| site.scenario == "comes_back").unwrap();
    let again = site.findings.iter().find(|one| one.stands_on(3)).unwrap();
    assert_eq!((again.kind, again.reopened), (Kind::Unfiled, 1));
    assert!(world.standing(3).contains(&FindingKey {
        target: site.domain.clone(),
        kind: Kind::Unfiled,
        provider: again.provider.clone(),
    }));
    assert!(world.closed(2).iter().any(|(key, _)| key.target == site.domain));
}

#[test]
fn whatever_answers_lies_where_the_plan_listens_or_nothing_listens_on_purpose() {
    let world = invented(3_000, 6);
    let listening = world.listening();
    assert!(listening.len() < 400, "{}", listening.len());
    for cast in world.casts() {
        for night in 1..5 {
            for address in cast.story().scene(night).zone.addresses() {
                let is_dead = ["closed_address", "private_address", "falls_silent"];
                assert!(
                    listening.contains(address) || is_dead.contains(&cast.scenario()),
                    "{address} of {}",
                    cast.scenario()
                );
            }
        }
    }
}

#[test]
fn an_address_that_is_a_site_serves_no_other() {
    let world = invented(3_000, 6);
    let bare: Vec<_> = world.casts().filter(|cast| cast.target().domain().is_none()).collect();
    assert_eq!(bare.len(), 2);
    for one in &bare {
        let Target::Address(IpAddr::V4(address)) = one.target() else { unreachable!() };
        let guests =
            world.casts().filter(|cast| cast.story().scene(1).zone.addresses().contains(address));
        assert_eq!(guests.count(), 1);
    }
}
