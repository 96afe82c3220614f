//! `check`: what is wrong with a register itself, and by which day each problem is to be mended.

mod addresses;
mod filings;
mod providers;

use std::io::BufWriter;
use std::io::Write;

use anyhow::Result;
use jiff::Timestamp;

use crate::audit::allocations;
use crate::cli::Check as Request;
use crate::cli::CheckAllocations;
use crate::cli::ProblemsFormat;
use crate::clock;
use crate::commands::Ended;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::problem::Problem;
use crate::facts::provider::ProviderId;
use crate::net::guard::Guard;
use crate::publish::problems;
use crate::publish::problems::ProblemCounts;
use crate::publish::problems::ProblemView;
use crate::store::StoreError;
use crate::store::problems::Check;
use crate::store::problems::CheckCounts;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    let request = match request {
        Request::Allocations(request) => request,
        Request::Providers(request) => return providers::run(session, request),
        Request::Filings(request) => return filings::run(session, request),
    };
    let data = session.data()?;
    let now = session.clock.now();
    let counts = check_allocations(session, &data, now)?;
    let CheckCounts { standing, new, mended } = counts;
    tracing::info!(standing, new, mended, "the address register was checked");
    let out = &mut BufWriter::new(session.terminal.out());
    list(session, &data, request, out)?;
    out.flush()?;
    Ok(Ended::Done)
}

/// Checks the address register as it is, and keeps what came of it.
pub(super) fn check_allocations(
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

fn list(
    session: &Session,
    data: &Data,
    request: &CheckAllocations,
    out: &mut impl Write,
) -> Result<()> {
    let provider = match &request.provider {
        None => None,
        Some(name) => {
            let directory = data.directory()?;
            let found = directory.find(name).map(|provider| provider.id.clone());
            Some(found.ok_or_else(|| {
                usage(format!("no provider bears the id, name or alias `{name}`"))
            })?)
        }
    };
    let today = clock::day(session.clock.now());
    let names = data.names()?;
    let wanted = |problem: &Problem| is_wanted(problem, request, provider.as_ref(), today);
    let mut counts = ProblemCounts::default();
    if request.format == ProblemsFormat::Table {
        for problem in data.registers.problems()? {
            let problem = problem?;
            if wanted(&problem) {
                counts.add(&problem, today);
            }
        }
    } else {
        session.mark_in_log();
    }
    let mut broken = None;
    let rows = data
        .registers
        .problems()?
        .map_while(|problem| problem.map_err(|error| broken = Some(error)).ok())
        .filter(wanted)
        .map(|problem| ProblemView::of(&problem, &names, today));
    match request.format {
        ProblemsFormat::Table => problems::table(&counts, rows, &names, session.layout(), out)?,
        ProblemsFormat::Jsonl => problems::jsonl(rows, out)?,
        ProblemsFormat::Csv => problems::csv(rows, out)?,
    }
    broken.map_or(Ok(()), |error| Err(error.into()))
}

fn is_wanted(
    problem: &Problem,
    request: &CheckAllocations,
    provider: Option<&ProviderId>,
    today: jiff::civil::Date,
) -> bool {
    (request.all || problem.stands())
        && provider.is_none_or(|id| problem.key.provider.as_ref() == Some(id))
        && request.bureau.is_none_or(|bureau| problem.bureau == bureau)
        && (!request.overdue || problem.is_overdue(today))
}
