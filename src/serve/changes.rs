//! `GET /changes`: the feed that a provider pulls. Every change of what the key may see, once, in
//! order, from any cursor on; a call may wait until something comes.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use tokio::time::Instant;
use ulid::Ulid;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::publish::told::ToldView;
use crate::publish::view::FindingView;
use crate::publish::view::in_china;
use crate::serve::ask;
use crate::serve::ask::Query;
use crate::serve::desk::Desk;
use crate::serve::desk::apart;
use crate::serve::door;
use crate::serve::door::Caller;
use crate::serve::problem::Problem;
use crate::serve::reply;
use crate::store::catalogue::Numbered;

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

/// A change as the key may know of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum ChangeOf {
    /// Of a finding that the key may see.
    Seen(Box<ChangeSeen>),
    /// By which a finding went to others, who alone may see it since.
    Left(ChangeLeft),
}

/// A change, with its finding as it is now.
#[derive(Debug, Serialize, ToSchema)]
struct ChangeSeen {
    /// What happened.
    #[serde(flatten)]
    change: ToldView,
    /// The finding as it is now, later changes included.
    now: FindingView,
}

/// A finding that another bureau follows, or another carrier carries, from then on.
#[derive(Debug, Serialize, ToSchema)]
struct ChangeLeft {
    /// Its place in the order of all changes, from 1.
    sequence: u64,
    /// Which finding.
    #[schema(value_type = String)]
    finding: Ulid,
    /// `left`.
    kind: LeftWord,
    /// When.
    #[serde(serialize_with = "in_china")]
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// The one word.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum LeftWord {
    /// It went to others.
    Left,
}

/// Every change of what the key may see, once, in order
///
/// `transferred` tells of a finding that another bureau follows from then on, or another carrier
/// carries: whoever sees it newly has it whole in `now`, and whoever sees it no more is told `left`,
/// without it.
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
            return apart(move || {
                door::must_still_open(&desk, &caller)?;
                Ok(reply::json(&headers, &page))
            })
            .await;
        }
    }
}

fn page(desk: &Desk, caller: &Caller, after: u64, limit: usize) -> Result<ChangesPage, Problem> {
    let catalogue = desk.findings.catalogue()?;
    let names = desk.names()?;
    let mut page = ChangesPage { changes: Vec::new(), next: after };
    // Where nothing of a page may be told any more, what comes behind it is not waited for.
    while page.changes.is_empty() {
        let numbered = catalogue.changes(&caller.scope, page.next, limit)?;
        let Some(last) = numbered.last() else { break };
        page.next = last.sequence;
        for Numbered { sequence, has_left } in numbered {
            let Some(told) = desk.findings.told(sequence)? else { continue };
            let (finding, at) = (told.change.finding, told.change.at);
            if has_left {
                let kind = LeftWord::Left;
                page.changes.push(ChangeOf::Left(ChangeLeft { sequence, finding, kind, at }));
                continue;
            }
            // What has come to lie beyond the scope since is told to have left where that is told.
            let Some(row) = catalogue.row(&caller.scope, finding)? else { continue };
            let (change, now) = (ToldView::of(&told), desk.view(&row, &names));
            page.changes.push(ChangeOf::Seen(Box::new(ChangeSeen { change, now })));
        }
    }
    Ok(page)
}
