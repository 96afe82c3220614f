//! What a call asks: its query, its place in the path, its body. What cannot be read is a problem that
//! says so, and quotes nothing.

use axum::body::Bytes;
use axum::extract::FromRequest;
use axum::extract::FromRequestParts;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::serve::problem::Problem;

/// The query of a call.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

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
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        query.map(|query| Self(query.0)).map_err(|error| {
            use std::error::Error;
            let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            Problem::bad_request(format!("the query cannot be read: {why}"))
        })
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|_| Problem::not_found())
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::wrong_type("send JSON: `Content-Type: application/json`"));
        }
        let body = Body::from_request(request, state).await?;
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

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status().as_u16() == 413 {
                Problem::too_large("the body is larger than this call takes")
            } else {
                Problem::bad_request("the body broke off")
            }
        })?;
        Ok(Self { bytes })
    }
}

/// What serde found wrong, without its place.
fn what(message: &str) -> &str {
    message.split(" at line ").next().unwrap_or(message)
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
}
