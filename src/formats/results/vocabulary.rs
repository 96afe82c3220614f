//! The words for what is wrong with a filing and why: `config/error-words.toml`, built in.

use std::sync::LazyLock;

use serde::Deserialize;

const WORDS: &str = include_str!("../../../config/error-words.toml");

/// The words that results may use.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    /// 错误类型
    #[serde(rename = "kind")]
    pub kinds: Vec<Word>,
    /// 错误原因
    #[serde(rename = "cause")]
    pub causes: Vec<Word>,
}

/// One word.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// As files and the interface write it.
    pub word: String,
    /// As sheets and tables write it.
    pub chinese: String,
}

impl Vocabulary {
    /// The words that are built in.
    ///
    /// # Panics
    /// Never: a test parses them.
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Vocabulary> = LazyLock::new(|| {
            toml::from_str(WORDS).expect("the built-in words are parsed by a test")
        });
        &BUILTIN
    }

    /// The word for a kind of error, from either way of writing it.
    pub fn kind(&self, text: &str) -> Option<String> {
        word_of(&self.kinds, text)
    }

    /// The word for a cause, from either way of writing it.
    pub fn cause(&self, text: &str) -> Option<String> {
        word_of(&self.causes, text)
    }

    /// The Chinese of a word; the word itself where it is not known any more.
    pub fn chinese<'t>(&'t self, word: &'t str) -> &'t str {
        let known = self.kinds.iter().chain(&self.causes).find(|known| known.word == word);
        known.map_or(word, |known| &known.chinese)
    }
}

fn word_of(words: &[Word], text: &str) -> Option<String> {
    let found = words.iter().find(|known| known.word == text || known.chinese == text)?;
    Some(found.word.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_word_means_one_thing() {
        let words = Vocabulary::builtin();
        for list in [&words.kinds, &words.causes] {
            assert!(!list.is_empty());
            let told: HashSet<&str> =
                list.iter().flat_map(|word| [word.word.as_str(), &word.chinese]).collect();
            assert_eq!(told.len(), 2 * list.len());
        }
        assert_eq!(words.kind("未填写").as_deref(), Some("missing"));
        assert_eq!(words.cause("missing"), None);
        assert_eq!(words.chinese("missing"), "未填写");
    }
}
