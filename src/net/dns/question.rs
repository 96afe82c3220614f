//! A question as it is sent. Its name is spelled in random case, which an answer must repeat: one
//! more secret that a forger would have to guess (draft-vixie-dnsext-dns0x20).

use std::net::IpAddr;

use ipnet::IpNet;
use rand::Rng;
use rand::RngExt;

use crate::facts::domain::Host;

/// The length of a message's header: id, flags and four counts.
pub(crate) const HEADER: usize = 12;

/// One question, no answers, no authorities, one additional record; recursion desired. The id is
/// put in when it is sent.
const HEAD: [u8; HEADER] = [0, 0, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1];

/// The additional record: EDNS 0, UDP answers of up to 1232 bytes, which pass everywhere without
/// being cut to pieces.
const EDNS: [u8; 11] = [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0];

/// Which kind of addresses is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// A.
    V4,
    /// AAAA.
    V6,
}

/// One question, ready to be sent as often as needed.
#[derive(Debug)]
pub(crate) struct Question {
    family: Family,
    packet: Vec<u8>,
    /// Where the question's name, type and class end.
    section_end: usize,
}

impl Question {
    /// The question for `host`; with a `subnet` it is asked on behalf of whoever lives there (EDNS
    /// client subnet, RFC 7871).
    pub(crate) fn new(host: &Host, family: Family, subnet: Option<IpNet>) -> Self {
        let name = host.as_str();
        let mut packet = Vec::with_capacity(HEADER + name.len() + 6 + EDNS.len());
        packet.extend(HEAD);
        for label in name.split('.') {
            packet.push(u8::try_from(label.len()).expect("a host's labels have up to 63 bytes"));
            packet.extend(label.as_bytes());
        }
        packet.extend([0, 0, record_type(family), 0, 1]);
        spell(&mut packet[HEADER..], &mut rand::rng());
        let section_end = packet.len();
        packet.extend(EDNS);
        if let Some(subnet) = subnet {
            let option = client_subnet(subnet);
            let length = u8::try_from(option.len()).expect("an option is short");
            // The low byte of the length of the record's data, the last of the fixed part.
            packet[section_end + EDNS.len() - 1] = length;
            packet.extend(option);
        }
        Self { family, packet, section_end }
    }

    pub(crate) fn family(&self) -> Family {
        self.family
    }

    /// The name as it is spelled, type and class: what an answer must repeat.
    pub(crate) fn section(&self) -> &[u8] {
        &self.packet[HEADER..self.section_end]
    }

    /// The whole message under `id`.
    pub(crate) fn packet(&mut self, id: u16) -> &[u8] {
        self.packet[..2].copy_from_slice(&id.to_be_bytes());
        &self.packet
    }
}

/// The option of RFC 7871, section 6: its code, its length, the family, how many bits are told, and no
/// more of the address than those.
fn client_subnet(subnet: IpNet) -> Vec<u8> {
    let (family, octets) = match subnet.network() {
        IpAddr::V4(v4) => (1, v4.octets().to_vec()),
        IpAddr::V6(v6) => (2, v6.octets().to_vec()),
    };
    let bits = subnet.prefix_len();
    let told = usize::from(bits.div_ceil(8));
    let length = u8::try_from(4 + told).expect("an address has up to 16 bytes");
    let mut option = vec![0, 8, 0, length, 0, family, bits, 0];
    option.extend(octets.into_iter().take(told));
    option
}

fn record_type(family: Family) -> u8 {
    match family {
        Family::V4 => 1,
        Family::V6 => 28,
    }
}

/// Makes a random half of the letters upper case. No length, type or class is taken for a letter,
/// because all of them are less than 64.
fn spell(section: &mut [u8], random: &mut impl Rng) {
    for bytes in section.chunks_mut(64) {
        let mut bits: u64 = random.random();
        for byte in bytes {
            if bits & 1 == 1 {
                byte.make_ascii_uppercase();
            }
            bits >>= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use hickory_resolver::proto::op::Message;
    use hickory_resolver::proto::rr::RecordType;
    use hickory_resolver::proto::rr::rdata::opt::EdnsCode;
    use hickory_resolver::proto::rr::rdata::opt::EdnsOption;

    use super::*;

    #[test]
    fn a_question_is_a_message_that_others_can_read() {
        let long = format!("{0}.{0}.{0}.{1}", "a-1".repeat(21), "b".repeat(61));
        for name in ["example.cn", "_x.xn--fsqu00a.xn--fiqs8s", long.as_str()] {
            for (family, kind) in [(Family::V4, RecordType::A), (Family::V6, RecordType::AAAA)] {
                let mut question = Question::new(&name.parse().unwrap(), family, None);
                let message = Message::from_vec(question.packet(0xbeef)).unwrap();
                assert_eq!(message.metadata.id, 0xbeef);
                assert!(message.metadata.recursion_desired);
                assert_eq!(message.max_payload(), 1232);
                let [query] = message.queries.as_slice() else { panic!("one question") };
                assert_eq!(query.name().to_ascii().to_lowercase(), format!("{name}."));
                assert_eq!(query.query_type(), kind);
            }
        }
    }

    #[test]
    fn a_vantage_is_told_with_no_more_bits_than_it_has() {
        for (subnet, address) in
            [("1.2.3.4/20", "1.2.0.0"), ("0.0.0.0/0", "0.0.0.0"), ("2400:da00::/28", "2400:da00::")]
        {
            let subnet: IpNet = subnet.parse().unwrap();
            let host = "example.cn".parse().unwrap();
            let mut question = Question::new(&host, Family::V4, Some(subnet));
            let message = Message::from_vec(question.packet(1)).unwrap();
            let edns = message.edns.unwrap();
            let Some(EdnsOption::Subnet(told)) = edns.option(EdnsCode::Subnet) else {
                panic!("{edns:?}")
            };
            let expected: IpAddr = address.parse().unwrap();
            assert_eq!((told.addr(), told.source_prefix()), (expected, subnet.prefix_len()));
        }
    }

    #[test]
    fn names_are_spelled_differently_each_time() {
        let host = "abcdefghijklmnopqrstuvwxyz.example.cn".parse().unwrap();
        let one = Question::new(&host, Family::V4, None);
        let two = Question::new(&host, Family::V4, None);
        assert_ne!(one.section(), two.section());
        assert!(one.section().eq_ignore_ascii_case(two.section()));
    }
}
