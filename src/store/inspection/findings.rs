//! sled's records: whether all can be read, and whether what leads to what agrees.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::path::Path;

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

/// What the findings say of other files.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) position: Option<Position>,
    pub(super) scans: Vec<Scan>,
    pub(super) files: Vec<EvidenceFile>,
    pub(super) places: BTreeSet<(Place, Ulid)>,
}

/// `None` where they cannot be read.
pub(super) fn inspect(data: &Path, found: &mut Inspection) -> Result<Option<Known>, StoreError> {
    let path = data.join("findings");
    if !path.is_dir() {
        return Ok(None);
    }
    let copy =
        tempfile::Builder::new().prefix("check-").tempdir_in(data).map_err(StoreError::io(data))?;
    let folder = copy.path().join("findings");
    std::fs::create_dir(&folder).map_err(StoreError::io(&folder))?;
    copy_folder(&path, &folder)?;
    match mark::read(&path)? {
        Mark::None => {}
        Mark::Damaged => found.fault(&mark::path_of(&path), None, "it does not match its checksum"),
        Mark::Written(count) => mark::write(&folder, count)?,
    }
    // sled panics where it does not expect what it reads.
    let read = catch_unwind(AssertUnwindSafe(|| read(&folder, &path, found)));
    match read {
        Ok(Ok(known)) => Ok(Some(known)),
        Ok(Err(error)) => {
            let what = match error {
                StoreError::Findings { source, .. } => source.to_string(),
                other => other.to_string(),
            };
            found.fault(&path, None, what);
            Ok(None)
        }
        Err(_) => {
            found.fault(&path, None, "sled cannot go on with what it reads there");
            Ok(None)
        }
    }
}

fn read(copy: &Path, path: &Path, found: &mut Inspection) -> Result<Known, StoreError> {
    let findings = Findings::open(copy)?;
    let mut records = 0;
    findings.inspect(&mut |what| match what {
        None => records += 1,
        Some(what) => found.fault(path, None, what),
    })?;
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
