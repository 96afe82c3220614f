//! How much is filed: the whole filing register counted in one pass, in bounded memory.
//!
//! Domains lie side by side in the register; sites do not, because a number may have several
//! Domains, so that the numbers are sorted on the disk.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::facts::bureau::Bureau;
use crate::facts::census::Census;
use crate::facts::census::FiledCount;
use crate::facts::census::Scoped;
use crate::facts::directory::Directory;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::number::SubjectNumber;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderId;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::registers::Registers;
use crate::store::sorter::Sorter;

/// The name of the runs that sites are sorted in.
const SITES: &str = "sites";

/// What one batch of them may hold in memory, in bytes. The system's allocator keeps about as much of
/// what every thread gives back from then on as the largest piece that was ever given back, and a night
/// begins with this count.
const MEMORY: usize = 2 << 20;

/// Where one Domain or site is counted.
#[derive(Debug, Default)]
struct Places {
    bureau: Option<Bureau>,
    providers: BTreeSet<ProviderId>,
    has_unknown: bool,
}

/// What is written of a record to count its site by: its bureau, and its providers.
type Record = (Option<Bureau>, Vec<ProviderId>);

impl Registers {
    /// Counts the filing register as it is now, names of providers read by `directory`; `None` when
    /// nothing was ever imported. `is_complete` is what the configuration says of it.
    pub fn census(
        &self,
        directory: &Directory,
        is_complete: bool,
    ) -> Result<Option<Census>, StoreError> {
        let Some(register) = self.filings()? else { return Ok(None) };
        let mut census = Census {
            as_of: register.imported_at(),
            providers_of: self.imported_at::<Provider>(),
            is_complete,
            filed: Scoped::default(),
            unplaced: 0,
        };
        // Of whose addresses a filed site is, the register does not say: by Carrier it stays unknown.
        census.filed.divided.by_bureau = Some(BTreeMap::new());
        let mut sites = Sorter::new(&self.dir, SITES, MEMORY);
        let mut domain: Option<(Target, Places)> = None;
        for filing in register.all() {
            let filing = filing?;
            if filing.state != FilingState::Active || filing.is_unreadable() {
                continue;
            }
            let places = Places::of(&filing, directory);
            let record: Record = (places.bureau, places.providers.iter().cloned().collect());
            sites.push(site_key(&filing), encoding::encode(SITES, &record)?)?;
            match &mut domain {
                Some((target, known)) if *target == filing.domain => known.join(places),
                _ => {
                    if let Some((_, places)) = domain.replace((filing.domain, places)) {
                        census.add(&places, |count| &mut count.domains);
                        census.unplaced += u64::from(places.has_unknown);
                    }
                }
            }
        }
        if let Some((_, places)) = domain {
            census.add(&places, |count| &mut count.domains);
            census.unplaced += u64::from(places.has_unknown);
        }
        count_sites(sites, &mut census)?;
        Ok(Some(census))
    }
}

fn count_sites(sites: Sorter, census: &mut Census) -> Result<(), StoreError> {
    let mut site: Option<(Vec<u8>, Places)> = None;
    for record in sites.finish()? {
        let (key, bytes) = record?;
        let (bureau, providers) = encoding::decode::<Record>(SITES, &bytes)?;
        let places =
            Places { bureau, providers: providers.into_iter().collect(), has_unknown: false };
        match &mut site {
            Some((known_key, known)) if *known_key == key => known.join(places),
            _ => {
                if let Some((_, places)) = site.replace((key, places)) {
                    census.add(&places, |count| &mut count.sites);
                }
            }
        }
    }
    if let Some((_, places)) = site {
        census.add(&places, |count| &mut count.sites);
    }
    Ok(())
}

impl Places {
    fn of(filing: &Filing, directory: &Directory) -> Self {
        let names = filing.providers.as_deref().unwrap_or_default();
        let providers: BTreeSet<ProviderId> = names
            .iter()
            .filter_map(|name| directory.find(name))
            .map(|provider| provider.id.clone())
            .collect();
        let is_unknown = |name| directory.find(name).is_none();
        let has_unknown = filing.providers.is_none() || names.iter().any(is_unknown);
        Self { bureau: bureau_of(filing), providers, has_unknown }
    }

    fn join(&mut self, other: Self) {
        self.bureau = self.bureau.or(other.bureau);
        self.providers.extend(other.providers);
        self.has_unknown |= other.has_unknown;
    }
}

impl Census {
    fn add(&mut self, places: &Places, counter: fn(&mut FiledCount) -> &mut u64) {
        *counter(&mut self.filed.nation) += 1;
        let bureau = places.bureau.unwrap_or(Bureau::MINISTRY);
        *counter(self.filed.bureaus.entry(bureau).or_default()) += 1;
        let in_bureau =
            self.filed.divided.by_bureau.get_or_insert_default().entry(bureau).or_default();
        for provider in &places.providers {
            for counts in [&mut self.filed.providers, &mut *in_bureau] {
                match counts.get_mut(provider) {
                    Some(count) => *counter(count) += 1,
                    None => *counter(counts.entry(provider.clone()).or_default()) += 1,
                }
            }
        }
    }
}

/// The bureau whose filing it is: who gave the number, else the province of the subject.
fn bureau_of(filing: &Filing) -> Option<Bureau> {
    let given = filing.subject().and_then(SubjectNumber::bureau);
    given.or_else(|| {
        let province = filing.details.iter().find(|(column, _)| column == "province");
        province.and_then(|(_, name)| name.parse().ok())
    })
}

/// What makes records the same site: its number; without one, each Domain is its own.
fn site_key(filing: &Filing) -> Vec<u8> {
    match &filing.site_number {
        Some(number) => number.to_string().into_bytes(),
        None => format!("\0{}", filing.domain).into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::census::Whose;
    use crate::facts::provider::ProviderKind;
    use jiff::Timestamp;

    fn directory() -> Directory {
        let provider = |id: &str, alias: &str| Provider {
            id: id.parse().unwrap(),
            name: format!("名{id}").parse().unwrap(),
            aliases: vec![alias.parse().unwrap()],
            kind: ProviderKind::Provider,
            bureau: None,
            licence: None,
            is_key: false,
            cname_suffixes: vec![],
            v3_id: None,
        };
        Directory::new(vec![provider("A", "甲"), provider("B", "乙")])
    }

    /// Domain, site number, whether active, providers, province.
    type Row = (&'static str, &'static str, bool, Option<&'static [&'static str]>, &'static str);

    fn census(rows: &[Row]) -> Census {
        let dir = tempfile::tempdir().unwrap();
        let registers = Registers::open(dir.path()).unwrap();
        let mut import = registers.begin(true);
        for (domain, number, is_active, providers, province) in rows {
            let providers =
                providers.map(|names| names.iter().map(|name| name.parse().unwrap()).collect());
            let filing = Filing {
                domain: domain.parse().unwrap(),
                site_number: number.parse().ok(),
                subject_number: None,
                state: if *is_active { FilingState::Active } else { FilingState::Cancelled },
                providers,
                details: vec![("province".to_owned(), (*province).to_owned())],
            };
            import.push(&filing).unwrap();
        }
        import.finish(Timestamp::UNIX_EPOCH).unwrap();
        registers.census(&directory(), true).unwrap().unwrap()
    }

    #[test]
    fn a_site_counts_once_and_so_does_a_domain() {
        let census = census(&[
            // One site with two Domains, at one provider under two names, and at another.
            ("a.cn", "京ICP备12345678号-1", true, Some(&["A", "B"]), ""),
            ("b.cn", "京ICP备12345678号-1", true, Some(&["甲"]), ""),
            // One Domain with two sites.
            ("c.cn", "京ICP备12345678号-2", true, Some(&["A"]), ""),
            ("c.cn", "粤ICP备2025000001号-1", true, Some(&["乙"]), ""),
            // Cancelled beside active, cancelled alone, and nobody's number.
            ("d.cn", "沪ICP备12345678号-1", false, Some(&["A"]), ""),
            ("e.cn", "", true, Some(&[]), "四川"),
            // A licence in the number's place says nothing of the bureau; whose access is not known.
            ("f.cn", "粤B2-20090059", true, None, "北京"),
            ("g.cn", "", true, Some(&["谁"]), ""),
        ]);
        let count = |sites, domains| FiledCount { sites, domains };
        assert_eq!(census.filed.nation, count(6, 6));
        let bureaus: Vec<_> =
            census.filed.bureaus.iter().map(|(bureau, count)| (bureau.name(), *count)).collect();
        let mut expected = vec![
            ("北京", count(3, 4)),
            // The Domain of two sites lies with the bureau of its first.
            ("广东", count(1, 0)),
            ("四川", count(1, 1)),
            ("部", count(1, 1)),
        ];
        expected.sort_by_key(|(name, _)| name.parse::<Bureau>().unwrap());
        assert_eq!(bureaus, expected);
        let providers: Vec<_> =
            census.filed.providers.iter().map(|(id, count)| (id.as_str(), *count)).collect();
        assert_eq!(providers, [("A", count(2, 3)), ("B", count(2, 2))]);
        let (beijing, guangdong): (Bureau, Bureau) =
            ("北京".parse().unwrap(), "广东".parse().unwrap());
        for (bureau, id, expected) in [
            (beijing, "A", count(2, 3)),
            (beijing, "B", count(1, 2)),
            (guangdong, "A", count(0, 0)),
            (guangdong, "B", count(1, 0)),
        ] {
            let whose = Whose::InBureau(bureau, id.parse().unwrap());
            assert_eq!(census.filed.of(&whose), Some(expected), "{whose:?}");
        }
        let carried = Whose::Carried("B".parse().unwrap(), "A".parse().unwrap());
        assert_eq!(census.filed.of(&carried), None, "the register does not say who carries it");
        assert_eq!(census.unplaced, 2);
    }

    #[test]
    fn what_was_never_imported_is_not_counted() {
        let dir = tempfile::tempdir().unwrap();
        let registers = Registers::open(dir.path()).unwrap();
        assert_eq!(registers.census(&directory(), true).unwrap(), None);
    }
}
