//! The name server of the simulated internet: it answers for every name there is, over UDP and TCP.

use std::io;
use std::net::Ipv6Addr;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::proto::op::Message;
use hickory_resolver::proto::op::MessageType;
use hickory_resolver::proto::op::OpCode;
use hickory_resolver::proto::op::Query;
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::Name;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::proto::rr::Record;
use hickory_resolver::proto::rr::RecordType;
use hickory_resolver::proto::rr::rdata::A;
use hickory_resolver::proto::rr::rdata::AAAA;
use hickory_resolver::proto::rr::rdata::CNAME;
use hickory_resolver::proto::rr::rdata::opt::EdnsCode;
use hickory_resolver::proto::rr::rdata::opt::EdnsOption;
use ipnet::IpNet;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio::time::timeout;

use crate::lab::VANTAGES;
use crate::lab::play::Play;
use crate::lab::ranges::ADVERTISER;
use crate::lab::story::Zone;

/// An address that is nobody's site (RFC 3849).
const DOCUMENTATION: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

/// How long answers may be kept, in seconds: not at all, since a night may follow the other at once.
const TTL: u32 = 0;

/// How long a TCP connection may stay idle.
const IDLE: Duration = Duration::from_secs(10);

/// How many TCP connections are served at once; further ones wait.
const CONNECTIONS: usize = 256;

/// How long to wait where no connection can be accepted, most likely for want of files.
const RECOVERY: Duration = Duration::from_millis(20);

/// What is said of names that do not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Honesty {
    /// That they do not exist.
    Honest,
    /// The address of a page of advertisements.
    Lying,
}

/// How a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Udp,
    Tcp,
}

/// Answers datagrams for ever. Several of these may share one socket.
pub(crate) async fn answer_datagrams(socket: Arc<UdpSocket>, play: Arc<Play>, honesty: Honesty) {
    let mut buffer = vec![0; 4096];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else {
            // What went wrong with one datagram says nothing about the next.
            tokio::task::yield_now().await;
            continue;
        };
        play.ledger.note_question();
        if let Some(reply) = reply(&play, &buffer[..length], Transport::Udp, honesty) {
            // Who has left does not hear it.
            socket.send_to(&reply, from).await.ok();
        }
    }
}

/// Answers TCP connections for ever.
pub(crate) async fn answer_streams(listener: TcpListener, play: Arc<Play>) {
    let mut guests = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = guests.join_next() => {}
            accepted = listener.accept(), if guests.len() < CONNECTIONS => {
                let Ok((stream, _)) = accepted else {
                    sleep(RECOVERY).await;
                    continue;
                };
                let play = Arc::clone(&play);
                guests.spawn(async move { converse(stream, &play).await.ok() });
            }
        }
    }
}

async fn converse(mut stream: TcpStream, play: &Play) -> io::Result<()> {
    loop {
        let Ok(length) = timeout(IDLE, stream.read_u16()).await else { return Ok(()) };
        let mut question = vec![0; usize::from(length?)];
        let Ok(read) = timeout(IDLE, stream.read_exact(&mut question)).await else {
            return Ok(());
        };
        read?;
        play.ledger.note_question();
        if let Some(reply) = reply(play, &question, Transport::Tcp, Honesty::Honest) {
            let length = u16::try_from(reply.len()).map_err(io::Error::other)?;
            let mut framed = length.to_be_bytes().to_vec();
            framed.extend(reply);
            stream.write_all(&framed).await?;
        }
    }
}

/// The answer to a question as bytes; `None` where nothing is answered.
fn reply(play: &Play, question: &[u8], over: Transport, honesty: Honesty) -> Option<Vec<u8>> {
    let asked = Message::from_vec(question).ok()?;
    if asked.metadata.message_type != MessageType::Query {
        return None;
    }
    let mut answer = Message::response(asked.metadata.id, asked.metadata.op_code);
    answer.metadata.recursion_desired = asked.metadata.recursion_desired;
    answer.metadata.recursion_available = true;
    // The question goes back letter by letter, since its case may be a secret (0x20).
    answer.queries.clone_from(&asked.queries);
    match &asked.queries[..] {
        [query] if asked.metadata.op_code == OpCode::Query => {
            let host = query.name().to_ascii().to_ascii_lowercase();
            let (mut zone, alias) = play.zone(host.trim_end_matches('.'));
            match (&zone, honesty) {
                (Zone::Silence, _) => return None,
                (Zone::NoSuchName, Honesty::Lying) => zone = Zone::Addresses(vec![ADVERTISER]),
                (Zone::Split(addresses), _) => {
                    zone = Zone::Addresses(vec![addresses[vantage(&asked)]]);
                }
                _ => {}
            }
            fill(&mut answer, query, (zone, alias), over);
        }
        _ => answer.metadata.response_code = ResponseCode::NotImp,
    }
    answer.to_vec().ok()
}

/// On behalf of which of [`VANTAGES`] is asked; the first where it is none of them.
fn vantage(asked: &Message) -> usize {
    let option = asked.edns.as_ref().and_then(|edns| edns.option(EdnsCode::Subnet));
    let Some(EdnsOption::Subnet(subnet)) = option else { return 0 };
    let at = |text: &&str| text.parse().is_ok_and(|net: IpNet| net.contains(&subnet.addr()));
    VANTAGES.iter().position(at).unwrap_or(0)
}

/// Puts in what `zone` says of `name`.
fn fill(answer: &mut Message, query: &Query, said: (Zone<'_>, Option<String>), over: Transport) {
    let (zone, alias) = said;
    let asks_for = |record_type| query.query_type() == record_type;
    let mut put = |owner: &Name, data| {
        answer.answers.push(Record::from_rdata(owner.clone(), TTL, data));
    };
    let mut owner = query.name().clone();
    // Without a final dot it would be no absolute name, and equal to none that is.
    if let Some(target) = alias.and_then(|alias| Name::from_ascii(format!("{alias}.")).ok()) {
        put(&owner, RData::CNAME(CNAME(target.clone())));
        owner = target;
    }
    let is_cut = matches!(zone, Zone::TcpOnly(_)) && over == Transport::Udp;
    if asks_for(RecordType::A) && !is_cut {
        for address in zone.addresses() {
            put(&owner, RData::A(A(*address)));
        }
    }
    if asks_for(RecordType::AAAA) && matches!(zone, Zone::WithIpv6(_)) {
        put(&owner, RData::AAAA(AAAA(DOCUMENTATION)));
    }
    answer.metadata.truncation = is_cut;
    answer.metadata.response_code = match zone {
        Zone::NoSuchName => ResponseCode::NXDomain,
        Zone::ServerFailure => ResponseCode::ServFail,
        Zone::Refused => ResponseCode::Refused,
        _ => ResponseCode::NoError,
    };
}

#[cfg(test)]
mod tests;
