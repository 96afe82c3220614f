//! The same web hosts over TLS, with certificates good for nothing.

use std::io;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;

use rcgen::Certificate;
use rcgen::CertificateParams;
use rcgen::DistinguishedName;
use rcgen::DnType;
use rcgen::Issuer;
use rcgen::KeyPair;
use rcgen::date_time_ymd;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::server::Acceptor;
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::sign::SingleCertAndKey;

use crate::lab::arrivals::What;
use crate::lab::play::Play;
use crate::lab::story::Https;
use crate::lab::story::Shown;
use crate::lab::web::End;
use crate::lab::web::counted::Counted;
use crate::lab::web::counted::Told;
use crate::lab::web::read_head;
use crate::lab::web::reply::reply_over_tls;
use crate::lab::web::request::Request;
use crate::lab::web::send;

/// What a server that knows TLS 1.0 only answers: a fatal alert, `protocol_version`.
const TOO_NEW: [u8; 7] = [21, 3, 1, 0, 2, 2, 70];

/// One key for the whole world: a new one for each visitor would cost more than it shows. `None` where
/// the machine gives none; then nothing answers over TLS.
static KEY: LazyLock<Option<KeyPair>> = LazyLock::new(|| KeyPair::generate().ok());

/// The certificate of ten thousand names: made once, since it takes a while.
static CROWDED: LazyLock<Option<Certificate>> =
    LazyLock::new(|| certify(Shown::TenThousandNames, "www.example.net"));

/// Receives one visitor.
pub(crate) async fn receive(stream: TcpStream, address: Ipv4Addr, play: &Play) -> io::Result<()> {
    let sent = AtomicU64::new(0);
    let mut stream = Counted::new(stream, &sent);
    let hello = LazyConfigAcceptor::new(Acceptor::default(), &mut stream).await?;
    // Whoever asks for an address by itself tells no name.
    let name = hello.client_hello().server_name().map_or(address.to_string(), str::to_owned);
    // When they come counts, not when TLS is agreed on, which may take a while.
    play.note_visitor(address, &name, What::Secure);
    let _told = Told::new(play, &name, &sent);
    let https = play.appearance(&name, address).map_or(Https::Cut, |appearance| appearance.https);
    let Https::Shows(shown, web) = https else {
        drop(hello);
        if https == Https::TooOld {
            stream.write_all(&TOO_NEW).await?;
            stream.shutdown().await?;
            while stream.read(&mut [0; 512]).await? > 0 {}
            return Ok(());
        }
        return stream.stream.set_zero_linger();
    };
    let config = config(shown, &name).ok_or_else(|| io::Error::other("no certificate"))?;
    let mut secure = hello.into_stream(Arc::new(config)).await?;
    let Some(head) = read_head(&mut secure).await? else { return Ok(()) };
    let request = Request::parse(&head);
    let reply = reply_over_tls(play, address, &request, web);
    if reply.is_refusal() {
        play.ledger.note_refusal(IpAddr::V4(address));
    }
    match send(&mut secure, reply).await? {
        End::InOrder => secure.shutdown().await,
        End::Reset => {
            drop(secure);
            stream.stream.set_zero_linger()
        }
    }
}

/// The certificate that shows `shown` to whoever asks for `name`, and its key, in PEM; `None` where no such
/// one can be made.
pub(crate) fn in_pem(shown: Shown, name: &str) -> Option<(String, String)> {
    Some((certificate(shown, name)?.pem(), KEY.as_ref()?.serialize_pem()))
}

fn certificate(shown: Shown, name: &str) -> Option<Certificate> {
    match shown {
        Shown::TenThousandNames => CROWDED.clone(),
        _ => certify(shown, name),
    }
}

fn certify(shown: Shown, name: &str) -> Option<Certificate> {
    let key = KEY.as_ref()?;
    let subject = if shown == Shown::WrongName { "somebody-else.example.net" } else { name };
    let mut names = vec![subject.to_owned()];
    if shown == Shown::TenThousandNames {
        names.extend((0..10_000).map(|number| format!("www{number}.example.net")));
    }
    let mut params = CertificateParams::new(names).ok()?;
    params.distinguished_name.push(DnType::CommonName, subject);
    (params.not_before, params.not_after) = match shown {
        Shown::Expired => (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1)),
        Shown::NotYetValid => (date_time_ymd(2090, 1, 1), date_time_ymd(2091, 1, 1)),
        Shown::SelfSigned | Shown::WrongName | Shown::UnknownIssuer | Shown::TenThousandNames => {
            (date_time_ymd(2020, 1, 1), date_time_ymd(2089, 1, 1))
        }
    };
    match shown {
        Shown::WrongName | Shown::UnknownIssuer => {
            let mut authority = CertificateParams::default();
            authority.distinguished_name = DistinguishedName::new();
            authority.distinguished_name.push(DnType::CommonName, "An Authority Of The Lab");
            params.signed_by(key, &Issuer::from_params(&authority, key)).ok()
        }
        Shown::SelfSigned | Shown::Expired | Shown::NotYetValid | Shown::TenThousandNames => {
            params.self_signed(key).ok()
        }
    }
}

fn config(shown: Shown, name: &str) -> Option<ServerConfig> {
    let certificate = certificate(shown, name)?;
    let key = KEY.as_ref()?;
    let secret = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let signing = aws_lc_rs::sign::any_supported_type(&secret).ok()?;
    // rustls would read it, and reads none that is as large as some of these.
    let unread = CertifiedKey::new(vec![certificate.der().clone()], signing);
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(unread)));
    Some(config)
}
