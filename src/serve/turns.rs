//! Turns: how many things of one kind are under way at once, of each key and of all together.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use ulid::Ulid;

/// The turns of one kind.
#[derive(Debug)]
pub(super) struct Turns {
    /// So many of one key.
    of_key: usize,
    /// So many of all together.
    in_all: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    keys: HashMap<Ulid, usize>,
}

/// A turn; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    key: Ulid,
    taken: Arc<Mutex<Taken>>,
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Turns {
    pub(super) fn new(of_key: usize, in_all: usize) -> Self {
        Self { of_key, in_all, taken: Arc::default() }
    }

    /// Takes a turn of the key, if there is one.
    pub(super) fn take(&self, key: Ulid) -> Option<Turn> {
        let mut taken = lock(&self.taken);
        let own = taken.keys.get(&key).copied().unwrap_or(0);
        if own >= self.of_key || taken.all >= self.in_all {
            return None;
        }
        taken.all += 1;
        taken.keys.insert(key, own + 1);
        Some(Turn { key, taken: Arc::clone(&self.taken) })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        taken.all = taken.all.saturating_sub(1);
        let left = taken.keys.get(&self.key).map_or(0, |own| own.saturating_sub(1));
        if left == 0 {
            taken.keys.remove(&self.key);
        } else {
            taken.keys.insert(self.key, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_turns_all_together_have_theirs_and_they_come_back() {
        let turns = Turns::new(2, 3);
        let [one, other, third] = [1_u128, 2, 3].map(Ulid::from);
        let held = [turns.take(one), turns.take(one)];
        assert!(held.iter().all(Option::is_some) && turns.take(one).is_none());
        let last = turns.take(other);
        assert!(last.is_some() && turns.take(third).is_none(), "three are under way");
        drop(last);
        assert!(turns.take(third).is_some());
        drop(held);
        assert!(turns.take(one).is_some());
        let taken = lock(&turns.taken);
        assert_eq!((taken.all, taken.keys.len()), (0, 0));
    }
}
