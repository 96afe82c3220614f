//! One night, from its first target to its end, its window or a stop.
//!
//! A stop claims no more, lets what is in flight finish, and leaves the rest for next time.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::facts::change::Doubt;
use crate::facts::change::EndedBy;
use crate::facts::change::NightCounts;
use crate::facts::change::Scan;
use crate::facts::examination::Examination;
use crate::net::pace;
use crate::net::pace::Pace;
use crate::scan::examine::Stages;
use crate::scan::flight::Flight;
use crate::scan::flight::Step;
use crate::scan::frontier::Frontier;
use crate::scan::queue::Queue;
use crate::scan::witness::Witness;
use crate::scan::witness::is_lost;
use crate::store::StoreError;
use crate::store::journal::Journal;
use crate::store::links;
use crate::store::registers::KeptExaminations;
use crate::store::registers::Registers;
use crate::store::writer::NightWriter;

/// When a night ends before everything is done.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// The window closes then.
    pub until: Option<Instant>,
    /// So many targets are examined in this run.
    pub targets: Option<u64>,
}

/// How long work in flight may take after a stop.
const GRACE: Duration = Duration::from_secs(30);

/// What a running night shows of itself: the counts so far.
pub type Progress<'a> = &'a (dyn Fn(&NightCounts) + Sync);

/// Runs one night to its end, or to the limits or the stop of `run`. Returns how it ended and what it
/// counted, and the journal to seal or keep.
pub async fn run(
    stages: Arc<Stages>,
    pace: Arc<Pace>,
    frontier: Frontier,
    writer: NightWriter,
    run: Run<'_>,
) -> Result<(EndedBy, NightCounts, Journal), StoreError> {
    let mut flight = Flight::new(stages, Arc::clone(&pace), Queue::new(frontier), writer, &run)?;
    let ended_by = loop {
        flight.reap();
        if run.stop.is_cancelled() || flight.has_failed() {
            break EndedBy::Signal;
        }
        if run.limits.until.is_some_and(|until| Instant::now() >= until) {
            tell_that_time_is_up();
            break EndedBy::Window;
        }
        match flight.step() {
            Step::Moved => (run.progress)(flight.counts()),
            Step::Over if flight.is_limited() => break EndedBy::Limit,
            Step::Over => break EndedBy::Done,
            Step::Wait(wake) => {
                tokio::select! {
                    () = flight.lands() => {}
                    () = pace.hears() => {}
                    () = until(wake) => {}
                    () = run.stop.cancelled() => {}
                    () = until(run.limits.until) => {}
                }
            }
        }
    };
    let ended_by = land(&mut flight, &pace, ended_by, &run).await;
    flight.release_last();
    land(&mut flight, &pace, ended_by, &run).await;
    flight.finish(ended_by).await
}

/// Lets what is in flight finish. Whoever asked for an end gets it after a grace, and a stop
/// reaches the last targets too, since they may take long. Returns how the night ended: what
/// was asked for when all was done changes nothing.
async fn land(flight: &mut Flight, pace: &Pace, ended_by: EndedBy, run: &Run<'_>) -> EndedBy {
    let is_told_to_end = matches!(ended_by, EndedBy::Signal | EndedBy::Window);
    let mut grace = is_told_to_end.then(|| Instant::now() + GRACE);
    let mut broken_off = ended_by;
    while flight.is_busy() {
        tokio::select! {
            () = flight.lands() => (run.progress)(flight.counts()),
            () = pace.hears() => flight.keep_rests(),
            () = until(grace) => return broken_off,
            () = run.stop.cancelled(), if grace.is_none() => {
                broken_off = EndedBy::Signal;
                grace = Some(Instant::now() + GRACE);
            }
            () = until(run.limits.until), if grace.is_none() => {
                tell_that_time_is_up();
                broken_off = EndedBy::Window;
                grace = Some(Instant::now() + GRACE);
            }
        }
    }
    if flight.is_over() { EndedBy::Done } else { ended_by }
}

fn tell_that_time_is_up() {
    tracing::info!("time is up: what is in flight is finished, the rest is kept for next time");
}

/// How a run of a night is bounded and watched.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// When to end early.
    pub limits: &'a Limits,
    /// `[pace]`: how many targets are in flight, and how long addresses that rest are waited for.
    pub pace: &'a pace::Settings,
    /// A folder for what waits.
    pub dir: &'a Path,
    /// Asks for an end.
    pub stop: &'a CancellationToken,
    /// The counts of earlier runs of the same night.
    pub counts: NightCounts,
    /// Told the counts now and then.
    pub progress: Progress<'a>,
}

impl std::fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("limits", self.limits).finish_non_exhaustive()
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// The night to run: the unfinished one, or a new one that `begin` describes.
pub fn tonight(latest: Option<Scan>, now: Timestamp, begin: impl FnOnce(u32) -> Scan) -> Scan {
    match latest {
        Some(scan) if !scan.is_finished() => Scan { stopped: None, ended_by: None, ..scan },
        latest => {
            let night = latest.map_or(1, |scan| scan.night + 1);
            Scan { started: now, ..begin(night) }
        }
    }
}

/// What the journal so far bears witness of. `last` are the examinations of the nights before.
pub fn witness(journal: &Journal, last: &KeptExaminations) -> Result<Witness, StoreError> {
    let witness = Witness::default();
    for outcome in journal.outcomes(0)? {
        let examination = outcome?.1.examination;
        witness.add(&examination, || last.of(&examination.target));
    }
    Ok(witness)
}

/// Keeps every examination of a finished night as the last one of its target, then lets the journal
/// go. Of a night whose name servers are not to be believed, what it lost is not kept in place of what was
/// known before: the next night is measured by that, since one name server may deny everything for weeks.
/// Sites that are silent for a second night are believed to be: a provider may have stopped them all, and
/// nobody is accused for it.
pub fn seal(
    registers: &Registers,
    journal: Journal,
    now: Timestamp,
    doubt: Option<Doubt>,
) -> Result<(), StoreError> {
    let last = (doubt == Some(Doubt::Names)).then(|| registers.kept_examinations());
    let is_kept = |examination: &Examination| {
        let last = last.as_ref().filter(|_| is_lost(examination));
        last.is_none_or(|last| last.of(&examination.target).is_none())
    };
    match keep(registers, &journal, now, (&is_kept, false)) {
        // Trails of earlier nights cannot be imported again, and must not stop every further night.
        Err(error @ (StoreError::Damaged { .. } | StoreError::Record { .. })) => {
            tracing::error!(%error, "the trails of earlier nights are lost; tonight's are kept");
            keep(registers, &journal, now, (&is_kept, true))?;
        }
        kept => kept?,
    }
    links::keep(registers, &journal, now)?;
    journal.remove()
}

fn keep(
    registers: &Registers,
    journal: &Journal,
    now: Timestamp,
    (is_kept, replaces): (&dyn Fn(&Examination) -> bool, bool),
) -> Result<(), StoreError> {
    let mut examinations = registers.begin::<Examination>(replaces);
    for outcome in journal.outcomes(0)? {
        let examination = outcome?.1.examination;
        if is_kept(&examination) {
            examinations.push(&examination)?;
        }
    }
    examinations.finish(now).map(|_| ())
}
