//! Cancels records of the filing register by the bureau's numbers: one pass over the register finds
//! them, and an import that changes them follows.

use crate::facts::cancellation::Cancellations;
use crate::facts::filing::Filing;
use crate::store::StoreError;
use crate::store::filings::text::bureau_ids;
use crate::store::import::ImportCounts;
use crate::store::registers::Registers;
use crate::store::rows::Row;

impl Registers {
    /// Cancels what `cancellations` name, and notes there what was found. What is cancelled makes a
    /// register no younger: what is not named is as old as before.
    pub fn cancel(&self, cancellations: &mut Cancellations) -> Result<ImportCounts, StoreError> {
        let alone = self.writing();
        let Some(register) = self.filings()? else { return Ok(ImportCounts::default()) };
        let mut import = self.begin::<Filing>(false);
        register.each_row(|bytes| {
            if cancellations.concern(bureau_ids(bytes)?) {
                import.push(&cancellations.applied(Filing::decode(bytes)?))?;
            }
            Ok(())
        })?;
        import.finish_alone(&alone, register.imported_at())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::cancellation::ACCESS_IDS;
    use crate::facts::cancellation::Cancelled;
    use crate::facts::cancellation::Level;
    use crate::facts::cancellation::RECORD_ID;
    use crate::facts::cancellation::SUBJECT_ID;
    use crate::facts::filing::FilingState;
    use crate::facts::provider::ProviderName;
    use jiff::Timestamp;

    #[test]
    fn what_a_message_names_is_cancelled_and_the_rest_is_as_old_as_before() {
        let dir = tempfile::tempdir().unwrap();
        let registers = Registers::open(dir.path()).unwrap();
        let mut import = registers.begin(false);
        for (domain, site, access) in [("a.cn", 1, 11), ("b.cn", 1, 11), ("c.cn", 2, 12)] {
            let details = [
                (RECORD_ID, site.to_string()),
                (SUBJECT_ID, "7".to_owned()),
                (ACCESS_IDS, format!("{access}:9002")),
            ];
            let filing = Filing {
                domain: domain.parse().unwrap(),
                site_number: Some(format!("京ICP备05014806号-{site}").parse().unwrap()),
                subject_number: None,
                state: FilingState::Active,
                providers: Some(vec![ProviderName::of_v3_id(9002)]),
                details: details.map(|(name, text)| (name.to_owned(), text)).to_vec(),
            };
            import.push(&filing).unwrap();
        }
        let then = Timestamp::from_second(1_700_000_000).unwrap();
        import.finish(then).unwrap();
        let state = |domain: &str| {
            let register = registers.filings().unwrap().unwrap();
            assert_eq!(register.imported_at(), then);
            let [row] = &register.lookup(&domain.parse().unwrap()).unwrap()[..] else { panic!() };
            (row.state, row.providers.as_ref().unwrap().len())
        };
        let cancel = |level, id| {
            let mut cancellations = Cancellations::default();
            cancellations.add(Cancelled { level, id });
            let counts = registers.cancel(&mut cancellations).unwrap();
            (counts.taken, counts.unchanged, cancellations.unfound().count())
        };
        assert_eq!(cancel(Level::Site, 3), (0, 0, 1));
        assert_eq!(cancel(Level::Site, 1), (2, 0, 0));
        let states = ["a.cn", "b.cn", "c.cn"].map(state);
        let expected =
            [(FilingState::Cancelled, 1), (FilingState::Cancelled, 1), (FilingState::Active, 1)];
        assert_eq!(states, expected);
        assert_eq!(cancel(Level::Site, 1), (0, 2, 0));
        assert_eq!(cancel(Level::Access, 12), (1, 0, 0));
        assert_eq!(state("c.cn"), (FilingState::Active, 0));
        assert_eq!(cancel(Level::Subject, 7), (1, 2, 0));
    }
}
