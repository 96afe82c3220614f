//! What character references (`&amp;`, `&#22791;`) stand for, as the HTML standard reads them.

use std::borrow::Cow;

use html5ever::data::C1_REPLACEMENTS;
use html5ever::data::NAMED_ENTITIES;
use memchr::memchr;

/// The longest name of a reference has 31 letters and a semicolon.
const LONGEST_NAME: usize = 32;

/// Where a reference stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In running text.
    Text,
    /// In the value of an attribute, where `&copy=2` of a query is none.
    Attribute,
}

/// The text with its character references replaced.
pub(super) fn decode(text: &str, place: Place) -> Cow<'_, str> {
    let Some(first) = memchr(b'&', text.as_bytes()) else { return Cow::Borrowed(text) };
    let mut decoded = String::with_capacity(text.len());
    let (before, mut rest) = text.split_at(first);
    decoded.push_str(before);
    while let Some(at) = rest.find('&') {
        let (before, reference) = rest.split_at(at);
        decoded.push_str(before);
        let after = reference.get(1..).unwrap_or_default();
        let length = match after.as_bytes().first() {
            Some(b'#') => numeric(after, &mut decoded),
            Some(byte) if byte.is_ascii_alphanumeric() => named(after, place, &mut decoded),
            _ => None,
        };
        if length.is_none() {
            decoded.push('&');
        }
        rest = after.get(length.unwrap_or(0)..).unwrap_or_default();
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// Replaces `#22791;`, and tells how long it is; `None` where it is no reference.
fn numeric(text: &str, decoded: &mut String) -> Option<usize> {
    let hexadecimal = text.get(1..2).is_some_and(|letter| letter.eq_ignore_ascii_case("x"));
    let start = if hexadecimal { 2 } else { 1 };
    let digits = text.get(start..)?;
    let is_digit =
        |byte: &u8| if hexadecimal { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() };
    let length = digits.bytes().take_while(|byte| is_digit(byte)).count();
    if length == 0 {
        return None;
    }
    let radix = if hexadecimal { 16 } else { 10 };
    // What does not fit is beyond Unicode, too.
    let code = u32::from_str_radix(digits.get(..length)?, radix).unwrap_or(u32::MAX);
    let replaced = match code {
        0x80..=0x9f => C1_REPLACEMENTS.get(code as usize - 0x80).copied().flatten(),
        _ => None,
    };
    decoded.push(replaced.or(char::from_u32(code)).filter(|c| *c != '\0').unwrap_or('\u{fffd}'));
    let is_closed = digits.as_bytes().get(length) == Some(&b';');
    Some(start + length + usize::from(is_closed))
}

/// Replaces the longest name that `text` begins with, and tells how long it is.
fn named(text: &str, place: Place, decoded: &mut String) -> Option<usize> {
    let bytes = text.as_bytes();
    let letters = bytes.iter().take(LONGEST_NAME).take_while(|b| b.is_ascii_alphanumeric()).count();
    let is_closed = bytes.get(letters) == Some(&b';');
    let longest = letters + usize::from(is_closed);
    let (length, codes) = (2..=longest).rev().find_map(|length| {
        let codes = NAMED_ENTITIES.get(text.get(..length)?)?;
        // The table also holds the beginnings of names, which stand for nothing.
        (codes.0 != 0).then_some((length, codes))
    })?;
    let is_whole = bytes.get(length - 1) == Some(&b';');
    let next = bytes.get(length).copied().unwrap_or_default();
    if !is_whole && place == Place::Attribute && (next == b'=' || next.is_ascii_alphanumeric()) {
        return None;
    }
    decoded.extend(char::from_u32(codes.0));
    decoded.extend(char::from_u32(codes.1).filter(|second| *second != '\0'));
    Some(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn references_are_read_as_browsers_read_them() {
        for (text, expected) in [
            ("京&#73;&#x43;P&#22791;&#X3010;", "京ICP备\u{3010}"),
            ("a&nbsp;b&copy2026&hellip;", "a\u{a0}b©2026…"),
            ("&amp;lt; &lt;p&gt;", "&lt; <p>"),
            ("&notit; &notin; &nosuch;", "¬it; ∉ &nosuch;"),
            ("&#0; &#x110000; &#99999999999; &#x80;", "\u{fffd} \u{fffd} \u{fffd} €"),
            ("&#; &#x; & &; &", "&#; &#x; & &; &"),
            ("备&案", "备&案"),
        ] {
            assert_eq!(decode(text, Place::Text), expected, "{text}");
        }
        assert_eq!(decode("?a=1&copy=2&amp;b&lt=3", Place::Attribute), "?a=1&copy=2&b&lt=3");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(&|#|x|[0-9a-f]|amp;?|copy|备|;|\\PC){0,40}") {
            decode(&text, Place::Text);
            decode(&text, Place::Attribute);
        }
    }
}
