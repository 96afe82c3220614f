//! `check filings`: what is wrong with filings by annex 3.

use std::net::IpAddr;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;
use std::thread::ScopedJoinHandle;

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::audit::filings;
use crate::audit::filings::AddressReport;
use crate::audit::filings::Context;
use crate::audit::filings::Found;
use crate::cli::CheckFilings;
use crate::clock;
use crate::commands::Ended;
use crate::commands::check::Listing;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::facts::allocation::AllocationKind;
use crate::facts::allocation::Origin;
use crate::facts::filing::Filing;
use crate::facts::filing_problem::FilingProblem;
use crate::facts::filing_problem::FilingRule;
use crate::facts::placement::Holder;
use crate::formats::vocabulary::Vocabulary;
use crate::net::guard::Guard;
use crate::publish::mask;
use crate::stages::attribute::AddressTable;
use crate::store::StoreError;
use crate::store::filings::FilingRegister;
use crate::store::problems::Check;
use crate::store::problems::CheckCounts;
use crate::store::rows::Row;

/// What breaks these may be anything, also what belongs into another column.
const STRAYS: [FilingRule; 5] = [
    FilingRule::Garbled,
    FilingRule::KindUnknown,
    FilingRule::DateMalformed,
    FilingRule::HomeMalformed,
    FilingRule::AddressMalformed,
];

/// What is kept and shown of a cell, in characters.
const VALUE_SHOWN: usize = 80;

pub(super) fn run(session: &Session, request: &CheckFilings) -> Result<Ended> {
    let data = session.data()?;
    let mut listing = Listing::of(session, &data, &request.problems)?;
    let counts = check(session, &data, session.clock.now())?;
    let CheckCounts { standing, new, mended } = counts;
    tracing::info!(standing, new, mended, "the filing register was checked by annex 3");
    if request.reveal {
        tracing::warn!("personal data of filings are shown unmasked");
    }
    let register = if request.reveal { data.registers.filings()? } else { None };
    let is_asked = |rule| request.rule.is_empty() || request.rule.contains(&rule);
    let outlines = data.registers.filing_problem_outlines()?;
    listing.count(
        outlines.filter(|problem| problem.as_ref().map_or(true, |one| is_asked(one.rule))),
    )?;
    let problems = data.registers.filing_problems()?;
    let problems =
        problems.filter(|problem| problem.as_ref().map_or(true, |one| is_asked(one.key.rule)));
    listing.write(session, &data, problems, |problem| match &register {
        Some(register) => reveal(problem, register),
        None => Ok(problem),
    })?;
    Ok(Ended::Done)
}

/// Checks the filing register as it is, and keeps what came of it.
fn check(session: &Session, data: &Data, now: Timestamp) -> Result<CheckCounts> {
    let vocabulary = Vocabulary::builtin()?;
    let directory = data.directory()?;
    let guard = Guard::new(session.settings.probe.allow.clone(), session.settings.opt_out()?);
    let today = clock::day(now);
    let addresses = Addresses::read(data, today)?;
    let report = |address: IpAddr| addresses.report(address);
    let context = Context {
        vocabulary: &vocabulary,
        directory: &directory,
        guard: &guard,
        today,
        report: &report,
    };
    let due = session.settings.deadlines.due_of_filing(now);
    let check = Check::<FilingProblem>::begin(&data.registers);
    let Some(register) = data.registers.filings()? else { return Ok(check.finish(now)?) };
    let (rows, check) = (register.shared(), Mutex::new(check));
    let check_some = || -> Result<(), StoreError> {
        while let Some(some) = rows.next()? {
            let mut problems = Vec::new();
            let some = some.into_iter().map(Ok);
            filings::check(
                some,
                &context,
                |home| register.lookup(home),
                |found| {
                    let problem = problem(found, now, due);
                    problems.push((problem.key(), problem.encode()?));
                    Ok(())
                },
            )?;
            let mut check = check.lock().unwrap_or_else(PoisonError::into_inner);
            problems.into_iter().try_for_each(|(key, bytes)| check.push_row(key, bytes))?;
        }
        Ok(())
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(check_some)).collect();
        let ended = |thread: ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        // All are waited for, whichever failed.
        let ended: Vec<Result<(), StoreError>> = threads.into_iter().map(ended).collect();
        ended.into_iter().collect::<Result<(), StoreError>>()
    })?;
    Ok(check.into_inner().unwrap_or_else(PoisonError::into_inner).finish(now)?)
}

fn problem(found: Found<'_>, now: Timestamp, due: Date) -> FilingProblem {
    let masked = mask::cell(&found.filing.details, &found.key.column).unwrap_or_default();
    let is_stray = STRAYS.contains(&found.key.rule) && !masked.is_empty();
    let value = if is_stray { mask::stray(&masked) } else { masked };
    FilingProblem {
        key: found.key,
        providers: found.providers,
        bureau: found.bureau,
        value: value.chars().take(VALUE_SHOWN).collect(),
        note: found.note,
        first_seen: now,
        due,
        closed: None,
    }
}

/// The address register, as far as it can be held against a filing.
struct Addresses {
    table: AddressTable,
    /// For IPv4 and IPv6: whether it has what the registry gave to the mainland, and whether anybody
    /// reported anything.
    has_registry: [bool; 2],
    has_reports: [bool; 2],
}

impl Addresses {
    fn read(data: &Data, today: Date) -> Result<Self> {
        let (mut has_registry, mut has_reports) = ([false; 2], [false; 2]);
        let mut broken = None;
        let rows = data.registers.allocations()?;
        let rows = rows.map_while(|row| row.map_err(|error| broken = Some(error)).ok());
        let rows = rows.inspect(|row| {
            let family = usize::from(!row.range.start().is_ipv4());
            has_registry[family] |= row.kind == AllocationKind::Registry;
            let is_report = row.kind != AllocationKind::Registry && row.origin == Origin::Reported;
            has_reports[family] |= is_report;
        });
        let table = AddressTable::new(rows, &data.directory()?, today);
        match broken {
            Some(error) => Err(error.into()),
            None => Ok(Self { table, has_registry, has_reports }),
        }
    }

    fn report(&self, address: IpAddr) -> AddressReport {
        let family = usize::from(!address.is_ipv4());
        if !self.has_reports[family] {
            return AddressReport::Unknown;
        }
        let Some(holding) = self.table.holding(address) else {
            let is_whole = self.has_registry[family];
            return if is_whole { AddressReport::Abroad } else { AddressReport::Unknown };
        };
        match &holding.holder {
            Holder::Provider { id, is_cdn } => AddressReport::Held {
                holder: id.clone(),
                carrier: holding.carrier.clone(),
                is_cdn: *is_cdn,
            },
            Holder::Disputed(_) => AddressReport::Disputed,
            Holder::Nobody if !holding.is_reported => AddressReport::Unreported,
            Holder::Nobody | Holder::Unknown(_) | Holder::OutOfBounds => AddressReport::Unknown,
        }
    }
}

/// The problem with its cell as the register has it now; masked still where the record is gone, or has
/// another value since.
fn reveal(problem: FilingProblem, register: &FilingRegister) -> Result<FilingProblem, StoreError> {
    let key = &problem.key;
    if !problem.stands() {
        return Ok(problem);
    }
    let is_it = |filing: &&Filing| {
        let number = filing.site_number.as_ref().or(filing.subject_number.as_ref());
        number == key.number.as_ref() && filing.detail("record_id") == key.record_id.as_deref()
    };
    let filings = register.lookup(&key.domain)?;
    let cell = filings.iter().find(is_it).and_then(|filing| filing.detail(&key.column));
    Ok(match cell {
        Some(value) => FilingProblem { value: value.to_owned(), ..problem },
        None => problem,
    })
}
