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

const MUCH_LATER: &str = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 200\r\n\
                          Content-Length: 0\r\nConnection: close\r\n\r\n";

const A_LITTLE_LATER: &str = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 50\r\n\
                              Content-Length: 0\r\nConnection: close\r\n\r\n";

/// What [`TOO_MUCH`] and [`LATER`] ask for.
const ASKED: Duration = Duration::from_secs(2);

/// A web server on an address of this machine that writes down who came when. Its threads end with the process.
struct Server {
    port: u16,
    came: Arc<Mutex<Vec<(String, Instant)>>>,
}

impl Server {
    fn new(behaviour: Behaviour) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), behaviour)
    }

    /// One at 127.0.0.1, which is P1's, and one at the same port of 127.0.0.2, which is P2's.
    fn pair(first: Behaviour, second: Behaviour) -> (Self, Self) {
        loop {
            let one = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = one.local_addr().unwrap().port();
            // Somebody else may have that port there.
            if let Ok(two) = TcpListener::bind(("127.0.0.2", port)) {
                return (Self::on(one, first), Self::on(two, second));
            }
        }
    }

    fn on(listener: TcpListener, behaviour: Behaviour) -> Self {
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

    /// How often this path was asked for.
    fn count(&self, path: &str) -> usize {
        self.came().iter().filter(|(asked, _)| asked == path).count()
    }

    /// A desk that looks for it at 127.0.0.1, which is P1's, or 127.0.0.2, which is P2's, with these
    /// further lines of `[pace]`.
    fn desk(&self, pace: &str) -> Desk {
        let desk = Desk::new();
        let probe = format!(
            "[probe]\nhttp_port = {}\nhttps_port = 0\nallow = [\"127.0.0.0/8\"]\n\
             timeout = \"1s\"\n[pace]\nper_address = 1000.0\n{pace}",
            self.port
        );
        desk.write("chabei.toml", probe);
        desk.import("providers", "providers.csv", "id,name\nP1,First\nP2,Second\n");
        let held = "cidr,provider,kind\n127.0.0.1/32,P1,source\n127.0.0.2/32,P2,source\n";
        desk.import("allocations", "a.csv", held);
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
    assert!(came.len() == 2 && came.iter().all(|(path, _)| path == "/robots.txt"), "{came:?}");
    assert!(desk.run(&["findings", "--format", "jsonl"]).json().is_empty());
}

#[test]
fn whoever_refused_robots_txt_once_is_asked_for_it_again_and_then_for_the_page() {
    let server = Server::new(|number, path| match (number, path) {
        (0, _) => Some(LATER),
        (_, "/") => Some(PAGE),
        _ => Some(NO_RULES),
    });
    let (desk, rests) = rests(&server);
    assert!(rests[0] >= ASKED, "{rests:?}");
    assert_eq!((server.count("/robots.txt"), server.count("/")), (2, 1));
    assert_eq!(desk.run(&["findings", "--format", "jsonl"]).json().len(), 1);
}

/// Who held what each finding of `desk` tells of, and whether an exchange shows it.
fn shown(desk: &Desk) -> Vec<(String, bool)> {
    let findings = desk.run(&["findings", "--format", "jsonl"]).json();
    let of = |finding: &serde_json::Value| {
        let provider = text(finding, "/provider/id").unwrap().to_owned();
        (provider, text(finding, "/evidence/warc").is_some())
    };
    let mut shown: Vec<_> = findings.iter().map(of).collect();
    shown.sort();
    shown
}

const GOOD: Behaviour = |_, path| Some(if path == "/" { PAGE } else { NO_RULES });

#[test]
fn a_finding_keeps_its_exchange_while_the_other_address_is_asked_once_more() {
    let (_first, second) = Server::pair(GOOD, |number, path| match (number, path) {
        (1, "/") => Some(LATER),
        (_, "/") => Some(PAGE),
        _ => Some(NO_RULES),
    });
    let desk = second.desk("");
    asks(&desk, &[("shop.cn", 1), ("www.shop.cn", 2)]);
    desk.import("candidates", "c.txt", "shop.cn\n");
    desk.run(&["scan"]).ends(0);
    assert_eq!(second.count("/"), 2);
    assert_eq!(shown(&desk), [("P1".to_owned(), true), ("P2".to_owned(), true)]);
}

#[test]
fn whoever_asks_for_more_than_the_night_has_is_put_off_and_the_other_finding_keeps_its_exchange() {
    let (_first, second) =
        Server::pair(GOOD, |_, path| Some(if path == "/" { MUCH_LATER } else { NO_RULES }));
    // The address is open to others after two minutes, which would be waited for.
    let desk = second.desk("patience = \"150s\"\n");
    asks(&desk, &[("shop.cn", 1), ("www.shop.cn", 2)]);
    desk.import("candidates", "c.txt", "shop.cn\n");
    desk.run(&["scan"]).ends(0);
    assert_eq!(second.count("/"), 1);
    assert_eq!(shown(&desk), [("P1".to_owned(), true)]);
    desk.run(&["scan", "--all"]).ends(0);
    assert_eq!(second.count("/robots.txt"), 1, "what it asked for is not over");
    assert_eq!(shown(&desk), [("P1".to_owned(), true)]);
}

#[test]
fn what_a_killed_night_was_asked_for_is_kept_although_it_waited_for_that_rest_itself() {
    let server = Server::new(|_, path| Some(if path == "/" { A_LITTLE_LATER } else { NO_RULES }));
    let desk = server.desk("");
    let toml = std::fs::read_to_string(desk.path("chabei.toml")).unwrap();
    // A visit of two ports waits before the second one for as long as the first one asked for.
    desk.write("chabei.toml", toml.replace("https_port = 0", "https_port = 1"));
    desk.import("candidates", "c.txt", "127.0.0.1\n");
    let mut scan = desk.command(&["scan"]).spawn().unwrap();
    let rests = desk.path("data").join("nights/rests.tsv");
    let is_kept = || std::fs::read_to_string(&rests).is_ok_and(|rests| rests.contains("127.0.0.1"));
    let begun = Instant::now();
    while !is_kept() && begun.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_millis(5));
        assert!(scan.try_wait().unwrap().is_none(), "it waits for the rest");
    }
    scan.kill().unwrap();
    scan.wait().unwrap();
    assert!(is_kept() && server.count("/") == 1, "{:?}", server.came());
    desk.run(&["scan", "--for", "1s"]).ends(3);
    assert_eq!(server.count("/"), 1, "what it asked for is not over");
}

#[test]
fn a_host_that_asks_for_a_rest_hides_no_site_of_another() {
    let (first, second) =
        Server::pair(|_, path| Some(if path == "/" { MUCH_LATER } else { NO_RULES }), GOOD);
    let desk = second.desk("patience = \"10s\"\n");
    asks(&desk, &[("shop.cn", 1), ("www.shop.cn", 2)]);
    desk.import("candidates", "c.txt", "shop.cn\n");
    desk.run(&["scan"]).ends(0);
    assert_eq!((first.count("/"), shown(&desk)), (1, vec![("P2".to_owned(), true)]));
    desk.run(&["scan", "--all"]).ends(0);
    assert_eq!((first.count("/"), second.count("/")), (1, 2), "the other one is seen again");
}

#[test]
fn an_address_that_is_switched_off_hides_no_site_at_another() {
    let (_first, second) = Server::pair(|_, _| None, GOOD);
    let desk = second.desk("failures = 2\nrest = \"1h\"\nin_flight = 1\n");
    let names: Vec<String> = (0..6).map(|number| format!("shop{number}.cn")).collect();
    let hosts: Vec<String> = names.iter().map(|name| format!("www.{name}")).collect();
    let at = |last| move |name: &String| (name.clone(), last);
    let all: Vec<(String, u8)> = names.iter().map(at(1)).chain(hosts.iter().map(at(2))).collect();
    let all: Vec<(&str, u8)> = all.iter().map(|(name, last)| (&**name, *last)).collect();
    asks(&desk, &all);
    desk.import("candidates", "c.txt", names.join("\n") + "\n");
    desk.run(&["scan"]).ends(0);
    assert_eq!(shown(&desk).len(), 6, "{:?}", second.came());
}

#[test]
fn a_fault_is_not_mended_by_a_list_that_names_its_host_no_more() {
    let (first, _second) = Server::pair(GOOD, GOOD);
    let desk = first.desk("");
    asks(&desk, &[("shop.cn", 2), ("old.shop.cn", 1)]);
    desk.import("candidates", "c.txt", "old.shop.cn\n");
    desk.run(&["scan"]).ends(0);
    assert_eq!(first.count("/"), 1);
    let shorter = desk.write("c.txt", "shop.cn\n");
    desk.run(&["import", "candidates", "--replace", &shorter]).ends(0);
    desk.run(&["scan", "--all"]).ends(0);
    assert_eq!(first.count("/"), 2);
    let kept = shown(&desk).into_iter().map(|(provider, _)| provider);
    assert_eq!(kept.collect::<Vec<_>>(), ["P1", "P2"]);
}

/// Lets `desk` ask a name server to which these names are at 127.0.0.1 or 127.0.0.2, and no others
/// exist.
fn asks(desk: &Desk, names: &[(&str, u8)]) {
    let toml = desk.path("chabei.toml");
    let configured = std::fs::read_to_string(&toml).unwrap();
    let names: Vec<_> = names.iter().map(|(name, last)| ((*name).to_owned(), *last)).collect();
    let resolve = format!("[resolve]\nservers = [\"{}\"]\n{configured}", name_server(names));
    std::fs::write(&toml, resolve).unwrap();
}

/// A name server on 127.0.0.1. Its thread ends with the process.
fn name_server(names: Vec<(String, u8)>) -> std::net::SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
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
fn named(question: &[u8], names: &[(String, u8)]) -> Option<Vec<u8>> {
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
    let name = labels.join(".");
    let known = names.iter().find(|(known, _)| *known == name);
    let is_known = known.is_some();
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
    if let Some((_, last)) = known.filter(|_| has_one) {
        // The name that was asked for, an A record of the internet, for no time, four bytes.
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, *last]);
    }
    Some(answer)
}

/// How many of twelve names at the address of `server` are silent and unknown, of a night in which
/// three in a row that cannot be reached are enough to leave the rest alone.
fn silent_and_unknown(server: &Server) -> (usize, usize) {
    let desk = server.desk("in_flight = 1\nfailures = 3\nrest = \"1h\"\npatience = \"0s\"\n");
    let names: Vec<String> = (0..12).map(|number| format!("site{number}.cn")).collect();
    asks(&desk, &names.iter().map(|name| (&**name, 1)).collect::<Vec<_>>());
    desk.import("candidates", "c.txt", names.join("\n"));
    desk.run(&["scan"]).ends(0);
    let holds = |state: &str| {
        let told = names
            .iter()
            .map(|name| desk.run(&["explain", name, "--format", "json"]).json()[0].to_string());
        told.filter(|told| told.contains(&format!("\"{state}\""))).count()
    };
    (holds("silent"), holds("put_off"))
}

#[test]
fn an_address_where_nobody_was_ever_reached_is_left_alone_and_silent_for_all_who_wait_there() {
    let server = Server::new(|_, _| None);
    assert_eq!(silent_and_unknown(&server), (12, 0));
    // robots.txt of three names was waited for, and then nobody was asked any more.
    assert_eq!(server.came().len(), 3, "{:?}", server.came());
}

#[test]
fn an_address_where_somebody_was_reached_is_left_alone_and_the_rest_is_unknown() {
    let server = Server::new(|number, path| match (number, path) {
        (0, _) => Some(NO_RULES),
        (1, "/") => Some(PAGE),
        _ => None,
    });
    assert_eq!(silent_and_unknown(&server), (3, 8));
    assert_eq!(server.came().len(), 5, "{:?}", server.came());
}
