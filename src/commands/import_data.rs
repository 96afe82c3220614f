//! `import-data`: makes a data folder of what `export-data` wrote, whole or not at all.
//!
//! It is filled beside the folder and takes its place in one step.

use std::fs::File;
use std::io::BufReader;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use anyhow::Result;

use crate::cli::ImportData as Request;
use crate::commands::Ended;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::formats::compressed;
use crate::store::lock::DataLock;
use crate::store::portable;
use crate::store::portable::Counts;
use crate::store::portable::PortableError;

/// All that an empty data folder may hold.
const LOCK: &str = "lock";

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    if session.open.is_some() {
        return Err(usage("the data are in use; `import-data` fills an empty folder only"));
    }
    // Where it is a link, what it leads to is replaced, and not the link.
    let folder = match session.data.canonicalize() {
        Ok(folder) => folder,
        Err(_) => std::path::absolute(&session.data).context("there is no current folder")?,
    };
    let parent = folder.parent().context("the data folder has no parent")?;
    std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    let input: Box<dyn std::io::Read + Send> = if request.file.as_os_str() == "-" {
        session.terminal.input()
    } else {
        let file = File::open(session.terminal.path(&request.file));
        Box::new(file.map_err(|error| usage(format!("{}: {error}", request.file.display())))?)
    };
    let was_there = folder.is_dir();
    // Nobody else begins to use it while it is filled.
    let _lock = session.lock()?;
    if !is_empty(&folder)? {
        return Err(usage(format!(
            "{} is not empty; name a new folder with --data, or move this one aside",
            session.data.display()
        )));
    }
    let counts = fill(&folder, parent, input).map_err(|error| {
        if !was_there {
            // With all that is in it, a lock; what cannot be removed does no harm.
            let _ = std::fs::remove_file(folder.join(LOCK));
            let _ = std::fs::remove_dir(&folder);
        }
        of_file(&request.file, error)
    })?;
    session.mark_in_log();
    let out = &mut session.terminal.out();
    for (kind, count) in &counts {
        writeln!(out, "{kind}: {count}")?;
    }
    writeln!(out, "{} records in {}", counts.values().sum::<u64>(), session.data.display())?;
    if counts.contains_key("evidence_file") {
        tracing::warn!(
            folder = %session.evidence().display(),
            "evidence is not in an export: copy its files (WARC) there, or `check-data` misses them"
        );
    }
    Ok(Ended::Done)
}

fn is_empty(folder: &Path) -> Result<bool> {
    let cannot_read = || format!("cannot read {}", folder.display());
    if !folder.exists() {
        return Ok(true);
    }
    for entry in std::fs::read_dir(folder).with_context(cannot_read)? {
        if entry.with_context(cannot_read)?.file_name() != LOCK {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes what an import that was killed left beside the folder.
fn clear_away(parent: &Path, prefix: &str) -> Result<()> {
    let cannot_read = || format!("cannot read {}", parent.display());
    for entry in std::fs::read_dir(parent).with_context(cannot_read)? {
        let entry = entry.with_context(cannot_read)?;
        let is_left = entry.file_name().to_string_lossy().starts_with(prefix);
        // Whoever fills one has its lock.
        if is_left && let Ok(_lock) = DataLock::take(&entry.path()) {
            let left = entry.path();
            std::fs::remove_dir_all(&left)
                .with_context(|| format!("cannot remove {}", left.display()))?;
        }
    }
    Ok(())
}

/// Fills a new folder in `parent`, and puts it in the place of `folder`, which is empty or not there.
fn fill(folder: &Path, parent: &Path, input: Box<dyn std::io::Read + Send>) -> Result<Counts> {
    let name = folder.file_name().context("the data folder has no name")?.to_string_lossy();
    let prefix = format!(".{name}-import-");
    clear_away(parent, &prefix)?;
    let ordinary = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    let new = tempfile::Builder::new()
        .prefix(&prefix)
        .permissions(ordinary)
        .tempdir_in(parent)
        .with_context(|| format!("cannot write in {}", parent.display()))?;
    // Whoever comes while it takes its place waits for the end of this command.
    let lock = DataLock::take(new.path())?;
    let input = BufReader::with_capacity(256 * 1024, compressed::opened(input)?);
    let counts = portable::import(new.path(), input)?;
    let made = new.path().to_owned();
    let place = || format!("cannot put {} in the place of {}", made.display(), folder.display());
    for path in [&made.join("registers"), &made.join("findings"), &made] {
        File::open(path).and_then(|opened| opened.sync_all()).with_context(place)?;
    }
    match std::fs::remove_file(folder.join(LOCK)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(place);
        }
        _ => {}
    }
    // It takes the place of an empty folder, and of no other.
    std::fs::rename(&made, folder).with_context(place)?;
    let _ = new.keep();
    File::open(parent).and_then(|opened| opened.sync_all()).with_context(place)?;
    drop(lock);
    Ok(counts)
}

/// What is wrong with the file is the user's to mend, and nothing was changed.
fn of_file(path: &Path, error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<PortableError>() {
        Some(PortableError::Line { .. } | PortableError::Io(_)) => {
            usage(format!("{}: {error}; nothing was imported", path.display()))
        }
        _ => error,
    }
}
