//! Those who wait for one provider, or for a CDN and a holder of its addresses, by address. Of a long line most are on the disk.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::collections::BinaryHeap;
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;
use serde::Serialize;
use tokio::time::Instant;

use crate::net::pace::NotYet;
use crate::net::pace::Pace;
use crate::net::pace::Parties;
use crate::net::pace::Turn;
use crate::net::pace::neighbours;
use crate::scan::examine::worth::Worth;
use crate::store::StoreError;
use crate::store::shelf::Backlog;
use crate::store::shelf::Slot;

/// So many tickets of one line are in memory while there is ample room, and so many when room is
/// scarce.
const HELD: (usize, usize) = (4096, 64);

/// So many of them are of one address, as long as the line has others.
const HELD_OF_ADDRESS: usize = 256;

/// So many visits are under way at one address at once: a slow one may not take every place in
/// flight.
const VISITS_AT_ADDRESS: usize = 16;

/// Below so many neighbourhoods none is forgotten.
const FEW: usize = 1024;

/// How long an address stands back that has so many.
const STANDS_BACK: Duration = Duration::from_millis(200);

/// One target that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Ticket {
    /// What matters more comes first.
    pub(super) worth: Worth,
    /// Of equal worth, whoever came first.
    pub(super) number: u64,
    /// Whom it waits for.
    pub(super) address: IpAddr,
    /// Where its survey lies.
    pub(super) slot: Slot,
}

/// How much may be held in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    Ample,
    Scarce,
}

/// What a line has to offer.
#[derive(Debug)]
pub(super) enum Step {
    /// This one may be visited now.
    Go(Ticket, Turn),
    /// None before then.
    Later(Instant),
    /// None at all.
    Empty,
}

/// The line of those who burden the same parties.
#[derive(Debug)]
pub(super) struct Line {
    parties: Parties,
    queues: HashMap<IpAddr, Queue>,
    /// Addresses that may be asked, by the best ticket of each.
    ready: BTreeSet<(Worth, u64, IpAddr)>,
    /// Addresses that may not be asked before then.
    resting: BTreeSet<(Instant, IpAddr)>,
    /// A provider of them may not be asked before then.
    opens: Option<Instant>,
    held: usize,
    backlog: Backlog<Ticket>,
    /// So many of the backlog were not looked at yet. The others, at its end, were put back because
    /// their addresses had enough in memory.
    unseen: usize,
    visits: usize,
    /// Where no holder is known, neighbours share a pace: the turn of the last one that waits for
    /// it. Each is given its own, or all of them would ask again for every one.
    turns: HashMap<IpNet, Instant>,
    /// When the line is looked at next; its keeper's note.
    pub(super) wakes_at: Option<Instant>,
    /// The number of the last visit that began from here; its keeper's note.
    pub(super) served: u64,
}

/// Those who wait for one address.
#[derive(Debug, Default)]
struct Queue {
    tickets: BinaryHeap<Reverse<Ticket>>,
    rests_until: Option<Instant>,
    visits: usize,
}

impl Line {
    pub(super) fn new(parties: Parties, dir: &Path, number: u64) -> Self {
        Self {
            parties,
            queues: HashMap::new(),
            ready: BTreeSet::new(),
            resting: BTreeSet::new(),
            opens: None,
            held: 0,
            backlog: Backlog::new(dir, &format!("line-{number}")),
            unseen: 0,
            visits: 0,
            turns: HashMap::new(),
            wakes_at: None,
            served: 0,
        }
    }

    /// Tickets in memory.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Visits that are under way.
    pub(super) fn visits(&self) -> usize {
        self.visits
    }

    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.held == 0 && self.backlog.is_empty()
    }

    /// When its providers may be asked again; now, as far as is known, if that is past.
    pub(super) fn opens(&self) -> Instant {
        self.opens.unwrap_or_else(Instant::now)
    }

    /// Adds a ticket. One that is about a finding need not queue up behind those on the disk.
    pub(super) fn push(&mut self, ticket: Ticket, room: Room) -> Result<(), StoreError> {
        let most = if room == Room::Ample { HELD.0 } else { HELD.1 };
        let of_address = self.queues.get(&ticket.address).map_or(0, |queue| queue.tickets.len());
        let is_first = self.held < most && of_address < HELD_OF_ADDRESS && self.backlog.is_empty();
        let is_urgent =
            ticket.worth.is_urgent() && self.held < 2 * HELD.0 && of_address < 2 * HELD_OF_ADDRESS;
        if is_first || is_urgent {
            self.hold(ticket);
            return Ok(());
        }
        self.unseen += 1;
        self.backlog.push(ticket)
    }

    fn hold(&mut self, ticket: Ticket) {
        let queue = self.queues.entry(ticket.address).or_default();
        let best = queue.best();
        queue.tickets.push(Reverse(ticket));
        self.held += 1;
        if queue.rests_until.is_none() {
            if let Some(best) = best {
                self.ready.remove(&best);
            }
            self.ready.extend(queue.best());
        }
    }

    /// The best target whose address and parties may all be spoken to.
    pub(super) fn next(&mut self, now: Instant, pace: &Pace) -> Result<Step, StoreError> {
        self.wake(now);
        self.fetch()?;
        while let Some(&(_, _, address)) = self.ready.first() {
            let visits = self.queues.get(&address).map_or(0, |queue| queue.visits);
            let until = if visits >= VISITS_AT_ADDRESS {
                now + STANDS_BACK
            } else {
                match pace.try_turn(address, &self.parties) {
                    Ok(turn) => {
                        if let Some(ticket) = self.take(address) {
                            self.visits += 1;
                            self.queues.entry(address).or_default().visits += 1;
                            return Ok(Step::Go(ticket, turn));
                        }
                        continue;
                    }
                    Err(NotYet::Provider(until)) => {
                        self.opens = Some(until);
                        return Ok(Step::Later(until));
                    }
                    Err(NotYet::Address(until)) => until,
                    Err(NotYet::Neighbours(until)) => {
                        let turn = self.turns.entry(neighbours(address)).or_insert(until);
                        *turn = until.max(*turn + pace.provider_gap());
                        *turn
                    }
                }
            };
            self.ready.pop_first();
            self.queues.entry(address).or_default().rests_until = Some(until);
            self.resting.insert((until, address));
        }
        Ok(match self.resting.first() {
            Some(&(until, _)) => Step::Later(until),
            None if self.is_empty() => Step::Empty,
            None => Step::Later(now),
        })
    }

    /// A visit at `address` is over.
    pub(super) fn back(&mut self, address: IpAddr) {
        self.visits = self.visits.saturating_sub(1);
        if let Some(queue) = self.queues.get_mut(&address) {
            queue.visits = queue.visits.saturating_sub(1);
            if queue.visits == 0 && queue.tickets.is_empty() {
                self.queues.remove(&address);
            }
        }
    }

    /// Takes any ticket.
    pub(super) fn give_up(&mut self) -> Result<Option<Ticket>, StoreError> {
        for (_, address) in std::mem::take(&mut self.resting) {
            if let Some(queue) = self.queues.get_mut(&address) {
                queue.rests_until = None;
                self.ready.extend(queue.best());
            }
        }
        if self.held == 0 {
            for ticket in self.backlog.take()? {
                self.hold(ticket);
            }
        }
        let Some(&(_, _, address)) = self.ready.first() else { return Ok(None) };
        Ok(self.take(address))
    }

    /// Addresses that have rested are ready again.
    fn wake(&mut self, now: Instant) {
        self.opens = self.opens.filter(|until| *until > now);
        if self.turns.len() > FEW {
            self.turns.retain(|_, until| *until > now);
        }
        while let Some(&(until, address)) = self.resting.first()
            && until <= now
        {
            self.resting.pop_first();
            if let Some(queue) = self.queues.get_mut(&address) {
                queue.rests_until = None;
                self.ready.extend(queue.best());
            }
        }
    }

    /// Takes the best ticket of `address`, which is ready.
    fn take(&mut self, address: IpAddr) -> Option<Ticket> {
        let queue = self.queues.get_mut(&address)?;
        self.ready.remove(&queue.best()?);
        let Reverse(ticket) = queue.tickets.pop()?;
        self.held -= 1;
        self.ready.extend(queue.best());
        if queue.tickets.is_empty() && queue.visits == 0 {
            self.queues.remove(&address);
        }
        Some(ticket)
    }

    /// Brings tickets from the disk while few are in memory, or all of those in memory wait for
    /// addresses that rest. Tickets of addresses that have enough in memory go to the end, so that
    /// one address with many names hides none of the others.
    fn fetch(&mut self) -> Result<(), StoreError> {
        let is_short = self.held < HELD.0 / 4;
        let is_stuck = self.ready.is_empty() && self.held < 3 * HELD.0 && self.unseen > 0;
        if self.backlog.is_empty() || !(is_short || is_stuck) {
            return Ok(());
        }
        let is_choosy = self.unseen > 0;
        let tickets = self.backlog.take()?;
        self.unseen = self.unseen.saturating_sub(tickets.len());
        for ticket in tickets {
            let queue = self.queues.get(&ticket.address);
            let is_enough = queue.is_some_and(|queue| queue.tickets.len() >= HELD_OF_ADDRESS);
            if is_enough && is_choosy {
                self.backlog.push(ticket)?;
            } else {
                self.hold(ticket);
            }
        }
        if !is_choosy {
            self.unseen = self.backlog.len();
        }
        Ok(())
    }
}

impl Queue {
    /// What its address is ready for.
    fn best(&self) -> Option<(Worth, u64, IpAddr)> {
        let Reverse(ticket) = self.tickets.peek()?;
        Some((ticket.worth, ticket.number, ticket.address))
    }
}
