//! Findings as messages of the ministry's interface: one file, or a folder of files for each
//! provider.

use std::fs;
use std::io;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use anyhow::Result;
use jiff::Timestamp;

use crate::cli::Findings as Request;
use crate::clock;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::directory::Directory;
use crate::facts::finding::Finding;
use crate::facts::finding::Kind;
use crate::facts::issue::Issue;
use crate::publish::findings::v3::Listing;
use crate::publish::findings::v3::Outbox;
use crate::publish::findings::v3::access;
use crate::publish::findings::v3::access::Checked;
use crate::publish::findings::v3::file_name;
use crate::publish::findings::v3::handled;
use crate::publish::findings::v3::handled::Upload;
use crate::publish::findings::v3::unfiled;
use crate::publish::view::FindingView;
use crate::publish::view::ProviderNames;
use crate::store::filings::FilingRegister;
use crate::store::issues::Issues;

/// The kinds that the result of the check of access holds.
const OF_ACCESS: [Kind; 3] = [Kind::NotConnected, Kind::OverReported, Kind::Shell];

/// Which message is written.
struct Writer<'a> {
    data: &'a Data,
    names: ProviderNames,
    directory: Directory,
    register: Option<FilingRegister>,
    issues: Issues,
    is_of_access: bool,
    now: Timestamp,
}

/// Writes `found` as `request` says; what cannot be told goes to the log.
pub(super) fn write(
    session: &Session,
    data: &Data,
    request: &Request,
    mut found: Vec<Finding>,
) -> Result<()> {
    let is_of_access = request.kind.iter().any(|kind| OF_ACCESS.contains(kind));
    if is_of_access && request.kind.iter().any(|kind| !OF_ACCESS.contains(kind)) {
        return Err(usage(
            "a message holds either unfiled sites (--kind unfiled) or the check of access \
             (--kind not_connected,over_reported,shell)",
        ));
    }
    let writer = Writer {
        data,
        names: data.names()?,
        directory: data.directory()?,
        register: data.registers.filings()?,
        issues: data.findings.issues()?,
        is_of_access,
        now: session.clock.now(),
    };
    let output = request.output.as_deref().map(|path| session.terminal.path(path));
    let Some(folder) = output.as_deref().filter(|path| is_folder(path)) else {
        let mut put = |message: &[u8]| {
            writer.flushed()?;
            match &output {
                Some(path) => fs::write(path, message),
                None => session.terminal.out().write_all(message),
            }
        };
        tell(&writer.write(&found, &mut Outbox { put: &mut put, is_single: true })?);
        return Ok(());
    };
    fs::create_dir_all(folder).with_context(|| format!("cannot write {}", folder.display()))?;
    found.sort_by(|a, b| a.key.provider.cmp(&b.key.provider));
    for own in found.chunk_by(|a, b| a.key.provider == b.key.provider) {
        let name = own.first().and_then(|finding| finding.key.provider.as_ref());
        let message = if is_of_access { "hcjg" } else { "wbawzlb" };
        let mut part = 0;
        let mut put = |bytes: &[u8]| {
            writer.flushed()?;
            part += 1;
            fs::write(folder.join(file_name(message, name, part)), bytes)
        };
        tell(&writer.write(own, &mut Outbox { put: &mut put, is_single: false })?);
    }
    Ok(())
}

/// Writes the answers of the provider of `request` among `found`, for its own system to upload.
pub(super) fn write_answers(
    session: &Session,
    data: &Data,
    request: &Request,
    found: &[Finding],
) -> Result<()> {
    let names = data.names()?;
    let directory = data.directory()?;
    let provider = request.provider.as_ref().and_then(|name| directory.find(name));
    let provider = provider.ok_or_else(|| {
        usage(
            "an upload is one provider's: name it with --provider; it says whose answers these are",
        )
    })?;
    let unit = provider.v3_id.ok_or_else(|| {
        usage(format!("provider {} has no v3_id in the providers register", provider.id))
    })?;
    let issues = data.findings.issues()?;
    let codes = &session.settings.interface.answer_codes;
    let upload = Upload::<anyhow::Error> {
        unit,
        code: &|answer| codes.code(answer.result),
        issued: &|issue| Ok(issues.of(issue)?),
    };
    let mut part = 0;
    let output = request.output.as_deref().map(|path| session.terminal.path(path));
    let folder = output.as_deref().filter(|path| is_folder(path));
    if let Some(folder) = folder {
        fs::create_dir_all(folder).with_context(|| format!("cannot write {}", folder.display()))?;
    }
    let mut put = |message: &[u8]| {
        part += 1;
        match (folder, &output) {
            (Some(folder), _) => {
                fs::write(folder.join(file_name("wbacljg", Some(&provider.id), part)), message)
            }
            (None, Some(path)) => fs::write(path, message),
            (None, None) => session.terminal.out().write_all(message),
        }
    };
    let now = session.clock.now();
    let views =
        found.iter().map(|finding| (&finding.key.target, FindingView::of(finding, &names, now)));
    let mut outbox = Outbox { put: &mut put, is_single: folder.is_none() };
    tell(&handled::write(views, &names, &upload, &mut outbox)?);
    Ok(())
}

impl Writer<'_> {
    /// Sees the numbers of records onto the disk before a message goes out that has them.
    fn flushed(&self) -> io::Result<()> {
        self.issues.flush().map_err(io::Error::other)
    }

    fn write(&self, found: &[Finding], outbox: &mut Outbox<'_>) -> Result<Listing> {
        let views = found
            .iter()
            .map(|finding| (&finding.key.target, FindingView::of(finding, &self.names, self.now)));
        if !self.is_of_access {
            let today = clock::day(self.now);
            let mut number = |issue: &Issue| Ok(self.issues.number(issue, today)?);
            return unfiled::write(views, &self.names, &mut number, outbox);
        }
        let rows = views.map(|(target, finding)| -> Result<Checked> {
            let records = self.register.as_ref().map(|register| register.lookup(target));
            Ok(Checked {
                finding,
                records: records.transpose()?.unwrap_or_default(),
                examination: self.data.registers.examination(target)?,
                names_others: true,
            })
        });
        access::write(rows, &self.names, &self.directory, outbox)
    }
}

fn tell(listing: &Listing) {
    for left_out in &listing.left_out {
        tracing::warn!("{left_out}");
    }
}

/// Whether `path` is meant as a folder: it is one, or ends like one.
fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/")
}
