//! What a page says: title, filing numbers and whose they seem to be, language, where it sends
//! visitors on, and how much text it has.
//!
//! A page is gone through once, in time that is in proportion to it. Only where it holds a number
//! and is so tangled that this does not tell what stands in what, a tree is made of it, within a
//! budget. Nothing recurses, and scripts are not run.

mod digest;
mod elements;
mod entities;
mod folded;
mod language;
mod line;
mod outline;
mod placement;
mod role;
mod scan;
mod script;
mod tag;
mod tree;

use std::time::Duration;

use url::Url;

use crate::facts::domain::Domain;
use crate::facts::visit::Page;
use crate::facts::visit::PageNumber;
use crate::formats::html::folded::Text;
use crate::formats::html::outline::Outline;
use crate::formats::numbers;

/// What one page may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How long a tree may take before it is given up.
    pub cpu: Duration,
    /// How many parts a page may have before what is between its head and its tail is left out, and how
    /// many nodes a tree before it is given up.
    pub nodes: usize,
}

/// Everything that was read from one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// What is kept of it.
    pub page: Page,
    /// Where a `<meta http-equiv=refresh>` of at most ten seconds leads; `None` where there is
    /// none, or it only loads the page again.
    pub refresh: Option<Url>,
    /// Where an inline script of a page with little text leads without conditions.
    pub script_redirect: Option<Url>,
    /// The visible text, white space folded; of a page that was cut, of its head and its tail.
    pub text: String,
    /// How many characters the visible text has, what was cut out of it counted.
    pub text_chars: usize,
    /// How many links there are.
    pub links: usize,
    /// What stands before a site, or in its place, where the page is nothing else.
    pub barrier: Option<Barrier>,
    /// The frames and inline frames, in order, the first sixteen.
    pub frames: Vec<Url>,
    /// Whether the page has more parts than the budget allows, so that its middle was left out.
    pub was_cut: bool,
    /// Whether a tree of it would have cost more than the budget allows, so that it was read without.
    pub was_given_up: bool,
    /// How many parts the page was read as: blocks, links and runs of text.
    pub parts: usize,
    /// How many nodes the tree had; `None` where none was made.
    pub tree_nodes: Option<usize>,
}

/// What only a browser or a person passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Barrier {
    /// There is hardly any text, and scripts that would make some.
    Script,
    /// There is little text, hardly a link or picture, and a script that sets a cookie and loads the page
    /// again: firewalls let those in who can do that.
    Challenge,
    /// There is little text, hardly a link, and a field for a password.
    Login,
    /// There is nothing at all to be seen.
    Blank,
}

/// At most so many characters of a title are kept.
const LONGEST_TITLE: usize = 200;

/// A page with at most so many characters has little text: a script there may be all it does.
const LITTLE_TEXT: usize = 200;

/// A page with at most so many characters (`Loading…`) has hardly any.
const HARDLY_ANY_TEXT: usize = 40;

/// A page with so many pictures or links is a document, however little text it has.
const FURNISHED: usize = 3;

/// A login has links for those who have forgotten their password, and hardly any others.
const LINKS_OF_A_LOGIN: usize = 10;

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
    let scanned = scan::scan(html, budget.nodes);
    let occurrences = numbers::occurrences(&scanned.outline.text.folded);
    let has_numbers = !occurrences.is_empty() || !scanned.outline.asides.is_empty();
    let was_cut = scanned.was_cut;
    if scanned.is_tangled && has_numbers {
        let (tree, was_given_up) = tree::parse(html, budget);
        let nodes = tree.tree.values().len();
        let document = if was_given_up {
            Document { was_cut, ..told(scanned.outline, occurrences, base) }
        } else {
            let outline = tree::outline(&tree);
            let occurrences = numbers::occurrences(&outline.text.folded);
            told(outline, occurrences, base)
        };
        Document { tree_nodes: Some(nodes), was_given_up, ..document }
    } else {
        Document { was_cut, ..told(scanned.outline, occurrences, base) }
    }
}

/// What an outline tells.
fn told(
    mut outline: Outline<'_>,
    occurrences: Vec<numbers::Occurrence>,
    page_url: &Url,
) -> Document {
    let declared = outline.base.as_deref().and_then(|href| web_url(page_url, href));
    let base = declared.as_ref().unwrap_or(page_url);
    let elsewhere = |reference| web_url(base, reference).filter(|url| !is_same(url, page_url));
    let text_chars = outline.text.chars;
    let is_little = text_chars <= LITTLE_TEXT;
    let mut frames: Vec<Url> = outline
        .frames
        .iter()
        .take(MOST_FRAMES)
        .filter_map(|source| web_url(base, source))
        .collect();
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
    let text = &outline.text.folded;
    let page = Page {
        title: title(outline.title.as_deref()),
        numbers: page_numbers(&outline, occurrences, page_url),
        language: language::of(text, outline.lang.as_deref()),
        text_chars: u32::try_from(text_chars).unwrap_or(u32::MAX),
        text_sha256: digest::of(text),
        links: linked_domains(&outline, page_url),
    };
    Document {
        page,
        refresh: outline.refreshes.iter().find_map(|content| elsewhere(refresh_target(content)?)),
        script_redirect,
        text_chars,
        links: outline.links,
        barrier: barrier(&outline, text_chars, !frames.is_empty()),
        frames,
        was_cut: false,
        was_given_up: false,
        parts: outline.size(),
        tree_nodes: None,
        text: std::mem::take(&mut outline.text.folded),
    }
}

/// What the page is where it is nothing but a barrier.
fn barrier(outline: &Outline<'_>, text_chars: usize, has_frames: bool) -> Option<Barrier> {
    let is_bare = outline.pictures < FURNISHED && outline.links < FURNISHED;
    let is_little = text_chars <= LITTLE_TEXT;
    if text_chars <= HARDLY_ANY_TEXT && outline.has_script && !has_frames && is_bare {
        Some(Barrier::Script)
    } else if is_little && is_bare && outline.scripts.iter().any(|code| script::loads_again(code)) {
        Some(Barrier::Challenge)
    } else if is_little && outline.passwords > 0 && outline.links < LINKS_OF_A_LOGIN {
        Some(Barrier::Login)
    } else if text_chars == 0 && outline.pictures == 0 && outline.links == 0 && !has_frames {
        Some(Barrier::Blank)
    } else {
        None
    }
}

/// The other Domains that the page links to, in order.
fn linked_domains(outline: &Outline<'_>, page_url: &Url) -> Vec<Domain> {
    let own: Option<Domain> = page_url.host_str().and_then(|host| host.parse().ok());
    let mut domains = Vec::new();
    for host in &outline.hosts {
        if domains.len() == Page::MOST_LINKED_DOMAINS {
            break;
        }
        // Most links are to the site itself, and need no look into the list of suffixes.
        if page_url.host_str() == Some(host) {
            continue;
        }
        if let Ok(domain) = host.parse::<Domain>()
            && own.as_ref() != Some(&domain)
            && !domains.contains(&domain)
        {
            domains.push(domain);
        }
    }
    domains
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
    let mut folded = Text::default();
    folded.push(raw?);
    let title: String = folded.folded.chars().take(LONGEST_TITLE).collect();
    (!title.is_empty()).then_some(title)
}

/// The numbers on the page, each once: where it stands in both ways, it is the page's own. A link to
/// it is told if any of its places has one.
fn page_numbers(
    outline: &Outline<'_>,
    occurrences: Vec<numbers::Occurrence>,
    page_url: &Url,
) -> Vec<PageNumber> {
    if occurrences.is_empty() && outline.asides.is_empty() && outline.number_metas.is_empty() {
        return Vec::new();
    }
    let mut page_numbers: Vec<PageNumber> = Vec::new();
    for candidate in placement::divide(outline, occurrences, page_url) {
        let is_same = |known: &&mut PageNumber| known.number == candidate.number;
        if let Some(known) = page_numbers.iter_mut().find(is_same) {
            if candidate.place == known.place && known.link.is_none() {
                known.link = candidate.link;
            }
        } else if page_numbers.len() < MOST_NUMBERS {
            page_numbers.push(candidate);
        }
    }
    page_numbers
}

#[cfg(test)]
mod tests;
