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
use crate::facts::problem::Problem as AllocationProblem;
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

/// Which problems are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ProblemsQuery {
    /// The `next` of the page before
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_i64, default = 0)]
    after: Option<u64>,
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
    next: Option<u64>,
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
    let after = ask::after(query.after)?;
    apart(move || {
        let today = clock::day(desk.now());
        let names = desk.names()?;
        let sees = |problem: &AllocationProblem| {
            caller.scope.sees(Whereabouts {
                provider: problem.key.provider.as_ref(),
                carrier: None,
                bureau: problem.bureau,
            })
        };
        let (mut problems, mut passed, mut next) = (Vec::new(), 0_u64, None);
        for problem in desk.registers.problems()? {
            let problem = problem?;
            if !problem.stands() || !sees(&problem) {
                continue;
            }
            if problems.len() == limit {
                next = Some(passed);
                break;
            }
            passed += 1;
            if passed > after {
                problems.push(problem.view(&names, today));
            }
        }
        Ok(reply::json(&headers, &ProblemsPage { problems, next }))
    })
    .await
}
