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
fn names_that_lose_their_addresses_by_the_fifth_are_no_coincidence() {
    let lost = (Some(Address), Nothing);
    for (kept, gone, expected) in [
        (16, 4, None),
        (15, 5, Some(Doubt::Names)),
        (80, 20, None),
        (79, 21, Some(Doubt::Names)),
        (0, 19, None),
        (0, 20, Some(Doubt::Names)),
    ] {
        let seen = [(gone, lost.0, lost.1), (kept, None, Address)];
        assert_eq!(after(&seen).doubt(), expected, "{kept} and {gone}");
    }
    // Of a name that had none, or was never seen, nothing is lost.
    check(&[(100, Some(Nothing), Nothing), (100, None, Nothing)], Testimony::Silent);
}

#[test]
fn sites_that_fall_silent_by_the_half_are_no_coincidence() {
    for (reached, silent, expected) in
        [(10, 10, None), (9, 11, Some(Doubt::Sites)), (0, 19, None), (0, 20, Some(Doubt::Sites))]
    {
        let seen = [(silent, Some(Page), Silence), (reached, None, Page)];
        assert_eq!(after(&seen).doubt(), expected, "{reached} and {silent}");
    }
    let nothing_lost = [(100, Some(Silence), Silence), (100, Some(Address), Silence)];
    assert_eq!(after(&nothing_lost).doubt(), None);
    // Whoever asks to be left alone is neither reached nor lost.
    assert_eq!(after(&[(15, Some(Page), Silence), (100, Some(Page), Refusal)]).doubt(), None);
}

#[test]
fn nothing_is_said_before_enough_is_seen_and_a_doubt_stays() {
    check(&[(19, None, Page)], Testimony::Silent);
    check(&[(20, None, Page)], Testimony::Believed);
    // Names alone say nothing of whether sites can be reached.
    check(&[(500, None, Address)], Testimony::Silent);
    check(&[(20, Some(Page), Silence), (500, None, Page)], Testimony::Doubted);
}

#[test]
fn few_tell_something_at_the_end_if_all_of_them_are_lost() {
    for (seen, expected) in [
        (&[(8, Some(Page), Silence)][..], Some(Doubt::Sites)),
        (&[(7, Some(Page), Silence)], None),
        (&[(11, Some(Page), Silence), (1, None, Page)], None),
        (&[(8, Some(Address), Nothing)], Some(Doubt::Names)),
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
    for _ in 0..100 {
        let last = || Some(examined("1.0.0.1", Page));
        witness.add(&examined("1.0.0.1", Nothing), last);
    }
    assert_eq!(witness.doubt(), None);
    assert!(!is_lost(&examined("1.0.0.1", Nothing)));
}
