//! How filing numbers are written: folds characters to one spelling, and reads one number where it
//! begins. The whole cell and the running text of a page go through the same two functions.

use unicode_normalization::UnicodeNormalization;

use crate::facts::number::FilingNumber;
use crate::facts::number::LicenceNumber;
use crate::facts::number::SiteSuffix;
use crate::facts::number::SubjectNumber;
use crate::facts::number::serial::LONGEST;
use crate::facts::number::serial::Serial;

/// Between two parts of one number in running text, at most so many spaces.
const WIDEST_GAP: usize = 4;

/// Of the signs that stand for digits at most so many are read.
const LONGEST_MASK: usize = 32;

/// Between 备 and the serial, at most so many characters of `案`, `序`, `号` and the like.
const LONGEST_LABEL: usize = 6;

/// Passes on what `character` stands for: compatibility forms (NFKC) and traditional characters
/// folded, letters in upper case, every dash as `-`, every white space as one space, and nothing
/// for characters that are not seen.
pub(crate) fn fold(character: char, pass_on: &mut impl FnMut(char)) {
    match character {
        '!'..='`' | '{'..='~' => pass_on(character),
        'a'..='z' => pass_on(character.to_ascii_uppercase()),
        '\u{4e00}'..='\u{9fff}' => pass_on(simplified(character)),
        _ if is_unseen(character) => {}
        _ => {
            for part in std::iter::once(character).nfkc() {
                match part {
                    _ if is_unseen(part) => {}
                    _ if part.is_whitespace() => pass_on(' '),
                    '\u{2010}'..='\u{2015}'
                    | '\u{2043}'
                    | '\u{2212}'
                    | '\u{2500}'
                    | '\u{2501}'
                    | '\u{30fc}'
                    | '\u{fe58}' => pass_on('-'),
                    _ => pass_on(simplified(part.to_ascii_uppercase())),
                }
            }
        }
    }
}

fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
    )
}

/// The simplified form of the traditional characters that numbers are written with.
fn simplified(character: char) -> char {
    match character {
        '備' => '备',
        '證' | '証' => '证',
        '號' => '号',
        '滬' => '沪',
        '粵' => '粤',
        '蘇' => '苏',
        '遼' => '辽',
        '閩' => '闽',
        '贛' => '赣',
        '魯' => '鲁',
        '瓊' => '琼',
        '陝' => '陕',
        '隴' => '陇',
        '寧' => '宁',
        '晉' => '晋',
        '貴' => '贵',
        '雲' => '云',
        '肅' => '肃',
        other => other,
    }
}

/// The province character of numbers; the forms of car plates are folded to it.
pub(crate) fn province(character: char) -> Option<char> {
    match character {
        '川' => Some('蜀'),
        '贵' => Some('黔'),
        '云' => Some('滇'),
        '甘' => Some('陇'),
        '京' | '津' | '冀' | '晋' | '蒙' | '辽' | '吉' | '黑' | '沪' | '苏' | '浙' | '皖'
        | '闽' | '赣' | '鲁' | '豫' | '鄂' | '湘' | '粤' | '桂' | '琼' | '渝' | '蜀' | '黔'
        | '滇' | '藏' | '陕' | '陇' | '青' | '宁' | '新' => Some(character),
        _ => None,
    }
}

/// Reads the number that begins with the first of the folded `characters`, and tells how many of
/// them it takes.
pub(crate) fn read(characters: &[char]) -> Option<(FilingNumber, usize)> {
    let mut cursor = Cursor { characters, at: 0 };
    let number = cursor.number()?;
    Some((number, cursor.at))
}

/// Reads a licence by class whose issuer is not told, `B2-20090059`: too little for running text.
pub(crate) fn read_without_issuer(characters: &[char]) -> Option<(FilingNumber, usize)> {
    let mut cursor = Cursor { characters, at: 0 };
    let number = cursor.classed_licence("")?;
    Some((number, cursor.at))
}

struct Cursor<'a> {
    characters: &'a [char],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn skip_spaces(&mut self) -> bool {
        let rest = self.characters.get(self.at..).unwrap_or_default();
        let spaces = rest.iter().take(WIDEST_GAP).take_while(|c| **c == ' ').count();
        self.at += spaces;
        spaces > 0
    }

    /// Takes `expected` and the spaces before it, or nothing.
    fn take(&mut self, expected: char) -> bool {
        self.take_if(|character| character == expected).is_some()
    }

    fn take_if(&mut self, is_expected: impl Fn(char) -> bool) -> Option<char> {
        let before = self.at;
        self.skip_spaces();
        let taken = self.peek().filter(|character| is_expected(*character));
        self.at = if taken.is_some() { self.at + 1 } else { before };
        taken
    }

    fn take_all<const N: usize>(&mut self, expected: [char; N]) -> bool {
        let before = self.at;
        let is_there = expected.iter().all(|character| self.take(*character));
        if !is_there {
            self.at = before;
        }
        is_there
    }

    /// A run of digits of an allowed length; a longer or shorter run is something else.
    fn digits(&mut self, lengths: std::ops::RangeInclusive<usize>) -> Option<String> {
        let before = self.at;
        self.skip_spaces();
        let rest = self.characters.get(self.at..).unwrap_or_default();
        let limit = lengths.end() + 1;
        let digits: String = rest.iter().take(limit).take_while(|c| c.is_ascii_digit()).collect();
        if lengths.contains(&digits.len()) {
            self.at += digits.len();
            Some(digits)
        } else {
            self.at = before;
            None
        }
    }

    /// The words that may stand between 备 or 证 and the serial; tells whether 案 was among them.
    fn label(&mut self) -> bool {
        let mut is_about_filing = false;
        for _ in 0..LONGEST_LABEL {
            match self.take_if(|c| matches!(c, '案' | '序' | '字' | '第' | '号' | ':')) {
                Some(character) => is_about_filing |= character == '案',
                None => break,
            }
        }
        is_about_filing
    }

    /// A number with its issuer: a province, also in parentheses, or 合字.
    fn number(&mut self) -> Option<FilingNumber> {
        if self.peek() == Some('合') {
            self.at += 1;
            return if self.take('字') { self.classed_licence("合字") } else { None };
        }
        let is_enclosed = self.peek() == Some('(');
        self.at += usize::from(is_enclosed);
        let province = province(self.peek()?)?;
        self.at += 1;
        if is_enclosed && !self.take(')') {
            return None;
        }
        if !self.take_all(['I', 'C', 'P']) {
            return self.classed_licence(province.encode_utf8(&mut [0; 4]));
        }
        if self.take('备') { self.filed(province) } else { self.licence(province) }
    }

    fn filed(&mut self, province: char) -> Option<FilingNumber> {
        let is_after_label = self.label();
        let Some(serial) = self.digits(4..=LONGEST) else { return self.other_licence(province) };
        if self.is_masked() {
            return None;
        }
        // 「云ICP备案：95187」 and 「京ICP备案2024年」 speak of filing, and of something else.
        if self.peek() == Some('年') || (is_after_label && serial.len() < 6) {
            return None;
        }
        let subject = SubjectNumber { province, serial: Serial::of(&serial)? };
        Some(FilingNumber::Filed { subject, site: self.site() })
    }

    /// Whether a serial that ends here is not all of it: signs stand for the rest, `1100●●●●号`.
    fn is_masked(&self) -> bool {
        let rest = self.characters.get(self.at..).unwrap_or_default();
        let signs = rest.iter().take(LONGEST_MASK).take_while(|c| !c.is_alphanumeric());
        let (count, blanks) = signs
            .fold((0, 0), |(count, blanks), sign| (count + 1, blanks + usize::from(*sign == ' ')));
        matches!(rest.first(), Some('X' | '*' | '?' | '#' | '○' | '×'))
            || (count > blanks && rest.get(count) == Some(&'号'))
    }

    /// `京ICP证030173号`, after `京ICP`.
    fn licence(&mut self, province: char) -> Option<FilingNumber> {
        if !self.take('证') {
            return None;
        }
        self.label();
        let Some(serial) = self.digits(5..=8) else { return self.other_licence(province) };
        let licence = LicenceNumber { issuer: province.into(), classes: None, serial };
        Some(FilingNumber::Licence { licence: licence.into(), site: self.site() })
    }

    /// A licence by class where the words before it promise another number: `沪ICP证沪B2-20050033`,
    /// `浙ICP证B2-20080224`.
    fn other_licence(&mut self, province: char) -> Option<FilingNumber> {
        let before = self.at;
        self.skip_spaces();
        let issuer = match self.peek()? {
            '合' if self.characters.get(self.at + 1) == Some(&'字') => {
                self.at += 2;
                "合字".to_owned()
            }
            other => match self::province(other) {
                Some(other) => {
                    self.at += 1;
                    other.into()
                }
                None => province.into(),
            },
        };
        let licence = self.classed_licence(&issuer);
        if licence.is_none() {
            self.at = before;
        }
        licence
    }

    /// `A1.B1.B2-20180017`, after the issuer.
    fn classed_licence(&mut self, issuer: &str) -> Option<FilingNumber> {
        let mut classes = String::new();
        loop {
            classes.push(self.take_if(|c| matches!(c, 'A' | 'B'))?);
            classes.push(self.peek().filter(|c| matches!(c, '1' | '2'))?);
            self.at += 1;
            if self.take_if(|c| matches!(c, '.' | '、' | '/')).is_none() {
                break;
            }
            classes.push('.');
        }
        if !self.take('-') {
            return None;
        }
        let serial = self.digits(8..=8).filter(|s| s.starts_with("19") || s.starts_with("20"))?;
        let licence = LicenceNumber { issuer: issuer.to_owned(), classes: Some(classes), serial };
        Some(FilingNumber::Licence { licence: licence.into(), site: self.site() })
    }

    /// What may follow a serial: `号`, `号-1`, `-1号`.
    fn site(&mut self) -> Option<SiteSuffix> {
        let is_ended = self.take('号');
        let site = self.suffix();
        if site.is_some() && !is_ended {
            self.take('号');
        }
        site
    }

    /// `-1` or `-1A`; where what follows is no suffix, nothing is taken.
    fn suffix(&mut self) -> Option<SiteSuffix> {
        let before = self.at;
        let suffix = self.suffix_here();
        if suffix.is_none() {
            self.at = before;
        }
        suffix
    }

    fn suffix_here(&mut self) -> Option<SiteSuffix> {
        let is_apart = self.skip_spaces();
        if !self.take('-') {
            return None;
        }
        let is_apart = self.skip_spaces() || is_apart;
        // 「…号 - 2024 版权所有」 is a year, not a site.
        let digits = self.digits(1..=if is_apart { 3 } else { 5 })?;
        let index = digits.parse().ok().filter(|index| *index > 0)?;
        let variant = self.peek().filter(|letter| matches!(letter, 'A' | 'X' | 'K'));
        let after = self.characters.get(self.at + 1);
        let variant = variant.filter(|_| !after.is_some_and(char::is_ascii_alphanumeric));
        self.at += usize::from(variant.is_some());
        Some(SiteSuffix { index, variant })
    }
}
