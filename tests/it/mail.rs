//! Notices by mail: the server must prove who it is before it is told the password and the mail.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::Sender;
use std::time::Duration;

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::ServerConnection;
use tokio_rustls::rustls::StreamOwned;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::desk::Ran;
use crate::town::Town;

/// `AUTH PLAIN` of the user `icp` with the password `a password`.
const LOGIN: &str = "AUTH PLAIN AGljcABhIHBhc3N3b3Jk";

/// An authority of this name as PEM, and a server that it knows as `localhost`.
fn authority(name: &str) -> (String, Arc<ServerConfig>) {
    let (key, own) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let certificate = params.self_signed(&key).unwrap();
    let server = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let server = server.signed_by(&own, &Issuer::from_params(&params, &key)).unwrap();
    let secret = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![server.der().clone()], secret)
        .unwrap();
    (certificate.pem(), Arc::new(config))
}

/// How a conversation stopped.
enum Stopped {
    Over,
    WantsTls,
}

/// Speaks with one client and sends on what it says.
fn talk(stream: &mut (impl Read + Write), is_secret: bool, said: &Sender<String>) -> Stopped {
    let mut stream = BufReader::new(stream);
    let mut is_text = false;
    loop {
        let mut line = String::new();
        if !stream.read_line(&mut line).is_ok_and(|read| read > 0) {
            return Stopped::Over;
        }
        let line = line.trim_end().to_owned();
        let word = line.get(..4).unwrap_or(&line).to_uppercase();
        let reply = match (is_text, word.as_str()) {
            (true, ".") => {
                is_text = false;
                "250 taken"
            }
            (true, _) => "",
            (false, "DATA") => {
                is_text = true;
                "354 go on"
            }
            (false, "EHLO") if is_secret => "250-localhost\r\n250 AUTH PLAIN",
            (false, "EHLO") => "250-localhost\r\n250 STARTTLS",
            (false, "STAR") => "220 go on",
            (false, "AUTH") => "235 welcome",
            (false, "QUIT") => "221 bye",
            (false, _) => "250 yes",
        };
        let wants_tls = !is_text && word == "STAR";
        said.send(format!("{}{line}", if is_secret { "" } else { "in the clear: " })).unwrap();
        if !reply.is_empty()
            && stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).is_err()
        {
            return Stopped::Over;
        }
        let _ = stream.get_mut().flush();
        if wants_tls {
            return Stopped::WantsTls;
        }
    }
}

fn serve(mut stream: TcpStream, config: &Arc<ServerConfig>, at_once: bool, said: &Sender<String>) {
    const HELLO: &[u8] = b"220 localhost\r\n";
    let secret =
        |stream| StreamOwned::new(ServerConnection::new(Arc::clone(config)).unwrap(), stream);
    if at_once {
        let mut stream = secret(stream);
        if stream.write_all(HELLO).and_then(|()| stream.flush()).is_ok() {
            talk(&mut stream, true, said);
        }
        return;
    }
    stream.write_all(HELLO).unwrap();
    if matches!(talk(&mut stream, false, said), Stopped::WantsTls) {
        talk(&mut secret(stream), true, said);
    }
}

/// A mail server, and what it is told.
fn post_office(config: Arc<ServerConfig>, at_once: bool) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, said) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            serve(stream.unwrap(), &config, at_once, &sender);
            let _ = sender.send("gone".to_owned());
        }
    });
    (port, said)
}

/// What a client says until it is gone.
fn visit(said: &Receiver<String>) -> Vec<String> {
    let line = || said.recv_timeout(Duration::from_mins(1)).expect("somebody comes");
    std::iter::repeat_with(line).take_while(|line| line != "gone").collect()
}

#[test]
fn a_mail_goes_to_the_server_whose_certificate_is_good_with_login_and_nothing_to_any_other() {
    for (security, at_once) in [("tls", true), ("starttls", false)] {
        let town = Town::new(40, 8);
        let (pem, config) = authority("One");
        let (other, _) = authority("Other");
        town.write("one.pem", pem);
        town.write("other.pem", other);
        town.write("password", "a password\n");
        let (port, said) = post_office(config, at_once);
        let toml = std::fs::read_to_string(town.path("chabei.toml")).unwrap();
        town.write(
            "chabei.toml",
            format!(
                "{toml}\n[notices]\npatience = \"0s\"\n\
                 to = [{{ bureau = \"部\", mail = \"icp@example.cn\" }}]\n\
                 [notices.smtp]\nserver = \"localhost\"\nport = {port}\n\
                 security = \"{security}\"\nfrom = \"chabei@example.cn\"\n\
                 user = \"icp\"\npassword_file = \"password\"\n"
            ),
        );
        town.import_all();
        let scan = |trusted: &str, args: &[&str]| -> Ran {
            let mut command = town.command(&[&["scan"], args].concat());
            command.env("SSL_CERT_FILE", town.path(trusted)).output().unwrap().into()
        };
        scan("other.pem", &[]).ends(0).complains(&["could not be sent"]);
        let told = visit(&said);
        for secret in ["AUTH", "MAIL", "RCPT", "DATA"] {
            assert!(!told.iter().any(|line| line.contains(secret)), "{security}: {told:?}");
        }
        // It waited its few seconds, or is sent by the night after.
        let mut told = Vec::new();
        while !told.iter().any(|line: &String| line == LOGIN) {
            scan("one.pem", &["--limit", "1"]).ends(0);
            told.extend(std::iter::from_fn(|| said.try_recv().ok()));
        }
        let at = |part: &str| told.iter().position(|line| line.starts_with(part));
        assert!(at(LOGIN) < at("MAIL FROM:<chabei@example.cn>"), "{security}: {told:?}");
        for part in ["RCPT TO:<icp@example.cn>", "Message-ID: <night-1-", "Subject: "] {
            assert!(at(part).is_some(), "{security}: no {part:?} in {told:?}");
        }
    }
}
