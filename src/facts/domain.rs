//! What a name is: [`Host`] for any name, [`Domain`] for the unit that is filed and compared.
//!
//! A Domain (独立域名) is the label directly under a public suffix: the ICANN part of the public
//! suffix list and the ministry's .CN category and province names (信部电\[2006\]99). Private suffixes
//! such as `github.io` never count: whoever owns the parent files for it.

use std::fmt;
use std::str::FromStr;

use idna::AsciiDenyList;
use serde::Deserialize;
use serde::Serialize;

/// The ministry's category and province names directly under .CN, under which Domains are
/// registered at the third level. Listed here because they are law for filings, whatever a later
/// public suffix list says.
const MINISTRY_CN: [&str; 41] = [
    "ac", "com", "edu", "gov", "mil", "net", "org", "bj", "sh", "tj", "cq", "he", "sx", "nm", "ln",
    "jl", "hl", "js", "zj", "ah", "fj", "jx", "sd", "ha", "hb", "hn", "gd", "gx", "hi", "sc", "gz",
    "yn", "xz", "sn", "gs", "qh", "nx", "xj", "tw", "hk", "mo",
];

/// A DNS host name: A-labels, lower case, no final dot, at most 253 bytes, labels of at most 63.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Host(Box<str>);

/// The registrable domain (独立域名): what is filed, compared and found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(Host);

/// Why a text is no host name or no Domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotADomain {
    /// Nothing was there.
    #[error("the name is empty")]
    Empty,
    /// Characters, lengths or encodings that DNS and IDNA do not allow.
    #[error("not a valid host name")]
    Malformed,
    /// A numeric last label: an address or a broken one, never a name.
    #[error("the last label is a number: an address, or a broken one")]
    Numeric,
    /// The name ends in no known public suffix.
    #[error("ends in no known public suffix")]
    UnknownSuffix,
    /// The name is itself a public suffix, under which others register.
    #[error("is itself a public suffix")]
    Suffix,
}

impl Host {
    /// The name as text, A-labels in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as people write it, with U-labels.
    pub fn unicode(&self) -> String {
        idna::domain_to_unicode(&self.0).0
    }

    /// Whether this name is `domain` or lies under it.
    pub fn is_within(&self, domain: &Domain) -> bool {
        self.0
            .strip_suffix(domain.as_str())
            .is_some_and(|front| front.is_empty() || front.ends_with('.'))
    }
}

impl FromStr for Host {
    type Err = NotADomain;

    fn from_str(text: &str) -> Result<Self, NotADomain> {
        let text = text.trim();
        let ascii = idna::domain_to_ascii_cow(text.as_bytes(), AsciiDenyList::URL)
            .map_err(|_| NotADomain::Malformed)?;
        let name = ascii.strip_suffix('.').unwrap_or(&ascii);
        if name.is_empty() {
            return Err(NotADomain::Empty);
        }
        let label_fits = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if name.len() > 253 || !name.split('.').all(label_fits) {
            return Err(NotADomain::Malformed);
        }
        if name.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit())) {
            return Err(NotADomain::Numeric);
        }
        Ok(Self(name.to_ascii_lowercase().into_boxed_str()))
    }
}

impl Domain {
    /// The Domain that `host` lies under.
    pub fn of(host: &Host) -> Result<Self, NotADomain> {
        let name = host.as_str();
        let suffix = suffix_of(name)?;
        if suffix.len() == name.len() {
            return Err(NotADomain::Suffix);
        }
        let front = &name[..name.len() - suffix.len() - 1];
        let label_start = front.rfind('.').map_or(0, |dot| dot + 1);
        Ok(Self(Host(name[label_start..].into())))
    }

    /// The Domain as text, A-labels in lower case.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The Domain as people write it, with U-labels.
    pub fn unicode(&self) -> String {
        self.0.unicode()
    }

    /// The Domain seen as a host of its own.
    pub fn host(&self) -> &Host {
        &self.0
    }

    /// The `www.` host of the Domain; `None` where the name would grow too long.
    pub fn www(&self) -> Option<Host> {
        format!("www.{}", self.0).parse().ok()
    }
}

impl FromStr for Domain {
    type Err = NotADomain;

    /// Parses a name that is a Domain or lies under one, and cuts it to the Domain.
    fn from_str(text: &str) -> Result<Self, NotADomain> {
        Self::of(&text.parse()?)
    }
}

/// The public suffix that `name` ends in, private ones passed over.
fn suffix_of(name: &str) -> Result<&str, NotADomain> {
    if let Some(front) = name.strip_suffix(".cn") {
        let second = front.rsplit('.').next().unwrap_or(front);
        if MINISTRY_CN.contains(&second) {
            return Ok(&name[name.len() - second.len() - ".cn".len()..]);
        }
    }
    let mut rest = name;
    loop {
        let suffix = psl::suffix(rest.as_bytes()).ok_or(NotADomain::UnknownSuffix)?;
        let text = std::str::from_utf8(suffix.as_bytes()).map_err(|_| NotADomain::Malformed)?;
        match suffix.typ() {
            Some(psl::Type::Icann) => return Ok(&name[name.len() - text.len()..]),
            Some(psl::Type::Private) => {
                let (_, parent) = text.split_once('.').ok_or(NotADomain::UnknownSuffix)?;
                rest = &name[name.len() - parent.len()..];
            }
            None => return Err(NotADomain::UnknownSuffix),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Host {
    type Error = NotADomain;

    fn try_from(text: String) -> Result<Self, NotADomain> {
        text.parse()
    }
}

impl From<Host> for String {
    fn from(host: Host) -> Self {
        host.0.into()
    }
}

impl TryFrom<String> for Domain {
    type Error = NotADomain;

    fn try_from(text: String) -> Result<Self, NotADomain> {
        text.parse()
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, NotADomain>) {
        let got = text.parse::<Domain>();
        assert_eq!(got.as_ref().map(Domain::as_str).map_err(|e| *e), expected, "{text}");
    }

    #[test]
    fn a_host_is_cut_to_the_registrable_domain() {
        check("example.cn", Ok("example.cn"));
        check("WWW.Example.COM.CN", Ok("example.com.cn"));
        check("a.b.c.example.com", Ok("example.com"));
        check("news.sohu.com.", Ok("sohu.com"));
        check("site.bj.cn", Ok("site.bj.cn"));
        check("www.dept.gov.cn", Ok("dept.gov.cn"));
    }

    #[test]
    fn private_suffixes_never_count() {
        check("someone.github.io", Ok("github.io"));
        check("a.b.blogspot.com", Ok("blogspot.com"));
        check("x.y.sinaapp.com", Ok("sinaapp.com"));
        check("github.io", Ok("github.io"));
        check("bucket.s3.cn-north-1.amazonaws.com.cn", Ok("amazonaws.com.cn"));
    }

    #[test]
    fn chinese_names_become_a_labels() {
        check("例子.中国", Ok("xn--fsqu00a.xn--fiqs8s"));
        check("www.例子。公司", Ok("xn--fsqu00a.xn--55qx5d"));
        check("网址.公司.cn", Ok("xn--ses554g.xn--55qx5d.cn"));
    }

    #[test]
    fn what_is_no_domain_is_refused_with_its_reason() {
        check("", Err(NotADomain::Empty));
        check(".", Err(NotADomain::Empty));
        check("com.cn", Err(NotADomain::Suffix));
        check("gd.cn", Err(NotADomain::Suffix));
        check("cn", Err(NotADomain::Suffix));
        check("localhost", Err(NotADomain::UnknownSuffix));
        check("example.nosuchsuffix", Err(NotADomain::UnknownSuffix));
        check("1.2.3.4", Err(NotADomain::Numeric));
        check("1.2.3.400", Err(NotADomain::Numeric));
        check("a..cn", Err(NotADomain::Malformed));
        check("-a.cn", Err(NotADomain::Malformed));
        check("a b.cn", Err(NotADomain::Malformed));
        check(&format!("{}.cn", "a".repeat(64)), Err(NotADomain::Malformed));
    }

    #[test]
    fn a_host_knows_the_domain_it_lies_within() {
        let domain: Domain = "example.cn".parse().unwrap();
        for (host, within) in
            [("example.cn", true), ("a.b.example.cn", true), ("badexample.cn", false)]
        {
            assert_eq!(host.parse::<Host>().unwrap().is_within(&domain), within, "{host}");
        }
    }
}
