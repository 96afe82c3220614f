//! `sample sheet` and `sample report`: what goes out about the sites of a round, as their records are
//! today.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Result;

use crate::audit::accuracy::outcome::Outcome;
use crate::audit::accuracy::rates;
use crate::audit::accuracy::record::record_of;
use crate::cli::ReportFormat;
use crate::cli::ReportSample;
use crate::cli::SheetFormat;
use crate::cli::SheetKind;
use crate::cli::SheetSample;
use crate::commands::data::Data;
use crate::commands::sample::doer;
use crate::commands::sample::known_round;
use crate::commands::sample::output;
use crate::commands::sample::provider_id;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::filing::Filing;
use crate::facts::finding::Finding;
use crate::facts::provider::ProviderId;
use crate::facts::sample::Deed;
use crate::facts::sample::DeedKind;
use crate::facts::sample::DrawnSite;
use crate::facts::sample::Rightness;
use crate::publish::mask::Personal;
use crate::publish::samples::errors;
use crate::publish::samples::errors::ErrorReport;
use crate::publish::samples::sheet;
use crate::publish::samples::sheet::SheetRow;
use crate::store::samples::Samples;

/// A drawn site with all that is known of it.
struct Known {
    site: DrawnSite,
    records: Vec<Filing>,
    crawl: Vec<Finding>,
    outcome: Outcome,
}

impl Known {
    fn row(&self) -> SheetRow<'_> {
        SheetRow {
            site: &self.site,
            record: record_of(&self.site, &self.records),
            crawl: &self.crawl,
        }
    }
}

/// The sites of a round, by provider, age and id.
fn known(
    data: &Data,
    samples: &Samples,
    round: u32,
    provider: Option<&ProviderId>,
) -> Result<Vec<Known>> {
    let register = data.registers.filings()?;
    let mut known = Vec::new();
    for site in samples.sites(round) {
        let site = site?;
        if provider.is_some_and(|wanted| *wanted != site.provider) {
            continue;
        }
        let records = register.as_ref().map(|register| register.lookup(&site.target));
        let mut crawl = data.findings.of_target(&site.target)?;
        crawl.retain(|finding| rates::doubts(finding, &site));
        let outcome = Outcome::of(&site, &samples.readings(site.id)?);
        known.push(Known {
            records: records.transpose()?.unwrap_or_default(),
            crawl,
            outcome,
            site,
        });
    }
    known.sort_by(|a, b| {
        let key = |known: &Known| (known.site.provider.clone(), known.site.age, known.site.id);
        key(a).cmp(&key(b))
    });
    Ok(known)
}

pub(super) fn run(session: &Session, data: &Data, request: &SheetSample) -> Result<()> {
    let samples = data.findings.samples()?;
    let round = known_round(&samples, request.round)?.number;
    let provider = provider_id(&data.directory()?, request.provider.as_ref())?;
    let mut known = known(data, &samples, round, provider.as_ref())?;
    if request.open {
        known.retain(|known| known.outcome.accuracy(&known.site) == Rightness::Unknown);
    }
    if known.is_empty() {
        let of = if request.open { "is left to verify" } else { "was drawn" };
        return Err(usage(format!("nothing of round {round} {of} there")));
    }
    let names = data.names()?;
    let personal = if request.reveal { Personal::Revealed } else { Personal::Masked };
    let rows = known.iter().map(Known::row);
    let (what, roster, without) = match request.kind {
        SheetKind::Sheet => ("sheet", sheet::sheet(rows, &names, personal), 0),
        SheetKind::Calls => {
            let (roster, without) = sheet::calls(rows, &names, personal);
            ("calls", roster, without)
        }
        SheetKind::Messages => {
            let (roster, without) = sheet::messages(rows, &names, personal);
            ("messages", roster, without)
        }
    };
    let sites = roster.rows.len() as u64;
    tell_revealed(session, &samples, request.reveal, (round, what, sites), request.by.as_ref())?;
    if without > 0 {
        tracing::warn!(sites = without, "left out: their records have no number to reach");
    }
    let changed = known.iter().filter(|known| !known.row().standing().is_empty()).count();
    if changed > 0 {
        tracing::warn!(sites = changed, "their records changed since they were drawn (登记现状)");
    }
    session.mark_in_log();
    let out = &mut output(session, request.output.as_deref())?;
    match request.format {
        SheetFormat::Csv => roster.csv(out)?,
        SheetFormat::Xlsx => roster.xlsx(session.layout(), out)?,
    }
    Ok(out.flush()?)
}

/// Keeps who took personal data, before any goes out; says so where none does.
fn tell_revealed(
    session: &Session,
    samples: &Samples,
    is_revealed: bool,
    (round, what, sites): (u32, &str, u64),
    by: Option<&String>,
) -> Result<()> {
    if !is_revealed {
        tracing::info!("personal data are masked; --reveal shows them, and is logged");
        return Ok(());
    }
    let by = doer(session, by);
    tracing::warn!(round, what, sites, by, "personal data go out unmasked");
    let kind = DeedKind::Revealed { round, what: what.to_owned(), sites };
    Ok(samples.keeping().put_deed(&Deed { at: session.clock.now(), by, kind })?)
}

pub(super) fn report(session: &Session, data: &Data, request: &ReportSample) -> Result<()> {
    let samples = data.findings.samples()?;
    let round = known_round(&samples, request.round)?.number;
    let provider = provider_id(&data.directory()?, request.provider.as_ref())?;
    let names = data.names()?;
    let personal = if request.reveal { Personal::Revealed } else { Personal::Masked };
    let mut reports: BTreeMap<ProviderId, ErrorReport> = BTreeMap::new();
    for tally in rates::tallies(&samples, &data.findings, Some(round))? {
        let id = tally.sample.provider.clone();
        if provider.as_ref().is_none_or(|wanted| *wanted == id) {
            reports.insert(id, ErrorReport::new(&tally, &names));
        }
    }
    for known in known(data, &samples, round, provider.as_ref())? {
        if let Some(report) = reports.get_mut(&known.site.provider) {
            report.add(&known.row(), &known.outcome, personal);
        }
    }
    let reports: Vec<ErrorReport> = reports.into_values().collect();
    let sites = reports.iter().map(|report| report.sites.len() as u64).sum();
    tell_revealed(
        session,
        &samples,
        request.reveal,
        (round, "report", sites),
        request.by.as_ref(),
    )?;
    if request.format != ReportFormat::Table {
        session.mark_in_log();
    }
    let out = &mut output(session, request.output.as_deref())?;
    match request.format {
        ReportFormat::Table => errors::table(&reports, session.layout(), out)?,
        ReportFormat::Jsonl => errors::jsonl(&reports, out)?,
        ReportFormat::Csv => errors::csv(&reports, out)?,
        ReportFormat::Xlsx => errors::workbook(&reports, session.layout(), out)?,
    }
    Ok(out.flush()?)
}
