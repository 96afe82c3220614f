//! Whether bytes are plainly simplified Chinese in GBK, told at a fraction of what the detector costs.
//!
//! Deliberately narrow: whatever is short, rare, broken or like another language is left to the
//! detector.

/// So many characters tell.
const ENOUGH: usize = 64;

/// Pairs of bytes beyond ASCII, by what they are in GB2312.
#[derive(Debug, Default)]
struct Pairs {
    all: usize,
    /// The 3,755 most usual characters, ordered by their sound: b to z.
    usual: usize,
    /// Those of them from c on. The Hangul of EUC-KR has the places before, and none here.
    usual_and_late: usize,
    /// Punctuation, and letters as wide as characters.
    signs: usize,
    /// Hiragana and Katakana, which Japanese in EUC-JP has in the same place.
    kana: usize,
    /// Bytes that are no pair. Cyrillic and others of one byte a letter have them after every other
    /// word; half of Big5 reaches into ASCII.
    broken: usize,
}

impl Pairs {
    fn of(bytes: &[u8]) -> Self {
        let mut pairs = Self::default();
        let mut rest = bytes;
        while let Some((&lead, after)) = rest.split_first() {
            rest = after;
            if lead.is_ascii() {
                continue;
            }
            pairs.all += 1;
            match (lead, after.first()) {
                (0xb0..=0xd7, Some(0xa1..=0xfe)) => {
                    pairs.usual += 1;
                    pairs.usual_and_late += usize::from(lead >= 0xc9);
                }
                (0xa1..=0xa3, Some(0xa1..=0xfe)) => pairs.signs += 1,
                (0xa4..=0xa5, Some(0xa1..=0xfe)) => pairs.kana += 1,
                // A sample may end within a character.
                (_, None) | (0x81..=0xfe, Some(0x40..=0x7e | 0x80..=0xfe)) => {}
                _ => {
                    pairs.broken += 1;
                    continue;
                }
            }
            rest = after.get(1..).unwrap_or_default();
        }
        pairs
    }
}

/// Whether a sample of a page is simplified Chinese in GBK, as nearly all mainland pages without UTF-8.
pub(super) fn is_plainly_gbk(sample: &[u8]) -> bool {
    let Pairs { all, usual, usual_and_late, signs, kana, broken } = Pairs::of(sample);
    all >= ENOUGH
        && broken * 100 <= all
        && kana * 100 <= all
        && usual * 2 >= all
        && (usual + signs) * 100 >= all * 95
        && usual_and_late * 4 >= usual
}

#[cfg(test)]
mod tests {
    use encoding_rs::BIG5;
    use encoding_rs::EUC_JP;
    use encoding_rs::EUC_KR;
    use encoding_rs::Encoding;
    use encoding_rs::GBK;
    use encoding_rs::KOI8_R;
    use encoding_rs::SHIFT_JIS;
    use encoding_rs::UTF_8;
    use encoding_rs::WINDOWS_874;
    use encoding_rs::WINDOWS_1251;
    use encoding_rs::WINDOWS_1252;
    use encoding_rs::WINDOWS_1253;

    use super::*;

    const SIMPLIFIED: &str = "欢迎访问本公司网站，我们提供各类产品与服务，联系电话请见页面底部。";
    const TRADITIONAL: &str = "歡迎訪問本公司網站，我們提供各類產品與服務，聯繫電話請見頁面底部。";
    const JAPANESE: &str =
        "当社のウェブサイトへようこそ。製品とサービスについてのお問い合わせはこちら。";
    const KOREAN: &str =
        "저희 회사 홈페이지에 오신 것을 환영합니다. 다양한 제품과 서비스를 제공합니다.";
    const RUSSIAN: &str = "Добро пожаловать на сайт нашей компании, мы предлагаем товары и услуги.";
    const GREEK: &str = "Καλώς ήρθατε στην ιστοσελίδα της εταιρείας μας, προσφέρουμε υπηρεσίες.";
    const THAI: &str = "ยินดีต้อนรับสู่เว็บไซต์ของบริษัทเรามีสินค้าและบริการมากมายให้เลือก";
    const FRENCH: &str =
        "Bienvenue à l'entreprise : déjà présentée à Genève, où l'été a été élevé.";

    #[test]
    fn only_simplified_chinese_in_gbk_is_plain() {
        for (text, encoding, is_plain) in [
            (SIMPLIFIED, GBK, true),
            (TRADITIONAL, GBK, false),
            (SIMPLIFIED, UTF_8, false),
            (TRADITIONAL, UTF_8, false),
            (TRADITIONAL, BIG5, false),
            (JAPANESE, EUC_JP, false),
            (JAPANESE, SHIFT_JIS, false),
            (KOREAN, EUC_KR, false),
            (RUSSIAN, KOI8_R, false),
            (RUSSIAN, WINDOWS_1251, false),
            (GREEK, WINDOWS_1253, false),
            (THAI, WINDOWS_874, false),
            (FRENCH, WINDOWS_1252, false),
        ] {
            check(text, encoding, is_plain);
        }
        // Few characters tell nothing.
        assert!(!is_plainly_gbk(&GBK.encode(SIMPLIFIED).0));
    }

    fn check(text: &str, encoding: &'static Encoding, is_plain: bool) {
        let bytes = encoding.encode(&text.repeat(10)).0.into_owned();
        assert_eq!(is_plainly_gbk(&bytes), is_plain, "{text} in {}", encoding.name());
        // Without blanks, and cut within a character.
        let dense: Vec<u8> = bytes.into_iter().filter(|byte| *byte != b' ').collect();
        assert_eq!(is_plainly_gbk(&dense[..dense.len() - 1]), is_plain, "{}", encoding.name());
    }
}
