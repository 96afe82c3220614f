//! When a night ends before everything is done: as it was asked for, or as the window says.

use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

use crate::cli::Scan as Request;
use crate::clock;
use crate::clock::Clock;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::scan::night::Limits;
use crate::scan::settings;
use crate::scan::settings::DAY;

/// A time of day that is no longer past than this was meant for today, and is over.
const JUST_PAST: Duration = Duration::from_hours(1);

/// What bounds the night; `None` where it would be over before it began: see [`why_none`].
pub(super) fn limits(session: &Session, request: &Request) -> Result<Option<Limits>> {
    // Windows are of the real day, whatever --now says of findings.
    let clock = clock::zone().to_datetime(Clock::default().now()).time();
    let window = session.settings.scan.window().map_err(usage)?;
    let until = match (request.until, request.for_time, window) {
        (Some(time), _, _) => match settings::wait(clock, time) {
            // Whoever is late by a minute would begin a night that lasts a day.
            wait if wait > DAY.saturating_sub(JUST_PAST) => return Ok(None),
            wait => Some(wait),
        },
        (None, Some(time), _) => Some(time),
        (None, None, Some(window)) => match window.open_for(clock) {
            None => return Ok(None),
            open => open,
        },
        (None, None, None) => None,
    };
    Ok(Some(Limits { until: until.map(|wait| Instant::now() + wait), targets: request.limit }))
}

/// Why [`limits`] leave no night, for the log and for people.
pub(super) fn why_none(session: &Session, request: &Request) -> (String, String) {
    if let Some(time) = request.until {
        let time = time.strftime("%H:%M");
        return (
            format!("--until {time} is just past: no night is begun"),
            format!("--until {time} 刚过，没有开始检测"),
        );
    }
    let window = session.settings.scan.window.as_deref().unwrap_or_default();
    (
        format!("outside the window {window}: no night is begun, all is kept for next time"),
        format!("不在检测时段 [scan] window = \"{window}\" 内，没有开始检测"),
    )
}

/// A night over everything that is due.
pub(in crate::commands) fn whole() -> Request {
    Request {
        until: None,
        for_time: None,
        limit: None,
        bureau: None,
        provider: None,
        domain: Vec::new(),
        all: false,
        rejudge: false,
        summary: None,
        summary_text: None,
    }
}
