//! The handling results that a provider's own system uploads: `WBACLJG` of the ministry's interface
//! V3.0. Who reported, with telephone and mail, is not read. Refusals never quote a value.

use std::io;
use std::io::Read;
use std::net::Ipv4Addr;

use jiff::civil::Date;

use crate::facts::target::Target;
use crate::formats::dates;
use crate::formats::tables::Refusal;
use crate::formats::v3::Element;
use crate::formats::v3::Message;
use crate::formats::v3::Part;

/// More records in one message are too many; the interface itself takes 1,000.
const MOST_RECORDS: usize = 100_000;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handling {
    /// `Qqdwid`: the ministry's number of the provider that submits it; `None` where it says none.
    pub unit: Option<u64>,
    /// Its records in order.
    pub rows: Vec<Result<Handled, Refusal>>,
}

/// One `Clxx`: what was done about one unfiled site at one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handled {
    /// The line where the record begins, from 1.
    pub line: u64,
    /// `Ym`
    pub domain: Target,
    /// `IP`
    pub address: Ipv4Addr,
    /// `Yys`: the ministry's number of the carrier.
    pub carrier: u64,
    /// `Jrs`: the ministry's number of the access provider.
    pub access: u64,
    /// `Cljg`: the code of the result.
    pub code: u16,
    /// `Clyj`
    pub opinion: String,
    /// `Rbsj`: the day on which the site was listed.
    pub listed_on: Date,
    /// `Clsx`: the day by which it was to be dealt with.
    pub due: Date,
}

/// Whether a file that begins so is a message rather than a table.
pub fn is_message(beginning: &[u8]) -> bool {
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
    text.trim_ascii_start().starts_with(b"<")
}

/// Reads a message; one that breaks off or is none is an error.
pub fn read(input: impl Read + Send + 'static) -> io::Result<Handling> {
    let mut handling = Handling { unit: None, rows: Vec::new() };
    for part in Message::new(input, &["Clxx"]) {
        match part? {
            Part::Value { name, text } if name == "Qqdwid" => handling.unit = text.parse().ok(),
            Part::Value { .. } => {}
            Part::Record(_) if handling.rows.len() == MOST_RECORDS => {
                let what = format!("there are more than {MOST_RECORDS} records in it");
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
            Part::Record(record) => {
                let row = handled(record.line, &record.element).map_err(|(name, reason)| Refusal {
                    line: record.line,
                    column: Some(name.to_owned()),
                    reason: reason.to_owned(),
                });
                handling.rows.push(row);
            }
        }
    }
    Ok(handling)
}

type Fault = (&'static str, &'static str);

fn handled(line: u64, record: &Element) -> Result<Handled, Fault> {
    let missing = "it is missing or empty";
    let text = |name: &'static str| record.value(name).ok_or((name, missing));
    let number = |name: &'static str| -> Result<u64, Fault> {
        let number = text(name)?.parse().ok().filter(|number| *number > 0);
        number.ok_or((name, "it is no whole number from 1 on"))
    };
    let day = |name: &'static str| -> Result<Date, Fault> {
        dates::day(text(name)?).ok_or((name, "it is no day such as 2010-03-15"))
    };
    let address = u32::try_from(number("IP")?).map(Ipv4Addr::from);
    let code = u16::try_from(number("Cljg")?).ok().filter(|code| *code <= 999);
    Ok(Handled {
        line,
        domain: text("Ym")?.parse().map_err(|_| ("Ym", "it is no domain or address"))?,
        address: address.map_err(|_| ("IP", "it is no IPv4 address as a number"))?,
        carrier: number("Yys")?,
        access: number("Jrs")?,
        code: code.ok_or(("Cljg", "it is no code from 1 to 999"))?,
        opinion: text("Clyj")?.to_owned(),
        listed_on: day("Rbsj")?,
        due: day("Clsx")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::GBK;
    use proptest::prelude::*;
    use std::io::Cursor;

    const RECORD: &str = "<Clxx><Ym>example.com</Ym><IP>3221225994</IP><Yys>9001</Yys><Jrs>9002</Jrs>\
        <Shengid>110000</Shengid><Cljg>1</Cljg><Clyj>已停止接入</Clyj><Rbsj>2010-03-15</Rbsj>\
        <Clsx>2010-03-25</Clsx><Sbrxm>张三</Sbrxm></Clxx>";

    fn message(records: &str) -> Handling {
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"GBK\"?>\n<UploadData version=\"V.3.0\"><ICP><WBACLJG>\n\
             {records}</WBACLJG><Qqdwid>9002</Qqdwid></ICP></UploadData>"
        );
        let bytes = GBK.encode(&xml).0.into_owned();
        assert!(is_message(&bytes));
        read(Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn a_record_is_read_with_the_unit_that_stands_after_it() {
        let handling = message(RECORD);
        assert_eq!(handling.unit, Some(9002));
        let handled = handling.rows[0].as_ref().unwrap();
        assert_eq!(handled.domain.to_string(), "example.com");
        assert_eq!(handled.address, Ipv4Addr::new(192, 0, 2, 10));
        assert_eq!((handled.carrier, handled.access, handled.code), (9001, 9002, 1));
        assert_eq!((handled.line, handled.opinion.as_str()), (3, "已停止接入"));
        assert_eq!(handled.due.to_string(), "2010-03-25");
    }

    #[test]
    fn a_record_at_fault_is_refused_by_its_element_and_the_next_is_read() {
        for (part, instead, element) in [
            ("<Ym>example.com</Ym>", "<Ym>张 三</Ym>", "Ym"),
            ("<IP>3221225994</IP>", "<IP>192.0.2.10</IP>", "IP"),
            ("<IP>3221225994</IP>", "<IP>4294967296</IP>", "IP"),
            ("<Jrs>9002</Jrs>", "", "Jrs"),
            ("<Cljg>1</Cljg>", "<Cljg>1000</Cljg>", "Cljg"),
            ("<Clyj>已停止接入</Clyj>", "<Clyj/>", "Clyj"),
            ("<Clsx>2010-03-25</Clsx>", "<Clsx>张三</Clsx>", "Clsx"),
        ] {
            let broken = RECORD.replace(part, instead);
            let handling = message(&format!("{broken}\n{RECORD}"));
            let refusal = handling.rows[0].as_ref().unwrap_err();
            assert_eq!((refusal.line, refusal.column.as_deref()), (3, Some(element)));
            assert!(!refusal.reason.contains("张"), "{}", refusal.reason);
            assert_eq!(handling.rows[1].as_ref().map(|row| row.line), Ok(4));
        }
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        assert!(read(Cursor::new("<html></html>")).is_err());
        assert!(read(Cursor::new(RECORD[..90].to_owned())).is_err());
        assert!(!is_message(b"id,result\n"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let record = [b"<Clxx><Ym>", &bytes[..], b"</Ym></Clxx>"].concat();
            for bytes in [bytes, record] {
                let _ = read(Cursor::new(bytes));
            }
        }
    }
}
