//! `scan --rejudge`: what was learnt before, by the rules and registers of today. Asks nobody.

use std::io::Write;

use anyhow::Context;
use anyhow::Result;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::cli::Scan as Request;
use crate::clock;
use crate::commands::Ended;
use crate::commands::data::Data;
use crate::commands::log;
use crate::commands::scan::cancel_when_asked;
use crate::commands::scan::connect;
use crate::commands::scan::plan::follows;
use crate::commands::session::Session;
use crate::facts::change::Scan;
use crate::facts::examination::Examination;
use crate::net::guard::Guard;
use crate::publish::summary;
use crate::publish::summary::RejudgeSummary;
use crate::scan::rejudge::Rejudge;
use crate::scan::rejudge::RejudgeCounts;
use crate::scan::rejudge::Rejudged;
use crate::stages::attribute::AddressTable;
use crate::stages::check::Filings;
use crate::stages::probe::Signatures;
use crate::store::examinations::LastExamination;
use crate::store::examinations::LastExaminations;
use crate::store::findings::Update;
use crate::store::import::Import;
use crate::store::journal::Journal;

/// Examinations that are judged together, and whose updates go to the disk together.
const BATCH: usize = 256;

/// Judges everything that is kept again, or as much as a signal leaves time for; what is done is kept.
pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    let runtime = log::runtime()?;
    let stop = CancellationToken::new();
    let mut watch = JoinSet::new();
    let asked = {
        let _within = runtime.enter();
        cancel_when_asked(&session.terminal, stop.clone())
    };
    watch.spawn_on(asked, runtime.handle());
    let data = session.data()?;
    let _owner = session.let_others_in(&data);
    let _night = data.begin_night()?;
    let latest = data.findings.latest_scan()?;
    if let Some(last) = &latest {
        follows(session.clock, last)?;
    }
    connect(session, &data)?;
    let rejudge = rejudge(session, &data)?;
    let journal = under_way(session, &data, latest.as_ref())?;
    let (counts, is_over) = judge_all(&rejudge, &data, journal.as_ref(), request, &stop)?;
    let summary = RejudgeSummary {
        examinations: counts.examinations,
        changed: counts.changed,
        outdated: counts.outdated,
        opened: counts.opened,
        reopened: counts.reopened,
        closed: counts.closed,
        restated: counts.restated,
        is_over,
    };
    let out = &mut session.terminal.out();
    session.mark(out)?;
    summary::rejudged_text(&summary, out)?;
    if let Some(path) = &request.summary {
        let mut file = session.terminal.create(path)?;
        let written = summary::rejudged_json(&summary, &mut file).and_then(|()| file.flush());
        written.with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(if is_over { Ended::Done } else { Ended::Stopped })
}

/// The journal of the night that is not finished, or was not put away.
fn under_way(session: &Session, data: &Data, latest: Option<&Scan>) -> Result<Option<Journal>> {
    let Some(scan) = latest.filter(|scan| Journal::exists(&session.nights(), scan.night)) else {
        return Ok(None);
    };
    let journal = Journal::open(&session.nights(), scan.night)?;
    crate::store::writer::catch_up(&data.findings, &journal)?;
    Ok(Some(journal))
}

/// Returns what it did, and whether that was all.
fn judge_all(
    rejudge: &Rejudge,
    data: &Data,
    journal: Option<&Journal>,
    request: &Request,
    stop: &CancellationToken,
) -> Result<(RejudgeCounts, bool)> {
    let all = LastExaminations::new(&data.registers, journal)?;
    let mut counts = RejudgeCounts::default();
    let mut kept = data.registers.begin::<Examination>(false);
    let is_wanted = |last: &Result<LastExamination, _>| {
        let target = last.as_ref().map(|last| &last.examination.target);
        target.map_or(true, |target| request.domain.is_empty() || request.domain.contains(target))
    };
    let mut all = all.filter(is_wanted).peekable();
    while all.peek().is_some() {
        if stop.is_cancelled() {
            return finished(kept, rejudge, counts, false);
        }
        // Nobody changes findings between judging and writing.
        let writing = data.findings.writing();
        let mut updates: Vec<Update> = Vec::new();
        for last in all.by_ref().take(BATCH) {
            let last = last?;
            let Rejudged { examination, update } = rejudge.again(&last.examination, &mut counts)?;
            if !last.is_under_way && examination != last.examination {
                kept.push(&examination)?;
            }
            if !update.findings.is_empty() {
                updates.push(update);
            }
        }
        if !updates.is_empty() {
            writing.apply(&updates, None)?;
        }
    }
    finished(kept, rejudge, counts, true)
}

fn finished(
    kept: Import<'_, Examination>,
    rejudge: &Rejudge,
    counts: RejudgeCounts,
    is_over: bool,
) -> Result<(RejudgeCounts, bool)> {
    kept.finish(rejudge.now)?;
    Ok((counts, is_over))
}

fn rejudge(session: &Session, data: &Data) -> Result<Rejudge> {
    let settings = &session.settings;
    let directory = data.directory()?;
    let now = session.clock.now();
    let mut broken = None;
    let rows =
        data.registers.allocations()?.map_while(|row| row.map_err(|e| broken = Some(e)).ok());
    let addresses = AddressTable::new(rows, &directory, clock::day(now));
    if let Some(error) = broken {
        return Err(error.into());
    }
    Ok(Rejudge {
        addresses,
        directory,
        guard: Guard::new(settings.probe.allow.clone(), settings.opt_out()?),
        signatures: Signatures::builtin(),
        filings: Filings::new(data.registers.filings()?, &settings.filings, now),
        judge: settings.judge.clone(),
        parked: settings.scan.parked,
        deadlines: settings.deadlines.clone(),
        findings: data.findings.clone(),
        misses_to_close: settings.scan.misses_to_close,
        now,
    })
}
