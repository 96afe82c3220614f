//! What is worked out once and told again until what it rests on has changed.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::TryLockError;
use std::time::Duration;
use std::time::Instant;

use crate::serve::problem::Problem;

/// The newest of its kind, and what it rests on.
#[derive(Debug)]
pub(super) struct Kept<K, T>(Mutex<Option<(K, Arc<T>)>>);

impl<K, T> Default for Kept<K, T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<K: PartialEq, T> Kept<K, T> {
    /// What rests on `state`: what is kept, or what `work_out` gives, which no two do at a time.
    pub(super) fn get(
        &self,
        state: K,
        work_out: impl FnOnce() -> Result<T, Problem>,
    ) -> Result<Arc<T>, Problem> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((of, made)) if *of == state => Ok(Arc::clone(made)),
            _ => {
                let made = Arc::new(work_out()?);
                *kept = Some((state, Arc::clone(&made)));
                Ok(made)
            }
        }
    }
}

/// The same of what may take long to work out and be a little old: then it rests many times as long as that
/// took, whatever changes meanwhile, and while it is worked out anew the others are told what was.
#[derive(Debug)]
pub(super) struct Rested<K, T> {
    newest: Mutex<Option<Newest<K, T>>>,
    at_work: Mutex<()>,
}

#[derive(Debug)]
struct Newest<K, T> {
    of: K,
    made: Arc<T>,
    /// `None` where it took no time worth telling.
    rests_until: Option<Instant>,
}

/// What is worked out so fast is worked out again whenever its state has changed.
const QUICK: Duration = Duration::from_millis(250);

/// How many times as long as it took something rests: working it out takes a twentieth of one core at the
/// most, however often it is asked for.
const REST: u32 = 20;

impl<K, T> Default for Rested<K, T> {
    fn default() -> Self {
        Self { newest: Mutex::new(None), at_work: Mutex::new(()) }
    }
}

impl<K: PartialEq, T> Rested<K, T> {
    /// What rests on `state`, or did a while ago; else what `work_out` gives, for which only those wait to
    /// whom nothing can be told yet.
    pub(super) fn get(
        &self,
        state: K,
        work_out: impl FnOnce() -> Result<T, Problem>,
    ) -> Result<Arc<T>, Problem> {
        if let Some(made) = self.made(|newest| newest.is_good_for(&state)) {
            return Ok(made);
        }
        let alone = match self.at_work.try_lock() {
            Ok(alone) => alone,
            Err(TryLockError::Poisoned(broken)) => broken.into_inner(),
            Err(TryLockError::WouldBlock) => {
                if let Some(made) = self.made(|_| true) {
                    return Ok(made);
                }
                self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
            }
        };
        // Somebody may have been faster.
        if let Some(made) = self.made(|newest| newest.is_good_for(&state)) {
            return Ok(made);
        }
        let begun = Instant::now();
        let made = Arc::new(work_out()?);
        let newest =
            Newest { of: state, made: Arc::clone(&made), rests_until: rest(begun.elapsed()) };
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(newest);
        drop(alone);
        Ok(made)
    }

    fn made(&self, is_good: impl FnOnce(&Newest<K, T>) -> bool) -> Option<Arc<T>> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.as_ref().filter(|newest| is_good(newest)).map(|newest| Arc::clone(&newest.made))
    }
}

impl<K: PartialEq, T> Newest<K, T> {
    fn is_good_for(&self, state: &K) -> bool {
        self.of == *state || self.rests_until.is_some_and(|until| Instant::now() < until)
    }
}

/// Until when something rests from now on that `took` so long.
fn rest(took: Duration) -> Option<Instant> {
    (took > QUICK).then(|| Instant::now() + took * REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_anew_when_its_state_changes_and_what_fails_is_not_kept() {
        let kept = Kept::<u8, u8>::default();
        assert_eq!(*kept.get(1, || Ok(7)).unwrap(), 7);
        assert_eq!(*kept.get(1, || Ok(8)).unwrap(), 7);
        assert!(kept.get(2, || Err(Problem::ours())).is_err());
        assert_eq!(*kept.get(2, || Ok(9)).unwrap(), 9);
    }

    #[test]
    fn what_is_quick_follows_its_state_and_what_is_slow_rests() {
        let rested = Rested::<u8, u8>::default();
        for (state, made) in [(1, 7), (2, 9)] {
            assert_eq!(*rested.get(state, || Ok(made)).unwrap(), made);
        }
        assert_eq!(*rested.get(2, || Ok(10)).unwrap(), 9);
        assert!(rest(QUICK).is_none());
        let hour = Duration::from_hours(1);
        assert!(rest(hour).unwrap() > Instant::now() + hour * (REST - 1));
        rested.newest.lock().unwrap().as_mut().unwrap().rests_until = rest(hour);
        assert_eq!(*rested.get(3, || Ok(11)).unwrap(), 9);
        rested.newest.lock().unwrap().as_mut().unwrap().rests_until = Some(Instant::now());
        assert!(rested.get(3, || Err(Problem::ours())).is_err());
        assert_eq!(*rested.get(3, || Ok(11)).unwrap(), 11);
    }

    #[test]
    fn nobody_waits_for_what_is_worked_out_anew() {
        let rested = Rested::<u8, u8>::default();
        rested.get(1, || Ok(7)).unwrap();
        std::thread::scope(|scope| {
            let (begins, begun) = std::sync::mpsc::channel();
            let (goes_on, may_go_on) = std::sync::mpsc::channel::<()>();
            let rested = &rested;
            let at_work = scope.spawn(move || {
                let slowly = || {
                    begins.send(()).unwrap();
                    may_go_on.recv().unwrap();
                    Ok(8)
                };
                *rested.get(2, slowly).unwrap()
            });
            begun.recv().unwrap();
            assert_eq!(*rested.get(2, || panic!("worked out twice")).unwrap(), 7);
            goes_on.send(()).unwrap();
            assert_eq!(at_work.join().unwrap(), 8);
        });
        assert_eq!(*rested.get(2, || Ok(9)).unwrap(), 8);
    }
}
