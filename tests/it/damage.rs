//! What a kill, a full disk or a hand in the data folder leaves behind: told by name, never taken for
//! an empty register, and mended by what the error says.

use std::fs;
use std::path::PathBuf;

use crate::desk::Desk;
use crate::town::Town;

/// The files in a folder below the data whose name holds `part`.
fn files(desk: &Desk, folder: &str, part: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(desk.path("data").join(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.file_name().unwrap().to_str().unwrap().contains(part)).collect()
}

/// Changes one byte of the only such file.
fn spoil(desk: &Desk, folder: &str, part: &str, at: usize) -> String {
    let files = files(desk, folder, part);
    let [file] = &files[..] else { panic!("{files:?}") };
    let mut bytes = fs::read(file).unwrap();
    let at = at.min(bytes.len() / 2);
    bytes[at] ^= 0xf0;
    fs::write(file, bytes).unwrap();
    file.file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn a_snapshot_that_a_kill_cut_short_costs_nothing() {
    let town = Town::new(40, 3);
    town.import_all();
    town.scan(&[]);
    let before = town.findings();
    assert!(!before.is_empty());
    let snapshot = files(&town, "findings", "snap.").pop().unwrap();
    let bytes = fs::read(&snapshot).unwrap();
    for length in [0, bytes.len() / 2] {
        let cut = town.path("data/findings/snap.00000000000FFFFF.generating");
        fs::write(&cut, &bytes[..length]).unwrap();
        assert_eq!(town.findings(), before);
        assert!(!cut.exists());
    }
}

#[test]
fn a_damaged_register_is_named_and_mended_by_importing_it_again() {
    let town = Town::new(30, 3);
    town.import_all();
    for (register, stored, file) in [
        ("allocations", "allocations.", "allocations.csv"),
        // A night reads of the filings what verdicts rest on.
        ("filings", "briefs.", "filings.csv"),
        ("candidates", "candidates.", "candidates.txt"),
        ("providers", "providers.", "providers.csv"),
    ] {
        let spoilt = spoil(&town, "registers", stored, 30);
        town.run(&["scan"]).ends(1).complains(&[&spoilt, "damaged"]);
        let file = town.path(file);
        town.run(&["import", register, file.to_str().unwrap(), "--replace", "--strict"]).ends(0);
    }
    town.scan(&[]);
    let whole = town.findings();
    spoil(&town, "registers", "examinations.", 30);
    town.scan(&[]).complains(&["examinations", "damaged", "trails of earlier nights are lost"]);
    town.scan(&[]);
    // Over-reports open on the third night; what was there is there.
    let ids: Vec<_> = town.findings().into_iter().map(|finding| finding["id"].clone()).collect();
    assert!(whole.iter().all(|finding| ids.contains(&finding["id"])));
}

#[test]
fn a_damaged_journal_is_told_and_what_it_held_is_examined_again() {
    let town = Town::new(60, 3);
    town.import_into("whole");
    town.run_over("whole", &["scan"]).ends(0);
    town.import_all();
    town.scan(&["--limit", "40"]);
    let spoilt = spoil(&town, "nights", ".journal", usize::MAX);
    town.scan(&[]).complains(&[&spoilt, "examined again"]);
    let keys = |data: &str| {
        let findings = town.findings_in(data).into_iter();
        let mut keys: Vec<_> = findings
            .map(|finding| {
                [finding["domain"].clone(), finding["kind"].clone()].map(|value| value.to_string())
            })
            .collect();
        keys.sort();
        keys
    };
    assert_eq!(keys("data"), keys("whole"));
}

#[test]
fn registers_without_their_manifest_are_not_taken_for_none() {
    let desk = Desk::new();
    desk.import("candidates", "list.txt", "a.cn\n");
    fs::remove_file(desk.path("data/registers/manifest.json")).unwrap();
    desk.run(&["findings"]).ends(1).complains(&["manifest.json"]);
    assert_eq!(files(&desk, "registers", ".sorted").len(), 1);
}

#[test]
fn an_empty_file_neither_replaces_a_register_nor_makes_it_young() {
    let desk = Desk::new();
    let filings = desk.write("filings.csv", "domain\na.cn\n");
    desk.run(&["--now", "2026-10-01T00:00:00+08:00", "import", "filings", &filings]).ends(0);
    let status = || {
        let now = "2026-11-24T00:00:00+08:00";
        desk.run(&["--now", now, "lookup", "zz.cn"]).ends(0).text().to_owned()
    };
    let stale = status();
    assert!(stale.contains("已过期"), "{stale}");
    for (name, text) in [("heading.csv", "domain\n"), ("bad.csv", "domain\nno domain\n")] {
        let file = desk.write(name, text);
        desk.run(&["--now", "2026-11-23T00:00:00+08:00", "import", "filings", &file]).ends(0);
        let replace = desk.run(&["import", "filings", &file, "--replace"]);
        replace.ends(2).complains(&["nothing was changed"]);
        assert_eq!(status(), stale);
    }
}

#[test]
fn what_is_added_to_a_stale_register_makes_it_no_younger() {
    let desk = Desk::new();
    let filings = desk.write("filings.csv", "domain\na.cn\n");
    let more = desk.write("more.csv", "domain\nb.cn\n");
    let import = |now: &str, arguments: &[&str]| {
        let command = [&["--now", now, "import", "filings"], arguments].concat();
        desk.run(&command)
    };
    let is_stale = || {
        let told = desk.run(&["--now", "2026-11-24T00:00:00+08:00", "lookup", "zz.cn"]);
        told.ends(0).text().contains("已过期")
    };
    import("2026-11-10T00:00:00+08:00", &[&filings]).ends(0);
    assert!(is_stale());
    let added = import("2026-11-23T00:00:00+08:00", &[&more]);
    added.ends(0).complains(&["--replace"]);
    assert!(is_stale());
    import("2026-11-23T00:00:00+08:00", &[&filings, "--replace"]).ends(0);
    assert!(!is_stale());
    import("2026-11-16T00:00:00+08:00", &[&filings, "--replace"]).ends(0);
    import("2026-11-20T00:00:00+08:00", &[&more]).ends(0);
    assert!(!is_stale(), "a register that is kept up to date day by day is not stale");
}
