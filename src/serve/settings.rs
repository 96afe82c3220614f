//! `[serve]`: where the interface is, and how much of it anybody may have.

use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// `[serve]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where to listen: address and port.
    pub listen: String,
    /// A file with the certificate and those above it, PEM; `None`: no TLS.
    pub certificate: Option<PathBuf>,
    /// A file with the key of the certificate, PEM.
    pub private_key: Option<PathBuf>,
    /// Calls a second of one key.
    pub calls_per_second: u32,
    /// So many calls at once come through all the same; no more of one key are under way.
    pub calls_at_once: u32,
    /// The longest that a call for changes is held open.
    #[serde(with = "humantime_serde")]
    pub longest_wait: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8787".to_owned(),
            certificate: None,
            private_key: None,
            calls_per_second: 20,
            calls_at_once: 40,
            longest_wait: Duration::from_mins(1),
        }
    }
}

impl Settings {
    /// Whether they can be kept to; the error says why not.
    pub fn validate(&self) -> Result<(), String> {
        if self.calls_per_second == 0 || self.calls_at_once == 0 {
            return Err("calls_per_second and calls_at_once must be at least 1".to_owned());
        }
        if self.certificate.is_some() != self.private_key.is_some() {
            return Err("certificate and private_key go together".to_owned());
        }
        if self.longest_wait > Duration::from_mins(10) {
            return Err("longest_wait is more than 10m; no proxy holds a call so long".to_owned());
        }
        Ok(())
    }

    /// Makes the paths relative to `folder`.
    pub fn within(&mut self, folder: &Path) {
        for file in [&mut self.certificate, &mut self.private_key].into_iter().flatten() {
            *file = folder.join(&*file);
        }
    }
}
