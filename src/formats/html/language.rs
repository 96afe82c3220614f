//! Which language a page is in: by the scripts of its letters, then by characters and words that only
//! one language has, then by what the page says. Templates often say `en` over Chinese text.

use crate::facts::language::Language;

/// So many letters of the beginning are enough.
const SAMPLE: usize = 600;

/// Fewer letters tell nothing.
const TOO_FEW: usize = 4;

/// Characters of either spelling only, from the most frequent words of web pages.
const SIMPLIFIED: [char; 64] = [
    '们', '这', '国', '会', '来', '对', '时', '说', '们', '发', '经', '过', '还', '进', '关', '业',
    '产', '开', '个', '与', '为', '电', '网', '务', '务', '联', '系', '质', '专', '动', '实', '现',
    '见', '问', '题', '设', '计', '术', '应', '样', '机', '场', '团', '学', '长', '东', '车', '门',
    '钱', '银', '书', '语', '话', '记', '论', '认', '议', '让', '请', '谢', '线', '组', '结', '给',
];
const TRADITIONAL: [char; 64] = [
    '們', '這', '國', '會', '來', '對', '時', '說', '們', '發', '經', '過', '還', '進', '關', '業',
    '產', '開', '個', '與', '為', '電', '網', '務', '務', '聯', '繫', '質', '專', '動', '實', '現',
    '見', '問', '題', '設', '計', '術', '應', '樣', '機', '場', '團', '學', '長', '東', '車', '門',
    '錢', '銀', '書', '語', '話', '記', '論', '認', '議', '讓', '請', '謝', '線', '組', '結', '給',
];

/// The block of Chinese characters, a bit for each.
const FIRST: u32 = 0x4e00;
const WORDS: usize = 328;

static IS_SIMPLIFIED: [u64; WORDS] = bits(&SIMPLIFIED, &TRADITIONAL);
static IS_TRADITIONAL: [u64; WORDS] = bits(&TRADITIONAL, &SIMPLIFIED);

/// Words that nearly every page of a language has, and hardly any of the others.
const ENGLISH: [&str; 8] = ["the", "and", "of", "for", "with", "your", "our", "you"];
const FRENCH: [&str; 8] = ["le", "les", "des", "et", "est", "une", "pour", "vous"];
const SPANISH: [&str; 8] = ["el", "los", "las", "y", "una", "para", "con", "por"];

/// The characters of `these` that stand in `others` at no place of their own.
const fn bits(these: &[char; 64], others: &[char; 64]) -> [u64; WORDS] {
    let mut bits = [0; WORDS];
    let mut at = 0;
    while at < these.len() {
        if these[at] as u32 != others[at] as u32 {
            let code = these[at] as u32 - FIRST;
            bits[(code / 64) as usize] |= 1 << (code % 64);
        }
        at += 1;
    }
    bits
}

#[derive(Default)]
struct Letters {
    all: usize,
    han: usize,
    simplified: usize,
    traditional: usize,
    kana: usize,
    latin: usize,
    cyrillic: usize,
    arabic: usize,
}

/// The language of `text`; `declared` is the page's own word for it (`zh-CN`).
pub(super) fn of(text: &str, declared: Option<&str>) -> Language {
    let letters = count(text);
    if letters.all < TOO_FEW {
        return Language::Other;
    }
    let declared = declared.unwrap_or_default().trim().to_ascii_lowercase();
    let is_most = |count: usize| count * 2 > letters.all;
    // A page in kanji alone is Chinese; Japanese has kana in every sentence.
    if letters.kana * 20 > letters.han + letters.kana
        && (letters.han + letters.kana) * 5 > letters.all
    {
        return Language::Japanese;
    }
    // A Chinese page is full of Latin brand names and addresses.
    if letters.han * 5 > letters.all || letters.han > 100 {
        let says_traditional =
            ["zh-tw", "zh-hk", "zh-mo", "zh-hant"].iter().any(|tag| declared.starts_with(tag));
        let is_traditional = letters.traditional > letters.simplified
            || (letters.traditional == letters.simplified && says_traditional);
        return if is_traditional {
            Language::TraditionalChinese
        } else {
            Language::SimplifiedChinese
        };
    }
    if is_most(letters.cyrillic) {
        return if declared.is_empty() || declared.starts_with("ru") {
            Language::Russian
        } else {
            Language::Other
        };
    }
    if is_most(letters.arabic) {
        let is_other = ["fa", "ur", "ug", "ps"].iter().any(|tag| declared.starts_with(tag));
        return if is_other { Language::Other } else { Language::Arabic };
    }
    if is_most(letters.latin) { by_words(text, &declared) } else { Language::Other }
}

fn count(text: &str) -> Letters {
    let mut letters = Letters::default();
    for character in text.chars() {
        if letters.all == SAMPLE {
            break;
        }
        match character {
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' => letters.latin += 1,
            '\u{4e00}'..='\u{9fff}' => {
                letters.han += 1;
                let code = u32::from(character) - FIRST;
                let is_in = |set: &[u64; WORDS]| {
                    set.get((code / 64) as usize).is_some_and(|word| word >> (code % 64) & 1 == 1)
                };
                letters.simplified += usize::from(is_in(&IS_SIMPLIFIED));
                letters.traditional += usize::from(is_in(&IS_TRADITIONAL));
            }
            '\u{3041}'..='\u{30ff}' => letters.kana += 1,
            '\u{400}'..='\u{4ff}' => letters.cyrillic += 1,
            '\u{600}'..='\u{6ff}' => letters.arabic += 1,
            other if other.is_ascii() || !other.is_alphabetic() => continue,
            _ => {}
        }
        letters.all += 1;
    }
    letters
}

fn by_words(text: &str, declared: &str) -> Language {
    let languages = [
        (Language::English, "en", ENGLISH),
        (Language::French, "fr", FRENCH),
        (Language::Spanish, "es", SPANISH),
    ];
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .take(SAMPLE / 4)
        .collect();
    let score = |known: &[&str]| {
        words.iter().filter(|word| known.iter().any(|one| word.eq_ignore_ascii_case(one))).count()
    };
    let best = languages
        .iter()
        .map(|(language, _, known)| (score(known), *language))
        .max_by_key(|(score, _)| *score);
    match best {
        Some((score, language)) if score > 0 && score * 20 >= words.len() => language,
        // Too few words tell nothing, so the page is believed.
        _ => languages
            .iter()
            .find(|(_, tag, _)| declared.split('-').next() == Some(tag))
            .map_or(Language::Other, |(language, ..)| *language),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_come_first_then_characters_and_words_then_the_pages_own_word() {
        let simplified = "欢迎访问本公司网站，我们为客户提供专业的产品与服务。";
        let traditional = "歡迎訪問本公司網站，我們為客戶提供專業的產品與服務。";
        for (text, declared, expected) in [
            (simplified, None, Language::SimplifiedChinese),
            (simplified, Some("en"), Language::SimplifiedChinese),
            (traditional, Some("zh-CN"), Language::TraditionalChinese),
            ("公司首页", Some("zh-TW"), Language::TraditionalChinese),
            ("公司首页", None, Language::SimplifiedChinese),
            ("ABC Technology Co., Ltd. 深圳市某某科技有限公司", None, Language::SimplifiedChinese),
            ("当社のホームページへようこそ", None, Language::Japanese),
            ("Welcome to the home page of our company and contact us", None, Language::English),
            ("Bienvenue, nous sommes une équipe pour vous et les clients", None, Language::French),
            ("Bienvenidos a la empresa, con las mejores ofertas para los", None, Language::Spanish),
            ("Home About Contact", Some("en-US"), Language::English),
            ("Startseite Kontakt Impressum", Some("de"), Language::Other),
            ("Добро пожаловать на наш сайт", None, Language::Russian),
            ("Ласкаво просимо на сайт", Some("uk"), Language::Other),
            ("مرحبا بكم في موقعنا", None, Language::Arabic),
            ("한국어 홈페이지", None, Language::Other),
            ("12 ©", Some("zh-CN"), Language::Other),
            ("", None, Language::Other),
        ] {
            assert_eq!(of(text, declared), expected, "{text} {declared:?}");
        }
    }
}
