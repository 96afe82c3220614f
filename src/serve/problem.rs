//! What went wrong with a call, as RFC 9457 has it. Nothing of it tells what the caller may not see.

use std::time::Duration;

use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::StoreError;
use crate::store::submitted::NotKept;

/// In how many seconds something that is under way is likely to be done.
const SOON: u64 = 5;

/// `application/problem+json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Problem {
    /// The kind of problem; `about:blank`: the status says it all.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What was wrong, and what would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl Problem {
    fn new(status: StatusCode, detail: Option<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("problem");
        Self { kind: "about:blank", title, status: status.as_u16(), detail, retry_after: None }
    }

    /// No key, or none that is good: which of them is not told.
    pub(super) fn unauthorized() -> Self {
        let detail = "send a key that is good: `Authorization: Bearer chabei_…`";
        Self::new(StatusCode::UNAUTHORIZED, Some(detail.to_owned()))
    }

    /// There is nothing, or nothing that the key may see.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, None)
    }

    pub(super) fn wrong_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, None)
    }

    /// What may be seen may not be done.
    pub(super) fn forbidden(detail: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, Some(detail.to_owned()))
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Some(detail.into()))
    }

    pub(super) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, Some(detail.into()))
    }

    /// It can be read, and makes no sense here.
    pub(super) fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, Some(detail.into()))
    }

    pub(super) fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Some(detail.into()))
    }

    pub(super) fn wrong_type(detail: &str) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Some(detail.to_owned()))
    }

    /// The caller comes too often.
    pub(super) fn too_often(wait: Duration) -> Self {
        let seconds = wait.as_secs().saturating_add(1);
        let detail = format!("this key comes too often; come again in {seconds} s");
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, Some(detail));
        Self { retry_after: Some(seconds), ..problem }
    }

    /// There is too much under way; `what` says of what.
    pub(super) fn too_many(what: &str) -> Self {
        let detail = format!("{what} are under way; come again in {SOON} s");
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, Some(detail));
        Self { retry_after: Some(SOON), ..problem }
    }

    /// The body takes longer to come than `most`.
    pub(super) fn too_slow(most: Duration) -> Self {
        let detail = format!("the body did not come within {} s", most.as_secs());
        Self::new(StatusCode::REQUEST_TIMEOUT, Some(detail))
    }

    /// We failed; the log has why.
    pub(super) fn ours() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, None)
    }
}

impl From<NotKept> for Problem {
    fn from(error: NotKept) -> Self {
        match error {
            NotKept::Full(_) => Self::conflict(error.to_string()),
            NotKept::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a call could not be served");
        Self::ours()
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        tracing::error!(%error, "a call could not be served");
        Self::ours()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
