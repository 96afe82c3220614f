//! Names that live pages link to: noted while a night runs, and kept as candidates of the next.
//!
//! They are noted in a file of lines beside the night's journal, a name and what links to it on each.
//! A register of their own keeps them apart from what lists say, so that neither replaces the other.

use std::collections::HashSet;
use std::fs::File;
use std::io::BufRead;
use std::io::BufReader;
use std::io::BufWriter;
use std::io::ErrorKind;
use std::io::Write;
use std::path::Path;

use jiff::Timestamp;

use crate::facts::candidate::Candidate;
use crate::facts::candidate::LinkedName;
use crate::facts::domain::Domain;
use crate::facts::examination::Examination;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::journal::Journal;
use crate::store::journal::Outcome;
use crate::store::registers::Registers;
use crate::store::rows::Row;

/// So many bytes are noted in one night; what comes later is found again another night.
const LONGEST: u64 = 64 << 20;

/// So many names are kept.
const MOST: u64 = 1_000_000;

/// Notes what the live pages of `outcomes` link to, and sees it onto the disk.
pub(crate) fn note(path: &Path, outcomes: &[Outcome]) -> Result<(), StoreError> {
    let mut lines = String::new();
    for Outcome { examination, .. } in outcomes {
        for domain in examination.links() {
            // A line begins with its end, so that one which a crash cut spoils no other.
            lines.extend(["\n", domain.as_str(), "\t", &examination.target.to_string()]);
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    let failed = || StoreError::io(path);
    let mut file = File::options().create(true).append(true).open(path).map_err(failed())?;
    let length = file.metadata().map_err(failed())?.len();
    if length.saturating_add(lines.len() as u64) > LONGEST {
        return Ok(());
    }
    file.write_all(lines.as_bytes()).map_err(failed())?;
    file.sync_data().map_err(failed())
}

/// Removes what was noted, if anything was.
pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(StoreError::io(path)(error)),
        _ => Ok(()),
    }
}

/// Keeps what the night of `journal` noted for the next one, once its examinations are kept. Names that
/// lists or the filing register have come by themselves; those that proved to lie abroad, or not to
/// exist, are let go.
pub fn keep(registers: &Registers, journal: &Journal, now: Timestamp) -> Result<(), StoreError> {
    let noted = noted(&journal.links())?;
    if noted.is_empty() && registers.rows::<LinkedName>() == 0 {
        return Ok(());
    }
    let listed = registers.file(Candidate::REGISTER, 0)?;
    let filings = registers.filings()?;
    let examined = registers.kept_examinations();
    let is_wanted = |domain: &Domain| -> Result<bool, StoreError> {
        let target = Target::from(domain.clone());
        let is_listed = match &listed {
            Some(listed) => listed.value_of(&target.sort_key())?.is_some(),
            None => false,
        };
        let is_filed = match &filings {
            Some(filings) => filings.read_briefs(&target, |found| !found.is_empty())?,
            None => false,
        };
        Ok(!is_listed && !is_filed && examined.of(&target).is_none_or(|last| may_be_here(&last)))
    };
    let mut import = registers.begin::<LinkedName>(true);
    let old = registers.linked_names()?;
    for name in old.chain(noted.into_iter().map(Ok)) {
        let name = name?;
        if import.pushed() < MOST && is_wanted(&name.domain)? {
            import.push(&name)?;
        }
    }
    import.finish(now).map(|_| ())
}

/// Whether a name that was examined leads to the mainland, or could not be resolved for certain.
fn may_be_here(last: &Examination) -> bool {
    let mut sightings = last.hosts.iter().flat_map(|host| &host.sightings);
    let mut resolutions = last.hosts.iter().filter_map(|host| host.resolution.as_ref());
    sightings.any(|sighting| sighting.placement.mainland().is_some())
        || resolutions.any(|resolution| !resolution.outcome().is_certain())
}

/// The names that were noted, each once. Lines that are none are left out.
pub(crate) fn noted(path: &Path) -> Result<Vec<LinkedName>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io(path)(error)),
    };
    let mut names = Vec::new();
    let mut seen = HashSet::new();
    for line in BufReader::new(file).split(b'\n') {
        let line = line.map_err(StoreError::io(path))?;
        let Some(name) = std::str::from_utf8(&line).ok().and_then(read) else { continue };
        if seen.insert(name.domain.clone()) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Writes names as if they had just been noted, in place of what was.
pub(crate) fn write(path: &Path, names: &[LinkedName]) -> Result<(), StoreError> {
    if names.is_empty() {
        return remove(path);
    }
    let failed = || StoreError::io(path);
    let mut file = BufWriter::new(File::create(path).map_err(failed())?);
    for LinkedName { domain, from } in names {
        write!(file, "\n{domain}\t{from}").map_err(failed())?;
    }
    let file = file.into_inner().map_err(|error| failed()(error.into_error()))?;
    file.sync_data().map_err(failed())
}

fn read(line: &str) -> Option<LinkedName> {
    let (domain, from) = line.split_once('\t')?;
    Some(LinkedName { domain: domain.parse().ok()?, from: from.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_a_crash_cut_spoils_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("1.links");
        std::fs::write(&path, "\na.cn\tfrom.cn\nb.cn\tfr\nc.cn\tfrom.cn\na.cn\tother.cn\nd.c")
            .unwrap();
        let names = noted(&path).unwrap();
        let told: Vec<String> =
            names.iter().map(|name| format!("{} {}", name.domain, name.from)).collect();
        assert_eq!(told, ["a.cn from.cn", "c.cn from.cn"]);
        remove(&path).unwrap();
        remove(&path).unwrap();
        assert!(noted(&path).unwrap().is_empty());
    }
}
