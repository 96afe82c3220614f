//! The authorities: 31 provincial bureaus (通信管理局) and the ministry (部) above them.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

/// The short names of the 31 provinces, in the order of the ministry's region codes.
pub const PROVINCES: [&str; 31] = [
    "北京",
    "天津",
    "河北",
    "山西",
    "内蒙古",
    "辽宁",
    "吉林",
    "黑龙江",
    "上海",
    "江苏",
    "浙江",
    "安徽",
    "福建",
    "江西",
    "山东",
    "河南",
    "湖北",
    "湖南",
    "广东",
    "广西",
    "海南",
    "重庆",
    "四川",
    "贵州",
    "云南",
    "西藏",
    "陕西",
    "甘肃",
    "青海",
    "宁夏",
    "新疆",
];

/// The provinces' administrative codes (GB/T 2260), in the order of [`PROVINCES`].
const AREA_CODES: [u32; 31] = [
    110_000, 120_000, 130_000, 140_000, 150_000, 210_000, 220_000, 230_000, 310_000, 320_000,
    330_000, 340_000, 350_000, 360_000, 370_000, 410_000, 420_000, 430_000, 440_000, 450_000,
    460_000, 500_000, 510_000, 520_000, 530_000, 540_000, 610_000, 620_000, 630_000, 640_000,
    650_000,
];

/// The characters that filing numbers begin with, in the order of [`PROVINCES`].
const NUMBER_PREFIXES: [char; 31] = [
    '京', '津', '冀', '晋', '蒙', '辽', '吉', '黑', '沪', '苏', '浙', '皖', '闽', '赣', '鲁', '豫',
    '鄂', '湘', '粤', '桂', '琼', '渝', '蜀', '黔', '滇', '藏', '陕', '陇', '青', '宁', '新',
];

/// A provincial bureau or the ministry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bureau(Authority);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Authority {
    Ministry,
    Province(u8),
}

/// The text names no province and not the ministry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no province, bureau or `部`")]
pub struct NotABureau(String);

impl Bureau {
    /// The ministry (部).
    pub const MINISTRY: Self = Self(Authority::Ministry);

    /// The short Chinese name: `北京`, or `部`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Authority::Ministry => "部",
            Authority::Province(index) => PROVINCES[usize::from(index)],
        }
    }

    /// The province's administrative code, such as 110000; `None` for the ministry.
    pub fn area_code(self) -> Option<u32> {
        match self.0 {
            Authority::Ministry => None,
            Authority::Province(index) => AREA_CODES.get(usize::from(index)).copied(),
        }
    }

    /// The bureau whose filing numbers begin with `prefix`, in normal form (`京ICP备…`).
    pub fn of_number_prefix(prefix: char) -> Option<Self> {
        let known = NUMBER_PREFIXES.iter().zip(0_u8..).find(|(known, _)| **known == prefix);
        known.map(|(_, index)| Self(Authority::Province(index)))
    }

    /// The province in which an area with this administrative code lies.
    pub fn of_area_code(code: u32) -> Option<Self> {
        let province = code / 10_000 * 10_000;
        let known = AREA_CODES.iter().zip(0_u8..).find(|(known, _)| **known == province);
        known.map(|(_, index)| Self(Authority::Province(index)))
    }
}

impl FromStr for Bureau {
    type Err = NotABureau;

    /// Takes `北京`, `北京市`, `北京通信管理局`, `北京市通信管理局`, `内蒙古自治区`, `部`, and the plan's
    /// `部及各省（区、市）通信管理局`.
    fn from_str(text: &str) -> Result<Self, NotABureau> {
        let name: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if name.starts_with('部')
            || name.starts_with("工业和信息化部")
            || name.starts_with("工信部")
        {
            return Ok(Self::MINISTRY);
        }
        let tails = ["", "省", "市", "自治区", "壮族自治区", "回族自治区", "维吾尔自治区"];
        let bare = name.strip_suffix("通信管理局").or(name.strip_suffix("管局")).unwrap_or(&name);
        let is_named =
            |province: &str| bare.strip_prefix(province).is_some_and(|rest| tails.contains(&rest));
        PROVINCES
            .iter()
            .zip(0_u8..)
            .find(|(province, _)| is_named(province))
            .map(|(_, index)| Self(Authority::Province(index)))
            .ok_or_else(|| NotABureau(text.to_owned()))
    }
}

impl fmt::Display for Bureau {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl TryFrom<String> for Bureau {
    type Error = NotABureau;

    fn try_from(text: String) -> Result<Self, NotABureau> {
        text.parse()
    }
}

impl From<Bureau> for String {
    fn from(bureau: Bureau) -> Self {
        bureau.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_begins_with_the_character_of_its_bureau() {
        let known = |prefix| Bureau::of_number_prefix(prefix).map(Bureau::name);
        assert_eq!(known('京'), Some("北京"));
        assert_eq!([known('蜀'), known('黔'), known('滇')], ["四川", "贵州", "云南"].map(Some));
        assert_eq!([known('陇'), known('新')], ["甘肃", "新疆"].map(Some));
        assert_eq!(known('萌'), None);
    }

    #[test]
    fn a_bureau_is_known_by_each_of_its_names() {
        for (text, name) in [
            ("北京", "北京"),
            ("北京通信管理局", "北京"),
            ("内蒙古自治区通信管理局", "内蒙古"),
            ("广西壮族自治区", "广西"),
            (" 四川 省 ", "四川"),
            ("部及各省（区、市）通信管理局", "部"),
            ("部", "部"),
        ] {
            assert_eq!(text.parse::<Bureau>().unwrap().name(), name);
        }
        assert!("香港".parse::<Bureau>().is_err());
        assert!("北京东路".parse::<Bureau>().is_err());
        assert!("".parse::<Bureau>().is_err());
    }
}
