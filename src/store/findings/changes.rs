//! How findings change: what a night or a person wrote, each in turn and in one batch, and what was
//! told of it, in order.

use std::collections::HashMap;

use tokio::sync::watch;
use ulid::Ulid;

use crate::facts::change::Change;
use crate::facts::change::ChangeKind;
use crate::facts::change::Told;
use crate::facts::dossier::Dossier;
use crate::facts::dossier::EvidenceFile;
use crate::facts::finding::Answer;
use crate::facts::finding::Finding;
use crate::facts::lifecycle::Amendment;
use crate::facts::overseers::Overseers;
use crate::store::StoreError;
use crate::store::catalogue::News;
use crate::store::encoding;
use crate::store::findings::ANSWER;
use crate::store::findings::CHANGE;
use crate::store::findings::Findings;
use crate::store::findings::HISTORY;
use crate::store::findings::IDENTITY;
use crate::store::findings::POSITION;
use crate::store::findings::Position;
use crate::store::findings::Update;
use crate::store::findings::finding_prefix;
use crate::store::findings::with_id;

/// A batch that is being put together by whoever has the turn to write.
pub(super) struct Draft {
    pub(super) batch: sled::Batch,
    pub(super) sequence: u64,
    /// The findings of the batch as they are from then on.
    pub(super) findings: HashMap<Ulid, Finding>,
    /// Whose findings were until then, of those that are told of.
    pub(super) before: HashMap<Ulid, Overseers>,
    /// The changes of the batch.
    told: Vec<News>,
}

impl Findings {
    /// Applies updates that rest on nothing that was read before; see [`Writing::apply`].
    ///
    /// [`Writing::apply`]: crate::store::findings::Writing::apply
    pub fn apply<'a>(
        &self,
        updates: impl IntoIterator<Item = &'a Update>,
        position: Option<Position>,
    ) -> Result<(), StoreError> {
        self.writing().apply(updates, position)
    }

    /// Under [`Findings::writing`].
    pub(super) fn apply_all<'a>(
        &self,
        updates: impl IntoIterator<Item = &'a Update>,
        position: Option<Position>,
        files: &[EvidenceFile],
    ) -> Result<(), StoreError> {
        let mut draft = self.draft()?;
        let updates: Vec<&Update> = updates.into_iter().collect();
        for update in &updates {
            for change in &update.changes {
                draft.look_back(self, change)?;
            }
            for finding in &update.findings {
                draft.put_finding(finding)?;
            }
            for change in &update.changes {
                draft.put_change(change, None)?;
            }
            for (finding, dossier) in &update.dossiers {
                Self::batch_dossier(&mut draft.batch, *finding, dossier)?;
            }
        }
        for file in files {
            Self::batch_evidence(&mut draft.batch, file)?;
        }
        if let Some(position) = position {
            draft.batch.insert(POSITION, encoding::encode("position", &position)?);
        }
        let dossiers = updates.iter().flat_map(|update| &update.dossiers);
        self.keep(draft, dossiers.map(|(id, dossier)| (*id, Some(dossier))))
    }

    /// Writes the draft, and lets those know who follow. Under [`Findings::writing`].
    pub(super) fn keep<'a>(
        &self,
        draft: Draft,
        dossiers: impl Iterator<Item = (Ulid, Option<&'a Dossier>)>,
    ) -> Result<(), StoreError> {
        let Draft { batch, sequence, findings, told, .. } = draft;
        self.write(batch)?;
        if let Some(catalogue) = self.catalogue.get() {
            catalogue.follow(findings.values(), told.into_iter(), dossiers);
        }
        self.told.send_replace(sequence);
        Ok(())
    }

    /// Lets `decide` see each finding of `ids` as it is now, `None` where there is none, and keeps what
    /// it makes of all of them in one batch. Nobody writes between its look and that.
    pub fn amend<E: From<StoreError>>(
        &self,
        ids: &[Ulid],
        mut decide: impl FnMut(usize, Option<&Finding>) -> Result<Option<Amendment>, E>,
    ) -> Result<(), E> {
        let writing = self.writing();
        let mut draft = self.draft()?;
        for (index, id) in ids.iter().enumerate() {
            let current = match draft.findings.get(id) {
                Some(finding) => Some(finding.clone()),
                None => self.by_id(*id)?,
            };
            if let Some(amendment) = decide(index, current.as_ref())? {
                draft.put_finding(&amendment.finding)?;
                draft.put_change(&amendment.change, amendment.answer.as_ref())?;
            }
        }
        if !draft.findings.is_empty() {
            self.keep(draft, std::iter::empty())?;
            writing.turn();
        }
        Ok(())
    }

    pub(super) fn draft(&self) -> Result<Draft, StoreError> {
        let sequence = self.last_sequence()?;
        Ok(Draft {
            batch: sled::Batch::default(),
            sequence,
            findings: HashMap::new(),
            before: HashMap::new(),
            told: Vec::new(),
        })
    }

    /// The sequence of the newest change; 0 where nothing was ever told.
    pub fn last_sequence(&self) -> Result<u64, StoreError> {
        let last =
            self.tree.scan_prefix([CHANGE]).next_back().transpose().map_err(self.failed())?;
        let number = last.and_then(|(key, _)| key.last_chunk::<8>().copied());
        Ok(number.map_or(0, u64::from_be_bytes))
    }

    /// Tells of each new change: holds the sequence of the newest one.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.told.subscribe()
    }

    /// The change with this number; `None` where there is none yet.
    pub fn told(&self, sequence: u64) -> Result<Option<Told>, StoreError> {
        let change = self.value::<Change>("change", &numbered(CHANGE, sequence))?;
        change.map(|change| self.with_answer(sequence, change)).transpose()
    }

    /// Every change after this number, in order.
    pub fn told_after(
        &self,
        sequence: u64,
    ) -> impl Iterator<Item = Result<Told, StoreError>> + Send + use<> {
        let findings = self.clone();
        let failed = self.failed();
        let from = numbered(CHANGE, sequence.saturating_add(1));
        self.tree.range(from..vec![CHANGE + 1]).map(move |record| {
            let (key, bytes) = record.map_err(&failed)?;
            let number = key.last_chunk::<8>().copied().map_or(0, u64::from_be_bytes);
            findings.with_answer(number, encoding::decode("change", &bytes)?)
        })
    }

    fn with_answer(&self, sequence: u64, change: Change) -> Result<Told, StoreError> {
        let answer = match change.kind {
            ChangeKind::Answered => self.value::<Answer>("answer", &numbered(ANSWER, sequence))?,
            ChangeKind::Opened
            | ChangeKind::Reopened
            | ChangeKind::Closed
            | ChangeKind::Upheld
            | ChangeKind::Transferred => None,
        };
        Ok(Told { sequence, change, answer })
    }

    /// Everything that was told of one finding, oldest first, with its numbers and answers.
    pub fn trail(&self, id: Ulid) -> Result<Vec<Told>, StoreError> {
        let mut trail = Vec::new();
        for record in self.tree.scan_prefix(with_id(HISTORY, id)) {
            let (key, _) = record.map_err(self.failed())?;
            let Some(sequence) = key.last_chunk::<8>() else { continue };
            trail.extend(self.told(u64::from_be_bytes(*sequence))?);
        }
        Ok(trail)
    }

    /// Everything that was told of one finding, oldest first.
    pub fn history(&self, id: Ulid) -> Result<Vec<Change>, StoreError> {
        Ok(self.trail(id)?.into_iter().map(|told| told.change).collect())
    }
}

impl Draft {
    pub(super) fn put_finding(&mut self, finding: &Finding) -> Result<(), StoreError> {
        let key = finding_key(finding);
        self.batch.insert(with_id(IDENTITY, finding.id), key.clone());
        self.batch.insert(key, encoding::encode("finding", finding)?);
        self.findings.insert(finding.id, finding.clone());
        Ok(())
    }

    pub(super) fn put_change(
        &mut self,
        change: &Change,
        answer: Option<&Answer>,
    ) -> Result<(), StoreError> {
        self.sequence += 1;
        let number = self.sequence.to_be_bytes();
        self.batch.insert(numbered(CHANGE, self.sequence), encoding::encode("change", change)?);
        let mut key = with_id(HISTORY, change.finding);
        key.extend_from_slice(&number);
        self.batch.insert(key, Vec::new());
        let from = self.put_transfer(change.finding, self.sequence)?;
        self.told.push(News { finding: change.finding, sequence: self.sequence, from });
        if let Some(finding) = self.findings.get(&change.finding) {
            let findings = std::slice::from_ref(finding);
            Findings::batch_circumstances(&mut self.batch, self.sequence, change, findings)?;
        }
        if let Some(answer) = answer {
            let value = encoding::encode("answer", answer)?;
            self.batch.insert(numbered(ANSWER, self.sequence), value);
        }
        Ok(())
    }
}

fn finding_key(finding: &Finding) -> Vec<u8> {
    let mut key = finding_prefix(&finding.key.target);
    key.extend_from_slice(&finding.id.to_bytes());
    key
}

fn numbered(prefix: u8, sequence: u64) -> Vec<u8> {
    [&[prefix][..], &sequence.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests;
