//! Nights and people write the same findings, and neither undoes the other.

use jiff::Timestamp;
use jiff::civil::Date;

use super::*;
use crate::facts::bureau::Bureau;
use crate::facts::finding::AnswerResult;
use crate::facts::finding::FindingKey;
use crate::facts::finding::FindingState;
use crate::facts::finding::Kind;
use crate::facts::finding::Sightings;
use crate::facts::lifecycle;
use crate::facts::lifecycle::Act;
use crate::facts::lifecycle::Said;

fn open(number: u128) -> Finding {
    Finding {
        id: Ulid::from(number),
        key: FindingKey { target: "a.cn".parse().unwrap(), kind: Kind::Unfiled, provider: None },
        bureau: Bureau::MINISTRY,
        channel: "list".to_owned(),
        state: FindingState::Open,
        reopened: 0,
        first_seen: Timestamp::UNIX_EPOCH,
        last_seen: Timestamp::UNIX_EPOCH,
        times_seen: 1,
        due: Date::constant(2026, 1, 1),
        seen: Sightings::default(),
        answer: None,
        nights_in_row: 0,
        last_night: 1,
        has_lapsed: false,
    }
}

fn change(finding: &Finding, kind: ChangeKind) -> Change {
    Change {
        finding: finding.id,
        kind,
        state: finding.state,
        at: Timestamp::UNIX_EPOCH,
        reasons: vec![],
        actor: "night 1".to_owned(),
        note: None,
    }
}

fn night(findings: &Findings, finding: Finding, kind: Option<ChangeKind>) {
    let changes = kind.map(|kind| change(&finding, kind)).into_iter().collect();
    let update = Update { findings: vec![finding], changes, ..Update::default() };
    findings.apply([&update], None).unwrap();
}

fn act() -> Act {
    Act { actor: "operator".to_owned(), at: Timestamp::UNIX_EPOCH }
}

fn answers(findings: &Findings, id: Ulid, result: AnswerResult, opinion: &str) {
    let said = Said { result, opinion: opinion.to_owned() };
    findings
        .amend::<StoreError>(&[id], |_, finding| {
            Ok(lifecycle::answer(finding.unwrap(), &said, &act()).ok())
        })
        .unwrap();
}

fn opened() -> (tempfile::TempDir, Findings, Finding) {
    let dir = tempfile::tempdir().unwrap();
    let findings = Findings::open(dir.path()).unwrap();
    let finding = open(1);
    night(&findings, finding.clone(), Some(ChangeKind::Opened));
    (dir, findings, finding)
}

#[test]
fn amendments_of_one_call_see_each_other_and_go_in_one_batch() {
    let (_dir, findings, finding) = opened();
    let mut seen = Vec::new();
    let ids = [finding.id, Ulid::from(9_u128), finding.id];
    let said = Said { result: AnswerResult::InProgress, opinion: String::new() };
    findings
        .amend::<StoreError>(&ids, |index, finding| {
            seen.push((index, finding.map(|finding| finding.state)));
            Ok(finding.and_then(|finding| lifecycle::answer(finding, &said, &act()).ok()))
        })
        .unwrap();
    let states = [Some(FindingState::Open), None, Some(FindingState::Answered)];
    assert_eq!(seen, (0..).zip(states).collect::<Vec<_>>());
    assert_eq!(findings.last_sequence().unwrap(), 3);
}

#[test]
fn changes_are_told_in_order_from_any_number_on_and_the_newest_is_watched() {
    let (_dir, findings, finding) = opened();
    let watch = findings.watch();
    for number in 0..299_u32 {
        answers(&findings, finding.id, AnswerResult::InProgress, &number.to_string());
    }
    assert_eq!(*watch.borrow(), 300);
    for after in [0, 1, 255, 256, 299, 300, u64::MAX] {
        let told: Vec<u64> =
            findings.told_after(after).map(|told| told.unwrap().sequence).collect();
        assert_eq!(told, (1..=300).filter(|number| *number > after).collect::<Vec<_>>());
    }
    let told = findings.told(256).unwrap().unwrap();
    assert_eq!(told.answer.unwrap().opinion, "254");
    assert_eq!(findings.told(301).unwrap(), None);
}

#[test]
fn many_threads_lose_no_answer_and_no_sighting() {
    let (_dir, findings, finding) = opened();
    let writer = findings.clone();
    let target = finding.key.target.clone();
    let night = std::thread::spawn(move || {
        for number in 2..60 {
            let writing = writer.writing();
            let read = writer.of_target(&target).unwrap().remove(0);
            std::thread::yield_now();
            let next = Finding { times_seen: number, last_night: number, ..read };
            let update = Update { findings: vec![next], ..Update::default() };
            writing.apply_with([&update], None, &[]).unwrap();
        }
    });
    for number in 0..60 {
        answers(&findings, finding.id, AnswerResult::InProgress, &number.to_string());
        let kept = findings.by_id(finding.id).unwrap().unwrap();
        assert_eq!(kept.answer.unwrap().opinion, number.to_string());
    }
    night.join().unwrap();
    let kept = findings.by_id(finding.id).unwrap().unwrap();
    assert_eq!((kept.answer.unwrap().opinion, kept.times_seen), ("59".to_owned(), 59));
    assert_eq!(findings.last_sequence().unwrap(), 61);
}
