//! Reported address ranges as files: tables, and plain lists of one holder's addresses. Refusals carry
//! the filing interface's result codes (V3.0, section 5.1), and quote nothing: cells that slipped into
//! another column may be somebody's data.

pub mod v3;

use std::io::Read;
use std::net::IpAddr;
use std::rc::Rc;

use ipnet::IpNet;

use crate::facts::allocation::AddressUse;
use crate::facts::allocation::Allocation;
use crate::facts::allocation::AllocationKind;
use crate::facts::allocation::Origin;
use crate::facts::provider::ProviderName;
use crate::facts::range::AddressRange;
use crate::formats::dates;
use crate::formats::tables::Aside;
use crate::formats::tables::Column;
use crate::formats::tables::FileError;
use crate::formats::tables::Flaw;
use crate::formats::tables::Record;
use crate::formats::tables::Refusal;
use crate::formats::tables::Room;
use crate::formats::tables::RowError;
use crate::formats::tables::Rows;
use crate::formats::tables::column_of;
use crate::formats::text::Lines;

const COLUMNS: &[Column] = &[
    Column { name: "start", chinese: &["起始IP"] },
    Column { name: "end", chinese: &["终止IP"] },
    Column { name: "cidr", chinese: &["网段"] },
    Column { name: "provider", chinese: &["报备单位"] },
    Column { name: "kind", chinese: &["类型"] },
    Column { name: "from", chinese: &["来源单位"] },
    Column { name: "to", chinese: &["分配对象"] },
    Column { name: "use", chinese: &["使用方式"] },
    Column { name: "redirector", chinese: &["域名跳转服务器"] },
    Column { name: "gateway", chinese: &["网关"] },
    Column { name: "province", chinese: &["省份"] },
    Column { name: "city", chinese: &["地市"] },
    Column { name: "user", chinese: &["使用单位"] },
    Column { name: "user_address", chinese: &["单位地址"] },
    Column { name: "contact", chinese: &["联系人"] },
    Column { name: "contact_phone", chinese: &["联系人电话", "联系电话"] },
    Column { name: "contact_email", chinese: &["联系人电子邮箱", "联系邮箱"] },
    Column { name: "allocated_on", chinese: &["分配日期"] },
];

/// Columns that are kept as they are.
const DETAILS: &[&str] = &[
    "gateway",
    "city",
    "user",
    "user_address",
    "contact",
    "contact_phone",
    "contact_email",
    "allocated_on",
];

const KINDS: [(AllocationKind, &str, &str); 7] = [
    (AllocationKind::Source, "source", "来源"),
    (AllocationKind::Assigned, "assigned", "分配且使用"),
    (AllocationKind::Reassigned, "reassigned", "再次分配"),
    (AllocationKind::OwnUse, "own_use", "自用"),
    (AllocationKind::Reserved, "reserved", "预留"),
    (AllocationKind::Brought, "brought", "自带"),
    (AllocationKind::Registry, "registry", "境内地址空间"),
];

/// The kind that a cell says, in English or Chinese.
pub(crate) fn kind_of(text: &str) -> Option<AllocationKind> {
    let found = KINDS.into_iter().find(|(_, word, chinese)| text == *word || text == *chinese);
    found.map(|(kind, ..)| kind)
}

/// The rows of a table.
pub fn read(input: impl Read + Send + 'static) -> Result<Rows<Allocation>, FileError> {
    read_within(Room::FILE, input)
}

/// The same; a workbook may take so much `room`.
pub fn read_within(
    room: Room,
    input: impl Read + Send + 'static,
) -> Result<Rows<Allocation>, FileError> {
    Rows::of_table_within(room, input, COLUMNS, &[], allocation)
}

/// The rows of a plain list: CIDR blocks, ranges `a - b` and addresses, one a line, `#` comments. All
/// are `provider`'s.
pub fn read_list(
    input: impl Read + Send + 'static,
    provider: ProviderName,
    kind: AllocationKind,
) -> Result<Rows<Allocation>, FileError> {
    let aside = Rc::<Aside>::default();
    let tell = Rc::clone(&aside);
    let rows = Lines::new(input).filter_map(move |line| {
        let (line, text) = match line {
            Ok(line) => line,
            Err(error) => return Some(Err(RowError::Io(error))),
        };
        let text = text.split('#').next().unwrap_or_default().trim();
        if text.is_empty() {
            return None;
        }
        tell.at(line);
        let row = listed_range(text)
            .map(|range| Allocation::bare(range, kind, Origin::Listed, Some(provider.clone())));
        Some(row.map_err(|reason| RowError::Refused(Refusal { line, column: None, reason })))
    });
    Ok(Rows::with(rows, aside))
}

/// Whether `text` is the heading of a table.
pub(crate) fn is_heading(text: &str) -> bool {
    text.split(',').any(|cell| column_of(cell.trim_matches('"'), COLUMNS).is_some())
}

/// Whether `text` is a line of a plain list.
pub(crate) fn is_range(text: &str) -> bool {
    listed_range(text.split('#').next().unwrap_or_default().trim()).is_ok()
}

fn listed_range(text: &str) -> Result<AddressRange, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.into());
    }
    if let Ok(block) = text.parse::<IpNet>() {
        return Ok(block.into());
    }
    let ends = text.split_once('-').and_then(|(start, end)| {
        Some((start.trim().parse::<IpAddr>().ok()?, end.trim().parse::<IpAddr>().ok()?))
    });
    let Some((start, end)) = ends else {
        let text: String = text.chars().take(60).collect();
        return Err(format!("`{text}` is no CIDR block, range or address"));
    };
    AddressRange::new(start, end).map_err(|error| error.to_string())
}

fn allocation(record: &Record<'_>) -> Result<Allocation, Flaw> {
    let kind = kind(record)?;
    let provider: Option<ProviderName> = record.parsed("provider")?;
    let to: Option<ProviderName> = record.parsed("to")?;
    match (kind, &provider) {
        (AllocationKind::Registry, Some(_)) => {
            let reason = "a registry row does not say who reported it; leave the cell empty";
            return Err(Flaw::of("provider", reason));
        }
        (AllocationKind::Registry, None) | (_, Some(_)) => {}
        (_, None) => return Err(Flaw::of("provider", "2027: it must name who reported the range")),
    }
    if kind == AllocationKind::Reassigned && to.is_none() {
        let reason = "2047: a reassigned row must name to whom the range was passed on";
        return Err(Flaw::of("to", reason));
    }
    Ok(Allocation {
        range: range(record)?,
        kind,
        origin: Origin::Reported,
        provider,
        from: record.parsed("from")?,
        to,
        address_use: address_use(record)?,
        is_redirector: record.flag("redirector")?,
        province: record
            .parsed("province")
            .map_err(|_| Flaw::of("province", "2024: it is no province"))?,
        details: details(record),
    })
}

/// The further columns; a day is written in one way, however the file has it.
fn details(record: &Record<'_>) -> Vec<(String, String)> {
    let mut details = record.details(DETAILS);
    for (column, value) in &mut details {
        if column == "allocated_on"
            && let Some(day) = dates::day(value)
        {
            *value = day.to_string();
        }
    }
    details
}

fn kind(record: &Record<'_>) -> Result<AllocationKind, Flaw> {
    let text = record.cell("kind");
    if text.is_empty() {
        return Ok(AllocationKind::Source);
    }
    let known = KINDS.iter().find(|(_, word, chinese)| *word == text || *chinese == text);
    known.map(|(kind, ..)| *kind).ok_or_else(|| {
        let words: Vec<&str> = KINDS.iter().map(|(_, word, _)| *word).collect();
        Flaw::of("kind", format!("2041: it is none of {}", words.join(", ")))
    })
}

fn address_use(record: &Record<'_>) -> Result<AddressUse, Flaw> {
    match record.cell("use") {
        "" => Ok(AddressUse::Unstated),
        "unknown" | "未知" => Ok(AddressUse::Unknown),
        "static" | "静态" => Ok(AddressUse::Static),
        "dynamic" | "动态" => Ok(AddressUse::Dynamic),
        _ => Err(Flaw::of("use", "2021: it is none of static, dynamic, unknown")),
    }
}

fn range(record: &Record<'_>) -> Result<AddressRange, Flaw> {
    let cidr = record.cell("cidr");
    if !cidr.is_empty() {
        let block: IpNet =
            cidr.parse().map_err(|_| Flaw::of("cidr", "2006: it is no CIDR block"))?;
        if block.addr() != block.network() {
            let reason =
                format!("2006: {} is within {}, not its first", block.addr(), block.trunc());
            return Err(Flaw::of("cidr", reason));
        }
        let ends = [("start", block.network()), ("end", block.broadcast())];
        for (name, address) in ends {
            let cell = record.cell(name);
            if !cell.is_empty() && cell.parse() != Ok(address) {
                return Err(Flaw::of(
                    name,
                    format!("it is another than {address}, which cidr says"),
                ));
            }
        }
        return Ok(block.into());
    }
    let address = |name: &'static str, missing: u16, wrong: u16| match record.cell(name) {
        "" => {
            let reason = "start and end, or cidr, must say which addresses it is about";
            Err(Flaw::of(name, format!("{missing}: {reason}")))
        }
        text => text.parse().map_err(|_| Flaw::of(name, format!("{wrong}: it is no address"))),
    };
    let (start, end) = (address("start", 2014, 2006)?, address("end", 2015, 2007)?);
    AddressRange::new(start, end).map_err(|error| Flaw::of("end", format!("2002: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;
    use std::net::Ipv6Addr;

    const HEADING: &str = "start,end,cidr,provider,kind,from,to,use,redirector,province,user";

    fn rows(text: String) -> Vec<Result<Allocation, RowError>> {
        read(Cursor::new(text)).unwrap().collect()
    }

    #[test]
    fn a_row_at_fault_names_its_column() {
        for (row, column) in [
            ("1.2.3.9,1.2.3.4,,P,,,,,,,", "end"),
            ("1.2.3.4,2001:db8::1,,P,,,,,,,", "end"),
            ("1.2.3.400,1.2.3.4,,P,,,,,,,", "start"),
            ("1.2.3.4,,,P,,,,,,,", "end"),
            (",,,P,,,,,,,", "start"),
            (",,1.2.3.0/40,P,,,,,,,", "cidr"),
            (",,1.2.3.0/24,,,,,,,,", "provider"),
            (",,1.2.3.0/24,P,registry,,,,,,", "provider"),
            (",,1.2.3.0/24,P,lent,,,,,,", "kind"),
            (",,1.2.3.0/24,P,reassigned,,,,,,", "to"),
            (",,1.2.3.0/24,P,,,,often,,,", "use"),
            (",,1.2.3.0/24,P,,,,,maybe,,", "redirector"),
            (",,1.2.3.0/24,P,,,,,,香港,", "province"),
        ] {
            let mut rows = rows(format!("{HEADING}\n{row}\n,,1.2.4.0/24,P,,,,,,,\n"));
            assert!(rows.pop().unwrap().is_ok(), "the rest is taken");
            let Some(Err(RowError::Refused(refusal))) = rows.pop() else { panic!("{row}") };
            assert_eq!((refusal.line, refusal.column.as_deref()), (2, Some(column)), "{row}");
        }
        for (row, code) in [
            ("1.2.3.9,1.2.3.4,,P,,,,,,,", "2002"),
            ("x,1.2.3.4,,P,,,,,,,", "2006"),
            ("1.2.3.4,x,,P,,,,,,,", "2007"),
            (",1.2.3.4,,P,,,,,,,", "2014"),
            ("1.2.3.4,,,P,,,,,,,", "2015"),
            (",,1.2.3.0/24,P,,,,often,,,", "2021"),
            (",,1.2.3.0/24,P,,,,,,香港,", "2024"),
            (",,1.2.3.0/24,,,,,,,,", "2027"),
            (",,1.2.3.0/24,P,lent,,,,,,", "2041"),
            (",,1.2.3.0/24,P,reassigned,,,,,,", "2047"),
        ] {
            let mut rows = rows(format!("{HEADING}\n{row}\n"));
            let Some(Err(RowError::Refused(refusal))) = rows.pop() else { panic!("{row}") };
            assert!(refusal.reason.starts_with(code), "{row}: {}", refusal.reason);
        }
    }

    #[test]
    fn a_day_is_kept_in_one_way() {
        let text = "cidr,provider,分配日期\n1.2.3.0/24,P,2024/3/1\n1.2.4.0/24,P,some day\n";
        let rows: Vec<Allocation> = rows(text.to_owned()).into_iter().map(Result::unwrap).collect();
        assert_eq!(rows[0].detail("allocated_on"), Some("2024-03-01"));
        assert_eq!(
            (rows[1].detail("allocated_on"), rows[1].allocated_on()),
            (Some("some day"), None)
        );
    }

    #[test]
    fn every_kind_is_known_by_both_words() {
        for (kind, word, chinese) in KINDS {
            for text in [word, chinese] {
                let provider = if kind == AllocationKind::Registry { "" } else { "P" };
                let row = format!(",,1.2.3.0/24,{provider},{text},,Q,静态,是,广东,某公司\n");
                let rows = rows(format!("{HEADING}\n{row}"));
                let Some(Ok(row)) = rows.first() else { panic!("{text}: {rows:?}") };
                assert_eq!(row.kind, kind);
                assert!(row.is_redirector);
                assert_eq!(row.details, [("user".to_owned(), "某公司".to_owned())]);
            }
        }
    }

    #[test]
    fn a_row_may_be_a_line_of_json() {
        let text = "{\"网段\":\"1.2.3.0/24\",\"报备单位\":\"P\",\"redirector\":true,\"user\":null}\n\
                    {\"start\":\"1.2.4.0\",\"end\":[\"1.2.4.9\"],\"provider\":7}\n{\"provider\":\"P\"}\n";
        let mut rows = rows(text.to_owned());
        let Some(Err(RowError::Refused(refusal))) = rows.pop() else { panic!("{rows:?}") };
        assert_eq!((refusal.line, refusal.column.as_deref()), (3, Some("start")));
        let rows: Vec<Allocation> = rows.into_iter().map(Result::unwrap).collect();
        assert!(rows[0].is_redirector && rows[0].details.is_empty());
        assert_eq!(rows[1].range.to_string(), "1.2.4.0 - 1.2.4.9");
    }

    #[test]
    fn lists_hold_blocks_ranges_and_addresses() {
        let text =
            "# carrier\n1.2.3.4/24\n\n1.0.0.1 - 1.0.0.9 # odd\n2001:db8::/32\n8.8.8.8\n1.2\n";
        let rows =
            read_list(Cursor::new(text), "C".parse().unwrap(), AllocationKind::Source).unwrap();
        let got: Vec<String> = rows
            .map(|row| match row {
                Ok(row) => row.range.to_string(),
                Err(RowError::Refused(refusal)) => format!("{}", refusal.line),
                Err(RowError::Io(error)) => error.to_string(),
            })
            .collect();
        let v6 = "2001:db8:: - 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff";
        assert_eq!(got, ["1.2.3.0 - 1.2.3.255", "1.0.0.1 - 1.0.0.9", v6, "8.8.8.8", "7"]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let list = read_list(
                Cursor::new(bytes.clone()),
                "C".parse().unwrap(),
                AllocationKind::Source,
            );
            list.unwrap().for_each(drop);
            if let Ok(rows) = read(Cursor::new(bytes)) {
                rows.for_each(drop);
            }
        }

        #[test]
        fn no_cells_make_it_panic(cells in "([0-9.:/,\"a-f-]{0,40}\n){1,4}") {
            rows(format!("{HEADING}\n{cells}"));
        }

        #[test]
        fn what_is_written_is_read_again(
            (first, second) in any::<(u128, u128)>(),
            (user, kind) in ("[a-z例子,\"]{0,9}", 0..KINDS.len()),
        ) {
            let [start, end] = [first.min(second), first.max(second)].map(Ipv6Addr::from);
            let (kind, word, _) = KINDS[kind];
            let provider = if kind == AllocationKind::Registry { "" } else { "P" };
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(HEADING.split(',')).unwrap();
            let (start, end) = (start.to_string(), end.to_string());
            let cells = [&start, &end, "", provider, word, "F", "T", "dynamic", "no", "广东", &user];
            writer.write_record(cells).unwrap();
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let row = rows(text).remove(0).unwrap();
            prop_assert_eq!(row.range.start().to_string(), start);
            prop_assert_eq!(row.range.end().to_string(), end);
            prop_assert_eq!((row.kind, row.address_use), (kind, AddressUse::Dynamic));
            let named = [row.provider, row.from, row.to].map(|name| name.map(String::from));
            let expected = [provider, "F", "T"].map(str::to_owned);
            prop_assert_eq!(named.map(Option::unwrap_or_default), expected);
            let told = row.details.first().map_or("", |(_, text)| text.as_str());
            prop_assert_eq!(told, user);
        }
    }
}
