//! After a night, those who asked for it are told, once, in numbers, by somebody they can believe.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use hmac::Hmac;
use hmac::Mac;
use serde_json::Value;
use sha2::Sha256;

use crate::town::Town;

const SECRET: &str = "a secret of the recipient";

/// What was posted.
struct Post {
    head: Vec<String>,
    body: String,
}

impl Post {
    fn field(&self, name: &str) -> &str {
        let is_it = |line: &&String| line.to_lowercase().starts_with(&format!("{name}:"));
        let line = self.head.iter().find(is_it).unwrap_or_else(|| panic!("no {name}"));
        line.split_once(':').unwrap().1.trim()
    }

    /// Whether whoever knows the secret wrote it.
    fn is_signed(&self) -> bool {
        self.is_signed_with(SECRET)
    }

    fn is_signed_with(&self, secret: &str) -> bool {
        let signature = self.field("chabei-signature");
        let (time, digest) = signature.split_once(",v1=").unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{}.{}", time.strip_prefix("t=").unwrap(), self.body).as_bytes());
        let digest: Vec<u8> = (0..digest.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&digest[at..at + 2], 16).unwrap())
            .collect();
        mac.verify_slice(&digest).is_ok()
    }
}

/// Answers posts on `listener` with each status in turn, the last one ever after.
fn receive(listener: TcpListener, statuses: &'static [&'static str]) -> Receiver<Post> {
    let (sender, posts) = mpsc::channel();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let status = statuses.get(number).or(statuses.last()).unwrap();
            if sender.send(post(&mut stream)).is_err() {
                return;
            }
            let reply =
                format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(reply.as_bytes()).unwrap();
        }
    });
    posts
}

fn post(stream: &mut TcpStream) -> Post {
    let mut reader = BufReader::new(stream);
    let lines = reader.by_ref().lines().map(Result::unwrap);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let mut post = Post { head, body: String::new() };
    let length = post.field("content-length").parse().unwrap();
    reader.take(length).read_to_string(&mut post.body).unwrap();
    post
}

/// A mail server that takes everything; gives envelopes and texts.
fn post_office(listener: TcpListener) -> Receiver<String> {
    let (sender, mails) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let mut out = stream.try_clone().unwrap();
            let mut say = move |line: &str| out.write_all(format!("{line}\r\n").as_bytes());
            say("220 office.example").unwrap();
            let (mut mail, mut is_text) = (String::new(), false);
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let word = line.get(..4).unwrap_or(&line).to_uppercase();
                let reply = match (is_text, word.as_str()) {
                    (true, ".") => {
                        is_text = false;
                        sender.send(std::mem::take(&mut mail)).unwrap();
                        "250 taken"
                    }
                    (true, _) => "",
                    (false, "DATA") => {
                        is_text = true;
                        "354 go on"
                    }
                    (false, "QUIT") => "221 bye",
                    (false, _) => "250 yes",
                };
                mail.push_str(&line);
                mail.push('\n');
                if !reply.is_empty() && say(reply).is_err() {
                    break;
                }
            }
        }
    });
    mails
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

fn subscribe(town: &Town, patience: &str, to: &str, mail_port: u16) {
    let config = std::fs::read_to_string(town.path("chabei.toml")).unwrap();
    town.write("recipient.secret", format!("{SECRET}\n"));
    town.write(
        "chabei.toml",
        format!(
            "{config}\n[notices]\nlink = \"https://chabei.example.cn/\"\npatience = \"{patience}\"\n\
             to = [{to}]\n[notices.smtp]\nserver = \"127.0.0.1\"\nport = {mail_port}\n\
             security = \"none\"\nfrom = \"chabei@example.cn\"\n"
        ),
    );
}

fn soon<T>(what: &Receiver<T>) -> T {
    what.recv_timeout(Duration::from_mins(1)).expect("it comes")
}

#[test]
fn each_is_told_once_until_it_is_taken_by_post_and_by_mail() {
    let town = Town::new(60, 8);
    let ((http, port), (office, mail_port)) = (listener(), listener());
    let posts = receive(http, &["503 Busy", "204 Taken"]);
    let mails = post_office(office);
    let to = format!(
        "{{ bureau = \"部\", webhook = \"http://127.0.0.1:{port}/hook\", secret_file = \"recipient.secret\" }}, \
         {{ bureau = \"部\", mail = \"icp@example.cn\" }}"
    );
    subscribe(&town, "1m", &to, mail_port);
    town.import_all();
    let ran = town.scan(&["--summary", "night.json", "--summary-text", "night.txt"]);
    ran.complains(&["could not be sent", "503"]);
    let (first, second) = (soon(&posts), soon(&posts));
    for post in [&first, &second] {
        assert!(post.is_signed());
        assert!(post.head[0].starts_with("POST /hook "));
    }
    assert_eq!(first.field("idempotency-key"), second.field("idempotency-key"));
    let told: Value = serde_json::from_str(&second.body).unwrap();
    let night = town.summary("night.json");
    assert_eq!(told["findings"]["opened"], night["findings"]["opened"]);
    assert_eq!(told["findings"]["standing"], night["findings"]["opened"]);
    assert_eq!((&told["bureau"], &told["simulated"]), (&"部".into(), &true.into()));
    for finding in town.findings() {
        let domain = finding["domain"].as_str().unwrap();
        assert!(!second.body.contains(domain), "only numbers are told");
    }
    let mail = soon(&mails);
    assert!(mail.contains("RCPT TO:<icp@example.cn>"), "{mail}");
    assert!(mail.contains("Message-ID: <night-1-"), "{mail}");

    let text = std::fs::read_to_string(town.path("night.txt")).unwrap();
    let opened = night["findings"]["opened"].as_u64().unwrap();
    assert!(text.starts_with(&format!("【模拟数据】查备第 1 夜：新增 {opened}\n")), "{text}");

    // Nothing happens the night after, and nobody is told so.
    town.scan(&["--domain", "nothing-there.example.cn"]);
    town.scan(&["--limit", "1"]);
    assert!(posts.try_recv().is_err() && mails.try_recv().is_err());
}

#[test]
fn two_that_are_told_at_one_place_are_told_under_a_secret_each() {
    let town = Town::new(40, 9);
    let (http, port) = listener();
    let posts = receive(http, &["200 OK"]);
    let hook = format!("webhook = \"http://127.0.0.1:{port}/\"");
    let to = format!(
        "{{ bureau = \"部\", {hook}, secret_file = \"recipient.secret\" }}, \
         {{ provider = \"C01\", {hook}, secret_file = \"other.secret\" }}, \
         {{ bureau = \"北京\", {hook}, secret_file = \"other.secret\" }}"
    );
    subscribe(&town, "1m", &to, 25);
    town.write("other.secret", "another secret\n");
    town.import_all();
    town.scan(&[]);
    let mut told = 0;
    while let Ok(post) = posts.try_recv() {
        let body: Value = serde_json::from_str(&post.body).unwrap();
        let is_ministry = body["bureau"] == "部";
        assert_eq!(
            (post.is_signed(), post.is_signed_with("another secret")),
            (is_ministry, !is_ministry)
        );
        told += 1;
    }
    assert!(told >= 2, "{told}");
}

#[test]
fn what_could_not_be_sent_is_sent_by_the_next_night_with_the_same_key() {
    let town = Town::new(40, 9);
    let (http, port) = listener();
    drop(http);
    let url = format!("http://127.0.0.1:{port}/");
    let to =
        format!("{{ bureau = \"部\", webhook = \"{url}\", secret_file = \"recipient.secret\" }}");
    subscribe(&town, "0s", &to, 25);
    town.import_all();
    town.scan(&[]).complains(&["could not be sent"]);
    town.configure(&[("patience", "\"30s\"")]);
    let posts = receive(TcpListener::bind(("127.0.0.1", port)).unwrap(), &["200 OK"]);
    town.scan(&["--limit", "1"]);
    let told: Value = serde_json::from_str(&soon(&posts).body).unwrap();
    assert_eq!(told["scan"], 1);
    assert!(told["key"].as_str().unwrap().starts_with("night-1-"));
    town.scan(&["--limit", "1"]);
    assert!(posts.try_recv().is_err(), "it was taken");
}

#[test]
fn the_mail_says_why_there_was_no_night() {
    let desk = crate::desk::Desk::new();
    desk.import("candidates", "names.txt", "a.cn\n");
    let lock = std::fs::File::options().write(true).open(desk.path("data").join("lock")).unwrap();
    lock.lock().unwrap();
    desk.run(&["scan", "--summary-text", "night.txt"]).ends(4);
    let text = std::fs::read_to_string(desk.path("night.txt")).unwrap();
    assert!(text.starts_with("查备：检测没有完成\n\n! "), "{text}");
    assert!(text.contains("nobody answers"), "{text}");
}
