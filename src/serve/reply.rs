//! An answer: JSON with its tag, so that what has not changed is not sent again.

use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;

use crate::serve::problem::Problem;

/// The JSON of `value`, or 304 where the caller has it already.
pub(super) fn json(headers: &HeaderMap, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => bytes(headers, "application/json", body),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            Problem::ours().into_response()
        }
    }
}

/// `body` as `kind`, or 304 where the caller has it already.
pub(super) fn bytes(headers: &HeaderMap, kind: &'static str, body: Vec<u8>) -> Response {
    let tag = tag(&body);
    let is_known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == "*" || known == tag);
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = HeaderValue::from_static(kind);
        ([(header::CONTENT_TYPE, kind)], body).into_response()
    };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.append(header::VARY, HeaderValue::from_static("authorization"));
    response
}

fn tag(body: &[u8]) -> String {
    let hash = Sha256::digest(body);
    let start = hash.first_chunk::<16>().copied().unwrap_or_default();
    format!("\"{:032x}\"", u128::from_be_bytes(start))
}
