//! What was sent is on the disk, once, whenever the power fails.

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use ulid::Ulid;

use super::*;
use crate::facts::bureau::Bureau;
use crate::facts::change::Change;
use crate::facts::change::ChangeKind;
use crate::facts::examination::Examination;
use crate::facts::filing::FilingStatus;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingKey;
use crate::facts::finding::FindingState;
use crate::facts::finding::Kind;
use crate::facts::finding::Sightings;
use crate::store::evidence::Settings;
use crate::store::findings::Update;
use crate::store::journal::Judged;

const NIGHT: u32 = 3;

/// An examination that changes nothing.
fn quiet(number: u32) -> Outcome {
    Outcome {
        examination: Examination {
            target: format!("site{number}.cn").parse().unwrap(),
            night: NIGHT,
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

/// An examination that opens finding `number`.
fn telling(number: u32) -> Outcome {
    let Outcome { examination, .. } = quiet(number);
    let id = Ulid::from(u128::from(number));
    let finding = Finding {
        id,
        key: FindingKey { target: examination.target.clone(), kind: Kind::Unfiled, provider: None },
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
        last_night: NIGHT,
        has_lapsed: false,
    };
    let change = Change {
        finding: id,
        kind: ChangeKind::Opened,
        state: FindingState::Open,
        at: Timestamp::UNIX_EPOCH,
        reasons: vec![],
        actor: format!("night {NIGHT}"),
        note: None,
    };
    let update = Update { findings: vec![finding], changes: vec![change], ..Update::default() };
    Outcome { examination, update, judged: Judged::Whole, exchanges: vec![], turns: 0 }
}

fn parts(dir: &Path) -> (Findings, Journal) {
    let findings = Findings::open(&dir.join("findings")).unwrap();
    (findings, Journal::open(dir, NIGHT).unwrap())
}

fn start(findings: &Findings, journal: Journal, queue: usize) -> Result<NightWriter, StoreError> {
    let dir = tempfile::tempdir().unwrap();
    let evidence = EvidenceWriter::open(dir.path(), &Settings::default(), NIGHT, findings).unwrap();
    NightWriter::start(findings.clone(), journal, evidence, queue, Box::new(|_| Ok(())))
}

fn kept(journal: &Journal) -> Vec<Outcome> {
    journal.outcomes(0).unwrap().map(|outcome| outcome.unwrap().1).collect()
}

/// How often each of the findings up to `count` was told of.
fn told(findings: &Findings, count: u32) -> Vec<usize> {
    (1..=count)
        .map(|number| findings.history(Ulid::from(u128::from(number))).unwrap().len())
        .collect()
}

/// Starts a writer and ends it at once: only what it catches up with is written.
fn caught_up(dir: &Path) -> Findings {
    let (findings, journal) = parts(dir);
    start(&findings, journal, 8).unwrap().finish().unwrap();
    findings
}

#[tokio::test]
async fn what_was_sent_is_in_the_journal_and_in_the_findings_when_the_writer_ends() {
    let dir = tempfile::tempdir().unwrap();
    let (findings, journal) = parts(dir.path());
    // A queue of one lets the sender wait, and 600 outcomes are more than one batch.
    let writer = start(&findings, journal, 1).unwrap();
    let sent: Vec<Outcome> = (1..=600)
        .map(|number| if number % 3 == 0 { telling(number) } else { quiet(number) })
        .collect();
    for outcome in &sent {
        writer.send(outcome.clone()).await.unwrap();
    }
    let journal = writer.finish().unwrap();
    assert_eq!(kept(&journal), sent);
    let expected: Vec<usize> = (1..=600).map(|number| usize::from(number % 3 == 0)).collect();
    assert_eq!(told(&findings, 600), expected);
    assert_eq!(findings.all().count(), 200);

    drop((findings, journal));
    assert_eq!(told(&caught_up(dir.path()), 600), expected);
}

#[test]
fn a_journal_that_is_ahead_is_replayed_once() {
    let dir = tempfile::tempdir().unwrap();
    let (findings, mut journal) = parts(dir.path());
    // The crash came after the second record was applied.
    journal.append(&[telling(1)]).unwrap();
    let offset = journal.append(&[telling(2)]).unwrap();
    let applied = [telling(1).update, telling(2).update];
    findings.apply(&applied, Some(Position { night: NIGHT, offset })).unwrap();
    journal.append(&[quiet(3), telling(4), telling(5), quiet(6)]).unwrap();
    drop((findings, journal));
    for _ in 0..3 {
        let findings = caught_up(dir.path());
        assert_eq!(told(&findings, 6), [1, 1, 0, 1, 1, 0]);
        assert_eq!(findings.all().count(), 4);
    }
}

#[test]
fn a_journal_of_which_nothing_was_applied_is_replayed_from_its_beginning() {
    let dir = tempfile::tempdir().unwrap();
    let (findings, mut journal) = parts(dir.path());
    // The position of an earlier night says nothing of this one, however far it was.
    let earlier = Position { night: NIGHT - 1, offset: 1_000_000 };
    findings.apply([&Update::default()], Some(earlier)).unwrap();
    journal.append(&[telling(1), quiet(2), telling(3)]).unwrap();
    drop((findings, journal));
    let findings = caught_up(dir.path());
    assert_eq!(told(&findings, 3), [1, 0, 1]);
    assert_eq!(findings.position().unwrap().map(|position| position.night), Some(NIGHT));
}

#[tokio::test]
async fn a_night_goes_on_after_what_was_caught_up_with() {
    let dir = tempfile::tempdir().unwrap();
    let (findings, mut journal) = parts(dir.path());
    journal.append(&[telling(1)]).unwrap();
    let writer = start(&findings, journal, 8).unwrap();
    writer.send(telling(2)).await.unwrap();
    let journal = writer.finish().unwrap();
    assert_eq!(kept(&journal), [telling(1), telling(2)]);
    assert_eq!(told(&findings, 2), [1, 1]);
}

#[tokio::test]
async fn a_writer_that_is_dropped_ends_by_itself_and_loses_nothing_it_took() {
    let dir = tempfile::tempdir().unwrap();
    let (findings, journal) = parts(dir.path());
    let NightWriter { queue, thread } = start(&findings, journal, 8).unwrap();
    queue.send(telling(1)).await.unwrap();
    drop(queue);
    let journal = thread.join().unwrap().unwrap();
    assert_eq!(kept(&journal), [telling(1)]);
    assert_eq!(told(&findings, 1), [1]);
}

/// What a bureau does to finding `number`.
fn withdraw(findings: &Findings, number: u32) {
    let Update { findings: mut found, .. } = telling(number).update;
    found[0].state = FindingState::Closed(ClosedReason::Withdrawn);
    findings.apply([&Update { findings: found, ..Update::default() }], None).unwrap();
}

fn state(findings: &Findings, number: u32) -> FindingState {
    findings.by_id(Ulid::from(u128::from(number))).unwrap().unwrap().state
}

#[tokio::test]
async fn what_people_said_since_the_judgement_is_not_undone_by_it() {
    let dir = tempfile::tempdir().unwrap();
    let (findings, journal) = parts(dir.path());
    let evidence = tempfile::tempdir().unwrap();
    let evidence =
        EvidenceWriter::open(evidence.path(), &Settings::default(), NIGHT, &findings).unwrap();
    findings.apply([&telling(1).update, &telling(2).update], None).unwrap();
    let judged = Outcome { turns: findings.turns(), ..telling(1) };
    withdraw(&findings, 1);
    let later = Outcome { turns: findings.turns(), ..telling(2) };
    let (sender, again) = std::sync::mpsc::channel();
    let judge_again = Box::new(move |outcome: &mut Outcome| {
        sender.send(outcome.examination.target.clone()).unwrap();
        outcome.update = Update::default();
        Ok(())
    });
    let writer = NightWriter::start(findings.clone(), journal, evidence, 8, judge_again).unwrap();
    writer.send(judged).await.unwrap();
    writer.send(later).await.unwrap();
    writer.finish().unwrap();
    assert_eq!(state(&findings, 1), FindingState::Closed(ClosedReason::Withdrawn));
    assert_eq!(again.try_iter().collect::<Vec<_>>(), [telling(1).examination.target]);
}

#[test]
fn what_people_say_after_a_crash_is_not_undone_by_what_the_crash_left() {
    let dir = tempfile::tempdir().unwrap();
    let (findings, mut journal) = parts(dir.path());
    journal.append(&[telling(1), quiet(2)]).unwrap();
    drop((findings, journal));
    for _ in 0..2 {
        let findings = Findings::open(&dir.path().join("findings")).unwrap();
        catch_up_with_all(&findings, dir.path()).unwrap();
        withdraw(&findings, 1);
    }
    let findings = caught_up(dir.path());
    assert_eq!(state(&findings, 1), FindingState::Closed(ClosedReason::Withdrawn));
    assert_eq!(told(&findings, 1), [1]);
}
