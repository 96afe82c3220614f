//! What past rates are told from: the counts of the filing register and of nights, and every change
//! in the order in which it was told.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock;
use crate::facts::census::Census;
use crate::facts::census::Divided;
use crate::facts::census::NightCount;
use crate::facts::change::Change;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::findings::CENSUS;
use crate::store::findings::CENSUS_DIVIDED;
use crate::store::findings::CHANGE;
use crate::store::findings::COUNTED;
use crate::store::findings::Findings;
use crate::store::findings::NIGHT_COUNT;
use crate::store::findings::NIGHT_DIVIDED;

impl Findings {
    /// Keeps the count of a register, in place of an older one of the same day.
    pub fn put_census(&self, census: &Census) -> Result<(), StoreError> {
        let day = clock::day(census.as_of).to_string();
        let count = encoding::encode("census", census)?;
        self.put_divided([CENSUS, CENSUS_DIVIDED], day.as_bytes(), count, &census.filed.divided)
    }

    /// Keeps which generation of the register was counted last.
    pub fn put_counted(&self, generation: u64) -> Result<(), StoreError> {
        self.put(COUNTED, generation.to_be_bytes().to_vec())
    }

    /// Which generation of the register was counted last.
    pub fn counted(&self) -> Result<Option<u64>, StoreError> {
        let bytes = self.tree.get(COUNTED).map_err(self.failed())?;
        Ok(bytes.and_then(|bytes| bytes.first_chunk().copied()).map(u64::from_be_bytes))
    }

    /// Every count of the register, oldest first.
    pub fn censuses(&self) -> impl Iterator<Item = Result<Census, StoreError>> + Send + use<> {
        self.with_divided([CENSUS, CENSUS_DIVIDED], |census: &mut Census| &mut census.filed.divided)
    }

    /// Keeps what a night could not tell.
    pub fn put_night_count(&self, count: &NightCount) -> Result<(), StoreError> {
        let night = count.night.to_be_bytes();
        let told = encoding::encode("night count", count)?;
        self.put_divided([NIGHT_COUNT, NIGHT_DIVIDED], &night, told, &count.unknown.divided)
    }

    /// What each night could not tell, oldest first.
    pub fn night_counts(
        &self,
    ) -> impl Iterator<Item = Result<NightCount, StoreError>> + Send + use<> {
        self.with_divided([NIGHT_COUNT, NIGHT_DIVIDED], |count: &mut NightCount| {
            &mut count.unknown.divided
        })
    }

    /// Keeps a count, and beside it how it is divided.
    fn put_divided<T: Serialize>(
        &self,
        [whole, parts]: [u8; 2],
        of: &[u8],
        count: Vec<u8>,
        divided: &Divided<T>,
    ) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        batch.insert([&[whole], of].concat(), count);
        batch.insert([&[parts], of].concat(), encoding::encode("divided count", divided)?);
        let writing = self.writing();
        let written = self.write(batch);
        drop(writing);
        written
    }

    /// Counts in their order, each with how it is divided; those that never were are not.
    fn with_divided<C: DeserializeOwned, T: DeserializeOwned>(
        &self,
        [whole, parts]: [u8; 2],
        place: fn(&mut C) -> &mut Divided<T>,
    ) -> impl Iterator<Item = Result<C, StoreError>> + Send + use<C, T> {
        let findings = self.clone();
        self.tree.scan_prefix([whole]).map(move |record| {
            let (key, bytes) = record.map_err(findings.failed())?;
            let mut count: C = encoding::decode("count", &bytes)?;
            let divided = [&[parts], &key[1..]].concat();
            if let Some(divided) = findings.value("divided count", &divided)? {
                *place(&mut count) = divided;
            }
            Ok(count)
        })
    }

    /// Every change of every finding, in the order in which it was told.
    pub fn changes(&self) -> impl Iterator<Item = Result<Change, StoreError>> + Send + use<> {
        self.values("change", &[CHANGE])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::census::FiledCount;
    use crate::facts::census::Scoped;
    use crate::facts::filing::RegisterGap;

    #[test]
    fn counts_come_back_in_the_order_of_their_days() {
        let dir = tempfile::tempdir().unwrap();
        let findings = Findings::open(dir.path()).unwrap();
        let census = |at: &str, sites| Census {
            as_of: at.parse().unwrap(),
            providers_of: None,
            is_complete: true,
            filed: Scoped {
                nation: FiledCount { sites, domains: 2 },
                bureaus: [("北京".parse().unwrap(), FiledCount { sites, domains: 1 })].into(),
                providers: [("P001".parse().unwrap(), FiledCount::default())].into(),
                divided: Divided {
                    by_bureau: (sites > 1).then(|| {
                        let own = [("P001".parse().unwrap(), FiledCount { sites, domains: 1 })];
                        [("北京".parse().unwrap(), own.into())].into()
                    }),
                    by_carrier: None,
                },
            },
            unplaced: 3,
        };
        let (first, second, again) = (
            census("2009-11-30T01:00:00Z", 1),
            census("2009-12-01T01:00:00Z", 2),
            census("2009-12-01T09:00:00Z", 3),
        );
        for census in [&second, &first, &again] {
            findings.put_census(census).unwrap();
        }
        let kept: Vec<_> = findings.censuses().map(Result::unwrap).collect();
        assert_eq!(kept, [first, again]);

        let night = |night| NightCount {
            night,
            at: "2009-12-01T01:00:00Z".parse().unwrap(),
            gap: Some(RegisterGap::Stale),
            examined: 9,
            unknown: Scoped { nation: 4, ..Scoped::default() },
        };
        for number in [256, 2] {
            findings.put_night_count(&night(number)).unwrap();
        }
        let kept: Vec<_> = findings.night_counts().map(Result::unwrap).collect();
        assert_eq!(kept, [night(2), night(256)]);
    }
}
