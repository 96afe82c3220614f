//! Which nights are believed.

use std::net::IpAddr;

use jiff::Timestamp;

use super::*;
use crate::facts::examination::HostExamination;
use crate::facts::examination::Sighting;
use crate::facts::filing::FilingStatus;
use crate::facts::placement::Placement;
use crate::facts::visit::Sign;
use crate::facts::visit::Visit;

/// What was learnt of a name: nothing of an address, an address, or what answered there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Learnt {
    Nothing,
    Address,
    Silence,
    Refusal,
    Page,
}

use Learnt::*;

fn examined(target: &str, learnt: Learnt) -> Examination {
    let address: IpAddr = "1.0.0.1".parse().unwrap();
    let visit = |state, status| Visit {
        address,
        port: 80,
        is_secure: false,
        state,
        sign: Sign::Document,
        status,
        final_url: String::new(),
        hops: vec![],
        page: None,
        body_sha256: None,
        claims: vec![],
        certificate: None,
        control: None,
    };
    let visits = match learnt {
        Nothing | Address => vec![],
        Silence => vec![visit(SiteState::Silent, None), visit(SiteState::Silent, None)],
        // Nothing was sent, because the address asked to be left alone.
        Refusal => vec![visit(SiteState::Unknown, None)],
        Page => vec![visit(SiteState::Silent, None), visit(SiteState::Live, Some(200))],
    };
    let sighting = Sighting { address, placement: Placement::Abroad, visits };
    Examination {
        target: target.parse().unwrap(),
        night: 1,
        at: Timestamp::UNIX_EPOCH,
        channel: String::new(),
        names: 1,
        filing: FilingStatus::None,
        upstream: None,
        steady_since: 0,
        hosts: vec![HostExamination {
            host: None,
            resolution: None,
            sightings: (learnt != Nothing).then_some(sighting).into_iter().collect(),
            is_invented: false,
        }],
    }
}

/// What is said of a night after so many of each pair of before and tonight, in order.
fn after(seen: &[(u32, Option<Learnt>, Learnt)]) -> Witness {
    let witness = Witness::default();
    for (count, before, tonight) in seen {
        for _ in 0..*count {
            let last = || before.map(|before| examined("a.cn", before));
            witness.add(&examined("a.cn", *tonight), last);
        }
    }
    witness
}

#[track_caller]
fn check(seen: &[(u32, Option<Learnt>, Learnt)], expected: Testimony) {
    assert_eq!(after(seen).testimony(), expected, "{seen:?}");
}

#[test]
fn a_night_that_loses_nearly_all_names_is_doubted() {
    for (kept, gone, expected) in [
        (0, 199, None),
        (0, 200, Some(Doubt::Names)),
        (20, 180, Some(Doubt::Names)),
        (21, 179, None),
        // Those with findings come first.
        (1000, 150, None),
    ] {
        let seen = [(gone, Some(Address), Nothing), (kept, None, Address)];
        assert_eq!(after(&seen).doubt(), expected, "{kept} and {gone}");
    }
    // Of a name that had none, or was never seen, nothing is lost.
    check(&[(500, Some(Nothing), Nothing), (500, None, Nothing)], Testimony::Silent);
}

#[test]
fn a_night_that_reaches_hardly_any_site_is_doubted() {
    for (reached, silent, expected) in [
        (20, 180, Some(Doubt::Sites)),
        (21, 179, None),
        (0, 199, None),
        (0, 200, Some(Doubt::Sites)),
    ] {
        let seen = [(silent, Some(Page), Silence), (reached, None, Page)];
        assert_eq!(after(&seen).doubt(), expected, "{reached} and {silent}");
    }
    let nothing_lost = [(500, Some(Silence), Silence), (500, Some(Address), Silence)];
    assert_eq!(after(&nothing_lost).doubt(), None);
    // Whoever asks to be left alone is neither reached nor lost.
    assert_eq!(after(&[(150, Some(Page), Silence), (500, Some(Page), Refusal)]).doubt(), None);
}

#[test]
fn nothing_is_said_before_enough_is_seen_and_a_doubt_stays() {
    check(&[(199, None, Page)], Testimony::Silent);
    check(&[(200, None, Page)], Testimony::Believed);
    // Names alone say nothing of whether sites can be reached.
    check(&[(500, None, Address)], Testimony::Silent);
    check(&[(200, Some(Page), Silence), (5000, None, Page)], Testimony::Doubted);
    let witness = after(&[(200, Some(Page), Silence), (5000, None, Page)]);
    witness.conclude();
    assert_eq!(witness.doubt(), None, "those that came first were not all");
}

#[test]
fn few_tell_something_at_the_end() {
    for (seen, expected) in [
        (&[(8, Some(Page), Silence)][..], Some(Doubt::Sites)),
        (&[(7, Some(Page), Silence)], None),
        (&[(18, Some(Page), Silence), (2, None, Page)], Some(Doubt::Sites)),
        (&[(18, Some(Page), Silence), (3, None, Page)], None),
        (&[(8, Some(Address), Nothing)], Some(Doubt::Names)),
        (&[(7, Some(Address), Nothing), (1, None, Page)], None),
        (&[], None),
    ] {
        let witness = after(seen);
        assert_eq!(witness.doubt(), None, "not before the end: {seen:?}");
        witness.conclude();
        assert_eq!(witness.doubt(), expected, "{seen:?}");
    }
}

#[test]
fn an_address_by_itself_needs_no_name_server() {
    let witness = Witness::default();
    for _ in 0..LEAST {
        let last = || Some(examined("1.0.0.1", Page));
        witness.add(&examined("1.0.0.1", Nothing), last);
    }
    assert_eq!(witness.doubt(), None);
    assert!(!is_lost(&examined("1.0.0.1", Nothing)));
}
