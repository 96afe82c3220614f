//! Which text the bytes of a page are: byte order mark, then what the server says, then what the
//! page says, then a guess.
//!
//! Labels lie often on Chinese sites, so a label is believed only while the bytes bear it out; a
//! browser would show such a page garbled.

mod common;

use std::borrow::Cow;

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

use crate::formats::charset::common::is_plainly_gbk;

/// Pages declare their encoding within so many bytes, as the HTML standard demands; some come after a
/// long comment or style sheet, and browsers read those, too.
const PRESCAN: usize = 1024;
const LONGEST_PRESCAN: usize = 64 * 1024;

/// The detector is fed so much of a page at most, and of that only where letters are beyond ASCII: it
/// weighs every byte for two dozen encodings, and the kind of its letters shows early.
const LONGEST_SAMPLE: usize = 16 * 1024;

/// Of a run of ASCII so much is left in a sample, from its beginning: the second byte of a character may
/// look like ASCII.
const LEFT_OF_ASCII: usize = 8;

/// A label is believed while at most one character in so many is unreadable.
const READABLE_PER_UNREADABLE: usize = 100;

/// The text of `body`. `content_type` is the header as the server sent it.
pub fn decode<'a>(body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, length)) = Encoding::for_bom(body) {
        let rest = body.get(length..).unwrap_or_default();
        return encoding.decode_without_bom_handling(rest).0;
    }
    if is_plainly_utf8(body)
        && let Some(text) = UTF_8.decode_without_bom_handling_and_without_replacement(body)
    {
        return text;
    }
    let declared = content_type.and_then(|header| label_after(header.as_bytes(), b"charset"));
    // Servers add windows-1252 by default, and it reads any bytes: the page knows better.
    let declared = declared.filter(|encoding| *encoding != WINDOWS_1252);
    let declared = declared.map(|encoding| {
        if is_wide(encoding) { guess_wide(body).unwrap_or(encoding) } else { encoding }
    });
    for encoding in [declared, declared_by_page(body), guess_wide(body)].into_iter().flatten() {
        if let Some(text) = readable(body, encoding) {
            return text;
        }
    }
    let sample = sample(body);
    if is_plainly_gbk(&sample)
        && std::str::from_utf8(body).is_err()
        && let Some(text) = readable(body, GB18030)
    {
        return text;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&sample, sample.len() < LONGEST_SAMPLE);
    // Told that a page is from the mainland, the detector takes Big5 without a label for GBK, where
    // it is full of private characters.
    let hints = [Some(b"cn".as_slice()), None];
    let guesses = hints.map(|hint| superset(detector.guess(hint, Utf8Detection::Allow)));
    let fallback = || guesses[0].decode_without_bom_handling(body).0;
    guesses.into_iter().find_map(|guess| readable(body, guess)).unwrap_or_else(fallback)
}

/// What of a page tells its letters: long runs of ASCII, the markup above all, are cut short.
fn sample(body: &[u8]) -> Vec<u8> {
    let mut sample = Vec::with_capacity(body.len().min(LONGEST_SAMPLE));
    for run in body.chunk_by(|one, next| one.is_ascii() == next.is_ascii()) {
        let is_long = run.first().is_some_and(u8::is_ascii) && run.len() > LEFT_OF_ASCII;
        sample.extend_from_slice(if is_long {
            run.get(..LEFT_OF_ASCII).unwrap_or(run)
        } else {
            run
        });
        if is_long {
            sample.push(b' ');
        }
        if sample.len() >= LONGEST_SAMPLE {
            break;
        }
    }
    sample.truncate(LONGEST_SAMPLE);
    sample
}

/// Whether bytes that are sound UTF-8 are meant to be: in nothing else do three-byte sequences, such as
/// Chinese has, come in numbers. Two-byte sequences alone may be a few characters of GBK (联通).
fn is_plainly_utf8(body: &[u8]) -> bool {
    let (mut of_three, mut of_two_or_three) = (0_usize, 0_usize);
    // So few at a time that a byte can count them.
    for part in body.chunks(usize::from(u8::MAX)) {
        let count = |least: u8| part.iter().map(|byte| u8::from(*byte >= least)).sum::<u8>();
        of_three += usize::from(count(0xe0));
        of_two_or_three += usize::from(count(0xc2));
    }
    of_two_or_three <= 2 * of_three
}

/// UTF-16 without a mark, by the zero bytes of its markup.
fn guess_wide(body: &[u8]) -> Option<&'static Encoding> {
    match body.get(..4)? {
        [b'<', 0, letter, 0] if *letter != 0 => Some(UTF_16LE),
        [0, b'<', 0, letter] if *letter != 0 => Some(UTF_16BE),
        _ => None,
    }
}

fn is_wide(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

/// The text, if nearly all of it is readable in `encoding`. A body that was cut in the middle of a
/// character, or holds a few broken or private ones, is still in that encoding.
fn readable<'a>(body: &'a [u8], encoding: &'static Encoding) -> Option<Cow<'a, str>> {
    let text = encoding.decode_without_bom_handling(body).0;
    let (mut foreign, mut unreadable) = (0_usize, 0_usize);
    // Markup proves nothing, so only characters beyond ASCII are counted.
    for window in text.as_bytes().windows(3) {
        foreign += usize::from(window[0] >= 0xc2);
        unreadable += usize::from(match window {
            [0xef, 0xbf, 0xbd] => true,
            // U+E000 to U+F8FF. In UTF-8 a private character is what somebody wrote, such as an
            // icon; elsewhere it is one that the encoding has no use for.
            [0xee, ..] | [0xef, 0x80..=0xa3, _] => encoding != UTF_8,
            _ => false,
        });
    }
    let is_readable = unreadable <= 1 || unreadable * READABLE_PER_UNREADABLE <= foreign;
    is_readable.then_some(text)
}

/// What `<meta charset>`, `<meta http-equiv="content-type">` or the XML declaration says.
fn declared_by_page(body: &[u8]) -> Option<&'static Encoding> {
    let within = |length: usize| declared_in(body.get(..length).unwrap_or(body));
    within(PRESCAN).or_else(|| within(LONGEST_PRESCAN))
}

fn declared_in(head: &[u8]) -> Option<&'static Encoding> {
    let mut tags = head.split(|byte| *byte == b'<');
    let encoding = tags.find_map(|tag| {
        let end = tag.iter().position(|byte| *byte == b'>').unwrap_or(tag.len());
        let tag = tag.get(..end)?;
        let begins = |name: &[u8]| {
            tag.get(..name.len()).is_some_and(|front| front.eq_ignore_ascii_case(name))
        };
        if begins(b"meta") {
            label_after(tag, b"charset")
        } else if begins(b"?xml") {
            label_after(tag, b"encoding")
        } else {
            None
        }
    })?;
    // A page that could be read this far as ASCII is not in UTF-16, whatever it says.
    Some(if is_wide(encoding) { UTF_8 } else { encoding })
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
