//! A question that waits for its answer, and what has come in for it.

use std::collections::VecDeque;
use std::sync::Mutex;

use tokio::sync::Notify;

/// So many events wait to be read at most. More than one for each packet that was sent comes only
/// from a broken server.
const WAITING: usize = 8;

/// What sockets know of a question, and the asker's letter box.
#[derive(Debug)]
pub(crate) struct Asked {
    section: Box<[u8]>,
    events: Mutex<VecDeque<Event>>,
    came_in: Notify,
}

/// Something that happened to a question.
#[derive(Debug)]
pub(crate) struct Event {
    /// Which server it is about.
    pub(crate) server: usize,
    pub(crate) news: News,
}

#[derive(Debug)]
pub(crate) enum News {
    /// An answer that repeats the question.
    Reply(Box<[u8]>),
    /// An answer that repeats the question but for its spelling: of a server that does not keep
    /// it, or of a forger. TCP tells.
    Mangled,
    /// Nobody listens at the server's address.
    Unreachable,
}

impl Asked {
    pub(crate) fn new(section: &[u8]) -> Self {
        Self {
            section: section.into(),
            events: Mutex::new(VecDeque::new()),
            came_in: Notify::new(),
        }
    }

    /// The question as an answer must repeat it.
    pub(crate) fn section(&self) -> &[u8] {
        &self.section
    }

    pub(crate) fn tell(&self, event: Event) {
        let mut events = self.events.lock().expect("nothing panics under this lock");
        if events.len() < WAITING {
            events.push_back(event);
            drop(events);
            self.came_in.notify_one();
        }
    }

    /// The next event, when it comes.
    pub(crate) async fn next(&self) -> Event {
        loop {
            let event = self.events.lock().expect("nothing panics under this lock").pop_front();
            match event {
                Some(event) => return event,
                None => self.came_in.notified().await,
            }
        }
    }
}
