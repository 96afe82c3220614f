//! Where the evidence of a finding is kept: which records, in which files, and who has read them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use serde::de::Error;
use ulid::Ulid;

use crate::facts::checksum;

/// So many exchanges are kept for one finding: the first, and the newest of the others.
pub const EXCHANGES_KEPT: usize = 8;

/// What a record is called: `WARC-Record-ID`, a UUID of version 7 (RFC 9562).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(u128);

/// A file of evidence: one of the files of a night.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EvidenceName {
    /// The night, from 1.
    pub night: u32,
    /// Which of the night's files, from 1.
    pub part: u32,
}

/// Where a record lies. The id tells which it is; the offset only finds it sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The file.
    pub file: EvidenceName,
    /// The byte at which its gzip member begins.
    pub offset: u64,
    /// Which record it is.
    pub id: RecordId,
}

/// Why an exchange was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// The finding opened.
    Opened,
    /// It came back.
    Reopened,
    /// It was seen again, and the page was another.
    Changed,
    /// It was closed by what answered: the provider's block page.
    Closed,
}

/// An exchange that is kept whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptExchange {
    /// The record of the answer; what belongs to it lies beside it.
    pub place: Place,
    /// Why it was kept.
    pub occasion: Occasion,
    /// When it was seen.
    pub at: Timestamp,
    /// What was asked for.
    pub url: String,
    /// SHA-256 of the body as it was read, lower-case hex.
    pub body_sha256: String,
}

/// The evidence of one finding.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dossier {
    /// What is kept whole, oldest first.
    pub exchanges: Vec<KeptExchange>,
    /// The newest record that says that the last of them was seen again, and when; `None` where it
    /// was not.
    pub again: Option<(Place, Timestamp)>,
}

/// A file of evidence as it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceFile {
    /// Which.
    pub name: EvidenceName,
    /// The link of the chain before its first record.
    #[serde(with = "checksum")]
    pub first: [u8; 32],
    /// The link of its last record.
    #[serde(with = "checksum")]
    pub last: [u8; 32],
    /// Records in it.
    pub records: u64,
    /// Where it ends, in bytes, and the SHA-256 of all before.
    pub content: Content,
    /// What it is being replaced by, while old bodies are taken out of it.
    pub replacement: Option<Content>,
    /// When the whole file was removed, because nothing in it is needed any more; `None` while it is
    /// there.
    pub removed: Option<Timestamp>,
}

/// The bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// How many.
    pub length: u64,
    /// Their SHA-256.
    #[serde(with = "checksum")]
    pub sha256: [u8; 32],
}

/// That somebody looked at a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Which finding's.
    pub finding: Ulid,
    /// Which record.
    pub record: RecordId,
    /// When.
    pub at: Timestamp,
    /// Who, as far as the machine knows.
    pub who: String,
}

impl RecordId {
    /// A new id, which sorts by the time of its making.
    pub fn fresh() -> Self {
        const VERSION: u128 = 0x7 << 76;
        const VARIANT: u128 = 0b10 << 62;
        let bits = u128::from(Ulid::new()) & !(0xf << 76) & !(0b11 << 62);
        Self(bits | VERSION | VARIANT)
    }
}

/// As people know it where they may read it, as a number in the store.
impl Serialize for RecordId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_newtype_struct("RecordId", &self.0)
        }
    }
}

impl<'de> Deserialize<'de> for RecordId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
        } else {
            u128::deserialize(deserializer).map(Self)
        }
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        let parts =
            [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)].map(|(from, to)| &hex[from..to]);
        write!(f, "urn:uuid:{}", parts.join("-"))
    }
}

impl FromStr for RecordId {
    type Err = String;

    /// Takes it with and without `urn:uuid:` and angle brackets.
    fn from_str(text: &str) -> Result<Self, String> {
        let inside = text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text);
        let uuid = inside.strip_prefix("urn:uuid:").unwrap_or(inside);
        let hex: String = uuid.chars().filter(|c| *c != '-').collect();
        let is_uuid = hex.len() == 32 && uuid.len() == 36;
        let bits = is_uuid.then(|| u128::from_str_radix(&hex, 16).ok()).flatten();
        bits.map(Self).ok_or_else(|| {
            format!(
                "`{text}` is no record id such as urn:uuid:0192f0c1-…; see `explain --evidence`"
            )
        })
    }
}

impl fmt::Display for EvidenceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:07}-{:04}.warc.gz", self.night, self.part)
    }
}

impl FromStr for EvidenceName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (night, part) =
            text.strip_suffix(".warc.gz").and_then(|name| name.split_once('-')).ok_or(())?;
        let name =
            Self { night: night.parse().map_err(|_| ())?, part: part.parse().map_err(|_| ())? };
        if name.to_string() == text { Ok(name) } else { Err(()) }
    }
}

impl fmt::Display for Place {
    /// As `evidence.warc` of a finding tells it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{} {}", self.file, self.offset, self.id)
    }
}

impl Occasion {
    /// The word of `explain` for programs, and the one for people.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Opened => ("opened", "发现"),
            Self::Reopened => ("reopened", "死灰复燃"),
            Self::Changed => ("changed", "页面变化"),
            Self::Closed => ("closed", "停止接入"),
        }
    }
}

impl Dossier {
    /// Adds an exchange; lets go of what is too many, never of the first or the newest.
    pub fn add(&mut self, kept: KeptExchange) {
        self.exchanges.push(kept);
        self.again = None;
        if self.exchanges.len() > EXCHANGES_KEPT {
            self.exchanges.remove(1);
        }
    }

    /// The newest exchange that is kept whole.
    pub fn newest(&self) -> Option<&KeptExchange> {
        self.exchanges.last()
    }

    /// Whether nothing is kept any more.
    pub fn is_empty(&self) -> bool {
        self.exchanges.is_empty() && self.again.is_none()
    }

    /// Every record that it needs.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        let again = self.again.iter().map(|(place, _)| *place);
        self.exchanges.iter().map(|kept| kept.place).chain(again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_id_is_a_uuid_of_version_7_and_reads_back() {
        let id = RecordId::fresh();
        let text = id.to_string();
        assert_eq!((&text[..9], &text[23..24]), ("urn:uuid:", "7"), "{text}");
        assert!(matches!(&text[28..29], "8" | "9" | "a" | "b"), "{text}");
        for written in [&text, &text[9..], &format!("<{text}>")] {
            assert_eq!(written.parse(), Ok(id));
        }
        for wrong in ["", "urn:uuid:", "urn:uuid:0192f0c1", &text[..44], "你好"] {
            assert!(wrong.parse::<RecordId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_name_of_a_file_reads_back_and_no_other_does() {
        let name = EvidenceName { night: 12, part: 3 };
        assert_eq!(name.to_string(), "0000012-0003.warc.gz");
        assert_eq!(name.to_string().parse(), Ok(name));
        for wrong in ["12-3.warc.gz", "0000012-0003.warc", "a-b.warc.gz", "../0000012-0003.warc.gz"]
        {
            assert!(wrong.parse::<EvidenceName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_dossier_keeps_the_first_and_the_newest() {
        let mut dossier = Dossier::default();
        for offset in 0..20 {
            let file = EvidenceName { night: 1, part: 1 };
            dossier.add(KeptExchange {
                place: Place { file, offset, id: RecordId::fresh() },
                occasion: Occasion::Changed,
                at: Timestamp::UNIX_EPOCH,
                url: String::new(),
                body_sha256: String::new(),
            });
        }
        let kept: Vec<u64> = dossier.places().map(|place| place.offset).collect();
        assert_eq!(kept, [0, 13, 14, 15, 16, 17, 18, 19]);
    }
}
