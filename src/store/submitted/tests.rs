//! What providers submit waits, is joined once, and makes nothing filed.

use super::*;
use crate::facts::filing::FilingState;
use crate::facts::provider::Provider;
use crate::facts::submission::Standing;
use crate::store::findings::Findings;

const NUMBER: &str = "京ICP备05014806号-1";

struct Office {
    _dir: tempfile::TempDir,
    registers: Registers,
    findings: Findings,
    directory: Directory,
}

fn filing(domain: &str, providers: &[&str]) -> Filing {
    Filing {
        domain: domain.parse().unwrap(),
        site_number: Some(NUMBER.parse().unwrap()),
        subject_number: None,
        state: FilingState::Active,
        providers: Some(providers.iter().map(|name| name.parse().unwrap()).collect()),
        details: vec![("subject_name".to_owned(), "某公司".to_owned())],
    }
}

fn provider(id: &str) -> Provider {
    let text = format!("id,name,kind\n{id},提供者{id},provider\n");
    let rows = crate::formats::providers::read(std::io::Cursor::new(text));
    rows.unwrap().next().unwrap().unwrap()
}

fn then() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

impl Office {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let registers = Registers::open(&dir.path().join("registers")).unwrap();
        let findings = Findings::open(&dir.path().join("findings")).unwrap();
        let directory = Directory::new(["P4", "P5"].map(provider).to_vec());
        Self { _dir: dir, registers, findings, directory }
    }

    fn register(&self, rows: &[Filing]) {
        let mut import = self.registers.begin(true);
        for row in rows {
            import.push(row).unwrap();
        }
        import.finish(then()).unwrap();
    }

    fn submitted(&self) -> SubmittedFilings {
        self.findings.submitted().unwrap()
    }

    fn put(&self, provider: &str, rows: Vec<Filing>) {
        self.submitted().put(&provider.parse().unwrap(), then(), rows).unwrap();
    }

    fn join(&self) -> [u64; 3] {
        let joined = self.submitted().join(&self.registers, &self.directory).unwrap();
        [joined.connected, joined.pending, joined.changed]
    }

    fn known(&self, domain: &str) -> Vec<Filing> {
        let register = self.registers.filings().unwrap().unwrap();
        register.lookup(&domain.parse().unwrap()).unwrap()
    }
}

#[test]
fn a_row_waits_until_the_register_has_its_record_and_makes_nothing_filed() {
    let office = Office::new();
    office.put("P4", vec![filing("a.cn", &[]), filing("b.cn", &[])]);
    assert_eq!(office.join(), [0, 2, 0], "there is no register");
    office.register(&[filing("b.cn", &["P5"])]);
    let version = office.registers.version::<Filing>();
    office.put("P5", vec![filing("b.cn", &[])]);
    office.put("P9", vec![filing("b.cn", &[])]);
    assert_eq!(office.join(), [2, 2, 1], "P9 is nobody who is known");
    assert_eq!(office.known("b.cn"), [filing("b.cn", &["P5", "P4"])]);
    assert_eq!(office.registers.imported_at::<Filing>(), Some(then()), "it is no younger");
    assert_eq!(office.known("a.cn"), []);
    assert_eq!(office.join(), [0, 2, 0], "what is joined waits no longer");
    assert_eq!(office.registers.version::<Filing>(), version + 1, "one rewrite");
    office.register(&[filing("a.cn", &[]), filing("b.cn", &[])]);
    assert_eq!(office.join(), [1, 1, 1], "a whole import keeps what waits");
    assert_eq!(office.known("a.cn"), [filing("a.cn", &["P4"])]);
}

#[test]
fn what_a_kill_left_behind_is_joined_again_and_changes_nothing() {
    let office = Office::new();
    office.register(&[filing("a.cn", &["P4"])]);
    let version = office.registers.version::<Filing>();
    office.put("P4", vec![filing("a.cn", &[])]);
    assert_eq!(office.join(), [1, 0, 0]);
    assert_eq!(office.registers.version::<Filing>(), version, "nothing is written anew");
    assert!(office.submitted().of(&"a.cn".parse().unwrap()).unwrap().is_empty());
}

#[test]
fn what_is_sent_again_takes_the_place_of_what_was_sent() {
    let office = Office::new();
    let target: Target = "a.cn".parse().unwrap();
    office.put("P4", vec![filing("a.cn", &[])]);
    let later = Timestamp::from_second(1_800_000_000).unwrap();
    let again = Filing { details: vec![], ..filing("a.cn", &[]) };
    let own: ProviderId = "P4".parse().unwrap();
    office.submitted().put(&own, later, vec![again.clone()]).unwrap();
    office.put("P5", vec![filing("a.cn", &[])]);
    let rows = office.submitted().of(&target).unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.provider.as_str(), row.at)).collect();
    assert_eq!(told, [("P4", later), ("P5", then())]);
    assert_eq!(rows[0].filing, again);
    let notes =
        office.submitted().notes(&target, &[filing("a.cn", &[])], &office.directory).unwrap();
    assert!(notes.iter().all(|note| note.standing == Standing::Connected));
    let mut faults = Vec::new();
    office.submitted().inspect(&mut |fault| faults.push(fault)).unwrap();
    assert_eq!(faults, [const { None }; 4], "two rows, each among its provider's");
}

#[test]
fn no_provider_has_more_waiting_than_is_borne() {
    let office = Office::new();
    let rows = |from: usize, to: usize| {
        (from..to).map(|number| filing(&format!("d{number}.cn"), &[])).collect::<Vec<_>>()
    };
    let most = 50;
    let submitted = SubmittedFilings { most, ..office.submitted() };
    let put = |id: &str, rows| submitted.put(&id.parse().unwrap(), then(), rows);
    put("P4", rows(0, most - 1)).unwrap();
    let put = |rows| put("P4", rows);
    assert!(matches!(put(rows(most - 2, most + 1)), Err(NotKept::Full(1))));
    assert!(submitted.of(&"d49.cn".parse().unwrap()).unwrap().is_empty());
    put(rows(most - 3, most)).unwrap();
    assert!(matches!(put(rows(most, most + 1)), Err(NotKept::Full(0))));
    put(rows(0, 10)).unwrap();
    submitted.put(&"P5".parse().unwrap(), then(), rows(most, most + 1)).unwrap();
}
