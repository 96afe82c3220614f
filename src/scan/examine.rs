//! The straight line: every question about one target, asked in order. What strangers' machines do
//! is a fact; an error here means that our own disk failed.
//!
//! It has two halves. The survey asks name servers and registers; most targets end with it. What
//! still depends on a page waits for its turn, and is visited.

pub mod survey;
pub mod worth;
mod further;
mod visit;
pub mod settle;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Clock;
use crate::facts::change::Scan;
use crate::facts::directory::Directory;
use crate::net::dns::Resolver;
use crate::net::dns::wildcards::Wildcards;
use crate::net::guard::Guard;
use crate::net::pace::Parties;
use crate::scan::due::Rotation;
use crate::scan::examine::survey::Survey;
use crate::scan::examine::worth::Worth;
use crate::scan::ledger::deadlines::Deadlines;
use crate::scan::witness::Witness;
use crate::stages::attribute::AddressTable;
use crate::stages::check::Filings;
use crate::stages::judge;
use crate::stages::judge::Parked;
use crate::stages::probe::Prober;
use crate::store::findings::Findings;
use crate::store::journal::Outcome;
use crate::store::registers::KeptExaminations;

/// Every part that an examination passes through.
#[derive(Debug)]
pub struct Stages {
    /// Resolves names.
    pub resolver: Arc<Resolver>,
    /// Finds out which names may be made up.
    pub wildcards: Wildcards,
    /// Attributes addresses.
    pub addresses: AddressTable,
    /// The providers register.
    pub directory: Directory,
    /// What may be reached.
    pub guard: Guard,
    /// Checks filings.
    pub filings: Filings,
    /// Probes what is left.
    pub prober: Prober,
    /// `[judge]`
    pub judge: judge::Settings,
    /// `[scan] parked`
    pub parked: Parked,
    /// `[deadlines]`
    pub deadlines: Deadlines,
    /// What was learnt on earlier nights.
    pub last: KeptExaminations,
    /// Yesterday's findings.
    pub findings: Findings,
    /// `[scan] misses_to_close`
    pub misses_to_close: u32,
    /// `[scan] follow_links`
    pub follow_links: bool,
    /// How often names are examined that nothing has changed of.
    pub rotation: Rotation,
    /// `[scan] renew_after`
    pub renew_after: Duration,
    /// When this run began.
    pub begun: Instant,
    /// Today's date.
    pub clock: Clock,
    /// Tonight.
    pub scan: Scan,
    /// Whether it is to be believed.
    pub witness: Witness,
}

/// What a survey leads to.
#[derive(Debug)]
pub enum Surveyed {
    /// No page is needed.
    Settled(Box<Outcome>),
    /// The verdict still depends on what answers, first of all there.
    Waits(Box<Survey>, Place, Worth),
    /// Nothing is known that could have changed, and it is not its turn.
    NotDue,
    /// The run is narrowed to a provider or bureau that has nothing to do with it: its turn tonight
    /// is still to come.
    OutOfScope,
}

/// What a visit leads to.
#[derive(Debug)]
pub enum Visited {
    /// Everything is known.
    Judged(Box<Outcome>),
    /// It was too much for some addresses, of which this is the first to be asked once more later in the
    /// night: not before the survey leaves none of them alone any more.
    Again(Box<Survey>, Place),
    /// It leads elsewhere by now, or also; there it is to wait for its turn.
    Elsewhere(Box<Survey>, Place),
}

/// Whom the next request of a target goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The address.
    pub address: IpAddr,
    /// Whom it burdens.
    pub parties: Parties,
}
