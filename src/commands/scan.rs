//! `scan`: one night, or what is left of an unfinished one.

pub(super) mod bounds;
pub(super) mod daily;
mod frontier;
mod progress;
pub(super) mod report;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::cli::Scan as Request;
use crate::clock;
use crate::commands::Ended;
use crate::commands::bulletin::rules::Rules;
use crate::commands::causes::with_causes;
use crate::commands::data::Data;
use crate::commands::log;
use crate::commands::notices;
use crate::commands::rates::count_again;
use crate::commands::rates::keep_census;
use crate::commands::rates::take_night_count;
use crate::commands::rejudge;
use crate::commands::scan::bounds::limits;
use crate::commands::session::Session;
use crate::commands::terminal::Terminal;
use crate::commands::usage;
use crate::facts::change::EndedBy;
use crate::facts::change::NightCounts;
use crate::facts::change::Scan;
use crate::facts::change::Scope;
use crate::facts::directory::Directory;
use crate::net::dns::Liar;
use crate::net::dns::Resolver;
use crate::net::dns::wildcards::Wildcards;
use crate::net::guard::Guard;
use crate::net::http::Client;
use crate::net::pace::Pace;
use crate::scan::examine::Stages;
use crate::scan::night;
use crate::scan::night::Limits;
use crate::scan::night::Run;
use crate::scan::tally;
use crate::stages::attribute::AddressTable;
use crate::stages::probe::Prober;
use crate::store::evidence::EvidenceWriter;
use crate::store::evidence::retention;
use crate::store::evidence::retention::Cleared;
use crate::store::journal::Journal;
use crate::store::journal::Outcome;
use crate::store::writer::NightWriter;

/// Outcomes that may wait for the disk.
const QUEUE: usize = 1024;

/// Old evidence is cleared once in so many nights, since each file that holds some is written anew.
const CLEARED_EVERY: u32 = 7;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    if request.rejudge {
        return rejudge::run(session, request);
    }
    let ended = run_night(session, request);
    if let Err(error) = &ended {
        report::no_night(&session.terminal, request, error);
    }
    ended
}

fn run_night(session: &Session, request: &Request) -> Result<Ended> {
    let Some(limits) = limits(session, request)? else {
        let window = session.settings.scan.window.as_deref();
        tracing::warn!(window, "outside the window: no night is begun, all is kept for next time");
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
        watch.spawn(cancel_when_asked(session.terminal.clone(), stop.clone()));
        let scan = night(session, data, request, limits, stop).await;
        watch.abort_all();
        scan
    })?;
    if let Err(error) = notices::keep(session, data, &scan) {
        tracing::error!("nobody can be told of the night: {}", with_causes(&error));
    }
    Ok(scan)
}

/// Runs tonight over `data`, and keeps what it did.
pub(super) async fn night(
    session: &Session,
    data: &Data,
    request: &Request,
    limits: &Limits,
    stop: &CancellationToken,
) -> Result<Scan> {
    let _night = data.begin_night()?;
    let now = session.clock.now();
    let directory = data.directory()?;
    let scope = scope(request, &directory)?;
    seal_what_a_crash_left(session, data)?;
    connect(session, data)?;
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
    let pace = Arc::new(Pace::new(&session.settings.pace));
    let narrowed =
        Scan { scope: scope.clone(), everything: scan.everything || request.all, ..scan.clone() };
    let stages = stages(session, data, directory, &pace, narrowed)?;
    warn_of_gaps(&stages, data);
    tell_liars(&stages.resolver).await;

    // Nothing can be refused any more, so from here on there is a night.
    data.findings.put_scan(&scan)?;
    keep_census(session, data);
    Rules::keep(session, data)?;
    let gap = stages.filings.gap();
    let journal = Journal::open(&session.nights(), scan.night)?;
    let mut counts = NightCounts::default();
    for outcome in journal.outcomes(0)? {
        tally::add(&mut counts, &outcome?.1);
    }
    let frontier = frontier::of(session, data, &journal, &scope)?;

    let evidence = EvidenceWriter::open(
        &session.evidence(),
        &session.settings.evidence,
        scan.night,
        &data.findings,
    )?;
    let stages = Arc::new(stages);
    let again = Arc::clone(&stages);
    let again = Box::new(move |outcome: &mut Outcome| again.settle_again(outcome));
    let writer = NightWriter::start(data.findings.clone(), journal, evidence, QUEUE, again)?;
    let bar = progress::bar(session, data);
    let shown = progress::Shown::new(scan.night, &bar, &data.tonight);
    let progress = |counts: &NightCounts| shown.show(counts);
    let run = Run {
        limits,
        pace: &session.settings.pace,
        dir: &session.nights(),
        stop,
        counts,
        progress: &progress,
    };
    let mut tests = JoinSet::new();
    tests.spawn(test_servers(Arc::clone(&stages.resolver), session.settings.resolve.test_every));
    let (ended_by, counts, journal) = night::run(stages, pace, frontier, writer, run).await?;
    tests.abort_all();
    bar.finish_and_clear();

    let is_whole = scope == scan.scope;
    let ended_by = if ended_by == EndedBy::Done && !is_whole { EndedBy::Limit } else { ended_by };
    let scan =
        Scan { stopped: Some(session.clock.now()), ended_by: Some(ended_by), counts, ..scan };
    data.findings.put_scan(&scan)?;
    if ended_by == EndedBy::Done {
        night::seal(&data.registers, journal, now)?;
        clear_old_evidence(session, data, scan.night);
        take_night_count(data, &scan, gap)?;
    }
    Ok(scan)
}

/// Takes old bodies out of the evidence. The night is over and kept by then, so that what goes wrong
/// here is only told, and tried again.
fn clear_old_evidence(session: &Session, data: &Data, night: u32) {
    if !night.is_multiple_of(CLEARED_EVERY) {
        return;
    }
    let (dir, settings) = (session.evidence(), &session.settings.evidence);
    let now = session.clock.now();
    match retention::clear(&dir, &data.findings, settings, night, now) {
        Ok(cleared) if cleared == Cleared::default() => {}
        Ok(Cleared { findings, records, files }) => {
            tracing::info!(findings, records, files, "evidence that is kept no longer is gone");
        }
        Err(error) => tracing::error!(%error, "old evidence could not be cleared"),
    }
}

/// Joins what providers submitted with the filing register, which the night judges by.
pub(super) fn connect(session: &Session, data: &Data) -> Result<()> {
    if data.join_submitted()?.changed > 0 {
        count_again(session, data);
    }
    Ok(())
}

/// A night that was finished, but whose journal a crash kept from being put away.
fn seal_what_a_crash_left(session: &Session, data: &Data) -> Result<()> {
    let Some(last) = data.findings.latest_scan()?.filter(Scan::is_finished) else { return Ok(()) };
    if Journal::exists(&session.nights(), last.night) {
        let journal = Journal::open(&session.nights(), last.night)?;
        night::seal(&data.registers, journal, last.started)?;
    }
    Ok(())
}

fn scope(request: &Request, directory: &Directory) -> Result<Scope> {
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

fn stages(
    session: &Session,
    data: &Data,
    directory: Directory,
    pace: &Arc<Pace>,
    scan: Scan,
) -> Result<Stages> {
    let settings = &session.settings;
    let mut broken = None;
    let rows =
        data.registers.allocations()?.map_while(|row| row.map_err(|e| broken = Some(e)).ok());
    let addresses = AddressTable::new(rows, &directory, clock::day(session.clock.now()));
    if let Some(error) = broken {
        return Err(error.into());
    }
    let guard = Guard::new(settings.probe.allow.clone(), settings.opt_out()?);
    let resolver = Arc::new(Resolver::start_with(&settings.resolve, settings.lies()?)?);
    if !settings.probe.tells_a_contact() && !settings.simulated {
        tracing::warn!(
            "[probe] user_agent names no web page and no e-mail address, so nobody who minds being \
             asked can tell you; set it"
        );
    }
    let client = Client::new(&settings.probe, guard.clone(), session.clock)?;
    let prober = Prober::new(
        client,
        Arc::clone(&resolver),
        Arc::clone(pace),
        guard.clone(),
        &settings.probe,
    );
    let filings = session.filings(data.registers.filings()?)?;
    Ok(Stages {
        wildcards: Wildcards::new(Arc::clone(&resolver)),
        resolver,
        addresses,
        directory,
        guard,
        filings,
        prober,
        judge: settings.judge.clone(),
        parked: settings.scan.parked,
        deadlines: settings.deadlines.clone(),
        last: data.registers.kept_examinations(),
        findings: data.findings.clone(),
        misses_to_close: settings.scan.misses_to_close,
        follow_links: settings.scan.follow_links,
        rotation: settings.scan.rotation(),
        renew_after: settings.scan.renew_after,
        begun: Instant::now(),
        clock: session.clock,
        scan,
    })
}

/// Asks the name servers again and again whether they have begun to lie.
async fn test_servers(resolver: Arc<Resolver>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        tell_liars(&resolver).await;
    }
}

async fn tell_liars(resolver: &Resolver) {
    for Liar { server, addresses } in resolver.find_liars().await {
        tracing::warn!(
            %server,
            ?addresses,
            "the name server answers for names that do not exist; these addresses are dropped"
        );
    }
}

fn warn_of_gaps(stages: &Stages, data: &Data) {
    match (stages.filings.gap(), stages.filings.upstream()) {
        (Some(gap), Some(upstream)) => tracing::info!(
            ?gap,
            register = upstream.register(),
            "where the filing register cannot say, another one is asked"
        ),
        (Some(gap), None) => tracing::warn!(
            ?gap,
            "the filing register cannot prove absence: whether a name is filed is unknown"
        ),
        (None, _) => {}
    }
    for name in stages.addresses.unknown_names().iter().take(20) {
        tracing::warn!(%name, "the address register names a provider that nobody bears");
    }
    if data.registers.rows::<crate::facts::allocation::Allocation>() == 0 {
        tracing::warn!("no allocations are imported, so every address counts as abroad");
    }
}

/// Asks the night to end when whoever began it does.
pub(super) async fn cancel_when_asked(terminal: Terminal, stop: CancellationToken) {
    terminal.asked_to_stop().await;
    tracing::info!("stopping: what is in flight is finished, the rest is kept for next time");
    stop.cancel();
}
