//! A name server of the tests' own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;

use hickory_resolver::proto::op::Message;
use hickory_resolver::proto::rr::RecordType;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    Udp,
    Tcp,
}

/// A name server of the test's own, and what it was asked, in order.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<(Over, String, RecordType)>>>,
    _tasks: JoinSet<()>,
}

impl Fake {
    /// Answers each question with the packets that `answer` returns; it is told how many came
    /// before.
    pub(crate) async fn start(
        answer: impl Fn(Over, usize, &Message) -> Vec<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        let (udp, tcp) = sockets().await;
        let address = udp.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let reply = Arc::new(move |over, packet: &[u8]| {
            let request = Message::from_vec(packet).unwrap();
            let query = &request.queries[0];
            let mut log = log.lock().unwrap();
            log.push((over, query.name().to_ascii().to_lowercase(), query.query_type()));
            answer(over, log.len() - 1, &request)
        });
        let mut tasks = JoinSet::new();
        let over_udp = Arc::clone(&reply);
        tasks.spawn(async move {
            let mut buffer = [0; 1500];
            while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
                for packet in over_udp(Over::Udp, &buffer[..length]) {
                    udp.send_to(&packet, from).await.unwrap();
                }
            }
        });
        tasks.spawn(async move {
            while let Ok((mut stream, _)) = tcp.accept().await {
                let mut request = vec![0; stream.read_u16().await.unwrap().into()];
                stream.read_exact(&mut request).await.unwrap();
                for packet in reply(Over::Tcp, &request) {
                    stream.write_u16(packet.len().try_into().unwrap()).await.unwrap();
                    stream.write_all(&packet).await.unwrap();
                }
            }
        });
        Self { address, asked, _tasks: tasks }
    }

    pub(crate) fn asked(&self) -> Vec<(Over, String, RecordType)> {
        self.asked.lock().unwrap().clone()
    }
}

/// A UDP and a TCP socket at the same port.
async fn sockets() -> (UdpSocket, TcpListener) {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
            return (udp, tcp);
        }
    }
}
