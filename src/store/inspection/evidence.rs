//! Every record of every file of evidence, the chain through them, and whether findings find what they
//! rest on.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use sha2::Digest;

use crate::facts::dossier::EvidenceFile;
use crate::facts::dossier::EvidenceName;
use crate::facts::dossier::RecordId;
use crate::store::StoreError;
use crate::store::evidence::members;
use crate::store::evidence::members::Members;
use crate::store::evidence::members::START;
use crate::store::evidence::retention;
use crate::store::inspection::Inspection;
use crate::store::inspection::findings::Known;

/// What was found of one file.
#[derive(Debug, Default)]
struct Looked {
    /// The records that are whole, and the bytes at which they begin.
    whole: HashMap<RecordId, u64>,
    /// Whether a clearing replaced it that a crash kept from telling the findings.
    is_ahead: bool,
}

pub(super) fn inspect(
    dir: &Path,
    known: Option<&Known>,
    found: &mut Inspection,
) -> Result<(), StoreError> {
    let unfinished = known.and_then(|known| known.scans.last()).filter(|scan| !scan.is_finished());
    let unfinished = unfinished.map(|scan| scan.night);
    let files: HashMap<EvidenceName, &EvidenceFile> =
        known.iter().flat_map(|known| &known.files).map(|file| (file.name, file)).collect();
    let mut looked: HashMap<EvidenceName, Looked> = HashMap::new();
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
        looked.insert(name, inspect_file(&path, must, is_open, found)?);
    }
    let Some(known) = known else { return Ok(()) };
    for file in known.files.iter().filter(|file| file.removed.is_none()) {
        if let Entry::Vacant(unseen) = looked.entry(file.name) {
            let is_ahead = file.replacement == Some(retention::nothing());
            unseen.insert(Looked { is_ahead, ..Looked::default() });
            if !is_ahead {
                found.fault(&dir.join(file.name.to_string()), None, "it is missing");
            }
        }
    }
    chain_through(dir, &known.files, found);
    for (place, finding) in &known.places {
        let file = looked.get(&place.file);
        if file.is_some_and(|file| file.is_ahead) {
            continue;
        }
        let what = match file.and_then(|file| file.whole.get(&place.id)) {
            Some(offset) if *offset == place.offset => continue,
            Some(offset) => format!(
                "{} begins at byte {offset}, and not here, where finding {finding} has it",
                place.id
            ),
            None => format!("{} is not there, on which finding {finding} rests", place.id),
        };
        found.fault(&dir.join(place.file.to_string()), place.offset, what);
    }
    Ok(())
}

/// Returns what is there whole.
fn inspect_file(
    path: &Path,
    must: Option<&EvidenceFile>,
    is_open: bool,
    found: &mut Inspection,
) -> Result<Looked, StoreError> {
    found.files += 1;
    let mut looked = Looked::default();
    let mut members = Members::open(path)?;
    let mut is_sound = true;
    let mut told_link = None;
    while let Some(entry) = members.next() {
        match entry? {
            Ok(entry) => {
                found.records += 1;
                let id = members::id_of(&entry.original);
                let whole = id.filter(|_| !entry.is_removed);
                looked.whole.extend(whole.map(|id| (id, entry.offset)));
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
    let Some(must) = must else { return Ok(looked) };
    let mut is_known = false;
    let contents = [(Some(must.content), false), (must.replacement, true)];
    for (content, is_ahead) in contents {
        let Some(content) = content else { continue };
        let hash = members::hash(path, content.length)?.finalize();
        let length = std::fs::metadata(path).map_err(StoreError::io(path))?.len();
        let is_as_long = length == content.length || (is_open && length > content.length);
        if is_as_long && hash[..] == content.sha256 {
            is_known = true;
            looked.is_ahead = is_ahead;
        }
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
    Ok(looked)
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
