//! `sample`: draws sites, hands out sheets, reads results, gives rates and reports.

mod draw;
mod read;
mod sheet;

use std::io;
use std::io::Write;
use std::path::Path;

use anyhow::Result;

use crate::audit::accuracy::rates;
use crate::audit::accuracy::rates::SampleTally;
use crate::audit::accuracy::rates::Scope;
use crate::cli::Format;
use crate::cli::RateSample;
use crate::cli::ReportFormat;
use crate::cli::Sample as Request;
use crate::cli::SampleStep;
use crate::clock;
use crate::commands::Ended;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::commands::terminal::Out;
use crate::commands::usage;
use crate::facts::directory::Directory;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderName;
use crate::facts::sample::Round;
use crate::publish::samples;
use crate::publish::samples::accuracy::AccuracyView;
use crate::publish::samples::rounds::DeedView;
use crate::publish::samples::rounds::RoundView;
use crate::store::samples::Samples;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    let data = session.data()?;
    match &request.what {
        None => draw::run(session, &data, &request.draw)?,
        Some(SampleStep::Draw(request)) => draw::run(session, &data, request)?,
        Some(SampleStep::Sheet(request)) => sheet::run(session, &data, request)?,
        Some(SampleStep::Read(request)) => read::run(session, &data, request)?,
        Some(SampleStep::Rate(request)) => rate(session, &data, request)?,
        Some(SampleStep::Report(request)) => sheet::report(session, &data, request)?,
        Some(SampleStep::List { format }) => list(session, &data, *format)?,
        Some(SampleStep::Log { format }) => log(session, &data, *format)?,
    }
    Ok(Ended::Done)
}

fn rate(session: &Session, data: &Data, request: &RateSample) -> Result<()> {
    let samples = data.findings.samples()?;
    if let Some(round) = request.round {
        known_round(&samples, Some(round))?;
    }
    let provider = provider_id(&data.directory()?, request.provider.as_ref())?;
    let mut tallies = rates::tallies(&samples, &data.findings, request.round)?;
    tallies.retain(|SampleTally { sample, .. }| {
        request.bureau.is_none_or(|bureau| sample.bureau == bureau)
    });
    let settings = &session.settings.accuracy;
    let confidence = request.confidence.unwrap_or(settings.confidence);
    let today = clock::day(session.clock.now());
    let names = data.names()?;
    let rates: Vec<AccuracyView> = rates::rates(&tallies, settings, confidence, today)
        .iter()
        .filter(|rate| match (&rate.scope, &provider) {
            (Scope::Provider(id), Some(wanted)) => id == wanted,
            (_, Some(_)) => false,
            (Scope::Nation, None) => request.bureau.is_none(),
            (_, None) => true,
        })
        .map(|rate| AccuracyView::of(rate, &names, confidence))
        .collect();
    let out = &mut output(session, request.output.as_deref())?;
    if request.format != ReportFormat::Table {
        session.mark_in_log();
    }
    match request.format {
        ReportFormat::Table => samples::accuracy::table(&rates, session.layout(), out)?,
        ReportFormat::Jsonl => samples::accuracy::jsonl(&rates, out)?,
        ReportFormat::Csv => samples::accuracy::csv(&rates, out)?,
        ReportFormat::Xlsx => samples::accuracy::workbook(&rates, session.layout(), out)?,
    }
    Ok(out.flush()?)
}

fn list(session: &Session, data: &Data, format: Format) -> Result<()> {
    let samples = data.findings.samples()?;
    let names = data.names()?;
    let mut rounds = Vec::new();
    for round in samples.rounds()? {
        rounds.push(RoundView::of(&round, &samples.of_round(round.number)?, &names));
    }
    let out = &mut output(session, None)?;
    match format {
        Format::Text => samples::rounds::table(&rounds, session.layout(), out)?,
        Format::Json => lines(session, &rounds, out)?,
    }
    Ok(out.flush()?)
}

fn log(session: &Session, data: &Data, format: Format) -> Result<()> {
    let deeds = data.findings.samples()?.deeds()?;
    let deeds: Vec<DeedView> = deeds.iter().map(DeedView::of).collect();
    let out = &mut output(session, None)?;
    match format {
        Format::Text => samples::rounds::log(&deeds, session.layout(), out)?,
        Format::Json => lines(session, &deeds, out)?,
    }
    Ok(out.flush()?)
}

fn lines(
    session: &Session,
    rows: &[impl serde::Serialize],
    out: &mut impl Write,
) -> io::Result<()> {
    session.mark_in_log();
    for row in rows {
        serde_json::to_writer(&mut *out, row)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// The file at `path`, or stdout.
fn output(session: &Session, path: Option<&Path>) -> Result<io::BufWriter<Out>> {
    Ok(io::BufWriter::new(session.terminal.output(path)?))
}

/// The round with this number, or the latest.
fn known_round(samples: &Samples, number: Option<u32>) -> Result<Round> {
    let mut rounds = samples.rounds()?;
    let found = match number {
        None => rounds.pop(),
        Some(number) => rounds.into_iter().find(|round| round.number == number),
    };
    found.ok_or_else(|| {
        usage(match number {
            None => "no sample was drawn yet; `sample draw` draws one".to_owned(),
            Some(number) => format!("there is no round {number}; `sample list` shows them"),
        })
    })
}

fn provider_id(directory: &Directory, name: Option<&ProviderName>) -> Result<Option<ProviderId>> {
    let Some(name) = name else { return Ok(None) };
    let found = directory.find(name).map(|provider| provider.id.clone());
    let found =
        found.ok_or_else(|| usage(format!("no provider bears the id, name or alias `{name}`")))?;
    Ok(Some(found))
}

/// Who does something to a finding: as they say. Providers are told, and no account is their business.
pub(super) fn actor(by: Option<&String>) -> String {
    named(by.cloned())
}

fn named(name: Option<String>) -> String {
    let name = name.filter(|name| !name.trim().is_empty());
    let name = name.unwrap_or_else(|| "operator".to_owned());
    name.trim().chars().filter(|c| !c.is_control()).take(60).collect()
}

/// Who does it, for the log: as they say, else the account the program runs under.
pub(super) fn doer(session: &Session, by: Option<&String>) -> String {
    named(by.cloned().or_else(|| session.terminal.account()))
}
