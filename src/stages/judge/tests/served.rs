//! `unfiled` and `not_connected`: the kinds that stand while a site is served at a provider.

use super::*;

/// A register by which the kind may stand at P1, and the reason that it gives.
fn kinds() -> [(Kind, FilingStatus, &'static str); 3] {
    [
        (Kind::Unfiled, FilingStatus::None, "R01"),
        (Kind::Unfiled, cancelled(), "R02"),
        (Kind::NotConnected, active(&["P2"]), "R06"),
    ]
}

#[test]
fn the_state_at_the_provider_decides() {
    for (kind, filing, reason) in kinds() {
        for (state, expected) in [
            (Live, format!("stands {reason} R03")),
            (Redirected, format!("stands {reason} R04")),
            (Unknown, "unknown R23".to_owned()),
            (ParkedPage, "unknown R24".to_owned()),
            (Stopped, "ends stopped R17".to_owned()),
            (Silent, "misses R20".to_owned()),
        ] {
            let examination = at(filing.clone(), vec![seen("1.0.0.1", by("P1"), &[state])]);
            check(&examination, kind, Some("P1"), &expected);
        }
        let robots = at(filing, vec![seen_as("1.0.0.1", by("P1"), vec![robots_forbid()])]);
        check(&robots, kind, Some("P1"), &format!("stands {reason} R05"));
    }
}

#[test]
fn the_strongest_of_all_ports_addresses_and_hosts_counts() {
    let ascending = [
        (Silent, "misses R20"),
        (Stopped, "ends stopped R17"),
        (ParkedPage, "unknown R24"),
        (Unknown, "unknown R23"),
        (Redirected, "stands R01 R04"),
        (Live, "stands R01 R03"),
    ];
    for (at_weak, (weak, _)) in ascending.iter().enumerate() {
        for (strong, expected) in &ascending[at_weak..] {
            for [one, two] in [[*weak, *strong], [*strong, *weak]] {
                let ports = vec![seen("1.0.0.1", by("P1"), &[one, two])];
                let addresses =
                    vec![seen("1.0.0.1", by("P1"), &[one]), seen("1.0.0.2", by("P1"), &[two])];
                let www = |state| vec![seen("1.0.0.1", by("P1"), &[state])];
                let hosts = vec![host(DOMAIN, www(one)), host("www.example.cn", www(two))];
                for examination in [
                    at(FilingStatus::None, ports),
                    at(FilingStatus::None, addresses),
                    examined(FilingStatus::None, hosts),
                ] {
                    check(&examination, Kind::Unfiled, Some("P1"), expected);
                }
            }
        }
    }
}

#[test]
fn an_address_that_was_not_asked_keeps_a_provider_from_being_stopped_or_gone() {
    for (kind, filing, reason) in kinds() {
        for (state, expected) in [
            (Live, format!("stands {reason} R03")),
            (Redirected, format!("stands {reason} R04")),
            (Stopped, "unknown R35".to_owned()),
            (Silent, "unknown R35".to_owned()),
        ] {
            let sightings =
                vec![seen("1.0.0.1", by("P1"), &[state]), seen("1.0.0.2", by("P1"), &[])];
            check(&at(filing.clone(), sightings), kind, Some("P1"), &expected);
        }
        let none = at(filing.clone(), vec![seen("1.0.0.1", by("P1"), &[])]);
        check(&none, kind, Some("P1"), "unknown R35");
        // What was not asked at another provider says nothing of this one.
        let elsewhere = vec![seen("1.0.0.1", by("P1"), &[Stopped]), seen("1.0.0.2", by("P2"), &[])];
        check(&at(filing, elsewhere), kind, Some("P1"), "ends stopped R17");
    }
}

#[test]
fn a_name_that_resolves_elsewhere_has_moved() {
    for (kind, filing, _) in kinds() {
        for (elsewhere, expected) in [
            (vec![seen("1.0.0.2", by("P2"), &[Live])], "ends moved R18"),
            (vec![seen("1.0.0.2", by("P2"), &[Silent])], "ends moved R18"),
            (vec![seen("1.0.0.2", by("P2"), &[])], "ends moved R18"),
            (vec![seen("9.0.0.1", Placement::Abroad, &[])], "ends moved R18"),
            (vec![seen("1.0.0.2", by_nobody(), &[Live])], "ends moved R18"),
            (vec![seen("1.0.0.2", disputed(&["P2", "P3"]), &[Live])], "ends moved R18"),
            // One of the claimants may be right, and a stranger may be anybody.
            (vec![seen("1.0.0.1", disputed(&["P1", "P3"]), &[Live])], "unknown R12"),
            (vec![seen("1.0.0.1", by_a_stranger(), &[Live])], "unknown R13"),
            (vec![seen("1.0.0.1", out_of_bounds(), &[])], "unknown R13"),
            (vec![seen("127.0.0.1", Placement::SpecialPurpose, &[])], "misses R20"),
            // It may still be at the address that this one wraps.
            (vec![seen("::ffff:1.0.0.1", Placement::SpecialPurpose, &[])], "unknown R13"),
            (vec![], "misses R20"),
        ] {
            check(&at(filing.clone(), elsewhere), kind, Some("P1"), expected);
        }
    }
}

#[test]
fn a_register_that_changed_moves_nothing() {
    for (kind, filing, _) in kinds() {
        for (now, expected) in [
            (seen("1.0.0.1", Placement::Abroad, &[]), "unknown R37"),
            (seen("1.0.0.1", by("P2"), &[Live]), "ends moved R37"),
            (seen("1.0.0.1", by_nobody(), &[Live]), "ends moved R37"),
            (seen("1.0.0.1", disputed(&["P2", "P3"]), &[Redirected]), "ends moved R37"),
            // Whatever else answers there says of the site what it said before.
            (seen("1.0.0.1", by("P2"), &[Silent]), "misses R20"),
            (seen("1.0.0.1", by("P2"), &[Stopped]), "ends stopped R17"),
            (seen("1.0.0.1", by("P2"), &[Unknown]), "unknown R23"),
            (seen("1.0.0.1", by("P2"), &[]), "unknown R35"),
        ] {
            let together = vec![now.clone(), seen("9.0.0.1", Placement::Abroad, &[])];
            for sightings in [vec![now], together] {
                check(&at(filing.clone(), sightings), kind, Some("P1"), expected);
            }
        }
    }
}

#[test]
fn without_a_register_of_holders_nobody_has_moved() {
    for (kind, filing, _) in kinds() {
        let known = [finding(key(kind, Some("P1")))];
        let elsewhere = at(filing.clone(), vec![seen("9.0.0.1", Placement::Abroad, &[])]);
        for (examination, expected) in
            [(elsewhere, "unknown R37"), (at(filing, vec![]), "misses R20")]
        {
            let rulings = rulings_after(None, &examination, &known, (LENIENT, false));
            let (_, ruling) = rulings.iter().find(|(of, _)| *of == known[0].key).unwrap();
            assert_eq!(described(ruling), expected);
        }
    }
}

#[test]
fn foreign_and_special_addresses_add_nothing_to_the_state() {
    for (kind, filing, reason) in kinds() {
        for (state, expected) in [
            (Live, format!("stands {reason} R03")),
            (Stopped, "ends stopped R17".to_owned()),
            (Silent, "misses R20".to_owned()),
        ] {
            let sightings = vec![
                seen("127.0.0.1", Placement::SpecialPurpose, &[]),
                seen("9.0.0.1", Placement::Abroad, &[]),
                seen("1.0.0.1", by("P1"), &[state]),
            ];
            check(&at(filing.clone(), sightings), kind, Some("P1"), &expected);
        }
    }
    for placement in [Placement::Abroad, Placement::SpecialPurpose, out_of_bounds()] {
        let examination = at(FilingStatus::None, vec![seen("9.0.0.1", placement, &[Live])]);
        assert_eq!(opened(&examination), [""; 0]);
    }
}

#[test]
fn nothing_ends_while_a_question_to_the_name_servers_is_open() {
    let failures = [DnsAnswer::ServerFailure, DnsAnswer::Refused, DnsAnswer::Timeout];
    for (kind, filing, reason) in kinds() {
        for failure in failures.clone() {
            for (state, expected) in [
                (Some(Live), format!("stands {reason} R03")),
                (Some(Unknown), "unknown R23".to_owned()),
                (Some(Stopped), "unknown R22".to_owned()),
                (Some(Silent), "unknown R22".to_owned()),
                (None, "unknown R22".to_owned()),
            ] {
                let (provider, state) = state.map_or(("P2", Live), |state| ("P1", state));
                let found = host(DOMAIN, vec![seen("1.0.0.1", by(provider), &[state])]);
                let absent = host("www.example.cn", vec![]);
                let lost = half_answered(absent.clone(), failure.clone());
                let partial = half_answered(found.clone(), failure.clone());
                for hosts in [vec![found, lost], vec![partial, absent]] {
                    let examination = examined(filing.clone(), hosts);
                    check(&examination, kind, Some("P1"), &expected);
                }
            }
            let lost = half_answered(host(DOMAIN, vec![]), failure);
            check(&examined(filing.clone(), vec![lost]), kind, Some("P1"), "unknown R22");
        }
        let absent = vec![host(DOMAIN, vec![]), host("www.example.cn", vec![])];
        check(&examined(filing, absent), kind, Some("P1"), "misses R20");
    }
}

#[test]
fn an_unknown_filing_opens_nothing_and_closes_nothing() {
    for gap in GAPS {
        for sightings in [
            vec![],
            vec![seen("1.0.0.1", by("P1"), &[Live])],
            vec![seen("1.0.0.1", by("P1"), &[Stopped])],
            vec![seen("1.0.0.1", by("P1"), &[Silent])],
            vec![seen_as("1.0.0.1", by("P1"), vec![claiming(&[NumberOwner::Another])])],
            vec![seen("9.0.0.1", Placement::Abroad, &[])],
        ] {
            let examination = at(gap.clone(), sightings);
            for kind in [Kind::Unfiled, Kind::NotConnected, Kind::OverReported, Kind::WrongNumber] {
                check(&examination, kind, Some("P1"), "unknown R21");
            }
            check(&examination, Kind::Shell, None, "unknown R21");
            assert_eq!(opened(&examination), [""; 0]);
        }
    }
}

#[test]
fn a_filing_ends_unfiled_whoever_the_provider_and_whatever_answers() {
    for filing in [active(&["P1"]), active(&["P2"]), active(&[]), active_partly_known(&[])] {
        for sightings in [
            vec![],
            vec![seen("1.0.0.1", by("P1"), &[Live])],
            vec![seen("1.0.0.1", by("P1"), &[Stopped])],
            vec![seen("1.0.0.1", by("P1"), &[])],
        ] {
            let examination = at(filing.clone(), sightings);
            check(&examination, Kind::Unfiled, Some("P1"), "ends filed R15");
        }
        let lost = half_answered(host(DOMAIN, vec![]), DnsAnswer::Timeout);
        check(&examined(filing, vec![lost]), Kind::Unfiled, Some("P1"), "ends filed R15");
    }
}

#[test]
fn not_connected_ends_with_a_record_or_with_the_filing() {
    let live = |filing| at(filing, vec![seen("1.0.0.1", by("P1"), &[Live])]);
    for (filing, expected) in [
        (active(&["P1"]), "ends connected R16"),
        (active_partly_known(&["P1"]), "ends connected R16"),
        (active_partly_known(&["P2"]), "unknown R33"),
        (active_partly_known(&[]), "unknown R33"),
        (active(&[]), "stands R06 R03"),
        (FilingStatus::None, "ends superseded R30"),
        (cancelled(), "ends superseded R30"),
    ] {
        check(&live(filing), Kind::NotConnected, Some("P1"), expected);
    }
    // Nobody can be told to record an access where nobody is known to serve.
    for placement in [by_nobody(), by_a_stranger(), disputed(&["P1", "P2"])] {
        let examination = at(active(&["P3"]), vec![seen("1.0.0.1", placement, &[Live])]);
        check(&examination, Kind::NotConnected, None, "unknown R13");
        assert!(!opened(&examination).iter().any(|fault| fault.starts_with("not_connected")));
    }
}

#[test]
fn a_cdn_needs_an_access_record_only_where_the_configuration_says_so() {
    let examination = at(active(&["P2"]), vec![seen("1.0.0.1", by_cdn("P1"), &[Live])]);
    check(&examination, Kind::NotConnected, Some("P1"), "unknown R14");
    let strict = (true, Parked::Ignore);
    let ruling = ruling_by(strict, &examination, Kind::NotConnected, Some("P1"));
    assert_eq!(described(&ruling), "stands R06 R03 R14");
    assert!(opened_by(strict, &examination).contains(&"not_connected P1".to_owned()));
    assert!(!opened(&examination).contains(&"not_connected P1".to_owned()));
    // Without a filing a CDN is held to account like everybody.
    let unfiled = at(FilingStatus::None, vec![seen("1.0.0.1", by_cdn("P1"), &[Live])]);
    check(&unfiled, Kind::Unfiled, Some("P1"), "stands R01 R03 R14");
}

#[test]
fn a_reported_redirector_may_send_visitors_on() {
    let after_hops = Visit { hops: vec!["http://example.cn/".to_owned()], ..visit(Live) };
    for (kind, filing, reason) in kinds() {
        for (visit, expected) in [
            (visit(Redirected), "unknown R25".to_owned()),
            (after_hops.clone(), "unknown R25".to_owned()),
            (visit(Live), format!("stands {reason} R03")),
            (visit(Stopped), "ends stopped R17".to_owned()),
            (visit(Unknown), "unknown R23".to_owned()),
        ] {
            let seen = vec![seen_as("1.0.0.1", by_redirector("P1"), vec![visit])];
            check(&at(filing.clone(), seen), kind, Some("P1"), &expected);
        }
        let anywhere = vec![seen_as("1.0.0.1", by("P1"), vec![after_hops.clone()])];
        check(&at(filing, anywhere), kind, Some("P1"), &format!("stands {reason} R03"));
    }
}

#[test]
fn parked_counts_as_live_where_the_configuration_says_so() {
    let report = (false, Parked::Report);
    for (kind, filing, reason) in kinds() {
        let parked = at(filing, vec![seen("1.0.0.1", by("P1"), &[ParkedPage])]);
        let ruling = ruling_by(report, &parked, kind, Some("P1"));
        assert_eq!(described(&ruling), format!("stands {reason} R24"));
        check(&parked, kind, Some("P1"), "unknown R24");
    }
}

#[test]
fn nobody_is_blamed_where_the_holder_cannot_be_named() {
    for (placement, reason) in
        [(by_nobody(), "R11"), (disputed(&["P1", "P2"]), "R12"), (by_a_stranger(), "R13")]
    {
        let placement = match placement {
            Placement::Mainland(holding) => {
                Placement::Mainland(Holding { carrier: Some("C1".parse().unwrap()), ..holding })
            }
            other => other,
        };
        let examination = at(FilingStatus::None, vec![seen("1.0.0.1", placement, &[Live])]);
        check(&examination, Kind::Unfiled, None, &format!("stands R01 R03 {reason}"));
        let (_, seen) = sightings(&examination, Kind::Unfiled, None);
        assert_eq!(seen.carrier, None);
        assert!(opened(&examination).contains(&"unfiled nobody".to_owned()));
    }
    // The claimants are not cleared by a dispute either.
    let found = at(FilingStatus::None, vec![seen("1.0.0.1", disputed(&["P1", "P2"]), &[Live])]);
    for claimant in ["P1", "P2"] {
        check(&found, Kind::Unfiled, Some(claimant), "unknown R12");
    }
    check(&found, Kind::Unfiled, Some("P3"), "ends moved R37");
}
