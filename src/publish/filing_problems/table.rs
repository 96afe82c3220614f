//! The counts of each provider by standard, and the first problems, for people.

use std::collections::BTreeMap;
use std::io;
use std::io::Write;

use jiff::civil::Date;

use crate::facts::bureau::Bureau;
use crate::facts::filing_problem::FilingProblem;
use crate::facts::filing_problem::STANDARDS;
use crate::facts::provider::ProviderId;
use crate::publish::filing_problems::FilingProblemView;
use crate::publish::layout::Layout;
use crate::publish::text::printable;
use crate::publish::view::ProviderNames;

/// How many problems a table shows; the other formats hold all of them.
const ROWS: usize = 200;

/// The standing problems of each provider by standard; grows with the number of providers.
#[derive(Debug, Clone, Default)]
pub struct FilingProblemCounts {
    rows: BTreeMap<(Option<ProviderId>, Bureau), Counted>,
    sum: Counted,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counted {
    standards: [u64; STANDARDS.len()],
    overdue: u64,
}

impl Counted {
    fn add(&mut self, problem: &FilingProblem, today: Date) {
        if let Some(count) = self.standards.get_mut(problem.key.rule.standard()) {
            *count += 1;
        }
        self.overdue += u64::from(problem.is_overdue(today));
    }
}

impl FilingProblemCounts {
    /// Counts `problem`, if it stands: once in all, and once for each of its access providers.
    pub fn add(&mut self, problem: &FilingProblem, today: Date) {
        if !problem.stands() {
            return;
        }
        self.sum.add(problem, today);
        let mut add = |provider: Option<ProviderId>| {
            self.rows.entry((provider, problem.bureau)).or_default().add(problem, today);
        };
        if problem.providers.is_empty() {
            add(None);
        }
        problem.providers.iter().for_each(|id| add(Some(id.clone())));
    }
}

/// Writes the counts of each provider and bureau, and the first rows of `problems`.
pub fn table(
    counts: &FilingProblemCounts,
    problems: impl Iterator<Item = FilingProblemView>,
    names: &ProviderNames,
    layout: Layout,
    out: &mut impl Write,
) -> io::Result<()> {
    let headings = [
        "接入服务商",
        "监督单位",
        "总则",
        "名称",
        "性质",
        "证件",
        "主管",
        "网站名",
        "负责人",
        "地址",
        "网址",
        "IP",
        "电话",
        "合计",
        "逾期",
    ];
    let mut table = layout.table(headings);
    for ((provider, bureau), row) in &counts.rows {
        let name = provider.as_ref().map_or("无或未知".to_owned(), |id| names.told(id));
        table.add_row(cells(name, bureau.name(), *row));
    }
    table.add_row(cells("合计（每条一次）".to_owned(), "", counts.sum));
    writeln!(out, "{}", layout.title("备案信息填报的问题（附件3）"))?;
    writeln!(out, "{table}")?;

    let headings = ["域名", "备案号", "接入服务商", "规则", "项目", "原因", "填报内容", "期限"];
    let mut table = layout.table(headings);
    let mut shown = 0;
    let mut problems = problems.peekable();
    while shown < ROWS
        && let Some(row) = problems.next()
    {
        table.add_row(row_cells(&row));
        shown += 1;
    }
    if shown > 0 {
        writeln!(out, "{table}")?;
    }
    let rest = problems.count();
    if rest > 0 {
        writeln!(out, "另有 {rest} 条，请用 --format csv、jsonl 或 xlsx 查看")?;
    }
    Ok(())
}

fn cells(name: String, bureau: &str, row: Counted) -> Vec<String> {
    let total: u64 = row.standards.iter().sum();
    let numbers = row.standards.into_iter().chain([total, row.overdue]);
    [name, bureau.to_owned()].into_iter().chain(numbers.map(|number| number.to_string())).collect()
}

fn row_cells(row: &FilingProblemView) -> [String; 8] {
    let due = if row.closed {
        "已改正".to_owned()
    } else if row.overdue {
        format!("{} 逾期", row.due)
    } else {
        row.due.to_string()
    };
    [
        printable(&row.domain_unicode),
        row.number.as_ref().map(ToString::to_string).unwrap_or_default(),
        printable(&row.provider_names()),
        row.code.map_or(row.rule.code().to_owned(), |code| format!("{} {code}", row.rule)),
        row.column_chinese.clone(),
        printable(&row.reason),
        printable(&row.value),
        due,
    ]
}
