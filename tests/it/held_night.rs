//! A night that is held: a name server of the test hears its question and says nothing.

use std::net::UdpSocket;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use crate::desk::Desk;
use crate::desk::Ran;

/// A name server that says nothing for as long as it lives.
pub(crate) struct Silent(UdpSocket);

impl Silent {
    pub(crate) fn new() -> Self {
        let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
        silent.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        Self(silent)
    }

    /// Writes `held.toml`, after which every name is asked for here; returns its path.
    pub(crate) fn configure(&self, desk: &Desk) -> String {
        let server = self.0.local_addr().unwrap();
        let resolve = format!("[resolve]\nservers = [\"{server}\"]\ntimeout = \"45s\"\n");
        desk.write("held.toml", resolve)
    }

    /// Waits until somebody asks.
    pub(crate) fn is_asked(&self) {
        self.0.recv_from(&mut [0; 1500]).expect("the scan asks the name server");
    }
}

/// A night over the data of a desk, which ends when it is told to, and not before.
pub(crate) struct Held {
    pub(crate) scan: Child,
    _silent: Silent,
}

impl Held {
    /// Begins a scan of one name over the data folder `data` of `desk`.
    pub(crate) fn over(desk: &Desk, data: &str) -> Self {
        let silent = Silent::new();
        let config = silent.configure(desk);
        let args =
            ["--config", &config, "scan", "--domain", "held.cn", "--summary", "summary.json"];
        let scan = over(desk, data, &args).spawn().unwrap();
        silent.is_asked();
        Self { scan, _silent: silent }
    }

    /// Asks the night to end, and waits for it.
    pub(crate) fn terminate(self) -> Ran {
        terminate(&self.scan);
        ended(self.scan)
    }

    /// Kills the night as a power cut would.
    pub(crate) fn kill(mut self) {
        self.scan.kill().unwrap();
        ended(self.scan);
    }
}

/// The program with `args`, which name a configuration themselves.
pub(crate) fn over(desk: &Desk, data: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chabei"));
    command
        .current_dir(desk.folder())
        .env_remove("CHABEI_LOG")
        .arg("--data")
        .arg(desk.path(data))
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub(crate) fn ended(child: Child) -> Ran {
    child.wait_with_output().unwrap().into()
}

pub(crate) fn terminate(child: &Child) {
    let sent = Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status();
    assert!(sent.unwrap().success());
}
