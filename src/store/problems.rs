//! The problems of a register from one check to the next: which are new, which still stand, which were
//! mended.

use std::marker::PhantomData;

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use crate::facts::filing_problem::FilingProblem;
use crate::facts::filing_problem::FilingProblemOutline;
use crate::facts::filing_problem::FilingRule;
use crate::facts::problem::Problem;
use crate::facts::provider::ProviderId;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::import::least_key;
use crate::store::import::value_at;
use crate::store::registers::Living;
use crate::store::registers::Registers;
use crate::store::rows::Row;
use crate::store::sorted::SortedFile;
use crate::store::sorted::SortedWriter;
use crate::store::sorter::MEMORY;
use crate::store::sorter::Sorter;

/// How long a mended problem is kept, in hours: longer than the year that bulletins compare with.
const KEPT: i64 = 400 * 24;

/// A problem that is followed from the first check that sees it to the first that does not.
pub trait Followed: Row {
    /// When a check saw it no more; `None` while it stands.
    fn closed(&self) -> Option<Timestamp>;

    /// The same, mended at `now`.
    #[must_use]
    fn mended(self, now: Timestamp) -> Self;

    /// The same, with the days of `before`, which stood already.
    #[must_use]
    fn known_since(self, before: &Self) -> Self;

    /// Whether what is seen now is what stood before but for its days, by the bytes of both; where that would
    /// take as long as to read them, it is not said.
    fn stands_unchanged(_before: &[u8], _seen: &[u8]) -> bool {
        false
    }
}

macro_rules! followed {
    ($problem:ty $(, $($more:tt)+)?) => {
        impl Followed for $problem {
            fn closed(&self) -> Option<Timestamp> {
                self.closed
            }

            fn mended(self, now: Timestamp) -> Self {
                Self { closed: Some(now), ..self }
            }

            fn known_since(self, before: &Self) -> Self {
                Self { first_seen: before.first_seen, due: before.due, ..self }
            }

            $($($more)+)?
        }
    };
}

followed!(Problem);
followed!(
    FilingProblem,
    fn stands_unchanged(before: &[u8], seen: &[u8]) -> bool {
        let (Ok(before), Ok(seen)) = (written(before), written(seen)) else { return false };
        let said_before = (before.bureau, before.value, before.note);
        before.closed.is_none()
            && before.providers == seen.providers
            && said_before == (seen.bureau, seen.value, seen.note)
    }
);

/// A [`FilingProblem`] in bytes, field by field: a country has tens of millions of them, of which little is to
/// be known at a time.
#[derive(Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    key: WrittenKey<'a>,
    providers: Vec<&'a str>,
    bureau: &'a str,
    value: &'a str,
    note: &'a str,
    _first_seen: &'a str,
    due: Date,
    closed: Option<Timestamp>,
}

#[derive(Deserialize)]
struct WrittenKey<'a> {
    _domain: &'a str,
    _number: Option<&'a str>,
    _record_id: Option<&'a str>,
    rule: FilingRule,
    _column: &'a str,
}

/// The outline of the filing problem in `bytes`.
pub(crate) fn outline(bytes: &[u8]) -> Result<FilingProblemOutline, StoreError> {
    let Written { key, providers, bureau, due, closed, .. } = written(bytes)?;
    let damaged = || StoreError::Record {
        what: FilingProblem::REGISTER,
        source: postcard::Error::SerdeDeCustom,
    };
    let providers = providers.into_iter().map(str::parse).collect::<Result<Vec<ProviderId>, _>>();
    Ok(FilingProblemOutline {
        rule: key.rule,
        providers: providers.map_err(|_| damaged())?,
        bureau: bureau.parse().map_err(|_| damaged())?,
        due,
        closed,
    })
}

fn written(bytes: &[u8]) -> Result<Written<'_>, StoreError> {
    encoding::decode_borrowed(FilingProblem::REGISTER, bytes)
}

/// A check on its way.
#[derive(Debug)]
pub struct Check<'a, P> {
    registers: &'a Registers,
    sorter: Sorter,
    problems: PhantomData<P>,
}

/// What a check saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CheckCounts {
    /// Problems that stand.
    pub standing: u64,
    /// Of these, those that the last check did not see.
    pub new: u64,
    /// Problems that are no more.
    pub mended: u64,
}

impl<'a, P: Followed> Check<'a, P> {
    /// Begins a check, whose problems take the place of what the last one saw.
    pub fn begin(registers: &'a Registers) -> Self {
        let sorter = Sorter::new(&registers.dir, P::REGISTER, MEMORY);
        Self { registers, sorter, problems: PhantomData }
    }

    /// Takes a problem that stands, as if it were new.
    pub fn push(&mut self, problem: &P) -> Result<(), StoreError> {
        self.push_row(problem.key(), problem.encode()?)
    }

    /// Takes one in bytes: its key, and what it is encoded to. Several threads can make these.
    pub fn push_row(&mut self, key: Vec<u8>, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.sorter.push(key, bytes)
    }

    /// Compares with the last check and keeps what came of it. Nothing is kept of a check that is
    /// dropped before.
    pub fn finish(self, now: Timestamp) -> Result<CheckCounts, StoreError> {
        let Self { registers, sorter, .. } = self;
        let _alone = registers.writing();
        let old = registers.file(P::REGISTER, 0)?;
        let living = registers.living(P::REGISTER);
        let generation = living.map_or(1, |living| living.generation + 1);
        let name = format!("{}.{generation}.sorted", P::REGISTER);
        let mut writer = SortedWriter::create(&registers.dir.join(&name))?;
        let mut counts = CheckCounts::default();

        let mut old = old.iter().flat_map(SortedFile::all).peekable();
        let mut new = sorter.finish()?.peekable();
        while let Some(key) = least_key(&mut old, &mut new)? {
            let decoded = |bytes: Option<Vec<u8>>| bytes.map(|bytes| P::decode(&bytes)).transpose();
            let (before, seen) = (value_at(&mut old, &key)?, value_at(&mut new, &key)?);
            // Rows that differ in what is no part of the key have the same problem once.
            while value_at(&mut new, &key)?.is_some() {}
            if let (None, Some(seen)) = (&before, &seen) {
                // The first check of a country finds tens of millions of them.
                counts.standing += 1;
                counts.new += 1;
                writer.push(&key, seen)?;
            } else if let (Some(before), Some(seen)) = (&before, &seen)
                && P::stands_unchanged(before, seen)
            {
                counts.standing += 1;
                writer.push(&key, before)?;
            } else if let Some(problem) = counts.settle(decoded(before)?, decoded(seen)?, now) {
                writer.push(&key, &problem.encode()?)?;
            }
        }
        let rows = writer.finish()?;
        let living = Living { generation, rows, imported_at: now, files: vec![name] };
        registers.switch(P::REGISTER, living)?;
        Ok(counts)
    }
}

impl CheckCounts {
    /// What becomes of a problem that was known `before`, or is `seen` now, or both.
    fn settle<P: Followed>(
        &mut self,
        before: Option<P>,
        seen: Option<P>,
        now: Timestamp,
    ) -> Option<P> {
        let stood = |before: &P| before.closed().is_none();
        match (before, seen) {
            (Some(before), Some(seen)) if stood(&before) => {
                self.standing += 1;
                Some(seen.known_since(&before))
            }
            (_, Some(seen)) => {
                self.standing += 1;
                self.new += 1;
                Some(seen)
            }
            (Some(before), None) if stood(&before) => {
                self.mended += 1;
                Some(before.mended(now))
            }
            (Some(before), None) => {
                let forgotten = now.checked_sub(KEPT.hours()).ok();
                Some(before).filter(|before| before.closed() >= forgotten)
            }
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::bureau::Bureau;
    use crate::facts::filing_problem::FilingProblemKey;
    use crate::facts::problem::Fault;
    use crate::facts::problem::Level;
    use crate::facts::problem::ProblemKey;

    fn moment(day: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + day * 86_400).unwrap()
    }

    fn problem(provider: &str, day: i64) -> Problem {
        let range = "1.2.3.4".parse::<std::net::IpAddr>().unwrap().into();
        Problem {
            key: ProblemKey {
                provider: Some(provider.parse().unwrap()),
                fault: Fault::DateMissing,
                level: Level::Assignment,
                range,
                part: range,
                other: None,
            },
            bureau: Bureau::MINISTRY,
            detail: String::new(),
            first_seen: moment(day),
            due: crate::clock::day(moment(day + 2)),
            closed: None,
        }
    }

    fn check(registers: &Registers, providers: &[&str], day: i64) -> (u64, u64, u64) {
        let mut check = Check::begin(registers);
        for provider in providers {
            check.push(&problem(provider, day)).unwrap();
        }
        let counts = check.finish(moment(day)).unwrap();
        (counts.standing, counts.new, counts.mended)
    }

    #[test]
    fn a_problem_keeps_its_day_until_it_is_mended_and_is_new_when_it_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let registers = Registers::open(dir.path()).unwrap();
        assert_eq!(check(&registers, &["A", "B", "B"], 0), (2, 2, 0));
        assert_eq!(check(&registers, &["B", "C"], 1), (2, 1, 1));
        assert_eq!(check(&registers, &["A", "B"], 2), (2, 1, 1));
        let problems: Vec<Problem> = registers.problems().unwrap().map(Result::unwrap).collect();
        let told: Vec<_> = problems
            .iter()
            .map(|problem| {
                (
                    problem.key.provider.as_ref().unwrap().as_str(),
                    problem.first_seen,
                    problem.closed,
                )
            })
            .collect();
        let expected =
            [("A", moment(2), None), ("B", moment(0), None), ("C", moment(1), Some(moment(2)))];
        assert_eq!(told, expected);
        assert!(problems[1].is_overdue(crate::clock::day(moment(3))));
        assert!(!problems[1].is_overdue(crate::clock::day(moment(2))));
    }

    #[test]
    fn the_outline_of_a_filing_problem_is_what_it_says() {
        let problem = FilingProblem {
            key: FilingProblemKey {
                domain: "a.cn".parse().unwrap(),
                number: Some("京ICP备05014806号-1".parse().unwrap()),
                record_id: Some("60001".to_owned()),
                rule: FilingRule::PhoneUnreal,
                column: "office_phone".to_owned(),
            },
            providers: vec!["A".parse().unwrap(), "B".parse().unwrap()],
            bureau: "广东".parse().unwrap(),
            value: "010*****00".to_owned(),
            note: "区号".to_owned(),
            first_seen: moment(1),
            due: crate::clock::day(moment(9)),
            closed: Some(moment(2)),
        };
        let bytes = problem.encode().unwrap();
        let outline = outline(&bytes).unwrap();
        let stood = FilingProblem { closed: None, ..problem.clone() };
        let stands_unchanged = |seen: FilingProblem| {
            let before = stood.encode().unwrap();
            FilingProblem::stands_unchanged(&before, &seen.encode().unwrap())
        };
        let later = FilingProblem { first_seen: moment(30), ..stood.clone() };
        assert!(stands_unchanged(later.clone()));
        assert!(!stands_unchanged(FilingProblem { note: String::new(), ..later.clone() }));
        assert!(!stands_unchanged(FilingProblem { providers: vec![], ..later.clone() }));
        assert!(!FilingProblem::stands_unchanged(&bytes, &later.encode().unwrap()));
        let FilingProblem { key, providers, bureau, due, closed, .. } = problem;
        let expected = FilingProblemOutline { rule: key.rule, providers, bureau, due, closed };
        assert_eq!(outline, expected);
    }

    #[test]
    fn a_mended_problem_is_forgotten_in_time() {
        let dir = tempfile::tempdir().unwrap();
        let registers = Registers::open(dir.path()).unwrap();
        check(&registers, &["A"], 0);
        check(&registers, &[], 1);
        check(&registers, &[], 400);
        assert_eq!(registers.rows::<Problem>(), 1);
        check(&registers, &[], 402);
        assert_eq!(registers.rows::<Problem>(), 0);
    }

    #[test]
    fn a_check_that_is_dropped_keeps_what_was_known() {
        let dir = tempfile::tempdir().unwrap();
        let registers = Registers::open(dir.path()).unwrap();
        check(&registers, &["A"], 0);
        let mut dropped = Check::begin(&registers);
        dropped.push(&problem("B", 1)).unwrap();
        drop(dropped);
        assert_eq!(registers.rows::<Problem>(), 1);
    }
}
