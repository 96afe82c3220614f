//! Is the night as a whole to be believed? A name server that answers wrongly, or a line of ours that is
//! down, makes names and sites vanish that nothing has happened to, and far more of them at once than
//! ever go by themselves.
//!
//! Counted are targets that are known: names that had an address and sites that answered, when they were
//! examined last or tonight. Where nearly all of them are lost, what vanished tonight counts for nothing.

use std::sync::Mutex;
use std::sync::PoisonError;

use crate::facts::change::Doubt;
use crate::facts::examination::Examination;
use crate::facts::visit::SiteState;

/// So many known ones must have been asked before anything is said while the night goes on. Those with
/// findings come first, and of them one provider may well have stopped many at a stroke.
const LEAST: u64 = 200;

/// So many at the end.
const FEW: u64 = 8;

/// Of a hundred known ones so many are lost where nothing can be learnt. What is stopped for real leaves
/// others: were it doubted too, it would be every night.
const NEARLY_ALL: u64 = 90;

/// What a night has seen of targets that are known.
#[derive(Debug, Default)]
pub struct Witness(Mutex<Seen>);

/// The same, for whoever has it alone.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    names: Share,
    sites: Share,
    /// Once it is there, it stays until all is seen.
    doubt: Option<Doubt>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Share {
    known: u64,
    lost: u64,
}

/// What may be said of the night so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Testimony {
    /// Too little was seen.
    Silent,
    /// Nothing speaks against it.
    Believed,
    /// It is not to be believed.
    Doubted,
}

impl Witness {
    /// Adds what was learnt of one target. `last`, what was known of it before, is looked up only where
    /// that tells something.
    pub fn add(&self, tonight: &Examination, last: impl Fn() -> Option<Examination>) {
        let (resolves, answers) = (has_address(tonight), is_reached(tonight));
        let last = if is_lost(tonight) { last() } else { None };
        let was = |is_so: fn(&Examination) -> Option<bool>| {
            last.as_ref().is_some_and(|last| is_so(last) == Some(true))
        };
        let (had_address, was_reached) = (was(has_address), was(is_reached));
        self.with(|seen| {
            seen.names.add(resolves, had_address);
            seen.sites.add(answers, was_reached);
            seen.doubt = seen.doubt.or_else(|| {
                let (names, sites) = (seen.names.is_lost(LEAST), seen.sites.is_lost(LEAST));
                names.then_some(Doubt::Names).or(sites.then_some(Doubt::Sites))
            });
        });
    }

    /// What is to be made of what vanished, as far as is known by now.
    pub fn testimony(&self) -> Testimony {
        self.with(|seen| match seen.doubt {
            Some(_) => Testimony::Doubted,
            None if seen.names.speaks() && seen.sites.speaks() => Testimony::Believed,
            None => Testimony::Silent,
        })
    }

    /// Nothing more is to come: few known ones tell something too, and a doubt about those that came first
    /// is none where the others are there.
    pub fn conclude(&self) {
        self.with(|seen| {
            let (names, sites) = (seen.names.is_lost(FEW), seen.sites.is_lost(FEW));
            let doubt = names.then_some(Doubt::Names).or(sites.then_some(Doubt::Sites));
            seen.doubt = doubt;
        });
    }

    /// Why the night is not to be believed; `None` as long as it is.
    pub fn doubt(&self) -> Option<Doubt> {
        self.with(|seen| seen.doubt)
    }

    fn with<T>(&self, then: impl FnOnce(&mut Seen) -> T) -> T {
        then(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Share {
    fn add(&mut self, tonight: Option<bool>, before: bool) {
        let is_lost = tonight == Some(false) && before;
        self.known += u64::from(tonight == Some(true) || is_lost);
        self.lost += u64::from(is_lost);
    }

    fn speaks(self) -> bool {
        self.known >= LEAST
    }

    /// Whether nearly all are lost, of `least` at least.
    fn is_lost(self, least: u64) -> bool {
        self.known >= least && self.lost * 100 >= self.known * NEARLY_ALL
    }
}

/// Whether `examination` lost what it was about: it has no address, or nobody was reached there.
pub fn is_lost(examination: &Examination) -> bool {
    has_address(examination) == Some(false) || is_reached(examination) == Some(false)
}

/// Whether the name has an address; `None` of a bare address, which needs no name server.
fn has_address(examination: &Examination) -> Option<bool> {
    examination.target.domain()?;
    Some(examination.hosts.iter().any(|host| !host.sightings.is_empty()))
}

/// Whether anybody answered; `None` where nobody was asked, or it cannot be told.
fn is_reached(examination: &Examination) -> Option<bool> {
    let mut visits = examination.visits().peekable();
    visits.peek()?;
    if examination.visits().any(|visit| visit.status.is_some()) {
        return Some(true);
    }
    visits.all(|visit| visit.state == SiteState::Silent).then_some(false)
}

#[cfg(test)]
mod tests;
