//! One pattern of a page: its signals, and how many of them an answer shows.

use std::cell::OnceCell;

use serde::Deserialize;
use url::Url;

use crate::formats::signatures::Seen;

/// Words that stand on every good site of the mainland, or in every help page.
const TOO_BROAD: [&str; 6] = ["备案", "icp备", "icp备案", "未备案", "icp", "403"];

/// The files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// No TOML, or not of the shape that patterns have.
    #[error("{file} is not in the shape of patterns: {source}")]
    Shape {
        /// Which file.
        file: &'static str,
        /// What is wrong, and where.
        source: Box<toml::de::Error>,
    },
    /// Fewer kinds of signals than are needed to believe the pattern.
    #[error("{file}: `{name}` has {given} kinds of signals and needs {needed}")]
    TooFewSignals {
        /// Which file.
        file: &'static str,
        /// The pattern.
        name: String,
        /// How many it has.
        given: usize,
        /// How many it needs.
        needed: usize,
    },
    /// A required kind of signal is not listed, so that the pattern could never match.
    #[error("{file}: `{name}` requires `{kind}` and lists none")]
    RequiredButAbsent {
        /// Which file.
        file: &'static str,
        /// The pattern.
        name: String,
        /// The kind of signal.
        kind: String,
    },
    /// Words that would match nearly every page.
    #[error("{file}: `{name}` looks for `{word}`, which stands on every site; use a whole phrase")]
    TooBroad {
        /// Which file.
        file: &'static str,
        /// The pattern.
        name: String,
        /// The words.
        word: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    page: Vec<Pattern>,
}

/// A kind of signal, by the key it has in the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Signal {
    Status,
    Server,
    Redirect,
    Frame,
    Title,
    Text,
}

/// One `[[page]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pattern {
    pub(super) name: String,
    #[serde(default)]
    status: Vec<u16>,
    #[serde(default)]
    server: Vec<String>,
    #[serde(default)]
    redirect: Vec<String>,
    #[serde(default)]
    frame: Vec<String>,
    #[serde(default)]
    title: Vec<String>,
    #[serde(default)]
    text: Vec<String>,
    #[serde(default)]
    required: Vec<Signal>,
    #[serde(default = "short")]
    longest_text: usize,
    #[serde(default = "any_number")]
    most_links: usize,
}

/// What an answer must show of a pattern before it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needed {
    /// Two signals.
    Two,
    /// Two, or one that says by itself what the whole page is.
    TwoOrWhole,
}

/// A page of so many characters is short: a notice, not an article.
fn short() -> usize {
    800
}

fn any_number() -> usize {
    usize::MAX
}

/// A page of so many characters says nothing beside the words that stand in it.
const NOTHING_BESIDE: usize = 100;

/// The words of an answer in lower case, made when a pattern first looks at them: most pages are too
/// long for any.
#[derive(Debug)]
pub(super) struct Lowered<'a> {
    seen: &'a Seen<'a>,
    server: OnceCell<String>,
    title: OnceCell<String>,
    text: OnceCell<String>,
}

impl<'a> Lowered<'a> {
    pub(super) fn of(seen: &'a Seen<'a>) -> Self {
        let (server, title, text) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { seen, server, title, text }
    }

    fn server(&self) -> &str {
        self.server.get_or_init(|| self.seen.server.unwrap_or_default().to_lowercase())
    }

    fn title(&self) -> &str {
        self.title.get_or_init(|| self.seen.title.unwrap_or_default().to_lowercase())
    }

    fn text(&self) -> &str {
        self.text.get_or_init(|| self.seen.text.to_lowercase())
    }
}

pub(super) fn parse(
    file: &'static str,
    text: &str,
    needed: Needed,
) -> Result<Vec<Pattern>, SignatureError> {
    let File { mut page } = toml::from_str(text)
        .map_err(|source| SignatureError::Shape { file, source: Box::new(source) })?;
    for pattern in &mut page {
        let words = [
            &mut pattern.server,
            &mut pattern.redirect,
            &mut pattern.frame,
            &mut pattern.title,
            &mut pattern.text,
        ];
        for word in words.into_iter().flatten() {
            *word = word.to_lowercase();
        }
        pattern.check(file, needed)?;
    }
    Ok(page)
}

impl Pattern {
    fn check(&self, file: &'static str, needed: Needed) -> Result<(), SignatureError> {
        let name = || self.name.clone();
        let needed = if needed == Needed::Two { 2 } else { 1 };
        let given = ALL.iter().filter(|signal| self.lists(**signal)).count();
        if given < needed {
            return Err(SignatureError::TooFewSignals { file, name: name(), given, needed });
        }
        if let Some(absent) = self.required.iter().find(|signal| !self.lists(**signal)) {
            let kind = format!("{absent:?}").to_lowercase();
            return Err(SignatureError::RequiredButAbsent { file, name: name(), kind });
        }
        let mut words = [&self.server, &self.redirect, &self.frame, &self.title, &self.text]
            .into_iter()
            .flatten();
        if let Some(word) = words.find(|word| is_too_broad(word)) {
            return Err(SignatureError::TooBroad { file, name: name(), word: word.clone() });
        }
        Ok(())
    }

    /// Whether as many signals are there as are `needed`, and every required one.
    pub(super) fn matches(&self, seen: &Seen<'_>, lowered: &Lowered<'_>, needed: Needed) -> bool {
        seen.text_chars <= self.longest_text
            && seen.links <= self.most_links
            && self.required.iter().all(|signal| self.shows(*signal, seen, lowered))
            && match ALL.iter().filter(|signal| self.shows(**signal, seen, lowered)).count() {
                0 => false,
                1 => needed == Needed::TwoOrWhole && self.is_whole(seen, lowered),
                _ => true,
            }
    }

    /// Whether its one signal is the whole page: where that leads or what it frames, a title that begins
    /// or ends with the words, or a text with nothing beside them.
    fn is_whole(&self, seen: &Seen<'_>, lowered: &Lowered<'_>) -> bool {
        let says_at_an_end = |words: &[String], text: &str| {
            let is_bound = |word: &&String| word.starts_with('^') || word.ends_with('$');
            words.iter().filter(is_bound).any(|word| stands_in(word, text))
        };
        let leads = |signal| self.shows(signal, seen, lowered);
        leads(Signal::Redirect)
            || leads(Signal::Frame)
            || says_at_an_end(&self.title, lowered.title())
            || (leads(Signal::Text)
                && (seen.text_chars <= NOTHING_BESIDE
                    || says_at_an_end(&self.text, lowered.text())))
    }

    fn lists(&self, signal: Signal) -> bool {
        match signal {
            Signal::Status => !self.status.is_empty(),
            Signal::Server => !self.server.is_empty(),
            Signal::Redirect => !self.redirect.is_empty(),
            Signal::Frame => !self.frame.is_empty(),
            Signal::Title => !self.title.is_empty(),
            Signal::Text => !self.text.is_empty(),
        }
    }

    fn shows(&self, signal: Signal, seen: &Seen<'_>, lowered: &Lowered<'_>) -> bool {
        let says = |words: &[String], text: &str| words.iter().any(|word| stands_in(word, text));
        let leads = |places: &[String], url: &Url| places.iter().any(|place| is_at(place, url));
        match signal {
            // Long texts are put in lower case for those alone that look for something there.
            _ if !self.lists(signal) => false,
            Signal::Status => self.status.contains(&seen.status),
            Signal::Server => says(&self.server, lowered.server()),
            Signal::Redirect => seen.location.is_some_and(|url| leads(&self.redirect, url)),
            Signal::Frame => seen.frames.iter().any(|url| leads(&self.frame, url)),
            Signal::Title => says(&self.title, lowered.title()),
            Signal::Text => says(&self.text, lowered.text()),
        }
    }
}

const ALL: [Signal; 6] =
    [Signal::Status, Signal::Server, Signal::Redirect, Signal::Frame, Signal::Title, Signal::Text];

fn is_too_broad(word: &str) -> bool {
    let word = word.trim_matches(|c: char| c.is_whitespace() || matches!(c, '^' | '$'));
    word.chars().count() < 2 || TOO_BROAD.contains(&word)
}

/// Whether `word` stands in `text`: at its beginning after `^`, at its end before `$`.
fn stands_in(word: &str, text: &str) -> bool {
    let (from_start, word) = word.strip_prefix('^').map_or((false, word), |rest| (true, rest));
    let (to_end, word) = word.strip_suffix('$').map_or((false, word), |rest| (true, rest));
    match (from_start, to_end) {
        (false, false) => text.contains(word),
        (true, false) => text.starts_with(word),
        (false, true) => text.ends_with(word),
        (true, true) => text == word,
    }
}

/// Whether `url` is at `place`: its host or one above it, and the beginning of its path.
fn is_at(place: &str, url: &Url) -> bool {
    let (host, path) = place.split_once('/').unwrap_or((place, ""));
    let is_host = url.host_str().and_then(|actual| actual.strip_suffix(host));
    is_host.is_some_and(|sub| sub.is_empty() || sub.ends_with('.'))
        && url.path().strip_prefix('/').is_some_and(|actual| actual.starts_with(path))
}
