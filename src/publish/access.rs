//! The access records of each provider, held against what was seen: how many are right, and of what
//! kinds and causes the wrong ones are.

use std::collections::BTreeMap;
use std::io;
use std::io::Write;

use serde::Serialize;

use crate::audit::access::AccessCount;
use crate::audit::rates::share;
use crate::facts::census::FiledCount;
use crate::facts::provider::ProviderId;
use crate::publish::grid;
use crate::publish::grid::Figure;
use crate::publish::grid::GridColumn;
use crate::publish::layout::Layout;
use crate::publish::view::ProviderNames;
use crate::publish::view::ProviderView;

/// One provider's access records.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccessView {
    /// Whose; `None` for shells, which have no provider.
    pub provider: Option<ProviderView>,
    /// Filed Domains with an access record there; `None` where the register is not counted.
    pub filed: Option<u64>,
    /// Of those, and of what is served there without a record, how many were told.
    pub checked: u64,
    /// Records that are right: the Domain resolves there.
    pub right: u64,
    /// `right` of `checked`.
    pub accuracy: Option<f64>,
    /// 少报
    pub not_connected: NotConnectedView,
    /// 多报
    pub over_reported: OverReportedView,
    /// 空壳
    pub shell: ShellView,
}

/// What is served without an access record, by why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotConnectedView {
    /// All of them.
    pub count: u64,
    /// No provider of record serves it any more.
    pub moved: u64,
    /// A provider of record serves it too.
    pub several: u64,
    /// Served as by a CDN.
    pub cdn: u64,
    /// There is no access record at all.
    pub shell: u64,
    /// The last examination does not tell.
    pub unknown: u64,
    /// From whom those that moved came, by provider.
    pub from: BTreeMap<ProviderId, u64>,
}

/// Access records that nothing resolves to, by why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OverReportedView {
    /// All of them.
    pub count: u64,
    /// The name is gone or has no address.
    pub gone: u64,
    /// Every address is abroad.
    pub abroad: u64,
    /// Served by others.
    pub moved: u64,
    /// It resolves to others, and nothing answers.
    pub silent: u64,
    /// The last examination does not tell.
    pub unknown: u64,
    /// To whom those that moved went, by provider.
    pub to: BTreeMap<ProviderId, u64>,
}

/// Filings without an access provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ShellView {
    /// All of them.
    pub count: u64,
    /// Somebody serves the site.
    pub alive: u64,
    /// Nobody does.
    pub dead: u64,
    /// The last examination does not tell.
    pub unknown: u64,
}

impl AccessView {
    /// The view of one provider's `count`; `filed` is what the register has there.
    pub fn of(
        provider: Option<&ProviderId>,
        count: &AccessCount,
        filed: Option<FiledCount>,
        names: &ProviderNames,
    ) -> Self {
        let [moved, several, cdn, shell, unknown] = count.not_connected;
        let not_connected = NotConnectedView {
            count: count.not_connected.iter().sum(),
            moved,
            several,
            cdn,
            shell,
            unknown,
            from: count.moved_from.clone(),
        };
        let [gone, abroad, moved, silent, unknown] = count.over_reported;
        let over_reported = OverReportedView {
            count: count.over_reported.iter().sum(),
            gone,
            abroad,
            moved,
            silent,
            unknown,
            to: count.moved_to.clone(),
        };
        let [alive, dead, unknown] = count.shells;
        Self {
            provider: provider.map(|id| names.view(id)),
            filed: filed.map(|count| count.domains),
            checked: count.checked(),
            right: count.right,
            accuracy: share(count.right, count.checked()),
            not_connected,
            over_reported,
            shell: ShellView { count: alive + dead + unknown, alive, dead, unknown },
        }
    }
}

/// `3` of one, `2` of another: `甲 3、乙 2`.
fn listed(counts: &BTreeMap<ProviderId, u64>) -> Figure {
    if counts.is_empty() {
        return Figure::Empty;
    }
    let mut counts: Vec<_> = counts.iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let told: Vec<_> = counts.iter().map(|(id, count)| format!("{id} {count}")).collect();
    Figure::Text(told.join("、"))
}

const COLUMNS: &[GridColumn<AccessView>] = &[
    GridColumn::of_files("provider.id", |row| {
        Figure::text(row.provider.as_ref().map(|provider| &provider.id))
    }),
    GridColumn::new("provider.name", "接入服务商", |row| {
        let named = |provider: &ProviderView| format!("{} ({})", provider.label(), provider.id);
        Figure::Text(row.provider.as_ref().map_or("无接入服务商".to_owned(), named))
    }),
    GridColumn::new("filed", "已备案", |row| Figure::count(row.filed)),
    GridColumn::new("checked", "已核查", |row| Figure::Count(row.checked)),
    GridColumn::new("right", "准确", |row| Figure::Count(row.right)),
    GridColumn::new("accuracy", "接入准确率", |row| Figure::share(row.accuracy)),
    GridColumn::new("not_connected.count", "少报", |row| Figure::Count(row.not_connected.count)),
    GridColumn::new("not_connected.moved", "少报：迁入", |row| {
        Figure::Count(row.not_connected.moved)
    }),
    GridColumn::new("not_connected.several", "多家接入", |row| {
        Figure::Count(row.not_connected.several)
    }),
    GridColumn::new("not_connected.cdn", "CDN", |row| Figure::Count(row.not_connected.cdn)),
    GridColumn::new("not_connected.shell", "无任何接入", |row| {
        Figure::Count(row.not_connected.shell)
    }),
    GridColumn::of_files("not_connected.unknown", |row| Figure::Count(row.not_connected.unknown)),
    GridColumn::new("not_connected.from", "从何处迁入", |row| listed(&row.not_connected.from)),
    GridColumn::new("over_reported.count", "多报", |row| Figure::Count(row.over_reported.count)),
    GridColumn::new("over_reported.gone", "多报：域名消失", |row| {
        Figure::Count(row.over_reported.gone)
    }),
    GridColumn::new("over_reported.abroad", "迁至境外", |row| {
        Figure::Count(row.over_reported.abroad)
    }),
    GridColumn::new("over_reported.moved", "迁出", |row| Figure::Count(row.over_reported.moved)),
    GridColumn::new("over_reported.silent", "无响应", |row| {
        Figure::Count(row.over_reported.silent)
    }),
    GridColumn::of_files("over_reported.unknown", |row| Figure::Count(row.over_reported.unknown)),
    GridColumn::new("over_reported.to", "迁往何处", |row| listed(&row.over_reported.to)),
    GridColumn::new("shell.alive", "空壳：存活", |row| Figure::Count(row.shell.alive)),
    GridColumn::new("shell.dead", "空壳：死亡", |row| Figure::Count(row.shell.dead)),
    GridColumn::new("shell.unknown", "空壳：不明", |row| Figure::Count(row.shell.unknown)),
];

const TITLE: &str = "接入信息核查";

/// Writes `rows` as a table.
pub fn table(rows: &[AccessView], layout: Layout, out: &mut impl Write) -> io::Result<()> {
    grid::table(COLUMNS, rows, TITLE, layout, out)
}

/// Writes a JSON object a line.
pub fn jsonl(rows: &[AccessView], out: &mut impl Write) -> io::Result<()> {
    for row in rows {
        serde_json::to_writer(&mut *out, row)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Writes CSV for spreadsheets.
pub fn csv(rows: &[AccessView], out: &mut impl Write) -> io::Result<()> {
    grid::csv(COLUMNS, rows, out)
}

/// Writes a workbook.
pub fn workbook(
    rows: &[AccessView],
    layout: Layout,
    out: &mut (impl Write + Send),
) -> io::Result<()> {
    grid::workbook(COLUMNS, rows, TITLE, layout, out)
}
