//! TLS: the certificate that is configured, read again when its files change.

use std::path::PathBuf;
use std::time::Duration;
use std::time::SystemTime;

use axum_server::tls_rustls::RustlsConfig;
use tokio_util::sync::CancellationToken;

use crate::serve::settings::Settings;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Why there is no TLS with what is configured.
#[derive(Debug, thiserror::Error)]
#[error("[serve] certificate {} with its private_key cannot be used: {source}", certificate.display())]
pub struct TlsError {
    certificate: PathBuf,
    source: std::io::Error,
}

/// The certificate, if one is configured.
pub(super) async fn open(settings: &Settings) -> Result<Option<RustlsConfig>, TlsError> {
    let (Some(certificate), Some(key)) = (&settings.certificate, &settings.private_key) else {
        return Ok(None);
    };
    let config = RustlsConfig::from_pem_file(certificate, key).await;
    let failed = |source| TlsError { certificate: certificate.clone(), source };
    config.map(Some).map_err(failed)
}

/// Takes the files over whenever they change, until `stop`. While they cannot be used, what was read
/// before serves on.
pub(super) async fn follow(config: RustlsConfig, settings: Settings, stop: CancellationToken) {
    let (Some(certificate), Some(key)) = (settings.certificate, settings.private_key) else {
        return;
    };
    let changed = || {
        let time = |path: &PathBuf| std::fs::metadata(path).and_then(|data| data.modified()).ok();
        [time(&certificate), time(&key)]
    };
    let mut known: [Option<SystemTime>; 2] = changed();
    while !stop.is_cancelled() {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => return,
        }
        let now = changed();
        if now == known {
            continue;
        }
        match config.reload_from_pem_file(&certificate, &key).await {
            Ok(()) => {
                known = now;
                tracing::info!(certificate = %certificate.display(), "the certificate was read again");
            }
            Err(error) => tracing::warn!(%error, "the new certificate cannot be used yet"),
        }
    }
}
