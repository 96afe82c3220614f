//! The problems of the address register: counted for each provider, and one by one for those who
//! mend them.

use std::collections::BTreeMap;
use std::io;
use std::io::Write;

use csv::Terminator;
use csv::WriterBuilder;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::clock;
use crate::facts::bureau::Bureau;
use crate::facts::problem::Fault;
use crate::facts::problem::Problem;
use crate::facts::problem::ProblemKey;
use crate::facts::provider::ProviderId;
use crate::publish::findings::csv::unwrapped;
use crate::publish::layout::Layout;
use crate::publish::text::defused;
use crate::publish::text::printable;
use crate::publish::view::ProviderNames;
use crate::publish::view::ProviderView;
use crate::publish::view::in_china;

/// How many problems a table shows; the other formats hold all of them.
const ROWS: usize = 200;

/// A problem as JSON and CSV.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProblemView {
    /// Who must mend it; `None` where nobody reported what the registry gave.
    pub provider: Option<ProviderView>,
    /// Whose to follow.
    pub bureau: Bureau,
    /// What is wrong.
    pub fault: Fault,
    /// The same for people.
    pub fault_chinese: &'static str,
    /// `source` or `assignment`.
    pub level: &'static str,
    /// The interface's processing result code.
    pub code: Option<u16>,
    /// What the interface's check result calls it.
    pub check_code: Option<&'static str>,
    /// The row's range, as `first - last`.
    pub range: String,
    /// The addresses at fault.
    pub part: String,
    /// The other unit.
    pub other: Option<ProviderView>,
    /// The column to look at.
    pub column: &'static str,
    /// The value at fault, or the other row's range.
    pub detail: String,
    /// When a check first saw it.
    #[serde(serialize_with = "in_china")]
    pub first_seen: Timestamp,
    /// The day by which it is to be mended.
    pub due: Date,
    /// Whether that day is over.
    pub overdue: bool,
    /// Whether it was mended.
    pub closed: bool,
}

impl ProblemView {
    /// The view of `problem` on the day `today`.
    pub fn of(problem: &Problem, names: &ProviderNames, today: Date) -> Self {
        let key = &problem.key;
        Self {
            provider: key.provider.as_ref().map(|id| names.view(id)),
            bureau: problem.bureau,
            fault: key.fault,
            fault_chinese: key.fault.chinese(),
            level: key.level.word(),
            code: key.fault.code(),
            check_code: key.check_code(),
            range: key.range.to_string(),
            part: key.part.to_string(),
            other: key.other.as_ref().map(|id| names.view(id)),
            column: key.fault.column(),
            detail: problem.detail.clone(),
            first_seen: problem.first_seen,
            due: problem.due,
            overdue: problem.is_overdue(today),
            closed: !problem.stands(),
        }
    }
}

/// The standing problems of each provider by what they are; grows with the number of providers.
#[derive(Debug, Clone, Default)]
pub struct ProblemCounts {
    rows: BTreeMap<(Option<ProviderId>, Bureau), Counted>,
}

/// How many problems stand: out of bounds, conflict, unreported, others; and how many are overdue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counted {
    kinds: [u64; 4],
    overdue: u64,
}

impl ProblemCounts {
    /// Counts `problem`, if it stands.
    pub fn add(&mut self, problem: &Problem, today: Date) {
        if !problem.stands() {
            return;
        }
        let kind = match problem.key.fault {
            Fault::OutOfBounds | Fault::NoSource => 0,
            Fault::Conflict => 1,
            Fault::Unreported => 2,
            _ => 3,
        };
        let ProblemKey { provider, .. } = &problem.key;
        let row = self.rows.entry((provider.clone(), problem.bureau)).or_default();
        row.kinds[kind] += 1;
        row.overdue += u64::from(problem.is_overdue(today));
    }

    fn sum(&self) -> Counted {
        self.rows.values().fold(Counted::default(), |mut sum, row| {
            for (total, count) in sum.kinds.iter_mut().zip(row.kinds) {
                *total += count;
            }
            sum.overdue += row.overdue;
            sum
        })
    }
}

/// Writes the counts of each provider and bureau, and the first rows of `problems`.
pub fn table(
    counts: &ProblemCounts,
    problems: impl Iterator<Item = ProblemView>,
    names: &ProviderNames,
    layout: Layout,
    out: &mut impl Write,
) -> io::Result<()> {
    let headings = ["接入服务商", "监督单位", "越界", "冲突", "未报", "其他", "合计", "逾期"];
    let mut table = layout.table(headings);
    for ((provider, bureau), row) in &counts.rows {
        let name = provider.as_ref().map_or("无法确定".to_owned(), |id| names.told(id));
        table.add_row(cells(name, bureau.name(), *row));
    }
    table.add_row(cells("合计".to_owned(), "", counts.sum()));
    writeln!(out, "{}", layout.title("IP 地址报备的问题"))?;
    writeln!(out, "{table}")?;

    let headings =
        ["接入服务商", "问题", "代码", "地址段", "有问题的部分", "相关", "首次发现", "期限"];
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
        writeln!(out, "另有 {rest} 条，请用 --format csv 或 --format jsonl 查看")?;
    }
    Ok(())
}

fn cells(name: String, bureau: &str, row: Counted) -> Vec<String> {
    let total: u64 = row.kinds.iter().sum();
    let numbers = row.kinds.into_iter().chain([total, row.overdue]);
    [name, bureau.to_owned()].into_iter().chain(numbers.map(|number| number.to_string())).collect()
}

fn row_cells(row: &ProblemView) -> [String; 8] {
    let name = |provider: &Option<ProviderView>| {
        provider.as_ref().map_or("—", ProviderView::label).to_owned()
    };
    let codes = [row.check_code.map(str::to_owned), row.code.map(|code| code.to_string())];
    let other = row.other.as_ref().map(ProviderView::label);
    let related: Vec<&str> = other
        .into_iter()
        .chain(Some(row.detail.as_str()).filter(|text| !text.is_empty()))
        .collect();
    [
        name(&row.provider),
        row.fault_chinese.to_owned(),
        codes.into_iter().flatten().collect::<Vec<_>>().join(" "),
        row.range.clone(),
        if row.part == row.range { "全部".to_owned() } else { row.part.clone() },
        printable(&related.join(" ")),
        clock::day(row.first_seen).to_string(),
        if row.closed {
            "已改正".to_owned()
        } else if row.overdue {
            format!("{} 逾期", row.due)
        } else {
            row.due.to_string()
        },
    ]
}

/// Writes one JSON object a line.
pub fn jsonl(rows: impl Iterator<Item = ProblemView>, out: &mut impl Write) -> io::Result<()> {
    for row in rows {
        serde_json::to_writer(&mut *out, &row)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

const COLUMNS: [&str; 17] = [
    "provider.id",
    "provider.name",
    "bureau",
    "fault",
    "fault_chinese",
    "level",
    "code",
    "check_code",
    "range",
    "part",
    "other.id",
    "column",
    "detail",
    "first_seen",
    "due",
    "overdue",
    "closed",
];

/// Writes CSV for spreadsheets: UTF-8 with a byte order mark, CRLF, no cell that is a formula.
pub fn csv(rows: impl Iterator<Item = ProblemView>, out: &mut impl Write) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    writer.write_record(COLUMNS).map_err(unwrapped)?;
    for row in rows {
        let id = |provider: &Option<ProviderView>| {
            provider.as_ref().map(|provider| provider.id.to_string()).unwrap_or_default()
        };
        let name = row.provider.as_ref().and_then(|provider| provider.name.as_ref());
        let cells = [
            id(&row.provider),
            name.map(ToString::to_string).unwrap_or_default(),
            row.bureau.to_string(),
            row.fault.word().to_owned(),
            row.fault_chinese.to_owned(),
            row.level.to_owned(),
            row.code.map(|code| code.to_string()).unwrap_or_default(),
            row.check_code.unwrap_or_default().to_owned(),
            row.range,
            row.part,
            id(&row.other),
            row.column.to_owned(),
            row.detail,
            clock::written(row.first_seen),
            row.due.to_string(),
            row.overdue.to_string(),
            row.closed.to_string(),
        ];
        writer.write_record(cells.map(defused)).map_err(unwrapped)?;
    }
    writer.flush()
}
