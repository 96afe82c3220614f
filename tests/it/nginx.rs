//! A real web server, nginx, as a process of its own.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use rcgen::CertificateParams;
use rcgen::KeyPair;

/// So long the server may take until it answers.
const PATIENCE: Duration = Duration::from_mins(1);

/// Between two tries to reach it.
const TRY: Duration = Duration::from_millis(5);

/// A running nginx and its folder. Both are gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Nginx {
    /// The ports that it listens at.
    pub(crate) ports: [u16; 2],
    process: Child,
    _folder: tempfile::TempDir,
}

impl Nginx {
    /// Serves the blocks of `http { … }` that `configure` makes for the folder and two free ports.
    /// `None` where nginx is not installed.
    pub(crate) fn start(
        address: IpAddr,
        configure: impl Fn(&Path, [u16; 2]) -> String,
    ) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ports = free_ports(address);
            let servers = configure(root, ports);
            let at = root.display();
            let configuration = format!(
                "daemon off;\nmaster_process off;\npid {at}/pid;\nerror_log {at}/log;\n\
                 worker_rlimit_nofile 16384;\nevents {{ worker_connections 8192; }}\n\
                 http {{\naccess_log off;\nclient_body_temp_path {at}/t1;\nproxy_temp_path {at}/t2;\n\
                 fastcgi_temp_path {at}/t3;\nuwsgi_temp_path {at}/t4;\nscgi_temp_path {at}/t5;\n\
                 types {{ text/html html; text/plain txt; }}\n{servers}\n}}\n"
            );
            fs::write(root.join("nginx.conf"), configuration).unwrap();
            let mut process = spawn(root)?;
            let servers = ports.map(|port| SocketAddr::new(address, port));
            if servers.iter().all(|server| answers(&mut process, *server, deadline)) {
                return Some(Self { ports, process, _folder: folder });
            }
            // Somebody else took a port meanwhile, or the server cannot start at all.
            process.kill().unwrap();
            process.wait().unwrap();
            let log = fs::read_to_string(root.join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "nginx does not answer:\n{log}");
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Writes `name.pem` and `name.key` into `folder`: a certificate for `names`, signed by itself.
pub(crate) fn certify(folder: &Path, name: &str, names: &[&str]) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let params = CertificateParams::new(names).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    fs::write(folder.join(format!("{name}.pem")), certificate.pem()).unwrap();
    fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
}

/// Debian puts it where only root's shell looks.
fn spawn(root: &Path) -> Option<Child> {
    ["nginx", "/usr/sbin/nginx"].into_iter().find_map(|program| {
        let spawned = Command::new(program)
            .arg("-p")
            .arg(root)
            .arg("-e")
            .arg(root.join("log"))
            .arg("-c")
            .arg(root.join("nginx.conf"))
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

/// Two ports that were free a moment ago.
fn free_ports(address: IpAddr) -> [u16; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind((address, 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// Waits until somebody listens; whether that was so while the process lived.
fn answers(process: &mut Child, server: SocketAddr, deadline: Instant) -> bool {
    while Instant::now() < deadline && process.try_wait().unwrap().is_none() {
        if TcpStream::connect(server).is_ok() {
            return process.try_wait().unwrap().is_none();
        }
        std::thread::sleep(TRY);
    }
    false
}
