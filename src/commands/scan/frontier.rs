//! What a night goes through: the names of a narrow run, or everything that registers and findings
//! know.

use anyhow::Result;

use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::facts::change::Scope;
use crate::facts::target::Target;
use crate::scan::frontier::Frontier;
use crate::store::StoreError;
use crate::store::journal::Journal;
use crate::store::sorter::MEMORY_AT_NIGHT;
use crate::store::sorter::Sorter;

/// What is left of the night of `journal` for a run of `scope`.
pub(super) fn of(
    session: &Session,
    data: &Data,
    journal: &Journal,
    scope: &Scope,
) -> Result<Frontier> {
    let nights = session.nights();
    if !scope.targets.is_empty() {
        let known = |target: &_| data.registers.candidate(target);
        return Ok(Frontier::of_scope(scope, known, journal.done(&nights, scope)?)?);
    }
    let first = way(session, data, (journal, scope), data.findings.targets())?;
    let Some(examined) = data.registers.examined() else { return Ok(first) };
    let given = Sorter::new(&nights, "given", MEMORY_AT_NIGHT);
    let then = way(session, data, (journal, scope), std::iter::empty())?;
    Ok(first.in_two_ways(examined, given, then))
}

fn way(
    session: &Session,
    data: &Data,
    (journal, scope): (&Journal, &Scope),
    found: impl Iterator<Item = Result<Target, StoreError>> + Send + 'static,
) -> Result<Frontier> {
    let filings = data.registers.filings()?;
    let filed = filings.into_iter().flat_map(|register| register.targets());
    let done = journal.done(&session.nights(), scope)?;
    let linked = session.settings.scan.follow_links.then(|| data.registers.linked_names());
    let linked = linked.transpose()?.into_iter().flatten();
    Ok(Frontier::new(data.registers.candidates()?, filed, found, linked, done))
}
