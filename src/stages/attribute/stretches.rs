//! All ranges of one family cut into stretches that each have one answer.

use std::collections::BTreeSet;
use std::collections::HashMap;

use crate::facts::placement::Holding;
use crate::stages::attribute::claim::Claim;
use crate::stages::attribute::claim::holding_of;
use crate::stages::attribute::parties::Parties;

/// How many of an address's leading bits lead to its part of the table, so that a look-up searches
/// a handful of neighbours and not the whole.
const LEADING: u32 = 20;

/// An address of one family as a number, and what finding it in a table takes.
pub(super) trait Number: Copy + Ord {
    /// The first [`LEADING`] bits.
    fn leading(self) -> usize;
    /// The number of addresses from here to `end`, less one.
    fn after(self) -> Option<Self>;
}

impl Number for u32 {
    fn leading(self) -> usize {
        (self >> (Self::BITS - LEADING)) as usize
    }

    fn after(self) -> Option<Self> {
        self.checked_add(1)
    }
}

impl Number for u128 {
    fn leading(self) -> usize {
        usize::try_from(self >> (Self::BITS - LEADING)).unwrap_or(usize::MAX)
    }

    fn after(self) -> Option<Self> {
        self.checked_add(1)
    }
}

/// Where each stretch starts and what holds there, ascending; each reaches to the next one's start.
#[derive(Debug)]
pub(super) struct Stretches<N> {
    starts: Vec<N>,
    answers: Vec<u32>,
    /// By the leading bits of an address, the first stretch that starts under them; one more at the
    /// end.
    first: Vec<u32>,
    holdings: Vec<Option<Holding>>,
}

/// One row: its first and last address, and what it claims.
pub(super) type Row<N> = (N, N, Claim);

impl<N: Number> Stretches<N> {
    pub(super) fn new(rows: &[Row<N>], parties: &Parties<'_>, register_places: bool) -> Self {
        let mut edges: Vec<(N, u32, bool)> = Vec::with_capacity(rows.len() * 2);
        for ((start, end, _), index) in rows.iter().zip(0..) {
            edges.push((*start, index, true));
            if let Some(after) = end.after() {
                edges.push((after, index, false));
            }
        }
        edges.sort_unstable();

        let mut table = Self {
            starts: Vec::new(),
            answers: Vec::new(),
            first: Vec::new(),
            holdings: Vec::new(),
        };
        let mut numbers: HashMap<Option<Holding>, u32> = HashMap::new();
        let mut covering: BTreeSet<u32> = BTreeSet::new();
        let mut edges = edges.into_iter().peekable();
        while let Some((at, index, begins)) = edges.next() {
            if begins {
                covering.insert(index);
            } else {
                covering.remove(&index);
            }
            if edges.peek().is_some_and(|(next, ..)| *next == at) {
                continue;
            }
            let claims: Vec<&Claim> = covering
                .iter()
                .filter_map(|index| rows.get(*index as usize))
                .map(|row| &row.2)
                .collect();
            let holding = holding_of(&claims, parties, register_places);
            let answer = *numbers.entry(holding).or_insert_with_key(|holding| {
                table.holdings.push(holding.clone());
                u32::try_from(table.holdings.len() - 1).unwrap_or(u32::MAX)
            });
            if table.answers.last() != Some(&answer) {
                table.starts.push(at);
                table.answers.push(answer);
            }
        }
        table.index();
        table
    }

    fn index(&mut self) {
        self.starts.shrink_to_fit();
        self.answers.shrink_to_fit();
        let mut first = Vec::with_capacity((1 << LEADING) + 1);
        for (start, place) in self.starts.iter().zip(0..) {
            while first.len() <= start.leading() {
                first.push(place);
            }
        }
        let end = u32::try_from(self.starts.len()).unwrap_or(u32::MAX);
        first.resize((1 << LEADING) + 1, end);
        self.first = first;
    }

    /// Where each stretch starts, ascending.
    pub(super) fn starts(&self) -> impl Iterator<Item = N> {
        self.starts.iter().copied()
    }

    /// What holds anywhere, each once.
    pub(super) fn holdings(&self) -> impl Iterator<Item = &Holding> {
        self.holdings.iter().flatten()
    }

    /// What holds at `address`; `None` where nothing covers it.
    pub(super) fn find(&self, address: N) -> Option<&Holding> {
        let leading = address.leading();
        let (from, to) = (*self.first.get(leading)?, *self.first.get(leading + 1)?);
        let near = self.starts.get(from as usize..to as usize)?;
        // Where none of them starts early enough, the stretch before reaches in.
        let after = from as usize + near.partition_point(|start| *start <= address);
        let answer = *self.answers.get(after.checked_sub(1)?)?;
        self.holdings.get(answer as usize)?.as_ref()
    }
}
