//! Which surveyed target is visited next: the one whose provider and address may both be spoken to,
//! and among those the one that matters most.
//!
//! Targets wait in two levels of queues, by whom their requests burden (the provider that holds the
//! address, and the CDN that led there) and within it by address, each with the moment from which it is
//! worth asking again. What waits is on the disk; in memory is a bounded part of the
//! queues, so that a provider with a million names waiting costs no more than one with some
//! thousands, and keeps nobody else from being surveyed or visited.

mod line;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::facts::examination::Examination;
use crate::net::pace::Pace;
use crate::net::pace::Parties;
use crate::net::pace::Turn;
use crate::scan::examine::Place;
use crate::scan::examine::survey::Survey;
use crate::scan::examine::worth::Worth;
use crate::scan::waiting::line::Line;
use crate::scan::waiting::line::Room;
use crate::scan::waiting::line::Step;
use crate::scan::waiting::line::Ticket;
use crate::store::StoreError;
use crate::store::rests::Rests;
use crate::store::shelf;
use crate::store::shelf::Shelf;

/// So many tickets are in memory before lines are kept short.
const MANY: usize = 20_000;

/// So many targets at most wait for a moment of their own; they are in memory.
const MOST_LATER: usize = 100_000;

/// How long a line stands back that has more than its share of those in flight.
const STANDS_BACK: Duration = Duration::from_millis(50);

/// So long a rest is kept for the next run.
const WORTH_KEEPING: Duration = Duration::from_secs(10);

/// Everything that waits for a visit tonight.
#[derive(Debug)]
pub(super) struct Waiting {
    dir: PathBuf,
    rests: Rests,
    shelf: Shelf<Survey>,
    lines: HashMap<Parties, Line>,
    /// When each line is worth asking again; of those who wait for the same moment, the line that was
    /// served longest ago comes first, since some share a provider.
    wakes: BTreeSet<(Instant, u64, Parties)>,
    /// Those who asked to be left alone until then, by the numbers of their tickets. Their addresses may
    /// be open to others before.
    later: BTreeMap<(Instant, u64), (Parties, Ticket)>,
    /// Targets that wait, on the disk or in memory.
    count: usize,
    /// Tickets in memory.
    held: usize,
    /// Lines that there were, for the names of their files.
    born: u64,
    /// Visits that were begun.
    begun: u64,
    /// Tickets that there were, which keeps those of one worth in order.
    numbered: u64,
}

/// What is to be done next.
#[derive(Debug)]
pub(super) enum Next {
    /// This visit may begin: its first turn is taken.
    Visit(Box<Survey>, Place, Turn),
    /// Nobody may be spoken to before then.
    At(Instant),
    /// Nobody waits.
    Nobody,
}

impl Waiting {
    /// Nobody waits yet; `dir` takes what does not fit in memory, and has what earlier runs were asked
    /// for, which `pace` is told.
    pub(super) fn new(dir: &Path, pace: &Pace) -> Result<Self, StoreError> {
        shelf::clear_away(dir)?;
        let now = Clock::default().now();
        let rests = Rests::open(dir, now);
        for (address, until) in rests.addresses() {
            pace.leave_alone(address, time(now, until));
        }
        Ok(Self {
            dir: dir.to_owned(),
            rests,
            shelf: Shelf::new(dir, "surveys")?,
            lines: HashMap::new(),
            wakes: BTreeSet::new(),
            later: BTreeMap::new(),
            count: 0,
            held: 0,
            born: 0,
            begun: 0,
            numbered: 0,
        })
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Lets a surveyed target wait for `place`, and tells it who asked in an earlier run to be left alone
    /// by it.
    pub(super) fn push(
        &mut self,
        mut survey: Survey,
        place: Place,
        worth: Worth,
    ) -> Result<(), StoreError> {
        if !survey.is_again {
            let now = Clock::default().now();
            let Examination { target, hosts, .. } = &survey.examination;
            let addresses = hosts.iter().flat_map(|host| &host.sightings).map(|one| one.address);
            let asked = |address| Some((address, self.rests.of(target, address, now)?));
            survey.left_alone = addresses.filter_map(asked).collect();
        }
        let ticket = self.ticket(&survey, place.address, worth)?;
        self.line_up(ticket, place.parties)
    }

    /// Whether one more may wait for a moment of its own.
    pub(super) fn has_room(&self) -> bool {
        self.later.len() < MOST_LATER
    }

    /// Lets a target that was visited once wait for `place`, and before that for as long as any of its
    /// addresses asked, which is kept.
    pub(super) fn push_again(&mut self, survey: &Survey, place: Place) -> Result<(), StoreError> {
        let now = Clock::default().now();
        let target = &survey.examination.target;
        for (address, until) in &survey.left_alone {
            self.rests.keep_target(target, *address, *until, now);
        }
        let until = survey.left_alone.iter().map(|(_, until)| *until).max();
        let ticket = self.ticket(survey, place.address, Worth::Again)?;
        let then = Instant::now() + until.map(|until| time(now, until)).unwrap_or_default();
        self.later.insert((then, ticket.number), (place.parties, ticket));
        Ok(())
    }

    /// Keeps how long `address` is left alone, where that is longer than it takes to begin again.
    pub(super) fn keep_rest(&mut self, address: IpAddr, pace: &Pace) {
        let Some(until) = pace.rests_until(address) else { return };
        let left = until - Instant::now();
        if left >= WORTH_KEEPING {
            let now = Clock::default().now();
            self.rests.keep_address(address, now + left, now);
        }
    }

    fn ticket(
        &mut self,
        survey: &Survey,
        address: IpAddr,
        worth: Worth,
    ) -> Result<Ticket, StoreError> {
        let slot = self.shelf.put(survey)?;
        self.numbered += 1;
        self.count += 1;
        Ok(Ticket { worth, number: self.numbered, address, slot })
    }

    fn line_up(&mut self, ticket: Ticket, parties: Parties) -> Result<(), StoreError> {
        let room = if self.held < MANY { Room::Ample } else { Room::Scarce };
        let line = self.lines.entry(parties.clone()).or_insert_with(|| {
            self.born += 1;
            Line::new(parties.clone(), &self.dir, self.born)
        });
        let before = line.held();
        line.push(ticket, room)?;
        self.held += line.held() - before;
        // Its address may be free although all others of the line rest.
        let wake = line.opens().max(Instant::now());
        if line.wakes_at.is_none_or(|at| at > wake) {
            self.wake(parties, wake);
        }
        Ok(())
    }

    /// The next visit. `free` of `places` in flight are left.
    pub(super) fn next(
        &mut self,
        pace: &Pace,
        free: usize,
        places: usize,
    ) -> Result<Next, StoreError> {
        let now = Instant::now();
        while let Some(entry) = self.later.first_entry()
            && entry.key().0 <= now
        {
            let (parties, ticket) = entry.remove();
            self.line_up(ticket, parties)?;
        }
        let later = self.later.first_key_value().map(|((then, _), _)| *then);
        Ok(match (self.next_in_line(pace, free, places)?, later) {
            (Next::At(at), Some(then)) => Next::At(at.min(then)),
            (Next::Nobody, Some(then)) => Next::At(then),
            (next, _) => next,
        })
    }

    fn next_in_line(
        &mut self,
        pace: &Pace,
        free: usize,
        places: usize,
    ) -> Result<Next, StoreError> {
        let now = Instant::now();
        while let Some((at, _, parties)) = self.wakes.first().cloned() {
            if at > now {
                return Ok(Next::At(at));
            }
            self.wakes.pop_first();
            let lines = self.lines.len();
            let Some(line) = self.lines.get_mut(&parties) else { continue };
            line.wakes_at = None;
            // The last quarter of the places is for lines that have less than their share.
            if free.saturating_mul(4) <= places && line.visits().saturating_mul(lines) >= places {
                self.wake(parties, now + STANDS_BACK);
                continue;
            }
            let before = line.held();
            let step = line.next(now, pace)?;
            self.held = (self.held + line.held()).saturating_sub(before);
            match step {
                Step::Go(ticket, turn) => {
                    self.begun += 1;
                    line.served = self.begun;
                    self.wake(parties.clone(), now);
                    let survey = Box::new(self.shelf.get(ticket.slot)?);
                    self.count -= 1;
                    if self.count == 0 {
                        self.shelf.clear()?;
                    }
                    let from = Place { address: ticket.address, parties };
                    return Ok(Next::Visit(survey, from, turn));
                }
                Step::Later(at) => self.wake(parties, at),
                Step::Empty => {
                    if line.visits() == 0 {
                        self.lines.remove(&parties);
                    }
                }
            }
        }
        Ok(Next::Nobody)
    }

    /// A visit that began at `place` is over.
    pub(super) fn back(&mut self, place: &Place) {
        let Some(line) = self.lines.get_mut(&place.parties) else { return };
        line.back(place.address);
        if line.is_empty() && line.visits() == 0 {
            self.lines.remove(&place.parties);
        }
    }

    /// Takes one that waits, although it may not be visited.
    pub(super) fn give_up(&mut self) -> Result<Option<(Box<Survey>, IpAddr)>, StoreError> {
        for line in self.lines.values_mut() {
            let before = line.held();
            let ticket = line.give_up()?;
            self.held = (self.held + line.held()).saturating_sub(before);
            if let Some(ticket) = ticket {
                self.count -= 1;
                return Ok(Some((Box::new(self.shelf.get(ticket.slot)?), ticket.address)));
            }
        }
        let Some((_, (_, ticket))) = self.later.pop_first() else { return Ok(None) };
        self.count -= 1;
        Ok(Some((Box::new(self.shelf.get(ticket.slot)?), ticket.address)))
    }

    fn wake(&mut self, parties: Parties, at: Instant) {
        let Some(line) = self.lines.get_mut(&parties) else { return };
        if let Some(before) = line.wakes_at.replace(at) {
            self.wakes.remove(&(before, line.served, parties.clone()));
        }
        self.wakes.insert((at, line.served, parties));
    }
}

/// From `now` to `then`; nothing where that is past.
fn time(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
