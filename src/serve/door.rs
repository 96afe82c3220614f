//! Who calls: the key is known, good and not too often here, or the call ends. Every use and refusal
//! goes into the log.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use axum::extract::ConnectInfo;
use axum::extract::MatchedPath;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::Method;
use axum::http::header;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;
use ulid::Ulid;

use crate::facts::key::Holder;
use crate::facts::key::KeyState;
use crate::facts::key::Secret;
use crate::facts::scope::KeyScope;
use crate::serve::connections::Peer;
use crate::serve::desk::Desk;
use crate::serve::desk::apart;
use crate::serve::problem::Problem;
use crate::store::keys::Entry;

/// Whoever calls, by the key used.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// The key.
    pub(super) key: Ulid,
    /// Whose it is.
    pub(super) holder: Holder,
    /// What it may see.
    pub(super) scope: KeyScope,
}

impl Caller {
    /// How events name whoever caused them.
    pub(super) fn actor(&self) -> String {
        format!("{} (key {})", self.holder, self.key)
    }
}

/// Why a key opens nothing.
#[derive(Debug, Clone, Copy)]
enum Refused {
    NoKey,
    Unknown,
    State(Ulid, KeyState),
}

/// Lets a call in, or ends it.
pub(super) async fn enter(
    State(desk): State<Arc<Desk>>,
    mut request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let peer = request.extensions().get::<ConnectInfo<Peer>>().map(|info| info.0.address.ip());
    let by = peer.map_or_else(|| "unknown".to_owned(), |address| address.to_string());
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    // What is counted for good must not be of the caller's own making.
    let method = match *request.method() {
        Method::GET | Method::POST | Method::HEAD => request.method().as_str(),
        _ => "other",
    };
    let call = format!("{method} {}", path.as_deref().unwrap_or("no such call"));
    let secret = secret(request.headers());
    let known = {
        let desk = Arc::clone(&desk);
        apart(move || Ok(caller(&desk, secret))).await
    };
    let known = match known {
        Ok(known) => known,
        Err(problem) => return problem.into_response(),
    };
    let (key, response, why) = match known {
        Err(problem) => return problem.into_response(),
        Ok(Err(refused)) => {
            let (key, why) = match refused {
                Refused::NoKey => (None, "no key"),
                Refused::Unknown => (None, "no such key"),
                Refused::State(key, state) => (Some(key), state.word()),
            };
            (key, Problem::unauthorized().into_response(), Some(why))
        }
        Ok(Ok(caller)) => {
            let key = Some(caller.key);
            match (desk.pace.take(caller.key), desk.under_way.take(caller.key)) {
                (Err(wait), _) => {
                    (key, Problem::too_often(wait).into_response(), Some("too often"))
                }
                (Ok(()), None) => {
                    let problem = Problem::too_many("as many calls of this key as it may have");
                    (key, problem.into_response(), Some("too many"))
                }
                (Ok(()), Some(_turn)) => {
                    request.extensions_mut().insert(caller);
                    (key, next.run(request).await, None)
                }
            }
        }
    };
    let status = response.status().as_u16();
    desk.calls.count(status, begun);
    let is_refused = why.is_some() || matches!(status, 401 | 403 | 404);
    let what =
        why.map_or_else(|| format!("{call} {status}"), |why| format!("{call} {status} {why}"));
    desk.log.note(Entry { at: desk.now(), key, what, by }, is_refused);
    response
}

/// The key that the call shows; `None` where it shows none, or nothing that is one.
fn secret(headers: &HeaderMap) -> Option<Result<Secret, ()>> {
    let shown = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = shown.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim().parse())
}

fn caller(
    desk: &Desk,
    secret: Option<Result<Secret, ()>>,
) -> Result<Result<Caller, Refused>, Problem> {
    let secret = match secret {
        None => return Ok(Err(Refused::NoKey)),
        Some(Err(())) => return Ok(Err(Refused::Unknown)),
        Some(Ok(secret)) => secret,
    };
    let Some(key) = desk.keys.by_hash(&secret.hash())? else {
        return Ok(Err(Refused::Unknown));
    };
    Ok(match key.state(desk.now()) {
        KeyState::Issued => {
            let scope = KeyScope::of(&key.holder);
            Ok(Caller { key: key.id, holder: key.holder, scope })
        }
        state => Err(Refused::State(key.id, state)),
    })
}

/// Fails where the key of a call that was held has come to open nothing meanwhile.
pub(super) fn must_still_open(desk: &Desk, caller: &Caller) -> Result<(), Problem> {
    let is_good = desk.keys.is_good(caller.key, desk.now())?;
    if is_good { Ok(()) } else { Err(Problem::unauthorized()) }
}

impl crate::serve::desk::Calls {
    fn count(&self, status: u16, begun: Instant) {
        let hundred = usize::from(status / 100).saturating_sub(2);
        if let Some(ended) = self.ended.get(hundred) {
            ended.fetch_add(1, Ordering::Relaxed);
        }
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.time.fetch_add(micros, Ordering::Relaxed);
    }
}
