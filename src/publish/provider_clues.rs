//! What the registers let suspect of providers: clues to subletting (违规转租), and no licence number.
//! People ask; nothing is counted as a fault.

use std::io;
use std::io::Write;

use serde::Serialize;

use crate::facts::address_census::SubletClue;
use crate::facts::bureau::Bureau;
use crate::facts::provider::ProviderId;
use crate::publish::grid;
use crate::publish::grid::Figure;
use crate::publish::grid::GridColumn;
use crate::publish::layout::Layout;
use crate::publish::view::ProviderNames;
use crate::publish::view::ProviderView;

/// One clue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderClue {
    /// `sublet` or `without_licence`.
    pub clue: &'static str,
    /// Who.
    pub provider: ProviderView,
    /// Whose to follow; `None` where the register does not say.
    pub bureau: Option<Bureau>,
    /// Who the ranges are from, who is no carrier; `None` of other clues.
    pub from: Option<ProviderView>,
    /// How many ranges; `None` of other clues.
    pub ranges: Option<u64>,
    /// The first of them; `None` of other clues.
    pub example: Option<String>,
}

impl ProviderClue {
    /// Ranges come from one that is no carrier.
    pub fn sublet(clue: &SubletClue, names: &ProviderNames) -> Self {
        Self {
            clue: "sublet",
            from: Some(names.view(&clue.lessor)),
            ranges: Some(clue.ranges),
            example: Some(clue.example.to_string()),
            ..Self::without_licence(&clue.lessee, names)
        }
    }

    /// The register has no licence number.
    pub fn without_licence(id: &ProviderId, names: &ProviderNames) -> Self {
        Self {
            clue: "without_licence",
            provider: names.view(id),
            bureau: names.bureau(id),
            from: None,
            ranges: None,
            example: None,
        }
    }

    fn chinese(&self) -> &'static str {
        if self.clue == "sublet" { "违规转租线索" } else { "没有经营许可证编号" }
    }
}

const COLUMNS: &[GridColumn<ProviderClue>] = &[
    GridColumn::of_files("clue", |row| Figure::Text(row.clue.to_owned())),
    GridColumn::new("clue_in_chinese", "线索", |row| Figure::Text(row.chinese().to_owned())),
    GridColumn::new("provider.id", "标识", |row| Figure::text(Some(&row.provider.id))),
    GridColumn::new("provider.name", "接入服务商", |row| {
        Figure::text(row.provider.name.as_ref())
    }),
    GridColumn::new("bureau", "监督单位", |row| Figure::text(row.bureau)),
    GridColumn::of_files("from.id", |row| Figure::text(row.from.as_ref().map(|from| &from.id))),
    GridColumn::new("from.name", "来源单位", |row| {
        Figure::text(row.from.as_ref().map(ProviderView::label))
    }),
    GridColumn::new("ranges", "地址段数", |row| Figure::count(row.ranges)),
    GridColumn::new("example", "地址段举例", |row| Figure::text(row.example.as_ref())),
];

/// Writes `rows` as a table.
pub fn table(rows: &[ProviderClue], layout: Layout, out: &mut impl Write) -> io::Result<()> {
    grid::table(COLUMNS, rows, "接入服务商的线索", layout, out)?;
    writeln!(
        out,
        "线索仅供核查：来源单位不是基础电信企业的，或名录中没有许可证编号的；不计入通报的申报数"
    )
}

/// Writes a JSON object a line.
pub fn jsonl(rows: &[ProviderClue], out: &mut impl Write) -> io::Result<()> {
    for row in rows {
        serde_json::to_writer(&mut *out, row)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Writes CSV for spreadsheets.
pub fn csv(rows: &[ProviderClue], out: &mut impl Write) -> io::Result<()> {
    grid::csv(COLUMNS, rows, out)
}
