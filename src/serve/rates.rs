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
/// bureau of itself and of providers, as far as they lie with it: those of whom anything does, and those
/// that it supervises; a provider of itself and, as a Carrier, of those who have addresses from it, as far as
/// it carries them. Which filed sites a Carrier carries the register does not say, so that there is no rate
/// of these. Where counting takes long, the figures may be some minutes old.
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
        let counted = desk.rates()?;
        let mut whose: BTreeSet<Whose> =
            counted.whose.iter().filter(|whose| caller.scope.sees_count(whose)).cloned().collect();
        match &caller.scope {
            KeyScope::Reader => return Err(Problem::not_found()),
            KeyScope::Provider(id) => {
                whose.insert(Whose::Provider(id.clone()));
                let addresses = desk.addresses()?;
                let below = addresses.carried_by(id).collect::<BTreeSet<_>>();
                whose.extend(below.into_iter().map(|one| Whose::Carried(id.clone(), one.clone())));
            }
            KeyScope::Bureau(bureau) => {
                whose.insert(Whose::Bureau(*bureau));
                let directory = desk.directory()?;
                let below = directory.providers().iter().filter(|one| one.bureau == Some(*bureau));
                whose.extend(below.map(|one| Whose::InBureau(*bureau, one.id.clone())));
            }
            KeyScope::Ministry => whose.retain(|whose| !whose.is_part()),
        }
        let mut rates = (counted.tell)(&whose.into_iter().collect::<Vec<_>>());
        if caller.scope != KeyScope::Ministry {
            rates = rates.into_iter().map(RateView::without_unplaced).collect();
        }
        Ok(reply::json(&headers, &RatesReply { rates }))
    })
    .await
}
