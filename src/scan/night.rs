//! One night: takes targets from the frontier as long as permits are free and the night lasts,
//! examines each in a task of its own, and hands what it learnt to the store's writer.
//!
//! Three bounds give all the back-pressure there is: targets in flight, pace, and the writer's
//! queue. A stop claims no more, lets what is in flight finish, and leaves the rest for next time.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Time;
use serde::Deserialize;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::facts::candidate::Candidate;
use crate::facts::change::EndedBy;
use crate::facts::change::NightCounts;
use crate::facts::change::Scan;
use crate::facts::examination::Examination;
use crate::net::pace::Pace;
use crate::scan::examine::Stages;
use crate::scan::examine::Surveyed;
use crate::scan::examine::survey::has_failed;
use crate::scan::frontier::Frontier;
use crate::scan::queue::Next;
use crate::scan::queue::Queue;
use crate::scan::queue::Turn;
use crate::scan::tally;
use crate::stages::judge::Parked;
use crate::store::StoreError;
use crate::store::journal::Journal;
use crate::store::journal::Outcome;
use crate::store::registers::Registers;
use crate::store::writer::NightWriter;

/// `[scan]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The window that ends a night that is given no `--until` or `--for`, as `01:00-06:00`.
    pub window: Option<String>,
    /// Nights in a row that close a silent finding.
    pub misses_to_close: u32,
    /// Filed and connected names are probed once in so many nights; 0 is never.
    pub verify_filed_nights: u32,
    /// Whether names found in links become candidates.
    pub follow_links: bool,
    /// Whether a parked name counts as live.
    pub parked: Parked,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window: None,
            misses_to_close: 3,
            verify_filed_nights: 30,
            follow_links: false,
            parked: Parked::Ignore,
        }
    }
}

/// From when to when nights run, in China's time; it may reach past midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// It opens then.
    pub opens: Time,
    /// It closes then.
    pub closes: Time,
}

impl Window {
    /// Whether `time` lies within.
    pub fn is_open_at(self, time: Time) -> bool {
        if self.opens <= self.closes {
            self.opens <= time && time < self.closes
        } else {
            self.opens <= time || time < self.closes
        }
    }
}

impl FromStr for Window {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time = |part: &str| Time::strptime("%H:%M", part.trim()).ok();
        let ends = text.split_once('-').and_then(|(from, to)| time(from).zip(time(to)));
        let (opens, closes) =
            ends.ok_or_else(|| format!("window `{text}` is not of the form 01:00-06:00"))?;
        if opens == closes {
            return Err(format!("window `{text}` is never open; leave it out for no window"));
        }
        Ok(Self { opens, closes })
    }
}

impl Settings {
    /// Tells what is wrong with the values, if anything is.
    pub fn validate(&self) -> Result<(), String> {
        if self.misses_to_close == 0 {
            return Err("misses_to_close must be at least 1".to_owned());
        }
        self.window().map(|_| ())
    }

    /// The window, if one is set.
    pub fn window(&self) -> Result<Option<Window>, String> {
        self.window.as_deref().map(str::parse).transpose()
    }
}

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

/// Runs one night to its end, or to `limits` or `stop`. Returns how it ended and what it counted,
/// and the journal to seal or keep.
pub async fn run(
    stages: Arc<Stages>,
    pace: Arc<Pace>,
    frontier: Frontier,
    writer: NightWriter,
    run: Run<'_>,
) -> Result<(EndedBy, NightCounts, Journal), StoreError> {
    let writer = Arc::new(writer);
    let mut flight = Flight {
        tasks: JoinSet::new(),
        queue: Queue::new(frontier),
        counts: run.counts,
        failure: None,
    };
    let mut claimed = 0_u64;
    let ended_by = loop {
        while let Some(done) = flight.tasks.try_join_next() {
            flight.settle(done);
        }
        if run.stop.is_cancelled() || flight.failure.is_some() {
            break EndedBy::Signal;
        }
        if run.limits.until.is_some_and(|until| Instant::now() >= until) {
            break EndedBy::Window;
        }
        if run.limits.targets.is_some_and(|limit| claimed >= limit) {
            break EndedBy::Limit;
        }
        let permit = tokio::select! {
            permit = pace.in_flight() => permit,
            () = run.stop.cancelled() => continue,
            () = until(run.limits.until) => continue,
        };
        let (candidate, turn) = match flight.next() {
            None => continue,
            Some(Next::Target(candidate, turn)) => (candidate, turn),
            Some(Next::Over) => break EndedBy::Done,
            Some(Next::Wait) => {
                drop(permit);
                flight.wait(run).await;
                continue;
            }
        };
        claimed += u64::from(turn == Turn::First);
        let may_fail =
            turn == Turn::First && run.limits.targets.is_none() && flight.queue.has_room();
        let (stages, writer) = (Arc::clone(&stages), Arc::clone(&writer));
        flight.tasks.spawn(async move {
            let examined = examine(&stages, &writer, candidate, may_fail).await;
            drop(permit);
            examined
        });
        (run.progress)(&flight.counts);
    };
    let ended_by = flight.land(ended_by, run).await;
    let Flight { mut tasks, counts, failure, .. } = flight;
    // What is still in flight after the grace was never reported as done, and is first next time.
    tasks.shutdown().await;
    let journal = Arc::into_inner(writer).map(NightWriter::finish).transpose()?;
    match (failure, journal) {
        (Some(error), _) => Err(error),
        (None, Some(journal)) => Ok((ended_by, counts, journal)),
        (None, None) => Err(StoreError::WriterLost),
    }
}

/// The targets in flight, and what came of those that are back.
struct Flight {
    tasks: JoinSet<Result<Examined, StoreError>>,
    queue: Queue,
    counts: NightCounts,
    failure: Option<StoreError>,
}

impl Flight {
    /// What is next; `None` where that cannot be read, which is the night's failure.
    fn next(&mut self) -> Option<Next> {
        match self.queue.next(self.tasks.is_empty()) {
            Ok(next) => Some(next),
            Err(error) => {
                self.failure.get_or_insert(error);
                None
            }
        }
    }

    fn settle(&mut self, done: Joined) {
        match done {
            Ok(Ok(Examined::Done(outcome))) => tally::add(&mut self.counts, &outcome),
            Ok(Ok(Examined::Failed(candidate))) => self.queue.ask_again(candidate),
            Ok(Ok(Examined::OutOfScope)) => {}
            Ok(Err(error)) => {
                self.failure.get_or_insert(error);
            }
            Err(error) => {
                tracing::error!(%error, "an examination broke off; the target counts as lost");
                self.counts.lost += 1;
            }
        }
    }

    /// Waits until one more is back, or the night is to end.
    async fn wait(&mut self, run: Run<'_>) {
        tokio::select! {
            Some(done) = self.tasks.join_next() => self.settle(done),
            () = run.stop.cancelled() => {}
            () = until(run.limits.until) => {}
        }
    }

    /// Lets what is in flight finish. Whoever asked for an end gets it after a grace, and a stop
    /// reaches the last targets too, since they may take long. Returns how the night ended: what
    /// was asked for when all was done changes nothing.
    async fn land(&mut self, ended_by: EndedBy, run: Run<'_>) -> EndedBy {
        let is_told_to_end = matches!(ended_by, EndedBy::Signal | EndedBy::Window);
        let mut grace = is_told_to_end.then(|| Instant::now() + GRACE);
        let mut broken_off = ended_by;
        loop {
            tokio::select! {
                done = self.tasks.join_next() => {
                    let Some(done) = done else { break };
                    self.settle(done);
                    (run.progress)(&self.counts);
                },
                () = until(grace) => return broken_off,
                () = run.stop.cancelled(), if grace.is_none() => {
                    broken_off = EndedBy::Signal;
                    grace = Some(Instant::now() + GRACE);
                }
                () = until(run.limits.until), if grace.is_none() => {
                    broken_off = EndedBy::Window;
                    grace = Some(Instant::now() + GRACE);
                }
            }
        }
        if matches!(self.next(), Some(Next::Over)) { EndedBy::Done } else { ended_by }
    }
}

/// How a run of a night is bounded and watched.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// When to end early.
    pub limits: &'a Limits,
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

/// What became of one target.
enum Examined {
    /// It is the writer's.
    Done(Box<Outcome>),
    /// The name servers failed; it is to be asked again.
    Failed(Candidate),
    /// It is not this run's to judge.
    OutOfScope,
}

/// Examines one target and hands what came of it to the writer; unless the name servers failed and
/// it `may_fail`, because it is asked again.
async fn examine(
    stages: &Stages,
    writer: &NightWriter,
    candidate: Candidate,
    may_fail: bool,
) -> Result<Examined, StoreError> {
    let kept = may_fail.then(|| candidate.clone());
    let (has_failed, surveyed) = match stages.survey(candidate).await? {
        Surveyed::OutOfScope => return Ok(Examined::OutOfScope),
        Surveyed::Settled(outcome) => (has_failed(&outcome.examination), Ok(outcome)),
        Surveyed::Waits(survey, _) => (survey.has_failed(), Err(survey)),
    };
    if let Some(candidate) = kept.filter(|_| has_failed) {
        return Ok(Examined::Failed(candidate));
    }
    let outcome = match surveyed {
        Ok(outcome) => outcome,
        Err(survey) => Box::new(stages.visit(*survey).await?),
    };
    writer.send((*outcome).clone()).await?;
    Ok(Examined::Done(outcome))
}

type Joined = Result<Result<Examined, StoreError>, tokio::task::JoinError>;

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

/// Keeps every examination of a finished night as the last one of its target, then lets the journal
/// go.
pub fn seal(registers: &mut Registers, journal: Journal, now: Timestamp) -> Result<(), StoreError> {
    match keep(registers, &journal, now, false) {
        // Trails of earlier nights cannot be imported again, and must not stop every further night.
        Err(error @ (StoreError::Damaged { .. } | StoreError::Record { .. })) => {
            tracing::error!(%error, "the trails of earlier nights are lost; tonight's are kept");
            keep(registers, &journal, now, true)?;
        }
        kept => kept?,
    }
    journal.remove()
}

fn keep(
    registers: &mut Registers,
    journal: &Journal,
    now: Timestamp,
    replaces: bool,
) -> Result<(), StoreError> {
    let mut examinations = registers.begin::<Examination>(replaces);
    for outcome in journal.outcomes(0)? {
        examinations.push(&outcome?.1.examination)?;
    }
    examinations.finish(now).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_may_reach_past_midnight() {
        let time = |text| Time::strptime("%H:%M", text).unwrap();
        let day: Window = "01:00-06:00".parse().unwrap();
        let night: Window = "22:00-06:00".parse().unwrap();
        for (at, in_day, in_night) in [
            ("00:59", false, true),
            ("01:00", true, true),
            ("05:59", true, true),
            ("06:00", false, false),
            ("21:59", false, false),
            ("22:00", false, true),
        ] {
            assert_eq!(day.is_open_at(time(at)), in_day, "{at}");
            assert_eq!(night.is_open_at(time(at)), in_night, "{at}");
        }
        assert!("6-7".parse::<Window>().is_err());
        assert!("06:00".parse::<Window>().is_err());
    }
}
