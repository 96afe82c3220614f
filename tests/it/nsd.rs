//! A real name server, Debian's nsd, as a process of its own.

use std::fmt::Write;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::UdpSocket;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

/// So long the server may take until it answers: it reads its zones first.
const PATIENCE: Duration = Duration::from_mins(1);

/// Between two tries to reach it.
const TRY: Duration = Duration::from_millis(5);

/// Asks for the root's addresses: whatever comes back, the server is there.
const ANYTHING: [u8; 17] = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1];

/// A running nsd and its folder. Both are gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Nsd {
    pub(crate) address: SocketAddr,
    process: Child,
    _folder: tempfile::TempDir,
}

impl Nsd {
    /// Serves `zones`: the name of each, and the records in its file. `None` where nsd is not
    /// installed.
    pub(crate) fn start(zones: &[(&str, &str)]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        for (zone, records) in zones {
            fs::write(folder.path().join(zone), records).unwrap();
        }
        let names: Vec<&str> = zones.iter().map(|(zone, _)| *zone).collect();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let address = free_port();
            fs::write(folder.path().join("nsd.conf"), configuration(&folder, address, &names))
                .unwrap();
            let mut process = spawn(&folder)?;
            if answers(&mut process, address, deadline) {
                return Some(Self { address, process, _folder: folder });
            }
            // Somebody else took the port meanwhile, or the server cannot start at all.
            process.kill().unwrap();
            process.wait().unwrap();
            let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "nsd does not answer:\n{log}");
        }
    }
}

impl Drop for Nsd {
    fn drop(&mut self) {
        // Its children end with it.
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Debian puts it where only root's shell looks.
fn spawn(folder: &tempfile::TempDir) -> Option<Child> {
    ["nsd", "/usr/sbin/nsd"].into_iter().find_map(|program| {
        let spawned = Command::new(program)
            .arg("-d")
            .arg("-c")
            .arg(folder.path().join("nsd.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match spawned {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            started => Some(started.unwrap()),
        }
    })
}

/// A UDP and a TCP port that was free a moment ago.
fn free_port() -> SocketAddr {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = udp.local_addr().unwrap();
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

fn configuration(folder: &tempfile::TempDir, address: SocketAddr, zones: &[&str]) -> String {
    let (ip, port, folder) = (address.ip(), address.port(), folder.path().display());
    let mut text = format!(
        "server:\n ip-address: {ip}@{port}\n username: \"\"\n chroot: \"\"\n server-count: 1\n \
         zonesdir: \"{folder}\"\n xfrdir: \"{folder}\"\n zonelistfile: \"{folder}/zone.list\"\n \
         database: \"\"\n pidfile: \"\"\n xfrdfile: \"\"\n logfile: \"{folder}/log\"\n \
         rrl-ratelimit: 0\nremote-control:\n control-enable: no\n"
    );
    for zone in zones {
        writeln!(text, "zone:\n name: \"{zone}\"\n zonefile: \"{zone}\"").unwrap();
    }
    text
}

/// Waits for the first answer; whether one came while the process lived.
fn answers(process: &mut Child, address: SocketAddr, deadline: Instant) -> bool {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(address).unwrap();
    socket.set_read_timeout(Some(TRY)).unwrap();
    while Instant::now() < deadline && process.try_wait().unwrap().is_none() {
        let answer = socket.send(&ANYTHING).and_then(|_| socket.recv(&mut [0; 512]));
        match answer {
            Ok(_) => return process.try_wait().unwrap().is_none(),
            // Nobody listens yet, which is told at once.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                std::thread::sleep(TRY);
            }
            Err(_) => {}
        }
    }
    false
}
