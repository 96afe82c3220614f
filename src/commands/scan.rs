//! `scan`: one night, or what is left of an unfinished one.
//!
//! [`night()`] lists its steps: which night it is ([`plan`]), what it passes through ([`parts`]), the
//! names and the flight over them, and what is kept at its end ([`ending`]).

pub(super) mod bounds;
pub(super) mod daily;
pub(super) mod plan;
mod parts;
mod frontier;
mod progress;
mod ending;
pub(super) mod report;

use std::sync::Arc;

use anyhow::Result;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::cli::Scan as Request;
use crate::commands::Ended;
use crate::commands::bulletin::rules::Rules;
use crate::commands::causes::with_causes;
use crate::commands::data::Data;
use crate::commands::log;
use crate::commands::notices;
use crate::commands::rates::count_again;
use crate::commands::rates::keep_census;
use crate::commands::rejudge;
use crate::commands::scan::bounds::limits;
use crate::commands::scan::bounds::why_none;
use crate::commands::scan::ending::Flown;
use crate::commands::scan::plan::Plan;
use crate::commands::session::Session;
use crate::commands::terminal::Terminal;
use crate::facts::change::EndedBy;
use crate::facts::change::NightCounts;
use crate::facts::change::Scan;
use crate::net::pace::Pace;
use crate::scan::examine::Stages;
use crate::scan::night;
use crate::scan::night::Limits;
use crate::scan::night::Run;
use crate::scan::tally;
use crate::store::evidence::EvidenceWriter;
use crate::store::journal::Journal;
use crate::store::journal::Outcome;
use crate::store::writer::NightWriter;

/// Outcomes that may wait for the disk.
const QUEUE: usize = 1024;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    if request.rejudge {
        return rejudge::run(session, request);
    }
    let ended = run_night(session, request);
    if let Err(error) = &ended {
        report::no_night(&session.terminal, request, &with_causes(error));
    }
    ended
}

fn run_night(session: &Session, request: &Request) -> Result<Ended> {
    let Some(limits) = limits(session, request)? else {
        let (told, why) = why_none(session, request);
        tracing::warn!("{told}");
        report::no_night(&session.terminal, request, &why);
        return Ok(Ended::Stopped);
    };
    let data = session.data()?;
    let _owner = session.let_others_in(&data);
    let stop = CancellationToken::new();
    let scan = tonight(session, &data, request, &limits, &stop)?;
    report::write(session, &data, request, &scan)?;
    notices::send(session, &data, session.settings.notices.patience, &stop);
    Ok(match scan.ended_by {
        Some(EndedBy::Window | EndedBy::Signal) => Ended::Stopped,
        Some(EndedBy::Done | EndedBy::Limit) | None => Ended::Done,
    })
}

/// Runs tonight on a runtime of its own until it is over, or `stop` or whoever asked ends it, and keeps
/// what others are to be told.
fn tonight(
    session: &Session,
    data: &Data,
    request: &Request,
    limits: &Limits,
    stop: &CancellationToken,
) -> Result<Scan> {
    let runtime = log::runtime()?;
    let scan = runtime.block_on(async {
        let mut watch = JoinSet::new();
        watch.spawn(cancel_when_asked(&session.terminal, stop.clone()));
        let scan = night(session, data, request, limits, stop).await;
        watch.abort_all();
        scan
    })?;
    if let Err(error) = notices::keep(session, data, &scan) {
        tracing::error!("nobody can be told of the night: {}", with_causes(&error));
    }
    Ok(scan)
}

/// Tonight over `data`, step by step, until all is done, or a limit or `stop` ends it.
pub(super) async fn night(
    session: &Session,
    data: &Data,
    request: &Request,
    limits: &Limits,
    stop: &CancellationToken,
) -> Result<Scan> {
    let _night = data.begin_night()?;
    let directory = data.directory()?;
    let scope = plan::scope(request, &directory)?;
    ending::seal_what_a_crash_left(session, data)?;
    let plan = Plan::new(session, data, request, scope)?;
    connect(session, data)?;
    let pace = Arc::new(Pace::new(&session.settings.pace));
    let stages = parts::stages(session, data, directory, &pace, plan.of_this_run())?;
    parts::warn_of_gaps(&stages, data);
    parts::tell_liars(&stages.resolver).await;

    // Nothing can be refused any more, so from here on there is a night.
    data.findings.put_scan(&plan.scan)?;
    keep_census(session, data);
    Rules::keep(session, data)?;
    let gap = stages.filings.gap();
    let flown = fly(session, data, &plan, (stages, pace), (limits, stop)).await?;
    ending::keep(session, data, plan, flown, gap)
}

/// Joins what providers submitted with the filing register, which the night judges by.
pub(super) fn connect(session: &Session, data: &Data) -> Result<()> {
    if data.join_submitted(&session.terms(), session.clock.now())?.changed > 0 {
        count_again(session, data);
    }
    Ok(())
}

/// Goes through what is left of the night of `plan`, and has the writer keep what is learnt.
async fn fly(
    session: &Session,
    data: &Data,
    plan: &Plan,
    (stages, pace): (Stages, Arc<Pace>),
    (limits, stop): (&Limits, &CancellationToken),
) -> Result<Flown> {
    let (night, nights) = (plan.scan.night, session.nights());
    let journal = Journal::open(&nights, night)?;
    let mut counts = NightCounts::default();
    for outcome in journal.outcomes(0)? {
        tally::add_kept(&mut counts, &outcome?.1, [&plan.scan.scope, &plan.scope]);
    }
    let frontier = frontier::of(session, data, &journal, &plan.scope)?;
    let settings = &session.settings;
    let evidence =
        EvidenceWriter::open(&session.evidence(), &settings.evidence, night, &data.findings)?;
    let witness = night::witness(&journal, &stages.last)?;
    let stages = Arc::new(Stages { witness, ..stages });
    let again = Arc::clone(&stages);
    let again = Box::new(move |outcome: &mut Outcome| again.settle_again(outcome));
    let writer = NightWriter::start(data.findings.clone(), journal, evidence, QUEUE, again)?;

    let bar = progress::bar(session, data);
    let shown = progress::Shown::new(night, &bar, &data.tonight);
    let progress = |counts: &NightCounts| shown.show(counts);
    let mut tests = JoinSet::new();
    tests.spawn(parts::test_servers(Arc::clone(&stages.resolver), settings.resolve.test_every));
    let pace_settings = &settings.pace;
    let run = Run { limits, pace: pace_settings, dir: &nights, stop, counts, progress: &progress };
    let (ended_by, counts, journal) = night::run(stages, pace, frontier, writer, run).await?;
    tests.abort_all();
    bar.finish_and_clear();
    Ok(Flown { ended_by, counts, journal })
}

/// Asks the night to end when whoever began it does; that is heard from this call on, which must be
/// within a runtime.
pub(super) fn cancel_when_asked(
    terminal: &Terminal,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    let asked = terminal.asked_to_stop();
    async move {
        asked.await;
        tracing::info!("stopping: what is in flight is finished, the rest is kept for next time");
        stop.cancel();
    }
}
