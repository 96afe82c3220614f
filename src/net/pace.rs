//! How often strangers are spoken to: so many requests a second to an address, and to a provider.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::Mutex;

use governor::Quota;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

use crate::facts::provider::ProviderId;
use crate::facts::special;
use crate::net::pace::gate::Gate;
use crate::net::pace::gate::quota;

pub(crate) mod gate;

/// Below so many gates none is looked at for removal.
const FEW: usize = 1024;

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
}

/// Keeps the pace that was promised to strangers.
///
/// Memory grows with the addresses and providers spoken to within one gap between requests, not
/// with those of a whole night.
#[derive(Debug)]
pub struct Pace {
    addresses: Gates<IpAddr>,
    providers: Gates<ProviderId>,
    in_flight: Arc<Semaphore>,
}

#[derive(Debug)]
struct Gates<K> {
    quota: Quota,
    gates: Mutex<HashMap<K, Arc<Gate>>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { in_flight: 512, per_address: 1.0, per_provider: 20.0 }
    }
}

impl Settings {
    /// Whether the values make sense; if not, what is wrong with which.
    pub fn validate(&self) -> Result<(), String> {
        if !(1..=Semaphore::MAX_PERMITS).contains(&self.in_flight) {
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

impl Pace {
    /// A pace as `settings` say; values that [`Settings::validate`] refuses become the most
    /// careful ones.
    pub fn new(settings: &Settings) -> Self {
        let permits = settings.in_flight.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            addresses: Gates::new(quota(settings.per_address, NonZeroU32::MIN)),
            providers: Gates::new(quota(settings.per_provider, NonZeroU32::MIN)),
            in_flight: Arc::new(Semaphore::new(permits)),
        }
    }

    /// Waits until one request may be sent to `address` of `provider`; `None` where the provider
    /// is not known.
    ///
    /// Those who wait are served in the order in which they came. The place at the address is kept
    /// while the provider is waited for, and the address rests from the moment that both were
    /// free: so the provider's turns are never spent on waiting for an address, and two requests
    /// to an address are never closer than promised.
    pub async fn turn(&self, address: IpAddr, provider: Option<&ProviderId>) {
        let address = self.addresses.gate(special::unwrapped(address));
        let mut at_address = address.line_up().await;
        at_address.pass().await;
        if let Some(provider) = provider {
            self.providers.gate(provider.clone()).line_up().await.pass().await;
            at_address.restart();
        }
    }

    /// Waits until one more target may be examined. The permit is given back when it is dropped.
    #[expect(clippy::missing_panics_doc, reason = "only a closed semaphore refuses")]
    pub async fn in_flight(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.in_flight).acquire_owned().await.expect("the semaphore is never closed")
    }
}

impl<K: Eq + Hash> Gates<K> {
    fn new(quota: Quota) -> Self {
        Self { quota, gates: Mutex::new(HashMap::new()) }
    }

    /// The gate of `key`. Gates that nobody needs any more are dropped whenever the map would
    /// have to grow.
    fn gate(&self, key: K) -> Arc<Gate> {
        let mut gates = self.gates.lock().expect("nothing panics under this lock");
        if gates.len() >= FEW && gates.len() == gates.capacity() {
            gates.retain(|_, gate| Arc::strong_count(gate) > 1 || !gate.is_rested());
            let room = gates.len().saturating_mul(2).max(FEW);
            gates.shrink_to(room);
        }
        Arc::clone(gates.entry(key).or_insert_with(|| Arc::new(Gate::new(self.quota))))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use tokio::task::JoinSet;
    use tokio::time::Instant;

    use super::*;

    /// Sends every request at once, and tells at which millisecond each had its turn.
    async fn turns(settings: Settings, requests: &[(u8, &'static str)]) -> Vec<(u8, u128)> {
        let pace = Arc::new(Pace::new(&settings));
        let begin = Instant::now();
        let mut tasks = JoinSet::new();
        for &(address, provider) in requests {
            let pace = Arc::clone(&pace);
            tasks.spawn(async move {
                let provider = provider.parse().ok();
                pace.turn(Ipv4Addr::new(1, 2, 4, address).into(), provider.as_ref()).await;
                (address, begin.elapsed().as_millis())
            });
        }
        let mut turns = tasks.join_all().await;
        turns.sort_unstable_by_key(|(_, at)| *at);
        turns
    }

    fn gaps(turns: &[(u8, u128)], address: u8) -> Vec<u128> {
        let at: Vec<u128> = turns.iter().filter(|t| t.0 == address).map(|t| t.1).collect();
        at.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_is_spoken_to_once_a_gap_and_others_do_not_wait_for_it() {
        let settings = Settings { per_address: 2.0, ..Settings::default() };
        let turns = turns(settings, &[(1, ""), (1, ""), (1, ""), (2, "")]).await;
        assert!(gaps(&turns, 1).iter().all(|gap| (500..510).contains(gap)), "{turns:?}");
        assert!(turns.iter().any(|turn| turn.0 == 2 && turn.1 < 10), "{turns:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_provider_is_spoken_to_at_its_own_rate_over_all_its_addresses() {
        let requests: Vec<_> = (0..100).map(|address| (address, "P1")).collect();
        let turns = turns(Settings::default(), &requests).await;
        assert!(turns.windows(2).all(|pair| pair[1].1 - pair[0].1 >= 50), "{turns:?}");
        assert!(turns[99].1 < 99 * 52, "{turns:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_keeps_its_gap_however_long_its_provider_was_waited_for() {
        let mut requests = vec![(200, "P1")];
        requests.extend((0..37).map(|address| (address, "P1")));
        requests.extend([(200, "P1"), (200, "P1")]);
        let turns = turns(Settings::default(), &requests).await;
        assert!(gaps(&turns, 200).iter().all(|gap| *gap >= 1000), "{turns:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn gates_of_the_past_are_forgotten() {
        let pace = Pace::new(&Settings::default());
        for number in 0..50_000_u32 {
            pace.turn(Ipv4Addr::from(number + (1 << 24)).into(), None).await;
            if number % 1000 == 0 {
                tokio::time::advance(Duration::from_secs(2)).await;
            }
        }
        let gates = pace.addresses.gates.lock().unwrap();
        assert!(gates.capacity() <= 8 * FEW, "{} gates", gates.capacity());
    }

    #[tokio::test]
    async fn no_more_targets_are_in_flight_than_said() {
        let pace = Pace::new(&Settings { in_flight: 1, ..Settings::default() });
        let permit = pace.in_flight().await;
        assert!(Arc::clone(&pace.in_flight).try_acquire_owned().is_err());
        drop(permit);
        drop(pace.in_flight().await);
    }

    #[test]
    fn senseless_settings_are_named() {
        let good = Settings::default;
        assert_eq!(good().validate(), Ok(()));
        for (settings, key) in [
            (Settings { in_flight: 0, ..good() }, "in_flight"),
            (Settings { per_address: 0.0, ..good() }, "per_address"),
            (Settings { per_address: f64::NAN, ..good() }, "per_address"),
            (Settings { per_provider: -1.0, ..good() }, "per_provider"),
        ] {
            assert!(settings.validate().unwrap_err().contains(key), "{settings:?}");
            Pace::new(&settings);
        }
    }
}
