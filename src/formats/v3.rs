//! Messages of the ministry's filing interface V3.0, record by record: XML, GBK or UTF-8, streamed.
//!
//! The elements that repeat are the records; the few values that stand outside of them, such as who
//! submits, are given as they come. What the interface forbids but a program can bear (order, empty
//! elements, blanks around numbers) is borne.

use std::io;
use std::io::BufReader;
use std::io::Read;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::BytesRef;
use quick_xml::events::Event;
use quick_xml::events::attributes::Attributes;

use crate::formats::text::Decoded;

/// The most that may lie between two tags, in bytes: the interface's largest value is a scan of 100 KB.
const LONGEST_TEXT: usize = 1024 * 1024;

/// The most elements that one record may have; a site may have hundreds of addresses.
const MOST_ELEMENTS: usize = 10_000;

/// The interface's own elements are eight deep.
const DEEPEST: usize = 32;

/// What a message holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// A record.
    Record(Record),
    /// A value outside of any record.
    Value {
        /// The element.
        name: String,
        /// Its text.
        text: String,
    },
}

/// One element that repeats, with all that is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// The line at which it begins, from 1.
    pub(crate) line: u64,
    /// The elements around it, the root first.
    pub(crate) around: Vec<String>,
    /// The element itself.
    pub(crate) element: Element,
}

/// An element: its text, or its children.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    text: String,
    pub(crate) children: Vec<Self>,
}

/// The parts of a message in order.
pub(crate) struct Message {
    reader: Reader<BufReader<Sparse<Decoded>>>,
    records: &'static [&'static str],
    /// The open elements that are not in a record.
    around: Vec<Element>,
    buffer: Vec<u8>,
    line: u64,
    is_over: bool,
    /// Whether anything was found that repeats.
    has_records: bool,
}

impl Element {
    /// The text of the child called `name`, trimmed; `None` where it is not there or empty.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        Some(self.child(name)?.text()).filter(|text| !text.is_empty())
    }

    /// The child called `name`.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The element's own text, trimmed.
    pub(crate) fn text(&self) -> &str {
        self.text.trim()
    }
}

impl Message {
    /// A message in which the elements called `records` repeat. What is no XML shows when they are read.
    pub(crate) fn new(input: impl Read + Send + 'static, records: &'static [&'static str]) -> Self {
        let input = Sparse { input: Decoded::new(input), length: 0 };
        let mut reader = Reader::from_reader(BufReader::new(input));
        reader.config_mut().expand_empty_elements = true;
        reader.config_mut().trim_text(false);
        Self {
            reader,
            records,
            around: Vec::new(),
            buffer: Vec::new(),
            line: 1,
            is_over: false,
            has_records: false,
        }
    }

    /// Reads up to the next part. A message that breaks off is an error: half a register would pass
    /// for a whole one.
    fn read(&mut self) -> io::Result<Option<Part>> {
        let mut open: Vec<Element> = Vec::new();
        let (mut line, mut elements) = (0, 0);
        loop {
            let at = self.line;
            self.buffer.clear();
            let event = self.reader.read_event_into(&mut self.buffer);
            let event = event.map_err(|error| broken(at, &error.to_string()))?;
            let is_in_record = !open.is_empty();
            match event {
                Event::Start(tag) => {
                    self.line += newlines(tag.attributes_raw());
                    let name = tag.local_name().as_ref().to_owned();
                    check_attributes(tag.attributes()).map_err(|what| broken(at, &what))?;
                    let element = Element { name, ..Element::default() };
                    if self.around.len() + open.len() >= DEEPEST {
                        return Err(broken(at, "elements are nested too deep"));
                    }
                    if is_in_record || self.records.contains(&element.name.as_str()) {
                        elements += 1;
                        if !is_in_record {
                            line = at;
                        }
                        if elements > MOST_ELEMENTS {
                            return Err(broken(line, "a record has too many elements"));
                        }
                        open.push(element);
                    } else {
                        self.around.push(element);
                    }
                }
                Event::End(_) if is_in_record => {
                    let Some(element) = open.pop() else { continue };
                    let Some(parent) = open.last_mut() else {
                        let around = self.around.iter();
                        let around = around.map(|element| element.name.clone()).collect();
                        return Ok(Some(Part::Record(Record { line, around, element })));
                    };
                    parent.children.push(element);
                }
                Event::End(_) => {
                    let Some(Element { name, text, .. }) = self.around.pop() else { continue };
                    let text = text.trim().to_owned();
                    if !text.is_empty() {
                        return Ok(Some(Part::Value { name, text }));
                    }
                }
                Event::Text(text) => {
                    self.line += newlines(&text);
                    let element = open.last_mut().or(self.around.last_mut());
                    if let Some(element) = element {
                        element.text.push_str(&text);
                    } else if !text.trim().is_empty() {
                        return Err(broken(at, "there is text outside of the message"));
                    }
                }
                Event::CData(text) => {
                    self.line += newlines(&text);
                    if let Some(element) = open.last_mut().or(self.around.last_mut()) {
                        element.text.push_str(&text);
                    }
                }
                Event::GeneralRef(entity) => {
                    let text = character(&entity)
                        .ok_or_else(|| broken(at, "an entity that the interface does not know"))?;
                    if let Some(element) = open.last_mut().or(self.around.last_mut()) {
                        element.text.push_str(&text);
                    }
                }
                Event::DocType(_) => {
                    return Err(broken(at, "the interface knows no document type"));
                }
                Event::Comment(text) => self.line += newlines(&text),
                Event::PI(text) => self.line += newlines(&text),
                Event::Decl(_) | Event::Empty(_) => {}
                Event::Eof if self.around.is_empty() && !is_in_record => return Ok(None),
                Event::Eof => return Err(broken(at, "the message breaks off")),
            }
        }
    }
}

impl Iterator for Message {
    type Item = io::Result<Part>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let part = self.read();
        self.is_over = !matches!(part, Ok(Some(_)));
        self.has_records |= matches!(part, Ok(Some(Part::Record(_))));
        if matches!(part, Ok(None)) && !self.has_records {
            // A page that asks to log in is XML too, and no register.
            let what = format!(
                "there is none of {} in it",
                self.records.get(..3).unwrap_or(self.records).join(", ")
            );
            return Some(Err(broken(self.line, &what)));
        }
        part.transpose()
    }
}

fn newlines(text: &str) -> u64 {
    text.bytes().map(|byte| u64::from(byte == b'\n')).sum()
}

/// What a reference stands for: a character by its number, or one of XML's own five.
fn character(entity: &BytesRef<'_>) -> Option<String> {
    match entity.resolve_char_ref() {
        Ok(Some(character)) => Some(character.to_string()),
        _ => resolve_predefined_entity(entity).map(str::to_owned),
    }
}

fn check_attributes(attributes: Attributes<'_>) -> Result<(), String> {
    for attribute in attributes {
        attribute.map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn broken(line: u64, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("line {line}: {what}"))
}

/// Bytes in which `<` comes often enough: what lies between two tags is held in memory.
struct Sparse<R> {
    input: R,
    length: usize,
}

impl<R: Read> Read for Sparse<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(out)?;
        let bytes = out.get(..read).unwrap_or_default();
        self.length = match bytes.iter().rposition(|byte| *byte == b'<') {
            Some(at) => read - at,
            None => self.length + read,
        };
        if self.length > LONGEST_TEXT {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "there is more than 1 MiB without a tag; it is no message of the interface",
            ));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::GBK;
    use proptest::prelude::*;
    use std::io::Cursor;

    const RECORDS: &[&str] = &["Ly", "Fpsy"];

    fn parts(bytes: &[u8]) -> io::Result<Vec<Part>> {
        Message::new(Cursor::new(bytes.to_vec()), RECORDS).collect()
    }

    #[test]
    fn records_and_values_come_in_order_whatever_the_encoding() {
        let text = "<?xml version=\"1.0\" encoding=\"GBK\"?>\n<UploadData version=\"V.3.0\"><IP>\n\
                    <XZBA><Xzly>\n<Ly><Qsip> 1 </Qsip><Bz>甲&amp;&#x4e59;<![CDATA[<丙>]]></Bz>\n</Ly>\n\
                    <Ly><Qsip/></Ly></Xzly></XZBA>\n<Qqdwid>9002</Qqdwid></IP></UploadData>\n";
        let (gbk, ..) = GBK.encode(text);
        for bytes in [text.as_bytes(), &gbk] {
            let parts = parts(bytes).unwrap();
            let [Part::Record(one), Part::Record(two), value] = &parts[..] else {
                panic!("{parts:?}")
            };
            assert_eq!((one.line, two.line), (4, 6));
            assert_eq!(one.around, ["UploadData", "IP", "XZBA", "Xzly"]);
            assert_eq!(one.element.value("Qsip"), Some("1"));
            assert_eq!(one.element.value("Bz"), Some("甲&乙<丙>"));
            assert_eq!(two.element.value("Qsip"), None);
            let (name, text) = ("Qqdwid".to_owned(), "9002".to_owned());
            assert_eq!(*value, Part::Value { name, text });
        }
    }

    #[test]
    fn what_breaks_off_or_is_no_message_is_an_error_with_its_line() {
        for (text, says) in [
            ("<IP>\n<Ly><Qsip>1</Qsip>", "line 2: the message breaks off"),
            ("<IP>\n\n<Ly></IP>", "line 3"),
            ("<!DOCTYPE x [<!ENTITY a \"b\">]><IP/>", "document type"),
            ("<IP>\n<Ly><Bz>&lol;</Bz></Ly></IP>", "line 2: an entity"),
            ("no message", "outside of the message"),
            (&"<IP>".repeat(100), "too deep"),
        ] {
            let error = parts(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        let endless = format!("<IP>{}", "x".repeat(2 * LONGEST_TEXT));
        assert!(parts(endless.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = parts(&bytes);
        }

        #[test]
        fn no_text_makes_it_panic(text in "(<[/!?]?(Ly|IP|Bz)?[ >/]?|&[#x0-9a-z]{0,4};?|[\\PC]){0,40}") {
            let _ = parts(text.as_bytes());
        }
    }
}
