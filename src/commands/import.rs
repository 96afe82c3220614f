//! `import`: reads files into a register, tells of each row that is refused, takes the rest.

mod declared;
mod guarded;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::io::BufReader;
use std::io::Write;
use std::path::Path;
use std::rc::Rc;

use anyhow::Result;
use indicatif::ProgressBar;
use indicatif::ProgressStyle;

use crate::cli::Import as Request;
use crate::cli::Register;
use crate::commands::Ended;
use crate::commands::Usage;
use crate::commands::causes::with_causes;
use crate::commands::check::allocations;
use crate::commands::data::Data;
use crate::commands::import::guarded::is_cut;
use crate::commands::import::guarded::tell_lost;
use crate::commands::import::guarded::true_as_of;
use crate::commands::rates::count_again;
use crate::commands::session::Session;
use crate::commands::terminal::In;
use crate::commands::usage;
use crate::facts::allocation::Allocation;
use crate::facts::cancellation::BureauIds;
use crate::facts::cancellation::Cancellations;
use crate::facts::cancellation::Cancelled;
use crate::facts::candidate::Candidate;
use crate::facts::candidate::Mention;
use crate::facts::directory::Directory;
use crate::facts::filing::Filing;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderName;
use crate::formats::candidates;
use crate::formats::compressed;
use crate::formats::filings;
use crate::formats::filings::Entry;
use crate::formats::providers;
use crate::formats::sources;
use crate::formats::tables::FileError;
use crate::formats::tables::RowError;
use crate::formats::tables::Rows;
use crate::publish::submitted;
use crate::store::import::Cut;
use crate::store::import::ImportCounts;
use crate::store::problems::CheckCounts;
use crate::store::rows::Row;

/// Names that nobody bears are told one by one up to so many.
const NAMES_TOLD: usize = 20;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    let data = session.data()?;
    let now = session.clock.now();
    let out = &mut session.terminal.out();
    session.mark(out)?;
    let ended = import(session, &data, request, out)?;
    if request.register == Register::Allocations {
        let counts = allocations::check(session, &data, now)?;
        let CheckCounts { standing, new, mended } = counts;
        writeln!(
            out,
            "problems: {standing} in the address register, {new} new, {mended} mended; \
             see `check allocations`"
        )?;
    }
    if request.register == Register::Filings {
        submitted::joined(data.join_submitted(&session.terms(), now)?, out)?;
        count_again(session, &data);
    }
    if request.register == Register::Providers {
        data.keep_roster()?;
    }
    Ok(ended)
}

/// Imports as `request` says; counts go to `out`, refusals to the log.
pub(super) fn import(
    session: &Session,
    data: &Data,
    request: &Request,
    out: &mut impl Write,
) -> Result<Ended> {
    if request.provider.is_some() && request.register != Register::Allocations {
        return Err(usage(
            "--provider goes with `import allocations`: it names a plain list's holder",
        ));
    }
    match request.register {
        Register::Providers => {
            let read = |path: &Path| match path.to_str() {
                Some("builtin") => Ok(providers::builtin()?),
                Some("builtin-cdn") => Ok(providers::builtin_cdns()?),
                _ => Ok(providers::read(open(session, path)?)?),
            };
            take::<Provider, _>(session, data, request, (read, std::convert::identity), out)
        }
        Register::Allocations => {
            let holder = request.provider.as_ref().map(|holder| (holder.clone(), request.kind));
            let read = |path: &Path| Ok(sources::read(open(session, path)?, holder.clone())?);
            take::<Allocation, _>(session, data, request, (read, std::convert::identity), out)
        }
        Register::Filings => filings(session, data, request, out),
        Register::Candidates => {
            let forms = RefCell::new(Vec::new());
            let read = |path: &Path| {
                let (form, rows) = candidates::read(open(session, path)?, &request.channel)?;
                forms.borrow_mut().push((path.to_owned(), form));
                Ok(rows)
            };
            let ended = take::<Candidate, _>(session, data, request, (read, candidate), out)?;
            for (path, form) in forms.take() {
                writeln!(out, "{}: read as {form}", path.display())?;
            }
            Ok(ended)
        }
        Register::Declared => declared::import(session, data, request, out),
    }
}

/// Imports filings, then cancels what the files take back. A record that comes after its cancellation is
/// filed again.
fn filings(
    session: &Session,
    data: &Data,
    request: &Request,
    out: &mut impl Write,
) -> Result<Ended> {
    let cancellations = Rc::new(RefCell::new(Cancellations::default()));
    let read = |path: &Path| {
        let cancellations = Rc::clone(&cancellations);
        let entries = filings::read_entries(open(session, path)?)?;
        Ok(entries.sifted(move |entry| {
            let mut cancellations = cancellations.borrow_mut();
            Ok(match entry {
                Entry::Filing(filing) => {
                    cancellations.take_back(BureauIds::of(&filing));
                    Some(filing)
                }
                Entry::Cancelled { what, .. } => {
                    cancellations.add(what);
                    None
                }
            })
        }))
    };
    let ended = take::<Filing, _>(session, data, request, (read, std::convert::identity), out)?;
    let mut cancellations = cancellations.take();
    if !cancellations.is_empty() {
        let counts = data.registers.cancel(&mut cancellations)?;
        let ImportCounts { taken, unchanged, .. } = counts;
        let (all, unfound) = (cancellations.len(), cancellations.unfound().count());
        writeln!(
            out,
            "cancellations: {} of {all} found; {taken} rows changed, {unchanged} unchanged",
            all - unfound
        )?;
        for Cancelled { level, id } in cancellations.unfound().take(NAMES_TOLD) {
            tracing::warn!(?level, id, "it is cancelled, and no row has the bureau's number of it");
        }
        if unfound > NAMES_TOLD {
            tracing::warn!(rows = unfound - NAMES_TOLD, "further cancellations of what no row has");
        }
    }
    Ok(ended)
}

/// What a row names, beside what makes it a row.
trait Naming {
    fn names(&self) -> Vec<&ProviderName>;

    /// The provider that it is of itself.
    fn provider(&self) -> Option<&ProviderId> {
        None
    }
}

impl Naming for Provider {
    fn names(&self) -> Vec<&ProviderName> {
        Vec::new()
    }

    fn provider(&self) -> Option<&ProviderId> {
        Some(&self.id)
    }
}

impl Naming for Candidate {
    fn names(&self) -> Vec<&ProviderName> {
        Vec::new()
    }
}

impl Naming for Allocation {
    fn names(&self) -> Vec<&ProviderName> {
        [&self.provider, &self.from, &self.to].into_iter().flatten().collect()
    }
}

impl Naming for Filing {
    fn names(&self) -> Vec<&ProviderName> {
        self.providers.iter().flatten().collect()
    }
}

fn candidate(mention: Mention) -> Candidate {
    let Mention { target, host, channel } = mention;
    let is_named = host.is_none();
    Candidate { target, is_named, hosts: host.into_iter().collect(), channel }
}

type Reading<'a, T, R> = (&'a dyn Fn(&Path) -> Result<Rows<T>>, fn(T) -> R);

fn take<R: Row + Naming, T>(
    session: &Session,
    data: &Data,
    request: &Request,
    (read, row): (impl Fn(&Path) -> Result<Rows<T>>, fn(T) -> R),
    out: &mut impl Write,
) -> Result<Ended> {
    let reading: Reading<'_, T, R> = (&read, row);
    let directory = data.directory().unwrap_or_else(|error| {
        tracing::warn!("providers' names cannot be looked up: {}", with_causes(&error));
        Directory::default()
    });
    let mut unknown: BTreeSet<ProviderName> = BTreeSet::new();
    let mut taken: BTreeSet<ProviderId> = BTreeSet::new();
    let mut refused = 0_u64;
    let progress = bar(session);
    let mut import = data.registers.begin::<R>(request.replace);
    for path in &request.files {
        let mut rows = reading.0(path).map_err(|error| named(path, &error))?;
        let told = rows.unknown_columns().len();
        tell_columns(path, &rows.unknown_columns());
        // Between two rows it is asked what was spoilt.
        while let Some(item) = rows.next() {
            progress.inc(1);
            match item {
                Ok(item) => {
                    let row = reading.1(item);
                    for name in row.names() {
                        if !unknown.contains(name) && directory.find(name).is_none() {
                            unknown.insert(name.clone());
                        }
                    }
                    import.push(&row)?;
                    taken.extend(row.provider().cloned());
                }
                Err(RowError::Refused(refusal)) => {
                    refused += 1;
                    let at_fault = refusal.column.clone();
                    let place = format!("{}:{}", path.display(), refusal.line);
                    let column =
                        refusal.column.map(|column| format!(" {column}:")).unwrap_or_default();
                    progress.suspend(|| tracing::warn!("{place}:{column} {}", refusal.reason));
                    for row in R::standing_for(&rows.spoilt(), at_fault.as_deref()) {
                        import.note(&row)?;
                    }
                }
                Err(RowError::Io(error)) => return Err(named(path, &error.into())),
            }
        }
        tell_columns(path, &rows.unknown_columns()[told..]);
    }
    progress.finish_and_clear();
    if request.strict && refused > 0 {
        return Err(usage(format!(
            "{refused} rows were refused, so with --strict nothing was taken"
        )));
    }
    if request.replace && import.pushed() == 0 {
        return Err(usage(
            "no row could be taken, and an empty register would take the place of what is known; \
             nothing was changed",
        ));
    }
    let is_guarded = request.replace && !request.shrinks;
    if request.replace && request.register == Register::Providers {
        tell_lost(data, &taken, is_guarded)?;
    }
    let is_cut = |old, new| is_guarded && is_cut(request.register, old, new);
    let counts = import.finish_unless(true_as_of::<R>(session, data, request), is_cut)?;
    let counts = counts.map_err(|Cut { before, after }| {
        usage(format!(
            "{after} rows would take the place of {before}, and all that is missing would count as \
             gone; is the file cut? If it is whole, say --shrinks; nothing was changed"
        ))
    })?;
    report(R::REGISTER, counts, refused, out)?;
    tell_unknown(&unknown);
    if request.register == Register::Providers {
        for name in data.directory()?.ambiguous().into_iter().take(NAMES_TOLD) {
            tracing::warn!(name, "several providers bear this name, so that it names none of them");
        }
    }
    Ok(Ended::Done)
}

fn report(
    register: &str,
    counts: ImportCounts,
    refused: u64,
    out: &mut impl Write,
) -> io::Result<()> {
    let ImportCounts { taken, unchanged, full, early, rows } = counts;
    writeln!(
        out,
        "{register}: {taken} taken, {unchanged} unchanged, {refused} refused; {rows} rows now"
    )?;
    if early > 0 {
        tracing::warn!(
            rows = early,
            "rows that hold from a later day left the same rows that hold now as they were; import them then"
        );
    }
    if full > 0 {
        tracing::warn!(
            hosts = full,
            "hosts of a domain that has as many as are examined were left out"
        );
    }
    Ok(())
}

fn tell_columns(path: &Path, columns: &[String]) {
    for column in columns {
        tracing::warn!(file = %path.display(), column, "the column is not known and is not read");
    }
}

fn tell_unknown(unknown: &BTreeSet<ProviderName>) {
    for name in unknown.iter().take(NAMES_TOLD) {
        if name.is_tellable() {
            tracing::warn!(%name, "no provider bears this name; import it with `import providers`");
        } else {
            tracing::warn!(
                "no provider is called by a number or a mail address; were cells moved?"
            );
        }
    }
    if unknown.len() > NAMES_TOLD {
        tracing::warn!(names = unknown.len() - NAMES_TOLD, "further names that no provider bears");
    }
}

fn open(session: &Session, path: &Path) -> Result<In> {
    if path.as_os_str() == "-" {
        return Ok(compressed::opened(session.terminal.input())?);
    }
    let path = session.terminal.path(path);
    if path.is_dir() {
        return Err(usage("it is a folder; name the files in it"));
    }
    let file = File::open(&path).map_err(|error| usage(error.to_string()))?;
    Ok(compressed::opened(BufReader::with_capacity(256 * 1024, file))?)
}

/// What is wrong with a whole file: the user's to mend, and nothing was changed.
fn named(path: &Path, error: &anyhow::Error) -> anyhow::Error {
    let is_ours = !(error.is::<FileError>() || error.is::<Usage>() || error.is::<io::Error>());
    let message = format!("{}: {}; nothing was imported", path.display(), with_causes(error));
    if is_ours { anyhow::anyhow!(message) } else { usage(message) }
}

/// Shown on a terminal only.
fn bar(session: &Session) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, session.terminal.progress());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} rows, {per_sec}") {
        bar.set_style(style);
    }
    bar
}
