//! The pace, on a clock that is moved by hand.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::*;
use crate::net::pace::strangers::FEW;
use crate::net::pace::strangers::MEMORY;

/// Sends every request at once, and tells at which millisecond each had its turn.
async fn turns(settings: Settings, requests: &[(u8, &'static str)]) -> Vec<(u8, u128)> {
    let pace = Arc::new(Pace::new(&settings));
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for &(address, provider) in requests {
        let pace = Arc::clone(&pace);
        tasks.spawn(async move {
            let _leave = pace.turn(at(address), &held_by(provider)).await.unwrap();
            (address, begin.elapsed().as_millis())
        });
    }
    let mut turns = tasks.join_all().await;
    turns.sort_unstable_by_key(|(_, at)| *at);
    turns
}

fn gaps(turns: &[(u8, u128)], address: u8) -> Vec<u128> {
    let at: Vec<u128> = turns.iter().filter(|t| t.0 == address).map(|t| t.1).collect();
    at.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[tokio::test(start_paused = true)]
async fn an_address_is_spoken_to_once_a_gap_and_others_do_not_wait_for_it() {
    let settings = Settings { per_address: 2.0, ..Settings::default() };
    let turns = turns(settings, &[(1, ""), (1, ""), (1, ""), (2, "")]).await;
    assert!(gaps(&turns, 1).iter().all(|gap| (500..510).contains(gap)), "{turns:?}");
    assert!(turns.iter().any(|turn| turn.0 == 2 && turn.1 < 60), "{turns:?}");
}

#[tokio::test(start_paused = true)]
async fn a_provider_is_spoken_to_at_its_own_rate_over_all_its_addresses() {
    let requests: Vec<_> = (0..100).map(|address| (address, "P1")).collect();
    let turns = turns(Settings::default(), &requests).await;
    assert!(turns.windows(2).all(|pair| pair[1].1 - pair[0].1 >= 39), "{turns:?}");
    assert!(turns[99].1 < 99 * 52, "{turns:?}");
}

#[tokio::test(start_paused = true)]
async fn an_address_keeps_its_gap_however_long_its_provider_was_waited_for() {
    let mut requests = vec![(200, "P1")];
    requests.extend((0..37).map(|address| (address, "P1")));
    requests.extend([(200, "P1"), (200, "P1")]);
    let turns = turns(Settings::default(), &requests).await;
    assert!(gaps(&turns, 200).iter().all(|gap| *gap >= 1000), "{turns:?}");
}

#[tokio::test(start_paused = true)]
async fn gates_of_the_past_are_forgotten() {
    let pace = Pace::new(&Settings::default());
    for number in 0..50_000_u32 {
        drop(pace.turn(Ipv4Addr::from(number + (1 << 24)).into(), &Parties::default()).await);
        if number % 3 == 0 {
            pace.visited(Ipv4Addr::from(number + (1 << 24)).into(), false);
        }
        if number % 1000 == 0 {
            tokio::time::advance(Duration::from_secs(2)).await;
        }
    }
    let gates = pace.addresses.gates.lock().unwrap();
    // A map has room for up to twice what it holds.
    assert!(gates.capacity() <= 16 * FEW, "{} gates", gates.capacity());
}

/// Addresses that a provider holds; nobody where it has no name.
fn held_by(id: &str) -> Parties {
    Parties::holding(id.parse().ok())
}

fn at(last: u8) -> IpAddr {
    Ipv4Addr::new(1, 2, 4, last).into()
}

#[tokio::test(start_paused = true)]
async fn a_turn_is_given_at_once_or_not_at_all_and_says_who_is_busy() {
    let pace = Pace::new(&Settings::default());
    let p1 = held_by("P1");
    let now = Instant::now();
    let turn = pace.try_turn(at(1), &p1).unwrap();
    let not_yet = pace.try_turn(at(1), &p1).unwrap_err();
    assert!(matches!(not_yet, NotYet::Address(until) if until >= now + Duration::from_secs(1)));
    let not_yet = pace.try_turn(at(2), &p1).unwrap_err();
    let NotYet::Provider(until) = not_yet else { panic!("{not_yet:?}") };
    assert!(until >= now + Duration::from_millis(40) && until < now + Duration::from_millis(52));
    // The turn at the address was not spent on finding that out.
    tokio::time::advance(Duration::from_millis(51)).await;
    let _second = pace.try_turn(at(2), &p1).unwrap();
    // Its own turn is there already; the next one has to wait.
    let begin = Instant::now();
    let both = async {
        let _leave = pace.turn(at(1), &p1).await.unwrap();
        let first = begin.elapsed();
        let _leave = pace.turn(at(1), &p1).await.unwrap();
        (first, begin.elapsed())
    };
    let (first, second) = Pace::with_turn(turn, both).await;
    assert_eq!(first, Duration::ZERO);
    assert!(second >= Duration::from_millis(949), "{second:?}");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_was_late_makes_up_for_it_and_is_never_ahead() {
    let pace = Pace::new(&Settings { per_address: 1000.0, ..Settings::default() });
    let p1 = held_by("P1");
    let begin = Instant::now();
    for turn in 0..200_u32 {
        let _leave = pace.turn(at(1), &p1).await.unwrap();
        let due = Duration::from_millis(50) * turn;
        assert!(begin.elapsed() + Duration::from_millis(11) >= due, "turn {turn}");
        // As if the machine were busy.
        tokio::time::advance(Duration::from_millis(4)).await;
    }
    let elapsed = begin.elapsed();
    assert!(elapsed < Duration::from_millis(200 * 50 + 60), "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn whoever_says_that_it_is_too_much_is_left_alone() {
    let pace = Pace::new(&Settings::default());
    let p1 = held_by("P1");
    let _leave = pace.turn(at(1), &p1).await.unwrap();
    pace.heard(at(1), &p1, Some(Duration::from_secs(30)));
    let begin = Instant::now();
    let _leave = pace.turn(at(1), &p1).await.unwrap();
    assert!(begin.elapsed() >= Duration::from_secs(30));
    pace.heard(at(1), &p1, Some(Duration::from_secs(100)));
    assert_eq!(pace.turn(at(1), &p1).await.err(), Some(PutOff));
    let begin = Instant::now();
    let _leave = pace.turn(at(2), &p1).await.unwrap();
    assert!(begin.elapsed() < Duration::from_secs(1), "its neighbour is not to blame");
}

#[tokio::test(start_paused = true)]
async fn a_cdn_is_spoken_to_at_the_pace_of_a_provider_whoever_holds_its_addresses() {
    let pace = Arc::new(Pace::new(&Settings::default()));
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for address in 0..40 {
        let pace = Arc::clone(&pace);
        let holder = ["H1", "H2", "H3", ""][usize::from(address % 4)].parse().ok();
        let parties = Parties { holder, cdn: "D1".parse().ok() };
        tasks.spawn(async move {
            let leave = pace.turn(at(address), &parties).await.unwrap();
            leave.speak().await;
            begin.elapsed().as_millis()
        });
    }
    let mut spoken = tasks.join_all().await;
    spoken.sort_unstable();
    assert!(spoken.windows(2).all(|pair| pair[1] - pair[0] >= 39), "{spoken:?}");
    assert!((1940..2100).contains(&spoken[39]), "{spoken:?}");
    let by_cdn = Parties { holder: "H9".parse().ok(), cdn: "D1".parse().ok() };
    assert!(matches!(pace.try_turn(at(51), &by_cdn), Err(NotYet::Provider(_))));
    tokio::time::advance(Duration::from_millis(60)).await;
    assert!(pace.try_turn(at(51), &by_cdn).is_ok());
}

#[tokio::test(start_paused = true)]
async fn two_who_serve_from_each_other_never_wait_for_each_other() {
    let pace = Arc::new(Pace::new(&Settings::default()));
    let mut tasks = JoinSet::new();
    for address in 0..60 {
        let pace = Arc::clone(&pace);
        let (one, other) = if address % 2 == 0 { ("A", "B") } else { ("B", "A") };
        let parties = Parties { holder: one.parse().ok(), cdn: other.parse().ok() };
        tasks.spawn(async move {
            let leave = pace.turn(at(address), &parties).await.unwrap();
            leave.speak().await;
        });
    }
    let all = tokio::time::timeout(Duration::from_secs(10), tasks.join_all());
    assert_eq!(all.await.map(|all| all.len()), Ok(60));
}

#[tokio::test(start_paused = true)]
async fn many_addresses_speak_for_their_provider() {
    let pace = Pace::new(&Settings { per_provider: 1.0, ..Settings::default() });
    let p1 = held_by("P1");
    for address in 1..=4 {
        pace.heard(at(address), &p1, Some(Duration::ZERO));
    }
    let not_yet = pace.try_turn(at(9), &p1).unwrap_err();
    assert!(matches!(not_yet, NotYet::Provider(_)), "{not_yet:?}");
    assert!(pace.try_turn(at(9), &held_by("P2")).is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_address_where_nobody_is_reached_rests_and_is_tried_with_one_target() {
    let pace = Pace::new(&Settings { failures: 3, ..Settings::default() });
    for _ in 0..3 {
        pace.visited(at(1), false);
    }
    let not_yet = pace.try_turn(at(1), &Parties::default()).unwrap_err();
    assert_eq!(not_yet, NotYet::Address(Instant::now() + Duration::from_mins(5)));
    tokio::time::advance(Duration::from_mins(5)).await;
    let _tried = pace.try_turn(at(1), &Parties::default()).unwrap();
    tokio::time::advance(Duration::from_secs(2)).await;
    assert!(pace.try_turn(at(1), &Parties::default()).is_err(), "one target is enough to try");
    pace.visited(at(1), true);
    assert!(pace.try_turn(at(1), &Parties::default()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn deserted_is_only_where_nobody_was_ever_reached_however_long_ago() {
    let pace = Pace::new(&Settings { failures: 3, ..Settings::default() });
    pace.heard(at(1), &Parties::default(), None);
    pace.heard(at(2), &Parties::default(), Some(Duration::ZERO));
    pace.visited(at(3), true);
    tokio::time::advance(MEMORY * 2).await;
    // Enough others for all gates that rest to be dropped.
    for number in 0..50_000_u32 {
        drop(pace.addresses.of(Ipv4Addr::from(number + (1 << 24)).into()));
    }
    assert!(pace.addresses.gates.lock().unwrap().len() < 50_000);
    let deserted = |address| {
        assert!(!pace.is_deserted(at(address)), "the measure is not full");
        (0..3).for_each(|_| pace.visited(at(address), false));
        pace.is_deserted(at(address))
    };
    assert_eq!([1, 2, 3, 4].map(deserted), [false, false, false, true]);
    pace.visited(at(4), true);
    assert!(!pace.is_deserted(at(4)));
}

/// Sends to these addresses of one provider in a row; each speaks so many milliseconds after its
/// turn. Tells at which millisecond each spoke.
async fn spoken(settings: Settings, requests: &[(u8, u64)]) -> Vec<(u8, u128)> {
    let pace = Pace::new(&settings);
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for &(address, late) in requests {
        let leave = pace.turn(at(address), &held_by("P1")).await.unwrap();
        tasks.spawn(async move {
            tokio::time::sleep(Duration::from_millis(late)).await;
            leave.speak().await;
            (address, begin.elapsed().as_millis())
        });
    }
    let mut spoken = tasks.join_all().await;
    spoken.sort_unstable_by_key(|(_, at)| *at);
    spoken
}

#[tokio::test(start_paused = true)]
async fn an_address_keeps_its_gap_however_late_a_request_goes_out() {
    let settings = Settings { per_address: 10.0, per_provider: 1000.0, ..Settings::default() };
    let late = [0, 90, 3, 0, 250, 0, 0, 7, 0, 0].map(|late| (1, late));
    let spoken = spoken(settings, &late).await;
    assert!(gaps(&spoken, 1).iter().all(|gap| *gap >= 100), "{spoken:?}");
    // The latest is waited for, and no other turn is lost.
    assert!(spoken[9].1 <= 9 * 101 + 250, "{spoken:?}");
}

#[tokio::test(start_paused = true)]
async fn a_provider_keeps_its_gap_however_late_the_requests_to_its_addresses_go_out() {
    let requests: Vec<_> = (0..100).map(|number| (number, u64::from(number) * 37 % 90)).collect();
    let spoken = spoken(Settings::default(), &requests).await;
    let haste = |pair: &[(u8, u128)]| pair[1].1 - pair[0].1 < 40;
    assert!(!spoken.windows(2).any(haste), "{spoken:?}");
    for (number, (_, at)) in (0..).zip(&spoken) {
        assert!(at + 11 >= spoken[0].1 + number * 50, "{number}: {spoken:?}");
    }
    assert!(spoken[99].1 <= 99 * 50 + 100, "{spoken:?}");
}

#[tokio::test(start_paused = true)]
async fn nobody_else_is_sent_where_enough_are_waiting_to_speak() {
    let pace = Pace::new(&Settings::default());
    let mut tasks = JoinSet::new();
    // The turns of three come at 0, 1 and 2 seconds, and all of them are late.
    for late in [2500, 1600, 700] {
        let leave = pace.turn(at(1), &Parties::default()).await.unwrap();
        tasks.spawn(async move {
            tokio::time::sleep(Duration::from_millis(late)).await;
            leave.speak().await;
        });
    }
    let now = Instant::now();
    let refused_at = async |millis| {
        tokio::time::sleep_until(now + Duration::from_millis(millis)).await;
        pace.try_turn(at(1), &Parties::default()).is_err()
    };
    // The first speaks at 2.5 seconds; from then on two wait, until the second does at 3.5.
    assert!(refused_at(1100).await);
    assert!(!refused_at(1600).await);
    tasks.join_all().await;
}

#[test]
fn senseless_settings_are_named() {
    let good = Settings::default;
    assert_eq!(good().validate(), Ok(()));
    for (settings, key) in [
        (Settings { in_flight: 0, ..good() }, "in_flight"),
        (Settings { per_address: 0.0, ..good() }, "per_address"),
        (Settings { per_address: f64::NAN, ..good() }, "per_address"),
        (Settings { per_provider: -1.0, ..good() }, "per_provider"),
    ] {
        assert!(settings.validate().unwrap_err().contains(key), "{settings:?}");
        Pace::new(&settings);
    }
}
