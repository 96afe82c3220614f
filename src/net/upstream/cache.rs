//! What a register said lately: a bounded number of answers, filed and unfiled, each with an end.
//!
//! Two halves: what is asked for is looked up in both and put into the younger one; when that is full
//! it becomes the older one, and what was older is forgotten as a whole.

use std::collections::HashMap;

use tokio::time::Instant;

use crate::facts::target::Target;
use crate::net::upstream::Asked;

/// Answers and until when each is believed.
#[derive(Debug)]
pub(super) struct Cache {
    half: usize,
    younger: HashMap<Target, (Instant, Asked)>,
    older: HashMap<Target, (Instant, Asked)>,
}

impl Cache {
    /// A cache of at most `size` answers.
    pub(super) fn new(size: usize) -> Self {
        Self { half: size / 2, younger: HashMap::new(), older: HashMap::new() }
    }

    /// What was said of `target` and is still believed at `now`.
    pub(super) fn get(&self, target: &Target, now: Instant) -> Option<Asked> {
        let (until, asked) = self.younger.get(target).or_else(|| self.older.get(target))?;
        (now < *until).then(|| asked.clone())
    }

    /// Keeps what was said of `target` until then.
    pub(super) fn put(&mut self, target: Target, asked: Asked, until: Instant) {
        if self.half == 0 {
            return;
        }
        if self.younger.len() >= self.half && !self.younger.contains_key(&target) {
            self.older = std::mem::take(&mut self.younger);
        }
        self.younger.insert(target, (until, asked));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::filing::UpstreamFailure;
    use jiff::Timestamp;
    use std::time::Duration;

    fn asked() -> Asked {
        Asked { at: Timestamp::UNIX_EPOCH, reply: Err(UpstreamFailure::Silent) }
    }

    fn target(number: usize) -> Target {
        format!("d{number}.cn").parse().unwrap()
    }

    #[test]
    fn it_does_not_grow_with_the_names_and_keeps_the_last_ones() {
        let mut cache = Cache::new(100);
        let now = Instant::now();
        let until = now + Duration::from_secs(1);
        for number in 0..10_000 {
            cache.put(target(number), asked(), until);
            assert!(cache.younger.len() + cache.older.len() <= 100);
        }
        assert!((9_950..10_000).all(|number| cache.get(&target(number), now).is_some()));
        assert!(cache.get(&target(0), now).is_none());
    }

    #[test]
    fn an_answer_is_believed_until_its_end() {
        let mut cache = Cache::new(2);
        let now = Instant::now();
        cache.put(target(1), asked(), now + Duration::from_secs(5));
        assert!(cache.get(&target(1), now + Duration::from_secs(4)).is_some());
        assert!(cache.get(&target(1), now + Duration::from_secs(5)).is_none());
        let mut none = Cache::new(0);
        none.put(target(1), asked(), now + Duration::from_secs(5));
        assert!(none.get(&target(1), now).is_none());
    }
}
