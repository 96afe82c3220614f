//! What is kept of findings is found again, also after a restart.

use jiff::Timestamp;
use jiff::civil::Date;

use super::*;
use crate::facts::bureau::Bureau;
use crate::facts::change::ChangeKind;
use crate::facts::change::EndedBy;
use crate::facts::change::NightCounts;
use crate::facts::change::Scope;
use crate::facts::exemption::Exemption;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::FindingKey;
use crate::facts::finding::Kind;
use crate::facts::finding::Sightings;

fn finding(number: u128, target: &str, state: FindingState) -> Finding {
    Finding {
        id: Ulid::from(number),
        key: FindingKey { target: target.parse().unwrap(), kind: Kind::Unfiled, provider: None },
        bureau: Bureau::MINISTRY,
        channel: "list".to_owned(),
        state,
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

fn change(number: u128, note: &str) -> Change {
    Change {
        finding: Ulid::from(number),
        kind: ChangeKind::Opened,
        state: Open,
        at: Timestamp::UNIX_EPOCH,
        reasons: vec![],
        actor: "night 1".to_owned(),
        note: Some(note.to_owned()),
    }
}

fn update(findings: Vec<Finding>, changes: Vec<Change>) -> Update {
    Update { findings, changes, ..Update::default() }
}

fn opened() -> (tempfile::TempDir, Findings) {
    let dir = tempfile::tempdir().unwrap();
    let findings = Findings::open(dir.path()).unwrap();
    (dir, findings)
}

/// Closes the database and opens it again; sled lets go of its folder with the last handle.
fn reopened(dir: &tempfile::TempDir, findings: Findings) -> Findings {
    drop(findings);
    Findings::open(dir.path()).unwrap()
}

fn notes(findings: &Findings, number: u128) -> Vec<String> {
    let history = findings.history(Ulid::from(number)).unwrap();
    history.into_iter().filter_map(|change| change.note).collect()
}

fn of_target(findings: &Findings, target: &str) -> Vec<Finding> {
    findings.of_target(&target.parse().unwrap()).unwrap()
}

use FindingState::Accruing;
use FindingState::Answered;
use FindingState::Closed;
use FindingState::Open;

#[test]
fn an_empty_database_has_nothing() {
    let (_dir, findings) = opened();
    assert_eq!(findings.by_id(Ulid::from(1)).unwrap(), None);
    assert_eq!(of_target(&findings, "a.cn"), []);
    assert_eq!(findings.history(Ulid::from(1)).unwrap(), []);
    assert_eq!(findings.all().count(), 0);
    assert_eq!(findings.targets().count(), 0);
    assert_eq!(findings.scans().unwrap(), []);
    assert_eq!(findings.latest_scan().unwrap(), None);
    assert_eq!(findings.exemptions().unwrap(), []);
    assert_eq!(findings.position().unwrap(), None);
}

#[test]
fn findings_are_found_by_target_oldest_first_and_by_id() {
    let (dir, findings) = opened();
    let old = finding(1, "a.cn", Closed(ClosedReason::Moved));
    let new = finding(2, "a.cn", Open);
    let longer = finding(3, "aa.cn", Open);
    let address = finding(4, "1.2.3.4", Open);
    let all = vec![new.clone(), address.clone(), old.clone(), longer.clone()];
    findings.apply([&update(all, vec![])], None).unwrap();
    let findings = reopened(&dir, findings);
    assert_eq!(of_target(&findings, "a.cn"), [old.clone(), new.clone()]);
    assert_eq!(of_target(&findings, "1.2.3.4"), [address]);
    assert_eq!(of_target(&findings, "b.cn"), []);
    assert_eq!(findings.all().count(), 4);
    for one in [old, new, longer] {
        assert_eq!(findings.by_id(one.id).unwrap(), Some(one));
    }
    assert_eq!(findings.by_id(Ulid::from(9)).unwrap(), None);
}

#[test]
fn a_finding_that_is_applied_again_takes_the_place_of_what_was_kept() {
    let (_dir, findings) = opened();
    findings.apply([&update(vec![finding(1, "a.cn", Open)], vec![])], None).unwrap();
    let closed = finding(1, "a.cn", Closed(ClosedReason::Filed));
    findings.apply([&update(vec![closed.clone()], vec![])], None).unwrap();
    assert_eq!(of_target(&findings, "a.cn"), [closed]);
    // Within one batch the last word counts, too.
    let (open, answered) = (finding(1, "a.cn", Open), finding(1, "a.cn", Answered));
    let updates = [update(vec![open], vec![]), update(vec![answered.clone()], vec![])];
    findings.apply(&updates, None).unwrap();
    assert_eq!(of_target(&findings, "a.cn"), [answered]);
}

#[test]
fn each_finding_has_its_history_in_the_order_it_was_told() {
    let (dir, mut findings) = opened();
    // More than 256 of them: the order must not be that of single bytes.
    for number in 0..300_u32 {
        let note = number.to_string();
        let changes = vec![change(1, &note), change(2, &format!("other {note}"))];
        findings.apply([&update(vec![], changes)], None).unwrap();
        if number % 100 == 50 {
            findings = reopened(&dir, findings);
        }
    }
    let expected: Vec<String> = (0..300).map(|number| number.to_string()).collect();
    assert_eq!(notes(&findings, 1), expected);
    assert_eq!(notes(&findings, 2).len(), 300);
    assert_eq!(notes(&findings, 3), [""; 0]);
}

#[test]
fn a_target_is_looked_at_again_once_while_any_finding_of_it_is_not_closed() {
    let (dir, findings) = opened();
    let closed = Closed(ClosedReason::Moved);
    let all = vec![
        finding(1, "open.cn", Open),
        finding(2, "answered.cn", Answered),
        finding(3, "accruing.cn", Accruing),
        finding(4, "closed.cn", closed),
        finding(5, "both.cn", closed),
        finding(6, "both.cn", Open),
        finding(7, "both.cn", closed),
        finding(8, "both.cn", Open),
        finding(9, "1.2.3.4", Open),
    ];
    findings.apply([&update(all, vec![])], None).unwrap();
    let findings = reopened(&dir, findings);
    let targets: Vec<Target> = findings.targets().map(Result::unwrap).collect();
    assert!(targets.is_sorted_by_key(Target::sort_key));
    let mut names: Vec<String> = targets.iter().map(Target::to_string).collect();
    names.sort_unstable();
    assert_eq!(names, ["1.2.3.4", "accruing.cn", "answered.cn", "both.cn", "open.cn"]);
}

#[test]
fn nights_are_kept_in_order_and_the_newest_is_the_latest() {
    let (dir, findings) = opened();
    let scan = |night, ended_by| Scan {
        night,
        scope: Scope::default(),
        everything: false,
        started: Timestamp::UNIX_EPOCH,
        stopped: None,
        ended_by,
        counts: NightCounts::default(),
    };
    for night in [1, 300, 2, 255] {
        findings.put_scan(&scan(night, None)).unwrap();
    }
    findings.put_scan(&scan(300, Some(EndedBy::Done))).unwrap();
    let findings = reopened(&dir, findings);
    let nights: Vec<u32> = findings.scans().unwrap().iter().map(|scan| scan.night).collect();
    assert_eq!(nights, [1, 2, 255, 300]);
    assert_eq!(findings.latest_scan().unwrap(), Some(scan(300, Some(EndedBy::Done))));
}

#[test]
fn an_exemption_is_kept_replaced_and_removed() {
    let (dir, findings) = opened();
    let exemption = |target: &str, reason: &str| Exemption {
        target: target.parse().unwrap(),
        reason: reason.to_owned(),
        until: None,
        since: Timestamp::UNIX_EPOCH,
    };
    for (target, reason) in [("b.cn", "1"), ("a.cn", "2"), ("a.com", "3"), ("a.cn", "4")] {
        findings.put_exemption(&exemption(target, reason), "王处长").unwrap();
    }
    let findings = reopened(&dir, findings);
    let a = "a.cn".parse().unwrap();
    assert_eq!(findings.exemption(&a).unwrap(), Some(exemption("a.cn", "4")));
    let reasons: Vec<String> =
        findings.exemptions().unwrap().into_iter().map(|exemption| exemption.reason).collect();
    assert_eq!(reasons, ["4", "3", "1"]);
    assert!(findings.remove_exemption(&a, ("李科长", Timestamp::UNIX_EPOCH), None).unwrap());
    assert!(!findings.remove_exemption(&a, ("李科长", Timestamp::UNIX_EPOCH), None).unwrap());
    let findings = reopened(&dir, findings);
    assert_eq!(findings.exemption(&a).unwrap(), None);
    assert_eq!(findings.exemptions().unwrap().len(), 2);
    let deeds = findings.exemption_deeds().unwrap();
    let told: Vec<_> = deeds.iter().map(|deed| (deed.target.to_string(), &*deed.by)).collect();
    let added = ["b.cn", "a.cn", "a.com", "a.cn"].map(|name| (name.to_owned(), "王处长"));
    assert_eq!(told[..4], added);
    assert_eq!(told[4..], [("a.cn".to_owned(), "李科长")]);
}

#[test]
fn the_position_is_kept_with_what_was_applied() {
    let (dir, findings) = opened();
    let position = Position { night: 3, offset: 77 };
    findings.apply([&update(vec![finding(1, "a.cn", Open)], vec![])], Some(position)).unwrap();
    findings.apply([&update(vec![finding(2, "b.cn", Open)], vec![])], None).unwrap();
    let findings = reopened(&dir, findings);
    assert_eq!(findings.position().unwrap(), Some(position));
    assert_eq!(findings.all().count(), 2);
}

#[test]
fn records_of_different_kinds_never_show_as_each_other() {
    let (_dir, findings) = opened();
    let position = Position { night: 1, offset: 1 };
    let one = update(vec![finding(1, "a.cn", Open)], vec![change(1, "told")]);
    findings.apply([&one], Some(position)).unwrap();
    findings
        .put_exemption(
            &Exemption {
                target: "a.cn".parse().unwrap(),
                reason: String::new(),
                until: None,
                since: Timestamp::UNIX_EPOCH,
            },
            "operator",
        )
        .unwrap();
    assert_eq!(findings.all().count(), 1);
    assert_eq!(findings.scans().unwrap(), []);
    assert_eq!(findings.exemptions().unwrap().len(), 1);
    assert_eq!(notes(&findings, 1), ["told"]);
}
