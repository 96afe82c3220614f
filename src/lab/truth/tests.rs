//! The truth of a world, and how findings are held against it.

use super::*;

fn provider(id: &str) -> ProviderId {
    id.parse().unwrap()
}

fn key(kind: Kind, id: &str) -> FindingKey {
    FindingKey { target: "a.cn".parse().unwrap(), kind, provider: Some(provider(id)) }
}

fn expected(kind: Kind, id: &str) -> Expected {
    Expected { provider: Some(provider(id)), ..Expected::at(kind, None) }
}

/// Unfiled at P1 on night 1, stopped on night 2, back from night 3 on; closed for good at P2.
fn site() -> Truth {
    Truth {
        domain: "a.cn".parse().unwrap(),
        scenario: "comes_back".to_owned(),
        findings: vec![
            expected(Kind::Unfiled, "P1").until(1, ClosedReason::Stopped),
            expected(Kind::Unfiled, "P1").since(3).reopened(1),
            expected(Kind::Unfiled, "P2").until(2, ClosedReason::Moved),
        ],
    }
}

#[test]
fn what_came_back_stands_and_is_not_closed() {
    let site = site();
    let (one, two) = (key(Kind::Unfiled, "P1"), key(Kind::Unfiled, "P2"));
    assert_eq!(site.standing(1).collect::<Vec<_>>(), [one.clone(), two.clone()]);
    assert!(site.standing(2).eq([two.clone()]));
    assert_eq!(site.closed(2), [(one.clone(), ClosedReason::Stopped)]);
    assert_eq!(site.standing(3).collect::<Vec<_>>(), [one]);
    assert_eq!(site.closed(3), [(two, ClosedReason::Moved)]);
}

#[test]
fn a_line_of_the_file_leaves_out_what_is_usual_and_reads_back() {
    let line = serde_json::to_string(&site()).unwrap();
    let usual = r#"{"kind":"unfiled","provider":"P1","until":1,"closed":"stopped"}"#;
    assert!(line.contains(usual), "{line}");
    assert!(line.contains(r#""night":3,"reopened":1"#), "{line}");
    let minimal =
        r#"{"domain":"a.cn","scenario":"x","findings":[{"kind":"shell","provider":null}]}"#;
    let read = read_truth(format!("{line}\n\n{minimal}\n").as_bytes()).unwrap();
    assert_eq!(read[0], site());
    assert_eq!(read[1].findings, [Expected::at(Kind::Shell, None)]);
    assert!(matches!(read_truth(&b"\n{}\n"[..]), Err(TruthError::Line { line: 2, .. })));
}

#[track_caller]
fn check(found: &[(FindingKey, FindingState)], night: u32, sums: (usize, usize, usize)) {
    let got = compare(&[site()], found, night);
    assert_eq!((got.missed.len(), got.invented.len(), got.misclosed.len()), sums, "{got:?}");
    assert_eq!(got.is_exact(), sums == (0, 0, 0));
}

#[test]
fn findings_are_held_against_the_truth_of_the_night() {
    let (one, two) = (key(Kind::Unfiled, "P1"), key(Kind::Unfiled, "P2"));
    let open = |key: &FindingKey| (key.clone(), FindingState::Open);
    let closed = |key: &FindingKey, reason| (key.clone(), FindingState::Closed(reason));
    check(&[open(&one), open(&two)], 1, (0, 0, 0));
    check(&[open(&one), (two.clone(), FindingState::Answered)], 1, (0, 0, 0));
    check(&[open(&one), (two.clone(), FindingState::Accruing)], 1, (1, 0, 0));
    check(&[open(&one)], 1, (1, 0, 0));
    check(&[open(&one), open(&two), open(&key(Kind::Shell, "P1"))], 1, (0, 1, 0));
    check(&[closed(&one, ClosedReason::Stopped), open(&two)], 2, (0, 0, 0));
    check(&[closed(&one, ClosedReason::Gone), open(&two)], 2, (0, 0, 1));
    check(&[open(&one), open(&two)], 2, (0, 1, 0));
    check(&[open(&two)], 2, (0, 0, 1));
    let stray = closed(&key(Kind::WrongNumber, "P1"), ClosedReason::Corrected);
    check(&[open(&one), closed(&two, ClosedReason::Moved), stray], 3, (0, 1, 0));
}
