//! A notice (通知): what a night tells a provider or a bureau, in numbers only.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::bureau::Bureau;
use crate::facts::provider::ProviderId;

/// Whom a notice is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Recipient {
    /// A provider, told of its own findings.
    Provider(ProviderId),
    /// A bureau, told of those that it follows; the ministry, of all.
    Bureau(Bureau),
}

/// How it gets there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Way {
    /// Posted to this URL.
    Webhook(String),
    /// Mailed to this address.
    Mail(String),
}

/// What is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeCounts {
    /// Findings that came back (死灰复燃).
    pub reopened: u64,
    /// Findings that opened.
    pub opened: u64,
    /// Findings that were closed.
    pub closed: u64,
    /// Findings that stand now.
    pub standing: u64,
    /// Of these, those whose day has passed.
    pub overdue: u64,
}

impl NoticeCounts {
    /// Whether there is anything to tell: something changed, or something is overdue.
    pub fn are_news(&self) -> bool {
        self.reopened + self.opened + self.closed + self.overdue > 0
    }
}

/// How far a notice is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delivery {
    /// It is to be tried at `next`, after so many attempts that failed.
    Waiting {
        /// Attempts that failed.
        attempts: u32,
        /// Not before.
        next: Timestamp,
    },
    /// It was taken.
    Sent {
        /// When.
        at: Timestamp,
    },
    /// It was tried for as long as notices are worth anything.
    GivenUp {
        /// When.
        at: Timestamp,
        /// What the last attempt said.
        why: String,
    },
}

/// One notice. There is one for each night, recipient and way, whatever happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The same for the same night, recipient and way, by which whoever gets it twice can tell.
    pub key: String,
    /// The night that tells.
    pub night: u32,
    /// When the night ended.
    pub at: Timestamp,
    /// Whom it is for.
    pub recipient: Recipient,
    /// How it gets there.
    pub way: Way,
    /// What it says.
    pub counts: NoticeCounts,
    /// How far it is.
    pub delivery: Delivery,
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider(id) => write!(f, "provider {id}"),
            Self::Bureau(bureau) => write!(f, "bureau {bureau}"),
        }
    }
}
