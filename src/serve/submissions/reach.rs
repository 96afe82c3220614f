//! How far the allocations of a provider's key reach: to addresses that the registry gave, and that
//! nobody else has. What others have, it gets by their word.
//!
//! The register is taken as it would be with the rows, and held against the register without them: where
//! an address would be another's no more, the narrowest row over it waits until that other one has passed
//! the range on. Rows are weighed together, so that none does with others what it may not do alone.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashSet;
use std::net::IpAddr;

use crate::facts::allocation::Allocation;
use crate::facts::allocation::Origin;
use crate::facts::placement::Holder;
use crate::facts::placement::Holding;
use crate::facts::provider::ProviderId;
use crate::facts::range::AddressRange;
use crate::facts::special;
use crate::facts::submission::Standing;
use crate::serve::problem::Problem;
use crate::serve::submissions::Refused;
use crate::serve::submissions::RowProblem;
use crate::serve::submissions::Taken;
use crate::serve::submissions::held::Allocations;
use crate::stages::attribute::AddressTable;
use crate::stages::attribute::Bounds;
use crate::store::rows::Row;

/// What stands over the rows that are weighed, and what becomes of them.
struct Scales<'a> {
    held: &'a Allocations<'a>,
    own: &'a ProviderId,
    /// The rows of the register that overlap with any that is weighed.
    known: Vec<Allocation>,
    /// Keys of those among them that hold, or stand for one that does.
    firm: HashSet<Vec<u8>>,
    bounds: Bounds,
    refused: BTreeMap<usize, Refused>,
    waiting: BTreeSet<usize>,
}

/// Weighs the `rows` of `own`: those that wait are marked, those that may not be taken are told by their
/// place.
pub(super) fn weigh(
    rows: &mut [Taken<Allocation>],
    held: &Allocations<'_>,
    own: &ProviderId,
) -> Result<BTreeMap<usize, Refused>, Problem> {
    let ranges = rows.iter().map(|taken| taken.row.range).collect();
    let (mut known, bounds) = held.near(ranges)?;
    // What stands for its own row that could not be read gives way to the row.
    known.retain(|row| !(row.is_unreadable() && held.is(row.provider.as_ref(), own)));
    let (refused, waiting) = (BTreeMap::new(), BTreeSet::new());
    let holds = known.iter().filter(|row| row.origin != Origin::Waiting);
    let firm = holds.map(Row::key).collect();
    let mut scales = Scales { held, own, known, firm, bounds, refused, waiting };
    let before = scales.table(scales.known.iter().cloned());
    scales.bound(rows, &before);
    while scales.hold_back(rows, &before) {}
    for (index, taken) in rows.iter_mut().enumerate() {
        if scales.waiting.contains(&index) {
            taken.row.origin = Origin::Waiting;
            taken.standing = Some(Standing::Pending);
            taken.problems.push(waits());
        }
    }
    Ok(scales.refused)
}

impl Scales<'_> {
    fn table(&self, rows: impl Iterator<Item = Allocation>) -> AddressTable {
        AddressTable::of_some(rows, &self.held.directory, self.held.today(), &self.bounds)
    }

    /// Refuses what is beyond the registry's rows and nobody's; where none are known, it waits for them.
    fn bound(&mut self, rows: &[Taken<Allocation>], before: &AddressTable) {
        let turns: BTreeSet<IpAddr> = before.turns().collect();
        for (index, Taken { row, .. }) in rows.iter().enumerate() {
            if let Some(refused) = self.special(&row.range) {
                self.refused.insert(index, refused);
                continue;
            }
            let (start, end) = (row.range.start(), row.range.end());
            let within = turns.range(start..=end).copied();
            let is_nowhere = |at: &IpAddr| {
                before.holding(*at).is_none_or(|holding| holding.holder == Holder::OutOfBounds)
            };
            let Some(at) = std::iter::once(start).chain(within).find(is_nowhere) else { continue };
            if self.bounds.are_known(start) {
                let column = if at == start { "start" } else { "end" };
                let why = "the range reaches beyond what the registry gave to the mainland, which it does \
                           not hold from";
                let remedy =
                    "on; correct its ends, or ask your bureau to import the registry's newest file";
                self.refused.insert(index, (column, format!("{why} {at} {remedy}")));
            } else {
                self.wait(rows, index);
            }
        }
    }

    fn special(&self, range: &AddressRange) -> Option<Refused> {
        let special = self.held.desk.guard.special_within(range);
        let mixed = || special::within(range).next().filter(|_| special::is_mixed(range));
        let special = special.or_else(mixed)?;
        let why = format!("{special} has a special purpose and is nobody's; leave it out");
        Some(("start", why))
    }

    /// Holds back what would take addresses from others; whether there was any.
    fn hold_back(&mut self, rows: &[Taken<Allocation>], before: &AddressTable) -> bool {
        let is_left =
            |index: &usize| !self.refused.contains_key(index) && !self.waiting.contains(index);
        let left: Vec<(usize, &Allocation)> = rows
            .iter()
            .map(|taken| &taken.row)
            .enumerate()
            .filter(|(index, _)| is_left(index))
            .collect();
        if left.is_empty() {
            return false;
        }
        let replaced: HashSet<Vec<u8>> = left.iter().map(|(_, row)| row.key()).collect();
        let kept = self.known.iter().filter(|row| !replaced.contains(&row.key()));
        let after = self.table(kept.chain(left.iter().map(|(_, row)| *row)).cloned());
        let mut held_back = BTreeSet::new();
        for at in before.turns().chain(after.turns()) {
            if !is_fair(self.own, before.holding(at), after.holding(at)) {
                let over = || left.iter().filter(|(_, row)| row.range.contains(at));
                let narrowest = over().map(|(_, row)| row.range.span()).min();
                let held = over().filter(|(_, row)| Some(row.range.span()) == narrowest);
                held_back.extend(held.map(|(index, _)| *index));
            }
        }
        for index in &held_back {
            self.wait(rows, *index);
        }
        !held_back.is_empty()
    }

    /// Lets a row wait; one that takes the place of a row that holds is refused, so that this one stays.
    fn wait(&mut self, rows: &[Taken<Allocation>], index: usize) {
        let Some(Taken { row, .. }) = rows.get(index) else { return };
        if self.firm.contains(&row.key()) {
            let why = "the register has this row, and as it is now it would take addresses that another \
                       provider has; that one reports first that it passed them on (`reassigned`)";
            self.refused.insert(index, ("provider", why.to_owned()));
        } else {
            self.waiting.insert(index);
        }
    }
}

/// Whether an address that was held as `before` says may be held as `after` says by the word of `own`.
fn is_fair(own: &ProviderId, before: Option<&Holding>, after: Option<&Holding>) -> bool {
    if before == after {
        return true;
    }
    let Some(before) = before else { return false };
    match &before.holder {
        Holder::Nobody => true,
        Holder::Provider { id, .. } if id == own => true,
        // Two claims to one range blame nobody.
        Holder::Provider { .. } => {
            after.is_some_and(|after| matches!(after.holder, Holder::Disputed(_)))
        }
        Holder::Disputed(_) | Holder::Unknown(_) | Holder::OutOfBounds => false,
    }
}

fn waits() -> RowProblem {
    RowProblem {
        code: "pending".to_owned(),
        column: "provider".to_owned(),
        reason: "待生效：地址已由其他单位报备，须其先报备再次分配给本单位；或尚未导入境内地址空间（registry）"
            .to_owned(),
    }
}
