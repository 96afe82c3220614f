//! Address registers of every make, told apart by how they begin: tables, the ministry's messages,
//! the registries' statistics and dumps, and plain lists of one holder's addresses.

use std::io;
use std::io::Read;

use crate::facts::allocation::Allocation;
use crate::facts::allocation::AllocationKind;
use crate::facts::provider::ProviderName;
use crate::formats::allocations;
use crate::formats::delegated;
use crate::formats::rpsl;
use crate::formats::tables::FileError;
use crate::formats::tables::Rows;

/// What is looked at to tell how a file is written, in bytes: comments come first, and may be long.
const SAMPLE: usize = 64 * 1024;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Make {
    /// CSV, XLSX or JSON lines.
    Table,
    /// A message of the filing interface.
    Message,
    /// A registry's delegated statistics.
    Delegated,
    /// A routing registry's dump.
    Dump,
    /// One range a line.
    List,
}

/// Whose a plain list is, and what its rows are.
pub type Holder = (ProviderName, AllocationKind);

/// The rows of a file of any make. A `holder` is needed by plain lists, and takes the place of the
/// origins of routes; of other files it says nothing.
pub fn read(
    mut input: impl Read + Send + 'static,
    holder: Option<Holder>,
) -> Result<Rows<Allocation>, FileError> {
    let mut sample = Vec::with_capacity(SAMPLE);
    input.by_ref().take(SAMPLE as u64).read_to_end(&mut sample)?;
    let make = make_of(&sample, holder.is_some());
    let whole = io::Cursor::new(sample).chain(input);
    match (make, holder) {
        (Make::Message, _) => Ok(allocations::v3::read(whole)),
        (Make::Delegated, _) => delegated::read(whole),
        (Make::Dump, holder) => rpsl::read(whole, holder.map(|(provider, _)| provider)),
        (Make::List, Some((provider, kind))) => allocations::read_list(whole, provider, kind),
        (Make::List, None) => Err(FileError::NoHolder),
        (Make::Table, _) => allocations::read(whole),
    }
}

fn make_of(sample: &[u8], has_holder: bool) -> Make {
    if sample.starts_with(b"PK\x03\x04") {
        return Make::Table;
    }
    let text = String::from_utf8_lossy(sample);
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let is_comment = |line: &&str| line.is_empty() || line.starts_with(['#', '%']);
    let first = lines.find(|line| !is_comment(line)).unwrap_or_default();
    if first.starts_with('<') {
        Make::Message
    } else if first.starts_with('{') {
        Make::Table
    } else if first.split('|').count() >= 6 {
        Make::Delegated
    } else if is_attribute(first) {
        Make::Dump
    } else if allocations::is_heading(first) {
        Make::Table
    } else if has_holder || allocations::is_range(first) {
        Make::List
    } else {
        Make::Table
    }
}

/// Whether `line` begins an object of a dump: `inetnum: …`, and no IPv6 address.
fn is_attribute(line: &str) -> bool {
    line.split_once(':').is_some_and(|(name, _)| {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        name.len() > 4
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(is_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::allocation::Origin;
    use proptest::prelude::*;
    use std::io::Cursor;

    /// The first row as range, kind and holder.
    fn first(text: &'static str, holder: Option<&str>) -> String {
        let holder = holder.map(|name| (name.parse().unwrap(), AllocationKind::Source));
        let mut rows = match read(Cursor::new(text), holder) {
            Ok(rows) => rows,
            Err(error) => return error.to_string(),
        };
        let Some(Ok(row)) = rows.next() else { return "nothing".to_owned() };
        let provider = row.provider.map_or("nobody".to_owned(), |name| name.to_string());
        let listed = if row.origin == Origin::Listed { " listed" } else { "" };
        format!("{} {} {provider}{listed}", row.range, row.kind.word())
    }

    #[test]
    fn each_make_is_known_by_how_it_begins() {
        let range = "1.2.0.0 - 1.2.255.255";
        let delegated = "2|apnic|20261124|1|19830613|20261123|+1000\n\
                         apnic|CN|ipv4|1.2.0.0|65536|20110414|allocated|A92E1062\n";
        let dump = "% comment\n\ninetnum: 1.2.0.0 - 1.2.255.255\nnetname: X\ncountry: CN\n";
        let route = "route:  1.2.0.0/16\norigin: AS4134\n";
        let message = "<DownloadData><SJTB><IP><Ipfp><Fpxx><Bbdwid>7</Bbdwid><Qsip>16908288</Qsip>\
                       <Zzip>16973823</Zzip><Fpfs>4</Fpfs></Fpxx></Ipfp></IP></SJTB></DownloadData>";
        for (text, holder, expected) in [
            ("start,end,provider\n1.2.0.0,1.2.255.255,P\n", None, "source P"),
            ("\u{feff}cidr,provider\n1.2.0.0/16,P\n", None, "source P"),
            ("{\"cidr\":\"1.2.0.0/16\",\"provider\":\"P\"}\n", None, "source P"),
            ("# list\n1.2.0.0/16\n", Some("P"), "source P listed"),
            ("cidr,provider\n1.2.0.0/16,Q\n", Some("P"), "source Q"),
            (delegated, None, "registry nobody"),
            (delegated, Some("P"), "registry nobody"),
            (dump, None, "registry nobody"),
            (route, None, "source AS4134 listed"),
            (route, Some("P"), "source P listed"),
            (message, None, "reserved v3:7"),
        ] {
            assert_eq!(first(text, holder), format!("{range} {expected}"), "{text}");
        }
        let v6 = "2400:da00::/32\n";
        assert!(first(v6, Some("P")).ends_with("source P listed"), "no attribute");
        assert!(first("1.2.0.0/16\n", None).contains("--provider"), "a list needs a holder");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let holder = Some(("P".parse().unwrap(), AllocationKind::Source));
            for holder in [None, holder] {
                if let Ok(rows) = read(Cursor::new(bytes.clone()), holder) {
                    rows.for_each(drop);
                }
            }
        }
    }
}
