//! Who is spoken to: one address, one group of them, and the groups that one request burdens.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

use crate::net::pace::NotYet;
use crate::net::pace::gate::Gate;
use crate::net::pace::gate::Rate;
use crate::net::pace::lane::Lane;
use crate::net::pace::parties::Group;
use crate::net::pace::parties::Parties;
use crate::net::pace::temper::Temper;

/// Below so many gates none is looked at for removal.
pub(super) const FEW: usize = 1024;

/// So long after its last rest it is forgotten how strained an address was.
pub(super) const MEMORY: Duration = Duration::from_mins(10);

/// So many addresses of one provider in a row, none answering as it should in between, speak for the
/// provider.
const SPEAKING_FOR_ALL: usize = 4;

/// All of one kind, by what names them.
#[derive(Debug)]
pub(super) struct Gates<K> {
    pub(super) rate: Rate,
    pub(super) gates: Mutex<HashMap<K, Arc<Stranger>>>,
}

/// One address, or one group of them.
#[derive(Debug)]
pub(super) struct Stranger {
    /// When somebody may be sent to it.
    pub(super) gate: Gate,
    /// When whoever is there may speak.
    pub(super) lane: Lane,
    pub(super) temper: Mutex<Temper>,
    /// Of a group: the addresses that said in a row that it was too much, each once.
    pub(super) refusing: Mutex<Vec<IpAddr>>,
}

/// One of those beside the address who are spoken to by one request.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) stranger: Arc<Stranger>,
    pub(super) are_neighbours: bool,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Groups {
    pub(super) first: Member,
    pub(super) second: Option<Member>,
}

impl Gates<Group> {
    /// Those whom a request to `address` burdens.
    pub(super) fn all(&self, address: IpAddr, parties: &Parties) -> Groups {
        let member = |group: Group| {
            let are_neighbours = matches!(group, Group::Neighbours(_));
            Member { stranger: self.of(group), are_neighbours }
        };
        let (first, second) = parties.groups(address);
        Groups { first: member(first), second: second.map(member) }
    }
}

impl Groups {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Member> {
        std::iter::once(&self.first).chain(&self.second)
    }

    /// Whether none of them rests, or has as many on the way to it as are needed.
    pub(super) fn may_pass(&self, now: Instant, rate: Rate) -> Result<(), NotYet> {
        for member in self.iter() {
            let group = &member.stranger;
            let crowded = || group.lane.is_crowded().then(|| now + rate.gap() / 2);
            if let Some(until) = group.temper().rests_until(now).or_else(crowded) {
                return Err(member.not_before(until));
            }
        }
        Ok(())
    }

    /// Takes the turn of all, or of none.
    pub(super) fn take(&self, now: Instant, rate: Rate) -> Result<(), NotYet> {
        let turn = |member: &Member| {
            let until = match member.stranger.gate.head() {
                Some(head) => head.take(),
                None => Err(now + rate.gap()),
            };
            until.map_err(|until| member.not_before(until))
        };
        turn(&self.first)?;
        self.second.as_ref().map_or(Ok(()), turn).inspect_err(|_| {
            // What is given back here is no more than the lane lets pass.
            if let Some(mut head) = self.first.stranger.gate.head() {
                head.give_back();
            }
        })
    }
}

impl Member {
    fn not_before(&self, until: Instant) -> NotYet {
        if self.are_neighbours { NotYet::Neighbours(until) } else { NotYet::Provider(until) }
    }
}

impl Stranger {
    /// Whether `address` is the last of as many as speak for the whole group.
    pub(super) fn is_refused_by(&self, address: IpAddr) -> bool {
        let mut refusing = self.refusing();
        if !refusing.contains(&address) {
            refusing.push(address);
        }
        let is_full = refusing.len() >= SPEAKING_FOR_ALL;
        if is_full {
            refusing.clear();
        }
        is_full
    }

    pub(super) fn temper(&self) -> MutexGuard<'_, Temper> {
        locked(&self.temper)
    }

    pub(super) fn refusing(&self) -> MutexGuard<'_, Vec<IpAddr>> {
        locked(&self.refusing)
    }

    /// Whether a new one would do as well.
    pub(super) fn is_rested(&self) -> bool {
        self.gate.is_rested()
            && self.lane.is_open()
            && self.temper().is_even(Instant::now(), MEMORY)
    }
}

impl<K: Eq + Hash> Gates<K> {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, gates: Mutex::new(HashMap::new()) }
    }

    /// The one that `key` names. Those whom nobody needs any more are dropped whenever the map would
    /// have to grow.
    pub(super) fn of(&self, key: K) -> Arc<Stranger> {
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
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
