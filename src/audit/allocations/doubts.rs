//! Where rows that were refused stand: they were reported, and may say just what seems to be missing.

use std::collections::HashMap;

use crate::audit::allocations::spans::Span;
use crate::audit::allocations::spans::Spans;
use crate::audit::allocations::tell::Unit;

/// The addresses of refused rows.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    by: HashMap<Unit, Spans>,
    /// Those of which it cannot be told who reported them.
    by_nobody: Spans,
    all: Spans,
}

impl Doubts {
    pub(super) fn of(unread: Vec<(Option<Unit>, Span)>) -> Self {
        let (mut by, mut by_nobody): (HashMap<Unit, Vec<Span>>, _) = (HashMap::new(), Vec::new());
        let all = Spans::union(unread.iter().map(|(_, span)| *span).collect());
        for (unit, span) in unread {
            unit.map_or(&mut by_nobody, |unit| by.entry(unit).or_default()).push(span);
        }
        let by = by.into_iter().map(|(unit, spans)| (unit, Spans::union(spans))).collect();
        Self { by, by_nobody: Spans::union(by_nobody), all }
    }

    /// What is left of `parts` where no row of `unit` was refused, nor one that may be its.
    pub(super) fn without(&self, parts: Vec<Span>, unit: Unit) -> Vec<Span> {
        let own = self.by.get(&unit).into_iter();
        own.chain([&self.by_nobody]).fold(parts, less)
    }

    /// What is left of `parts` where nobody's row was refused.
    pub(super) fn without_any(&self, parts: Vec<Span>) -> Vec<Span> {
        less(parts, &self.all)
    }
}

fn less(parts: Vec<Span>, spans: &Spans) -> Vec<Span> {
    parts.into_iter().flat_map(|part| spans.missing_of(part)).collect()
}
