//! A country of 100,000 filings with planted faults: all of them are found, and none invented.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::IpAddr;
use std::ops::Range;
use std::thread;

use jiff::civil::Date;

use crate::audit::filings::AddressReport;
use crate::audit::filings::Context;
use crate::audit::filings::check;
use crate::audit::filings::tests::VOCABULARY;
use crate::facts::directory::Directory;
use crate::facts::filing_problem::FilingRule;
use crate::facts::target::Target;
use crate::lab::filings::Country;
use crate::lab::filings::DISPUTED;
use crate::lab::filings::PROVIDERS;
use crate::lab::filings::Planted;
use crate::lab::filings::UNREPORTED;
use crate::net::guard::Guard;

const RECORDS: u64 = 100_000;

/// The address register of the country, as its plan states it.
fn report(address: IpAddr) -> AddressReport {
    let IpAddr::V4(v4) = address else { return AddressReport::Unknown };
    match v4.octets() {
        [1, UNREPORTED, ..] => AddressReport::Unreported,
        [1, DISPUTED, ..] => AddressReport::Disputed,
        [1, place, ..] if usize::from(place) < PROVIDERS => {
            let holder = format!("F{place:02}").parse().unwrap();
            AddressReport::Held { holder, carrier: None, is_cdn: false }
        }
        _ => AddressReport::Abroad,
    }
}

type Fault = (String, String, FilingRule, String);

/// What was planted in records of `country`, and what is found there.
fn planted_and_found(country: Country, records: Range<u64>) -> [BTreeSet<Fault>; 2] {
    let directory = Directory::new(Country::providers());
    let context = Context {
        vocabulary: &VOCABULARY,
        directory: &directory,
        guard: &Guard::default(),
        today: Date::constant(2026, 11, 24),
        report: &report,
    };
    let (mut planted, mut found) = (BTreeSet::new(), BTreeSet::new());
    let rows = records.map(|index| {
        let Planted { filing, fault } = country.filing(index);
        if let Some((rule, column)) = fault {
            let number = filing.site_number.as_ref().map(ToString::to_string);
            let domain = filing.domain.to_string();
            planted.insert((domain, number.unwrap_or_default(), rule, column.to_owned()));
        }
        Ok::<_, Infallible>(filing)
    });
    let siblings = |target: &Target| {
        Ok(country.index_of(target).map(|index| country.filing(index).filing).into_iter().collect())
    };
    check(rows, &context, siblings, |one| {
        let number = one.key.number.map(|number| number.to_string()).unwrap_or_default();
        found.insert((one.key.domain.to_string(), number, one.key.rule, one.key.column));
        Ok(())
    })
    .unwrap();
    [planted, found]
}

#[test]
fn of_100_000_records_every_planted_fault_is_found_and_none_is_invented() {
    let country = Country { seed: 1, faulty: 20 };
    let [mut planted, mut found] = [BTreeSet::new(), BTreeSet::new()];
    thread::scope(|scope| {
        let half = RECORDS / 2;
        let parts = [0..half, half..RECORDS];
        let parts = parts.map(|part| scope.spawn(move || planted_and_found(country, part)));
        for part in parts {
            let [there, seen] = part.join().unwrap();
            planted.extend(there);
            found.extend(seen);
        }
    });
    let some =
        |faults: BTreeSet<&Fault>| -> Vec<Fault> { faults.into_iter().take(40).cloned().collect() };
    let (missed, invented) =
        (planted.difference(&found).collect(), found.difference(&planted).collect());
    assert_eq!((some(missed), some(invented)), (Vec::new(), Vec::new()));

    let mut counts = BTreeMap::new();
    for (_, _, rule, _) in &planted {
        *counts.entry(*rule).or_insert(0) += 1;
    }
    assert!(planted.len() > 4_000, "{}", planted.len());
    for rule in FilingRule::ALL {
        assert!(counts.get(rule).is_some_and(|count| *count > 3), "{rule}: {counts:?}");
    }
}

#[test]
fn another_country_without_faults_has_none() {
    let [planted, found] = planted_and_found(Country { seed: 77, faulty: 0 }, 0..2_000);
    assert_eq!((planted.len(), found), (0, BTreeSet::new()));
}
