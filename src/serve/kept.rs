//! What is worked out once and told again until what it rests on has changed.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

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
}
