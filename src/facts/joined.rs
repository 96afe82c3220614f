//! An access (接入) that the filing register has by its provider's word alone: the record tells which they
//! are, so that what the authority says is never taken for what a provider says, nor the other way round.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::directory::Directory;
use crate::facts::filing::Filing;
use crate::facts::number::FilingNumber;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderName;
use crate::facts::submission::SubmittedFiling;
use crate::facts::target::Target;

/// The detail of a record with the ids of the providers whose access it has by their word alone, separated
/// by `;`.
pub const JOINED: &str = "joined";

/// Whether a record has the access of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The record does not say who its access providers are.
    Unknown,
    /// It has not.
    Missing,
    /// It has, by the provider's word alone.
    Joined,
    /// It has, by the authority's.
    Registered,
}

/// An access that the register has by the word of its provider, or has again after the next import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinedAccess {
    /// What was submitted, without personal data.
    pub row: SubmittedFiling,
    /// Who submitted it, by the key used.
    pub by: String,
    /// Since when.
    pub joined_at: Timestamp,
    /// Whether it was taken back, so that the register is to lose it.
    pub is_over: bool,
}

/// That a provider's word for its access to a Domain counts for nothing (驳回).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRefusal {
    /// When.
    pub at: Timestamp,
    /// Who decided so.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// What became of what a provider submitted; never rewritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessDeed {
    /// When.
    pub at: Timestamp,
    /// Who caused it: a person by the key used, `operator`, or the register that was looked into.
    pub by: String,
    /// Of which name.
    pub target: Target,
    /// Whose access.
    pub provider: ProviderId,
    /// 网站备案号; `None` where all of that provider and name are meant, or none was given.
    pub site_number: Option<FilingNumber>,
    /// 主体备案号; the same.
    pub subject_number: Option<FilingNumber>,
    /// What.
    pub kind: AccessDeedKind,
}

/// What becomes of submitted accesses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccessDeedKind {
    /// The register has it from now on.
    Joined {
        /// When it was submitted.
        submitted_at: Timestamp,
    },
    /// The authority's own register has it by now, and the provider's word is needed no more.
    Confirmed,
    /// The provider took it back.
    Withdrawn,
    /// A bureau or the ministry does not take the provider's word for it.
    Refused {
        /// Why.
        reason: String,
    },
    /// The provider's word is taken again.
    Allowed {
        /// Why.
        reason: String,
    },
    /// It ended by itself.
    Lapsed(Lapse),
}

/// Why something that was submitted ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lapse {
    /// No record came for it in time.
    NoRecord,
    /// Its record was cancelled.
    RecordCancelled,
    /// The authority did not register it in time.
    NotRegistered,
}

/// Whether `record` has the access of `provider`.
pub fn access(record: &Filing, provider: &ProviderId, directory: &Directory) -> Access {
    let Some(names) = &record.providers else { return Access::Unknown };
    if name(provider).is_none() {
        return Access::Unknown;
    }
    match (names.iter().any(|name| is(directory, name, provider)), is_marked(record, provider)) {
        (false, _) => Access::Missing,
        (true, true) => Access::Joined,
        (true, false) => Access::Registered,
    }
}

/// Adds the access of `provider` to `record`, which has it not, and touches nothing else.
pub fn join(record: &mut Filing, provider: &ProviderId) {
    let (Some(names), Some(name)) = (&mut record.providers, name(provider)) else { return };
    names.push(name);
    let mut marked = marks(record);
    marked.retain(|id| id != provider.as_str());
    marked.push(provider.as_str().to_owned());
    mark(record, &marked);
}

/// Takes from `record` the access of `provider` that it has by that one's word alone.
pub fn part(record: &mut Filing, provider: &ProviderId, directory: &Directory) {
    if !is_marked(record, provider) {
        return;
    }
    if let Some(names) = &mut record.providers {
        names.retain(|name| !is(directory, name, provider));
    }
    let mut marked = marks(record);
    marked.retain(|id| id != provider.as_str());
    mark(record, &marked);
}

fn name(provider: &ProviderId) -> Option<ProviderName> {
    provider.as_str().parse().ok()
}

/// A provider that the directory does not know any more is still called by its id.
fn is(directory: &Directory, name: &ProviderName, provider: &ProviderId) -> bool {
    match directory.find(name) {
        Some(found) => found.id == *provider,
        None => name.as_str() == provider.as_str(),
    }
}

fn marks(record: &Filing) -> Vec<String> {
    let marks = record.detail(JOINED).into_iter().flat_map(|ids| ids.split(';'));
    marks.map(str::to_owned).collect()
}

fn is_marked(record: &Filing, provider: &ProviderId) -> bool {
    record.detail(JOINED).is_some_and(|ids| ids.split(';').any(|id| id == provider.as_str()))
}

fn mark(record: &mut Filing, marks: &[String]) {
    record.details.retain(|(column, _)| column != JOINED);
    if !marks.is_empty() {
        record.details.push((JOINED.to_owned(), marks.join(";")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::filings;
    use crate::formats::providers;
    use std::io::Cursor;

    fn directory() -> Directory {
        let text = "id,name,kind\nP4,示例云,provider\nP5,别家云,provider\n";
        let rows = providers::read(Cursor::new(text)).unwrap();
        Directory::new(rows.map(Result::unwrap).collect())
    }

    fn record(providers: &str) -> Filing {
        let text = format!(
            "domain,site_number,state,providers\na.cn,京ICP备05014806号-1,active,{providers}\n"
        );
        filings::read(Cursor::new(text)).unwrap().next().unwrap().unwrap()
    }

    fn names(record: &Filing) -> Vec<String> {
        record.providers.iter().flatten().map(ToString::to_string).collect()
    }

    #[test]
    fn what_a_provider_says_is_told_from_what_the_authority_says_and_goes_without_a_trace() {
        let (own, other) = ("P4".parse().unwrap(), "P5".parse().unwrap());
        let directory = directory();
        for (before, is_there) in [
            ("", Access::Missing),
            ("别家云", Access::Missing),
            ("别家云;示例云", Access::Registered),
        ] {
            let before = record(before);
            assert_eq!(access(&before, &own, &directory), is_there);
            let mut after = before.clone();
            part(&mut after, &own, &directory);
            assert_eq!(after, before, "the authority's word is not touched");
            if is_there == Access::Missing {
                join(&mut after, &own);
                assert_eq!(access(&after, &own, &directory), Access::Joined);
                assert_eq!(names(&after), [names(&before), vec!["P4".to_owned()]].concat());
                part(&mut after, &own, &directory);
                assert_eq!(after, before);
            }
        }
        let mut both = record("");
        join(&mut both, &own);
        join(&mut both, &other);
        part(&mut both, &own, &Directory::default());
        assert_eq!(access(&both, &own, &directory), Access::Missing);
        assert_eq!(access(&both, &other, &directory), Access::Joined);
        let mut unknown = Filing { providers: None, ..record("") };
        join(&mut unknown, &own);
        assert_eq!(access(&unknown, &own, &directory), Access::Unknown);
    }
}
