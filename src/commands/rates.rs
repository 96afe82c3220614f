//! `rates`: how much is filed of what is there, and how it stands against the targets.

mod access;

use std::collections::BTreeSet;
use std::io::BufWriter;
use std::io::Write;

use anyhow::Result;
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::civil::Time;

use crate::audit::accuracy;
use crate::audit::accuracy::rates::Rate;
use crate::audit::rates::Basis;
use crate::audit::rates::unfiled::MOST_MOMENTS;
use crate::audit::rates::unfiled::Standing;
use crate::audit::rates::unfiled::UnfiledCount;
use crate::audit::rates::unfiled::UnfiledTally;
use crate::audit::rates::unknown;
use crate::cli::Rates as Request;
use crate::cli::RatesFormat;
use crate::clock;
use crate::commands::Ended;
use crate::commands::causes::with_causes;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::config::Settings;
use crate::facts::census::Census;
use crate::facts::census::NightCount;
use crate::facts::census::Scoped;
use crate::facts::census::Whose;
use crate::facts::change::Scan;
use crate::facts::change::Scope;
use crate::facts::filing::Filing;
use crate::facts::filing::RegisterGap;
use crate::facts::provider::Provider;
use crate::publish::rates;
use crate::publish::rates::RateView;
use crate::publish::samples::accuracy::AccuracyView;
use crate::publish::view::ProviderNames;
use crate::serve::CountedRates;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    let data = session.data()?;
    take_census(session, &data)?;
    let mut out = BufWriter::new(session.terminal.output(request.output.as_deref())?);
    if matches!(request.format, RatesFormat::Jsonl | RatesFormat::Csv) {
        session.mark_in_log();
    }
    if request.access {
        access::write(session, &data, request, &mut out)?;
        out.flush()?;
        return Ok(Ended::Done);
    }
    let moments = moments(request, session.clock.now())?;
    let rows = rows(session, &data, request, moments)?;
    match request.format {
        RatesFormat::Table => rates::table(&rows, session.layout(), &mut out)?,
        RatesFormat::Jsonl => rates::jsonl(&rows, &mut out)?,
        RatesFormat::Csv => rates::csv(&rows, &mut out)?,
        RatesFormat::Xlsx => rates::workbook(&rows, session.layout(), &mut out)?,
    }
    out.flush()?;
    Ok(Ended::Done)
}

/// The moments that are told of, ascending: now, the end of a day, or the ends of months; those that
/// lie ahead are cut to now.
fn moments(request: &Request, now: Timestamp) -> Result<Vec<Timestamp>> {
    let end_of = |day: Date| -> Result<Timestamp> {
        let end = day.to_datetime(Time::constant(23, 59, 59, 999_999_999));
        Ok(clock::zone().to_timestamp(end)?.min(now))
    };
    let today = clock::day(now);
    if let Some(day) = request.at {
        if day > today {
            return Err(usage(format!("{day} lies ahead; rates are told up to today, {today}")));
        }
        return Ok(vec![end_of(day)?]);
    }
    let Some(mut month) = request.since else { return Ok(vec![now]) };
    let until = request.until.unwrap_or(today).min(today);
    if month > until {
        return Err(usage("--since lies after --until, or ahead"));
    }
    let mut moments = Vec::new();
    while month <= until {
        if moments.len() == MOST_MOMENTS {
            return Err(usage(format!(
                "more than {MOST_MOMENTS} months; narrow --since or --until"
            )));
        }
        moments.push(end_of(month.last_of_month())?);
        month = month.checked_add(1.month())?;
    }
    Ok(moments)
}

fn rows(
    session: &Session,
    data: &Data,
    request: &Request,
    moments: Vec<Timestamp>,
) -> Result<Vec<RateView>> {
    let wanted = wanted(data, request)?;
    rows_of(session, data, &wanted, moments)
}

/// Counts what the rates of now are told by, of whomever they are asked for later.
pub(super) fn now(session: &Session, data: &Data) -> Result<CountedRates> {
    let counted = counted(session, data, vec![session.clock.now()])?;
    let (settings, names) = (session.settings.clone(), data.names()?);
    let whose = counted.iter().flat_map(Counted::whose).collect();
    let tell = move |whose: &[Whose]| {
        counted.iter().flat_map(|counted| counted.rows(whose, &settings, &names)).collect()
    };
    Ok(CountedRates { whose, tell: Box::new(tell) })
}

fn rows_of(
    session: &Session,
    data: &Data,
    wanted: &[Whose],
    moments: Vec<Timestamp>,
) -> Result<Vec<RateView>> {
    let names = data.names()?;
    let rows = counted(session, data, moments)?.into_iter().flat_map(|counted| {
        let everybody: Vec<Whose> = match wanted {
            [] => counted.whose().into_iter().filter(|whose| !whose.is_part()).collect(),
            wanted => wanted.to_vec(),
        };
        counted.rows(&everybody, &session.settings, &names)
    });
    Ok(rows.collect())
}

/// What was counted at one moment.
struct Counted {
    at: Timestamp,
    census: Option<Census>,
    night: Option<NightCount>,
    unfiled: Scoped<UnfiledCount>,
    accuracy: Vec<Rate>,
}

fn counted(session: &Session, data: &Data, moments: Vec<Timestamp>) -> Result<Vec<Counted>> {
    let censuses = data.findings.censuses().collect::<Result<Vec<Census>, _>>()?;
    let nights = data.findings.night_counts().collect::<Result<Vec<NightCount>, _>>()?;
    let unfiled = unfiled(data, moments.clone())?;
    let at_each = moments.into_iter().zip(unfiled).map(|(at, unfiled)| {
        Ok(Counted {
            at,
            census: censuses.iter().rfind(|census| census.as_of <= at).cloned(),
            night: nights.iter().rfind(|night| night.at <= at).cloned(),
            unfiled,
            accuracy: accuracy(session, data, at)?,
        })
    });
    at_each.collect()
}

impl Counted {
    /// Everybody of whom anything is known.
    fn whose(&self) -> BTreeSet<Whose> {
        let filed = self.census.iter().flat_map(|census| census.filed.whose());
        let unknown = self.night.iter().flat_map(|night| night.unknown.whose());
        self.unfiled.whose().chain(filed).chain(unknown).collect()
    }

    /// The rates of those who are `wanted`.
    fn rows(&self, wanted: &[Whose], settings: &Settings, names: &ProviderNames) -> Vec<RateView> {
        let basis = Basis { at: self.at, census: self.census.as_ref(), night: self.night.as_ref() };
        let gap = basis.gap(settings.filings.complete, settings.filings.max_age);
        let goal = settings.rates.goal_on(clock::day(self.at));
        let row = |whose: &Whose| {
            let count = self.unfiled.of(whose).unwrap_or_default();
            let sampled = self.accuracy.iter().filter(|rate| is_of(rate, whose, names));
            let sampled = sampled
                .map(|rate| AccuracyView::of(rate, names, settings.accuracy.confidence))
                .collect();
            RateView::of(whose, count, (basis, gap), goal, names).with_accuracy(sampled)
        };
        wanted.iter().map(row).collect()
    }
}

/// The accuracy rates of the samples as they were known at `at`.
fn accuracy(session: &Session, data: &Data, at: Timestamp) -> Result<Vec<Rate>> {
    let samples = data.findings.samples()?;
    let tallies = accuracy::rates::tallies_at(&samples, &data.findings, None, at)?;
    let settings = &session.settings.accuracy;
    Ok(accuracy::rates::rates(&tallies, settings, settings.confidence, clock::day(at)))
}

/// Whether `rate` is told of `whose`. A provider is sampled as a whole, for the bureau that supervises it.
fn is_of(rate: &Rate, whose: &Whose, names: &ProviderNames) -> bool {
    match (&rate.scope, whose) {
        (accuracy::rates::Scope::Nation, Whose::Nation) => true,
        (accuracy::rates::Scope::Bureau(own), Whose::Bureau(bureau)) => own == bureau,
        (accuracy::rates::Scope::Provider(own), Whose::Provider(id)) => own == id,
        (accuracy::rates::Scope::Provider(own), Whose::InBureau(bureau, id)) => {
            own == id && names.bureau(id) == Some(*bureau)
        }
        _ => false,
    }
}

/// Whose rates are asked for: a provider's within a bureau where both are named; empty for everybody's.
fn wanted(data: &Data, request: &Request) -> Result<Vec<Whose>> {
    let Some(name) = &request.provider else {
        return Ok(request.bureau.map(Whose::Bureau).into_iter().collect());
    };
    let directory = data.directory()?;
    let found = directory.find(name).map(|provider| provider.id.clone());
    let id =
        found.ok_or_else(|| usage(format!("no provider bears the id, name or alias `{name}`")))?;
    Ok(vec![match request.bureau {
        Some(bureau) => Whose::InBureau(bureau, id),
        None => Whose::Provider(id),
    }])
}

fn unfiled(data: &Data, moments: Vec<Timestamp>) -> Result<Vec<Scoped<UnfiledCount>>> {
    let mut standing = Standing::new(moments);
    for change in data.findings.changes() {
        standing.tell(&change?);
    }
    let mut tally = UnfiledTally::new(standing);
    for finding in data.findings.all() {
        tally.add(&finding?);
    }
    Ok(tally.finish())
}

/// The same as [`take_census`] on the way to something else, which a register that cannot be
/// counted must not keep from being done.
pub(super) fn keep_census(session: &Session, data: &Data) {
    tell_uncounted(take_census(session, data));
}

/// The same after rows were changed, whatever the register's day: what is cancelled, or added by a provider,
/// leaves it as old as it was.
pub(super) fn count_again(session: &Session, data: &Data) {
    tell_uncounted(count_filings(session, data));
}

fn tell_uncounted(counted: Result<()>) {
    if let Err(error) = counted {
        tracing::warn!(
            "the filings are not counted, so that `rates` cannot tell of today: {}",
            with_causes(&error)
        );
    }
}

/// Counts the filing register, unless it is as it was when it was counted last.
pub(super) fn take_census(session: &Session, data: &Data) -> Result<()> {
    let is_complete = session.settings.filings.complete;
    let imported = data.registers.imported_at::<Filing>();
    let providers_of = data.registers.imported_at::<Provider>();
    let last = data.findings.censuses().last().transpose()?;
    // What is cancelled, or added by a provider, leaves the register as old as it was.
    let is_of_this = data.findings.counted()? == Some(data.registers.version::<Filing>());
    let is_counted = last.as_ref().is_some_and(|last| {
        is_of_this
            && Some(last.as_of) == imported
            && last.providers_of == providers_of
            && last.is_complete == is_complete
            && !last.filed.divided.is_unknown()
    });
    if is_counted { Ok(()) } else { count_filings(session, data) }
}

fn count_filings(session: &Session, data: &Data) -> Result<()> {
    let is_complete = session.settings.filings.complete;
    // What comes while it is counted is counted the next time.
    let version = data.registers.version::<Filing>();
    if let Some(census) = data.registers.census(&data.directory()?, is_complete)? {
        let filed = census.filed.nation;
        tracing::debug!(sites = filed.sites, domains = filed.domains, "the filings were counted");
        data.findings.put_census(&census)?;
        data.findings.put_counted(version)?;
    }
    Ok(())
}

/// Keeps what the night `scan` could not tell, for the rates that will rest on it. Only a night over
/// everything counts.
pub(super) fn take_night_count(data: &Data, scan: &Scan, gap: Option<RegisterGap>) -> Result<()> {
    if scan.scope != Scope::default() {
        return Ok(());
    }
    let directory = data.directory()?;
    let mut count = NightCount {
        night: scan.night,
        at: scan.stopped.unwrap_or(scan.started),
        gap,
        examined: 0,
        unknown: Scoped::default(),
    };
    for examination in data.registers.examinations()? {
        count.examined += 1;
        unknown::count(&examination?, &directory, &mut count.unknown);
    }
    Ok(data.findings.put_night_count(&count)?)
}
