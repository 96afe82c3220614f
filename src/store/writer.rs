//! The one writer of a night: a thread that takes outcomes from a bounded queue, keeps the evidence
//! of findings, appends the outcomes to the journal, and lets sled follow.
//!
//! Others may have changed findings since an outcome was judged: answered them, taken them back. Such
//! an outcome is judged again here, where nobody can come between any more.

use std::path::Path;
use std::thread::JoinHandle;

use tokio::sync::mpsc;
use tracing::dispatcher;

use crate::store::StoreError;
use crate::store::evidence::EvidenceWriter;
use crate::store::findings::Findings;
use crate::store::findings::Position;
use crate::store::journal::Journal;
use crate::store::journal::Outcome;

/// Outcomes that go to the disk together, at the most.
const BATCH: usize = 256;

/// Judges an outcome again, by what the findings are now.
pub type JudgeAgain = Box<dyn Fn(&mut Outcome) -> Result<(), StoreError> + Send>;

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
        judge_again: JudgeAgain,
    ) -> Result<Self, StoreError> {
        catch_up(&findings, &journal)?;
        let (sender, receiver) = mpsc::channel(queue.max(1));
        let parts = Parts { findings, journal, evidence, judge_again };
        // What it has to say is for whoever asked for the night.
        let log = dispatcher::get_default(Clone::clone);
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || dispatcher::with_default(&log, || write(parts, receiver)))
            .map_err(StoreError::io(Path::new("the writer's thread")))?;
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

/// Applies what a crash kept sled from seeing of the journals in `dir`. To be done before anybody reads
/// or writes: what is applied later would undo what was said meanwhile.
pub fn catch_up_with_all(findings: &Findings, dir: &Path) -> Result<(), StoreError> {
    for (night, path) in Journal::all(dir)? {
        let is_past = findings.position()?.is_some_and(|position| position.night > night);
        if !is_past {
            catch_up(findings, &Journal::look(&path, night)?)?;
        }
    }
    Ok(())
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

/// What the thread works with.
struct Parts {
    findings: Findings,
    journal: Journal,
    evidence: EvidenceWriter,
    judge_again: JudgeAgain,
}

fn write(parts: Parts, mut queue: mpsc::Receiver<Outcome>) -> Result<Journal, StoreError> {
    let Parts { findings, mut journal, mut evidence, judge_again } = parts;
    let night = journal.night();
    let mut batch = Vec::with_capacity(BATCH);
    while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
        let writing = findings.writing();
        let turns = findings.turns();
        for outcome in batch.iter_mut().filter(|outcome| outcome.turns != turns) {
            judge_again(outcome)?;
        }
        evidence.keep(&mut batch, &findings)?;
        let files = evidence.sync()?;
        let offset = journal.append(&batch)?;
        if !files.is_empty() || batch.iter().any(Outcome::changes_something) {
            let updates = batch.iter().map(|outcome| &outcome.update);
            writing.apply_with(updates, Some(Position { night, offset }), &files)?;
        }
        batch.clear();
    }
    let writing = findings.writing();
    for file in evidence.sync()? {
        writing.put_evidence(&file)?;
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
