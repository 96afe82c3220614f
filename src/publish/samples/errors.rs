//! The errors of a provider's sites, by what is wrong, kind and cause: the report that the plan
//! promises it. Masked, and without the notes, unless revealed.

use std::collections::BTreeMap;
use std::io;
use std::io::Write;

use serde::Serialize;

use crate::audit::accuracy::outcome::Outcome;
use crate::audit::accuracy::rates::SampleTally;
use crate::facts::bureau::Bureau;
use crate::facts::sample::Item;
use crate::facts::sample::Rightness;
use crate::formats::results::vocabulary::Vocabulary;
use crate::publish::grid;
use crate::publish::grid::Figure;
use crate::publish::grid::GridColumn;
use crate::publish::layout::Layout;
use crate::publish::mask::Personal;
use crate::publish::samples::sheet::SheetRow;
use crate::publish::view::ProviderNames;
use crate::publish::view::ProviderView;

/// How many sites a table shows; the other formats hold all of them.
const ROWS: usize = 200;

/// What is reported to one provider.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorReport {
    /// To whom.
    pub provider: ProviderView,
    /// Whose to follow.
    pub bureau: Bureau,
    /// Of which round.
    pub round: u32,
    /// Sites drawn.
    pub drawn: u64,
    /// Sites verified.
    pub verified: u64,
    /// Sites whose key information is wrong.
    pub wrong: u64,
    /// Sites that were asked about and where nobody was reached or would speak.
    pub unreached: u64,
    /// Sites by the item that is wrong; a site may have several.
    pub items: BTreeMap<&'static str, u64>,
    /// Sites with a wrong item by kind of error; `unknown` where nobody said.
    pub kinds: BTreeMap<String, u64>,
    /// The same by cause.
    pub causes: BTreeMap<String, u64>,
    /// The sites with a wrong item.
    pub sites: Vec<ErrorSite>,
}

/// A site with a wrong item.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorSite {
    /// Its id on every sheet.
    pub id: String,
    /// Its Domain.
    pub domain: String,
    /// 网站备案号
    pub number: Option<String>,
    /// `new`, `older` or `unknown`.
    pub records: &'static str,
    /// `right`, `wrong` or `unknown` by annex 2: a wrong item may have a right one beside it.
    pub accuracy: &'static str,
    /// What is wrong.
    pub wrong: Vec<&'static str>,
    /// 错误类型
    pub kind: Option<String>,
    /// 错误原因
    pub cause: Option<String>,
    /// 联系结果
    pub contact: Option<&'static str>,
    /// Whether an item was once told otherwise.
    pub corrected: bool,
    /// What the crawl sees beside it.
    pub crawl: Vec<&'static str>,
    /// 备注; left out unless revealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What became of the record since.
    pub record: &'static str,
}

impl ErrorReport {
    /// A report without sites yet.
    pub fn new(tally: &SampleTally, names: &ProviderNames) -> Self {
        let sum = tally.tallies.into_iter().reduce(crate::audit::accuracy::Tally::plus);
        let sum = sum.unwrap_or_default();
        Self {
            provider: names.view(&tally.sample.provider),
            bureau: tally.sample.bureau,
            round: tally.sample.round,
            drawn: tally.sample.strata.iter().map(|stratum| stratum.drawn).sum(),
            verified: sum.verified(),
            wrong: sum.wrong,
            unreached: tally.unreached,
            items: BTreeMap::new(),
            kinds: BTreeMap::new(),
            causes: BTreeMap::new(),
            sites: Vec::new(),
        }
    }

    /// Adds a site, if something about it is wrong.
    pub fn add(&mut self, row: &SheetRow<'_>, outcome: &Outcome, personal: Personal) {
        let wrong: Vec<Item> = outcome.verified.wrong().collect();
        if wrong.is_empty() {
            return;
        }
        for item in &wrong {
            *self.items.entry(item.word()).or_default() += 1;
        }
        let said = |word: &Option<String>| word.clone().unwrap_or_else(|| UNSAID.to_owned());
        *self.kinds.entry(said(&outcome.kind)).or_default() += 1;
        *self.causes.entry(said(&outcome.cause)).or_default() += 1;
        let site = row.site;
        self.sites.push(ErrorSite {
            id: site.id.to_string(),
            domain: site.target.to_string(),
            number: site.number.as_ref().map(ToString::to_string),
            records: site.age.word(),
            accuracy: outcome.accuracy(site).word(),
            wrong: wrong.iter().map(|item| item.word()).collect(),
            kind: outcome.kind.clone(),
            cause: outcome.cause.clone(),
            contact: outcome.contact.map(crate::facts::sample::Contact::word),
            corrected: outcome.was_corrected,
            crawl: row.crawl.iter().map(|finding| finding.key.kind.word()).collect(),
            note: outcome.note.clone().filter(|_| personal == Personal::Revealed),
            record: row.standing(),
        });
    }
}

/// The word for a kind or cause that nobody told.
const UNSAID: &str = "unknown";

fn chinese(word: &str) -> &str {
    if word == UNSAID { "未注明" } else { Vocabulary::builtin().chinese(word) }
}

fn item_in_chinese(word: &str) -> &str {
    match word.parse::<Item>() {
        Ok(item) => item.chinese(),
        Err(_) => word,
    }
}

/// A site in the report that it stands in.
type Row<'r> = (&'r ErrorReport, &'r ErrorSite);

fn text(text: &str) -> Figure {
    Figure::text(Some(text).filter(|text| !text.is_empty()))
}

fn word(word: Option<&String>) -> Figure {
    text(chinese(word.map_or(UNSAID, String::as_str)))
}

fn columns<'r>() -> Vec<GridColumn<Row<'r>>> {
    vec![
        GridColumn::of_files("provider.id", |row| text(row.0.provider.id.as_str())),
        GridColumn::new("provider", "接入服务商", |row| text(row.0.provider.label())),
        GridColumn::new("round", "轮次", |row| Figure::Count(row.0.round.into())),
        GridColumn::new("id", "行号", |row| text(&row.1.id)),
        GridColumn::new("domain", "域名", |row| text(&row.1.domain)),
        GridColumn::new("number", "网站备案号", |row| Figure::text(row.1.number.as_ref())),
        GridColumn::new("records", "记录", |row| {
            text(row.1.records.parse().map_or("", crate::facts::sample::Age::chinese))
        }),
        GridColumn::new("accuracy", "关键信息", |row| {
            text(row.1.accuracy.parse().map_or("", Rightness::chinese))
        }),
        GridColumn::new("wrong", "不准确的信息", |row| {
            let items: Vec<&str> = row.1.wrong.iter().map(|word| item_in_chinese(word)).collect();
            text(&items.join(";"))
        }),
        GridColumn::new("error_kind", "错误类型", |row| word(row.1.kind.as_ref())),
        GridColumn::new("error_cause", "错误原因", |row| word(row.1.cause.as_ref())),
        GridColumn::new("record", "登记现状", |row| text(row.1.record)),
        GridColumn::new("crawl", "爬虫所见", |row| {
            let kinds = row.1.crawl.iter().filter_map(|word| word.parse().ok());
            let kinds: Vec<&str> = kinds.map(crate::facts::finding::Kind::chinese).collect();
            text(&kinds.join(";"))
        }),
        GridColumn::new("note", "备注", |row| Figure::text(row.1.note.as_ref())),
    ]
}

fn rows(reports: &[ErrorReport]) -> Vec<Row<'_>> {
    let own = |report| move |site| (report, site);
    reports.iter().flat_map(|report| report.sites.iter().map(own(report))).collect()
}

const TITLE: &str = "备案信息错误通报";

/// Writes the sites as CSV for spreadsheets.
pub fn csv(reports: &[ErrorReport], out: &mut impl Write) -> io::Result<()> {
    grid::csv(&columns(), &rows(reports), out)
}

/// Writes the sites as a workbook.
pub fn workbook(
    reports: &[ErrorReport],
    layout: Layout,
    out: &mut (impl Write + Send),
) -> io::Result<()> {
    grid::workbook(&columns(), &rows(reports), TITLE, layout, out)
}

/// Writes the counts of each provider, and the first sites.
pub fn table(reports: &[ErrorReport], layout: Layout, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", layout.title(TITLE))?;
    let mut table = layout.table([
        "接入服务商",
        "轮次",
        "抽查网站",
        "已核实",
        "不准确",
        "未联系上",
        "按信息项",
        "按错误类型",
        "按错误原因",
    ]);
    for report in reports {
        let items = report.items.iter().map(|(word, count)| (item_in_chinese(word), *count));
        let words = |counts: &BTreeMap<String, u64>| {
            listed(counts.iter().map(|(word, count)| (chinese(word), *count)))
        };
        table.add_row([
            report.provider.label().to_owned(),
            report.round.to_string(),
            report.drawn.to_string(),
            report.verified.to_string(),
            report.wrong.to_string(),
            report.unreached.to_string(),
            listed(items),
            words(&report.kinds),
            words(&report.causes),
        ]);
    }
    writeln!(out, "{table}")?;
    let rows = rows(reports);
    if let Some(shown) = rows.get(..rows.len().min(ROWS)).filter(|shown| !shown.is_empty()) {
        grid::table(&columns(), shown, "不准确的网站", layout, out)?;
    }
    if rows.len() > ROWS {
        let rest = rows.len() - ROWS;
        writeln!(out, "另有 {rest} 个网站，请用 --format csv 或 --format jsonl 查看")?;
    }
    Ok(())
}

fn listed<'w>(counts: impl Iterator<Item = (&'w str, u64)>) -> String {
    let parts: Vec<String> = counts.map(|(word, count)| format!("{word} {count}")).collect();
    parts.join("\n")
}

/// Writes one JSON object a line.
pub fn jsonl(reports: &[ErrorReport], out: &mut impl Write) -> io::Result<()> {
    for report in reports {
        serde_json::to_writer(&mut *out, report)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
