//! `GET /exports/findings.{csv,xlsx,jsonl}`: what bureaus take away, and providers too. What is mended
//! by now is left out; the same findings give the same bytes.

use std::io;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::publish::findings;
use crate::publish::findings::workbook::NoWorkbook;
use crate::publish::findings::workbook::Sheets;
use crate::publish::layout::Layout;
use crate::publish::view::FindingView;
use crate::publish::view::row_order;
use crate::serve::ask::Queries;
use crate::serve::ask::Query;
use crate::serve::desk::Desk;
use crate::serve::desk::apart;
use crate::serve::door::Caller;
use crate::serve::filter::Filter;
use crate::serve::problem::Problem;
use crate::serve::reply;
use crate::store::catalogue::Row;
use crate::store::catalogue::Wanted;

/// Findings of one file, at the most: all of them are in memory while it is written.
pub(super) const MOST: usize = 200_000;

/// How many findings say what the registers no longer do; the next night closes them.
pub(super) const MENDED: &str = "x-mended";

/// How many findings, or addresses of them, the ministry's message cannot hold.
pub(super) const LEFT_OUT: &str = "x-left-out";

/// In how many cells GBK lacks characters, which are written as `?`.
const INEXPRESSIBLE: &str = "x-inexpressible";

/// How CSV is written.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct CsvQuery {
    /// How it is encoded; UTF-8 with a byte order mark where nothing is said
    encoding: Option<Encoding>,
}

/// How CSV is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
pub(super) enum Encoding {
    /// UTF-8 with a byte order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// GBK, for old programs; it lacks some characters.
    #[serde(rename = "gbk")]
    Gbk,
}

/// How a workbook is written.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct XlsxQuery {
    /// Whether each provider has a sheet of its own
    per_provider: Option<bool>,
}

/// A file on its way out.
struct File {
    name: &'static str,
    kind: &'static str,
    body: Vec<u8>,
    /// What is told of what the file does not hold.
    told: Vec<(&'static str, usize)>,
}

/// Findings as CSV
///
/// `X-Mended` counts those that are left out because what they say is mended by now: the site is filed or
/// connected, or the record that is over-reported or without access is gone. `X-Inexpressible` counts the
/// cells in which GBK lacks characters.
#[utoipa::path(get, path = "/exports/findings.csv", tag = "findings", params(Filter, CsvQuery),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")))]
pub(super) async fn csv(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Queries(filter, query): Queries<Filter, CsvQuery>,
) -> Result<Response, Problem> {
    let is_gbk = query.encoding == Some(Encoding::Gbk);
    taken_away((desk, caller, headers), filter, Sheets::One, move |desk, rows| {
        let views = views(desk, rows)?;
        let (mut body, mut inexpressible) = (Vec::new(), 0);
        if is_gbk {
            findings::csv::write_in_gbk(views, &mut body, &mut |_| inexpressible += 1)?;
        } else {
            findings::csv::write(views, &mut body)?;
        }
        let kind = if is_gbk { "text/csv; charset=gbk" } else { "text/csv; charset=utf-8" };
        Ok(File { name: "findings.csv", kind, body, told: vec![(INEXPRESSIBLE, inexpressible)] })
    })
    .await
}

/// Findings as an XLSX workbook
///
/// `X-Mended` counts those that are left out because what they say is mended by now: the site is filed or
/// connected, or the record that is over-reported or without access is gone.
#[utoipa::path(get, path = "/exports/findings.xlsx", tag = "findings", params(Filter, XlsxQuery),
    responses((status = 200, description = "The file", content(
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
pub(super) async fn xlsx(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Queries(filter, query): Queries<Filter, XlsxQuery>,
) -> Result<Response, Problem> {
    let sheets = if query.per_provider == Some(true) { Sheets::PerProvider } else { Sheets::One };
    taken_away((desk, caller, headers), filter, sheets, move |desk, rows| {
        let layout = Layout { is_simulated: desk.is_simulated, width: None };
        let mut body = Vec::new();
        match findings::workbook::write(views(desk, rows)?, sheets, layout, &mut body) {
            Ok(()) => {}
            Err(error @ (NoWorkbook::TooMany | NoWorkbook::TooManySheets)) => {
                return Err(Problem::unprocessable(error.to_string()));
            }
            Err(error) => return Err(io::Error::other(error).into()),
        }
        let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        Ok(File { name: "findings.xlsx", kind, body, told: vec![] })
    })
    .await
}

/// Findings as JSON lines
///
/// `X-Mended` counts those that are left out because what they say is mended by now: the site is filed or
/// connected, or the record that is over-reported or without access is gone.
#[utoipa::path(get, path = "/exports/findings.jsonl", tag = "findings", params(Filter),
    responses((status = 200, description = "The file", body = String, content_type = "application/jsonl")))]
pub(super) async fn jsonl(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    taken_away((desk, caller, headers), filter, Sheets::One, |desk, rows| {
        let mut body = Vec::new();
        findings::jsonl(views(desk, rows)?, &mut body)?;
        Ok(File { name: "findings.jsonl", kind: "application/jsonl", body, told: vec![] })
    })
    .await
}

fn views(desk: &Desk, rows: &[Row]) -> Result<impl Iterator<Item = FindingView>, Problem> {
    let names = desk.names()?;
    Ok(rows.iter().map(move |row| desk.view(row, &names)))
}

/// The file that `write` makes of the findings that are asked for, in order.
async fn taken_away(
    (desk, caller, headers): (Arc<Desk>, Caller, HeaderMap),
    filter: Filter,
    sheets: Sheets,
    write: impl FnOnce(&Desk, &[Row]) -> Result<File, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    if !caller.scope.sees_findings() {
        return Err(Problem::not_found());
    }
    apart(move || {
        let Listed { rows, mended } = listed(&desk, filter.wanted(&desk, &caller)?, sheets)?;
        let file = write(&desk, &rows)?;
        Ok(sent(&headers, file, mended))
    })
    .await
}

/// What is listed, in order, and how many were left out because what they say is mended by now.
pub(super) struct Listed {
    pub(super) rows: Vec<Row>,
    pub(super) mended: usize,
}

/// What is `wanted` as it goes out; nothing where nothing can be.
pub(super) fn listed(
    desk: &Desk,
    wanted: Option<Wanted>,
    sheets: Sheets,
) -> Result<Listed, Problem> {
    let rows = match wanted {
        None => Vec::new(),
        Some(wanted) => {
            let page = desk.findings.catalogue()?.page(&wanted, None, MOST)?;
            if page.next.is_some() {
                return Err(Problem::unprocessable(format!(
                    "more than {MOST} findings; narrow the query, or take them by pages"
                )));
            }
            page.rows
        }
    };
    let asked = rows.len();
    let mut rows = standing(desk, rows)?;
    let mended = asked - rows.len();
    rows.sort_by_cached_key(|row| {
        let provider = &row.finding.key.provider;
        let sheet = (sheets == Sheets::PerProvider).then(|| (provider.is_none(), provider.clone()));
        (sheet, row_order(&row.finding), row.finding.id)
    });
    Ok(Listed { rows, mended })
}

/// `rows` without those that are mended by now.
fn standing(desk: &Desk, rows: Vec<Row>) -> Result<Vec<Row>, Problem> {
    let (filings, directory) = (desk.filings()?, desk.directory()?);
    let mut standing = Vec::with_capacity(rows.len());
    for row in rows {
        if filings.mended(&row.finding, &directory)?.is_none() {
            standing.push(row);
        }
    }
    Ok(standing)
}

fn sent(asked: &HeaderMap, file: File, mended: usize) -> Response {
    let File { name, kind, body, mut told } = file;
    let mut response = reply::bytes(asked, kind, body);
    let headers = response.headers_mut();
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    headers.extend(name.ok().map(|name| (header::CONTENT_DISPOSITION, name)));
    told.push((MENDED, mended));
    for (name, count) in told.into_iter().filter(|(_, count)| *count > 0) {
        headers.insert(name, HeaderValue::from(count));
    }
    response
}
