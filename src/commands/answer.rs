//! `answer`: what a provider says of findings, one or a file of them. The next night verifies it; an
//! objection waits for the bureau.

mod handled;

use std::fs::File;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Result;
use jiff::civil::Date;
use jiff::civil::DateTime;
use ulid::Ulid;

use crate::cli::Answer as Request;
use crate::clock;
use crate::commands::Ended;
use crate::commands::data::Data;
use crate::commands::sample::actor;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;
use crate::facts::lifecycle;
use crate::facts::lifecycle::Act;
use crate::facts::lifecycle::Amendment;
use crate::facts::lifecycle::Said;
use crate::facts::lifecycle::Unfit;
use crate::formats;
use crate::formats::answers;
use crate::formats::answers::AnswerRow;
use crate::formats::handled::is_message;
use crate::formats::tables::Refusal;
use crate::formats::tables::RowError;

/// One answer as a file gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    /// Where it stands in its file, from 1.
    pub(super) line: u64,
    /// Which finding.
    pub(super) id: Ulid,
    /// What is answered.
    pub(super) said: Said,
    /// When the answer was given that its row was exported with, in China.
    pub(super) answered_at: Option<DateTime>,
}

/// What became of one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    /// It is kept.
    Taken,
    /// The same answer stands already.
    Unchanged,
    /// It is not taken.
    Refused(String),
}

/// The answers of one file, and what could not be read of it.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) given: Vec<Given>,
    pub(super) refused: Vec<Refusal>,
    pub(super) blank: u64,
}

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    let act = Act { actor: actor(request.by.as_ref()), at: session.clock.now() };
    let out = &mut session.terminal.out();
    if let (Some(id), Some(result)) = (request.id, request.result) {
        let data = session.data()?;
        let said = Said { result, opinion: request.opinion.clone() };
        let given = Given { line: 1, id, said, answered_at: None };
        let outcome = keep(&data, &[given], &act, true)?.pop();
        let finding = data.findings.by_id(id)?;
        let (Some(finding), Some(Outcome::Taken | Outcome::Unchanged)) = (finding, &outcome) else {
            let why = match outcome {
                Some(Outcome::Refused(why)) => why,
                _ => "nothing was answered".to_owned(),
            };
            return Err(usage(format!("{id}: {why}")));
        };
        session.mark(out)?;
        let (kind, target) = (finding.key.kind, &finding.key.target);
        writeln!(out, "answered: {id} {kind} {target} {result}")?;
        return Ok(Ended::Done);
    }
    let data = session.data()?;
    let mut all = Vec::new();
    for path in &request.file {
        all.push((path, of_file(session, &data, path)?));
    }
    let refused = |(path, answers): &(&PathBuf, Answers)| {
        answers.refused.iter().for_each(|refusal| tell(path, refusal));
        answers.refused.len() as u64
    };
    let unreadable: u64 = all.iter().map(refused).sum();
    let blank: u64 = all.iter().map(|(_, answers)| answers.blank).sum();
    let given: Vec<Given> = all.iter().flat_map(|(_, answers)| answers.given.clone()).collect();
    let paths = all.iter().flat_map(|(path, answers)| answers.given.iter().map(|_| *path));
    let outcomes = keep(&data, &given, &act, !request.strict)?;
    let (mut taken, mut unchanged, mut refused) = (0_u64, 0_u64, unreadable);
    for ((path, given), outcome) in paths.zip(&given).zip(&outcomes) {
        match outcome {
            Outcome::Taken => taken += 1,
            Outcome::Unchanged => unchanged += 1,
            Outcome::Refused(reason) => {
                refused += 1;
                let reason = format!("{}: {reason}", given.id);
                tell(path, &Refusal { line: given.line, column: None, reason });
            }
        }
    }
    if request.strict {
        if refused > 0 {
            return Err(usage(format!(
                "{refused} rows were refused, so with --strict nothing was taken"
            )));
        }
        keep(&data, &given, &act, true)?;
    }
    session.mark(out)?;
    writeln!(
        out,
        "answers: {taken} taken, {unchanged} unchanged, {blank} blank, {refused} refused"
    )?;
    Ok(Ended::Done)
}

/// Reads one file of answers: a table, or what a provider's own system uploads.
fn of_file(session: &Session, data: &Data, path: &Path) -> Result<Answers> {
    let terminal = &session.terminal;
    let failed = |error: &dyn std::fmt::Display| {
        usage(format!("{}: {error}; nothing was taken", path.display()))
    };
    let input: Box<dyn Read + Send> = if path.as_os_str() == "-" {
        terminal.input()
    } else {
        Box::new(File::open(terminal.path(path)).map_err(|error| failed(&error))?)
    };
    let mut input = BufReader::new(input);
    if is_message(input.fill_buf().map_err(|error| failed(&error))?) {
        let handling = formats::handled::read(input).map_err(|error| failed(&error))?;
        return handled::answers(session, data, handling);
    }
    let rows = answers::read(input).map_err(|error| failed(&error))?;
    for column in rows.unknown_columns() {
        tracing::warn!(file = %path.display(), column, "the column is not known and is not read");
    }
    let mut read = Answers::default();
    for row in rows {
        match row {
            Ok(row) => match row.said {
                Some(said) => {
                    let AnswerRow { line, id, answered_at, .. } = row;
                    read.given.push(Given { line, id, said, answered_at });
                }
                None => read.blank += 1,
            },
            Err(RowError::Refused(refusal)) => read.refused.push(refusal),
            Err(RowError::Io(error)) => return Err(failed(&error)),
        }
    }
    Ok(read)
}

/// Answers each, and tells what became of it; keeps nothing where `is_kept` is not set.
fn keep(data: &Data, given: &[Given], act: &Act, is_kept: bool) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::with_capacity(given.len());
    let ids: Vec<Ulid> = given.iter().map(|given| given.id).collect();
    data.findings.amend::<anyhow::Error>(&ids, |index, finding| {
        let decided = match (finding, given.get(index)) {
            (Some(finding), Some(given)) => decide(finding, given, act),
            _ => Err("there is no such finding; `findings` lists them".to_owned()),
        };
        let (outcome, amendment) = match decided {
            Ok(Some(amendment)) => (Outcome::Taken, Some(amendment)),
            Ok(None) => (Outcome::Unchanged, None),
            Err(why) => (Outcome::Refused(why), None),
        };
        outcomes.push(outcome);
        Ok(amendment.filter(|_| is_kept))
    })?;
    Ok(outcomes)
}

/// What the answer makes of the finding; `None` where it stands already, or is the row of an export that
/// nobody touched.
fn decide(finding: &Finding, given: &Given, act: &Act) -> Result<Option<Amendment>, String> {
    let said = &given.said;
    let stands = finding.answer.as_ref().is_some_and(|answer| {
        answer.result == said.result && answer.opinion == said.opinion.trim()
    });
    if stands && (finding.state == FindingState::Answered || given.answered_at.is_some()) {
        return Ok(None);
    }
    let kept = finding.answer.as_ref().map(|answer| clock::china(answer.at));
    let is_stale = |exported: DateTime| kept.is_none_or(|kept| minute(kept) > minute(exported));
    if given.answered_at.is_some_and(is_stale) {
        return Err(
            "its answer is another since this was exported; export it again, or leave the \
                    time of the answer empty"
                .to_owned(),
        );
    }
    lifecycle::answer(finding, said, act).map(Some).map_err(|unfit: Unfit| unfit.to_string())
}

/// Spreadsheets may keep no seconds.
fn minute(time: DateTime) -> (Date, i8, i8) {
    (time.date(), time.hour(), time.minute())
}

fn tell(path: &Path, refusal: &Refusal) {
    let Refusal { line, column, reason } = refusal;
    let column = column.as_ref().map(|column| format!(" {column}:")).unwrap_or_default();
    tracing::warn!("{}:{line}:{column} {reason}", path.display());
}
