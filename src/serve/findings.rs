//! `GET /findings` and `GET /findings/{id}`: what stands at whom, for those who may see it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde::Serialize;
use ulid::Ulid;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::publish::told::ToldView;
use crate::publish::view::FindingView;
use crate::serve::ask;
use crate::serve::ask::Path;
use crate::serve::ask::Queries;
use crate::serve::desk::Desk;
use crate::serve::desk::apart;
use crate::serve::door::Caller;
use crate::serve::filter::Filter;
use crate::serve::problem::Problem;
use crate::serve::reply;

/// Which page is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    /// The `next` of the page before
    #[param(value_type = Option<String>, pattern = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
    after: Option<Ulid>,
    /// Findings of the page
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

/// A page of findings.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FindingsPage {
    /// The findings, by id.
    findings: Vec<FindingView>,
    /// What to give as `after` for the next page; null on the last.
    #[schema(value_type = Option<String>)]
    next: Option<Ulid>,
}

/// A finding with its trail.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FindingTrail {
    /// The finding.
    #[serde(flatten)]
    finding: FindingView,
    /// Everything that was told of it, oldest first.
    changes: Vec<ToldView>,
}

/// What stands, a page at a time
#[utoipa::path(get, path = "/findings", tag = "findings", params(PageQuery, Filter),
    responses((status = 200, description = "A page", body = FindingsPage)))]
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Queries(page, filter): Queries<PageQuery, Filter>,
) -> Result<Response, Problem> {
    if !caller.scope.sees_findings() {
        return Err(Problem::not_found());
    }
    let limit = ask::rows(page.limit)?;
    apart(move || {
        let page = match filter.wanted(&desk, &caller)? {
            None => FindingsPage { findings: Vec::new(), next: None },
            Some(wanted) => {
                let names = desk.names()?;
                let page = desk.findings.catalogue()?.page(&wanted, page.after, limit)?;
                let findings = page.rows.iter().map(|row| desk.view(row, &names)).collect();
                FindingsPage { findings, next: page.next }
            }
        };
        Ok(reply::json(&headers, &page))
    })
    .await
}

/// One finding with everything that was told of it
#[utoipa::path(get, path = "/findings/{id}", tag = "findings",
    params(("id" = String, Path, description = "The finding", pattern = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$")),
    responses((status = 200, description = "The finding", body = FindingTrail)))]
pub(super) async fn one(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Path(id): Path<Ulid>,
) -> Result<Response, Problem> {
    apart(move || {
        let row = desk.findings.catalogue()?.row(&caller.scope, id)?;
        let row = row.ok_or_else(Problem::not_found)?;
        let names = desk.names()?;
        let changes = desk.findings.trail(id)?.iter().map(ToldView::of).collect();
        let finding = desk.view(&row, &names);
        Ok(reply::json(&headers, &FindingTrail { finding, changes }))
    })
    .await
}
