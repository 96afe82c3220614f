//! Tables of declared figures: a month, whom each row is about, and a column for each figure, under the
//! headings of annexes 4 and 6. A cell that is left empty says nothing. Refusals never quote a cell.

use std::io::Read;

use crate::facts::bureau::Bureau;
use crate::facts::declared::Figure;
use crate::facts::declared::Measure;
use crate::facts::declared::Stage;
use crate::facts::declared::Value;
use crate::facts::month::Month;
use crate::facts::provider::ProviderName;
use crate::formats::tables::Column;
use crate::formats::tables::FileError;
use crate::formats::tables::Flaw;
use crate::formats::tables::Record;
use crate::formats::tables::Rows;

/// The columns: what a row is about, then the figures in the order of [`Figure::ALL`].
const COLUMNS: &[Column] = &[
    Column { name: "month", chinese: &["月份"] },
    Column {
        name: "provider",
        chinese: &["接入服务商", "接入服务商名称", "被查处的接入服务商名称"],
    },
    Column { name: "bureau", chinese: &["省份", "监督单位"] },
    Column { name: "task", chinese: &["任务序号"] },
    Column { name: "stage_proposal", chinese: &["立项"] },
    Column { name: "stage_study", chinese: &["可研"] },
    Column { name: "stage_development", chinese: &["开发"] },
    Column { name: "stage_test", chinese: &["测试"] },
    Column { name: "stage_online", chinese: &["上线"] },
    Column { name: "sublets_total", chinese: &["需要被清理的下级接入服务商总量"] },
    Column { name: "sublets_left", chinese: &["尚未被清理的下级接入服务商数量"] },
    Column { name: "punished", chinese: &["被查处原因"] },
    Column { name: "progress", chinese: &["本月进度"] },
    Column {
        name: "overdue_at_bureau",
        chinese: &["管局超期未审核的备案申请量", "超期未审核的备案申请量"],
    },
    Column {
        name: "overdue_at_providers", chinese: &["当地接入服务商超期未核实的自主备案申请量"]
    },
    Column { name: "garbage", chinese: &["需管局处理的垃圾数据"] },
];

/// A longer text is refused, in characters.
const LONGEST: usize = 500;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredRow {
    /// The line of the file, or the row of the sheet, from 1.
    pub line: u64,
    /// Of which month.
    pub month: Month,
    /// Whom it is about, as the row names it.
    pub about: About,
    /// What it says; never empty.
    pub figures: Vec<(Figure, Value)>,
}

/// Whom a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A provider, as a whole or in one province.
    Provider(ProviderName, Option<Bureau>),
    /// A province.
    Bureau(Bureau),
    /// A task, by its number.
    Task(u8),
}

/// The rows of a table, those without any figure left out.
pub fn read(input: impl Read + Send + 'static) -> Result<Rows<Option<DeclaredRow>>, FileError> {
    Rows::of_table(input, COLUMNS, &["month"], row)
}

fn row(record: &Record<'_>) -> Result<Option<DeclaredRow>, Flaw> {
    let mut figures = Vec::new();
    for figure in Figure::ALL {
        figures.extend(value(record, *figure)?.map(|value| (*figure, value)));
    }
    if figures.is_empty() {
        return Ok(None);
    }
    let month = record.cell("month").parse().map_err(|error| Flaw::of("month", error))?;
    let unnamed = |column, what: &str| Flaw::of(column, format!("it is no {what}"));
    let provider: Option<ProviderName> =
        record.parsed("provider").map_err(|_| unnamed("provider", "name of a provider"))?;
    let bureau: Option<Bureau> =
        record.parsed("bureau").map_err(|_| unnamed("bureau", "province or bureau, nor `部`"))?;
    let task: Option<u8> =
        record.parsed("task").map_err(|_| unnamed("task", "number of a task"))?;
    let about = match (provider, bureau, task) {
        (Some(provider), bureau, None) => About::Provider(provider, bureau),
        (None, Some(bureau), None) => About::Bureau(bureau),
        (None, None, Some(task)) => About::Task(task),
        _ => {
            let reason = "a row is about a provider (接入服务商), a province (省份) or a task \
                          (任务序号): fill one of these columns";
            return Err(Flaw { column: None, reason: reason.to_owned() });
        }
    };
    Ok(Some(DeclaredRow { line: record.line, month, about, figures }))
}

/// What the cell of `figure` says; `None` where it is empty or not there.
fn value(record: &Record<'_>, figure: Figure) -> Result<Option<Value>, Flaw> {
    let column = figure.word();
    let cell = record.cell(column);
    // A face shows what is missing as a dash; read back, it is still missing.
    if matches!(cell, "" | "—" | "-") {
        return Ok(None);
    }
    if matches!(cell, "撤回" | "withdrawn") {
        return Ok(Some(Value::Withdrawn));
    }
    let wrong = |reason: &str| Flaw::of(column, reason);
    Ok(Some(match figure.measure() {
        Measure::Count => {
            let digits: String = cell.chars().filter(|c| !matches!(c, ',' | '，' | ' ')).collect();
            let count = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
            Value::Count(count.ok_or_else(|| {
                wrong("it is no whole number; leave it empty where nothing is known")
            })?)
        }
        Measure::Stage => Value::Stage(match cell {
            "√" | "是" | "完成" => Stage::Done,
            "×" | "否" => Stage::Ahead,
            word => word.parse().map_err(|_| {
                wrong("it is none of ahead (未开始), ongoing (进行中), done (已完成)")
            })?,
        }),
        Measure::Text if cell.chars().count() > LONGEST => {
            return Err(wrong("it is longer than 500 characters"));
        }
        Measure::Text => Value::Text(plain(cell)),
    }))
}

/// `cell` without the mark that keeps spreadsheets from taking a text for a formula.
fn plain(cell: &str) -> String {
    let rest = cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@']));
    rest.unwrap_or(cell).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::RowError;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn rows(text: &str) -> Vec<Result<Option<DeclaredRow>, RowError>> {
        read(Cursor::new(text.to_owned())).unwrap().collect()
    }

    #[test]
    fn a_table_is_read_under_the_headings_of_the_plan() {
        let text = "月份,省份,任务序号,接入服务商名称,立项,上线,被查处原因,本月进度,需管局处理的垃圾数据\n\
                    2009-06,,,中国电信,√,进行中,,,\n\
                    2009年6月,广东,,中国电信,,,'=接入未备案网站,,\n\
                    2009-06,北京,,,,,,,\"1,234\"\n\
                    2009-06,,27,,,,,按月推进,\n\
                    2009-06,,,中国移动,,,,,\n\
                    2009-06,北京,,,,,,,撤回\n";
        let rows: Vec<_> = rows(text).into_iter().map(Result::unwrap).collect();
        let figures =
            |place: usize| rows[place].as_ref().map(|row| (row.about.clone(), row.figures.clone()));
        let (telecom, beijing) = ("中国电信".parse().unwrap(), "北京".parse().unwrap());
        assert_eq!(
            figures(0).unwrap(),
            (
                About::Provider(telecom, None),
                vec![
                    (Figure::StageProposal, Value::Stage(Stage::Done)),
                    (Figure::StageOnline, Value::Stage(Stage::Ongoing)),
                ]
            )
        );
        let (about, said) = figures(1).unwrap();
        assert!(matches!(about, About::Provider(_, Some(bureau)) if bureau.name() == "广东"));
        assert_eq!(said, [(Figure::Punished, Value::Text("=接入未备案网站".to_owned()))]);
        let count = vec![(Figure::Garbage, Value::Count(1234))];
        assert_eq!(figures(2).unwrap(), (About::Bureau(beijing), count));
        assert_eq!(figures(3).unwrap().0, About::Task(27));
        assert_eq!(figures(4), None);
        assert_eq!(figures(5).unwrap().1, [(Figure::Garbage, Value::Withdrawn)]);
    }

    #[test]
    fn a_row_at_fault_names_its_column_and_quotes_nothing() {
        for (text, column) in [
            ("month,bureau,garbage\n张三,北京,1\n", Some("month")),
            ("month,bureau,garbage\n2009-06,张三,1\n", Some("bureau")),
            ("month,bureau,garbage\n2009-06,北京,张三\n", Some("garbage")),
            ("month,bureau,garbage\n2009-06,北京,-1\n", Some("garbage")),
            ("month,bureau,garbage\n2009-06,北京,1.5\n", Some("garbage")),
            ("month,task,progress\n2009-06,张三,x\n", Some("task")),
            ("month,provider,上线\n2009-06,甲,张三\n", Some("stage_online")),
            ("month,bureau,task,garbage\n2009-06,北京,3,1\n", None),
            ("month,bureau,garbage\n2009-06,,1\n", None),
        ] {
            let Some(Err(RowError::Refused(refusal))) = rows(text).pop() else { panic!("{text}") };
            assert_eq!((refusal.line, refusal.column.as_deref()), (2, column), "{text}");
            assert!(!refusal.reason.contains("张三"), "{}", refusal.reason);
        }
        let long = format!("month,task,progress\n2009-06,1,{}\n", "长".repeat(501));
        assert!(matches!(rows(&long)[0], Err(RowError::Refused(_))));
    }

    #[test]
    fn every_figure_has_its_column_with_its_heading() {
        for figure in Figure::ALL {
            let column = COLUMNS.iter().find(|column| column.name == figure.word()).unwrap();
            assert!(column.chinese.contains(&figure.chinese()), "{figure}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let text = [b"month,provider,bureau,task,punished,garbage\n", &bytes[..]].concat();
            for bytes in [bytes, text] {
                if let Ok(rows) = read(Cursor::new(bytes)) {
                    rows.for_each(drop);
                }
            }
        }
    }
}
