//! How often each key was used or refused on each day: kept for good, where single calls are not.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::hash_map;
use std::net::IpAddr;
use std::net::Ipv6Addr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use ulid::Ulid;

use crate::clock;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::keys::Entry;
use crate::store::keys::Keys;
use crate::store::portable::Kind;
use crate::store::portable::Part;

/// `c` day, key, call, address → count.
const TALLY: u8 = b'c';

/// As lines.
pub(super) const KIND: Kind = Kind::of::<Count>("key_tally", &[TALLY], &[Part::Texts]);

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tallied {
    /// On which day.
    pub day: Date,
    /// Which key; `None` where none was shown, or none that is known.
    pub key: Option<Ulid>,
    /// The call and its status.
    pub what: String,
    /// Where the call came from that was refused with a key: an IPv4 address, the /64 of an IPv6 address,
    /// or `elsewhere`; `None` for others, of whom there may be any number.
    pub by: Option<String>,
}

/// From so many places refusals of a key are told apart on a day. Whoever has a key that is good no more may
/// call from any number of addresses, and fills no disk.
const MOST_PLACES: usize = 64;

/// All places beyond these.
const ELSEWHERE: &str = "elsewhere";

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How often.
    pub count: u64,
    /// When first.
    pub first: Timestamp,
    /// When last.
    pub last: Timestamp,
}

/// Counts that are not written yet.
#[derive(Debug, Default)]
pub struct Tallies(HashMap<Tallied, Count>);

impl Tallies {
    /// Counts a call.
    pub fn add(&mut self, entry: &Entry, is_refused: bool) {
        let Entry { at, key, what, by } = entry;
        let by = (is_refused && key.is_some()).then(|| place(by));
        let what = what.replace('\0', "");
        let tallied = Tallied { day: clock::day(*at), key: *key, what, by };
        let one = Count { count: 1, first: *at, last: *at };
        self.0.entry(tallied).and_modify(|count| *count = count.and(one)).or_insert(one);
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Where `by` is: whoever has an IPv6 address has the whole /64.
fn place(by: &str) -> String {
    match by.parse::<IpAddr>() {
        Ok(IpAddr::V6(v6)) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.to_string(),
            None => format!("{}/64", Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        },
        Ok(IpAddr::V4(_)) | Err(_) => by.to_owned(),
    }
}

impl Count {
    fn and(self, more: Self) -> Self {
        Self {
            count: self.count + more.count,
            first: self.first.min(more.first),
            last: self.last.max(more.last),
        }
    }
}

impl Keys {
    /// Adds to what was counted before.
    pub(super) fn batch_tallies(
        &self,
        batch: &mut sled::Batch,
        tallies: &Tallies,
    ) -> Result<(), StoreError> {
        let mut places: HashMap<(Date, Ulid), BTreeSet<String>> = HashMap::new();
        let mut counts: HashMap<Vec<u8>, Count> = HashMap::new();
        for (tallied, more) in &tallies.0 {
            let mut counted = tallied.clone();
            if let (Some(by), Some(key)) = (&mut counted.by, counted.key) {
                let known = match places.entry((counted.day, key)) {
                    hash_map::Entry::Occupied(known) => known.into_mut(),
                    hash_map::Entry::Vacant(none) => none.insert(self.places(counted.day, key)?),
                };
                if !known.contains(by) && known.len() >= MOST_PLACES {
                    ELSEWHERE.clone_into(by);
                } else {
                    known.insert(by.clone());
                }
            }
            let count = counts.entry(tally_key(&counted));
            count.and_modify(|count| *count = count.and(*more)).or_insert(*more);
        }
        for (key, more) in counts {
            let known = self.value::<Count>("count of calls", &key)?;
            let count = known.map_or(more, |known| known.and(more));
            batch.insert(key, encoding::encode("count of calls", &count)?);
        }
        Ok(())
    }

    /// The places from which `key` was refused on `day`.
    fn places(&self, day: Date, key: Ulid) -> Result<BTreeSet<String>, StoreError> {
        let prefix = [&[TALLY][..], format!("{day}\0{key}\0").as_bytes()].concat();
        let mut places = BTreeSet::new();
        for record in self.tree.scan_prefix(prefix) {
            let (key, _) = record.map_err(self.failed())?;
            places.extend(tallied(&key).and_then(|tallied| tallied.by));
        }
        Ok(places)
    }

    /// How often each key was used or refused on each day, oldest first.
    pub fn tallies(&self) -> Result<Vec<(Tallied, Count)>, StoreError> {
        let mut all = Vec::new();
        for record in self.tree.scan_prefix([TALLY]) {
            let (key, bytes) = record.map_err(self.failed())?;
            let count = encoding::decode("count of calls", &bytes)?;
            all.extend(tallied(&key).map(|tallied| (tallied, count)));
        }
        Ok(all)
    }
}

fn tally_key(tallied: &Tallied) -> Vec<u8> {
    let Tallied { day, key, what, by } = tallied;
    let key = key.map(|key| key.to_string()).unwrap_or_default();
    let by = by.as_deref().unwrap_or_default();
    [&[TALLY][..], format!("{day}\0{key}\0{what}\0{by}").as_bytes()].concat()
}

fn tallied(key: &[u8]) -> Option<Tallied> {
    let text = str::from_utf8(key.get(1..)?).ok()?;
    let mut parts = text.split('\0');
    let (day, key, what, by) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(Tallied {
        day: day.parse().ok()?,
        key: key.parse().ok(),
        what: what.to_owned(),
        by: Some(by.to_owned()).filter(|by| !by.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::findings::Findings;

    fn refused(by: &str) -> Entry {
        Entry {
            at: Timestamp::UNIX_EPOCH,
            key: Some(Ulid::from(7_u128)),
            what: "GET /findings 401 expired".to_owned(),
            by: by.to_owned(),
        }
    }

    fn logged(keys: &Keys, from: impl Iterator<Item = String>) {
        let mut tallies = Tallies::default();
        for by in from {
            tallies.add(&refused(&by), true);
        }
        keys.log(&[], &[], &tallies).unwrap();
    }

    #[test]
    fn a_key_refused_from_any_number_of_places_takes_room_for_so_many() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Findings::open(dir.path()).unwrap().keys().unwrap();
        logged(&keys, (0..40).map(|last| format!("1.2.3.{last}")));
        logged(&keys, (0..200).map(|last| format!("1.2.3.{last}")));
        // Those that were known by then are told apart as before.
        logged(&keys, ["1.2.3.0", "9.9.9.9"].map(str::to_owned).into_iter());
        let told = keys.tallies().unwrap();
        assert_eq!(told.len(), MOST_PLACES + 1);
        let count = |by: &str| {
            let of = told.iter().find(|(of, _)| of.by.as_deref() == Some(by));
            of.map_or(0, |(_, count)| count.count)
        };
        assert_eq!(count("1.2.3.0"), 3);
        assert_eq!(count(ELSEWHERE), 200 - MOST_PLACES as u64 + 1);
        assert_eq!(told.iter().map(|(_, count)| count.count).sum::<u64>(), 242);
    }

    #[test]
    fn whoever_has_a_network_calls_from_one_place() {
        for (by, expected) in [
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("1.2.3.4", "1.2.3.4"),
            ("unknown", "unknown"),
        ] {
            assert_eq!(place(by), expected);
        }
    }
}
