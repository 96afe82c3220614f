//! Keys and their log, in trees of their own beside the findings.
//!
//! What is done about a key is kept for good, and how often it was used and refused on each day. Single
//! uses and refusals are many: so many of the newest are kept, uses, refusals of a known key and those of
//! whoever shows none apart, so that whoever has no key cannot wash the log clean.

mod tally;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ulid::Ulid;

use crate::facts::key::Key;
use crate::facts::key::KeyHash;
use crate::facts::key::KeyState;
use crate::store::StoreError;
use crate::store::encoding;
pub use crate::store::keys::tally::Count;
pub use crate::store::keys::tally::Tallied;
pub use crate::store::keys::tally::Tallies;
use crate::store::portable::Kind;
use crate::store::portable::Pairs;
use crate::store::portable::Part;
use crate::store::portable::Tree;

/// `k` key id → key.
const KEY: u8 = b'k';
/// `h` hash → key id.
const HASH: u8 = b'h';
/// `d` sequence → deed.
const DEED: u8 = b'd';
/// `u` sequence → use.
const USE: u8 = b'u';
/// `r` sequence → refusal of whoever shows no key, or none that is known.
const REFUSAL: u8 = b'r';
/// `b` sequence → refusal of a key.
const BARRED: u8 = b'b';

/// So many uses are kept, and so many refusals of either kind.
const KEPT: u64 = 200_000;

/// All of it as lines.
pub(crate) const TREE: Tree = Tree {
    name: "keys",
    kinds: &[
        Kind::of::<Key>("key", &[KEY], &[Part::Ulid]).with(hash_of),
        Kind::of::<Entry>("key_deed", &[DEED], &[Part::U64]),
        Kind::of::<Entry>("key_use", &[USE], &[Part::U64]),
        Kind::of::<Entry>("key_refusal", &[REFUSAL], &[Part::U64]),
        Kind::of::<Entry>("key_barred", &[BARRED], &[Part::U64]),
        tally::KIND,
    ],
    derived: &[&[HASH]],
};

fn hash_of(_key: &[u8], value: &[u8]) -> Result<Pairs, StoreError> {
    let key: Key = encoding::decode("key", value)?;
    let hash = key.issued.as_ref().map(|issue| with_hash(&issue.hash));
    Ok(hash.map(|hash| (hash, key.id.to_bytes().to_vec())).into_iter().collect())
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Which key; `None` where none was shown, or none that is known.
    pub key: Option<Ulid>,
    /// What was done with it: `requested`, `approved`, `issued`, `revoked`, or the call and its status.
    pub what: String,
    /// By whom: `operator`, or the address that called.
    pub by: String,
}

/// The keys. Clones share the trees.
#[derive(Debug, Clone)]
pub struct Keys {
    tree: sled::Tree,
    path: PathBuf,
    turn: Arc<Mutex<u64>>,
}

impl Keys {
    pub(crate) fn new(tree: sled::Tree, path: PathBuf, turn: Arc<Mutex<u64>>) -> Self {
        Self { tree, path, turn }
    }

    fn failed(&self) -> impl Fn(sled::Error) -> StoreError + use<> {
        let path = self.path.clone();
        move |source| StoreError::Findings { path: path.clone(), source }
    }

    fn turn(&self) -> MutexGuard<'_, u64> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn value<T: DeserializeOwned>(
        &self,
        what: &'static str,
        key: &[u8],
    ) -> Result<Option<T>, StoreError> {
        let bytes = self.tree.get(key).map_err(self.failed())?;
        bytes.map(|bytes| encoding::decode(what, &bytes)).transpose()
    }

    fn values<T: DeserializeOwned>(
        &self,
        what: &'static str,
        prefix: u8,
    ) -> Result<Vec<T>, StoreError> {
        let records = self.tree.scan_prefix([prefix]);
        let value = |record: sled::Result<(sled::IVec, sled::IVec)>| {
            let (_, bytes) = record.map_err(self.failed())?;
            encoding::decode(what, &bytes)
        };
        records.map(value).collect()
    }

    /// Every key, by the time of its request.
    pub fn all(&self) -> Result<Vec<Key>, StoreError> {
        self.values("key", KEY)
    }

    /// One key.
    pub fn by_id(&self, id: Ulid) -> Result<Option<Key>, StoreError> {
        self.value("key", &with_id(id))
    }

    /// Whether a key opens anything at `now`.
    pub fn is_good(&self, id: Ulid, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.by_id(id)?.is_some_and(|key| key.state(now) == KeyState::Issued))
    }

    /// The key that has this hash, whatever its state.
    pub fn by_hash(&self, hash: &KeyHash) -> Result<Option<Key>, StoreError> {
        let id = self.tree.get(with_hash(hash)).map_err(self.failed())?;
        let Some(id) = id.as_deref().and_then(|id| <[u8; 16]>::try_from(id).ok()) else {
            return Ok(None);
        };
        let key = self.by_id(Ulid::from_bytes(id))?;
        Ok(key.filter(|key| key.issued.as_ref().is_some_and(|issue| issue.hash.is(hash))))
    }

    /// Lets `decide` see the key as it is now, and keeps what it makes of it together with the entry
    /// that tells of it. `None` adds a key.
    pub fn change<E: From<StoreError>>(
        &self,
        id: Option<Ulid>,
        decide: impl FnOnce(Option<&Key>) -> Result<(Key, Entry), E>,
    ) -> Result<Key, E> {
        let turn = self.turn();
        let current = id.map(|id| self.by_id(id)).transpose()?.flatten();
        let (key, entry) = decide(current.as_ref())?;
        let mut batch = sled::Batch::default();
        batch.insert(with_id(key.id), encoding::encode("key", &key)?);
        if let Some(issue) = &key.issued {
            batch.insert(with_hash(&issue.hash), &key.id.to_bytes()[..]);
        }
        let number = self.last(DEED)? + 1;
        batch.insert(numbered(DEED, number), encoding::encode("entry", &entry)?);
        self.tree.apply_batch(batch).map_err(self.failed())?;
        self.tree.flush().map_err(self.failed())?;
        drop(turn);
        Ok(key)
    }

    /// Adds uses and refusals to the log, the oldest beyond what is kept going, and to what is counted.
    pub fn log(
        &self,
        uses: &[Entry],
        refusals: &[Entry],
        tallies: &Tallies,
    ) -> Result<(), StoreError> {
        let _turn = self.turn();
        let mut batch = sled::Batch::default();
        self.batch_tallies(&mut batch, tallies)?;
        let (barred, others): (Vec<_>, Vec<_>) =
            refusals.iter().partition(|entry| entry.key.is_some());
        for (prefix, entries) in [(USE, uses.iter().collect()), (BARRED, barred), (REFUSAL, others)]
        {
            let mut number = self.last(prefix)?;
            for entry in entries {
                number += 1;
                batch.insert(numbered(prefix, number), encoding::encode("entry", &entry)?);
                if number > KEPT {
                    batch.remove(numbered(prefix, number - KEPT));
                }
            }
        }
        self.tree.apply_batch(batch).map_err(self.failed())?;
        self.tree.flush().map_err(self.failed())?;
        Ok(())
    }

    /// What was done about keys, then uses and refusals, each oldest first.
    pub fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        let mut all = self.values("entry", DEED)?;
        all.extend(self.values::<Entry>("entry", USE)?);
        all.extend(self.values::<Entry>("entry", BARRED)?);
        all.extend(self.values::<Entry>("entry", REFUSAL)?);
        Ok(all)
    }

    fn last(&self, prefix: u8) -> Result<u64, StoreError> {
        let last = self.tree.scan_prefix([prefix]).next_back().transpose();
        let number = last.map_err(self.failed())?;
        let number = number.and_then(|(key, _)| key.last_chunk::<8>().copied());
        Ok(number.map_or(0, u64::from_be_bytes))
    }
}

fn with_id(id: Ulid) -> Vec<u8> {
    [&[KEY][..], &id.to_bytes()].concat()
}

fn with_hash(hash: &KeyHash) -> Vec<u8> {
    [&[HASH][..], hash.bytes()].concat()
}

fn numbered(prefix: u8, number: u64) -> Vec<u8> {
    [&[prefix][..], &number.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::bureau::Bureau;
    use crate::facts::key::Holder;
    use crate::facts::key::RANDOM;
    use crate::facts::key::Secret;
    use crate::facts::key::Step;
    use crate::store::findings::Findings;

    fn entry(what: &str) -> Entry {
        Entry {
            at: Timestamp::UNIX_EPOCH,
            key: None,
            what: what.to_owned(),
            by: "operator".to_owned(),
        }
    }

    fn step() -> Step {
        Step { at: Timestamp::UNIX_EPOCH, by: "operator".to_owned(), note: None }
    }

    #[test]
    fn a_key_is_found_by_its_hash_and_its_secret_lies_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("findings");
        let findings = Findings::open(&path).unwrap();
        let keys = findings.keys().unwrap();
        let secret = Secret::new([0x5a; RANDOM]);
        let holder = Holder::Bureau(Bureau::MINISTRY);
        let key = Key::requested(Ulid::from(7_u128), holder, step());
        keys.change::<StoreError>(None, |_| Ok((key.clone(), entry("requested")))).unwrap();
        assert_eq!(keys.by_hash(&secret.hash()).unwrap(), None);
        let expires = "2030-01-01T00:00:00Z".parse().unwrap();
        let issued = keys
            .change::<StoreError>(Some(key.id), |key| {
                let key = key.unwrap().approve(step()).unwrap();
                Ok((key.issue(step(), secret.hash(), expires).unwrap(), entry("issued")))
            })
            .unwrap();
        assert_eq!(keys.by_hash(&secret.hash()).unwrap(), Some(issued));
        let other = Secret::new([0x5b; RANDOM]);
        assert_eq!(keys.by_hash(&other.hash()).unwrap(), None);
        drop((keys, findings));
        for file in std::fs::read_dir(&path).unwrap().map(|file| file.unwrap().path()) {
            let bytes = std::fs::read(&file).unwrap_or_default();
            let text = secret.reveal().as_bytes();
            assert!(!bytes.windows(16).any(|window| text.windows(16).any(|part| part == window)));
        }
    }

    #[test]
    fn the_log_keeps_deeds_uses_and_refusals_apart() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Findings::open(&dir.path().join("findings")).unwrap().keys().unwrap();
        let holder = Holder::Reader("公安".to_owned());
        let key = Key::requested(Ulid::from(7_u128), holder, step());
        keys.change::<StoreError>(None, |_| Ok((key, entry("requested")))).unwrap();
        let none = Tallies::default();
        let barred = Entry { key: Some(Ulid::from(7_u128)), ..entry("revoked") };
        keys.log(&[entry("one")], &[entry("no"), barred], &none).unwrap();
        keys.log(&[entry("two")], &[], &none).unwrap();
        let all = keys.entries().unwrap();
        let what: Vec<_> = all.iter().map(|entry| entry.what.as_str()).collect();
        assert_eq!(what, ["requested", "one", "two", "revoked", "no"]);
    }

    #[test]
    fn of_what_is_kept_no_longer_it_is_known_how_often_when_and_by_whom_a_key_was_refused() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Findings::open(&dir.path().join("findings")).unwrap().keys().unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        let used = |second, key, by: &str| Entry {
            at: at(second),
            key: Some(Ulid::from(key)),
            what: "GET /findings 200".to_owned(),
            by: by.to_owned(),
        };
        let calls = [
            (used(1, 7_u128, "1.1.1.1"), false),
            (used(2, 7, "2.2.2.2"), false),
            (used(3, 7, "1.1.1.1"), true),
            (used(5, 7, "2.2.2.2"), true),
            (used(200_000, 7, "1.1.1.1"), false),
        ];
        for half in calls.chunks(3) {
            let mut tallies = Tallies::default();
            for (entry, is_refused) in half {
                tallies.add(entry, *is_refused);
            }
            keys.log(&[], &[], &tallies).unwrap();
        }
        let mut tallies = Tallies::default();
        tallies.add(&used(4, 7, "3.3.3.3"), false);
        keys.log(&[], &[], &tallies).unwrap();
        let told: Vec<_> = keys
            .tallies()
            .unwrap()
            .into_iter()
            .map(|(of, count)| (of.day.to_string(), of.by, count.count, count.first, count.last))
            .collect();
        let by = |address: &str| Some(address.to_owned());
        let expected = [
            ("1970-01-01".to_owned(), None, 3, at(1), at(4)),
            ("1970-01-01".to_owned(), by("1.1.1.1"), 1, at(3), at(3)),
            ("1970-01-01".to_owned(), by("2.2.2.2"), 1, at(5), at(5)),
            ("1970-01-03".to_owned(), None, 1, at(200_000), at(200_000)),
        ];
        assert_eq!(told, expected);
    }
}
