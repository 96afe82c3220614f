//! How often each key may come.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use governor::DefaultDirectRateLimiter;
use governor::Quota;
use governor::clock::Clock;
use governor::clock::DefaultClock;
use ulid::Ulid;

use crate::serve::settings::Settings;

/// Keys whose pace is remembered; more than are issued.
const KEYS: usize = 4096;

/// The paces of all keys that came.
#[derive(Debug)]
pub(super) struct KeyPace {
    quota: Quota,
    clock: DefaultClock,
    keys: Mutex<HashMap<Ulid, DefaultDirectRateLimiter>>,
}

impl KeyPace {
    pub(super) fn new(settings: &Settings) -> Self {
        let rate = NonZeroU32::new(settings.calls_per_second).unwrap_or(NonZeroU32::MIN);
        let burst = NonZeroU32::new(settings.calls_at_once).unwrap_or(NonZeroU32::MIN);
        Self {
            quota: Quota::per_second(rate).allow_burst(burst),
            clock: DefaultClock::default(),
            keys: Mutex::default(),
        }
    }

    /// Takes a turn of the key; `Err` says how long there is none.
    pub(super) fn take(&self, key: Ulid) -> Result<(), Duration> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= KEYS && !keys.contains_key(&key) {
            keys.clear();
        }
        let pace = keys.entry(key).or_insert_with(|| DefaultDirectRateLimiter::direct(self.quota));
        pace.check().map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_comes_too_often_is_told_to_wait_and_others_are_not() {
        let settings = Settings { calls_per_second: 1, calls_at_once: 2, ..Settings::default() };
        let pace = KeyPace::new(&settings);
        let (one, other) = (Ulid::from(1_u128), Ulid::from(2_u128));
        assert!(pace.take(one).is_ok() && pace.take(one).is_ok());
        let wait = pace.take(one).unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");
        assert!(pace.take(other).is_ok());
    }
}
