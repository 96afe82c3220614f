//! Web and name servers of a test's own: what they say is up to the test, and what they were asked they
//! write down. Their threads end with the process.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;

use crate::desk::Desk;

/// A request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// Where.
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
    /// For whom, without the port.
    pub(crate) host: String,
    /// For what.
    pub(crate) path: String,
}

/// A web server on every address of this machine.
pub(crate) struct Web {
    port: u16,
    asked: Arc<Mutex<Vec<Request>>>,
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub(crate) enum Record {
    /// One address after the other, and then the last one for ever.
    Addresses(Vec<Ipv4Addr>),
    /// Another name.
    Alias(&'static str),
}

impl Web {
    /// Answers as `answer` says. Each visitor has a thread, so that an answer may take its time.
    pub(crate) fn answering(answer: impl Fn(&Request) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (noted, answer) = (Arc::clone(&asked), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let Some(request) = request(&stream) else { return };
                    noted.lock().unwrap().push(request.clone());
                    // Whoever asked may have left.
                    let _ = stream.write_all(answer(&request).as_bytes());
                });
            }
        });
        Self { port, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    /// A desk that looks for sites here: 127.0.0.0/24 is P1's, and what of it may be reached is `allow`.
    /// These further lines, which begin within `[probe]`, are of the configuration.
    pub(crate) fn desk(&self, allow: &str, more: &str) -> Desk {
        let desk = Desk::new();
        let probe = format!(
            "[pace]\nper_address = 1000.0\nper_provider = 1000.0\n[probe]\nhttp_port = {}\n\
             https_port = 0\ntimeout = \"30s\"\nallow = [\"{allow}\"]\n{more}",
            self.port
        );
        desk.write("chabei.toml", probe);
        desk.import("providers", "providers.csv", "id,name\nP1,First\n");
        desk.import("allocations", "a.csv", "cidr,provider,kind\n127.0.0.0/24,P1,source\n");
        desk.import("filings", "f.csv", "domain\nelsewhere.cn\n");
        desk
    }
}

fn request(stream: &TcpStream) -> Option<Request> {
    let here = stream.local_addr().ok()?;
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let lines: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    let path = lines.first()?.split(' ').nth(1)?.to_owned();
    let host = lines.iter().find_map(|line| line.strip_prefix("Host: "))?;
    let host = host.split(':').next()?.to_owned();
    Some(Request { address: here.ip(), port: here.port(), host, path })
}

/// A whole answer.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Type: text/html; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Starts a name server that knows these names and no other; what to write into `[resolve]`.
pub(crate) fn names(names: &[(String, Record)]) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = socket.local_addr().unwrap();
    let mut names: BTreeMap<String, Record> = names.iter().cloned().collect();
    thread::spawn(move || {
        let mut packet = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut packet) {
            reply(&socket, from, &packet[..length], &mut names);
        }
    });
    format!("[resolve]\nservers = [\"{server}\"]\n")
}

fn reply(
    socket: &UdpSocket,
    from: SocketAddr,
    question: &[u8],
    names: &mut BTreeMap<String, Record>,
) {
    let Some((name, is_for_address, end)) = asked(question) else { return };
    let mut records: Vec<Vec<u8>> = Vec::new();
    let mut owner = name;
    let mut is_known = false;
    while let Some(record) = names.get_mut(&owner) {
        is_known = true;
        match record {
            Record::Alias(to) => {
                let to = (*to).to_owned();
                let data = wire(&to);
                records.push([wire(&owner), head(5, data.len()), data].concat());
                owner = to;
            }
            Record::Addresses(addresses) => {
                if is_for_address {
                    let data = addresses[0].octets();
                    if addresses.len() > 1 {
                        addresses.remove(0);
                    }
                    records.push([wire(&owner), head(1, 4), data.to_vec()].concat());
                }
                break;
            }
        }
    }
    let count = u8::try_from(records.len()).unwrap();
    let code = if is_known { 0x80 } else { 0x83 };
    let mut answer = question[..2].to_vec();
    answer.extend([0x81, code, 0, 1, 0, count, 0, 0, 0, 0]);
    answer.extend(&question[12..end]);
    answer.extend(records.concat());
    let _ = socket.send_to(&answer, from);
}

/// The name that is asked about, whether for its IPv4 address, and where the question ends (RFC 1035,
/// section 4.1).
fn asked(question: &[u8]) -> Option<(String, bool, usize)> {
    let mut at = 12;
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*question.get(at)?);
        let label = question.get(at + 1..at + 1 + length)?;
        at += 1 + length;
        if label.is_empty() {
            break;
        }
        labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
    }
    let kind = question.get(at..at + 2)?;
    Some((labels.join("."), kind == [0, 1], at + 4))
}

fn wire(name: &str) -> Vec<u8> {
    let label = |label: &str| {
        let length = u8::try_from(label.len()).unwrap();
        [&[length], label.as_bytes()].concat()
    };
    let mut bytes: Vec<u8> = name.split('.').flat_map(label).collect();
    bytes.push(0);
    bytes
}

/// Kind, class, a life of no time, and length of a record.
fn head(kind: u8, length: usize) -> Vec<u8> {
    vec![0, kind, 0, 1, 0, 0, 0, 0, 0, u8::try_from(length).unwrap()]
}
