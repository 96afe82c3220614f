//! WARC 1.1 records (ISO 28500:2017), each in a gzip member of its own (annex D): written, and read
//! back from wherever a member begins.

use std::fmt::Write as _;
use std::io;
use std::io::BufRead;
use std::io::Read;
use std::io::Write;

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use sha2::Digest;
use sha2::Sha256;

use crate::facts::checksum::hex;

/// The line that every record begins with.
const VERSION: &str = "WARC/1.1";

/// What one record may come to when it is unpacked; ours stay far below.
const MOST: u64 = 64 << 20;

/// What one head may come to.
const MOST_HEAD: usize = 64 << 10;

/// Fast, and within a tenth of the best on pages.
const LEVEL: Compression = Compression::new(4);

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The named fields in their order, without `Content-Length`.
    pub fields: Vec<(String, String)>,
    /// What it is a record of.
    pub block: Vec<u8>,
}

/// A record as it was read, with the bytes of its head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The record.
    pub record: Record,
    /// Its head as it stands in the file, with the empty line that ends it.
    pub head: Vec<u8>,
    /// The length of the gzip member in bytes.
    pub length: u64,
}

/// Why a member is no sound record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The file ends within the member.
    #[error("the record is cut")]
    Cut,
    /// The member cannot be unpacked.
    #[error("the record cannot be unpacked, or its checksum is wrong")]
    Packing,
    /// No head of WARC 1.1 stands at its beginning.
    #[error("the record does not begin as one of WARC 1.1")]
    Head,
    /// `Content-Length` is not the length of the block, or the member goes on behind it.
    #[error("the record is not as long as it says")]
    Length,
    /// `WARC-Block-Digest` is not that of the block.
    #[error("the block does not match its digest")]
    BlockDigest,
    /// `WARC-Payload-Digest` is not that of the payload.
    #[error("the payload does not match its digest")]
    PayloadDigest,
}

/// What reading one member gave.
#[derive(Debug)]
pub enum Outcome {
    /// A sound record.
    Sound(Member),
    /// Something else.
    Broken(Fault),
    /// The end of the input.
    End,
}

/// `SHA-256` of `bytes` as the digest fields write it. Readers take base 16 as well as base 32.
pub fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

impl Record {
    /// The value of the field `name`.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The payload (section 6.3.2): of an HTTP message what stands behind its head, else the block.
    pub fn payload(&self) -> &[u8] {
        let is_http =
            self.field("Content-Type").is_some_and(|kind| kind.starts_with("application/http"));
        if !is_http {
            return &self.block;
        }
        let end = self.block.windows(4).position(|four| four == b"\r\n\r\n");
        end.and_then(|end| self.block.get(end + 4..)).unwrap_or_default()
    }

    /// The head, with the empty line that ends it.
    pub fn head(&self) -> Vec<u8> {
        let mut head = format!("{VERSION}\r\n");
        for (name, value) in &self.fields {
            // Line breaks would make two fields of one.
            let value: String = value.chars().filter(|c| !c.is_control()).collect();
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let _ = write!(head, "Content-Length: {}\r\n\r\n", self.block.len());
        head.into_bytes()
    }

    /// The record as a gzip member.
    pub fn packed(&self) -> io::Result<Vec<u8>> {
        let mut member = GzEncoder::new(Vec::with_capacity(self.block.len() / 2), LEVEL);
        member.write_all(&self.head())?;
        member.write_all(&self.block)?;
        member.write_all(b"\r\n\r\n")?;
        member.finish()
    }

    fn fault(&self) -> Option<Fault> {
        if self.field("WARC-Block-Digest").is_some_and(|told| told != digest(&self.block)) {
            return Some(Fault::BlockDigest);
        }
        // A revisit names the payload of the record that it refers to.
        let has_payload = self.field("WARC-Type") != Some("revisit");
        let told = self.field("WARC-Payload-Digest").filter(|_| has_payload);
        told.is_some_and(|told| told != digest(self.payload())).then_some(Fault::PayloadDigest)
    }
}

/// Reads the member at which `input` stands, and leaves it at the next. `Err` is the disk's.
pub fn read(input: &mut impl BufRead) -> io::Result<Outcome> {
    if input.fill_buf()?.is_empty() {
        return Ok(Outcome::End);
    }
    let mut counted = Counted { input, count: 0 };
    let mut bytes = Vec::new();
    let unpacked = GzDecoder::new(&mut counted).take(MOST).read_to_end(&mut bytes);
    match unpacked {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Ok(Outcome::Broken(Fault::Cut));
        }
        Err(error) if error.raw_os_error().is_some() => return Err(error),
        Err(_) => return Ok(Outcome::Broken(Fault::Packing)),
    }
    let length = counted.count;
    Ok(match parse(bytes) {
        Ok((record, head)) => match record.fault() {
            Some(fault) => Outcome::Broken(fault),
            None => Outcome::Sound(Member { record, head, length }),
        },
        Err(fault) => Outcome::Broken(fault),
    })
}

/// The fields of a `head` with its end, and what `Content-Length` says.
pub fn parse_head(head: &[u8]) -> Option<(Vec<(String, String)>, usize)> {
    let text = str::from_utf8(head).ok()?;
    let lines = text.strip_suffix("\r\n\r\n")?.strip_prefix(VERSION)?.strip_prefix("\r\n")?;
    let mut fields = Vec::new();
    let mut length = None;
    for line in lines.split("\r\n") {
        let (name, value) = line.split_once(": ")?;
        if name == "Content-Length" {
            length = Some(value.parse().ok()?);
        } else {
            fields.push((name.to_owned(), value.to_owned()));
        }
    }
    Some((fields, length?))
}

fn parse(mut bytes: Vec<u8>) -> Result<(Record, Vec<u8>), Fault> {
    let beginning = bytes.get(..MOST_HEAD).unwrap_or(&bytes);
    let end = beginning.windows(4).position(|four| four == b"\r\n\r\n").ok_or(Fault::Head)? + 4;
    let mut block = bytes.split_off(end);
    let (fields, length) = parse_head(&bytes).ok_or(Fault::Head)?;
    let is_as_long = length.checked_add(4) == Some(block.len()) && block.ends_with(b"\r\n\r\n");
    if !is_as_long {
        return Err(Fault::Length);
    }
    block.truncate(length);
    Ok((Record { fields, block }, bytes))
}

/// Counts what is taken of an input.
struct Counted<'a, R> {
    input: &'a mut R,
    count: u64,
}

impl<R: BufRead> Read for Counted<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(out)?;
        self.count += read as u64;
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.count += amount as u64;
        self.input.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(block: &[u8]) -> Record {
        let fields = [
            ("WARC-Type", "resource".to_owned()),
            ("WARC-Block-Digest", digest(block)),
            ("Content-Type", "text/plain".to_owned()),
        ];
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Record { fields, block: block.to_vec() }
    }

    fn read_all(mut bytes: &[u8]) -> (Vec<Record>, Option<Fault>) {
        let mut records = Vec::new();
        loop {
            match read(&mut bytes).unwrap() {
                Outcome::Sound(member) => records.push(member.record),
                Outcome::Broken(fault) => return (records, Some(fault)),
                Outcome::End => return (records, None),
            }
        }
    }

    #[test]
    fn a_payload_is_what_stands_behind_the_head_of_a_message() {
        let mut message = record(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n<html>\r\n\r\n");
        message.fields[2].1 = "application/http;msgtype=response".to_owned();
        assert_eq!(message.payload(), b"<html>\r\n\r\n");
        assert_eq!(record(b"a\r\n\r\nb").payload(), b"a\r\n\r\nb");
    }

    #[test]
    fn what_was_changed_behind_the_packing_does_not_match_its_digest() {
        let mut changed = record(b"one page");
        changed.block = b"two page".to_vec();
        assert_eq!(read_all(&changed.packed().unwrap()).1, Some(Fault::BlockDigest));
        let mut bytes = record(b"a").packed().unwrap();
        bytes.truncate(bytes.len() - 1);
        assert_eq!(read_all(&bytes), (vec![], Some(Fault::Cut)));
    }

    #[test]
    fn a_line_break_in_a_value_makes_no_second_field() {
        let mut odd = record(b"");
        odd.fields.push(("WARC-Target-URI".to_owned(), "http://a/\r\nX-Evil: 1".to_owned()));
        let (records, fault) = read_all(&odd.packed().unwrap());
        assert_eq!(fault, None);
        assert_eq!(records[0].fields.len(), odd.fields.len());
    }

    proptest! {
        #[test]
        fn records_read_back(blocks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..5)) {
            let records: Vec<Record> = blocks.iter().map(|block| record(block)).collect();
            let bytes: Vec<u8> = records.iter().flat_map(|record| record.packed().unwrap()).collect();
            prop_assert_eq!(read_all(&bytes), (records, None));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), is_gzip in any::<bool>()) {
            let bytes = if is_gzip {
                let mut member = GzEncoder::new(Vec::new(), LEVEL);
                member.write_all(&bytes).unwrap();
                member.finish().unwrap()
            } else {
                bytes
            };
            let _ = read_all(&bytes);
        }
    }
}
