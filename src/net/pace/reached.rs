//! Was anybody reached at an address since the run began? Remembered of every address of a night, in
//! memory that does not grow with them.
//!
//! A filter of bits and no list, because a night speaks to more addresses than memory should hold. It
//! never forgets one, and may take one for another. That is the side to err on: an address that was
//! never reached, taken for one that was, leaves its waiting names `unknown` tonight, which opens and
//! closes nothing. The reverse would count them as missed although something answers there, and that
//! closes findings as `gone`. Which addresses are mistaken is another matter in each run, so that none
//! is mistaken every night.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

/// 2 MiB: of a million addresses reached, three in two hundred others are taken for reached; beyond
/// many millions all are.
const WORDS: usize = 1 << 18;

/// The addresses that were reached.
#[derive(Debug)]
pub(super) struct Reached {
    bits: Box<[AtomicU64]>,
    hasher: RandomState,
}

impl Default for Reached {
    fn default() -> Self {
        let bits = (0..WORDS).map(|_| AtomicU64::new(0)).collect();
        Self { bits, hasher: RandomState::new() }
    }
}

impl Reached {
    /// Keeps that `address` was reached.
    pub(super) fn note(&self, address: IpAddr) {
        for (word, bit) in self.places(address) {
            // Most are noted again and again: reading leaves the line of memory to all processors.
            if word.load(Ordering::Relaxed) & bit == 0 {
                word.fetch_or(bit, Ordering::Relaxed);
            }
        }
    }

    /// Whether `address` was reached; now and then true of one that was not.
    pub(super) fn may_hold(&self, address: IpAddr) -> bool {
        self.places(address).all(|(word, bit)| word.load(Ordering::Relaxed) & bit != 0)
    }

    /// The two bits that stand for `address`, each from half of its hash.
    fn places(&self, address: IpAddr) -> impl Iterator<Item = (&AtomicU64, u64)> {
        let hash = self.hasher.hash_one(address);
        // The parts of the hash that are used overlap neither in the word nor in the bit.
        [hash, hash >> 32].into_iter().map(|half| {
            let word = (half >> 6) as usize % WORDS;
            (&self.bits[word], 1 << (half % 64))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from(number).into()
    }

    #[test]
    fn none_is_forgotten_and_few_are_mistaken() {
        let reached = Reached::default();
        (0..200_000).for_each(|number| reached.note(address(number)));
        assert!((0..200_000).all(|number| reached.may_hold(address(number))));
        let mistaken = (200_000..400_000).filter(|number| reached.may_hold(address(*number)));
        // Seven in ten thousand, and never as many as one in a hundred.
        assert!(mistaken.count() < 2_000);
    }
}
