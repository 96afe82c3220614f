//! What is told of a night when it is over: to people, as JSON, and for the mail in the morning.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use anyhow::Result;

use crate::cli::Scan as Request;
use crate::clock::day;
use crate::commands::causes::with_causes;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::commands::terminal::Terminal;
use crate::facts::allocation::Allocation;
use crate::facts::change::Scan;
use crate::publish::morning;
use crate::publish::morning::Morning;
use crate::publish::summary;

/// Writes what `request` asks for.
pub(super) fn write(session: &Session, data: &Data, request: &Request, scan: &Scan) -> Result<()> {
    let out = &mut session.terminal.out();
    session.mark(out)?;
    summary::text(scan, out)?;
    out.flush()?;
    if let Some(path) = &request.summary {
        let mut file = session.terminal.create(path)?;
        let written = summary::json(scan, &mut file).and_then(|()| file.flush());
        written.with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(path) = &request.summary_text {
        put(&session.terminal, path, &morning(session, data, scan)?)?;
    }
    Ok(())
}

/// The text of the mail in the morning.
pub(super) fn morning(session: &Session, data: &Data, scan: &Scan) -> Result<String> {
    let today = day(session.clock.now());
    let (mut standing, mut overdue) = (0, 0);
    for finding in data.findings.all() {
        let finding = finding?;
        standing += u64::from(finding.stands());
        overdue += u64::from(finding.stands() && finding.due < today);
    }
    let filings = session.filings(data.registers.filings()?)?;
    Ok(morning::text(&Morning {
        scan,
        gap: filings.gap().filter(|_| filings.upstream().is_none()),
        has_allocations: data.registers.rows::<Allocation>() > 0,
        standing,
        overdue,
        is_simulated: session.settings.simulated,
    }))
}

/// Says in the mail why there was no night, if a mail is asked for.
pub(in crate::commands) fn no_night(terminal: &Terminal, request: &Request, why: &str) {
    let Some(path) = &request.summary_text else { return };
    if let Err(error) = put(terminal, path, &morning::no_night(why)) {
        tracing::error!("{}", with_causes(&error));
    }
}

fn put(terminal: &Terminal, path: &Path, text: &str) -> Result<()> {
    let mut file = terminal.create(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.flush());
    written.with_context(|| format!("cannot write {}", path.display()))
}
