//! Findings as messages of the filing interface V3.0, in GBK: the list of unfiled sites (`WBAWZLB`),
//! what a provider did about them (`WBACLJG`), and the result of the check of access (`HCJG`).
//!
//! The interface knows one IPv4 address a record and its own numbers for providers and sites, and
//! takes at most 1,000 records a file; what cannot be said in it is handed back with the reason. A
//! message says nowhere for whom it is: whoever downloads it is meant, so that each should be of one
//! provider.

pub mod access;
pub mod handled;
pub mod unfiled;

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::net::Ipv4Addr;

use encoding_rs::GBK;
use ulid::Ulid;

use crate::facts::finding::Kind;
use crate::facts::provider::ProviderId;
use crate::publish::view::FindingView;
use crate::publish::view::ProviderNames;

/// The records that one file may hold.
const MOST_RECORDS: usize = 1_000;

/// The characters that `Wzym_mc` may hold.
const LONGEST_NAME: usize = 128;

/// What became of the findings that were to be listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The records written. With none, nothing at all was written: an empty list is no valid message.
    pub records: usize,
    /// The findings, or parts of them, that no message holds.
    pub left_out: Vec<LeftOut>,
}

/// A finding, or one address or record of it, that no message holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Which finding.
    pub finding: Ulid,
    /// Its domain.
    pub domain: String,
    /// Why it is left out.
    pub why: Why,
}

/// Why a finding, or one address or record of it, cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// `WBAWZLB` is of unfiled sites, `HCJG` of access records; other kinds have no message.
    #[error("this message does not hold findings of the kind {0}")]
    OtherKind(Kind),
    /// The fault stands no more.
    #[error("the finding is closed")]
    Closed,
    /// V3 has no place for IPv6 addresses, nor for 0.0.0.0.
    #[error("the interface cannot express the address {0}")]
    Address(IpAddr),
    /// `Ym` holds at least 4 characters.
    #[error("the name has fewer than 4 characters")]
    ShortName,
    /// `Jrs` is not optional in an answer.
    #[error("the access provider is not known")]
    NoProvider,
    /// `Shengid` is not optional in an answer.
    #[error("the province is not known")]
    NoProvince,
    /// The finding names no address.
    #[error("the finding names no address")]
    NoAddress,
    /// `Yys` is never optional.
    #[error("the carrier is not known")]
    NoCarrier,
    /// The providers register has no number of the ministry's for it.
    #[error("provider {0} has no v3_id in the providers register")]
    NoNumber(ProviderId),
    /// `Wzym_mc` holds at most 128 characters.
    #[error("the name has more than {LONGEST_NAME} characters")]
    LongName,
    /// The register holds no active record that the fault is of.
    #[error("the filing register holds no such active record any more")]
    NoRecord,
    /// `Wzid` is never optional.
    #[error(
        "its record does not have the ministry's number of the site (Wzid), which the mirror feed tells"
    )]
    NoSiteId,
    /// `Wz_Baxh` is never optional.
    #[error("its record has no site number")]
    NoSiteNumber,
    /// `Hcjg` of an empty shell is alive or dead.
    #[error("the last examination does not tell whether the site lives")]
    UnknownLife,
    /// The file is full.
    #[error("the file holds {MOST_RECORDS} records already; give a folder as --output")]
    Full,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.finding, self.domain, self.why)
    }
}

impl Listing {
    fn leave_out(&mut self, row: &FindingView, why: Why) {
        self.left_out.push(LeftOut { finding: row.id, domain: row.domain.clone(), why });
    }
}

/// Where messages go.
pub struct Outbox<'a> {
    /// Takes one whole message.
    pub put: &'a mut dyn FnMut(&[u8]) -> io::Result<()>,
    /// Whether there is room for one message only.
    pub is_single: bool,
}

impl fmt::Debug for Outbox<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("is_single", &self.is_single).finish_non_exhaustive()
    }
}

/// What the file of a message of `provider` is called: the message, the provider, and the part where
/// there are several. Different providers stay different, and none leads out of a folder.
pub fn file_name(message: &str, provider: Option<&ProviderId>, part: usize) -> String {
    let part = if part == 1 { String::new() } else { format!("-{part}") };
    let mut name = String::new();
    for c in provider.map_or("nobody", ProviderId::as_str).chars() {
        if c.is_alphanumeric() || c == '-' || c == '_' {
            name.push(c);
        } else {
            name.extend(["%", &format!("{:02X}", u32::from(c))]);
        }
    }
    format!("{message}-{name}{part}.xml")
}

/// The records of one message after the other.
struct Messages<'a, 'b> {
    outbox: &'b mut Outbox<'a>,
    /// The element around all.
    root: &'static str,
    /// What the records lie in, from `ICP` down.
    path: &'static [&'static str],
    /// What follows them within `ICP`.
    tail: String,
    /// Each with the place of its group in the message.
    records: Vec<(u8, String)>,
    written: usize,
}

impl<'a, 'b> Messages<'a, 'b> {
    /// Messages that bureaus give out.
    fn download(outbox: &'b mut Outbox<'a>, path: &'static [&'static str]) -> Self {
        let (root, tail) = ("DownloadData", String::new());
        Self { outbox, root, path, tail, records: Vec::new(), written: 0 }
    }

    /// Messages that providers hand in, with what follows the records.
    fn upload(outbox: &'b mut Outbox<'a>, path: &'static [&'static str], tail: String) -> Self {
        Self { outbox, root: "UploadData", path, tail, records: Vec::new(), written: 0 }
    }

    /// Whether there is room for another record.
    fn has_room(&self) -> bool {
        self.records.len() < MOST_RECORDS || !self.outbox.is_single
    }

    /// Takes a record; `false` where there is no room for it.
    fn push(&mut self, group: u8, record: String) -> io::Result<bool> {
        if self.records.len() == MOST_RECORDS {
            if self.outbox.is_single {
                return Ok(false);
            }
            self.flush()?;
        }
        self.records.push((group, record));
        self.written += 1;
        Ok(true)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.records.is_empty() {
            return Ok(());
        }
        self.records.sort_by_key(|(group, _)| *group);
        let root = self.root;
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"GBK\"?>\n<{root} version=\"V.3.0\">\n<ICP>\n"
        );
        for name in self.path {
            xml.extend(["<", name, ">\n"]);
        }
        for (_, record) in self.records.drain(..) {
            xml.push_str(&record);
        }
        for name in self.path.iter().rev() {
            xml.extend(["</", name, ">\n"]);
        }
        xml.push_str(&self.tail);
        xml.extend(["</ICP>\n</", root, ">\n"]);
        (self.outbox.put)(&in_gbk(&xml))
    }

    /// Writes what is left, and tells how many records were written in all.
    fn finish(mut self) -> io::Result<usize> {
        self.flush()?;
        Ok(self.written)
    }
}

/// One record being written: elements in order, optional ones left out, never empty.
struct Record {
    name: &'static str,
    xml: String,
}

impl Record {
    fn new(name: &'static str) -> Self {
        Self { name, xml: format!("<{name}>") }
    }

    fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        let value = escaped(&value.to_string());
        self.xml.extend(["<", name, ">", &value, "</", name, ">"]);
        self
    }

    fn with_some(self, name: &str, value: Option<impl fmt::Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    fn finish(mut self) -> String {
        self.xml.extend(["</", self.name, ">\n"]);
        self.xml
    }
}

/// The ministry's number of a provider.
fn number(id: &ProviderId, names: &ProviderNames) -> Result<u64, Why> {
    let number = names.v3_id(id).filter(|number| is_long(*number));
    number.ok_or_else(|| Why::NoNumber(id.clone()))
}

/// The interface counts in signed numbers, and from 1 on.
fn is_long(number: u64) -> bool {
    (1..=i64::MAX.unsigned_abs()).contains(&number)
}

/// The address as the interface can write it.
fn expressible(address: IpAddr) -> Result<Ipv4Addr, Why> {
    match address {
        IpAddr::V4(v4) if !v4.is_unspecified() => Ok(v4),
        IpAddr::V4(_) | IpAddr::V6(_) => Err(Why::Address(address)),
    }
}

fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            // Not in the GBK of 1995, where readers would stumble over it.
            '€' => xml.push_str("&#8364;"),
            // XML has no way to write these.
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => xml.push(c),
        }
    }
    xml
}

/// `xml` in GBK; a character that GBK does not have becomes a numeric reference.
fn in_gbk(xml: &str) -> Vec<u8> {
    GBK.encode(xml).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_cannot_lead_out_of_the_folder() {
        let name = |id: &str| file_name("hcjg", Some(&id.parse().unwrap()), 1);
        assert_eq!(name("P004"), "hcjg-P004.xml");
        assert_eq!(name("../a b"), "hcjg-%2E%2E%2Fa%20b.xml");
        assert_eq!(name("甲"), "hcjg-甲.xml");
        assert_eq!(file_name("wbawzlb", None, 2), "wbawzlb-nobody-2.xml");
    }

    #[test]
    fn text_that_gbk_or_xml_cannot_hold_is_written_all_the_same() {
        let bytes = in_gbk(&escaped("<中>&€\u{7}\u{ffff}😀"));
        assert_eq!(GBK.decode(&bytes).0, "&lt;中&gt;&amp;&#8364;&#128512;");
    }
}
