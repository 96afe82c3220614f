//! What a call asks: its query, its place in the path, its body. What cannot be read is a problem that
//! says so, and quotes nothing.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::body::HttpBody;
use axum::extract::FromRequest;
use axum::extract::FromRequestParts;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::Uri;
use axum::http::header;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use crate::serve::desk::Desk;
use crate::serve::door::Caller;
use crate::serve::problem::Problem;
use crate::serve::turns::Turn;

/// Rows of one page, at the most.
const MOST_ROWS: usize = 1000;

/// Rows of one page where nothing is said.
const USUAL_ROWS: usize = 100;

/// How long a body may take to come.
const BODY: Duration = Duration::from_mins(2);

/// A body of so many bytes needs no turn.
const SMALL: u64 = 256 * 1024;

/// The largest number that every reader of JSON keeps; no cursor is beyond.
const MOST: u64 = (1 << 53) - 1;

/// The query of a call.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

/// The query of a call in two parts, of which each has the fields that it names; there are no others.
#[derive(Debug)]
pub(super) struct Queries<A, B>(pub(super) A, pub(super) B);

/// What the path names; whatever is no such name is not there.
#[derive(Debug)]
pub(super) struct Path<T>(pub(super) T);

/// The body of a call, JSON.
#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

/// The body of a call, as it came, with how it says it is written.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) bytes: Bytes,
    /// The `Content-Type` in lower case, without parameters; empty where there is none.
    pub(super) kind: String,
    /// Held as long as the bytes are.
    pub(super) turn: Option<Turn>,
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        read(&parts.uri).map(Self)
    }
}

impl<S, A, B> FromRequestParts<S> for Queries<A, B>
where
    S: Sync,
    A: DeserializeOwned + IntoParams,
    B: DeserializeOwned + IntoParams,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let names = A::into_params(|| None);
        // Whatever the first part does not name is the second's, which refuses what it does not name.
        let is_first = |name: &str| names.iter().any(|parameter| parameter.name == name);
        let query = parts.uri.query().unwrap_or_default();
        let (first, second): (Vec<&str>, Vec<&str>) =
            query.split('&').partition(|pair| is_first(pair.split('=').next().unwrap_or_default()));
        let part = |pairs: Vec<&str>| {
            let uri = Uri::builder().path_and_query(format!("/?{}", pairs.join("&"))).build();
            uri.map_err(|_| Problem::bad_request("the query cannot be read"))
        };
        Ok(Self(read(&part(first)?)?, read(&part(second)?)?))
    }
}

fn read<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    let query = axum::extract::Query::<T>::try_from_uri(uri);
    query.map(|query| query.0).map_err(|error| {
        let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        Problem::bad_request(format!("the query cannot be read: {why}"))
    })
}

/// How many rows a page has, of which `limit` asks for so many.
pub(super) fn rows(limit: Option<usize>) -> Result<usize, Problem> {
    let limit = limit.unwrap_or(USUAL_ROWS);
    if (1..=MOST_ROWS).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::bad_request(format!("limit is 1 to {MOST_ROWS}")))
    }
}

/// After which number a page begins.
pub(super) fn after(cursor: Option<u64>) -> Result<u64, Problem> {
    let after = cursor.unwrap_or(0);
    if after <= MOST {
        Ok(after)
    } else {
        Err(Problem::bad_request("after is beyond every number"))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|_| Problem::not_found())
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<Desk>> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, desk: &Arc<Desk>) -> Result<Self, Problem> {
        if kind(request.headers()) != "application/json" {
            return Err(Problem::wrong_type("send JSON: `Content-Type: application/json`"));
        }
        let body = Body::from_request(request, desk).await?;
        let value = serde_json::from_slice(&body.bytes);
        value.map(Self).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            match error.classify() {
                serde_json::error::Category::Data => Problem::unprocessable(format!(
                    "line {line}, column {column}: {}",
                    what(&error.to_string())
                )),
                _ => Problem::bad_request(format!("no JSON at line {line}, column {column}")),
            }
        })
    }
}

impl FromRequest<Arc<Desk>> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, desk: &Arc<Desk>) -> Result<Self, Problem> {
        let kind = kind(request.headers());
        let turn = turn(&request, desk)?;
        let bytes = in_time(Bytes::from_request(request, desk)).await?.map_err(|rejection| {
            if rejection.status().as_u16() == 413 {
                Problem::too_large("the body is larger than this call takes")
            } else {
                Problem::bad_request("the body broke off")
            }
        })?;
        Ok(Self { bytes, kind, turn })
    }
}

/// The turn that the body of `request` takes, if it may be a large one.
fn turn(request: &Request, desk: &Desk) -> Result<Option<Turn>, Problem> {
    let is_small = request.body().size_hint().upper().is_some_and(|size| size <= SMALL);
    let Some(caller) = request.extensions().get::<Caller>().filter(|_| !is_small) else {
        return Ok(None);
    };
    let turn = desk.bodies.take(caller.key);
    turn.map(Some).ok_or_else(|| Problem::too_many("as many large bodies as there may be"))
}

/// What `body` gives, if it comes in time.
async fn in_time<T>(body: impl Future<Output = T>) -> Result<T, Problem> {
    tokio::time::timeout(BODY, body).await.map_err(|_| Problem::too_slow(BODY))
}

/// What serde found wrong, without its place.
fn what(message: &str) -> &str {
    message.split(" at line ").next().unwrap_or(message)
}

/// What the body says it is.
fn kind(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_not_waited_for() {
        let problem = in_time(std::future::pending::<()>()).await.unwrap_err();
        assert_eq!(problem.into_response().status().as_u16(), 408);
        assert_eq!(in_time(std::future::ready(7)).await.unwrap(), 7);
    }
}
