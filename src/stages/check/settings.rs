//! `[filings]`: how far the register is trusted, and who is asked where it cannot say.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::net::upstream;

/// `[filings]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether the register holds every filing of its scope, so that absence means unfiled.
    pub complete: bool,
    /// The age from which on absence means unknown.
    #[serde(with = "humantime_serde")]
    pub max_age: Duration,
    /// The address of another register, asked where this one cannot say; none.
    pub upstream: Option<String>,
    /// The file with the key for it; none.
    pub upstream_key_file: Option<PathBuf>,
    /// How long one request to it may take; 10 s.
    #[serde(with = "humantime_serde")]
    pub upstream_timeout: Duration,
    /// Requests a second to it, each with up to 10,000 names; 5.
    pub upstream_per_second: f64,
    /// How long its answers are believed; 6 h.
    #[serde(with = "humantime_serde")]
    pub upstream_cache_time: Duration,
    /// So many of its answers are kept, in memory; 100,000.
    pub upstream_cache_size: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            complete: true,
            max_age: Duration::from_hours(7 * 24),
            upstream: None,
            upstream_key_file: None,
            upstream_timeout: Duration::from_secs(10),
            upstream_per_second: 5.0,
            upstream_cache_time: Duration::from_hours(6),
            upstream_cache_size: 100_000,
        }
    }
}

impl Settings {
    /// What is needed to ask the other register; `None` where there is none.
    pub fn of_upstream(&self) -> Option<upstream::Settings> {
        Some(upstream::Settings {
            upstream: self.upstream.clone()?,
            key_file: self.upstream_key_file.clone(),
            timeout: self.upstream_timeout,
            per_second: self.upstream_per_second,
            cache_time: self.upstream_cache_time,
            cache_size: self.upstream_cache_size,
        })
    }

    /// What is wrong, and what would be right.
    pub fn validate(&self) -> Result<(), String> {
        if !(self.upstream_per_second.is_finite() && self.upstream_per_second > 0.0) {
            return Err("upstream_per_second must be more than 0".to_owned());
        }
        if self.upstream_timeout.is_zero() {
            return Err("upstream_timeout must be more than 0".to_owned());
        }
        if self.upstream_key_file.is_some() && self.upstream.is_none() {
            return Err("upstream_key_file is for an upstream; name one, or take it out".to_owned());
        }
        match self.of_upstream() {
            Some(upstream) => upstream.base().map(|_| ()).map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }
}
