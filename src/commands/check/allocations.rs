//! `check allocations`: what is wrong with the address register.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::audit::allocations;
use crate::cli::CheckedProblems;
use crate::clock;
use crate::commands::Ended;
use crate::commands::check::Listing;
use crate::commands::check::addresses;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::facts::problem::Problem;
use crate::facts::special;
use crate::net::guard::Guard;
use crate::stages::attribute::Bounds;
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
    let mut bounds = Bounds::default();
    let rows = rows.inspect(|row| {
        if let Ok(row) = row
            && row.is_in_force(day)
        {
            bounds.note(row);
        }
    });
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
    warn_of_bounds(data, &bounds.settled(), day)?;
    addresses::take_census(data, &directory, now)?;
    Ok(counts)
}

/// Tells of rows that count for nothing since they reach beyond the registry's. What is wrong with those
/// over addresses of a special purpose is told as that.
fn warn_of_bounds(data: &Data, bounds: &Bounds, day: Date) -> Result<()> {
    let (mut rows, mut first) = (0_u64, None);
    for row in data.registers.allocations()? {
        let row = row?;
        let is_plain = special::within(&row.range).next().is_none();
        if is_plain && row.is_in_force(day) && bounds.leave_out(&row) {
            rows += 1;
            first = first.or(Some(row.range));
        }
    }
    if let Some(first) = first {
        tracing::warn!(
            rows,
            %first,
            "rows reach beyond what the registry gave to the mainland; they name no holder and no place"
        );
    }
    Ok(())
}
