//! Goes through a page once from front to end, without a tree, and fills its outline. Takes time in
//! proportion to the page, whatever the page is.
//!
//! Tags, quotes, comments and raw text are read as the HTML standard's tokenizer reads them. Of its
//! tree construction only what readers notice is done: what ends by itself, which end tags count, and
//! where tables hold back. Where a page is tangled so that a tree would put a link or a footer
//! elsewhere, that is told.
//!
//! Of a page with more parts than it may have, the head and the tail are read, since the title stands in
//! one and the filing number in the other. What is between them is skimmed: it is known all the same
//! what the tail stands in, and how long each part is.

mod beyond;

use memchr::memchr;

use crate::formats::html::elements::Attributes;
use crate::formats::html::elements::Name;
use crate::formats::html::elements::Shape;
use crate::formats::html::entities;
use crate::formats::html::entities::Place;
use crate::formats::html::outline::Opened;
use crate::formats::html::outline::Outline;
use crate::formats::html::role::Role;
use crate::formats::html::scan::beyond::Beyond;
use crate::formats::html::tag::attributes;
use crate::formats::html::tag::comment_length;
use crate::formats::html::tag::name_length;
use crate::formats::html::tag::past;
use crate::formats::html::tag::raw_text;

/// Browsers nest no deeper; what is deeper is read as if it stood at this depth, one after another.
const DEEPEST: usize = 512;

/// A part takes at least so many bytes: `<p>x` is two of them.
const LEAST_OF_A_PART: usize = 2;

/// What came of the page.
#[derive(Debug)]
pub(super) struct Scanned<'a> {
    pub(super) outline: Outline<'a>,
    /// Whether a tree might put a link or a footer elsewhere.
    pub(super) is_tangled: bool,
    /// Whether the page had more parts than it may have, so that its middle was left out.
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
    /// Where the tail begins.
    tail: usize,
    outline: Outline<'a>,
    stack: Vec<Open>,
    /// The elements that are open beyond the deepest that is kept.
    beyond: Beyond,
    /// How many `svg` and `math` are open, in which `<path/>` ends itself.
    foreign: usize,
    is_tangled: bool,
}

/// The outline of `html`: all of it where it has at most `most` parts, else its head and its tail with
/// no more parts together, and what is still open where the tail begins.
pub(super) fn scan(html: &str, most: usize) -> Scanned<'_> {
    let parts_of_tail = most / 4;
    let mut scanner = Scanner {
        html,
        at: 0,
        tail: html.len().saturating_sub(parts_of_tail.saturating_mul(LEAST_OF_A_PART)),
        outline: Outline::new(html.len()),
        stack: Vec::with_capacity(32),
        beyond: Beyond::default(),
        foreign: 0,
        is_tangled: false,
    };
    let mut was_cut = false;
    while scanner.at < html.len() {
        if !was_cut
            && scanner.at < scanner.tail
            && scanner.outline.size() > most.saturating_sub(parts_of_tail)
        {
            was_cut = true;
            scanner.outline.begin_skimming();
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
        self.reach(self.at + end);
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

    /// What ends at `end` is read: where that is in the tail, it is skimmed no more.
    fn reach(&mut self, end: usize) {
        if end >= self.tail {
            self.outline.end_skimming();
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
        let rest = after.get(length..).unwrap_or_default();
        let taken = if rest.starts_with('>') { 1 } else { attributes(rest, |_, _| {}).1 };
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
            Shape::Raw | Shape::Title | Shape::Literal => self.raw(&name, &said),
            Shape::Void | Shape::Break | Shape::Frame => {
                let opened = self.outline.open(&name, &said);
                self.outline.close(opened);
            }
            shape @ (Shape::Block | Shape::Inline | Shape::Hidden) => {
                self.end_implied(&name, shape);
                let has_room = self.make_room(&name);
                let opened = self.outline.open(&name, &said);
                if closes_itself && self.foreign > 0 {
                    self.outline.close(opened);
                } else if !has_room {
                    self.outline.close(opened);
                    self.beyond.add(name);
                } else {
                    self.foreign += usize::from(is_foreign(&name));
                    self.stack.push(Open { name, is_block: shape != Shape::Inline, opened });
                }
            }
        }
    }

    /// Whether there is room for one more element, `next`. Where all depth is used, the innermost makes
    /// room; but what says whose a number in it is stays, and `next` stands in it as if it were empty.
    fn make_room(&mut self, next: &Name) -> bool {
        if self.stack.len() < DEEPEST {
            return true;
        }
        let Some(top) = self.stack.last() else { return true };
        let stays = match top.opened.role {
            Role::Article => true,
            Role::Footer | Role::Bottom | Role::Others | Role::Ministry | Role::Link => {
                next.as_bytes() != b"a"
            }
            Role::Plain => false,
        };
        if !stays {
            self.beyond.add(top.name);
            self.close_top();
        }
        !stays
    }

    /// An element whose content is text up to its own end tag.
    fn raw(&mut self, name: &Name, said: &Attributes<'a>) {
        let opened = self.outline.open(name, said);
        let content = self.rest();
        let (text, taken) = raw_text(content, name.as_bytes());
        self.at += taken;
        self.reach(self.at);
        match name.as_bytes() {
            b"title" => self.outline.title_text(entities::decode(text, Place::Text)),
            b"script" if said.src.is_none() => self.outline.script_text(text, said.kind),
            b"textarea" => self.outline.text(&entities::decode(text, Place::Text)),
            b"xmp" => self.outline.text(text),
            _ => {}
        }
        self.outline.close(opened);
    }

    /// Ends what the beginning of an element ends: a paragraph by any block, an item by the next.
    fn end_implied(&mut self, name: &Name, shape: Shape) {
        let next = name.as_bytes();
        if next == b"a" {
            let open =
                self.stack.iter().rposition(|open| open.name.as_bytes() == b"a" || open.is_block);
            if let Some(index) = open.filter(|index| self.is_named(*index, b"a")) {
                self.close_down_to(index);
            }
            return;
        }
        if shape != Shape::Block {
            return;
        }
        let ends: &[&[u8]] = match next {
            b"li" => &[b"li", b"p"],
            b"dt" | b"dd" => &[b"dt", b"dd", b"p"],
            b"td" | b"th" => &[b"td", b"th", b"p"],
            b"tr" => &[b"tr", b"td", b"th", b"p"],
            b"option" => &[b"option"],
            _ => &[b"p"],
        };
        // The innermost block of all decides: what is around it goes on.
        while let Some(index) = self.stack.iter().rposition(|open| open.is_block)
            && let Some(open) = self.stack.get(index)
            && ends.contains(&open.name.as_bytes())
        {
            self.close_down_to(index);
        }
    }

    /// An end tag.
    fn close(&mut self, name: &Name) {
        let shape = name.shape();
        if shape == Shape::Frame {
            return;
        }
        if shape == Shape::Break {
            let opened = self.outline.open(name, &Attributes::default());
            self.outline.close(opened);
            return;
        }
        let ends_top = self.stack.len() == DEEPEST && self.is_named(DEEPEST - 1, name.as_bytes());
        if !ends_top && self.beyond.take(name) {
            return;
        }
        let is_block = shape != Shape::Inline;
        let word = name.as_bytes();
        for index in (0..self.stack.len()).rev() {
            let Some(open) = self.stack.get(index) else { return };
            if open.name == *name {
                self.close_down_to(index);
                return;
            }
            // What runs on in a line ends within its block, and what stands in a cell within it.
            let holds =
                if is_block { holds_back(open.name.as_bytes(), word) } else { open.is_block };
            if holds {
                let outer = self.stack.get(..index).unwrap_or_default();
                let is_open = |open: &Open| open.opened.matters() && open.name == *name;
                self.is_tangled |= outer.iter().any(is_open);
                return;
            }
        }
    }

    fn is_named(&self, index: usize, word: &[u8]) -> bool {
        self.stack.get(index).is_some_and(|open| open.name.as_bytes() == word)
    }

    /// Closes the element at `index` of the stack and everything in it.
    fn close_down_to(&mut self, index: usize) {
        // A link that its block's end cuts short goes on after it, in a tree.
        let inner = self.stack.get(index + 1..).unwrap_or_default();
        let is_cut = |open: &Open| open.opened.matters() && !open.is_block;
        self.is_tangled |= inner.iter().any(is_cut);
        while self.stack.len() > index && self.close_top() {}
        if index + 1 < DEEPEST {
            self.beyond.clear();
        }
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
    matches!(name.as_bytes(), b"svg" | b"math")
}

/// Whether the end tag `word` ends nothing around the open element `open`.
fn holds_back(open: &[u8], word: &[u8]) -> bool {
    let is_part = matches!(
        word,
        b"table"
            | b"tbody"
            | b"thead"
            | b"tfoot"
            | b"tr"
            | b"td"
            | b"th"
            | b"caption"
            | b"colgroup"
    );
    if is_part {
        open == b"table" && word != b"table"
    } else {
        matches!(open, b"table" | b"td" | b"th" | b"caption" | b"template")
    }
}

#[cfg(test)]
mod tests;
