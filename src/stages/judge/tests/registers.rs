//! `over_reported` and `shell`: the kinds that the register alone, or with DNS, can show.

use super::*;

#[test]
fn a_record_at_a_provider_with_no_address_accrues() {
    for elsewhere in [
        vec![seen("1.0.0.1", by("P2"), &[])],
        vec![seen("9.0.0.1", Placement::Abroad, &[])],
        vec![seen("127.0.0.1", Placement::SpecialPurpose, &[])],
        vec![seen("1.0.0.1", by_nobody(), &[])],
        vec![seen("1.0.0.1", disputed(&["P2", "P3"]), &[])],
        vec![],
    ] {
        let examination = at(active(&["P1"]), elsewhere);
        check(&examination, Kind::OverReported, Some("P1"), "accrues R07");
        assert!(opened(&examination).contains(&"over_reported P1".to_owned()));
        let (bureau, seen) = sightings(&examination, Kind::OverReported, Some("P1"));
        assert_eq!(bureau.name(), "北京");
        assert!(seen.filing.unwrap().is_active);
    }
    let partly = at(active_partly_known(&["P1"]), vec![]);
    check(&partly, Kind::OverReported, Some("P1"), "accrues R07");
}

#[test]
fn a_record_is_right_as_long_as_the_target_is_where_it_was_at_the_provider() {
    let over = |last: Option<&Examination>, tonight: Sighting, known: &[Finding], has_holders| {
        let tonight = at(active(&["P1"]), vec![tonight]);
        let rulings = rulings_after(last, &tonight, known, (LENIENT, has_holders));
        let of = key(Kind::OverReported, Some("P1"));
        described(&rulings.into_iter().find(|(key, _)| *key == of).unwrap().1)
    };
    let last = at(active(&["P1"]), vec![seen("1.0.0.1", by("P1"), &[])]);
    let elsewhere = at(active(&["P1"]), vec![seen("1.0.0.1", by("P2"), &[])]);
    for now in [Placement::Abroad, by_nobody(), by("P2")] {
        let now = |address| seen(address, now.clone(), &[]);
        assert_eq!(over(Some(&last), now("1.0.0.1"), &[], true), "doubted R37");
        assert_eq!(over(Some(&last), now("1.0.0.2"), &[], true), "accrues R07");
        assert_eq!(over(Some(&elsewhere), now("1.0.0.1"), &[], true), "accrues R07");
        assert_eq!(over(None, now("1.0.0.1"), &[], true), "accrues R07");
        // The night after, only what was kept of the doubt tells.
        let addresses = vec!["1.0.0.1".parse().unwrap()];
        let kept = Finding {
            state: FindingState::Accruing,
            seen: Sightings { addresses, ..Sightings::default() },
            ..finding(key(Kind::OverReported, Some("P1")))
        };
        let kept = std::slice::from_ref(&kept);
        assert_eq!(over(Some(&elsewhere), now("1.0.0.1"), kept, true), "doubted R37");
        assert_eq!(over(Some(&elsewhere), now("1.0.0.2"), kept, true), "accrues R07");
    }
    let abroad = seen("9.0.0.1", Placement::Abroad, &[]);
    assert_eq!(over(None, abroad.clone(), &[], false), "unknown R37");
    assert_eq!(over(None, abroad, &[], true), "accrues R07");
}

#[test]
fn a_register_that_is_too_old_accuses_nobody_of_its_records() {
    let old = |providers: &[&str]| {
        let FilingStatus::Active(summary) = active_partly_known(providers) else { panic!() };
        FilingStatus::Active(FilingSummary { as_of: Timestamp::MIN, ..summary })
    };
    let elsewhere = at(old(&["P1"]), vec![seen("1.0.0.1", by("P2"), &[])]);
    check(&elsewhere, Kind::OverReported, Some("P1"), "unknown R21");
    assert_eq!(opened(&elsewhere), [""; 0]);
    let there = at(old(&["P1"]), vec![seen("1.0.0.1", by("P1"), &[])]);
    check(&there, Kind::OverReported, Some("P1"), "ends served R28");
}

#[test]
fn each_provider_of_record_is_judged_by_itself() {
    let examination = at(active(&["P1", "P2", "P3"]), vec![seen("1.0.0.1", by("P2"), &[])]);
    assert_eq!(opened(&examination), ["over_reported P1", "over_reported P3"]);
}

#[test]
fn any_address_at_the_provider_is_service_whatever_answers() {
    for states in [&[][..], &[Live], &[Silent], &[Stopped], &[Unknown]] {
        let examination = at(
            active(&["P1"]),
            vec![seen("9.0.0.1", Placement::Abroad, &[]), seen("1.0.0.1", by("P1"), states)],
        );
        check(&examination, Kind::OverReported, Some("P1"), "ends served R28");
    }
    let found = host(DOMAIN, vec![seen("1.0.0.1", by("P1"), &[])]);
    let partial = examined(active(&["P1"]), vec![half_answered(found, DnsAnswer::Timeout)]);
    check(&partial, Kind::OverReported, Some("P1"), "ends served R28");
}

#[test]
fn a_record_that_is_gone_ends_over_reported() {
    for (filing, expected) in [
        (active(&["P2"]), "ends corrected R29"),
        (active(&[]), "ends corrected R29"),
        (active_partly_known(&["P2"]), "unknown R33"),
        (FilingStatus::None, "ends cancelled R30"),
        (cancelled(), "ends cancelled R30"),
    ] {
        check(&at(filing, vec![]), Kind::OverReported, Some("P1"), expected);
    }
}

#[test]
fn doubt_about_where_it_is_served_keeps_a_record_from_blame() {
    for (elsewhere, expected) in [
        (by_cdn("P2"), "unknown R34"),
        (disputed(&["P1", "P2"]), "unknown R12"),
        (by_a_stranger(), "unknown R13"),
    ] {
        let examination = at(active(&["P1"]), vec![seen("1.0.0.1", elsewhere, &[])]);
        check(&examination, Kind::OverReported, Some("P1"), expected);
        assert!(!opened(&examination).contains(&"over_reported P1".to_owned()));
    }
    for failure in [DnsAnswer::ServerFailure, DnsAnswer::Refused, DnsAnswer::Timeout] {
        let lost = half_answered(host("www.example.cn", vec![]), failure.clone());
        let elsewhere = host(DOMAIN, vec![seen("1.0.0.1", by("P2"), &[])]);
        let partial = half_answered(elsewhere.clone(), failure);
        for hosts in [vec![elsewhere, lost], vec![partial]] {
            let examination = examined(active(&["P1"]), hosts);
            check(&examination, Kind::OverReported, Some("P1"), "unknown R22");
        }
    }
}

#[test]
fn a_shell_is_an_active_filing_without_any_access_provider() {
    for (filing, expected) in [
        (active(&[]), "stands R08"),
        (active(&["P1"]), "ends connected R16"),
        (active_partly_known(&["P1"]), "ends connected R16"),
        (active_partly_known(&[]), "unknown R33"),
        (FilingStatus::None, "ends cancelled R30"),
        (cancelled(), "ends cancelled R30"),
    ] {
        // Neither what answers nor what resolves has a say.
        for sightings in [vec![], vec![seen("1.0.0.1", by("P1"), &[Live])]] {
            check(&at(filing.clone(), sightings), Kind::Shell, None, expected);
        }
        let lost = half_answered(host(DOMAIN, vec![]), DnsAnswer::Timeout);
        check(&examined(filing, vec![lost]), Kind::Shell, None, expected);
    }
    let empty = at(active(&[]), vec![]);
    assert_eq!(opened(&empty), ["shell nobody"]);
    let (bureau, seen) = sightings(&empty, Kind::Shell, None);
    assert_eq!(bureau, Bureau::MINISTRY);
    assert_eq!(seen.carrier, None);
}

#[test]
fn a_fault_at_a_provider_that_may_no_longer_be_named_is_not_told_a_second_time() {
    let told = |placement: &Placement, address: &str, known: &[Finding]| {
        let examination = at(FilingStatus::None, vec![seen(address, placement.clone(), &[Live])]);
        let rulings = rulings(&examination, known, LENIENT);
        let of = |provider| {
            let key = key(Kind::Unfiled, provider);
            let found = rulings.iter().find(|(other, _)| *other == key);
            found.map(|(_, ruling)| described(ruling).split(' ').next().unwrap().to_owned())
        };
        (of(Some("P1")), of(None))
    };
    let said = |word: &str| Some(word.to_owned());
    let before = finding(key(Kind::Unfiled, Some("P1")));
    let nobodys = finding(key(Kind::Unfiled, None));
    for placement in [by_a_stranger(), disputed(&["P1", "P2"])] {
        let told = |address: &str, known: &[Finding]| told(&placement, address, known);
        let known = std::slice::from_ref(&before);
        assert_eq!(told("1.0.0.1", known), (said("unknown"), said("unknown")));
        assert_eq!(told("1.0.0.2", known), (said("unknown"), said("stands")), "another address");
        assert_eq!(told("1.0.0.1", &[]), (None, said("stands")));
        let both = [before.clone(), nobodys.clone()];
        assert_eq!(told("1.0.0.1", &both), (said("unknown"), said("stands")), "it stood before");
    }
    // It is another's, not the provider's: that is no doubt.
    let known = std::slice::from_ref(&before);
    let told = told(&disputed(&["P2", "P3"]), "1.0.0.1", known);
    assert_eq!(told, (said("ends"), said("stands")));
}
