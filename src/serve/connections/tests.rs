//! Connections that idle, stall, and crowd.

use super::*;
use std::io::ErrorKind;

use axum::Router;
use axum::middleware;
use axum::routing::get;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::DuplexStream;
use tokio::io::duplex;
use tokio::task::JoinSet;

/// A connection from `10.0.0.LAST` and its other end.
async fn connect(crowd: &Arc<Crowd>, last: u8) -> (Connection<DuplexStream>, Peer, DuplexStream) {
    let place = Arc::clone(&crowd.places).acquire_owned().await.unwrap();
    let (near, far) = duplex(16);
    let (connection, peer) = crowd.enter(near, ([10, 0, 0, last], 80).into(), place);
    (connection, peer, far)
}

/// How it ends when nothing comes.
async fn end(connection: &mut Connection<DuplexStream>) -> ErrorKind {
    connection.read_u8().await.unwrap_err().kind()
}

#[tokio::test(start_paused = true)]
async fn a_connection_on_which_nothing_happens_ends_unless_a_call_is_under_way() {
    let crowd = Crowd::new(4);
    let (mut connection, peer, mut far) = connect(&crowd, 1).await;
    let begun = Instant::now();
    tokio::time::advance(IDLE / 2).await;
    far.write_u8(7).await.unwrap();
    assert_eq!(connection.read_u8().await.unwrap(), 7);
    assert_eq!(end(&mut connection).await, ErrorKind::TimedOut);
    assert_eq!(begun.elapsed(), IDLE / 2 + IDLE, "counted from what happened last");

    drop((connection, peer));
    let (mut connection, _, _far) = connect(&crowd, 1).await;
    let call = UnderWay::on(&connection.life);
    let is_held = tokio::time::timeout(IDLE * 20, end(&mut connection)).await.is_err();
    assert!(is_held, "its answer has yet to come");
    drop(call);
    assert_eq!(end(&mut connection).await, ErrorKind::TimedOut);
    drop(connection);
    assert!(crowd.lives().is_empty());
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_read_what_he_asked_for_is_left() {
    let crowd = Crowd::new(4);
    let (mut connection, _, _far) = connect(&crowd, 1).await;
    let stalled = connection.write_all(&[0; 100]).await.unwrap_err();
    assert_eq!(stalled.kind(), ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn the_one_that_is_idle_longest_makes_room_and_no_call_is_cut() {
    let crowd = Crowd::new(4);
    let mut all = Vec::new();
    for last in 1..=4 {
        all.push(connect(&crowd, last).await);
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let call = UnderWay::on(&all[0].0.life);
    let must_go = |all: &[(Connection<DuplexStream>, Peer, DuplexStream)]| -> Vec<bool> {
        all.iter().map(|(connection, ..)| connection.life.state().must_go).collect()
    };
    assert_eq!(must_go(&all), [false; 4], "there is room");
    all.push(connect(&crowd, 5).await);
    assert_eq!(must_go(&all), [false, true, false, false, false]);
    assert_eq!(crowd.places.available_permits(), 0, "nobody else comes before it has gone");
    assert_eq!(end(&mut all[1].0).await, ErrorKind::ConnectionAborted);
    drop(all.remove(1));
    assert_eq!(crowd.places.available_permits(), 1);

    let calls: Vec<UnderWay> = all.iter().map(|(is, ..)| UnderWay::on(&is.life)).collect();
    all.push(connect(&crowd, 6).await);
    assert_eq!(must_go(&all), [false; 5], "the others are busy, and the newcomer is heard");
    drop(call);
    assert_eq!(must_go(&all), [false; 5], "the first has another call");
    drop(calls);
    assert_eq!(must_go(&all).iter().filter(|goes| **goes).count(), 1, "whoever is done makes room");
}

#[tokio::test(start_paused = true)]
async fn a_crowd_from_one_address_makes_room_before_others() {
    let crowd = Crowd::new(8);
    let (lonely, ..) = connect(&crowd, 1).await;
    tokio::time::advance(Duration::from_secs(1)).await;
    let mut flood = Vec::new();
    for _ in 0..8 {
        flood.push(connect(&crowd, 2).await);
    }
    assert!(!lonely.life.state().must_go, "though it has been idle longest");
    assert_eq!(flood.iter().filter(|(is, ..)| is.life.state().must_go).count(), 1);
    let of = |address: [u16; 8]| crowd.peer((address, 80).into()).life.from;
    assert_eq!(of([1, 2, 3, 4, 5, 6, 7, 8]), of([1, 2, 3, 4, 0, 0, 0, 1]));
    assert_ne!(of([1, 2, 3, 4, 5, 6, 7, 8]), of([1, 2, 3, 5, 5, 6, 7, 8]));
    let mapped = |last| of([0, 0, 0, 0, 0, 0xffff, 0x0a00, last]);
    assert_ne!(mapped(1), mapped(2), "addresses of the old protocol are no network");
}

#[tokio::test]
async fn however_many_stay_the_next_one_is_answered() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/", get(|| async { "here" })).layer(middleware::from_fn(hold));
    let app = app.into_make_service_with_connect_info::<Peer>();
    let mut serves = JoinSet::new();
    serves.spawn(server(listener, 4).unwrap().serve(app));
    let mut stay = Vec::new();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"here") {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "{}", stay.len());
        }
        stay.push(stream);
    }
    let mut nothing = [0];
    let first = stay[0].read(&mut nothing).await;
    assert!(matches!(first, Ok(0) | Err(_)), "the first one had to go: {first:?}");
}
