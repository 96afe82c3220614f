//! What is kept at the end of a night.

use anyhow::Result;

use crate::commands::data::Data;
use crate::commands::rates::take_night_count;
use crate::commands::scan::plan::Plan;
use crate::commands::session::Session;
use crate::facts::change::EndedBy;
use crate::facts::change::NightCounts;
use crate::facts::change::Scan;
use crate::facts::filing::RegisterGap;
use crate::scan::night;
use crate::store::evidence::retention;
use crate::store::evidence::retention::Cleared;
use crate::store::journal::Journal;

/// Old evidence is cleared once in so many nights, since each file that holds some is written anew.
const CLEARED_EVERY: u32 = 7;

/// How a run went.
#[derive(Debug)]
pub(super) struct Flown {
    pub(super) ended_by: EndedBy,
    pub(super) counts: NightCounts,
    pub(super) journal: Journal,
}

/// Keeps how the run of `plan` went; if the night is over, the examinations of its journal too.
pub(super) fn keep(
    session: &Session,
    data: &Data,
    plan: Plan,
    flown: Flown,
    gap: Option<RegisterGap>,
) -> Result<Scan> {
    let Flown { ended_by, counts, journal } = flown;
    let is_part = ended_by == EndedBy::Done && !plan.is_whole();
    let ended_by = if is_part { EndedBy::Limit } else { ended_by };
    let stopped = Some(session.clock.now());
    let scan = Scan { stopped, ended_by: Some(ended_by), counts, ..plan.scan };
    data.findings.put_scan(&scan)?;
    if ended_by == EndedBy::Done {
        night::seal(&data.registers, journal, plan.begun, counts.doubt)?;
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

/// A night that was finished, but whose journal a crash kept from being put away.
pub(super) fn seal_what_a_crash_left(session: &Session, data: &Data) -> Result<()> {
    let Some(last) = data.findings.latest_scan()?.filter(Scan::is_finished) else { return Ok(()) };
    if Journal::exists(&session.nights(), last.night) {
        let journal = Journal::open(&session.nights(), last.night)?;
        let witness = night::witness(&journal, &data.registers.kept_examinations())?;
        witness.conclude();
        night::seal(&data.registers, journal, last.started, witness.doubt())?;
    }
    Ok(())
}
