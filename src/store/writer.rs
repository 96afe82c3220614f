//! The one writer of a night: a thread that takes outcomes from a bounded queue, keeps the evidence
//! of findings, appends the outcomes to the journal, and lets sled follow.

use std::thread::JoinHandle;

use tokio::sync::mpsc;

use crate::store::StoreError;
use crate::store::evidence::EvidenceWriter;
use crate::store::findings::Findings;
use crate::store::findings::Position;
use crate::store::journal::Journal;
use crate::store::journal::Outcome;

/// Outcomes that go to the disk together, at the most.
const BATCH: usize = 256;

/// The writer's handle. Dropping it without [`NightWriter::finish`] lets the thread end by itself.
#[derive(Debug)]
pub struct NightWriter {
    queue: mpsc::Sender<Outcome>,
    thread: JoinHandle<Result<Journal, StoreError>>,
}

impl NightWriter {
    /// Brings sled up to where `journal` is, then starts the thread; `queue` outcomes may wait.
    pub fn start(
        findings: Findings,
        journal: Journal,
        evidence: EvidenceWriter,
        queue: usize,
    ) -> Result<Self, StoreError> {
        catch_up(&findings, &journal)?;
        let (sender, receiver) = mpsc::channel(queue.max(1));
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || write(&findings, journal, evidence, receiver))
            .map_err(StoreError::io(std::path::Path::new("the writer's thread")))?;
        Ok(Self { queue: sender, thread })
    }

    /// Hands over one outcome; waits while the queue is full. It is done when it is in the journal,
    /// which may be after this returns.
    pub async fn send(&self, outcome: Outcome) -> Result<(), StoreError> {
        self.queue.send(outcome).await.map_err(|_| StoreError::WriterLost)
    }

    /// Waits until everything that was sent is on the disk, or tells why it is not.
    pub fn finish(self) -> Result<Journal, StoreError> {
        drop(self.queue);
        self.thread.join().unwrap_or(Err(StoreError::WriterLost))
    }
}

/// Applies the records that a crash kept sled from seeing.
pub fn catch_up(findings: &Findings, journal: &Journal) -> Result<(), StoreError> {
    let night = journal.night();
    let from = findings
        .position()?
        .filter(|position| position.night == night)
        .map_or(0, |position| position.offset);
    for outcome in journal.outcomes(from)? {
        let (offset, outcome) = outcome?;
        if outcome.changes_something() {
            findings.apply([&outcome.update], Some(Position { night, offset }))?;
        }
    }
    Ok(())
}

fn write(
    findings: &Findings,
    mut journal: Journal,
    mut evidence: EvidenceWriter,
    mut queue: mpsc::Receiver<Outcome>,
) -> Result<Journal, StoreError> {
    let night = journal.night();
    let mut batch = Vec::with_capacity(BATCH);
    while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
        evidence.keep(&mut batch, findings)?;
        let files = evidence.sync()?;
        let offset = journal.append(&batch)?;
        if !files.is_empty() || batch.iter().any(Outcome::changes_something) {
            let updates = batch.iter().map(|outcome| &outcome.update);
            findings.apply_with(updates, Some(Position { night, offset }), &files)?;
        }
        batch.clear();
    }
    for file in evidence.sync()? {
        findings.put_evidence(&file)?;
    }
    Ok(journal)
}

impl Outcome {
    fn changes_something(&self) -> bool {
        !self.update.findings.is_empty() || !self.update.changes.is_empty()
    }
}

#[cfg(test)]
mod tests;
