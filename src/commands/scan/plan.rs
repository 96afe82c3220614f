//! Which night it is, and what of it this run does.

use anyhow::Result;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::cli::Scan as Request;
use crate::clock;
use crate::clock::Clock;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::change::NightCounts;
use crate::facts::change::Scan;
use crate::facts::change::Scope;
use crate::facts::directory::Directory;
use crate::scan::night;

/// A machine's clock is believed without a word where the last night is no longer ago.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A night, and the part of it that this run does.
#[derive(Debug)]
pub(super) struct Plan {
    /// The night, as it is kept.
    pub(super) scan: Scan,
    /// What this run goes through; narrower than the night's where it goes on with another's night.
    pub(super) scope: Scope,
    /// Whether this run takes everything to be due, whatever the night does.
    everything: bool,
    /// When this run began.
    pub(super) begun: Timestamp,
}

impl Plan {
    /// The unfinished night, or a new one of `scope`. Refuses to go back in time.
    pub(super) fn new(
        session: &Session,
        data: &Data,
        request: &Request,
        scope: Scope,
    ) -> Result<Self> {
        let now = session.clock.now();
        let latest = data.findings.latest_scan()?;
        if let Some(last) = &latest {
            follows(session.clock, last)?;
        }
        let scan = night::tonight(latest, now, |night| Scan {
            night,
            scope: scope.clone(),
            everything: request.all,
            started: now,
            stopped: None,
            ended_by: None,
            counts: NightCounts::default(),
        });
        // A plain scan does whatever is due, also where a narrow one left its night unfinished.
        let is_narrow = scope != Scope::default();
        let scan = if is_narrow { scan } else { Scan { scope: scope.clone(), ..scan } };
        Ok(Self { everything: scan.everything || request.all, scan, scope, begun: now })
    }

    /// The night as this run sees it.
    pub(super) fn of_this_run(&self) -> Scan {
        Scan { scope: self.scope.clone(), everything: self.everything, ..self.scan.clone() }
    }

    /// Whether this run does all of the night.
    pub(super) fn is_whole(&self) -> bool {
        self.scope == self.scan.scope
    }
}

/// Refuses a night of a time that cannot follow on the `last`: a clock that is wrong for one night would date
/// findings, end what is kept for a time, and stop every night until that time. A night may take months of
/// short windows, so a pause is counted from when it last stopped.
pub(in crate::commands) fn follows(clock: Clock, last: &Scan) -> Result<()> {
    let now = clock.now();
    let stopped = last.stopped.unwrap_or(last.started).max(last.started);
    let last = last.started;
    let (told_now, told_last) = (clock::written(now), clock::written(last));
    if last > now {
        return Err(usage(format!(
            "now, {told_now}, lies before the last night began, {told_last}; time does not run backwards. \
             If the clock is wrong, set it; if it was wrong that night, put back the data of before \
             it (a copy, or `import-data` of an export), or go on from it with `--now`"
        )));
    }
    let told_stopped = clock::written(stopped);
    if clock.is_machines() && now.duration_since(stopped) > LONGEST_PAUSE {
        return Err(usage(format!(
            "now, {told_now}, lies {} days after the last night, {told_stopped}; is the clock right? If \
             it is, say so once with `--now {told_now}`, and the nights go on from there; nothing was \
             begun",
            now.duration_since(stopped).as_hours() / 24
        )));
    }
    Ok(())
}

/// What `request` is narrowed to.
pub(super) fn scope(request: &Request, directory: &Directory) -> Result<Scope> {
    let provider = match &request.provider {
        None => None,
        Some(name) => {
            let found = directory.find(name).ok_or_else(|| {
                usage(format!(
                    "no provider bears the id, name or alias `{name}`; see `import providers`"
                ))
            })?;
            Some(found.id.clone())
        }
    };
    Ok(Scope { targets: request.domain.clone(), bureau: request.bureau, provider })
}
