//! A change as the outside sees it: what happened to a finding, when, why and by whom.

use jiff::Timestamp;
use serde::Serialize;
use ulid::Ulid;
use utoipa::ToSchema;

use crate::facts::change::ChangeKind;
use crate::facts::change::Told;
use crate::facts::finding::ClosedReason;
use crate::facts::reason::Reason;
use crate::publish::view::AnswerView;
use crate::publish::view::in_china;

/// A change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ToldView {
    /// Its place in the order of all changes, from 1.
    pub sequence: u64,
    /// Which finding.
    #[schema(value_type = String)]
    pub finding: Ulid,
    /// What happened.
    pub kind: ChangeKind,
    /// The state since then.
    #[schema(value_type = String)]
    pub state: &'static str,
    /// Why it was closed; `None` where it was not.
    pub closed_reason: Option<ClosedReason>,
    /// When.
    #[serde(serialize_with = "in_china")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Why.
    #[schema(value_type = Vec<String>)]
    pub reasons: Vec<Reason>,
    /// Who caused it: `night 12`, `operator`, or the holder of a key.
    pub actor: String,
    /// What the actor gave as reason.
    pub note: Option<String>,
    /// What was answered, where something was.
    pub answer: Option<AnswerView>,
}

impl ToldView {
    /// The view of `told`.
    pub fn of(told: &Told) -> Self {
        let change = &told.change;
        Self {
            sequence: told.sequence,
            finding: change.finding,
            kind: change.kind,
            state: change.state.word(),
            closed_reason: change.state.closed_reason(),
            at: change.at,
            reasons: change.reasons.clone(),
            actor: change.actor.clone(),
            note: change.note.clone(),
            answer: told.answer.as_ref().map(AnswerView::of),
        }
    }
}
