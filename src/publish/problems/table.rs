//! The counts of each provider by kind, and the first problems, for people.

use std::collections::BTreeMap;
use std::io;
use std::io::Write;
use std::marker::PhantomData;

use jiff::civil::Date;

use crate::facts::bureau::Bureau;
use crate::facts::provider::ProviderId;
use crate::publish::layout::Layout;
use crate::publish::problems::Shown;
use crate::publish::problems::Tallied;
use crate::publish::view::ProviderNames;

/// How many problems a table shows; the other formats hold all of them.
const ROWS: usize = 200;

/// The standing problems of each provider by kind; grows with the number of providers.
#[derive(Debug, Clone)]
pub struct Counts<P> {
    rows: BTreeMap<(Option<ProviderId>, Bureau), Counted>,
    sum: Counted,
    listed: u64,
    problems: PhantomData<P>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Counted {
    kinds: BTreeMap<usize, u64>,
    overdue: u64,
}

impl<P> Default for Counts<P> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), sum: Counted::default(), listed: 0, problems: PhantomData }
    }
}

impl<P: Shown> Counts<P> {
    /// Counts `problem`, if it stands: once in all, and once for each of its providers. All are counted
    /// as listed.
    pub fn add(&mut self, problem: &impl Tallied, today: Date) {
        self.listed += 1;
        if !problem.stands() {
            return;
        }
        let (kind, is_overdue) = (problem.kind(), problem.is_overdue(today));
        self.sum.add(kind, is_overdue);
        let mut add = |provider: Option<ProviderId>| {
            self.rows.entry((provider, problem.bureau())).or_default().add(kind, is_overdue);
        };
        if problem.providers().is_empty() {
            add(None);
        }
        problem.providers().iter().for_each(|id| add(Some(id.clone())));
    }
}

impl Counted {
    fn add(&mut self, kind: usize, is_overdue: bool) {
        *self.kinds.entry(kind).or_default() += 1;
        self.overdue += u64::from(is_overdue);
    }

    fn cells(&self, name: String, bureau: &str, kinds: usize) -> Vec<String> {
        let of_kinds = (0..kinds).map(|kind| self.kinds.get(&kind).copied().unwrap_or(0));
        let numbers = of_kinds.chain([self.kinds.values().sum(), self.overdue]);
        let names = [name, bureau.to_owned()].into_iter();
        names.chain(numbers.map(|number| number.to_string())).collect()
    }
}

/// Writes the counts of each provider and bureau, and the first rows of `problems`, which are those that
/// were counted.
pub fn table<P: Shown>(
    counts: &Counts<P>,
    problems: impl Iterator<Item = P::View>,
    names: &ProviderNames,
    layout: Layout,
    out: &mut impl Write,
) -> io::Result<()> {
    let kinds = P::KINDS.len();
    let headings = [&["接入服务商", "监督单位"][..], P::KINDS, &["合计", "逾期"]].concat();
    let mut table = layout.table(headings);
    for ((provider, bureau), row) in &counts.rows {
        let name = provider.as_ref().map_or(P::NOBODY.to_owned(), |id| names.told(id));
        table.add_row(row.cells(name, bureau.name(), kinds));
    }
    table.add_row(counts.sum.cells(P::SUM.to_owned(), "", kinds));
    writeln!(out, "{}", layout.title(P::TITLE))?;
    writeln!(out, "{table}")?;

    let mut table = layout.table(P::HEADINGS);
    let mut shown = 0;
    for row in problems.take(ROWS) {
        table.add_row(P::row(&row));
        shown += 1;
    }
    if shown > 0 {
        writeln!(out, "{table}")?;
    }
    let rest = counts.listed.saturating_sub(shown);
    if rest > 0 {
        writeln!(out, "另有 {rest} 条，请用 --format csv、jsonl 或 xlsx 查看")?;
    }
    Ok(())
}
