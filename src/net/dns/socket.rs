//! One long-lived UDP socket to one name server: which of its questions are open, and whose answer
//! a packet is.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::UdpSocket;
use tokio::sync::Semaphore;
use tokio::sync::SemaphorePermit;

use crate::net::dns::asked::Asked;
use crate::net::dns::asked::Event;
use crate::net::dns::asked::News;
use crate::net::dns::question::HEADER;
use crate::net::dns::question::Question;

/// How many questions one socket has open at most: few enough that a free id is found at once.
const OPEN: usize = 1024;

/// More than any answer to a question that allows 1232 bytes.
const LARGEST: usize = 4096;

/// What the system may keep of answers that nobody has read yet: all that are open, in packets of
/// 1232 bytes. What it grants is often less.
const UNREAD: usize = OPEN * 2048;

/// A socket that is connected to one server, so that the system drops what others send to it.
#[derive(Debug)]
pub(crate) struct Socket {
    server: usize,
    udp: UdpSocket,
    /// The open questions, by the id they were sent under.
    waiting: Mutex<HashMap<u16, Arc<Asked>>>,
    room: Semaphore,
}

/// A question that was sent. It is open until this is dropped.
#[derive(Debug)]
pub(crate) struct Sent<'socket> {
    socket: &'socket Socket,
    id: u16,
    asked: Arc<Asked>,
    _room: SemaphorePermit<'socket>,
}

impl Socket {
    /// Opens a socket to `address`, at a port that the system picks at random. Its events carry
    /// `server`.
    pub(crate) fn open(address: SocketAddr, server: usize) -> io::Result<Self> {
        let local: SocketAddr = match address {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let udp = std::net::UdpSocket::bind(local)?;
        udp.connect(address)?;
        udp.set_nonblocking(true)?;
        // Answers that come faster than they are read would be lost, and each waited for.
        let _granted = SockRef::from(&udp).set_recv_buffer_size(UNREAD);
        Ok(Self {
            server,
            udp: UdpSocket::from_std(udp)?,
            waiting: Mutex::new(HashMap::new()),
            room: Semaphore::new(OPEN),
        })
    }

    /// Sends `question` under an id that nobody can guess.
    pub(crate) async fn send(
        &self,
        question: &mut Question,
        asked: &Arc<Asked>,
    ) -> io::Result<Sent<'_>> {
        match self.try_send(question, asked).await {
            // What was refused is an earlier packet; this one was not sent yet.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                self.tell_all_unreachable();
                self.try_send(question, asked).await
            }
            sent => sent,
        }
    }

    async fn try_send(&self, question: &mut Question, asked: &Arc<Asked>) -> io::Result<Sent<'_>> {
        let room = self.room.acquire().await.expect("the semaphore is never closed");
        let id = self.enter(asked);
        let sent = Sent { socket: self, id, asked: Arc::clone(asked), _room: room };
        self.udp.send(question.packet(id)).await?;
        Ok(sent)
    }

    /// Hands every packet that comes in to whom it answers. Never ends.
    pub(crate) async fn listen(&self) {
        let mut buffer = [0; LARGEST];
        loop {
            match self.udp.recv(&mut buffer).await {
                Ok(length) => self.deliver(&buffer[..length.min(LARGEST)]),
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    self.tell_all_unreachable();
                }
                // Whatever it is, it is not worth a busy loop; lost packets are sent again.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }

    fn deliver(&self, packet: &[u8]) {
        let Some(([id_high, id_low, flags, _, queries_high, queries_low, ..], rest)) =
            packet.split_first_chunk::<HEADER>()
        else {
            return;
        };
        let is_answer = flags & 0b1111_1000 == 0b1000_0000;
        if !is_answer || [*queries_high, *queries_low] != [0, 1] {
            return;
        }
        let id = u16::from_be_bytes([*id_high, *id_low]);
        let Some(asked) = self.waiting().get(&id).map(Arc::clone) else { return };
        let section = asked.section();
        let Some(repeated) = rest.get(..section.len()) else { return };
        let news = if repeated == section {
            News::Reply(packet.into())
        } else if repeated.eq_ignore_ascii_case(section) {
            News::Mangled
        } else {
            return;
        };
        asked.tell(Event { server: self.server, news });
    }

    /// The system tells that a packet was refused, but not which. Nobody listens there, so all
    /// that is open is as good as lost.
    fn tell_all_unreachable(&self) {
        let waiting = std::mem::take(&mut *self.waiting());
        for asked in waiting.into_values() {
            asked.tell(Event { server: self.server, news: News::Unreachable });
        }
    }

    fn enter(&self, asked: &Arc<Asked>) -> u16 {
        let mut waiting = self.waiting();
        loop {
            if let Entry::Vacant(free) = waiting.entry(rand::random()) {
                let id = *free.key();
                free.insert(Arc::clone(asked));
                return id;
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<u16, Arc<Asked>>> {
        self.waiting.lock().expect("nothing panics under this lock")
    }
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        if let Entry::Occupied(entry) = self.socket.waiting().entry(self.id)
            // The id is another question's by now if this one was told off as unreachable.
            && Arc::ptr_eq(entry.get(), &self.asked)
        {
            entry.remove();
        }
    }
}
