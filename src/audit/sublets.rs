//! Clues to subletting (违规转租): a provider whose ranges come from one that is no carrier. The plan
//! (section 3, part 2) forbids providers to let what carriers give them to others. A clue proves
//! nothing: an office of the same company and a customer with an address of its own look alike, so
//! that people ask, and no declared figure is changed by it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::facts::address_census::SubletClue;
use crate::facts::allocation::Allocation;
use crate::facts::allocation::AllocationKind;
use crate::facts::allocation::Origin;
use crate::facts::directory::Directory;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderKind;
use crate::facts::provider::ProviderName;
use crate::facts::range::AddressRange;

/// Collects clues from rows of the address register.
#[derive(Debug)]
pub struct Sublets<'a> {
    directory: &'a Directory,
    day: Date,
    /// By lessee and lessor, the ranges that say so.
    clues: BTreeMap<(ProviderId, ProviderId), BTreeSet<AddressRange>>,
}

impl<'a> Sublets<'a> {
    /// Looks at rows that are in force on `day`, names read by `directory`.
    pub fn new(directory: &'a Directory, day: Date) -> Self {
        Self { directory, day, clues: BTreeMap::new() }
    }

    /// Takes a row. Only reports count: who announces a route may do so for another.
    pub fn add(&mut self, row: &Allocation) {
        if row.origin != Origin::Reported || !row.is_in_force(self.day) {
            return;
        }
        let (lessor, lessee) = match row.kind {
            AllocationKind::Source => (row.from.as_ref(), row.provider.as_ref()),
            AllocationKind::Reassigned => (row.provider.as_ref(), row.to.as_ref()),
            AllocationKind::Assigned
            | AllocationKind::OwnUse
            | AllocationKind::Reserved
            | AllocationKind::Brought
            | AllocationKind::Registry => return,
        };
        let (Some(lessor), Some(lessee)) = (self.known(lessor), self.known(lessee)) else { return };
        if lessor.id == lessee.id || lessor.kind == ProviderKind::Carrier {
            return;
        }
        let pair = (lessee.id.clone(), lessor.id.clone());
        self.clues.entry(pair).or_default().insert(row.range);
    }

    /// Who bears `name`; a name that nobody bears says nothing about carriers.
    fn known(&self, name: Option<&ProviderName>) -> Option<&'a Provider> {
        self.directory.find(name?)
    }

    /// The clues, by lessee and lessor.
    pub fn finish(self) -> Vec<SubletClue> {
        let clues = self.clues.into_iter().filter_map(|((lessee, lessor), ranges)| {
            let (example, ranges) = (*ranges.first()?, ranges.len() as u64);
            Some(SubletClue { lessee, lessor, ranges, example })
        });
        clues.collect()
    }
}

/// Those of `providers` without a licence number (经营许可证编号), carriers left out: their licences
/// are the ministry's own, and known.
pub fn without_licence(providers: &[Provider]) -> impl Iterator<Item = &Provider> {
    providers.iter().filter(|provider| {
        provider.kind != ProviderKind::Carrier
            && provider.licence.as_ref().is_none_or(|licence| licence.trim().is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> Directory {
        let provider = |id: &str, kind, licence: &str| Provider {
            id: id.parse().unwrap(),
            name: format!("名{id}").parse().unwrap(),
            aliases: vec![],
            kind,
            bureau: None,
            licence: Some(licence.to_owned()).filter(|text| !text.is_empty()),
            is_key: false,
            cname_suffixes: vec![],
            v3_id: None,
        };
        Directory::new(vec![
            provider("C", ProviderKind::Carrier, ""),
            provider("A", ProviderKind::Provider, "B2-1"),
            provider("B", ProviderKind::Provider, " "),
            provider("D", ProviderKind::Cdn, ""),
        ])
    }

    fn row(range: &str, kind: AllocationKind, names: [&str; 3]) -> Allocation {
        let range = AddressRange::from(range.parse::<std::net::IpAddr>().unwrap());
        let [provider, from, to] = names.map(|name| name.parse().ok());
        Allocation { from, to, ..Allocation::bare(range, kind, Origin::Reported, provider) }
    }

    #[test]
    fn ranges_from_one_that_is_no_carrier_are_a_clue() {
        use AllocationKind::Assigned;
        use AllocationKind::Reassigned;
        use AllocationKind::Source;
        let directory = directory();
        let mut sublets = Sublets::new(&directory, "2009-06-30".parse().unwrap());
        let listed =
            Allocation { origin: Origin::Listed, ..row("192.0.2.9", Source, ["B", "A", ""]) };
        let ahead = Allocation {
            details: vec![("allocated_on".to_owned(), "2009-07-01".to_owned())],
            ..row("192.0.2.8", Source, ["B", "A", ""])
        };
        for row in [
            row("192.0.2.1", Source, ["A", "C", ""]),
            row("192.0.2.3", Source, ["B", "名A", ""]),
            row("192.0.2.2", Reassigned, ["A", "", "B"]),
            // Told twice, by either side of it.
            row("192.0.2.2", Source, ["B", "A", ""]),
            row("192.0.2.4", Reassigned, ["C", "", "B"]),
            row("192.0.2.5", Source, ["A", "A", ""]),
            row("192.0.2.6", Source, ["A", "谁", ""]),
            row("192.0.2.7", Assigned, ["A", "", ""]),
            listed,
            ahead,
        ] {
            sublets.add(&row);
        }
        let clues = sublets.finish();
        let [clue] = &clues[..] else { panic!("{clues:?}") };
        let told = (clue.lessee.as_str(), clue.lessor.as_str(), clue.ranges);
        assert_eq!((told, clue.example.start().to_string().as_str()), (("B", "A", 2), "192.0.2.2"));
    }

    #[test]
    fn who_has_no_licence_is_listed_and_carriers_are_not() {
        let directory = directory();
        let without: Vec<_> =
            without_licence(directory.providers()).map(|one| one.id.as_str()).collect();
        assert_eq!(without, ["B", "D"]);
    }
}
