//! `bulletin`: a month's tables, as a draft or as they were released.

mod gather;
pub(super) mod rules;

use std::io::BufWriter;
use std::io::Write;

use anyhow::Result;

use crate::cli::Bulletin as Request;
use crate::cli::BulletinFormat;
use crate::clock;
use crate::commands::Ended;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::bureau::Bureau;
use crate::facts::month::Month;
use crate::facts::release::Release;
use crate::publish::bulletin::Bulletin;
use crate::publish::bulletin::csv;
use crate::publish::bulletin::edition::Edition;
use crate::publish::bulletin::markdown;
use crate::publish::bulletin::workbook;

/// Differences from what was released that are told one by one.
const DIFFERENCES_TOLD: usize = 10;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    let data = session.data()?;
    let edition = edition(session, &data, request)?;
    if request.format == BulletinFormat::Json {
        session.mark_in_log();
    }
    let mut out = BufWriter::new(session.terminal.output(request.output.as_deref())?);
    write(&edition, request.format, &mut out)?;
    out.flush()?;
    Ok(Ended::Done)
}

/// Writes `edition` as `format` says.
pub(super) fn write(
    edition: &Edition,
    format: BulletinFormat,
    out: &mut (impl Write + Send),
) -> Result<()> {
    match format {
        BulletinFormat::Md => markdown::write(edition, out)?,
        BulletinFormat::Csv => csv::write(edition, out)?,
        BulletinFormat::Xlsx => workbook::write(edition, out)?,
        BulletinFormat::Json => edition.json(out)?,
    }
    Ok(())
}

/// The bulletin of `month` as it goes out: as it was released, else the draft of now.
pub(super) fn current(
    session: &Session,
    data: &Data,
    month: Month,
    bureau: Option<Bureau>,
) -> Result<Edition> {
    let simulated = session.settings.simulated;
    let released = data.findings.bulletins()?.release(month, bureau)?;
    let now = gather::bulletin(session, data, month, bureau)?;
    let Some(release) = released else { return Ok(Edition::draft(now, simulated)) };
    let edition = Edition::released(&release, simulated)?;
    tell_differences(edition.bulletin(), &now);
    Ok(edition)
}

/// The bulletin that `request` asks for; released, if it asks for that.
fn edition(session: &Session, data: &Data, request: &Request) -> Result<Edition> {
    if request.release {
        return release(session, data, request);
    }
    if request.draft {
        let now = gather::bulletin(session, data, request.month, request.bureau)?;
        return Ok(Edition::draft(now, session.settings.simulated));
    }
    current(session, data, request.month, request.bureau)
}

fn release(session: &Session, data: &Data, request: &Request) -> Result<Edition> {
    let bulletins = data.findings.bulletins()?;
    if let Some(release) = bulletins.release(request.month, request.bureau)? {
        return Err(usage(format!(
            "the bulletin of {} was released by {} at {} already; it stays as it was released",
            request.month,
            release.actor,
            clock::written(release.at)
        )));
    }
    let bulletin = gather::bulletin(session, data, request.month, request.bureau)?;
    if !bulletin.is_over {
        return Err(usage(format!("{} is not over yet; nothing was released", request.month)));
    }
    let actor = request.actor.as_deref().map(str::trim).unwrap_or_default();
    if actor.is_empty() {
        return Err(usage("--actor must name who releases it"));
    }
    let (json, sha256) = bulletin.sealed()?;
    let release = Release {
        month: request.month,
        bureau: request.bureau,
        at: session.clock.now(),
        actor: actor.to_owned(),
        note: request.note.clone(),
        sha256,
        json,
    };
    if !bulletins.put_release(&release)? {
        return Err(usage(format!("the bulletin of {} was released already", request.month)));
    }
    tracing::info!(month = %release.month, actor, sha256 = release.sha256, "the bulletin was released");
    Ok(Edition::released(&release, session.settings.simulated)?)
}

/// Says where the bulletin, made again now, would differ from what was released.
fn tell_differences(released: &Bulletin, now: &Bulletin) {
    let differences = released.differences(now);
    if differences.is_empty() {
        return;
    }
    let cells = differences.len();
    tracing::warn!(
        cells,
        "made again now the bulletin would differ; it stays as it was released (see --draft)"
    );
    for difference in differences.iter().take(DIFFERENCES_TOLD) {
        tracing::warn!("{difference}");
    }
}
