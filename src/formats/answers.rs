//! Answers to findings as they come back: a table with the finding's id, the result (处理结果) and the
//! opinion (处理意见), such as an export of findings with these two columns filled in. An export tells
//! when a row's answer was given, by which a row that nobody touched is known. Refusals never quote a
//! cell.

use std::io::Read;

use jiff::civil::DateTime;
use ulid::Ulid;

use crate::facts::lifecycle::Said;
use crate::formats::dates;
use crate::formats::tables::Column;
use crate::formats::tables::FileError;
use crate::formats::tables::Flaw;
use crate::formats::tables::Record;
use crate::formats::tables::Rows;

/// What is read, up to the time of the answer; then what else an export holds: that is known, and not read.
pub const COLUMNS: &[Column] = &[
    Column { name: "id", chinese: &["编号"] },
    Column { name: "result", chinese: &["处理结果", "answer.result"] },
    Column { name: "opinion", chinese: &["处理意见", "answer.opinion"] },
    Column { name: "answer.at", chinese: &["答复时间"] },
    Column { name: "kind", chinese: &["类别"] },
    Column { name: "domain", chinese: &["域名"] },
    Column { name: "domain_unicode", chinese: &["域名（中文）"] },
    Column { name: "hosts", chinese: &["主机名"] },
    Column { name: "provider.id", chinese: &["接入服务商标识"] },
    Column { name: "provider.name", chinese: &["接入服务商"] },
    Column { name: "carrier.id", chinese: &["运营商标识"] },
    Column { name: "carrier.name", chinese: &["运营商"] },
    Column { name: "bureau", chinese: &["监督单位"] },
    Column { name: "addresses", chinese: &["IP地址"] },
    Column { name: "channel", chinese: &["渠道"] },
    Column { name: "state", chinese: &["状态"] },
    Column { name: "closed_reason", chinese: &["关闭原因"] },
    Column { name: "reopened", chinese: &["复燃次数"] },
    Column { name: "first_seen", chinese: &["首次发现"] },
    Column { name: "last_seen", chinese: &["最近发现"] },
    Column { name: "times_seen", chinese: &["次数"] },
    Column { name: "due", chinese: &["期限"] },
    Column { name: "overdue", chinese: &["逾期"] },
    Column { name: "reasons", chinese: &["理由"] },
    Column { name: "filing.state", chinese: &["备案状态"] },
    Column { name: "filing.numbers", chinese: &["备案号"] },
    Column { name: "filing.providers", chinese: &["备案接入服务商标识"] },
    Column { name: "evidence.status", chinese: &["网页状态码"] },
    Column { name: "evidence.title", chinese: &["网页标题"] },
    Column { name: "evidence.numbers", chinese: &["网页备案号"] },
    Column { name: "evidence.final_url", chinese: &["最终网址"] },
    Column { name: "evidence.body_sha256", chinese: &["正文SHA-256"] },
    Column { name: "evidence.warc", chinese: &["原始记录"] },
    Column { name: "claimants", chinese: &["有争议的接入服务商"] },
];

/// One row of answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRow {
    /// The line of the file, or the row of the sheet, from 1.
    pub line: u64,
    /// Which finding.
    pub id: Ulid,
    /// What is answered; `None` where the row answers nothing yet.
    pub said: Option<Said>,
    /// When the answer was given that the row was exported with, in China; `None` where there was none.
    pub answered_at: Option<DateTime>,
}

/// The rows of a table of answers.
pub fn read(input: impl Read + Send + 'static) -> Result<Rows<AnswerRow>, FileError> {
    Rows::of_table(input, COLUMNS, &["id", "result"], row)
}

fn row(record: &Record<'_>) -> Result<AnswerRow, Flaw> {
    let id = record.cell("id").parse();
    let id = id.map_err(|_| Flaw::of("id", "it is no id of a finding; `findings` lists them"))?;
    let result = record.cell("result");
    if result.is_empty() {
        return Ok(AnswerRow { line: record.line, id, said: None, answered_at: None });
    }
    let result = result.parse().map_err(|_| {
        let words = "filed (已备案), connected (已接入备案), stopped (已停止接入), moved (已迁出), \
                     not_ours (非本单位接入), disputed (有异议), in_progress (处理中)";
        Flaw::of("result", format!("it is none of {words}"))
    })?;
    // The mark that keeps spreadsheets from taking a text for a formula is none of it.
    let opinion = record.cell("opinion");
    let opinion = opinion
        .strip_prefix('\'')
        .filter(|rest| rest.starts_with(['=', '+', '-', '@']))
        .unwrap_or(opinion);
    let said = Some(Said { result, opinion: opinion.to_owned() });
    let answered_at = match record.cell("answer.at") {
        "" => None,
        cell => Some(dates::moment(cell).ok_or_else(|| {
            let what = "it is no time such as 2026-11-24 15:30; leave it as it was exported";
            Flaw::of("answer.at", what)
        })?),
    };
    Ok(AnswerRow { line: record.line, id, said, answered_at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::finding::AnswerResult;
    use crate::formats::tables::RowError;
    use proptest::prelude::*;
    use std::io::Cursor;

    const ID: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    fn rows(text: &str) -> Vec<Result<AnswerRow, RowError>> {
        read(Cursor::new(text.to_owned())).unwrap().collect()
    }

    #[test]
    fn answers_are_read_under_chinese_english_and_exported_headings() {
        for heading in
            ["编号,处理结果,处理意见", "id,result,opinion", "id,answer.result,answer.opinion"]
        {
            let text = format!("{heading}\n{ID},已停止接入,'=1+1\n{ID},moved,\n{ID},,\n");
            let rows: Vec<AnswerRow> = rows(&text).into_iter().map(Result::unwrap).collect();
            let said = |result, opinion: &str| Some(Said { result, opinion: opinion.to_owned() });
            assert_eq!(rows[0].id.to_string(), ID);
            assert_eq!(rows[0].said, said(AnswerResult::Stopped, "=1+1"), "{heading}");
            assert_eq!(rows[1].said, said(AnswerResult::Moved, ""));
            assert_eq!((rows[2].line, &rows[2].said), (4, &None));
        }
    }

    #[test]
    fn a_row_at_fault_names_its_column_and_quotes_nobody() {
        for (column, text) in [
            ("id", "id,result\n张三,moved\n".to_owned()),
            ("answer.at", format!("id,result,答复时间\n{ID},moved,张三\n")),
            ("result", format!("id,result\n{ID},张三\n")),
        ] {
            let Some(Err(RowError::Refused(refusal))) = rows(&text).pop() else { panic!() };
            assert_eq!((refusal.line, refusal.column.as_deref()), (2, Some(column)));
            assert!(!refusal.reason.contains("张三"), "{}", refusal.reason);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let text = [b"id,result,opinion\n", &bytes[..]].concat();
            for bytes in [bytes, text] {
                if let Ok(rows) = read(Cursor::new(bytes)) {
                    rows.for_each(drop);
                }
            }
        }
    }
}
