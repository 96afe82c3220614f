//! The log of each command, on the stderr of whoever asked for it; and runtimes whose threads keep to
//! it.

use std::cell::RefCell;

use anyhow::Context;
use anyhow::Result;
use tokio::runtime::Builder;
use tokio::runtime::Runtime;
use tracing::Dispatch;
use tracing::dispatcher;
use tracing::dispatcher::DefaultGuard;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::LogFormat;
use crate::commands::terminal::Terminal;

/// The environment variable that says what is logged, as `tracing` understands it.
pub(super) const FILTER: &str = "CHABEI_LOG";

thread_local! {
    /// Where a thread of a runtime logs to.
    static SPEAKS: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
}

/// Sets up the log of this process.
pub(super) fn begin(format: LogFormat) {
    of(Terminal::Own, format, std::env::var(FILTER).ok().as_deref()).init();
}

/// A log on the stderr of `terminal`; `filter` as the environment variable would have it.
pub(super) fn of(terminal: Terminal, format: LogFormat, filter: Option<&str>) -> Dispatch {
    let filter = filter.and_then(|filter| EnvFilter::try_new(filter).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new("warn,chabei=info"));
    let has_colours = terminal.has_colours();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || terminal.errors())
        .with_ansi(has_colours)
        .with_target(false)
        // Whoever closed stderr does not want the log, and the complaint would panic there.
        .log_internal_errors(false);
    match format {
        LogFormat::Text => log.without_time().into(),
        LogFormat::Json => log.json().into(),
    }
}

/// A runtime whose threads log where this one does.
pub(super) fn runtime() -> Result<Runtime> {
    let log = dispatcher::get_default(Clone::clone);
    let start = move || {
        let speaks = dispatcher::set_default(&log);
        SPEAKS.with_borrow_mut(|own| *own = Some(speaks));
    };
    let stop = || SPEAKS.with_borrow_mut(|own| *own = None);
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.enable_all().on_thread_start(start).on_thread_stop(stop).build();
    runtime.context("cannot start the runtime")
}
