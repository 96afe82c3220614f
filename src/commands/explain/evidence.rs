//! `explain --evidence` and `--record`: where the evidence of a name's findings lies, and a record
//! itself. Whoever asks for one is noted before it is shown.

use std::io::Write;
use std::os::unix::fs::MetadataExt;

use anyhow::Context;
use anyhow::Result;

use crate::cli::Format;
use crate::clock::day;
use crate::commands::Ended;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::dossier::Dossier;
use crate::facts::dossier::Place;
use crate::facts::dossier::Reading;
use crate::facts::dossier::RecordId;
use crate::facts::target::Target;
use crate::formats::warc::Record;
use crate::publish::evidence;
use crate::publish::evidence::EvidenceOf;
use crate::publish::evidence::ReadingView;
use crate::publish::evidence::RecordView;
use crate::store::evidence::members;
use crate::store::evidence::retention;

/// Prints where the evidence of `target` lies.
pub(super) fn places(session: &Session, target: &Target, format: Format) -> Result<Ended> {
    let data = session.data()?;
    let mut all = Vec::new();
    for finding in data.findings.of_target(target)? {
        let dossier = data.findings.dossier(finding.id)?.unwrap_or_default();
        let readings = data.findings.readings(finding.id)?;
        let keep = session.settings.evidence.keep;
        let term = retention::term_of(&data.findings, &finding, keep)?;
        // What rests on no answer never had records.
        let is_gone = dossier.is_empty() && finding.seen.evidence.final_url.is_some();
        let expired = term.filter(|term| is_gone && *term < session.clock.now());
        if !dossier.is_empty() || !readings.is_empty() || expired.is_some() {
            all.push(EvidenceOf {
                finding: finding.id,
                kind: finding.key.kind,
                expired: expired.map(day),
                records: records(session, &dossier)?,
                readings: readings.iter().map(ReadingView::from).collect(),
            });
        }
    }
    let out = &mut session.terminal.out();
    match format {
        Format::Text => {
            session.mark(out)?;
            evidence::text(&target.unicode(), &all, out)?;
        }
        Format::Json => {
            session.mark_in_log();
            evidence::json(&target.to_string(), &all, out)?;
        }
    }
    Ok(Ended::Done)
}

fn records(session: &Session, dossier: &Dossier) -> Result<Vec<RecordView>> {
    let kept = dossier.exchanges.iter().map(|kept| RecordView::kept(kept, kept.place));
    let again = dossier.again.iter().map(|(place, at)| RecordView::seen(*at, *place));
    let mut records = Vec::new();
    for (mut view, place) in kept.chain(again).zip(dossier.places()) {
        let entry = members::find(&session.evidence(), place)?;
        if let Some(entry) = entry.filter(|entry| !entry.is_removed) {
            let digest = |name| entry.member.record.field(name).map(str::to_owned);
            view.offset = entry.offset;
            view.block_digest = digest("WARC-Block-Digest");
            view.payload_digest = digest("WARC-Payload-Digest");
            view.is_sound = true;
        }
        records.push(view);
    }
    Ok(records)
}

/// Prints one record that belongs to a finding of `target`, unpacked.
pub(super) fn record(session: &Session, target: &Target, id: RecordId) -> Result<Ended> {
    let data = session.data()?;
    for finding in data.findings.of_target(target)? {
        let Some(dossier) = data.findings.dossier(finding.id)? else { continue };
        let Some(record) = find(session, &dossier, id)? else { continue };
        let reading =
            Reading { finding: finding.id, record: id, at: session.clock.now(), who: reader()? };
        note(&data, &reading)?;
        session.mark_in_log();
        let out = &mut session.terminal.out();
        out.write_all(&record.head())?;
        out.write_all(&record.block)?;
        out.write_all(b"\r\n\r\n")?;
        return Ok(Ended::Done);
    }
    Err(usage(format!("no finding of {target} rests on {id}; see `explain {target} --evidence`")))
}

/// The record called `id`, if `dossier` rests on it or on one that it belongs to.
fn find(session: &Session, dossier: &Dossier, id: RecordId) -> Result<Option<Record>> {
    let dir = session.evidence();
    let places: Vec<Place> = dossier.places().collect();
    if let Some(place) = places.iter().find(|place| place.id == id) {
        let entry = members::find(&dir, *place)?.filter(|entry| !entry.is_removed);
        return Ok(entry.map(|entry| entry.member.record));
    }
    for place in &places {
        let beside = Place { id, ..*place };
        let entry = members::find(&dir, beside)?.filter(|entry| !entry.is_removed);
        let belongs = |record: &Record| {
            let companion = members::companion_of(record);
            places.iter().any(|place| companion == Some(place.id))
        };
        if let Some(entry) = entry.filter(|entry| belongs(&entry.member.record)) {
            return Ok(Some(entry.member.record));
        }
    }
    Ok(None)
}

fn note(data: &Data, reading: &Reading) -> Result<()> {
    data.findings.put_reading(reading)?;
    let Reading { finding, record, who, .. } = reading;
    tracing::info!(%finding, %record, %who, "a record of evidence is read");
    Ok(())
}

/// Who runs this, as far as the machine knows.
fn reader() -> Result<String> {
    let own = std::fs::metadata("/proc/self").context("cannot tell who asks")?;
    let uid = own.uid();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _, id) = (fields.next()?, fields.next()?, fields.next()?);
        (id.parse() == Ok(uid)).then(|| name.to_owned())
    });
    Ok(name.map_or_else(|| format!("uid {uid}"), |name| format!("{name} (uid {uid})")))
}
