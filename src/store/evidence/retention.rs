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

use jiff::Timestamp;
use sha2::Digest;
use sha2::Sha256;
use ulid::Ulid;

use crate::facts::change::ChangeKind;
use crate::facts::dossier::Content;
use crate::facts::dossier::Dossier;
use crate::facts::dossier::EvidenceFile;
use crate::facts::dossier::EvidenceName;
use crate::facts::dossier::RecordId;
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
    let mut clearing = Clearing { dir, findings, now, cleared: Cleared::default() };
    clearing.settle()?;
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
    for dossier in findings.dossiers() {
        let (id, dossier) = dossier?;
        if !gone.contains(&id) {
            let places = dossier.places().filter(|place| affected.contains(&place.file));
            needed.extend(places.map(|place| place.id));
        }
    }
    let mut moved: HashMap<RecordId, u64> = HashMap::new();
    for file in findings.evidence_files() {
        let file = file?;
        if affected.contains(&file.name) && file.removed.is_none() {
            clearing.clear_file(file, &needed, &mut moved)?;
        }
    }
    for dossier in findings.dossiers() {
        let (id, dossier) = dossier?;
        if !gone.contains(&id)
            && let Some(dossier) = relocated(dossier, &moved)
        {
            findings.put_dossier(id, &dossier)?;
        }
    }
    for id in expired {
        let is_left = findings
            .dossier(id)?
            .is_some_and(|dossier| dossier.places().any(|place| place.file.night >= night));
        if !is_left {
            findings.remove_dossier(id)?;
            clearing.cleared.findings += 1;
        }
    }
    Ok(clearing.cleared)
}

/// Whether `id` was closed longer ago than evidence is kept.
fn is_expired(
    findings: &Findings,
    id: Ulid,
    settings: &Settings,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(finding) = findings.by_id(id)? else { return Ok(true) };
    if !matches!(finding.state, FindingState::Closed(_)) {
        return Ok(false);
    }
    let history = findings.history(id)?;
    let closed = history.iter().rfind(|change| change.kind == ChangeKind::Closed);
    let closed = closed.map_or(finding.last_seen, |change| change.at);
    let age = now.duration_since(closed);
    Ok(std::time::Duration::try_from(age).is_ok_and(|age| age > settings.keep))
}

/// `dossier` with the places that records have now; `None` where none of them moved.
fn relocated(mut dossier: Dossier, moved: &HashMap<RecordId, u64>) -> Option<Dossier> {
    let kept = dossier.exchanges.iter_mut().map(|kept| &mut kept.place);
    let again = dossier.again.iter_mut().map(|(place, _)| place);
    let mut has_moved = false;
    for place in kept.chain(again) {
        if let Some(offset) = moved.get(&place.id) {
            has_moved |= place.offset != *offset;
            place.offset = *offset;
        }
    }
    has_moved.then_some(dossier)
}

impl Clearing<'_> {
    /// Ends what a crash broke off.
    fn settle(&self) -> Result<(), StoreError> {
        for file in self.findings.evidence_files() {
            let file = file?;
            let path = self.path(file.name);
            if file.removed.is_some() {
                remove(&path)?;
            }
            if let Some(replacement) = file.replacement {
                remove(&fresh(&path))?;
                let found = members::hash(&path, u64::MAX)?.finalize();
                let is_new = found[..] == replacement.sha256;
                let content = if is_new { replacement } else { file.content };
                self.findings.put_evidence(&EvidenceFile { content, replacement: None, ..file })?;
            }
        }
        Ok(())
    }

    fn path(&self, name: EvidenceName) -> PathBuf {
        self.dir.join(name.to_string())
    }

    /// Writes `file` anew without what is not `needed`, and notes where what stays lies then.
    fn clear_file(
        &mut self,
        file: EvidenceFile,
        needed: &HashSet<RecordId>,
        moved: &mut HashMap<RecordId, u64>,
    ) -> Result<(), StoreError> {
        let path = self.path(file.name);
        let fresh_path = fresh(&path);
        let Some(copy) = self.copy(&path, &fresh_path, needed)? else {
            tracing::error!(file = %path.display(), "evidence is damaged and not cleared; see `check-data`");
            return remove(&fresh_path);
        };
        if copy.taken_out == 0 {
            return remove(&fresh_path);
        }
        self.cleared.records += copy.taken_out;
        if copy.is_idle {
            self.cleared.files += 1;
            self.findings.put_evidence(&EvidenceFile { removed: Some(self.now), ..file })?;
            remove(&fresh_path)?;
            return remove(&path);
        }
        let replaced = EvidenceFile { replacement: Some(copy.content), ..file };
        self.findings.put_evidence(&replaced)?;
        std::fs::rename(&fresh_path, &path).map_err(StoreError::io(&path))?;
        File::open(self.dir).and_then(|dir| dir.sync_all()).map_err(StoreError::io(self.dir))?;
        let content = copy.content;
        self.findings.put_evidence(&EvidenceFile { content, replacement: None, ..replaced })?;
        moved.extend(copy.places);
        Ok(())
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
        let mut copied = Copied { content, places: Vec::new(), taken_out: 0, is_idle: true };
        for entry in Members::open(from)? {
            let Ok(entry) = entry? else { return Ok(None) };
            let id = members::id_of(&entry.original);
            let is_wanted = |id: Option<RecordId>| id.is_some_and(|id| needed.contains(&id));
            let is_needed = is_wanted(id) || is_wanted(members::companion_of(&entry.original));
            let is_information = entry.original.field("WARC-Type") == Some("warcinfo");
            copied.is_idle &= !is_needed;
            let bytes = if is_needed || is_information || entry.is_removed {
                let mut bytes = vec![0; usize::try_from(entry.member.length).unwrap_or(0)];
                source.read_exact_at(&mut bytes, entry.offset).map_err(StoreError::io(from))?;
                bytes
            } else {
                copied.taken_out += 1;
                self.stub(&entry).packed().map_err(StoreError::io(to))?
            };
            copied.places.extend(id.map(|id| (id, copied.content.length)));
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
    places: Vec<(RecordId, u64)>,
    taken_out: u64,
    /// Whether nothing in it is needed.
    is_idle: bool,
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
