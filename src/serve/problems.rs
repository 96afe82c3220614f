//! `GET /allocations/problems`: what is wrong with the address register, for those who mend it and those
//! who follow it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::clock;
use crate::facts::checksum::bytes_of_hex;
use crate::facts::checksum::hex;
use crate::facts::problem::Problem as AllocationProblem;
use crate::facts::scope::KeyScope;
use crate::facts::scope::Whereabouts;
use crate::publish::problems::Shown;
use crate::publish::problems::allocations::ProblemView;
use crate::serve::ask;
use crate::serve::ask::Query;
use crate::serve::desk::Desk;
use crate::serve::desk::apart;
use crate::serve::door::Caller;
use crate::serve::problem::Problem;
use crate::serve::reply;

/// The characters of a cursor, at the most.
const LONGEST_CURSOR: usize = 2048;

/// Which problems are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ProblemsQuery {
    /// The `next` of the page before; a check of the register meanwhile moves nothing
    #[param(max_length = 2048, pattern = "^([0-9a-f]{2})*$")]
    after: Option<String>,
    /// Problems of the page
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

/// A page of problems.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProblemsPage {
    /// The problems that stand.
    #[schema(value_type = Vec<Object>)]
    problems: Vec<ProblemView>,
    /// What to give as `after` for the next page; null on the last.
    next: Option<String>,
}

/// What is wrong with the address register
#[utoipa::path(get, path = "/allocations/problems", tag = "registers", params(ProblemsQuery),
    responses((status = 200, description = "A page", body = ProblemsPage)))]
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Query(query): Query<ProblemsQuery>,
) -> Result<Response, Problem> {
    if !caller.scope.sees_findings() {
        return Err(Problem::not_found());
    }
    let limit = ask::rows(query.limit)?;
    let after = bytes_of(query.after.as_deref().unwrap_or_default())?;
    apart(move || {
        let today = clock::day(desk.now());
        let names = desk.names()?;
        let carriers = match &caller.scope {
            KeyScope::Provider(_) => Some(desk.addresses()?),
            KeyScope::Reader | KeyScope::Bureau(_) | KeyScope::Ministry => None,
        };
        // Whose addresses the row tells of, whoever was the first to have them supervises.
        let sees = |problem: &AllocationProblem| {
            let start = problem.key.range.start();
            let holding = carriers.as_ref().and_then(|addresses| addresses.holding(start));
            caller.scope.sees(Whereabouts {
                provider: problem.key.provider.as_ref(),
                carrier: holding.and_then(|holding| holding.carrier.as_ref()),
                bureau: problem.bureau,
            })
        };
        let (mut problems, mut last, mut next) = (Vec::new(), None, None);
        for problem in desk.registers.problems_after(&after)? {
            let (key, problem) = problem?;
            if !problem.stands() || !sees(&problem) {
                continue;
            }
            if problems.len() == limit {
                next = last.map(|key: Vec<u8>| hex(&key));
                break;
            }
            problems.push(problem.view(&names, today));
            last = Some(key);
        }
        Ok(reply::json(&headers, &ProblemsPage { problems, next }))
    })
    .await
}

/// The place that a cursor names.
fn bytes_of(cursor: &str) -> Result<Vec<u8>, Problem> {
    let wrong = || Problem::bad_request("after is the `next` of the page before");
    if cursor.len() > LONGEST_CURSOR {
        return Err(wrong());
    }
    bytes_of_hex(cursor).ok_or_else(wrong)
}
