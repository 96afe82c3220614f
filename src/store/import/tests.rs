//! Imports take, replace and keep apart what they should.

use super::*;
use crate::facts::allocation::Allocation;
use crate::facts::allocation::AllocationKind;
use crate::facts::allocation::Origin;
use crate::facts::candidate::Candidate;
use crate::facts::candidate::HOSTS_PER_DOMAIN;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;

fn candidate(name: &str) -> Candidate {
    let host = name.parse().unwrap();
    let domain = crate::facts::domain::Domain::of(&host).unwrap();
    let is_named = host == *domain.host();
    Candidate {
        target: domain.into(),
        is_named,
        hosts: if is_named { vec![] } else { vec![host] },
        channel: "list".to_owned(),
    }
}

fn import(registers: &Registers, names: &[&str], replaces: bool) -> ImportCounts {
    let mut import = registers.begin(replaces);
    for name in names {
        import.push(&candidate(name)).unwrap();
    }
    import.finish(Timestamp::UNIX_EPOCH).unwrap()
}

fn counts(taken: u64, unchanged: u64, rows: u64) -> ImportCounts {
    ImportCounts { taken, unchanged, full: 0, early: 0, rows }
}

#[test]
fn each_row_is_taken_or_unchanged_and_names_unite() {
    let dir = tempfile::tempdir().unwrap();
    let registers = Registers::open(dir.path()).unwrap();
    let first = import(&registers, &["a.cn", "m.a.cn", "b.cn", "a.cn"], false);
    assert_eq!(first, counts(3, 1, 2));
    let again = import(&registers, &["m.a.cn", "w.b.cn"], false);
    assert_eq!(again, counts(1, 1, 2));
    let names: u64 = registers.candidates().unwrap().map(|row| row.unwrap().names()).sum();
    assert_eq!(names, 4);
    let replaced = import(&registers, &["b.cn", "c.cn"], true);
    assert_eq!(replaced, counts(2, 0, 2));
    assert!(registers.candidate(&"a.cn".parse().unwrap()).unwrap().is_none());
}

#[test]
fn an_import_that_is_dropped_changes_nothing_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let registers = Registers::open(dir.path()).unwrap();
    import(&registers, &["a.cn"], false);
    let mut dropped = registers.begin(true);
    dropped.push(&candidate("b.cn")).unwrap();
    drop(dropped);
    std::fs::write(dir.path().join("candidates.9.sorted"), "half").unwrap();
    let registers = Registers::open(dir.path()).unwrap();
    assert_eq!(registers.rows::<Candidate>(), 1);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn imports_that_run_at_once_keep_what_the_other_one_brings() {
    let dir = tempfile::tempdir().unwrap();
    let registers = Registers::open(dir.path()).unwrap();
    import(&registers, &["a.cn"], false);
    let opened = registers.candidates().unwrap();
    let mut slow = registers.begin(false);
    slow.push(&candidate("b.cn")).unwrap();
    import(&registers, &["c.cn"], false);
    slow.push(&candidate("d.cn")).unwrap();
    slow.finish(Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(registers.rows::<Candidate>(), 4);
    assert_eq!(opened.count(), 1, "who had it open goes on with what was there");
    std::thread::scope(|scope| {
        for number in 0..4 {
            let registers = &registers;
            scope.spawn(move || import(registers, &[&*format!("e{number}.cn")], false));
        }
    });
    assert_eq!(registers.candidates().unwrap().map(Result::unwrap).count(), 8);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left behind");
}

#[test]
fn a_register_is_read_while_its_next_generation_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let registers = Registers::open(dir.path()).unwrap();
    import(&registers, &["a.cn"], false);
    // Whoever waited for the writer here would wait for ever.
    let _writer = registers.writing();
    assert_eq!(registers.version::<Candidate>(), 1);
    assert!(registers.candidate(&"a.cn".parse().unwrap()).unwrap().is_some());
    assert_eq!(registers.candidates().unwrap().count(), 1);
    assert!(registers.filings().unwrap().is_none());
}

#[test]
fn what_is_cut_changes_nothing_however_often_its_rows_repeat() {
    let dir = tempfile::tempdir().unwrap();
    let registers = Registers::open(dir.path()).unwrap();
    import(&registers, &["a.cn", "b.cn", "c.cn"], true);
    let mut cut = registers.begin(true);
    for _ in 0..3 {
        cut.push(&candidate("a.cn")).unwrap();
    }
    let is_cut = |before, after| after < before;
    let counts = cut.finish_unless(Timestamp::UNIX_EPOCH, is_cut).unwrap();
    assert_eq!(counts, Err(Cut { before: 3, after: 1 }));
    assert_eq!(registers.rows::<Candidate>(), 3);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left behind");
    let mut whole = registers.begin(true);
    for name in ["a.cn", "b.cn", "d.cn"] {
        whole.push(&candidate(name)).unwrap();
    }
    assert!(whole.finish_unless(Timestamp::UNIX_EPOCH, is_cut).unwrap().is_ok());
}

#[test]
fn a_flood_of_hosts_is_cut_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let registers = Registers::open(dir.path()).unwrap();
    let names: Vec<String> = (0..HOSTS_PER_DOMAIN + 5).map(|n| format!("h{n}.a.cn")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let counts = import(&registers, &names, false);
    assert_eq!((counts.taken, counts.full), (HOSTS_PER_DOMAIN as u64, 5));
}

#[test]
fn filings_are_found_by_domain_and_subjects_by_number() {
    let dir = tempfile::tempdir().unwrap();
    let registers = Registers::open(dir.path()).unwrap();
    let mut import = registers.begin(false);
    for (domain, number) in [
        ("a.cn", "京ICP备12345679号-1"),
        ("a.cn", "京ICP备12345679号-2"),
        ("b.cn", "粤ICP备2025000001号-7"),
    ] {
        let filing = Filing {
            domain: domain.parse().unwrap(),
            site_number: Some(number.parse().unwrap()),
            subject_number: None,
            state: FilingState::Active,
            providers: Some(vec![]),
            details: vec![],
        };
        import.push(&filing).unwrap();
    }
    import.finish(Timestamp::UNIX_EPOCH).unwrap();
    let register = registers.filings().unwrap().unwrap();
    assert_eq!(register.lookup(&"a.cn".parse().unwrap()).unwrap().len(), 2);
    assert_eq!(register.lookup(&"aa.cn".parse().unwrap()).unwrap().len(), 0);
    assert_eq!(register.targets().map(Result::unwrap).count(), 2);
    for (number, is_known) in [("京ICP备12345679号", true), ("京ICP备12345678号", false)] {
        let number: crate::facts::number::FilingNumber = number.parse().unwrap();
        assert_eq!(register.has_subject(number.subject().unwrap()).unwrap(), is_known);
    }
}

#[test]
fn what_stands_for_a_refused_row_goes_when_that_row_comes_later() {
    let row = |kind, provider: &str, block: &str| {
        let range = block.parse::<ipnet::IpNet>().unwrap().into();
        Allocation::bare(range, kind, Origin::Reported, Some(provider.parse().unwrap()))
    };
    let of = |provider: &str| row(AllocationKind::Source, provider, "1.2.3.0/24");
    let unread = Allocation::unreadable(of("P4").range, of("P4").provider, "use");
    let passed_on = AllocationKind::Reassigned;
    for (stand_in, good, is_gone) in [
        (unread.clone().seems(AllocationKind::Source), of("P4"), true),
        (unread.clone(), of("P4"), true),
        (unread.clone().seems(passed_on), of("P4"), false),
        (unread.clone(), of("P5"), false),
        (unread.clone(), row(AllocationKind::Source, "P4", "1.2.3.0/25"), false),
        (Allocation::unreadable(of("P4").range, None, "provider"), of("P4"), false),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let registers = Registers::open(dir.path()).unwrap();
        let mut together = registers.begin(true);
        together.push(&row(AllocationKind::Reserved, "P4", "1.2.3.0/24")).unwrap();
        together.note(&stand_in).unwrap();
        together.push(&good).unwrap();
        together.finish(Timestamp::UNIX_EPOCH).unwrap();
        let stands = || {
            let rows = registers.allocations().unwrap().map(Result::unwrap);
            rows.filter(Allocation::is_unreadable).count()
        };
        assert_eq!(stands(), 1, "of one file nobody knows which row is the later one");
        let mut other = registers.begin(false);
        other.push(&row(AllocationKind::Source, "P4", "1.2.4.0/24")).unwrap();
        other.finish(Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(stands(), 1);
        let mut later = registers.begin(false);
        later.push(&good).unwrap();
        later.finish(Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(stands(), usize::from(!is_gone), "{stand_in:?} by {good:?}");
        let rows = registers.allocations().unwrap().count() - stands();
        assert_eq!(rows, 3, "no row goes with it");
    }
}

#[test]
fn a_row_that_does_not_hold_yet_leaves_the_one_that_does() {
    let row = |on: &str, contact: &str| {
        let range = "1.2.3.0/24".parse::<ipnet::IpNet>().unwrap().into();
        let (kind, provider) = (AllocationKind::Assigned, "P4".parse().ok());
        let details = [("allocated_on", on), ("contact", contact)];
        let details = details.map(|(column, text)| (column.to_owned(), text.to_owned())).into();
        Allocation { details, ..Allocation::bare(range, kind, Origin::Reported, provider) }
    };
    let now: Timestamp = "2026-11-28T12:00:00+08:00".parse().unwrap();
    for (first, second, kept, early) in [
        ("2026-11-28", "2026-11-29", "first", 1),
        ("", "2099-01-01", "first", 1),
        ("2026-11-01", "2026-11-28", "second", 0),
        ("2026-11-29", "2027-01-01", "second", 0),
    ] {
        for is_one_import in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let registers = Registers::open(dir.path()).unwrap();
            let rows = [row(first, "first"), row(second, "second")];
            let imports = if is_one_import { vec![&rows[..]] } else { rows.chunks(1).collect() };
            let mut counted = 0;
            for rows in imports {
                let mut import = registers.begin::<Allocation>(is_one_import);
                for row in rows {
                    import.push(row).unwrap();
                }
                counted += import.finish(now).unwrap().early;
            }
            let held: Vec<Allocation> =
                registers.allocations().unwrap().map(Result::unwrap).collect();
            assert_eq!(held.len(), 1);
            assert_eq!(
                (held[0].detail("contact"), counted),
                (Some(kept), early),
                "{first} {second}"
            );
        }
    }
}
