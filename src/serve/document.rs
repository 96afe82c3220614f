//! The document of the interface, `OpenAPI` 3.1, put together from the calls themselves.

use axum::body::Bytes;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use utoipa::Modify;
use utoipa::OpenApi;
use utoipa::openapi;
use utoipa::openapi::ContentBuilder;
use utoipa::openapi::Ref;
use utoipa::openapi::RefOr;
use utoipa::openapi::ResponseBuilder;
use utoipa::openapi::ServerBuilder;
use utoipa::openapi::security::HttpAuthScheme;
use utoipa::openapi::security::HttpBuilder;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::security::SecurityScheme;

use crate::serve::exports::Encoding;
use crate::serve::filter::StateWord;
use crate::serve::problem::Problem;

/// What no call says by itself.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "chabei 查备",
        description = "Findings of sites without an ICP filing, and \
    what becomes of them. Every call needs a key; what the key may not see is 404."
    ),
    components(schemas(Problem, StateWord, Encoding))
)]
struct Frame;

/// The document as it is sent.
#[derive(Debug, Clone)]
pub(super) struct Document(Bytes);

impl Document {
    pub(super) fn reply(&self) -> Response {
        let kind = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, kind)], self.0.clone()).into_response()
    }
}

/// The document of the calls that `described` has.
pub(super) fn of(described: openapi::OpenApi) -> Document {
    let mut document = Frame::openapi();
    document.merge(described);
    document.servers = Some(vec![ServerBuilder::new().url("/api/v1").build()]);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    if let Some(components) = &mut document.components {
        components.add_security_scheme("key", SecurityScheme::Http(bearer));
    }
    document.security = Some(vec![SecurityRequirement::new("key", [""; 0])]);
    Problems.modify(&mut document);
    Document(Bytes::from(document.to_json().unwrap_or_default()))
}

/// How a call may fail.
const PROBLEMS: [&str; 11] =
    ["400", "401", "403", "404", "408", "409", "413", "415", "422", "429", "500"];

/// Says of each call how it may fail.
struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut openapi::OpenApi) {
        for item in document.paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.post];
            for operation in operations.into_iter().flatten() {
                for status in PROBLEMS {
                    let content = ContentBuilder::new()
                        .schema(Some(RefOr::Ref(Ref::from_schema_name("Problem"))))
                        .build();
                    let response = ResponseBuilder::new()
                        .description("What went wrong (RFC 9457)")
                        .content("application/problem+json", content)
                        .build();
                    let responses = &mut operation.responses.responses;
                    responses.entry(status.to_owned()).or_insert(RefOr::T(response));
                }
            }
        }
    }
}
