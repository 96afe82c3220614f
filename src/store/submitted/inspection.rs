//! Whether what is kept of submissions is as it was written.

use crate::facts::joined::AccessDeed;
use crate::facts::joined::AccessRefusal;
use crate::facts::joined::JoinedAccess;
use crate::facts::submission::SubmittedFiling;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::submitted::ACCESSES;
use crate::store::submitted::BY;
use crate::store::submitted::DEED;
use crate::store::submitted::DEEDS;
use crate::store::submitted::JOINED;
use crate::store::submitted::LAST;
use crate::store::submitted::OWN;
use crate::store::submitted::REFUSAL;
use crate::store::submitted::REFUSALS;
use crate::store::submitted::ROW;
use crate::store::submitted::ROWS;
use crate::store::submitted::SUBMITTERS;
use crate::store::submitted::SubmittedFilings;
use crate::store::submitted::key_of;
use crate::store::submitted::own_key;
use crate::store::submitted::prefix_of;

impl SubmittedFilings {
    /// Tells of each record of the tree what is wrong with it; `None` where nothing is.
    pub(crate) fn inspect(&self, told: &mut dyn FnMut(Option<String>)) -> Result<(), StoreError> {
        for record in self.tree.iter() {
            let (key, bytes) = record.map_err(self.tree.failed())?;
            told(match self.fault(&key, &bytes) {
                Ok(fault) => fault.map(str::to_owned),
                Err(error @ (StoreError::Record { .. } | StoreError::Format { .. })) => {
                    Some(error.to_string())
                }
                Err(error) => return Err(error),
            });
        }
        Ok(())
    }

    fn fault(&self, key: &[u8], bytes: &[u8]) -> Result<Option<&'static str>, StoreError> {
        let has = |key: &[u8]| self.tree.contains_key(key).map_err(self.tree.failed());
        Ok(match key.first() {
            Some(&ROW) => {
                let row: SubmittedFiling = encoding::decode(ROWS, bytes)?;
                if *key != key_of(ROW, &row) {
                    Some("a submitted filing does not stand where it belongs")
                } else if !has(&own_key(&row.provider, key))? {
                    Some("a submitted filing is not among its provider's")
                } else {
                    None
                }
            }
            Some(&OWN) => {
                let place = key.iter().position(|byte| *byte == 0);
                let row = place.map_or(&[][..], |place| &key[place + 1..]);
                (!has(row)?).then_some("a submitted filing is missing")
            }
            Some(&BY) => {
                let _by: String = encoding::decode(SUBMITTERS, bytes)?;
                let row = [&[ROW], &key[1..]].concat();
                (!has(&row)?).then_some("a submitted filing is missing")
            }
            Some(&JOINED) => {
                let access: JoinedAccess = encoding::decode(ACCESSES, bytes)?;
                let is_its = *key == key_of(JOINED, &access.row);
                (!is_its).then_some("a joined access does not stand where it belongs")
            }
            Some(&REFUSAL) => encoding::decode::<AccessRefusal>(REFUSALS, bytes).map(|_| None)?,
            Some(&DEED) => {
                let deed: AccessDeed = encoding::decode(DEEDS, bytes)?;
                let is_its = key.starts_with(&prefix_of(DEED, &deed.target));
                (!is_its).then_some("a deed about an access does not stand where it belongs")
            }
            _ if key == LAST => (bytes.len() != 8).then_some("a number is none"),
            _ => Some("a record of no kind that is known"),
        })
    }
}
