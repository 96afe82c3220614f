//! `sample draw`: one pass over the register, and a round is kept.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::Result;

use crate::audit::accuracy::draw;
use crate::audit::accuracy::draw::Draw;
use crate::audit::accuracy::draw::Drawn;
use crate::audit::accuracy::draw::Size;
use crate::audit::accuracy::draw::Wish;
use crate::audit::accuracy::size::Wanted;
use crate::cli::DrawSample;
use crate::cli::Format;
use crate::clock;
use crate::commands::data::Data;
use crate::commands::sample::doer;
use crate::commands::sample::lines;
use crate::commands::sample::output;
use crate::commands::sample::provider_id;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::bureau::Bureau;
use crate::facts::directory::Directory;
use crate::facts::provider::ProviderId;
use crate::facts::sample::Deed;
use crate::facts::sample::DeedKind;
use crate::facts::sample::Round;
use crate::facts::sample::Sample;
use crate::publish::samples::rounds;
use crate::publish::samples::rounds::RoundView;
use crate::store::sorter::MEMORY;
use crate::store::sorter::Sorter;

pub(super) fn run(session: &Session, data: &Data, request: &DrawSample) -> Result<()> {
    let directory = data.directory()?;
    let now = session.clock.now();
    let Some(register) = data.registers.filings()? else {
        return Err(usage("no filings were imported yet; `import filings` reads them"));
    };
    let wish = Wish {
        seed: request.seed.unwrap_or_else(rand::random),
        month: request.month.unwrap_or_else(|| clock::day(now).first_of_month()),
        size: request.size.map_or(
            Size::Margin(Wanted {
                confidence: request.confidence,
                margin: request.margin / 100.0,
                expected: request.expected,
            }),
            Size::Sites,
        ),
        providers: wanted(&directory, request)?,
    };
    let sorter = Sorter::new(&session.data.join("registers"), "sample", MEMORY);
    let mut draw = Draw::new(&directory, &wish, sorter);
    register.each_brief(|target, record| draw.take(target, record))?;
    let (drawn, left_out) = draw.finish()?;
    let samples = data.findings.samples()?;
    let keeping = samples.keeping();
    let number = samples.rounds()?.last().map_or(1, |round| round.number.saturating_add(1));
    let sites = draw::registered(&drawn, number, &register)?;
    if sites.is_empty() {
        return Err(usage(
            "no provider that was asked for has an active filing of record, so that nothing was \
             drawn; do the filings have the column `providers`, and are the providers imported?",
        ));
    }
    let kept: Vec<Sample> = drawn.iter().map(|drawn| sample(drawn, number, &directory)).collect();
    let round = Round {
        number,
        drawn_at: now,
        month: wish.month,
        seed: wish.seed,
        register_of: register.imported_at(),
        left_out,
    };
    let kind = DeedKind::Drawn { round: number, sites: sites.len() as u64 };
    let deed = Deed { at: now, by: doer(session, request.by.as_ref()), kind };
    keeping.put_round(&round, &kept, &sites, &deed)?;
    drop(keeping);
    tracing::info!(round = number, sites = sites.len(), seed = wish.seed, "a sample was drawn");
    let view = RoundView::of(&round, &kept, &data.names()?);
    let out = &mut output(session, None)?;
    match request.format {
        Format::Text => rounds::table(&[view], session.layout(), out)?,
        Format::Json => lines(session, &[view], out)?,
    }
    Ok(out.flush()?)
}

/// Whose sites are drawn; `None`: everybody's.
fn wanted(directory: &Directory, request: &DrawSample) -> Result<Option<BTreeSet<ProviderId>>> {
    let mut ids = BTreeSet::new();
    for name in &request.provider {
        ids.extend(provider_id(directory, Some(name))?);
    }
    let Some(bureau) = request.bureau else {
        return Ok(Some(ids).filter(|ids| !ids.is_empty()));
    };
    let own = directory.providers().iter().filter(|provider| {
        provider.bureau.unwrap_or(Bureau::MINISTRY) == bureau
            && (ids.is_empty() || ids.contains(&provider.id))
    });
    Ok(Some(own.map(|provider| provider.id.clone()).collect()))
}

fn sample(drawn: &Drawn, round: u32, directory: &Directory) -> Sample {
    let provider = directory.by_id(&drawn.provider);
    Sample {
        round,
        provider: drawn.provider.clone(),
        bureau: provider.and_then(|provider| provider.bureau).unwrap_or(Bureau::MINISTRY),
        strata: drawn.strata,
    }
}
