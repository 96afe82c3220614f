//! What becomes of one target: what it waits for, or what is handed over of it.

use crate::facts::candidate::Candidate;
use crate::scan::examine::Place;
use crate::scan::examine::Stages;
use crate::scan::examine::Surveyed;
use crate::scan::examine::Visited;
use crate::scan::examine::settle::may_rest_on_absence;
use crate::scan::examine::survey::Survey;
use crate::scan::examine::survey::has_failed;
use crate::scan::examine::worth::Worth;
use crate::scan::witness::Testimony;
use crate::store::StoreError;
use crate::store::journal::Outcome;
use crate::store::writer::NightWriter;

/// What became of one target.
pub(super) enum Landed {
    /// It is the writer's.
    Done(Box<Outcome>),
    /// Whether it counts depends on the rest of the night.
    Held(Box<Outcome>),
    /// It waits for its visit.
    Waits(Box<Survey>, Place, Worth),
    /// It waits to be visited once more.
    Again(Box<Survey>, Place),
    /// The name servers failed; it is to be asked again.
    Failed(Candidate),
    /// It is not this run's to judge.
    OutOfScope,
    /// It is for a later night.
    NotDue,
}

/// Surveys one target; unless the name servers failed and it `may_fail`, because it is asked again.
pub(super) async fn survey(
    stages: &Stages,
    writer: &NightWriter,
    candidate: Candidate,
    may_fail: bool,
) -> Result<Landed, StoreError> {
    let kept = may_fail.then(|| candidate.clone());
    let surveyed = stages.survey(candidate).await?;
    let has_failed = match &surveyed {
        Surveyed::OutOfScope | Surveyed::NotDue => false,
        Surveyed::Settled(outcome) => has_failed(&outcome.examination),
        Surveyed::Waits(survey, ..) => has_failed(&survey.examination),
    };
    if let Some(candidate) = kept.filter(|_| has_failed) {
        return Ok(Landed::Failed(candidate));
    }
    match surveyed {
        Surveyed::OutOfScope => Ok(Landed::OutOfScope),
        Surveyed::NotDue => Ok(Landed::NotDue),
        Surveyed::Settled(outcome) => hand_over(stages, writer, *outcome).await,
        Surveyed::Waits(survey, place, worth) => Ok(Landed::Waits(survey, place, worth)),
    }
}

/// What becomes of a target after a visit, or after its address was given up.
pub(super) async fn land(
    stages: &Stages,
    writer: &NightWriter,
    visited: Visited,
) -> Result<Landed, StoreError> {
    match visited {
        Visited::Judged(outcome) => hand_over(stages, writer, *outcome).await,
        Visited::Again(survey, place) => Ok(Landed::Again(survey, place)),
        Visited::Elsewhere(survey, place) => Ok(Landed::Waits(survey, place, Worth::Changed)),
    }
}

/// Hands what was learnt to the writer, or back, where that depends on the rest of the night.
async fn hand_over(
    stages: &Stages,
    writer: &NightWriter,
    mut outcome: Outcome,
) -> Result<Landed, StoreError> {
    let examination = &outcome.examination;
    stages.witness.add(examination, || stages.last.of(&examination.target));
    if may_rest_on_absence(&outcome) {
        match stages.witness.testimony() {
            Testimony::Silent => return Ok(Landed::Held(Box::new(outcome))),
            Testimony::Doubted => stages.settle_again(&mut outcome)?,
            Testimony::Believed => {}
        }
    }
    send(writer, outcome).await
}

/// Sends what was learnt to the writer, and tells it without the bodies that the writer keeps.
pub(super) async fn send(writer: &NightWriter, mut outcome: Outcome) -> Result<Landed, StoreError> {
    let exchanges = std::mem::take(&mut outcome.exchanges);
    let told = Box::new(outcome.clone());
    writer.send(Outcome { exchanges, ..outcome }).await?;
    Ok(Landed::Done(told))
}
