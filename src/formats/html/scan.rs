//! Goes through a page once from front to end, without a tree, and fills its outline. Takes time in
//! proportion to the page, whatever the page is.
//!
//! Tags, quotes, comments and raw text are read as the HTML standard's tokenizer reads them. Of its
//! tree construction only what readers notice is done: what ends by itself, which end tags count, and
//! where tables hold back. Where a page is tangled so that a tree would put a link or a footer
//! elsewhere, that is told.

use memchr::memchr;

use crate::formats::html::elements::Attributes;
use crate::formats::html::elements::Name;
use crate::formats::html::elements::Shape;
use crate::formats::html::entities;
use crate::formats::html::entities::Place;
use crate::formats::html::outline::Opened;
use crate::formats::html::outline::Outline;

/// Browsers nest no deeper; what is deeper is read as if it stood at this depth.
const DEEPEST: usize = 512;

/// What came of the page.
#[derive(Debug)]
pub(super) struct Scanned<'a> {
    pub(super) outline: Outline<'a>,
    /// Whether a tree might put a link or a footer elsewhere.
    pub(super) is_tangled: bool,
    /// Whether the page had more parts than it may have, so that its end was left out.
    pub(super) was_cut: bool,
}

#[derive(Debug)]
struct Open {
    name: Name,
    is_block: bool,
    opened: Opened,
}

struct Scanner<'a> {
    html: &'a str,
    at: usize,
    outline: Outline<'a>,
    stack: Vec<Open>,
    /// How many elements are open beyond the deepest that is kept.
    beyond: usize,
    /// How many `svg` and `math` are open, in which `<path/>` ends itself.
    foreign: usize,
    is_tangled: bool,
}

/// The outline of `html`, as far as it has at most `most` parts.
pub(super) fn scan(html: &str, most: usize) -> Scanned<'_> {
    let mut scanner = Scanner {
        html,
        at: 0,
        outline: Outline::new(html.len()),
        stack: Vec::with_capacity(32),
        beyond: 0,
        foreign: 0,
        is_tangled: false,
    };
    let mut was_cut = false;
    while scanner.at < html.len() {
        if scanner.outline.size() > most {
            was_cut = true;
            break;
        }
        scanner.step();
    }
    while scanner.close_top() {}
    scanner.outline.finish();
    Scanned { outline: scanner.outline, is_tangled: scanner.is_tangled, was_cut }
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.html.get(self.at..).unwrap_or_default()
    }

    /// Reads up to the next tag, and that tag.
    fn step(&mut self) {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let mut end = memchr(b'<', bytes).unwrap_or(bytes.len());
        // A `<` that begins no tag is text.
        while end < bytes.len() && !begins_tag(bytes.get(end + 1).copied()) {
            let next = bytes.get(end + 1..).unwrap_or_default();
            end = memchr(b'<', next).map_or(bytes.len(), |at| end + 1 + at);
        }
        if let Some(text) = rest.get(..end).filter(|text| !text.is_empty()) {
            self.outline.text(&entities::decode(text, Place::Text));
        }
        self.at += end;
        let tag = rest.get(end..).unwrap_or_default();
        match tag.as_bytes().get(1) {
            None => self.at = self.html.len(),
            Some(b'!') if tag.starts_with("<!--") => self.at += comment_length(tag),
            Some(b'!' | b'?') => self.at += 1 + past(tag.get(1..).unwrap_or_default(), b'>'),
            Some(b'/') => self.end_tag(tag),
            Some(_) => self.start_tag(tag),
        }
    }

    fn end_tag(&mut self, tag: &'a str) {
        let after = tag.get(2..).unwrap_or_default();
        if !after.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) {
            self.at += 2 + past(after, b'>');
            return;
        }
        let length = name_length(after);
        let name = Name::of(after.as_bytes().get(..length).unwrap_or_default());
        let (_, taken) = attributes(after.get(length..).unwrap_or_default(), |_, _| {});
        self.at += 2 + length + taken;
        self.close(&name);
    }

    fn start_tag(&mut self, tag: &'a str) {
        let after = tag.get(1..).unwrap_or_default();
        let length = name_length(after);
        let name = Name::of(after.as_bytes().get(..length).unwrap_or_default());
        let mut said = Attributes::default();
        let written = after.get(length..).unwrap_or_default();
        let (closes_itself, taken) = attributes(written, |name, value| said.take(name, value));
        self.at += 1 + length + taken;
        if self.at >= self.html.len() && !self.html.ends_with('>') {
            // A tag that the page breaks off in is none.
            return;
        }
        match name.shape() {
            Shape::Raw | Shape::Title => self.raw(&name, &said),
            Shape::Void | Shape::Break | Shape::Frame => {
                let opened = self.outline.open(&name, &said);
                self.outline.close(opened);
            }
            shape @ (Shape::Block | Shape::Inline | Shape::Hidden) => {
                self.end_implied(&name, shape);
                let opened = self.outline.open(&name, &said);
                if closes_itself && self.foreign > 0 {
                    self.outline.close(opened);
                } else if self.stack.len() >= DEEPEST {
                    self.outline.close(opened);
                    self.beyond += 1;
                } else {
                    self.foreign += usize::from(is_foreign(&name));
                    self.stack.push(Open { name, is_block: shape != Shape::Inline, opened });
                }
            }
        }
    }

    /// An element whose content is text up to its own end tag.
    fn raw(&mut self, name: &Name, said: &Attributes<'a>) {
        let opened = self.outline.open(name, said);
        let content = self.rest();
        let (text, taken) = raw_text(content, name.as_str());
        self.at += taken;
        match name.as_str() {
            "title" => self.outline.title_text(entities::decode(text, Place::Text)),
            "script" if said.src.is_none() => self.outline.script_text(text),
            _ => {}
        }
        self.outline.close(opened);
    }

    /// Ends what the beginning of an element ends: a paragraph by any block, an item by the next.
    fn end_implied(&mut self, name: &Name, shape: Shape) {
        let next = name.as_str();
        if next == "a" {
            let open =
                self.stack.iter().rposition(|open| open.name.as_str() == "a" || open.is_block);
            if let Some(index) = open.filter(|index| self.is_named(*index, "a")) {
                self.close_down_to(index);
            }
            return;
        }
        if shape != Shape::Block {
            return;
        }
        let ends: &[&str] = match next {
            "li" => &["li", "p"],
            "dt" | "dd" => &["dt", "dd", "p"],
            "td" | "th" => &["td", "th", "p"],
            "tr" => &["tr", "td", "th", "p"],
            "option" => &["option"],
            _ => &["p"],
        };
        // The innermost block of all decides: what is around it goes on.
        while let Some(index) = self.stack.iter().rposition(|open| open.is_block)
            && let Some(open) = self.stack.get(index)
            && ends.contains(&open.name.as_str())
        {
            self.close_down_to(index);
        }
    }

    /// An end tag.
    fn close(&mut self, name: &Name) {
        if self.beyond > 0 {
            self.beyond -= 1;
            return;
        }
        let shape = name.shape();
        if shape == Shape::Frame {
            return;
        }
        if shape == Shape::Break {
            let opened = self.outline.open(name, &Attributes::default());
            self.outline.close(opened);
            return;
        }
        let is_block = shape != Shape::Inline;
        let word = name.as_str();
        for index in (0..self.stack.len()).rev() {
            let Some(open) = self.stack.get(index) else { return };
            if open.name == *name {
                self.close_down_to(index);
                return;
            }
            // What runs on in a line ends within its block, and what stands in a cell within it.
            let holds = if is_block { holds_back(open.name.as_str(), word) } else { open.is_block };
            if holds {
                let outer = self.stack.get(..index).unwrap_or_default();
                let is_open = |open: &Open| open.opened.matters && open.name == *name;
                self.is_tangled |= outer.iter().any(is_open);
                return;
            }
        }
    }

    fn is_named(&self, index: usize, word: &str) -> bool {
        self.stack.get(index).is_some_and(|open| open.name.as_str() == word)
    }

    /// Closes the element at `index` of the stack and everything in it.
    fn close_down_to(&mut self, index: usize) {
        // A link that its block's end cuts short goes on after it, in a tree.
        let inner = self.stack.get(index + 1..).unwrap_or_default();
        let is_cut = |open: &Open| open.opened.matters && !open.is_block;
        self.is_tangled |= inner.iter().any(is_cut);
        while self.stack.len() > index && self.close_top() {}
    }

    fn close_top(&mut self) -> bool {
        let Some(open) = self.stack.pop() else { return false };
        self.foreign -= usize::from(is_foreign(&open.name));
        self.outline.close(open.opened);
        true
    }
}

fn begins_tag(byte: Option<u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?'))
}

fn is_foreign(name: &Name) -> bool {
    matches!(name.as_str(), "svg" | "math")
}

/// Whether the end tag `word` ends nothing around the open element `open`.
fn holds_back(open: &str, word: &str) -> bool {
    let is_part = matches!(
        word,
        "table" | "tbody" | "thead" | "tfoot" | "tr" | "td" | "th" | "caption" | "colgroup"
    );
    if is_part {
        open == "table" && word != "table"
    } else {
        matches!(open, "table" | "td" | "th" | "caption" | "template")
    }
}

/// How many bytes up to and with the first `byte`; all of them where it is not there.
fn past(text: &str, byte: u8) -> usize {
    memchr(byte, text.as_bytes()).map_or(text.len(), |at| at + 1)
}

/// How long a comment is that `text` begins with.
fn comment_length(text: &str) -> usize {
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

fn name_length(text: &str) -> usize {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
    text.as_bytes().iter().position(is_end).unwrap_or(text.len())
}

/// Passes on the attributes of a tag, each as name and value. Tells whether it ends with `/>`, and how
/// many bytes it takes, the `>` included.
fn attributes<'a>(text: &'a str, mut pass_on: impl FnMut(&'a str, &'a str)) -> (bool, usize) {
    let bytes = text.as_bytes();
    let position = |from: usize, is_it: fn(&u8) -> bool| {
        let rest = bytes.get(from..).unwrap_or_default();
        rest.iter().position(is_it).map_or(bytes.len(), |at| from + at)
    };
    let not_space = |byte: &u8| !byte.is_ascii_whitespace();
    let mut at = 0;
    let mut closes_itself = false;
    loop {
        at = position(at, not_space);
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
        let end = position(at + 1, |b| b.is_ascii_whitespace() || matches!(b, b'=' | b'>' | b'/'));
        let name = text.get(at..end).unwrap_or_default();
        at = position(end, not_space);
        if bytes.get(at) != Some(&b'=') {
            pass_on(name, "");
            continue;
        }
        at = position(at + 1, not_space);
        let quote = bytes.get(at).filter(|byte| matches!(byte, b'"' | b'\''));
        let (start, end) = if let Some(quote) = quote {
            let inside = bytes.get(at + 1..).unwrap_or_default();
            (at + 1, at + 1 + memchr(*quote, inside).unwrap_or(inside.len()))
        } else {
            (at, position(at, |b| b.is_ascii_whitespace() || *b == b'>'))
        };
        let next = end + usize::from(quote.is_some());
        pass_on(name, text.get(start..end).unwrap_or_default());
        at = next.min(bytes.len());
    }
}

/// The text before the end tag of the raw element `name`, and how many bytes it takes with that tag.
fn raw_text<'a>(content: &'a str, name: &str) -> (&'a str, usize) {
    let bytes = content.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr(b'<', rest)) {
        let start = at + found;
        let after = bytes.get(start + 2..).unwrap_or_default();
        let is_end = bytes.get(start + 1) == Some(&b'/')
            && after
                .get(..name.len())
                .is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()))
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

#[cfg(test)]
mod tests;
