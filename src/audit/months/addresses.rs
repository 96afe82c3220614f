//! The problems of the address register in a month, from what its checks saw.

use std::collections::BTreeMap;

use crate::audit::months::Span;
use crate::facts::address_census::AddressCensus;
use crate::facts::address_census::SubletClue;
use crate::facts::bureau::Bureau;
use crate::facts::provider::ProviderId;

/// Problems that the system told of (系统提示的IP地址报备问题).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProblemMonth {
    /// Problems that stood at any time in the month.
    pub total: u64,
    /// Of these, problems that stood at the last check.
    pub left: u64,
}

/// What the checks until a month's end say of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressMonth {
    /// Whether any check was made by then; without one nothing is known.
    pub is_known: bool,
    /// The problems by provider and bureau.
    pub problems: BTreeMap<(Option<ProviderId>, Bureau), ProblemMonth>,
    /// The clues to subletting that the last check saw.
    pub clues: Vec<SubletClue>,
}

impl AddressMonth {
    /// Takes what each check saw, oldest first.
    pub fn of<E>(
        censuses: impl Iterator<Item = Result<AddressCensus, E>>,
        span: Span,
    ) -> Result<Self, E> {
        let mut month = Self::default();
        for census in censuses {
            let census = census?;
            if census.at > span.until {
                continue;
            }
            let is_first = !std::mem::replace(&mut month.is_known, true);
            let is_in_month = census.at >= span.from;
            for problem in month.problems.values_mut() {
                problem.left = 0;
                if !is_in_month {
                    problem.total = 0;
                }
            }
            for count in &census.problems {
                let key = (count.provider.clone(), count.bureau);
                let problem = month.problems.entry(key).or_default();
                problem.left += count.standing;
                // What the first check ever saw was there before, in this month or an earlier one.
                let is_whole = is_first || !is_in_month;
                problem.total += if is_whole { count.standing } else { count.new };
            }
            month.clues = census.sublets;
        }
        month.problems.retain(|_, problem| problem.total > 0);
        Ok(month)
    }

    /// The problems of those whom `is_wanted` takes.
    pub fn sum(&self, is_wanted: impl Fn(Option<&ProviderId>, Bureau) -> bool) -> ProblemMonth {
        let wanted =
            self.problems.iter().filter(|((id, bureau), _)| is_wanted(id.as_ref(), *bureau));
        wanted.fold(ProblemMonth::default(), |sum, (_, one)| ProblemMonth {
            total: sum.total + one.total,
            left: sum.left + one.left,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::address_census::ProblemCount;

    fn census(day: &str, counts: &[(&str, u64, u64)]) -> AddressCensus {
        let problem = |(provider, standing, new): &(&str, u64, u64)| ProblemCount {
            provider: provider.parse().ok(),
            bureau: Bureau::MINISTRY,
            standing: *standing,
            new: *new,
        };
        AddressCensus {
            at: format!("{day}T12:00:00+08:00").parse().unwrap(),
            problems: counts.iter().map(problem).collect(),
            sublets: vec![],
        }
    }

    #[test]
    fn problems_of_a_month_are_those_before_it_and_new_ones() {
        let checks = [
            census("2009-04-10", &[("A", 3, 0)]),
            census("2009-05-20", &[("A", 2, 1), ("B", 1, 1)]),
            census("2009-06-10", &[("A", 4, 2)]),
            census("2009-06-20", &[("A", 1, 0), ("B", 1, 1)]),
            census("2009-07-01", &[("A", 9, 9)]),
        ];
        let of = |month: &str| {
            let now = "2010-01-01T00:00:00Z".parse().unwrap();
            let span = Span::of(month.parse().unwrap(), now).unwrap();
            let checks = checks.iter().cloned().map(Ok::<_, ()>);
            let month = AddressMonth::of(checks, span).unwrap();
            let all: Vec<_> = month
                .problems
                .iter()
                .map(|((id, _), problem)| {
                    (id.as_ref().unwrap().to_string(), problem.total, problem.left)
                })
                .collect();
            (month.is_known, all)
        };
        let told = |rows: &[(&str, u64, u64)]| {
            (true, rows.iter().map(|(id, total, left)| ((*id).to_owned(), *total, *left)).collect())
        };
        assert_eq!(of("2009-03"), (false, vec![]));
        assert_eq!(of("2009-04"), told(&[("A", 3, 3)]));
        assert_eq!(of("2009-05"), told(&[("A", 4, 2), ("B", 1, 1)]));
        // Two at the end of May, two new; what B had was mended and came back.
        assert_eq!(of("2009-06"), told(&[("A", 4, 1), ("B", 2, 1)]));
    }
}
