//! A connection to one site, kept from one request of a chain to the next where both sides may.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use http::Request;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use url::Position;
use url::Url;

use crate::facts::certificate::Certificate;
use crate::net::http::Client;
use crate::net::http::failure;
use crate::net::http::failure::Failure;
use crate::net::http::http1;
use crate::net::http::http2::Two;
use crate::net::http::incoming::Broken;
use crate::net::http::incoming::Incoming;
use crate::net::pace::Leave;

/// The line to a site: a connection, or none yet. It ends when it is dropped.
#[derive(Debug, Default)]
pub struct Line {
    kept: Option<Kept>,
}

#[derive(Debug)]
struct Kept {
    way: Way,
    connection: Connection,
    certificate: Option<Arc<Certificate>>,
}

/// Where a connection leads; it is used again only for the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) to: SocketAddr,
    pub(crate) is_secure: bool,
    /// The host as it stands in the URL.
    pub(crate) host: String,
}

#[derive(Debug)]
enum Connection {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
    Two(Box<Two<TlsStream<TcpStream>>>),
}

/// A request as it is sent.
#[derive(Debug)]
pub(crate) struct Sent<'a> {
    pub(crate) url: &'a Url,
    pub(crate) way: Way,
    /// Names in the case that HTTP/1 is written in; without `Host`.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// For HTTP/1, cookies included.
    pub(crate) bytes: Vec<u8>,
    /// The leave to send it.
    pub(crate) leave: &'a Leave,
}

/// The time that is left for a request, from the connection to the end of the body.
struct TimeLeft(Duration);

impl Line {
    /// Ends the connection, if there is one.
    pub fn close(&mut self) {
        self.kept = None;
    }

    /// Sends `sent` and reads what comes into `incoming`. A connection that was kept and proves dead
    /// before anything came of it is replaced once, when the pace allows another request.
    pub(crate) async fn exchange(
        &mut self,
        client: &Client,
        sent: &Sent<'_>,
        incoming: &mut Incoming,
        certificate: &mut Option<Arc<Certificate>>,
    ) -> Result<(), Failure> {
        let mut time = TimeLeft(client.timeout);
        let kept = self.kept.take().filter(|kept| kept.way == sent.way);
        if let Some(mut kept) = kept {
            certificate.clone_from(&kept.certificate);
            sent.leave.speak().await;
            let exchange = kept.connection.exchange(sent, client.max_body, incoming);
            match time.spend(exchange).await? {
                Ok(may_stay) => {
                    self.kept = may_stay.then_some(kept);
                    return Ok(());
                }
                Err(broken) if incoming.head.is_some() => {
                    return Err(failure::of_exchange(&broken, sent.way.to.ip()));
                }
                // What comes there may be left over from the answer before.
                Err(_) => *incoming = Incoming::default(),
            }
        }
        let mut kept = Kept::connect(client, sent, &mut time, certificate).await?;
        let exchange = kept.connection.exchange(sent, client.max_body, incoming);
        match time.spend(exchange).await? {
            Ok(may_stay) => {
                self.kept = may_stay.then_some(kept);
                Ok(())
            }
            Err(broken) => Err(failure::of_exchange(&broken, sent.way.to.ip())),
        }
    }
}

impl Kept {
    /// Connects for `sent`, which may go out at once.
    async fn connect(
        client: &Client,
        sent: &Sent<'_>,
        time: &mut TimeLeft,
        certificate: &mut Option<Arc<Certificate>>,
    ) -> Result<Self, Failure> {
        let way = &sent.way;
        let address = way.to.ip();
        let connected = time.spend(TcpStream::connect(way.to)).await?;
        let stream = connected.map_err(|error| failure::of_connecting(&error, address))?;
        sent.leave.speak().await;
        if !way.is_secure {
            let (way, connection) = (way.clone(), Connection::Plain(stream));
            return Ok(Self { way, connection, certificate: None });
        }
        // Two small packets follow each other while TLS is agreed on. Where this is refused, they
        // are slower.
        let _refused = SockRef::from(&stream).set_tcp_nodelay(true);
        let name = way.host.trim_matches(['[', ']']);
        let stream = time.spend(client.tls.agree(stream, name, address)).await??;
        let (_, session) = stream.get_ref();
        let chain = session.peer_certificates().unwrap_or_default();
        *certificate = client.notary.read(chain, name, client.clock.now()).map(Arc::new);
        let connection = if session.alpn_protocol() == Some(b"h2") {
            let two = time.spend(Two::begin(stream)).await?;
            let two = two.map_err(|broken| failure::of_exchange(&broken, address))?;
            Connection::Two(Box::new(two))
        } else {
            Connection::Secure(Box::new(stream))
        };
        sent.leave.spoken();
        Ok(Self { way: way.clone(), connection, certificate: certificate.clone() })
    }
}

impl TimeLeft {
    /// What comes of `work` in the time that is left.
    async fn spend<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let begin = Instant::now();
        let done = timeout(self.0, work).await;
        self.0 = self.0.saturating_sub(begin.elapsed());
        done.map_err(|_| Failure::TimedOut)
    }
}

impl Connection {
    async fn exchange(
        &mut self,
        sent: &Sent<'_>,
        limit: usize,
        incoming: &mut Incoming,
    ) -> Result<bool, Broken> {
        match self {
            Self::Plain(stream) => http1::exchange(stream, &sent.bytes, limit, incoming).await,
            Self::Secure(stream) => http1::exchange(stream, &sent.bytes, limit, incoming).await,
            Self::Two(two) => {
                let request = sent.for_http2().ok_or(Broken::Malformed)?;
                two.exchange(request, limit, incoming).await
            }
        }
    }
}

impl Sent<'_> {
    fn for_http2(&self) -> Option<Request<()>> {
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let path = &self.url[Position::BeforePath..Position::AfterQuery];
        let uri = format!("https://{}{port}{path}", self.way.host);
        let mut request = Request::builder().uri(uri);
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            request = request.header(name, value);
        }
        request.body(()).ok()
    }
}
