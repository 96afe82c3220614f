//! The journals of nights that are not finished, to their last byte.

use std::path::Path;

use crate::store::StoreError;
use crate::store::findings::Position;
use crate::store::inspection::Inspection;
use crate::store::inspection::findings::Known;
use crate::store::journal::Journal;

pub(super) fn inspect(
    dir: &Path,
    known: Option<&Known>,
    found: &mut Inspection,
) -> Result<(), StoreError> {
    let mut nights = Vec::new();
    for (night, path) in Journal::all(dir)? {
        nights.push(night);
        let position = known.and_then(|known| known.position).filter(|at| at.night == night);
        if let Err(error) = inspect_one(&path, night, position, found) {
            found.told(&path, &error);
        }
    }
    let unfinished = known.and_then(|known| known.scans.last()).filter(|scan| !scan.is_finished());
    if let Some(scan) = unfinished
        && known.and_then(|known| known.position).is_some_and(|at| at.night == scan.night)
        && !nights.contains(&scan.night)
    {
        found.fault(dir, None, format!("the journal of night {} is missing", scan.night));
    }
    Ok(())
}

fn inspect_one(
    path: &Path,
    night: u32,
    position: Option<Position>,
    found: &mut Inspection,
) -> Result<(), StoreError> {
    let journal = Journal::look(path, night)?;
    found.files += 1;
    let mut end = Journal::BEGINS;
    for outcome in journal.outcomes(0)? {
        match outcome {
            Ok((after, outcome)) => {
                found.records += 1;
                if outcome.examination.night != night {
                    found.fault(path, end, "an examination of another night");
                }
                end = after;
            }
            Err(error) => {
                found.fault(path, end, error.to_string());
                return Ok(());
            }
        }
    }
    let length = std::fs::metadata(path).map_err(StoreError::io(path))?.len();
    if length != end {
        let what = "cut or damaged from here on; the next `scan` examines again what it held";
        found.fault(path, end.min(length), what);
    }
    if position.is_some_and(|position| position.offset > end) {
        found.fault(path, end, "the findings know of more than it holds");
    }
    Ok(())
}
