//! The index of a sorted file: which block may hold a key.
//!
//! Held as three flat arrays, some forty bytes a block, so that a file of ten million records costs no
//! more memory than it has to, and a search touches few lines of it.

use crate::store::sorter::head;

/// The leading bits of a key that lead to a stretch of blocks, at most. Keys of targets begin with a
/// checksum, so that the stretches are equally long there; elsewhere one may hold all blocks.
const LEADING_BITS: u32 = 16;

/// Writes an index: `offset u64 · key length u16 · key` for each block, little-endian.
#[derive(Debug, Default)]
pub(super) struct IndexWriter {
    bytes: Vec<u8>,
}

impl IndexWriter {
    /// Adds the block that begins at `offset` with `first_key`, which is at most 65,535 bytes long.
    pub(super) fn push(&mut self, offset: u64, first_key: &[u8]) {
        let length = u16::try_from(first_key.len()).unwrap_or(u16::MAX);
        self.bytes.extend_from_slice(&offset.to_le_bytes());
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(first_key);
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// An index in memory.
#[derive(Debug)]
pub(super) struct Index {
    /// As in the file.
    bytes: Vec<u8>,
    /// The first bytes of each block's first key.
    heads: Vec<u64>,
    /// Where each block's entry begins in `bytes`.
    entries: Vec<u32>,
    /// How many leading bits lead to a stretch: fewer where there are few blocks.
    leading_bits: u32,
    /// For each leading value the number of blocks that begin below it.
    stretches: Vec<u32>,
    /// Where the last block ends in the file.
    end: u64,
}

impl Index {
    /// The index of `bytes`, of a file whose last block ends at `end`; `None` where it is no index.
    pub(super) fn of(bytes: Vec<u8>, end: u64) -> Option<Self> {
        let (mut heads, mut entries) = (Vec::new(), Vec::new());
        let mut at = 0;
        while at < bytes.len() {
            let (_, key) = entry(&bytes, at)?;
            heads.push(head(key));
            entries.push(u32::try_from(at).ok()?);
            at += 10 + key.len();
        }
        let leading_bits = heads.len().checked_ilog2().unwrap_or(0).min(LEADING_BITS);
        let mut stretches = Vec::with_capacity((1 << leading_bits) + 1);
        let mut below = 0_u32;
        for leading in 0..=1_u64 << leading_bits {
            let is_below = |head: &&u64| leading_of(**head, leading_bits) < leading;
            let from = heads.get(below as usize..).unwrap_or_default();
            below += u32::try_from(from.iter().take_while(is_below).count()).ok()?;
            stretches.push(below);
        }
        Some(Self { bytes, heads, entries, leading_bits, stretches, end })
    }

    /// The number of blocks.
    pub(super) fn blocks(&self) -> usize {
        self.entries.len()
    }

    /// The last block that begins with `key` or below it; `None` where the file begins above it.
    pub(super) fn block_of(&self, key: &[u8]) -> Option<usize> {
        let sought = head(key);
        let leading = usize::try_from(leading_of(sought, self.leading_bits)).ok()?;
        let stretch = |place: usize| self.stretches.get(place).map(|below| *below as usize);
        let (from, to) = (stretch(leading)?, stretch(leading + 1)?);
        let heads = self.heads.get(from..to)?;
        let mut after = from + heads.partition_point(|head| *head < sought);
        // Of those with the same first bytes the rest of the key decides.
        let same = self.heads.get(after..to)?.partition_point(|head| *head == sought);
        let (mut low, mut high) = (after, after + same);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.first_key(middle)? <= key { low = middle + 1 } else { high = middle }
        }
        after = low;
        after.checked_sub(1)
    }

    /// Where the block in place `place` begins and ends in the file.
    pub(super) fn bounds(&self, place: usize) -> Option<(u64, u64)> {
        let offset = |place: usize| {
            let at = usize::try_from(*self.entries.get(place)?).ok()?;
            entry(&self.bytes, at).map(|(offset, _)| offset)
        };
        Some((offset(place)?, offset(place + 1).unwrap_or(self.end)))
    }

    pub(super) fn first_key(&self, place: usize) -> Option<&[u8]> {
        let at = usize::try_from(*self.entries.get(place)?).ok()?;
        entry(&self.bytes, at).map(|(_, key)| key)
    }
}

fn leading_of(head: u64, bits: u32) -> u64 {
    head.checked_shr(u64::BITS - bits).unwrap_or(0)
}

/// The offset and the key of the entry that begins at `at`.
fn entry(bytes: &[u8], at: usize) -> Option<(u64, &[u8])> {
    let rest = bytes.get(at..)?;
    let (offset, rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let key = rest.get(..usize::from(u16::from_le_bytes(*length)))?;
    Some((u64::from_le_bytes(*offset), key))
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
                writer.push(offset, key);
            }
            let index = Index::of(writer.into_bytes(), keys.len() as u64).unwrap();
            let expected = keys.iter().rposition(|key| *key <= sought);
            prop_assert_eq!(index.block_of(&sought), expected);
            for place in 0..keys.len() {
                prop_assert_eq!(index.bounds(place), Some((place as u64, place as u64 + 1)));
            }
            prop_assert_eq!(index.bounds(keys.len()), None);
        }
    }

    #[test]
    fn what_is_cut_is_no_index() {
        let mut writer = IndexWriter::default();
        writer.push(8, b"first");
        writer.push(99, b"second");
        let bytes = writer.into_bytes();
        for length in 1..bytes.len() {
            let is_whole_entry = length == 15;
            assert_eq!(Index::of(bytes[..length].to_vec(), 100).is_some(), is_whole_entry);
        }
    }
}
