//! The interface (contract, section 5): providers pull their findings and answer, bureaus take lists
//! away, and nobody sees what is not his.
//!
//! A call comes in through `door`, which knows the key and its pace; a handler asks the store within
//! the key's [`crate::facts::scope::KeyScope`]; whatever lies beyond is 404, as if it were not there.

#[expect(unused_qualifications, reason = "the macro that describes calls writes them")]
mod answers;
mod ask;
mod bulletins;
mod connections;
#[expect(unused_qualifications, reason = "the macro that describes calls writes them")]
mod changes;
mod desk;
mod document;
mod domains;
mod door;
mod filter;
#[expect(unused_qualifications, reason = "the macro that describes calls writes them")]
mod findings;
#[expect(unused_qualifications, reason = "the macro that describes calls writes them")]
mod exports;
mod health;
mod kept;
mod lists;
mod log;
mod messages;
mod pace;
mod problem;
#[expect(unused_qualifications, reason = "the macro that describes calls writes them")]
mod problems;
mod rates;
mod reply;
mod scans;
pub mod settings;
mod submissions;
mod tls;
mod turns;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware;
use axum::response::IntoResponse;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsAcceptor;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use crate::serve::bulletins::BulletinForm;
use crate::serve::connections::Peer;
pub use crate::serve::desk::CountedRates;
pub use crate::serve::desk::Desk;
pub use crate::serve::desk::Parts;
use crate::serve::problem::Problem;
pub use crate::serve::scans::Begun;
pub use crate::serve::scans::Nights;
pub use crate::serve::scans::Progress;
use crate::serve::settings::Settings;
pub use crate::serve::submissions::Submitted;
use crate::serve::tls::TlsError;
use crate::store::StoreError;

/// How long calls in flight may take after a stop.
const GRACE: Duration = Duration::from_secs(10);

/// Why the interface cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken, or not ours.
    #[error("cannot listen on {listen}: {source}")]
    Listen {
        /// The address.
        listen: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Nothing can be written any more.
    #[error("the interface has ended: {0}")]
    Stuck(#[from] StoreError),
    /// The socket failed.
    #[error("the interface has ended: {0}")]
    Broken(#[from] std::io::Error),
}

/// Opens the socket that `settings` names.
pub fn listen(settings: &Settings) -> Result<TcpListener, ServeError> {
    let failed = |source| ServeError::Listen { listen: settings.listen.clone(), source };
    let listener = TcpListener::bind(&settings.listen).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

/// Serves until `stop`; calls in flight are finished then, within a grace.
pub async fn run(
    desk: Arc<Desk>,
    listener: TcpListener,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let app = router(Arc::clone(&desk)).into_make_service_with_connect_info::<Peer>();
    let handle = Handle::<Peer>::new();
    let mut beside = JoinSet::new();
    let (stopped, ends) = (stop.clone(), handle.clone());
    beside.spawn(async move {
        stopped.cancelled().await;
        ends.graceful_shutdown(Some(GRACE));
    });
    beside.spawn(log::keep(Arc::clone(&desk), stop.clone()));
    let tls = tls::open(&desk.settings).await?;
    let entrance = connections::server(listener, desk.connections)?.handle(handle);
    let served = match tls {
        Some(config) => {
            beside.spawn(tls::follow(config.clone(), desk.settings.clone(), stop));
            entrance.acceptor(RustlsAcceptor::new(config)).serve(app).await
        }
        None => entrance.serve(app).await,
    };
    beside.abort_all();
    desk.log.write(&desk);
    desk.broken().map_or(Ok(served?), |error| Err(error.into()))
}

/// Every call that needs a key, with its part of the document.
fn calls() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(findings::list))
        .routes(routes!(findings::one))
        .routes(routes!(answers::answer))
        .routes(routes!(changes::feed))
        .routes(routes!(domains::one))
        .routes(routes!(domains::lookup))
        .routes(routes!(exports::csv))
        .routes(routes!(exports::xlsx))
        .routes(routes!(exports::jsonl))
        .routes(routes!(messages::unfiled))
        .routes(routes!(messages::of_access))
        .routes(routes!(bulletins::one))
        .routes(routes!(problems::list))
        .routes(routes!(rates::list))
        .routes(routes!(scans::list, scans::begin))
        .routes(routes!(scans::one))
        .routes(routes!(health::metrics))
        .merge(submitting())
}

/// The calls that take whole files.
fn submitting() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(submissions::filings))
        .routes(routes!(submissions::allocations))
        .layer(submissions::body_limit())
}

fn router(desk: Arc<Desk>) -> Router {
    let (calls, described) = calls().split_for_parts();
    let document = document::of(described);
    let known = calls
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async { Problem::wrong_method() })
        .layer(middleware::from_fn_with_state(Arc::clone(&desk), door::enter));
    let open = Router::new()
        .route("/openapi.json", axum::routing::get(move || std::future::ready(document.reply())))
        .route("/healthz", axum::routing::get(health::healthz))
        .method_not_allowed_fallback(|| async { Problem::wrong_method() });
    Router::new()
        .nest("/api/v1", open.merge(known))
        .route("/healthz", axum::routing::get(health::healthz))
        .route(
            "/metrics",
            axum::routing::get(health::metrics)
                .layer(middleware::from_fn_with_state(Arc::clone(&desk), door::enter)),
        )
        .fallback(|| async { Problem::not_found() })
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(CatchPanicLayer::custom(|_| Problem::ours().into_response()))
        .layer(middleware::from_fn(connections::hold))
        .with_state(desk)
}
