//! Who connects sites to the internet (接入服务商), and by which names registers speak of them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::Deserialize;
use serde::Serialize;
use unicode_normalization::IsNormalized;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::is_nfkc_quick;

use crate::facts::bureau::Bureau;
use crate::facts::domain::Host;

/// A provider's identifier (标识), as the providers register gives it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProviderId(Arc<str>);

/// A provider as some register writes it: id, name or alias, after NFKC and trimming. What it means
/// is looked up when it is used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProviderName(Box<str>);

/// The text names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a provider's id or name is 1 to 255 characters without control characters")]
pub struct NotAProviderName;

/// What a provider is (类别).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// 基础电信企业
    Carrier,
    /// 接入服务商
    Provider,
    /// A content delivery network: it serves other providers' sites from its own addresses.
    Cdn,
}

/// One row of the providers register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// 标识
    pub id: ProviderId,
    /// 名称
    pub name: ProviderName,
    /// 别名: further names it is known by.
    pub aliases: Vec<ProviderName>,
    /// 类别
    pub kind: ProviderKind,
    /// 监督单位; `None` where the register does not say.
    pub bureau: Option<Bureau>,
    /// 经营许可证编号
    pub licence: Option<String>,
    /// 重点: one of the plan's key providers.
    pub is_key: bool,
    /// CNAME suffixes under which a CDN serves its customers, longest match wins.
    pub cname_suffixes: Vec<Host>,
    /// The number that the ministry's messages use for it.
    pub v3_id: Option<u64>,
}

impl ProviderId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What stands before the number in a name that is one of the ministry's numbers.
const V3: &str = "v3:";

impl ProviderName {
    /// The provider to whom the ministry's messages give `number`, written `v3:9001`, so that it is
    /// never taken for an id of the providers register.
    pub fn of_v3_id(number: u64) -> Self {
        Self(format!("{V3}{number}").into())
    }

    /// The ministry's number, where the name is one.
    pub fn v3_id(&self) -> Option<u64> {
        v3_id(&self.0)
    }

    /// The name as text, NFKC and trimmed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it may be told to anybody: not where a telephone number, a certificate or a mail address
    /// slipped into the column of providers.
    pub fn is_tellable(&self) -> bool {
        const MOST_DIGITS: usize = 6;
        let digits = self.0.bytes().filter(u8::is_ascii_digit).count();
        digits <= MOST_DIGITS && !self.0.contains('@')
    }
}

/// The ministry's number, where `name` is one ([`ProviderName::of_v3_id`]).
pub(crate) fn v3_id(name: &str) -> Option<u64> {
    name.strip_prefix(V3)?.parse().ok()
}

fn normal(text: &str) -> Result<Box<str>, NotAProviderName> {
    // Nearly every name is normal already, and names are read by the million.
    let is_normal = is_nfkc_quick(text.chars()) == IsNormalized::Yes;
    let name = if is_normal { Cow::Borrowed(text) } else { text.nfkc().collect() };
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 255 || name.chars().any(char::is_control) {
        return Err(NotAProviderName);
    }
    Ok(name.into())
}

impl FromStr for ProviderId {
    type Err = NotAProviderName;

    fn from_str(text: &str) -> Result<Self, NotAProviderName> {
        normal(text).map(|id| Self(id.into()))
    }
}

impl FromStr for ProviderName {
    type Err = NotAProviderName;

    fn from_str(text: &str) -> Result<Self, NotAProviderName> {
        normal(text).map(Self)
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for ProviderId {
    type Error = NotAProviderName;

    fn try_from(text: String) -> Result<Self, NotAProviderName> {
        text.parse()
    }
}

impl From<ProviderId> for String {
    fn from(id: ProviderId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl TryFrom<String> for ProviderName {
    type Error = NotAProviderName;

    fn try_from(text: String) -> Result<Self, NotAProviderName> {
        text.parse()
    }
}

impl From<ProviderName> for String {
    fn from(name: ProviderName) -> Self {
        name.0.into()
    }
}

impl ProviderKind {
    /// The word that files and reports use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Carrier => "carrier",
            Self::Provider => "provider",
            Self::Cdn => "cdn",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slipped_into_the_column_is_not_told() {
        for (name, is_tellable) in [
            ("阿里云计算有限公司", true),
            ("P004", true),
            ("v3:9001", true),
            ("13912345678", false),
            ("11010519491231002X", false),
            ("wang@example.cn", false),
        ] {
            assert_eq!(name.parse::<ProviderName>().unwrap().is_tellable(), is_tellable, "{name}");
        }
    }
}
