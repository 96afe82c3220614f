//! Accuracy rates for people and for programs: first and current samples side by side.

use std::io;
use std::io::Write;

use serde::Serialize;

use crate::audit::accuracy::interval::Confidence;
use crate::audit::accuracy::interval::Interval;
use crate::audit::accuracy::rates::Rate;
use crate::audit::accuracy::rates::Scope;
use crate::audit::accuracy::rates::Turn;
use crate::facts::bureau::Bureau;
use crate::facts::sample::Age;
use crate::publish::grid;
use crate::publish::grid::Figure;
use crate::publish::grid::GridColumn;
use crate::publish::layout::Layout;
use crate::publish::view::ProviderNames;
use crate::publish::view::ProviderView;

/// A rate as JSON. Rates run from 0 to 1; `null` is not known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccuracyView {
    /// `nation`, `bureau` or `provider`.
    pub scope: &'static str,
    /// Whose, of a bureau.
    pub bureau: Option<Bureau>,
    /// Whose, of a provider.
    pub provider: Option<ProviderView>,
    /// `first` or `current`.
    pub sample: &'static str,
    /// The round; `null` where the providers' rounds differ.
    pub round: Option<u32>,
    /// `new`, `older`, `unknown`, or `all`, weighted by population.
    pub records: &'static str,
    /// Sites there are.
    pub population: u64,
    /// Sites that the rate stands for.
    pub covered: u64,
    /// Sites drawn.
    pub drawn: u64,
    /// Sites verified.
    pub verified: u64,
    /// Of these, right.
    pub right: u64,
    /// Of these, wrong.
    pub wrong: u64,
    /// Drawn and not verified.
    pub unverified: u64,
    /// 准确率
    pub rate: Option<f64>,
    /// In per cent.
    pub confidence: f64,
    /// Wilson's interval; of a single stratum only.
    pub wilson: Option<Interval>,
    /// The exact interval; of several strata by their effective size.
    pub exact: Option<Interval>,
    /// The rate of the drawn sites if all that are not verified were wrong, and right.
    pub bounds: Option<Interval>,
    /// What is asked for.
    pub target: Option<f64>,
    /// By which day.
    pub due: Option<jiff::civil::Date>,
    /// Whether the rate reaches it.
    pub reached: Option<bool>,
    /// Whether the exact interval leaves no doubt about that.
    pub certain: Option<bool>,
    /// Drawn sites, of all ages, whose access record the crawl doubts; not counted in.
    pub crawl_doubts: u64,
    /// Of these, sites whose provider was confirmed by those who were asked.
    pub crawl_doubts_confirmed_right: u64,
}

impl AccuracyView {
    /// The view of `rate`.
    pub fn of(rate: &Rate, names: &ProviderNames, confidence: Confidence) -> Self {
        let (scope, bureau, provider) = match &rate.scope {
            Scope::Nation => ("nation", None, None),
            Scope::Bureau(bureau) => ("bureau", Some(*bureau), None),
            Scope::Provider(id) => ("provider", None, Some(names.view(id))),
        };
        Self {
            scope,
            bureau,
            provider,
            sample: if rate.turn == Turn::First { "first" } else { "current" },
            round: rate.round,
            records: rate.age.map_or("all", Age::word),
            population: rate.population,
            covered: rate.covered,
            drawn: rate.drawn,
            verified: rate.tally.verified(),
            right: rate.tally.right,
            wrong: rate.tally.wrong,
            unverified: rate.tally.unverified,
            rate: rate.rate,
            confidence: confidence.per_cent(),
            wilson: rate.wilson,
            exact: rate.exact,
            bounds: rate.tally.bounds().map(|(low, high)| Interval { low, high }),
            target: rate.target.map(|target| target.rate),
            due: rate.target.map(|target| target.due),
            reached: rate.is_reached(),
            certain: rate.is_certain(),
            crawl_doubts: rate.crawl.doubted,
            crawl_doubts_confirmed_right: rate.crawl.confirmed,
        }
    }

    /// The rate with its interval and its target, in one line for people; `None` where nothing is
    /// verified.
    pub fn in_short(&self) -> Option<String> {
        let interval = self.exact.map_or(String::new(), |Interval { low, high }| {
            format!("（{} – {}）", grid::per_cent(low), grid::per_cent(high))
        });
        let target = self.target.map_or(String::new(), |target| {
            format!(" 目标 {} {}", grid::per_cent(target), self.verdict())
        });
        Some(format!("{}{interval}{target}", grid::per_cent(self.rate?)))
    }

    fn whose(&self) -> String {
        match (&self.provider, self.bureau) {
            (Some(provider), _) => provider.label().to_owned(),
            (_, Some(bureau)) => bureau.to_string(),
            _ => "全国".to_owned(),
        }
    }

    fn verdict(&self) -> &'static str {
        match (self.reached, self.certain) {
            (None, _) => "",
            (Some(true), Some(true)) => "达到",
            (Some(true), _) => "达到（区间含目标）",
            (Some(false), Some(true)) => "未达到",
            (Some(false), _) => "未达到（区间含目标）",
        }
    }
}

fn told(interval: Option<Interval>) -> Figure {
    Figure::text(interval.map(|Interval { low, high }| {
        format!("{} – {}", grid::per_cent(low), grid::per_cent(high))
    }))
}

fn low(interval: Option<Interval>) -> Figure {
    Figure::share(interval.map(|interval| interval.low))
}

fn high(interval: Option<Interval>) -> Figure {
    Figure::share(interval.map(|interval| interval.high))
}

type Column = GridColumn<AccuracyView>;

const COLUMNS: &[Column] = &[
    Column::new("of", "范围", |row| Figure::Text(row.whose())),
    Column::of_files("scope", |row| Figure::Text(row.scope.to_owned())),
    Column::of_files("provider.id", |row| Figure::text(row.provider.as_ref().map(|own| &own.id))),
    Column::of_files("sample", |row| Figure::Text(row.sample.to_owned())),
    Column::new("sample_chinese", "抽查", |row| {
        Figure::Text(if row.sample == "first" { "首次抽查" } else { "本次抽查" }.to_owned())
    }),
    Column::new("round", "轮次", |row| Figure::text(row.round)),
    Column::of_files("records", |row| Figure::Text(row.records.to_owned())),
    Column::new("records_chinese", "记录", |row| {
        let age = row.records.parse::<Age>();
        Figure::Text(age.map_or("合计（按网站数加权）", Age::chinese).to_owned())
    }),
    Column::new("population", "网站总量", |row| Figure::Count(row.population)),
    Column::of_files("covered", |row| Figure::Count(row.covered)),
    Column::new("drawn", "抽查网站", |row| Figure::Count(row.drawn)),
    Column::new("verified", "已核实", |row| Figure::Count(row.verified)),
    Column::new("right", "准确", |row| Figure::Count(row.right)),
    Column::of_files("wrong", |row| Figure::Count(row.wrong)),
    Column::new("rate", "准确率", |row| Figure::share(row.rate)),
    Column::of_files("confidence", |row| Figure::share(Some(row.confidence / 100.0))),
    Column::of_files("wilson.low", |row| low(row.wilson)),
    Column::of_files("wilson.high", |row| high(row.wilson)),
    Column::of_files("exact.low", |row| low(row.exact)),
    Column::of_files("exact.high", |row| high(row.exact)),
    Column::new("wilson", "区间（Wilson）", |row| told(row.wilson)),
    Column::new("exact", "区间（精确）", |row| told(row.exact)),
    Column::new("unverified", "未核实", |row| Figure::Count(row.unverified)),
    Column::new("bounds", "未核实全错至全对", |row| told(row.bounds)),
    Column::new("target", "目标", |row| Figure::share(row.target)),
    Column::of_files("due", |row| Figure::text(row.due)),
    Column::of_files("reached", |row| Figure::text(row.reached)),
    Column::new("verdict", "是否达到", |row| Figure::Text(row.verdict().to_owned())),
    Column::new("crawl_doubts", "爬虫存疑", |row| Figure::Count(row.crawl_doubts)),
];

const TITLE: &str = "备案信息准确率";

/// Writes a table for people.
pub fn table(rates: &[AccuracyView], layout: Layout, out: &mut impl Write) -> io::Result<()> {
    grid::table(COLUMNS, rates, TITLE, layout, out)?;
    let sure = rates.first().map_or(String::new(), |rate| format!("，置信度 {}%", rate.confidence));
    writeln!(
        out,
        "准确率按已核实的网站计算{sure}；合计、各局与全国按网站数加权，区间按有效样本量计算；爬虫所见不计入。"
    )
}

/// Writes CSV for spreadsheets.
pub fn csv(rates: &[AccuracyView], out: &mut impl Write) -> io::Result<()> {
    grid::csv(COLUMNS, rates, out)
}

/// Writes a workbook.
pub fn workbook(
    rates: &[AccuracyView],
    layout: Layout,
    out: &mut (impl Write + Send),
) -> io::Result<()> {
    grid::workbook(COLUMNS, rates, TITLE, layout, out)
}

/// Writes one JSON object a line.
pub fn jsonl(rates: &[AccuracyView], out: &mut impl Write) -> io::Result<()> {
    for rate in rates {
        serde_json::to_writer(&mut *out, rate)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
