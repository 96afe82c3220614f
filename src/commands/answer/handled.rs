//! Which findings the records of a `WBACLJG` message are about, and what they say of them.

use std::collections::HashMap;

use anyhow::Result;
use ulid::Ulid;

use crate::commands::answer::Answers;
use crate::commands::answer::Given;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::facts::finding::AnswerResult;
use crate::facts::issue::Issued;
use crate::facts::lifecycle::Said;
use crate::formats::handled::Handled;
use crate::formats::handled::Handling;
use crate::formats::tables::Refusal;

/// The answers of a message. Every record must be about a site that was listed for the unit that
/// answers, at that address; several addresses of one finding are one answer.
pub(super) fn answers(session: &Session, data: &Data, handling: Handling) -> Result<Answers> {
    let issues = data.findings.issues()?;
    let codes = &session.settings.interface.answer_codes;
    let mut answers = Answers::default();
    let mut said: HashMap<Ulid, (AnswerResult, u64)> = HashMap::new();
    for row in handling.rows {
        let row = match row {
            Ok(row) => row,
            Err(refusal) => {
                answers.refused.push(refusal);
                continue;
            }
        };
        let mut refuse = |column: &str, reason: String| {
            answers.refused.push(Refusal {
                line: row.line,
                column: Some(column.to_owned()),
                reason,
            });
        };
        if handling.unit.is_none_or(|unit| unit != row.access && unit != row.carrier) {
            refuse("Jrs", "the unit that submits it (Qqdwid) is neither Jrs nor Yys".to_owned());
            continue;
        }
        let Some(result) = codes.result(row.code) else {
            refuse("Cljg", format!("{} is no code of [interface] answer_codes", row.code));
            continue;
        };
        let listed = issues.at(&row.domain, row.address)?;
        let Some(id) = meant(data, &listed, &row)? else {
            let reason = "no such site was listed for this access provider and carrier";
            refuse("Ym", reason.to_owned());
            continue;
        };
        match said.get(&id) {
            Some((before, line)) if *before != result => {
                let reason =
                    format!("line {line} says otherwise of another address of the same site");
                refuse("Cljg", reason);
            }
            Some(_) => {}
            None => {
                said.insert(id, (result, row.line));
                let said = Said { result, opinion: row.opinion };
                answers.given.push(Given { line: row.line, id, said, answered_at: None });
            }
        }
    }
    Ok(answers)
}

/// The newest finding among `listed` that stands and was listed for who answers; else the newest.
fn meant(data: &Data, listed: &[Issued], row: &Handled) -> Result<Option<Ulid>> {
    let mut meant = None;
    for issued in listed {
        let issue = &issued.issue;
        if issue.access == Some(row.access) && issue.carrier == row.carrier {
            let finding = data.findings.by_id(issue.finding)?;
            let stands = finding.is_some_and(|finding| finding.stands());
            meant = meant.max(Some((stands, issue.finding)));
        }
    }
    Ok(meant.map(|(_, id)| id))
}
