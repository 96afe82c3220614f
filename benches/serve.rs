//! A page of 500 findings out of many, and the pull of every change of one provider, while somebody
//! writes findings as fast as the disk allows: `cargo bench --bench serve -- --findings 1000000`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench fails and tells on stdout")]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use chabei::facts::change::Change;
use chabei::facts::change::ChangeKind;
use chabei::facts::finding::Finding;
use chabei::facts::finding::FindingKey;
use chabei::facts::finding::FindingState;
use chabei::facts::finding::Kind;
use chabei::facts::finding::Sightings;
use chabei::facts::scope::KeyScope;
use chabei::publish::told::ToldView;
use chabei::publish::view::FindingView;
use chabei::publish::view::ProviderNames;
use chabei::store::catalogue::Wanted;
use chabei::store::catalogue::WantedState;
use chabei::store::findings::Findings;
use chabei::store::findings::Update;
use jiff::Timestamp;
use ulid::Ulid;

/// Findings of one batch.
const BATCH: u64 = 1000;

fn argument(name: &str, usual: u64) -> u64 {
    let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
    arguments.next().and_then(|number| number.parse().ok()).unwrap_or(usual)
}

/// One finding in ten lies at the provider that is asked for.
fn finding(number: u64) -> Finding {
    let provider = if number.is_multiple_of(10) { 0 } else { number % 97 + 1 };
    Finding {
        id: Ulid::from(u128::from(number)),
        key: FindingKey {
            target: format!("d{number}.cn").parse().unwrap(),
            kind: Kind::Unfiled,
            provider: format!("P{provider}").parse().ok(),
        },
        bureau: "北京".parse().unwrap(),
        channel: "list".to_owned(),
        state: FindingState::Open,
        reopened: 0,
        first_seen: Timestamp::UNIX_EPOCH,
        last_seen: Timestamp::UNIX_EPOCH,
        times_seen: 1,
        due: jiff::civil::date(2026, 12, 31),
        seen: Sightings {
            carrier: "C1".parse().ok(),
            hosts: vec![format!("www.d{number}.cn").parse().unwrap()],
            addresses: vec!["10.1.2.3".parse().unwrap()],
            ..Sightings::default()
        },
        answer: None,
        nights_in_row: 0,
        last_night: 1,
        has_lapsed: false,
    }
}

fn opened(finding: &Finding) -> Change {
    Change {
        finding: finding.id,
        kind: ChangeKind::Opened,
        state: finding.state,
        at: Timestamp::UNIX_EPOCH,
        reasons: vec![],
        actor: "night 1".to_owned(),
        note: None,
    }
}

fn fill(findings: &Findings, count: u64) {
    for first in (0..count).step_by(usize::try_from(BATCH).unwrap()) {
        let all: Vec<Finding> = (first..count.min(first + BATCH)).map(finding).collect();
        let changes = all.iter().map(opened).collect();
        let update = Update { findings: all, changes, ..Update::default() };
        findings.apply([&update], None).unwrap();
    }
}

fn main() {
    let count = argument("--findings", 20_000);
    let pages = argument("--pages", 400);
    let dir = tempfile::tempdir().unwrap();
    let findings = Findings::open(&dir.path().join("findings")).unwrap();
    let begun = Instant::now();
    fill(&findings, count);
    println!("{count} findings written in {:.1} s", begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    findings.catalogue().unwrap();
    println!("the catalogue was built in {:.2} s", begun.elapsed().as_secs_f64());

    let stop = Arc::new(AtomicBool::new(false));
    let writer = {
        let (findings, stop) = (findings.clone(), Arc::clone(&stop));
        std::thread::spawn(move || {
            let mut written = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                let from = written % count;
                let all = (from..count.min(from + 256))
                    .map(|number| Finding { times_seen: 2, ..finding(number) });
                let update = Update { findings: all.collect(), ..Update::default() };
                findings.apply([&update], None).unwrap();
                written += 256;
            }
            written
        })
    };
    let names = ProviderNames::default();
    for scope in [KeyScope::Ministry, KeyScope::Provider("P0".parse().unwrap())] {
        let mut times = Vec::new();
        let mut after = None;
        for _ in 0..pages {
            let begun = Instant::now();
            let page =
                findings.catalogue().unwrap().page(&wanted(scope.clone()), after, 500).unwrap();
            let views: Vec<FindingView> = page
                .rows
                .iter()
                .map(|row| FindingView::of(&row.finding, &names, Timestamp::UNIX_EPOCH))
                .collect();
            let body = serde_json::to_vec(&views).unwrap();
            times.push(begun.elapsed());
            assert!(!body.is_empty());
            after = page.next;
        }
        times.sort();
        let at = |part: usize| -> Duration { times[(times.len() - 1) * part / 100] };
        println!("a page of 500, {scope:?}: p50 {:?}, p99 {:?}", at(50), at(99));
    }
    let scope = KeyScope::Provider("P0".parse().unwrap());
    let (begun, mut after, mut pulled) = (Instant::now(), 0, 0_usize);
    loop {
        let page = findings.catalogue().unwrap().changes(&scope, after, 1000).unwrap();
        let Some(last) = page.last() else { break };
        for one in &page {
            let told = findings.told(one.sequence).unwrap().unwrap();
            let row = findings.catalogue().unwrap().row(&scope, told.change.finding).unwrap();
            let view = FindingView::of(&row.unwrap().finding, &names, Timestamp::UNIX_EPOCH);
            serde_json::to_vec(&(ToldView::of(&told), view)).unwrap();
        }
        pulled += page.len();
        after = last.sequence;
    }
    println!("{pulled} changes of one provider pulled in {:.2} s", begun.elapsed().as_secs_f64());
    stop.store(true, Ordering::Relaxed);
    println!("{} findings were written meanwhile", writer.join().unwrap());
}

fn wanted(scope: KeyScope) -> Wanted {
    Wanted {
        scope,
        kinds: vec![],
        state: WantedState::Standing,
        provider: None,
        bureau: None,
        due_before: None,
        is_referred: false,
    }
}
