//! Who asked to be left alone, and until when: kept beside the nights' journals, so that neither a crash
//! nor the next night speaks to anybody before.
//!
//! A line each, written at once: the moment, the address, and the target that it does not want to be asked
//! for, if it is not all of them. They mean the real time, whatever `--now` says of findings.

use std::collections::HashMap;
use std::fs::File;
use std::io::ErrorKind;
use std::io::Write;
use std::net::IpAddr;
use std::path::Path;
use std::path::PathBuf;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::facts::target::Target;

const FILE: &str = "rests.tsv";

/// Nobody is left alone for longer, whatever stands there: no server's wish is heard beyond it.
const LONGEST_REST: SignedDuration = SignedDuration::from_hours(24);

/// So many are kept of addresses, and of targets; of more the first.
const MOST: usize = 20_000;

/// So often it is looked for those that are past where there are too many.
const FULL: SignedDuration = SignedDuration::from_mins(1);

/// A file of so many bytes is written anew, without what is past.
const LONGEST: u64 = 8 << 20;

/// The rests that were asked for and are not over.
#[derive(Debug)]
pub struct Rests {
    path: PathBuf,
    addresses: HashMap<IpAddr, Timestamp>,
    targets: HashMap<(Target, IpAddr), Timestamp>,
    length: u64,
    /// While they are too many, those that are past are looked for no sooner than then.
    full_until: Timestamp,
    /// Whether they can be kept for the next run, as far as is known.
    are_kept: bool,
}

impl Rests {
    /// Those kept in `dir` that are not over at `now`. A line that cannot be read is of a crash, and is
    /// passed over. Where none can be read or kept that is told once, and they are known as long as this
    /// lives: it is no reason to end a night.
    pub fn open(dir: &Path, now: Timestamp) -> Self {
        let path = dir.join(FILE);
        let mut rests = Self {
            path,
            addresses: HashMap::new(),
            targets: HashMap::new(),
            length: 0,
            full_until: now,
            are_kept: true,
        };
        let bytes = match std::fs::read(&rests.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return rests,
            Err(error) => {
                rests.are_kept_no_more(&error);
                return rests;
            }
        };
        for line in bytes.split(|byte| *byte == b'\n') {
            rests.take_in(line, now);
        }
        rests.write_anew(now);
        rests
    }

    fn are_kept_no_more(&mut self, error: &std::io::Error) {
        tracing::warn!(
            file = %self.path.display(), %error,
            "who asked to be left alone cannot be kept here for the next run"
        );
        self.are_kept = false;
    }

    /// The addresses that are left alone, and until when.
    pub fn addresses(&self) -> impl Iterator<Item = (IpAddr, Timestamp)> {
        self.addresses.iter().map(|(address, until)| (*address, *until))
    }

    /// Until when `address` is not asked for `target`; `None` where it may be at `now`.
    pub fn of(&self, target: &Target, address: IpAddr, now: Timestamp) -> Option<Timestamp> {
        self.targets.get(&(target.clone(), address)).copied().filter(|until| *until > now)
    }

    /// Keeps that `address` is left alone until then.
    pub fn keep_address(&mut self, address: IpAddr, until: Timestamp, now: Timestamp) {
        if keep(&mut self.addresses, address, until, now) {
            self.append(&line(address, None, until), now);
        }
    }

    /// Keeps that `address` is not asked for `target` until then.
    pub fn keep_target(
        &mut self,
        target: &Target,
        address: IpAddr,
        until: Timestamp,
        now: Timestamp,
    ) {
        if keep(&mut self.targets, (target.clone(), address), until, now) {
            self.append(&line(address, Some(target), until), now);
        }
    }

    fn take_in(&mut self, line: &[u8], now: Timestamp) -> Option<()> {
        let mut cells = std::str::from_utf8(line).ok()?.split('\t');
        let until: Timestamp = cells.next()?.parse().ok()?;
        let address: IpAddr = cells.next()?.parse().ok()?;
        if until.duration_since(now) > LONGEST_REST {
            return None;
        }
        match cells.next() {
            Some(target) => keep(&mut self.targets, (target.parse().ok()?, address), until, now),
            None => keep(&mut self.addresses, address, until, now),
        };
        Some(())
    }

    fn append(&mut self, line: &str, now: Timestamp) {
        let is_full = self.addresses.len() >= MOST || self.targets.len() >= MOST;
        if self.length > LONGEST || (is_full && now > self.full_until) {
            self.full_until = now + FULL;
            return self.write_anew(now);
        }
        if !self.are_kept {
            return;
        }
        let file = File::options().create(true).append(true).open(&self.path);
        match file.and_then(|mut file| file.write_all(line.as_bytes())) {
            Ok(()) => self.length += line.len() as u64,
            Err(error) => self.are_kept_no_more(&error),
        }
    }

    fn write_anew(&mut self, now: Timestamp) {
        self.addresses.retain(|_, until| *until > now);
        self.targets.retain(|_, until| *until > now);
        if !self.are_kept {
            return;
        }
        let mut text = String::new();
        for (address, until) in &self.addresses {
            text.push_str(&line(*address, None, *until));
        }
        for ((target, address), until) in &self.targets {
            text.push_str(&line(*address, Some(target), *until));
        }
        self.length = text.len() as u64;
        let fresh = self.path.with_extension("new");
        let written = std::fs::write(&fresh, text);
        if let Err(error) = written.and_then(|()| std::fs::rename(&fresh, &self.path)) {
            self.are_kept_no_more(&error);
        }
    }
}

/// A line begins with its end, so that one which a crash cut spoils no other.
fn line(address: IpAddr, target: Option<&Target>, until: Timestamp) -> String {
    match target {
        Some(target) => format!("\n{until}\t{address}\t{target}"),
        None => format!("\n{until}\t{address}"),
    }
}

/// Notes a rest that is longer than what is known; whether it is.
fn keep<K: Eq + std::hash::Hash>(
    rests: &mut HashMap<K, Timestamp>,
    whom: K,
    until: Timestamp,
    now: Timestamp,
) -> bool {
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
        let mut rests = Rests::open(dir.path(), now);
        rests.keep_address(address, hour, now);
        rests.keep_address(address, minute, now);
        for (name, until) in [("a.cn", hour), ("b.cn", minute), ("c.cn", now)] {
            rests.keep_target(&target(name), address, until, now);
        }
        drop(rests);
        let spoilt = "\n2036-11-28T09:00:00Z\t10.0.0.2\n2026-11-28T01:30:00Z";
        let mut file = File::options().append(true).open(dir.path().join(FILE)).unwrap();
        file.write_all(spoilt.as_bytes()).unwrap();

        let mut rests = Rests::open(dir.path(), now + 2.minutes());
        assert_eq!(rests.addresses().collect::<Vec<_>>(), [(address, hour)]);
        let of = |rests: &Rests, name: &str| rests.of(&target(name), address, now);
        assert_eq!(of(&rests, "a.cn"), Some(hour));
        assert_eq!(rests.of(&target("a.cn"), address, hour), None);
        assert_eq!(rests.of(&target("a.cn"), "10.0.0.2".parse().unwrap(), now), None);
        assert_eq!(of(&rests, "b.cn"), None, "it was over when they were read");
        rests.keep_target(&target("d.cn"), address, hour, now);
        let again = Rests::open(dir.path(), now);
        assert_eq!((of(&again, "d.cn"), of(&again, "a.cn")), (Some(hour), Some(hour)));
        let rests = Rests::open(dir.path(), hour);
        assert_eq!((rests.addresses().count(), rests.length), (0, 0));
    }

    #[test]
    fn a_file_that_can_be_neither_read_nor_written_is_no_reason_to_forget() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join(FILE)).unwrap();
        let now: Timestamp = "2026-11-28T01:00:00Z".parse().unwrap();
        let address: IpAddr = "10.0.0.1".parse().unwrap();
        let mut rests = Rests::open(dir.path(), now);
        rests.keep_address(address, now + 1.hour(), now);
        rests.keep_target(&target("a.cn"), address, now + 1.hour(), now);
        assert_eq!(rests.addresses().collect::<Vec<_>>(), [(address, now + 1.hour())]);
        assert_eq!(rests.of(&target("a.cn"), address, now), Some(now + 1.hour()));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
