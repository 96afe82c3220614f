//! What an answer says: addresses at the end of a chain of names, or why there are none.

use std::net::IpAddr;

use hickory_resolver::proto::op::Header;
use hickory_resolver::proto::op::Message;
use hickory_resolver::proto::op::OpCode;
use hickory_resolver::proto::op::Query;
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::DNSClass;
use hickory_resolver::proto::rr::Name;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::proto::rr::Record;
use hickory_resolver::proto::serialize::binary::BinDecodable;
use hickory_resolver::proto::serialize::binary::BinDecoder;
use hickory_resolver::proto::serialize::binary::DecodeError;

use crate::facts::domain::Host;
use crate::facts::resolution::DnsAnswer;
use crate::net::dns::question::Family;

/// The longest chain that one answer is followed through; name servers themselves give up earlier.
const LONGEST_CHAIN: usize = 32;

/// How many addresses of one answer are kept. No honest name has more, and a dishonest one could
/// send us to thousands.
const MOST_ADDRESSES: usize = 64;

/// What one answer said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The CNAME targets in order, as far as they are host names.
    pub(crate) chain: Vec<Host>,
    pub(crate) end: End,
}

/// How the chain of one answer ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Answer(DnsAnswer),
    /// The server named a target, the last of the chain, and said nothing about it.
    Target,
}

impl Reading {
    /// An answer without a chain.
    pub(crate) fn plain(answer: DnsAnswer) -> Self {
        Self { chain: Vec::new(), end: End::Answer(answer) }
    }

    /// Whether the server failed, so that another may know better.
    pub(crate) fn is_failure(&self) -> bool {
        matches!(self.end, End::Answer(DnsAnswer::ServerFailure | DnsAnswer::Refused))
    }
}

/// Whether `packet` says that the answer did not fit.
pub(crate) fn is_truncated(packet: &[u8]) -> bool {
    packet.get(2).is_some_and(|flags| flags & 0b10 != 0)
}

/// Reads an answer. One that cannot be read is a server's failure.
pub(crate) fn read(packet: &[u8], family: Family) -> Reading {
    parse(packet, family).unwrap_or(Reading::plain(DnsAnswer::ServerFailure))
}

fn parse(packet: &[u8], family: Family) -> Result<Reading, DecodeError> {
    let mut decoder = BinDecoder::new(packet);
    let header = Header::read(&mut decoder)?;
    let question = Query::read(&mut decoder)?;
    // What follows the answers is looked at only where they leave something open. The upper bits
    // of the response code are there too, but none of the codes they make has a lower half that
    // reads as success in an answer to a question of version 0.
    let answers = usize::from(header.counts.answers);
    let (records, ..) = Message::read_records(&mut decoder, answers, false, OpCode::Query)?;
    let Some(targets) = targets(question.name(), &records) else {
        return Ok(Reading::plain(DnsAnswer::ServerFailure));
    };
    let owner = *targets.last().unwrap_or(&question.name());
    let mut chain: Vec<Host> = targets.iter().map_while(|name| host(name)).collect();
    let answer = match header.metadata.response_code {
        ResponseCode::NoError => match addresses(owner, &records, family) {
            none if none.is_empty() => DnsAnswer::Empty,
            some => DnsAnswer::Addresses(some),
        },
        ResponseCode::NXDomain => DnsAnswer::NoSuchName,
        ResponseCode::ServFail => DnsAnswer::ServerFailure,
        _ => DnsAnswer::Refused,
    };
    let is_open = answer == DnsAnswer::Empty && !chain.is_empty() && chain.len() == targets.len();
    if is_open && !is_denied(owner, &mut decoder, header.counts.authorities.into()) {
        return Ok(Reading { chain, end: End::Target });
    }
    chain.shrink_to_fit();
    Ok(Reading { chain, end: End::Answer(answer) })
}

/// The CNAME targets that `records` lead through from `name` on; `None` where they lead in a circle,
/// or on and on.
fn targets<'a>(name: &'a Name, records: &'a [Record]) -> Option<Vec<&'a Name>> {
    let mut targets: Vec<&Name> = Vec::new();
    let mut owner = name;
    while let Some(target) = of(owner, records).find_map(|record| match &record.data {
        RData::CNAME(target) => Some(&target.0),
        _ => None,
    }) {
        if target == name || targets.contains(&target) || targets.len() == LONGEST_CHAIN {
            return None;
        }
        targets.push(target);
        owner = target;
    }
    Some(targets)
}

fn addresses(owner: &Name, records: &[Record], family: Family) -> Vec<IpAddr> {
    let mut addresses: Vec<IpAddr> = of(owner, records)
        .filter_map(|record| match (&record.data, family) {
            (RData::A(address), Family::V4) => Some(address.0.into()),
            (RData::AAAA(address), Family::V6) => Some(address.0.into()),
            _ => None,
        })
        .collect();
    if addresses.len() > MOST_ADDRESSES {
        // Servers rotate their answers; in order, the same ones are kept each time.
        addresses.sort_unstable();
        addresses.dedup();
        addresses.truncate(MOST_ADDRESSES);
    }
    addresses
}

/// Whether the server itself says that `owner` has nothing of what was asked (RFC 2308), and did
/// not just leave it to us to ask for it.
fn is_denied(owner: &Name, decoder: &mut BinDecoder<'_>, authorities: usize) -> bool {
    Message::read_records(decoder, authorities, false, OpCode::Query).is_ok_and(|(records, ..)| {
        records
            .iter()
            .any(|record| matches!(record.data, RData::SOA(_)) && record.name.zone_of(owner))
    })
}

fn of<'a>(owner: &Name, records: &'a [Record]) -> impl Iterator<Item = &'a Record> {
    records.iter().filter(move |record| record.dns_class == DNSClass::IN && record.name == *owner)
}

fn host(name: &Name) -> Option<Host> {
    name.to_ascii().parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::net::dns::question::Question;

    proptest! {
        #[test]
        fn no_packet_whatsoever_makes_reading_panic(
            tail in proptest::collection::vec(any::<u8>(), 0..300),
            counts in any::<[u8; 8]>(),
        ) {
            let mut question = Question::new(&"example.cn".parse().unwrap(), Family::V4, None);
            let mut packet = question.packet(1).to_vec();
            packet[4..12].copy_from_slice(&counts);
            packet.truncate(28);
            packet.extend(tail);
            read(&packet, Family::V4);
            read(&packet[..packet.len() / 2], Family::V6);
        }
    }
}
