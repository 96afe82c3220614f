//! Which target is next: candidates, filed Domains and targets with findings, merged in one order
//! and each given once, without those that tonight has done already.
//!
//! The order is that of [`Target::sort_key`], the same in every file, so that the merge holds one
//! record of each source and no more, however many names there are. A night goes through it twice:
//! first for targets with findings and those that never were examined, then for the rest. Turns by
//! worth and by provider are for those that wait for a visit, not for surveys.

use std::cmp::Ordering;
use std::iter::Peekable;

use crate::facts::candidate::Candidate;
use crate::facts::candidate::LinkedName;
use crate::facts::change::Scope;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::sorter::Sorter;

/// The channel of filed Domains that no list named.
const FILINGS: &str = "filings";

/// The place of targets with findings among the sources.
const FOUND: usize = 2;

/// The channel of targets that only an older finding knows.
const FINDINGS: &str = "findings";

type Source = Peekable<Box<dyn Iterator<Item = Result<Candidate, StoreError>> + Send>>;
type Done = Peekable<Box<dyn Iterator<Item = Result<Vec<u8>, StoreError>> + Send>>;

/// What is left of tonight, in order.
pub struct Frontier {
    sources: Vec<Source>,
    done: Vec<Done>,
    /// While only some are given: what tells them, and all others after them.
    first: Option<First>,
}

/// The first of two ways through.
struct First {
    /// The targets that were examined on earlier nights.
    examined: Done,
    /// Those that were given, ascending.
    given: Sorter,
    then: Box<Frontier>,
}

/// Where a target was found among the sources.
struct Merged {
    candidate: Candidate,
    has_finding: bool,
}

impl std::fmt::Debug for Frontier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frontier").field("sources", &self.sources.len()).finish_non_exhaustive()
    }
}

impl Frontier {
    /// The merge of `candidates`, `filed`, `found` and `linked`, each ascending by sort key, less
    /// `done`.
    pub fn new(
        candidates: impl Iterator<Item = Result<Candidate, StoreError>> + Send + 'static,
        filed: impl Iterator<Item = Result<Target, StoreError>> + Send + 'static,
        found: impl Iterator<Item = Result<Target, StoreError>> + Send + 'static,
        linked: impl Iterator<Item = Result<LinkedName, StoreError>> + Send + 'static,
        done: impl Iterator<Item = Result<Vec<u8>, StoreError>> + Send + 'static,
    ) -> Self {
        let unnamed = |channel: &'static str| {
            move |target: Result<Target, StoreError>| {
                target.map(|target| Candidate {
                    target,
                    is_named: false,
                    hosts: Vec::new(),
                    channel: channel.to_owned(),
                })
            }
        };
        let boxed = |source: Box<dyn Iterator<Item = Result<Candidate, StoreError>> + Send>| {
            source.peekable()
        };
        let done: Box<dyn Iterator<Item = Result<Vec<u8>, StoreError>> + Send> = Box::new(done);
        Self {
            sources: vec![
                boxed(Box::new(candidates)),
                boxed(Box::new(filed.map(unnamed(FILINGS)))),
                boxed(Box::new(found.map(unnamed(FINDINGS)))),
                boxed(Box::new(linked.map(|name| name.map(LinkedName::candidate)))),
            ],
            done: vec![done.peekable()],
            first: None,
        }
    }

    /// The same, with those first that have a finding or are not among `examined`, which holds sort
    /// keys, ascending. All others come out of `then`, which goes through the same; `given` takes what
    /// was given by then.
    #[must_use]
    pub fn in_two_ways(
        mut self,
        examined: impl Iterator<Item = Result<Vec<u8>, StoreError>> + Send + 'static,
        given: Sorter,
        then: Self,
    ) -> Self {
        let examined: Box<dyn Iterator<Item = _> + Send> = Box::new(examined);
        let examined = examined.peekable();
        self.first = Some(First { examined, given, then: Box::new(then) });
        self
    }

    /// Only the targets of `scope`, as the candidates register knows them.
    pub fn of_scope(
        scope: &Scope,
        known: impl Fn(&Target) -> Result<Option<Candidate>, StoreError>,
        done: impl Iterator<Item = Result<Vec<u8>, StoreError>> + Send + 'static,
    ) -> Result<Self, StoreError> {
        let mut targets = scope.targets.clone();
        targets.sort_by_key(Target::sort_key);
        targets.dedup();
        let mut candidates = Vec::new();
        for target in targets {
            let candidate = known(&target)?.unwrap_or_else(|| Candidate {
                target,
                is_named: true,
                hosts: Vec::new(),
                channel: "command".to_owned(),
            });
            candidates.push(Ok(candidate));
        }
        let none = || std::iter::empty::<Result<Target, StoreError>>();
        Ok(Self::new(candidates.into_iter(), none(), none(), std::iter::empty(), done))
    }

    fn merged(&mut self) -> Option<Result<Merged, StoreError>> {
        let mut least: Option<(usize, Vec<u8>)> = None;
        for (index, source) in self.sources.iter_mut().enumerate() {
            match source.peek() {
                None => {}
                Some(Err(_)) => {
                    let error = source.next()?.err()?;
                    return Some(Err(error));
                }
                Some(Ok(candidate)) => {
                    let key = candidate.target.sort_key();
                    if least.as_ref().is_none_or(|(_, least)| key < *least) {
                        least = Some((index, key));
                    }
                }
            }
        }
        let (first, key) = least?;
        // The same target in a later source adds nothing; earlier sources know more of it.
        let mut has_finding = first == FOUND;
        for (index, source) in self.sources.iter_mut().enumerate().skip(first + 1) {
            let is_same = |other: &Result<Candidate, StoreError>| {
                other.as_ref().is_ok_and(|other| other.target.sort_key() == key)
            };
            has_finding |= source.next_if(is_same).is_some() && index == FOUND;
        }
        let candidate = self.sources.get_mut(first)?.next()?;
        Some(candidate.map(|candidate| Merged { candidate, has_finding }))
    }

    fn is_done(&mut self, key: &[u8]) -> Result<bool, StoreError> {
        let mut is_done = false;
        for done in &mut self.done {
            is_done |= holds(done, key)?;
        }
        Ok(is_done)
    }

    /// The next target of this way through.
    fn next_here(&mut self) -> Result<Option<Candidate>, StoreError> {
        while let Some(Merged { candidate, has_finding }) = self.merged().transpose()? {
            let key = candidate.target.sort_key();
            if self.is_done(&key)? {
                continue;
            }
            if let Some(First { examined, given, .. }) = &mut self.first {
                if !has_finding && holds(examined, &key)? {
                    continue;
                }
                given.push(&key, [])?;
            }
            return Ok(Some(candidate));
        }
        Ok(None)
    }
}

/// Whether `keys`, which ascend, hold `key`. Keys are asked for in ascending order.
fn holds(keys: &mut Done, key: &[u8]) -> Result<bool, StoreError> {
    loop {
        let order = match keys.peek() {
            None => return Ok(false),
            Some(Ok(found)) => found.as_slice().cmp(key),
            Some(Err(_)) => Ordering::Less,
        };
        match order {
            Ordering::Greater => return Ok(false),
            Ordering::Equal => return Ok(true),
            Ordering::Less => {
                keys.next().transpose()?;
            }
        }
    }
}

impl Iterator for Frontier {
    type Item = Result<Candidate, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(next) = self.next_here().transpose() {
                return Some(next);
            }
            let First { given, then, .. } = self.first.take()?;
            *self = *then;
            match given.finish() {
                Ok(given) => {
                    let given: Box<dyn Iterator<Item = _> + Send> =
                        Box::new(given.map(|record| record.map(|(key, _)| key)));
                    self.done.push(given.peekable());
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(names: &[&str]) -> Vec<Target> {
        let mut targets: Vec<Target> = names.iter().map(|name| name.parse().unwrap()).collect();
        targets.sort_by_key(Target::sort_key);
        targets
    }

    fn named(names: &[&str]) -> Vec<Result<Candidate, StoreError>> {
        sorted(names)
            .into_iter()
            .map(|target| {
                let channel = "list".to_owned();
                Ok(Candidate { target, is_named: true, hosts: vec![], channel })
            })
            .collect()
    }

    #[test]
    fn each_target_comes_once_from_the_source_that_knows_most() {
        let targets = |names| sorted(names).into_iter().map(Ok::<_, StoreError>);
        let frontier = Frontier::new(
            named(&["a.cn", "b.cn", "127.0.0.9"]).into_iter(),
            targets(&["b.cn", "c.cn", "d.cn"]),
            targets(&["a.cn", "d.cn", "e.cn"]),
            sorted(&["a.cn", "e.cn", "l.cn"]).into_iter().map(|target| {
                let domain = target.domain().unwrap().clone();
                Ok(LinkedName { domain, from: "from.example.cn".parse().unwrap() })
            }),
            sorted(&["c.cn", "gone.cn"]).into_iter().map(|target| Ok(target.sort_key())),
        );
        let mut got: Vec<(String, String)> = frontier
            .map(|candidate| candidate.unwrap())
            .map(|candidate| (candidate.target.to_string(), candidate.channel))
            .collect();
        got.sort();
        let expected = [
            ("127.0.0.9", "list"),
            ("a.cn", "list"),
            ("b.cn", "list"),
            ("d.cn", "filings"),
            ("e.cn", "findings"),
            ("l.cn", "link:example.cn"),
        ];
        assert_eq!(got, expected.map(|(name, channel)| (name.to_owned(), channel.to_owned())));
    }

    #[test]
    fn findings_and_new_names_come_first_and_everybody_comes_once() {
        let dir = tempfile::tempdir().unwrap();
        let targets = |names| sorted(names).into_iter().map(Ok::<_, StoreError>);
        let keys = |names| sorted(names).into_iter().map(|target| Ok(target.sort_key()));
        let names = ["a.cn", "b.cn", "c.cn", "d.cn", "e.cn", "f.cn"];
        let way = |found: &'static [&'static str]| {
            let candidates = named(&names).into_iter();
            let (filed, linked) = (targets(&["f.cn", "g.cn"]), std::iter::empty());
            Frontier::new(candidates, filed, targets(found), linked, keys(&["d.cn"]))
        };
        let examined = keys(&["a.cn", "b.cn", "c.cn", "d.cn", "g.cn", "h.cn"]);
        // Small enough that all of it goes over the disk.
        let given = Sorter::new(dir.path(), "given", 1);
        let frontier = way(&["b.cn", "h.cn"]).in_two_ways(examined, given, way(&[]));
        let got: Vec<String> =
            frontier.map(|candidate| candidate.unwrap().target.to_string()).collect();
        let (first, rest) = got.split_at(4);
        let sorted = |part: &[String]| {
            let mut part = part.to_vec();
            part.sort();
            part
        };
        assert_eq!(sorted(first), ["b.cn", "e.cn", "f.cn", "h.cn"]);
        assert_eq!(sorted(rest), ["a.cn", "c.cn", "g.cn"]);
    }
}
