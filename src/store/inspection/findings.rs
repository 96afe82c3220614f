//! sled's records: whether all can be read, and whether what leads to what agrees.

use std::collections::BTreeSet;
use std::io;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::path::Path;

use tempfile::TempDir;
use ulid::Ulid;

use crate::facts::change::Scan;
use crate::facts::dossier::EvidenceFile;
use crate::facts::dossier::Place;
use crate::store::StoreError;
use crate::store::findings::Findings;
use crate::store::findings::Position;
use crate::store::findings::mark;
use crate::store::findings::mark::Mark;
use crate::store::inspection::Inspection;

/// The name of the copy.
const FOLDER: &str = "findings";

/// So many bytes must be free beside a copy.
const ROOM: usize = 2 << 20;

/// What the findings say of other files.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) position: Option<Position>,
    pub(super) scans: Vec<Scan>,
    pub(super) files: Vec<EvidenceFile>,
    pub(super) places: BTreeSet<(Place, Ulid)>,
}

/// What a copy's folder is called, before six letters or digits.
const COPY: &str = "check-";

/// Removes the copies that inspections of `data` left behind that were killed. `data` must be this process's
/// own, and nobody inspecting it.
pub fn clear_away_copies(data: &Path) {
    for entry in std::fs::read_dir(data).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let rest = name.to_str().and_then(|name| name.strip_prefix(COPY)).unwrap_or_default();
        let is_copy = rest.len() == 6 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let path = entry.path();
        if is_copy && path.join("findings").is_dir() {
            match std::fs::remove_dir_all(&path) {
                Ok(()) => {
                    tracing::info!(folder = %path.display(), "what a killed check-data left is gone");
                }
                Err(error) => {
                    tracing::warn!(folder = %path.display(), %error, "what a killed check-data left stays");
                }
            }
        }
    }
}

/// `None` where they cannot be read.
pub(super) fn inspect(data: &Path, found: &mut Inspection) -> Result<Option<Known>, StoreError> {
    let path = data.join("findings");
    if !path.is_dir() {
        return Ok(None);
    }
    match mark::read(&path)? {
        Mark::Damaged => found.fault(&mark::path_of(&path), None, "it does not match its checksum"),
        Mark::None | Mark::Written(_) => {}
    }
    let elsewhere = std::env::temp_dir();
    let copy = where_there_is_room([data, &elsewhere], |place| copied(&path, place))?;
    if let Some(copy) = copy {
        return Ok(of_copy(&copy.path().join(FOLDER), &path, found));
    }
    let what = format!(
        "not checked: sled mends what it opens, so a copy is opened, and neither {} nor {} has room for \
         one; free some, or name a folder that has with TMPDIR",
        data.display(),
        elsewhere.display()
    );
    found.fault(&path, None, what);
    Ok(None)
}

/// What the copy in `folder` of the findings at `path` holds; `None` where it cannot be read.
fn of_copy(folder: &Path, path: &Path, found: &mut Inspection) -> Option<Known> {
    // sled panics where it does not expect what it reads.
    let read = catch_unwind(AssertUnwindSafe(|| read(folder, path, found)));
    let what = match read {
        Ok(Ok(known)) => return Some(known),
        Ok(Err(StoreError::Findings { source, .. })) => source.to_string(),
        Ok(Err(other)) => other.to_string(),
        Err(_) => "sled cannot go on with what it reads there".to_owned(),
    };
    found.fault(path, None, what);
    None
}

/// A folder in `place` with a copy of the findings at `path`, and of their mark if it is sound. It is
/// gone when it is dropped.
fn copied(path: &Path, place: &Path) -> Result<TempDir, StoreError> {
    let copy = tempfile::Builder::new().prefix(COPY).tempdir_in(place);
    let copy = copy.map_err(StoreError::io(place))?;
    let folder = copy.path().join(FOLDER);
    std::fs::create_dir(&folder).map_err(StoreError::io(&folder))?;
    copy_folder(path, &folder)?;
    // sled writes a little when it opens what it reads, and panics where there is no room.
    let room = copy.path().join("room");
    std::fs::write(&room, vec![0; ROOM]).map_err(StoreError::io(&room))?;
    std::fs::remove_file(&room).map_err(StoreError::io(&room))?;
    if let Mark::Written(count) = mark::read(path)? {
        mark::write(&folder, count)?;
    }
    Ok(copy)
}

/// What `attempt` gives in the first of `places` that is not full; `None` where all are.
fn where_there_is_room<'p, T>(
    places: impl IntoIterator<Item = &'p Path>,
    mut attempt: impl FnMut(&'p Path) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    for place in places {
        match attempt(place) {
            Err(StoreError::Io { source, .. }) if is_full(&source) => {}
            other => return other.map(Some),
        }
    }
    Ok(None)
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn read(copy: &Path, path: &Path, found: &mut Inspection) -> Result<Known, StoreError> {
    let findings = Findings::open(copy)?;
    let mut records = 0;
    findings.inspect(&mut |what| match what {
        None => records += 1,
        Some(what) => found.fault(path, None, what),
    })?;
    // The first of all writings may be there without it, where a crash came between.
    let generation = findings.generation()?;
    if mark::read(path)? == Mark::None && generation > 1 {
        let what = format!("it is missing, and the findings were written {generation} times");
        found.fault(&mark::path_of(path), None, what);
    }
    found.records += records;
    found.files += 1;
    let mut places = BTreeSet::new();
    for dossier in findings.dossiers() {
        let (id, dossier) = dossier?;
        places.extend(dossier.places().map(|place| (place, id)));
    }
    Ok(Known {
        position: findings.position()?,
        scans: findings.scans()?,
        files: findings.evidence_files().collect::<Result<_, _>>()?,
        places,
    })
}

pub(super) fn copy_folder(from: &Path, to: &Path) -> Result<(), StoreError> {
    for entry in std::fs::read_dir(from).map_err(StoreError::io(from))? {
        let entry = entry.map_err(StoreError::io(from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            std::fs::create_dir_all(&target).map_err(StoreError::io(&target))?;
            copy_folder(&source, &target)?;
        } else {
            std::fs::copy(&source, &target).map_err(StoreError::io(&source))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_one_disk_is_full_the_next_is_tried_and_nothing_else_is_passed_over() {
        let [data, elsewhere] = [Path::new("data"), Path::new("tmp")];
        let made = |full: &[&Path], damaged: &[&Path]| {
            where_there_is_room([data, elsewhere], |place| {
                let failed = |kind: io::ErrorKind| StoreError::io(place)(kind.into());
                match place {
                    place if full.contains(&place) => Err(failed(io::ErrorKind::StorageFull)),
                    place if damaged.contains(&place) => Err(failed(io::ErrorKind::InvalidData)),
                    place => Ok(place),
                }
            })
            .ok()
        };
        assert_eq!(made(&[], &[]), Some(Some(data)));
        assert_eq!(made(&[data], &[]), Some(Some(elsewhere)));
        assert_eq!(made(&[data, elsewhere], &[]), Some(None));
        assert_eq!(made(&[], &[data]), None);
    }
}
