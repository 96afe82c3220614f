//! `exempt`: names that are not reported, with reason and end, and who decided so.

use std::io::Write;

use anyhow::Result;

use crate::cli::Exempt as Request;
use crate::cli::Format;
use crate::clock;
use crate::commands::Ended;
use crate::commands::sample::doer;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::exemption::Exemption;
use crate::facts::exemption::ExemptionDeed;
use crate::facts::exemption::ExemptionDeedKind;
use crate::publish::text::printable;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    let data = session.data()?;
    let out = &mut session.terminal.out();
    match request {
        Request::Add { domain, reason, until, by } => {
            let today = clock::day(session.clock.now());
            if reason.trim().is_empty() {
                return Err(usage("--reason must say why the name is exempt"));
            }
            if until.is_some_and(|until| until < today) {
                return Err(usage(format!("--until lies before today, {today}")));
            }
            let exemption = Exemption {
                target: domain.clone(),
                reason: reason.clone(),
                until: *until,
                since: session.clock.now(),
            };
            data.findings.put_exemption(&exemption, &doer(session, by.as_ref()))?;
            session.mark(out)?;
            writeln!(out, "exempt: {domain}")?;
        }
        Request::List { format } => {
            match format {
                Format::Text => session.mark(out)?,
                Format::Json => session.mark_in_log(),
            }
            for exemption in data.findings.exemptions()? {
                write(&exemption, *format, out)?;
            }
        }
        Request::Remove { domain, reason, by } => {
            let deed = (&*doer(session, by.as_ref()), session.clock.now());
            let reason = reason.as_deref().filter(|reason| !reason.trim().is_empty());
            if !data.findings.remove_exemption(domain, deed, reason)? {
                return Err(usage(format!("{domain} is not exempt; `exempt list` shows what is")));
            }
            session.mark(out)?;
            writeln!(out, "exempt no more: {domain}")?;
        }
        Request::Log { domain, format } => {
            match format {
                Format::Text => session.mark(out)?,
                Format::Json => session.mark_in_log(),
            }
            let mut deeds = data.findings.exemption_deeds()?;
            deeds.retain(|deed| domain.as_ref().is_none_or(|domain| deed.target == *domain));
            for deed in &deeds {
                write_deed(deed, *format, out)?;
            }
        }
    }
    Ok(Ended::Done)
}

fn write(exemption: &Exemption, format: Format, out: &mut impl Write) -> Result<()> {
    let Exemption { target, reason, until, since } = exemption;
    let since = clock::written(*since);
    match format {
        Format::Text => {
            let until = until.map_or("no end".to_owned(), |day| format!("until {day}"));
            writeln!(out, "{target}\t{until}\tsince {since}\t{}", printable(reason))?;
        }
        Format::Json => {
            let until = until.map(|day| day.to_string());
            let row = serde_json::json!({
                "domain": target.to_string(), "reason": reason, "until": until, "since": since,
            });
            writeln!(out, "{row}")?;
        }
    }
    Ok(())
}

fn write_deed(deed: &ExemptionDeed, format: Format, out: &mut impl Write) -> Result<()> {
    let ExemptionDeed { at, by, target, kind } = deed;
    let at = clock::written(*at);
    let (word, reason, until) = match kind {
        ExemptionDeedKind::Added { reason, until } => ("added", Some(reason), *until),
        ExemptionDeedKind::Removed => ("removed", None, None),
        ExemptionDeedKind::RemovedFor { reason } => ("removed", Some(reason), None),
    };
    match format {
        Format::Text => {
            let reason = reason.map(|reason| printable(reason)).unwrap_or_default();
            let until = until.map(|day| format!("until {day}\t")).unwrap_or_default();
            writeln!(out, "{at}\t{word}\t{target}\tby {}\t{until}{reason}", printable(by))?;
        }
        Format::Json => {
            let until = until.map(|day| day.to_string());
            let row = serde_json::json!({
                "at": at, "deed": word, "domain": target.to_string(), "by": by,
                "reason": reason, "until": until,
            });
            writeln!(out, "{row}")?;
        }
    }
    Ok(())
}
