//! `withdraw` and `uphold`: a bureau takes a finding back, or lets it stand against an objection.

use std::io::Write;

use anyhow::Result;
use ulid::Ulid;

use crate::cli::Uphold;
use crate::cli::Withdraw as Request;
use crate::commands::Ended;
use crate::commands::sample::actor;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::finding::Finding;
use crate::facts::lifecycle;
use crate::facts::lifecycle::Act;
use crate::facts::lifecycle::Amendment;
use crate::facts::lifecycle::Unfit;

/// A decision of a bureau about one finding.
type Decide = fn(&Finding, &str, &Act) -> Result<Amendment, Unfit>;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    if request.reason.trim().is_empty() {
        return Err(usage("--reason must say why the finding is taken back"));
    }
    let asked = (request.id, &*request.reason, request.by.as_ref());
    decide(session, asked, ("withdrawn", lifecycle::withdraw))
}

pub(super) fn uphold(session: &Session, request: &Uphold) -> Result<Ended> {
    if request.reason.trim().is_empty() {
        return Err(usage("--reason must say why the objection is not followed"));
    }
    let asked = (request.id, &*request.reason, request.by.as_ref());
    decide(session, asked, ("upheld", lifecycle::uphold))
}

fn decide(
    session: &Session,
    (id, reason, by): (Ulid, &str, Option<&String>),
    (word, decide): (&str, Decide),
) -> Result<Ended> {
    let data = session.data()?;
    let act = Act { actor: actor(by), at: session.clock.now() };
    let mut told = String::new();
    data.findings.amend::<anyhow::Error>(&[id], |_, finding| {
        let finding = finding
            .ok_or_else(|| usage(format!("there is no finding {id}; `findings` lists them")))?;
        let amendment =
            decide(finding, reason, &act).map_err(|unfit| usage(format!("{id}: {unfit}")))?;
        told = format!("{word}: {id} {} {}", finding.key.kind, finding.key.target);
        Ok(Some(amendment))
    })?;
    let mut out = session.terminal.out();
    session.mark(&mut out)?;
    writeln!(out, "{told}")?;
    Ok(Ended::Done)
}
