//! All ranges of one family cut into stretches that each have one answer.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::net::IpAddr;

use crate::facts::placement::Holding;
use crate::facts::range::AddressRange;
use crate::facts::range::to_number;
use crate::stages::attribute::claim::Claim;
use crate::stages::attribute::claim::holding_of;

/// Where each stretch starts and what holds there, ascending; each reaches to the next one's start.
#[derive(Debug, Default)]
pub(super) struct Stretches {
    starts: Vec<u128>,
    answers: Vec<u32>,
    holdings: Vec<Option<Holding>>,
}

impl Stretches {
    pub(super) fn new(rows: &[(AddressRange, Claim)]) -> Self {
        let register_places = rows.iter().any(|(_, claim)| claim.is_registry());
        let mut edges: Vec<(u128, usize, bool)> = Vec::with_capacity(rows.len() * 2);
        for (index, (range, _)) in rows.iter().enumerate() {
            edges.push((to_number(range.start()), index, true));
            if let Some(after) = to_number(range.end()).checked_add(1) {
                edges.push((after, index, false));
            }
        }
        edges.sort_unstable();

        let mut stretches = Self::default();
        let mut numbers: HashMap<Option<Holding>, u32> = HashMap::new();
        let mut covering: BTreeSet<usize> = BTreeSet::new();
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
            let claims: Vec<&Claim> = covering.iter().map(|index| &rows[*index].1).collect();
            let holding = holding_of(&claims, register_places);
            let answer = *numbers.entry(holding).or_insert_with_key(|holding| {
                stretches.holdings.push(holding.clone());
                u32::try_from(stretches.holdings.len() - 1).unwrap_or(u32::MAX)
            });
            if stretches.answers.last() != Some(&answer) {
                stretches.starts.push(at);
                stretches.answers.push(answer);
            }
        }
        stretches
    }

    /// What holds at `address`; `None` where nothing covers it.
    pub(super) fn find(&self, address: IpAddr) -> Option<&Holding> {
        let after = self.starts.partition_point(|start| *start <= to_number(address));
        let answer = *self.answers.get(after.checked_sub(1)?)?;
        self.holdings.get(usize::try_from(answer).ok()?)?.as_ref()
    }
}
