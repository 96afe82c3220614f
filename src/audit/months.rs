//! What stood in a month, counted from the changes as they were told: the same whenever it is counted.
//!
//! A site counts once at each provider, once for each bureau and once for the nation, however often it
//! was opened in the month. What a bureau took back by the month's end, and what is exempt by then,
//! does not count.

pub mod addresses;

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::ops::AddAssign;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::Time;
use ulid::Ulid;

use crate::clock;
use crate::facts::bureau::Bureau;
use crate::facts::change::ChangeKind;
use crate::facts::change::Circumstances;
use crate::facts::change::Event;
use crate::facts::finding::AnswerResult;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;
use crate::facts::finding::Kind;
use crate::facts::month::Month;
use crate::facts::provider::ProviderId;
use crate::facts::target::Target;

/// The stretch of time that a month's bulletin is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The month's first moment.
    pub from: Timestamp,
    /// The month's last moment, or now where that lies ahead.
    pub until: Timestamp,
    /// Whether the month is over.
    pub is_over: bool,
}

impl Span {
    /// The span of `month` as it is known at `now`; `None` where the month lies ahead.
    pub fn of(month: Month, now: Timestamp) -> Option<Self> {
        let moment = |day: Date, time| clock::zone().to_timestamp(day.to_datetime(time)).ok();
        let from = moment(month.first(), Time::midnight())?;
        let end = moment(month.last(), Time::constant(23, 59, 59, 999_999_999))?;
        (from <= now).then_some(Self { from, until: end.min(now), is_over: end < now })
    }

    /// Its last day.
    pub fn day(&self) -> Date {
        clock::day(self.until)
    }
}

/// Sites at fault, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SiteCount {
    /// Sites that stood at any time in the month.
    pub total: u64,
    /// Of these, sites that still stand at its end.
    pub left: u64,
    /// Of all, sites that were first seen after the campaign's day (新增); the others are stock (存量).
    pub new_total: u64,
    /// Of those that still stand, new ones.
    pub new_left: u64,
    /// Of those that still stand, sites whose provider disputes it, or says that it is not its own.
    pub disputed: u64,
    /// Of those that still stand, sites that the provider has not answered.
    pub unanswered: u64,
    /// Of those that still stand, sites whose day is over.
    pub overdue: u64,
    /// Sites that came back in the month (死灰复燃).
    pub reopened: u64,
}

/// What stood in a month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MonthCount {
    /// Unfiled sites at each provider; `None` where nobody can be named.
    pub providers: BTreeMap<Option<ProviderId>, SiteCount>,
    /// Unfiled sites that each bureau follows.
    pub bureaus: BTreeMap<Bureau, SiteCount>,
    /// Sites of each kind of fault.
    pub kinds: BTreeMap<Kind, SiteCount>,
}

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub struct Counting {
    /// When.
    pub span: Span,
    /// The campaign's day, after which sites are new; `None` where there is none.
    pub campaign: Option<Date>,
    /// Only what this bureau followed.
    pub bureau: Option<Bureau>,
}

/// One finding at the month's end.
#[derive(Debug, Clone)]
struct Life {
    state: FindingState,
    has_stood: bool,
    came_back: bool,
    held: Option<Circumstances>,
}

/// Counts a month: first every change in its order, then the findings target by target.
#[derive(Debug)]
pub struct MonthTally {
    counting: Counting,
    lives: HashMap<Ulid, Life>,
    count: MonthCount,
    target: Option<OneTarget>,
}

/// The target that is being counted.
#[derive(Debug)]
struct OneTarget {
    target: Target,
    providers: BTreeMap<Option<ProviderId>, Marks>,
    bureaus: BTreeMap<Bureau, Marks>,
    kinds: BTreeMap<Kind, Marks>,
}

/// What holds of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each holds or does not, whatever the others do")]
struct Marks {
    is_left: bool,
    is_new: bool,
    is_disputed: bool,
    is_unanswered: bool,
    is_overdue: bool,
    came_back: bool,
}

impl MonthTally {
    /// Nothing is counted yet.
    pub fn new(counting: Counting) -> Self {
        Self { counting, lives: HashMap::new(), count: MonthCount::default(), target: None }
    }

    /// Takes a change, later ones later.
    pub fn tell(&mut self, event: Event) {
        let Event { change, circumstances, .. } = event;
        let Span { from, until, .. } = self.counting.span;
        if change.at > until {
            return;
        }
        let stands = matches!(change.state, FindingState::Open | FindingState::Answered);
        let life = self.lives.entry(change.finding).or_insert_with(|| Life {
            state: change.state,
            has_stood: false,
            came_back: false,
            held: None,
        });
        let is_in_month = change.at >= from;
        life.state = change.state;
        life.has_stood = stands || is_in_month && life.has_stood;
        life.came_back |= is_in_month && change.kind == ChangeKind::Reopened;
        life.held = circumstances.or(life.held.take());
    }

    /// Takes a finding; those of one target come one after the other.
    pub fn add(&mut self, finding: &Finding) {
        let Some(life) = self.lives.get(&finding.id) else { return };
        let is_taken_back = matches!(
            life.state,
            FindingState::Closed(ClosedReason::Withdrawn | ClosedReason::Exempt)
        );
        let bureau = life.held.as_ref().map_or(finding.bureau, |held| held.bureau);
        let is_others = self.counting.bureau.is_some_and(|wanted| wanted != bureau);
        if !life.has_stood || is_taken_back || is_others {
            return;
        }
        let marks = self.marks(finding, life);
        if self.target.as_ref().is_none_or(|one| one.target != finding.key.target) {
            self.settle();
            self.target = Some(OneTarget {
                target: finding.key.target.clone(),
                providers: BTreeMap::new(),
                bureaus: BTreeMap::new(),
                kinds: BTreeMap::new(),
            });
        }
        let Some(one) = &mut self.target else { return };
        join(&mut one.kinds, finding.key.kind, marks);
        if finding.key.kind == Kind::Unfiled {
            join(&mut one.providers, finding.key.provider.clone(), marks);
            join(&mut one.bureaus, bureau, marks);
        }
    }

    fn marks(&self, finding: &Finding, life: &Life) -> Marks {
        let is_left = matches!(life.state, FindingState::Open | FindingState::Answered);
        let answer = match &life.held {
            Some(held) => held.answer,
            None => finding.answer.as_ref().map(|answer| answer.result),
        };
        let is_answered = life.state == FindingState::Answered;
        let disputes = matches!(answer, Some(AnswerResult::Disputed | AnswerResult::NotOurs));
        let due = life.held.as_ref().map_or(finding.due, |held| held.due);
        let day = clock::day(finding.first_seen);
        Marks {
            is_left,
            is_new: self.counting.campaign.is_some_and(|campaign| day > campaign),
            is_disputed: is_answered && disputes,
            is_unanswered: life.state == FindingState::Open,
            is_overdue: is_left && self.counting.span.day() > due,
            came_back: life.came_back,
        }
    }

    fn settle(&mut self) {
        let Some(one) = self.target.take() else { return };
        for (provider, marks) in one.providers {
            *self.count.providers.entry(provider).or_default() += marks;
        }
        for (bureau, marks) in one.bureaus {
            *self.count.bureaus.entry(bureau).or_default() += marks;
        }
        for (kind, marks) in one.kinds {
            *self.count.kinds.entry(kind).or_default() += marks;
        }
    }

    /// The counts.
    pub fn finish(mut self) -> MonthCount {
        self.settle();
        self.count
    }
}

impl MonthCount {
    /// The unfiled sites of the whole scope.
    pub fn unfiled(&self) -> SiteCount {
        self.kinds.get(&Kind::Unfiled).copied().unwrap_or_default()
    }
}

/// Two findings of one site are one site: it is left if either is, and new only if both are.
fn join<K: Ord>(all: &mut BTreeMap<K, Marks>, key: K, marks: Marks) {
    all.entry(key)
        .and_modify(|known| {
            *known = Marks {
                is_left: known.is_left || marks.is_left,
                is_new: known.is_new && marks.is_new,
                is_disputed: known.is_disputed || marks.is_disputed,
                is_unanswered: known.is_unanswered || marks.is_unanswered,
                is_overdue: known.is_overdue || marks.is_overdue,
                came_back: known.came_back || marks.came_back,
            }
        })
        .or_insert(marks);
}

impl AddAssign<Marks> for SiteCount {
    fn add_assign(&mut self, marks: Marks) {
        self.total += 1;
        self.left += u64::from(marks.is_left);
        self.new_total += u64::from(marks.is_new);
        self.new_left += u64::from(marks.is_new && marks.is_left);
        self.disputed += u64::from(marks.is_disputed);
        self.unanswered += u64::from(marks.is_unanswered);
        self.overdue += u64::from(marks.is_overdue);
        self.reopened += u64::from(marks.came_back);
    }
}

#[cfg(test)]
mod tests;
