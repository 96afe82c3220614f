//! By which day a finding is to be dealt with.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::clock;
use crate::facts::calendar::Calendar;
use crate::facts::finding::Kind;

/// `[deadlines]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Deadlines {
    /// Calendar days for a site to be filed, connected, corrected or stopped.
    pub unfiled_days: u16,
    /// Calendar days for an address report to be mended (the 2009 plan's own two days).
    pub allocation_days: u16,
    /// Calendar days for a filing to be mended that breaks annex 3. The plan gives none for a single
    /// record: twenty are assumed, as many as an unfiled site has.
    pub filing_days: u16,
    /// Working days from the request of a key to its issue (the plan's own fifteen).
    pub key_working_days: u16,
    /// Working days that a provider's row waits for its record: twice the twenty that a bureau has to examine
    /// an application, as a late one must cost nobody an accusation.
    pub pending_working_days: u16,
    /// Calendar days that a provider's access holds by its word alone: two months in which the authority can
    /// bring it, and long enough that nobody is accused meanwhile.
    pub joined_days: u16,
    /// The terms of single kinds, in place of the two above.
    pub kinds: Vec<KindTerm>,
    /// Days of campaigns, which take the place of the usual days.
    pub campaigns: Vec<Campaign>,
    /// Files of holidays and of days off that are made up for; without any, Monday to Friday are
    /// working days.
    pub calendar: Vec<PathBuf>,
    /// What these files say.
    #[serde(skip)]
    pub days: Arc<Calendar>,
}

/// How long there is for one kind of fault.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindTerm {
    /// The kind of finding it is about.
    #[serde(deserialize_with = "kind")]
    pub kind: Kind,
    /// How long.
    #[serde(flatten)]
    pub term: Term,
}

/// A number of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// Calendar days.
    Days(u16),
    /// Working days.
    WorkingDays(u16),
}

/// A campaign: what was found until its day is due on that day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// What people call it.
    pub name: String,
    /// The kind of finding it is about.
    #[serde(deserialize_with = "kind")]
    pub kind: Kind,
    /// The day.
    pub due: Date,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            unfiled_days: 20,
            allocation_days: 2,
            filing_days: 20,
            key_working_days: 15,
            pending_working_days: 40,
            joined_days: 60,
            kinds: Vec::new(),
            campaigns: Vec::new(),
            calendar: Vec::new(),
            days: Arc::default(),
        }
    }
}

impl Deadlines {
    /// The last day to deal with a fault of `kind` first seen at `seen`.
    pub fn due(&self, kind: Kind, seen: Timestamp) -> Date {
        let day = clock::day(seen);
        let campaign = self
            .campaigns
            .iter()
            .filter(|campaign| campaign.kind == kind && campaign.due >= day)
            .map(|campaign| campaign.due)
            .min();
        campaign.unwrap_or_else(|| self.after(day, self.term(kind)))
    }

    fn term(&self, kind: Kind) -> Term {
        let own = self.kinds.iter().find(|term| term.kind == kind);
        own.map_or_else(
            || match kind {
                Kind::UnreportedAddress => Term::Days(self.allocation_days),
                Kind::Unfiled
                | Kind::NotConnected
                | Kind::OverReported
                | Kind::Shell
                | Kind::WrongNumber => Term::Days(self.unfiled_days),
            },
            |own| own.term,
        )
    }

    fn after(&self, day: Date, term: Term) -> Date {
        match term {
            Term::Days(days) => day.saturating_add(i64::from(days).days()),
            Term::WorkingDays(days) => self.days.after(day, days),
        }
    }

    /// The last day to mend a problem of the address register first seen at `seen`.
    pub fn due_of_allocation(&self, seen: Timestamp) -> Date {
        self.after(clock::day(seen), Term::Days(self.allocation_days))
    }

    /// The last day to mend a problem of a filing first seen at `seen`.
    pub fn due_of_filing(&self, seen: Timestamp) -> Date {
        self.after(clock::day(seen), Term::Days(self.filing_days))
    }

    /// The last day to issue a key that was requested at `requested`.
    pub fn due_of_key(&self, requested: Timestamp) -> Date {
        self.after(clock::day(requested), Term::WorkingDays(self.key_working_days))
    }

    /// Whether the terms can be kept to; the error says why not.
    pub fn validate(&self) -> Result<(), String> {
        for (index, term) in self.kinds.iter().enumerate() {
            if self.kinds[..index].iter().any(|earlier| earlier.kind == term.kind) {
                return Err(format!("kinds has two terms for {}", term.kind));
            }
        }
        Ok(())
    }
}

fn kind<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_in_china_and_campaigns_take_their_place() {
        let seen: Timestamp = "2009-06-09T17:00:00Z".parse().unwrap();
        let mut deadlines = Deadlines::default();
        assert_eq!(deadlines.due(Kind::Unfiled, seen), Date::constant(2009, 6, 30));
        assert_eq!(deadlines.due(Kind::UnreportedAddress, seen), Date::constant(2009, 6, 12));
        deadlines.campaigns = vec![Campaign {
            name: "集中清理".to_owned(),
            kind: Kind::Unfiled,
            due: Date::constant(2009, 6, 15),
        }];
        assert_eq!(deadlines.due(Kind::Unfiled, seen), Date::constant(2009, 6, 15));
        assert_eq!(deadlines.due(Kind::Shell, seen), Date::constant(2009, 6, 30));
        let later: Timestamp = "2009-06-16T00:00:00Z".parse().unwrap();
        assert_eq!(deadlines.due(Kind::Unfiled, later), Date::constant(2009, 7, 6));
    }

    #[test]
    fn a_kind_may_have_a_term_of_its_own_in_days_or_working_days() {
        let mut deadlines: Deadlines = toml::from_str(
            "kinds = [{ kind = \"shell\", days = 30 }, { kind = \"not_connected\", working_days = 10 }]",
        )
        .unwrap();
        deadlines.validate().unwrap();
        let mut days = Calendar::default();
        days.add("holidays = [\"2009-10-01..2009-10-08\"]\nworkdays = [\"2009-10-10\"]").unwrap();
        deadlines.days = Arc::new(days);
        let seen: Timestamp = "2009-09-30T02:00:00Z".parse().unwrap();
        assert_eq!(deadlines.due(Kind::Shell, seen), Date::constant(2009, 10, 30));
        assert_eq!(deadlines.due(Kind::NotConnected, seen), Date::constant(2009, 10, 21));
        assert_eq!(deadlines.due(Kind::Unfiled, seen), Date::constant(2009, 10, 20));
        assert_eq!(deadlines.due_of_key(seen), Date::constant(2009, 10, 28));
        deadlines.kinds.extend(deadlines.kinds.clone());
        assert!(deadlines.validate().unwrap_err().contains("shell"));
        for wrong in ["{ kind = \"shell\" }", "{ kind = \"shell\", weeks = 3 }"] {
            assert!(toml::from_str::<Deadlines>(&format!("kinds = [{wrong}]")).is_err(), "{wrong}");
        }
    }
}
