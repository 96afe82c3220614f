//! What is found is what is true, no more and no less.

use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::town::Town;
use crate::town::alone;
use crate::town::text;

#[test]
fn the_tour_finds_exactly_the_truth_for_more_than_one_world() {
    let _alone = alone();
    for (seed, nights) in [("3", 4), ("11", 2)] {
        let desk = Desk::new();
        let of_nights = nights.to_string();
        let ran = desk.run(&["demo", "--sites", "200", "--seed", seed, "--nights", &of_nights]);
        ran.ends(0).says("模拟数据");
        let compared: Vec<_> =
            ran.text().lines().filter(|line| line.contains("against the truth")).collect();
        assert_eq!(compared.len(), nights, "seed {seed}");
        for line in compared {
            assert!(line.contains("none missed, none invented, none closed wrongly"), "{line}");
            assert!(!line.contains(": 0 findings"), "{line}");
        }
    }
}

#[test]
fn the_findings_of_a_first_night_are_the_truth_file() {
    let town = Town::with_slow_sites(150, 5);
    town.import_all();
    town.scan(&[]);
    let expected: BTreeSet<_> = town
        .truth()
        .iter()
        .flat_map(|site| site.standing(1))
        .map(|key| {
            let provider = key.provider.map(|id| id.to_string());
            (key.target.to_string(), key.kind.to_string(), provider)
        })
        .collect();
    let rows = town.run(&["findings", "--format", "jsonl"]).json();
    let found: BTreeSet<_> = rows
        .iter()
        .map(|row| {
            let word = |pointer| text(row, pointer).map(str::to_owned);
            (word("/domain").unwrap(), word("/kind").unwrap(), word("/provider/id"))
        })
        .collect();
    assert!(found.len() > 20);
    assert_eq!(found, expected);
    assert_eq!(rows.len(), found.len(), "a finding is listed twice");
}
