//! What the registry gave to the mainland, and which reported rows reach beyond it.

use std::net::IpAddr;

use crate::facts::allocation::Allocation;
use crate::facts::allocation::AllocationKind;
use crate::facts::allocation::Origin;
use crate::facts::range::AddressRange;
use crate::facts::range::to_number;

/// First and last address as numbers of their family.
type Span = (u128, u128);

/// Of ten reported rows so many lie within the registry's, where these are all that it gave.
const OF_TEN: usize = 9;

/// What the registry gave, of both families.
#[derive(Debug, Default)]
pub struct Bounds {
    v4: Given,
    v6: Given,
}

/// What the registry gave of one family.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// Sorted and apart from each other, once they are settled.
    spans: Vec<Span>,
    /// What was reported, until that is settled.
    reported: Vec<Span>,
    /// Whether nearly everything that was reported lies within. Where it does not, some rows of the
    /// registry are known, and a report beyond them is as good as one within.
    is_whole: bool,
}

impl Bounds {
    /// Notes a row that is in force.
    pub fn note(&mut self, row: &Allocation) {
        let given = if row.range.start().is_ipv4() { &mut self.v4 } else { &mut self.v6 };
        if row.kind == AllocationKind::Registry {
            given.spans.push(span(&row.range));
        } else if row.origin == Origin::Reported {
            given.reported.push(span(&row.range));
        }
    }

    /// The bounds after the last row.
    #[must_use]
    pub fn settled(self) -> Self {
        Self { v4: self.v4.settled(), v6: self.v6.settled() }
    }

    /// Whether rows of the registry are known of the family of `address`.
    pub fn are_known(&self, address: IpAddr) -> bool {
        self.of(address).is_known()
    }

    /// Whether `row` was reported of addresses that are known not to be the registry's.
    pub fn leave_out(&self, row: &Allocation) -> bool {
        row.origin == Origin::Reported
            && row.kind != AllocationKind::Registry
            && self.of(row.range.start()).leaves_out(span(&row.range))
    }

    /// The registry's rows of the family of `address`.
    pub(super) fn of(&self, address: IpAddr) -> &Given {
        if address.is_ipv4() { &self.v4 } else { &self.v6 }
    }
}

impl Given {
    fn settled(mut self) -> Self {
        self.spans.sort_unstable();
        let mut apart: Vec<Span> = Vec::new();
        for (start, end) in self.spans {
            match apart.last_mut() {
                Some((_, last)) if start <= last.saturating_add(1) => *last = end.max(*last),
                _ => apart.push((start, end)),
            }
        }
        let given = Self { spans: apart, reported: Vec::new(), is_whole: false };
        let within = self.reported.iter().filter(|span| given.holds(**span)).count();
        let is_whole = given.is_known() && within * 10 >= self.reported.len() * OF_TEN;
        Self { is_whole, ..given }
    }

    /// Whether the registry's rows of this family are known.
    pub(super) fn is_known(&self) -> bool {
        !self.spans.is_empty()
    }

    /// Whether it is known that not all of `span` was given.
    pub(super) fn leaves_out(&self, span: Span) -> bool {
        self.is_whole && !self.holds(span)
    }

    fn holds(&self, (start, end): Span) -> bool {
        let after = self.spans.partition_point(|(from, _)| *from <= start);
        self.spans[..after].last().is_some_and(|(_, to)| end <= *to)
    }
}

fn span(range: &AddressRange) -> Span {
    (to_number(range.start()), to_number(range.end()))
}
