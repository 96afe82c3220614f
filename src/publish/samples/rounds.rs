//! Rounds with their samples, and the log of who did what with them.

use std::io;
use std::io::Write;

use jiff::Timestamp;
use serde::Serialize;

use crate::clock;
use crate::facts::sample::Age;
use crate::facts::sample::Deed;
use crate::facts::sample::DeedKind;
use crate::facts::sample::LeftOut;
use crate::facts::sample::Round;
use crate::facts::sample::Sample;
use crate::publish::layout::Layout;
use crate::publish::text::printable;
use crate::publish::view::ProviderNames;
use crate::publish::view::ProviderView;
use crate::publish::view::in_china;

/// A round as JSON.
#[derive(Debug, Clone, Serialize)]
pub struct RoundView {
    /// From 1.
    pub round: u32,
    /// When it was drawn.
    #[serde(serialize_with = "in_china")]
    pub drawn_at: Timestamp,
    /// The month whose records are new.
    pub month: String,
    /// What the choice was made from.
    pub seed: u64,
    /// When the register was imported that it was drawn from.
    #[serde(serialize_with = "in_china")]
    pub register_of: Timestamp,
    /// What could not be drawn.
    pub left_out: LeftOut,
    /// Its samples.
    pub samples: Vec<SampleView>,
}

/// A sample as JSON.
#[derive(Debug, Clone, Serialize)]
pub struct SampleView {
    /// Whose sites.
    pub provider: ProviderView,
    /// By age.
    pub strata: Vec<StratumView>,
}

/// A stratum as JSON.
#[derive(Debug, Clone, Serialize)]
pub struct StratumView {
    /// `new`, `older` or `unknown`.
    pub records: &'static str,
    /// Sites there are.
    pub population: u64,
    /// Sites drawn.
    pub drawn: u64,
}

impl RoundView {
    /// The view of a round and its samples.
    pub fn of(round: &Round, samples: &[Sample], names: &ProviderNames) -> Self {
        let sample = |sample: &Sample| SampleView {
            provider: names.view(&sample.provider),
            strata: Age::ALL
                .iter()
                .zip(sample.strata)
                .map(|(age, stratum)| StratumView {
                    records: age.word(),
                    population: stratum.population,
                    drawn: stratum.drawn,
                })
                .collect(),
        };
        Self {
            round: round.number,
            drawn_at: round.drawn_at,
            month: round.month.strftime("%Y-%m").to_string(),
            seed: round.seed,
            register_of: round.register_of,
            left_out: round.left_out,
            samples: samples.iter().map(sample).collect(),
        }
    }
}

/// Writes tables for people.
pub fn table(rounds: &[RoundView], layout: Layout, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", layout.title("抽查"))?;
    for round in rounds {
        let RoundView { round: number, month, seed, left_out, .. } = round;
        let day = clock::day(round.drawn_at);
        writeln!(out, "第 {number} 轮  {day} 抽取  新入库月份 {month}  种子 {seed}")?;
        let mut table =
            layout.table(["接入服务商", "新入库", "抽", "之前已入库", "抽", "时间不详", "抽"]);
        for sample in &round.samples {
            let numbers =
                sample.strata.iter().flat_map(|stratum| [stratum.population, stratum.drawn]);
            let name = sample.provider.label().to_owned();
            table.add_row([name].into_iter().chain(numbers.map(|number| number.to_string())));
        }
        writeln!(out, "{table}")?;
        let LeftOut { without_provider, provider_not_told, provider_not_known, later } = left_out;
        writeln!(
            out,
            "未列入抽查：无接入信息 {without_provider}，来源不含接入服务商 {provider_not_told}，\
             接入服务商名称无人登记 {provider_not_known}，当月之后备案 {later}\n"
        )?;
    }
    Ok(())
}

/// A deed as JSON.
#[derive(Debug, Clone, Serialize)]
pub struct DeedView {
    /// When.
    #[serde(serialize_with = "in_china")]
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// `drawn`, `revealed` or `read`.
    pub deed: &'static str,
    /// The round; `null` of `read`, whose rows may be of several.
    pub round: Option<u32>,
    /// What was revealed.
    pub what: Option<String>,
    /// Sites drawn or revealed, or rows that told something new.
    pub sites: u64,
    /// Of these, rows that changed what was told before.
    pub corrected: Option<u64>,
    /// Rows that were refused.
    pub refused: Option<u64>,
}

impl DeedView {
    /// The view of `deed`.
    pub fn of(deed: &Deed) -> Self {
        let view = Self {
            at: deed.at,
            by: deed.by.clone(),
            deed: "drawn",
            round: None,
            what: None,
            sites: 0,
            corrected: None,
            refused: None,
        };
        match &deed.kind {
            DeedKind::Drawn { round, sites } => Self { round: Some(*round), sites: *sites, ..view },
            DeedKind::Revealed { round, what, sites } => Self {
                deed: "revealed",
                round: Some(*round),
                what: Some(what.clone()),
                sites: *sites,
                ..view
            },
            DeedKind::Read { taken, corrected, refused } => Self {
                deed: "read",
                sites: *taken,
                corrected: Some(*corrected),
                refused: Some(*refused),
                ..view
            },
        }
    }
}

/// Writes the log for people.
pub fn log(deeds: &[DeedView], layout: Layout, out: &mut impl Write) -> io::Result<()> {
    let mut table = layout.table(["时间", "谁", "做了什么", "轮次", "网站数", "更正", "拒收"]);
    for deed in deeds {
        let number = |number: Option<u64>| number.map(|n| n.to_string()).unwrap_or_default();
        let what = match (deed.deed, &deed.what) {
            ("drawn", _) => "抽取".to_owned(),
            ("read", _) => "读回结果".to_owned(),
            (_, what) => format!("明文输出 {}", what.as_deref().unwrap_or_default()),
        };
        table.add_row([
            clock::written(deed.at),
            printable(&deed.by),
            what,
            number(deed.round.map(u64::from)),
            deed.sites.to_string(),
            number(deed.corrected),
            number(deed.refused),
        ]);
    }
    writeln!(out, "{}\n{table}", layout.title("抽查记录"))
}
