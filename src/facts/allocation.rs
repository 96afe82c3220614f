//! One reported range of addresses (IP 地址报备记录): who has it, from whom, for what.

use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::bureau::Bureau;
use crate::facts::filing::UNREADABLE;
use crate::facts::provider::ProviderName;
use crate::facts::range::AddressRange;

/// What a row says of its range (类型).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllocationKind {
    /// 来源: the provider has the range, from whom `from` says.
    Source,
    /// 分配且使用: in use by the provider's customer.
    Assigned,
    /// 再次分配: passed on to the provider in `to`.
    Reassigned,
    /// 自用
    OwnUse,
    /// 预留
    Reserved,
    /// 自带: brought along by a customer, held by the reporting provider.
    Brought,
    /// 境内地址空间: given to the mainland by the regional registry, reported by nobody.
    Registry,
}

/// How the addresses are used (使用方式).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressUse {
    /// 静态
    Static,
    /// 动态
    Dynamic,
    /// 未知
    Unknown,
    /// The row does not say.
    #[default]
    Unstated,
}

/// The detail of a row of which nothing is known: what its kind seems to be.
pub const SEEMS: &str = "seems";

/// What a row can prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A report or a registry row: it names a holder and a place.
    Reported,
    /// A plain list or a route object: it names a holder, never a place.
    Listed,
    /// What a provider says of addresses that others have, or that nothing known gives it: it proves
    /// nothing until they do.
    Waiting,
}

/// One row of the allocations register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// The addresses it speaks of.
    pub range: AddressRange,
    /// 类型
    pub kind: AllocationKind,
    /// What the row can prove.
    pub origin: Origin,
    /// 报备单位; `None` only for `registry` rows.
    pub provider: Option<ProviderName>,
    /// 来源单位
    pub from: Option<ProviderName>,
    /// 分配对象: the provider it is reassigned to.
    pub to: Option<ProviderName>,
    /// 使用方式
    pub address_use: AddressUse,
    /// 域名跳转服务器: the addresses only send visitors on.
    pub is_redirector: bool,
    /// 省份
    pub province: Option<Bureau>,
    /// Further columns as the file had them, by English column name: `gateway`, `city`, `user`,
    /// `user_address`, `contact`, `contact_phone`, `contact_email`, `allocated_on`.
    pub details: Vec<(String, String)>,
}

impl Allocation {
    /// A row that says who holds a range, and nothing else.
    pub fn bare(
        range: AddressRange,
        kind: AllocationKind,
        origin: Origin,
        provider: Option<ProviderName>,
    ) -> Self {
        Self {
            range,
            kind,
            origin,
            provider,
            from: None,
            to: None,
            address_use: AddressUse::Unstated,
            is_redirector: false,
            province: None,
            details: Vec::new(),
        }
    }

    /// A row of which nothing is known but that `provider`, where that can be read, reported `range`; the
    /// `column` is at fault. It proves no place, and that nobody is known who has the range.
    pub fn unreadable(range: AddressRange, provider: Option<ProviderName>, column: &str) -> Self {
        let row = Self::bare(range, AllocationKind::Assigned, Origin::Listed, provider);
        Self { details: vec![(UNREADABLE.to_owned(), column.to_owned())], ..row }
    }

    /// Such a row with its kind, where that can be read.
    #[must_use]
    pub fn seems(mut self, kind: AllocationKind) -> Self {
        self.details.push((SEEMS.to_owned(), kind.word().to_owned()));
        self
    }

    /// Whether it is what `stand_in`, a row of which nothing is known, was meant to be: the same kind of row, as
    /// far as its kind can be read, of the same range and, as written, by the same reporter.
    pub fn mends(&self, stand_in: &Self) -> bool {
        let is_kind = stand_in.detail(SEEMS).is_none_or(|kind| kind == self.kind.word());
        let is_reporter = self.provider.is_some() && self.provider == stand_in.provider;
        !self.is_unreadable() && is_kind && is_reporter && self.range == stand_in.range
    }

    /// Whether nothing is known of the row but its range.
    pub fn is_unreadable(&self) -> bool {
        self.detail(UNREADABLE).is_some()
    }

    /// One of the further columns.
    pub fn detail(&self, column: &str) -> Option<&str> {
        self.details.iter().find(|(name, _)| name == column).map(|(_, value)| value.as_str())
    }

    /// 分配日期; `None` where the row gives none that is a date.
    pub fn allocated_on(&self) -> Option<Date> {
        self.detail("allocated_on")?.parse().ok()
    }

    /// Whether the row speaks of `day` already: what is allocated from a later day on is not held
    /// by anybody yet.
    pub fn is_in_force(&self, day: Date) -> bool {
        self.allocated_on().is_none_or(|from| from <= day)
    }
}

impl AllocationKind {
    /// The word that files use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Assigned => "assigned",
            Self::Reassigned => "reassigned",
            Self::OwnUse => "own_use",
            Self::Reserved => "reserved",
            Self::Brought => "brought",
            Self::Registry => "registry",
        }
    }
}
