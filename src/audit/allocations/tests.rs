//! Every fault that the lab plants is found, and nothing else is; and rows that are as they should
//! be have none.

use std::collections::BTreeSet;
use std::convert::Infallible;

use super::*;
use crate::facts::problem::Fault;
use crate::lab::problems::planted;
use crate::lab::world::World;
use crate::lab::world::WorldSettings;
use crate::lab::world::plan;
use crate::net::guard::OptOut;

fn world() -> World {
    plan(&WorldSettings { sites: 400, seed: 1, ..WorldSettings::default() })
}

fn found(world: &World, rows: Vec<Allocation>) -> Vec<Found> {
    let directory = Directory::new(world.providers().to_vec());
    let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap()], OptOut::default());
    let mut found = Vec::new();
    let rows = rows.into_iter().map(Ok::<_, Infallible>);
    check(rows, &directory, &guard, jiff::civil::date(2026, 11, 24), |problem| {
        found.push(problem);
        Ok(())
    })
    .unwrap();
    found
}

#[test]
fn what_is_planted_is_found_and_nothing_else() {
    let world = world();
    for night in [1, 2] {
        let found = found(&world, world.allocations(night));
        let keys: BTreeSet<ProblemKey> = found.iter().map(|found| found.key.clone()).collect();
        let expected: BTreeSet<ProblemKey> =
            planted(world.providers(), night).into_iter().collect();
        let missed: Vec<_> = expected.difference(&keys).collect();
        let invented: Vec<_> = keys.difference(&expected).collect();
        assert!(missed.is_empty() && invented.is_empty(), "{missed:#?}\n{invented:#?}");
        assert_eq!(found.len(), keys.len(), "each once");
    }
}

#[test]
fn the_order_of_the_rows_does_not_matter() {
    let world = world();
    let mut rows = world.allocations(1);
    let forwards: BTreeSet<_> = found(&world, rows.clone()).into_iter().map(|f| f.key).collect();
    rows.reverse();
    let backwards: BTreeSet<_> = found(&world, rows).into_iter().map(|f| f.key).collect();
    assert_eq!(forwards, backwards);
}

#[test]
fn lists_and_registry_rows_are_held_to_no_rule() {
    let world = world();
    let mut rows = world.allocations(1);
    rows.retain(|row| row.kind != crate::facts::allocation::AllocationKind::Registry);
    for row in &mut rows {
        row.origin = Origin::Listed;
    }
    assert_eq!(found(&world, rows), []);
}

#[test]
fn a_problem_is_followed_by_the_rows_province_else_the_providers_bureau() {
    let world = world();
    let found = found(&world, world.allocations(1));
    let of = |fault| found.iter().find(|found| found.key.fault == fault).unwrap();
    let provider = of(Fault::NoSource).key.provider.clone();
    let provider = world.providers().iter().find(|one| Some(&one.id) == provider.as_ref()).unwrap();
    assert_eq!(Some(of(Fault::NoSource).bureau), provider.bureau);
    assert_eq!(Some(of(Fault::CityMissing).bureau), provider.bureau);
    assert_eq!(of(Fault::ReporterUnknown).bureau, Bureau::MINISTRY);
}

#[test]
fn what_is_wrong_is_told_without_personal_data() {
    let world = world();
    for found in found(&world, world.allocations(1)) {
        if matches!(found.key.fault, Fault::PhoneWrong | Fault::MailWrong) {
            assert_eq!(found.detail, "");
        }
    }
}

/// What is found in a register of a few rows of CSV, as `provider fault level part: detail`.
fn told(rows: &str) -> Vec<String> {
    told_beside(rows, &[])
}

/// The same beside rows that were refused, of a range and of whom.
fn told_beside(rows: &str, refused: &[(&str, Option<&str>)]) -> Vec<String> {
    let providers = "id,name,kind\nA,甲,carrier\nB,乙,\nC,丙,\nD,丁,\n";
    let providers = crate::formats::providers::read(std::io::Cursor::new(providers)).unwrap();
    let directory = Directory::new(providers.map(Result::unwrap).collect());
    let text = format!("start,end,provider,kind,from,to,allocated_on\n{rows}");
    let rows = crate::formats::allocations::read(std::io::Cursor::new(text)).unwrap();
    let mut told = Vec::new();
    let unread = refused.iter().map(|(block, name)| {
        let range = block.parse::<ipnet::IpNet>().unwrap().into();
        Allocation::unreadable(range, name.map(|name| name.parse().unwrap()), "use")
    });
    let rows = rows.map(Result::unwrap).chain(unread).map(Ok::<_, Infallible>);
    check(rows, &directory, &Guard::default(), jiff::civil::date(2026, 11, 24), |found| {
        let ProblemKey { provider, fault, level, part, .. } = found.key;
        // What single rows lack is not the question here.
        if fault.column() == "start" {
            let provider = provider.map_or("-".to_owned(), |id| id.to_string());
            let (fault, level) = (fault.word(), level.word());
            told.push(format!("{provider} {fault} {level} {part}: {}", found.detail));
        }
        Ok(())
    })
    .unwrap();
    told.sort();
    told
}

#[test]
fn a_conflict_is_where_no_link_is_and_only_there() {
    let rows = "1.2.0.0,1.2.255.255,C,source,A,,\n1.2.0.0,1.2.255.255,C,reserved,,,\n\
                1.2.1.0,1.2.1.255,C,reassigned,,B,\n1.2.0.0,1.2.255.255,B,source,,,\n\
                1.2.0.0,1.2.255.255,B,reserved,,,\n";
    let conflicts: Vec<String> =
        told(rows).into_iter().filter(|told| told.contains("conflict source")).collect();
    let both = "1.2.0.0 - 1.2.255.255：1.2.0.0 - 1.2.0.255；1.2.2.0 - 1.2.255.255";
    let expected =
        ["B", "C"].map(|one| format!("{one} conflict source 1.2.0.0 - 1.2.0.255: {both}"));
    assert_eq!(conflicts, expected);
}

#[test]
fn conflicts_show_behind_however_many_rows_of_one_unit() {
    let mut rows: Vec<String> =
        (0..80).map(|n| format!("1.2.{n}.0,1.2.255.255,B,reserved,,,\n")).collect();
    rows.push("1.2.90.0,1.2.90.255,C,reserved,,,\n1.2.90.0,1.2.90.255,D,reserved,,,\n".to_owned());
    let found = told(&rows.concat());
    for one in ["C", "D"] {
        let with = format!("{one} conflict assignment 1.2.90.0 - 1.2.90.255");
        assert_eq!(found.iter().filter(|told| told.starts_with(&with)).count(), 2, "{found:#?}");
    }
}

#[test]
fn two_that_brought_the_same_range_along_conflict() {
    let rows = "1.2.0.0,1.2.0.255,B,brought,A,,\n1.2.0.0,1.2.0.255,D,brought,A,,\n\
                1.2.0.0,1.2.0.255,A,reserved,,,\n";
    let range = "1.2.0.0 - 1.2.0.255";
    let expected = ["B", "D"].map(|one| format!("{one} conflict source {range}: {range}"));
    assert_eq!(told(rows), expected);
}

#[test]
fn a_source_is_out_of_bounds_of_an_upstream_that_reports_but_passed_nothing_on() {
    let rows = "1.2.0.0,1.2.255.255,B,source,A,,\n1.2.0.0,1.2.255.255,C,source,B,,\n\
                1.2.0.0,1.2.255.255,C,reserved,,,\n1.2.0.0,1.2.255.255,B,reserved,,,\n";
    let found = told(rows);
    assert!(found.iter().any(|told| told.starts_with("C out_of_bounds source")), "{found:#?}");
    let alone = "1.2.0.0,1.2.255.255,C,source,B,,\n1.2.0.0,1.2.255.255,C,reserved,,,\n";
    assert_eq!(told(alone), [""; 0], "of an upstream that reports nothing nothing is known");
}

#[test]
fn rows_that_are_not_in_force_yet_are_compared_with_nothing() {
    let rows = "1.2.0.0,1.2.0.255,B,reassigned,,C,2027-01-01\n";
    assert_eq!(told(rows), [""; 0]);
}

#[test]
fn a_carrier_needs_no_source_and_a_row_under_two_names_is_one() {
    let rows = "1.2.0.0,1.2.0.255,A,reserved,,,\n1.2.0.0,1.2.0.255,甲,reserved,,,\n";
    assert_eq!(told(rows), [""; 0]);
    assert_eq!(told("1.2.0.0,1.2.0.255,B,reserved,,,\n").len(), 1);
}

#[test]
fn special_purpose_space_is_seen_in_the_midst_of_a_range() {
    let found = told("9.255.255.0,11.0.0.255,A,reserved,,,\n");
    let expected =
        "A special_purpose assignment 9.255.255.0 - 11.0.0.255: 10.0.0.0 - 10.255.255.255";
    assert_eq!(found, [expected]);
}

#[test]
fn nobody_is_told_to_report_what_a_refused_row_may_say() {
    let all = "1.2.0.0/16";
    let cases = [
        (
            "1.2.0.0,1.2.255.255,B,source,,,\n",
            "B unreported assignment 1.2.0.0 - 1.2.255.255: ",
            "B",
        ),
        (
            "1.2.0.0,1.2.255.255,B,reserved,,,\n",
            "B no_source assignment 1.2.0.0 - 1.2.255.255: ",
            "B",
        ),
        (
            "1.2.0.0,1.2.255.255,A,reassigned,,C,\n",
            "C unreported source 1.2.0.0 - 1.2.255.255: ",
            "C",
        ),
        (
            "1.2.0.0,1.2.255.255,B,source,A,,\n1.2.0.0,1.2.255.255,B,reserved,,,\n\
             1.9.0.0,1.9.255.255,A,reserved,,,\n",
            "B out_of_bounds source 1.2.0.0 - 1.2.255.255: ",
            "A",
        ),
        (
            "1.2.0.0,1.2.255.255,B,source,,,\n1.2.0.0,1.2.255.255,B,reserved,,,\n\
             1.2.0.0,1.2.255.255,C,source,,,\n1.2.0.0,1.2.255.255,C,reserved,,,\n",
            "B conflict source 1.2.0.0 - 1.2.255.255: 1.2.0.0 - 1.2.255.255",
            "D",
        ),
    ];
    for (rows, problem, unit) in cases {
        let has = |refused: &[_]| told_beside(rows, refused).iter().any(|told| told == problem);
        assert!(has(&[]), "{:?}", told(rows));
        for refused in [Some(unit), Some("无名公司"), None] {
            assert!(!has(&[(all, refused)]), "{problem} beside one of {refused:?}");
        }
        assert!(has(&[("1.3.0.0/16", Some(unit))]), "{problem}: it stands elsewhere");
        if unit != "D" {
            assert!(has(&[(all, Some("丁"))]), "{problem}: it is another's");
        }
    }
    let half = told_beside("1.2.0.0,1.2.255.255,B,reserved,,,\n", &[("1.2.0.0/17", Some("B"))]);
    assert_eq!(half, ["B out_of_bounds assignment 1.2.128.0 - 1.2.255.255: "]);
}
