//! `POST /filings` and `POST /allocations`: what providers submit, told row by row what became of it
//! and what is wrong with it. A provider submits for itself: what others reported stays as it is.

use std::io::Cursor;
use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::facts::allocation::Allocation;
use crate::facts::filing::Filing;
use crate::facts::scope::KeyScope;
use crate::formats::allocations;
use crate::formats::filings;
use crate::formats::sources;
use crate::formats::tables::FileError;
use crate::formats::tables::Refusal;
use crate::formats::tables::RowError;
use crate::formats::tables::Rows;
use crate::serve::ask::Body;
use crate::serve::desk::Desk;
use crate::serve::desk::apart;
use crate::serve::door::Caller;
use crate::serve::problem::Problem;
use crate::serve::reply;
use crate::serve::submissions::form::AllocationsCsv;
use crate::serve::submissions::form::FilingsCsv;
use crate::serve::submissions::form::Form;
use crate::serve::submissions::form::ObjectLines;
use crate::store::import::Import;
use crate::store::registers::Alone;
use crate::store::rows::Row;

mod bound;
mod form;
mod held;

/// Rows of one submission, at the most.
const MOST_ROWS: usize = 10_000;

/// Bytes of one submission, at the most.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Which register was submitted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submitted {
    /// Filings.
    Filings,
    /// Allocations.
    Allocations,
}

/// What became of a submission.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Submission {
    /// Rows that are in the register now.
    taken: usize,
    /// Rows that are not.
    refused: usize,
    /// Each row that was submitted, in order.
    rows: Vec<RowResult>,
    /// Columns that mean nothing here; they are not read.
    unknown_columns: Vec<String>,
}

/// What became of one row.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RowResult {
    /// Its line, from 1.
    line: u64,
    /// Whether it is in the register now.
    taken: bool,
    /// The column at fault, where it is not taken and one is.
    column: Option<String>,
    /// Why it is not taken; null where it is.
    reason: Option<String>,
    /// What is wrong with it, and is to be mended though it was taken.
    problems: Vec<RowProblem>,
}

/// What is wrong with a row that was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RowProblem {
    /// The code of the rule (`A3-0501`), or the word of the fault.
    pub(super) code: String,
    /// The column to look at.
    pub(super) column: String,
    /// What is wrong, as people read it.
    pub(super) reason: String,
}

/// A row that providers submit.
trait Submit: Row + Send + 'static {
    /// Which register it goes to.
    const TO: Submitted;

    /// What rows are held against.
    type Held<'a>;

    /// The rows of a body.
    fn read(form: Form, body: Cursor<Bytes>) -> Result<Rows<Self>, FileError>;

    /// What the rows of `caller` are held against.
    fn held<'a>(desk: &'a Desk, caller: &'a Caller) -> Result<Self::Held<'a>, Problem>;

    /// The row as `caller` may submit it, with what is wrong with it.
    fn judge(self, held: &Self::Held<'_>) -> Result<Judged<Self>, Problem>;
}

/// A row that may not be taken: its column and why.
type Refused = (&'static str, String);

/// What is made of a row: itself with what is wrong with it, or why it is not taken.
type Judged<R> = Result<(R, Vec<RowProblem>), Refused>;

impl Submit for Filing {
    const TO: Submitted = Submitted::Filings;

    type Held<'a> = (held::Filings<'a>, &'a Caller);

    fn read(_form: Form, body: Cursor<Bytes>) -> Result<Rows<Self>, FileError> {
        filings::read(body)
    }

    fn held<'a>(desk: &'a Desk, caller: &'a Caller) -> Result<Self::Held<'a>, Problem> {
        if desk.registers.version::<Self>() == 0 {
            return Err(Problem::conflict(
                "there is no filing register yet, and a part of one must not pass for the whole",
            ));
        }
        Ok((held::Filings::of(desk)?, caller))
    }

    fn judge(self, (held, caller): &Self::Held<'_>) -> Result<Judged<Self>, Problem> {
        Ok(match bound::filing(self, caller, held)? {
            Ok(row) => {
                let problems = held.problems(&row)?;
                Ok((row, problems))
            }
            Err(refused) => Err(refused),
        })
    }
}

impl Submit for Allocation {
    const TO: Submitted = Submitted::Allocations;

    type Held<'a> = (held::Allocations<'a>, &'a Caller);

    fn read(form: Form, body: Cursor<Bytes>) -> Result<Rows<Self>, FileError> {
        match form {
            Form::Csv | Form::JsonLines => allocations::read(body),
            Form::Untold => sources::read(body, None),
        }
    }

    fn held<'a>(desk: &'a Desk, caller: &'a Caller) -> Result<Self::Held<'a>, Problem> {
        Ok((held::Allocations::of(desk)?, caller))
    }

    fn judge(self, (held, caller): &Self::Held<'_>) -> Result<Judged<Self>, Problem> {
        Ok(match bound::allocation(self, caller, &held.directory) {
            Ok(row) => {
                let problems = held.problems(&row)?;
                Ok((row, problems))
            }
            Err(refused) => Err(refused),
        })
    }
}

/// The largest body that these calls take.
pub(super) fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MOST_BYTES)
}

/// Filings that the provider has connected
///
/// CSV, XLSX, JSON lines or V3 XML, whatever `import filings` reads; the first line of CSV names the
/// columns, in any order, in English or Chinese. `text/csv` and `application/jsonl` are taken at
/// their word, other bodies are told apart by how they begin.
#[utoipa::path(post, path = "/filings", tag = "registers",
    request_body(content((FilingsCsv = "text/csv"), (ObjectLines = "application/jsonl"))),
    responses((status = 200, description = "What became of each row", body = Submission)))]
pub(super) async fn filings(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Result<Response, Problem> {
    submit::<Filing>(desk, caller, body).await
}

/// Addresses that the provider has
///
/// CSV, XLSX, JSON lines or V3 XML, whatever `import allocations` reads; the first line of CSV names
/// the columns, in any order, in English or Chinese. `text/csv` and `application/jsonl` are taken at
/// their word, other bodies are told apart by how they begin.
#[utoipa::path(post, path = "/allocations", tag = "registers",
    request_body(content((AllocationsCsv = "text/csv"), (ObjectLines = "application/jsonl"))),
    responses((status = 200, description = "What became of each row", body = Submission)))]
pub(super) async fn allocations(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Result<Response, Problem> {
    submit::<Allocation>(desk, caller, body).await
}

async fn submit<R: Submit>(
    desk: Arc<Desk>,
    caller: Caller,
    body: Body,
) -> Result<Response, Problem> {
    may_submit(&caller)?;
    apart(move || {
        // A row is joined with what the register has of it, so nobody may change that in between.
        let alone = desk.registers.writing();
        let held = R::held(&desk, &caller)?;
        let rows = R::read(Form::of(&body)?, Cursor::new(body.bytes));
        let rows = rows.map_err(|error| Problem::unprocessable(error.to_string()))?;
        let submission = take::<R>(&desk, rows, &held, &alone)?;
        drop(alone);
        if submission.taken > 0 {
            (desk.after_import)(R::TO);
        }
        Ok(reply::json(&HeaderMap::new(), &submission))
    })
    .await
}

fn may_submit(caller: &Caller) -> Result<(), Problem> {
    match caller.scope {
        KeyScope::Provider(_) | KeyScope::Ministry => Ok(()),
        KeyScope::Reader | KeyScope::Bureau(_) => Err(Problem::not_found()),
    }
}

fn take<R: Submit>(
    desk: &Desk,
    mut rows: Rows<R>,
    held: &R::Held<'_>,
    alone: &Alone<'_>,
) -> Result<Submission, Problem> {
    let mut import: Import<'_, R> = desk.registers.begin::<R>(false);
    let mut results = Vec::new();
    for (number, row) in (1..).zip(rows.by_ref()) {
        if results.len() == MOST_ROWS {
            return Err(Problem::too_large(format!("at most {MOST_ROWS} rows at once")));
        }
        let result = match row {
            Ok(row) => match row.judge(held)? {
                Ok((row, problems)) => {
                    import.push(&row)?;
                    RowResult { line: number, taken: true, column: None, reason: None, problems }
                }
                Err((column, reason)) => refused(number, Some(column.to_owned()), reason),
            },
            Err(RowError::Refused(Refusal { line, column, reason })) => {
                refused(line, column, reason)
            }
            Err(RowError::Io(_)) => return Err(Problem::bad_request("the body breaks off")),
        };
        results.push(result);
    }
    let taken = results.iter().filter(|result| result.taken).count();
    if taken > 0 {
        // What is added to a register makes it no younger: what it does not say is as old as before.
        let as_of = desk.registers.imported_at::<R>().unwrap_or_else(|| desk.now());
        import.finish_alone(alone, as_of)?;
    }
    let unknown_columns = rows.unknown_columns();
    Ok(Submission { taken, refused: results.len() - taken, rows: results, unknown_columns })
}

fn refused(line: u64, column: Option<String>, reason: String) -> RowResult {
    RowResult { line, taken: false, column, reason: Some(reason), problems: Vec::new() }
}
