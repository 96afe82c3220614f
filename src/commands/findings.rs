//! `findings`: lists what stands, or stood.

mod messages;

use std::io::BufWriter;
use std::io::Write;

use anyhow::Result;

use crate::cli::Findings as Request;
use crate::cli::FindingsFormat;
use crate::cli::StateFilter;
use crate::clock;
use crate::commands::Ended;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;
use crate::facts::provider::ProviderId;
use crate::publish::findings;
use crate::publish::view::FindingView;
use crate::publish::view::row_order;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    let data = session.data()?;
    let directory = data.directory()?;
    let names = data.names()?;
    let now = session.clock.now();
    let provider = match &request.provider {
        None => None,
        Some(name) => {
            let found = directory.find(name);
            let id = found.map(|provider| provider.id.clone());
            Some(id.ok_or_else(|| {
                usage(format!("no provider bears the id, name or alias `{name}`"))
            })?)
        }
    };
    let mut found = Vec::new();
    for finding in data.findings.all() {
        let finding = finding?;
        if is_wanted(&finding, request, provider.as_ref(), clock::day(now)) {
            found.push(finding);
        }
    }
    found.sort_by_cached_key(|finding| (row_order(&finding.key), finding.id));
    if request.format == FindingsFormat::V3 {
        session.mark_in_log();
        messages::write(session, &data, request, found)?;
        return Ok(Ended::Done);
    }
    let mut places = Vec::with_capacity(found.len());
    for finding in &found {
        places.push(data.place(finding.id)?);
    }
    let rows = found.iter().zip(&places).map(|(finding, place)| {
        let mut view = FindingView::of(finding, &names, now);
        view.evidence.warc = place.map(|place| place.to_string());
        view
    });

    let mut out = BufWriter::new(session.terminal.output(request.output.as_deref())?);
    match request.format {
        FindingsFormat::Table => findings::table::write(rows, session.layout(), &mut out)?,
        FindingsFormat::Xlsx => findings::workbook::write(rows, session.layout(), &mut out)?,
        FindingsFormat::Csv => {
            session.mark_in_log();
            findings::csv::write(rows, &mut out)?;
        }
        FindingsFormat::Jsonl | FindingsFormat::V3 => {
            session.mark_in_log();
            findings::jsonl(rows, &mut out)?;
        }
    }
    out.flush()?;
    Ok(Ended::Done)
}

fn is_wanted(
    finding: &Finding,
    request: &Request,
    provider: Option<&ProviderId>,
    today: jiff::civil::Date,
) -> bool {
    let is_in_state = match (request.state, finding.state) {
        (_, FindingState::Accruing) => false,
        (Some(StateFilter::All), _) => true,
        (None, state) => matches!(state, FindingState::Open | FindingState::Answered),
        (Some(StateFilter::Open), state) => state == FindingState::Open,
        (Some(StateFilter::Answered), state) => state == FindingState::Answered,
        (Some(StateFilter::Closed), state) => matches!(state, FindingState::Closed(_)),
    };
    is_in_state
        && provider.is_none_or(|id| finding.key.provider.as_ref() == Some(id))
        && request.bureau.is_none_or(|bureau| finding.bureau == bureau)
        && (request.kind.is_empty() || request.kind.contains(&finding.key.kind))
        && request.since.is_none_or(|since| clock::day(finding.first_seen) >= since)
        && request.due_before.is_none_or(|day| finding.due < day)
        && (!request.overdue || (finding.stands() && finding.due < today))
}
