//! Another register, as the upstream of the one under test: a small web server of the tests' own.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The first line and the headers, in lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Further headers, each with its line end.
    pub(crate) headers: String,
    pub(crate) body: String,
    /// How long it takes to come.
    pub(crate) after: Duration,
}

impl Reply {
    pub(crate) fn of(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: String::new(), body: body.into(), after: Duration::ZERO }
    }
}

type Script = dyn Fn(&Request) -> Reply + Send + Sync;

/// A register that answers by `script`, and the requests that it got. Ends when it is dropped.
pub(crate) struct Register {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    is_over: Arc<AtomicBool>,
    door: Option<JoinHandle<()>>,
}

impl Register {
    pub(crate) fn start(script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let is_over = Arc::new(AtomicBool::new(false));
        let script: Arc<Script> = Arc::new(script);
        let (noted, over) = (Arc::clone(&requests), Arc::clone(&is_over));
        let door = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let (script, noted) = (Arc::clone(&script), Arc::clone(&noted));
                thread::spawn(move || serve(&stream, &*script, &noted));
            }
        });
        Self { address, requests, is_over, door: Some(door) }
    }

    /// Its address, as the configuration names it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Register {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(door) = self.door.take() {
            door.join().unwrap();
        }
    }
}

/// Answers one request after another until the other side goes.
fn serve(stream: &TcpStream, script: &Script, noted: &Mutex<Vec<Request>>) {
    let mut input = BufReader::new(stream);
    while let Some(request) = read(&mut input) {
        noted.lock().unwrap().push(request.clone());
        let Reply { status, headers, body, after } = script(&request);
        thread::sleep(after);
        let length = body.len();
        let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n");
        let mut out = stream;
        // The other side may have given up.
        if out.write_all(&[head.as_bytes(), body.as_bytes()].concat()).is_err() {
            return;
        }
    }
}

fn read(input: &mut impl BufRead) -> Option<Request> {
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line.to_lowercase());
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: u64 = length.and_then(|length| length.parse().ok()).unwrap_or_default();
    let mut body = String::new();
    input.take(length).read_to_string(&mut body).ok()?;
    Some(Request { head, body })
}
