//! Takes out of old files what is not needed any more: the bodies of findings that were closed long
//! enough ago, and what no finding rests on.
//!
//! A record that goes leaves its head in its place, so that the chain can still be followed through
//! the file; a file in which nothing is needed goes as a whole. Files are replaced in one step, and
//! sled knows both contents meanwhile, so that a crash leaves nothing that looks like tampering.

use std::collections::HashMap;
use std::collections::HashSet;
use std::fs::File;
use std::io::BufWriter;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use sha2::Digest;
use sha2::Sha256;
use ulid::Ulid;

use crate::facts::change::ChangeKind;
use crate::facts::dossier::Content;
use crate::facts::dossier::Dossier;
use crate::facts::dossier::EvidenceFile;
use crate::facts::dossier::EvidenceName;
use crate::facts::dossier::Place;
use crate::facts::dossier::RecordId;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;
use crate::formats::warc::Record;
use crate::formats::warc::digest;
use crate::store::StoreError;
use crate::store::evidence::Settings;
use crate::store::evidence::members;
use crate::store::evidence::members::Entry;
use crate::store::evidence::members::Members;
use crate::store::evidence::members::REMOVED;
use crate::store::evidence::records::date;
use crate::store::findings::Findings;

/// What was taken out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cleared {
    /// Findings whose evidence is kept no more.
    pub findings: u64,
    /// Records of which only the head is left, of this time.
    pub records: u64,
    /// Files that are gone as a whole.
    pub files: u64,
}

/// What the records of one file became: where each lies now, `None` where only its head is left.
type Fates = HashMap<RecordId, Option<u64>>;

/// The folder of evidence, and what is known of it.
struct Clearing<'a> {
    dir: &'a Path,
    findings: &'a Findings,
    now: Timestamp,
    cleared: Cleared,
}

/// Clears the files of nights before `night` in `dir`.
pub fn clear(
    dir: &Path,
    findings: &Findings,
    settings: &Settings,
    night: u32,
    now: Timestamp,
) -> Result<Cleared, StoreError> {
    settle(dir, findings, now)?;
    let mut clearing = Clearing { dir, findings, now, cleared: Cleared::default() };
    let mut expired = Vec::new();
    let mut affected: HashSet<EvidenceName> = HashSet::new();
    for dossier in findings.dossiers() {
        let (id, dossier) = dossier?;
        if is_expired(findings, id, settings, now)? {
            affected.extend(dossier.places().map(|place| place.file));
            expired.push(id);
        }
    }
    affected.retain(|name| name.night < night);
    if affected.is_empty() {
        return Ok(clearing.cleared);
    }
    let gone: HashSet<Ulid> = expired.iter().copied().collect();
    let mut needed: HashSet<RecordId> = HashSet::new();
    let mut owners: HashMap<EvidenceName, Vec<Ulid>> = HashMap::new();
    for dossier in findings.dossiers() {
        let (id, dossier) = dossier?;
        for place in dossier.places().filter(|place| affected.contains(&place.file)) {
            owners.entry(place.file).or_default().push(id);
            if !gone.contains(&id) {
                needed.insert(place.id);
            }
        }
    }
    for file in findings.evidence_files() {
        let file = file?;
        if let Some(owners) = owners.get_mut(&file.name).filter(|_| file.removed.is_none()) {
            owners.dedup();
            clearing.clear_file(file, &needed, owners)?;
        }
    }
    for id in expired {
        let left = findings.dossier(id)?;
        let is_left = left
            .as_ref()
            .is_some_and(|dossier| dossier.places().any(|place| place.file.night >= night));
        if !is_left {
            if left.is_some() {
                findings.remove_dossier(id)?;
            }
            clearing.cleared.findings += 1;
        }
    }
    Ok(clearing.cleared)
}

/// Ends what a crash broke off: whatever file of `dir` is there, the findings know it, and where in it
/// what they rest on lies.
pub fn settle(dir: &Path, findings: &Findings, now: Timestamp) -> Result<(), StoreError> {
    let clearing = Clearing { dir, findings, now, cleared: Cleared::default() };
    for file in findings.evidence_files() {
        let file = file?;
        if file.removed.is_some() {
            remove(&clearing.path(file.name))?;
        }
        if let Some(replacement) = file.replacement {
            clearing.settle_file(file, replacement)?;
        }
    }
    Ok(())
}

/// Whether `id` was closed longer ago than evidence is kept.
fn is_expired(
    findings: &Findings,
    id: Ulid,
    settings: &Settings,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(finding) = findings.by_id(id)? else { return Ok(true) };
    Ok(term_of(findings, &finding, settings.keep)?.is_some_and(|term| term < now))
}

/// Until when the evidence of `finding` is kept; `None` while it is not closed.
pub fn term_of(
    findings: &Findings,
    finding: &Finding,
    keep: Duration,
) -> Result<Option<Timestamp>, StoreError> {
    if !matches!(finding.state, FindingState::Closed(_)) {
        return Ok(None);
    }
    let history = findings.history(finding.id)?;
    let closed = history.iter().rfind(|change| change.kind == ChangeKind::Closed);
    let closed = closed.map_or(finding.last_seen, |change| change.at);
    Ok(Some(closed.saturating_add(keep).unwrap_or(Timestamp::MAX)))
}

/// `dossier` as it is when the records of `file` have become what `fates` say, or are all gone with it.
fn followed(mut dossier: Dossier, file: EvidenceName, fates: Option<&Fates>) -> Dossier {
    let stays = |place: &mut Place| {
        // A record that the file does not have is damage, which `check-data` tells of.
        let fate = fates.map_or(Some(None), |fates| fates.get(&place.id).copied());
        match fate {
            Some(fate) if place.file == file => {
                place.offset = fate.unwrap_or(place.offset);
                fate.is_some()
            }
            _ => true,
        }
    };
    dossier.exchanges.retain_mut(|kept| stays(&mut kept.place));
    if dossier.again.as_mut().is_some_and(|(place, _)| !stays(place)) {
        dossier.again = None;
    }
    dossier
}

impl Clearing<'_> {
    /// Takes the file that is there, the old one or the new one, for the one that must be.
    fn settle_file(&self, file: EvidenceFile, replacement: Content) -> Result<(), StoreError> {
        let path = self.path(file.name);
        remove(&fresh(&path))?;
        let is_there = path.exists();
        let is_replaced = if is_there {
            members::hash(&path, u64::MAX)?.finalize()[..] == replacement.sha256
        } else {
            replacement == nothing()
        };
        if !is_replaced {
            return self.findings.put_evidence(&EvidenceFile { replacement: None, ..file });
        }
        let mut fates = Fates::new();
        for entry in is_there.then(|| Members::open(&path)).transpose()?.into_iter().flatten() {
            let Ok(entry) = entry? else { break };
            let fate = (!entry.is_removed).then_some(entry.offset);
            fates.extend(members::id_of(&entry.original).map(|id| (id, fate)));
        }
        let mut owners = Vec::new();
        for dossier in self.findings.dossiers() {
            let (id, dossier) = dossier?;
            if dossier.places().any(|place| place.file == file.name) {
                owners.push(id);
            }
        }
        self.replaced(file, replacement, &fates, &owners)
    }

    /// Keeps that `content` is in the place of `file`, and where in it lies what `owners` rest on, in one
    /// step.
    fn replaced(
        &self,
        file: EvidenceFile,
        content: Content,
        fates: &Fates,
        owners: &[Ulid],
    ) -> Result<(), StoreError> {
        let is_gone = content == nothing();
        let fates = (!is_gone).then_some(fates);
        let mut dossiers = Vec::new();
        for id in owners {
            let Some(before) = self.findings.dossier(*id)? else { continue };
            let after = followed(before.clone(), file.name, fates);
            if after != before {
                dossiers.push((*id, after));
            }
        }
        let file = if is_gone {
            EvidenceFile { removed: Some(self.now), replacement: None, ..file }
        } else {
            EvidenceFile { content, replacement: None, ..file }
        };
        self.findings.put_evidence_with(&file, &dossiers)
    }

    fn path(&self, name: EvidenceName) -> PathBuf {
        self.dir.join(name.to_string())
    }

    /// Writes `file` anew without what is not `needed`, and has `owners` follow what stays.
    fn clear_file(
        &mut self,
        file: EvidenceFile,
        needed: &HashSet<RecordId>,
        owners: &[Ulid],
    ) -> Result<(), StoreError> {
        let path = self.path(file.name);
        let fresh_path = fresh(&path);
        let Some(copy) = self.copy(&path, &fresh_path, needed)? else {
            tracing::error!(file = %path.display(), "evidence is damaged and not cleared; see `check-data`");
            return remove(&fresh_path);
        };
        if copy.taken_out == 0 {
            remove(&fresh_path)?;
            return self.replaced(file, file.content, &copy.fates, owners);
        }
        self.cleared.records += copy.taken_out;
        let content = if copy.is_idle { nothing() } else { copy.content };
        self.findings.put_evidence(&EvidenceFile { replacement: Some(content), ..file })?;
        if copy.is_idle {
            self.cleared.files += 1;
            remove(&fresh_path)?;
            remove(&path)?;
        } else {
            std::fs::rename(&fresh_path, &path).map_err(StoreError::io(&path))?;
        }
        File::open(self.dir).and_then(|dir| dir.sync_all()).map_err(StoreError::io(self.dir))?;
        self.replaced(file, content, &copy.fates, owners)
    }

    /// `None` where the file is not sound.
    fn copy(
        &self,
        from: &Path,
        to: &Path,
        needed: &HashSet<RecordId>,
    ) -> Result<Option<Copied>, StoreError> {
        let source = File::open(from).map_err(StoreError::io(from))?;
        let mut out = BufWriter::new(File::create(to).map_err(StoreError::io(to))?);
        let mut hasher = Sha256::new();
        let content = Content { length: 0, sha256: [0; 32] };
        let mut copied = Copied { content, fates: Fates::new(), taken_out: 0, is_idle: true };
        for entry in Members::open(from)? {
            let Ok(entry) = entry? else { return Ok(None) };
            let id = members::id_of(&entry.original);
            let is_wanted = |id: Option<RecordId>| id.is_some_and(|id| needed.contains(&id));
            let is_needed = is_wanted(id) || is_wanted(members::companion_of(&entry.original));
            let is_information = entry.original.field("WARC-Type") == Some("warcinfo");
            copied.is_idle &= !is_needed;
            let fate = (is_needed && !entry.is_removed).then_some(());
            let bytes = if is_needed || is_information || entry.is_removed {
                let mut bytes = vec![0; usize::try_from(entry.member.length).unwrap_or(0)];
                source.read_exact_at(&mut bytes, entry.offset).map_err(StoreError::io(from))?;
                bytes
            } else {
                copied.taken_out += 1;
                self.stub(&entry).packed().map_err(StoreError::io(to))?
            };
            copied.fates.extend(id.map(|id| (id, fate.map(|()| copied.content.length))));
            hasher.update(&bytes);
            copied.content.length += bytes.len() as u64;
            out.write_all(&bytes).map_err(StoreError::io(to))?;
        }
        let file = out
            .into_inner()
            .map_err(|error| StoreError::Io { path: to.to_owned(), source: error.into_error() })?;
        file.sync_all().map_err(StoreError::io(to))?;
        copied.content.sha256 = hasher.finalize().into();
        Ok(Some(copied))
    }

    /// What stands in the place of a record that goes: its head.
    fn stub(&self, entry: &Entry) -> Record {
        let block = entry.original_head.clone();
        let refers_to = entry.original.field("WARC-Record-ID").unwrap_or_default().to_owned();
        let fields = [
            ("WARC-Type", "metadata".to_owned()),
            ("WARC-Record-ID", format!("<{}>", RecordId::fresh())),
            ("WARC-Date", date(self.now)),
            ("WARC-Refers-To", refers_to),
            (REMOVED, date(self.now)),
            ("Content-Type", "text/plain".to_owned()),
            ("WARC-Block-Digest", digest(&block)),
        ];
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Record { fields, block }
    }
}

/// A file written anew.
struct Copied {
    content: Content,
    fates: Fates,
    taken_out: u64,
    /// Whether nothing in it is needed.
    is_idle: bool,
}

/// The content that stands for a file which is to go as a whole.
pub(crate) fn nothing() -> Content {
    Content { length: 0, sha256: Sha256::digest(b"").into() }
}

fn fresh(path: &Path) -> PathBuf {
    path.with_extension("new")
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(StoreError::io(path)(error))
        }
        _ => Ok(()),
    }
}
