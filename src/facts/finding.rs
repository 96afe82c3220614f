//! A finding (发现结果): a fault that stands, with its history.

mod evidence;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use ulid::Ulid;

use crate::facts::bureau::Bureau;
use crate::facts::domain::Host;
pub use crate::facts::finding::evidence::Evidence;
pub use crate::facts::finding::evidence::PageText;
use crate::facts::number::FilingNumber;
use crate::facts::provider::ProviderId;
use crate::facts::reason::Reason;
use crate::facts::target::Target;

macro_rules! words {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $name:ident = $word:literal $chinese:literal,)+ }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            utoipa::ToSchema,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum $type { $($(#[$variant_doc])* $name,)+ }

        impl $type {
            /// Every value, in the order of the contract.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The word of files, flags and the API.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// The word of tables and exports.
            pub fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }

        impl FromStr for $type {
            type Err = String;

            /// Takes either word; the error lists the English ones.
            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|value| value.word() == text || value.chinese() == text)
                    .ok_or_else(|| {
                        let words: Vec<_> = Self::ALL.iter().map(|value| value.word()).collect();
                        format!("`{text}` is none of {}", words.join(", "))
                    })
            }
        }
    };
}

pub(crate) use words;

words! {
    /// The kind of fault (contract, section 1).
    Kind {
        /// Served without a filing.
        Unfiled = "unfiled" "未备案",
        /// Filed, but the provider that serves it has no access record (少报).
        NotConnected = "not_connected" "未接入备案",
        /// An access record at a provider to whom nothing of the Domain resolves.
        OverReported = "over_reported" "多报",
        /// An active filing with no access record at all.
        Shell = "shell" "空壳网站",
        /// The page claims a number that is nobody's, or another subject's.
        WrongNumber = "wrong_number" "备案号不符",
        /// A live site on a mainland address that nobody reported.
        UnreportedAddress = "unreported_address" "IP未报备",
    }
}

words! {
    /// Why a finding was closed.
    ClosedReason {
        /// The Domain is filed.
        Filed = "filed" "已备案",
        /// The provider has an access record.
        Connected = "connected" "已接入备案",
        /// Access was stopped.
        Stopped = "stopped" "已停止接入",
        /// It is served elsewhere.
        Moved = "moved" "已迁出",
        /// Silent or absent for several nights in a row.
        Gone = "gone" "已消失",
        /// The number, or the access record, was corrected.
        Corrected = "corrected" "已更正",
        /// The address was reported.
        Reported = "reported" "IP已报备",
        /// The provider serves it again.
        Served = "served" "已恢复接入",
        /// The filing was cancelled.
        Cancelled = "cancelled" "备案已注销",
        /// Another kind took its place.
        Superseded = "superseded" "转为其他类别",
        /// A bureau took it back.
        Withdrawn = "withdrawn" "已撤回",
        /// The name is exempt.
        Exempt = "exempt" "已豁免",
    }
}

words! {
    /// What a provider says it did (处理结果).
    AnswerResult {
        /// Filed meanwhile.
        Filed = "filed" "已备案",
        /// Access recorded meanwhile.
        Connected = "connected" "已接入备案",
        /// Access stopped.
        Stopped = "stopped" "已停止接入",
        /// Moved to another provider.
        Moved = "moved" "已迁出",
        /// Not this provider's site.
        NotOurs = "not_ours" "非本单位接入",
        /// Disputed.
        Disputed = "disputed" "有异议",
        /// Being dealt with.
        InProgress = "in_progress" "处理中",
    }
}

/// The lifecycle of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FindingState {
    /// Not told to anybody yet: it takes so many nights in a row before it stands.
    Accruing,
    /// It stands.
    Open,
    /// It stands, and the provider has answered.
    Answered,
    /// It stands no more.
    Closed(ClosedReason),
}

/// What makes a finding the same finding: one fault of one target at one provider.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FindingKey {
    /// What is at fault.
    pub target: Target,
    /// The kind of fault.
    pub kind: Kind,
    /// At whom; `None` when nobody can be named.
    pub provider: Option<ProviderId>,
}

/// What a provider said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// 处理结果
    pub result: AnswerResult,
    /// 处理意见
    pub opinion: String,
    /// When it was given.
    pub at: Timestamp,
}

/// The records that the finding was judged by, without personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilingBrief {
    /// Whether any record was active.
    pub is_active: bool,
    /// The site numbers of record.
    pub numbers: Vec<FilingNumber>,
    /// The access providers of record.
    pub providers: Vec<ProviderId>,
}

/// What the newest examination knew of a fault; replaced each night it is seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sightings {
    /// The first-level holder of the address.
    pub carrier: Option<ProviderId>,
    /// The hosts at fault.
    pub hosts: Vec<Host>,
    /// The addresses at fault.
    pub addresses: Vec<IpAddr>,
    /// Why it stands.
    pub reasons: Vec<Reason>,
    /// The records it was judged by; `None` where there were none.
    pub filing: Option<FilingBrief>,
    /// What was seen.
    pub evidence: Evidence,
    /// Who claims its addresses without a link between them, so that nobody is blamed.
    pub claimants: Vec<ProviderId>,
}

/// A fault that stands, or stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Identity; sorts by time.
    pub id: Ulid,
    /// What makes it this finding.
    pub key: FindingKey,
    /// Who follows it: the province of the allocation, else the provider's bureau, else the ministry.
    pub bureau: Bureau,
    /// The channel that brought the candidate.
    pub channel: String,
    /// Where it is in its life.
    pub state: FindingState,
    /// How often it came back after `stopped`, `moved` or `gone` (死灰复燃).
    pub reopened: u32,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// On how many nights it was seen.
    pub times_seen: u32,
    /// The last day to deal with it.
    pub due: Date,
    /// What the newest sighting knew.
    pub seen: Sightings,
    /// The provider's newest answer.
    pub answer: Option<Answer>,
    /// Nights in a row that count toward closing (silent or absent), or, while accruing, toward
    /// standing.
    pub nights_in_row: u32,
    /// The night that last judged it; a night never counts twice.
    pub last_night: u32,
    /// Whether a withdrawn finding's fault was seen to end, so that a new one may open.
    pub has_lapsed: bool,
}

impl Finding {
    /// Whether it stands: open or answered.
    pub fn stands(&self) -> bool {
        matches!(self.state, FindingState::Open | FindingState::Answered)
    }
}

impl FindingState {
    /// The word of files, flags and the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accruing => "accruing",
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Closed(_) => "closed",
        }
    }

    /// Why it was closed, if it was.
    pub fn closed_reason(self) -> Option<ClosedReason> {
        match self {
            Self::Closed(reason) => Some(reason),
            Self::Accruing | Self::Open | Self::Answered => None,
        }
    }
}
