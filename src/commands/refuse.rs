//! `refuse`: a bureau or the ministry does not take a provider's word for its access to a filing, or takes it
//! again.

use std::io::Write;

use anyhow::Result;

use crate::cli::Refuse as Request;
use crate::commands::Ended;
use crate::commands::sample::actor;
use crate::commands::scan::connect;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::store::submitted::Doer;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    let Request { domain, provider, reason, lift, by } = request;
    if reason.trim().is_empty() {
        return Err(usage("--reason must say why"));
    }
    let data = session.data()?;
    let directory = data.directory()?;
    let found = directory.find(provider);
    let found = found.ok_or_else(|| usage(format!("nobody is called {provider}")))?;
    let (by, at) = (actor(by.as_ref()), session.clock.now());
    let (doer, what) = (Doer { by: &by, at }, (domain, &found.id));
    let submitted = data.findings.submitted()?;
    let mut out = session.terminal.out();
    if *lift {
        if !submitted.allow(what, doer, reason)? {
            return Err(usage(format!("the word of {} for {domain} is not refused", found.id)));
        }
        session.mark(&mut out)?;
        writeln!(out, "taken again: the word of {} for {domain}", found.id)?;
    } else {
        let ended = submitted.refuse(what, doer, reason)?;
        connect(session, &data)?;
        session.mark(&mut out)?;
        writeln!(out, "refused: the word of {} for {domain}; {ended} ended", found.id)?;
    }
    Ok(Ended::Done)
}
