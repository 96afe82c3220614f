//! `rates --access`: the access records of each provider against the last examinations, in one pass
//! over both.

use std::io::Write;

use anyhow::Result;

use crate::audit::access::AccessCount;
use crate::audit::access::AccessTally;
use crate::cli::Rates as Request;
use crate::cli::RatesFormat;
use crate::commands::data::Data;
use crate::commands::rates::wanted;
use crate::commands::session::Session;
use crate::facts::bureau::Bureau;
use crate::facts::census::Whose;
use crate::facts::examination::Examination;
use crate::facts::finding::Finding;
use crate::publish::access;
use crate::publish::access::AccessView;
use crate::store::StoreError;

/// Writes what `request` asks for.
pub(super) fn write(
    session: &Session,
    data: &Data,
    request: &Request,
    out: &mut (impl Write + Send),
) -> Result<()> {
    let mut tally = AccessTally::default();
    let examinations = data.registers.examinations()?;
    joined(examinations, data.findings.all(), |examination, findings| {
        tally.add(examination, findings);
    })?;
    let census = data.findings.censuses().last().transpose()?;
    // A provider whose records nobody has held against anything is in the report all the same.
    for id in census.iter().flat_map(|census| census.filed.providers.keys()) {
        tally.counts.entry(Some(id.clone())).or_default();
    }
    let names = data.names()?;
    let wanted = wanted(data, request)?;
    let mut rows = Vec::new();
    for (provider, count) in &tally.counts {
        let bureau = provider.as_ref().and_then(|id| names.bureau(id)).unwrap_or(Bureau::MINISTRY);
        let is_wanted = wanted.iter().all(|whose| match whose {
            Whose::Nation | Whose::Carried(..) => true,
            Whose::Bureau(wanted) => *wanted == bureau,
            Whose::Provider(id) => Some(id) == provider.as_ref(),
            Whose::InBureau(wanted, id) => *wanted == bureau && Some(id) == provider.as_ref(),
        });
        if is_wanted && (provider.is_some() || *count != AccessCount::default()) {
            let filed = provider.as_ref().and_then(|id| {
                let census = census.as_ref()?;
                Some(census.filed.providers.get(id).copied().unwrap_or_default())
            });
            rows.push(AccessView::of(provider.as_ref(), count, filed, &names));
        }
    }
    match request.format {
        RatesFormat::Table => access::table(&rows, session.layout(), out)?,
        RatesFormat::Jsonl => access::jsonl(&rows, out)?,
        RatesFormat::Csv => access::csv(&rows, out)?,
        RatesFormat::Xlsx => access::workbook(&rows, session.layout(), out)?,
    }
    Ok(())
}

/// Hands over each target with its examination and all its findings; both come by sort key.
fn joined(
    examinations: impl Iterator<Item = Result<Examination, StoreError>>,
    findings: impl Iterator<Item = Result<Finding, StoreError>>,
    mut take: impl FnMut(Option<&Examination>, &[Finding]),
) -> Result<(), StoreError> {
    let mut examinations = examinations.peekable();
    let mut findings = findings.peekable();
    loop {
        if let Some(Err(error)) = examinations.next_if(Result::is_err) {
            return Err(error);
        }
        if let Some(Err(error)) = findings.next_if(Result::is_err) {
            return Err(error);
        }
        let seen = examinations.peek().and_then(|one| one.as_ref().ok());
        let seen = seen.map(|one| one.target.sort_key());
        let found = findings.peek().and_then(|one| one.as_ref().ok());
        let found = found.map(|one| one.key.target.sort_key());
        let Some(key) = seen.iter().chain(&found).min().cloned() else { return Ok(()) };
        let examination =
            if seen.as_ref() == Some(&key) { examinations.next().transpose()? } else { None };
        let mut own = Vec::new();
        let is_own = |one: &Result<Finding, StoreError>| {
            one.as_ref().is_ok_and(|one| one.key.target.sort_key() == key)
        };
        while let Some(finding) = findings.next_if(is_own) {
            own.push(finding?);
        }
        take(examination.as_ref(), &own);
    }
}
