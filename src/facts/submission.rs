//! What a provider says of its access to a filing (接入备案), until the filing itself is in the register.
//!
//! A provider cannot file anything: what it submits becomes an access of a filing that the authority's
//! register has, or waits until it has it. While it waits, it proves nothing.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::bureau::Bureau;
use crate::facts::cancellation::RECORD_ID;
use crate::facts::directory::Directory;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::number::FilingNumber;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderName;

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
    /// 已接入: one has, and the provider is one of its access providers, or about to be.
    Connected,
}

/// A submitted row in brief: nobody's personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmittedNote {
    /// Who submitted it.
    pub provider: ProviderId,
    /// When.
    pub at: Timestamp,
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
            Self::Connected => "connected",
        }
    }

    /// The word of tables.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Pending => "待审核",
            Self::Connected => "已接入",
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

    /// How it stands to `known`, the records of its Domain.
    pub fn standing(&self, known: &[Filing], directory: &Directory) -> Standing {
        let record = self.record_in(known, directory);
        if record.is_some() { Standing::Connected } else { Standing::Pending }
    }

    /// It in brief.
    pub fn note(&self, known: &[Filing], directory: &Directory) -> SubmittedNote {
        SubmittedNote {
            provider: self.provider.clone(),
            at: self.at,
            site_number: self.filing.site_number.clone(),
            subject_number: self.filing.subject_number.clone(),
            standing: self.standing(known, directory),
        }
    }

    /// The bureaus that it concerns: that of the provider, and those that gave its numbers.
    pub fn bureaus(&self, directory: &Directory) -> Vec<Bureau> {
        let numbers = [&self.filing.site_number, &self.filing.subject_number];
        let of_numbers = numbers.into_iter().flatten().filter_map(FilingNumber::province);
        let of_provider = directory.by_id(&self.provider).and_then(|provider| provider.bureau);
        of_numbers.filter_map(Bureau::of_number_prefix).chain(of_provider).collect()
    }

    /// The provider's access in `record`: `true` where it was not there before. Where the access providers are
    /// not known, one of them does not make them known.
    pub fn connect(&self, record: &mut Filing, directory: &Directory) -> bool {
        let Ok(name) = self.provider.as_str().parse::<ProviderName>() else { return false };
        let is_own = |name: &ProviderName| {
            directory.find(name).is_some_and(|provider| provider.id == self.provider)
        };
        match &mut record.providers {
            Some(names) if !names.iter().any(is_own) => {
                names.push(name);
                true
            }
            _ => false,
        }
    }
}

/// Whether `row` speaks of the access of `record`: it holds, and has the number that the row has.
fn speaks_of(row: &Filing, record: &Filing) -> bool {
    if record.state != FilingState::Active || record.has_left() || record.is_unreadable() {
        return false;
    }
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
    fn a_provider_is_added_once_and_nothing_else_is_touched() {
        let directory = directory();
        for (before, after, is_new) in [
            ("", vec!["P4"], true),
            ("别家云", vec!["别家云", "P4"], true),
            ("别家云;示例云", vec!["别家云", "示例云"], false),
        ] {
            let mut record = row(&format!("a.cn,{NUMBER},,active,{before}"));
            let own = submitted(&format!("a.cn,{NUMBER},,,P4"));
            assert_eq!(own.connect(&mut record, &directory), is_new, "{before}");
            assert!(!own.connect(&mut record, &directory), "once");
            let names: Vec<_> =
                record.providers.iter().flatten().map(ToString::to_string).collect();
            assert_eq!(names, after);
        }
        let mut unknown = Filing { providers: None, ..row(&format!("a.cn,{NUMBER},,active,")) };
        assert!(!submitted(&format!("a.cn,{NUMBER},,,")).connect(&mut unknown, &directory));
        assert_eq!(unknown.providers, None);
    }
}
