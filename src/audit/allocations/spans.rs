//! Sets of addresses of one family, as sorted spans that neither overlap nor touch.

/// First and last address, both included.
pub(super) type Span = (u128, u128);

/// A set of addresses.
#[derive(Debug, Default)]
pub(super) struct Spans(Vec<Span>);

impl Spans {
    /// The addresses that lie in any of `spans`.
    pub(super) fn union(mut spans: Vec<Span>) -> Self {
        spans.sort_unstable();
        let mut apart: Vec<Span> = Vec::with_capacity(spans.len());
        for (start, end) in spans {
            match apart.last_mut() {
                Some((_, last)) if start <= last.saturating_add(1) => *last = (*last).max(end),
                _ => apart.push((start, end)),
            }
        }
        Self(apart)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Span> {
        self.0.iter().copied()
    }

    /// The parts of `span` that are not in the set, ascending.
    pub(super) fn missing_of(&self, (start, end): Span) -> Vec<Span> {
        let mut missing = Vec::new();
        let mut next = Some(start);
        let first = self.0.partition_point(|(_, last)| *last < start);
        for (from, to) in self.0.iter().skip(first).take_while(|(from, _)| *from <= end) {
            let Some(at) = next else { break };
            if *from > at {
                missing.push((at, from - 1));
            }
            next = to.checked_add(1);
        }
        if let Some(at) = next.filter(|at| *at <= end) {
            missing.push((at, end));
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_missing_lies_between_before_and_after() {
        let spans = Spans::union(vec![(30, 39), (10, 12), (13, 19), (15, 16)]);
        assert_eq!(spans.iter().collect::<Vec<_>>(), [(10, 19), (30, 39)]);
        for (span, missing) in [
            ((10, 19), vec![]),
            ((0, 9), vec![(0, 9)]),
            ((5, 45), vec![(5, 9), (20, 29), (40, 45)]),
            ((19, 30), vec![(20, 29)]),
            ((40, u128::MAX), vec![(40, u128::MAX)]),
        ] {
            assert_eq!(spans.missing_of(span), missing, "{span:?}");
        }
        let all = Spans::union(vec![(0, u128::MAX)]);
        assert!(all.missing_of((0, u128::MAX)).is_empty());
    }

    proptest! {
        #[test]
        fn an_address_is_missing_exactly_where_no_span_holds_it(
            spans in prop::collection::vec((0_u128..64, 0_u128..64), 0..8),
            span in (0_u128..64, 0_u128..64),
        ) {
            let ordered = |(a, b): Span| if a <= b { (a, b) } else { (b, a) };
            let spans: Vec<Span> = spans.into_iter().map(ordered).collect();
            let (start, end) = ordered(span);
            let missing = Spans::union(spans.clone()).missing_of((start, end));
            for at in 0..64 {
                let holds = |(from, to): &Span| *from <= at && at <= *to;
                let is_missing = (start..=end).contains(&at) && !spans.iter().any(holds);
                prop_assert_eq!(missing.iter().any(holds), is_missing, "{}", at);
            }
        }
    }
}
