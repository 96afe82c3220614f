//! Rows that do not fit each other, as the interface's check result defines it (section 4.4): out of
//! bounds, conflict and unreported, each for sources and for assignments; and a unit's own rows that
//! overlap. Each row has each problem once, with all its parts.

use std::collections::HashMap;

use crate::audit::allocations::Found;
use crate::audit::allocations::doubts::Doubts;
use crate::audit::allocations::record::bureau;
use crate::audit::allocations::record::level;
use crate::audit::allocations::spans::Span;
use crate::audit::allocations::spans::Spans;
use crate::audit::allocations::tell::Tell;
use crate::audit::allocations::tell::Unit;
use crate::audit::allocations::tell::UnitFacts;
use crate::audit::allocations::waiting::admitted;
use crate::facts::allocation::Allocation;
use crate::facts::allocation::AllocationKind;
use crate::facts::allocation::Origin;
use crate::facts::bureau::Bureau;
use crate::facts::directory::Directory;
use crate::facts::problem::Fault;
use crate::facts::problem::Level;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderKind;
use crate::facts::provider::ProviderName;
use crate::facts::range::to_number;

/// With so many units over one address the first ones tell enough; comparing each with each of
/// thousands would never end.
const MOST_AT_ONCE: usize = 64;

/// Within one overlap, links are looked at piece by piece up to so many.
const MOST_PIECES: usize = 256;

/// A reporter would not have more units above it; beyond that the links run in a circle.
const LONGEST_CHAIN: usize = 16;

/// One reported row, reduced to what others are compared with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Report {
    pub(super) unit: Unit,
    level: Level,
    pub(super) kind: AllocationKind,
    pub(super) span: Span,
    from: Option<Unit>,
    pub(super) to: Option<Unit>,
    bureau: Bureau,
}

/// Everything that was reported of one family, and what the registry gave.
#[derive(Debug, Default)]
struct Family {
    reports: Vec<Report>,
    /// What anybody named a holder for.
    held: Vec<Span>,
    registry: Vec<Span>,
    /// What was reported in rows that were refused, by whoever can be told.
    unread: Vec<(Option<Unit>, Span)>,
    /// Rows that wait until their unit has the range by the others.
    waiting: Vec<Report>,
}

/// All rows, reduced.
#[derive(Debug)]
pub(super) struct Relations<'a> {
    directory: &'a Directory,
    units: Vec<UnitFacts>,
    numbers: HashMap<ProviderId, Unit>,
    v4: Family,
    v6: Family,
}

impl<'a> Relations<'a> {
    pub(super) fn new(directory: &'a Directory) -> Self {
        Self {
            directory,
            units: Vec::new(),
            numbers: HashMap::new(),
            v4: Family::default(),
            v6: Family::default(),
        }
    }

    pub(super) fn push(&mut self, row: &Allocation) {
        let span = (to_number(row.range.start()), to_number(row.range.end()));
        let unit = self.unit(row.provider.as_ref());
        let (from, to) = (self.unit(row.from.as_ref()), self.unit(row.to.as_ref()));
        let reporter = row.provider.as_ref().and_then(|name| self.directory.find(name));
        let bureau = bureau(row, reporter);
        let family = if row.range.start().is_ipv4() { &mut self.v4 } else { &mut self.v6 };
        if row.kind == AllocationKind::Registry {
            family.registry.push(span);
            return;
        }
        if row.is_unreadable() {
            family.held.push(span);
            family.unread.push((unit, span));
            return;
        }
        if row.origin != Origin::Waiting {
            family.held.push(span);
        }
        // Whose name nobody bears cannot be told to mend anything; that it is unknown is told.
        if let Some(unit) = unit
            && row.origin != Origin::Listed
        {
            let (level, kind) = (level(row.kind), row.kind);
            let waits = row.origin == Origin::Waiting;
            let rows = if waits { &mut family.waiting } else { &mut family.reports };
            rows.push(Report { unit, level, kind, span, from, to, bureau });
        }
    }

    fn unit(&mut self, name: Option<&ProviderName>) -> Option<Unit> {
        let provider = self.directory.find(name?)?;
        if let Some(unit) = self.numbers.get(&provider.id) {
            return Some(*unit);
        }
        let unit = Unit::try_from(self.units.len()).ok()?;
        self.units.push(UnitFacts {
            id: provider.id.clone(),
            bureau: provider.bureau.unwrap_or(Bureau::MINISTRY),
            is_carrier: provider.kind == ProviderKind::Carrier,
        });
        self.numbers.insert(provider.id.clone(), unit);
        Some(unit)
    }

    /// Hands every problem that rows have with each other to `found`.
    pub(super) fn check<E>(self, found: &mut impl FnMut(Found) -> Result<(), E>) -> Result<(), E> {
        let Self { units, v4, v6, .. } = self;
        for (family, is_v4) in [(v4, true), (v6, false)] {
            let Family { mut reports, mut held, registry, unread, waiting } = family;
            let admitted = admitted(waiting, &reports, (&held, &registry));
            held.extend(admitted.iter().map(|report| report.span));
            reports.extend(admitted);
            let mut tell = Tell { units: &units, is_v4, found: &mut *found };
            let held = Spans::union(held);
            for given in outermost(registry) {
                tell.registry(given, &held.missing_of(given))?;
            }
            let had = Had::of(&reports, Doubts::of(unread));
            for report in &reports {
                had.check(report, &mut tell)?;
            }
            reports.sort_unstable_by_key(|report| (report.unit, report.level, report.span));
            twice(&reports, &mut tell)?;
            reports.sort_unstable_by_key(|report| (report.level, report.span, report.unit));
            conflicts(&reports, &had, &mut tell)?;
        }
        Ok(())
    }
}

/// What each unit has and gave away, all its rows together.
#[derive(Debug, Default)]
struct Had {
    sources: HashMap<Unit, Spans>,
    assignments: HashMap<Unit, Spans>,
    /// What the first reported to have passed on to the second.
    passed_on: HashMap<(Unit, Unit), Spans>,
    /// From whom a unit has anything, by its own word or the other's.
    above: HashMap<Unit, Vec<(Unit, Spans)>>,
    /// Where rows that were refused may say what is missed.
    doubts: Doubts,
}

impl Had {
    fn of(reports: &[Report], doubts: Doubts) -> Self {
        let (mut sources, mut assignments) = (HashMap::new(), HashMap::new());
        let (mut passed_on, mut links) = (HashMap::new(), HashMap::new());
        let add = |spans: &mut HashMap<_, Vec<Span>>, unit, span| {
            spans.entry(unit).or_default().push(span);
        };
        for report in reports {
            let Report { unit, span, .. } = *report;
            let spans = match report.level {
                Level::Source => &mut sources,
                Level::Assignment => &mut assignments,
            };
            add(spans, unit, span);
            if let (AllocationKind::Reassigned, Some(to)) = (report.kind, report.to) {
                passed_on.entry((unit, to)).or_insert_with(Vec::new).push(span);
                links.entry((unit, to)).or_insert_with(Vec::new).push(span);
            }
            if let Some(from) = report.from {
                links.entry((from, unit)).or_insert_with(Vec::new).push(span);
            }
        }
        let mut above: HashMap<Unit, Vec<(Unit, Spans)>> = HashMap::new();
        for ((upper, lower), spans) in links.into_iter().filter(|((a, b), _)| a != b) {
            above.entry(lower).or_default().push((upper, Spans::union(spans)));
        }
        let united = |(unit, spans)| (unit, Spans::union(spans));
        Self {
            sources: sources.into_iter().map(united).collect(),
            assignments: assignments.into_iter().map(united).collect(),
            passed_on: passed_on
                .into_iter()
                .map(|(units, spans)| (units, Spans::union(spans)))
                .collect(),
            above,
            doubts,
        }
    }

    fn check<E, F>(&self, report: &Report, tell: &mut Tell<'_, F>) -> Result<(), E>
    where
        F: FnMut(Found) -> Result<(), E>,
    {
        let Report { unit, span, bureau, .. } = *report;
        let mender = (unit, bureau);
        match (report.kind, report.from, report.to) {
            (AllocationKind::Source, from, _) => {
                let unused = missing(self.assignments.get(&unit), span);
                let unused = self.doubts.without(unused, unit);
                let fault = (Fault::Unreported, Level::Assignment);
                tell.tell(mender, fault, (span, &unused), None)?;
                // Of an upstream that reports nothing it cannot be said what it passed on.
                let Some(from) = from.filter(|from| *from != unit && self.reports(*from)) else {
                    return Ok(());
                };
                let outside = missing(self.passed_on.get(&(from, unit)), span);
                let outside = self.doubts.without(outside, from);
                let fault = (Fault::OutOfBounds, Level::Source);
                tell.tell(mender, fault, (span, &outside), Some((from, None)))?;
            }
            (AllocationKind::Brought | AllocationKind::Registry, ..) => {}
            (_, _, to) => {
                let outside = missing(self.sources.get(&unit), span);
                let has_none = outside.first() == Some(&span);
                let outside = self.doubts.without(outside, unit);
                let is_carrier = tell.units.get(unit as usize).is_some_and(|unit| unit.is_carrier);
                // The basic carriers have their ranges from the registry, and need report no source.
                if !(has_none && is_carrier) {
                    let is_all = outside.first() == Some(&span);
                    let fault = if is_all { Fault::NoSource } else { Fault::OutOfBounds };
                    tell.tell(mender, (fault, Level::Assignment), (span, &outside), None)?;
                }
                let Some(to) = to.filter(|to| *to != unit) else { return Ok(()) };
                let bureau = tell.units.get(to as usize).map_or(bureau, |unit| unit.bureau);
                let unreported = missing(self.sources.get(&to), span);
                let unreported = self.doubts.without(unreported, to);
                let fault = (Fault::Unreported, Level::Source);
                tell.tell((to, bureau), fault, (span, &unreported), Some((unit, None)))?;
            }
        }
        Ok(())
    }

    /// Whether `unit` reported anything.
    fn reports(&self, unit: Unit) -> bool {
        self.sources.contains_key(&unit) || self.assignments.contains_key(&unit)
    }

    /// The parts of `span` that neither of two units has from the other. Whoever's row was refused may have
    /// linked them.
    fn unlinked(&self, one: Unit, two: Unit, span: Span) -> Vec<Span> {
        let mut cuts = vec![span.0];
        for links in [one, two].into_iter().flat_map(|unit| self.all_above(unit)) {
            let ends = links.iter().flat_map(|(start, end)| [Some(start), end.checked_add(1)]);
            cuts.extend(ends.flatten().filter(|at| span.0 < *at && *at <= span.1));
        }
        cuts.sort_unstable();
        cuts.dedup();
        cuts.truncate(MOST_PIECES);
        let ends = cuts.iter().skip(1).map(|next| next - 1).chain([span.1]);
        let pieces = cuts.iter().copied().zip(ends);
        let apart =
            pieces.filter(|(at, _)| !self.is_below(one, two, *at) && !self.is_below(two, one, *at));
        self.doubts.without_any(Spans::union(apart.collect()).iter().collect())
    }

    /// What links lead to `unit` and to those above it.
    fn all_above(&self, unit: Unit) -> Vec<&Spans> {
        let (mut reached, mut links, mut next) = (vec![unit], Vec::new(), 0);
        while let Some(lower) = reached.get(next).copied().filter(|_| next < LONGEST_CHAIN) {
            for (above, spans) in self.above.get(&lower).into_iter().flatten() {
                links.push(spans);
                if !reached.contains(above) {
                    reached.push(*above);
                }
            }
            next += 1;
        }
        links
    }

    /// Whether `unit` has the address `at` from `upper`, through however many hands.
    fn is_below(&self, unit: Unit, upper: Unit, at: u128) -> bool {
        let mut reached = vec![unit];
        let mut next = 0;
        while let Some(lower) = reached.get(next).copied().filter(|_| next < LONGEST_CHAIN) {
            for (above, spans) in self.above.get(&lower).into_iter().flatten() {
                if spans.missing_of((at, at)).is_empty() && !reached.contains(above) {
                    if *above == upper {
                        return true;
                    }
                    reached.push(*above);
                }
            }
            next += 1;
        }
        false
    }
}

fn missing(spans: Option<&Spans>, span: Span) -> Vec<Span> {
    spans.map_or_else(|| vec![span], |spans| spans.missing_of(span))
}

/// Those of `spans` that no other holds, ascending.
fn outermost(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable_by_key(|(start, end)| (*start, std::cmp::Reverse(*end)));
    let mut outermost: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        if outermost.last().is_none_or(|(_, end)| span.1 > *end) {
            outermost.push(span);
        }
    }
    outermost
}

/// Rows of one unit and level, by start: each that begins within an earlier one. What is the same
/// row under another name of the unit is no second report.
fn twice<E, F>(reports: &[Report], tell: &mut Tell<'_, F>) -> Result<(), E>
where
    F: FnMut(Found) -> Result<(), E>,
{
    for rows in reports.chunk_by(|a, b| (a.unit, a.level) == (b.unit, b.level)) {
        let mut reaches: Option<u128> = None;
        for (index, report) in rows.iter().enumerate() {
            let Report { unit, bureau, level, span, .. } = *report;
            let is_same = |other: &Report| {
                (other.span, other.kind, other.from, other.to)
                    == (span, report.kind, report.from, report.to)
            };
            if index.checked_sub(1).and_then(|before| rows.get(before)).is_some_and(is_same) {
                continue;
            }
            if let Some(end) = reaches.filter(|end| *end >= span.0) {
                let part = (span.0, span.1.min(end));
                let fault = (Fault::ReportedAlready, level);
                tell.tell((unit, bureau), fault, (span, &[part]), None)?;
            }
            reaches = reaches.max(Some(span.1));
        }
    }
    Ok(())
}

/// Rows of two units and one level over the same addresses, as far as neither has them from the other.
fn conflicts<E, F>(reports: &[Report], had: &Had, tell: &mut Tell<'_, F>) -> Result<(), E>
where
    F: FnMut(Found) -> Result<(), E>,
{
    for rows in reports.chunk_by(|a, b| a.level == b.level) {
        let mut open: Vec<&Report> = Vec::new();
        for report in rows {
            open.retain(|other| other.span.1 >= report.span.0);
            for other in &open {
                let is_brought = |report: &Report| report.kind == AllocationKind::Brought;
                // A brought range is reported by whoever gives it too: that is as it should be.
                if other.unit == report.unit || is_brought(other) != is_brought(report) {
                    continue;
                }
                let overlap = (report.span.0, report.span.1.min(other.span.1));
                let apart = had.unlinked(report.unit, other.unit, overlap);
                for (one, two) in [(report, *other), (*other, report)] {
                    tell.tell(
                        (one.unit, one.bureau),
                        (Fault::Conflict, one.level),
                        (one.span, &apart),
                        Some((two.unit, Some(two.span))),
                    )?;
                }
            }
            // A unit's wider row speaks for those within it.
            let is_spoken_for = |other: &&Report| {
                (other.unit, other.kind) == (report.unit, report.kind)
                    && other.span.1 >= report.span.1
            };
            if open.len() < MOST_AT_ONCE && !open.iter().any(is_spoken_for) {
                open.push(report);
            }
        }
    }
    Ok(())
}
