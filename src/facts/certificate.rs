//! The certificate that a site shows, and what is wrong with it. A bad one is no reason to accuse a
//! site, nor to acquit it: it is kept as a fact.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

/// So many of a certificate's names are kept.
pub const NAMES_KEPT: usize = 16;

/// So long a name, an issuer or a subject may be, in characters; what is longer is cut.
pub const LONGEST_TEXT: usize = 255;

/// A site's own certificate, as far as it is worth keeping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Who signed it, as a distinguished name; empty where there is none, or it cannot be read.
    pub issuer: String,
    /// Whose it is, in the same form.
    pub subject: String,
    /// The names and addresses that it is for, the first [`NAMES_KEPT`].
    pub names: Vec<String>,
    /// How many there are.
    pub name_count: u32,
    /// From when it holds; `None` where that cannot be read.
    pub not_before: Option<Timestamp>,
    /// Until when it holds; `None` where that cannot be read.
    pub not_after: Option<Timestamp>,
    /// SHA-256 of its DER, lower-case hex.
    pub sha256: String,
    /// What is wrong with it, the first that applies; `None` where nothing is.
    pub fault: Option<CertificateFault>,
}

/// What is wrong with a certificate, in the order in which it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateFault {
    /// It is no X.509 certificate.
    Unreadable,
    /// It held until a day that is past.
    Expired,
    /// It holds from a day that is still to come.
    NotYetValid,
    /// It is signed by itself.
    SelfSigned,
    /// It is for other names.
    WrongName,
    /// No authority that this machine knows stands behind it.
    UnknownIssuer,
}
