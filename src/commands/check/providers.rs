//! `check providers`: clues to subletting, and providers without a licence number.

use std::io::BufWriter;
use std::io::Write;

use anyhow::Result;

use crate::audit::sublets::without_licence;
use crate::cli::CheckProviders as Request;
use crate::cli::CluesFormat;
use crate::commands::Ended;
use crate::commands::check::addresses::clues;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::bureau::Bureau;
use crate::facts::provider::ProviderId;
use crate::publish::provider_clues;
use crate::publish::provider_clues::ProviderClue;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    let data = session.data()?;
    let directory = data.directory()?;
    let names = data.names()?;
    let wanted = match &request.provider {
        None => None,
        Some(name) => {
            let found = directory.find(name).map(|provider| provider.id.clone());
            Some(found.ok_or_else(|| {
                usage(format!("no provider bears the id, name or alias `{name}`"))
            })?)
        }
    };
    let is_wanted = |id: &ProviderId, other: Option<&ProviderId>| {
        let bureau = names.bureau(id).unwrap_or(Bureau::MINISTRY);
        wanted.as_ref().is_none_or(|wanted| id == wanted || other == Some(wanted))
            && request.bureau.is_none_or(|wanted| bureau == wanted)
    };
    let mut rows = Vec::new();
    for clue in clues(&data, &directory, session.clock.now())? {
        if is_wanted(&clue.lessee, Some(&clue.lessor)) {
            rows.push(ProviderClue::sublet(&clue, &names));
        }
    }
    let without = without_licence(directory.providers());
    let without = without.filter(|provider| is_wanted(&provider.id, None));
    rows.extend(without.map(|provider| ProviderClue::without_licence(&provider.id, &names)));
    let out = &mut BufWriter::new(session.terminal.out());
    match request.format {
        CluesFormat::Table => provider_clues::table(&rows, session.layout(), out)?,
        CluesFormat::Jsonl => {
            session.mark_in_log();
            provider_clues::jsonl(&rows, out)?;
        }
        CluesFormat::Csv => {
            session.mark_in_log();
            provider_clues::csv(&rows, out)?;
        }
    }
    out.flush()?;
    Ok(Ended::Done)
}
