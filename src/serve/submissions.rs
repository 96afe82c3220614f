//! `POST /filings` and `POST /allocations`: what providers submit, told row by row what became of it
//! and what is wrong with it. A provider submits for itself: what others reported stays as it is, and
//! nothing is filed by its word.

use std::collections::BTreeMap;
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
use crate::facts::filing::FilingState;
use crate::facts::provider::ProviderId;
use crate::facts::scope::KeyScope;
use crate::facts::submission::Standing;
use crate::formats::allocations;
use crate::formats::filings;
use crate::formats::sources;
use crate::formats::tables::FileError;
use crate::formats::tables::Room;
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
use crate::store::submitted::Doer;

mod bound;
mod form;
mod held;
mod reach;
mod reading;

/// Bytes of one submission, at the most.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// What a workbook may take.
const ROOM: Room = Room::of_rows(reading::MOST_ROWS);

/// What was submitted, and is to be followed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submitted {
    /// Filings, by an authority: they are in the register.
    Filings,
    /// A provider's access to filings that the register has: it waits to be joined with them.
    Access,
    /// Allocations: they are in the register.
    Allocations,
}

/// What became of a submission.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Submission {
    /// Rows that are kept.
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
    /// The line of the file, or the row of the sheet, where it begins, from 1.
    line: u64,
    /// Whether it is kept.
    taken: bool,
    /// Of a provider's filing that is taken: whether the register has its record. One that is pending is
    /// no filing, and changes no verdict; nor does one of whose record the access providers are not known.
    /// Of an allocation: `pending` where it counts for nothing until whoever has the addresses has passed
    /// them on.
    standing: Option<Standing>,
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

/// A row that is submitted.
trait Submit: Row + Send + 'static {
    /// What rows are held against.
    type Held<'a>;

    /// The rows of a body.
    fn read(form: Form, body: Cursor<Bytes>) -> Result<Rows<Self>, FileError>;

    /// What the rows of `caller` are held against.
    fn held<'a>(desk: &'a Desk, caller: &'a Caller) -> Result<Self::Held<'a>, Problem>;

    /// The row as its caller may submit it, with what is wrong with it.
    fn judge(self, held: &Self::Held<'_>) -> Result<Judged<Self>, Problem>;

    /// Weighs the rows that are taken, all together; tells which of them are not, by their place.
    fn weigh(
        _rows: &mut [Taken<Self>],
        _held: &Self::Held<'_>,
    ) -> Result<BTreeMap<usize, Refused>, Problem> {
        Ok(BTreeMap::new())
    }

    /// Keeps rows for good; tells what is to be done about them afterwards.
    fn keep(rows: Vec<Taken<Self>>, held: &Self::Held<'_>) -> Result<Option<Submitted>, Problem>;
}

/// A row that may not be taken: its column and why.
type Refused = (&'static str, String);

/// What is made of a row.
type Judged<R> = Result<Taken<R>, Refused>;

/// A row that is taken.
struct Taken<R> {
    row: R,
    /// Of a provider's filing, how it stands to the register.
    standing: Option<Standing>,
    /// Whether it says nothing that is not known.
    is_known: bool,
    problems: Vec<RowProblem>,
}

impl<R> Taken<R> {
    fn of(row: R, problems: Vec<RowProblem>) -> Self {
        Self { row, standing: None, is_known: false, problems }
    }
}

impl Submit for Filing {
    type Held<'a> = (held::Filings<'a>, &'a Caller);

    fn read(_form: Form, body: Cursor<Bytes>) -> Result<Rows<Self>, FileError> {
        filings::read_within(ROOM, body)
    }

    fn held<'a>(desk: &'a Desk, caller: &'a Caller) -> Result<Self::Held<'a>, Problem> {
        if caller.scope.provider().is_none() && desk.registers.version::<Self>() == 0 {
            return Err(Problem::conflict(
                "there is no filing register yet, and a part of one must not pass for the whole",
            ));
        }
        Ok((held::Filings::of(desk)?, caller))
    }

    fn judge(self, (held, caller): &Self::Held<'_>) -> Result<Judged<Self>, Problem> {
        let Some(own) = caller.scope.provider() else {
            let problems = held.problems(&self)?;
            return Ok(Ok(Taken::of(self, problems)));
        };
        let row = match bound::filing(self, own, &held.directory) {
            Ok(row) => row,
            Err(refused) => return Ok(Err(refused)),
        };
        if row.state == FilingState::Cancelled {
            return Ok(match held.not_withdrawn(&row, own)? {
                Some(why) => Err(("state", why)),
                None => Ok(Taken {
                    row,
                    standing: Some(Standing::Withdrawn),
                    is_known: false,
                    problems: Vec::new(),
                }),
            });
        }
        let (standing, is_known) = held.standing(&row, own)?;
        if !is_known && let Some(why) = held.refusal(&row, own)? {
            return Ok(Err(("domain", why)));
        }
        let problems = held.problems(&row)?;
        Ok(Ok(Taken { row, standing: Some(standing), is_known, problems }))
    }

    /// Filings of an authority are the register's. What a provider says waits for its record.
    fn keep(
        rows: Vec<Taken<Self>>,
        (held, caller): &Self::Held<'_>,
    ) -> Result<Option<Submitted>, Problem> {
        let Some(own) = caller.scope.provider() else {
            let alone = held.desk.registers.writing();
            return Ok(into_register(held.desk, &alone, &rows)?.then_some(Submitted::Filings));
        };
        let is_news = |taken: &Taken<Self>| {
            let changes = [Standing::Connected, Standing::Withdrawn].map(Some);
            changes.contains(&taken.standing) && !taken.is_known
        };
        let has_news = rows.iter().any(is_news);
        let (by, submitted) = (caller.actor(), held.desk.findings.submitted()?);
        let doer = Doer { by: &by, at: held.desk.now() };
        let news = rows.into_iter().filter(|taken| !taken.is_known).map(|taken| taken.row);
        let (rows, withdrawn): (Vec<Self>, Vec<Self>) =
            news.partition(|row| row.state == FilingState::Active);
        submitted.put(own, doer, rows)?;
        submitted.withdraw(own, doer, &withdrawn)?;
        Ok(has_news.then_some(Submitted::Access))
    }
}

impl Submit for Allocation {
    type Held<'a> = (held::Allocations<'a>, &'a Caller);

    fn read(form: Form, body: Cursor<Bytes>) -> Result<Rows<Self>, FileError> {
        match form {
            Form::Csv | Form::JsonLines | Form::Workbook => allocations::read_within(ROOM, body),
            Form::Untold => sources::read(body, None),
        }
    }

    fn held<'a>(desk: &'a Desk, caller: &'a Caller) -> Result<Self::Held<'a>, Problem> {
        Ok((held::Allocations::of(desk)?, caller))
    }

    fn judge(self, (held, caller): &Self::Held<'_>) -> Result<Judged<Self>, Problem> {
        let is_confirmed = |row: &Self, own: &ProviderId| held.is_confirmed(row, own);
        let today = held.today();
        Ok(match bound::allocation(self, caller, &held.directory, today, is_confirmed)? {
            Ok(row) => {
                let problems = held.problems(&row)?;
                Ok(Taken::of(row, problems))
            }
            Err(refused) => Err(refused),
        })
    }

    /// An authority knows whose addresses are; a provider has only what nobody else has.
    fn weigh(
        rows: &mut [Taken<Self>],
        (held, caller): &Self::Held<'_>,
    ) -> Result<BTreeMap<usize, Refused>, Problem> {
        match caller.scope.provider() {
            Some(own) if !rows.is_empty() => reach::weigh(rows, held, own),
            _ => Ok(BTreeMap::new()),
        }
    }

    /// Whoever reports its addresses does its duty, and they are reported at once.
    fn keep(
        rows: Vec<Taken<Self>>,
        (held, _): &Self::Held<'_>,
    ) -> Result<Option<Submitted>, Problem> {
        Ok(into_register(held.desk, &held.alone, &rows)?.then_some(Submitted::Allocations))
    }
}

/// Adds rows to their register; `false` where there are none.
fn into_register<R: Row>(
    desk: &Desk,
    alone: &Alone<'_>,
    rows: &[Taken<R>],
) -> Result<bool, Problem> {
    if rows.is_empty() {
        return Ok(false);
    }
    let mut import: Import<'_, R> = desk.registers.begin::<R>(false);
    for taken in rows {
        import.push(&taken.row)?;
    }
    // What is added to a register makes it no younger: what it does not say is as old as before.
    let as_of = desk.registers.imported_at::<R>().unwrap_or_else(|| desk.now());
    import.finish_alone(alone, as_of)?;
    Ok(true)
}

/// The largest body that these calls take.
pub(super) fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MOST_BYTES)
}

/// Filings that the provider has connected
///
/// A provider files nothing by this: a row is `connected` where the register has an active record of
/// that Domain with that number, to which the provider is added until the authority has it itself, or has
/// had the time to; `providers_unknown` where that record does not say who its access providers are; and
/// `pending` where it waits for one. To send a row again takes the place of the one before. A row with
/// the state `cancelled` takes back what the provider submitted of that record. The ministry's rows go
/// into the register.
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
/// A row may not reach beyond what the registry gave to the mainland, nor hold from a later day. One that
/// would take addresses from another provider is `pending` until that one has passed the range on; so is one
/// beyond every row where none of the registry's are known.
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
    // It is never closed.
    let alone = Arc::clone(&desk.submitting).acquire_owned().await.ok();
    apart(move || {
        // Both are held to the end, whether or not the caller is still there.
        let form = Form::of(&body)?;
        let (_alone, Body { bytes, turn: _turn, .. }) = (alone, body);
        let held = R::held(&desk, &caller)?;
        let rows = R::read(form, Cursor::new(bytes)).map_err(|error| match error {
            FileError::TooManyRows(_) => reading::too_many_rows(),
            error => Problem::unprocessable(error.to_string()),
        })?;
        let (submission, taken) = reading::read::<R>(rows, &held)?;
        if let Some(submitted) = R::keep(taken, &held)? {
            (desk.after_import)(submitted);
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
