//! What is written is read again, and whatever is cut or changed is refused.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use jiff::Timestamp;
use ulid::Ulid;

use super::*;
use crate::facts::change::ChangeKind;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::issue::Issue;
use crate::store::evidence::tests::office::Office;
use crate::store::evidence::tests::office::outcome;
use crate::store::findings::Position;
use crate::store::journal::Journal;
use crate::store::portable::lines::LineReader;

fn filing(domain: &str, number: &str) -> Filing {
    Filing {
        domain: domain.parse().unwrap(),
        site_number: Some(number.parse().unwrap()),
        subject_number: None,
        state: FilingState::Active,
        providers: None,
        details: vec![("subject_name".to_owned(), "某\"公司\"\n".to_owned())],
    }
}

fn put(registers: &Registers, filings: &[Filing], at: &str) {
    let mut import = registers.begin(true);
    for filing in filings {
        import.push(filing).unwrap();
    }
    import.finish(at.parse().unwrap()).unwrap();
}

/// A store with a night whose journal is still there, and a filing that has left the register.
fn filled() -> Office {
    let office = Office::new();
    let registers = Registers::open(&office.data().join("registers")).unwrap();
    let (left, stays) =
        (filing("a.cn", "京ICP备12345679号-1"), filing("b.cn", "京ICP备12345679号-2"));
    put(&registers, &[left, stays.clone()], "2026-11-01T00:00:00Z");
    put(&registers, &[stays], "2026-11-20T00:00:00Z");
    let opened = Some(ChangeKind::Opened);
    office.night(1, vec![outcome(1, 1, "one", opened), outcome(2, 1, "two", opened)]);
    let third = outcome(3, 1, "three", opened);
    let mut journal = Journal::open(&office.data().join("nights"), 1).unwrap();
    let offset = journal.append(std::slice::from_ref(&third)).unwrap();
    let position = Position { night: 1, offset };
    office.findings.apply([&third.update], Some(position)).unwrap();
    let issue = Issue {
        finding: Ulid::from(1_u128),
        address: "192.0.2.1".parse().unwrap(),
        domain: "a.cn".parse().unwrap(),
        access: None,
        carrier: 7,
        due: "2026-12-01".parse().unwrap(),
    };
    let issues = office.findings.issues().unwrap();
    issues.number(&issue, "2026-11-21".parse().unwrap()).unwrap();
    let rosters = office.findings.bulletins().unwrap();
    rosters.put_roster("2026-11-20T00:00:00.000001Z".parse().unwrap(), &[]).unwrap();
    office
}

fn exported(data: &Path, findings: &Findings) -> Vec<u8> {
    let registers = Registers::open(&data.join("registers")).unwrap();
    let nights = data.join("nights");
    let mut out = Vec::new();
    export(&Store { registers: &registers, findings, nights: &nights }, &mut out).unwrap();
    out
}

/// Reads all lines, as an import does before it calls anything done.
fn read(bytes: &[u8]) -> Result<Counts, PortableError> {
    let mut lines = LineReader::begin(bytes)?;
    while lines.next()?.is_some() {}
    Ok(lines.into_counts())
}

#[test]
fn what_is_exported_is_imported_and_exported_the_same() {
    let office = filled();
    let first = exported(office.data(), &office.findings);
    let dir = tempfile::tempdir().unwrap();
    let counts = import(dir.path(), Cursor::new(&first)).unwrap();
    for kind in ["outcome", "finding", "change", "dossier", "evidence_file", "former_filing"] {
        assert!(counts.contains_key(kind), "no {kind} in {counts:?}");
    }
    let findings = Findings::open(&dir.path().join("findings")).unwrap();
    let again = exported(dir.path(), &findings);
    assert_eq!(String::from_utf8(again).unwrap(), String::from_utf8(first).unwrap());
    // What follows from the records is there too.
    let known: Vec<_> = office.findings.all().map(Result::unwrap).collect();
    for finding in &known {
        assert_eq!(findings.by_id(finding.id).unwrap().as_ref(), Some(finding));
        assert_eq!(findings.trail(finding.id).unwrap(), office.findings.trail(finding.id).unwrap());
    }
    assert_eq!(findings.position().unwrap(), office.findings.position().unwrap());
    let issues = findings.issues().unwrap();
    let found = issues.at(&"a.cn".parse().unwrap(), "192.0.2.1".parse().unwrap()).unwrap();
    assert_eq!(found.len(), 1);
    let registers = Registers::open(&dir.path().join("registers")).unwrap();
    let register = registers.filings().unwrap().unwrap();
    assert_eq!(register.imported_at(), "2026-11-20T00:00:00Z".parse::<Timestamp>().unwrap());
    let left = register.lookup(&"a.cn".parse().unwrap()).unwrap();
    assert_eq!(left.len(), 1, "what left the register is known to have been there");
    assert!(Journal::exists(&dir.path().join("nights"), 1));
}

#[test]
fn a_file_that_is_cut_anywhere_or_changed_in_any_byte_is_refused() {
    let whole = ended(&[
        r#"{"kind":"last_issue","record":5}"#,
        r#"{"kind":"exemption","key":["a.cn"],"record":{"why":"某"}}"#,
    ]);
    read(&whole).unwrap();
    for at in 0..whole.len() {
        assert!(read(&whole[..at]).is_err(), "cut at {at} of {}", whole.len());
        for flip in [0x01, 0x20, 0x80] {
            let mut changed = whole.clone();
            changed[at] ^= flip;
            assert!(read(&changed).is_err(), "byte {at} of {}", whole.len());
        }
    }
    let longer = [&whole[..], b"\n"].concat();
    assert!(read(&longer).is_err());
}

/// `lines` as an export would end them.
fn ended(lines: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = lines::LineWriter::begin(&mut out).unwrap();
    for line in lines {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        writer.record(value["kind"].as_str().unwrap(), line).unwrap();
    }
    writer.finish().unwrap();
    out
}

#[test]
fn a_line_that_holds_something_else_is_refused_by_its_number_and_not_by_what_it_says() {
    for (line, why) in [
        (r#"{"kind":"secret","record":{}}"#, "`secret` is not known"),
        (r#"{"kind":"candidate","record":{}}"#, "not at this place"),
        (r#"{"kind":"scan","key":[1],"record":{"night":"secret"}}"#, "not what a `scan` holds"),
        (r#"{"kind":"position","key":["secret"],"record":{"night":1,"offset":1}}"#, "the key"),
        (
            r#"{"kind":"register","record":{"name":"secrets","imported_at":"2026-11-20T00:00:00Z"}}"#,
            "key",
        ),
        (r#"{"kind":"last_issue","record":1,"secret":2}"#, "not what a `last_issue` holds"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let file = ended(&[r#"{"kind":"last_issue","record":5}"#, line]);
        let error = import(dir.path(), Cursor::new(file)).unwrap_err().to_string();
        assert!(error.starts_with("line 3: ") && error.contains(why), "{line}: {error}");
    }
    let other = ended(&[]);
    let other = String::from_utf8(other).unwrap().replacen("\"format\":1", "\"format\":2", 1);
    let error = read(other.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("line 1: format 2 of chabei"), "{error}");
}

#[test]
fn a_record_that_no_kind_has_is_not_left_out_in_silence() {
    let office = filled();
    let tree = office.findings.tree_named("keys").unwrap();
    tree.insert(b"?", b"new").unwrap();
    let registers = Registers::open(&office.data().join("registers")).unwrap();
    let nights = office.data().join("nights");
    let store = Store { registers: &registers, findings: &office.findings, nights: &nights };
    let error = export(&store, io::sink()).unwrap_err();
    assert!(error.to_string().contains("keys"), "{error}");
    tree.remove(b"?").unwrap();
    office.findings.tree_named("another").unwrap();
    let error = export(&store, io::sink()).unwrap_err();
    assert!(error.to_string().contains("another"), "{error}");
    fs::remove_dir_all(&nights).unwrap();
}
