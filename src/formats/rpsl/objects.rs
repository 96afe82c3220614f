//! The objects of a dump, one at a time: of those about addresses what is read of them, of all others
//! nothing. However large the dump, its objects or its lines are, little of it is held.

use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;

/// The classes that speak of addresses.
const CLASSES: [&str; 4] = ["inetnum", "inet6num", "route", "route6"];

/// What is read of an object beside its key.
const ATTRIBUTES: [&str; 3] = ["country", "netname", "origin"];

/// What is kept of a line, in bytes; only remarks are ever longer.
const LONGEST_LINE: usize = 16 * 1024;

/// What is kept of an object, in bytes.
const LARGEST_OBJECT: usize = 64 * 1024;

/// One object about addresses.
#[derive(Debug)]
pub(super) struct Object {
    /// The line it begins at, from 1.
    pub(super) line: u64,
    /// The name of its first attribute, in small letters.
    pub(super) class: &'static str,
    /// Why its attributes cannot be believed.
    pub(super) fault: Option<String>,
    /// The first attribute and those of `ATTRIBUTES`, in order.
    attributes: Vec<(&'static str, String)>,
    size: usize,
}

impl Object {
    /// The value of its first attribute.
    pub(super) fn key(&self) -> &str {
        self.attributes.first().map_or("", |(_, value)| value.trim())
    }

    /// The values of an attribute, without comments.
    pub(super) fn values<'o>(&'o self, name: &str) -> impl Iterator<Item = &'o str> {
        let those = self.attributes.iter().filter(move |(other, _)| *other == name);
        those.map(|(_, value)| value.trim())
    }

    fn begun(line: u64, class: &'static str) -> Self {
        Self { line, class, fault: None, attributes: Vec::new(), size: 0 }
    }

    fn fail(&mut self, reason: String) {
        self.fault.get_or_insert(reason);
    }

    /// Adds to the last attribute.
    fn append(&mut self, text: &str) {
        let text = text.split('#').next().unwrap_or_default().trim();
        self.size += text.len() + size_of::<(&str, String)>();
        if self.size > LARGEST_OBJECT {
            // A value that is cut would mean something else.
            self.attributes.pop();
            self.fail(format!("the object has more than {LARGEST_OBJECT} bytes to read"));
        } else if let Some((_, value)) = self.attributes.last_mut().filter(|_| !text.is_empty()) {
            value.push_str(text);
            value.push(' ');
        }
    }
}

/// The objects about addresses.
pub(super) struct Objects {
    input: BufReader<Box<dyn Read + Send>>,
    number: u64,
    line: Vec<u8>,
}

/// What a line is to the object around it.
enum Line<'l> {
    /// It ends the object.
    Blank,
    Comment,
    /// It goes on with the value of the line before.
    Further(&'l str),
    Attribute(&'l str, &'l str),
    Unknown,
}

impl Objects {
    pub(super) fn new(input: impl Read + Send + 'static) -> Self {
        Self { input: BufReader::new(Box::new(input)), number: 0, line: Vec::new() }
    }

    /// Reads the next line, its end left out; `None` where there is none.
    ///
    /// The text is Latin-1, in which every byte is a character. The dumps are old enough for names in
    /// it, and whatever else is in them is only in attributes that are not read.
    fn line(&mut self) -> io::Result<Option<String>> {
        self.line.clear();
        let mut is_over = true;
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                break;
            }
            is_over = false;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(chunk.len(), |end| end + 1);
            let room = LONGEST_LINE - self.line.len();
            self.line.extend_from_slice(&chunk[..length.min(room)]);
            self.input.consume(length);
            if end.is_some() {
                break;
            }
        }
        if is_over {
            return Ok(None);
        }
        self.number += 1;
        let text: String = self.line.iter().map(|byte| char::from(*byte)).collect();
        Ok(Some(text))
    }

    fn object(&mut self) -> io::Result<Option<Object>> {
        let mut object: Option<Object> = None;
        let mut is_inside = false;
        // Whether a line that goes on does so with a value that is read.
        let mut is_read = false;
        while let Some(text) = self.line()? {
            match line(&text) {
                Line::Comment => {}
                Line::Blank if object.is_some() => break,
                Line::Blank => is_inside = false,
                Line::Attribute(name, value) => {
                    if !is_inside {
                        is_inside = true;
                        let class = known(name, &CLASSES);
                        object = class.map(|class| Object::begun(self.number, class));
                    }
                    let Some(object) = &mut object else { continue };
                    let is_first = object.attributes.is_empty();
                    let name = if is_first { Some(object.class) } else { known(name, &ATTRIBUTES) };
                    is_read = name.is_some() && object.fault.is_none();
                    if let Some(name) = name.filter(|_| is_read) {
                        object.attributes.push((name, String::new()));
                        object.append(value);
                    }
                }
                Line::Further(value) => {
                    if let Some(object) = object.as_mut().filter(|_| is_read) {
                        object.append(value);
                    }
                }
                Line::Unknown => {
                    is_inside = true;
                    is_read = false;
                    if let Some(object) = &mut object {
                        object.fail(format!("line {} is no attribute", self.number));
                    }
                }
            }
        }
        Ok(object)
    }
}

impl Iterator for Objects {
    type Item = io::Result<Object>;

    fn next(&mut self) -> Option<Self::Item> {
        self.object().transpose()
    }
}

fn known(name: &str, names: &[&'static str]) -> Option<&'static str> {
    names.iter().find(|other| other.eq_ignore_ascii_case(name)).copied()
}

fn line(text: &str) -> Line<'_> {
    if text.trim().is_empty() {
        return Line::Blank;
    }
    if text.starts_with(['%', '#']) {
        return Line::Comment;
    }
    if let Some(value) = text.strip_prefix([' ', '\t', '+']) {
        return Line::Further(value);
    }
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_*".contains(&b))
    };
    match text.split_once(':') {
        Some((name, value)) if is_name(name.trim_end()) => Line::Attribute(name.trim_end(), value),
        _ => Line::Unknown,
    }
}
