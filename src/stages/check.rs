//! Is the Domain filed, and with whom? And whose is a number that a page claims?
//!
//! A register that is not whole, too old, or absent never says "none": it says unknown. Where it does,
//! the register that `[filings] upstream` names is asked, and its answer is believed if it stands on a
//! fresh register itself.

mod answered;
mod mended;
mod records;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::facts::directory::Directory;
use crate::facts::domain::Host;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::filing::FilingStatus;
use crate::facts::filing::FilingSummary;
use crate::facts::filing::NumberOwner;
use crate::facts::filing::RegisterGap;
use crate::facts::filing::UpstreamNote;
use crate::facts::filing::UpstreamOutcome;
use crate::facts::number::FilingNumber;
use crate::facts::target::Target;
use crate::facts::visit::Claim;
use crate::facts::visit::NumberPlace;
use crate::facts::visit::Page;
use crate::formats::domains_lookup::MOST_HOPS;
use crate::net::upstream::Asked;
use crate::net::upstream::Upstream;
use crate::stages::check::answered::Trust;
use crate::store::StoreError;
use crate::store::filings::FilingRegister;

pub use crate::stages::check::mended::Mended;
pub use crate::stages::check::settings::Settings;

/// The filing register with what is needed to trust it.
#[derive(Debug)]
pub struct Filings {
    register: Option<FilingRegister>,
    gap: Option<RegisterGap>,
    upstream: Option<Arc<Upstream>>,
    max_age: Duration,
    now: Timestamp,
}

/// Whether a Domain is filed, and whose register says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Whether it is filed.
    pub status: FilingStatus,
    /// When the register was imported that says so; `None` where none says anything.
    pub as_of: Option<Timestamp>,
    /// What became of the question to the upstream register; `None` where it was not asked.
    pub upstream: Option<UpstreamNote>,
}

impl Filings {
    /// `register` as it can be trusted at `now`.
    pub fn new(register: Option<FilingRegister>, settings: &Settings, now: Timestamp) -> Self {
        let gap = match &register {
            None => Some(RegisterGap::NotImported),
            Some(_) if !settings.complete => Some(RegisterGap::Incomplete),
            Some(register) => {
                let age = now.duration_since(register.imported_at());
                let is_stale = Duration::try_from(age).is_ok_and(|age| age > settings.max_age);
                is_stale.then_some(RegisterGap::Stale)
            }
        };
        Self { register, gap, upstream: None, max_age: settings.max_age, now }
    }

    /// The same, with a register to ask where this one cannot say.
    #[must_use]
    pub fn with_upstream(mut self, upstream: Option<Arc<Upstream>>) -> Self {
        self.upstream = upstream;
        self
    }

    /// What keeps absence from meaning "unfiled"; `None` when nothing does.
    pub fn gap(&self) -> Option<RegisterGap> {
        self.gap
    }

    /// A register that was imported before is older than is believed.
    pub fn fresh_since(&self) -> Timestamp {
        self.now.saturating_sub(self.max_age).unwrap_or(Timestamp::MIN)
    }

    /// The register itself, if there is one.
    pub fn register(&self) -> Option<&FilingRegister> {
        self.register.as_ref()
    }

    /// The register that is asked where this one cannot say.
    pub fn upstream(&self) -> Option<&Upstream> {
        self.upstream.as_deref()
    }

    /// What the own register answers about `target`.
    pub fn status(
        &self,
        target: &Target,
        directory: &Directory,
    ) -> Result<FilingStatus, StoreError> {
        let Some(register) = &self.register else {
            return Ok(FilingStatus::Unknown(RegisterGap::NotImported));
        };
        register.read_briefs(target, |found| {
            records::status(found, self.gap, register.imported_at(), directory)
        })
    }

    /// The hosts that active records of `target` tell as its home pages. Reads whole records, which a night
    /// does for few targets.
    pub fn home_hosts(&self, target: &Target) -> Result<Vec<Host>, StoreError> {
        let Some(register) = &self.register else { return Ok(Vec::new()) };
        let records = register.lookup(target)?;
        let active = records.iter().filter(|record| record.state == FilingState::Active);
        Ok(active.flat_map(Filing::home_hosts).collect())
    }

    /// What is known of `target` once the upstream register was asked too, if the own one cannot say.
    pub async fn asked_further(
        &self,
        target: &Target,
        status: FilingStatus,
        directory: &Directory,
    ) -> Checked {
        match (&status, &self.upstream) {
            (FilingStatus::Unknown(gap), Some(upstream)) => {
                let asked = upstream.ask(target).await;
                self.believed(*gap, asked, upstream, directory)
            }
            _ => self.own(status),
        }
    }

    /// What is known of each of `targets`, in order. `hops`: so many registers have passed the question
    /// on; the upstream register is asked no further from [`MOST_HOPS`] on.
    pub async fn check_all(
        &self,
        targets: &[Target],
        directory: &Directory,
        hops: u8,
    ) -> Result<Vec<Checked>, StoreError> {
        let mut all = Vec::with_capacity(targets.len());
        let mut open = Vec::new();
        for target in targets {
            let status = self.status(target, directory)?;
            if let FilingStatus::Unknown(gap) = status {
                open.push((all.len(), gap));
            }
            all.push(self.own(status));
        }
        let may_ask = !open.is_empty() && hops < MOST_HOPS;
        let Some(upstream) = self.upstream.as_ref().filter(|_| may_ask) else {
            return Ok(all);
        };
        let asked: Vec<Target> = open.iter().map(|(index, _)| targets[*index].clone()).collect();
        for ((index, gap), asked) in open.into_iter().zip(upstream.ask_all(&asked, hops).await) {
            all[index] = self.believed(gap, asked, upstream, directory);
        }
        Ok(all)
    }

    /// What an answer is worth; the gap of the own register stays where it is worth nothing.
    fn believed(
        &self,
        gap: RegisterGap,
        asked: Asked,
        upstream: &Upstream,
        directory: &Directory,
    ) -> Checked {
        let trust = Trust { directory, now: self.now, max_age: self.max_age };
        let as_of = asked.reply.as_ref().ok().and_then(|answer| answer.as_of);
        let proved = asked.reply.and_then(|answer| answered::status(&answer, trust));
        let outcome = match &proved {
            Ok(Some(_)) => UpstreamOutcome::Answered,
            Ok(None) => UpstreamOutcome::Undecided,
            Err(failure) => UpstreamOutcome::Failed(*failure),
        };
        let register = upstream.register().to_owned();
        let note = UpstreamNote { register, at: asked.at, outcome };
        match proved {
            Ok(Some(status)) => Checked { status, as_of, upstream: Some(note) },
            _ => Checked { upstream: Some(note), ..self.own(FilingStatus::Unknown(gap)) },
        }
    }

    /// What the own register says by itself.
    fn own(&self, status: FilingStatus) -> Checked {
        let is_said = !matches!(status, FilingStatus::Unknown(_));
        let as_of = self.register.as_ref().filter(|_| is_said).map(FilingRegister::imported_at);
        Checked { status, as_of, upstream: None }
    }

    /// What a page claims, or may claim, as its own, held against the register and the Domain's own subjects.
    pub fn claims(&self, page: &Page, status: &FilingStatus) -> Result<Vec<Claim>, StoreError> {
        let mut claims: Vec<Claim> = Vec::new();
        for found in &page.numbers {
            if found.place != NumberPlace::Quoted {
                let owner = self.owner(&found.number, status)?;
                claims.push(Claim { number: found.number.clone(), owner });
            }
        }
        Ok(claims)
    }

    /// Whether what is known of a filing is older than is believed.
    fn is_old(&self, known: &FilingSummary) -> bool {
        let age = Duration::try_from(self.now.duration_since(known.as_of));
        age.is_ok_and(|age| age > self.max_age)
    }

    fn owner(
        &self,
        number: &FilingNumber,
        status: &FilingStatus,
    ) -> Result<NumberOwner, StoreError> {
        let (Some(subject), Some(register)) = (number.subject(), &self.register) else {
            return Ok(NumberOwner::Unknown);
        };
        let own = status.summary();
        if own.is_some_and(|own| own.subjects.contains(subject)) {
            return Ok(NumberOwner::Own);
        }
        // Apps are no websites: a register of websites may lack their subjects, and a page tells of others'.
        if number.site().is_some_and(|site| site.variant.is_some()) {
            return Ok(NumberOwner::Unknown);
        }
        // A record whose only number is a licence names no subject, and an old one may name a subject
        // that the site has changed since: the number may be its own.
        let may_be_own = own.is_some_and(|own| !own.are_subjects_known || self.is_old(own));
        Ok(if register.has_subject(subject)? {
            if may_be_own { NumberOwner::Unknown } else { NumberOwner::Another }
        } else if self.gap.is_none() {
            NumberOwner::Nobody
        } else {
            NumberOwner::Unknown
        })
    }
}
