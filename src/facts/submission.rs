//! What a provider says of its access to a filing (接入备案), until the filing itself is in the register.
//!
//! A provider cannot file anything: what it submits becomes an access of a filing that the authority's
//! register has, or waits until it has it. While it waits, it proves nothing.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::bureau::Bureau;
use crate::facts::cancellation::RECORD_ID;
use crate::facts::directory::Directory;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::joined;
use crate::facts::joined::Access;
use crate::facts::number::FilingNumber;
use crate::facts::provider::ProviderId;

/// A row that a provider submitted. Holds personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmittedFiling {
    /// Who submitted it, for itself.
    pub provider: ProviderId,
    /// When.
    pub at: Timestamp,
    /// The row.
    pub filing: Filing,
}

/// How a submitted row stands to the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// 待审核: no active record of that Domain has that number.
    Pending,
    /// 接入不明: one has, and does not say who its access providers are, so that nobody is added to it.
    ProvidersUnknown,
    /// 已接入: one has, and the provider is one of its access providers, or about to be.
    Connected,
    /// 已撤回: the provider takes back what it submitted.
    Withdrawn,
}

/// What a provider submitted of a Domain, and whether the register has it by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The row; without personal data once it was joined.
    pub row: SubmittedFiling,
    /// Who submitted it, by the key used.
    pub by: String,
    /// Since when the register has the access by it; `None` while the row waits.
    pub joined_at: Option<Timestamp>,
}

/// A submitted row in brief: nobody's personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmittedNote {
    /// Who submitted it.
    pub provider: ProviderId,
    /// When.
    pub at: Timestamp,
    /// By which key.
    pub by: String,
    /// Since when the register has the access by it; `None` while the row waits.
    pub joined_at: Option<Timestamp>,
    /// The last day on which it holds or waits.
    pub until: Date,
    /// 网站备案号
    pub site_number: Option<FilingNumber>,
    /// 主体备案号
    pub subject_number: Option<FilingNumber>,
    /// How it stands to the register.
    pub standing: Standing,
}

impl Standing {
    /// The word of files and the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::ProvidersUnknown => "providers_unknown",
            Self::Connected => "connected",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The word of tables.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Pending => "待审核",
            Self::ProvidersUnknown => "接入不明",
            Self::Connected => "已接入",
            Self::Withdrawn => "已撤回",
        }
    }
}

impl SubmittedFiling {
    /// The place among `known`, the records of its Domain, of the one that it speaks of.
    pub fn record_in(&self, known: &[Filing], directory: &Directory) -> Option<usize> {
        // A provider whom the directory does not know would make those of the record unknown.
        directory.by_id(&self.provider)?;
        known.iter().position(|record| speaks_of(&self.filing, record))
    }

    /// Whether one of `known` would be its record, had it not been cancelled.
    pub fn is_cancelled_in(&self, known: &[Filing]) -> bool {
        let cancelled = known.iter().filter(|record| record.state == FilingState::Cancelled);
        cancelled
            .filter(|record| !record.has_left())
            .any(|record| has_its_number(&self.filing, record))
    }

    /// Whether it speaks of the same record as `other` does, as far as both say.
    pub fn is_of_record(&self, other: &Filing) -> bool {
        let differ = |own: &Option<FilingNumber>, its: &Option<FilingNumber>| {
            own.is_some() && its.is_some() && own != its
        };
        self.filing.domain == other.domain
            && !differ(&self.filing.site_number, &other.site_number)
            && !differ(&self.filing.subject_number, &other.subject_number)
    }

    /// How it stands to `known`, the records of its Domain.
    pub fn standing(&self, known: &[Filing], directory: &Directory) -> Standing {
        let Some(place) = self.record_in(known, directory) else { return Standing::Pending };
        match joined::access(&known[place], &self.provider, directory) {
            Access::Unknown => Standing::ProvidersUnknown,
            Access::Missing | Access::Joined | Access::Registered => Standing::Connected,
        }
    }

    /// The same without what is told of people.
    #[must_use]
    pub fn bare(&self) -> Self {
        let mut filing = self.filing.clone();
        filing.details.retain(|(column, _)| column == RECORD_ID);
        Self { filing, ..self.clone() }
    }

    /// The bureaus that it concerns: that of the provider, and those that gave its numbers.
    pub fn bureaus(&self, directory: &Directory) -> Vec<Bureau> {
        let numbers = [&self.filing.site_number, &self.filing.subject_number];
        let of_numbers = numbers.into_iter().flatten().filter_map(FilingNumber::province);
        let of_provider = directory.by_id(&self.provider).and_then(|provider| provider.bureau);
        of_numbers.filter_map(Bureau::of_number_prefix).chain(of_provider).collect()
    }
}

/// Whether `row` speaks of the access of `record`: it holds, and has the number that the row has.
fn speaks_of(row: &Filing, record: &Filing) -> bool {
    let holds = record.state == FilingState::Active && !record.has_left();
    holds && !record.is_unreadable() && has_its_number(row, record)
}

fn has_its_number(row: &Filing, record: &Filing) -> bool {
    let differ =
        |own: Option<&str>, its: Option<&str>| own.is_some() && its.is_some() && own != its;
    if differ(row.detail(RECORD_ID), record.detail(RECORD_ID)) {
        return false;
    }
    let of_number = row.subject_number.as_ref().and_then(FilingNumber::subject);
    let is_anothers =
        of_number.is_some() && record.subject().is_some_and(|its| Some(its) != of_number);
    match (&row.site_number, &record.site_number) {
        (Some(own), Some(its)) => own == its && !is_anothers,
        _ if is_anothers => false,
        _ if row.subject().is_some() => row.subject() == record.subject(),
        // Licences name no subject.
        (Some(own), None) => record.subject_number.as_ref() == Some(own),
        (None, _) => row.subject_number.is_some() && row.subject_number == record.subject_number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::filings;
    use crate::formats::providers;
    use std::io::Cursor;

    const NUMBER: &str = "京ICP备05014806号-1";

    fn directory() -> Directory {
        let text = "id,name,kind\nP4,示例云,provider\nP5,别家云,provider\n";
        let rows = providers::read(Cursor::new(text)).unwrap();
        Directory::new(rows.map(Result::unwrap).collect())
    }

    fn row(cells: &str) -> Filing {
        let text = format!("domain,site_number,subject_number,state,providers\n{cells}\n");
        filings::read(Cursor::new(text)).unwrap().next().unwrap().unwrap()
    }

    fn submitted(cells: &str) -> SubmittedFiling {
        let (provider, at) = ("P4".parse().unwrap(), Timestamp::UNIX_EPOCH);
        SubmittedFiling { provider, at, filing: row(cells) }
    }

    #[test]
    fn a_row_waits_until_an_active_record_has_its_number() {
        let (subject, licence) = ("京ICP备05014806号", "粤B2-20090059");
        for (own, record, is_connected) in [
            (format!("{NUMBER},"), format!("{NUMBER},,active"), true),
            (format!("{NUMBER},"), format!("{NUMBER},,cancelled"), false),
            (format!("{NUMBER},"), "京ICP备05014806号-2,,active".to_owned(), false),
            (format!("{NUMBER},"), format!(",{subject},active"), true),
            (format!("{NUMBER},"), ",京ICP备05014807号,active".to_owned(), false),
            (format!("{NUMBER},京ICP备05014807号"), format!("{NUMBER},,active"), false),
            (format!(",{subject}"), format!("{NUMBER},,active"), true),
            (format!(",{subject}"), ",,active".to_owned(), false),
            (format!("{licence}-7,"), format!("{licence}-7,,active"), true),
            (format!("{licence}-7,"), format!("{licence}-8,,active"), false),
            (format!("{licence},"), format!(",{licence},active"), true),
            (format!("{licence},"), ",,active".to_owned(), false),
        ] {
            let known = [row(&format!("a.cn,{record},"))];
            let standing = submitted(&format!("a.cn,{own},,")).standing(&known, &directory());
            assert_eq!(standing == Standing::Connected, is_connected, "{own} of {record}");
        }
        let unreadable = Filing::unreadable(
            "a.cn".parse().unwrap(),
            [Some(NUMBER.parse().unwrap()), None],
            "state",
        );
        let own = submitted(&format!("a.cn,{NUMBER},,,"));
        assert_eq!(own.standing(&[unreadable], &directory()), Standing::Pending);
        assert_eq!(own.standing(&[], &directory()), Standing::Pending);
    }

    #[test]
    fn whose_access_providers_are_not_known_is_told_to_be_so() {
        let unknown = Filing { providers: None, ..row(&format!("a.cn,{NUMBER},,active,")) };
        let own = submitted(&format!("a.cn,{NUMBER},,,"));
        assert_eq!(own.standing(&[unknown], &directory()), Standing::ProvidersUnknown);
    }

    #[test]
    fn a_row_is_taken_back_by_as_much_as_is_said_of_its_record() {
        let own = submitted(&format!("a.cn,{NUMBER},,,"));
        for (other, is_same) in [
            (format!("a.cn,{NUMBER},,"), true),
            ("a.cn,京ICP备05014806号-2,,".to_owned(), false),
            ("a.cn,,京ICP备05014806号,".to_owned(), true),
            (format!("b.cn,{NUMBER},,"), false),
        ] {
            assert_eq!(own.is_of_record(&row(&format!("{other},"))), is_same, "{other}");
        }
    }
}
