//! Nights that are asked for over the interface: begun inside the process that serves, watched as they
//! go, and pulled from meanwhile.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use crate::desk::Desk;
use crate::held_night::Silent;
use crate::served::Served;
use crate::served::key;
use crate::town::Town;
use crate::town::text;
use crate::transferring::reallot;

const PACE: &str = "\n[serve]\ncalls_per_second = 100000\ncalls_at_once = 100000\n";

#[test]
fn a_night_is_begun_by_an_authority_watched_live_and_never_begun_twice() {
    let desk = Desk::new();
    desk.import("providers", "providers.csv", "id,name,kind,bureau\nP4,示例云,provider,北京\n");
    let (ministry, _) = key(&desk, &["--ministry"]);
    let (provider, _) = key(&desk, &["--provider", "P4"]);
    let silent = Silent::new();
    let held = std::fs::read(silent.configure(&desk)).unwrap();
    desk.write("chabei.toml", held);
    let served = Served::start(&desk);
    let begin = |body: &Value| served.call("POST", "/scans", Some(&ministry), Some(body));
    let told = begin(&json!({"domains": ["www.a.cn", "no domain"]})).ends(202).json();
    assert_eq!(told, json!({"scan": 1, "passed_over": ["no domain"]}));
    silent.is_asked();
    let (name, told) = served.events("/scans/1", &ministry, 1).remove(0);
    assert_eq!(
        (name.as_str(), &told["scan"], &told["finished"]),
        ("progress", &json!(1), &json!(null))
    );
    served.get("/scans/1", &provider).ends(404);
    let refused = begin(&json!({})).ends(409).json();
    assert_eq!(refused["detail"], "a night is under way");
    desk.run(&["scan"]).ends(4);
    // Killed as by a power cut, the night is unfinished, and told so.
    drop(served);
    let served = Served::start(&desk);
    let told = served.get("/scans/1", &ministry).ends(200).json();
    assert_eq!((&told["ended_by"], &told["finished"]), (&json!(null), &json!(null)));
    let nobody = json!({"domains": []});
    served.call("POST", "/scans", Some(&ministry), Some(&nobody)).ends(422);
}

#[test]
fn a_night_asked_for_over_the_interface_finds_what_a_scan_finds_and_says_so_at_its_end() {
    let town = Town::new(60, 11);
    town.import_all();
    town.import_into("other");
    let (ministry, _) = key(&town, &["--ministry"]);
    let served = Served::start(&town);
    served.call("POST", "/scans", Some(&ministry), Some(&json!({}))).ends(202);
    let events = served.events("/scans/1", &ministry, usize::MAX);
    let (last, told) = events.last().unwrap();
    assert_eq!(last, "end");
    assert_eq!(told["ended_by"], "done");
    assert_eq!(told, &served.get("/scans/1", &ministry).ends(200).json());
    assert!(events[..events.len() - 1].iter().all(|(name, _)| name == "progress"));
    let pages = served.get("/findings?limit=1000", &ministry).ends(200).json();
    assert_eq!(served.stop(), Some(0));
    town.run_over("other", &["scan"]).ends(0);
    let set = |found: &[Value]| -> BTreeSet<Vec<String>> {
        let fields = ["/domain", "/kind", "/provider/id", "/bureau"];
        let row = |one: &Value| fields.map(|field| text(one, field).unwrap_or("-").to_owned());
        found.iter().map(|one| row(one).to_vec()).collect()
    };
    let expected = town.run_over("other", &["findings", "--format", "jsonl"]).json();
    assert!(expected.len() > 5);
    assert_eq!(set(pages["findings"].as_array().unwrap()), set(&expected));
}

/// A puller: what it has on its disk, and how it is killed.
struct Puller<'a> {
    key: &'a str,
    taken: Vec<u64>,
    /// The numbers of those that said that a finding went to others.
    left: Vec<u64>,
    cursor: Arc<AtomicU64>,
    random: u64,
}

impl Puller<'_> {
    /// Pulls once; killed at random before the call is over, or before what came is on its disk.
    fn pull(&mut self, served: &Served, may_be_killed: bool) -> usize {
        // Any numbers will do that are not the same each time.
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (chance, patience) = ((self.random >> 33) % 3, (self.random >> 40) % 4000);
        let path = format!("/changes?after={}&limit=7", self.cursor.load(Ordering::Relaxed));
        let patience = (may_be_killed && chance == 0).then_some(Duration::from_micros(patience));
        let Some(came) = served.get_within(&path, self.key, patience) else { return 1 };
        let came = came.ends(200).json();
        let changes = came["changes"].as_array().unwrap();
        if !may_be_killed || chance != 1 {
            let sequences = changes.iter().map(|change| change["sequence"].as_u64().unwrap());
            self.taken.extend(sequences);
            for change in changes.iter().filter(|change| change["kind"] == "left") {
                let told = change.as_object().unwrap();
                let fields = told.keys().map(String::as_str).collect::<Vec<_>>();
                assert_eq!(fields, ["at", "finding", "kind", "sequence"]);
                self.left.push(change["sequence"].as_u64().unwrap());
            }
            self.cursor.store(came["next"].as_u64().unwrap(), Ordering::Relaxed);
        }
        changes.len()
    }
}

/// The ids of those that are meant.
fn ids(findings: &[Value], is_meant: impl Fn(&Value) -> bool) -> BTreeSet<String> {
    let meant = findings.iter().filter(|finding| is_meant(finding));
    meant.map(|finding| text(finding, "/id").unwrap().to_owned()).collect()
}

/// Three nights, and the number of the newest change then.
fn live_through(town: &Town, served: &Served, ministry: &str) -> u64 {
    let mut told = 0;
    for night in 1..=3 {
        if night > 1 {
            town.play(night);
            town.import_all();
        }
        let begun = served.call("POST", "/scans", Some(ministry), Some(&json!({}))).ends(202);
        assert_eq!(begun.json()["scan"], night);
        let events = served.events(&format!("/scans/{night}"), ministry, usize::MAX);
        assert_eq!(events.last().unwrap().1["ended_by"], "done");
        let page = served.get(&format!("/changes?after={told}&limit=1000"), ministry).json();
        // The third is of the same day, on which nothing counts twice; it may have nothing to tell.
        let is_told = !page["changes"].as_array().unwrap().is_empty();
        assert!(is_told || night == 3, "night {night} tells something");
        told = page["next"].as_u64().unwrap();
    }
    told
}

#[test]
fn a_puller_killed_at_random_has_every_change_once_and_in_order_while_three_nights_run() {
    let town = Town::new(80, 5);
    let toml = std::fs::read_to_string(town.path("chabei.toml")).unwrap();
    town.write("chabei.toml", format!("{toml}{PACE}"));
    town.import_all();
    let standing = town.truth().into_iter().flat_map(|site| site.findings);
    let providers: Vec<String> =
        standing.filter_map(|finding| Some(finding.provider?.to_string())).collect();
    let count = |id: &&String| providers.iter().filter(|other| other == id).count();
    let busiest = providers.iter().max_by_key(count).unwrap();
    let (ministry, _) = key(&town, &["--ministry"]);
    let (provider, _) = key(&town, &["--provider", busiest]);
    let (bureau, _) = key(&town, &["--bureau", "北京"]);
    let served = Served::start(&town);
    let puller = |key| Puller {
        key,
        taken: Vec::new(),
        left: Vec::new(),
        cursor: Arc::default(),
        random: 7,
    };
    let [mut all, mut own, mut losing] = [&ministry, &provider, &bureau].map(|key| puller(key));
    let reached = Arc::clone(&losing.cursor);
    let of_bureau = Mutex::new(BTreeSet::new());
    let mut told = 0;
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for puller in [&mut all, &mut own, &mut losing] {
            let (served, is_over) = (&served, &is_over);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    puller.pull(served, true);
                }
                while puller.pull(served, false) > 0 {}
            });
        }
        told = live_through(&town, &served, &ministry);
        // All that lies with Beijing goes to Hebei, while it is pulled. What was not asked for by then is
        // told no more.
        let page = served.get("/changes?limit=1000", &bureau).ends(200).json();
        while reached.load(Ordering::Relaxed) < page["next"].as_u64().unwrap() {
            std::thread::yield_now();
        }
        *of_bureau.lock().unwrap() = ids(&town.findings(), |finding| finding["bureau"] == "北京");
        let words = [(",false,,", ",false,河北,"), (",false,北京,", ",false,河北,")];
        reallot(&town, |_| true, &words);
        town.run(&["scan", "--rejudge"]).ends(0);
        is_over.store(true, Ordering::Relaxed);
    });
    let page = served.get("/changes?limit=1000", &ministry).json();
    let changes = page["changes"].as_array().unwrap();
    let sequence = |change: &Value| change["sequence"].as_u64().unwrap();
    assert_eq!(all.taken, (1..=changes.len() as u64).collect::<Vec<_>>());
    // Whose a finding is, the command says, which does not know of the feed.
    let is_transfer = |change: &Value| change["kind"] == "transferred";
    let (before, after): (Vec<_>, Vec<_>) =
        changes.iter().partition(|change| sequence(change) <= told);
    assert!(!before.into_iter().any(is_transfer) && after.into_iter().all(is_transfer));
    let of = |theirs: &BTreeSet<String>| -> Vec<u64> {
        let is_own =
            |change: &&Value| text(change, "/finding").is_some_and(|id| theirs.contains(id));
        changes.iter().filter(is_own).map(sequence).collect()
    };
    let expected = of(&ids(&town.findings(), |finding| {
        ["/provider/id", "/carrier/id"].iter().any(|who| text(finding, who) == Some(busiest))
    }));
    assert!(expected.len() > 5, "{busiest} has too little to pull");
    assert_eq!((own.taken, own.left), (expected, vec![]));
    // Each that went was told of to the end, then once that it went.
    let of_bureau = of_bureau.into_inner().unwrap();
    let expected = of(&of_bureau);
    let went: Vec<u64> = expected.iter().copied().filter(|sequence| *sequence > told).collect();
    assert!(went.len() > 2, "{} of {} findings went", went.len(), of_bureau.len());
    assert_eq!((losing.taken, losing.left), (expected, went));
    assert_eq!(served.stop(), Some(0));
}
