//! Zones in master format (RFC 1035, section 5): whose records they hold. What the records say is not
//! read, so that a type nobody knew yesterday is no fault.
//!
//! Entries are read one by one as lines come, because the zone of a top-level domain has some ten
//! million of them.

use std::io;

use crate::formats::candidates::names::Names;
use crate::formats::candidates::names::Row;
use crate::formats::candidates::names::refused;
use crate::formats::tables::RowError;
use crate::formats::text::Lines;

/// What is looked at of an entry: owner, TTL, class, type and a word of data.
const WORDS: usize = 5;

/// A longer entry has lost its closing parenthesis, and the rest of the zone with it.
const LONGEST_ENTRY: u64 = 4096;

/// By these types a zone is known. Which ones there are is not asked of its entries.
const KNOWN: [&str; 18] = [
    "SOA",
    "NS",
    "A",
    "AAAA",
    "CNAME",
    "DNAME",
    "MX",
    "TXT",
    "SRV",
    "CAA",
    "DS",
    "HTTPS",
    "RRSIG",
    "NSEC",
    "NSEC3",
    "NSEC3PARAM",
    "DNSKEY",
    "PTR",
];

/// The owners of a zone's records, without wildcards and services.
pub(crate) fn rows(mut lines: Lines, channel: &str) -> impl Iterator<Item = Row> + use<> {
    let mut zone = Zone { origin: None, owner: None };
    let mut names = Names::new(channel);
    std::iter::from_fn(move || {
        loop {
            let entry = match Entry::read(&mut lines)? {
                Ok(entry) => entry,
                Err(error) => return Some(Err(error)),
            };
            let row = match zone.owner_of(&entry) {
                Ok(owner) => owner.and_then(|owner| names.in_dns(entry.line, &owner)),
                Err(reason) => Some(Err(refused(entry.line, reason))),
            };
            if row.is_some() {
                return row;
            }
        }
    })
}

/// Whether `line` is a directive or a record of a zone, and nothing that stands in a list.
pub(crate) fn is_entry(line: &str) -> bool {
    let mut scan = Scan::default();
    if scan.take(line).is_err() {
        return false;
    }
    let words = scan.words;
    if let Some(Word::Text(first)) = words.first() {
        let first = first.to_ascii_uppercase();
        if matches!(first.as_str(), "$ORIGIN" | "$TTL" | "$INCLUDE" | "$GENERATE") {
            return true;
        }
    }
    let Ok(record) = Record::of(words.get(1..).unwrap_or_default()) else { return false };
    let is_known = KNOWN.iter().any(|known| record.kind.eq_ignore_ascii_case(known));
    // `a` is a word of every day too.
    let is_address = || match record.data {
        Word::Text(text) => text.parse::<std::net::Ipv4Addr>().is_ok(),
        Word::Quoted => false,
    };
    is_known && (!record.kind.eq_ignore_ascii_case("A") || is_address())
}

/// What carries over from one entry to the next.
struct Zone {
    /// Without its final dot; `None` where nothing has said it.
    origin: Option<String>,
    /// The last owner, absolute.
    owner: Option<String>,
}

impl Zone {
    /// Whose record `entry` is; `None` for directives, and for records that make no name of a site.
    fn owner_of(&mut self, entry: &Entry) -> Result<Option<String>, &'static str> {
        let (owner, rest) = match entry.words.split_first() {
            _ if entry.is_indented => {
                let owner = self.owner.clone();
                (
                    owner.ok_or("it begins with a blank, and there is no owner above it")?,
                    &entry.words[..],
                )
            }
            Some((Word::Text(first), rest)) if first.starts_with('$') => {
                return self.direct(first, rest).map(|()| None);
            }
            Some((Word::Text(first), rest)) => {
                // Whoever lost his owner has not the one before.
                self.owner = None;
                (self.absolute(first)?, rest)
            }
            Some((Word::Quoted, _)) => {
                self.owner = None;
                return Err("its owner stands in quotes");
            }
            None => return Ok(None),
        };
        self.owner = Some(owner.clone());
        let record = Record::of(rest)?;
        // Their owners are hashes, and signatures stand beside what they sign.
        let is_proof = ["NSEC3", "RRSIG"].iter().any(|kind| record.kind.eq_ignore_ascii_case(kind));
        Ok((record.is_internet && !is_proof).then_some(owner))
    }

    fn direct(&mut self, directive: &str, rest: &[Word]) -> Result<(), &'static str> {
        let value = match rest.first() {
            Some(Word::Text(value)) => Some(value),
            _ => None,
        };
        match directive.to_ascii_uppercase().as_str() {
            "$ORIGIN" => {
                let value = value.ok_or("$ORIGIN names nothing")?;
                let origin = self.absolute(value);
                self.origin = origin.as_ref().ok().cloned();
                origin.map(|_| ())
            }
            "$TTL" if value.is_some_and(|value| is_ttl(value)) => Ok(()),
            "$TTL" => Err("$TTL is followed by no time"),
            "$INCLUDE" => Err("$INCLUDE is not followed; import the file that it names by itself"),
            "$GENERATE" => Err("$GENERATE is not read; its names are left out"),
            _ => Err("there is no such directive"),
        }
    }

    /// `name` up to the root, without its final dot.
    fn absolute(&self, name: &str) -> Result<String, &'static str> {
        const NO_ORIGIN: &str = "the name is relative, and no $ORIGIN above it says to what";
        if name == "@" {
            return self.origin.clone().ok_or(NO_ORIGIN);
        }
        let name = unescaped(name);
        if let Some(absolute) = name.strip_suffix('.') {
            return Ok(absolute.to_owned());
        }
        match self.origin.as_deref() {
            None => Err(NO_ORIGIN),
            Some("") => Ok(name),
            Some(origin) => Ok(format!("{name}.{origin}")),
        }
    }
}

/// `name` with what is written as `\DDD` or `\X` where that is a character of host names; others stay
/// as they are, and the name is none of a host.
fn unescaped(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((front, back)) = rest.split_once('\\') {
        plain.push_str(front);
        let digits = back.get(..3).and_then(|digits| digits.parse::<u8>().ok());
        let (character, length) = match digits {
            Some(code) => (Some(char::from(code)), 3),
            None => (back.chars().next(), back.chars().next().map_or(0, char::len_utf8)),
        };
        let of_host = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        match character.filter(of_host) {
            Some(character) => plain.push(character),
            // Not a character of any name, and no dot that would cut one.
            None => plain.push(' '),
        }
        rest = back.get(length..).unwrap_or_default();
    }
    plain.push_str(rest);
    plain
}

/// What stands behind an owner.
struct Record<'a> {
    is_internet: bool,
    kind: &'a str,
    data: &'a Word,
}

impl<'a> Record<'a> {
    /// The record in `words`: TTL and class in any order, or none, then the type.
    fn of(words: &'a [Word]) -> Result<Self, &'static str> {
        const NO_TYPE: &str = "no type of record stands behind the owner";
        let (mut ttl, mut class) = (None, None);
        for (place, word) in words.iter().enumerate() {
            let Word::Text(text) = word else { return Err(NO_TYPE) };
            if class.is_none() && is_class(text) {
                class = Some(text);
            } else if ttl.is_none() && is_ttl(text) {
                ttl = Some(text);
            } else if is_type(text) {
                let data = words.get(place + 1).ok_or("nothing stands behind the type")?;
                let of_internet = |text: &&String| {
                    ["IN", "CLASS1"].iter().any(|class| text.eq_ignore_ascii_case(class))
                };
                let is_internet = class.is_none_or(|class| of_internet(&class));
                return Ok(Self { is_internet, kind: text, data });
            } else {
                return Err(NO_TYPE);
            }
        }
        Err(NO_TYPE)
    }
}

fn is_class(word: &str) -> bool {
    let is_numbered = || {
        let (name, number) = word.split_at_checked(5).unwrap_or_default();
        name.eq_ignore_ascii_case("CLASS") && number.parse::<u16>().is_ok()
    };
    ["IN", "CH", "HS", "CS"].iter().any(|class| word.eq_ignore_ascii_case(class)) || is_numbered()
}

/// Whether `word` is a time in seconds, or as name servers write it: `1h30m`.
fn is_ttl(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
        && word.bytes().all(|b| b.is_ascii_digit() || b"smhdwSMHDW".contains(&b))
}

fn is_type(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// An entry: a line, or several that parentheses hold together.
struct Entry {
    /// Where it begins.
    line: u64,
    /// Whether it begins with a blank: its owner is the last one.
    is_indented: bool,
    /// Its first words, at most [`WORDS`].
    words: Vec<Word>,
}

/// A word of an entry.
#[derive(Debug)]
enum Word {
    /// As it is written.
    Text(String),
    /// A text in quotes, which is data and not kept.
    Quoted,
}

impl Entry {
    /// The next entry; `None` at the end of the file.
    fn read(
        lines: &mut impl Iterator<Item = io::Result<(u64, String)>>,
    ) -> Option<Result<Self, RowError>> {
        let mut scan = Scan::default();
        let mut begin = None;
        let mut is_indented = false;
        for line in lines {
            let (number, text) = match line {
                Ok((number, text)) => (number, text),
                Err(error) => return Some(Err(RowError::Io(error))),
            };
            let text = if number == 1 { text.trim_start_matches('\u{feff}') } else { &text };
            if begin.is_none() {
                is_indented = text.starts_with([' ', '\t']);
            }
            let line = *begin.get_or_insert(number);
            if let Err(reason) = scan.take(text) {
                return Some(Err(refused(number, reason)));
            }
            if scan.depth == 0 {
                if scan.words.is_empty() {
                    begin = None;
                    continue;
                }
                return Some(Ok(Self { line, is_indented, words: scan.words }));
            }
            if number - line >= LONGEST_ENTRY {
                break;
            }
        }
        begin.map(|line| Err(refused(line, "a parenthesis is opened here and not closed")))
    }
}

/// The words of an entry, as lines are taken.
#[derive(Default)]
struct Scan {
    words: Vec<Word>,
    depth: u32,
}

impl Scan {
    /// Takes the words of one line.
    fn take(&mut self, line: &str) -> Result<(), &'static str> {
        let mut rest = line.trim_end_matches(['\r', '\n']);
        loop {
            rest = rest.trim_start_matches([' ', '\t']);
            let Some(first) = rest.chars().next() else { return Ok(()) };
            match first {
                ';' => return Ok(()),
                '(' => self.depth += 1,
                ')' => {
                    self.depth = self
                        .depth
                        .checked_sub(1)
                        .ok_or("a parenthesis is closed and was not opened")?;
                }
                '"' => {
                    let length = until(&rest[1..], |c| c == '"').ok_or("a quote is not closed")?;
                    self.push(Word::Quoted);
                    rest = &rest[1 + length..];
                }
                _ => {
                    let is_end = |c| matches!(c, ' ' | '\t' | ';' | '(' | ')' | '"');
                    let length = until(rest, is_end).unwrap_or(rest.len());
                    self.push(Word::Text(rest[..length].to_owned()));
                    rest = &rest[length..];
                    continue;
                }
            }
            rest = &rest[first.len_utf8()..];
        }
    }

    fn push(&mut self, word: Word) {
        if self.words.len() < WORDS {
            self.words.push(word);
        }
    }
}

/// Where the first character is that `is_end`, and is not escaped.
fn until(text: &str, is_end: impl Fn(char) -> bool) -> Option<usize> {
    let mut is_escaped = false;
    for (place, character) in text.char_indices() {
        if is_escaped {
            is_escaped = false;
        } else if character == '\\' {
            is_escaped = true;
        } else if is_end(character) {
            return Some(place);
        }
    }
    None
}
