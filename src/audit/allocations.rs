//! What is wrong with the address register: rows that lack or break what the filing interface asks
//! for, and rows that do not fit each other (out of bounds 越界, conflict 冲突, unreported 未报).
//!
//! Only rows that were reported are held to the rules, and of what a refused row may say nobody is told that
//! it is missing. Plain lists and route objects name a holder
//! and nothing else; registry rows tell what there is to report.

mod doubts;
mod record;
mod relations;
mod spans;
mod tell;
mod waiting;

use jiff::civil::Date;

use crate::audit::allocations::relations::Relations;
use crate::facts::allocation::Allocation;
use crate::facts::allocation::Origin;
use crate::facts::bureau::Bureau;
use crate::facts::directory::Directory;
use crate::facts::problem::ProblemKey;
use crate::net::guard::Guard;

/// A problem as one check sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What makes it the same from one check to the next.
    pub key: ProblemKey,
    /// Whose to follow.
    pub bureau: Bureau,
    /// The value at fault, or the other row's range.
    pub detail: String,
}

/// Checks every one of `rows`, and all of them together as they hold on `day`. Each problem is handed to `found` as soon as
/// it is known, so that a register full of them needs no memory for them; whatever `found` or a row
/// fails with ends the check.
pub fn check<E>(
    rows: impl Iterator<Item = Result<Allocation, E>>,
    directory: &Directory,
    guard: &Guard,
    day: Date,
    mut found: impl FnMut(Found) -> Result<(), E>,
) -> Result<(), E> {
    let mut relations = Relations::new(directory);
    for row in rows {
        let row = row?;
        if row.origin == Origin::Reported {
            record::check(&row, directory, guard, &mut found)?;
        }
        if row.is_in_force(day) {
            relations.push(&row);
        }
    }
    relations.check(&mut found)
}

#[cfg(test)]
mod tests;
