//! What a part of a page seems to be, by its element, its names and where it leads.

use std::borrow::Cow;

use crate::formats::html::elements::Attributes;
use crate::formats::html::elements::Shape;

/// What a part of the page seems to be, by its own element alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Anything.
    Plain,
    /// A footer, or named like one.
    Footer,
    /// Named as the bottom of something, or a record.
    Bottom,
    /// A link to the ministry's filing system.
    Ministry,
    /// A link to another host.
    Link,
    /// Named like a footer or a bottom, and like something that tells of others: `footer-news`, `icp-result`.
    Others,
    /// An article, an advertisement, or what visitors write or are to copy.
    Article,
}

/// What an element seems to be, and the host that it leads to.
pub(super) fn role<'a>(
    name: &[u8],
    shape: Shape,
    attributes: &Attributes<'a>,
) -> (Role, Option<Cow<'a, str>>) {
    match name {
        b"a" => {
            let Some(host) = attributes.href.and_then(host_of) else { return (Role::Plain, None) };
            let role = if is_ministry(host) { Role::Ministry } else { Role::Link };
            (role, Some(Cow::Borrowed(host)))
        }
        b"footer" => (Role::Footer, None),
        b"article" => (Role::Article, None),
        // What visitors write, or are to copy.
        _ if shape == Shape::Literal => (Role::Article, None),
        // A class of the whole page, such as `has-footer`, says nothing of what stands in it.
        _ if matches!(shape, Shape::Frame | Shape::Raw | Shape::Title) => (Role::Plain, None),
        _ => {
            let names = [attributes.id, attributes.class];
            let words = names.into_iter().flatten().flat_map(str::split_ascii_whitespace);
            let mut roles = words.filter_map(role_of_name);
            let first = roles.next().unwrap_or(Role::Plain);
            (if roles.any(|role| role == Role::Footer) { Role::Footer } else { first }, None)
        }
    }
}

/// The words that the names of footers have in them, whether only as words of their own, and what
/// they say: lists of news have a bottom and records, too.
const FOOTER_WORDS: [(&[u8], bool, Role); 6] = [
    (b"foot", false, Role::Footer),
    (b"copyright", false, Role::Footer),
    (b"beian", false, Role::Footer),
    (b"icp", true, Role::Footer),
    (b"bottom", false, Role::Bottom),
    (b"record", true, Role::Bottom),
];

/// In the name of something that would be a footer without them, words that say that it tells of others.
const WORDS_OF_OTHERS: [&str; 6] = ["result", "query", "search", "lookup", "whois", "news"];

/// What a word of an element's name says that it is: a footer before anything else.
fn role_of_name(word: &str) -> Option<Role> {
    let bytes = word.as_bytes();
    if matches!(
        bytes,
        [b'a' | b'A', b'd' | b'D'] | [b'a' | b'A', b'd' | b'D', b's' | b'S' | b'v' | b'V']
    ) {
        return Some(Role::Article);
    }
    // What begins with none of their letters holds none of them.
    let places = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| matches!(byte.to_ascii_lowercase(), b'f' | b'c' | b'b' | b'i' | b'r'));
    let mut roles = places.filter_map(|(at, first)| {
        let rest = bytes.get(at..).unwrap_or_default();
        // In `topicpath` and `recorder` the letters are part of another word.
        let before = at.checked_sub(1).and_then(|index| bytes.get(index));
        let begins =
            before.is_none_or(|byte| !byte.is_ascii_alphabetic()) || first.is_ascii_uppercase();
        let found = FOOTER_WORDS.iter().find(|(part, is_word, _)| {
            rest.get(..part.len()).is_some_and(|front| front.eq_ignore_ascii_case(part))
                && (begins || !is_word)
        });
        found.map(|(_, _, role)| *role)
    });
    let first = roles.next()?;
    let role = if roles.any(|role| role == Role::Footer) { Role::Footer } else { first };
    let starts = |start: &str| {
        word.get(..start.len()).is_some_and(|front| front.eq_ignore_ascii_case(start))
    };
    let is_of_style = ["margin", "padding", "border"].into_iter().any(starts);
    let lower = word.to_ascii_lowercase();
    let is_of_others = WORDS_OF_OTHERS.iter().any(|other| lower.contains(other))
        || lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == "ad");
    (!is_of_style).then_some(if is_of_others { Role::Others } else { role })
}

/// The host that an absolute reference leads to, as it is written.
pub(super) fn host_of(href: &str) -> Option<&str> {
    let href = href.trim_start();
    let after = |scheme: &str| {
        let front = href.get(..scheme.len())?;
        front.eq_ignore_ascii_case(scheme).then(|| href.get(scheme.len()..)).flatten()
    };
    let rest = after("http://").or_else(|| after("https://")).or_else(|| after("//"))?;
    let end = rest.find(['/', '?', '#', ':', '\\']).unwrap_or(rest.len());
    let host = rest.get(..end)?.trim_end();
    (!host.is_empty() && host.len() <= 253).then_some(host)
}

/// Whether a host is the ministry's filing system, by its name of today or of earlier years.
fn is_ministry(host: &str) -> bool {
    ["beian.miit.gov.cn", "miitbeian.gov.cn", "miibeian.gov.cn"].iter().any(|ministry| {
        let Some(start) = host.len().checked_sub(ministry.len()) else { return false };
        let Some((sub, end)) = host.split_at_checked(start) else { return false };
        end.eq_ignore_ascii_case(ministry) && (sub.is_empty() || sub.ends_with('.'))
    })
}
