//! `exempt`: names that are not reported, with reason and end.

use std::io::Write;

use anyhow::Result;

use crate::cli::Exempt as Request;
use crate::cli::Format;
use crate::clock;
use crate::commands::Ended;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::exemption::Exemption;
use crate::publish::text::printable;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    let data = session.data()?;
    let out = &mut session.terminal.out();
    match request {
        Request::Add { domain, reason, until } => {
            let today = clock::day(session.clock.now());
            if reason.trim().is_empty() {
                return Err(usage("--reason must say why the name is exempt"));
            }
            if until.is_some_and(|until| until < today) {
                return Err(usage(format!("--until lies before today, {today}")));
            }
            data.findings.put_exemption(&Exemption {
                target: domain.clone(),
                reason: reason.clone(),
                until: *until,
                since: session.clock.now(),
            })?;
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
        Request::Remove { domain } => {
            if !data.findings.remove_exemption(domain)? {
                return Err(usage(format!("{domain} is not exempt; `exempt list` shows what is")));
            }
            session.mark(out)?;
            writeln!(out, "exempt no more: {domain}")?;
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
