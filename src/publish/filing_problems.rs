//! The problems of filings by annex 3: counted for each provider and standard, and one by one for those who
//! have them mended.

mod table;
mod workbook;

use std::io;
use std::io::Write;

use csv::Terminator;
use csv::WriterBuilder;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::clock;
use crate::facts::bureau::Bureau;
use crate::facts::filing_problem::FilingProblem;
use crate::facts::filing_problem::FilingRule;
use crate::facts::filing_problem::STANDARDS;
use crate::facts::number::FilingNumber;
pub use crate::publish::filing_problems::table::FilingProblemCounts;
pub use crate::publish::filing_problems::table::table;
pub use crate::publish::filing_problems::workbook::workbook;
use crate::publish::findings::csv::unwrapped;
use crate::publish::mask;
use crate::publish::text::defused;
use crate::publish::view::ProviderNames;
use crate::publish::view::ProviderView;
use crate::publish::view::in_china;

/// A problem as JSON, CSV and workbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilingProblemView {
    /// 域名
    pub domain: String,
    /// The Domain as people write it.
    pub domain_unicode: String,
    /// 网站备案号, or the subject's.
    pub number: Option<FilingNumber>,
    /// The bureau's number of the site.
    pub record_id: Option<String>,
    /// Who must have it mended; empty where no access provider is known.
    pub providers: Vec<ProviderView>,
    /// Whose to follow.
    pub bureau: Bureau,
    /// The rule's code.
    pub rule: FilingRule,
    /// The standard of annex 3 that it belongs to.
    pub standard: &'static str,
    /// The interface's processing result code.
    pub code: Option<u16>,
    /// The column to look at.
    pub column: String,
    /// The same for people.
    pub column_chinese: String,
    /// The reason, as the provider reads it.
    pub reason: String,
    /// The cell at fault; masked, unless revealed.
    pub value: String,
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

impl FilingProblemView {
    /// The view of `problem` on the day `today`.
    pub fn of(problem: &FilingProblem, names: &ProviderNames, today: Date) -> Self {
        let key = &problem.key;
        let heading = match key.column.as_str() {
            "domain" => "域名",
            "site_number" => "网站备案号",
            "subject_number" => "主体备案号",
            "providers" => "接入服务商",
            column => mask::heading(column),
        };
        Self {
            domain: key.domain.to_string(),
            domain_unicode: key.domain.unicode(),
            number: key.number.clone(),
            record_id: key.record_id.clone(),
            providers: problem.providers.iter().map(|id| names.view(id)).collect(),
            bureau: problem.bureau,
            rule: key.rule,
            standard: STANDARDS.get(key.rule.standard()).copied().unwrap_or_default(),
            code: key.rule.interface_code(),
            column: key.column.clone(),
            column_chinese: heading.to_owned(),
            reason: problem.reason(),
            value: problem.value.clone(),
            first_seen: problem.first_seen,
            due: problem.due,
            overdue: problem.is_overdue(today),
            closed: !problem.stands(),
        }
    }

    fn provider_names(&self) -> String {
        let names: Vec<&str> = self.providers.iter().map(ProviderView::label).collect();
        names.join(";")
    }

    /// The cells of [`COLUMNS`].
    fn cells(&self) -> [String; 16] {
        let ids: Vec<&str> = self.providers.iter().map(|provider| provider.id.as_str()).collect();
        [
            self.domain.clone(),
            self.number.as_ref().map(ToString::to_string).unwrap_or_default(),
            self.record_id.clone().unwrap_or_default(),
            ids.join(";"),
            self.provider_names(),
            self.bureau.to_string(),
            self.rule.code().to_owned(),
            self.standard.to_owned(),
            self.code.map(|code| code.to_string()).unwrap_or_default(),
            self.column.clone(),
            self.column_chinese.clone(),
            self.reason.clone(),
            self.value.clone(),
            clock::written(self.first_seen),
            self.due.to_string(),
            if self.closed {
                "closed"
            } else if self.overdue {
                "overdue"
            } else {
                "open"
            }
            .to_owned(),
        ]
    }
}

/// Name in files, heading for people, width in a workbook.
const COLUMNS: [(&str, &str, u8); 16] = [
    ("domain", "域名", 28),
    ("number", "备案号", 26),
    ("record_id", "记录标识", 10),
    ("providers.id", "接入服务商标识", 14),
    ("providers.name", "接入服务商", 28),
    ("bureau", "监督单位", 10),
    ("rule", "规则", 10),
    ("standard", "标准", 18),
    ("code", "接口代码", 10),
    ("column", "字段", 18),
    ("column_chinese", "项目", 18),
    ("reason", "原因", 50),
    ("value", "填报内容", 28),
    ("first_seen", "首次发现", 26),
    ("due", "期限", 12),
    ("state", "状态", 10),
];

/// Writes one JSON object a line.
pub fn jsonl(
    rows: impl Iterator<Item = FilingProblemView>,
    out: &mut impl Write,
) -> io::Result<()> {
    for row in rows {
        serde_json::to_writer(&mut *out, &row)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Writes CSV for spreadsheets: UTF-8 with a byte order mark, CRLF, no cell that is a formula.
pub fn csv(rows: impl Iterator<Item = FilingProblemView>, out: &mut impl Write) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    writer.write_record(COLUMNS.map(|(name, ..)| name)).map_err(unwrapped)?;
    for row in rows {
        writer.write_record(row.cells().map(defused)).map_err(unwrapped)?;
    }
    writer.flush()
}
