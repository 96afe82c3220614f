//! The interface as it is met from outside: the real program, asked over a socket.

use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::sync::Mutex;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use chabei::facts::change::Change;
use chabei::facts::change::ChangeKind;
use chabei::facts::finding::Finding;
use chabei::facts::finding::FindingKey;
use chabei::facts::finding::FindingState;
use chabei::facts::finding::Kind;
use chabei::facts::finding::Sightings;
use chabei::store::findings::Findings;
use chabei::store::findings::Update;
use jiff::Timestamp;
use reqwest::Client;
use reqwest::Method;
use reqwest::header::HeaderMap;
use reqwest::tls::TlsInfo;
use serde_json::Value;
use tokio::runtime::Runtime;
use ulid::Ulid;

use crate::desk::Desk;

/// The program while it serves the data of a desk. Ended when dropped.
pub(crate) struct Served {
    child: Child,
    base: String,
    client: Client,
    runtime: Runtime,
    /// The lines of its log.
    said: Mutex<Receiver<String>>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Served {
    pub(crate) fn start(desk: &Desk) -> Self {
        Self::start_with(desk, &[])
    }

    pub(crate) fn start_with(desk: &Desk, before: &[&str]) -> Self {
        let args = [before, &["serve", "--listen", "127.0.0.1:0"]].concat();
        let mut child = desk.command(&args).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let base = loop {
            let line = said.next().expect("it serves").unwrap();
            if line.starts_with("http") {
                break line;
            }
        };
        let (sender, log) = mpsc::channel();
        let errors = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                // Whoever does not listen lets it pass.
                let _ = sender.send(line);
            }
        });
        let client = Client::builder()
            .no_proxy()
            .timeout(Duration::from_mins(1))
            .danger_accept_invalid_certs(true)
            .build()
            .unwrap();
        Self { child, base, client, runtime: Runtime::new().unwrap(), said: Mutex::new(log) }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        self.base.trim_start_matches("http://").split('/').next().unwrap()
    }

    /// One call; `path` is below the base.
    pub(crate) fn call(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Came {
        self.call_with(method, path, key, body, &[])
    }

    #[expect(clippy::too_many_arguments, reason = "they are what a call is made of")]
    pub(crate) fn call_with(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Came {
        let url = format!("{}{path}", self.base);
        let mut call = self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
        if let Some(key) = key {
            call = call.header("authorization", format!("Bearer {key}"));
        }
        if let Some(body) = body {
            call = call.header("content-type", "application/json").body(body.to_string());
        }
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        self.runtime.block_on(async {
            let came = call.send().await.unwrap();
            let (status, headers) = (came.status().as_u16(), came.headers().clone());
            Came { status, headers, bytes: came.bytes().await.unwrap().to_vec() }
        })
    }

    /// One call with a body of any kind.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        key: &str,
        (kind, body): (&str, Vec<u8>),
    ) -> Came {
        let url = format!("{}{path}", self.base);
        let call = self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
        let call = call.header("authorization", format!("Bearer {key}"));
        self.runtime.block_on(async {
            let came = call.header("content-type", kind).body(body).send().await.unwrap();
            let (status, headers) = (came.status().as_u16(), came.headers().clone());
            Came { status, headers, bytes: came.bytes().await.unwrap().to_vec() }
        })
    }

    pub(crate) fn get(&self, path: &str, key: &str) -> Came {
        self.call("GET", path, Some(key), None)
    }

    /// The same by somebody who goes away after `patience`; `None` where nothing had come by then.
    pub(crate) fn get_within(
        &self,
        path: &str,
        key: &str,
        patience: Option<Duration>,
    ) -> Option<Came> {
        let call = self.client.get(format!("{}{path}", self.base));
        let call = call.header("authorization", format!("Bearer {key}"));
        let came = async {
            let came = call.send().await.unwrap();
            let (status, headers) = (came.status().as_u16(), came.headers().clone());
            Came { status, headers, bytes: came.bytes().await.unwrap().to_vec() }
        };
        self.runtime.block_on(async {
            match patience {
                Some(patience) => tokio::time::timeout(patience, came).await.ok(),
                None => Some(came.await),
            }
        })
    }

    /// Server-sent events, by name, until there were so many or there are no more.
    pub(crate) fn events(&self, path: &str, key: &str, most: usize) -> Vec<(String, Value)> {
        let call = self.client.get(format!("{}{path}", self.base));
        let call = call
            .header("authorization", format!("Bearer {key}"))
            .header("accept", "text/event-stream");
        let mut events = Vec::new();
        self.runtime.block_on(async {
            let mut came = call.send().await.unwrap();
            assert_eq!(came.headers()["content-type"], "text/event-stream");
            let mut text = String::new();
            while events.len() < most {
                let Some(chunk) = came.chunk().await.unwrap() else { return };
                text.push_str(std::str::from_utf8(&chunk).unwrap());
                while let Some((event, rest)) = text.split_once("\n\n") {
                    let field = |name: &str| {
                        event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
                    };
                    if let (Some(name), Some(data)) = (field("event:"), field("data:")) {
                        events.push((name.to_owned(), serde_json::from_str(data).unwrap()));
                    }
                    text = rest.to_owned();
                }
            }
        });
        events
    }

    /// The certificate that a visitor is shown now, DER.
    pub(crate) fn certificate(&self) -> Vec<u8> {
        let client = Client::builder().no_proxy().danger_accept_invalid_certs(true).tls_info(true);
        let call = client.build().unwrap().get(format!("{}/openapi.json", self.base));
        let came = self.runtime.block_on(call.send()).unwrap();
        let shown = came.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate);
        shown.unwrap().to_vec()
    }

    /// Waits until some line of its log holds `part`.
    #[track_caller]
    pub(crate) fn complains(&self, part: &str) {
        let lines = self.said.lock().unwrap();
        let line = || lines.recv_timeout(Duration::from_mins(1)).expect("the line comes");
        while !line().contains(part) {}
    }

    /// Asks it to end and waits; returns the exit status.
    pub(crate) fn stop(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Came {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|_| panic!("{} {}", self.status, String::from_utf8_lossy(&self.bytes)))
    }

    #[track_caller]
    pub(crate) fn ends(self, status: u16) -> Self {
        let body = String::from_utf8_lossy(&self.bytes);
        assert_eq!(self.status, status, "{body}");
        self
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A key that is good; returns it with its id.
pub(crate) fn key(desk: &Desk, holder: &[&str]) -> (String, String) {
    let id = desk.run(&[&["keys", "request"], holder].concat()).ends(0).text().trim().to_owned();
    desk.run(&["keys", "approve", &id]).ends(0);
    let secret = desk.run(&["keys", "issue", &id]).ends(0).text().trim().to_owned();
    (secret, id)
}

/// A finding that stands.
pub(crate) fn finding(number: u128, provider: &str, carrier: &str, bureau: &str) -> Finding {
    Finding {
        id: Ulid::from(number),
        key: FindingKey {
            target: format!("d{number}.cn").parse().unwrap(),
            kind: Kind::Unfiled,
            provider: provider.parse().ok(),
        },
        bureau: bureau.parse().unwrap(),
        channel: "list".to_owned(),
        state: FindingState::Open,
        reopened: 0,
        first_seen: Timestamp::UNIX_EPOCH,
        last_seen: Timestamp::UNIX_EPOCH,
        times_seen: 1,
        due: jiff::civil::date(2026, 12, 31),
        seen: Sightings { carrier: carrier.parse().ok(), ..Sightings::default() },
        answer: None,
        nights_in_row: 0,
        last_night: 1,
        has_lapsed: false,
    }
}

/// Writes findings into the data of a desk that nobody uses, each opened by a change.
pub(crate) fn write(desk: &Desk, findings: &[Finding]) {
    let path = desk.path("data").join("findings");
    std::fs::create_dir_all(&path).unwrap();
    let store = Findings::open(&path).unwrap();
    let changes = findings.iter().map(|finding| Change {
        finding: finding.id,
        kind: ChangeKind::Opened,
        state: finding.state,
        at: Timestamp::UNIX_EPOCH,
        reasons: vec![],
        actor: "night 1".to_owned(),
        note: None,
    });
    let changes = changes.collect();
    let update = Update { findings: findings.to_vec(), changes, ..Update::default() };
    store.apply([&update], None).unwrap();
}

const PROVIDERS: &str = "\
id,name,kind,bureau
P1,运营商甲,carrier,北京
P4,示例云,provider,北京
P5,别家云,provider,河北
";

/// Six findings: three at P4 below P1, two at P5, one of nobody.
pub(crate) fn office() -> Desk {
    let desk = Desk::new();
    desk.import("providers", "providers.csv", PROVIDERS);
    desk.import(
        "filings",
        "filings.csv",
        "域名,网站备案号,状态\na.cn,京ICP备05014806号-1,active\n",
    );
    write(
        &desk,
        &[
            finding(1, "P4", "P1", "北京"),
            finding(2, "P4", "P1", "北京"),
            finding(3, "P4", "P1", "河北"),
            finding(4, "P5", "P5", "河北"),
            finding(5, "P5", "P5", "河北"),
            finding(6, "", "", "部"),
        ],
    );
    desk
}

/// The id of the finding with this number.
pub(crate) fn id(number: u128) -> String {
    Ulid::from(number).to_string()
}
