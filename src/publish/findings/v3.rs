//! Findings as the ministry's list of unfiled sites: `WBAWZLB` of the filing interface V3.0, in GBK.
//!
//! The interface knows one IPv4 address a record and its own numbers for providers, and takes at
//! most 1,000 records a file; what cannot be said in it is handed back with the reason. A message
//! says nowhere for whom it is: whoever downloads it is meant, so that a list should be of one
//! provider.

use std::fmt;
use std::io;
use std::io::Write;
use std::net::IpAddr;
use std::net::Ipv4Addr;

use encoding_rs::GBK;
use sha2::Digest;
use sha2::Sha256;
use ulid::Ulid;

use crate::clock;
use crate::facts::finding::Kind;
use crate::facts::provider::ProviderId;
use crate::publish::text::listed;
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
    /// The findings, or addresses of them, that the list does not hold.
    pub left_out: Vec<LeftOut>,
}

/// A finding, or one address of it, that the list does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Which finding.
    pub finding: Ulid,
    /// Its domain.
    pub domain: String,
    /// Why it is not in the list.
    pub why: Why,
}

/// Why a finding, or one address of it, cannot be listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The list is of unfiled sites only.
    #[error("the list holds unfiled sites only, this is {0}")]
    OtherKind(Kind),
    /// The fault stands no more.
    #[error("the finding is closed")]
    Closed,
    /// V3 has no place for IPv6 addresses, nor for 0.0.0.0.
    #[error("the interface cannot express the address {0}")]
    Address(IpAddr),
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
    /// The file is full.
    #[error("the file holds {MOST_RECORDS} records already; list one provider at a time")]
    Full,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.finding, self.domain, self.why)
    }
}

/// Writes those of `rows` that can be listed, a record for each address, and tells the rest.
pub fn write(
    rows: impl Iterator<Item = FindingView>,
    names: &ProviderNames,
    out: &mut impl Write,
) -> io::Result<Listing> {
    let mut listing = Listing::default();
    for row in rows {
        let mut leave_out = |why| {
            let domain = row.domain.clone();
            listing.left_out.push(LeftOut { finding: row.id, domain, why });
        };
        let issuers = match issuers(&row, names) {
            Ok(issuers) => issuers,
            Err(why) => {
                leave_out(why);
                continue;
            }
        };
        for address in &row.addresses {
            match address {
                IpAddr::V4(v4) if !v4.is_unspecified() => {
                    if listing.records == MOST_RECORDS {
                        leave_out(Why::Full);
                        break;
                    }
                    if listing.records == 0 {
                        out.write_all(OPENING.as_bytes())?;
                    }
                    out.write_all(&in_gbk(&record(&row, *v4, issuers)))?;
                    listing.records += 1;
                }
                IpAddr::V4(_) | IpAddr::V6(_) => leave_out(Why::Address(*address)),
            }
        }
    }
    if listing.records > 0 {
        out.write_all(CLOSING.as_bytes())?;
    }
    Ok(listing)
}

const OPENING: &str = "<?xml version=\"1.0\" encoding=\"GBK\"?>\n\
    <DownloadData version=\"V.3.0\">\n<ICP>\n<WBAWZLB>\n";
const CLOSING: &str = "</WBAWZLB>\n</ICP>\n</DownloadData>\n";

/// The ministry's numbers of the two providers in a record.
#[derive(Debug, Clone, Copy)]
struct Issuers {
    access: Option<u64>,
    carrier: u64,
}

/// The numbers for `row`, or why it cannot be listed whatever its addresses.
fn issuers(row: &FindingView, names: &ProviderNames) -> Result<Issuers, Why> {
    if row.kind != Kind::Unfiled {
        return Err(Why::OtherKind(row.kind));
    }
    if row.closed_reason.is_some() {
        return Err(Why::Closed);
    }
    if row.domain.chars().count() > LONGEST_NAME {
        return Err(Why::LongName);
    }
    if row.addresses.is_empty() {
        return Err(Why::NoAddress);
    }
    let number = |id: &ProviderId| {
        let number =
            names.v3_id(id).filter(|number| (1..=i64::MAX.unsigned_abs()).contains(number));
        number.ok_or_else(|| Why::NoNumber(id.clone()))
    };
    let carrier = row.carrier.as_ref().ok_or(Why::NoCarrier)?;
    let access = row.provider.as_ref().map(|provider| number(&provider.id)).transpose()?;
    Ok(Issuers { access, carrier: number(&carrier.id)? })
}

/// One `Wbawz_xx`. The order of the elements is fixed, and optional ones are left out, never empty.
fn record(row: &FindingView, address: Ipv4Addr, issuers: Issuers) -> String {
    let mut xml = String::from("<Wbawz_xx>");
    let mut element = |name: &str, value: &dyn fmt::Display| {
        let value = escaped(&value.to_string());
        xml.extend(["<", name, ">", &value, "</", name, ">"]);
    };
    element("Id", &record_id(row.id, address));
    element("Wzym_mc", &row.domain);
    element("IP", &u32::from(address));
    element("Dqjcsj", &clock::day(row.last_seen));
    element("Jccs", &row.times_seen);
    if let Some(code) = row.bureau.area_code() {
        element("Sssh", &code);
    }
    element("Scjcsj", &clock::day(row.first_seen));
    if let Some(access) = issuers.access {
        element("Jrs", &access);
    }
    element("Yys", &issuers.carrier);
    element("Bz", &remark(row));
    xml.push_str("</Wbawz_xx>\n");
    xml
}

fn remark(row: &FindingView) -> String {
    let hosts = if row.hosts.is_empty() {
        String::new()
    } else {
        format!("；主机名 {}", listed(&row.hosts))
    };
    format!("理由 {}{hosts}", listed(&row.reasons))
}

/// A positive number that is the same each time this address of this finding is listed.
fn record_id(finding: Ulid, address: Ipv4Addr) -> u64 {
    let digest = Sha256::new().chain_update(finding.to_bytes()).chain_update(address.octets());
    let number = digest.finalize().iter().take(8).fold(0, |n: u64, byte| n << 8 | u64::from(*byte));
    // The interface counts in signed numbers from 1 on.
    (number >> 1).max(1)
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
mod tests;
