//! The catalogue says what the findings say, to whom it may, also after they changed.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::*;
use crate::facts::change::Change;
use crate::facts::change::ChangeKind;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::FindingKey;
use crate::facts::finding::Sightings;
use crate::store::findings::Update;

fn finding(number: u128, provider: &str, carrier: &str, bureau: &str) -> Finding {
    let id = |text: &str| text.parse().ok();
    Finding {
        id: Ulid::from(number),
        key: FindingKey {
            target: format!("d{number}.cn").parse().unwrap(),
            kind: if number.is_multiple_of(2) { Kind::Unfiled } else { Kind::NotConnected },
            provider: id(provider),
        },
        bureau: bureau.parse().unwrap(),
        channel: "list".to_owned(),
        state: FindingState::Open,
        reopened: 0,
        first_seen: Timestamp::UNIX_EPOCH,
        last_seen: Timestamp::UNIX_EPOCH,
        times_seen: 1,
        due: Date::constant(2026, 1, 1),
        seen: Sightings { carrier: id(carrier), ..Sightings::default() },
        answer: None,
        nights_in_row: 0,
        last_night: 1,
        has_lapsed: false,
    }
}

fn told(finding: &Finding) -> Change {
    told_as(finding, ChangeKind::Opened)
}

fn told_as(finding: &Finding, kind: ChangeKind) -> Change {
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

fn write(findings: &Findings, all: &[Finding]) {
    let changes = all.iter().map(told).collect();
    let update = Update { findings: all.to_vec(), changes, ..Update::default() };
    findings.apply([&update], None).unwrap();
}

fn wanted(scope: KeyScope) -> Wanted {
    Wanted {
        scope,
        kinds: vec![],
        state: WantedState::Standing,
        provider: None,
        bureau: None,
        due_before: None,
        is_referred: false,
    }
}

fn provider(id: &str) -> KeyScope {
    KeyScope::Provider(id.parse().unwrap())
}

fn opened() -> (tempfile::TempDir, Findings) {
    let dir = tempfile::tempdir().unwrap();
    let findings = Findings::open(dir.path()).unwrap();
    (dir, findings)
}

/// All pages together.
fn listed(findings: &Findings, wanted: &Wanted, limit: usize) -> Vec<u128> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = findings.catalogue().unwrap().page(wanted, after, limit).unwrap();
        assert!(page.rows.len() <= limit);
        all.extend(page.rows.iter().map(|row| u128::from(row.finding.id)));
        let Some(next) = page.next else { return all };
        assert_eq!(page.rows.len(), limit);
        after = Some(next);
    }
}

#[test]
fn each_scope_has_its_own_in_pages_of_any_size_before_and_after_a_restart() {
    let (dir, mut findings) = opened();
    write(&findings, &[finding(5, "P4", "P1", "北京"), finding(1, "P1", "P1", "北京")]);
    findings.catalogue().unwrap();
    write(&findings, &[finding(3, "P5", "P1", "河北"), finding(4, "", "", "部")]);
    for _ in 0..2 {
        for (scope, expected) in [
            (KeyScope::Ministry, vec![1, 3, 4, 5]),
            (provider("P1"), vec![1, 3, 5]),
            (provider("P4"), vec![5]),
            (provider("P9"), vec![]),
            (KeyScope::Bureau("北京".parse().unwrap()), vec![1, 5]),
            (KeyScope::Bureau("天津".parse().unwrap()), vec![]),
            (KeyScope::Reader, vec![]),
        ] {
            for limit in [1, 2, 3, 500] {
                assert_eq!(listed(&findings, &wanted(scope.clone()), limit), expected, "{scope:?}");
            }
            let catalogue = findings.catalogue().unwrap();
            let told: BTreeSet<u128> = catalogue
                .changes(&scope, 0, 99)
                .unwrap()
                .into_iter()
                .map(|one| findings.told(one.sequence).unwrap().unwrap().change.finding.into())
                .collect();
            assert_eq!(told.into_iter().collect::<Vec<_>>(), expected, "{scope:?}");
            for id in 1..=5_u128 {
                let is_seen = catalogue.row(&scope, Ulid::from(id)).unwrap().is_some();
                assert_eq!(is_seen, expected.contains(&id), "{scope:?} {id}");
            }
        }
        drop(findings);
        findings = Findings::open(dir.path()).unwrap();
    }
}

#[test]
fn filters_narrow_and_what_changes_is_followed() {
    let (_dir, findings) = opened();
    findings.catalogue().unwrap();
    let all: Vec<Finding> = (1..=6).map(|number| finding(number, "P4", "P1", "北京")).collect();
    write(&findings, &all);
    let closed = FindingState::Closed(ClosedReason::Filed);
    write(
        &findings,
        &[Finding { state: closed, due: Date::constant(2025, 1, 1), ..all[0].clone() }],
    );
    let ministry = || wanted(KeyScope::Ministry);
    for (wanted, expected) in [
        (ministry(), vec![2, 3, 4, 5, 6]),
        (Wanted { state: WantedState::Closed, ..ministry() }, vec![1]),
        (Wanted { state: WantedState::All, ..ministry() }, vec![1, 2, 3, 4, 5, 6]),
        (Wanted { kinds: vec![Kind::NotConnected], ..ministry() }, vec![3, 5]),
        (Wanted { provider: "P4".parse().ok(), ..ministry() }, vec![2, 3, 4, 5, 6]),
        (Wanted { provider: "P1".parse().ok(), ..ministry() }, vec![]),
        (Wanted { provider: "P9".parse().ok(), ..ministry() }, vec![]),
        (Wanted { bureau: "河北".parse().ok(), ..ministry() }, vec![]),
        (Wanted { due_before: Some(Date::constant(2026, 1, 1)), ..ministry() }, vec![]),
        (Wanted { is_referred: true, ..ministry() }, vec![]),
    ] {
        assert_eq!(listed(&findings, &wanted, 2), expected, "{wanted:?}");
    }
    let catalogue = findings.catalogue().unwrap();
    let row = catalogue.row(&KeyScope::Ministry, Ulid::from(1_u128)).unwrap().unwrap();
    assert_eq!(row.finding.state, closed);
    let changes = |after| fed(&findings, &KeyScope::Ministry, after);
    assert_eq!((changes(5), changes(7)), (vec![(6, false), (7, false)], vec![]));
    let counts = catalogue.counts(Date::constant(2026, 1, 2)).unwrap();
    assert_eq!(counts[0], (Kind::Unfiled, [3, 0, 3]));
}

/// The numbers of the changes that `scope` is told of, and by which of them it lost sight.
fn fed(findings: &Findings, scope: &KeyScope, after: u64) -> Vec<(u64, bool)> {
    let told = findings.catalogue().unwrap().changes(scope, after, 99).unwrap();
    told.into_iter().map(|one| (one.sequence, one.has_left)).collect()
}

#[test]
fn whoever_a_finding_goes_to_or_from_is_told_then_before_and_after_a_restart() {
    let (dir, mut findings) = opened();
    findings.catalogue().unwrap();
    let at = |carrier: &str, bureau: &str| finding(1, "P4", carrier, bureau);
    for (finding, kind) in [
        (at("P1", "北京"), ChangeKind::Opened),
        (at("P1", "河北"), ChangeKind::Transferred),
        // The provider is its own carrier: another one sees it no more.
        (at("P4", "河北"), ChangeKind::Closed),
        (at("P2", "北京"), ChangeKind::Reopened),
        (at("P2", "北京"), ChangeKind::Closed),
    ] {
        let changes = vec![told_as(&finding, kind)];
        let update = Update { findings: vec![finding], changes, ..Update::default() };
        findings.apply([&update], None).unwrap();
    }
    let bureau = |name: &str| KeyScope::Bureau(name.parse().unwrap());
    for _ in 0..2 {
        for (scope, expected) in [
            (KeyScope::Ministry, vec![(1, false), (2, false), (3, false), (4, false), (5, false)]),
            (provider("P4"), vec![(1, false), (2, false), (3, false), (4, false), (5, false)]),
            (provider("P1"), vec![(1, false), (2, false), (3, true)]),
            (provider("P2"), vec![(4, false), (5, false)]),
            (bureau("北京"), vec![(1, false), (2, true), (4, false), (5, false)]),
            (bureau("河北"), vec![(2, false), (3, false), (4, true)]),
            (bureau("天津"), vec![]),
            (KeyScope::Reader, vec![]),
        ] {
            assert_eq!(fed(&findings, &scope, 0), expected, "{scope:?}");
            let rest: Vec<_> = expected.into_iter().filter(|(sequence, _)| *sequence > 2).collect();
            assert_eq!(fed(&findings, &scope, 2), rest, "{scope:?}");
        }
        drop(findings);
        findings = Findings::open(dir.path()).unwrap();
    }
}

#[test]
fn accruing_findings_are_shown_to_nobody() {
    let (_dir, findings) = opened();
    let accruing = Finding { state: FindingState::Accruing, ..finding(1, "P4", "P1", "北京") };
    let update = Update { findings: vec![accruing], ..Update::default() };
    findings.apply([&update], None).unwrap();
    let all = Wanted { state: WantedState::All, ..wanted(KeyScope::Ministry) };
    assert_eq!(listed(&findings, &all, 9), [0; 0]);
    let row = findings.catalogue().unwrap().row(&KeyScope::Ministry, Ulid::from(1_u128));
    assert_eq!(row.unwrap(), None);
}

#[test]
fn a_wasteful_file_is_written_anew_and_says_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = RowFile::create(dir.path()).unwrap();
    let mut columns = Columns::default();
    for round in 0..3 {
        for number in 1..=300 {
            let at = Finding { times_seen: round, ..finding(number, "P4", "P1", "北京") };
            let place = file.append(&at, None).unwrap();
            columns.put(&at, place);
        }
    }
    let fresh = columns.compacted(&file).unwrap();
    for number in 1..=300_u128 {
        let place = columns.place(&KeyScope::Ministry, Ulid::from(number)).unwrap();
        let row = fresh.read(place).unwrap();
        assert_eq!((u128::from(row.finding.id), row.finding.times_seen), (number, 2));
    }
    assert!(!fresh.is_wasteful(columns.live()));
}

/// Whoever may not see a finding could tell by the time that an answer takes whether it is there, if it were
/// read before that is known.
#[test]
fn nothing_is_read_of_what_is_not_seen_and_of_what_is_not_there() {
    let (_dir, findings) = opened();
    let accruing = Finding { state: FindingState::Accruing, ..finding(2, "P4", "P1", "北京") };
    write(&findings, &[finding(1, "P4", "P1", "北京"), accruing]);
    let catalogue = findings.catalogue().unwrap();
    let row = |scope: &KeyScope, id: u128| catalogue.row(scope, Ulid::from(id));
    assert!(row(&provider("P4"), 1).unwrap().is_some());
    // From here on whoever reads a row fails.
    let mut inner = catalogue.inner.write().unwrap();
    inner.file = inner.file.another().unwrap();
    drop(inner);
    assert!(row(&provider("P4"), 1).is_err() && row(&provider("P1"), 1).is_err());
    let tianjin = KeyScope::Bureau("天津".parse().unwrap());
    for scope in [provider("P5"), provider("P4"), tianjin, KeyScope::Reader] {
        for id in [1, 2, 3].into_iter().filter(|id| *id > 1 || scope != provider("P4")) {
            assert!(row(&scope, id).unwrap().is_none(), "{scope:?} {id}");
        }
    }
}
