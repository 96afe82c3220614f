//! The targets in flight: which may begin now, each in a task of its own, and what came of those that
//! are back.
//!
//! Three bounds give all the back-pressure there is: targets in flight, pace, and the writer's
//! queue. Whoever waits for a pace waits on the disk and not in flight.

mod landing;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::task::Id;
use tokio::task::JoinError;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::facts::change::EndedBy;
use crate::facts::change::NightCounts;
use crate::net::pace;
use crate::net::pace::Pace;
use crate::net::pace::Turn;
use crate::scan::examine::Place;
use crate::scan::examine::Stages;
use crate::scan::examine::survey::Survey;
use crate::scan::flight::landing::Landed;
use crate::scan::flight::landing::land;
use crate::scan::flight::landing::send;
use crate::scan::flight::landing::survey;
use crate::scan::night::Run;
use crate::scan::queue;
use crate::scan::queue::Queue;
use crate::scan::queue::Turn as Time;
use crate::scan::tally;
use crate::scan::waiting;
use crate::scan::waiting::Waiting;
use crate::scan::witness::Testimony;
use crate::store::StoreError;
use crate::store::journal::Journal;
use crate::store::journal::Outcome;
use crate::store::writer::NightWriter;

/// One part of the places in flight that is kept for surveys while visits would take all, and for
/// visits while surveys would: an eighth and a quarter.
const KEPT_FOR_SURVEYS: usize = 8;
const KEPT_FOR_VISITS: usize = 4;

/// So many outcomes wait at most until it is known whether the night is to be believed.
const MOST_HELD: usize = 256;

/// A running night.
pub(super) struct Flight {
    stages: Arc<Stages>,
    pace: Arc<Pace>,
    writer: Arc<NightWriter>,
    settings: pace::Settings,
    queue: Queue,
    waiting: Waiting,
    /// What rests on something that is not there, until it is known whether the night is to be believed.
    held: Vec<Outcome>,
    tasks: JoinSet<Result<Landed, StoreError>>,
    /// The visits among the tasks, and where each began.
    visits: HashMap<Id, Place>,
    counts: NightCounts,
    failure: Option<StoreError>,
    /// So many targets may still be begun in this run.
    left: Option<u64>,
    /// Whether the queue had nothing more when it was last asked.
    is_dry: bool,
}

/// What could be done.
pub(super) enum Step {
    /// One more is in flight, or back.
    Moved,
    /// Nothing before one is back, or that moment has come.
    Wait(Option<Instant>),
    /// Nothing any more.
    Over,
}

impl Flight {
    pub(super) fn new(
        stages: Arc<Stages>,
        pace: Arc<Pace>,
        queue: Queue,
        writer: NightWriter,
        run: &Run<'_>,
    ) -> Result<Self, StoreError> {
        let waiting = Waiting::new(run.dir, &pace)?;
        Ok(Self {
            stages,
            pace,
            writer: Arc::new(writer),
            settings: run.pace.clone(),
            queue,
            waiting,
            held: Vec::new(),
            tasks: JoinSet::new(),
            visits: HashMap::new(),
            counts: run.counts,
            failure: None,
            left: run.limits.targets,
            is_dry: false,
        })
    }

    /// What was counted so far.
    pub(super) fn counts(&self) -> &NightCounts {
        &self.counts
    }

    /// Whether our own disk failed; then nothing more is begun.
    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Whether all were begun that this run may begin.
    pub(super) fn is_limited(&self) -> bool {
        self.left == Some(0)
    }

    /// Whether any target is in flight.
    pub(super) fn is_busy(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// Whether nothing is left of the night; what is next is lost by asking.
    pub(super) fn is_over(&mut self) -> bool {
        let next = self.queue.next(self.tasks.is_empty());
        self.waiting.len() == 0 && matches!(next, Ok(queue::Next::Over))
    }

    /// Begins one more target, if any may be begun.
    pub(super) fn step(&mut self) -> Step {
        self.try_step().unwrap_or_else(|error| {
            self.failure.get_or_insert(error);
            Step::Moved
        })
    }

    fn try_step(&mut self) -> Result<Step, StoreError> {
        if self.stages.witness.testimony() != Testimony::Silent || self.held.len() > MOST_HELD {
            self.release();
        }
        let places = self.settings.in_flight.max(1);
        let free = places.saturating_sub(self.tasks.len());
        let kept = if self.is_dry { 0 } else { places / KEPT_FOR_SURVEYS };
        let mut wake = None;
        if free > 0 && self.visits.len() < places - kept {
            match self.waiting.next(&self.pace, free, places)? {
                waiting::Next::Visit(survey, place, turn) => {
                    self.visit(*survey, place, turn);
                    return Ok(Step::Moved);
                }
                waiting::Next::At(moment) => wake = Some(moment),
                waiting::Next::Nobody => {}
            }
        }
        if self.survey(free, places)? {
            return Ok(Step::Moved);
        }
        if !self.tasks.is_empty() || !self.is_dry {
            return Ok(Step::Wait(wake));
        }
        if self.waiting.len() == 0 {
            return Ok(Step::Over);
        }
        let is_soon = wake.is_some_and(|wake| wake <= Instant::now() + self.settings.patience);
        if is_soon {
            return Ok(Step::Wait(wake));
        }
        self.put_off()?;
        Ok(Step::Moved)
    }

    /// Begins the survey of the next target; whether there is one, and a place for it.
    fn survey(&mut self, free: usize, places: usize) -> Result<bool, StoreError> {
        let surveys = self.tasks.len() - self.visits.len();
        let has_visits = self.waiting.len() > 0 || !self.visits.is_empty();
        let kept = if has_visits { places / KEPT_FOR_VISITS } else { 0 };
        if free == 0 || surveys >= places - kept {
            return Ok(false);
        }
        let next =
            if self.is_limited() { queue::Next::Over } else { self.queue.next(surveys == 0)? };
        let (candidate, time) = match next {
            queue::Next::Target(candidate, time) => (candidate, time),
            queue::Next::Wait => return Ok(false),
            queue::Next::Over => {
                self.is_dry = surveys == 0;
                return Ok(false);
            }
        };
        let may_fail = time == Time::First && self.left.is_none() && self.queue.has_room();
        if time == Time::First
            && let Some(left) = &mut self.left
        {
            *left -= 1;
        }
        let (stages, writer) = (Arc::clone(&self.stages), Arc::clone(&self.writer));
        self.tasks.spawn(async move { survey(&stages, &writer, candidate, may_fail).await });
        Ok(true)
    }

    fn visit(&mut self, survey: Survey, place: Place, turn: Turn) {
        let (stages, writer) = (Arc::clone(&self.stages), Arc::clone(&self.writer));
        let from = place.clone();
        let visit = async move { land(&stages, &writer, stages.visit(survey, &from).await?).await };
        let handle = self.tasks.spawn(Pace::with_turn(turn, visit));
        self.visits.insert(handle.id(), place);
    }

    /// Gives up the address that one target waits for, because it rests for longer than anybody waits.
    fn put_off(&mut self) -> Result<(), StoreError> {
        let Some((survey, address)) = self.waiting.give_up()? else { return Ok(()) };
        self.end(survey, address);
        Ok(())
    }

    fn end(&mut self, survey: Box<Survey>, address: IpAddr) {
        tracing::debug!(target = %survey.examination.target, %address, "put off to the next night");
        let (stages, writer) = (Arc::clone(&self.stages), Arc::clone(&self.writer));
        self.tasks.spawn(async move {
            land(&stages, &writer, stages.put_off(*survey, address).await?).await
        });
    }

    /// Hands over what was held back; it is judged again, by what is known of the night now.
    fn release(&mut self) {
        for mut outcome in self.held.drain(..) {
            let (stages, writer) = (Arc::clone(&self.stages), Arc::clone(&self.writer));
            self.tasks.spawn(async move {
                stages.settle_again(&mut outcome)?;
                send(&writer, outcome).await
            });
        }
    }

    /// Nothing more is begun: what was held back is handed over once all others are back.
    pub(super) fn release_last(&mut self) {
        self.stages.witness.conclude();
        self.release();
    }

    /// Keeps for the next run who asked to be left alone, whether or not whoever heard it is back.
    pub(super) fn keep_rests(&mut self) {
        for address in self.pace.asked() {
            self.waiting.keep_rest(address, &self.pace);
        }
    }

    /// Takes in all that are back.
    pub(super) fn reap(&mut self) {
        self.keep_rests();
        while let Some(landed) = self.tasks.try_join_next_with_id() {
            self.settle(landed);
        }
    }

    /// Waits until one more is back, and takes it in; for ever where none is in flight.
    pub(super) async fn lands(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(landed) => self.settle(landed),
            None => std::future::pending().await,
        }
    }

    fn settle(&mut self, landed: Result<(Id, Result<Landed, StoreError>), JoinError>) {
        let id = landed.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        if let Some(place) = self.visits.remove(&id) {
            self.waiting.back(&place);
            self.waiting.keep_rest(place.address, &self.pace);
        }
        let failed = match landed {
            Ok((_, Ok(Landed::Done(outcome)))) => {
                tally::add(&mut self.counts, &outcome);
                None
            }
            Ok((_, Ok(Landed::Held(outcome)))) => {
                self.held.push(*outcome);
                None
            }
            Ok((_, Ok(Landed::Waits(survey, place, worth)))) => {
                self.waiting.push(*survey, place, worth).err()
            }
            Ok((_, Ok(Landed::Again(survey, place)))) if self.waiting.has_room() => {
                self.waiting.push_again(&survey, place).err()
            }
            Ok((_, Ok(Landed::Again(survey, place)))) => {
                self.end(survey, place.address);
                None
            }
            Ok((_, Ok(Landed::Failed(candidate)))) => {
                self.queue.ask_again(candidate);
                None
            }
            Ok((_, Ok(passed @ (Landed::OutOfScope | Landed::NotDue)))) => {
                self.counts.not_due += u64::from(matches!(passed, Landed::NotDue));
                // It was none of those that this run may examine.
                self.left = self.left.map(|left| left + 1);
                None
            }
            Ok((_, Err(error))) => Some(error),
            Err(error) => {
                tracing::error!(%error, "an examination broke off; the target counts as lost");
                self.counts.lost += 1;
                None
            }
        };
        if let Some(error) = failed {
            self.failure.get_or_insert(error);
        }
    }

    /// Ends the night. What is still in flight was never reported as done, and is first next time.
    pub(super) async fn finish(
        mut self,
        ended_by: EndedBy,
    ) -> Result<(EndedBy, NightCounts, Journal), StoreError> {
        self.tasks.shutdown().await;
        self.counts.doubt = self.stages.witness.doubt();
        let journal = Arc::into_inner(self.writer).map(NightWriter::finish).transpose()?;
        match (self.failure, journal) {
            (Some(error), _) => Err(error),
            (None, Some(journal)) => Ok((ended_by, self.counts, journal)),
            (None, None) => Err(StoreError::WriterLost),
        }
    }
}
