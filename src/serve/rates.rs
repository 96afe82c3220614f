//! `GET /rates`: how much is filed of what is there, for those whom it is about.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::facts::census::Whose;
use crate::facts::provider::ProviderId;
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
    /// One for the nation, each bureau and each provider, as far as the key may see them.
    #[schema(value_type = Vec<Object>)]
    rates: Vec<RateView>,
}

/// How much is filed of what is there, as of now
///
/// The ministry is told of the nation and of every bureau and provider of whom anything is known; a
/// bureau of itself and of the providers that it supervises; a provider of itself and, as a Carrier, of
/// those who have addresses from it.
#[utoipa::path(get, path = "/rates", tag = "registers",
    responses((status = 200, description = "The rates", body = RatesReply)))]
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if !caller.scope.sees_findings() {
        return Err(Problem::not_found());
    }
    apart(move || {
        let whose = match &caller.scope {
            KeyScope::Reader => return Err(Problem::not_found()),
            KeyScope::Provider(id) => {
                let addresses = desk.addresses()?;
                Some(with_providers(Whose::Provider(id.clone()), addresses.carried_by(id)))
            }
            KeyScope::Bureau(bureau) => {
                let directory = desk.directory()?;
                let below = directory.providers().iter().filter(|one| one.bureau == Some(*bureau));
                Some(with_providers(Whose::Bureau(*bureau), below.map(|one| &one.id)))
            }
            KeyScope::Ministry => None,
        };
        let rates = (desk.rates()?)(whose.as_deref());
        Ok(reply::json(&headers, &RatesReply { rates }))
    })
    .await
}

/// `own`, and each of `below` once, by id.
fn with_providers<'a>(own: Whose, below: impl Iterator<Item = &'a ProviderId>) -> Vec<Whose> {
    let below: BTreeSet<&ProviderId> = below.collect();
    let below = below.into_iter().map(|id| Whose::Provider(id.clone()));
    std::iter::once(own).chain(below).collect()
}
