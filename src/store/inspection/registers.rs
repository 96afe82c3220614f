//! The manifest, and every block and row of the registers that it names.

use std::path::Path;

use crate::facts::allocation::Allocation;
use crate::facts::candidate::Candidate;
use crate::facts::candidate::LinkedName;
use crate::facts::examination::Examination;
use crate::facts::filing::Filing;
use crate::facts::filing_problem::FilingProblem;
use crate::facts::problem::Problem;
use crate::facts::provider::Provider;
use crate::store::StoreError;
use crate::store::filings::BRIEFS;
use crate::store::filings::FORMER;
use crate::store::filings::SUBJECTS;
use crate::store::filings::brief::briefs;
use crate::store::filings::text::TextBrief;
use crate::store::inspection::Inspection;
use crate::store::inspection::findings::Known;
use crate::store::registers::Manifest;
use crate::store::rows::Row;
use crate::store::sorted::check::inspect_file;

const MANIFEST: &str = "manifest.json";

/// Whether there are registers where nights were: each that is finished leaves its examinations in one.
pub(super) fn hold_against(dir: &Path, known: Option<&Known>, found: &mut Inspection) {
    let nights =
        known.map_or(0, |known| known.scans.iter().filter(|scan| scan.is_finished()).count());
    if nights > 0 && !dir.join(MANIFEST).exists() {
        let what = format!("the registers are missing, over which {nights} nights went");
        found.fault(dir, None, what);
    }
}

pub(super) fn inspect(dir: &Path, found: &mut Inspection) -> Result<(), StoreError> {
    let path = dir.join(MANIFEST);
    let bytes = match std::fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let has_registers = std::fs::read_dir(dir).is_ok_and(|entries| {
                entries
                    .flatten()
                    .any(|entry| entry.path().extension().is_some_and(|e| e == "sorted"))
            });
            if has_registers {
                found.fault(&path, None, "it is missing, and registers lie beside it");
            }
            return Ok(());
        }
        bytes => bytes.map_err(StoreError::io(&path))?,
    };
    found.files += 1;
    let manifest = match Manifest::read(&path, &bytes) {
        Ok(manifest) => manifest,
        Err(error) => {
            found.fault(&path, None, error.to_string());
            return Ok(());
        }
    };
    if let Some(what) = manifest.fault(&bytes) {
        found.fault(&path, None, what);
    }
    for (register, living) in &manifest.registers {
        for (place, name) in living.files.iter().enumerate() {
            let path = dir.join(name);
            let rows = (place == 0).then_some(living.rows);
            let check = |key: &[u8], value: &[u8]| row_fault(register, place, key, value);
            match inspect_file(&path, &check) {
                Ok(seen) => {
                    found.files += 1;
                    found.records += seen.records;
                    if rows.is_some_and(|rows| rows != seen.records) && seen.faults.is_empty() {
                        found.fault(&path, None, "it has not as many rows as the manifest says");
                    }
                    for (offset, what) in seen.faults {
                        found.fault(&path, offset, what);
                    }
                }
                Err(error) => found.told(&path, &error),
            }
        }
    }
    Ok(())
}

/// What is wrong with one row.
fn row_fault(register: &str, place: usize, key: &[u8], value: &[u8]) -> Option<String> {
    match (register, place) {
        (known, 0) if known == Provider::REGISTER => fault::<Provider>(key, value),
        (known, 0) if known == Allocation::REGISTER => fault::<Allocation>(key, value),
        (known, 0) if known == Filing::REGISTER => fault::<Filing>(key, value),
        (known, 0) if known == Candidate::REGISTER => fault::<Candidate>(key, value),
        (known, 0) if known == LinkedName::REGISTER => fault::<LinkedName>(key, value),
        (known, 0) if known == Problem::REGISTER => fault::<Problem>(key, value),
        (known, 0) if known == Examination::REGISTER => fault::<Examination>(key, value),
        (known, 0) if known == FilingProblem::REGISTER => fault::<FilingProblem>(key, value),
        (known, BRIEFS) if known == Filing::REGISTER => {
            briefs(value).err().map(|error| error.to_string())
        }
        (known, FORMER) if known == Filing::REGISTER => {
            TextBrief::decode(value).err().map(|error| error.to_string())
        }
        (known, SUBJECTS) if known == Filing::REGISTER => {
            let is_number = str::from_utf8(key).is_ok() && value.is_empty();
            (!is_number).then(|| "a row is no number of a subject".to_owned())
        }
        _ => None,
    }
}

fn fault<R: Row>(key: &[u8], value: &[u8]) -> Option<String> {
    match R::decode(value) {
        Err(error) => Some(error.to_string()),
        Ok(row) if row.key() != key => Some("a row does not stand where it belongs".to_owned()),
        Ok(_) => None,
    }
}
