//! `GET /changes`: the feed that a provider pulls. Every change of what the key may see, once, in
//! order, from any cursor on; a call may wait until something comes.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde::Serialize;
use tokio::time::Instant;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::publish::told::ToldView;
use crate::publish::view::FindingView;
use crate::serve::ask;
use crate::serve::ask::Query;
use crate::serve::desk::Desk;
use crate::serve::desk::apart;
use crate::serve::door::Caller;
use crate::serve::problem::Problem;
use crate::serve::reply;

/// Which changes are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangesQuery {
    /// The `next` of the call before; 0 begins with the first
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_i64, default = 0)]
    after: Option<u64>,
    /// Changes of the page
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// So many seconds the call is held until something comes; no longer than the server allows
    #[param(minimum = 0, maximum = 3600, default = 0)]
    wait: Option<u64>,
}

/// A page of changes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChangesPage {
    /// The changes, in order.
    changes: Vec<ChangeOf>,
    /// What to give as `after` next.
    next: u64,
}

/// A change, with its finding as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChangeOf {
    /// What happened.
    #[serde(flatten)]
    change: ToldView,
    /// The finding as it is now, later changes included.
    now: FindingView,
}

/// Every change of what the key may see, once, in order
#[utoipa::path(get, path = "/changes", tag = "findings", params(ChangesQuery),
    responses((status = 200, description = "A page", body = ChangesPage)))]
pub(super) async fn feed(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Query(query): Query<ChangesQuery>,
) -> Result<Response, Problem> {
    if !caller.scope.sees_findings() {
        return Err(Problem::not_found());
    }
    let limit = ask::rows(query.limit)?;
    let after = ask::after(query.after)?;
    if query.wait.is_some_and(|seconds| seconds > 3600) {
        return Err(Problem::bad_request("wait is 0 to 3600 seconds"));
    }
    let wait = Duration::from_secs(query.wait.unwrap_or(0)).min(desk.settings.longest_wait);
    let deadline = Instant::now() + wait;
    let mut news = desk.findings.watch();
    loop {
        news.borrow_and_update();
        let page = {
            let (desk, caller) = (Arc::clone(&desk), caller.clone());
            apart(move || page(&desk, &caller, after, limit)).await?
        };
        let is_over = tokio::select! {
            biased;
            () = std::future::ready(()), if !page.changes.is_empty() => true,
            () = desk.stop.cancelled() => true,
            () = tokio::time::sleep_until(deadline) => true,
            news = news.changed() => news.is_err(),
        };
        if is_over {
            return apart(move || Ok(reply::json(&headers, &page))).await;
        }
    }
}

fn page(desk: &Desk, caller: &Caller, after: u64, limit: usize) -> Result<ChangesPage, Problem> {
    let catalogue = desk.findings.catalogue()?;
    let sequences = catalogue.changes(&caller.scope, after, limit)?;
    let next = sequences.last().copied().unwrap_or(after);
    let names = desk.names()?;
    let mut changes = Vec::with_capacity(sequences.len());
    for sequence in sequences {
        let Some(told) = desk.findings.told(sequence)? else { continue };
        // What has come to lie beyond the scope since is not told of.
        let Some(row) = catalogue.row(&caller.scope, told.change.finding)? else { continue };
        changes.push(ChangeOf { change: ToldView::of(&told), now: desk.view(&row, &names) });
    }
    Ok(ChangesPage { changes, next })
}
