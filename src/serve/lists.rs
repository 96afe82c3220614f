//! Lists of messages that are taken away one by one: written once, and read from for as long as nothing that
//! they rest on has changed, so that the last of many messages costs no more than the first.

use std::fs::File;
use std::io::BufWriter;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use jiff::civil::Date;
use sha2::Digest;
use sha2::Sha256;

use crate::facts::checksum::hex;
use crate::serve::problem::Problem;
use crate::store::catalogue::Wanted;

/// For so long a list is kept at the most: another register that was asked for it may answer otherwise.
const KEPT_FOR: Duration = Duration::from_mins(5);

/// So many lists are kept; the oldest goes.
const MOST: usize = 4;

/// Which list: the message, and whose findings it tells.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) message: &'static str,
    pub(super) wanted: Wanted,
}

/// What a list rests on: how often it was changed, and the day.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RestsOn {
    pub(super) findings: u64,
    pub(super) filings: u64,
    pub(super) providers: u64,
    pub(super) day: Date,
}

/// A list, in a file without a name.
#[derive(Debug)]
pub(super) struct List {
    file: File,
    /// The name of each message, and where it ends.
    parts: Vec<(String, u64)>,
    /// What the list is known by: the digest of all messages.
    pub(super) name: String,
    /// How many findings, or addresses of them, no message holds.
    pub(super) left_out: usize,
    /// How many findings are mended by now.
    pub(super) mended: usize,
}

/// One message of a list.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) name: String,
    pub(super) body: Vec<u8>,
}

/// A list that is being written.
#[derive(Debug)]
pub(super) struct ListWriter {
    file: BufWriter<File>,
    parts: Vec<(String, u64)>,
    sum: Sha256,
    /// How many findings, or addresses of them, no message holds.
    pub(super) left_out: usize,
}

/// The lists that are kept, the newest last.
#[derive(Debug, Default)]
pub(super) struct Lists(Mutex<Vec<Kept>>);

#[derive(Debug)]
struct Kept {
    asked: Asked,
    rests_on: RestsOn,
    since: Instant,
    list: Arc<List>,
}

impl Lists {
    /// The list that is asked for: what is kept, or what `write` makes.
    pub(super) fn get(
        &self,
        asked: Asked,
        rests_on: RestsOn,
        write: impl FnOnce() -> Result<List, Problem>,
    ) -> Result<Arc<List>, Problem> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|one| one.since.elapsed() < KEPT_FOR);
        let found = kept.iter().find(|one| one.asked == asked && one.rests_on == rests_on);
        if let Some(found) = found {
            return Ok(Arc::clone(&found.list));
        }
        // Nobody waits for what another has written meanwhile.
        drop(kept);
        let list = Arc::new(write()?);
        if list.count() > 1 {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.retain(|one| one.asked != asked);
            if kept.len() == MOST {
                kept.remove(0);
            }
            kept.push(Kept { asked, rests_on, since: Instant::now(), list: Arc::clone(&list) });
        }
        Ok(list)
    }
}

impl ListWriter {
    /// Writes into `file`, which is empty.
    pub(super) fn new(file: File) -> Self {
        Self { file: BufWriter::new(file), parts: Vec::new(), sum: Sha256::new(), left_out: 0 }
    }

    /// Adds a message; its file is called `name`.
    pub(super) fn put(&mut self, name: String, message: &[u8]) -> std::io::Result<()> {
        let begin = self.parts.last().map_or(0, |(_, end)| *end);
        self.file.write_all(message)?;
        self.sum.update(message);
        self.parts.push((name, begin + message.len() as u64));
        Ok(())
    }

    pub(super) fn finish(self, mended: usize) -> Result<List, Problem> {
        let Self { file, parts, sum, left_out } = self;
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        let mut name = hex(&sum.finalize());
        name.truncate(32);
        Ok(List { file, parts, name, left_out, mended })
    }
}

impl List {
    /// How many messages it takes.
    pub(super) fn count(&self) -> usize {
        self.parts.len()
    }

    /// The message with this number, from 1; `None` where there are not so many.
    pub(super) fn message(&self, number: usize) -> Result<Option<Message>, Problem> {
        let Some(index) = number.checked_sub(1) else { return Ok(None) };
        let Some((name, end)) = self.parts.get(index) else { return Ok(None) };
        let begin = index.checked_sub(1).map_or(0, |before| self.parts[before].1);
        let mut body = vec![0; usize::try_from(end - begin).unwrap_or(usize::MAX)];
        self.file.read_exact_at(&mut body, begin)?;
        Ok(Some(Message { name: name.clone(), body }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::scope::KeyScope;
    use crate::store::catalogue::WantedState;

    fn asked(message: &'static str, scope: KeyScope) -> Asked {
        let wanted = Wanted {
            scope,
            kinds: vec![],
            state: WantedState::Standing,
            provider: None,
            bureau: None,
            due_before: None,
            is_referred: false,
        };
        Asked { message, wanted }
    }

    fn rests_on(findings: u64) -> RestsOn {
        RestsOn { findings, filings: 1, providers: 1, day: jiff::civil::date(2026, 11, 28) }
    }

    fn list(messages: &[&str]) -> Result<List, Problem> {
        let mut writer = ListWriter::new(tempfile::tempfile()?);
        for message in messages {
            writer.put(format!("{message}.xml"), message.as_bytes())?;
        }
        writer.finish(4)
    }

    #[test]
    fn a_list_is_written_once_for_whoever_it_is_and_anew_when_something_has_changed() {
        let lists = Lists::default();
        let (ministry, reader) =
            (|| asked("a", KeyScope::Ministry), || asked("a", KeyScope::Reader));
        let first = lists.get(ministry(), rests_on(1), || list(&["one", "", "three"])).unwrap();
        let told = |number| {
            let message = first.message(number).unwrap();
            message.map(|one| (one.name, String::from_utf8(one.body).unwrap()))
        };
        let message = |name: &str| Some((format!("{name}.xml"), name.to_owned()));
        assert_eq!(
            [0, 1, 2, 3, 4].map(told),
            [None, message("one"), message(""), message("three"), None]
        );
        let again = lists.get(ministry(), rests_on(1), || Err(Problem::ours())).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        let others = [(reader(), 1), (asked("b", KeyScope::Ministry), 1), (ministry(), 2)];
        for (asked, findings) in others {
            let other = lists.get(asked, rests_on(findings), || list(&["x", "y"])).unwrap();
            assert!(other.name != first.name && other.count() == 2);
        }
        assert!(lists.get(ministry(), rests_on(1), || Err(Problem::ours())).is_err());
    }

    #[test]
    fn so_many_lists_are_kept_and_none_that_is_taken_away_whole() {
        let lists = Lists::default();
        for findings in 0..9 {
            let scope = KeyScope::Provider(format!("P{findings}").parse().unwrap());
            lists.get(asked("a", scope), rests_on(1), || list(&["x", "y"])).unwrap();
        }
        lists.get(asked("a", KeyScope::Ministry), rests_on(1), || list(&["x"])).unwrap();
        assert_eq!(lists.0.lock().unwrap().len(), MOST);
    }
}
