//! What the elements of a page are to a reader: which set text apart, which hide it, which hold no
//! other elements, and which of their attributes say something.

use std::borrow::Cow;

use crate::formats::html::entities;

/// No element of HTML has a longer name.
const LONGEST_NAME: usize = 16;

/// The name of an element in lower case, cut at [`LONGEST_NAME`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    letters: [u8; LONGEST_NAME],
    length: usize,
    shape: Shape,
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
    /// The same, and visitors see it.
    Literal,
    /// What is in it is not shown, or only to choose from.
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
    /// `type`, of a field.
    pub(super) kind: Option<&'a str>,
    /// Whether character references are already replaced.
    pub(super) is_decoded: bool,
}

impl Name {
    pub(super) fn of(written: &[u8]) -> Self {
        let length = written.len().min(LONGEST_NAME);
        // Gathered in a register: bytes that are written one by one and read together stall.
        let gather = |word: u128, byte: &u8| (word << 8) | u128::from(*byte);
        let word = written.iter().take(LONGEST_NAME).rev().fold(0, gather);
        let letters = in_lower_case(word).to_le_bytes();
        let shape = Shape::of(letters.get(..length).unwrap_or_default());
        Self { letters, length, shape }
    }

    /// The name.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.letters.get(..self.length).unwrap_or_default()
    }

    /// How the element stands in the page.
    pub(super) fn shape(&self) -> Shape {
        self.shape
    }
}

/// Sixteen bytes of ASCII in lower case; others as they are.
fn in_lower_case(word: u128) -> u128 {
    const EACH: u128 = u128::MAX / 0xff;
    let low = word & (EACH * 0x7f);
    let reaches = |letter: u8| low + EACH * u128::from(0x80 - letter);
    let is_upper = reaches(b'A') & !reaches(b'Z' + 1) & !word & (EACH * 0x80);
    word | (is_upper >> 2)
}

impl Shape {
    /// The shape of the element `name`. Visitors run scripts, so `noscript` is hidden.
    ///
    /// Inlined, the letters would be taken out of their register one by one before any is looked at.
    #[inline(never)]
    fn of(name: &[u8]) -> Self {
        match name {
            b"br" | b"hr" => Self::Break,
            b"area" | b"base" | b"col" | b"embed" | b"frame" | b"img" | b"image" | b"input"
            | b"link" | b"meta" | b"param" | b"source" | b"track" | b"wbr" => Self::Void,
            b"script" | b"style" | b"noscript" | b"noframes" | b"noembed" | b"iframe" => Self::Raw,
            b"title" => Self::Title,
            b"template" | b"select" | b"datalist" => Self::Hidden,
            b"textarea" | b"xmp" => Self::Literal,
            b"html" | b"head" | b"body" | b"frameset" => Self::Frame,
            b"address" | b"article" | b"aside" | b"blockquote" | b"center" | b"dd" | b"details"
            | b"dialog" | b"div" | b"dl" | b"dt" | b"fieldset" | b"figure" | b"footer"
            | b"form" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"header" | b"li"
            | b"main" | b"nav" | b"ol" | b"option" | b"p" | b"pre" | b"section" | b"table"
            | b"td" | b"th" | b"tr" | b"ul" => Self::Block,
            _ => Self::Inline,
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
            4 if is("type") => &mut self.kind,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_lowered_as_ascii_is() {
        for byte in 0..=u8::MAX {
            let word = [byte, b'A', b'z', 0xff].repeat(4);
            let word = u128::from_le_bytes(word.try_into().unwrap());
            let mut expected = word.to_le_bytes();
            expected.make_ascii_lowercase();
            assert_eq!(in_lower_case(word).to_le_bytes(), expected, "{byte}");
        }
    }

    #[test]
    fn a_name_is_known_in_any_case_and_cut_where_no_element_is_longer() {
        for (written, name, shape) in [
            ("BlockQuote", "blockquote", Shape::Block),
            ("BR", "br", Shape::Break),
            ("Titles", "titles", Shape::Inline),
            ("A-Name-Of-Many-Letters", "a-name-of-many-l", Shape::Inline),
            ("", "", Shape::Inline),
        ] {
            let found = Name::of(written.as_bytes());
            assert_eq!((found.as_bytes(), found.shape()), (name.as_bytes(), shape), "{written}");
        }
    }
}
