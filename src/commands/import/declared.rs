//! `import declared`: figures that no crawl can know, each for a cell of a month's tables.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use anyhow::Result;

use crate::cli::Import as Request;
use crate::commands::Ended;
use crate::commands::data::Data;
use crate::commands::import::named;
use crate::commands::import::open;
use crate::commands::import::tell_columns;
use crate::commands::sample::doer;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::declared::Cell;
use crate::facts::declared::Declared;
use crate::facts::declared::Figure;
use crate::facts::declared::Subject;
use crate::facts::declared::Value;
use crate::facts::directory::Directory;
use crate::facts::month::Month;
use crate::formats::declared;
use crate::formats::declared::About;
use crate::formats::declared::DeclaredRow;
use crate::formats::tables::Refusal;
use crate::formats::tables::RowError;
use crate::formats::tasks;

/// What one call reads.
struct Desk {
    directory: Directory,
    /// The months whose figures are known.
    months: BTreeSet<Month>,
    /// What is known of each cell, this call's rows included.
    known: BTreeMap<Cell, Value>,
    /// What the present file says of each cell, and in which line.
    said: BTreeMap<Cell, (Value, u64)>,
    taken: Vec<(Cell, Value)>,
    unchanged: u64,
    refused: u64,
}

/// Reads the files of `request`; figures are kept together, or with `--strict` not at all.
pub(super) fn import(
    session: &Session,
    data: &Data,
    request: &Request,
    out: &mut impl Write,
) -> Result<Ended> {
    if request.replace {
        return Err(usage(
            "declared figures are not replaced as a whole: the newest of each cell counts, and 撤回 \
             (withdrawn) takes one back",
        ));
    }
    let bulletins = data.findings.bulletins()?;
    let mut desk = Desk {
        directory: data.directory()?,
        months: BTreeSet::new(),
        known: BTreeMap::new(),
        said: BTreeMap::new(),
        taken: Vec::new(),
        unchanged: 0,
        refused: 0,
    };
    for path in &request.files {
        desk.said.clear();
        let mut rows = open(session, path)
            .and_then(|input| Ok(declared::read(input)?))
            .map_err(|error| named(path, &error))?;
        tell_columns(path, &rows.unknown_columns());
        for row in rows.by_ref() {
            match row {
                Ok(None) => {}
                Ok(Some(row)) => {
                    if desk.months.insert(row.month) {
                        let known = bulletins.declared(row.month)?.into_values();
                        desk.known.extend(known.map(|figure| (figure.cell, figure.value)));
                    }
                    desk.take(path, &row);
                }
                Err(RowError::Refused(refusal)) => desk.refuse(path, refusal),
                Err(RowError::Io(error)) => return Err(named(path, &error.into())),
            }
        }
    }
    if request.strict && desk.refused > 0 {
        return Err(usage(format!(
            "{} cells were refused, so with --strict nothing was taken",
            desk.refused
        )));
    }
    let by = doer(session, request.by.as_ref());
    let now = session.clock.now();
    let figures: Vec<Declared> = desk
        .taken
        .into_iter()
        .map(|(cell, value)| Declared { cell, value, at: now, by: by.clone() })
        .collect();
    bulletins.put_declared(&figures)?;
    writeln!(
        out,
        "declared figures: {} taken, {} unchanged, {} refused",
        figures.len(),
        desk.unchanged,
        desk.refused
    )?;
    Ok(Ended::Done)
}

impl Desk {
    fn take(&mut self, path: &Path, row: &DeclaredRow) {
        let subject = match self.subject(&row.about) {
            Ok(subject) => subject,
            Err((column, reason)) => return self.refuse(path, refusal(row, column, reason)),
        };
        for (figure, value) in &row.figures {
            if !figure.is_of(&subject) {
                let reason = wanted(*figure);
                self.refuse(path, refusal(row, figure.word(), reason));
                continue;
            }
            let cell = Cell { month: row.month, figure: *figure, subject: subject.clone() };
            if let Some((_, line)) = self.said.get(&cell) {
                let reason = format!(
                    "line {line} has the same cell already; put several reasons or remarks into one \
                     cell"
                );
                self.refuse(path, refusal(row, figure.word(), &reason));
                continue;
            }
            self.said.insert(cell.clone(), (value.clone(), row.line));
            if self.known.get(&cell) == Some(value) {
                self.unchanged += 1;
                continue;
            }
            self.known.insert(cell.clone(), value.clone());
            self.taken.push((cell, value.clone()));
        }
    }

    /// Whom a row is about; else the column at fault and what is wrong.
    fn subject(&self, about: &About) -> Result<Subject, (&'static str, &'static str)> {
        Ok(match about {
            About::Bureau(bureau) => Subject::Bureau(*bureau),
            About::Task(number) => {
                if !tasks::builtin().iter().any(|task| task.number == *number) {
                    return Err(("task", "annex 5 has no task with this number; it has 1 to 27"));
                }
                Subject::Task(*number)
            }
            About::Provider(name, bureau) => {
                let provider = self.directory.find(name);
                let provider = provider.ok_or((
                    "provider",
                    "no provider bears this id, name or alias; see `import providers`",
                ))?;
                Subject::Provider(provider.id.clone(), *bureau)
            }
        })
    }

    fn refuse(&mut self, path: &Path, refusal: Refusal) {
        self.refused += 1;
        let Refusal { line, column, reason } = refusal;
        let column = column.map(|column| format!(" {column}:")).unwrap_or_default();
        tracing::warn!("{}:{line}:{column} {reason}", path.display());
    }
}

fn refusal(row: &DeclaredRow, column: &str, reason: &str) -> Refusal {
    Refusal { line: row.line, column: Some(column.to_owned()), reason: reason.to_owned() }
}

/// Of whom `figure` can be said.
fn wanted(figure: Figure) -> &'static str {
    match figure {
        Figure::Progress => "it is said of a task (任务序号), and the row is about something else",
        Figure::OverdueAtBureau | Figure::OverdueAtProviders | Figure::Garbage => {
            "it is said of a province (省份) alone, and the row is about something else"
        }
        Figure::Punished => "it is said of a provider (接入服务商), and the row names none",
        Figure::SubletsTotal | Figure::SubletsLeft => {
            "it is said of a provider (接入服务商) or a province (省份)"
        }
        Figure::StageProposal
        | Figure::StageStudy
        | Figure::StageDevelopment
        | Figure::StageTest
        | Figure::StageOnline => {
            "it is said of a provider as a whole: fill 接入服务商 and leave 省份 empty"
        }
    }
}
