//! What is left of a running night: the frontier, and after it the names for which the name servers
//! failed, which are asked once more when all others had their turn.

use std::collections::VecDeque;

use crate::facts::candidate::Candidate;
use crate::scan::frontier::Frontier;
use crate::store::StoreError;

/// How many names may wait to be asked again. They are held in memory; what fails beyond that is
/// taken as it is.
const MOST_AGAIN: usize = 200_000;

/// Whether a target is examined for the first time tonight, or again because the name servers failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    First,
    Last,
}

/// What is left of the night: the frontier, and after it whatever failed.
pub(super) struct Queue {
    frontier: Frontier,
    again: VecDeque<Candidate>,
}

pub(super) enum Next {
    Target(Candidate, Turn),
    /// What is in flight may still fail and be asked again.
    Wait,
    Over,
}

impl Queue {
    pub(super) fn new(frontier: Frontier) -> Self {
        Self { frontier, again: VecDeque::new() }
    }

    /// The next target; `is_idle` says that none is in flight.
    pub(super) fn next(&mut self, is_idle: bool) -> Result<Next, StoreError> {
        if let Some(candidate) = self.frontier.next().transpose()? {
            return Ok(Next::Target(candidate, Turn::First));
        }
        Ok(match self.again.pop_front() {
            Some(candidate) => Next::Target(candidate, Turn::Last),
            None if is_idle => Next::Over,
            None => Next::Wait,
        })
    }

    /// Puts a target to the end of the night.
    pub(super) fn ask_again(&mut self, candidate: Candidate) {
        self.again.push_back(candidate);
    }

    /// Whether one more may be asked again.
    pub(super) fn has_room(&self) -> bool {
        self.again.len() < MOST_AGAIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::change::Scope;

    fn candidate(name: &str) -> Candidate {
        let target = name.parse().unwrap();
        Candidate { target, is_named: true, hosts: vec![], channel: "list".to_owned() }
    }

    fn told(next: Next) -> String {
        match next {
            Next::Target(candidate, turn) => format!("{} {turn:?}", candidate.target),
            Next::Wait => "wait".to_owned(),
            Next::Over => "over".to_owned(),
        }
    }

    #[test]
    fn what_failed_comes_once_more_when_all_others_had_their_turn() {
        let scope = Scope { targets: vec!["a.cn".parse().unwrap()], ..Scope::default() };
        let known = |_: &_| Ok(None);
        let frontier = Frontier::of_scope(&scope, known, std::iter::empty()).unwrap();
        let mut queue = Queue::new(frontier);
        queue.ask_again(candidate("b.cn"));
        let mut next = |is_idle| told(queue.next(is_idle).unwrap());
        assert_eq!([next(false), next(false), next(false)], ["a.cn First", "b.cn Last", "wait"]);
        queue.ask_again(candidate("a.cn"));
        let mut next = |is_idle| told(queue.next(is_idle).unwrap());
        assert_eq!([next(true), next(true)], ["a.cn Last", "over"]);
    }
}
