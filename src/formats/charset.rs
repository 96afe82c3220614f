//! Which text the bytes of a page are: byte order mark, then what the server says, then what the
//! page says, then a guess.
//!
//! Labels lie often on Chinese sites, so a label is believed only while the bytes bear it out; a
//! browser would show such a page garbled.

use chardetng::EncodingDetector;
use chardetng::Iso2022JpDetection;
use chardetng::Utf8Detection;
use encoding_rs::Encoding;
use encoding_rs::GB18030;
use encoding_rs::GBK;
use encoding_rs::REPLACEMENT;
use encoding_rs::UTF_8;
use encoding_rs::UTF_16BE;
use encoding_rs::UTF_16LE;
use encoding_rs::WINDOWS_1252;

/// Pages declare their encoding within so many bytes, as the HTML standard demands.
const PRESCAN: usize = 1024;

/// A label is believed while at most one character in so many is unreadable.
const READABLE_PER_UNREADABLE: usize = 100;

/// The text of `body`. `content_type` is the header as the server sent it.
pub fn decode(body: &[u8], content_type: Option<&str>) -> String {
    if let Some((encoding, length)) = Encoding::for_bom(body) {
        let rest = body.get(length..).unwrap_or_default();
        return encoding.decode_without_bom_handling(rest).0.into_owned();
    }
    if let Ok(text) = std::str::from_utf8(body)
        && body.is_ascii()
    {
        return text.to_owned();
    }
    let declared = content_type.and_then(|header| label_after(header.as_bytes(), b"charset"));
    // Servers add windows-1252 by default, and it reads any bytes: the page knows better.
    let declared = declared.filter(|encoding| *encoding != WINDOWS_1252);
    for encoding in [declared, declared_by_page(body)].into_iter().flatten() {
        if let Some(text) = readable(body, encoding) {
            return text;
        }
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(body, true);
    // Told that a page is from the mainland, the detector takes Big5 without a label for GBK, where
    // it is full of private characters.
    let hints = [Some(b"cn".as_slice()), None];
    let guesses = hints.map(|hint| superset(detector.guess(hint, Utf8Detection::Allow)));
    let fallback = || guesses[0].decode_without_bom_handling(body).0.into_owned();
    guesses.into_iter().find_map(|guess| readable(body, guess)).unwrap_or_else(fallback)
}

/// The text, if nearly all of it is readable in `encoding`. A body that was cut in the middle of a
/// character, or holds a few broken or private ones, is still in that encoding.
fn readable(body: &[u8], encoding: &'static Encoding) -> Option<String> {
    let text = encoding.decode_without_bom_handling(body).0;
    let (mut foreign, mut unreadable) = (0_usize, 0_usize);
    // Markup proves nothing, so only characters beyond ASCII are counted.
    for character in text.chars().filter(|character| !character.is_ascii()) {
        foreign += 1;
        // In UTF-8 a private character is what somebody wrote, such as an icon; elsewhere it is one
        // that the encoding has no use for.
        let is_private = encoding != UTF_8 && matches!(character, '\u{e000}'..='\u{f8ff}');
        unreadable += usize::from(is_private || character == '\u{fffd}');
    }
    let is_readable = unreadable <= 1 || unreadable * READABLE_PER_UNREADABLE <= foreign;
    is_readable.then(|| text.into_owned())
}

/// What `<meta charset>`, `<meta http-equiv="content-type">` or the XML declaration says.
fn declared_by_page(body: &[u8]) -> Option<&'static Encoding> {
    let head = body.get(..PRESCAN).unwrap_or(body);
    let mut tags = head.split(|byte| *byte == b'<').map(<[u8]>::to_ascii_lowercase);
    let encoding = tags.find_map(|tag| {
        let end = tag.iter().position(|byte| *byte == b'>').unwrap_or(tag.len());
        let tag = tag.get(..end)?;
        if tag.starts_with(b"meta") {
            label_after(tag, b"charset")
        } else if tag.starts_with(b"?xml") {
            label_after(tag, b"encoding")
        } else {
            None
        }
    })?;
    // A page that could be read this far as ASCII is not in UTF-16, whatever it says.
    let is_wide = encoding == UTF_16LE || encoding == UTF_16BE;
    Some(if is_wide { UTF_8 } else { encoding })
}

/// The encoding named after `key` and an equals sign.
fn label_after(text: &[u8], key: &[u8]) -> Option<&'static Encoding> {
    let text = text.to_ascii_lowercase();
    let starts = text.windows(key.len()).enumerate().filter(|(_, window)| *window == key);
    starts.map(|(start, _)| start + key.len()).find_map(|start| {
        let rest = text.get(start..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
        let label = match rest.first()? {
            quote @ (b'"' | b'\'') => rest.get(1..)?.split(|byte| byte == quote).next()?,
            _ => rest.split(|b| b" \t\r\n;,\"'/>".contains(b)).next()?,
        };
        let encoding = Encoding::for_label(label)?;
        (encoding != REPLACEMENT).then(|| superset(encoding))
    })
}

/// GBK is read as GB18030, which adds characters and changes none.
fn superset(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == GBK { GB18030 } else { encoding }
}

#[cfg(test)]
mod tests;
