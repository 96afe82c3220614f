//! Where a tag, its name, its attributes and what belongs to it end, as the HTML standard's tokenizer
//! reads them.

use memchr::memchr;

/// How many bytes up to and with the first `byte`; all of them where it is not there.
pub(super) fn past(text: &str, byte: u8) -> usize {
    memchr(byte, text.as_bytes()).map_or(text.len(), |at| at + 1)
}

/// How long a comment is that `text` begins with.
pub(super) fn comment_length(text: &str) -> usize {
    // `<!-->` and `<!--->` are whole comments.
    let inside = text.get(4..).unwrap_or_default();
    if inside.starts_with('>') {
        return 5;
    }
    if inside.starts_with("->") {
        return 6;
    }
    let bytes = inside.as_bytes();
    let mut at = 0;
    while let Some(dash) = bytes.get(at..).and_then(|rest| memchr(b'-', rest)) {
        let here = bytes.get(at + dash..).unwrap_or_default();
        if here.starts_with(b"-->") {
            return 4 + at + dash + 3;
        }
        if here.starts_with(b"--!>") {
            return 4 + at + dash + 4;
        }
        at += dash + 1;
    }
    text.len()
}

/// What a byte ends within a tag.
static ENDS: [u8; 256] = {
    let mut table = [0; 256];
    let (space, end) = (SPACE | NAME | VALUE, NAME | VALUE);
    table[b' ' as usize] = space;
    table[b'\t' as usize] = space;
    table[b'\n' as usize] = space;
    table[b'\r' as usize] = space;
    table[0x0c] = space;
    table[b'>' as usize] = end;
    table[b'/' as usize] = NAME;
    table[b'=' as usize] = EQUALS;
    table
};

/// White space.
const SPACE: u8 = 1;
/// It ends the name of an element; that of an attribute, too.
const NAME: u8 = 2;
/// It ends the name of an attribute only.
const EQUALS: u8 = 4;
/// It ends a value without quotes.
const VALUE: u8 = 8;

/// The first place from `from` on at which a byte is one of `kinds`; the end where there is none.
fn place_of(bytes: &[u8], from: usize, kinds: u8) -> usize {
    let mut at = from;
    while let Some(byte) = bytes.get(at)
        && ENDS[usize::from(*byte)] & kinds == 0
    {
        at += 1;
    }
    at.min(bytes.len())
}

/// The first place from `from` on that is no white space.
fn past_space(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = bytes.get(at)
        && ENDS[usize::from(*byte)] & SPACE != 0
    {
        at += 1;
    }
    at.min(bytes.len())
}

pub(super) fn name_length(text: &str) -> usize {
    place_of(text.as_bytes(), 0, NAME)
}

/// Passes on the attributes of a tag, each as name and value. Tells whether it ends with `/>`, and how
/// many bytes it takes, the `>` included.
pub(super) fn attributes<'a>(
    text: &'a str,
    mut pass_on: impl FnMut(&'a str, &'a str),
) -> (bool, usize) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut closes_itself = false;
    loop {
        at = past_space(bytes, at);
        match bytes.get(at) {
            None => return (false, bytes.len()),
            Some(b'>') => return (closes_itself, at + 1),
            Some(b'/') => {
                closes_itself = true;
                at += 1;
                continue;
            }
            Some(_) => closes_itself = false,
        }
        // The first byte belongs to the name, even if it is an equals sign.
        let end = place_of(bytes, at + 1, NAME | EQUALS);
        let name = text.get(at..end).unwrap_or_default();
        at = past_space(bytes, end);
        if bytes.get(at) != Some(&b'=') {
            pass_on(name, "");
            continue;
        }
        at = past_space(bytes, at + 1);
        let quote = bytes.get(at).filter(|byte| matches!(byte, b'"' | b'\''));
        let (start, end) = if let Some(quote) = quote {
            let inside = bytes.get(at + 1..).unwrap_or_default();
            (at + 1, at + 1 + memchr(*quote, inside).unwrap_or(inside.len()))
        } else {
            (at, place_of(bytes, at, VALUE))
        };
        let next = end + usize::from(quote.is_some());
        pass_on(name, text.get(start..end).unwrap_or_default());
        at = next.min(bytes.len());
    }
}

/// The text before the end tag of the raw element `name`, and how many bytes it takes with that tag.
pub(super) fn raw_text<'a>(content: &'a str, name: &[u8]) -> (&'a str, usize) {
    let bytes = content.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr(b'<', rest)) {
        let start = at + found;
        let after = bytes.get(start + 2..).unwrap_or_default();
        let is_end = bytes.get(start + 1) == Some(&b'/')
            && after.get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name))
            && after
                .get(name.len())
                .is_none_or(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'));
        if is_end {
            let tag = content.get(start + 2..).unwrap_or_default();
            return (content.get(..start).unwrap_or_default(), start + 2 + past(tag, b'>'));
        }
        at = start + 1;
    }
    (content, content.len())
}
