//! When a night ends before everything is done: as it was asked for, or as the window says.

use anyhow::Result;
use tokio::time::Instant;

use crate::cli::Scan as Request;
use crate::clock;
use crate::clock::Clock;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::scan::night::Limits;
use crate::scan::settings;

/// What bounds the night; `None` where the window is closed.
pub(super) fn limits(session: &Session, request: &Request) -> Result<Option<Limits>> {
    // Windows are of the real day, whatever --now says of findings.
    let clock = clock::zone().to_datetime(Clock::default().now()).time();
    let window = session.settings.scan.window().map_err(usage)?;
    let until = match (request.until, request.for_time, window) {
        (Some(time), _, _) => Some(settings::wait(clock, time)),
        (None, Some(time), _) => Some(time),
        (None, None, Some(window)) => match window.open_for(clock) {
            None => return Ok(None),
            open => open,
        },
        (None, None, None) => None,
    };
    Ok(Some(Limits { until: until.map(|wait| Instant::now() + wait), targets: request.limit }))
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
