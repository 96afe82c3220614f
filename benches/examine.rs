//! What the examination of a site costs the processor: robots.txt, a home page of 28 KB and reading
//! it, each over a fresh connection; held against what `curl --parallel` spends on fetching the page
//! alone. Both ask the same nginx, a process of its own whose time is not counted, by turns.
//! These sites prove nothing: of one that a finding may come of, the body is digested besides.
//!
//! `cargo bench --bench examine`; without `--bench` (as `cargo test --all-targets` runs it) the same
//! with a few sites. `-- http` or `-- https` measures one of them. Needs nginx and curl.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on fails")]

use std::fmt::Write;
use std::fs;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Instant;

use chabei::clock::Clock;
use chabei::facts::domain::Domain;
use chabei::facts::domain::Host;
use chabei::facts::target::Target;
use chabei::facts::visit::SiteState;
use chabei::net::dns;
use chabei::net::dns::Resolver;
use chabei::net::guard::Guard;
use chabei::net::guard::OptOut;
use chabei::net::http::Client;
use chabei::net::http::Settings;
use chabei::net::pace;
use chabei::net::pace::Pace;
use chabei::net::pace::Parties;
use chabei::stages::probe::Door;
use chabei::stages::probe::Prober;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::nginx::Nginx;

#[path = "../tests/it/nginx.rs"]
mod nginx;

/// How many sites are examined at once.
const IN_FLIGHT: u32 = 64;

/// How large the home page is, in bytes.
const PAGE: usize = 28 * 1024;

/// What `/proc` counts processor time in, on every Linux.
const TICKS_PER_SECOND: u32 = 100;

fn main() {
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    // Few enough that nginx can let all of their connections stay open, as curl does.
    let (count, rounds) = if is_bench { (4_000, 5) } else { (100, 1) };
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("not run: curl is not installed");
        return;
    }
    let Some(nginx) = Nginx::start(address(0), configure) else {
        println!("not run: nginx is not installed");
        return;
    };
    println!("{rounds} x {count} sites, {IN_FLIGHT} at once; processor time for each");
    println!("{:<8} {:>12} {:>12} {:>8}", "", "curl", "chabei", "ratio");
    for (scheme, port, is_secure) in
        [("http", nginx.ports[0], false), ("https", nginx.ports[1], true)]
    {
        if only.as_deref().is_some_and(|only| only != scheme) {
            continue;
        }
        let (mut curls, mut ours) = (0.0, 0.0);
        for _ in 0..rounds {
            curls += cost(count, || curl(scheme, port, count)) / f64::from(rounds);
            ours += cost(count, || examine(nginx.ports, is_secure, count)) / f64::from(rounds);
        }
        println!("{scheme:<8} {curls:>9.0} µs {ours:>9.0} µs {:>8.2}", ours / curls);
    }
}

/// Each site has an address of its own, so that nobody can use a connection again for another.
fn address(number: u32) -> IpAddr {
    Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 64, 0, 1)) + number).into()
}

fn configure(root: &Path, [http, https]: [u16; 2]) -> String {
    fs::write(root.join("index.html"), page()).unwrap();
    fs::write(root.join("robots.txt"), "User-agent: *\nDisallow: /admin/\n").unwrap();
    nginx::certify(root, "site", &["*.example.cn"]);
    let at = root.display();
    format!(
        "server {{\nlisten {http};\nlisten {https} ssl;\nallow 127.0.0.0/8;\ndeny all;\nroot {at};\n\
         ssl_certificate {at}/site.pem;\nssl_certificate_key {at}/site.key;\n}}\n"
    )
}

/// A company's home page: a head, menus, news, a footer with the filing number.
fn page() -> String {
    let mut page = "<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <title>某某市某某机械设备有限公司</title>\
         <meta name=\"keywords\" content=\"机械,设备,加工\">\
         <link rel=\"stylesheet\" href=\"/css/style.css\"><script src=\"/js/jquery.min.js\"></script>\
         </head>\n<body>\n<div class=\"wrap\">\n"
        .to_owned();
    let footer = "<div class=\"footer\"><p>版权所有 某某市某某机械设备有限公司 \
         <a href=\"https://beian.miit.gov.cn/\">京ICP备05014806号-1</a></p></div>\n</div></body></html>\n";
    let mut number = 0;
    while page.len() + footer.len() < PAGE {
        number += 1;
        writeln!(
            page,
            "<li class=\"item\"><a href=\"/news/show-{number}.html\" title=\"新闻标题\" \
             target=\"_blank\"><img src=\"/upload/{number}.jpg\" alt=\"产品图片\">\
             <span>关于召开第{number}次技术交流会的通知</span></a><em>2026-11-{:02}</em></li>",
            1 + number % 28
        )
        .unwrap();
    }
    page + footer
}

/// Microseconds of processor time that `work` took for each of `count` sites.
fn cost(count: u32, work: impl FnOnce()) -> f64 {
    let before = ticks();
    let begin = Instant::now();
    work();
    let spent = ticks() - before;
    assert!(begin.elapsed().as_secs() < 600, "a figure of a machine that does something else");
    f64::from(spent) * 1e6 / f64::from(TICKS_PER_SECOND) / f64::from(count)
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

fn curl(scheme: &str, port: u16, count: u32) {
    let folder = tempfile::tempdir().unwrap();
    let mut list = String::new();
    for number in 0..count {
        let address = address(number);
        writeln!(list, "url = \"{scheme}://{address}:{port}/\"\noutput = \"/dev/null\"").unwrap();
    }
    let path = folder.path().join("list");
    fs::write(&path, list).unwrap();
    let ran = Command::new("curl")
        .args(["--parallel", "--parallel-max", &IN_FLIGHT.to_string(), "--insecure", "--silent"])
        .args(["--fail", "--no-progress-meter", "--config"])
        .arg(&path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(ran.success(), "curl ends with {ran}");
}

fn examine([plain, secure]: [u16; 2], is_secure: bool, count: u32) {
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    let ports = Settings { http_port: plain, https_port: secure, ..Settings::default() };
    let settings = Settings { allow: allow.clone(), ..ports };
    let guard = Guard::new(allow, OptOut::default());
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let servers = vec!["127.0.0.1:53".parse().unwrap()];
        let resolver =
            Resolver::start(&dns::Settings { servers, ..dns::Settings::default() }).unwrap();
        let pace =
            pace::Settings { per_address: 1e6, per_provider: 1e6, ..pace::Settings::default() };
        let client = Client::new(&settings, guard.clone(), Clock::default()).unwrap();
        let (resolver, pace) = (Arc::new(resolver), Arc::new(Pace::new(&pace)));
        let prober = Arc::new(Prober::new(client, resolver, pace, guard, &settings));
        let next = Arc::new(AtomicU32::new(0));
        let mut tasks = JoinSet::new();
        for _ in 0..IN_FLIGHT {
            let (prober, next) = (Arc::clone(&prober), Arc::clone(&next));
            tasks.spawn(async move {
                let nobody = Parties::default();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let host: Host = format!("www.site{number}.cn").parse().unwrap();
                    let target = Target::from(Domain::of(&host).unwrap());
                    let address = address(number);
                    let (target, host) = (&target, Some(&host));
                    let (was_stopped, parties) = (false, &nobody);
                    let door = Door { target, host, address, parties, is_secure, was_stopped };
                    let visit = prober.visit(door, &|_, _| Parties::default()).await.visit;
                    assert_eq!(visit.state, SiteState::Live, "{visit:?}");
                    assert_eq!(visit.page.unwrap().numbers.len(), 1);
                }
            });
        }
        tasks.join_all().await;
    });
}
