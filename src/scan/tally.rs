//! What one night counts: each candidate once, by the strongest thing learnt of it. Pure.

use crate::facts::change::Change;
use crate::facts::change::ChangeKind;
use crate::facts::change::NightCounts;
use crate::facts::change::Scope;
use crate::facts::examination::Examination;
use crate::facts::filing::FilingStatus;
use crate::facts::placement::Placement;
use crate::facts::resolution::ResolutionOutcome;
use crate::facts::visit::SiteState;
use crate::store::journal::Outcome;

/// Adds an outcome that was kept before; of one of which something is left for the night or for the run,
/// as their `scopes` are, only what it changed, because the target comes again.
pub fn add_kept(counts: &mut NightCounts, outcome: &Outcome, scopes: [&Scope; 2]) {
    if scopes.iter().any(|scope| outcome.judged.is_done_for(scope)) {
        add(counts, outcome);
    } else {
        count_findings(counts, outcome);
    }
}

/// Adds an outcome of this run.
pub fn add(counts: &mut NightCounts, outcome: &Outcome) {
    count_findings(counts, outcome);
    let examination = &outcome.examination;
    counts.lines += examination.names;
    counts.candidates += 1;
    let sightings = || examination.hosts.iter().flat_map(|host| &host.sightings);
    if sightings().next().is_some() {
        counts.resolved += 1;
        let is_on_mainland = sightings().any(|sighting| sighting.placement.mainland().is_some());
        counts.abroad += u64::from(
            !is_on_mainland && sightings().any(|sighting| sighting.placement == Placement::Abroad),
        );
    } else {
        count_failure(counts, examination);
    }
    counts.filed_and_connected += u64::from(is_filed_and_connected(examination));
    let mut states = sightings().flat_map(|sighting| &sighting.visits).map(|visit| visit.state);
    if let Some(first) = states.next() {
        counts.probed += 1;
        let strongest = states.fold(first, Ord::max);
        counts.live += u64::from(strongest >= SiteState::Redirected);
    }
}

fn count_failure(counts: &mut NightCounts, examination: &Examination) {
    // Any host whose question went unanswered makes the whole uncertain; it counts before absence.
    let outcome = examination
        .hosts
        .iter()
        .filter_map(|host| host.resolution.as_ref())
        .map(crate::facts::resolution::Resolution::outcome)
        .max_by_key(|outcome| match outcome {
            ResolutionOutcome::Resolved | ResolutionOutcome::Partial => 0,
            ResolutionOutcome::NoSuchName => 1,
            ResolutionOutcome::Empty => 2,
            ResolutionOutcome::Refused => 3,
            ResolutionOutcome::ServerFailure => 4,
            ResolutionOutcome::Timeout => 5,
        });
    match outcome {
        Some(ResolutionOutcome::NoSuchName) => counts.failed.nxdomain += 1,
        Some(ResolutionOutcome::Empty) => counts.failed.empty += 1,
        Some(ResolutionOutcome::ServerFailure) => counts.failed.servfail += 1,
        Some(ResolutionOutcome::Refused) => counts.failed.refused += 1,
        Some(ResolutionOutcome::Timeout) => counts.failed.timeout += 1,
        Some(ResolutionOutcome::Resolved | ResolutionOutcome::Partial) | None => {}
    }
}

fn is_filed_and_connected(examination: &Examination) -> bool {
    let FilingStatus::Active(summary) = &examination.filing else { return false };
    let mut providers = examination
        .hosts
        .iter()
        .flat_map(|host| &host.sightings)
        .filter_map(|sighting| sighting.placement.mainland())
        .map(|holding| holding.provider())
        .peekable();
    providers.peek().is_some()
        && providers.all(|provider| provider.is_some_and(|id| summary.providers.contains(id)))
}

fn count_findings(counts: &mut NightCounts, outcome: &Outcome) {
    let changes = &outcome.update.changes;
    let of = |kind: ChangeKind| {
        changes.iter().filter(move |change: &&Change| change.kind == kind).count() as u64
    };
    counts.findings.opened += of(ChangeKind::Opened);
    counts.findings.reopened += of(ChangeKind::Reopened);
    counts.findings.closed += of(ChangeKind::Closed);
    let seen = outcome.update.findings.iter().filter(|finding| {
        let is_new = changes.iter().any(|change| {
            change.finding == finding.id
                && matches!(change.kind, ChangeKind::Opened | ChangeKind::Reopened)
        });
        finding.stands() && finding.last_seen == outcome.examination.at && !is_new
    });
    counts.findings.seen += seen.count() as u64;
}

#[cfg(test)]
mod tests;
