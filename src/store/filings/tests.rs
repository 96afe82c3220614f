//! Filings are found in brief and whole, and who was filed before is not forgotten.

use FilingState::Active;
use FilingState::Cancelled;

use super::*;
use crate::facts::filing::FilingState;
use crate::store::sorted::SortedWriter;

struct Desk {
    _dir: tempfile::TempDir,
    registers: Registers,
}

fn desk() -> Desk {
    let dir = tempfile::tempdir().unwrap();
    let registers = Registers::open(dir.path()).unwrap();
    Desk { registers, _dir: dir }
}

fn filing(domain: &str, number: &str, state: FilingState) -> Filing {
    Filing {
        domain: domain.parse().unwrap(),
        site_number: Some(number.parse().unwrap()),
        subject_number: None,
        state,
        providers: Some(vec!["某接入商".parse().unwrap()]),
        details: vec![
            ("subject_name".to_owned(), "某某".to_owned()),
            ("filed_on".to_owned(), "2009-06-01".to_owned()),
        ],
    }
}

impl Desk {
    fn import(&mut self, day: &str, replaces: bool, filings: &[Filing]) {
        let mut import = self.registers.begin(replaces);
        for filing in filings {
            import.push(filing).unwrap();
        }
        import.finish(format!("{day}T01:00:00+08:00").parse().unwrap()).unwrap();
    }

    /// Number, state and day of leaving of each record of `domain`, in brief.
    fn told(&self, domain: &str) -> Vec<(String, FilingState, Option<String>)> {
        let register = self.registers.filings().unwrap().unwrap();
        let told = |brief: BriefRecord<'_>| {
            let left = brief.left_on.map(|day| day.to_string());
            (brief.site_number.unwrap().to_string(), brief.state, left)
        };
        let target = domain.parse().unwrap();
        register.read_briefs(&target, |briefs| briefs.into_iter().map(told).collect()).unwrap()
    }

    fn has_subject(&self, number: &str) -> bool {
        let register = self.registers.filings().unwrap().unwrap();
        register.has_subject(&number.parse().unwrap()).unwrap()
    }
}

#[test]
fn a_brief_holds_what_verdicts_rest_on_and_nobody() {
    let mut desk = desk();
    let row = filing("a.cn", "京ICP备05014806号-1", Active);
    desk.import("2026-11-01", false, std::slice::from_ref(&row));
    let register = desk.registers.filings().unwrap().unwrap();
    let target: Target = "a.cn".parse().unwrap();
    let filed_on = vec![("filed_on".to_owned(), "2009-06-01".to_owned())];
    let briefs = |target: &Target| {
        let filing = |brief: BriefRecord<'_>| brief.filing(target).unwrap();
        register.read_briefs(target, |briefs| briefs.into_iter().map(filing).collect::<Vec<_>>())
    };
    assert_eq!(briefs(&target).unwrap(), [Filing { details: filed_on, ..row.clone() }]);
    assert_eq!(register.lookup(&target).unwrap(), std::slice::from_ref(&row));
    assert_eq!(register.all().map(Result::unwrap).collect::<Vec<_>>(), [row]);
    assert_eq!(briefs(&"aa.cn".parse().unwrap()).unwrap(), []);
    assert_eq!(register.targets().map(Result::unwrap).collect::<Vec<_>>(), [target]);
}

#[test]
fn whoever_leaves_the_register_was_filed_until_then() {
    let mut desk = desk();
    let one = filing("a.cn", "京ICP备05014806号-1", Active);
    let two = filing("b.cn", "粤ICP备05014807号-1", Active);
    desk.import("2026-11-01", true, &[one.clone(), two.clone()]);
    desk.import("2026-11-02", true, std::slice::from_ref(&one));
    let left = |day: &str| Some(day.to_owned());
    let number = || "粤ICP备05014807号-1".to_owned();
    assert_eq!(desk.told("b.cn"), [(number(), Cancelled, left("2026-11-02"))]);
    // It stays known through further registers, also where the name is filed by another number.
    let other = filing("b.cn", "粤ICP备05014808号-1", Active);
    desk.import("2026-11-03", true, &[one.clone(), other]);
    let expected = [
        (number(), Cancelled, left("2026-11-02")),
        ("粤ICP备05014808号-1".to_owned(), Active, None),
    ];
    assert_eq!(desk.told("b.cn"), expected);
    assert!(desk.has_subject("粤ICP备05014807号") && !desk.has_subject("粤ICP备05014809号"));
    // Of people nothing is kept.
    let register = desk.registers.filings().unwrap().unwrap();
    let records = register.lookup(&"b.cn".parse().unwrap()).unwrap();
    let former = records.iter().find(|record| record.has_left()).unwrap();
    assert_eq!(former.detail("subject_name"), None);
    assert_eq!(register.all().count(), 2);
    // And it is forgotten when it is there again.
    desk.import("2026-11-04", false, &[two]);
    assert_eq!(desk.told("b.cn")[0], (number(), Active, None));
}

#[test]
fn a_cancellation_leaves_what_was_known() {
    let mut desk = desk();
    desk.import("2026-11-01", false, &[filing("a.cn", "京ICP备05014806号-1", Active)]);
    let bare = Filing {
        providers: None,
        details: vec![],
        ..filing("a.cn", "京ICP备05014806号-1", Cancelled)
    };
    desk.import("2026-11-02", false, &[bare]);
    let register = desk.registers.filings().unwrap().unwrap();
    let [record] = &register.lookup(&"a.cn".parse().unwrap()).unwrap()[..] else { panic!() };
    assert_eq!(record.state, Cancelled);
    assert_eq!(record.detail("filed_on"), Some("2009-06-01"));
    assert!(record.providers.is_some());
}

#[test]
fn a_register_of_another_version_says_so_and_is_mended_by_an_import() {
    let mut desk = desk();
    let row = filing("a.cn", "京ICP备05014806号-1", Active);
    desk.import("2026-11-01", false, std::slice::from_ref(&row));
    let living = desk.registers.living("filings").unwrap().files[BRIEFS].clone();
    let mut writer = SortedWriter::create(&desk.registers.dir.join(living)).unwrap();
    let target: Target = "a.cn".parse().unwrap();
    writer.push(&target.sort_key(), &[2, 1]).unwrap();
    writer.finish().unwrap();
    let error = desk.registers.filings().unwrap_err().to_string();
    assert!(error.contains("another version") && error.contains("import"), "{error}");
    desk.import("2026-11-02", false, std::slice::from_ref(&row));
    assert_eq!(desk.told("a.cn"), [("京ICP备05014806号-1".to_owned(), Active, None)]);
}
