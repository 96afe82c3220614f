//! The simulated internet over real sockets.

use std::net::TcpListener as BlockingListener;

use hickory_resolver::proto::op::Message;
use hickory_resolver::proto::op::Query;
use hickory_resolver::proto::rr::Name;
use hickory_resolver::proto::rr::RecordType;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::*;
use crate::lab::cast::Cast;
use crate::lab::world::WorldSettings;
use crate::lab::world::plan;

async fn started() -> (Arc<World>, Lab) {
    let world = Arc::new(plan(&WorldSettings { sites: 150, ..WorldSettings::default() }));
    let lab = Lab::start(Arc::clone(&world), 1).await.unwrap();
    (world, lab)
}

fn site<'w>(world: &'w World, scenario: &str) -> Cast<'w> {
    world.casts().find(|cast| cast.scenario() == scenario).unwrap()
}

fn question(host: &str) -> Vec<u8> {
    let mut message = Message::query();
    let name = Name::from_ascii(format!("{host}.")).unwrap();
    message.queries.push(Query::query(name, RecordType::A));
    message.to_vec().unwrap()
}

fn addresses(reply: &[u8]) -> Vec<String> {
    let message = Message::from_vec(reply).unwrap();
    message.answers.iter().map(|record| record.data.to_string()).collect()
}

/// Everything that comes back for a plain request, or how the connection ended.
async fn fetched(lab: &Lab, address: Ipv4Addr, host: &str) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect((address, lab.http_port())).await?;
    let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.take(1024 * 1024).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

#[tokio::test]
async fn names_are_answered_over_udp_and_tcp() {
    let (world, lab) = started().await;
    let cast = site(&world, "unfiled");
    let expected = [cast.home().address.to_string()];
    let host = cast.target().to_string();
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    socket.send_to(&question(&host), lab.dns()).await.unwrap();
    let mut buffer = [0; 1500];
    let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
    assert_eq!(from, lab.dns());
    assert_eq!(addresses(&buffer[..length]), expected);

    let mut stream = TcpStream::connect(lab.dns()).await.unwrap();
    for _ in 0..2 {
        let question = question(&host);
        stream.write_u16(u16::try_from(question.len()).unwrap()).await.unwrap();
        stream.write_all(&question).await.unwrap();
        let mut reply = vec![0; usize::from(stream.read_u16().await.unwrap())];
        stream.read_exact(&mut reply).await.unwrap();
        assert_eq!(addresses(&reply), expected);
    }
    assert_eq!(lab.arrivals().questions.count, 3);
    lab.stop().await;
}

#[tokio::test]
async fn requests_are_answered_in_every_planned_way() {
    let (world, lab) = started().await;
    let fetch = async |scenario| {
        let cast = site(&world, scenario);
        let address = cast.story().scene(1).zone.addresses()[0];
        fetched(&lab, address, &cast.target().to_string()).await
    };
    let page = fetch("unfiled").await.unwrap();
    assert!(page.starts_with(b"HTTP/1.1 200 OK\r\n") && page.ends_with(b"</html>\n"));
    assert!(fetch("stopped_403").await.unwrap().starts_with(b"HTTP/1.1 403 "));
    assert!(fetch("not_http").await.unwrap().starts_with(b"SSH-2.0-"));
    assert_eq!(fetch("endless_page").await.unwrap().len(), 1024 * 1024);
    let reset = fetch("reset").await.unwrap_err();
    assert_eq!(reset.kind(), io::ErrorKind::ConnectionReset);
    let closed = fetch("closed_address").await.unwrap_err();
    assert_eq!(closed.kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!(lab.arrivals().request_count(), 5);
    lab.stop().await;
}

#[tokio::test]
async fn what_reaches_an_address_is_written_down_for_that_address() {
    let (world, lab) = started().await;
    let cast = site(&world, "unfiled");
    let host = cast.target().to_string();
    for _ in 0..3 {
        fetched(&lab, cast.home().address, &host).await.unwrap();
    }
    fetched(&lab, cast.abroad().address, &host).await.unwrap();
    let arrivals = lab.arrivals();
    assert_eq!(arrivals.requests[&IpAddr::V4(cast.home().address)].times.len(), 3);
    assert_eq!(arrivals.requests[&IpAddr::V4(cast.abroad().address)].count, 1);
    lab.stop().await;
}

#[tokio::test]
async fn a_stopped_lab_leaves_its_ports() {
    let (world, lab) = started().await;
    let port = lab.http_port();
    let address = *world.listening().first().unwrap();
    assert!(BlockingListener::bind((address, port)).is_err());
    lab.stop().await;
    assert!(TcpListener::bind((address, port)).await.is_ok());
}

#[tokio::test]
async fn two_labs_stand_side_by_side() {
    let (_, one) = started().await;
    let (_, two) = started().await;
    assert_ne!(one.http_port(), two.http_port());
    assert_ne!(one.dns(), two.dns());
    one.play(3);
    assert_eq!((one.night(), two.night()), (3, 1));
}
