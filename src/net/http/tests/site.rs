//! A web server of the tests' own, that answers by the byte.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

/// What a server does after its reply.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Then {
    Close,
    Reset,
    Hang,
    /// Answers the next request on the same connection.
    Stay,
    /// Sends these bytes again and again, with short pauses.
    Drip(&'static [u8]),
}

/// A web server, and the requests that it got, in order.
pub(crate) struct Site {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
    tasks: JoinSet<()>,
}

type Script = dyn Fn(&str) -> (Vec<u8>, Then) + Send + Sync;

impl Site {
    pub(crate) async fn start(
        address: &str,
        script: impl Fn(&str) -> (Vec<u8>, Then) + Send + Sync + 'static,
    ) -> Self {
        Self::serve(address, Arc::new(script), None).await
    }

    /// Over TLS, with a certificate that is somebody else's, signed by nobody and out of date.
    pub(crate) async fn start_secure(
        address: &str,
        script: impl Fn(&str) -> (Vec<u8>, Then) + Send + Sync + 'static,
    ) -> Self {
        let certificate =
            CertificateDer::from_pem_slice(include_bytes!("certificate.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("key.pem")).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        Self::serve(address, Arc::new(script), Some(Arc::new(config).into())).await
    }

    /// A site at whose port nobody listens.
    pub(crate) async fn closed() -> Self {
        let mut site = Self::start("127.77.0.2:0", |_| (vec![], Then::Close)).await;
        site.tasks.shutdown().await;
        site
    }

    async fn serve(address: &str, script: Arc<Script>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut guests = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let (script, log, tls) = (Arc::clone(&script), Arc::clone(&log), tls.clone());
                guests.spawn(async move {
                    match tls {
                        Some(tls) => {
                            // Whoever asks may not agree.
                            let Ok(mut stream) = tls.accept(stream).await else { return };
                            converse(&mut stream, &*script, &log).await;
                            let _gone = stream.shutdown().await;
                        }
                        None => plainly(stream, &*script, &log).await,
                    }
                });
            }
        });
        Self { address, requests, connections, tasks }
    }

    pub(crate) fn ip(&self) -> IpAddr {
        self.address.ip()
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn plainly(mut stream: TcpStream, script: &Script, log: &Mutex<Vec<String>>) {
    match converse(&mut stream, script, log).await {
        Then::Reset => stream.set_zero_linger().unwrap(),
        Then::Hang => std::future::pending().await,
        Then::Drip(bytes) => {
            while stream.write_all(bytes).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        Then::Close | Then::Stay => {}
    }
}

async fn converse(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    script: &Script,
    log: &Mutex<Vec<String>>,
) -> Then {
    loop {
        match once(stream, script, log).await {
            Then::Stay => {}
            then => return then,
        }
    }
}

async fn once(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    script: &Script,
    log: &Mutex<Vec<String>>,
) -> Then {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let length = stream.read(&mut buffer).await.unwrap_or(0);
        request.extend_from_slice(&buffer[..length]);
        // 22 begins a TLS handshake, which has no empty line to wait for.
        if length == 0 || request.ends_with(b"\r\n\r\n") || request.first() == Some(&22) {
            break;
        }
    }
    if request.is_empty() {
        return Then::Close;
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let (reply, then) = script(&request);
    log.lock().unwrap().push(request);
    // Whoever asked may have left already.
    let _unread = stream.write_all(&reply).await;
    then
}
