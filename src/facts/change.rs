//! Changes of findings, each told once and in order, and the scans (nights) that made them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use ulid::Ulid;

use crate::facts::bureau::Bureau;
use crate::facts::finding::Answer;
use crate::facts::finding::AnswerResult;
use crate::facts::finding::FindingState;
use crate::facts::provider::ProviderId;
use crate::facts::reason::Reason;
use crate::facts::target::Target;

/// What happened to a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It stands for the first time.
    Opened,
    /// It came back after `stopped`, `moved` or `gone`.
    Reopened,
    /// It stands no more.
    Closed,
    /// The provider answered, or its answer was not confirmed by the next night.
    Answered,
    /// A bureau did not follow the provider's objection.
    Upheld,
    /// It went from one bureau to another, or from one carrier to another.
    Transferred,
}

/// One event in the life of a finding; never rewritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which finding.
    pub finding: Ulid,
    /// What happened.
    pub kind: ChangeKind,
    /// The state since then.
    pub state: FindingState,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reasons: Vec<Reason>,
    /// Who caused it: `night 12`, or a person by the key used; `operator` for the command line.
    pub actor: String,
    /// What the actor gave as reason, for changes made by people.
    pub note: Option<String>,
}

/// What held of a finding when a change of it was told. By now it may be another bureau's, and due
/// on another day; what is told of a past month rests on this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstances {
    /// Who followed it.
    pub bureau: Bureau,
    /// The last day to deal with it.
    pub due: Date,
    /// The provider's newest answer.
    pub answer: Option<AnswerResult>,
}

/// A change in its place among all changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number, from 1; no number is ever given twice.
    pub sequence: u64,
    /// What happened.
    pub change: Change,
    /// What held then; `None` for changes that were kept before that was.
    pub circumstances: Option<Circumstances>,
}

/// A change as it is told: with its place in the order of all changes, and what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its place, from 1; without gaps.
    pub sequence: u64,
    /// What happened.
    pub change: Change,
    /// The answer, where one was given.
    pub answer: Option<Answer>,
}

/// How a scan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// Everything was examined.
    Done,
    /// The window closed.
    Window,
    /// `--limit` was reached.
    Limit,
    /// A signal asked for the end.
    Signal,
}

/// The names that did not resolve, by how: five different facts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedNames {
    /// NXDOMAIN.
    pub nxdomain: u64,
    /// Exists without an address.
    pub empty: u64,
    /// SERVFAIL.
    pub servfail: u64,
    /// REFUSED.
    pub refused: u64,
    /// No answer.
    pub timeout: u64,
}

/// Why a night is not to be believed in what it says has vanished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Too many names lost their addresses at once.
    Names,
    /// Too many sites could not be reached at once.
    Sites,
}

/// What a night did to findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingCounts {
    /// Opened for the first time.
    pub opened: u64,
    /// Stood already and were seen again.
    pub seen: u64,
    /// Closed.
    pub closed: u64,
    /// Came back.
    pub reopened: u64,
}

/// The counts of one night. Each candidate counts once, by the strongest thing learnt of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NightCounts {
    /// Distinct names of lists that the candidates account for.
    pub lines: u64,
    /// Candidates examined.
    pub candidates: u64,
    /// Candidates with at least one address.
    pub resolved: u64,
    /// Candidates without, by how their Domain failed.
    pub failed: FailedNames,
    /// Resolved candidates with no address on the mainland.
    pub abroad: u64,
    /// Candidates filed, with every provider that holds them on record.
    pub filed_and_connected: u64,
    /// Candidates that were asked for a page.
    pub probed: u64,
    /// Candidates that were live or redirected somewhere.
    pub live: u64,
    /// Candidates whose examination broke off by a fault of ours.
    pub lost: u64,
    /// Targets that were left for a later night, because nothing changed of them for long. Told by the
    /// night that counts them, and not kept.
    #[serde(skip)]
    pub not_due: u64,
    /// Why nothing that vanished counts; `None` where it does. Told and kept as the one before.
    #[serde(skip)]
    pub doubt: Option<Doubt>,
    /// What happened to findings.
    pub findings: FindingCounts,
}

/// What a night is limited to; everything where all is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Only these targets.
    pub targets: Vec<Target>,
    /// Only addresses whose finding would be this bureau's.
    pub bureau: Option<Bureau>,
    /// Only addresses that this provider holds.
    pub provider: Option<ProviderId>,
}

/// One night, finished or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// The number of the night, from 1.
    pub night: u32,
    /// What it is limited to.
    pub scope: Scope,
    /// Whether everything is due (`--all`).
    pub everything: bool,
    /// When it began.
    pub started: Timestamp,
    /// When it last stopped; `None` while it runs, or after a crash.
    pub stopped: Option<Timestamp>,
    /// How it last stopped; `None` while it runs, or after a crash. Finished when `Done`.
    pub ended_by: Option<EndedBy>,
    /// What it did, as of the last stop.
    pub counts: NightCounts,
}

impl Scan {
    /// Whether the night went through everything it had.
    pub fn is_finished(&self) -> bool {
        self.ended_by == Some(EndedBy::Done)
    }
}
