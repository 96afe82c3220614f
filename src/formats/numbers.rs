//! Which filing numbers stand in a running text, and where; and what other numbers are that are no
//! filing of a site.
//!
//! Police filings (公网安备), algorithm filings (网信算备), drug licences and parody registries (萌ICP备)
//! are told apart by [`registrations`], and are no filing numbers; neither are the placeholders of
//! templates.

mod others;

use std::fmt;

use crate::facts::number::FilingNumber;
use crate::facts::number::Registry;
use crate::facts::number::SubjectNumber;
use crate::facts::number::fold;
use crate::facts::number::read;

/// Around a character that every number has, so many bytes before and after it are read: more than a
/// number takes, with spaces, full-width letters and characters that nobody sees between.
const BEFORE: usize = 160;
const AFTER: usize = 320;

/// A number where it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The byte at which it begins.
    pub at: usize,
    /// The byte after its last.
    pub end: usize,
    /// The number in normal form.
    pub number: FilingNumber,
    /// Whether 号 or the site's suffix ends it: else nothing tells that its digits are all there.
    pub is_ended: bool,
    /// Whether it may be another number, since nothing ends it: it has no number's length, or goes on
    /// behind a gap. What it is if it does stands beside it.
    pub is_doubtful: bool,
}

/// Behind a gap a number goes on in at most so many characters.
const LONGEST_REST: usize = 32;

/// What a number that stands in a text is, in normal form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Registration {
    /// ICP备, ICP证 or a licence by class: what the filing register knows.
    Number(FilingNumber),
    /// What templates are filled with, `京ICP备00000000号` or `京ICP备XXXXXXXX号`.
    Placeholder(String),
    /// ICP备 of a province that does not exist: 萌ICP备, 彬ICP备.
    Parody(String),
    /// 公网安备: the police's own filing. It says nothing of an ICP filing.
    Police(String),
    /// 网信算备: an algorithm.
    Algorithm(String),
    /// 互联网药品信息服务: `非经营性-2016-0005`.
    Drug(String),
    /// 网械平台备字: a platform that sells medical devices.
    Device(String),
}

impl Registration {
    /// What it is, in one word and in Chinese.
    pub fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Number(number) if number.registry() == Registry::Filing => {
                ("filing", "ICP 备案号")
            }
            Self::Number(_) => ("licence", "经营许可证编号"),
            Self::Placeholder(_) => ("placeholder", "占位号码"),
            Self::Parody(_) => ("parody", "非官方备案号"),
            Self::Police(_) => ("police", "公安备案号"),
            Self::Algorithm(_) => ("algorithm", "算法备案号"),
            Self::Drug(_) => ("drug", "互联网药品信息服务资格证书编号"),
            Self::Device(_) => ("device", "医疗器械网络交易平台备案号"),
        }
    }
}

impl fmt::Display for Registration {
    /// The normal form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Placeholder(text)
            | Self::Parody(text)
            | Self::Police(text)
            | Self::Algorithm(text)
            | Self::Drug(text)
            | Self::Device(text) => f.write_str(text),
        }
    }
}

/// Every number in `text`, also where it is repeated, in order.
///
/// Only what stands around a character that every number has is folded and read: most pages have
/// none, and the rest a few.
pub fn occurrences(text: &str) -> Vec<Occurrence> {
    let mut found = Vec::new();
    let mut marks = marks(text).peekable();
    while let Some(mark) = marks.next() {
        let start = text.floor_char_boundary(mark.saturating_sub(BEFORE));
        let mut last = mark;
        while let Some(next) = marks.next_if(|next| *next <= last + AFTER + BEFORE) {
            last = next;
        }
        let end = text.floor_char_boundary(last.saturating_add(AFTER));
        let (characters, places) = folded(text.get(start..end).unwrap_or_default());
        let mut next = 0;
        while let (Some(rest), Some(&at)) = (characters.get(next..), places.get(next)) {
            next += match read(rest) {
                Some((number, length)) => {
                    let after = places.get(next + length).map(|after| start + after);
                    let readings = readings(rest, number, length);
                    found.extend(readings.into_iter().map(|(number, is_ended, is_doubtful)| {
                        let (at, end) = (start + at, after.unwrap_or(end));
                        Occurrence { at, end, number, is_ended, is_doubtful }
                    }));
                    length.max(1)
                }
                None => 1,
            };
        }
    }
    found
}

/// What the first `length` of `characters` may mean, which were read as `number`: with each goes whether
/// something ends it, and whether it is doubtful.
fn readings(
    characters: &[char],
    number: FilingNumber,
    length: usize,
) -> Vec<(FilingNumber, bool, bool)> {
    let (written, rest) = characters.split_at_checked(length).unwrap_or_default();
    let is_ended = number.subject().is_none()
        || number.site().is_some()
        || written.last().is_none_or(|last| !last.is_ascii_digit());
    let goes_on = rest.first() == Some(&' ')
        && rest.iter().find(|c| **c != ' ').is_some_and(char::is_ascii_digit);
    let whole = (!is_ended && goes_on).then(|| {
        let more = rest.iter().take(LONGEST_REST).filter(|c| **c != ' ');
        let joined: Vec<char> = written.iter().chain(more).copied().collect();
        read(&joined).map(|(whole, _)| whole)
    });
    let whole = whole.flatten();
    // 「京ICP备05014806 010-12345678」 is a number and a telephone: both together have no number's length.
    let is_doubtful = !is_ended
        && (number.year().is_none() || whole.as_ref().is_some_and(|whole| whole.year().is_some()));
    let whole = whole.filter(|_| is_doubtful).map(|whole| (whole, is_ended, is_doubtful));
    let mut readings = vec![(number, is_ended, is_doubtful)];
    readings.extend(whole);
    readings.retain(|(number, ..)| !is_placeholder(number));
    readings
}

/// Whatever number stands in `text`, with the byte at which it begins, told apart and in order.
pub fn registrations(text: &str) -> Vec<(usize, Registration)> {
    let (characters, places) = folded(text);
    let mut found = Vec::new();
    let mut next = 0;
    while let (Some(rest), Some(&at)) = (characters.get(next..), places.get(next)) {
        let read = read(rest).map(|(number, length)| (told(number), length));
        next += match read.or_else(|| others::read(rest)) {
            Some((registration, length)) => {
                found.push((at, registration));
                length.max(1)
            }
            None => 1,
        };
    }
    found
}

/// What the only number of `cell` is, where it is one that the filing register does not know.
pub fn mistaken(cell: &str) -> Option<Registration> {
    let mut found = registrations(cell).into_iter().map(|(_, registration)| registration);
    let first = found.next().filter(|first| !matches!(first, Registration::Number(_)));
    if found.next().is_some() { None } else { first }
}

fn told(number: FilingNumber) -> Registration {
    if is_placeholder(&number) {
        Registration::Placeholder(number.to_string())
    } else {
        Registration::Number(number)
    }
}

/// The folded characters of `text`, and the byte that each comes from.
fn folded(text: &str) -> (Vec<char>, Vec<usize>) {
    let mut characters = Vec::with_capacity(text.len() / 2);
    let mut places = Vec::with_capacity(text.len() / 2);
    for (at, character) in text.char_indices() {
        fold(character, &mut |folded| {
            characters.push(folded);
            places.push(at);
        });
    }
    (characters, places)
}

/// The bytes that a character of a number's own ends with: 备, 備, 证, 證, 証, 1, 2, １, ２. Of Chinese
/// characters fewer end with one of them than begin like one of these.
static ENDS_A_MARK: [bool; 256] = {
    let mut table = [false; 256];
    let ends = [0x87, 0x99, 0x81, 0x89, 0xbc, b'1', b'2', 0x91, 0x92];
    let mut at = 0;
    while at < ends.len() {
        table[ends[at] as usize] = true;
        at += 1;
    }
    table
};

/// The bytes of `text` at which a character begins that every number has: 备, 证, or the digit of a
/// licence's class.
fn marks(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let mut next = 0;
    std::iter::from_fn(move || {
        while let Some(byte) = bytes.get(next) {
            next += 1;
            if ENDS_A_MARK[usize::from(*byte)]
                && let Some(at) = mark_before(bytes.get(..next).unwrap_or_default())
            {
                return Some(at);
            }
        }
        None
    })
}

/// Where the mark begins that `bytes` end with, if they do.
fn mark_before(bytes: &[u8]) -> Option<usize> {
    let (before, length) = match bytes {
        // 备, 備
        [before @ .., 0xe5, 0xa4, 0x87] | [before @ .., 0xe5, 0x82, 0x99] => {
            return Some(before.len());
        }
        // 证, 證, 証
        [before @ .., 0xe8, 0xaf, 0x81]
        | [before @ .., 0xe8, 0xad, 0x89]
        | [before @ .., 0xe8, 0xa8, 0xbc] => return Some(before.len()),
        // １, ２
        [before @ .., 0xef, 0xbc, 0x91 | 0x92] => (before, 3),
        [before @ .., b'1' | b'2'] => (before, 1),
        _ => return None,
    };
    // A, B, a, b, or their full-width forms.
    let is_class = matches!(
        before,
        [.., b'A' | b'B' | b'a' | b'b']
            | [.., 0xef, 0xbc, 0xa1 | 0xa2]
            | [.., 0xef, 0xbd, 0x81 | 0x82]
    );
    is_class.then_some(bytes.len() - length)
}

/// Whether the serial is one that templates are filled with and that nobody is given.
fn is_placeholder(number: &FilingNumber) -> bool {
    let Some(serial) = number.subject().map(SubjectNumber::serial) else { return false };
    let bytes = serial.as_bytes();
    serial.ends_with("000000")
        || matches!(serial, "12345678" | "123456" | "1234567" | "1234567890" | "87654321")
        || bytes.iter().all(|digit| Some(digit) == bytes.first())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> =
            occurrences(text).iter().map(|found| found.number.to_string()).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn numbers_are_found_in_running_text() {
        check(
            "版权所有 © 2024 某公司 京ICP备 05014806 号 - 1 京公网安备11010802020134号",
            &["京ICP备05014806号-1"],
        );
        check("ICP备案号：沪icp備05014806號-3A Copyright", &["沪ICP备05014806号-3A"]);
        check(
            "粤B2-20090059-5 粤ICP备2021012345号-12App",
            &["粤B2-20090059-5", "粤ICP备2021012345号-12"],
        );
        check("京ICP证030173号京ICP备05014806号", &["京ICP证030173号", "京ICP备05014806号"]);
        check("沪ICP证沪B2-20050033", &["沪B2-20050033"]);
        check("京ICP备05014806号-1 … 京ICP备05014806号-1", &["京ICP备05014806号-1"; 2]);
        check("京ICP备05014806号 - 2024 保留所有权利", &["京ICP备05014806号"]);
        check("京ICP备05014806号-13800000000", &["京ICP备05014806号"]);
        check("粤ＩＣＰ备０５０１４８０６号", &["粤ICP备05014806号"]);
    }

    #[test]
    fn other_filings_jokes_and_placeholders_are_left_out() {
        check("粤公网安备 44030502008569号", &[]);
        check("网信算备110105823483901220013号 备案号 非经营性-2016-0005", &[]);
        check("萌ICP备20259514号 彬ICP备12312312号", &[]);
        check("京ICP备00000000号 京ICP备10000000号 京ICP备12345678号-1 京ICP备88888888号", &[]);
        check("京ICP备2023000000号 京ICP备XXXXXXXX号", &[]);
        check("阿里云ICP备案：95187，京ICP备案2024年新规", &[]);
        check("京ICP备050148060501480605014806号", &[]);
    }

    #[test]
    fn a_number_of_which_digits_may_be_missing_is_doubtful_or_none() {
        let told = |text: &str| {
            let told = |found: Occurrence| {
                let mark = if found.is_doubtful { "?" } else { "" };
                format!("{}{mark}", found.number)
            };
            occurrences(text).into_iter().map(told).collect::<Vec<_>>().join(" ")
        };
        for (text, expected) in [
            ("京ICP备1100 0003号-1", "京ICP备1100号? 京ICP备11000003号-1?"),
            ("京ICP备110 00003号", ""),
            ("京ICP备20210001 24小时热线", "京ICP备20210001号? 京ICP备2021000124号?"),
            ("京ICP备11000001 24小时热线", "京ICP备11000001号"),
            ("京ICP备11000001 2024 版权所有", "京ICP备11000001号"),
            ("京ICP备05014806 010-12345678", "京ICP备05014806号"),
            ("京ICP备05014806号 24小时热线", "京ICP备05014806号"),
            ("京ICP备0501480号", "京ICP备0501480号"),
            ("京ICP备0501480 某公司", "京ICP备0501480号?"),
            ("京ICP备1100000124小时热线", "京ICP备1100000124号?"),
            ("皖ICP备05001-1", "皖ICP备05001号-1"),
            ("京ICP备11000001/某公司", "京ICP备11000001号"),
            ("京ICP备110000…号-1", ""),
            ("京ICP备1100_______号", ""),
            ("京ICP备1100●●●●号-1", ""),
            ("京ICP备1100----号", ""),
            ("京ICP备20210123 ■■ 号", ""),
            ("京ICP备05014806 号", "京ICP备05014806号"),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn what_stands_in_a_text_is_told_apart_as_it_was_written_down_by_hand() {
        let table = include_str!("numbers/texts.txt");
        let lines = table.lines().filter(|line| !line.starts_with("# ") && !line.is_empty());
        for line in lines {
            let (text, expected) = line.rsplit_once(" | ").unwrap_or_else(|| panic!("{line}"));
            let told = |(_, registration): (usize, Registration)| {
                format!("{} {registration}", registration.words().0)
            };
            let told: Vec<String> = registrations(text).into_iter().map(told).collect();
            let told = if told.is_empty() { "-".to_owned() } else { told.join(", ") };
            assert_eq!(told, expected, "{text}");
            // What is searched for filings alone finds the same, less the placeholders.
            let alone = |(_, registration)| match registration {
                Registration::Number(number) => Some(number),
                _ => None,
            };
            let numbers: Vec<_> = registrations(text).into_iter().filter_map(alone).collect();
            let found: Vec<_> = occurrences(text).into_iter().map(|one| one.number).collect();
            assert_eq!(found, numbers, "{text}");
        }
    }

    #[test]
    fn a_cell_with_the_number_of_another_registry_is_told_as_what_it_is() {
        let word = |cell: &str| mistaken(cell).map(|other| other.words().0);
        assert_eq!(word("粤公网安备 44030502008569号"), Some("police"));
        assert_eq!(word("萌ICP备20259514号"), Some("parody"));
        assert_eq!(word("京ICP备XXXXXXXX号"), Some("placeholder"));
        assert_eq!(word("京ICP备05014806号"), None);
        assert_eq!(word("粤公网安备44030502008569号 京ICP备05014806号"), None);
        assert_eq!(word("无"), None);
    }

    #[test]
    fn places_are_bytes_of_the_text_as_it_was_given() {
        let text = "\u{200b}首页 ㍿ 京ICP备05014806号";
        let found = occurrences(text);
        assert!(text[found[0].at..].starts_with("京ICP备05014806号"));
        assert_eq!(found[0].end, text.len());
        let text = "（京ＩＣＰ备 05014806 號－1），";
        assert_eq!(text[occurrences(text)[0].end..].to_owned(), "），");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[京粤合字ICP备案证号公网安信算B2０0-9X -]{0,80}|\\PC{0,80}") {
            for occurrence in occurrences(&text) {
                prop_assert!(text.is_char_boundary(occurrence.at));
            }
            for (at, _) in registrations(&text) {
                prop_assert!(text.is_char_boundary(at));
            }
        }
    }
}
