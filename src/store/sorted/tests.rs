//! A sorted file gives back what was written, and tells when it was damaged.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn written(dir: &Path, pairs: &BTreeMap<Vec<u8>, Vec<u8>>) -> PathBuf {
    let path = dir.join("file");
    let mut writer = SortedWriter::create(&path).unwrap();
    for (key, value) in pairs {
        writer.push(key, value).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), pairs.len() as u64);
    path
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn what_was_written_is_read(pairs: BTreeMap<Vec<u8>, Vec<u8>>, absent: Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let file = SortedFile::open(&written(dir.path(), &pairs)).unwrap();
        let read: BTreeMap<_, _> = file.all().map(Result::unwrap).collect();
        prop_assert_eq!(&read, &pairs);
        for (key, value) in &pairs {
            prop_assert_eq!(file.value_of(key).unwrap(), Some(value.clone()));
        }
        prop_assert_eq!(file.value_of(&absent).unwrap(), pairs.get(&absent).cloned());
    }
}

#[test]
fn many_blocks_are_searched_and_ranged() {
    let pairs: BTreeMap<Vec<u8>, Vec<u8>> = (0..50_000_u32)
        .map(|number| (format!("{:08}", number * 2).into_bytes(), vec![0; 40]))
        .collect();
    let dir = tempfile::tempdir().unwrap();
    let file = SortedFile::open(&written(dir.path(), &pairs)).unwrap();
    assert!(file.inner.index.blocks() > 100);
    for number in (0..100_000_u32).step_by(7) {
        let key = format!("{number:08}").into_bytes();
        assert_eq!(file.value_of(&key).unwrap().is_some(), number % 2 == 0, "{number}");
    }
    assert_eq!(file.with_prefix(b"0001").count(), 5_000);
    assert_eq!(file.with_prefix(b"9").count(), 0);
    assert_eq!(file.all().count(), 50_000);
}

#[test]
fn keys_out_of_order_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = SortedWriter::create(&dir.path().join("file")).unwrap();
    writer.push(b"b", b"").unwrap();
    assert!(writer.push(b"b", b"").is_err());
    assert!(writer.push(b"a", b"").is_err());
}

#[test]
fn every_flipped_byte_is_found_and_none_panics() {
    let pairs: BTreeMap<Vec<u8>, Vec<u8>> =
        (0..60_u8).map(|number| (vec![number], vec![number; 100])).collect();
    let dir = tempfile::tempdir().unwrap();
    let path = written(dir.path(), &pairs);
    let good = std::fs::read(&path).unwrap();
    for position in MAGIC.len()..good.len() {
        let mut bad = good.clone();
        bad[position] ^= 0x10;
        std::fs::write(&path, &bad).unwrap();
        let is_found = match SortedFile::open(&path) {
            Err(_) => true,
            Ok(file) => {
                file.all().any(|record| record.is_err()) || file.count() != pairs.len() as u64
            }
        };
        assert!(is_found, "byte {position}");
    }
    for length in 0..good.len() {
        std::fs::write(&path, &good[..length]).unwrap();
        assert!(SortedFile::open(&path).is_err(), "cut to {length}");
    }
}

#[test]
fn blocks_that_are_kept_belong_to_their_file_and_place() {
    let pairs = |value: u8| -> BTreeMap<Vec<u8>, Vec<u8>> {
        (0..200_u8).map(|number| (vec![number], vec![value; 300])).collect()
    };
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let one = SortedFile::open(&written(dirs[0].path(), &pairs(1))).unwrap();
    let two = SortedFile::open(&written(dirs[1].path(), &pairs(2))).unwrap();
    for number in (0..200_u8).chain([0, 199, 1, 1]) {
        for (file, value) in [(&one, 1), (&two, 2), (&two, 2)] {
            let mut kept = 0;
            let found = file.find(&[number], |found| {
                // Asked while one is read, too.
                kept = one.value_of(&[199 - number]).unwrap().map_or(0, |value| value[0]);
                found[0]
            });
            assert_eq!((found.unwrap(), kept), (Some(value), 1));
        }
    }
}

#[test]
fn files_of_the_first_format_are_read() {
    let pairs: BTreeMap<Vec<u8>, Vec<u8>> =
        (0..90_u8).map(|number| (vec![number; 7], vec![number; 200])).collect();
    let dir = tempfile::tempdir().unwrap();
    let path = written(dir.path(), &pairs);
    let new = std::fs::read(&path).unwrap();
    let trailer = new.len() - TRAILER;
    let index_at = u64::from_le_bytes(new[trailer..trailer + 8].try_into().unwrap());
    let (blocks, rest) = new.split_at(usize::try_from(index_at).unwrap());
    // The same index without masks: each entry has a key of seven bytes.
    let entries = rest[..rest.len() - TRAILER].chunks(25);
    let index: Vec<u8> = entries.flat_map(|entry| [&entry[..8], &entry[16..]].concat()).collect();
    let mut old = [&FIRST_MAGIC, &blocks[8..], index.as_slice(), &new[trailer..]].concat();
    let end = old.len();
    old[end - 12..end - 8].copy_from_slice(&crc32fast::hash(&index).to_le_bytes());
    old[end - 8..].copy_from_slice(&FIRST_MAGIC);
    std::fs::write(&path, old).unwrap();
    let file = SortedFile::open(&path).unwrap();
    assert!(file.inner.index.blocks() > 3);
    assert!(file.all().map(Result::unwrap).eq(pairs.clone()));
    for (key, value) in &pairs {
        assert_eq!(file.value_of(key).unwrap().as_ref(), Some(value));
    }
    assert_eq!(file.value_of(&[3; 6]).unwrap(), None);
    assert!(check::inspect_file(&path, &|_, _| None).unwrap().faults.is_empty());
}
