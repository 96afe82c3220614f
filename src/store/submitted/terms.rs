//! How long a provider's word counts.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::clock;
use crate::facts::calendar::Calendar;
use crate::facts::directory::Directory;
use crate::facts::filing::Filing;
use crate::facts::submission::Submission;
use crate::facts::submission::SubmittedNote;

/// How long what was submitted waits for its record, and how long an access holds that the authority does not
/// register.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Working days that a row waits.
    pub pending_working_days: u16,
    /// Calendar days that an access holds.
    pub joined_days: u16,
    /// Which days are worked.
    pub calendar: Arc<Calendar>,
}

impl Terms {
    /// The last day on which a row waits that was submitted at `at`.
    pub(crate) fn waits_until(&self, at: Timestamp) -> Date {
        self.calendar.after(clock::day(at), self.pending_working_days)
    }

    /// The last day on which an access holds that was joined at `at`.
    pub(crate) fn holds_until(&self, at: Timestamp) -> Date {
        let last = clock::day(at).checked_add(i64::from(self.joined_days).days());
        last.unwrap_or(Date::MAX)
    }

    /// What was submitted, in brief; `known` is what the register has of its Domain.
    pub fn note(
        &self,
        submission: &Submission,
        known: &[Filing],
        directory: &Directory,
    ) -> SubmittedNote {
        let Submission { row, by, joined_at } = submission;
        let until = joined_at.map_or_else(|| self.waits_until(row.at), |at| self.holds_until(at));
        SubmittedNote {
            provider: row.provider.clone(),
            at: row.at,
            by: by.clone(),
            joined_at: *joined_at,
            until,
            site_number: row.filing.site_number.clone(),
            subject_number: row.filing.subject_number.clone(),
            standing: row.standing(known, directory),
        }
    }
}
