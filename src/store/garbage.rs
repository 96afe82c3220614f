//! What sled has replaced, and does not free by itself for long.
//!
//! sled copies a whole leaf for each record that is put into it, and leaves the old one to
//! crossbeam-epoch, which frees some hundreds of them at every 128th access. A batch of thousands of
//! records is one access: whoever writes batch after batch and hardly reads would hold gigabytes.

/// Each of so many rounds frees up to 512 copies; a round that finds none takes a microsecond or less.
const ROUNDS: usize = 64;

/// Frees what the last batch replaced. Called after each batch.
pub(crate) fn free() {
    for _ in 0..ROUNDS {
        crossbeam_epoch::pin().flush();
    }
}
