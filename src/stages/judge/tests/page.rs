//! `wrong_number` and `unreported_address`: the kinds that depend on what a live site shows, or
//! stands on.

use super::*;

use NumberOwner::Another;
use NumberOwner::Nobody;
use NumberOwner::Own;

fn showing(visits: Vec<Visit>) -> Examination {
    at(active(&["P1"]), vec![seen_as("1.0.0.1", by("P1"), visits)])
}

#[test]
fn a_number_of_another_or_of_nobody_is_wrong_and_an_own_one_excuses() {
    let owner_unknown = NumberOwner::Unknown;
    for (owners, expected) in [
        (&[Another][..], "stands R10"),
        (&[Nobody], "stands R09"),
        (&[Nobody, Another], "stands R10"),
        (&[owner_unknown, Nobody], "stands R09"),
        (&[Own], "ends corrected R26"),
        (&[Own, Another], "ends corrected R26"),
        (&[Nobody, Own], "ends corrected R26"),
        (&[owner_unknown], "ends corrected R26"),
        (&[], "ends corrected R26"),
    ] {
        let examination = showing(vec![claiming(owners)]);
        check(&examination, Kind::WrongNumber, Some("P1"), expected);
        let is_wrong = expected.starts_with("stands");
        assert_eq!(opened(&examination).contains(&"wrong_number P1".to_owned()), is_wrong);
    }
    // Filed or not, a wrong number is wrong.
    for filing in [FilingStatus::None, cancelled()] {
        let sightings = vec![seen_as("1.0.0.1", by("P1"), vec![claiming(&[Another])])];
        check(&at(filing, sightings), Kind::WrongNumber, Some("P1"), "stands R10");
    }
}

#[test]
fn each_page_answers_for_itself() {
    let own_and_wrong = showing(vec![claiming(&[Own]), claiming(&[Another])]);
    check(&own_and_wrong, Kind::WrongNumber, Some("P1"), "stands R10");
    let hosts = vec![
        host(DOMAIN, vec![seen_as("1.0.0.1", by("P1"), vec![visit(Live)])]),
        host("www.example.cn", vec![seen_as("1.0.0.1", by("P1"), vec![claiming(&[Nobody])])]),
    ];
    check(&examined(active(&["P1"]), hosts), Kind::WrongNumber, Some("P1"), "stands R09");
}

#[test]
fn a_page_that_was_not_read_corrects_nothing() {
    for (visits, expected) in [
        (vec![robots_forbid()], "unknown R23"),
        (vec![visit(Redirected)], "unknown R23"),
        (vec![visit(Unknown)], "unknown R23"),
        (vec![visit(ParkedPage)], "unknown R24"),
        (vec![], "unknown R35"),
        (vec![visit(Stopped)], "ends stopped R17"),
        (vec![visit(Silent)], "misses R20"),
        (vec![robots_forbid(), claiming(&[Another])], "stands R10"),
    ] {
        check(&showing(visits), Kind::WrongNumber, Some("P1"), expected);
    }
    let parked = showing(vec![visit(ParkedPage)]);
    let ruling = ruling_by((false, Parked::Report), &parked, Kind::WrongNumber, Some("P1"));
    assert_eq!(described(&ruling), "unknown R23");
}

#[test]
fn a_page_that_was_read_in_part_is_accused_of_nothing_and_corrects_nothing() {
    let in_part = |visit: Visit| Visit { sign: Sign::DocumentInPart(None), ..visit };
    for (visits, expected) in [
        (vec![in_part(claiming(&[Another]))], "unknown R23"),
        (vec![in_part(claiming(&[Nobody]))], "unknown R23"),
        (vec![in_part(visit(Live))], "unknown R23"),
        (vec![visit(Live), in_part(visit(Live))], "unknown R23"),
        (vec![in_part(claiming(&[Another, Own]))], "ends corrected R26"),
        (vec![in_part(visit(Live)), claiming(&[Another])], "stands R10"),
    ] {
        let examination = showing(visits);
        check(&examination, Kind::WrongNumber, Some("P1"), expected);
        let is_wrong = expected.starts_with("stands");
        assert_eq!(opened(&examination).contains(&"wrong_number P1".to_owned()), is_wrong);
    }
    // It is a site all the same.
    let examination = at(
        FilingStatus::None,
        vec![seen_as("1.0.0.1", by("P1"), vec![in_part(claiming(&[Another]))])],
    );
    assert_eq!(opened(&examination), ["unfiled P1"]);
}

#[test]
fn a_page_under_anothers_certificate_is_accused_of_nothing_and_corrects_nothing() {
    let domain: Domain = "other.cn".parse().unwrap();
    let sign = Sign::AnothersCertificate { domain, at: None };
    let under = |visit: Visit| Visit { sign: sign.clone(), ..visit };
    for (visits, expected) in [
        (vec![under(claiming(&[Another]))], "unknown R23"),
        (vec![under(claiming(&[Nobody]))], "unknown R23"),
        (vec![under(visit(Live))], "unknown R23"),
        (vec![under(claiming(&[Own]))], "ends corrected R26"),
        (vec![under(visit(Live)), claiming(&[Another])], "stands R10"),
    ] {
        let examination = showing(visits);
        check(&examination, Kind::WrongNumber, Some("P1"), expected);
        let is_wrong = expected.starts_with("stands");
        assert_eq!(opened(&examination).contains(&"wrong_number P1".to_owned()), is_wrong);
    }
}

#[test]
fn a_number_that_a_page_may_only_quote_is_no_fault_and_no_correction_but_excuses() {
    let unsure = |owners: &[NumberOwner]| {
        let mut visit = claiming(owners);
        let first = PageNumber {
            number: visit.claims[0].number.clone(),
            place: NumberPlace::Unsure,
            link: None,
        };
        visit.page = Some(Page { numbers: vec![first], ..Page::default() });
        visit
    };
    for (visits, expected) in [
        (vec![unsure(&[Another])], "unknown R23"),
        (vec![unsure(&[Nobody])], "unknown R23"),
        (vec![unsure(&[Another]), visit(Live)], "unknown R23"),
        (vec![unsure(&[NumberOwner::Unknown])], "ends corrected R26"),
        (vec![unsure(&[Own])], "ends corrected R26"),
        (vec![unsure(&[Own, Another])], "ends corrected R26"),
        (vec![unsure(&[Another, Own])], "ends corrected R26"),
        (vec![unsure(&[Another, Nobody])], "stands R09"),
    ] {
        let examination = showing(visits);
        check(&examination, Kind::WrongNumber, Some("P1"), expected);
        let is_wrong = expected.starts_with("stands");
        assert_eq!(opened(&examination).contains(&"wrong_number P1".to_owned()), is_wrong);
    }
    // Nor is it evidence.
    let wrong = Visit { final_url: "http://www.example.cn/".to_owned(), ..claiming(&[Nobody]) };
    for visits in [vec![unsure(&[Another]), wrong.clone()], vec![wrong.clone(), unsure(&[Another])]]
    {
        let (_, seen) = sightings(&showing(visits), Kind::WrongNumber, Some("P1"));
        assert_eq!(seen.evidence.final_url.as_deref(), Some("http://www.example.cn/"));
    }
    let (_, seen) =
        sightings(&showing(vec![unsure(&[Another, Nobody])]), Kind::WrongNumber, Some("P1"));
    assert_eq!(seen.evidence.numbers, ["京ICP备10000002号".parse().unwrap()]);
}

#[test]
fn a_wrong_number_moves_and_vanishes_with_its_site() {
    for (sightings, expected) in [
        (vec![seen("1.0.0.2", by("P2"), &[Live])], "ends moved R18"),
        (vec![seen("1.0.0.1", by("P2"), &[Live])], "ends moved R37"),
        (vec![seen("1.0.0.1", Placement::Abroad, &[])], "unknown R37"),
        (vec![seen("9.0.0.1", Placement::Abroad, &[])], "ends moved R18"),
        (vec![seen("1.0.0.1", disputed(&["P1", "P2"]), &[Live])], "unknown R12"),
        (vec![], "misses R20"),
    ] {
        check(&at(active(&["P1"]), sightings), Kind::WrongNumber, Some("P1"), expected);
    }
    let lost = half_answered(host(DOMAIN, vec![]), DnsAnswer::Timeout);
    let lost = examined(active(&["P1"]), vec![lost]);
    check(&lost, Kind::WrongNumber, Some("P1"), "unknown R22");
}

#[test]
fn a_wrong_number_at_nobodys_address_names_nobody() {
    let sightings = vec![seen_as("1.0.0.1", by_nobody(), vec![claiming(&[Another])])];
    let examination = at(active(&["P1"]), sightings);
    check(&examination, Kind::WrongNumber, None, "stands R10 R11");
}

#[test]
fn the_evidence_of_a_wrong_number_is_the_page_that_claims_it() {
    let wrong = Visit { final_url: "http://www.example.cn/".to_owned(), ..claiming(&[Nobody]) };
    for visits in [vec![claiming(&[Own]), wrong.clone()], vec![wrong.clone(), claiming(&[Own])]] {
        let (_, seen) = sightings(&showing(visits), Kind::WrongNumber, Some("P1"));
        assert_eq!(seen.evidence.final_url.as_deref(), Some("http://www.example.cn/"));
        assert_eq!(seen.evidence.numbers, ["京ICP备10000001号".parse().unwrap()]);
    }
}

#[test]
fn a_live_site_on_an_address_that_nobody_reported_stands_beside_unfiled() {
    let live = |filing| at(filing, vec![seen("1.0.0.1", by_nobody(), &[Live])]);
    let unfiled = live(FilingStatus::None);
    assert_eq!(opened(&unfiled), ["unfiled nobody", "unreported_address nobody"]);
    // Whether the Domain is filed is not asked.
    for filing in [active(&["P1"]), cancelled(), GAPS[0].clone(), GAPS[2].clone()] {
        let examination = live(filing);
        check(&examination, Kind::UnreportedAddress, None, "stands R11 R03");
        let (_, seen) = sightings(&examination, Kind::UnreportedAddress, None);
        assert_eq!(seen.carrier, None);
    }
    // The holder of a name that leads to a CDN is known, and the address is unreported all the same.
    let cdn = Placement::Mainland(Holding {
        is_reported: false,
        carrier: None,
        ..held(Holder::Provider { id: "P1".parse().unwrap(), is_cdn: true })
    });
    let examination = at(FilingStatus::None, vec![seen("1.0.0.1", cdn, &[Live])]);
    assert_eq!(opened(&examination), ["unfiled P1", "unreported_address nobody"]);
}

#[test]
fn only_a_live_site_shows_an_unreported_address() {
    for (state, expected) in [
        (Redirected, "unknown R04"),
        (Unknown, "unknown R23"),
        (ParkedPage, "unknown R24"),
        (Stopped, "unknown R17"),
        (Silent, "misses R20"),
    ] {
        let examination = at(active(&["P1"]), vec![seen("1.0.0.1", by_nobody(), &[state])]);
        check(&examination, Kind::UnreportedAddress, None, expected);
        assert_eq!(opened(&examination), ["over_reported P1"]);
    }
    let unasked = at(active(&["P1"]), vec![seen("1.0.0.1", by_nobody(), &[])]);
    check(&unasked, Kind::UnreportedAddress, None, "unknown R35");
    // A site that is live elsewhere is not live here.
    let elsewhere =
        vec![seen("1.0.0.1", by_nobody(), &[Silent]), seen("1.0.0.2", by("P1"), &[Live])];
    check(&at(active(&["P1"]), elsewhere), Kind::UnreportedAddress, None, "misses R20");
}

#[test]
fn a_page_that_another_address_serves_is_no_page_of_the_one_that_sends_there() {
    let sent = |visit: Visit| Visit { sign: Sign::DocumentAt("2.0.0.2".parse().unwrap()), ..visit };
    let wrong = || claiming(&[Another]);
    let at_both = vec![
        seen_as("1.0.0.1", by("P1"), vec![sent(wrong())]),
        seen_as("2.0.0.2", by("P2"), vec![wrong()]),
    ];
    let examination = at(active(&["P1", "P2"]), at_both);
    assert_eq!(opened(&examination), ["wrong_number P2"]);
    check(&examination, Kind::WrongNumber, Some("P1"), "unknown R23");
    // At the same provider it is its page, whichever of its addresses serves it.
    let within = vec![
        seen_as("1.0.0.1", by("P1"), vec![sent(wrong())]),
        seen_as("2.0.0.2", by("P1"), vec![visit(Silent)]),
    ];
    check(&at(active(&["P1"]), within), Kind::WrongNumber, Some("P1"), "stands R10");
    let unreported = seen_as("1.0.0.1", by_nobody(), vec![sent(visit(Live))]);
    let examination = at(active(&["P1"]), vec![unreported, seen("2.0.0.2", by("P1"), &[Live])]);
    assert_eq!(opened(&examination), [""; 0]);
    let in_part = Visit { sign: Sign::DocumentInPart(None), ..visit(Live) };
    for (sign, expected) in [
        (in_part.sign.clone(), &["unreported_address nobody"][..]),
        (in_part.sign.clone().at("2.0.0.2".parse().unwrap()), &[]),
    ] {
        let unreported = seen_as("1.0.0.1", by_nobody(), vec![Visit { sign, ..in_part.clone() }]);
        let examination = at(active(&["P1"]), vec![unreported, seen("2.0.0.2", by("P1"), &[Live])]);
        assert_eq!(opened(&examination), expected);
    }
}

#[test]
fn an_unreported_address_ends_with_a_report_a_move_or_nothing() {
    for (sightings, expected) in [
        (vec![seen("1.0.0.1", by("P1"), &[Live])], "ends reported R27"),
        (vec![seen("1.0.0.1", by("P1"), &[])], "ends reported R27"),
        (vec![seen("1.0.0.1", by_a_stranger(), &[Live])], "ends reported R27"),
        (vec![seen("1.0.0.1", disputed(&["P1", "P2"]), &[Live])], "ends reported R27"),
        // Another address, reported by whomever, is a move.
        (vec![seen("1.0.0.2", by("P1"), &[Live])], "ends moved R18"),
        (vec![seen("1.0.0.2", by_a_stranger(), &[Live])], "ends moved R18"),
        (vec![seen("1.0.0.2", disputed(&["P1", "P2"]), &[Live])], "ends moved R18"),
        (vec![seen("1.0.0.2", Placement::Abroad, &[])], "ends moved R18"),
        (vec![seen("1.0.0.1", Placement::Abroad, &[])], "unknown R37"),
        (vec![seen("1.0.0.1", out_of_bounds(), &[])], "unknown R13"),
        (vec![seen("127.0.0.1", Placement::SpecialPurpose, &[])], "misses R20"),
        (vec![], "misses R20"),
    ] {
        for filing in [FilingStatus::None, active(&["P1"]), GAPS[1].clone()] {
            let examination = at(filing, sightings.clone());
            check(&examination, Kind::UnreportedAddress, None, expected);
        }
    }
    let elsewhere = host(DOMAIN, vec![seen("1.0.0.2", by("P1"), &[Live])]);
    for hosts in [
        vec![half_answered(elsewhere, DnsAnswer::Timeout)],
        vec![half_answered(host(DOMAIN, vec![]), DnsAnswer::ServerFailure)],
    ] {
        let examination = examined(active(&["P1"]), hosts);
        check(&examination, Kind::UnreportedAddress, None, "unknown R22");
    }
}
