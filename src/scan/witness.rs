//! Is the night as a whole to be believed? A name server that answers wrongly, or a line of ours that is
//! down, makes names and sites vanish that nothing has happened to, and far more of them at once than
//! ever go by themselves.
//!
//! Counted are targets that are known: names that had an address and sites that answered, when they were
//! examined last or tonight. Where too many of them are lost, what vanished tonight counts for nothing.

use std::sync::Mutex;
use std::sync::PoisonError;

use crate::facts::change::Doubt;
use crate::facts::examination::Examination;
use crate::facts::visit::SiteState;

/// So many known ones must have been asked before anything is said of all.
const LEAST: u64 = 20;

/// Of a hundred known names so many may have lost their addresses, and of a hundred known sites so many
/// may not be reached.
const NAMES: u64 = 20;
const SITES: u64 = 50;

/// Where there are fewer at the end, but so many, all of them lost are no coincidence either.
const FEW: u64 = 8;

/// What a night has seen of targets that are known.
#[derive(Debug, Default)]
pub struct Witness(Mutex<Seen>);

/// The same, for whoever has it alone.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    names: Share,
    sites: Share,
    /// Once it is there, it stays for the night.
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
        let (resolved, answered) = (was(has_address), was(is_reached));
        self.with(|seen| {
            seen.names.add(resolves, resolved);
            seen.sites.add(answers, answered);
            seen.doubt = seen.doubt.or_else(|| {
                let names = seen.names.speaks() && seen.names.is_above(NAMES);
                let sites = seen.sites.speaks() && seen.sites.is_above(SITES);
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

    /// Nothing more is to come: few known ones tell something too, if all of them are lost.
    pub fn conclude(&self) {
        self.with(|seen| {
            let all = |share: Share| share.known >= FEW && share.lost == share.known;
            let (names, sites) = (all(seen.names), all(seen.sites));
            let doubt = names.then_some(Doubt::Names).or(sites.then_some(Doubt::Sites));
            seen.doubt = seen.doubt.or(doubt);
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

    fn is_above(self, of_hundred: u64) -> bool {
        self.lost * 100 > self.known * of_hundred
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
