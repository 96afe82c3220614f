//! One flipped bit anywhere is found, or is none of what is kept.

use std::fs;

use jiff::Timestamp;

use super::*;
use crate::facts::candidate::Candidate;
use crate::facts::change::ChangeKind;
use crate::facts::change::EndedBy;
use crate::facts::change::NightCounts;
use crate::facts::change::Scan;
use crate::facts::change::Scope;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::store::evidence::tests::office::Office;
use crate::store::evidence::tests::office::outcome;
use crate::store::findings::Findings;
use crate::store::inspection::findings::Known;
use crate::store::journal::Journal;
use crate::store::registers::Registers;

fn scan(ended_by: Option<EndedBy>) -> Scan {
    Scan {
        night: 1,
        scope: Scope::default(),
        everything: false,
        started: Timestamp::UNIX_EPOCH,
        stopped: None,
        ended_by,
        counts: NightCounts::default(),
    }
}

/// Data with a row of each kind that matters here: registers, a journal, findings, evidence.
fn filled() -> Office {
    let office = Office::new();
    let registers = Registers::open(&office.data().join("registers")).unwrap();
    let mut candidates = registers.begin(false);
    for number in 0..300 {
        let target = format!("site{number}.cn").parse().unwrap();
        let channel = "list".to_owned();
        candidates.push(&Candidate { target, is_named: true, hosts: vec![], channel }).unwrap();
    }
    candidates.finish(Timestamp::UNIX_EPOCH).unwrap();
    let mut filings = registers.begin(false);
    filings
        .push(&Filing {
            domain: "a.cn".parse().unwrap(),
            site_number: Some("京ICP备12345679号-1".parse().unwrap()),
            subject_number: None,
            state: FilingState::Active,
            providers: None,
            details: vec![],
        })
        .unwrap();
    filings.finish(Timestamp::UNIX_EPOCH).unwrap();
    let opened = Some(ChangeKind::Opened);
    office.night(1, vec![outcome(1, 1, "one", opened), outcome(2, 1, "two", opened)]);
    office.findings.put_scan(&scan(Some(EndedBy::Done))).unwrap();
    office
}

/// Flips a bit of every `step`th byte of `path` in turn; `faults` must tell each time.
fn each_flip_is_found(path: &Path, step: usize, mut faults: impl FnMut() -> Vec<DataFault>) {
    assert_eq!(faults(), []);
    let bytes = fs::read(path).unwrap();
    for at in (0..bytes.len()).step_by(step) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(path, flipped).unwrap();
        let found = faults();
        assert!(!found.is_empty(), "byte {at} of {} in {}", bytes.len(), path.display());
        assert!(found.iter().any(|fault| fault.path == path), "byte {at}: {found:?}");
    }
    fs::write(path, bytes).unwrap();
}

fn known(office: &Office) -> Known {
    let mut inspection = Inspection::default();
    let known = findings::inspect(office.data(), &mut inspection).unwrap();
    assert_eq!(inspection.faults, []);
    known.unwrap()
}

#[test]
fn sound_data_have_no_fault() {
    let office = filled();
    let inspection = inspect(office.data()).unwrap();
    assert_eq!(inspection.faults, []);
    assert!(inspection.records > 300, "{inspection:?}");
}

#[test]
fn every_flip_in_evidence_is_found_and_names_its_file() {
    let office = filled();
    let known = known(&office);
    let dir = office.path();
    each_flip_is_found(&dir.join("0000001-0001.warc.gz"), 11, || {
        let mut inspection = Inspection::default();
        evidence::inspect(&dir, Some(&known), &mut inspection).unwrap();
        inspection.faults
    });
}

#[test]
fn what_was_cut_off_added_or_taken_away_shows() {
    let office = filled();
    let known = known(&office);
    let path = office.path().join("0000001-0001.warc.gz");
    let faults = || {
        let mut inspection = Inspection::default();
        evidence::inspect(&office.path(), Some(&known), &mut inspection).unwrap();
        inspection.faults.len()
    };
    let bytes = fs::read(&path).unwrap();
    // A whole record less, one more, and another order are sound gzip, and still no longer the night's.
    let offsets: Vec<usize> = office
        .entries("0000001-0001.warc.gz")
        .iter()
        .map(|entry| usize::try_from(entry.offset).unwrap())
        .collect();
    let (first, last) = (offsets[1], *offsets.last().unwrap());
    for changed in [
        bytes[..last].to_vec(),
        [&bytes[..], &bytes[last..]].concat(),
        [&bytes[..first], &bytes[offsets[2]..]].concat(),
        vec![],
    ] {
        fs::write(&path, changed).unwrap();
        assert!(faults() > 0);
    }
    fs::remove_file(&path).unwrap();
    assert!(faults() > 0);
    fs::write(&path, &bytes).unwrap();
    assert_eq!(faults(), 0);
    fs::copy(&path, office.path().join("0000001-0002.warc.gz")).unwrap();
    assert!(faults() > 0, "a file of no night");
}

#[test]
fn every_flip_in_registers_is_found_and_names_its_file() {
    let office = filled();
    let dir = office.data().join("registers");
    for name in [
        "manifest.json",
        "candidates.1.sorted",
        "filings.1.sorted",
        "briefs.1.sorted",
        "subjects.1.sorted",
    ] {
        each_flip_is_found(&dir.join(name), 37, || {
            let mut inspection = Inspection::default();
            registers::inspect(&dir, &mut inspection).unwrap();
            inspection.faults
        });
    }
}

#[test]
fn every_flip_in_a_journal_is_found() {
    let office = filled();
    let dir = office.data().join("nights");
    let mut journal = Journal::open(&dir, 2).unwrap();
    let outcomes: Vec<_> = (1..5).map(|number| outcome(number, 2, "", None)).collect();
    journal.append(&outcomes).unwrap();
    each_flip_is_found(&dir.join("0000002.journal"), 1, || {
        let mut inspection = Inspection::default();
        journals::inspect(&dir, None, &mut inspection).unwrap();
        inspection.faults
    });
}

/// Every record, or `None` where sled gives up.
fn dump(data: &Path) -> Option<Vec<String>> {
    let copy = tempfile::tempdir().unwrap();
    findings::copy_folder(&data.join("findings"), copy.path()).unwrap();
    let read = std::panic::catch_unwind(|| {
        let findings = Findings::open(copy.path()).ok()?;
        let all = findings.all().collect::<Result<Vec<_>, _>>().ok()?;
        let scans = findings.scans().ok()?;
        let dossiers = findings.dossiers().collect::<Result<Vec<_>, _>>().ok()?;
        let files = findings.evidence_files().collect::<Result<Vec<_>, _>>().ok()?;
        let mut lines = vec![format!("{scans:?} {dossiers:?} {files:?}")];
        for finding in all {
            lines.push(format!("{finding:?} {:?}", findings.history(finding.id).ok()?));
        }
        Some(lines)
    });
    read.ok().flatten()
}

#[test]
fn a_flip_in_sleds_files_is_found_or_changes_nothing() {
    let office = filled();
    let expected = dump(office.data()).unwrap();
    let mut files: Vec<_> =
        fs::read_dir(office.data().join("findings")).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files.push(crate::store::findings::mark::path_of(&office.data().join("findings")));
    let (mut found, mut harmless) = (0, 0);
    for path in files {
        let bytes = fs::read(&path).unwrap();
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        for at in (0..used).step_by(used / 30 + 1) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            fs::write(&path, flipped).unwrap();
            if inspect(office.data()).unwrap().faults.is_empty() {
                harmless += 1;
                assert_eq!(
                    dump(office.data()).as_ref(),
                    Some(&expected),
                    "byte {at} of {}",
                    path.display()
                );
            } else {
                found += 1;
            }
        }
        fs::write(&path, bytes).unwrap();
    }
    assert!(found > 0, "{found} found, {harmless} harmless");
}

#[test]
fn what_is_missing_as_a_whole_is_told_and_what_a_killed_inspection_left_is_cleared_away() {
    let office = filled();
    let faults = || -> Vec<_> {
        let faults = inspect(office.data()).unwrap().faults;
        faults
            .into_iter()
            .map(|fault| fault.path.strip_prefix(office.data()).unwrap().to_owned())
            .collect()
    };
    let left = office.data().join("check-a1B2c3");
    fs::create_dir_all(left.join("findings")).unwrap();
    let kept = ["check-ours", "check-list-of-mine"].map(|name| office.data().join(name));
    for folder in &kept {
        fs::create_dir(folder).unwrap();
    }
    assert_eq!(faults(), Vec::<PathBuf>::new());
    assert!(!left.exists() && kept.iter().all(|folder| folder.is_dir()));

    let (mark, aside) = (office.data().join("findings.mark"), office.data().join("aside"));
    fs::rename(&mark, &aside).unwrap();
    assert_eq!(faults(), [Path::new("findings.mark")]);
    fs::rename(&aside, &mark).unwrap();
    fs::rename(office.data().join("registers"), &aside).unwrap();
    assert_eq!(faults(), [Path::new("registers")]);
}
