//! The loop that writes: one night over every candidate, and what it changes in the ledger.

pub mod due;
pub mod frontier;
pub mod examine;
mod queue;
mod waiting;
mod flight;
pub mod settings;
pub mod ledger;
pub mod rejudge;
pub mod tally;
pub mod witness;
pub mod night;
