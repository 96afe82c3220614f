//! Whose findings were before they went to others, so that those can be told that they went.

use ulid::Ulid;

use crate::facts::change::Change;
use crate::facts::change::ChangeKind;
use crate::facts::overseers::Overseers;
use crate::facts::overseers::Transfer;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::findings::Findings;
use crate::store::findings::changes::Draft;

/// `t` sequence of a change → who watched over the finding before it.
pub(super) const TRANSFER: u8 = b't';

impl Findings {
    /// Every change by which a finding went to others, in order, with whose it was before.
    pub(crate) fn transfers(
        &self,
    ) -> impl Iterator<Item = Result<(u64, Transfer), StoreError>> + Send + use<> {
        let failed = self.failed();
        self.tree.scan_prefix([TRANSFER]).map(move |record| {
            let (key, bytes) = record.map_err(&failed)?;
            let number = key.last_chunk::<8>().copied().map_or(0, u64::from_be_bytes);
            Ok((number, encoding::decode("transfer", &bytes)?))
        })
    }
}

impl Draft {
    /// Looks up whose the finding of `change` is before the batch is written. One that has just
    /// opened was nobody's.
    pub(super) fn look_back(
        &mut self,
        findings: &Findings,
        change: &Change,
    ) -> Result<(), StoreError> {
        let id = change.finding;
        if change.kind == ChangeKind::Opened || self.before.contains_key(&id) {
            return Ok(());
        }
        let before = match self.findings.get(&id) {
            Some(finding) => Some(Overseers::of(finding)),
            None => findings.by_id(id)?.as_ref().map(Overseers::of),
        };
        self.before.extend(before.map(|before| (id, before)));
        Ok(())
    }

    /// Keeps whose the finding was before the change of this number, where it went to others. Returns
    /// whose.
    pub(super) fn put_transfer(
        &mut self,
        finding: Ulid,
        sequence: u64,
    ) -> Result<Option<Overseers>, StoreError> {
        let now = self.findings.get(&finding).map(Overseers::of);
        let from = self.before.remove(&finding).filter(|before| Some(before) != now.as_ref());
        let Some(from) = from else { return Ok(None) };
        let transfer = Transfer { finding, from: from.clone() };
        let key = [&[TRANSFER][..], &sequence.to_be_bytes()].concat();
        self.batch.insert(key, encoding::encode("transfer", &transfer)?);
        Ok(Some(from))
    }
}
