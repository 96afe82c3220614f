//! Turns of the queues, on a clock that is moved by hand.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use jiff::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::facts::examination::HostExamination;
use crate::facts::examination::Sighting;
use crate::facts::filing::FilingStatus;
use crate::facts::placement::Placement;
use crate::net::pace::Settings;

struct Room {
    waiting: Waiting,
    pace: Pace,
    dir: TempDir,
}

fn survey(name: &str) -> Survey {
    Survey::of(Examination {
        target: name.parse().unwrap(),
        night: 1,
        at: Timestamp::UNIX_EPOCH,
        channel: "list".to_owned(),
        names: 1,
        filing: FilingStatus::None,
        upstream: None,
        steady_since: 0,
        hosts: vec![],
    })
}

fn at(provider: &str, address: u32) -> Place {
    Place {
        address: Ipv4Addr::from((1 << 24) + address).into(),
        parties: Parties::holding(provider.parse().ok()),
    }
}

impl Room {
    fn new(settings: &Settings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let pace = Pace::new(settings);
        let waiting = Waiting::new(dir.path(), &pace).unwrap();
        Self { waiting, pace, dir }
    }

    fn push(&mut self, name: &str, place: Place, worth: Worth) {
        self.waiting.push(survey(name), place, worth).unwrap();
    }

    /// The next target and its place, when time has passed as it must; every visit takes no time.
    async fn next(&mut self) -> Option<(String, Place)> {
        loop {
            match self.waiting.next(&self.pace, 512, 512).unwrap() {
                Next::Visit(survey, place, _turn) => {
                    self.waiting.back(&place);
                    return Some((survey.examination.target.to_string(), place));
                }
                Next::At(moment) => tokio::time::sleep_until(moment).await,
                Next::Nobody => return None,
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_matters_more_comes_first() {
    let mut room = Room::new(&Settings::default());
    for (name, worth) in [
        ("seen.cn", Worth::Seen(8)),
        ("long-unseen.cn", Worth::Seen(2)),
        ("new.cn", Worth::New),
        ("changed.cn", Worth::Changed),
        ("due.cn", Worth::Due),
        ("answered.cn", Worth::Answered),
        ("standing.cn", Worth::Standing),
    ] {
        room.push(name, at("P1", 1), worth);
    }
    let mut order = Vec::new();
    while let Some((name, _)) = room.next().await {
        order.push(name);
    }
    let expected = [
        "answered.cn",
        "due.cn",
        "standing.cn",
        "new.cn",
        "changed.cn",
        "long-unseen.cn",
        "seen.cn",
    ];
    assert_eq!(order, expected);
    assert!(room.waiting.lines.is_empty() && room.waiting.wakes.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_provider_with_a_long_line_keeps_nobody_else_waiting() {
    let mut room = Room::new(&Settings::default());
    for number in 0..20_000 {
        room.push(&format!("a{number}.cn"), at("P1", number % 3), Worth::New);
    }
    for number in 0..10 {
        room.push(&format!("b{number}.cn"), at("P2", 100 + number), Worth::New);
    }
    let mut of_second = 0;
    for _ in 0..40 {
        let (_, place) = room.next().await.unwrap();
        of_second += usize::from(place.parties == at("P2", 0).parties);
    }
    assert_eq!(of_second, 10, "the first has three addresses, so thirty turns take ten seconds");
}

#[tokio::test(start_paused = true)]
async fn the_whole_pace_is_used_although_one_address_has_most_of_the_names() {
    let mut room = Room::new(&Settings::default());
    // First those of one address, far more than are held in memory, then a few of many others.
    for number in 0..12_000 {
        room.push(&format!("a{number}.cn"), at("P1", 0), Worth::New);
    }
    for number in 0..3_000 {
        room.push(&format!("b{number}.cn"), at("P1", 1 + number % 300), Worth::New);
    }
    let begin = Instant::now();
    let mut counts: BTreeMap<IpAddr, u32> = BTreeMap::new();
    for _ in 0..3_000 {
        let (_, place) = room.next().await.unwrap();
        *counts.entry(place.address).or_default() += 1;
    }
    let least = Duration::from_millis(50) * 3_000;
    let elapsed = begin.elapsed();
    assert!(elapsed < least * 105 / 100, "{elapsed:?}, {counts:?}");
    let turns = counts[&at("P1", 0).address];
    assert!(turns >= 100 && u64::from(turns) <= elapsed.as_secs() + 1, "{turns} in {elapsed:?}");
    assert!(room.waiting.held < 10_000, "{} in memory", room.waiting.held);
}

#[tokio::test(start_paused = true)]
async fn everybody_has_a_turn_once_however_many_wait() {
    let fast = Settings { per_address: 1e6, per_provider: 1e6, ..Settings::default() };
    let mut room = Room::new(&fast);
    let mut names = BTreeSet::new();
    for number in 0..15_000_u32 {
        let provider = ["P1", "P2", ""][number as usize % 3];
        room.push(&format!("a{number}.cn"), at(provider, number % 700), Worth::Seen(number % 5));
        names.insert(format!("a{number}.cn"));
    }
    assert_eq!(room.waiting.len(), 15_000);
    assert!(room.waiting.held <= 3 * 4096, "{} in memory", room.waiting.held);
    while let Some((name, _)) = room.next().await {
        assert!(names.remove(&name), "{name} came twice");
    }
    assert_eq!((names.len(), room.waiting.len(), room.waiting.held), (0, 0, 0));
    assert!(room.waiting.lines.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_asked_is_given_up_and_nothing_is_lost() {
    let mut room = Room::new(&Settings::default());
    for number in 0..10_000 {
        room.push(&format!("a{number}.cn"), at("P1", 0), Worth::New);
    }
    for _ in 0..5 {
        room.next().await.unwrap();
    }
    for _ in 0..10 {
        room.pace.visited(at("P1", 0).address, false);
    }
    let next = room.waiting.next(&room.pace, 512, 512).unwrap();
    assert!(matches!(next, Next::At(moment) if moment > Instant::now() + Duration::from_secs(200)));
    let mut given_up = 0;
    while room.waiting.give_up().unwrap().is_some() {
        given_up += 1;
    }
    assert_eq!((given_up, room.waiting.len()), (9_995, 0));
}

#[tokio::test(start_paused = true)]
async fn a_slow_address_and_a_slow_provider_leave_places_to_others() {
    let mut room = Room::new(&Settings { per_provider: 1000.0, ..Settings::default() });
    let mut begun = |free: usize, places: usize| {
        let next = room.waiting.next(&room.pace, free, places).unwrap();
        matches!(next, Next::Visit(..))
    };
    assert!(!begun(8, 8));
    for number in 0..100 {
        room.push(&format!("a{number}.cn"), at("P1", number), Worth::New);
    }
    room.push("b.cn", at("P2", 200), Worth::New);
    let mut visits = Vec::new();
    for free in (0..=8).rev() {
        tokio::time::advance(Duration::from_millis(60)).await;
        if free > 0
            && let Next::Visit(_, place, _turn) = room.waiting.next(&room.pace, free, 8).unwrap()
        {
            visits.push(place.parties.holder.unwrap().to_string());
        }
    }
    let firsts = visits.iter().filter(|provider| *provider == "P1").count();
    assert!(visits.contains(&"P2".to_owned()), "{visits:?}");
    assert!(firsts < 8, "{visits:?}");
}

#[tokio::test(start_paused = true)]
async fn who_asked_to_be_left_alone_is_whatever_others_at_the_address_are() {
    let mut room = Room::new(&Settings::default());
    let hour = Duration::from_hours(1);
    let begin = Instant::now();
    let asks = |time: Duration| {
        let until = Clock::default().now() + time;
        let mut asks = survey("asked.cn");
        asks.left_alone = vec![(at("P1", 1).address, until)];
        asks
    };
    room.waiting.push_again(&asks(hour), at("P1", 1)).unwrap();
    room.push("other.cn", at("P1", 1), Worth::New);
    assert_eq!(room.waiting.len(), 2);
    assert_eq!(room.next().await.unwrap().0, "other.cn");
    assert!(begin.elapsed() < hour);
    let (name, place) = room.next().await.unwrap();
    assert_eq!((&*name, place), ("asked.cn", at("P1", 1)));
    // How long was left is reckoned by the real time.
    assert!(begin.elapsed() + Duration::from_mins(1) >= hour);
    assert_eq!(room.waiting.len(), 0);
    room.waiting.push_again(&asks(3 * hour), at("P1", 1)).unwrap();
    let (given_up, _) = room.waiting.give_up().unwrap().unwrap();
    assert_eq!(given_up.examination.target.to_string(), "asked.cn");
    assert_eq!(room.waiting.len(), 0);

    // What it asked for is told in a run after a crash as well.
    room.waiting = Waiting::new(room.dir.path(), &room.pace).unwrap();
    let address = at("P1", 1).address;
    let mut again = survey("asked.cn");
    let sighting = Sighting { address, placement: Placement::Abroad, visits: Vec::new() };
    again.examination.hosts = vec![HostExamination {
        host: None,
        resolution: None,
        sightings: vec![sighting],
        is_invented: false,
    }];
    room.waiting.push(again, at("P1", 1), Worth::New).unwrap();
    let again = loop {
        match room.waiting.next(&room.pace, 512, 512).unwrap() {
            Next::Visit(again, ..) => break again,
            Next::At(moment) => tokio::time::sleep_until(moment).await,
            Next::Nobody => panic!("it waits"),
        }
    };
    assert_eq!(again.left_alone.len(), 1);
    assert!(again.left_alone[0].1 > Clock::default().now() + 2 * hour);
}

#[tokio::test(start_paused = true)]
async fn a_cdn_and_the_holder_of_its_addresses_share_the_turns_of_both() {
    let mut room = Room::new(&Settings { per_address: 1000.0, ..Settings::default() });
    let by_cdn = |address| {
        let plain = at("P1", address);
        Place { parties: Parties { cdn: "D1".parse().ok(), ..plain.parties }, ..plain }
    };
    for number in 0..40 {
        room.push(&format!("a{number}.cn"), at("P1", number), Worth::New);
        room.push(&format!("b{number}.cn"), by_cdn(100 + number), Worth::New);
    }
    let begin = Instant::now();
    let mut of_cdn = 0;
    for _ in 0..40 {
        let (_, place) = room.next().await.unwrap();
        of_cdn += usize::from(place.parties.cdn.is_some());
    }
    assert!((18..=22).contains(&of_cdn), "{of_cdn} of 40 were the CDN's");
    let took = begin.elapsed().as_millis();
    assert!((1900..2100).contains(&took), "40 turns of 20 a second took {took} ms");
}
