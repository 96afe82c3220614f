//! What a crash may leave of a journal, and what is read of it.

use super::*;
use crate::facts::filing::FilingStatus;
use jiff::Timestamp;

pub(crate) fn outcome(name: &str) -> Outcome {
    Outcome {
        examination: Examination {
            target: name.parse().unwrap(),
            night: 3,
            at: Timestamp::UNIX_EPOCH,
            channel: "list".to_owned(),
            names: 1,
            filing: FilingStatus::None,
            upstream: None,
            steady_since: 0,
            hosts: vec![],
        },
        update: Update::default(),
        judged: Judged::Whole,
        exchanges: vec![],
        turns: 0,
    }
}

fn names(journal: &Journal) -> Vec<String> {
    let outcomes = journal.outcomes(0).unwrap();
    outcomes.map(|outcome| outcome.unwrap().1.examination.target.to_string()).collect()
}

#[test]
fn a_record_torn_at_any_byte_is_cut_off_and_the_rest_stays() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), 3).unwrap();
    let whole = journal.append(&[outcome("a.cn"), outcome("b.cn")]).unwrap();
    let end = journal.append(&[outcome("c.cn")]).unwrap();
    let bytes = std::fs::read(&journal.path).unwrap();
    assert_eq!(names(&journal), ["a.cn", "b.cn", "c.cn"]);
    for length in whole..end {
        std::fs::write(&journal.path, &bytes[..usize::try_from(length).unwrap()]).unwrap();
        let mut again = Journal::open(dir.path(), 3).unwrap();
        assert_eq!(names(&again), ["a.cn", "b.cn"], "cut to {length}");
        again.append(&[outcome("d.cn")]).unwrap();
        assert_eq!(names(&again), ["a.cn", "b.cn", "d.cn"]);
    }
}

#[test]
fn a_journal_that_a_power_cut_left_without_its_beginning_is_one_with_nothing_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = path_of(dir.path(), 3);
    let header = [&MAGIC[..], &3_u32.to_le_bytes()].concat();
    for left in [&[][..], &header[..5], &header[..11], &[0; 12], &[0; 300]] {
        std::fs::write(&path, left).unwrap();
        assert_eq!(names(&Journal::look(&path, 3).unwrap()), [""; 0], "{left:?}");
        let mut journal = Journal::open(dir.path(), 3).unwrap();
        journal.append(&[outcome("a.cn")]).unwrap();
        assert_eq!(names(&Journal::open(dir.path(), 3).unwrap()), ["a.cn"], "{left:?}");
    }
}

#[test]
fn what_is_done_comes_sorted_and_the_last_examination_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), 3).unwrap();
    journal.append(&[outcome("a.cn"), outcome("b.cn"), outcome("c.cn")]).unwrap();
    let of = |scope: &Scope, journal: &Journal| -> Vec<Vec<u8>> {
        journal.done(dir.path(), scope).unwrap().map(Result::unwrap).collect()
    };
    let all = Scope::default();
    let done = of(&all, &journal);
    assert_eq!(done.len(), 3);
    assert!(done.is_sorted());
    let beijing = Scope { bureau: Some("北京".parse().unwrap()), ..Scope::default() };
    let part = Judged::Within(beijing.clone());
    let partly = Outcome { judged: Judged::Partly, ..outcome("e.cn") };
    journal.append(&[Outcome { judged: part, ..outcome("d.cn") }, partly]).unwrap();
    assert_eq!(of(&all, &journal).len(), 3, "the rest of them is still to come");
    assert_eq!(of(&beijing, &journal).len(), 4, "one is done for this scope");
    let found = |name: &str| Journal::find(dir.path(), &name.parse().unwrap()).unwrap();
    assert_eq!(found("b.cn"), Some(outcome("b.cn").examination));
    assert_eq!(found("f.cn"), None);
}

#[test]
fn what_was_judged_reads_where_it_was_only_said_whether_it_was_whole() {
    for (was, is) in [(false, Judged::Partly), (true, Judged::Whole)] {
        let bytes = encoding::encode("outcome", &was).unwrap();
        assert_eq!(encoding::decode::<Judged>("outcome", &bytes).unwrap(), is);
    }
}

#[test]
fn the_journal_of_another_night_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path(), 3).unwrap();
    std::fs::rename(&journal.path, path_of(dir.path(), 4)).unwrap();
    assert!(Journal::open(dir.path(), 4).is_err());
}
