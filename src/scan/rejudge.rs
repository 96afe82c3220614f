//! Judges what was learnt before once more, by the rules and registers of today, and asks nobody.
//!
//! Told anew is what registers say: where an address lies and who holds it, whether the target is
//! filed, whose the numbers of its page are. What only the page itself could tell, the state of the
//! site above all, stays as it was seen: the page is not kept. Where it was told by a pattern that there
//! is no more, it is unknown until the site is seen again, which is first of all.

use jiff::Timestamp;

use crate::clock::day;
use crate::facts::directory::Directory;
use crate::facts::examination::Examination;
use crate::facts::filing::FilingStatus;
use crate::facts::visit::SiteState;
use crate::net::guard::Guard;
use crate::scan::ledger;
use crate::scan::ledger::Effect;
use crate::scan::ledger::Tonight;
use crate::scan::ledger::deadlines::Deadlines;
use crate::scan::ledger::rejudging::rejudged;
use crate::stages::attribute::AddressTable;
use crate::stages::check::Filings;
use crate::stages::judge;
use crate::stages::judge::Parked;
use crate::stages::judge::Rules;
use crate::stages::judge::judge;
use crate::stages::probe::Signatures;
use crate::store::StoreError;
use crate::store::findings::Findings;
use crate::store::findings::Update;

/// How old facts may be that open a finding, in days: who has not been seen for longer is not accused
/// because a register changed.
const YOUNG: i64 = 7;

/// Rules and registers as they are today.
#[derive(Debug)]
pub struct Rejudge {
    /// Attributes addresses.
    pub addresses: AddressTable,
    /// The providers register.
    pub directory: Directory,
    /// Which addresses are special.
    pub guard: Guard,
    /// Checks filings.
    pub filings: Filings,
    /// The pages that are known.
    pub signatures: Signatures,
    /// `[judge]`
    pub judge: judge::Settings,
    /// `[scan] parked`
    pub parked: Parked,
    /// `[deadlines]`
    pub deadlines: Deadlines,
    /// The findings so far.
    pub findings: Findings,
    /// `[scan] misses_to_close`
    pub misses_to_close: u32,
    /// The date and time that is written.
    pub now: Timestamp,
}

/// What judging again did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RejudgeCounts {
    /// Examinations that were judged again.
    pub examinations: u64,
    /// Of these, those that the registers say something else of now.
    pub changed: u64,
    /// Of all, those that rest on a pattern of pages that there is no more, and wait for the next night.
    pub outdated: u64,
    /// Findings that opened.
    pub opened: u64,
    /// That came back.
    pub reopened: u64,
    /// That were closed.
    pub closed: u64,
    /// Of which something else is told now.
    pub restated: u64,
}

/// One examination by the registers of today, and what follows.
#[derive(Debug)]
pub struct Rejudged {
    /// What is known now.
    pub examination: Examination,
    /// What changes.
    pub update: Update,
}

impl Rejudge {
    /// Judges `kept` again. Nothing is written.
    pub fn again(
        &self,
        kept: &Examination,
        counts: &mut RejudgeCounts,
    ) -> Result<Rejudged, StoreError> {
        let examination = self.told_anew(kept)?;
        counts.examinations += 1;
        counts.changed += u64::from(examination != *kept);
        let mut believed = examination.clone();
        let was_outdated = self.forget_outdated(&mut believed);
        counts.outdated += u64::from(was_outdated);
        let known = ledger::newest(self.findings.of_target(&examination.target)?);
        let rules = Rules {
            settings: &self.judge,
            parked: self.parked,
            directory: &self.directory,
            fresh_since: self.filings.fresh_since(),
            has_holders: self.addresses.has_holders(),
        };
        let exemption = self.findings.exemption(&examination.target)?;
        let tonight = Tonight {
            night: examination.night,
            now: self.now,
            misses_to_close: self.misses_to_close,
            deadlines: &self.deadlines,
            has_counted_today: false,
            is_exempt: exemption.is_some_and(|exemption| exemption.holds_on(day(self.now))),
            channel: &examination.channel,
        };
        let age = self.now.duration_since(examination.at).as_hours();
        let may_open = age <= YOUNG * 24;
        let mut update = Update::default();
        for (key, ruling) in judge(&believed, &known, Some(kept), rules) {
            let current = known.iter().find(|finding| finding.key == key);
            let Some(next) = rejudged(&key, current, ruling, may_open, tonight) else { continue };
            counts.count(next.effect);
            update.findings.push(next.finding);
            update.changes.extend(next.change);
        }
        Ok(Rejudged { examination, update })
    }

    /// Makes unknown what was told by a pattern that there is no more; says whether anything was.
    fn forget_outdated(&self, examination: &mut Examination) -> bool {
        let sightings = examination.hosts.iter_mut().flat_map(|host| &mut host.sightings);
        let mut is_outdated = false;
        for visit in sightings.flat_map(|sighting| &mut sighting.visits) {
            if !self.signatures.support(&visit.sign) {
                visit.state = SiteState::Unknown;
                is_outdated = true;
            }
        }
        is_outdated
    }

    /// What the registers of today say of what was seen then.
    fn told_anew(&self, kept: &Examination) -> Result<Examination, StoreError> {
        let mut examination = kept.clone();
        let Examination { target, filing, upstream, hosts, .. } = &mut examination;
        let own = self.filings.status(target, &self.directory)?;
        // What another register answered is not asked for again, and stays.
        if upstream.is_none() || !matches!(own, FilingStatus::Unknown(_)) {
            *filing = own;
        }
        for host in hosts {
            for sighting in &mut host.sightings {
                let chain = host.resolution.as_ref();
                let chain = chain.map_or(&[][..], |found| found.chain_to(sighting.address));
                sighting.placement =
                    self.addresses.attribute(sighting.address, chain, &self.directory, &self.guard);
                for visit in &mut sighting.visits {
                    if let Some(page) = &visit.page {
                        visit.claims = self.filings.claims(page, filing)?;
                    }
                }
            }
        }
        Ok(examination)
    }
}

impl RejudgeCounts {
    fn count(&mut self, effect: Effect) {
        let counter = match effect {
            Effect::Opened => &mut self.opened,
            Effect::Reopened => &mut self.reopened,
            Effect::Closed => &mut self.closed,
            Effect::Seen => &mut self.restated,
            Effect::Counted => return,
        };
        *counter += 1;
    }
}
