//! Where the evidence of a name's findings lies, and who has read it.

use std::io;
use std::io::Write;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use ulid::Ulid;

use crate::clock;
use crate::facts::dossier::KeptExchange;
use crate::facts::dossier::Place;
use crate::facts::dossier::Reading;
use crate::facts::finding::Kind;
use crate::publish::text::printable;
use crate::publish::view::in_china;

/// The evidence of one finding.
#[derive(Debug, Clone, Serialize)]
pub struct EvidenceOf {
    /// Which finding.
    pub finding: Ulid,
    /// The kind of fault.
    pub kind: Kind,
    /// The day on which its term was over, after which a night takes it away; `None` while it is kept.
    pub expired: Option<Date>,
    /// What is kept, oldest first; a page that was the same is the last.
    pub records: Vec<RecordView>,
    /// Who looked at a record, oldest first.
    pub readings: Vec<ReadingView>,
}

/// One record, and whether it is there as it was written.
#[derive(Debug, Clone, Serialize)]
pub struct RecordView {
    /// `opened`, `reopened`, `changed`, `closed`, or `seen` for a page that was the same.
    pub occasion: &'static str,
    #[serde(skip)]
    occasion_in_chinese: &'static str,
    /// When it was seen.
    #[serde(serialize_with = "in_china")]
    pub at: Timestamp,
    /// What was asked for; `None` of a page that was the same.
    pub url: Option<String>,
    /// The file, in the folder `evidence` of the data.
    pub file: String,
    /// The byte at which its gzip member begins.
    pub offset: u64,
    /// `WARC-Record-ID`
    pub record: String,
    /// SHA-256 of the body as it was read; `None` as above.
    pub body_sha256: Option<String>,
    /// `WARC-Block-Digest`; `None` where the record is not there as it was written.
    pub block_digest: Option<String>,
    /// `WARC-Payload-Digest`; `None` where there is none, or as above.
    pub payload_digest: Option<String>,
    /// Whether the record is there, whole, and matches its digests.
    pub is_sound: bool,
}

/// That somebody looked at a record.
#[derive(Debug, Clone, Serialize)]
pub struct ReadingView {
    /// When.
    #[serde(serialize_with = "in_china")]
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// `WARC-Record-ID`
    pub record: String,
}

impl RecordView {
    /// An exchange that is kept whole, as it lies at `place` now.
    pub fn kept(kept: &KeptExchange, place: Place) -> Self {
        let (word, chinese) = kept.occasion.words();
        Self {
            url: Some(kept.url.clone()),
            body_sha256: Some(kept.body_sha256.clone()).filter(|hash| !hash.is_empty()),
            ..Self::new(word, chinese, kept.at, place)
        }
    }

    /// That the page was seen again, the same.
    pub fn seen(at: Timestamp, place: Place) -> Self {
        Self::new("seen", "再次发现", at, place)
    }

    fn new(word: &'static str, chinese: &'static str, at: Timestamp, place: Place) -> Self {
        Self {
            occasion: word,
            occasion_in_chinese: chinese,
            at,
            url: None,
            file: place.file.to_string(),
            offset: place.offset,
            record: place.id.to_string(),
            body_sha256: None,
            block_digest: None,
            payload_digest: None,
            is_sound: false,
        }
    }
}

impl From<&Reading> for ReadingView {
    fn from(reading: &Reading) -> Self {
        Self { at: reading.at, who: reading.who.clone(), record: reading.record.to_string() }
    }
}

/// Writes the evidence of `domain`'s findings for programs.
pub fn json(domain: &str, all: &[EvidenceOf], out: &mut impl Write) -> io::Result<()> {
    let row = serde_json::json!({ "domain": domain, "evidence": all });
    writeln!(out, "{row}")
}

/// Writes it for people.
pub fn text(domain: &str, all: &[EvidenceOf], out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}\n\n证据", printable(domain))?;
    if all.is_empty() {
        writeln!(out, "  无")?;
    }
    for evidence in all {
        writeln!(out, "  {} {}", evidence.finding, evidence.kind.chinese())?;
        if let Some(day) = evidence.expired {
            writeln!(out, "    保存期 [evidence] keep 至 {day} 已满，记录已清除")?;
        }
        for record in &evidence.records {
            record_text(record, out)?;
        }
        for reading in &evidence.readings {
            let at = clock::written(reading.at);
            writeln!(out, "    调阅 {at} {} {}", printable(&reading.who), reading.record)?;
        }
    }
    Ok(())
}

fn record_text(record: &RecordView, out: &mut impl Write) -> io::Result<()> {
    let at = clock::written(record.at);
    let url = record.url.as_deref().map(printable).unwrap_or_default();
    writeln!(out, "    {} {at} {url}", record.occasion_in_chinese)?;
    writeln!(out, "      文件 evidence/{}，第 {} 字节", record.file, record.offset)?;
    writeln!(out, "      记录 {}", record.record)?;
    for (what, digest) in [
        ("正文", record.body_sha256.as_ref().map(|hash| format!("sha256:{hash}"))),
        ("记录块", record.block_digest.clone()),
        ("所存正文", record.payload_digest.clone()),
    ] {
        if let Some(digest) = digest {
            writeln!(out, "      {what} {digest}")?;
        }
    }
    if !record.is_sound {
        writeln!(out, "      记录缺失或已损坏，见 check-data")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_whose_term_is_over_is_told_apart_from_evidence_that_never_was() {
        let told = |expired: Option<Date>| {
            let (records, readings) = (Vec::new(), Vec::new());
            let (finding, kind) = (Ulid::nil(), Kind::Unfiled);
            let all = [EvidenceOf { finding, kind, expired, records, readings }];
            let mut out = Vec::new();
            text("a.cn", if expired.is_some() { &all } else { &[] }, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let day = Date::constant(2027, 5, 27);
        assert!(
            told(Some(day)).contains("keep 至 2027-05-27 已满，记录已清除"),
            "{}",
            told(Some(day))
        );
        assert!(told(None).ends_with("证据\n  无\n"), "{}", told(None));
    }
}
