//! The log of uses and refusals: kept in memory for a second at most, then written together.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::serve::desk::Desk;
use crate::store::keys::Entry;
use crate::store::keys::Tallies;

/// How long an entry may wait for the disk.
const EVERY: Duration = Duration::from_secs(1);

/// Entries of each kind that may wait; what comes beyond is only counted, by key, call and day.
const MOST: usize = 20_000;

#[derive(Debug, Default)]
struct Waiting {
    uses: Vec<Entry>,
    refusals: Vec<Entry>,
    tallies: Tallies,
    lost: u64,
}

/// What is not written yet.
#[derive(Debug, Default)]
pub(super) struct UseLog(Mutex<Waiting>);

impl UseLog {
    /// Notes a call: a use, or a refusal.
    pub(super) fn note(&self, entry: Entry, is_refused: bool) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Waiting { uses, refusals, tallies, lost } = &mut *waiting;
        tallies.add(&entry, is_refused);
        let list = if is_refused { refusals } else { uses };
        if list.len() < MOST {
            list.push(entry);
        } else {
            *lost += 1;
        }
    }

    /// Writes what waits.
    pub(super) fn write(&self, desk: &Desk) {
        let waiting = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let Waiting { uses, refusals, tallies, lost } = waiting;
        if lost > 0 {
            tracing::warn!(
                lost,
                "more calls came than the log of keys takes one by one in a second"
            );
        }
        if tallies.is_empty() {
            return;
        }
        if let Err(error) = desk.keys.log(&uses, &refusals, &tallies) {
            tracing::error!(%error, "the log of keys could not be written");
            desk.end_if_stuck(error);
        }
    }
}

/// Writes the log every second until `stop`.
pub(super) async fn keep(desk: Arc<Desk>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(EVERY);
    while !stop.is_cancelled() {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => {}
        }
        let desk = Arc::clone(&desk);
        let _ = tokio::task::spawn_blocking(move || desk.log.write(&desk)).await;
    }
}
