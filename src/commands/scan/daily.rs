//! `serve --scan-at`: a night every day, inside the process that serves.

use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use anyhow::Result;
use jiff::civil::Time;
use tokio_util::sync::CancellationToken;

use crate::cli::Scan as Request;
use crate::clock;
use crate::clock::Clock;
use crate::commands::data::Data;
use crate::commands::data::NightUnderWay;
use crate::commands::notices;
use crate::commands::scan::bounds::limits;
use crate::commands::scan::bounds::whole;
use crate::commands::scan::report;
use crate::commands::scan::tonight;
use crate::commands::session::Session;
use crate::facts::change::Scan;
use crate::facts::change::Scope;
use crate::scan::settings;

/// How often it is looked whether a night runs yet.
const PAUSE: Duration = Duration::from_millis(20);

/// How often notices that wait are looked after.
const ROUND: Duration = Duration::from_secs(30);

/// Begins a night each day at `time` (China), and sends what is to be told of nights, until `stop`;
/// without a `time` it only sends. The window binds a night as it binds `scan`. What a crash or a stop
/// left of a night is taken up at once where the window is open.
pub(in crate::commands) fn begin(
    session: &Session,
    data: &Arc<Data>,
    time: Option<Time>,
    stop: &CancellationToken,
) -> Result<JoinHandle<()>> {
    let session = Session { open: Some(Arc::clone(data)), ..session.clone() };
    let (data, stop) = (Arc::clone(data), stop.clone());
    let days = move || {
        let mut next = time.filter(|_| is_left_over(&session, &data)).map(|_| Duration::ZERO);
        while !stop.is_cancelled() {
            let wait = next.take().or_else(|| time.map(until));
            if !rest(&session, &data, wait, &stop) {
                return;
            }
            if let Err(error) = one(&session, &data, &stop) {
                tracing::error!("the night could not be run: {error:#}");
            }
        }
    };
    let thread = std::thread::Builder::new().name("nights".to_owned());
    thread.spawn(days).context("cannot start a thread")
}

/// Waits until no night runs any more.
pub(in crate::commands) fn until_none_runs(data: &Data) {
    while data.tonight.borrow().is_some() {
        std::thread::sleep(PAUSE);
    }
}

/// How long it is until the next `time` of the real day.
fn until(time: Time) -> Duration {
    let now = clock::zone().to_datetime(Clock::default().now()).time();
    settings::wait(now, time)
}

/// Whether a night is unfinished and the window is open now.
fn is_left_over(session: &Session, data: &Data) -> bool {
    let now = clock::zone().to_datetime(Clock::default().now()).time();
    let window = session.settings.scan.window().ok().flatten();
    let latest = data.findings.latest_scan().ok().flatten();
    window.is_some_and(|window| window.is_open_at(now))
        && latest.is_some_and(|scan| !scan.is_finished())
}

/// Sends what waits now and then for as long as `wait`, for ever without; `false` when `stop` came.
fn rest(session: &Session, data: &Data, wait: Option<Duration>, stop: &CancellationToken) -> bool {
    let begun = std::time::Instant::now();
    loop {
        notices::send(session, data, Duration::ZERO, stop);
        let left = wait.map(|wait| wait.saturating_sub(begun.elapsed()));
        if left == Some(Duration::ZERO) {
            return !stop.is_cancelled();
        }
        let nap = left.unwrap_or(ROUND).min(ROUND);
        if is_stopped_within(nap, stop) {
            return false;
        }
    }
}

fn is_stopped_within(nap: Duration, stop: &CancellationToken) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let Ok(runtime) = runtime else { return true };
    runtime.block_on(async {
        tokio::select! {
            () = tokio::time::sleep(nap) => false,
            () = stop.cancelled() => true,
        }
    })
}

/// What became of the wish for a night.
pub(in crate::commands) enum Wish {
    /// It runs, with this number.
    Runs(u32),
    /// One ran already.
    UnderWay,
    /// It could not be begun.
    Refused(String),
}

/// Begins a night of `targets` or of a bureau, of everything where neither is named, and comes back when
/// it runs.
pub(in crate::commands) fn wish(
    session: &Session,
    data: &Arc<Data>,
    scope: Scope,
    stop: &CancellationToken,
) -> Wish {
    if data.tonight.borrow().is_some() {
        return Wish::UnderWay;
    }
    let session = Session { open: Some(Arc::clone(data)), ..session.clone() };
    let (ours, stop) = (Arc::clone(data), stop.child_token());
    let request = Request { bureau: scope.bureau, domain: scope.targets, ..whole() };
    let limits = match limits(&session, &request) {
        Ok(Some(limits)) => limits,
        Ok(None) => return Wish::Refused("outside the window of nights".to_owned()),
        Err(error) => return Wish::Refused(format!("{error:#}")),
    };
    let (sender, ended) = mpsc::channel();
    let night = move || {
        let scan = tonight(&session, &ours, &request, &limits, &stop);
        let scan = scan.and_then(|scan| tell(&session, &ours, &scan));
        // Whoever asked has heard that it runs, and went.
        let _ = sender.send(scan);
    };
    let thread = std::thread::Builder::new().name("night".to_owned()).spawn(night);
    if let Err(error) = thread {
        return Wish::Refused(error.to_string());
    }
    loop {
        let ended = ended.recv_timeout(PAUSE);
        match (ended, &*data.tonight.borrow()) {
            (Ok(Err(error)), _) if error.is::<NightUnderWay>() => return Wish::UnderWay,
            (Ok(Err(error)), _) => return Wish::Refused(format!("{error:#}")),
            (Err(RecvTimeoutError::Timeout), None) => {}
            (_, Some((night, _))) => return Wish::Runs(*night),
            (Ok(Ok(night)), None) => return Wish::Runs(night),
            (Err(RecvTimeoutError::Disconnected), None) => {
                return Wish::Refused("the night broke off".to_owned());
            }
        }
    }
}

/// Runs one night, and tells of it in the log.
fn one(session: &Session, data: &Arc<Data>, stop: &CancellationToken) -> Result<()> {
    let request = whole();
    let Some(limits) = limits(session, &request)? else {
        let window = session.settings.scan.window.as_deref();
        tracing::warn!(window, "outside the window: no night is begun; see serve --scan-at");
        return Ok(());
    };
    // A stop of the night alone is none of whoever serves.
    match tonight(session, data, &request, &limits, &stop.child_token()) {
        Ok(scan) => tell(session, data, &scan).map(|_| ()),
        Err(error) if error.is::<NightUnderWay>() => {
            tracing::warn!("{error}");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Returns the number of the night.
fn tell(session: &Session, data: &Data, scan: &Scan) -> Result<u32> {
    let text = report::morning(session, data, scan)?;
    let text = text.trim_end();
    tracing::info!(night = scan.night, "{text}");
    Ok(scan.night)
}
