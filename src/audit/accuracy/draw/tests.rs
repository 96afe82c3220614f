//! The same seed gives the same sites, each site counts once, and ages are never guessed.

use super::*;
use crate::facts::filing::Filing;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderKind;
use crate::facts::provider::ProviderName;
use crate::formats::dates;
use crate::store::filings::brief::SubjectColumn;
use crate::store::sorter::MEMORY;
use jiff::civil::date;

fn directory() -> Directory {
    let provider = |id: &str| Provider {
        id: id.parse().unwrap(),
        name: format!("名{id}").parse().unwrap(),
        aliases: Vec::new(),
        kind: ProviderKind::Provider,
        bureau: None,
        licence: None,
        is_key: false,
        cname_suffixes: Vec::new(),
        v3_id: None,
    };
    Directory::new(vec![provider("A"), provider("B")])
}

fn filing(domain: &str, number: &str, providers: Option<&[&str]>, filed_on: &str) -> Filing {
    Filing {
        domain: domain.parse().unwrap(),
        site_number: number.parse().ok(),
        subject_number: None,
        state: FilingState::Active,
        providers: providers.map(|names| names.iter().map(|name| name.parse().unwrap()).collect()),
        details: vec![("filed_on".to_owned(), filed_on.to_owned())],
    }
}

fn drawn_of(rows: &[Filing], seed: u64, size: Size) -> (Vec<Drawn>, LeftOut) {
    drawn_within(rows, seed, size, MEMORY)
}

fn drawn_within(rows: &[Filing], seed: u64, size: Size, memory: usize) -> (Vec<Drawn>, LeftOut) {
    let dir = tempfile::tempdir().unwrap();
    let sorter = Sorter::new(dir.path(), "draw", memory);
    let wish = Wish { seed, month: date(2026, 11, 1), size, providers: None };
    let directory = directory();
    let mut draw = Draw::new(&directory, &wish, sorter);
    for row in rows {
        let names = row.providers.as_ref();
        let record = BriefRecord {
            site_number: row.site_number.clone(),
            subject_number: SubjectColumn::Absent,
            state: row.state,
            providers: names.map(|names| names.iter().map(ProviderName::as_str).collect()),
            filed_on: row.detail("filed_on").and_then(dates::day),
            changed_on: None,
            left_on: None,
            is_unreadable: false,
        };
        draw.take(&row.domain.sort_key(), record).unwrap();
    }
    draw.finish().unwrap()
}

/// 40 new sites and 60 older ones of A; every third is B's too.
fn rows() -> Vec<Filing> {
    let row = |index: u32| {
        let day = if index < 40 { "2026-11-02" } else { "2020/3/1" };
        let number = format!("京ICP备{}号-1", 12_000_000 + index);
        let providers: &[&str] = if index.is_multiple_of(3) { &["A", "名B"] } else { &["名A"] };
        filing(&format!("site{index}.cn"), &number, Some(providers), day)
    };
    (0..100).map(row).collect()
}

#[test]
fn the_order_of_the_register_does_not_matter_and_the_seed_does() {
    let (first, _) = drawn_of(&rows(), 7, Size::Sites(20));
    let backwards: Vec<Filing> = rows().into_iter().rev().collect();
    // So little memory that the sorter spills.
    assert_eq!(first, drawn_within(&backwards, 7, Size::Sites(20), 1000).0);
    assert_ne!(first, drawn_of(&rows(), 8, Size::Sites(20)).0);
    let strata = first[0].strata.map(|stratum| (stratum.population, stratum.drawn));
    assert_eq!(strata, [(40, 10), (60, 10), (0, 0)]);
    let strata = first[1].strata.map(|stratum| (stratum.population, stratum.drawn));
    assert_eq!(strata, [(14, 10), (20, 10), (0, 0)]);
    let sites: HashSet<_> = first[0].sites.iter().map(|site| site.target.clone()).collect();
    assert_eq!(sites.len(), 20);
}

#[test]
fn a_site_more_changes_nothing_about_the_others() {
    let (before, _) = drawn_of(&rows(), 7, Size::Sites(20));
    let mut more = rows();
    more.push(filing("more.cn", "京ICP备13000000号-1", Some(&["A"]), "2026-11-03"));
    let (after, _) = drawn_of(&more, 7, Size::Sites(20));
    let same = after[0].sites.iter().filter(|site| before[0].sites.contains(site)).count();
    assert!(same >= 19, "{same}");
}

#[test]
fn every_site_is_as_likely_as_another() {
    let mut times = HashMap::new();
    for seed in 0..500 {
        for site in drawn_of(&rows(), seed, Size::Sites(20)).0.swap_remove(0).sites {
            *times.entry(site.target).or_insert(0) += 1;
        }
    }
    // New: 10 of 40, 125 times on the average; older: 10 of 60, 83 times. Five deviations either way.
    for (target, count) in &times {
        let index: u32 = target.to_string()[4..].trim_end_matches(".cn").parse().unwrap();
        let expected = if index < 40 { 76..=174 } else { 41..=125 };
        assert!(expected.contains(count), "{target}: {count}");
    }
    assert_eq!(times.len(), 100);
}

#[test]
fn a_site_with_several_domains_counts_once_and_is_as_old_as_its_first() {
    let number = "京ICP备12345678号-1";
    let rows = vec![
        filing("b.cn", number, Some(&["A"]), "2026-11-20"),
        filing("a.cn", number, Some(&["A"]), "2019-01-01"),
        filing("c.cn", "京ICP备12345678号", Some(&["A"]), ""),
        filing("d.cn", "京ICP备12345678号", Some(&["A"]), "soon"),
    ];
    let (drawn, _) = drawn_of(&rows, 1, Size::Sites(9));
    let strata = drawn[0].strata.map(|stratum| (stratum.population, stratum.drawn));
    assert_eq!(strata, [(0, 0), (1, 1), (2, 2)]);
    let first = ["a.cn", "b.cn"].map(|name| name.parse::<Target>().unwrap());
    let least = first.into_iter().min_by_key(Target::sort_key).unwrap();
    assert_eq!(drawn[0].sites[0].target, least);
}

#[test]
fn what_nobody_can_be_asked_about_is_told() {
    let rows = vec![
        filing("a.cn", "", Some(&[]), ""),
        filing("b.cn", "", None, ""),
        filing("c.cn", "", Some(&["C", "A"]), "2026-12-01"),
        Filing { state: FilingState::Cancelled, ..filing("d.cn", "", Some(&["A"]), "") },
    ];
    let (drawn, left_out) = drawn_of(&rows, 1, Size::Sites(9));
    assert!(drawn[0].sites.is_empty());
    let expected =
        LeftOut { without_provider: 1, provider_not_told: 1, provider_not_known: 1, later: 1 };
    assert_eq!(left_out, expected);
}

#[test]
fn sites_are_shared_out_as_far_as_there_are_any() {
    for (sites, populations, expected) in [
        (10, [100, 100, 0], [5, 5, 0]),
        (11, [100, 100, 0], [6, 5, 0]),
        (10, [2, 100, 0], [2, 8, 0]),
        (10, [2, 3, 1], [2, 3, 1]),
        (0, [2, 3, 1], [0, 0, 0]),
        (2, [9, 9, 9], [1, 1, 0]),
    ] {
        assert_eq!(Size::Sites(sites).allot(populations), expected);
    }
    let confidence = crate::audit::accuracy::interval::Confidence::USUAL;
    let wanted = Wanted { confidence, margin: 0.05, expected: 0.5 };
    assert_eq!(Size::Margin(wanted).allot([1000, 5, 0]), [278, 5, 0]);
}
