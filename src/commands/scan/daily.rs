//! `serve --scan-at`: a night every day, inside the process that serves.

use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Time;
use tokio_util::sync::CancellationToken;

use crate::cli::Scan as Request;
use crate::clock;
use crate::clock::Clock;
use crate::commands::causes::with_causes;
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
use crate::store::StoreError;

/// How often it is looked whether a night runs yet.
const PAUSE: Duration = Duration::from_millis(20);

/// How often notices that wait are looked after.
const ROUND: Duration = Duration::from_secs(30);

/// Begins a night each day at `time` (China), and sends what is to be told of nights, until `stop`;
/// without a `time` it only sends. The window binds a night as it binds `scan`. What a crash or a stop
/// left of a night is taken up at once where the window is open. Where a night finds that nothing can be
/// written any more, it cancels `stop`, and the thread ends with the reason.
pub(in crate::commands) fn begin(
    session: &Session,
    data: &Arc<Data>,
    time: Option<Time>,
    stop: &CancellationToken,
) -> Result<JoinHandle<Result<()>>> {
    let session = Session { open: Some(Arc::clone(data)), ..session.clone() };
    let (data, stop) = (Arc::clone(data), stop.clone());
    let days = move || {
        let first = time.filter(|_| is_left_over(&session, &data)).map(|_| now());
        let rest = |left: Option<Duration>| {
            notices::send(&session, &data, Duration::ZERO, &stop);
            !is_stopped_within(left.unwrap_or(ROUND).min(ROUND), &stop)
        };
        let mut stuck = Ok(());
        let night = || {
            if let Err(error) = one(&session, &data, &stop) {
                tracing::error!("the night could not be run: {}", with_causes(&error));
                if has_stopped_writing(&error) {
                    stop.cancel();
                    stuck = Err(error);
                }
            }
        };
        each_day(time, first, now, rest, night);
        stuck
    };
    let thread = std::thread::Builder::new().name("nights".to_owned());
    thread.spawn(days).context("cannot start a thread")
}

/// Whether nothing can be written any more before the data are opened anew.
fn has_stopped_writing(error: &anyhow::Error) -> bool {
    let is_so = |cause: &StoreError| cause.has_stopped_writing();
    error.chain().any(|cause| cause.downcast_ref().is_some_and(is_so))
}

/// Waits until no night runs any more.
pub(in crate::commands) fn until_none_runs(data: &Data) {
    while data.tonight.borrow().is_some() {
        std::thread::sleep(PAUSE);
    }
}

/// The real time, whatever `--now` says of findings.
fn now() -> Timestamp {
    Clock::default().now()
}

/// Runs a `night` at `first`, if that is given, and each day at `time`, never before, until `rest` says
/// that it is over. `rest` lasts no longer than what is left of the wait, which may come in many parts,
/// so that a clock that is set meanwhile is heard.
fn each_day(
    time: Option<Time>,
    first: Option<Timestamp>,
    now: impl Fn() -> Timestamp,
    mut rest: impl FnMut(Option<Duration>) -> bool,
    mut night: impl FnMut(),
) {
    let next = || time.map(|time| now() + settings::wait(time_of(now()), time));
    let mut due = first.or_else(next);
    loop {
        let left = due.map(|due| Duration::try_from(due.duration_since(now())).unwrap_or_default());
        if !rest(left) {
            return;
        }
        if due.is_some_and(|due| due <= now()) {
            night();
            due = next();
        }
    }
}

/// The time of the day in China.
fn time_of(moment: Timestamp) -> Time {
    clock::zone().to_datetime(moment).time()
}

/// Whether a night is unfinished and the window is open now.
fn is_left_over(session: &Session, data: &Data) -> bool {
    let window = session.settings.scan.window().ok().flatten();
    let latest = data.findings.latest_scan().ok().flatten();
    window.is_some_and(|window| window.is_open_at(time_of(now())))
        && latest.is_some_and(|scan| !scan.is_finished())
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
        Err(error) => return Wish::Refused(with_causes(&error)),
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
            (Ok(Err(error)), _) => return Wish::Refused(with_causes(&error)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// When nights begin, as seconds after 01:00 of the first day, from a clock that begins `early`
    /// before it; of each second that is rested it shows `pace` milliseconds, and a night takes three
    /// hours.
    fn begun(early: Duration, pace: u32, is_left_over: bool) -> Vec<i64> {
        let one: Timestamp = "2026-11-23T01:00:00+08:00".parse().unwrap();
        let clock = Cell::new(one.checked_sub(early).unwrap());
        let mut begun = Vec::new();
        let rests = Cell::new(0);
        let rest = |left: Option<Duration>| {
            rests.set(rests.get() + 1);
            if let Some(left) = left.filter(|left| !left.is_zero()) {
                let shown = left.min(ROUND) * pace / 1000;
                clock.set(clock.get() + shown.max(Duration::from_micros(1)));
            }
            rests.get() < 3 * 24 * 120
        };
        let night = || {
            begun.push(clock.get().duration_since(one).as_secs());
            clock.set(clock.get() + Duration::from_hours(3));
        };
        let first = is_left_over.then(|| clock.get());
        each_day(Some(Time::constant(1, 0, 0, 0)), first, || clock.get(), rest, night);
        begun
    }

    #[test]
    fn a_night_begins_each_day_at_its_time_and_never_before_it() {
        const DAY: i64 = 24 * 60 * 60;
        let (second, half) = (Duration::from_secs(1), Duration::from_millis(500));
        let of_day = |begun: Vec<i64>| -> Vec<i64> { begun.into_iter().take(3).collect() };
        assert_eq!(of_day(begun(half, 1000, false)), [0, DAY, 2 * DAY]);
        assert_eq!(of_day(begun(second * 90, 1000, false)), [0, DAY, 2 * DAY]);
        assert_eq!(of_day(begun(second * 3600, 1000, true)), [-3600, DAY, 2 * DAY]);
        // A machine's own clock that runs fast or slow beside the one that is set by the net.
        assert_eq!(of_day(begun(second * 7200, 999, false)), [0, DAY, 2 * DAY]);
        let fast = of_day(begun(second * 7200, 1001, false));
        assert!(fast.iter().zip([0, DAY, 2 * DAY]).all(|(at, due)| (due..=due + 1).contains(at)));
    }
}
