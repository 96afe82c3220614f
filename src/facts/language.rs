//! Which language a page is in, with the ministry's numbers for it.

use serde::Deserialize;
use serde::Serialize;

/// The language of a page's text.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Language {
    /// Chinese in simplified characters.
    #[serde(rename = "zh-Hans")]
    SimplifiedChinese,
    /// Chinese in traditional characters.
    #[serde(rename = "zh-Hant")]
    TraditionalChinese,
    /// English.
    #[serde(rename = "en")]
    English,
    /// Japanese.
    #[serde(rename = "ja")]
    Japanese,
    /// French.
    #[serde(rename = "fr")]
    French,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
    /// Arabic.
    #[serde(rename = "ar")]
    Arabic,
    /// Russian.
    #[serde(rename = "ru")]
    Russian,
    /// Another one, or too little text to tell.
    #[default]
    #[serde(rename = "other")]
    Other,
}

impl Language {
    /// The tag by BCP 47; `other` for what is none of them.
    pub fn tag(self) -> &'static str {
        match self {
            Self::SimplifiedChinese => "zh-Hans",
            Self::TraditionalChinese => "zh-Hant",
            Self::English => "en",
            Self::Japanese => "ja",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Arabic => "ar",
            Self::Russian => "ru",
            Self::Other => "other",
        }
    }

    /// The number of the language (`Yylb`) in the ministry's messages, as implementations of the
    /// interface V3.0 use it; `None` where it has none.
    pub fn v3_code(self) -> Option<u8> {
        Some(match self {
            Self::SimplifiedChinese => 1,
            Self::TraditionalChinese => 2,
            Self::English => 3,
            Self::Japanese => 4,
            Self::French => 5,
            Self::Spanish => 6,
            Self::Arabic => 7,
            Self::Russian => 8,
            Self::Other => return None,
        })
    }
}
