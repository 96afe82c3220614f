//! What findings rest on is kept, reads back, and shows whatever was done to it since.

pub(crate) mod office;

use jiff::ToSpan;

use super::*;
use crate::facts::change::ChangeKind;
use crate::facts::dossier::Occasion;
use crate::facts::finding::Kind;
use crate::store::evidence::retention::Cleared;
use crate::store::evidence::retention::clear;
use crate::store::evidence::tests::office::Office;
use crate::store::evidence::tests::office::moment;
use crate::store::evidence::tests::office::outcome;
use crate::store::inspection::inspect;

const FIRST: &str = "0000001-0001.warc.gz";
const SECOND: &str = "0000002-0001.warc.gz";
const OPENED: Option<ChangeKind> = Some(ChangeKind::Opened);

#[test]
fn an_opened_finding_keeps_the_whole_exchange_without_cookies() {
    let office = Office::new();
    office.night(1, vec![outcome(1, 1, "<title>一</title>", OPENED)]);
    let kinds = ["warcinfo", "request", "response", "request", "response", "metadata", "resource"];
    assert_eq!(office.kinds(FIRST), kinds);
    assert_eq!(office.body(1).unwrap(), "<title>一</title>".as_bytes());
    let entries = office.entries(FIRST);
    for entry in &entries {
        let text = String::from_utf8_lossy(&entry.member.record.block).to_lowercase();
        assert!(!text.contains("cookie: ") && !text.contains("secret"), "{text}");
    }
    let answer = &entries[4].member.record;
    let text = String::from_utf8_lossy(&answer.block);
    assert!(text.starts_with("HTTP/1.1 200 \r\n"), "{text}");
    assert!(text.contains("X-Archive-Orig-Content-Encoding: gzip\r\n"), "{text}");
    assert!(text.contains("\r\nContent-Length: 18\r\n\r\n"), "{text}");
    assert_eq!(answer.field("WARC-Protocol"), Some("h2"));
    let dns = String::from_utf8(entries[6].member.record.block.clone()).unwrap();
    assert_eq!(
        dns,
        "site1.cn. IN CNAME x.cdn.cn.\r\nx.cdn.cn. IN A 1.2.3.4\r\n; AAAA: no record\r\n"
    );
    let id = answer.field("WARC-Record-ID");
    for entry in entries.iter().skip(1).filter(|entry| entry.member.record != *answer) {
        assert_eq!(entry.member.record.field("WARC-Concurrent-To"), id);
    }
}

#[test]
fn a_page_that_is_the_same_is_a_revisit_and_another_is_kept_whole() {
    let office = Office::new();
    office.night(1, vec![outcome(1, 1, "one", OPENED)]);
    office.night(2, vec![outcome(1, 2, "one", None)]);
    assert_eq!(office.kinds(SECOND), ["warcinfo", "revisit"]);
    let dossier = office.dossier(1).unwrap();
    assert_eq!(dossier.exchanges.len(), 1);
    assert_eq!(dossier.again.unwrap().1, moment(2));
    let revisit = &office.entries(SECOND)[1].member.record;
    assert_eq!(
        revisit.field("WARC-Refers-To").unwrap(),
        format!("<{}>", dossier.exchanges[0].place.id)
    );
    office.night(3, vec![outcome(1, 3, "two", None)]);
    assert_eq!(office.body(1).unwrap(), b"two");
    assert_eq!(office.dossier(1).unwrap().exchanges[1].occasion, Occasion::Changed);
    office.night(4, vec![outcome(1, 4, "blocked", Some(ChangeKind::Closed))]);
    assert_eq!(office.body(1).unwrap(), b"blocked");
    assert_eq!(office.dossier(1).unwrap().exchanges[2].occasion, Occasion::Closed);
}

#[test]
fn findings_on_the_same_exchange_share_its_records() {
    let office = Office::new();
    let mut shared = outcome(1, 1, "one", OPENED);
    let other = outcome(2, 1, "one", OPENED).update;
    let mut finding = other.findings[0].clone();
    finding.key.target = shared.update.findings[0].key.target.clone();
    finding.key.kind = Kind::UnreportedAddress;
    finding.seen = shared.update.findings[0].seen.clone();
    shared.update.findings.push(finding);
    shared.update.changes.extend(other.changes);
    office.night(1, vec![shared]);
    assert_eq!(office.dossier(1).unwrap().newest(), office.dossier(2).unwrap().newest());
    assert_eq!(office.kinds(FIRST).len(), 7);
}

#[test]
fn what_a_crash_tears_at_any_byte_is_cut_off_and_the_chain_goes_on() {
    let office = Office::new();
    office.night(1, vec![outcome(1, 1, "one", OPENED)]);
    let path = office.path().join(FIRST);
    let told = std::fs::metadata(&path).unwrap().len();
    let mut writer = office.open(1);
    writer.keep(&mut [outcome(2, 1, "two", OPENED)], &office.findings).unwrap();
    writer.sync().unwrap();
    drop(writer);
    let bytes = std::fs::read(&path).unwrap();
    for length in (told..=bytes.len() as u64).step_by(97) {
        std::fs::write(&path, &bytes[..usize::try_from(length).unwrap()]).unwrap();
        office.night(1, vec![outcome(3, 1, "three", OPENED)]);
        assert_eq!(office.body(1).unwrap(), b"one", "cut to {length}");
        assert_eq!(office.body(3).unwrap(), b"three", "cut to {length}");
        let file = office.findings.evidence_of(1).unwrap().remove(0);
        let mut members = Members::open(&path).unwrap();
        assert!(members.all(|entry| entry.unwrap().is_ok()));
        assert_eq!((members.end(), members.link()), (file.content.length, file.last));
        let old = EvidenceFile { content: Content { length: told, ..file.content }, ..file };
        office.findings.put_evidence(&old).unwrap();
    }
}

#[test]
fn a_damaged_file_is_left_and_the_night_goes_on_in_another() {
    let office = Office::new();
    office.night(1, vec![outcome(1, 1, "one", OPENED)]);
    let path = office.path().join(FIRST);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    office.night(1, vec![outcome(2, 1, "two", OPENED)]);
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    assert_eq!(office.body(2).unwrap(), b"two");
    let files = office.findings.evidence_of(1).unwrap();
    assert_eq!(files[1].first, files[0].last, "the chain goes on behind the damage");
}

#[test]
fn a_full_file_is_ended_and_the_chain_goes_on_in_the_next() {
    let mut office = Office::new();
    office.settings.max_file = ByteSize::b(1);
    office.night(1, vec![outcome(1, 1, "one", OPENED)]);
    let files = office.findings.evidence_of(1).unwrap();
    // Each record fills a file behind the information that it begins with.
    assert!(files.len() >= 6, "{}", files.len());
    assert!(files.windows(2).all(|pair| pair[1].first == pair[0].last));
    assert_eq!(office.body(1).unwrap(), b"one");
    let again = office.open(1);
    assert_eq!(Some(again.last), files.last().map(|file| file.last));
}

#[test]
fn old_bodies_go_in_time_and_the_rest_stays_where_it_can_be_found() {
    let office = Office::new();
    let opened = vec![outcome(1, 1, "one", OPENED), outcome(2, 1, "two", OPENED)];
    office.night(1, opened);
    office.night(2, vec![outcome(1, 2, "blocked", Some(ChangeKind::Closed))]);
    let later = |days: i64| moment(2).checked_add((days * 24).hours()).unwrap();
    let cleared =
        |days| clear(&office.path(), &office.findings, &office.settings, 9, later(days)).unwrap();
    assert_eq!(cleared(180), Cleared::default());
    let term = |number: u32| {
        let finding = office.findings.by_id(Ulid::from(u128::from(number))).unwrap().unwrap();
        retention::term_of(&office.findings, &finding, office.settings.keep).unwrap()
    };
    assert_eq!((term(1), term(2)), (Some(later(180)), None));
    let before = office.findings.evidence_of(1).unwrap().remove(0);
    assert_eq!(cleared(181), Cleared { findings: 1, records: 12, files: 1 });
    assert_eq!(office.dossier(1), None);
    assert!(!office.path().join(SECOND).exists());
    assert_eq!(office.body(2).unwrap(), b"two");
    let text = std::fs::read(office.path().join(FIRST)).unwrap();
    let after = office.findings.evidence_of(1).unwrap().remove(0);
    assert_eq!(after.content.length, text.len() as u64);
    assert_eq!(
        (after.first, after.last, after.records),
        (before.first, before.last, before.records)
    );
    let entries = office.entries(FIRST);
    assert_eq!(entries.iter().filter(|entry| entry.is_removed).count(), 6);
    assert_eq!(entries.last().map(|entry| link(&entry.original_head)), Some(before.last));
    let place = office.dossier(2).unwrap().newest().unwrap().place;
    assert!(entries.iter().any(|entry| entry.offset == place.offset && !entry.is_removed));
    assert_eq!(cleared(181), Cleared::default());
}

#[test]
fn a_clearing_that_a_crash_broke_off_is_ended_by_the_next() {
    let office = Office::new();
    office.night(1, vec![outcome(1, 1, "one", OPENED)]);
    let file = office.findings.evidence_of(1).unwrap().remove(0);
    let other = Content { length: 3, sha256: Sha256::digest("new").into() };
    for (found, expected) in [(None, file.content), (Some("new"), other)] {
        let begun = EvidenceFile { replacement: Some(other), ..file };
        office.findings.put_evidence(&begun).unwrap();
        if let Some(text) = found {
            std::fs::write(office.path().join(FIRST), text).unwrap();
        }
        clear(&office.path(), &office.findings, &office.settings, 9, moment(9)).unwrap();
        let settled = office.findings.evidence_of(1).unwrap().remove(0);
        assert_eq!(settled, EvidenceFile { content: expected, ..file });
    }
}

/// A closed finding and one that stands, both of a night whose file holds more than they rest on, and
/// one alone in a file that goes as a whole; with a way to break the clearing off at a step.
fn cleared_up_to(step: usize) -> Office {
    let (office, whole) = (two_nights(), two_nights());
    let now = moment(2).checked_add((181 * 24).hours()).unwrap();
    let ids: Vec<Vec<u8>> =
        [FIRST, SECOND].map(|name| std::fs::read(office.path().join(name)).unwrap()).into();
    // Record ids and days are fresh each time, so that the one folder is the other's copy.
    for (name, bytes) in [FIRST, SECOND].into_iter().zip(&ids) {
        std::fs::write(whole.path().join(name), bytes).unwrap();
    }
    for file in office.findings.evidence_files() {
        whole.findings.put_evidence(&file.unwrap()).unwrap();
    }
    for dossier in office.findings.dossiers() {
        let (id, dossier) = dossier.unwrap();
        let file = office.findings.evidence_of(1).unwrap().remove(0);
        whole.findings.put_evidence_with(&file, &[(id, dossier)]).unwrap();
    }
    clear(&whole.path(), &whole.findings, &whole.settings, 9, now).unwrap();
    let [first, second] = [1, 2].map(|night| office.findings.evidence_of(night).unwrap().remove(0));
    let content = whole.findings.evidence_of(1).unwrap().remove(0).content;
    let begun = EvidenceFile { replacement: Some(content), ..first };
    let going = EvidenceFile { replacement: Some(retention::nothing()), ..second };
    if step > 0 {
        office.findings.put_evidence(&begun).unwrap();
    }
    if step > 1 {
        std::fs::copy(whole.path().join(FIRST), office.path().join(FIRST)).unwrap();
        office.findings.put_evidence(&going).unwrap();
    }
    if step > 2 {
        std::fs::remove_file(office.path().join(SECOND)).unwrap();
    }
    office
}

fn two_nights() -> Office {
    let office = Office::new();
    office.night(1, vec![outcome(1, 1, "one", OPENED), outcome(2, 1, "two", OPENED)]);
    office.night(2, vec![outcome(1, 2, "blocked", Some(ChangeKind::Closed))]);
    office
}

#[test]
fn a_clearing_broken_off_anywhere_leaves_every_finding_where_its_records_lie() {
    for step in 0..4 {
        let office = cleared_up_to(step);
        let faults = || inspect(office.data()).unwrap().faults;
        assert_eq!(faults(), [], "step {step}: a crash is no tampering");
        retention::settle(&office.path(), &office.findings, moment(200)).unwrap();
        assert_eq!(faults(), [], "step {step}, settled");
        let place = office.dossier(2).unwrap().newest().unwrap().place;
        let entries = office.entries(FIRST);
        let entry = entries.iter().find(|entry| entry.offset == place.offset);
        let entry = entry.filter(|entry| members::id_of(&entry.original) == Some(place.id));
        assert!(entry.is_some_and(|entry| !entry.is_removed), "step {step}: {place}");
        let now = moment(2).checked_add((181 * 24).hours()).unwrap();
        clear(&office.path(), &office.findings, &office.settings, 9, now).unwrap();
        assert_eq!((office.dossier(1), faults()), (None, vec![]), "step {step}, cleared");
        assert!(!office.path().join(SECOND).exists(), "step {step}");
    }
}

#[test]
fn check_data_tells_of_a_record_that_lies_elsewhere_than_its_finding_says() {
    let office = two_nights();
    let id = Ulid::from(2_u128);
    let mut dossier = office.dossier(2).unwrap();
    dossier.exchanges[0].place.offset += 1;
    let file = office.findings.evidence_of(1).unwrap().remove(0);
    office.findings.put_evidence_with(&file, &[(id, dossier)]).unwrap();
    let faults = inspect(office.data()).unwrap().faults;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].what.contains("begins at byte"), "{faults:?}");
}
