//! The index of a sorted file: which block may hold a key, and whether it can.
//!
//! Flat arrays, some sixty bytes a block, so that a file of ten million records costs no more memory
//! than it has to. A search touches two places of them, since each costs as much as all its comparing.

use crate::store::sorter::head;

/// The leading bits of a key that lead to a stretch of blocks, at most. Keys of targets begin with a
/// checksum, so that the stretches are equally long there; elsewhere one may hold all blocks.
const LEADING_BITS: u32 = 20;

/// Which keys a block may hold: three of its bits for each that it does. Tells of nineteen in twenty
/// absent keys that they are, without a read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mask(u64);

impl Mask {
    /// That of a block of which nothing is known: it may hold any key.
    const ANY: Self = Self(u64::MAX);

    fn of(key: &[u8]) -> Self {
        // Keys of one block often begin alike, and keys of one kind often end alike.
        let tail = head(key.get(key.len().saturating_sub(8)..).unwrap_or_default());
        let mixed = (head(key) ^ tail.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self([46, 52, 58].into_iter().fold(0, |bits, from| bits | 1 << (mixed >> from & 63)))
    }

    /// Adds a key of the block.
    pub(super) fn add(&mut self, key: &[u8]) {
        self.0 |= Self::of(key).0;
    }

    fn may_have(self, key: &[u8]) -> bool {
        let key = Self::of(key).0;
        self.0 & key == key
    }
}

/// Writes an index: `offset u64 · mask u64 · key length u16 · key` for each block, little-endian.
#[derive(Debug, Default)]
pub(super) struct IndexWriter {
    bytes: Vec<u8>,
}

impl IndexWriter {
    /// Adds the block that begins at `offset` with `first_key`, which is at most 65,535 bytes long.
    pub(super) fn push(&mut self, offset: u64, mask: Mask, first_key: &[u8]) {
        let length = u16::try_from(first_key.len()).unwrap_or(u16::MAX);
        self.bytes.extend_from_slice(&offset.to_le_bytes());
        self.bytes.extend_from_slice(&mask.0.to_le_bytes());
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(first_key);
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// How the entries of an index are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entries {
    /// As [`IndexWriter`] does.
    Masked,
    /// Without masks, as earlier programs did.
    Plain,
}

/// An index in memory.
#[derive(Debug)]
pub(super) struct Index {
    places: Vec<Place>,
    /// The first keys of all blocks, one after the other.
    keys: Vec<u8>,
    /// How many leading bits lead to a stretch: fewer where there are few blocks.
    leading_bits: u32,
    /// For each leading value the number of blocks that begin below it.
    stretches: Vec<u32>,
    /// Where the last block ends in the file.
    end: u64,
}

/// What is known of one block; half a line of the processor's cache.
#[derive(Debug)]
struct Place {
    /// The first bytes of its first key.
    head: u64,
    /// Where it begins in the file.
    offset: u64,
    mask: Mask,
    /// Where its first key begins in `keys`; it ends where the next begins.
    key_at: u32,
}

impl Index {
    /// The index of `bytes`, of a file whose last block ends at `end`; `None` where it is no index.
    pub(super) fn of(bytes: &[u8], entries: Entries, end: u64) -> Option<Self> {
        let (mut places, mut keys) = (Vec::new(), Vec::new());
        let mut rest = bytes;
        while !rest.is_empty() {
            let (offset, mask, key);
            (offset, rest) = take_u64(rest)?;
            (mask, rest) = match entries {
                Entries::Masked => take_u64(rest).map(|(mask, rest)| (Mask(mask), rest))?,
                Entries::Plain => (Mask::ANY, rest),
            };
            let (length, after) = rest.split_first_chunk()?;
            (key, rest) = after.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
            let key_at = u32::try_from(keys.len()).ok()?;
            places.push(Place { head: head(key), offset, mask, key_at });
            keys.extend_from_slice(key);
        }
        places.shrink_to_fit();
        keys.shrink_to_fit();
        let leading_bits = places.len().checked_ilog2().unwrap_or(0).min(LEADING_BITS);
        let mut stretches = Vec::with_capacity((1 << leading_bits) + 1);
        let mut below = 0_u32;
        for leading in 0..=1_u64 << leading_bits {
            let is_below = |place: &&Place| leading_of(place.head, leading_bits) < leading;
            let from = places.get(below as usize..).unwrap_or_default();
            below += u32::try_from(from.iter().take_while(is_below).count()).ok()?;
            stretches.push(below);
        }
        Some(Self { places, keys, leading_bits, stretches, end })
    }

    /// The number of blocks.
    pub(super) fn blocks(&self) -> usize {
        self.places.len()
    }

    /// The last block that begins with `key` or below it; `None` where the file begins above it.
    pub(super) fn block_of(&self, key: &[u8]) -> Option<usize> {
        let sought = head(key);
        let leading = usize::try_from(leading_of(sought, self.leading_bits)).ok()?;
        let stretch = |place: usize| self.stretches.get(place).map(|below| *below as usize);
        let (from, to) = (stretch(leading)?, stretch(leading + 1)?);
        let places = self.places.get(from..to)?;
        let mut after = from + places.partition_point(|place| place.head < sought);
        // Of those with the same first bytes the rest of the key decides.
        let same = self.places.get(after..to)?.partition_point(|place| place.head == sought);
        let (mut low, mut high) = (after, after + same);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.first_key(middle)? <= key { low = middle + 1 } else { high = middle }
        }
        after = low;
        after.checked_sub(1)
    }

    /// Whether the block in the place `place` may hold `key`.
    pub(super) fn may_hold(&self, place: usize, key: &[u8]) -> bool {
        self.places.get(place).is_some_and(|place| place.mask.may_have(key))
    }

    /// Where the block in place `place` begins and ends in the file.
    pub(super) fn bounds(&self, place: usize) -> Option<(u64, u64)> {
        let offset = |place: usize| self.places.get(place).map(|place| place.offset);
        Some((offset(place)?, offset(place + 1).unwrap_or(self.end)))
    }

    pub(super) fn first_key(&self, place: usize) -> Option<&[u8]> {
        let at = |place: usize| self.places.get(place).map(|place| place.key_at as usize);
        self.keys.get(at(place)?..at(place + 1).unwrap_or(self.keys.len()))
    }
}

fn leading_of(head: u64, bits: u32) -> u64 {
    head.checked_shr(u64::BITS - bits).unwrap_or(0)
}

fn take_u64(bytes: &[u8]) -> Option<(u64, &[u8])> {
    bytes.split_first_chunk().map(|(number, rest)| (u64::from_le_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_block_is_that_of_a_plain_search(
            keys in prop::collection::btree_set(prop::collection::vec(0_u8..4, 0..12), 0..60),
            sought in prop::collection::vec(0_u8..4, 0..12),
        ) {
            let mut writer = IndexWriter::default();
            let keys: Vec<Vec<u8>> = keys.into_iter().collect();
            for (offset, key) in (0..).zip(&keys) {
                let mut mask = Mask::default();
                mask.add(key);
                writer.push(offset, mask, key);
            }
            let bytes = writer.into_bytes();
            let index = Index::of(&bytes, Entries::Masked, keys.len() as u64).unwrap();
            let expected = keys.iter().rposition(|key| *key <= sought);
            prop_assert_eq!(index.block_of(&sought), expected);
            for (place, key) in keys.iter().enumerate() {
                prop_assert_eq!(index.bounds(place), Some((place as u64, place as u64 + 1)));
                prop_assert!(index.may_hold(place, key));
            }
            prop_assert_eq!(index.bounds(keys.len()), None);
        }
    }

    #[test]
    fn what_is_cut_is_no_index() {
        let mut writer = IndexWriter::default();
        writer.push(8, Mask::default(), b"first");
        writer.push(99, Mask::default(), b"second");
        let bytes = writer.into_bytes();
        for length in 1..bytes.len() {
            let is_whole_entry = length == 23;
            let index = Index::of(&bytes[..length], Entries::Masked, 100);
            assert_eq!(index.is_some(), is_whole_entry);
        }
    }

    #[test]
    fn a_mask_tells_most_absent_keys() {
        let keys = |from: u32| (from..).map(|number| format!("京ICP备{number:08}号").into_bytes());
        let mut mask = Mask::default();
        keys(0).take(10).for_each(|key| mask.add(&key));
        assert!(keys(0).take(10).all(|key| mask.may_have(&key)));
        let passed = keys(10).take(10_000).filter(|key| mask.may_have(key)).count();
        assert!(passed < 1_000, "{passed}");
        assert!(Mask::ANY.may_have(b"") && !Mask::default().may_have(b""));
    }
}
