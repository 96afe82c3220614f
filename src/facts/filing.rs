//! A filing (备案) as the register holds it, and what the register answers about a Domain.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::domain::Host;
use crate::facts::few::Few;
use crate::facts::number::FilingNumber;
use crate::facts::number::SubjectNumber;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderName;
use crate::facts::target::Target;

/// Whether a record still holds (状态).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilingState {
    /// The filing holds.
    Active,
    /// 已注销
    Cancelled,
}

/// One site's record: subject (主体), site (网站) and access (接入).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filing {
    /// 域名: the Domain that is filed; an address for a site without a name.
    pub domain: Target,
    /// 网站备案号
    pub site_number: Option<FilingNumber>,
    /// 主体备案号
    pub subject_number: Option<FilingNumber>,
    /// 状态
    pub state: FilingState,
    /// 接入服务商 as written; `None` where the source has no such column, so that they are not
    /// known; empty where it says that there is none.
    pub providers: Option<Vec<ProviderName>>,
    /// Every further column as the file had it, by English column name. A column that the file has not
    /// is left out; an empty cell is an empty text. Holds personal data: mask it wherever it is shown.
    pub details: Vec<(String, String)>,
}

/// The detail that tells the day of the first register that no longer had the record.
pub const LEFT_ON: &str = "left_on";

/// The detail of a record that could not be read: the column at fault.
pub const UNREADABLE: &str = "unreadable";

impl Filing {
    /// A record of which nothing is known but that the register has it: its `domain`, its numbers where they
    /// can be read, and the `column` at fault.
    pub fn unreadable(domain: Target, numbers: [Option<FilingNumber>; 2], column: &str) -> Self {
        let [site_number, subject_number] = numbers;
        Self {
            domain,
            site_number,
            subject_number,
            state: FilingState::Active,
            providers: None,
            details: vec![(UNREADABLE.to_owned(), column.to_owned())],
        }
    }

    /// Whether nothing is known of the record but that the register has it.
    pub fn is_unreadable(&self) -> bool {
        self.detail(UNREADABLE).is_some()
    }

    /// A further column by its English name; `None` where the file has no such column, or an empty cell.
    pub fn detail(&self, column: &str) -> Option<&str> {
        let cell = self.details.iter().find(|(name, _)| name == column);
        cell.map(|(_, text)| text.as_str()).filter(|text| !text.is_empty())
    }

    /// Whether only an earlier register had the record.
    pub fn has_left(&self) -> bool {
        self.detail(LEFT_ON).is_some()
    }

    /// The hosts under its Domain that the record tells as home pages, as far as they can be read.
    pub fn home_hosts(&self) -> impl Iterator<Item = Host> {
        let domain = self.domain.domain();
        let written = self.detail("home_url").unwrap_or_default();
        let each = written.split([';', '；', ',', '，', '、']).flat_map(str::split_whitespace);
        each.filter_map(move |url| {
            let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
            let host: Host = rest.split(['/', '?', '#', ':', '\\']).next()?.parse().ok()?;
            host.is_within(domain?).then_some(host)
        })
    }

    /// The subject whose filing this is, from either number.
    pub fn subject(&self) -> Option<&SubjectNumber> {
        [&self.subject_number, &self.site_number]
            .into_iter()
            .flatten()
            .find_map(FilingNumber::subject)
    }
}

/// What the register answers about one Domain. Unknown is never turned into "none".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FilingStatus {
    /// At least one active record.
    Active(FilingSummary),
    /// Records exist, none of them active.
    Cancelled(FilingSummary),
    /// The register is whole and holds no record.
    None,
    /// The register cannot say.
    Unknown(RegisterGap),
}

/// Why the register cannot say whether a Domain is filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RegisterGap {
    /// No filings were ever imported.
    NotImported,
    /// `[filings] complete = false`: absence proves nothing.
    Incomplete,
    /// The register is older than `[filings] max_age`.
    Stale,
    /// The register has a record of the Domain, which was refused when it was imported.
    Unreadable,
}

/// The records of one Domain, folded together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilingSummary {
    /// The site numbers of the records that decide the status.
    pub numbers: Few<FilingNumber>,
    /// The numbers of cancelled records beside the active ones that decide.
    pub former: Few<FilingNumber>,
    /// Every subject that filed this Domain, active or cancelled.
    pub subjects: Few<SubjectNumber>,
    /// Whether `subjects` is all of them: a record whose only number is a licence names none.
    pub are_subjects_known: bool,
    /// The access providers of the active records that the providers register knows.
    pub providers: Few<ProviderId>,
    /// Whether `providers` is all of them: each record has the column and each name is known.
    pub are_providers_known: bool,
    /// 备案日期: the first of the records that decide; `None` where none of them tells it.
    pub filed_on: Option<Date>,
    /// 变更日期: the last of them; `None` where none of them tells it.
    pub changed_on: Option<Date>,
    /// When the register was imported that says so.
    pub as_of: Timestamp,
}

impl FilingSummary {
    /// The summary of no record, of which nothing is known yet.
    pub fn empty(as_of: Timestamp) -> Self {
        Self {
            numbers: Few::new(),
            former: Few::new(),
            subjects: Few::new(),
            are_subjects_known: false,
            providers: Few::new(),
            are_providers_known: false,
            filed_on: None,
            changed_on: None,
            as_of,
        }
    }
}

/// What became of the question that another register was asked, because the own one could not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamNote {
    /// The host of `[filings] upstream`.
    pub register: String,
    /// When it answered, or was given up.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: UpstreamOutcome,
}

/// What another register said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UpstreamOutcome {
    /// Filed or not: the status rests on it.
    Answered,
    /// It cannot say either.
    Undecided,
    /// Nothing that could be used.
    Failed(UpstreamFailure),
}

/// Why another register gave no answer that could be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UpstreamFailure {
    /// No connection, or no answer in time.
    Silent,
    /// It does not take our key (401, 403).
    KeyRefused,
    /// It asks to be left alone for a while (429, 503).
    Busy,
    /// Any other status than 200.
    Status(u16),
    /// What it answered is not what was asked.
    Nonsense,
    /// Its answer rests on a register older than `[filings] max_age`.
    Stale,
    /// It failed a moment ago and is left alone.
    Resting,
}

impl FilingStatus {
    /// The folded records, if there are any.
    pub fn summary(&self) -> Option<&FilingSummary> {
        match self {
            Self::Active(summary) | Self::Cancelled(summary) => Some(summary),
            Self::None | Self::Unknown(_) => None,
        }
    }

    /// Whether it is the same answer, from whatever day the register is.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let undated = |status: &Self| match status {
            Self::Active(summary) => {
                Self::Active(FilingSummary { as_of: Timestamp::UNIX_EPOCH, ..summary.clone() })
            }
            Self::Cancelled(summary) => {
                Self::Cancelled(FilingSummary { as_of: Timestamp::UNIX_EPOCH, ..summary.clone() })
            }
            Self::None | Self::Unknown(_) => status.clone(),
        };
        undated(self) == undated(other)
    }
}

/// Whose number a page claims, seen from the register and the Domain that shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NumberOwner {
    /// A subject that filed this very Domain, active or cancelled: a sibling number is no fault.
    Own,
    /// A subject in the register, and not one of this Domain's.
    Another,
    /// No subject of the complete register.
    Nobody,
    /// The register cannot say, or the number is a licence.
    Unknown,
}
