//! `withdraw`: a bureau takes a finding back. It stays closed until its fault was seen to end.

use std::io::Write;

use anyhow::Result;

use crate::cli::Withdraw as Request;
use crate::commands::Ended;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::change::Change;
use crate::facts::change::ChangeKind;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;
use crate::facts::reason::Reason;
use crate::store::findings::Update;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    if request.reason.trim().is_empty() {
        return Err(usage("--reason must say why the finding is taken back"));
    }
    let data = session.data()?;
    let writing = data.findings.writing();
    let Some(finding) = data.findings.by_id(request.id)? else {
        return Err(usage(format!("there is no finding {}; `findings` lists them", request.id)));
    };
    if !finding.stands() {
        let state = finding.state.word();
        return Err(usage(format!(
            "finding {} is {state}; only open and answered ones can be withdrawn",
            request.id
        )));
    }
    let state = FindingState::Closed(ClosedReason::Withdrawn);
    let change = Change {
        finding: finding.id,
        kind: ChangeKind::Closed,
        state,
        at: session.clock.now(),
        reasons: vec![Reason::Withdrawn],
        actor: "operator".to_owned(),
        note: Some(request.reason.clone()),
    };
    let finding = Finding { state, has_lapsed: false, nights_in_row: 0, ..finding };
    let told = format!("withdrawn: {} {} {}", finding.id, finding.key.kind, finding.key.target);
    let update = Update { findings: vec![finding], changes: vec![change], ..Update::default() };
    writing.apply([&update], None)?;
    drop(writing);
    let mut out = session.terminal.out();
    session.mark(&mut out)?;
    writeln!(out, "{told}")?;
    Ok(Ended::Done)
}
