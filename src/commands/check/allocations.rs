//! `check allocations`: what is wrong with the address register.

use anyhow::Result;
use jiff::Timestamp;

use crate::audit::allocations;
use crate::cli::CheckedProblems;
use crate::clock;
use crate::commands::Ended;
use crate::commands::check::Listing;
use crate::commands::check::addresses;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::facts::problem::Problem;
use crate::net::guard::Guard;
use crate::store::StoreError;
use crate::store::problems::Check;
use crate::store::problems::CheckCounts;

pub(super) fn run(session: &Session, request: &CheckedProblems) -> Result<Ended> {
    let data = session.data()?;
    let mut listing = Listing::of(session, &data, request)?;
    let counts = check(session, &data, session.clock.now())?;
    let CheckCounts { standing, new, mended } = counts;
    tracing::info!(standing, new, mended, "the address register was checked");
    listing.count(data.registers.problems()?)?;
    listing.write(session, &data, data.registers.problems()?, Ok)?;
    Ok(Ended::Done)
}

/// Checks the address register as it is, and keeps what came of it.
pub(in crate::commands) fn check(
    session: &Session,
    data: &Data,
    now: Timestamp,
) -> Result<CheckCounts> {
    let directory = data.directory()?;
    let guard = Guard::new(session.settings.probe.allow.clone(), session.settings.opt_out()?);
    let rows = data.registers.allocations()?;
    let due = session.settings.deadlines.due_of_allocation(now);
    let mut check = Check::begin(&data.registers);
    let day = clock::day(now);
    allocations::check::<StoreError>(rows, &directory, &guard, day, |found| {
        check.push(&Problem {
            key: found.key,
            bureau: found.bureau,
            detail: found.detail,
            first_seen: now,
            due,
            closed: None,
        })
    })?;
    let counts = check.finish(now)?;
    addresses::take_census(data, &directory, now)?;
    Ok(counts)
}
