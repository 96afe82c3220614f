//! `lookup`: who holds an address, level by level; or the filing of a domain.

use std::io;
use std::io::BufRead;
use std::io::Write;
use std::net::IpAddr;

use anyhow::Context;
use anyhow::Result;
use tokio::runtime::Builder;

use crate::cli::Format;
use crate::cli::Lookup as Request;
use crate::clock::day;
use crate::commands::Ended;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::allocation::Allocation;
use crate::facts::directory::Directory;
use crate::facts::target::Target;
use crate::net::guard::Guard;
use crate::publish::lookup;
use crate::publish::lookup::AddressAnswer;
use crate::publish::lookup::FilingFacts;
use crate::publish::lookup::LookUp;
use crate::publish::mask::Personal;
use crate::stages::attribute::AddressTable;
use crate::stages::attribute::Bounds;
use crate::stages::check::Checked;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    let (subjects, refused) = subjects(session, request)?;
    let no_subjects =
        || usage(format!("{refused} of what is asked for is no address and no domain"));
    if subjects.is_empty() && refused > 0 {
        return Err(no_subjects());
    }
    let data = session.data()?;
    let names = data.names()?;
    let directory = data.directory()?;
    let personal = if request.reveal {
        tracing::warn!(subjects = subjects.len(), "personal data are shown unmasked");
        Personal::Revealed
    } else {
        Personal::Masked
    };
    let out = &mut io::BufWriter::new(session.terminal.out());
    match request.format {
        Format::Text => session.mark(out)?,
        Format::Json => session.mark_in_log(),
    }
    for answer in answers(session, &data, &directory, &subjects)? {
        match request.format {
            Format::Text => lookup::text(&answer, &names, personal, out)?,
            Format::Json => lookup::json(&answer, &names, personal, out)?,
        }
    }
    out.flush()?;
    if refused > 0 {
        return Err(no_subjects());
    }
    Ok(Ended::Done)
}

/// What is asked for, in order; and how much of it was no address and no domain.
fn subjects(session: &Session, request: &Request) -> Result<(Vec<Target>, usize)> {
    let mut texts = Vec::new();
    for subject in &request.subjects {
        if subject == "-" {
            for line in io::BufReader::new(session.terminal.input()).lines() {
                texts.push(line.context("cannot read stdin")?);
            }
        } else {
            texts.push(subject.clone());
        }
    }
    let mut subjects = Vec::new();
    let mut refused = 0;
    for text in texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        match text.parse::<Target>() {
            Ok(target) => subjects.push(target),
            Err(error) => {
                refused += 1;
                tracing::error!("`{text}`: {error}");
            }
        }
    }
    Ok((subjects, refused))
}

fn answers(
    session: &Session,
    data: &Data,
    directory: &Directory,
    subjects: &[Target],
) -> Result<Vec<LookUp>> {
    let addresses: Vec<IpAddr> = subjects
        .iter()
        .filter_map(|subject| match subject {
            Target::Address(address) => Some(*address),
            Target::Domain(_) => None,
        })
        .collect();
    // One pass over the register finds the rows of every address; those rows alone decide.
    let today = day(session.clock.now());
    let (mut covering, mut bounds): (Vec<Allocation>, _) = (Vec::new(), Bounds::default());
    if !addresses.is_empty() {
        for row in data.registers.allocations()? {
            let row = row?;
            if row.is_in_force(today) {
                bounds.note(&row);
            }
            if addresses.iter().any(|address| row.range.contains(*address)) {
                covering.push(row);
            }
        }
    }
    let bounds = bounds.settled();
    let table = AddressTable::of_some(covering.iter().cloned(), directory, today, &bounds);
    let guard = Guard::new(session.settings.probe.allow.clone(), session.settings.opt_out()?);
    let filings = session.filings(data.registers.filings()?)?;
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    let checked = runtime.block_on(filings.check_all(subjects, directory, 0))?;
    let (submitted, terms) = (data.findings.submitted()?, session.terms());
    let mut answers = Vec::new();
    for (subject, Checked { status, as_of, upstream }) in subjects.iter().zip(checked) {
        let records = filings.register().map(|register| register.lookup(subject)).transpose()?;
        let records = records.unwrap_or_default();
        let submitted = submitted.of(subject)?;
        let submitted = submitted.iter().map(|of| terms.note(of, &records, directory)).collect();
        let target = subject.clone();
        let filing = FilingFacts { target, status, as_of, upstream, records, submitted };
        answers.push(match subject {
            Target::Address(address) => {
                let mut rows: Vec<Allocation> =
                    covering.iter().filter(|row| row.range.contains(*address)).cloned().collect();
                rows.sort_by_key(|row| row.range.span());
                let placement = table.attribute(*address, &[], directory, &guard);
                LookUp::Address(AddressAnswer { address: *address, placement, rows, filing })
            }
            Target::Domain(_) => LookUp::Domain(filing),
        });
    }
    Ok(answers)
}
