//! Words that are looked for in a text in one pass, however many they are.

use serde::Deserialize;

/// Words. A register of ten million records is held against hundreds of them, so that a character which
/// begins none of them must cost next to nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct WordList {
    words: Vec<String>,
    /// Which characters begin a word, in either case: a bit for each of the basic plane's.
    firsts: Vec<u64>,
}

impl From<Vec<String>> for WordList {
    fn from(words: Vec<String>) -> Self {
        let mut firsts = vec![0; 1_024];
        for first in words.iter().filter_map(|word| word.chars().next()) {
            for first in [first.to_ascii_lowercase(), first.to_ascii_uppercase()] {
                let (place, bit) = place(first);
                if let Some(bits) = firsts.get_mut(place) {
                    *bits |= bit;
                }
            }
        }
        Self { words, firsts }
    }
}

/// Where the bit of a character is; the characters beyond the basic plane share those of its beginning.
fn place(c: char) -> (usize, u64) {
    let low = u32::from(c) & 0xffff;
    (usize::try_from(low / 64).unwrap_or(0), 1 << (low % 64))
}

impl WordList {
    /// The words.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    fn may_begin(&self, c: char) -> bool {
        let (place, bit) = place(c);
        self.firsts.get(place).is_some_and(|bits| bits & bit != 0)
    }

    /// Whether `text` is one of the words, whatever the case of its letters.
    pub fn has(&self, text: &str) -> bool {
        text.chars().next().is_some_and(|first| self.may_begin(first))
            && self.words.iter().any(|word| word.eq_ignore_ascii_case(text))
    }

    /// The first place in `text` where one of the words stands that `fits`, whatever the case of its
    /// letters: the word. The longest of those that begin there comes first only if it is listed so.
    pub fn find(&self, text: &str, fits: impl Fn(&str) -> bool) -> Option<&str> {
        for (at, c) in text.char_indices() {
            if !self.may_begin(c) {
                continue;
            }
            let rest = text.as_bytes().get(at..).unwrap_or_default();
            let begins = |word: &&String| {
                let front = rest.get(..word.len());
                front.is_some_and(|front| front.eq_ignore_ascii_case(word.as_bytes())) && fits(word)
            };
            if let Some(word) = self.words.iter().find(begins) {
                return Some(word);
            }
        }
        None
    }

    /// One of the words that `text` holds.
    pub fn within(&self, text: &str) -> Option<&str> {
        self.find(text, |_| true)
    }

    /// One of the words that `text` begins with.
    pub fn beginning(&self, text: &str) -> Option<&str> {
        let first = text.chars().next()?;
        let found = || self.words.iter().find(|word| text.starts_with(word.as_str()));
        if self.may_begin(first) { found().map(String::as_str) } else { None }
    }

    /// One of the words that `text` ends with.
    pub fn ending(&self, text: &str) -> Option<&str> {
        self.words.iter().find(|word| text.ends_with(word.as_str())).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(words: &[&str]) -> WordList {
        words.iter().map(ToString::to_string).collect::<Vec<_>>().into()
    }

    #[test]
    fn words_are_found_where_they_stand() {
        let words = list(&["论坛", "BBS", "有限公司"]);
        assert_eq!(words.within("家长bbs"), Some("BBS"));
        assert_eq!(words.within("家长论坛网"), Some("论坛"));
        assert_eq!(words.within("论"), None);
        assert_eq!(words.find("论坛BBS", |word| word != "论坛"), Some("BBS"));
        assert_eq!(words.ending("示例有限公司"), Some("有限公司"));
        assert_eq!(words.beginning("论坛网"), Some("论坛"));
        assert!(words.has("bbs") && !words.has("bb"));
    }

    proptest! {
        #[test]
        fn one_pass_finds_what_many_would(
            text in "[ab论坛𠀀]{0,9}", words in proptest::collection::vec("[ab论坛𠀀]{1,3}", 0..5),
        ) {
            let expected = words.iter().any(|word| text.contains(word.as_str()));
            prop_assert_eq!(WordList::from(words).within(&text).is_some(), expected);
        }
    }
}
