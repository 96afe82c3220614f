//! What a server sees of a scan after it said that it is too much, or did not answer at all.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::desk::Desk;
use crate::town::text;

/// How a server answers the visitor with this number, from 0, who asked for this path; `None` to say
/// nothing at all.
type Behaviour = fn(usize, &str) -> Option<&'static str>;

const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n\
                    <title>Shop</title><p>Boots and shoes for everybody.</p>";
const NO_RULES: &str = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const TOO_MUCH: &str = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 2\r\nContent-Length: 0\r\n\
                        Connection: close\r\n\r\n";
const LATER: &str = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\n\
                     Connection: close\r\n\r\n";

/// What [`TOO_MUCH`] and [`LATER`] ask for.
const ASKED: Duration = Duration::from_secs(2);

/// A web server on 127.0.0.1 that writes down who came when. Its threads end with the process.
struct Server {
    port: u16,
    came: Arc<Mutex<Vec<(String, Instant)>>>,
}

impl Server {
    fn new(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let came = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&came);
        thread::spawn(move || {
            let mut held: Vec<TcpStream> = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let request: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
                let line = request.first().cloned().unwrap_or_default();
                let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
                let mut noted = noted.lock().unwrap();
                let answer = behaviour(noted.len(), &path);
                noted.push((path, Instant::now()));
                match answer {
                    Some(answer) => drop(stream.write_all(answer.as_bytes())),
                    None => held.push(stream),
                }
            }
        });
        Self { port, came }
    }

    fn came(&self) -> Vec<(String, Instant)> {
        self.came.lock().unwrap().clone()
    }

    /// A desk that looks for it at 127.0.0.1, which is P1's, with these further lines of `[pace]`.
    fn desk(&self, pace: &str) -> Desk {
        let desk = Desk::new();
        let probe = format!(
            "[probe]\nhttp_port = {}\nhttps_port = 0\nallow = [\"127.0.0.0/8\"]\n\
             timeout = \"1s\"\n[pace]\nper_address = 1000.0\n{pace}",
            self.port
        );
        desk.write("chabei.toml", probe);
        desk.import("providers", "providers.csv", "id,name\nP1,First\n");
        desk.import("allocations", "a.csv", "cidr,provider,kind\n127.0.0.0/24,P1,source\n");
        desk.import("filings", "f.csv", "domain\nelsewhere.cn\n");
        desk
    }
}

/// A night over 127.0.0.1 alone; how long it left the server alone after each request.
fn rests(server: &Server) -> (Desk, Vec<Duration>) {
    let desk = server.desk("");
    desk.import("candidates", "c.txt", "127.0.0.1\n");
    desk.run(&["scan", "--domain", "127.0.0.1"]).ends(0);
    let came = server.came();
    (desk, came.windows(2).map(|two| two[1].1 - two[0].1).collect())
}

#[test]
fn whoever_asks_for_a_rest_has_it_and_is_asked_once_more_later() {
    let says_too_much: Behaviour = |number, path| match (number, path) {
        (1, "/") => Some(TOO_MUCH),
        (_, "/") => Some(PAGE),
        _ => Some(NO_RULES),
    };
    let says_later: Behaviour = |number, path| match (number, path) {
        (1, "/") => Some(LATER),
        (_, "/") => Some(PAGE),
        _ => Some(NO_RULES),
    };
    for behaviour in [says_too_much, says_later] {
        let server = Server::new(behaviour);
        let (desk, rests) = rests(&server);
        assert!(rests[1] >= ASKED, "asked again after {:?}", rests[1]);
        let findings = desk.run(&["findings", "--format", "jsonl"]).json();
        let [finding] = &findings[..] else { panic!("{findings:?}") };
        assert_eq!(text(finding, "/domain"), Some("127.0.0.1"));
    }
}

#[test]
fn whoever_refuses_robots_txt_is_asked_for_nothing_else_and_nothing_is_said_of_it() {
    let server = Server::new(|_, _| Some(LATER));
    let (desk, rests) = rests(&server);
    assert!(rests.iter().all(|rest| *rest >= ASKED), "{rests:?}");
    let came = server.came();
    assert!(came.len() <= 2 && came.iter().all(|(path, _)| path == "/robots.txt"), "{came:?}");
    assert!(desk.run(&["findings", "--format", "jsonl"]).json().is_empty());
}

/// A name server on 127.0.0.1 to which `names` are at 127.0.0.1 and no other name exists. Its thread
/// ends with the process.
fn name_server(names: &[String]) -> std::net::SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let names = names.to_vec();
    thread::spawn(move || {
        let mut packet = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut packet) {
            let Some(answer) = named(&packet[..length], &names) else { continue };
            let _ = socket.send_to(&answer, from);
        }
    });
    address
}

/// The answer to a question (RFC 1035, section 4.1).
fn named(question: &[u8], names: &[String]) -> Option<Vec<u8>> {
    let (head, mut rest) = question.split_at_checked(12)?;
    let mut labels = Vec::new();
    loop {
        let (length, after) = rest.split_first()?;
        let (label, after) = after.split_at_checked(usize::from(*length))?;
        rest = after;
        if label.is_empty() {
            break;
        }
        labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
    }
    let is_known = names.contains(&labels.join("."));
    let has_one = is_known && rest.starts_with(&[0, 1]);
    let end = question.len() - rest.len() + 4;
    let mut answer = head.get(..2)?.to_vec();
    answer.extend([
        0x81,
        if is_known { 0x80 } else { 0x83 },
        0,
        1,
        0,
        u8::from(has_one),
        0,
        0,
        0,
        0,
    ]);
    answer.extend(question.get(12..end)?);
    if has_one {
        // The name that was asked for, an A record of the internet, for no time, four bytes.
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]);
    }
    Some(answer)
}

#[test]
fn an_address_where_nobody_answers_is_left_alone_and_the_rest_is_unknown_not_silent() {
    let server = Server::new(|_, _| None);
    let desk = server.desk("in_flight = 1\nfailures = 3\nrest = \"1h\"\npatience = \"0s\"\n");
    let names: Vec<String> = (0..12).map(|number| format!("site{number}.cn")).collect();
    let toml = desk.path("chabei.toml");
    let configured = std::fs::read_to_string(&toml).unwrap();
    let resolve = format!("[resolve]\nservers = [\"{}\"]\n{configured}", name_server(&names));
    std::fs::write(&toml, resolve).unwrap();
    desk.import("candidates", "c.txt", names.join("\n"));
    desk.run(&["scan", "--summary", "summary.json"]).ends(0);
    // robots.txt of three names was waited for, and then nobody was asked any more.
    assert_eq!(server.came().len(), 3, "{:?}", server.came());
    let mut told = [0, 0];
    for name in &names {
        let trail = desk.run(&["explain", name, "--format", "json"]).json();
        let text = trail[0].to_string();
        let is_silent = text.contains("\"silent\"");
        told[usize::from(is_silent)] += 1;
    }
    assert_eq!(told, [9, 3], "unknown, and silent");
    assert!(desk.run(&["findings", "--format", "jsonl"]).json().is_empty());
}
