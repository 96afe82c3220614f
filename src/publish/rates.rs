//! The rates of annex 2 for the nation, bureaus and providers, at a moment or month by month.

use std::io;
use std::io::Write;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::audit::rates::Basis;
use crate::audit::rates::Goal;
use crate::audit::rates::NoRate;
use crate::audit::rates::share;
use crate::audit::rates::unfiled::UnfiledCount;
use crate::clock;
use crate::facts::bureau::Bureau;
use crate::facts::census::FiledCount;
use crate::facts::census::Whose;
use crate::facts::sample::Age;
use crate::publish::grid;
use crate::publish::grid::Figure;
use crate::publish::grid::GridColumn;
use crate::publish::layout::Layout;
use crate::publish::samples::accuracy::AccuracyView;
use crate::publish::view::ProviderNames;
use crate::publish::view::ProviderView;
use crate::publish::view::in_china;

/// The filing rate of one of them on one day, with what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RateView {
    /// The day at whose end it held.
    pub at: Date,
    /// `nation`, `bureau` or `provider`.
    pub of: &'static str,
    /// Which bureau; beside a provider, the one with which lies what is counted of it. `None` for others.
    pub bureau: Option<Bureau>,
    /// Which provider; `None` for others.
    pub provider: Option<ProviderView>,
    /// The Carrier of what is counted of the provider; `None` where it is all of it.
    pub carrier: Option<ProviderView>,
    /// What is filed; `None` where no register was known.
    pub filed: Option<FiledView>,
    /// What was found unfiled.
    pub unfiled: FiledView,
    /// What was unfiled and is exempt.
    pub exempt: u64,
    /// What may be unfiled and could not be told; `None` where no night counted it.
    pub unknown: Option<u64>,
    /// 网站备案率, each Domain counted; `None` where it cannot be told.
    pub filing_rate: Option<f64>,
    /// The same, several Domains with the same page told as one site.
    pub filing_rate_of_sites: Option<f64>,
    /// Why it cannot be told.
    pub no_rate: Option<String>,
    /// What it is held against.
    pub target: Option<TargetView>,
    /// The register that it rests on.
    pub register: Option<RegisterView>,
    /// The night that it rests on.
    pub night: Option<NightView>,
    /// 备案信息准确率 of the first and the current sample, of new and of older records; empty where
    /// nothing was sampled.
    pub accuracy: Vec<AccuracyView>,
    #[serde(skip)]
    gap: Option<NoRate>,
}

/// A count of Domains, and of sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FiledView {
    /// Domains, each once.
    pub domains: u64,
    /// Sites, each once.
    pub sites: u64,
}

/// What a rate is held against.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TargetView {
    /// The rate that is to be reached.
    pub rate: f64,
    /// The day by which.
    pub due: Date,
    /// Whether it is reached; `None` where there is no rate.
    pub reached: Option<bool>,
    /// How many Domains that are unfiled must yet be filed for it; `None` as above.
    pub missing: Option<u64>,
}

/// The register that a rate rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RegisterView {
    /// When it was imported.
    #[serde(serialize_with = "in_china")]
    pub as_of: Timestamp,
    /// Whether it holds every filing of its scope.
    pub complete: bool,
    /// Filed Domains some of whose access providers are not known: no provider's count has them. `None`
    /// for whoever may not know of the whole register.
    pub unplaced: Option<u64>,
}

/// The night that a rate rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NightView {
    /// The number of the night.
    pub scan: u32,
    /// When it ended.
    #[serde(serialize_with = "in_china")]
    pub finished: Timestamp,
}

impl RateView {
    /// The rate of `whose` from `unfiled` and `basis`; `gap` says why there is none, and `goal` what
    /// it is held against.
    pub fn of(
        whose: &Whose,
        unfiled: UnfiledCount,
        (basis, gap): (Basis<'_>, Option<NoRate>),
        goal: Option<&Goal>,
        names: &ProviderNames,
    ) -> Self {
        let (of, bureau, provider, carrier) = match whose {
            Whose::Nation => ("nation", None, None, None),
            Whose::Bureau(bureau) => ("bureau", Some(*bureau), None, None),
            Whose::Provider(id) => ("provider", None, Some(id), None),
            Whose::InBureau(bureau, id) => ("provider", Some(*bureau), Some(id), None),
            Whose::Carried(carrier, id) => ("provider", None, Some(id), Some(carrier)),
        };
        let filed = basis.census.and_then(|census| census.filed.of(whose));
        let is_undivided = basis.census.is_some() && filed.is_none();
        let gap = gap.or_else(|| is_undivided.then_some(NoRate::NotDivided));
        let known = filed.filter(|_| gap.is_none());
        let rate = |filed: fn(&FiledCount) -> u64, unfiled: u64| {
            known.and_then(|count| share(filed(&count), filed(&count) + unfiled))
        };
        let target = goal.map(|goal| {
            let (filed, all) =
                known.map_or((0, 0), |count| (count.domains, count.domains + unfiled.domains));
            TargetView {
                rate: goal.rate.value(),
                due: goal.due,
                reached: (all > 0).then(|| goal.rate.is_reached(filed, all)),
                missing: (all > 0).then(|| goal.rate.missing(filed, all)),
            }
        });
        Self {
            at: clock::day(basis.at),
            of,
            bureau,
            provider: provider.map(|id| names.view(id)),
            carrier: carrier.map(|id| names.view(id)),
            filed: filed.map(|FiledCount { sites, domains }| FiledView { domains, sites }),
            unfiled: FiledView { domains: unfiled.domains, sites: unfiled.sites },
            exempt: unfiled.exempt,
            unknown: basis.night.and_then(|night| night.unknown.of(whose)),
            filing_rate: rate(|count| count.domains, unfiled.domains),
            filing_rate_of_sites: rate(|count| count.sites, unfiled.sites),
            no_rate: gap.map(|gap| gap.to_string()),
            target,
            register: basis.census.map(|census| RegisterView {
                as_of: census.as_of,
                complete: census.is_complete,
                unplaced: Some(census.unplaced),
            }),
            night: basis.night.map(|night| NightView { scan: night.night, finished: night.at }),
            accuracy: Vec::new(),
            gap,
        }
    }

    /// The same with the accuracy rates of the samples.
    #[must_use]
    pub fn with_accuracy(self, accuracy: Vec<AccuracyView>) -> Self {
        Self { accuracy, ..self }
    }

    /// The same for somebody who may not know of the whole register.
    #[must_use]
    pub fn without_unplaced(mut self) -> Self {
        if let Some(register) = &mut self.register {
            register.unplaced = None;
        }
        self
    }

    fn accuracy_of(&self, sample: &str, records: Age) -> Option<&AccuracyView> {
        let mut all = self.accuracy.iter();
        all.find(|view| view.sample == sample && view.records == records.word())
    }

    fn accuracy_in_short(&self, records: Age) -> Figure {
        let current = self.accuracy_of("current", records);
        Figure::text(current.and_then(AccuracyView::in_short))
    }

    fn accuracy_rate(&self, sample: &str, records: Age) -> Figure {
        Figure::share(self.accuracy_of(sample, records).and_then(|view| view.rate))
    }

    fn label(&self) -> String {
        let bureau = self.bureau.map(|bureau| match bureau {
            Bureau::MINISTRY => "部（无省份）".to_owned(),
            bureau => bureau.to_string(),
        });
        let label = |provider: &ProviderView| format!("{} ({})", provider.label(), provider.id);
        match (bureau, self.provider.as_ref().map(label), self.carrier.as_ref().map(label)) {
            (None, None, _) => "全国".to_owned(),
            (Some(bureau), None, _) => bureau,
            (Some(bureau), Some(provider), _) => format!("{provider}，{bureau}"),
            (None, Some(provider), None) => provider,
            (None, Some(provider), Some(carrier)) => format!("{provider}，由 {carrier} 承载"),
        }
    }

    fn goal(&self) -> Figure {
        let Some(target) = self.target else { return Figure::Empty };
        let goal = grid::per_cent(target.rate);
        Figure::Text(match (target.reached, target.missing) {
            (Some(true), _) => format!("{goal} 已达到"),
            (Some(false), Some(missing)) => format!("{goal} 还差 {missing} 个"),
            _ => format!("{goal} 无法判断"),
        })
    }
}

fn rate(rate: Option<f64>, row: &RateView) -> Figure {
    match (rate, row.gap) {
        (Some(rate), _) => Figure::Share(rate),
        (None, Some(gap)) => Figure::Text(format!("未知（{}）", gap.chinese())),
        (None, None) => Figure::Empty,
    }
}

/// The columns; people read a rate that is not known with its reason, files have that in its own.
const COLUMNS: &[GridColumn<RateView>] = &[
    GridColumn::new("at", "日期", |row| Figure::Text(row.at.to_string())),
    GridColumn::of_files("of", |row| Figure::Text(row.of.to_owned())),
    GridColumn::of_files("bureau", |row| Figure::text(row.bureau)),
    GridColumn::of_files("provider.id", |row| {
        Figure::text(row.provider.as_ref().map(|provider| &provider.id))
    }),
    GridColumn::of_files("carrier.id", |row| {
        Figure::text(row.carrier.as_ref().map(|carrier| &carrier.id))
    }),
    GridColumn::new("name", "范围", |row| Figure::Text(row.label())),
    GridColumn::new("filed.domains", "已备案域名", |row| {
        Figure::count(row.filed.map(|count| count.domains))
    }),
    GridColumn::new("unfiled.domains", "未备案域名", |row| Figure::Count(row.unfiled.domains)),
    GridColumn::new("filing_rate", "备案率", |row| rate(row.filing_rate, row)),
    GridColumn::new("filed.sites", "已备案网站", |row| {
        Figure::count(row.filed.map(|count| count.sites))
    }),
    GridColumn::new("unfiled.sites", "未备案网站（同页合并）", |row| {
        Figure::Count(row.unfiled.sites)
    }),
    GridColumn::new("filing_rate_of_sites", "备案率（按网站）", |row| {
        rate(row.filing_rate_of_sites, row)
    }),
    GridColumn::of_files("no_rate", |row| Figure::text(row.no_rate.as_ref())),
    GridColumn::new("target", "目标", RateView::goal),
    GridColumn::of_files("target.rate", |row| Figure::share(row.target.map(|target| target.rate))),
    GridColumn::of_files("target.due", |row| Figure::text(row.target.map(|target| target.due))),
    GridColumn::of_files("target.reached", |row| {
        Figure::text(row.target.and_then(|target| target.reached))
    }),
    GridColumn::of_files("target.missing", |row| {
        Figure::count(row.target.and_then(|target| target.missing))
    }),
    GridColumn::new("accuracy.new", "新入库准确率（本次抽查）", |row| {
        row.accuracy_in_short(Age::New)
    }),
    GridColumn::new("accuracy.older", "已入库准确率（本次抽查）", |row| {
        row.accuracy_in_short(Age::Older)
    }),
    GridColumn::of_files("accuracy.current.new.rate", |row| row.accuracy_rate("current", Age::New)),
    GridColumn::of_files("accuracy.current.older.rate", |row| {
        row.accuracy_rate("current", Age::Older)
    }),
    GridColumn::of_files("accuracy.first.new.rate", |row| row.accuracy_rate("first", Age::New)),
    GridColumn::of_files("accuracy.first.older.rate", |row| row.accuracy_rate("first", Age::Older)),
    GridColumn::new("exempt", "豁免", |row| Figure::Count(row.exempt)),
    GridColumn::new("unknown", "未知", |row| Figure::count(row.unknown)),
    GridColumn::of_files("register.as_of", |row| {
        Figure::text(row.register.map(|register| clock::written(register.as_of)))
    }),
    GridColumn::of_files("register.complete", |row| {
        Figure::text(row.register.map(|register| register.complete))
    }),
    GridColumn::of_files("night.scan", |row| {
        Figure::count(row.night.map(|night| u64::from(night.scan)))
    }),
    GridColumn::of_files("night.finished", |row| {
        Figure::text(row.night.map(|night| clock::written(night.finished)))
    }),
];

const TITLE: &str = "网站备案率";

/// Writes `rows` as a table, with what the newest of them rests on below it.
pub fn table(rows: &[RateView], layout: Layout, out: &mut impl Write) -> io::Result<()> {
    grid::table(COLUMNS, rows, TITLE, layout, out)?;
    let Some(last) = rows.last() else { return Ok(()) };
    let register = last.register.map_or("备案库：尚未导入".to_owned(), |register| {
        let whole = if register.complete { "完整" } else { "不完整" };
        let as_of = clock::written(register.as_of);
        let unplaced = register.unplaced.unwrap_or_default();
        format!("备案库：{as_of} 导入，{whole}；{unplaced} 个域名的接入服务商不明")
    });
    writeln!(out, "{register}")?;
    match last.night {
        Some(night) => {
            let finished = clock::written(night.finished);
            writeln!(out, "最近一次完整检测：第 {} 次，{finished} 结束", night.scan)?;
        }
        None => writeln!(out, "最近一次完整检测：无")?,
    }
    writeln!(
        out,
        "备案率 = 已备案 /（已备案 + 发现的未备案）；未接入备案不计入；未知、豁免不计入，另行列出"
    )
}

/// Writes a JSON object a line.
pub fn jsonl(rows: &[RateView], out: &mut impl Write) -> io::Result<()> {
    for row in rows {
        serde_json::to_writer(&mut *out, row)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Writes CSV for spreadsheets.
pub fn csv(rows: &[RateView], out: &mut impl Write) -> io::Result<()> {
    grid::csv(COLUMNS, rows, out)
}

/// Writes a workbook.
pub fn workbook(
    rows: &[RateView],
    layout: Layout,
    out: &mut (impl Write + Send),
) -> io::Result<()> {
    grid::workbook(COLUMNS, rows, TITLE, layout, out)
}

#[cfg(test)]
mod tests;
