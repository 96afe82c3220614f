//! What held of findings when their changes were told, so that a past month stays what it was.

use crate::facts::change::Change;
use crate::facts::change::Circumstances;
use crate::facts::change::Event;
use crate::facts::finding::Finding;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::findings::CHANGE;
use crate::store::findings::CIRCUMSTANCES;
use crate::store::findings::Findings;

impl Findings {
    /// Every change after number `after` in the order in which it was told, each with what held then.
    pub fn events(
        &self,
        after: u64,
    ) -> impl Iterator<Item = Result<Event, StoreError>> + Send + use<> {
        let failed = self.failed();
        let tree = self.tree.clone();
        let first = [&[CHANGE][..], &after.saturating_add(1).to_be_bytes()].concat();
        let end = vec![CHANGE + 1];
        self.tree.range(first..end).map(move |record| {
            let (key, bytes) = record.map_err(&failed)?;
            let number = key.last_chunk::<8>().copied().unwrap_or_default();
            let held = tree.get([&[CIRCUMSTANCES][..], &number].concat()).map_err(&failed)?;
            let held = held.map(|bytes| encoding::decode("circumstances", &bytes)).transpose()?;
            Ok(Event {
                sequence: u64::from_be_bytes(number),
                change: encoding::decode("change", &bytes)?,
                circumstances: held,
            })
        })
    }

    /// Keeps what holds of the finding of `change`, if it is among those that are written with it.
    pub(super) fn batch_circumstances(
        batch: &mut sled::Batch,
        sequence: u64,
        change: &Change,
        findings: &[Finding],
    ) -> Result<(), StoreError> {
        let Some(finding) = findings.iter().rfind(|finding| finding.id == change.finding) else {
            return Ok(());
        };
        let held = Circumstances {
            bureau: finding.bureau,
            due: finding.due,
            answer: finding.answer.as_ref().map(|answer| answer.result),
        };
        let key = [&[CIRCUMSTANCES][..], &sequence.to_be_bytes()].concat();
        batch.insert(key, encoding::encode("circumstances", &held)?);
        Ok(())
    }
}
