//! `findings`: lists what stands, or stood.

mod messages;
mod recheck;

use std::io::BufWriter;
use std::io::Write;

use anyhow::Result;

use crate::cli::Encoding;
use crate::cli::Findings as Request;
use crate::cli::FindingsFormat;
use crate::cli::StateFilter;
use crate::clock;
use crate::commands::Ended;
use crate::commands::data::Data;
use crate::commands::findings::recheck::Recheck;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;
use crate::facts::lifecycle;
use crate::facts::provider::ProviderId;
use crate::publish::findings;
use crate::publish::findings::csv::Inexpressible;
use crate::publish::findings::workbook::Sheets;
use crate::publish::view::FindingView;
use crate::publish::view::row_order;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    if request.per_provider && request.format != FindingsFormat::Xlsx {
        return Err(usage(
            "--per-provider goes with --format xlsx: it makes a sheet for each provider",
        ));
    }
    if request.encoding == Encoding::Gbk && request.format != FindingsFormat::Csv {
        return Err(usage("--encoding goes with --format csv"));
    }
    let data = session.data()?;
    let found = listed(session, &data, request)?;
    if !matches!(request.format, FindingsFormat::Table | FindingsFormat::Xlsx) {
        session.mark_in_log();
    }
    match request.format {
        FindingsFormat::V3 => messages::write(session, &data, request, found)?,
        FindingsFormat::V3Answers => messages::write_answers(session, &data, request, &found)?,
        _ => write(session, &data, request, &found)?,
    }
    Ok(Ended::Done)
}

/// What `request` asks for, in order.
fn listed(session: &Session, data: &Data, request: &Request) -> Result<Vec<Finding>> {
    let provider = match &request.provider {
        None => None,
        Some(name) => {
            let directory = data.directory()?;
            let id = directory.find(name).map(|provider| provider.id.clone());
            Some(id.ok_or_else(|| {
                usage(format!("no provider bears the id, name or alias `{name}`"))
            })?)
        }
    };
    let today = clock::day(session.clock.now());
    let mut found = Vec::new();
    for finding in data.findings.all() {
        let finding = finding?;
        if is_wanted(&finding, request, provider.as_ref(), today) {
            found.push(finding);
        }
    }
    // What people read on the screen is what stands; what goes out is looked at once more.
    if request.format != FindingsFormat::Table {
        found = Recheck::open(session, data)?.kept(found)?;
    }
    found.sort_by_cached_key(|finding| {
        let provider = &finding.key.provider;
        let sheet = request.per_provider.then(|| (provider.is_none(), provider.clone()));
        (sheet, row_order(finding), finding.id)
    });
    Ok(found)
}

fn write(session: &Session, data: &Data, request: &Request, found: &[Finding]) -> Result<()> {
    let names = data.names()?;
    let now = session.clock.now();
    let mut places = Vec::with_capacity(found.len());
    for finding in found {
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
        FindingsFormat::Xlsx => {
            let sheets = if request.per_provider { Sheets::PerProvider } else { Sheets::One };
            findings::workbook::write(rows, sheets, session.layout(), &mut out)?;
        }
        FindingsFormat::Csv if request.encoding == Encoding::Gbk => {
            let mut tell = |cell: Inexpressible| tracing::warn!("{cell}");
            findings::csv::write_in_gbk(rows, &mut out, &mut tell)?;
        }
        FindingsFormat::Csv => findings::csv::write(rows, &mut out)?,
        FindingsFormat::Jsonl | FindingsFormat::V3 | FindingsFormat::V3Answers => {
            findings::jsonl(rows, &mut out)?;
        }
    }
    Ok(out.flush()?)
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
        && (!request.referred || lifecycle::is_referred(finding))
        && (!request.overdue || (finding.stands() && finding.due < today))
}
