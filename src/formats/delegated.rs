//! A regional registry's statistics file, delegated or delegated-extended: which addresses were given
//! to the mainland. Its country codes keep Hong Kong, Macao and Taiwan apart from `CN`.
//!
//! The format is APNIC's "RIR statistics exchange format", and those of the other registries.

use std::io::Read;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::rc::Rc;

use ipnet::Ipv6Net;
use jiff::civil::Date;

use crate::facts::allocation::Allocation;
use crate::facts::allocation::AllocationKind;
use crate::facts::allocation::Origin;
use crate::facts::range::AddressRange;
use crate::formats::tables::Aside;
use crate::formats::tables::FileError;
use crate::formats::tables::Flaw;
use crate::formats::tables::RowError;
use crate::formats::tables::Rows;
use crate::formats::text::Lines;

/// What every record has; the extended format appends the holder and more, which is not read.
const FIELDS: [&str; 7] = ["registry", "cc", "type", "start", "value", "date", "status"];

/// The ranges of the mainland that are allocated or assigned.
pub fn read(input: impl Read + Send + 'static) -> Result<Rows<Allocation>, FileError> {
    let aside = Rc::<Aside>::default();
    let tell = Rc::clone(&aside);
    let rows = Lines::new(input).filter_map(move |line| {
        let (line, text) = match line {
            Ok(line) => line,
            Err(error) => return Some(Err(RowError::Io(error))),
        };
        tell.at(line);
        let row = allocation(&text).transpose()?;
        Some(row.map_err(|flaw| RowError::refused(line, flaw)))
    });
    Ok(Rows::with(rows, aside))
}

/// What a line says; `None` where it is no record of the mainland's addresses.
fn allocation(line: &str) -> Result<Option<Allocation>, Flaw> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let fields: Vec<&str> = line.split('|').map(str::trim).collect();
    let is_summary = fields.get(1) == Some(&"*") && fields.last() == Some(&"summary");
    if is_version(&fields) || is_summary {
        return Ok(None);
    }
    let field = |index: usize| {
        let missing = || Flaw::of(FIELDS[index], "the line ends before it");
        fields.get(index).copied().ok_or_else(missing)
    };
    let country = field(1)?;
    let is_country = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_alphabetic());
    // Addresses that nobody holds are in no country.
    if !is_country && !country.is_empty() {
        return Err(Flaw::of("cc", format!("`{}` is no country code", short(country))));
    }
    if !country.eq_ignore_ascii_case("CN") {
        return Ok(None);
    }
    let range = match field(2)? {
        "asn" => return Ok(None),
        "ipv4" => range_v4 as fn(&str, &str) -> Result<AddressRange, Flaw>,
        "ipv6" => range_v6,
        other => {
            let reason = format!("`{}` is none of asn, ipv4, ipv6", short(other));
            return Err(Flaw::of("type", reason));
        }
    };
    match field(6)? {
        "allocated" | "assigned" => {}
        "available" | "reserved" => return Ok(None),
        other => {
            let known = "allocated, assigned, available, reserved";
            return Err(Flaw::of("status", format!("`{}` is none of {known}", short(other))));
        }
    }
    let allocated_on = date(field(5)?)?.map(|date| ("allocated_on".to_owned(), date.to_string()));
    let range = range(field(3)?, field(4)?)?;
    let row = Allocation::bare(range, AllocationKind::Registry, Origin::Reported, None);
    Ok(Some(Allocation { details: allocated_on.into_iter().collect(), ..row }))
}

/// The first line, such as `2|apnic|20240101|86712|19830613|20231229|+1000`.
fn is_version(fields: &[&str]) -> bool {
    let version = fields.first().copied().unwrap_or_default();
    let is_number = version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    fields.len() == FIELDS.len() && !version.is_empty() && is_number
}

/// So many addresses from `start` on; the number need not be a power of two.
fn range_v4(start: &str, value: &str) -> Result<AddressRange, Flaw> {
    let address: Ipv4Addr = start
        .parse()
        .map_err(|_| Flaw::of("start", format!("`{}` is no IPv4 address", short(start))))?;
    let count: u64 = value.parse().unwrap_or_default();
    let Some(further) = count.checked_sub(1) else {
        let reason = format!("`{}` is no number of addresses", short(value));
        return Err(Flaw::of("value", reason));
    };
    let end = u32::try_from(further).ok().and_then(|more| u32::from(address).checked_add(more));
    let Some(end) = end else {
        let reason = format!("{count} addresses from {address} on are more than there are");
        return Err(Flaw::of("value", reason));
    };
    let (start, end) = (IpAddr::V4(address), IpAddr::V4(Ipv4Addr::from(end)));
    AddressRange::new(start, end).map_err(|error| Flaw::of("value", error))
}

/// The block of the prefix length `value` at `start`.
fn range_v6(start: &str, value: &str) -> Result<AddressRange, Flaw> {
    let address: Ipv6Addr = start
        .parse()
        .map_err(|_| Flaw::of("start", format!("`{}` is no IPv6 address", short(start))))?;
    let block = value.parse().ok().and_then(|length| Ipv6Net::new(address, length).ok());
    let Some(block) = block else {
        return Err(Flaw::of("value", format!("`{}` is no prefix length", short(value))));
    };
    if block.network() != address {
        let reason = format!("no block of the prefix length {value} begins at {address}");
        return Err(Flaw::of("start", reason));
    }
    Ok(ipnet::IpNet::V6(block).into())
}

/// The day, of which the registries do not know every one.
fn date(text: &str) -> Result<Option<Date>, Flaw> {
    if matches!(text, "" | "00000000") {
        return Ok(None);
    }
    let is_day = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let day = || {
        let (month, day) = (part(4, 6)?.try_into().ok()?, part(6, 8)?.try_into().ok()?);
        Date::new(part(0, 4)?, month, day).ok()
    };
    let read = if is_day { day() } else { None };
    let reason = || Flaw::of("date", format!("`{}` is no day written YYYYMMDD", short(text)));
    read.map(Some).ok_or_else(reason)
}

/// As much of a field as a refusal quotes.
fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    type Taken = (String, Vec<(String, String)>);
    type Row = Result<Taken, (u64, Option<String>)>;

    fn rows(bytes: impl Into<Vec<u8>>) -> Vec<Row> {
        let rows = read(Cursor::new(bytes.into())).unwrap();
        rows.map(|row| match row {
            Ok(row) => {
                assert_eq!((row.kind, row.origin), (AllocationKind::Registry, Origin::Reported));
                Ok((row.range.to_string(), row.details))
            }
            Err(RowError::Refused(refusal)) => Err((refusal.line, refusal.column)),
            Err(RowError::Io(error)) => panic!("{error}"),
        })
        .collect()
    }

    fn taken(range: &str, day: &str) -> Taken {
        let day = (!day.is_empty()).then(|| ("allocated_on".to_owned(), day.to_owned()));
        (range.to_owned(), day.into_iter().collect())
    }

    #[test]
    fn only_addresses_of_the_mainland_are_given() {
        let text = "# APNIC\n\
            2|apnic|20240101|86712|19830613|20231229|+1000\n\
            apnic|*|asn|*|12081|summary\n\
            apnic|*|ipv4|*|48219|summary\n\
            apnic|CN|asn|4134|1|20020801|allocated|A92E1062\n\
            apnic|AU|ipv4|1.0.0.0|256|20110811|assigned|A91872ED\n\
            apnic|HK|ipv4|1.32.0.0|256|20110811|allocated|A9\n\
            apnic|TW|ipv4|1.34.0.0|256|20110811|allocated|A9\n\
            apnic|MO|ipv6|2404:a8::|32|20110811|allocated|A9\n\
            apnic||ipv4|43.224.4.0|1024||available||\n\
            apnic|CN|ipv4|43.225.0.0|1024||reserved||\n\
            apnic|CN|ipv4|1.0.1.0|256|20110414|allocated|A92E1062\n\
            apnic|CN|ipv4|1.0.2.0|768|00000000|assigned\n\
            apnic|CN|ipv6|2400:3200::|32||allocated|A9|e-stats\n";
        assert_eq!(
            rows(text),
            [
                Ok(taken("1.0.1.0 - 1.0.1.255", "2011-04-14")),
                Ok(taken("1.0.2.0 - 1.0.4.255", "")),
                Ok(taken("2400:3200:: - 2400:3200:ffff:ffff:ffff:ffff:ffff:ffff", "")),
            ]
        );
    }

    #[test]
    fn a_line_at_fault_names_its_column() {
        for (line, column) in [
            ("apnic", "cc"),
            ("apnic|China|ipv4|1.0.1.0|256|20110414|allocated", "cc"),
            ("apnic|CN", "type"),
            ("apnic|CN|ipv5|1.0.1.0|256|20110414|allocated", "type"),
            ("apnic|CN|ipv4|1.0.1|256|20110414|allocated", "start"),
            ("apnic|CN|ipv4|2400::|256|20110414|allocated", "start"),
            ("apnic|CN|ipv6|1.0.1.0|32|20110414|allocated", "start"),
            ("apnic|CN|ipv6|2400:3200::1|32|20110414|allocated", "start"),
            ("apnic|CN|ipv4|1.0.1.0|0|20110414|allocated", "value"),
            ("apnic|CN|ipv4|1.0.1.0|-1|20110414|allocated", "value"),
            ("apnic|CN|ipv4|255.255.255.0|257|20110414|allocated", "value"),
            ("apnic|CN|ipv4|0.0.0.0|4294967297|20110414|allocated", "value"),
            ("apnic|CN|ipv6|2400:3200::|129|20110414|allocated", "value"),
            ("apnic|CN|ipv4|1.0.1.0|256|20110231|allocated", "date"),
            ("apnic|CN|ipv4|1.0.1.0|256|2011-4-1|allocated", "date"),
            ("apnic|CN|ipv4|1.0.1.0|256|20110414|lent", "status"),
            ("apnic|CN|ipv4|1.0.1.0|256|20110414", "status"),
        ] {
            let text = format!("# a comment\n{line}\napnic|CN|ipv4|255.255.255.0|256||assigned\n");
            let refused = Err((2, Some(column.to_owned())));
            let next = Ok(taken("255.255.255.0 - 255.255.255.255", ""));
            assert_eq!(rows(text), [refused, next], "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            rows(bytes);
        }

        #[test]
        fn no_fields_make_it_panic(
            fields in "(apnic\\|CN\\|(ipv4|ipv6|asn)(\\|[0-9.:a-f]{0,9}){0,6}\n){1,3}",
        ) {
            rows(fields);
        }

        #[test]
        fn a_count_gives_as_many_addresses(start: u32, count in 1..=0xff_ffff_u32) {
            prop_assume!(start.checked_add(count - 1).is_some());
            let (first, last) = (Ipv4Addr::from(start), Ipv4Addr::from(start + (count - 1)));
            let text = format!("apnic|CN|ipv4|{first}|{count}|20010203|assigned|A9\n");
            let range = AddressRange::new(first.into(), last.into()).unwrap();
            prop_assert_eq!(rows(text), [Ok(taken(&range.to_string(), "2001-02-03"))]);
        }
    }
}
