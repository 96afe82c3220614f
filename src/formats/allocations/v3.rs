//! Address reports in the ministry's own messages (interface V3.0): a provider's upload (`XZBA`), and
//! the mirror feed that a bureau hands down (`SJTB/IP`). Refusals carry the interface's result codes.
//!
//! Units are named by the ministry's numbers. Announcements (`Jsxx`, `Gbxx`) hold nothing that tells
//! who holds an address, and are passed over.

use std::io::Read;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::vec::IntoIter;

use crate::facts::allocation::AddressUse;
use crate::facts::allocation::Allocation;
use crate::facts::allocation::AllocationKind;
use crate::facts::allocation::Origin;
use crate::facts::bureau::Bureau;
use crate::facts::provider::ProviderName;
use crate::facts::range::AddressRange;
use crate::formats::dates;
use crate::formats::tables::Aside;
use crate::formats::tables::Flaw;
use crate::formats::tables::Refusal;
use crate::formats::tables::RowError;
use crate::formats::tables::Rows;
use crate::formats::v3::Element;
use crate::formats::v3::Message;
use crate::formats::v3::Part;
use crate::formats::v3::Record;

/// The elements that are rows, as uploads and as the mirror feed call them.
const RECORDS: &[&str] = &["Ly", "Ly_xx", "Lyxx", "Fpsy", "Fpxx", "Zdxx", "Jsxx", "Gbxx"];

/// An upload holds 1,000 records by its own rules; more than so many are no upload.
const MOST_WAITING: usize = 100_000;

/// The rows of a message.
pub fn read(input: impl Read + Send + 'static) -> Rows<Allocation> {
    let aside = Rc::<Aside>::default();
    let reports = Reports {
        message: Message::new(input, RECORDS),
        waiting: Vec::new(),
        ready: Vec::new().into_iter(),
        submitter: None,
        aside: Rc::clone(&aside),
    };
    Rows::with(reports, aside)
}

struct Reports {
    message: Message,
    /// Uploaded records, whose reporter may be named after them.
    waiting: Vec<Record>,
    ready: IntoIter<Record>,
    /// `Qqdwid`
    submitter: Option<ProviderName>,
    aside: Rc<Aside>,
}

impl Iterator for Reports {
    type Item = Result<Allocation, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.ready.next() {
                return Some(self.row(&record, Ok(self.submitter.clone())));
            }
            match self.message.next() {
                None if self.waiting.is_empty() => return None,
                None => self.ready = std::mem::take(&mut self.waiting).into_iter(),
                Some(Err(error)) => return Some(Err(RowError::Io(error))),
                Some(Ok(Part::Value { name, text })) => {
                    if name == "Qqdwid" {
                        self.submitter = text.parse().ok().map(ProviderName::of_v3_id);
                    }
                }
                Some(Ok(Part::Record(record))) => {
                    if matches!(record.element.name.as_str(), "Jsxx" | "Gbxx") {
                        continue;
                    }
                    let is_within = |name: &str| record.around.iter().any(|around| around == name);
                    if is_within("XGBA") || is_within("SCBA") {
                        let reason = "a change or deletion names its row by the bureau's number; \
                                      import the whole mirror feed with --replace instead";
                        return Some(Err(refused(&record, None, reason.to_owned())));
                    }
                    if is_within("SJTB") {
                        let reporter = unit(&record.element, "Bbdwid");
                        return Some(self.row(&record, reporter));
                    }
                    if self.waiting.len() == MOST_WAITING {
                        let reason = "an upload has 1,000 records at the most";
                        return Some(Err(refused(&record, None, reason.to_owned())));
                    }
                    self.waiting.push(record);
                }
            }
        }
    }
}

fn refused(record: &Record, column: Option<&str>, reason: String) -> RowError {
    let column = column.map(str::to_owned);
    RowError::Refused(Refusal { line: record.line, column, reason })
}

impl Reports {
    fn row(
        &self,
        record: &Record,
        reporter: Result<Option<ProviderName>, Flaw>,
    ) -> Result<Allocation, RowError> {
        self.aside.at(record.line);
        let own = reporter.as_ref().ok().cloned().flatten();
        let row = reporter.and_then(|reporter| allocation(&record.element, reporter));
        row.map_err(|flaw| {
            self.aside.spoil(told(&record.element, own));
            refused(record, flaw.column, flaw.reason)
        })
    }
}

/// What can be told of a record that is refused.
fn told(element: &Element, reporter: Option<ProviderName>) -> Vec<(&'static str, String)> {
    let ends = [("start", "Qsip"), ("end", "Zzip")].into_iter().filter_map(|(column, name)| {
        let number: u32 = element.value(name)?.parse().ok()?;
        Some((column, Ipv4Addr::from(number).to_string()))
    });
    let reporter = reporter.map(|name| ("provider", name.to_string()));
    ends.chain(reporter).collect()
}

fn allocation(element: &Element, reporter: Option<ProviderName>) -> Result<Allocation, Flaw> {
    let provider =
        reporter.ok_or_else(|| Flaw::of("Bbdwid", "2027: the message does not say who reports"))?;
    let (kind, from, to) = match element.name.as_str() {
        "Ly" | "Ly_xx" | "Lyxx" => (AllocationKind::Source, unit(element, "Lydw")?, None),
        "Zdxx" => (AllocationKind::Brought, brought_from(element)?, None),
        _ => {
            let to = unit(element, "Fpdx")?;
            let kind = match element.value("Fpfs") {
                Some("1") => AllocationKind::Assigned,
                Some("2") => AllocationKind::Reassigned,
                Some("3") => AllocationKind::OwnUse,
                Some("4") => AllocationKind::Reserved,
                None => return Err(Flaw::of("Fpfs", "2010: the allocation kind is missing")),
                Some(other) => {
                    let reason = format!("2041: `{other}` is no allocation kind; 1 to 4 are");
                    return Err(Flaw::of("Fpfs", reason));
                }
            };
            if kind == AllocationKind::Reassigned && to.is_none() {
                return Err(Flaw::of("Fpdx", "2047: the allocation target is missing"));
            }
            (kind, None, to.filter(|_| kind == AllocationKind::Reassigned))
        }
    };
    Ok(Allocation {
        range: range(element)?,
        kind,
        origin: Origin::Reported,
        provider: Some(provider),
        from,
        to,
        address_use: match element.value("Syfs") {
            None => AddressUse::Unstated,
            Some("1") => AddressUse::Static,
            Some("2") => AddressUse::Dynamic,
            Some("3") => AddressUse::Unknown,
            Some(other) => {
                let reason = format!("2021: `{other}` is no manner of use; 1 to 3 are");
                return Err(Flaw::of("Syfs", reason));
            }
        },
        is_redirector: element.value("Sfymtz") == Some("1"),
        province: province(element)?,
        details: details(element),
    })
}

/// A unit by the ministry's number; `None` where the element is not there.
fn unit(element: &Element, name: &'static str) -> Result<Option<ProviderName>, Flaw> {
    let Some(text) = element.value(name) else { return Ok(None) };
    let number =
        text.parse().map_err(|_| Flaw::of(name, format!("`{text}` is no number of a unit")))?;
    Ok(Some(ProviderName::of_v3_id(number)))
}

/// From whom a range was brought: a reporting unit's number, or the name of one that reports nothing.
fn brought_from(element: &Element) -> Result<Option<ProviderName>, Flaw> {
    let Some(source) = element.children.iter().find(|child| child.name == "Lydw") else {
        return Ok(None);
    };
    if let Some(number) = unit(source, "Ly_dwid")? {
        return Ok(Some(number));
    }
    match source.value("Ly_dwmc") {
        None => Ok(None),
        Some(name) => name.parse().map(Some).map_err(|error| Flaw::of("Ly_dwmc", error)),
    }
}

fn range(element: &Element) -> Result<AddressRange, Flaw> {
    let start = address(element, "Qsip", "2014: the start address is missing", 2006)?;
    let end = address(element, "Zzip", "2015: the end address is missing", 2007)?;
    AddressRange::new(start, end).map_err(|error| Flaw::of("Zzip", format!("2002: {error}")))
}

/// An address as the interface writes it: IPv4, as a number.
fn address(
    element: &Element,
    name: &'static str,
    missing: &str,
    code: u16,
) -> Result<IpAddr, Flaw> {
    let text = element.value(name).ok_or_else(|| Flaw::of(name, missing))?;
    let number: u32 = text
        .parse()
        .map_err(|_| Flaw::of(name, format!("{code}: `{text}` is no IPv4 address as a number")))?;
    Ok(Ipv4Addr::from(number).into())
}

fn province(element: &Element) -> Result<Option<Bureau>, Flaw> {
    let Some(text) = element.value("Shengid") else { return Ok(None) };
    let code: Option<u32> = text.parse().ok();
    code.and_then(Bureau::of_area_code)
        .map(Some)
        .ok_or_else(|| Flaw::of("Shengid", format!("2024: `{text}` is no province")))
}

fn details(element: &Element) -> Vec<(String, String)> {
    let gateway = element.value("Wgip").map(|text| match text.parse::<u32>() {
        Ok(number) => Ipv4Addr::from(number).to_string(),
        Err(_) => text.to_owned(),
    });
    let text = |name: &str| element.value(name).map(str::to_owned);
    let day = element
        .value("Fprq")
        .map(|text| dates::day(text).map_or_else(|| text.to_owned(), |day| day.to_string()));
    let details = [
        ("gateway", gateway),
        ("city", text("Shiid")),
        ("user", text("Dwmc")),
        ("user_address", text("Xxdz")),
        ("contact", text("Lxrxm")),
        ("contact_phone", text("Lxrdh")),
        ("contact_email", text("Lxrdzyj")),
        ("allocated_on", day),
    ];
    let given = details.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?)));
    given.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::GBK;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn told(row: Result<Allocation, RowError>) -> String {
        match row {
            Ok(row) => {
                let name = |name: &Option<ProviderName>| {
                    name.as_ref().map_or("-".to_owned(), ToString::to_string)
                };
                let names = [&row.from, &row.provider, &row.to].map(name).join(" ");
                format!("{} {} {names}", row.range, row.kind.word())
            }
            Err(RowError::Refused(refusal)) => {
                let column = refusal.column.unwrap_or_default();
                format!("{} {column} {}", refusal.line, refusal.reason)
            }
            Err(RowError::Io(error)) => error.to_string(),
        }
    }

    fn rows(text: &str) -> Vec<String> {
        let (bytes, ..) = GBK.encode(text);
        read(Cursor::new(bytes.into_owned())).map(told).collect()
    }

    const IN_USE: &str = "<Qsip>3325256704</Qsip><Zzip>3325256767</Zzip><Fpfs>1</Fpfs>\
        <Syfs>1</Syfs><Fprq>2010-01-04 08:00:00</Fprq><Sfymtz>1</Sfymtz><Dwmc>某公司</Dwmc>\
        <Shengid>440000</Shengid><Shiid>440100</Shiid><Xxdz>示例路1号</Xxdz><Lxrxm>李明</Lxrxm>\
        <Lxrdh>010-00000000</Lxrdh><Lxrdzyj>noc@example.org</Lxrdzyj><Wgip>3325256705</Wgip>";

    #[test]
    fn an_upload_is_its_submitters_wherever_it_says_so() {
        let records = "<Xzly><Ly><IspId>1</IspId><Qsip>3325256704</Qsip><Zzip>3325256959</Zzip>\
             <Lydw>9001</Lydw></Ly></Xzly><Xzfp><Fpsy><Qsip>3325256768</Qsip><Zzip>3325256831</Zzip>\
             <Fpfs>2</Fpfs><Fpdx>9003</Fpdx></Fpsy></Xzfp><Xzgbjs><Jsxx><Gbdw>9001</Gbdw></Jsxx>\
             </Xzgbjs><Zdip><Zdxx><Qsip>3405803776</Qsip><Zzip>3405803903</Zzip><Lydw>\
             <Ly_dwmc>某单位</Ly_dwmc></Lydw></Zdxx></Zdip>";
        let who = "<Qqdwid>9002</Qqdwid>";
        let expected = [
            "198.51.100.0 - 198.51.100.255 source v3:9001 v3:9002 -",
            "198.51.100.64 - 198.51.100.127 reassigned - v3:9002 v3:9003",
            "203.0.113.0 - 203.0.113.127 brought 某单位 v3:9002 -",
        ];
        for body in [format!("<XZBA>{records}</XZBA>{who}"), format!("{who}<XZBA>{records}</XZBA>")]
        {
            let text = format!("<UploadData version=\"V.3.0\"><IP>{body}</IP></UploadData>");
            assert_eq!(rows(&text), expected);
        }
        let nobody = format!("<UploadData><IP><XZBA>{records}</XZBA></IP></UploadData>");
        assert!(rows(&nobody).iter().all(|row| row.contains("2027")), "{:?}", rows(&nobody));
    }

    #[test]
    fn a_row_of_the_mirror_feed_is_whole() {
        let text = format!(
            "<DownloadData><SJTB><IP><Ipfp><Fpxx><Bbdwid>9002</Bbdwid>{IN_USE}</Fpxx></Ipfp></IP>\
             </SJTB></DownloadData>"
        );
        let (bytes, ..) = GBK.encode(&text);
        let mut rows = read(Cursor::new(bytes.into_owned()));
        let Some(Ok(row)) = rows.next() else { panic!("no row") };
        assert_eq!((row.kind, row.address_use), (AllocationKind::Assigned, AddressUse::Static));
        assert_eq!(row.province.map(Bureau::name), Some("广东"));
        assert!(row.is_redirector);
        assert_eq!(row.allocated_on(), Some(jiff::civil::date(2010, 1, 4)));
        assert_eq!(row.detail("gateway"), Some("198.51.100.1"));
        assert_eq!(row.detail("user"), Some("某公司"));
        assert!(rows.next().is_none());
    }

    #[test]
    fn a_record_at_fault_is_refused_with_the_interfaces_code() {
        let feed = |record: &str| {
            rows(&format!(
                "<DownloadData>\n<SJTB><IP><Ipfp>\n<Fpxx><Bbdwid>1</Bbdwid>{record}</Fpxx>\n</Ipfp>\
                 </IP></SJTB></DownloadData>"
            ))
        };
        for (record, expected) in [
            ("<Qsip>9</Qsip><Zzip>4</Zzip><Fpfs>4</Fpfs>", "3 Zzip 2002"),
            ("<Zzip>4</Zzip><Fpfs>4</Fpfs>", "3 Qsip 2014"),
            ("<Qsip>1</Qsip><Fpfs>4</Fpfs>", "3 Zzip 2015"),
            ("<Qsip>1.2.3.4</Qsip><Zzip>4</Zzip><Fpfs>4</Fpfs>", "3 Qsip 2006"),
            ("<Qsip>1</Qsip><Zzip>4294967296</Zzip><Fpfs>4</Fpfs>", "3 Zzip 2007"),
            ("<Qsip>1</Qsip><Zzip>4</Zzip>", "3 Fpfs 2010"),
            ("<Qsip>1</Qsip><Zzip>4</Zzip><Fpfs>7</Fpfs>", "3 Fpfs 2041"),
            ("<Qsip>1</Qsip><Zzip>4</Zzip><Fpfs>2</Fpfs>", "3 Fpdx 2047"),
            ("<Qsip>1</Qsip><Zzip>4</Zzip><Fpfs>3</Fpfs><Syfs>9</Syfs>", "3 Syfs 2021"),
            (
                "<Qsip>1</Qsip><Zzip>4</Zzip><Fpfs>4</Fpfs><Shengid>810000</Shengid>",
                "3 Shengid 2024",
            ),
        ] {
            let rows = feed(record);
            assert!(rows.len() == 1 && rows[0].starts_with(expected), "{record}: {rows:?}");
        }
    }

    #[test]
    fn changes_are_refused_and_a_message_that_breaks_off_is_an_error() {
        let text = "<UploadData><IP><SCBA><Scfp><Fpsy><Id>70014</Id></Fpsy></Scfp></SCBA>\
                    <Qqdwid>9002</Qqdwid></IP></UploadData>";
        assert!(rows(text)[0].contains("mirror feed"));
        let rows = rows("<UploadData><IP><XZBA><Xzly><Ly><Qsip>1</Qsip>");
        assert_eq!(rows, ["line 1: the message breaks off"]);
    }

    proptest! {
        #[test]
        fn a_range_comes_back_as_it_was_written(a in any::<u32>(), b in any::<u32>(), kind in 3..=4) {
            let (start, end) = (a.min(b), a.max(b));
            let text = format!(
                "<DownloadData><SJTB><IP><Ipfp><Fpxx><Bbdwid>7</Bbdwid><Qsip>{start}</Qsip>\
                 <Zzip>{end}</Zzip><Fpfs>{kind}</Fpfs></Fpxx></Ipfp></IP></SJTB></DownloadData>"
            );
            let row = read(Cursor::new(text)).next();
            let range = row.and_then(Result::ok).map(|row| (row.range.start(), row.range.end()));
            let expected = (Ipv4Addr::from(start).into(), Ipv4Addr::from(end).into());
            prop_assert_eq!(range, Some(expected));
        }
    }
}
