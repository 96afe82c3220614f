//! Rows that wait for whoever has their addresses.

use std::collections::HashMap;

use crate::audit::allocations::relations::Report;
use crate::audit::allocations::spans::Span;
use crate::audit::allocations::spans::Spans;
use crate::audit::allocations::tell::Unit;
use crate::facts::allocation::AllocationKind;

/// Of the rows that wait those whose unit has the range by what others reported, or that nobody else has.
pub(super) fn admitted(
    mut waiting: Vec<Report>,
    reports: &[Report],
    (held, registry): (&[Span], &[Span]),
) -> Vec<Report> {
    if waiting.is_empty() {
        return waiting;
    }
    let held = Spans::union(held.to_vec());
    let free = registry.iter().flat_map(|given| held.missing_of(*given));
    let free: Vec<Span> = free.collect();
    let mut had: HashMap<Unit, Vec<Span>> =
        waiting.iter().map(|report| (report.unit, free.clone())).collect();
    for report in reports {
        let passed_on = report.to.filter(|_| report.kind == AllocationKind::Reassigned);
        for unit in [Some(report.unit), passed_on].into_iter().flatten() {
            had.entry(unit).and_modify(|spans| spans.push(report.span));
        }
    }
    let had: HashMap<Unit, Spans> =
        had.into_iter().map(|(unit, spans)| (unit, Spans::union(spans))).collect();
    waiting.retain(|report| {
        had.get(&report.unit).is_some_and(|had| had.missing_of(report.span).is_empty())
    });
    waiting
}
