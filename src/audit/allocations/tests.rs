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
    plan(&WorldSettings { sites: 400, seed: 1, names: None })
}

fn found(world: &World, rows: Vec<Allocation>) -> Vec<Found> {
    let directory = Directory::new(world.providers().to_vec());
    let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap()], OptOut::default());
    let mut found = Vec::new();
    let rows = rows.into_iter().map(Ok::<_, Infallible>);
    check(rows, &directory, &guard, |problem| {
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
