//! The results of calls and messages as they come back: a call sheet with its result columns filled
//! in, or a list of its own with the same headings. Refusals never quote a cell.

pub mod vocabulary;

use std::io::Read;

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::facts::sample::Contact;
use crate::facts::sample::Item;
use crate::facts::sample::Reading;
use crate::facts::sample::Rightness;
use crate::facts::sample::RowId;
use crate::facts::target::Target;
use crate::formats::dates;
use crate::formats::results::vocabulary::Vocabulary;
use crate::formats::tables::Column;
use crate::formats::tables::FileError;
use crate::formats::tables::Flaw;
use crate::formats::tables::Record;
use crate::formats::tables::Rows;

/// The columns of a call sheet; what identifies a site and what is read, then what the sheet carries
/// for those who call.
pub const COLUMNS: &[Column] = &[
    Column { name: "id", chinese: &["行号"] },
    Column { name: "domain", chinese: &["域名"] },
    Column { name: "subject_name_right", chinese: &["主办者名称是否准确"] },
    Column { name: "responsible_name_right", chinese: &["负责人名称是否准确"] },
    Column { name: "phone_right", chinese: &["联系电话是否准确"] },
    Column { name: "address_right", chinese: &["通信地址是否准确"] },
    Column { name: "provider_right", chinese: &["接入服务商名称是否准确"] },
    Column { name: "contact", chinese: &["联系结果"] },
    Column { name: "via", chinese: &["核实方式"] },
    Column { name: "error_kind", chinese: &["错误类型"] },
    Column { name: "error_cause", chinese: &["错误原因"] },
    Column { name: "note", chinese: &["备注"] },
    Column { name: "caller", chinese: &["核实人"] },
    Column { name: "verified_at", chinese: &["核实时间"] },
    Column { name: "age", chinese: &["新旧"] },
    Column { name: "site_number", chinese: &["网站备案号"] },
    Column { name: "site_name", chinese: &["网站名称"] },
    Column { name: "home_url", chinese: &["网站首页网址"] },
    Column { name: "subject_name", chinese: &["主办者名称"] },
    Column { name: "subject_kind", chinese: &["主办单位性质"] },
    Column { name: "responsible_name", chinese: &["负责人名称"] },
    Column { name: "phone", chinese: &["联系电话"] },
    Column { name: "address", chinese: &["通信地址"] },
    Column { name: "provider", chinese: &["接入服务商名称"] },
    Column { name: "filed_on", chinese: &["备案日期"] },
    Column { name: "record", chinese: &["登记现状"] },
    Column { name: "crawl", chinese: &["爬虫所见"] },
    Column { name: "numbers", chinese: &["号码"] },
    Column { name: "question", chinese: &["询问内容"] },
    Column { name: "message", chinese: &["短信内容"] },
];

/// The column in which each item is said to be right or wrong.
pub const RESULTS: [(Item, &str); 5] = [
    (Item::SubjectName, "subject_name_right"),
    (Item::ResponsibleName, "responsible_name_right"),
    (Item::Phone, "phone_right"),
    (Item::Address, "address_right"),
    (Item::Provider, "provider_right"),
];

/// A longer note is refused, in characters.
const LONGEST_NOTE: usize = 500;

/// A longer name of a caller is refused, in characters.
const LONGEST_NAME: usize = 60;

/// One row of results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultRow {
    /// The line of the file, or the row of the sheet, from 1.
    pub line: u64,
    /// Which drawn site.
    pub id: RowId,
    /// The Domain that the row names; `None` where it names none.
    pub domain: Option<Target>,
    /// What it tells.
    pub reading: Reading,
}

impl ResultRow {
    /// Whether the row tells nothing: a sheet is handed in while it is still being filled.
    pub fn is_blank(&self) -> bool {
        let Reading { items, contact, kind, cause, note, .. } = &self.reading;
        let texts = [kind, cause, note];
        items.is_empty() && contact.is_none() && texts.iter().all(|text| text.is_none())
    }
}

/// The rows of a sheet that is read at `now`.
pub fn read(
    input: impl Read + Send + 'static,
    now: Timestamp,
) -> Result<Rows<ResultRow>, FileError> {
    Rows::of_table(input, COLUMNS, &["id"], move |record| row(record, now))
}

fn row(record: &Record<'_>, now: Timestamp) -> Result<ResultRow, Flaw> {
    let id = record.cell("id").parse().map_err(|error| Flaw::of("id", error))?;
    let vocabulary = Vocabulary::builtin();
    let mut items = Vec::new();
    for (item, column) in RESULTS {
        items.extend(rightness(record, column)?.map(|rightness| (item, rightness)));
    }
    let word = |column, known: fn(&Vocabulary, &str) -> Option<String>| {
        let cell = record.cell(column);
        let unknown = || Flaw::of(column, "it is no word of config/error-words.toml");
        (!cell.is_empty()).then(|| known(vocabulary, cell).ok_or_else(unknown)).transpose()
    };
    let reading = Reading {
        at: now,
        items,
        contact: contact(record)?,
        via: chosen(record, "via", "phone (电话), message (短信), other (其他)")?,
        kind: word("error_kind", Vocabulary::kind)?,
        cause: word("error_cause", Vocabulary::cause)?,
        note: text(record, "note", LONGEST_NOTE)?,
        caller: text(record, "caller", LONGEST_NAME)?,
        verified_at: moment(record)?,
    };
    let domain = match record.cell("domain") {
        "" => None,
        cell => Some(cell.parse().map_err(|error| Flaw::of("domain", error))?),
    };
    Ok(ResultRow { line: record.line, id, domain, reading })
}

fn rightness(record: &Record<'_>, column: &'static str) -> Result<Option<Rightness>, Flaw> {
    Ok(Some(match record.cell(column).to_lowercase().as_str() {
        "" => return Ok(None),
        "right" | "准确" | "是" | "对" | "yes" | "true" | "1" | "√" => Rightness::Right,
        "wrong" | "不准确" | "否" | "错" | "no" | "false" | "0" | "×" => Rightness::Wrong,
        "unknown" | "未核实" | "不详" | "?" | "？" => Rightness::Unknown,
        _ => {
            let reason = "it is none of right (准确), wrong (不准确), unknown (未核实)";
            return Err(Flaw::of(column, reason));
        }
    }))
}

fn contact(record: &Record<'_>) -> Result<Option<Contact>, Flaw> {
    match record.cell("contact") {
        "无人接听" | "关机" | "no_reply" | "未回复" => Ok(Some(Contact::Unreachable)),
        "空号" | "停机" | "他人号码" => Ok(Some(Contact::WrongNumber)),
        "属实" => Ok(Some(Contact::Confirmed)),
        _ => chosen(
            record,
            "contact",
            "answered (已接通), unreachable (无法接通), wrong_number (号码错误), refused (拒绝核实), \
             confirmed (全部属实), denied (否认主办)",
        ),
    }
}

/// The cell's word; the refusal names the words that there are, and not the cell.
fn chosen<T: std::str::FromStr>(
    record: &Record<'_>,
    column: &'static str,
    words: &str,
) -> Result<Option<T>, Flaw> {
    let cell = record.cell(column).to_lowercase();
    let unknown = |_| Flaw::of(column, format!("it is none of {words}"));
    (!cell.is_empty()).then(|| cell.parse().map_err(unknown)).transpose()
}

fn text(record: &Record<'_>, column: &'static str, most: usize) -> Result<Option<String>, Flaw> {
    // The mark that keeps spreadsheets from taking a text for a formula is none of it.
    let cell = record.cell(column);
    let cell = cell
        .strip_prefix('\'')
        .filter(|rest| rest.starts_with(['=', '+', '-', '@']))
        .unwrap_or(cell);
    if cell.chars().count() > most {
        return Err(Flaw::of(column, format!("it is longer than {most} characters")));
    }
    Ok(Some(cell.to_owned()).filter(|cell| !cell.is_empty()))
}

fn moment(record: &Record<'_>) -> Result<Option<DateTime>, Flaw> {
    let cell = record.cell("verified_at");
    if cell.is_empty() {
        return Ok(None);
    }
    let wrong = || Flaw::of("verified_at", "it is no time such as 2026-11-24 15:30");
    dates::moment(cell).map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::RowError;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn rows(text: &str) -> Vec<Result<ResultRow, RowError>> {
        read(Cursor::new(text.to_owned()), Timestamp::UNIX_EPOCH).unwrap().collect()
    }

    #[test]
    fn a_sheet_is_read_under_chinese_and_english_headings() {
        let id = RowId::new(2, 77);
        let text = format!(
            "行号,域名,主办者名称,主办者名称是否准确,联系电话是否准确,联系结果,错误类型,错误原因,备注,核实人,核实时间\n\
             {id},a.cn,=某,准确,不准确,已接通,已变更未更新,other,'=1+1,李,2026/11/24 15:30\n\
             {id},,,,,空号,,,,,\n{id},,,,,,,,,,\n"
        );
        let rows: Vec<ResultRow> = rows(&text).into_iter().map(Result::unwrap).collect();
        let reading = &rows[0].reading;
        let items = [(Item::SubjectName, Rightness::Right), (Item::Phone, Rightness::Wrong)];
        assert_eq!((rows[0].id, &reading.items[..]), (id, &items[..]));
        assert_eq!(rows[0].domain, Some("a.cn".parse().unwrap()));
        assert_eq!(reading.kind.as_deref(), Some("outdated"));
        assert_eq!(reading.note.as_deref(), Some("=1+1"));
        let at = jiff::civil::date(2026, 11, 24).at(15, 30, 0, 0);
        assert_eq!(reading.verified_at, Some(at));
        assert_eq!(rows[1].reading.contact, Some(Contact::WrongNumber));
        assert_eq!([&rows[0], &rows[1], &rows[2]].map(ResultRow::is_blank), [false, false, true]);
    }

    #[test]
    fn a_row_at_fault_names_its_column_and_nobody() {
        let id = RowId::new(2, 77);
        let long = "张三".repeat(300);
        for (column, cell) in [
            ("id", "张三"),
            ("phone_right", "张三"),
            ("contact", "张三"),
            ("via", "张三"),
            ("error_kind", "张三"),
            ("error_cause", "张三"),
            ("note", long.as_str()),
            ("verified_at", "张三"),
            ("verified_at", "2026-11-24 张三"),
        ] {
            let text = if column == "id" {
                format!("id\n{cell}\n")
            } else {
                format!("id,{column}\n{id},{cell}\n")
            };
            let Some(Err(RowError::Refused(refusal))) = rows(&text).pop() else { panic!("{text}") };
            assert_eq!((refusal.line, refusal.column.as_deref()), (2, Some(column)));
            assert!(!refusal.reason.contains("张三"), "{}", refusal.reason);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let text = [b"id,domain,phone_right,contact,note,verified_at\n", &bytes[..]].concat();
            for bytes in [bytes, text] {
                if let Ok(rows) = read(Cursor::new(bytes), Timestamp::UNIX_EPOCH) {
                    rows.for_each(drop);
                }
            }
        }
    }
}
