//! `GET /rates`: how much is filed of what is there, for those whom it is about.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::facts::census::Whose;
use crate::facts::scope::KeyScope;
use crate::publish::rates::RateView;
use crate::serve::desk::Desk;
use crate::serve::desk::apart;
use crate::serve::door::Caller;
use crate::serve::problem::Problem;
use crate::serve::reply;

/// The rates of today.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RatesReply {
    /// The nation's, each bureau's and each provider's, as far as the key may see them.
    #[schema(value_type = Vec<Object>)]
    rates: Vec<RateView>,
}

/// How much is filed of what is there, as of now
#[utoipa::path(get, path = "/rates", tag = "registers",
    responses((status = 200, description = "The rates", body = RatesReply)))]
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let whose = match &caller.scope {
        KeyScope::Reader => return Err(Problem::not_found()),
        KeyScope::Provider(id) => Some(Whose::Provider(id.clone())),
        KeyScope::Bureau(bureau) => Some(Whose::Bureau(*bureau)),
        KeyScope::Ministry => None,
    };
    apart(move || {
        let rates = (desk.rates)(whose).map_err(|error| {
            tracing::error!("the rates could not be told: {error}");
            Problem::ours()
        })?;
        Ok(reply::json(&headers, &RatesReply { rates }))
    })
    .await
}
