//! The records of one file of evidence, each held against the chain.

use std::fs::File;
use std::io::BufReader;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::path::Path;
use std::path::PathBuf;

use sha2::Digest;
use sha2::Sha256;

use crate::facts::checksum::of_hex;
use crate::facts::dossier::EvidenceName;
use crate::facts::dossier::Place;
use crate::facts::dossier::RecordId;
use crate::formats::warc;
use crate::formats::warc::Member;
use crate::formats::warc::Outcome;
use crate::formats::warc::Record;
use crate::store::StoreError;

/// The field that holds the link of the record before.
pub const CHAIN: &str = "Chabei-Chain";

/// The field that says when the body of the record was taken out; the block is the old head.
pub const REMOVED: &str = "Chabei-Removed";

/// The link before the first record of a night.
pub const START: [u8; 32] = [0; 32];

/// What makes a file of evidence unsound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A record is unsound in itself.
    #[error(transparent)]
    Record(#[from] warc::Fault),
    /// A record does not follow on the one before.
    #[error("the chain breaks here: a record was changed, added or taken away")]
    Chain,
}

/// One record, where it lies, and whether its body was taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The byte at which its gzip member begins.
    pub offset: u64,
    /// The record, or what stands in its place.
    pub member: Member,
    /// The fields of the record as it was written, and its head.
    pub original: Record,
    /// That head.
    pub original_head: Vec<u8>,
    /// Whether only the old head is left of it.
    pub is_removed: bool,
}

/// Reads a file from its beginning as far as it is sound.
#[derive(Debug)]
pub struct Members {
    path: PathBuf,
    input: BufReader<File>,
    end: u64,
    records: u64,
    first: Option<[u8; 32]>,
    link: [u8; 32],
    is_over: bool,
}

impl Members {
    /// Opens the file at `path`.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(StoreError::io(path))?;
        Ok(Self {
            path: path.to_owned(),
            input: BufReader::with_capacity(256 * 1024, file),
            end: 0,
            records: 0,
            first: None,
            link: START,
            is_over: false,
        })
    }

    /// Where the last sound record ends.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// How many were sound.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The link that the first record follows on.
    pub fn first(&self) -> [u8; 32] {
        self.first.unwrap_or(START)
    }

    /// The link of the last sound record.
    pub fn link(&self) -> [u8; 32] {
        self.link
    }

    /// Holds `member` against the chain.
    fn entry(&mut self, member: Member) -> Result<Entry, Fault> {
        let is_removed = member.record.field(REMOVED).is_some();
        let original_head =
            if is_removed { member.record.block.clone() } else { member.head.clone() };
        let (fields, _) = warc::parse_head(&original_head).ok_or(warc::Fault::Head)?;
        let original = Record { fields, block: Vec::new() };
        let before =
            original.field(CHAIN).and_then(|told| told.strip_prefix("sha256:")).and_then(of_hex);
        let before = before.ok_or(Fault::Chain)?;
        if self.first.is_some() && before != self.link {
            return Err(Fault::Chain);
        }
        self.first.get_or_insert(before);
        self.link = link(&original_head);
        let offset = self.end;
        self.end += member.length;
        self.records += 1;
        Ok(Entry { offset, member, original, original_head, is_removed })
    }
}

impl Iterator for Members {
    type Item = Result<Result<Entry, Fault>, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let entry = match warc::read(&mut self.input) {
            Err(error) => Err(StoreError::io(&self.path)(error)),
            Ok(Outcome::End) => {
                self.is_over = true;
                return None;
            }
            Ok(Outcome::Broken(fault)) => Ok(Err(fault.into())),
            Ok(Outcome::Sound(member)) => Ok(self.entry(member)),
        };
        self.is_over = !matches!(entry, Ok(Ok(_)));
        Some(entry)
    }
}

/// The link of a record with this head.
pub fn link(head: &[u8]) -> [u8; 32] {
    Sha256::digest(head).into()
}

/// The files of evidence in `dir`, in order.
pub fn names(dir: &Path) -> Result<Vec<EvidenceName>, StoreError> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(StoreError::io(dir))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(StoreError::io(dir))?.file_name();
        names.extend(name.to_str().and_then(|name| name.parse::<EvidenceName>().ok()));
    }
    names.sort();
    Ok(names)
}

/// The hash of the first `length` bytes of a file, which may be gone on with.
pub fn hash(path: &Path, length: u64) -> Result<Sha256, StoreError> {
    let file = File::open(path).map_err(StoreError::io(path))?;
    let mut hasher = Sha256::new();
    std::io::copy(&mut file.take(length), &mut hasher).map_err(StoreError::io(path))?;
    Ok(hasher)
}

/// The record at `place`: where it should be, else wherever in the file it is. `None` where the file
/// or the record is gone, or is not sound.
pub fn find(dir: &Path, place: Place) -> Result<Option<Entry>, StoreError> {
    let path = dir.join(place.file.to_string());
    let mut file = match File::open(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(StoreError::io(&path))?,
    };
    file.seek(SeekFrom::Start(place.offset)).map_err(StoreError::io(&path))?;
    let mut members =
        Members { input: BufReader::new(file), end: place.offset, ..Members::open(&path)? };
    let at_place = members.next().transpose()?.and_then(Result::ok);
    if let Some(entry) = at_place.filter(|entry| id_of(&entry.original) == Some(place.id)) {
        return Ok(Some(entry));
    }
    for entry in Members::open(&path)? {
        let Ok(entry) = entry? else { break };
        if id_of(&entry.original) == Some(place.id) {
            return Ok(Some(entry));
        }
    }
    Ok(None)
}

/// What a record is called.
pub fn id_of(record: &Record) -> Option<RecordId> {
    record.field("WARC-Record-ID")?.parse().ok()
}

/// What a record says it belongs to.
pub fn companion_of(record: &Record) -> Option<RecordId> {
    record.field("WARC-Concurrent-To")?.parse().ok()
}
