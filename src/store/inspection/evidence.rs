//! Every record of every file of evidence, the chain through them, and whether findings find what they
//! rest on.

use std::collections::HashMap;
use std::collections::HashSet;
use std::path::Path;

use sha2::Digest;

use crate::facts::dossier::EvidenceFile;
use crate::facts::dossier::EvidenceName;
use crate::facts::dossier::RecordId;
use crate::store::StoreError;
use crate::store::evidence::members;
use crate::store::evidence::members::Members;
use crate::store::evidence::members::START;
use crate::store::inspection::Inspection;
use crate::store::inspection::findings::Known;

/// The records of one file that are whole.
type Whole = HashSet<RecordId>;

pub(super) fn inspect(
    dir: &Path,
    known: Option<&Known>,
    found: &mut Inspection,
) -> Result<(), StoreError> {
    let unfinished = known.and_then(|known| known.scans.last()).filter(|scan| !scan.is_finished());
    let unfinished = unfinished.map(|scan| scan.night);
    let files: HashMap<EvidenceName, &EvidenceFile> =
        known.iter().flat_map(|known| &known.files).map(|file| (file.name, file)).collect();
    let mut whole: HashMap<EvidenceName, Whole> = HashMap::new();
    for name in members::names(dir)? {
        let path = dir.join(name.to_string());
        let is_open = known.is_none() || unfinished == Some(name.night);
        let must = files.get(&name).copied();
        if must.is_some_and(|file| file.removed.is_some()) {
            found.fault(&path, None, "it was removed, and is there again");
            continue;
        }
        if must.is_none() && known.is_some() && !is_open {
            found.fault(&path, None, "no night knows of this file");
        }
        whole.insert(name, inspect_file(&path, must, is_open, found)?);
    }
    let Some(known) = known else { return Ok(()) };
    for file in known.files.iter().filter(|file| file.removed.is_none()) {
        if !whole.contains_key(&file.name) {
            found.fault(&dir.join(file.name.to_string()), None, "it is missing");
        }
    }
    chain_through(dir, &known.files, found);
    for (place, finding) in &known.places {
        let is_there = whole.get(&place.file).is_some_and(|whole| whole.contains(&place.id));
        if !is_there {
            let what = format!("{} is not there, on which finding {finding} rests", place.id);
            found.fault(&dir.join(place.file.to_string()), place.offset, what);
        }
    }
    Ok(())
}

/// Returns the records that are there whole.
fn inspect_file(
    path: &Path,
    must: Option<&EvidenceFile>,
    is_open: bool,
    found: &mut Inspection,
) -> Result<Whole, StoreError> {
    found.files += 1;
    let mut whole = Whole::new();
    let mut members = Members::open(path)?;
    let mut is_sound = true;
    let mut told_link = None;
    while let Some(entry) = members.next() {
        match entry? {
            Ok(entry) => {
                found.records += 1;
                let id = members::id_of(&entry.original);
                whole.extend(id.filter(|_| !entry.is_removed));
                if must.is_some_and(|file| file.records == members.records()) {
                    told_link = Some(members.link());
                }
            }
            Err(fault) => {
                found.fault(path, members.end(), fault.to_string());
                is_sound = false;
            }
        }
    }
    let Some(must) = must else { return Ok(whole) };
    let contents = [Some(must.content), must.replacement];
    let mut is_known = false;
    for content in contents.into_iter().flatten() {
        let hash = members::hash(path, content.length)?.finalize();
        let length = std::fs::metadata(path).map_err(StoreError::io(path))?.len();
        let is_as_long = length == content.length || (is_open && length > content.length);
        is_known |= is_as_long && hash[..] == content.sha256;
    }
    if !is_known {
        let offset = is_sound.then(|| members.end());
        found.fault(
            path,
            offset,
            "it is not what the night left: bytes were changed, added or taken away",
        );
    } else if is_sound && (members.first() != must.first || told_link != Some(must.last)) {
        found.fault(path, None, "its chain is not the one that the night left");
    }
    Ok(whole)
}

/// Whether each file of a night goes on where the one before ended.
fn chain_through(dir: &Path, files: &[EvidenceFile], found: &mut Inspection) {
    let mut before: Option<&EvidenceFile> = None;
    for file in files {
        let same_night = before.filter(|before| before.name.night == file.name.night);
        let expected = same_night.map_or(START, |before| before.last);
        if file.first != expected {
            let path = dir.join(file.name.to_string());
            found.fault(&path, 0, "the chain of the night breaks before this file");
        }
        before = Some(file);
    }
}
