//! What follows from submissions, outside of the calls that bring them: registers of millions of rows are
//! written anew and counted again once for however many came meanwhile.

use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::thread::JoinHandle;

use anyhow::Context;
use anyhow::Result;

use crate::commands::causes::with_causes;
use crate::commands::check::allocations;
use crate::commands::data::Data;
use crate::commands::rates::count_again;
use crate::commands::session::Session;
use crate::serve::Submitted;

/// What waits to be done.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// What was submitted since it was last followed up, each kind once.
    submitted: Vec<Submitted>,
    /// Nobody submits any more.
    is_over: bool,
}

impl Wanted {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `submitted` is to be followed up.
    pub(super) fn want(&self, submitted: Submitted) {
        let mut state = self.state();
        if !state.submitted.contains(&submitted) {
            state.submitted.push(submitted);
        }
        self.changed.notify_all();
    }

    /// Nobody submits any more.
    pub(super) fn end(&self) {
        self.state().is_over = true;
        self.changed.notify_all();
    }

    /// Waits until something is to be done; what was asked for until then is taken together.
    fn next(&self) -> State {
        let is_idle = |state: &mut State| state.submitted.is_empty() && !state.is_over;
        let state = self.changed.wait_while(self.state(), is_idle);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        let State { submitted, is_over } = &mut *state;
        State { submitted: std::mem::take(submitted), is_over: *is_over }
    }
}

/// Follows up what is `wanted` until it ends, beginning with what an earlier end left.
pub(super) fn begin(
    session: &Session,
    data: &Arc<Data>,
    wanted: &Arc<Wanted>,
) -> Result<JoinHandle<()>> {
    let (session, data, wanted) = (session.clone(), Arc::clone(data), Arc::clone(wanted));
    wanted.want(Submitted::Access);
    let follow = move || {
        loop {
            let next = wanted.next();
            let is_new = |submitted| next.submitted.contains(&submitted);
            let is_changed = is_new(Submitted::Filings);
            // Access that waits is on the disk, and is joined before the next night at the latest.
            if (is_changed || is_new(Submitted::Access)) && !next.is_over {
                tell(join(&session, &data, is_changed), "what providers submitted waits on");
            } else if is_changed {
                count_again(&session, &data);
            }
            if is_new(Submitted::Allocations) {
                let checked = allocations::check(&session, &data, session.clock.now());
                tell(checked.map(|_| ()), "the address register could not be checked");
            }
            if next.is_over {
                return;
            }
        }
    };
    let thread = std::thread::Builder::new().name("followup".to_owned());
    thread.spawn(follow).context("cannot start a thread")
}

fn join(session: &Session, data: &Data, is_changed: bool) -> Result<()> {
    let joined = data.join_submitted(&session.terms(), session.clock.now());
    if is_changed || joined.as_ref().is_ok_and(|joined| joined.changed > 0) {
        count_again(session, data);
    }
    joined.map(|_| ())
}

fn tell(done: Result<()>, what: &str) {
    if let Err(error) = done {
        tracing::error!("{what}: {}", with_causes(&error));
    }
}
