//! What people may do to a finding: answer it, take it back, let it stand. Pure; a night does the rest.

use jiff::Timestamp;

use crate::facts::change::Change;
use crate::facts::change::ChangeKind;
use crate::facts::finding::Answer;
use crate::facts::finding::AnswerResult;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;
use crate::facts::finding::Kind;
use crate::facts::reason::Reason;

/// The longest opinion (处理意见), in characters.
pub const LONGEST_OPINION: usize = 1000;

/// Who acts, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// `operator` for the command line, or whoever holds the key that was used.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

/// What a person says of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// 处理结果
    pub result: AnswerResult,
    /// 处理意见; may be empty where the result speaks for itself.
    pub opinion: String,
}

/// One step in the life of a finding that a person takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// The finding as it is from then on.
    pub finding: Finding,
    /// What is told of it.
    pub change: Change,
    /// The answer that was given; `None` where somebody else acted than the provider.
    pub answer: Option<Answer>,
}

/// Why a step cannot be taken. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is closed, or does not stand yet.
    #[error("the finding is {0}; only open and answered ones can be dealt with")]
    NotStanding(&'static str),
    /// The result says nothing about a fault of this kind.
    #[error("`{result}` is no answer to `{kind}`; these are: {}", words(*kind))]
    WrongResult {
        /// What was said.
        result: AnswerResult,
        /// What it was said of.
        kind: Kind,
    },
    /// A bureau has to decide, and is told nothing to decide by.
    #[error("`{0}` goes to the bureau, so the opinion must say why")]
    NoOpinion(AnswerResult),
    /// The opinion is too long.
    #[error("the opinion is longer than {LONGEST_OPINION} characters")]
    LongOpinion,
    /// The opinion holds characters that are no text.
    #[error("the opinion holds control characters")]
    NotText,
    /// There is no objection to decide.
    #[error("the finding is not objected to: its answer is neither `not_ours` nor `disputed`")]
    NoObjection,
}

/// The results that fit a kind of fault. Where an access record is at fault nothing is filed by it, and
/// an unreported address is no matter of filings at all.
pub fn results(kind: Kind) -> &'static [AnswerResult] {
    use AnswerResult::Connected;
    use AnswerResult::Disputed;
    use AnswerResult::Filed;
    use AnswerResult::InProgress;
    use AnswerResult::Moved;
    use AnswerResult::NotOurs;
    use AnswerResult::Stopped;
    match kind {
        Kind::Unfiled | Kind::WrongNumber => {
            &[Filed, Stopped, Moved, NotOurs, Disputed, InProgress]
        }
        Kind::NotConnected | Kind::OverReported => {
            &[Connected, Stopped, Moved, NotOurs, Disputed, InProgress]
        }
        Kind::Shell => &[Connected, Moved, NotOurs, Disputed, InProgress],
        Kind::UnreportedAddress => &[Stopped, Moved, NotOurs, Disputed, InProgress],
    }
}

/// Whether `result` says that the fault is mended, which the next night verifies.
pub fn claims_remedy(result: AnswerResult) -> bool {
    match result {
        AnswerResult::Filed
        | AnswerResult::Connected
        | AnswerResult::Stopped
        | AnswerResult::Moved => true,
        AnswerResult::NotOurs | AnswerResult::Disputed | AnswerResult::InProgress => false,
    }
}

/// Whether `result` says that the finding is wrong, which its bureau decides.
pub fn is_objection(result: AnswerResult) -> bool {
    matches!(result, AnswerResult::NotOurs | AnswerResult::Disputed)
}

/// Whether the finding waits for its bureau: the provider objects, and nobody has decided.
pub fn is_referred(finding: &Finding) -> bool {
    finding.state == FindingState::Answered
        && finding.answer.as_ref().is_some_and(|answer| is_objection(answer.result))
}

/// The provider answers.
pub fn answer(finding: &Finding, said: &Said, act: &Act) -> Result<Amendment, Unfit> {
    must_stand(finding)?;
    let Said { result, opinion } = said;
    let (result, kind) = (*result, finding.key.kind);
    if !results(kind).contains(&result) {
        return Err(Unfit::WrongResult { result, kind });
    }
    let opinion = opinion.trim();
    if is_objection(result) && opinion.is_empty() {
        return Err(Unfit::NoOpinion(result));
    }
    must_be_text(opinion)?;
    let answer = Answer { result, opinion: opinion.to_owned(), at: act.at };
    let note = if opinion.is_empty() {
        result.chinese().to_owned()
    } else {
        format!("{}：{opinion}", result.chinese())
    };
    let mut finding = finding.clone();
    finding.state = FindingState::Answered;
    finding.answer = Some(answer.clone());
    let change = told(&finding, ChangeKind::Answered, finding.seen.reasons.clone(), note, act);
    Ok(Amendment { finding, change, answer: Some(answer) })
}

/// A bureau takes the finding back; it stays closed until its fault was seen to end.
pub fn withdraw(finding: &Finding, reason: &str, act: &Act) -> Result<Amendment, Unfit> {
    must_stand(finding)?;
    must_be_text(reason)?;
    let state = FindingState::Closed(ClosedReason::Withdrawn);
    let finding = Finding { state, has_lapsed: false, nights_in_row: 0, ..finding.clone() };
    let reasons = vec![Reason::Withdrawn];
    let change = told(&finding, ChangeKind::Closed, reasons, reason.trim().to_owned(), act);
    Ok(Amendment { finding, change, answer: None })
}

/// A bureau does not follow the provider's objection: the finding is open again, the answer is kept.
pub fn uphold(finding: &Finding, reason: &str, act: &Act) -> Result<Amendment, Unfit> {
    must_stand(finding)?;
    must_be_text(reason)?;
    if !is_referred(finding) {
        return Err(Unfit::NoObjection);
    }
    let finding = Finding { state: FindingState::Open, ..finding.clone() };
    let reasons = finding.seen.reasons.clone();
    let change = told(&finding, ChangeKind::Upheld, reasons, reason.trim().to_owned(), act);
    Ok(Amendment { finding, change, answer: None })
}

fn must_stand(finding: &Finding) -> Result<(), Unfit> {
    if finding.stands() { Ok(()) } else { Err(Unfit::NotStanding(finding.state.word())) }
}

fn must_be_text(text: &str) -> Result<(), Unfit> {
    if text.chars().count() > LONGEST_OPINION {
        return Err(Unfit::LongOpinion);
    }
    let is_text = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    if text.chars().all(is_text) { Ok(()) } else { Err(Unfit::NotText) }
}

fn told(
    finding: &Finding,
    kind: ChangeKind,
    reasons: Vec<Reason>,
    note: String,
    act: &Act,
) -> Change {
    Change {
        finding: finding.id,
        kind,
        state: finding.state,
        at: act.at,
        reasons,
        actor: act.actor.clone(),
        note: Some(note),
    }
}

fn words(kind: Kind) -> String {
    results(kind).iter().map(|result| result.word()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::bureau::Bureau;
    use crate::facts::finding::FindingKey;
    use crate::facts::finding::Sightings;
    use jiff::civil::Date;
    use ulid::Ulid;

    fn finding(kind: Kind, state: FindingState) -> Finding {
        Finding {
            id: Ulid::from(7_u128),
            key: FindingKey { target: "a.cn".parse().unwrap(), kind, provider: None },
            bureau: Bureau::MINISTRY,
            channel: "list".to_owned(),
            state,
            reopened: 0,
            first_seen: Timestamp::UNIX_EPOCH,
            last_seen: Timestamp::UNIX_EPOCH,
            times_seen: 1,
            due: Date::constant(2026, 1, 1),
            seen: Sightings { reasons: vec![Reason::NotFiled], ..Sightings::default() },
            answer: None,
            nights_in_row: 1,
            last_night: 1,
            has_lapsed: true,
        }
    }

    fn act() -> Act {
        Act { actor: "operator".to_owned(), at: Timestamp::UNIX_EPOCH }
    }

    fn said(result: AnswerResult, opinion: &str) -> Said {
        Said { result, opinion: opinion.to_owned() }
    }

    #[test]
    fn every_result_is_taken_for_the_kinds_it_fits_and_for_no_other() {
        for kind in Kind::ALL {
            let finding = finding(*kind, FindingState::Open);
            for result in AnswerResult::ALL {
                let taken = answer(&finding, &said(*result, "因为"), &act());
                assert_eq!(taken.is_ok(), results(*kind).contains(result), "{kind} {result}");
            }
        }
        let error = answer(
            &finding(Kind::NotConnected, FindingState::Open),
            &said(AnswerResult::Filed, ""),
            &act(),
        );
        let told = error.unwrap_err().to_string();
        assert!(told.contains("connected, stopped, moved"), "{told}");
    }

    #[test]
    fn an_answer_is_kept_with_who_gave_it_and_closes_nothing() {
        let open = finding(Kind::Unfiled, FindingState::Open);
        let given = answer(&open, &said(AnswerResult::Stopped, " 已停 "), &act()).unwrap();
        assert_eq!(given.finding.state, FindingState::Answered);
        assert_eq!(given.finding.answer, given.answer);
        assert_eq!(given.answer.unwrap().opinion, "已停");
        assert_eq!(given.change.kind, ChangeKind::Answered);
        assert_eq!(given.change.note.as_deref(), Some("已停止接入：已停"));
        assert_eq!(given.change.actor, "operator");
    }

    #[test]
    fn only_what_stands_can_be_dealt_with() {
        for state in [FindingState::Accruing, FindingState::Closed(ClosedReason::Gone)] {
            let finding = finding(Kind::Unfiled, state);
            let unfit = Err(Unfit::NotStanding(state.word()));
            assert_eq!(answer(&finding, &said(AnswerResult::Filed, ""), &act()), unfit);
            assert_eq!(withdraw(&finding, "x", &act()), unfit);
            assert_eq!(uphold(&finding, "x", &act()), unfit);
        }
    }

    #[test]
    fn an_objection_says_why_and_waits_for_the_bureau() {
        let open = finding(Kind::Unfiled, FindingState::Open);
        for result in [AnswerResult::NotOurs, AnswerResult::Disputed] {
            let silent = answer(&open, &said(result, " "), &act());
            assert_eq!(silent, Err(Unfit::NoOpinion(result)));
            let objected = answer(&open, &said(result, "地址不是我们的"), &act()).unwrap().finding;
            assert!(is_referred(&objected));
            let upheld = uphold(&objected, "地址已报备", &act()).unwrap();
            assert!(!is_referred(&upheld.finding));
            assert_eq!((upheld.finding.state, upheld.change.kind), {
                (FindingState::Open, ChangeKind::Upheld)
            });
            assert_eq!(upheld.finding.answer, objected.answer);
            let withdrawn = withdraw(&objected, "误会", &act()).unwrap().finding;
            assert_eq!(withdrawn.state, FindingState::Closed(ClosedReason::Withdrawn));
            assert_eq!((withdrawn.has_lapsed, withdrawn.nights_in_row), (false, 0));
        }
        assert_eq!(uphold(&open, "x", &act()), Err(Unfit::NoObjection));
    }

    #[test]
    fn an_opinion_is_text_of_some_length() {
        let open = finding(Kind::Unfiled, FindingState::Open);
        let long = "长".repeat(LONGEST_OPINION + 1);
        let check = |opinion: &str| answer(&open, &said(AnswerResult::Filed, opinion), &act());
        assert_eq!(check(&long), Err(Unfit::LongOpinion));
        assert_eq!(check("a\u{0}b"), Err(Unfit::NotText));
        assert!(check(&long[3..]).is_ok() && check("一\n二").is_ok());
    }
}
