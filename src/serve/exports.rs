//! `GET /exports/findings.{csv,xlsx,jsonl,xml}`: what bureaus take away, and providers too. The same
//! findings give the same bytes.

use std::io;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::clock;
use crate::facts::bureau::Bureau;
use crate::facts::finding::Kind;
use crate::facts::issue::Issue;
use crate::publish::findings;
use crate::publish::findings::v3::Outbox;
use crate::publish::findings::v3::unfiled;
use crate::publish::findings::workbook::Sheets;
use crate::publish::layout::Layout;
use crate::publish::view::row_order;
use crate::serve::ask::Path;
use crate::serve::ask::Query;
use crate::serve::desk::Desk;
use crate::serve::desk::apart;
use crate::serve::door::Caller;
use crate::serve::findings::Filter;
use crate::serve::findings::StateWord;
use crate::serve::problem::Problem;
use crate::serve::reply;
use crate::store::catalogue::Row;

/// Findings of one file, at the most: all of them are in memory while it is written.
const MOST: usize = 200_000;

/// What is told of findings that the ministry's message cannot hold.
const LEFT_OUT: &str = "x-left-out";

/// Which findings are taken away.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportQuery {
    /// Only of this kind
    kind: Option<Kind>,
    /// Only in this state; open and answered ones where nothing is said
    state: Option<StateWord>,
    /// Only at this provider: id, name or alias
    #[param(value_type = Option<String>, min_length = 1, max_length = 255)]
    provider: Option<String>,
    /// Only of this bureau
    #[param(value_type = Option<String>, min_length = 1)]
    bureau: Option<Bureau>,
    /// Only due before this day
    #[param(value_type = Option<String>, format = Date)]
    due_before: Option<Date>,
    /// Only those that the provider objects to, which wait for the bureau
    referred: Option<bool>,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Csv,
    Xlsx,
    Jsonl,
    Xml,
}

impl Form {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "findings.csv" => Self::Csv,
            "findings.xlsx" => Self::Xlsx,
            "findings.jsonl" => Self::Jsonl,
            "findings.xml" => Self::Xml,
            _ => return None,
        })
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Jsonl => "application/jsonl",
            Self::Xml => "application/xml",
        }
    }
}

/// A list of findings to take away: `findings.csv`, `.xlsx`, `.jsonl`, or `.xml`, the ministry's WBAWZLB
#[utoipa::path(get, path = "/exports/{file}", tag = "findings",
    params(("file" = String, Path, description = "Which file", pattern = "^findings\\.(csv|xlsx|jsonl|xml)$"),
        ExportQuery),
    responses((status = 200, description = "The file", content(
        (String = "text/csv"), (String = "application/jsonl"), (String = "application/xml"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
pub(super) async fn findings(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Path(file): Path<String>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    if !caller.scope.sees_findings() {
        return Err(Problem::not_found());
    }
    let form = Form::of(&file).ok_or_else(Problem::not_found)?;
    apart(move || {
        let filter = Filter {
            kind: query.kind,
            state: query.state,
            provider: query.provider,
            bureau: query.bureau,
            due_before: query.due_before,
            is_referred: query.referred.unwrap_or(false),
        };
        let wanted = filter.wanted(&desk, &caller)?;
        let page = match wanted {
            Some(wanted) => Some(desk.findings.catalogue()?.page(&wanted, None, MOST)?),
            None => None,
        };
        if page.as_ref().is_some_and(|page| page.next.is_some()) {
            return Err(Problem::unprocessable(format!(
                "more than {MOST} findings; narrow the query, or take them by pages"
            )));
        }
        let mut rows = page.map(|page| page.rows).unwrap_or_default();
        rows.sort_by_cached_key(|row| (row_order(&row.finding.key), row.finding.id));
        let (body, left_out) = written(&desk, form, &rows)?;
        let mut response = reply::bytes(&headers, form.kind(), body);
        let headers = response.headers_mut();
        let name = format!("attachment; filename=\"{file}\"");
        headers.extend(
            HeaderValue::from_str(&name).ok().map(|name| (header::CONTENT_DISPOSITION, name)),
        );
        if left_out > 0 {
            headers.insert(LEFT_OUT, HeaderValue::from(left_out));
        }
        Ok(response)
    })
    .await
}

/// The bytes of the file, and how many findings or addresses the form cannot express.
fn written(desk: &Desk, form: Form, rows: &[Row]) -> Result<(Vec<u8>, usize), Problem> {
    let names = desk.names()?;
    let views = rows.iter().map(|row| desk.view(row, &names));
    let mut body = Vec::new();
    match form {
        Form::Csv => findings::csv::write(views, &mut body)?,
        Form::Jsonl => findings::jsonl(views, &mut body)?,
        Form::Xlsx => {
            let layout = Layout { is_simulated: desk.is_simulated, width: None };
            findings::workbook::write(views, Sheets::One, layout, &mut body)
                .map_err(io::Error::other)?;
        }
        Form::Xml => {
            let mut put = |message: &[u8]| {
                body.extend_from_slice(message);
                Ok(())
            };
            let issues = desk.findings.issues()?;
            let today = clock::day(desk.now());
            let mut number = |issue: &Issue| issues.number(issue, today).map_err(Problem::from);
            let listed = rows.iter().zip(views).map(|(row, view)| (&row.finding.key.target, view));
            let mut outbox = Outbox { put: &mut put, is_single: true };
            let listing = unfiled::write::<Problem>(listed, &names, &mut number, &mut outbox)?;
            // The numbers are seen onto the disk before a message goes out that has them.
            issues.flush()?;
            if listing.records == 0 {
                return Err(Problem::unprocessable(
                    "nothing of this can be told in the ministry's message, and an empty one is none",
                ));
            }
            return Ok((body, listing.left_out.len()));
        }
    }
    Ok((body, 0))
}
