//! What a check of the address register saw, counted and kept for bulletins.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;

use crate::audit::sublets::Sublets;
use crate::clock;
use crate::commands::data::Data;
use crate::facts::address_census::AddressCensus;
use crate::facts::address_census::ProblemCount;
use crate::facts::address_census::SubletClue;
use crate::facts::directory::Directory;

/// Counts what the check at `now` left behind.
pub(super) fn take_census(data: &Data, directory: &Directory, now: Timestamp) -> Result<()> {
    let mut counts = BTreeMap::new();
    for problem in data.registers.problems()? {
        let problem = problem?;
        if problem.stands() {
            let key = (problem.key.provider.clone(), problem.bureau);
            let (standing, new): &mut (u64, u64) = counts.entry(key).or_default();
            *standing += 1;
            *new += u64::from(problem.first_seen == now);
        }
    }
    let problems = counts.into_iter().map(|((provider, bureau), (standing, new))| ProblemCount {
        provider,
        bureau,
        standing,
        new,
    });
    let census = AddressCensus {
        at: now,
        problems: problems.collect(),
        sublets: clues(data, directory, now)?,
    };
    Ok(data.findings.bulletins()?.put_address_census(&census)?)
}

/// Clues to subletting in the address register as it is.
pub(super) fn clues(data: &Data, directory: &Directory, now: Timestamp) -> Result<Vec<SubletClue>> {
    let mut sublets = Sublets::new(directory, clock::day(now));
    for row in data.registers.allocations()? {
        let row = row?;
        if !row.is_unreadable() {
            sublets.add(&row);
        }
    }
    Ok(sublets.finish())
}
