//! How often strangers are spoken to: so many requests a second to an address, and to a provider;
//! less often where they say that it is too much, and not for a while where nobody is reached.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use ipnet::IpNet;
use tokio::time::Instant;

use crate::facts::provider::ProviderId;
use crate::facts::special;
use crate::net::pace::gate::Gate;
use crate::net::pace::gate::Rate;
use crate::net::pace::lane::Lane;
use crate::net::pace::reached::Reached;
pub use crate::net::pace::settings::Settings;
use crate::net::pace::temper::Temper;

pub(crate) mod gate;
mod lane;
mod reached;
mod settings;
mod temper;

/// Below so many gates none is looked at for removal.
const FEW: usize = 1024;

/// So long after its last rest it is forgotten how strained an address was.
const MEMORY: Duration = Duration::from_mins(10);

/// Somebody in the middle of a visit waits no longer than this for an address that is left alone.
const PATIENCE: Duration = Duration::from_mins(1);

/// So many addresses of one provider in a row, none answering as it should in between, speak for the
/// provider.
const SPEAKING_FOR_ALL: usize = 4;

/// Of a provider nobody knows, the neighbours of an address stand in its place: so many leading bits.
const NEIGHBOURS: (u8, u8) = (24, 48);

/// Keeps the pace that was promised to strangers.
///
/// Memory grows with the addresses and providers spoken to within one gap between requests, and
/// with those that are left alone, not with those of a whole night: of these no more is kept than in
/// [`Reached`].
#[derive(Debug)]
pub struct Pace {
    addresses: Gates<IpAddr>,
    groups: Gates<Group>,
    reached: Reached,
    failures: u32,
    rest: Duration,
    began: Instant,
}

/// Whose pace the requests to several addresses share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Group {
    Provider(ProviderId),
    Neighbours(IpNet),
}

#[derive(Debug)]
struct Gates<K> {
    rate: Rate,
    gates: Mutex<HashMap<K, Arc<Stranger>>>,
}

/// One address, or one group of them.
#[derive(Debug)]
struct Stranger {
    /// When somebody may be sent to it.
    gate: Gate,
    /// When whoever is there may speak.
    lane: Lane,
    temper: Mutex<Temper>,
    /// Of a group: the addresses that said in a row that it was too much, each once.
    refusing: Mutex<Vec<IpAddr>>,
}

/// The turn at an address, that somebody has who is still to go there.
#[derive(Debug)]
#[must_use = "a turn that nobody uses is lost"]
pub struct Turn {
    address: IpAddr,
}

/// The right to send one request to an address. Nothing is sent without one.
#[derive(Debug)]
#[must_use = "a turn that nobody uses is lost"]
pub struct Leave {
    address: IpAddr,
    stranger: Arc<Stranger>,
    group: Arc<Stranger>,
    began: Instant,
}

/// Why there is no turn yet, and when it is worth asking again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotYet {
    /// It is the address that is not to be spoken to before then.
    Address(Instant),
    /// It is the provider, with all its addresses.
    Provider(Instant),
}

/// The address is left alone for longer than anybody waits in the middle of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PutOff;

tokio::task_local! {
    /// The turn that was taken for this task's next request.
    static TAKEN: Mutex<Option<Turn>>;
}

impl Pace {
    /// A pace as `settings` say; values that [`Settings::validate`] refuses become the most
    /// careful ones.
    pub fn new(settings: &Settings) -> Self {
        Self {
            addresses: Gates::new(Rate::strict(settings.per_address, NonZeroU32::MIN)),
            groups: Gates::new(Rate::steady(settings.per_provider)),
            reached: Reached::default(),
            failures: settings.failures,
            rest: settings.rest,
            began: Instant::now(),
        }
    }

    /// The turn to send a request to `address` of `provider`, if it is due and nobody waits for it.
    /// `None` where the provider is not known: then the neighbours of the address share its pace.
    pub fn try_turn(&self, address: IpAddr, provider: Option<&ProviderId>) -> Result<Turn, NotYet> {
        let now = Instant::now();
        let plain = special::unwrapped(address);
        let group = self.groups.of(group(plain, provider));
        if let Some(until) = group.temper().rests_until(now) {
            return Err(NotYet::Provider(until));
        }
        let stranger = self.addresses.of(plain);
        if let Some(until) = stranger.temper().rests_until(now) {
            return Err(NotYet::Address(until));
        }
        let gap = self.addresses.rate.gap();
        if group.lane.is_crowded() {
            return Err(NotYet::Provider(now + self.groups.rate.gap() / 2));
        }
        if stranger.lane.is_crowded() {
            return Err(NotYet::Address(now + gap / 4));
        }
        let mut head = stranger.gate.head().ok_or(NotYet::Address(now + gap))?;
        head.take().map_err(NotYet::Address)?;
        let passed = match group.gate.head() {
            Some(head) => head.take(),
            None => Err(now + self.groups.rate.gap()),
        };
        if let Err(until) = passed {
            head.give_back();
            return Err(NotYet::Provider(until));
        }
        self.spoken_to(&stranger, &group, now);
        Ok(Turn { address: plain })
    }

    /// The time between two requests to one provider, or to one address and its neighbours.
    pub fn provider_gap(&self) -> Duration {
        self.groups.rate.gap()
    }

    /// Runs `visit`, whose first request to the address of `turn` need not wait any more.
    pub async fn with_turn<T>(turn: Turn, visit: impl Future<Output = T>) -> T {
        TAKEN.scope(Mutex::new(Some(turn)), visit).await
    }

    /// Waits until one request may be sent to `address` of `provider`; `None` where the provider
    /// is not known. An address that is left alone for long is not waited for.
    ///
    /// Those who wait are served in the order in which they came. The place at the address is kept
    /// while the provider is waited for, and the address rests from the moment that both were
    /// free: so the provider's turns are never spent on waiting for an address, and two requests
    /// to an address are never closer than promised.
    pub async fn turn(
        &self,
        address: IpAddr,
        provider: Option<&ProviderId>,
    ) -> Result<Leave, PutOff> {
        let plain = special::unwrapped(address);
        let stranger = self.addresses.of(plain);
        let group = self.groups.of(group(plain, provider));
        let leave = |stranger, group| Leave { address, stranger, group, began: self.began };
        if took(plain) {
            return Ok(leave(stranger, group));
        }
        let mut at_address = stranger.gate.line_up().await;
        loop {
            at_address.pass().await;
            group.gate.line_up().await.pass().await;
            let now = Instant::now();
            let rests = [stranger.temper().rests_until(now), group.temper().rests_until(now)];
            let Some(until) = rests.into_iter().flatten().max() else { break };
            if until - now > PATIENCE {
                at_address.give_back();
                return Err(PutOff);
            }
            tokio::time::sleep_until(until).await;
        }
        at_address.restart();
        drop(at_address);
        self.spoken_to(&stranger, &group, Instant::now());
        Ok(leave(stranger, group))
    }

    /// Learns from an answer of `address`: where it was a 429 or 503, `refused` is how long the
    /// server asked to be left alone, zero where it did not say.
    pub fn heard(&self, address: IpAddr, provider: Option<&ProviderId>, refused: Option<Duration>) {
        let now = Instant::now();
        let plain = special::unwrapped(address);
        self.reached.note(plain);
        let (stranger, group) = (self.addresses.of(plain), self.groups.of(group(plain, provider)));
        let Some(asked) = refused else {
            stranger.temper().answered();
            group.temper().answered();
            group.refusing().clear();
            return;
        };
        stranger.temper().refused(asked, self.addresses.rate.gap(), now);
        let mut refusing = group.refusing();
        if !refusing.contains(&plain) {
            refusing.push(plain);
        }
        if refusing.len() >= SPEAKING_FOR_ALL {
            refusing.clear();
            group.temper().refused(Duration::ZERO, self.groups.rate.gap(), now);
            tracing::warn!(%address, ?provider, "many addresses say that it is too much");
        }
    }

    /// Learns from a whole visit whether any connection to `address` came about.
    pub fn visited(&self, address: IpAddr, was_reached: bool) {
        let plain = special::unwrapped(address);
        let stranger = self.addresses.of(plain);
        let mut temper = stranger.temper();
        if was_reached {
            self.reached.note(plain);
            temper.reached();
        } else if temper.not_reached(self.failures, self.rest, Instant::now()) {
            tracing::info!(%address, "nobody is reached there; what is left to ask is put off");
        }
    }

    /// Whether as many targets in a row as break a circuit could not be connected to at `address`, and
    /// none could before in this run.
    pub fn is_deserted(&self, address: IpAddr) -> bool {
        let plain = special::unwrapped(address);
        self.addresses.of(plain).temper().is_broken() && !self.reached.may_hold(plain)
    }

    fn spoken_to(&self, stranger: &Stranger, group: &Stranger, now: Instant) {
        let mut temper = stranger.temper();
        temper.try_out(self.rest, now);
        temper.spoken_to(self.addresses.rate.gap(), now);
        group.temper().spoken_to(self.groups.rate.gap(), now);
    }
}

impl Leave {
    /// Whom it is for.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Waits, connected or nearly so, until the first byte may go out. From then on the next request
    /// to the address, and to its provider, is a gap away, however late this one was.
    pub async fn speak(&self) {
        let here = self.stranger.lane.line_up().await;
        self.group.lane.line_up().await.pass();
        let elapsed = here.pass() - self.began;
        let elapsed_ns = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        tracing::trace!(address = %self.address, elapsed_ns, "a request goes out");
    }

    /// The request itself is sent only now, since it took a while to agree on how. The gap counts from
    /// here.
    pub fn spoken(&self) {
        self.stranger.lane.hold();
    }
}

/// Whether the turn that was taken for this task is to `address`; then it is spent.
fn took(address: IpAddr) -> bool {
    let take = |taken: &Mutex<Option<Turn>>| {
        locked(taken).take_if(|turn| turn.address == address).is_some()
    };
    TAKEN.try_with(take).unwrap_or(false)
}

fn group(address: IpAddr, provider: Option<&ProviderId>) -> Group {
    if let Some(provider) = provider {
        return Group::Provider(provider.clone());
    }
    Group::Neighbours(neighbours(address))
}

/// The addresses that share a pace with `address` where nobody knows the provider.
pub fn neighbours(address: IpAddr) -> IpNet {
    let address = special::unwrapped(address);
    let bits = if address.is_ipv4() { NEIGHBOURS.0 } else { NEIGHBOURS.1 };
    IpNet::new(address, bits).map_or(address.into(), |net| net.trunc())
}

impl Stranger {
    fn temper(&self) -> MutexGuard<'_, Temper> {
        locked(&self.temper)
    }

    fn refusing(&self) -> MutexGuard<'_, Vec<IpAddr>> {
        locked(&self.refusing)
    }

    /// Whether a new one would do as well.
    fn is_rested(&self) -> bool {
        self.gate.is_rested()
            && self.lane.is_open()
            && self.temper().is_even(Instant::now(), MEMORY)
    }
}

impl<K: Eq + Hash> Gates<K> {
    fn new(rate: Rate) -> Self {
        Self { rate, gates: Mutex::new(HashMap::new()) }
    }

    /// The one that `key` names. Those whom nobody needs any more are dropped whenever the map would
    /// have to grow.
    fn of(&self, key: K) -> Arc<Stranger> {
        let mut gates = locked(&self.gates);
        if gates.len() >= FEW && gates.len() == gates.capacity() {
            gates.retain(|_, gate| Arc::strong_count(gate) > 1 || !gate.is_rested());
            let room = gates.len().saturating_mul(2).max(FEW);
            gates.shrink_to(room);
        }
        let stranger = || Stranger {
            gate: Gate::new(self.rate),
            lane: Lane::new(self.rate),
            temper: Mutex::default(),
            refusing: Mutex::default(),
        };
        Arc::clone(gates.entry(key).or_insert_with(|| Arc::new(stranger())))
    }
}

/// Nothing panics under these locks, so what they hold is whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
