//! How often strangers are spoken to: so many requests a second to an address, and to a provider;
//! less often where they say that it is too much, and not for a while where nobody is reached.

use std::future::Future;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::facts::special;
use crate::net::pace::asked::Asked;
use crate::net::pace::gate::Rate;
use crate::net::pace::parties::Group;
pub use crate::net::pace::parties::Parties;
pub use crate::net::pace::parties::neighbours;
use crate::net::pace::reached::Reached;
pub use crate::net::pace::settings::Settings;
use crate::net::pace::strangers::Gates;
use crate::net::pace::strangers::Groups;
use crate::net::pace::strangers::Stranger;
use crate::net::pace::strangers::locked;

mod asked;
pub(crate) mod gate;
mod lane;
mod parties;
mod reached;
mod settings;
mod strangers;
mod temper;

/// Somebody in the middle of a visit waits no longer than this for an address that is left alone.
const PATIENCE: Duration = Duration::from_mins(1);

/// Keeps the pace that was promised to strangers.
///
/// Memory grows with the addresses and providers spoken to within one gap between requests, and
/// with those that are left alone, not with those of a whole night: of these no more is kept than
/// that they were reached, in a filter of fixed size.
#[derive(Debug)]
pub struct Pace {
    addresses: Gates<IpAddr>,
    groups: Gates<Group>,
    reached: Reached,
    asked: Asked,
    failures: u32,
    rest: Duration,
    began: Instant,
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
    groups: Groups,
    began: Instant,
}

/// Why there is no turn yet, and when it is worth asking again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotYet {
    /// It is the address that is not to be spoken to before then.
    Address(Instant),
    /// It is a provider, with all its addresses.
    Provider(Instant),
    /// It is the neighbours of an address of which nobody knows the holder.
    Neighbours(Instant),
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
            asked: Asked::default(),
            failures: settings.failures,
            rest: settings.rest,
            began: Instant::now(),
        }
    }

    /// The turn to send a request to `address`, if it is due there and with `parties`, and nobody waits
    /// for it.
    pub fn try_turn(&self, address: IpAddr, parties: &Parties) -> Result<Turn, NotYet> {
        let now = Instant::now();
        let plain = special::unwrapped(address);
        let groups = self.groups.all(plain, parties);
        groups.may_pass(now, self.groups.rate)?;
        let stranger = self.addresses.of(plain);
        if let Some(until) = stranger.temper().rests_until(now) {
            return Err(NotYet::Address(until));
        }
        let gap = self.addresses.rate.gap();
        if stranger.lane.is_crowded() {
            return Err(NotYet::Address(now + gap / 4));
        }
        let mut head = stranger.gate.head().ok_or(NotYet::Address(now + gap))?;
        head.take().map_err(NotYet::Address)?;
        if let Err(not_yet) = groups.take(now, self.groups.rate) {
            head.give_back();
            return Err(not_yet);
        }
        self.spoken_to(&stranger, &groups, now);
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

    /// Waits until one request may be sent to `address`, which burdens `parties`. An address that is
    /// left alone for long is not waited for.
    ///
    /// Those who wait are served in the order in which they came. The place at the address is kept
    /// while the others are waited for, and the address rests from the moment that all were
    /// free: so a provider's turns are never spent on waiting for an address, and two requests
    /// to an address are never closer than promised.
    pub async fn turn(&self, address: IpAddr, parties: &Parties) -> Result<Leave, PutOff> {
        let plain = special::unwrapped(address);
        let stranger = self.addresses.of(plain);
        let groups = self.groups.all(plain, parties);
        let leave = |stranger, groups| Leave { address, stranger, groups, began: self.began };
        if took(plain) {
            return Ok(leave(stranger, groups));
        }
        let mut at_address = stranger.gate.line_up().await;
        loop {
            at_address.pass().await;
            for group in groups.iter() {
                group.stranger.gate.line_up().await.pass().await;
            }
            let now = Instant::now();
            let others = groups.iter().map(|group| &*group.stranger);
            let all = std::iter::once(&*stranger).chain(others);
            let rests = all.filter_map(|one| one.temper().rests_until(now));
            let Some(until) = rests.max() else { break };
            if until - now > PATIENCE {
                at_address.give_back();
                return Err(PutOff);
            }
            tokio::time::sleep_until(until).await;
        }
        at_address.restart();
        drop(at_address);
        self.spoken_to(&stranger, &groups, Instant::now());
        Ok(leave(stranger, groups))
    }

    /// Learns from an answer of `address`: where it was a 429 or 503, `refused` is how long the
    /// server asked to be left alone, zero where it did not say.
    pub fn heard(&self, address: IpAddr, parties: &Parties, refused: Option<Duration>) {
        let now = Instant::now();
        let plain = special::unwrapped(address);
        self.reached.note(plain);
        let (stranger, groups) = (self.addresses.of(plain), self.groups.all(plain, parties));
        let Some(asked) = refused else {
            stranger.temper().answered();
            for group in groups.iter() {
                group.stranger.temper().answered();
                group.stranger.refusing().clear();
            }
            return;
        };
        stranger.temper().refused(asked, self.addresses.rate.gap(), now);
        self.asked.note(plain);
        for group in groups.iter() {
            if group.stranger.is_refused_by(plain) {
                group.stranger.temper().refused(Duration::ZERO, self.groups.rate.gap(), now);
                tracing::warn!(%address, ?parties, "many addresses say that it is too much");
            }
        }
    }

    /// Waits until an address asks to be left alone.
    pub async fn hears(&self) {
        self.asked.hears().await;
    }

    /// The addresses that asked to be left alone since this was last called.
    pub fn asked(&self) -> Vec<IpAddr> {
        self.asked.take()
    }

    /// Until when `address` is left alone; `None` where it may be spoken to now.
    pub fn rests_until(&self, address: IpAddr) -> Option<Instant> {
        self.addresses.of(special::unwrapped(address)).temper().rests_until(Instant::now())
    }

    /// Leaves `address` alone for so long: what it asked for in an earlier run is not over.
    pub fn leave_alone(&self, address: IpAddr, time: Duration) {
        self.addresses.of(special::unwrapped(address)).temper().rest(time, Instant::now());
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

    fn spoken_to(&self, stranger: &Stranger, groups: &Groups, now: Instant) {
        let mut temper = stranger.temper();
        temper.try_out(self.rest, now);
        temper.spoken_to(self.addresses.rate.gap(), now);
        for group in groups.iter() {
            group.stranger.temper().spoken_to(self.groups.rate.gap(), now);
        }
    }
}

impl Leave {
    /// Whom it is for.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Waits, connected or nearly so, until the first byte may go out. From then on the next request
    /// to the address, and to whom it burdens, is a gap away, however late this one was.
    pub async fn speak(&self) {
        let here = self.stranger.lane.line_up().await;
        let first = self.groups.first.stranger.lane.line_up().await;
        if let Some(second) = &self.groups.second {
            second.stranger.lane.line_up().await.pass();
        }
        first.pass();
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

#[cfg(test)]
mod tests;
