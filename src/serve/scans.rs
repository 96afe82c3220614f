//! `GET /scans`, `GET /scans/{id}` and `POST /scans`: nights, with live progress as server-sent events,
//! for authorities.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::response::sse::Event;
use axum::response::sse::KeepAlive;
use axum::response::sse::Sse;
use serde::Deserialize;
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::facts::change::NightCounts;
use crate::facts::change::Scan;
use crate::facts::change::Scope;
use crate::facts::target::Target;
use crate::publish::summary::NightSummary;
use crate::serve::ask::Json;
use crate::serve::ask::Path;
use crate::serve::desk::Desk;
use crate::serve::desk::apart;
use crate::serve::door;
use crate::serve::door::Caller;
use crate::serve::problem::Problem;
use crate::serve::reply;

/// How often live progress is told, at the most.
const EVERY: Duration = Duration::from_secs(1);

/// Names that one call may ask a night for.
const MOST_NAMES: usize = 10_000;

/// How far the running night is; `None` while none runs.
pub type Progress = Option<(u32, NightCounts)>;

/// What became of the wish for a night.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It runs; this is its number.
    Night(u32),
    /// One runs already.
    UnderWay,
    /// It cannot: the reason, for whoever asked.
    Refused(String),
}

/// How nights are begun and watched.
pub struct Nights {
    /// Begins a night of this scope.
    pub begin: Box<dyn Fn(Scope) -> Begun + Send + Sync>,
    /// How far the running one is.
    pub progress: watch::Receiver<Progress>,
}

impl std::fmt::Debug for Nights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Nights").field("progress", &self.progress).finish_non_exhaustive()
    }
}

/// Every night, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScansReply {
    /// The nights.
    #[schema(value_type = Vec<Object>)]
    scans: Vec<NightSummary>,
}

/// Which night is asked for; everything where nothing is said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScanBody {
    /// Only these: Domains or addresses.
    #[serde(default)]
    #[schema(min_items = 1, max_items = 10000)]
    domains: Option<Vec<String>>,
}

/// A night that was begun.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScanBegun {
    /// Its number.
    scan: u32,
    /// What was named and is no Domain and no address.
    passed_over: Vec<String>,
}

/// Every night, newest first
#[utoipa::path(get, path = "/scans", tag = "nights",
    responses((status = 200, description = "The nights", body = ScansReply)))]
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    must_be_authority(&caller)?;
    apart(move || {
        let mut scans: Vec<NightSummary> =
            desk.findings.scans()?.iter().map(|scan| summary(&desk, scan)).collect();
        scans.reverse();
        Ok(reply::json(&headers, &ScansReply { scans }))
    })
    .await
}

/// One night; with `Accept: text/event-stream` its progress, live until it ends
#[utoipa::path(get, path = "/scans/{id}", tag = "nights",
    params(("id" = u32, Path, description = "The number of the night", minimum = 1)),
    responses((status = 200, description = "The night", content(
        (Object = "application/json"), (String = "text/event-stream")))))]
pub(super) async fn one(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Path(night): Path<u32>,
) -> Result<Response, Problem> {
    must_be_authority(&caller)?;
    let told = told(&desk, night).await?;
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if !accepts.is_some_and(|accept| accept.contains("text/event-stream")) {
        return Ok(reply::json(&headers, &told));
    }
    let events = events_of(desk, caller, night);
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

/// Begins a night, of everything or of some names
#[utoipa::path(post, path = "/scans", tag = "nights", request_body = ScanBody,
    responses((status = 202, description = "It runs", body = ScanBegun)))]
pub(super) async fn begin(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Json(body): Json<ScanBody>,
) -> Result<Response, Problem> {
    must_be_authority(&caller)?;
    let (targets, passed_over) = named(body.domains)?;
    let scope = Scope { targets, bureau: caller.scope.bureau(), provider: None };
    apart(move || match (desk.nights.begin)(scope) {
        Begun::Night(scan) => {
            let mut response = reply::json(&HeaderMap::new(), &ScanBegun { scan, passed_over });
            *response.status_mut() = StatusCode::ACCEPTED;
            Ok(response)
        }
        Begun::UnderWay => Err(Problem::conflict("a night is under way")),
        Begun::Refused(why) => Err(Problem::conflict(why)),
    })
    .await
}

/// Whom a night is of, nobody meaning everybody, and what names nobody.
fn named(domains: Option<Vec<String>>) -> Result<(Vec<Target>, Vec<String>), Problem> {
    let Some(domains) = domains else { return Ok(Default::default()) };
    if domains.len() > MOST_NAMES {
        return Err(Problem::too_large(format!("at most {MOST_NAMES} names at once")));
    }
    if domains.is_empty() {
        return Err(Problem::unprocessable(
            "domains is empty; without it the night is of everything",
        ));
    }
    let (mut targets, mut passed_over) = (Vec::new(), Vec::new());
    for name in domains {
        match name.parse() {
            Ok(target) => targets.push(target),
            Err(_) => passed_over.push(name),
        }
    }
    if targets.is_empty() {
        return Err(Problem::conflict(
            "none of these is a Domain or an address; no night was begun",
        ));
    }
    Ok((targets, passed_over))
}

fn must_be_authority(caller: &Caller) -> Result<(), Problem> {
    if caller.scope.is_authority() { Ok(()) } else { Err(Problem::not_found()) }
}

/// The night with its counts as of now, where it runs.
fn summary(desk: &Desk, scan: &Scan) -> NightSummary {
    let live = desk.nights.progress.borrow().filter(|(night, _)| *night == scan.night);
    let counts = live.map_or(scan.counts, |(_, counts)| counts);
    NightSummary::of(&Scan { counts, ..scan.clone() })
}

async fn told(desk: &Arc<Desk>, night: u32) -> Result<NightSummary, Problem> {
    let desk = Arc::clone(desk);
    apart(move || {
        let scans = desk.findings.scans()?;
        let scan = scans.iter().find(|scan| scan.night == night);
        scan.map(|scan| summary(&desk, scan)).ok_or_else(Problem::not_found)
    })
    .await
}

/// The state of a live listener: what it follows, and whether the end was told.
struct Following {
    desk: Arc<Desk>,
    caller: Caller,
    night: u32,
    progress: watch::Receiver<Progress>,
    is_first: bool,
    is_over: bool,
}

fn events_of(
    desk: Arc<Desk>,
    caller: Caller,
    night: u32,
) -> impl futures_util::Stream<Item = Result<Event, Infallible>> + Send {
    let progress = desk.nights.progress.clone();
    let following = Following { desk, caller, night, progress, is_first: true, is_over: false };
    futures_util::stream::unfold(following, |mut following| async move {
        if following.is_over {
            return None;
        }
        if !following.is_first {
            tokio::select! {
                () = following.desk.stop.cancelled() => return None,
                () = tokio::time::sleep(EVERY) => {}
            }
            tokio::select! {
                () = following.desk.stop.cancelled() => return None,
                changed = following.progress.changed() => following.is_over |= changed.is_err(),
            }
        }
        following.is_first = false;
        let runs = following
            .progress
            .borrow_and_update()
            .is_some_and(|(running, _)| running == following.night);
        let told = told(&following.desk, following.night).await.ok()?;
        let (desk, caller) = (Arc::clone(&following.desk), following.caller.clone());
        apart(move || door::must_still_open(&desk, &caller)).await.ok()?;
        let name = if runs { "progress" } else { "end" };
        following.is_over |= !runs;
        let event = Event::default().event(name).json_data(&told).ok()?;
        Some((Ok(event), following))
    })
}
