//! What bulletins rest on beside findings: declared figures, the providers register as it was, counts
//! of the address register, and the bulletins that were released. Nothing of it is ever rewritten.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::facts::address_census::AddressCensus;
use crate::facts::bureau::Bureau;
use crate::facts::declared::Cell;
use crate::facts::declared::Declared;
use crate::facts::month::Month;
use crate::facts::provider::Provider;
use crate::facts::release::Release;
use crate::store::StoreError;
use crate::store::branch::Branch;
use crate::store::encoding;
use crate::store::portable::Kind;
use crate::store::portable::Part;
use crate::store::portable::Tree;

/// `d` month, number → declared figure.
const DECLARED: u8 = b'd';
/// `p` moment → the providers register.
const ROSTER: u8 = b'p';
/// `g` moment → what bulletins go by.
const RULES: u8 = b'g';
/// `a` moment → count of the address register.
const ADDRESSES: u8 = b'a';
/// `r` month, bureau → release.
const RELEASE: u8 = b'r';

/// All of it as lines.
pub(crate) const TREE: Tree = Tree {
    name: "bulletins",
    kinds: &[
        Kind::of::<AddressCensus>("address_census", &[ADDRESSES], &[Part::Moment]),
        Kind::of::<Declared>("declared_figure", &[DECLARED], &[Part::Month, Part::U64]),
        Kind::of::<Vec<Provider>>("roster", &[ROSTER], &[Part::Moment]),
        Kind::of::<String>("bulletin_rules", &[RULES], &[Part::Moment]),
        Kind::of::<Release>("release", &[RELEASE], &[Part::Text]),
    ],
    derived: &[],
};

/// The tree. Clones share it.
#[derive(Debug, Clone)]
pub struct Bulletins {
    tree: Branch,
}

impl Bulletins {
    pub(crate) fn new(tree: Branch) -> Self {
        Self { tree }
    }

    /// Keeps figures in one batch, after those that were declared before.
    pub fn put_declared(&self, figures: &[Declared]) -> Result<(), StoreError> {
        let _alone = self.tree.alone();
        let mut batch = sled::Batch::default();
        let mut next: BTreeMap<Month, u64> = BTreeMap::new();
        for figure in figures {
            let month = figure.cell.month;
            let prefix = with_text(DECLARED, &month.to_string());
            let number = match next.get(&month) {
                Some(number) => *number,
                None => self.after_last(&prefix)?,
            };
            next.insert(month, number + 1);
            let key = [&prefix[..], &number.to_be_bytes()].concat();
            batch.insert(key, encoding::encode("declared figure", figure)?);
        }
        self.tree.apply_batch(batch).map_err(self.tree.failed())?;
        self.tree.flush().map_err(self.tree.failed())?;
        Ok(())
    }

    fn after_last(&self, prefix: &[u8]) -> Result<u64, StoreError> {
        let last =
            self.tree.scan_prefix(prefix).next_back().transpose().map_err(self.tree.failed())?;
        let number = last.and_then(|(key, _)| key.last_chunk::<8>().copied());
        Ok(number.map_or(1, |number| u64::from_be_bytes(number).saturating_add(1)))
    }

    /// The newest figure of each cell of `month`.
    pub fn declared(&self, month: Month) -> Result<BTreeMap<Cell, Declared>, StoreError> {
        let mut newest = BTreeMap::new();
        for figure in self.declarations(month) {
            let figure = figure?;
            newest.insert(figure.cell.clone(), figure);
        }
        Ok(newest)
    }

    /// Everything that was declared of `month`, oldest first.
    pub fn declarations(
        &self,
        month: Month,
    ) -> impl Iterator<Item = Result<Declared, StoreError>> + use<> {
        self.tree.values("declared figure", &with_text(DECLARED, &month.to_string()))
    }

    /// Keeps the providers register as it is from `at` on, unless it is as it was.
    pub fn put_roster(&self, at: Timestamp, providers: &[Provider]) -> Result<(), StoreError> {
        self.put_from(ROSTER, at, encoding::encode("providers register", &providers)?)
    }

    /// Keeps what holds under `prefix` from `at` on, unless it held already, or what held later is known:
    /// whoever looks back changes nothing of it.
    fn put_from(&self, prefix: u8, at: Timestamp, bytes: Vec<u8>) -> Result<(), StoreError> {
        let _alone = self.tree.alone();
        let newest = self.tree.scan_prefix([prefix]).next_back();
        let newest = newest.transpose().map_err(self.tree.failed())?;
        if newest.is_some_and(|(key, _)| key[..] > with_moment(prefix, at)[..]) {
            return Ok(());
        }
        if self.held_at(prefix, at)?.is_some_and(|(since, kept)| since && *kept == bytes[..]) {
            return Ok(());
        }
        self.tree.insert(with_moment(prefix, at), bytes).map_err(self.tree.failed())?;
        self.tree.flush().map_err(self.tree.failed())?;
        Ok(())
    }

    /// What held under `prefix` at `moment`, and whether it did by then; the oldest known where none is
    /// so old.
    fn held_at(
        &self,
        prefix: u8,
        moment: Timestamp,
    ) -> Result<Option<(bool, sled::IVec)>, StoreError> {
        let until = with_moment(prefix, moment);
        let by_then = self.tree.range([prefix].to_vec()..=until).next_back();
        if let Some((_, bytes)) = by_then.transpose().map_err(self.tree.failed())? {
            return Ok(Some((true, bytes)));
        }
        let oldest = self.tree.scan_prefix([prefix]).next();
        let oldest = oldest.transpose().map_err(self.tree.failed())?;
        Ok(oldest.map(|(_, bytes)| (false, bytes)))
    }

    /// Keeps what bulletins go by from `at` on, unless it is as it was.
    pub fn put_rules(&self, at: Timestamp, rules: &str) -> Result<(), StoreError> {
        self.put_from(RULES, at, encoding::encode("rules of bulletins", &rules)?)
    }

    /// What bulletins went by at `moment`; the oldest that is known where none is so old. `None` where
    /// none was ever kept.
    pub fn rules(&self, moment: Timestamp) -> Result<Option<String>, StoreError> {
        let held = self.held_at(RULES, moment)?;
        held.map(|(_, bytes)| encoding::decode("rules of bulletins", &bytes)).transpose()
    }

    /// The providers register as it was at `moment`; the oldest one known where none is so old.
    /// `None` where none was ever kept.
    pub fn roster(&self, moment: Timestamp) -> Result<Option<Vec<Provider>>, StoreError> {
        let held = self.held_at(ROSTER, moment)?;
        held.map(|(_, bytes)| encoding::decode("providers register", &bytes)).transpose()
    }

    /// Keeps what a check of the address register saw, in place of an older one of the same moment.
    pub fn put_address_census(&self, census: &AddressCensus) -> Result<(), StoreError> {
        self.tree.put(with_moment(ADDRESSES, census.at), "count of addresses", census)
    }

    /// What checks of the address register saw, oldest first.
    pub fn address_censuses(&self) -> impl Iterator<Item = Result<AddressCensus, StoreError>> {
        self.tree.values("count of addresses", &[ADDRESSES])
    }

    /// The release of a month's bulletin; `None` while it is a draft.
    pub fn release(
        &self,
        month: Month,
        bureau: Option<Bureau>,
    ) -> Result<Option<Release>, StoreError> {
        let bytes = self.tree.get(release_key(month, bureau)).map_err(self.tree.failed())?;
        bytes.map(|bytes| encoding::decode("release", &bytes)).transpose()
    }

    /// Every release, by month and bureau.
    pub fn releases(&self) -> impl Iterator<Item = Result<Release, StoreError>> {
        self.tree.values("release", &[RELEASE])
    }

    /// Keeps a release; `false` where the month was released before, and nothing is changed.
    pub fn put_release(&self, release: &Release) -> Result<bool, StoreError> {
        let key = release_key(release.month, release.bureau);
        let bytes = encoding::encode("release", release)?;
        let _alone = self.tree.alone();
        let swapped = self
            .tree
            .compare_and_swap(key, None::<&[u8]>, Some(bytes))
            .map_err(self.tree.failed())?;
        self.tree.flush().map_err(self.tree.failed())?;
        Ok(swapped.is_ok())
    }
}

fn with_text(prefix: u8, text: &str) -> Vec<u8> {
    [&[prefix][..], text.as_bytes()].concat()
}

/// Moments in their order, those before 1970 first.
fn with_moment(prefix: u8, at: Timestamp) -> Vec<u8> {
    let ordered = at.as_microsecond().cast_unsigned() ^ (1 << 63);
    [&[prefix][..], &ordered.to_be_bytes()].concat()
}

fn release_key(month: Month, bureau: Option<Bureau>) -> Vec<u8> {
    let bureau = bureau.map(Bureau::name).unwrap_or_default();
    with_text(RELEASE, &format!("{month} {bureau}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::declared::Figure;
    use crate::facts::declared::Subject;
    use crate::facts::declared::Value;
    use crate::store::findings::Findings;
    use std::time::Duration;

    fn opened() -> (tempfile::TempDir, Bulletins) {
        let dir = tempfile::tempdir().unwrap();
        let bulletins = Findings::open(dir.path()).unwrap().bulletins().unwrap();
        (dir, bulletins)
    }

    fn at(text: &str) -> Timestamp {
        format!("{text}T00:00:00Z").parse().unwrap()
    }

    #[test]
    fn the_newest_figure_of_a_cell_counts_and_no_other_month_changes_it() {
        let (_dir, bulletins) = opened();
        let figure = |month: &str, count| Declared {
            cell: Cell {
                month: month.parse().unwrap(),
                figure: Figure::Garbage,
                subject: Subject::Bureau("北京".parse().unwrap()),
            },
            value: Value::Count(count),
            at: at("2009-07-01"),
            by: "张".to_owned(),
        };
        bulletins.put_declared(&[figure("2009-06", 1), figure("2009-07", 2)]).unwrap();
        bulletins.put_declared(&[figure("2009-06", 3)]).unwrap();
        let values = |month: &str| -> Vec<Value> {
            let declared = bulletins.declared(month.parse().unwrap()).unwrap();
            declared.into_values().map(|figure| figure.value).collect()
        };
        assert_eq!(values("2009-06"), [Value::Count(3)]);
        assert_eq!(values("2009-07"), [Value::Count(2)]);
        assert_eq!(values("2009-08"), []);
        assert_eq!(bulletins.declarations("2009-06".parse().unwrap()).count(), 2);
    }

    #[test]
    fn the_providers_register_is_told_as_it_was() {
        let (_dir, bulletins) = opened();
        assert_eq!(bulletins.roster(at("2009-06-01")).unwrap(), None);
        let provider = |name: &str| Provider {
            id: "P001".parse().unwrap(),
            name: name.parse().unwrap(),
            aliases: vec![],
            kind: crate::facts::provider::ProviderKind::Provider,
            bureau: None,
            licence: None,
            is_key: true,
            cname_suffixes: vec![],
            v3_id: None,
        };
        for (day, name) in [("2009-06-10", "甲"), ("2009-06-20", "甲"), ("2009-07-10", "乙")] {
            bulletins.put_roster(at(day), &[provider(name)]).unwrap();
        }
        for (day, name) in [("2009-05-01", "甲"), ("2009-07-09", "甲"), ("2009-07-10", "乙")] {
            let roster = bulletins.roster(at(day)).unwrap().unwrap();
            assert_eq!(roster[0].name.as_str(), name, "{day}");
        }
        assert_eq!(bulletins.tree.len(), 2);
    }

    #[test]
    fn what_a_month_goes_by_is_what_was_in_force() {
        let (_dir, bulletins) = opened();
        assert_eq!(bulletins.rules(at("2009-06-01")).unwrap(), None);
        for (day, rules) in [("2009-06-10", "a"), ("2009-06-20", "a"), ("2009-07-10", "b")] {
            bulletins.put_rules(at(day), rules).unwrap();
        }
        // Whoever looks back from other settings changes nothing of what is known.
        bulletins.put_rules(at("2009-06-30"), "c").unwrap();
        for (day, rules) in
            [("2009-05-01", "a"), ("2009-06-29", "a"), ("2009-07-09", "a"), ("2009-07-10", "b")]
        {
            assert_eq!(bulletins.rules(at(day)).unwrap().as_deref(), Some(rules), "{day}");
        }
    }

    fn release(actor: &str) -> Release {
        Release {
            month: "2009-06".parse().unwrap(),
            bureau: None,
            at: at("2009-07-01"),
            actor: actor.to_owned(),
            note: None,
            sha256: String::new(),
            json: "{}".to_owned(),
        }
    }

    #[test]
    fn nothing_is_written_while_all_must_stay_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let findings = Findings::open(dir.path()).unwrap();
        let bulletins = findings.bulletins().unwrap();
        let census = AddressCensus { at: at("2009-07-01"), problems: vec![], sublets: vec![] };
        let still = findings.still();
        std::thread::scope(|scope| {
            let (sender, done) = std::sync::mpsc::channel();
            let told = sender.clone();
            let bulletins = &bulletins;
            scope.spawn(move || told.send(bulletins.put_release(&release("甲")).is_ok()));
            scope.spawn(move || sender.send(bulletins.put_address_census(&census).is_ok()));
            assert!(done.recv_timeout(Duration::from_millis(100)).is_err());
            drop(still);
            assert_eq!([done.recv(), done.recv()], [Ok(true), Ok(true)]);
        });
        assert_eq!((bulletins.releases().count(), bulletins.address_censuses().count()), (1, 1));
    }

    #[test]
    fn a_bulletin_is_released_once() {
        let (_dir, bulletins) = opened();
        assert!(bulletins.put_release(&release("甲")).unwrap());
        assert!(!bulletins.put_release(&release("乙")).unwrap());
        let month = "2009-06".parse().unwrap();
        assert_eq!(bulletins.release(month, None).unwrap(), Some(release("甲")));
        assert_eq!(bulletins.release(month, Some(Bureau::MINISTRY)).unwrap(), None);
        assert_eq!(bulletins.releases().count(), 1);
    }
}
