//! `GET /healthz` and `GET /metrics`: whether it lives, and how it does, for machines.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;

use crate::clock;
use crate::facts::scope::KeyScope;
use crate::serve::desk::Desk;
use crate::serve::desk::apart;
use crate::serve::door::Caller;
use crate::serve::problem::Problem;
use crate::serve::reply;

/// Whether it lives: the store still reads.
pub(super) async fn healthz(State(desk): State<Arc<Desk>>) -> Response {
    let reads = apart(move || {
        desk.findings.last_sequence()?;
        Ok(desk.findings.catalogue()?.counts(clock::day(desk.now()))?.len())
    });
    let (status, text) = match reads.await {
        Ok(_) => (StatusCode::OK, "ok\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read\n"),
    };
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    (status, [(header::CONTENT_TYPE, kind)], text).into_response()
}

/// How it does, as Prometheus reads it
#[utoipa::path(get, path = "/metrics", tag = "machines",
    responses((status = 200, description = "Prometheus text", body = String, content_type = "text/plain")))]
pub(super) async fn metrics(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Problem> {
    if caller.scope != KeyScope::Ministry {
        return Err(Problem::not_found());
    }
    apart(move || {
        let mut text = String::new();
        write(&desk, &mut text)?;
        let kind = "text/plain; version=0.0.4; charset=utf-8";
        Ok(reply::bytes(&HeaderMap::new(), kind, text.into_bytes()))
    })
    .await
}

fn write(desk: &Desk, text: &mut String) -> Result<(), Problem> {
    let mut line = |name: &str, kind: &str, help: &str, samples: &[(String, u64)]| {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    };
    let counts = desk.findings.catalogue()?.counts(clock::day(desk.now()))?;
    let of = |which: usize, state: &str| -> Vec<(String, u64)> {
        let sample = |(kind, counts): &(crate::facts::finding::Kind, [u64; 3])| {
            (format!("{{kind=\"{kind}\",state=\"{state}\"}}"), counts[which])
        };
        counts.iter().map(sample).collect()
    };
    let standing = [of(0, "open"), of(1, "answered")].concat();
    line("chabei_findings", "gauge", "Findings that stand.", &standing);
    line("chabei_findings_overdue", "gauge", "Findings past their day.", &of(2, "overdue"));
    let changes = [(String::new(), desk.findings.last_sequence()?)];
    line("chabei_changes_total", "counter", "Changes told.", &changes);
    let ended: Vec<(String, u64)> = (2..)
        .zip(&desk.calls.ended)
        .map(|(hundred, count)| {
            (format!("{{status=\"{hundred}xx\"}}"), count.load(Ordering::Relaxed))
        })
        .collect();
    line("chabei_calls_total", "counter", "Calls of the interface.", &ended);
    let time = [(String::new(), desk.calls.time.load(Ordering::Relaxed))];
    line("chabei_calls_microseconds_total", "counter", "Time spent on calls.", &time);
    let scans = desk.findings.latest_scan()?;
    let night = [(String::new(), scans.as_ref().map_or(0, |scan| scan.night.into()))];
    line("chabei_night", "gauge", "The newest night.", &night);
    Ok(())
}
