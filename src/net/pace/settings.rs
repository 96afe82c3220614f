//! `[pace]`: how often strangers are spoken to, and how long it is waited for them.

use std::time::Duration;

use serde::Deserialize;

/// `[pace]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How many targets are examined at the same time; 512.
    pub in_flight: usize,
    /// Requests a second to one address; 1.
    pub per_address: f64,
    /// Requests a second to all addresses of one provider together; 20.
    pub per_provider: f64,
    /// So many targets in a row that could not be connected to let an address rest; 10. 0 never does.
    pub failures: u32,
    /// How long it rests then, and twice as long each time after; 5 minutes.
    #[serde(with = "humantime_serde")]
    pub rest: Duration,
    /// At the end of a night it is waited no longer than this for addresses that rest; what is to be
    /// asked there stays unknown until the next night; 10 minutes.
    #[serde(with = "humantime_serde")]
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            in_flight: 512,
            per_address: 1.0,
            per_provider: 20.0,
            failures: 10,
            rest: Duration::from_mins(5),
            patience: Duration::from_mins(10),
        }
    }
}

impl Settings {
    /// Whether the values make sense; if not, what is wrong with which.
    pub fn validate(&self) -> Result<(), String> {
        if self.in_flight == 0 {
            return Err(format!("in_flight = {}: must be at least 1", self.in_flight));
        }
        for (key, rate) in [("per_address", self.per_address), ("per_provider", self.per_provider)]
        {
            if !(rate.is_finite() && rate > 0.0) {
                return Err(format!("{key} = {rate}: must be more than 0 requests a second"));
            }
        }
        Ok(())
    }
}
