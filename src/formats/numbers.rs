//! Which filing numbers stand in a running text, and where.
//!
//! Police filings (公网安备), algorithm filings (网信算备) and parody registries (萌ICP备) are no
//! filing numbers and are not found; neither are the placeholders of templates.

use std::collections::HashSet;

use crate::facts::number::FilingNumber;
use crate::facts::number::SubjectNumber;
use crate::facts::number::fold;
use crate::facts::number::read;

/// A number where it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The byte at which it begins.
    pub at: usize,
    /// The number in normal form.
    pub number: FilingNumber,
}

/// The numbers in `text` in the order of their first appearance, each once.
pub fn find(text: &str) -> Vec<FilingNumber> {
    let mut seen = HashSet::new();
    let numbers = occurrences(text).into_iter().map(|occurrence| occurrence.number);
    numbers.filter(|number| seen.insert(number.clone())).collect()
}

/// Every number in `text`, also where it is repeated, in order.
pub fn occurrences(text: &str) -> Vec<Occurrence> {
    if !may_hold_a_number(text) {
        return Vec::new();
    }
    let mut characters = Vec::with_capacity(text.len() / 2);
    let mut places = Vec::with_capacity(text.len() / 2);
    for (at, character) in text.char_indices() {
        fold(character, &mut |folded| {
            characters.push(folded);
            places.push(at);
        });
    }
    let mut found = Vec::new();
    let mut next = 0;
    while let (Some(rest), Some(&at)) = (characters.get(next..), places.get(next)) {
        next += match read(rest) {
            Some((number, length)) => {
                if !is_placeholder(&number) {
                    found.push(Occurrence { at, number });
                }
                length.max(1)
            }
            None => 1,
        };
    }
    found
}

/// Whether `text` has a character that every number has: 备, 证, or the class of a licence. Most
/// pages without a number are told here, without folding them.
fn may_hold_a_number(text: &str) -> bool {
    let mut previous = ' ';
    text.chars().any(|character| {
        let is_class = matches!(character, '1' | '2' | '１' | '２')
            && matches!(previous, 'A' | 'B' | 'a' | 'b' | 'Ａ' | 'Ｂ' | 'ａ' | 'ｂ');
        previous = character;
        is_class || matches!(character, '备' | '備' | '证' | '證' | '証')
    })
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
        let found: Vec<String> = find(text).iter().map(ToString::to_string).collect();
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
            &["粤B2-20090059", "粤ICP备2021012345号-12"],
        );
        check("京ICP证030173号京ICP备05014806号", &["京ICP证030173号", "京ICP备05014806号"]);
        check("沪ICP证沪B2-20050033", &["沪B2-20050033"]);
        check("京ICP备05014806号-1 … 京ICP备05014806号-1", &["京ICP备05014806号-1"]);
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
    fn places_are_bytes_of_the_text_as_it_was_given() {
        let text = "\u{200b}首页 ㍿ 京ICP备05014806号";
        let found = occurrences(text);
        assert!(text[found[0].at..].starts_with("京ICP备05014806号"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[京粤合字ICP备案证号B2０0-9 -]{0,80}|\\PC{0,80}") {
            for occurrence in occurrences(&text) {
                prop_assert!(text.is_char_boundary(occurrence.at));
            }
        }
    }
}
