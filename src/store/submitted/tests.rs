//! What providers submit waits, is joined once, and makes nothing filed.

use super::*;
use crate::facts::directory::Directory;
use crate::facts::filing::FilingState;
use crate::facts::joined::Lapse;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderName;
use crate::facts::submission::Standing;
use crate::store::findings::Findings;
use crate::store::registers::Registers;
use crate::store::submitted::join::Against;
use crate::store::submitted::terms::Terms;

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

/// Noon of a day in China, so many days after the first.
fn day(days: i64) -> Timestamp {
    Timestamp::from_second(1_700_020_800 + days * 86_400).unwrap()
}

fn then() -> Timestamp {
    day(0)
}

fn doer<'a>(at: Timestamp) -> Doer<'a> {
    Doer { by: "P4 (key 1)", at }
}

fn terms() -> Terms {
    Terms { pending_working_days: 40, joined_days: 60, calendar: std::sync::Arc::default() }
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
        self.put_on(0, provider, rows);
    }

    fn put_on(&self, days: i64, provider: &str, rows: Vec<Filing>) {
        self.submitted().put(&provider.parse().unwrap(), doer(day(days)), rows).unwrap();
    }

    fn joined_on(&self, days: i64) -> join::Joined {
        let against = Against { directory: &self.directory, terms: &terms(), now: day(days) };
        self.submitted().join(&self.registers, &against).unwrap()
    }

    fn join(&self) -> [u64; 3] {
        let joined = self.joined_on(0);
        [joined.connected, joined.pending, joined.changed]
    }

    /// Whose access `a.cn` has.
    fn providers(&self) -> Vec<String> {
        let known = self.known("a.cn");
        known
            .iter()
            .flat_map(|record| record.providers.iter().flatten())
            .map(ToString::to_string)
            .collect()
    }

    fn deeds(&self) -> Vec<AccessDeedKind> {
        let deeds = self.submitted().deeds(&"a.cn".parse().unwrap()).unwrap();
        deeds.into_iter().map(|deed| deed.kind).collect()
    }

    fn faults(&self) -> Vec<Option<String>> {
        let mut faults = Vec::new();
        self.submitted().inspect(&mut |fault| faults.push(fault)).unwrap();
        faults
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
    let names = office.known("b.cn")[0].providers.clone().unwrap();
    assert_eq!(names.iter().map(ProviderName::as_str).collect::<Vec<_>>(), ["P5", "P4"]);
    assert_eq!(office.registers.imported_at::<Filing>(), Some(then()), "it is no younger");
    assert_eq!(office.known("a.cn"), []);
    assert_eq!(office.join(), [0, 2, 0], "what is joined waits no longer");
    assert_eq!(office.registers.version::<Filing>(), version + 1, "one rewrite");
    office.register(&[filing("a.cn", &[]), filing("b.cn", &[])]);
    assert_eq!(office.join(), [1, 1, 2], "a whole import keeps what waits, and what was joined");
    assert_eq!(office.providers(), ["P4"]);
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
    office.submitted().put(&own, doer(later), vec![again.clone()]).unwrap();
    office.put("P5", vec![filing("a.cn", &[])]);
    let rows = office.submitted().of(&target).unwrap();
    let told: Vec<_> = rows.iter().map(|of| (of.row.provider.as_str(), of.row.at)).collect();
    assert_eq!(told, [("P4", later), ("P5", then())]);
    assert_eq!(rows[0].row.filing, again);
    let note = |of| terms().note(of, &[filing("a.cn", &[])], &office.directory);
    assert!(rows.iter().map(note).all(|note| note.standing == Standing::Connected));
    let nothing = [const { None }; 6];
    assert_eq!(
        office.faults(),
        nothing,
        "two rows, each with who submitted it, among its provider's"
    );
}

#[test]
fn no_provider_has_more_waiting_than_is_borne() {
    let office = Office::new();
    let rows = |from: usize, to: usize| {
        (from..to).map(|number| filing(&format!("d{number}.cn"), &[])).collect::<Vec<_>>()
    };
    let most = 50;
    let submitted = SubmittedFilings { most, ..office.submitted() };
    let put = |id: &str, rows| submitted.put(&id.parse().unwrap(), doer(then()), rows);
    put("P4", rows(0, most - 1)).unwrap();
    let put = |rows| put("P4", rows);
    assert!(matches!(put(rows(most - 2, most + 1)), Err(NotKept::Full(1))));
    assert!(submitted.of(&"d49.cn".parse().unwrap()).unwrap().is_empty());
    put(rows(most - 3, most)).unwrap();
    assert!(matches!(put(rows(most, most + 1)), Err(NotKept::Full(0))));
    put(rows(0, 10)).unwrap();
    submitted.put(&"P5".parse().unwrap(), doer(then()), rows(most, most + 1)).unwrap();
}

#[test]
fn an_access_outlives_whole_imports_that_lack_it_until_its_days_are_over() {
    let office = Office::new();
    office.register(&[filing("a.cn", &["P5"])]);
    office.put("P4", vec![filing("a.cn", &[])]);
    office.joined_on(0);
    for days in [1, 30, 60] {
        office.register(&[filing("a.cn", &["P5"])]);
        assert_eq!(office.joined_on(days).held, 1);
        assert_eq!(office.providers(), ["P5", "P4"], "day {days}");
    }
    assert_eq!(office.joined_on(61).lapsed, 1);
    assert_eq!(office.known("a.cn"), [filing("a.cn", &["P5"])], "without a trace");
    let lapsed = AccessDeedKind::Lapsed(Lapse::NotRegistered);
    assert_eq!(office.deeds(), [AccessDeedKind::Joined { submitted_at: then() }, lapsed]);
    assert_eq!(office.faults(), [const { None }; 3], "two deeds, and their number");
    // Whoever says so again has as long again.
    office.put_on(61, "P4", vec![filing("a.cn", &[])]);
    office.joined_on(61);
    office.put_on(100, "P4", vec![filing("a.cn", &[])]);
    assert_eq!(office.joined_on(100).changed, 0, "it is there");
    office.joined_on(160);
    assert_eq!(office.providers(), ["P5", "P4"]);
}

#[test]
fn what_the_authority_has_by_now_is_its_own_and_goes_when_it_says_so() {
    let office = Office::new();
    office.register(&[filing("a.cn", &[])]);
    office.put("P4", vec![filing("a.cn", &[])]);
    office.joined_on(0);
    office.register(&[filing("a.cn", &["提供者P4"])]);
    let joined = office.joined_on(1);
    assert_eq!((joined.changed, joined.held), (0, 0));
    assert_eq!(office.deeds().pop(), Some(AccessDeedKind::Confirmed));
    office.register(&[filing("a.cn", &[])]);
    office.joined_on(2);
    assert_eq!(office.providers(), [""; 0]);
}

#[test]
fn a_record_that_is_cancelled_takes_the_access_with_it_and_one_that_is_missing_does_not() {
    let office = Office::new();
    office.register(&[filing("a.cn", &[]), filing("b.cn", &[])]);
    office.put("P4", vec![filing("a.cn", &[])]);
    office.joined_on(0);
    office.register(&[filing("b.cn", &[])]);
    assert_eq!(office.joined_on(1).held, 1, "a file may lack a record by mistake");
    office.register(&[filing("a.cn", &[])]);
    office.joined_on(2);
    assert_eq!(office.providers(), ["P4"]);
    let cancelled = Filing { state: FilingState::Cancelled, ..filing("a.cn", &[]) };
    office.register(&[cancelled]);
    assert_eq!(office.joined_on(3).lapsed, 1);
    assert_eq!(office.deeds().pop(), Some(AccessDeedKind::Lapsed(Lapse::RecordCancelled)));
    office.register(&[filing("a.cn", &[])]);
    office.joined_on(4);
    assert_eq!(office.providers(), [""; 0], "a new filing is another one");
}

#[test]
fn a_provider_takes_back_what_it_said_and_nothing_else() {
    let office = Office::new();
    office.register(&[filing("a.cn", &["P5"])]);
    office.put("P4", vec![filing("a.cn", &[]), filing("b.cn", &[])]);
    office.joined_on(0);
    let withdraw = |provider: &str, domain: &str| {
        let rows = [Filing { state: FilingState::Cancelled, ..filing(domain, &[]) }];
        office.submitted().withdraw(&provider.parse().unwrap(), doer(day(1)), &rows).unwrap()
    };
    assert_eq!(withdraw("P5", "a.cn"), 0, "the authority's own, and another's");
    assert_eq!((withdraw("P4", "a.cn"), withdraw("P4", "b.cn")), (1, 1));
    assert_eq!((withdraw("P4", "a.cn"), withdraw("P4", "b.cn")), (0, 0), "once");
    let joined = office.joined_on(1);
    assert_eq!((joined.changed, joined.pending, joined.held), (1, 0, 0));
    assert_eq!(office.known("a.cn"), [filing("a.cn", &["P5"])]);
    assert_eq!(office.deeds().pop(), Some(AccessDeedKind::Withdrawn));
    office.register(&[filing("a.cn", &["P5"])]);
    office.joined_on(2);
    assert_eq!(office.providers(), ["P5"], "it stays so");
    assert_eq!(office.faults(), [const { None }; 3]);
}

#[test]
fn what_is_refused_ends_and_is_told_until_it_is_allowed_again() {
    let office = Office::new();
    let (target, own): (Target, ProviderId) = ("a.cn".parse().unwrap(), "P4".parse().unwrap());
    office.register(&[filing("a.cn", &["P5"])]);
    office.put("P4", vec![filing("a.cn", &[])]);
    office.joined_on(0);
    let submitted = office.submitted();
    let clerk = Doer { by: "operator", at: day(1) };
    assert_eq!(submitted.refuse((&target, &own), clerk, "并未接入").unwrap(), 1);
    office.joined_on(1);
    assert_eq!(office.providers(), ["P5"]);
    assert_eq!(submitted.refusal(&target, &own).unwrap().unwrap().reason, "并未接入");
    assert_eq!(submitted.refusal(&target, &"P5".parse().unwrap()).unwrap(), None);
    assert_eq!(office.faults(), [const { None }; 4], "two deeds, their number and the refusal");
    assert!(submitted.allow((&target, &own), clerk, "更正").unwrap());
    assert!(!submitted.allow((&target, &own), clerk, "更正").unwrap());
    let told = [
        AccessDeedKind::Joined { submitted_at: then() },
        AccessDeedKind::Refused { reason: "并未接入".to_owned() },
        AccessDeedKind::Allowed { reason: "更正".to_owned() },
    ];
    assert_eq!(office.deeds(), told);
}

#[test]
fn a_row_waits_as_many_working_days_as_it_may_and_no_longer() {
    let office = Office::new();
    office.register(&[filing("b.cn", &[])]);
    office.put("P4", vec![filing("a.cn", &[])]);
    // Eight weeks of five days.
    assert_eq!((office.joined_on(56).pending, office.joined_on(57).lapsed), (1, 1));
    assert_eq!(office.deeds(), [AccessDeedKind::Lapsed(Lapse::NoRecord)]);
    assert!(office.submitted().of(&"a.cn".parse().unwrap()).unwrap().is_empty());
}

#[test]
fn where_access_providers_are_not_known_a_row_waits_until_they_are() {
    let office = Office::new();
    office.register(&[Filing { providers: None, ..filing("a.cn", &[]) }]);
    office.put("P4", vec![filing("a.cn", &[])]);
    assert_eq!(office.join(), [0, 1, 0]);
    assert_eq!(office.known("a.cn")[0].providers, None, "one of them does not make them known");
    office.register(&[filing("a.cn", &["P5"])]);
    assert_eq!(office.join(), [1, 0, 1]);
    assert_eq!(office.providers(), ["P5", "P4"]);
}
