//! What a page says: title, filing numbers and whose they seem to be, where it sends visitors on,
//! and how much text it has.
//!
//! Strangers wrote the page: parsing stops at a budget of time and nodes, nothing recurses over the
//! tree, and a page that was cut is read as far as it went. Scripts are not run.

mod outline;
mod placement;
mod script;
mod tree;

use std::time::Duration;

use url::Url;

use crate::facts::number::FilingNumber;
use crate::facts::visit::NumberPlace;
use crate::facts::visit::Page;
use crate::facts::visit::PageNumber;
use crate::formats::html::outline::Outline;
use crate::formats::numbers;

/// What one page may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How long the parser may work before the rest of the page is left out.
    pub cpu: Duration,
    /// How many nodes the tree may have before the rest of the page is left out.
    pub nodes: usize,
}

/// Everything that was read from one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// Title and numbers, as they are kept.
    pub page: Page,
    /// Where a `<meta http-equiv=refresh>` of at most ten seconds leads; `None` where there is
    /// none, or it only loads the page again.
    pub refresh: Option<Url>,
    /// Where an inline script of a page with little text leads without conditions.
    pub script_redirect: Option<Url>,
    /// The visible text, white space folded: all of it, or its beginning and its end.
    pub text: String,
    /// How many characters the whole visible text has.
    pub text_chars: usize,
    /// Whether there is hardly any text, and scripts that would make some.
    pub is_script_only: bool,
    /// The frames and inline frames, in order, the first sixteen.
    pub frames: Vec<Url>,
    /// Whether the budget ended before the page did.
    pub was_cut: bool,
}

/// At most so many characters of a title are kept.
const LONGEST_TITLE: usize = 200;

/// Of long texts, so many characters are kept from the beginning and from the end.
const TEXT_HEAD: usize = 4000;
const TEXT_TAIL: usize = 1000;

/// A page with at most so many characters has little text: a script there may be all it does.
const LITTLE_TEXT: usize = 200;

/// A page with at most so many characters (`Loading…`) has hardly any.
const HARDLY_ANY_TEXT: usize = 40;

/// A page with so many pictures or links is a document, however little text it has.
const FURNISHED: usize = 3;

/// Pages with more numbers are directories; the rest says nothing more.
const MOST_NUMBERS: usize = 32;

/// A refresh after more seconds is for readers, such as a news ticker's.
const LONGEST_REFRESH: f64 = 10.0;

/// The first so many frames are told.
const MOST_FRAMES: usize = 16;

/// Longer addresses are not followed.
const LONGEST_URL: usize = 2048;

/// Reads a page. `base` is the URL it came from; anything that is no HTML is read as plain text.
pub fn read(html: &str, base: &Url, budget: Budget) -> Document {
    let (tree, was_cut) = tree::parse(html, budget);
    let outline = Outline::of(&tree);
    let declared = outline.base.and_then(|href| web_url(base, href));
    let (page_url, base) = (base, declared.as_ref().unwrap_or(base));
    let elsewhere = |reference| web_url(base, reference).filter(|url| !is_same(url, page_url));
    let text_chars = outline.text.chars;
    let is_little = text_chars <= LITTLE_TEXT;
    let mut frames: Vec<Url> =
        outline.frames.iter().filter_map(|source| web_url(base, source)).collect();
    let mut script_redirect = None;
    if is_little {
        for code in &outline.scripts {
            if script_redirect.is_none() {
                script_redirect = script::redirect(code).and_then(&elsewhere);
            }
            // Aliyun's block page gives its empty frame an address by script.
            if outline.has_empty_frame {
                frames.extend(script::sources(code).filter_map(|source| web_url(base, source)));
            }
        }
    }
    frames.truncate(MOST_FRAMES);
    Document {
        page: Page { title: title(outline.title.as_deref()), numbers: page_numbers(&outline) },
        refresh: outline.refreshes.iter().find_map(|content| elsewhere(refresh_target(content)?)),
        script_redirect,
        text: shortened(&outline.text.folded, text_chars),
        text_chars,
        is_script_only: text_chars <= HARDLY_ANY_TEXT
            && outline.has_script
            && frames.is_empty()
            && outline.pictures < FURNISHED
            && outline.links < FURNISHED,
        frames,
        was_cut,
    }
}

/// The web address that `reference` means on a page at `base`.
fn web_url(base: &Url, reference: &str) -> Option<Url> {
    let reference = reference.trim();
    if reference.is_empty() || reference.len() > LONGEST_URL {
        return None;
    }
    let url = base.join(reference).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// Whether both are the same page: what comes after `#` is a place on it.
fn is_same(url: &Url, other: &Url) -> bool {
    let [mut url, mut other] = [url.clone(), other.clone()];
    url.set_fragment(None);
    other.set_fragment(None);
    url == other
}

/// `5; url=http://…` where the delay is short enough to send every visitor on.
fn refresh_target(content: &str) -> Option<&str> {
    let content = content.trim();
    let rest = content.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let delay = content.strip_suffix(rest)?;
    let seconds: f64 = delay.parse().ok()?;
    if seconds > LONGEST_REFRESH {
        return None;
    }
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ';' | ','));
    let target = match rest.get(..3) {
        Some(word) if word.eq_ignore_ascii_case("url") => {
            let value = rest.get(3..)?.trim_start();
            value.strip_prefix('=').map_or(rest, str::trim_start)
        }
        _ => rest,
    };
    match target.chars().next()? {
        quote @ ('"' | '\'') => target.get(1..)?.split(quote).next(),
        _ => Some(target),
    }
}

fn title(raw: Option<&str>) -> Option<String> {
    let mut folded = outline::Text::default();
    folded.push(raw?);
    let title: String = folded.folded.chars().take(LONGEST_TITLE).collect();
    (!title.is_empty()).then_some(title)
}

fn shortened(text: &str, chars: usize) -> String {
    if chars <= TEXT_HEAD + TEXT_TAIL {
        return text.to_owned();
    }
    let head = text.char_indices().nth(TEXT_HEAD).map_or(text.len(), |(at, _)| at);
    let tail = text.char_indices().rev().nth(TEXT_TAIL - 1).map_or(0, |(at, _)| at);
    let head = text.get(..head).unwrap_or_default();
    let tail = text.get(tail..).unwrap_or_default();
    format!("{head} {tail}")
}

/// The numbers on the page, each once: where it stands in both ways, it is the page's own.
fn page_numbers(outline: &Outline<'_>) -> Vec<PageNumber> {
    let mut own: Vec<FilingNumber> =
        outline.number_metas.iter().flat_map(|content| numbers::find(content)).collect();
    let occurrences = numbers::occurrences(&outline.text.folded);
    let (claimed, quoted) = placement::divide(outline, occurrences);
    own.extend(claimed);
    let own = own.into_iter().map(|number| PageNumber { number, place: NumberPlace::Own });
    let quoted = quoted.into_iter().map(|number| PageNumber { number, place: NumberPlace::Quoted });
    let mut page_numbers: Vec<PageNumber> = Vec::new();
    for candidate in own.chain(quoted) {
        if page_numbers.len() == MOST_NUMBERS {
            break;
        }
        if !page_numbers.iter().any(|known| known.number == candidate.number) {
            page_numbers.push(candidate);
        }
    }
    page_numbers
}

#[cfg(test)]
mod tests;
