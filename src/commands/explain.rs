//! `explain`: the trail of one target, or the page of one reason.

mod evidence;

use anyhow::Result;

use crate::cli::Explain as Request;
use crate::cli::Explained;
use crate::cli::Format;
use crate::clock;
use crate::commands::Ended;
use crate::commands::session::Session;
use crate::facts::finding::FindingState;
use crate::facts::submission::SubmittedNote;
use crate::facts::target::Target;
use crate::net::guard::Guard;
use crate::publish::trail;
use crate::publish::trail::Exemption;
use crate::publish::trail::Trail;
use crate::publish::view::FindingView;
use crate::store::journal::Journal;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    match &request.subject {
        Explained::Reason(reason) => {
            trail::reason(*reason, &mut session.terminal.out())?;
            Ok(Ended::Done)
        }
        Explained::Target(target) => match request.record {
            Some(id) => evidence::record(session, target, id),
            None if request.evidence => evidence::places(session, target, request.format),
            None => of_target(session, target, request.format),
        },
    }
}

fn of_target(session: &Session, target: &Target, format: Format) -> Result<Ended> {
    let data = session.data()?;
    let names = data.names()?;
    let now = session.clock.now();
    let unfinished = Journal::find(&session.nights(), target)?;
    let examination = match unfinished {
        Some(examination) => Some(examination),
        None => data.registers.examination(target)?,
    };
    let mut findings = Vec::new();
    for finding in data.findings.of_target(target)? {
        if finding.state != FindingState::Accruing {
            let history = data.findings.history(finding.id)?;
            let mut view = FindingView::of(&finding, &names, now);
            view.evidence.warc = data.place(finding.id)?.map(|place| place.to_string());
            findings.push((view, history));
        }
    }
    let today = clock::day(now);
    let exemption = data.findings.exemption(target)?.filter(|exemption| exemption.holds_on(today));
    let register = data.registers.filings()?;
    let known = register.map(|register| register.lookup(target)).transpose()?.unwrap_or_default();
    let (kept, directory, terms) = (data.findings.submitted()?, data.directory()?, session.terms());
    let submitted: Vec<SubmittedNote> =
        kept.of(target)?.iter().map(|of| terms.note(of, &known, &directory)).collect();
    let deeds = kept.deeds(target)?;
    let guard = Guard::new(session.settings.probe.allow.clone(), session.settings.opt_out()?);
    let trail = Trail {
        target,
        examination: examination.as_ref(),
        findings: &findings,
        submitted: &submitted,
        deeds: &deeds,
        exemption: exemption
            .as_ref()
            .map(|exemption| Exemption { reason: &exemption.reason, until: exemption.until }),
        guard: &guard,
    };
    let out = &mut session.terminal.out();
    match format {
        Format::Text => {
            session.mark(out)?;
            trail::text(&trail, &names, out)?;
        }
        Format::Json => {
            session.mark_in_log();
            trail::json(&trail, &names, out)?;
        }
    }
    Ok(Ended::Done)
}
