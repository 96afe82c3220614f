//! The certificate that a site shows, and what is wrong with it. A bad one is no reason to accuse a
//! site, nor to acquit it: it is kept as a fact.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::domain::Domain;

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
    /// The names and addresses that it is for, the first [`NAMES_KEPT`]; the one that was asked for
    /// in any case, where it is among them.
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

impl Certificate {
    /// The first Domain that it is for, where that is another and no name of `domain` is among the
    /// others. Names that only machines have, such as `localhost`, are of no Domain.
    pub fn other_domain(&self, domain: &Domain) -> Option<Domain> {
        let mut other = None;
        for name in &self.names {
            let Ok(found) = name.strip_prefix("*.").unwrap_or(name).parse() else { continue };
            if found == *domain {
                return None;
            }
            other = other.or(Some(found));
        }
        other
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn other_domain(names: &[&str]) -> Option<String> {
        let certificate = Certificate {
            issuer: String::new(),
            subject: String::new(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            name_count: 0,
            not_before: None,
            not_after: None,
            sha256: String::new(),
            fault: None,
        };
        let domain = "example.cn".parse().unwrap();
        certificate.other_domain(&domain).map(|found| found.to_string())
    }

    #[test]
    fn a_certificate_for_any_name_of_a_domain_is_its_own() {
        for names in [
            &["example.cn"][..],
            &["*.example.cn"],
            &["other.cn", "www.other.cn", "shop.example.cn"],
            &["EXAMPLE.CN", "other.cn"],
        ] {
            assert_eq!(other_domain(names), None, "{names:?}");
        }
    }

    #[test]
    fn only_a_certificate_for_some_other_domain_is_anothers() {
        assert_eq!(other_domain(&["localhost", "www.other.cn"]).unwrap(), "other.cn");
        assert_eq!(other_domain(&["*.other.com.cn"]).unwrap(), "other.com.cn");
        assert_eq!(other_domain(&["badexample.cn"]).unwrap(), "badexample.cn");
        for names in [&[][..], &["localhost"], &["127.0.0.1", "::1"], &["server.localdomain"]] {
            assert_eq!(other_domain(names), None, "{names:?}");
        }
    }
}
