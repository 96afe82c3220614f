//! Which target is next: candidates, filed Domains and targets with findings, merged in one order
//! and each given once, without those that tonight has done already.
//!
//! The order is that of [`Target::sort_key`], the same in every file, so that the merge holds one
//! record of each source and no more, however many names there are. Turns by worth and by provider
//! are for those that wait for a visit, not for surveys.

use std::cmp::Ordering;
use std::iter::Peekable;

use crate::facts::candidate::Candidate;
use crate::facts::change::Scope;
use crate::facts::target::Target;
use crate::store::StoreError;

/// The channel of filed Domains that no list named.
const FILINGS: &str = "filings";

/// The channel of targets that only an older finding knows.
const FINDINGS: &str = "findings";

type Source = Peekable<Box<dyn Iterator<Item = Result<Candidate, StoreError>> + Send>>;
type Done = Peekable<Box<dyn Iterator<Item = Result<Vec<u8>, StoreError>> + Send>>;

/// What is left of tonight, in order.
pub struct Frontier {
    sources: Vec<Source>,
    done: Done,
}

impl std::fmt::Debug for Frontier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frontier").field("sources", &self.sources.len()).finish_non_exhaustive()
    }
}

impl Frontier {
    /// The merge of `candidates`, `filed` and `found`, each ascending by sort key, less `done`.
    pub fn new(
        candidates: impl Iterator<Item = Result<Candidate, StoreError>> + Send + 'static,
        filed: impl Iterator<Item = Result<Target, StoreError>> + Send + 'static,
        found: impl Iterator<Item = Result<Target, StoreError>> + Send + 'static,
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
            ],
            done: done.peekable(),
        }
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
        Ok(Self::new(candidates.into_iter(), none(), none(), done))
    }

    fn merged(&mut self) -> Option<Result<Candidate, StoreError>> {
        let mut least: Option<(usize, Vec<u8>)> = None;
        for (index, source) in self.sources.iter_mut().enumerate() {
            match source.peek() {
                None => {}
                Some(Err(_)) => return source.next(),
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
        for source in self.sources.iter_mut().skip(first + 1) {
            source
                .next_if(|other| other.as_ref().is_ok_and(|other| other.target.sort_key() == key));
        }
        self.sources.get_mut(first)?.next()
    }

    fn is_done(&mut self, key: &[u8]) -> Result<bool, StoreError> {
        loop {
            let order = match self.done.peek() {
                None => return Ok(false),
                Some(Ok(done)) => done.as_slice().cmp(key),
                Some(Err(_)) => Ordering::Less,
            };
            match order {
                Ordering::Greater => return Ok(false),
                Ordering::Equal => return Ok(true),
                Ordering::Less => {
                    self.done.next().transpose()?;
                }
            }
        }
    }
}

impl Iterator for Frontier {
    type Item = Result<Candidate, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let candidate = match self.merged()? {
                Ok(candidate) => candidate,
                Err(error) => return Some(Err(error)),
            };
            match self.is_done(&candidate.target.sort_key()) {
                Ok(true) => {}
                Ok(false) => return Some(Ok(candidate)),
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
        ];
        assert_eq!(got, expected.map(|(name, channel)| (name.to_owned(), channel.to_owned())));
    }
}
