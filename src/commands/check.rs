//! `check`: what is wrong with a register itself, and by which day each problem is to be mended.

mod addresses;
pub(super) mod allocations;
mod filings;
mod providers;

use std::io::BufWriter;
use std::io::Write;

use anyhow::Result;
use jiff::civil::Date;

use crate::cli::Check as Request;
use crate::cli::CheckedProblems;
use crate::cli::ProblemsFormat;
use crate::clock;
use crate::commands::Ended;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::provider::ProviderId;
use crate::publish::problems;
use crate::publish::problems::Counts;
use crate::publish::problems::Shown;
use crate::publish::problems::Tallied;
use crate::store::StoreError;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    match request {
        Request::Allocations(request) => allocations::run(session, request),
        Request::Providers(request) => providers::run(session, request),
        Request::Filings(request) => filings::run(session, request),
    }
}

/// Which problems are listed, and how.
struct Listing<'a, P> {
    request: &'a CheckedProblems,
    provider: Option<ProviderId>,
    today: Date,
    /// Of those that are listed; empty where no counts are shown.
    counts: Counts<P>,
}

impl<'a, P: Shown> Listing<'a, P> {
    fn of(session: &Session, data: &Data, request: &'a CheckedProblems) -> Result<Self> {
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
        let (today, counts) = (clock::day(session.clock.now()), Counts::default());
        Ok(Self { request, provider, today, counts })
    }

    fn holds(&self, problem: &impl Tallied) -> bool {
        let request = self.request;
        (request.all || problem.stands())
            && self.provider.as_ref().is_none_or(|id| problem.providers().contains(id))
            && request.bureau.is_none_or(|bureau| problem.bureau() == bureau)
            && (!request.overdue || problem.is_overdue(self.today))
    }

    /// Counts those of `problems` that are listed, where counts are shown.
    fn count<T: Tallied>(
        &mut self,
        problems: impl Iterator<Item = Result<T, StoreError>>,
    ) -> Result<(), StoreError> {
        if self.request.format != ProblemsFormat::Table {
            return Ok(());
        }
        for problem in problems {
            let problem = problem?;
            if self.holds(&problem) {
                self.counts.add(&problem, self.today);
            }
        }
        Ok(())
    }

    /// Writes those of `problems` that are listed; each as `shown` has it, which is asked for it only
    /// where it is listed.
    fn write(
        &self,
        session: &Session,
        data: &Data,
        problems: impl Iterator<Item = Result<P, StoreError>>,
        shown: impl Fn(P) -> Result<P, StoreError>,
    ) -> Result<()> {
        let names = data.names()?;
        if self.request.format != ProblemsFormat::Table {
            session.mark_in_log();
        }
        let mut broken = None;
        let rows = problems
            .filter(|problem| problem.as_ref().map_or(true, |problem| self.holds(problem)))
            .map_while(|problem| problem.and_then(&shown).map_err(|e| broken = Some(e)).ok())
            .map(|problem| problem.view(&names, self.today));
        let (layout, out) = (
            session.layout(),
            &mut BufWriter::new(session.terminal.output(self.request.output.as_deref())?),
        );
        match self.request.format {
            ProblemsFormat::Table => problems::table(&self.counts, rows, &names, layout, out)?,
            ProblemsFormat::Jsonl => problems::jsonl(rows, out)?,
            ProblemsFormat::Csv => problems::csv::<P>(rows, out)?,
            ProblemsFormat::Xlsx => problems::workbook::<P>(rows, layout, out)?,
        }
        out.flush()?;
        broken.map_or(Ok(()), |error| Err(error.into()))
    }
}
