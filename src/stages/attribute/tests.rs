//! Who holds an address: tables of rows, and a comparison with a slow, obvious rule.

use super::*;
use crate::facts::allocation::AllocationKind;
use crate::facts::allocation::Origin;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderKind;
use crate::facts::range::AddressRange;
use crate::net::guard::OptOut;

mod bounds;
mod chains;
mod reference;
mod waiting;

/// The day on which the registers are asked.
const DAY: Date = jiff::civil::date(2026, 11, 24);

/// Providers A to D, and the CDN E, which serves names under `e-cdn.com`.
fn directory() -> Directory {
    let provider = |id: &str| Provider {
        id: id.parse().unwrap(),
        name: format!("{id}公司").parse().unwrap(),
        aliases: vec![],
        kind: if id == "E" { ProviderKind::Cdn } else { ProviderKind::Provider },
        bureau: None,
        licence: None,
        is_key: false,
        cname_suffixes: if id == "E" { vec!["e-cdn.com".parse().unwrap()] } else { vec![] },
        v3_id: None,
    };
    Directory::new(["A", "B", "C", "D", "E"].into_iter().map(provider).collect())
}

/// A row as `1.0.0.0-1.0.0.255 reassigned A <B >C @北京 redirector listed`.
fn row(text: &str) -> Allocation {
    let mut words = text.split_whitespace();
    let range = words.next().unwrap();
    let (start, end) = range.split_once('-').unwrap_or((range, range));
    let kind = match words.next().unwrap() {
        "source" => AllocationKind::Source,
        "assigned" => AllocationKind::Assigned,
        "reassigned" => AllocationKind::Reassigned,
        "own_use" => AllocationKind::OwnUse,
        "reserved" => AllocationKind::Reserved,
        "brought" => AllocationKind::Brought,
        "registry" => AllocationKind::Registry,
        other => panic!("{other} is no kind"),
    };
    let range = AddressRange::new(start.parse().unwrap(), end.parse().unwrap()).unwrap();
    let mut row = Allocation::bare(range, kind, Origin::Reported, None);
    for word in words {
        match (word, word.split_at_checked(1)) {
            ("redirector", _) => row.is_redirector = true,
            ("listed", _) => row.origin = Origin::Listed,
            ("waiting", _) => row.origin = Origin::Waiting,
            ("unread", _) => row = Allocation::unreadable(range, row.provider.take(), "use"),
            ("seems_source", _) => row = row.seems(AllocationKind::Source),
            (_, Some(("<", name))) => row.from = Some(name.parse().unwrap()),
            (_, Some((">", name))) => row.to = Some(name.parse().unwrap()),
            (_, Some(("@", name))) => row.province = Some(name.parse().unwrap()),
            (name, _) => row.provider = Some(name.parse().unwrap()),
        }
    }
    row
}

fn placement(rows: &[&str], address: &str, chain: &[&str]) -> Placement {
    let directory = directory();
    let table = AddressTable::new(rows.iter().map(|text| row(text)), &directory, DAY);
    let chain: Vec<Host> = chain.iter().map(|name| name.parse().unwrap()).collect();
    table.attribute(address.parse().unwrap(), &chain, &directory, &Guard::default())
}

/// A placement as `B carrier A @北京 redirector unreported cdn`, or `abroad`, or `special`.
fn described(placement: &Placement) -> String {
    let holding = match placement {
        Placement::Mainland(holding) => holding,
        Placement::Abroad => return "abroad".to_owned(),
        Placement::SpecialPurpose => return "special".to_owned(),
    };
    let holder = match &holding.holder {
        Holder::Provider { id, .. } => id.to_string(),
        Holder::Disputed(ids) => {
            let ids: Vec<&str> = ids.iter().map(ProviderId::as_str).collect();
            format!("disputed {}", ids.join("+"))
        }
        Holder::Unknown(name) => format!("unknown {name}"),
        Holder::Nobody => "nobody".to_owned(),
        Holder::OutOfBounds => "out of bounds".to_owned(),
    };
    let mut words = vec![holder];
    words.extend(holding.carrier.as_ref().map(|carrier| format!("carrier {carrier}")));
    words.extend(holding.province.map(|province| format!("@{province}")));
    for (holds, word) in [
        (holding.is_redirector, "redirector"),
        (!holding.is_reported, "unreported"),
        (holding.is_cdn(), "cdn"),
    ] {
        words.extend(holds.then(|| word.to_owned()));
    }
    words.join(" ")
}

#[track_caller]
fn check(rows: &[&str], address: &str, expected: &str) {
    check_chain(rows, address, &[], expected);
}

/// Checks the answer whatever the order of the rows.
#[track_caller]
fn check_chain(rows: &[&str], address: &str, chain: &[&str], expected: &str) {
    let backwards: Vec<&str> = rows.iter().rev().copied().collect();
    for rows in [rows, &backwards] {
        let got = described(&placement(rows, address, chain));
        assert_eq!(got, expected, "{address} in {rows:#?}");
    }
}

#[test]
fn a_row_holds_from_the_day_it_is_allocated_on() {
    let rows = |on: &str| {
        let mut later = row("1.0.0.0-1.0.0.9 source B");
        later.details = vec![("allocated_on".to_owned(), on.to_owned())];
        [row("1.0.0.0-1.0.0.9 source A"), later]
    };
    for (rows, expected) in [
        (rows("2026-11-24"), "disputed A+B"),
        (rows("2026-11-25"), "A carrier A"),
        (rows("some day"), "disputed A+B"),
    ] {
        let directory = directory();
        let table = AddressTable::new(rows.into_iter(), &directory, DAY);
        let at = "1.0.0.1".parse().unwrap();
        let placement = table.attribute(at, &[], &directory, &Guard::default());
        assert_eq!(described(&placement), expected);
    }
}

#[test]
fn a_row_that_could_not_be_read_is_reported_and_nobody_s_who_is_known() {
    let (registry, unread) = ("1.0.0.0-1.0.255.255 registry", "1.0.0.0-1.0.0.9 assigned B unread");
    let nobody_s = "unknown 未能读取的报备记录";
    check(&[registry], "1.0.0.1", "nobody unreported");
    check(&[registry, unread], "1.0.0.1", nobody_s);
    check(&[registry, unread], "1.0.0.10", "nobody unreported");
    check(&[unread], "1.0.0.1", "abroad");
    check(&[registry, WIDE_OF_A, unread], "1.0.0.1", &format!("{nobody_s} carrier A"));
    check(&[registry, WIDE_OF_A, unread], "1.0.0.10", "A carrier A");
    check(&[registry, unread, "1.0.0.0-1.0.0.9 assigned A"], "1.0.0.1", "disputed A");
    let read = "1.0.0.0-1.0.0.9 source B";
    check(&[registry, unread, read], "1.0.0.1", "disputed B");
    let seems = format!("{unread} seems_source");
    check(&[registry, &seems, read], "1.0.0.1", "B carrier B");
    check(&[registry, &seems, "1.0.0.0-1.0.0.9 reserved B"], "1.0.0.1", "disputed B");
}

const WIDE_OF_A: &str = "1.0.0.0-1.0.255.255 source A";
const WIDE: &str = "1.0.0.0-1.0.255.255";

#[test]
fn the_most_specific_row_wins_whether_it_is_a_cidr_block_or_not() {
    let rows = [
        "1.0.0.0-1.0.255.255 source A",
        "1.0.0.3-1.0.0.77 source B",
        "1.0.0.50-1.0.0.50 source C",
        "1.0.0.70-1.0.0.90 source D",
    ];
    for (address, expected) in [
        ("0.255.255.255", "special"),
        ("1.0.0.0", "A carrier A"),
        ("1.0.0.2", "A carrier A"),
        ("1.0.0.3", "B carrier B"),
        ("1.0.0.49", "B carrier B"),
        ("1.0.0.50", "C carrier C"),
        ("1.0.0.51", "B carrier B"),
        // Two ranges that overlap in part, and no link between them.
        ("1.0.0.70", "disputed B+D"),
        ("1.0.0.77", "disputed B+D"),
        ("1.0.0.78", "D carrier D"),
        ("1.0.0.90", "D carrier D"),
        ("1.0.0.91", "A carrier A"),
        ("1.0.255.255", "A carrier A"),
        ("1.1.0.0", "abroad"),
    ] {
        check(&rows, address, expected);
    }
}

#[test]
fn a_reassignment_and_its_receivers_rows_are_one_chain() {
    let source = format!("{WIDE} source A");
    let passed_on = "1.0.0.0-1.0.0.255 reassigned A >B";
    for own in [
        "1.0.0.0-1.0.0.255 source B",
        "1.0.0.0-1.0.0.255 source B <A",
        "1.0.0.0-1.0.0.255 assigned B",
        "1.0.0.0-1.0.15.255 source B",
        "1.0.0.0-1.0.0.63 source B",
        "1.0.0.7 own_use B",
    ] {
        check(&[&source, passed_on, own], "1.0.0.7", "B carrier A");
    }
    check(&[&source, passed_on], "1.0.0.7", "B carrier A");
    check(&[passed_on], "1.0.0.7", "B carrier A");
    check(&[&source, passed_on], "1.0.1.7", "A carrier A");
    // The carrier's own source row of the same range is no rival either.
    let same = "1.0.0.0-1.0.0.255 source A";
    check(&[same, passed_on, "1.0.0.0-1.0.0.255 source B"], "1.0.0.7", "B carrier A");
}

#[test]
fn a_longer_chain_ends_at_the_first_and_the_last() {
    let rows = [
        "1.0.0.0-1.0.255.255 reassigned A >B",
        "1.0.0.0-1.0.0.255 reassigned B >C",
        "1.0.0.0-1.0.0.255 assigned C",
    ];
    check(&rows, "1.0.0.1", "C carrier A");
    check(&rows, "1.0.1.1", "B carrier A");
    let same = ["1.0.0.0-1.0.0.9 reassigned A >B", "1.0.0.0-1.0.0.9 reassigned B >C"];
    check(&same, "1.0.0.1", "C carrier A");
}

#[test]
fn a_source_row_names_from_whom_the_range_is() {
    check(&["1.0.0.0-1.0.0.9 source B <A"], "1.0.0.1", "B carrier A");
    check(&["1.0.0.0-1.0.0.9 source B <A", "1.0.0.0-1.0.0.9 source A"], "1.0.0.1", "B carrier A");
    check(&["1.0.0.0-1.0.0.9 source B <A", "1.0.0.0-1.0.0.3 assigned B"], "1.0.0.1", "B carrier A");
    check(&["1.0.0.0-1.0.0.9 source B <Z"], "1.0.0.1", "B");
}

#[test]
fn unlinked_claims_to_the_same_range_are_disputed() {
    let rows = ["1.0.0.0-1.0.0.9 source B", "1.0.0.0-1.0.0.9 source A"];
    check(&rows, "1.0.0.1", "disputed A+B");
    let around = [rows[0], rows[1], "1.0.0.0-1.0.255.255 source C"];
    check(&around, "1.0.0.1", "disputed A+B");
    let within = [rows[0], rows[1], "1.0.0.1 assigned C", "1.0.0.1 source C"];
    check(&within, "1.0.0.1", "C carrier C");
    let one_unknown = ["1.0.0.0-1.0.0.9 source B", "1.0.0.0-1.0.0.9 source Z"];
    check(&one_unknown, "1.0.0.1", "disputed B");
    let circle = ["1.0.0.0-1.0.0.9 reassigned A >B", "1.0.0.0-1.0.0.9 reassigned B >A"];
    check(&circle, "1.0.0.1", "disputed A+B");
    // Passed on to two at once: both are last, neither above the other.
    let twice = ["1.0.0.0-1.0.0.9 reassigned A >B", "1.0.0.0-1.0.0.9 reassigned A >C"];
    check(&twice, "1.0.0.1", "disputed B+C");
}

#[test]
fn nested_lists_without_a_link_belong_to_the_narrower_one() {
    let rows = ["1.0.0.0-1.255.255.255 source A listed", "1.2.0.0-1.2.255.255 source B listed"];
    check(&rows, "1.2.3.4", "B carrier B");
    check(&rows, "1.3.3.4", "A carrier A");
}

#[test]
fn the_carrier_of_a_row_without_a_source_is_the_widest_around() {
    for kind in ["assigned", "own_use", "reserved", "brought"] {
        let own = format!("1.0.0.0-1.0.0.9 {kind} B");
        check(&[&own], "1.0.0.1", "B carrier B");
        let middle = "1.0.0.0-1.0.0.99 source C";
        check(&[&own, middle, "1.0.0.0-1.0.255.255 source A"], "1.0.0.1", "B carrier A");
        check(&[&own, "1.0.0.0-1.0.255.255 source C <A"], "1.0.0.1", "B carrier A");
        check(&[&own, "1.0.0.0-1.0.255.255 source Z"], "1.0.0.1", "B");
    }
}

#[test]
fn only_registry_rows_make_a_mainland_address_of_nobody() {
    let registry = "1.0.0.0-1.0.255.255 registry";
    check(&[registry], "1.0.0.1", "nobody unreported");
    check(&[registry], "1.1.0.1", "abroad");
    check(&[registry, "1.0.0.0-1.0.0.9 source A"], "1.0.0.1", "A carrier A");
    check(&[registry, "1.0.0.0-1.0.0.9 source A"], "1.0.0.10", "nobody unreported");
    check(&[registry, "1.1.0.0-1.1.0.9 source A"], "1.1.0.1", "A carrier A");
    check(&[], "1.0.0.1", "abroad");
    check(&[], "2400::1", "abroad");
}

#[test]
fn listed_rows_place_nothing_where_the_registry_does() {
    let listed = "1.0.0.0-1.0.0.9 source A listed";
    check(&[listed], "1.0.0.1", "A carrier A");
    check(&[listed, "9.0.0.0-9.0.0.9 registry"], "1.0.0.1", "abroad");
    check(&[listed, "1.0.0.0-1.0.0.4 registry"], "1.0.0.1", "A carrier A");
    check(&[listed, "1.0.0.0-1.0.0.4 registry"], "1.0.0.5", "abroad");
    check(&[listed, "9.0.0.0-9.0.0.9 registry", "1.0.0.1 assigned B"], "1.0.0.1", "B carrier A");
    // Each family has a registry of its own.
    check(&[listed, "2400::-2400::ffff registry"], "1.0.0.1", "A carrier A");
    let listed_v6 = "2400::-2400::ffff source A listed";
    check(&[listed_v6, "1.0.0.0-1.0.0.9 registry"], "2400::1", "A carrier A");
    check(&[listed_v6, "2401::-2401::ffff registry"], "2400::1", "abroad");
}

#[test]
fn special_purpose_addresses_are_nobodys_unless_they_are_allowed() {
    let rows = ["127.0.0.0-127.255.255.255 source A", "10.0.0.0-10.0.0.255 source A"];
    check(&rows, "127.0.0.1", "special");
    check(&["1.0.0.0-1.0.0.9 source A"], "::ffff:1.0.0.1", "special");
    let directory = directory();
    let table = AddressTable::new(rows.iter().map(|text| row(text)), &directory, DAY);
    let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap()], OptOut::default());
    let at = |address: &str| {
        described(&table.attribute(address.parse().unwrap(), &[], &directory, &guard))
    };
    assert_eq!(at("127.0.0.1"), "A carrier A");
    assert_eq!(at("10.0.0.1"), "special");
}

#[test]
fn names_that_nobody_bears_are_kept_and_reported_once() {
    let rows =
        ["1.0.0.0-1.0.0.9 source Z", "1.0.0.0-1.0.0.9 assigned Z <Y", "1.0.0.1 source A公司"];
    check(&rows[..1], "1.0.0.2", "unknown Z");
    check(&rows, "1.0.0.1", "A carrier A");
    check(&["1.0.0.0-1.0.0.9 reassigned A >Z"], "1.0.0.2", "unknown Z carrier A");
    let all = ["0.0.0.0-255.255.255.255 assigned B", "2.0.0.0-2.0.0.9 registry"];
    let table = AddressTable::new(rows.into_iter().chain(all).map(row), &directory(), DAY);
    let names: Vec<&str> = table.unknown_names().iter().map(ProviderName::as_str).collect();
    assert_eq!(names, ["Z", "Y"]);
}

#[test]
fn a_cname_of_a_cdn_makes_it_the_holder_and_the_holder_its_carrier() {
    let rows = [
        "1.0.0.0-1.0.0.9 source B <A",
        "1.0.1.0-1.0.1.9 source E <A",
        "1.0.2.0-1.0.2.9 source Z",
        "1.0.3.0-1.0.3.9 source A",
        "1.0.3.0-1.0.3.9 source B",
        "1.0.4.0-1.0.4.9 registry",
        "1.0.5.0-1.0.5.9 own_use B @北京 redirector",
    ];
    let chain = ["www.example.cn.w.e-cdn.com"];
    for (address, expected) in [
        ("1.0.0.1", "E carrier B cdn"),
        ("1.0.1.1", "E carrier A cdn"),
        ("1.0.2.1", "E cdn"),
        ("1.0.3.1", "E cdn"),
        ("1.0.4.1", "E unreported cdn"),
        ("1.0.5.1", "E carrier B @北京 redirector cdn"),
        ("1.0.6.1", "abroad"),
        ("10.0.0.1", "special"),
    ] {
        check_chain(&rows, address, &chain, expected);
    }
    check_chain(&rows, "1.0.0.1", &["note-cdn.com"], "B carrier A");
    check(&rows, "1.0.1.1", "E carrier A cdn");
}

#[test]
fn the_narrowest_rows_tell_a_redirector_and_the_narrowest_that_names_one_the_province() {
    let wide = "1.0.0.0-1.0.255.255 source A @北京 redirector";
    check(&[wide], "1.0.0.1", "A carrier A @北京 redirector");
    check(&[wide, "1.0.0.0-1.0.0.9 assigned A"], "1.0.0.1", "A carrier A @北京");
    check(&[wide, "1.0.0.0-1.0.0.9 assigned A @广东"], "1.0.0.1", "A carrier A @广东");
    check(
        &[wide, "1.0.0.0-1.0.0.99 reserved A @上海", "1.0.0.1 assigned A redirector"],
        "1.0.0.1",
        "A carrier A @上海 redirector",
    );
    let registry = ["1.0.0.0-1.0.255.255 registry @北京", "1.0.0.0-1.0.0.255 registry @上海"];
    check(&registry, "1.0.0.1", "nobody @上海 unreported");
    check(&[wide, registry[1]], "1.0.0.1", "A carrier A @上海 redirector");
    check(&[wide, registry[0]], "1.0.9.1", "A carrier A @北京 redirector");
}

#[test]
fn both_families_are_told_apart_up_to_their_last_address() {
    let rows = [
        "2400::-2400:ffff:ffff:ffff:ffff:ffff:ffff:ffff source A",
        "2400::5-2400::9 source B",
        "ff00::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff source C",
        "240.0.0.0-255.255.255.255 source D",
        "255.255.255.255 source B",
    ];
    let directory = directory();
    let table = AddressTable::new(rows.iter().map(|text| row(text)), &directory, DAY);
    let everything = ["0.0.0.0/0", "::/0"].map(|range| range.parse().unwrap());
    let guard = Guard::new(everything.to_vec(), OptOut::default());
    for (address, expected) in [
        ("2400::4", "A carrier A"),
        ("2400::5", "B carrier B"),
        ("2400::9", "B carrier B"),
        ("2400::a", "A carrier A"),
        ("2401::", "abroad"),
        ("feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "abroad"),
        ("ff00::", "C carrier C"),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "C carrier C"),
        ("::f000:1", "abroad"),
        ("239.255.255.255", "abroad"),
        ("255.255.255.254", "D carrier D"),
        ("255.255.255.255", "B carrier B"),
    ] {
        let got = table.attribute(address.parse().unwrap(), &[], &directory, &guard);
        assert_eq!(described(&got), expected, "{address}");
    }
}
