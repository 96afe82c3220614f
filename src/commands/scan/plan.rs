//! Which night it is, and what of it this run does.

use anyhow::Result;
use jiff::Timestamp;

use crate::cli::Scan as Request;
use crate::clock;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::change::NightCounts;
use crate::facts::change::Scan;
use crate::facts::change::Scope;
use crate::facts::directory::Directory;
use crate::scan::night;

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
        if let Some(last) = latest.as_ref().filter(|last| last.started > now) {
            return Err(usage(format!(
                "now, {}, lies before the last night began, {}; time does not run backwards",
                clock::written(now),
                clock::written(last.started)
            )));
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
