//! Is what a filing says right? The accuracy rate as annex 2 of the 2009 plan defines it, from the
//! sites of a sample that were verified.
//!
//! Everything here is pure:
//!
//! * [`Verified`]: what is known of each item of one site; [`Verified::subject`],
//!   [`Verified::access`] and [`Verified::accuracy`] are the annex's three standards.
//! * [`Tally`]: sites that are right, wrong and not verified; [`Tally::rate`] is over the verified
//!   ones, [`Tally::bounds`] what it would be if all the others were wrong, or right.
//! * [`interval::wilson`]`(right, verified, confidence)` and [`interval::exact`] (Clopper-Pearson)
//!   give an [`interval::Interval`]; `confidence` is an [`interval::Confidence`].
//! * [`estimate::stratified`]`(strata, confidence)` weights strata by their population, for a
//!   provider, a bureau, the nation.
//! * [`size::needed`] says how many sites a wanted margin takes.
//! * [`targets::Settings`] is `[accuracy]`: `confidence`, and the targets with their days;
//!   [`targets::Settings::target`]`(age, day)` is the one that holds on a day.

pub mod interval;
pub mod estimate;
pub mod size;
pub mod targets;
pub mod record;
pub mod draw;
pub mod outcome;
pub mod rates;

use serde::Serialize;

use crate::facts::sample::Item;
use crate::facts::sample::Rightness;

/// What is known of each item of one site; unknown for what the record does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    items: [Rightness; 5],
}

impl Default for Verified {
    fn default() -> Self {
        Self { items: [Rightness::Unknown; 5] }
    }
}

impl Verified {
    /// Whether `item` is right.
    pub fn of(&self, item: Item) -> Rightness {
        self.items[place(item)]
    }

    /// Says of `item` whether it is right.
    pub fn set(&mut self, item: Item, rightness: Rightness) {
        self.items[place(item)] = rightness;
    }

    /// 主办者溯源关键信息: the organiser's or the responsible person's name is right, and a telephone
    /// number or the address is. `has` are the items that the record has: where one of a pair is
    /// missing, the other decides alone.
    pub fn subject(&self, has: &[Item]) -> Rightness {
        let either = |one: Item, other: Item| {
            let parts = [one, other].map(|item| (self.of(item), has.contains(&item)));
            let known = parts
                .iter()
                .filter(|(rightness, is_there)| *is_there || *rightness != Rightness::Unknown);
            let known: Vec<Rightness> = known.map(|(rightness, _)| *rightness).collect();
            if known.contains(&Rightness::Right) {
                Rightness::Right
            } else if known.is_empty() || known.contains(&Rightness::Unknown) {
                Rightness::Unknown
            } else {
                Rightness::Wrong
            }
        };
        let name = either(Item::SubjectName, Item::ResponsibleName);
        both(name, either(Item::Phone, Item::Address))
    }

    /// 接入地溯源关键信息: the access provider's name is right.
    pub fn access(&self) -> Rightness {
        self.of(Item::Provider)
    }

    /// Whether the site's key information is right: the subject's and the access both.
    pub fn accuracy(&self, has: &[Item]) -> Rightness {
        both(self.subject(has), self.access())
    }

    /// The items that are wrong.
    pub fn wrong(&self) -> impl Iterator<Item = Item> + '_ {
        Item::ALL.iter().copied().filter(|item| self.of(*item) == Rightness::Wrong)
    }
}

fn place(item: Item) -> usize {
    match item {
        Item::SubjectName => 0,
        Item::ResponsibleName => 1,
        Item::Phone => 2,
        Item::Address => 3,
        Item::Provider => 4,
    }
}

/// Right when both are, wrong when either is, whatever the other may be.
fn both(one: Rightness, other: Rightness) -> Rightness {
    match (one, other) {
        (Rightness::Wrong, _) | (_, Rightness::Wrong) => Rightness::Wrong,
        (Rightness::Unknown, _) | (_, Rightness::Unknown) => Rightness::Unknown,
        (Rightness::Right, Rightness::Right) => Rightness::Right,
    }
}

/// The sites of a sample by what came of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Verified, and right.
    pub right: u64,
    /// Verified, and wrong.
    pub wrong: u64,
    /// Neither: not asked yet, not reached, or not enough was told.
    pub unverified: u64,
}

impl Tally {
    /// Counts one site.
    pub fn add(&mut self, accuracy: Rightness) {
        match accuracy {
            Rightness::Right => self.right += 1,
            Rightness::Wrong => self.wrong += 1,
            Rightness::Unknown => self.unverified += 1,
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            right: self.right + other.right,
            wrong: self.wrong + other.wrong,
            unverified: self.unverified + other.unverified,
        }
    }

    /// The sites that were verified.
    pub fn verified(self) -> u64 {
        self.right + self.wrong
    }

    /// 准确率 over the verified sites; `None` where there are none.
    pub fn rate(self) -> Option<f64> {
        ratio(self.right, self.verified())
    }

    /// What the rate of all drawn sites would be if every one that is not verified were wrong, and if
    /// every one were right; `None` where none was drawn.
    pub fn bounds(self) -> Option<(f64, f64)> {
        let all = self.verified() + self.unverified;
        Some((ratio(self.right, all)?, ratio(self.right + self.unverified, all)?))
    }
}

/// `None` where there is nothing to divide by.
#[expect(clippy::cast_precision_loss, reason = "counts of sites are far below 2^53")]
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Rightness::Right as R;
    use Rightness::Unknown as U;
    use Rightness::Wrong as W;

    const ALL: &[Item] = Item::ALL;

    #[track_caller]
    fn check(items: [Rightness; 5], has: &[Item], expected: [Rightness; 3]) {
        let verified = Verified { items };
        let told = [verified.subject(has), verified.access(), verified.accuracy(has)];
        assert_eq!(told, expected, "{items:?}");
    }

    #[test]
    fn the_annex_asks_for_one_of_each_pair_and_the_provider() {
        // Organiser, responsible, telephone, address, provider.
        check([R, W, R, W, R], ALL, [R, R, R]);
        check([W, R, W, R, R], ALL, [R, R, R]);
        check([R, U, U, R, R], ALL, [R, R, R]);
        check([R, R, R, R, W], ALL, [R, W, W]);
        check([W, W, R, R, R], ALL, [W, R, W]);
        check([R, R, W, W, R], ALL, [W, R, W]);
    }

    #[test]
    fn what_is_not_verified_is_neither_right_nor_wrong() {
        check([U, U, U, U, U], ALL, [U, U, U]);
        check([W, U, R, R, R], ALL, [U, R, U]);
        check([R, U, R, U, U], ALL, [R, U, U]);
        // One wrong half is enough, whatever the other is.
        check([W, W, U, U, U], ALL, [W, U, W]);
        check([U, U, U, U, W], ALL, [U, W, W]);
    }

    #[test]
    fn where_one_of_a_pair_is_missing_the_other_decides() {
        let has = [Item::SubjectName, Item::Phone, Item::Provider];
        check([W, U, R, U, R], &has, [W, R, W]);
        check([R, U, W, U, R], &has, [W, R, W]);
        check([R, U, R, U, R], &has, [R, R, R]);
        // Neither telephone nor address, and nothing said of them: nobody can tell.
        check([R, U, U, U, R], &[Item::SubjectName, Item::Provider], [U, R, U]);
        // Said to be wrong because it is missing.
        check([R, U, W, U, R], &[Item::SubjectName, Item::Provider], [W, R, W]);
    }

    #[test]
    fn the_rate_is_over_the_verified_and_the_bounds_over_all() {
        let mut tally = Tally::default();
        for accuracy in [R, R, R, W, U, U] {
            tally.add(accuracy);
        }
        assert_eq!(tally, Tally { right: 3, wrong: 1, unverified: 2 });
        assert_eq!(tally.rate(), Some(0.75));
        assert_eq!(tally.bounds(), Some((0.5, 5.0 / 6.0)));
        assert_eq!((Tally::default().rate(), Tally::default().bounds()), (None, None));
        assert_eq!(Tally { unverified: 2, ..Tally::default() }.bounds(), Some((0.0, 1.0)));
    }
}
