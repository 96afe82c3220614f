//! A problem that the address register has in itself, and by which day its reporter must mend it.
//!
//! Three of them are those of the ministry's check result (interface V3.0, `IP/HCJG`): out of bounds
//! 越界, conflict 冲突, unreported 未报. The others are what its upload refuses or misses in one row,
//! with the code of section 5.1.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::bureau::Bureau;
use crate::facts::provider::ProviderId;
use crate::facts::range::AddressRange;

/// Which rows a problem is about: those that say from whom a range is, or those that say what
/// became of it (`Yjlx`, `Ctlx` and `Wblx` of the check result).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 来源
    Source,
    /// 分配
    Assignment,
}

macro_rules! faults {
    ($($(#[doc = $doc:literal])* $name:ident, $word:literal, $chinese:literal, $code:expr, $column:literal;)*) => {
        /// What is wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Fault {
            $($(#[doc = $doc])* $name,)*
        }

        impl Fault {
            /// Every fault.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word of files and JSON.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What providers and bureaus read.
            pub fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)* }
            }

            /// The interface's processing result code; `None` where it has none for it.
            pub fn code(self) -> Option<u16> {
                match self { $(Self::$name => $code,)* }
            }

            /// The column to look at.
            pub fn column(self) -> &'static str {
                match self { $(Self::$name => $column,)* }
            }
        }
    };
}

faults! {
    /// The row reaches outside of what its reporter has: a source outside what the upstream passed
    /// on, an assignment outside the reporter's sources.
    OutOfBounds, "out_of_bounds", "越界", None, "start";
    /// Two units claim the same addresses, and neither has them from the other.
    Conflict, "conflict", "冲突", Some(2056), "start";
    /// Addresses that somebody must have and nobody reported.
    Unreported, "unreported", "未报", None, "start";
    /// No provider bears the reporter's name.
    ReporterUnknown, "reporter_unknown", "报备单位不存在", Some(2001), "provider";
    /// Its reporter reported a part of the range in another row already.
    ReportedAlready, "reported_already", "地址段已报备", Some(2003), "start";
    /// The reporter has no source for the range at all.
    NoSource, "no_source", "未报备来源信息", Some(2005), "start";
    /// The range holds addresses that nobody can be given.
    SpecialPurpose, "special_purpose", "含有特殊用途地址", Some(2006), "start";
    /// The gateway is no address, or none of the range.
    GatewayWrong, "gateway_wrong", "网关不是合法地址或不在本段内", Some(2008), "gateway";
    /// Digits and `-` only, eleven characters at least.
    PhoneWrong, "phone_wrong", "联系电话格式不正确", Some(2012), "contact_phone";
    /// Without `@`.
    MailWrong, "mail_wrong", "联系邮箱格式不正确", Some(2013), "contact_email";
    /// No source unit.
    SourceMissing, "source_missing", "来源单位为空", Some(2028), "from";
    /// No provider bears the source unit's name.
    SourceUnknown, "source_unknown", "来源单位不存在", Some(2029), "from";
    /// No date, or none that can be read.
    DateMissing, "date_missing", "分配使用时间为空或不是日期", Some(2030), "allocated_on";
    /// No user.
    UserMissing, "user_missing", "使用单位名称为空", Some(2031), "user";
    /// No manner of use.
    UseMissing, "use_missing", "使用方式为空", Some(2032), "use";
    /// No street address.
    AddressMissing, "address_missing", "单位详细地址为空", Some(2036), "user_address";
    /// No province.
    ProvinceMissing, "province_missing", "省份为空", Some(2037), "province";
    /// No city.
    CityMissing, "city_missing", "地市为空", Some(2038), "city";
    /// No telephone.
    PhoneMissing, "phone_missing", "联系人电话为空", Some(2039), "contact_phone";
    /// No contact.
    ContactMissing, "contact_missing", "联系人姓名为空", Some(2040), "contact";
    /// No mail address.
    MailMissing, "mail_missing", "联系人电子邮箱为空", Some(2042), "contact_email";
    /// No gateway.
    GatewayMissing, "gateway_missing", "网关地址为空", Some(2043), "gateway";
    /// A brought range without the name of whom it is from.
    SourceNameMissing, "source_name_missing", "来源单位名称为空", Some(2045), "from";
    /// No provider bears the receiver's name.
    TargetUnknown, "target_unknown", "分配对象不存在", Some(2048), "to";
    /// The reporter passed the range on to itself.
    SameTarget, "same_target", "分配单位与使用单位相同", Some(2050), "to";
    /// The reporter names itself as its source.
    SameSource, "same_source", "来源单位与报备单位相同", Some(2052), "from";
}

/// What makes it the same problem from one check to the next.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProblemKey {
    /// Who must mend it; `None` where nobody is known.
    pub provider: Option<ProviderId>,
    /// What is wrong.
    pub fault: Fault,
    /// With which rows.
    pub level: Level,
    /// The range of the row; where rows are missing, what the registry or the upstream gave.
    pub range: AddressRange,
    /// The first addresses at fault, within or beyond the range. It may shrink or grow from one check
    /// to the next, and is no part of what makes the problem the same.
    pub part: AddressRange,
    /// The other unit: whose claim conflicts, who passed the range on.
    pub other: Option<ProviderId>,
}

/// A problem with its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What makes it the same.
    pub key: ProblemKey,
    /// Whose to follow: the row's province, else the provider's bureau, else the ministry.
    pub bureau: Bureau,
    /// The value at fault, or the other row's range; empty where there is nothing to show.
    pub detail: String,
    /// When a check first saw it; since it was last mended, if it was.
    pub first_seen: Timestamp,
    /// The day by which it is to be mended.
    pub due: Date,
    /// When a check saw it no more.
    pub closed: Option<Timestamp>,
}

impl Level {
    /// The word of files and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Assignment => "assignment",
        }
    }

    /// What people read.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Source => "来源",
            Self::Assignment => "分配",
        }
    }
}

impl ProblemKey {
    /// What the interface's check result calls it: `Yj1`, `Ct2`, `Wb1` and so on; `None` for what one
    /// row has by itself.
    pub fn check_code(&self) -> Option<&'static str> {
        Some(match (self.fault, self.level) {
            (Fault::OutOfBounds, Level::Source) => "Yj1",
            (Fault::OutOfBounds | Fault::NoSource, Level::Assignment) => "Yj2",
            (Fault::Conflict, Level::Source) => "Ct1",
            (Fault::Conflict, Level::Assignment) => "Ct2",
            (Fault::Unreported, Level::Source) => "Wb1",
            (Fault::Unreported, Level::Assignment) => "Wb2",
            _ => return None,
        })
    }
}

impl Problem {
    /// Whether it is still to be mended.
    pub fn stands(&self) -> bool {
        self.closed.is_none()
    }

    /// Whether it is still to be mended after its day.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.stands() && self.due < today
    }
}
