//! Reason codes: why a verdict stands, ends, or cannot be given. Each has a page under `reasons/`,
//! which `explain R01` shows. A code is never given a second meaning.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)+) => {
        /// Why a verdict stands, ends, or cannot be given.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum Reason { $($(#[$doc])* $name,)+ }

        impl Reason {
            /// Every reason, in the order of the codes.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The code, such as `R01`.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The page that tells what the reason means, Markdown.
            pub fn page(self) -> &'static str {
                match self { $(Self::$name => include_str!(concat!("reasons/", $code, ".md")),)+ }
            }
        }
    };
}

reasons! {
    /// The register is whole and holds no record of the Domain.
    NotFiled = "R01",
    /// Every record of the Domain is cancelled.
    FilingCancelled = "R02",
    /// A document of its own was served.
    ServesDocument = "R03",
    /// It sends visitors on to another Domain.
    SendsOn = "R04",
    /// robots.txt was served but forbids the page; the name is served all the same.
    RobotsForbid = "R05",
    /// The provider that serves it has no access record.
    NoAccessRecord = "R06",
    /// For so many nights in a row nothing of the Domain resolved to the provider of record.
    NothingAtProvider = "R07",
    /// The filing is active and names no access provider at all.
    NoAccessProvider = "R08",
    /// The page claims a number whose subject is nobody's.
    NumberOfNobody = "R09",
    /// The page claims a number of another subject.
    NumberOfAnother = "R10",
    /// Only registry rows cover the address: nobody reported it.
    AddressUnreported = "R11",
    /// Several providers claim the address, without a link between them.
    AddressDisputed = "R12",
    /// The register names a holder whom the providers register does not know.
    HolderUnknown = "R13",
    /// The name leads to a CDN by CNAME.
    ServedByCdn = "R14",
    /// The Domain is filed.
    Filed = "R15",
    /// The provider has an access record now.
    Connected = "R16",
    /// Access was stopped: every answering address shows the provider's block page.
    AccessStopped = "R17",
    /// The Domain resolves well, and no more to this provider.
    ResolvesElsewhere = "R18",
    /// Silent or absent for so many nights in a row.
    GoneForNights = "R19",
    /// Silent or absent tonight.
    MissedTonight = "R20",
    /// The register cannot say whether the Domain is filed.
    FilingUnknown = "R21",
    /// A question to the name servers was not answered.
    DnsFailed = "R22",
    /// What answered cannot be told: an error status, a wall, a loop.
    StateUnknown = "R23",
    /// A parking page or a default page.
    Parked = "R24",
    /// The address is reported as one that only sends visitors on.
    Redirector = "R25",
    /// The page claims no wrong number any more.
    NumberCorrected = "R26",
    /// Somebody has reported the address.
    AddressReported = "R27",
    /// Something of the Domain resolves to the provider of record again.
    ServedAgain = "R28",
    /// The access record is gone.
    RecordGone = "R29",
    /// The filing holds no more, so another kind took its place.
    FilingEnded = "R30",
    /// A bureau took the finding back.
    Withdrawn = "R31",
    /// The name is exempt.
    Exempt = "R32",
    /// The access providers of record are not all known.
    ProvidersUnknown = "R33",
    /// The Domain is behind a CDN, which hides where it is served.
    OriginHidden = "R34",
    /// Nothing was asked of the site tonight.
    NotProbed = "R35",
    /// The provider answered that it was dealt with, but it still stands.
    AnswerNotConfirmed = "R36",
    /// The target is where it was; what the address register says of it is not, or there is none.
    RegisterChanged = "R37",
}

/// The text is no reason code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no reason code; they run from R01 to R37")]
pub struct NotAReason(String);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Reason {
    type Err = NotAReason;

    fn from_str(text: &str) -> Result<Self, NotAReason> {
        Self::ALL
            .iter()
            .copied()
            .find(|reason| reason.code().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| NotAReason(text.to_owned()))
    }
}

impl TryFrom<String> for Reason {
    type Error = NotAReason;

    fn try_from(text: String) -> Result<Self, NotAReason> {
        text.parse()
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.code().to_owned()
    }
}
