//! What the elements of a page are to a reader: which set text apart, which hide it, which hold no
//! other elements, and which of their attributes say something.

use std::borrow::Cow;

use crate::formats::html::entities;

/// The name of an element in lower case, cut at sixteen bytes: no element of HTML has a longer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    letters: [u8; 16],
    length: usize,
}

/// How an element stands in the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Its text runs on in the line.
    Inline,
    /// Its text is set apart from the text around it.
    Block,
    /// It has no content.
    Void,
    /// It has no content, and text after it is set apart from text before.
    Break,
    /// Its content is text that visitors do not see, whatever it looks like.
    Raw,
    /// Its content is text without elements.
    Title,
    /// What is in it is not shown.
    Hidden,
    /// The page itself, or its halves.
    Frame,
}

/// The attributes that say something, as they are written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attributes<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) class: Option<&'a str>,
    pub(super) href: Option<&'a str>,
    pub(super) src: Option<&'a str>,
    pub(super) content: Option<&'a str>,
    pub(super) name: Option<&'a str>,
    pub(super) property: Option<&'a str>,
    pub(super) http_equiv: Option<&'a str>,
    pub(super) lang: Option<&'a str>,
    pub(super) alt: Option<&'a str>,
    pub(super) title: Option<&'a str>,
    pub(super) value: Option<&'a str>,
    /// Whether character references are already replaced.
    pub(super) is_decoded: bool,
}

impl Name {
    pub(super) fn of(written: &[u8]) -> Self {
        let mut name = Self { letters: [0; 16], length: written.len().min(16) };
        for (letter, byte) in name.letters.iter_mut().zip(written) {
            *letter = byte.to_ascii_lowercase();
        }
        name
    }

    /// The name; empty where it was cut inside a character.
    pub(super) fn as_str(&self) -> &str {
        let letters = self.letters.get(..self.length).unwrap_or_default();
        std::str::from_utf8(letters).unwrap_or_default()
    }

    /// How the element stands in the page. Visitors run scripts, so `noscript` is hidden.
    pub(super) fn shape(&self) -> Shape {
        match self.as_str() {
            "br" | "hr" => Shape::Break,
            "area" | "base" | "col" | "embed" | "frame" | "img" | "image" | "input" | "link"
            | "meta" | "param" | "source" | "track" | "wbr" => Shape::Void,
            "script" | "style" | "noscript" | "noframes" | "noembed" | "iframe" => Shape::Raw,
            "title" => Shape::Title,
            "template" => Shape::Hidden,
            "html" | "head" | "body" | "frameset" => Shape::Frame,
            "address" | "article" | "aside" | "blockquote" | "center" | "dd" | "details"
            | "dialog" | "div" | "dl" | "dt" | "fieldset" | "figure" | "footer" | "form" | "h1"
            | "h2" | "h3" | "h4" | "h5" | "h6" | "header" | "li" | "main" | "nav" | "ol"
            | "option" | "p" | "pre" | "section" | "table" | "td" | "th" | "tr" | "ul" => {
                Shape::Block
            }
            _ => Shape::Inline,
        }
    }
}

impl<'a> Attributes<'a> {
    /// Takes an attribute; the first of a name counts.
    pub(super) fn take(&mut self, name: &str, value: &'a str) {
        let is = |word: &str| name.eq_ignore_ascii_case(word);
        let slot = match name.len() {
            2 if is("id") => &mut self.id,
            3 if is("src") => &mut self.src,
            3 if is("alt") => &mut self.alt,
            4 if is("href") => &mut self.href,
            4 if is("name") => &mut self.name,
            4 if is("lang") => &mut self.lang,
            5 if is("class") => &mut self.class,
            5 if is("title") => &mut self.title,
            5 if is("value") => &mut self.value,
            7 if is("content") => &mut self.content,
            8 if is("property") => &mut self.property,
            10 if is("http-equiv") => &mut self.http_equiv,
            _ => return,
        };
        slot.get_or_insert(value);
    }

    /// What an attribute says, with its character references replaced.
    pub(super) fn read(&self, written: Option<&'a str>) -> Option<Cow<'a, str>> {
        let written = written?;
        Some(if self.is_decoded {
            Cow::Borrowed(written)
        } else {
            entities::decode(written, entities::Place::Attribute)
        })
    }
}
