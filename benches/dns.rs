//! What a name costs the processor, and how many are lost: our resolver, hickory's own and massdns,
//! all against the same name server on this machine.
//!
//! `cargo bench --bench dns`; without `--bench` (as `cargo test --all-targets` runs it) the same with
//! a few names. `cargo bench --bench dns -- chabei` measures one of them. Needs Debian's nsd, whose
//! own processor time is not counted.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on fails")]

use std::fmt::Write;
use std::fs;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::process::Command;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;
use std::time::Instant;

use chabei::facts::domain::Host;
use chabei::facts::resolution::DnsAnswer;
use chabei::net::dns::Family;
use chabei::net::dns::Settings;
use hickory_resolver::Resolver;
use hickory_resolver::config::NameServerConfig;
use hickory_resolver::config::ResolverConfig;
use hickory_resolver::net::runtime::DnsUdpSocket;
use hickory_resolver::net::runtime::RuntimeProvider;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::runtime::TokioTime;
use hickory_resolver::proto::rr::RecordType;
use tokio::net::UdpSocket;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::nsd::Nsd;

#[path = "../tests/it/nsd.rs"]
mod nsd;

/// How many names are asked for at once.
const IN_FLIGHT: usize = 512;

/// How long one packet is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whom to measure.
const US: &str = "chabei";
const HICKORY: &str = "hickory";
const REUSING: &str = "hickory-sockets-used-again";
const MASSDNS: &str = "massdns";

/// What `/proc` counts processor time in, on every Linux.
const TICKS_PER_SECOND: u32 = 100;

fn main() {
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let is_measured = |who: &str| only.as_deref().is_none_or(|only| who == only);
    let count = if is_bench { 200_000 } else { 200 };
    let mut zone = "$TTL 60\n@ SOA ns hand 1 60 60 60 60\n@ NS ns\nns A 127.0.0.1\n".to_owned();
    for number in 0..count {
        let [_, b, c, d] = u32::try_from(number).unwrap().to_be_bytes();
        writeln!(zone, "www{number} A 10.{b}.{c}.{d}").unwrap();
    }
    let Some(nsd) = Nsd::start(&[("bench.cn", &zone)]) else {
        println!("not run: nsd is not installed");
        return;
    };
    let names: Arc<[String]> = (0..count).map(|number| format!("www{number}.bench.cn")).collect();

    println!("{count} names, {IN_FLIGHT} at once");
    println!("{:<30} {:>12} {:>8} {:>8}", "", "CPU per name", "lost", "time");
    let runtime = Runtime::new().unwrap();
    let address = nsd.address;
    if is_measured(US) {
        measure(US, &names, || runtime.block_on(ours(address, &names)));
    }
    if is_measured(HICKORY) {
        let provider = TokioRuntimeProvider::new();
        measure(HICKORY, &names, || runtime.block_on(hickorys(address, &names, provider)));
    }
    if is_measured(REUSING) {
        let provider = Reusing::default();
        measure(REUSING, &names, || runtime.block_on(hickorys(address, &names, provider)));
    }
    if is_measured(MASSDNS) {
        if Command::new(MASSDNS).arg("--help").output().is_ok() {
            measure(MASSDNS, &names, || massdns(address, &names));
        } else {
            println!("{MASSDNS}: not at hand");
        }
    }
}

/// Prints what it cost to run `resolve`, which returns how many names have an address.
fn measure(who: &str, names: &[String], resolve: impl FnOnce() -> usize) {
    let (before, begin) = (ticks(), Instant::now());
    let found = resolve();
    let (elapsed, spent) = (begin.elapsed().as_secs_f64(), ticks() - before);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let each = f64::from(spent) * 1e6 / f64::from(TICKS_PER_SECOND) / names.len() as f64;
    let lost = names.len() - found;
    println!("{who:<30} {each:>9.1} µs {lost:>8} {elapsed:>6.2} s");
}

/// Processor time so far: this process's own, and that of children that have ended, both as users
/// and in the kernel.
fn ticks() -> u32 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // The second field is a name in parentheses, which may hold anything.
    let (_, rest) = stat.rsplit_once(')').unwrap();
    let fields = rest.split_ascii_whitespace().skip(11).take(4);
    fields.map(|ticks| ticks.parse::<u32>().unwrap()).sum()
}

/// Calls `ask` for each of `names`, so many at once; how often it came true.
async fn each<F: Future<Output = bool> + Send>(
    names: &Arc<[String]>,
    ask: impl Fn(String) -> F + Clone + Send + 'static,
) -> usize {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let (names, next, ask) = (Arc::clone(names), Arc::clone(&next), ask.clone());
        tasks.spawn(async move {
            let mut found = 0;
            while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                found += usize::from(ask(name.clone()).await);
            }
            found
        });
    }
    tasks.join_all().await.into_iter().sum()
}

async fn ours(server: SocketAddr, names: &Arc<[String]>) -> usize {
    let attempts = 3;
    let resolver = chabei::net::dns::Resolver::start(&Settings {
        servers: vec![server],
        queries_per_second: u32::MAX,
        timeout: PATIENCE * attempts,
        attempts,
        ..Settings::default()
    });
    let resolver = Arc::new(resolver.unwrap());
    each(names, move |name| {
        let resolver = Arc::clone(&resolver);
        async move {
            let host: Host = name.parse().unwrap();
            let (answer, _) = resolver.ask(&host, Family::V4).await;
            matches!(answer, DnsAnswer::Addresses(_))
        }
    })
    .await
}

/// As for bulk: one server at a time, a cache that is of no use here and small, and names spelled
/// at random as ours are.
async fn hickorys<P: RuntimeProvider>(
    server: SocketAddr,
    names: &Arc<[String]>,
    provider: P,
) -> usize {
    let mut name_server = NameServerConfig::udp(server.ip());
    name_server.connections[0].port = server.port();
    let config = ResolverConfig::from_name_servers(vec![name_server]);
    let mut builder = Resolver::builder_with_config(config, provider);
    let options = builder.options_mut();
    options.num_concurrent_reqs = 1;
    options.attempts = 1;
    options.cache_size = 1;
    options.timeout = PATIENCE;
    options.case_randomization = true;
    let resolver = builder.build().unwrap();
    each(names, move |name| {
        let resolver = resolver.clone();
        async move {
            let answer = resolver.lookup(format!("{name}."), RecordType::A).await;
            answer.is_ok_and(|answer| !answer.answers().is_empty())
        }
    })
    .await
}

/// Lends hickory sockets that it used before.
#[derive(Clone, Default)]
struct Reusing {
    tokio: TokioRuntimeProvider,
    idle: Arc<Mutex<Vec<UdpSocket>>>,
}

/// A socket that goes back when it is dropped.
struct Lent {
    socket: Option<UdpSocket>,
    idle: Arc<Mutex<Vec<UdpSocket>>>,
}

impl RuntimeProvider for Reusing {
    type Handle = <TokioRuntimeProvider as RuntimeProvider>::Handle;
    type Timer = TokioTime;
    type Udp = Lent;
    type Tcp = <TokioRuntimeProvider as RuntimeProvider>::Tcp;

    fn create_handle(&self) -> Self::Handle {
        self.tokio.create_handle()
    }

    fn connect_tcp(
        &self,
        server: SocketAddr,
        local: Option<SocketAddr>,
        limit: Option<Duration>,
    ) -> Pin<Box<dyn Send + Future<Output = io::Result<Self::Tcp>>>> {
        self.tokio.connect_tcp(server, local, limit)
    }

    fn bind_udp(
        &self,
        local: SocketAddr,
        _server: SocketAddr,
    ) -> Pin<Box<dyn Send + Future<Output = io::Result<Lent>>>> {
        let idle = Arc::clone(&self.idle);
        Box::pin(async move {
            let used = idle.lock().unwrap().pop();
            let socket = match used {
                Some(socket) => socket,
                None => UdpSocket::bind(local).await?,
            };
            Ok(Lent { socket: Some(socket), idle })
        })
    }
}

impl Lent {
    fn socket(&self) -> &UdpSocket {
        self.socket.as_ref().unwrap()
    }
}

impl DnsUdpSocket for Lent {
    type Time = TokioTime;

    fn poll_recv_from(
        &self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(usize, SocketAddr)>> {
        DnsUdpSocket::poll_recv_from(self.socket(), context, buffer)
    }

    fn poll_send_to(
        &self,
        context: &mut Context<'_>,
        packet: &[u8],
        server: SocketAddr,
    ) -> Poll<io::Result<usize>> {
        DnsUdpSocket::poll_send_to(self.socket(), context, packet, server)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.idle.lock().unwrap().extend(self.socket.take());
    }
}

fn massdns(server: SocketAddr, names: &[String]) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let (servers, list, found) =
        (folder.path().join("servers"), folder.path().join("names"), folder.path().join("found"));
    fs::write(&servers, format!("{server}\n")).unwrap();
    fs::write(&list, names.join("\n")).unwrap();
    let ran = Command::new(MASSDNS)
        .args(["-q", "--root", "-t", "A", "-o", "Snl", "-s", &IN_FLIGHT.to_string(), "-r"])
        .arg(servers)
        .arg("-w")
        .arg(&found)
        .arg(list)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let found = fs::read_to_string(found).unwrap();
    found.lines().filter(|line| line.contains(" A ")).count()
}
