//! `export-data`: the whole store as JSON lines, into a file that only its owner may read.

use std::io::BufWriter;
use std::io::IntoInnerError;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use anyhow::Result;

use crate::cli::ExportData as Request;
use crate::commands::Ended;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::store::portable;
use crate::store::portable::Counts;
use crate::store::portable::Store;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    if !session.data.is_dir() {
        return Err(usage(format!("there are no data in {}", session.data.display())));
    }
    let data = session.data()?;
    let nights = session.nights();
    // What one record says of another must hold in the file too.
    let _still = data.still();
    let store =
        Store { registers: &data.registers, findings: &data.findings, nights: nights.as_path() };
    let is_stdout = request.file.as_os_str() == "-";
    let counts = if is_stdout {
        let mut out = BufWriter::with_capacity(256 * 1024, session.terminal.out());
        let counts = portable::export(&store, &mut out)?;
        out.flush()?;
        counts
    } else {
        into_file(&store, &session.terminal.path(&request.file))?
    };
    let records: u64 = counts.values().sum();
    session.mark_in_log();
    let file = if is_stdout { "stdout".to_owned() } else { request.file.display().to_string() };
    tracing::warn!(
        file,
        records,
        "the whole store was exported, personal data unmasked and the hashes of keys; keep it as the \
         data themselves"
    );
    tracing::info!(
        folder = %session.evidence().display(),
        "evidence is not in it: its files (WARC) are to be copied as they are"
    );
    if !is_stdout {
        let out = &mut session.terminal.out();
        for (kind, count) in &counts {
            writeln!(out, "{kind}: {count}")?;
        }
        writeln!(out, "{records} records in {}", request.file.display())?;
    }
    Ok(Ended::Done)
}

/// Writes a file that only this user may read, and that is there whole or not at all.
fn into_file(store: &Store<'_>, path: &Path) -> Result<Counts> {
    let path = std::path::absolute(path).context("there is no current folder")?;
    let folder = path.parent().filter(|folder| folder.is_dir());
    let folder = folder.ok_or_else(|| usage(format!("no folder for {}", path.display())))?;
    // With mode 0600.
    let file = tempfile::Builder::new().prefix(".chabei-export-").tempfile_in(folder);
    let file = file.with_context(|| format!("cannot write in {}", folder.display()))?;
    let mut out = BufWriter::with_capacity(256 * 1024, file);
    let counts = portable::export(store, &mut out)?;
    let cannot_write = || format!("cannot write {}", path.display());
    let file = out.into_inner().map_err(IntoInnerError::into_error).with_context(cannot_write)?;
    file.as_file().sync_all().with_context(cannot_write)?;
    file.persist(&path).with_context(cannot_write)?;
    Ok(counts)
}
