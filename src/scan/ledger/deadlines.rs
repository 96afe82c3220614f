//! By which day a finding is to be dealt with.

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use crate::clock;
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
    /// Days of campaigns, which take the place of the usual days.
    pub campaigns: Vec<Campaign>,
}

/// A campaign: what was found until its day is due on that day.
#[derive(Debug, Clone, Deserialize)]
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
            campaigns: Vec::new(),
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
        let days = match kind {
            Kind::UnreportedAddress => self.allocation_days,
            Kind::Unfiled
            | Kind::NotConnected
            | Kind::OverReported
            | Kind::Shell
            | Kind::WrongNumber => self.unfiled_days,
        };
        campaign.unwrap_or_else(|| day.saturating_add(i64::from(days).days()))
    }

    /// The last day to mend a problem of the address register first seen at `seen`.
    pub fn due_of_allocation(&self, seen: Timestamp) -> Date {
        clock::day(seen).saturating_add(i64::from(self.allocation_days).days())
    }

    /// The last day to mend a problem of a filing first seen at `seen`.
    pub fn due_of_filing(&self, seen: Timestamp) -> Date {
        clock::day(seen).saturating_add(i64::from(self.filing_days).days())
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
}
