//! Who asked to be left alone, and until when: kept beside the nights' journals, so that neither a crash
//! nor the next night speaks to anybody before.
//!
//! A line each, written at once: the moment, whether it is an address or a target, and which. They mean
//! the real time, whatever `--now` says of findings.

use std::collections::HashMap;
use std::fs::File;
use std::io::ErrorKind;
use std::io::Write;
use std::net::IpAddr;
use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::facts::target::Target;
use crate::store::StoreError;

const FILE: &str = "rests.tsv";

/// So many are kept of addresses, and of targets; of more the first.
const MOST: usize = 20_000;

/// A file of so many bytes is written anew, without what is past.
const LONGEST: u64 = 8 << 20;

/// The rests that were asked for and are not over.
#[derive(Debug)]
pub struct Rests {
    path: PathBuf,
    addresses: HashMap<IpAddr, Timestamp>,
    targets: HashMap<Target, Timestamp>,
    length: u64,
}

impl Rests {
    /// Those kept in `dir` that are not over at `now`. A line that cannot be read is of a crash, and is
    /// passed over.
    pub fn open(dir: &Path, now: Timestamp) -> Result<Self, StoreError> {
        let path = dir.join(FILE);
        let mut rests =
            Self { path, addresses: HashMap::new(), targets: HashMap::new(), length: 0 };
        let bytes = match std::fs::read(&rests.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(rests),
            Err(error) => return Err(StoreError::io(&rests.path)(error)),
        };
        for line in bytes.split(|byte| *byte == b'\n') {
            rests.take_in(line, now);
        }
        rests.write_anew(now)?;
        Ok(rests)
    }

    /// The addresses that are left alone, and until when.
    pub fn addresses(&self) -> impl Iterator<Item = (IpAddr, Timestamp)> {
        self.addresses.iter().map(|(address, until)| (*address, *until))
    }

    /// Until when `target` is left alone; `None` where it may be asked at `now`.
    pub fn of(&self, target: &Target, now: Timestamp) -> Option<Timestamp> {
        self.targets.get(target).copied().filter(|until| *until > now)
    }

    /// Keeps that `address` is left alone until then.
    pub fn keep_address(
        &mut self,
        address: IpAddr,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if !keep(&mut self.addresses, address, until, now) {
            return Ok(());
        }
        self.append(&line("address", &address.to_string(), until), now)
    }

    /// Keeps that `target` is left alone until then.
    pub fn keep_target(
        &mut self,
        target: &Target,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if !keep(&mut self.targets, target.clone(), until, now) {
            return Ok(());
        }
        self.append(&line("target", &target.to_string(), until), now)
    }

    fn take_in(&mut self, line: &[u8], now: Timestamp) -> Option<()> {
        let mut cells = std::str::from_utf8(line).ok()?.split('\t');
        let (until, kind, whom) = (cells.next()?.parse().ok()?, cells.next()?, cells.next()?);
        match kind {
            "address" => keep(&mut self.addresses, whom.parse().ok()?, until, now),
            "target" => keep(&mut self.targets, whom.parse().ok()?, until, now),
            _ => return None,
        };
        Some(())
    }

    fn append(&mut self, line: &str, now: Timestamp) -> Result<(), StoreError> {
        if self.length > LONGEST {
            return self.write_anew(now);
        }
        let failed = || StoreError::io(&self.path);
        let mut file =
            File::options().create(true).append(true).open(&self.path).map_err(failed())?;
        file.write_all(line.as_bytes()).map_err(failed())?;
        self.length += line.len() as u64;
        Ok(())
    }

    fn write_anew(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.addresses.retain(|_, until| *until > now);
        self.targets.retain(|_, until| *until > now);
        let mut text = String::new();
        for (address, until) in &self.addresses {
            text.push_str(&line("address", &address.to_string(), *until));
        }
        for (target, until) in &self.targets {
            text.push_str(&line("target", &target.to_string(), *until));
        }
        self.length = text.len() as u64;
        let fresh = self.path.with_extension("new");
        std::fs::write(&fresh, text).map_err(StoreError::io(&fresh))?;
        std::fs::rename(&fresh, &self.path).map_err(StoreError::io(&self.path))
    }
}

/// A line begins with its end, so that one which a crash cut spoils no other.
fn line(kind: &str, whom: &str, until: Timestamp) -> String {
    format!("\n{until}\t{kind}\t{whom}")
}

/// Notes a rest that is longer than what is known; whether it is.
fn keep<K: Eq + std::hash::Hash>(
    rests: &mut HashMap<K, Timestamp>,
    whom: K,
    until: Timestamp,
    now: Timestamp,
) -> bool {
    if rests.len() >= MOST {
        rests.retain(|_, until| *until > now);
    }
    let is_longer = rests.get(&whom).is_none_or(|known| *known < until);
    let has_room = rests.len() < MOST || rests.contains_key(&whom);
    if until <= now || !is_longer || !has_room {
        return false;
    }
    rests.insert(whom, until);
    true
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    fn target(name: &str) -> Target {
        name.parse().unwrap()
    }

    #[test]
    fn what_was_asked_for_outlives_a_crash_until_it_is_over() {
        let dir = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-28T01:00:00Z".parse().unwrap();
        let (minute, hour) = (now + 1.minute(), now + 1.hour());
        let address: IpAddr = "10.0.0.1".parse().unwrap();
        let mut rests = Rests::open(dir.path(), now).unwrap();
        rests.keep_address(address, hour, now).unwrap();
        rests.keep_address(address, minute, now).unwrap();
        rests.keep_target(&target("a.cn"), hour, now).unwrap();
        rests.keep_target(&target("b.cn"), minute, now).unwrap();
        rests.keep_target(&target("c.cn"), now, now).unwrap();
        drop(rests);
        let torn = "\n2026-11-28T09:00:00Z\ttarget";
        let mut file = File::options().append(true).open(dir.path().join(FILE)).unwrap();
        file.write_all(torn.as_bytes()).unwrap();

        let mut rests = Rests::open(dir.path(), now + 2.minutes()).unwrap();
        assert_eq!(rests.addresses().collect::<Vec<_>>(), [(address, hour)]);
        assert_eq!(rests.of(&target("a.cn"), now), Some(hour));
        assert_eq!(rests.of(&target("a.cn"), hour), None);
        assert_eq!(rests.of(&target("b.cn"), now), None, "it was over when they were read");
        rests.keep_target(&target("d.cn"), hour, now).unwrap();
        let again = Rests::open(dir.path(), now).unwrap();
        assert_eq!(again.of(&target("d.cn"), now), Some(hour));
        assert_eq!(again.of(&target("a.cn"), now), Some(hour));
        let rests = Rests::open(dir.path(), hour).unwrap();
        assert_eq!((rests.addresses().count(), rests.length), (0, 0));
    }
}
