//! The filing register as a file. Refusals never quote a cell that may hold personal data.

mod query;
pub mod v3;

use std::io;
use std::io::Read;

use crate::facts::cancellation::Cancelled;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::number::FilingNumber;
use crate::facts::target::Target;
use crate::formats::dates;
use crate::formats::numbers;
use crate::formats::tables::Column;
use crate::formats::tables::FileError;
use crate::formats::tables::Flaw;
use crate::formats::tables::Record;
use crate::formats::tables::Room;
use crate::formats::tables::RowError;
use crate::formats::tables::Rows;

/// The headings are those of files in English and Chinese, and the keys of the public query's rows.
const COLUMNS: &[Column] = &[
    Column { name: "domain", chinese: &["域名"] },
    Column { name: "site_number", chinese: &["网站备案号", "serviceLicence"] },
    Column { name: "subject_number", chinese: &["主体备案号", "mainLicence"] },
    Column { name: "state", chinese: &["状态"] },
    Column { name: "providers", chinese: &["接入服务商"] },
    Column { name: "addresses", chinese: &["IP地址列表"] },
    Column { name: "subject_name", chinese: &["主办单位名称", "unitName"] },
    Column { name: "subject_kind", chinese: &["主办单位性质", "natureName"] },
    Column { name: "certificate_kind", chinese: &["证件类型"] },
    Column { name: "certificate_number", chinese: &["证件号码"] },
    Column { name: "investor", chinese: &["投资者或上级主管单位"] },
    Column { name: "address", chinese: &["通信地址", "mainUnitAddress"] },
    Column { name: "province", chinese: &["省份"] },
    Column { name: "subject_responsible", chinese: &["主体负责人", "leaderName"] },
    Column { name: "site_name", chinese: &["网站名称", "serviceName"] },
    Column { name: "home_url", chinese: &["网站首页网址", "homeUrl"] },
    Column { name: "responsible_name", chinese: &["网站负责人姓名", "负责人姓名"] },
    Column { name: "office_phone", chinese: &["办公电话"] },
    Column { name: "mobile_phone", chinese: &["手机号码"] },
    Column { name: "email", chinese: &["电子邮箱"] },
    Column { name: "access_kind", chinese: &["接入方式"] },
    Column { name: "server_place", chinese: &["服务器放置地"] },
    Column { name: "approvals", chinese: &["前置或专项审批", "contentTypeName"] },
    Column { name: "services", chinese: &["服务内容"] },
    Column { name: "filed_on", chinese: &["备案日期"] },
    Column { name: "changed_on", chinese: &["变更日期", "updateRecordTime"] },
    Column { name: "access_limited", chinese: &["限制接入", "limitAccess"] },
    Column { name: "blacklist_level", chinese: &["黑名单级别", "blackListLevel"] },
];

/// Columns that are kept as they are.
const DETAILS: &[&str] = &[
    "addresses",
    "subject_name",
    "subject_kind",
    "certificate_kind",
    "certificate_number",
    "investor",
    "address",
    "province",
    "subject_responsible",
    "site_name",
    "home_url",
    "responsible_name",
    "office_phone",
    "mobile_phone",
    "email",
    "access_kind",
    "server_place",
    "approvals",
    "services",
    "filed_on",
    "changed_on",
    "access_limited",
    "blacklist_level",
];

/// Columns of many digits, of which a spreadsheet keeps 15 and shows fewer.
const LONG_NUMBERS: [&str; 5] =
    ["certificate_number", "office_phone", "mobile_phone", "site_number", "subject_number"];

/// What is looked at to tell a message from a table, in bytes.
const SAMPLE: usize = 4096;

/// What a file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A filing.
    Filing(Filing),
    /// A filing, or an access of one, is no more.
    Cancelled {
        /// The line where it is told, from 1.
        line: u64,
        /// What it is.
        what: Cancelled,
    },
}

/// The filings of a file that [`read_entries`] reads. Cancellations are refused: they are the ministry's.
pub fn read(input: impl Read + Send + 'static) -> Result<Rows<Filing>, FileError> {
    read_within(Room::FILE, input)
}

/// The same; a workbook may take so much `room`.
pub fn read_within(
    room: Room,
    input: impl Read + Send + 'static,
) -> Result<Rows<Filing>, FileError> {
    Ok(entries(room, input)?.sifted(|entry| match entry {
        Entry::Filing(filing) => Ok(Some(filing)),
        Entry::Cancelled { line, .. } => {
            let reason = "a cancellation (ZXSJ 注销数据) is the ministry's to tell, and no filing";
            Err(RowError::refused(line, Flaw { column: None, reason: reason.to_owned() }))
        }
    }))
}

/// The filings of a table, of the public query's rows (an object a line, or a whole reply), or of a
/// message of the filing interface, and the cancellations of the latter.
pub fn read_entries(input: impl Read + Send + 'static) -> Result<Rows<Entry>, FileError> {
    entries(Room::FILE, input)
}

fn entries(room: Room, mut input: impl Read + Send + 'static) -> Result<Rows<Entry>, FileError> {
    let mut sample = Vec::with_capacity(SAMPLE);
    input.by_ref().take(SAMPLE as u64).read_to_end(&mut sample)?;
    let text = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&sample);
    let is_message = text.trim_ascii_start().starts_with(b"<");
    let is_document = query::is_document(&sample);
    let whole = io::Cursor::new(sample).chain(input);
    if is_document {
        return Rows::of_table(query::lines(whole)?, COLUMNS, &["domain"], entry);
    }
    if is_message {
        return Ok(v3::read(whole));
    }
    Rows::of_table_within(room, whole, COLUMNS, &["domain"], entry)
}

fn entry(record: &Record<'_>) -> Result<Entry, Flaw> {
    filing(record).map(Entry::Filing)
}

fn filing(record: &Record<'_>) -> Result<Filing, Flaw> {
    let domain: Target =
        record.cell("domain").parse().map_err(|error| Flaw::of("domain", error))?;
    let state = match record.cell("state") {
        "" | "active" | "有效" | "正常" => FilingState::Active,
        "cancelled" | "已注销" | "注销" => FilingState::Cancelled,
        _ => return Err(Flaw::of("state", "it is neither active (有效) nor cancelled (已注销)")),
    };
    for column in LONG_NUMBERS {
        if is_shortened(record.cell(column)) {
            let reason = "a spreadsheet has made a number of it and lost digits; format the column \
                          as text and write it again";
            return Err(Flaw::of(column, reason));
        }
    }
    // Without the column the access providers are not known; an empty cell says that there are none.
    let providers = match record.column("providers") {
        None => None,
        Some(_) => Some(record.parsed_list("providers")?),
    };
    Ok(Filing {
        domain,
        site_number: number(record, "site_number")?,
        subject_number: number(record, "subject_number")?,
        state,
        providers,
        details: record.given(DETAILS).into_iter().map(dated).collect(),
    })
}

/// Whether a cell is what spreadsheets make of a long number: `1.10101199001011E+17`.
fn is_shortened(cell: &str) -> bool {
    let Some((digits, exponent)) = cell.split_once(['E', 'e']) else { return false };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let is_number = |text: &str, also: char| {
        text.starts_with(|c: char| c.is_ascii_digit())
            && text.chars().all(|c| c.is_ascii_digit() || c == also)
    };
    is_number(digits, '.') && is_number(exponent, '0')
}

/// A day that a spreadsheet wrote as a number of days, as a day; everything else as it is.
fn dated((column, text): (String, String)) -> (String, String) {
    let is_day = matches!(column.as_str(), "filed_on" | "changed_on");
    let day = is_day.then(|| dates::of_spreadsheet(&text)).flatten();
    let text = day.map_or(text, |day| day.to_string());
    (column, text)
}

/// A filing or licence number; one of another registry is told as what it is.
fn number(record: &Record<'_>, column: &'static str) -> Result<Option<FilingNumber>, Flaw> {
    let cell = record.cell(column);
    record.parsed(column).map_err(|flaw| match numbers::mistaken(cell) {
        Some(other) => {
            let (word, chinese) = other.words();
            let reason =
                format!("it is no filing number, and seems to be another: {word} ({chinese})");
            Flaw::of(column, reason)
        }
        None => flaw,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::RowError;
    use encoding_rs::GBK;
    use proptest::prelude::*;
    use std::io::Cursor;

    #[test]
    fn a_gbk_file_with_chinese_headings_is_read() {
        let text = "域名,网站备案号,状态,接入服务商,主办单位名称,负责人姓名\r\n\
                    www.例子.cn,京ICP备12345679号-1,有效,甲；乙,某公司,张三\r\n\
                    b.cn,,已注销,,,\r\n";
        let (bytes, ..) = GBK.encode(text);
        let rows = read(Cursor::new(bytes.into_owned())).unwrap();
        assert!(rows.unknown_columns().is_empty());
        let rows: Vec<Filing> = rows.map(Result::unwrap).collect();
        assert_eq!(rows[0].domain.to_string(), "xn--fsqu00a.cn");
        assert_eq!(rows[0].site_number.as_ref().unwrap().to_string(), "京ICP备12345679号-1");
        assert_eq!(rows[0].providers.as_ref().map(Vec::len), Some(2));
        assert_eq!(rows[0].details[1], ("responsible_name".to_owned(), "张三".to_owned()));
        assert_eq!(
            (rows[1].state, rows[1].providers.as_ref().map(Vec::len)),
            (FilingState::Cancelled, Some(0))
        );
    }

    #[test]
    fn without_the_column_the_providers_are_not_known() {
        let row = read(Cursor::new("domain\na.cn\n")).unwrap().next().unwrap().unwrap();
        assert_eq!(row.providers, None);
        assert_eq!(row.state, FilingState::Active);
    }

    #[test]
    fn a_row_of_json_without_the_key_does_not_know_its_providers() {
        let text = "{\"域名\":\"a.cn\"}\n{\"domain\":\"b.cn\",\"providers\":[]}\n\
                    {\"domain\":\"c.cn\",\"接入服务商\":[\"甲\",\"乙\"],\"网站名称\":\"某站\"}\n";
        let rows: Vec<Filing> = read(Cursor::new(text)).unwrap().map(Result::unwrap).collect();
        let counts = rows.iter().map(|row| row.providers.as_ref().map(Vec::len));
        assert_eq!(counts.collect::<Vec<_>>(), [None, Some(0), Some(2)]);
        assert_eq!(rows[2].details, [("site_name".to_owned(), "某站".to_owned())]);
    }

    #[test]
    fn a_row_at_fault_names_its_column_and_nobody() {
        let text = "domain,site_number,state,subject_name\n\
                    com.cn,,,张三\n,,,张三\na.cn,12,,张三\na.cn,,gone,张三\n";
        let refusals: Vec<_> = read(Cursor::new(text)).unwrap().collect();
        for (row, column) in refusals.iter().zip(["domain", "domain", "site_number", "state"]) {
            let Err(RowError::Refused(refusal)) = row else { panic!("{row:?}") };
            assert_eq!(refusal.column.as_deref(), Some(column));
            assert!(!refusal.reason.contains("张三"));
        }
    }

    #[test]
    fn a_number_that_a_spreadsheet_cut_is_refused_and_not_quoted() {
        for (column, cell) in [
            ("certificate_number", "1.10101199001011E+17"),
            ("证件号码", "1.1E+17"),
            ("mobile_phone", "1.39E+10"),
            ("office_phone", "1.39e10"),
        ] {
            let text = format!("domain,{column}\na.cn,{cell}\n");
            let rows: Vec<_> = read(Cursor::new(text)).unwrap().collect();
            let [Err(RowError::Refused(refusal))] = &rows[..] else { panic!("{rows:?}") };
            assert_eq!(refusal.line, 2);
            assert!(refusal.reason.contains("as text") && !refusal.reason.contains(cell));
        }
        for cell in ["110101199001011234", "91110108551385082E", "E2E", "1E", "", "12345E"] {
            let text = format!("domain,certificate_number\na.cn,{cell}\n");
            assert!(read(Cursor::new(text)).unwrap().next().unwrap().is_ok(), "{cell}");
        }
    }

    #[test]
    fn a_day_as_spreadsheets_count_them_is_a_day() {
        let text = "domain,filed_on,changed_on\na.cn,39965,2012年3月4日\nb.cn,1,20100620\n";
        let rows: Vec<Filing> = read(Cursor::new(text)).unwrap().map(Result::unwrap).collect();
        let told = |row: &Filing| row.details.iter().map(|(_, text)| text.clone()).collect();
        let told: Vec<Vec<String>> = rows.iter().map(told).collect();
        assert_eq!(told, [["2009-06-01", "2012年3月4日"], ["1", "20100620"]]);
    }

    #[test]
    fn a_whole_reply_of_the_public_query_is_read_and_a_failed_one_is_told() {
        let row = "{\"domain\":\"a.cn\",\"serviceLicence\":\"京ICP备05014806号-9\",\
                   \"limitAccess\":\"否\",\"blackListLevel\":2,\"contentTypeName\":\"出版\"}";
        for text in [
            format!("[{row}]"),
            format!("{{\"code\":200,\"params\":{{\"list\":[{row}],\"total\":1}}}}"),
            format!("{{\n \"success\": true,\n \"params\": {{\n \"list\": [\n{row}\n]}}}}"),
            row.to_owned(),
        ] {
            let rows: Vec<Filing> = read(Cursor::new(text)).unwrap().map(Result::unwrap).collect();
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0].providers, None);
            let has = |column: &str, text: &str| {
                rows[0].details.contains(&(column.to_owned(), text.to_owned()))
            };
            assert!(has("access_limited", "否") && has("blacklist_level", "2"), "{rows:?}");
            assert!(has("approvals", "出版"));
        }
        let failed = "{\n\"code\": 500, \"msg\": \"查询失败\"}";
        let error = read(Cursor::new(failed)).unwrap_err().to_string();
        assert!(error.contains("no list of rows") && !error.contains("查询"), "{error}");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let text = [b"domain,site_number,subject_number,providers\n", &bytes[..]].concat();
            for bytes in [bytes, text] {
                if let Ok(rows) = read(Cursor::new(bytes)) {
                    rows.for_each(drop);
                }
            }
        }

        #[test]
        fn what_is_written_is_read_again(
            name in "[a-z]{5,9}",
            is_active: bool,
            providers in proptest::option::of(proptest::collection::vec("[A-Z甲乙]{1,9}", 0..4)),
            subject in "[ -~例子]{0,9}",
        ) {
            let state = if is_active { "active" } else { "cancelled" };
            let mut line = serde_json::json!({
                "domain": format!("www.{name}.cn"), "state": state, "subject_name": subject,
            });
            if let Some(providers) = &providers {
                line["providers"] = serde_json::json!(providers);
            }
            let row = read(Cursor::new(line.to_string())).unwrap().next().unwrap().unwrap();
            prop_assert_eq!(row.domain.to_string(), format!("{name}.cn"));
            prop_assert_eq!(row.state == FilingState::Active, is_active);
            let named = row.providers.map(|names| names.into_iter().map(String::from).collect());
            prop_assert_eq!(named, providers);
            let told = row.details.first().map_or("", |(_, text)| text.as_str());
            prop_assert_eq!(told, subject.trim());
        }
    }
}
