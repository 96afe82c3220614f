//! `sample read`: results come back, each checked against the site it is about and against what was
//! told before.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::io::BufReader;
use std::io::Write;
use std::path::Path;

use anyhow::Result;

use crate::audit::accuracy::outcome::Effect;
use crate::audit::accuracy::outcome::Outcome;
use crate::audit::accuracy::outcome::told;
use crate::cli::ReadSample;
use crate::commands::data::Data;
use crate::commands::sample::doer;
use crate::commands::session::Session;
use crate::commands::terminal::In;
use crate::commands::usage;
use crate::facts::sample::Deed;
use crate::facts::sample::DeedKind;
use crate::facts::sample::DrawnSite;
use crate::facts::sample::Item;
use crate::facts::sample::Reading;
use crate::facts::sample::Rightness;
use crate::facts::sample::RowId;
use crate::formats::results;
use crate::formats::results::ResultRow;
use crate::formats::tables::Refusal;
use crate::formats::tables::RowError;
use crate::store::samples::Samples;

/// What was read, and what came of it.
struct Desk<'s> {
    samples: &'s Samples,
    /// What is known of each site that was read about, this call's rows included.
    known: HashMap<RowId, (DrawnSite, Outcome)>,
    /// What each row of the present file says of each item, and in which line.
    said: HashMap<(RowId, Item), (Rightness, u64)>,
    taken: Vec<(RowId, Reading)>,
    corrections: Vec<String>,
    corrected: u64,
    unchanged: u64,
    blank: u64,
    refused: u64,
}

pub(super) fn run(session: &Session, data: &Data, request: &ReadSample) -> Result<()> {
    let samples = data.findings.samples()?;
    let now = session.clock.now();
    let mut desk = Desk {
        samples: &samples,
        known: HashMap::new(),
        said: HashMap::new(),
        taken: Vec::new(),
        corrections: Vec::new(),
        corrected: 0,
        unchanged: 0,
        blank: 0,
        refused: 0,
    };
    for path in &request.files {
        desk.said.clear();
        let failed = |error: &dyn std::fmt::Display| {
            usage(format!("{}: {error}; nothing was taken", path.display()))
        };
        let rows = results::read(open(session, path).map_err(|error| failed(&error))?, now)
            .map_err(|error| failed(&error))?;
        for column in rows.unknown_columns() {
            tracing::warn!(file = %path.display(), column, "the column is not known and is not read");
        }
        for row in rows {
            match row {
                Ok(row) => {
                    if let Err(refusal) = desk.take(row)? {
                        desk.refuse(path, refusal);
                    }
                }
                Err(RowError::Refused(refusal)) => desk.refuse(path, refusal),
                Err(RowError::Io(error)) => return Err(failed(&error)),
            }
        }
    }
    let Desk { taken, corrections, corrected, unchanged, blank, refused, .. } = desk;
    if request.strict && refused > 0 {
        return Err(usage(format!(
            "{refused} rows were refused, so with --strict nothing was taken"
        )));
    }
    let new = taken.len() as u64;
    if new > 0 {
        let kind = DeedKind::Read { taken: new, corrected, refused };
        let deed = Deed { at: now, by: doer(session, request.by.as_ref()), kind };
        samples.keeping().put_readings(&taken, &deed)?;
    }
    let out = &mut session.terminal.out();
    session.mark(out)?;
    for correction in corrections {
        writeln!(out, "{correction}")?;
    }
    writeln!(
        out,
        "results: {new} taken, {corrected} of them corrections, {unchanged} unchanged, {blank} blank, \
         {refused} refused"
    )?;
    Ok(())
}

fn open(session: &Session, path: &Path) -> io::Result<In> {
    if path.as_os_str() == "-" {
        return Ok(session.terminal.input());
    }
    Ok(Box::new(BufReader::new(File::open(session.terminal.path(path))?)))
}

impl Desk<'_> {
    /// Takes a row, or says why not.
    fn take(&mut self, row: ResultRow) -> Result<std::result::Result<(), Refusal>> {
        let (is_blank, line) = (row.is_blank(), row.line);
        let refusal = |column: &str, reason: String| {
            Ok(Err(Refusal { line, column: Some(column.to_owned()), reason }))
        };
        let ResultRow { id, domain, reading, .. } = row;
        if !self.known.contains_key(&id) {
            let Some(site) = self.samples.site(id)? else {
                return refusal("id", "no such row was ever drawn here".to_owned());
            };
            let outcome = Outcome::of(&site, &self.samples.readings(id)?);
            self.known.insert(id, (site, outcome));
        }
        let Some((site, outcome)) = self.known.get_mut(&id) else { return Ok(Ok(())) };
        if domain.is_some_and(|domain| domain != site.target) {
            let reason = "the row with this id is about another Domain; were cells moved?";
            return refusal("domain", reason.to_owned());
        }
        if is_blank {
            self.blank += 1;
            return Ok(Ok(()));
        }
        let after =
            told(site, &reading).and_then(|told| Ok((told, outcome.after(site, &reading)?)));
        let (told, (after, effect)) = match after {
            Ok(after) => after,
            Err(contradiction) => {
                return refusal(contradiction.column(), contradiction.to_string());
            }
        };
        for (item, rightness) in &told {
            if let Some((said, first)) = self.said.get(&(id, *item))
                && said != rightness
            {
                let reason = format!("line {first} says otherwise of {item}; correct one of them");
                return refusal("id", reason);
            }
        }
        self.said.extend(told.into_iter().map(|(item, said)| ((id, item), (said, line))));
        match effect {
            Effect::Nothing => {
                self.unchanged += 1;
                return Ok(Ok(()));
            }
            Effect::New => {}
            Effect::Corrected(items) => {
                self.corrected += 1;
                self.corrections.extend(items.into_iter().map(|(item, before, now)| {
                    let (item, before, now) = (item.chinese(), before.chinese(), now.chinese());
                    format!("corrected {id} {item}: {before} -> {now}")
                }));
            }
        }
        *outcome = after;
        self.taken.push((id, reading));
        Ok(Ok(()))
    }

    fn refuse(&mut self, path: &Path, refusal: Refusal) {
        self.refused += 1;
        let Refusal { line, column, reason } = refusal;
        let column = column.map(|column| format!(" {column}:")).unwrap_or_default();
        tracing::warn!("{}:{line}:{column} {reason}", path.display());
    }
}
