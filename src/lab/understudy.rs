//! What another web server must do to play a world in place of the lab's own: who is served where, and
//! what is answered. Names are still the lab's to answer.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::facts::target::Target;
use crate::lab::cast::Cast;
use crate::lab::names::host_of_line;
use crate::lab::play::Play;
use crate::lab::story::Https;
use crate::lab::story::Shown;
pub use crate::lab::web::reply::Reply;
use crate::lab::web::reply::reply;
use crate::lab::web::reply::reply_over_tls;
use crate::lab::web::request::Request;
use crate::lab::web::secure;
use crate::lab::world::World;

/// The web of a world for one night.
#[derive(Debug)]
pub struct Understudy {
    play: Play,
}

/// One host at one address.
#[derive(Debug, Clone)]
pub struct Part {
    /// What its site plays.
    pub scenario: &'static str,
    /// The host: its site's own name, or one under that. What nobody names under a site's name is served
    /// as the site itself.
    pub host: String,
    /// Where it is served.
    pub address: Ipv4Addr,
    /// What it does with who comes over TLS.
    pub secure: Secure,
    shown: Shown,
}

/// What a host does with who comes over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secure {
    /// It hears the name and ends the connection.
    Refused,
    /// It speaks TLS 1.0 only.
    TooOld,
    /// It shows a certificate and answers.
    Shown,
}

impl Understudy {
    /// The web of `world` on `night`, where plain HTTP is at `http_port`.
    pub fn new(world: Arc<World>, http_port: u16, night: u32) -> Self {
        Self { play: Play::new(world, http_port, night) }
    }

    /// Every address at which something listens, on both ports.
    pub fn addresses(&self) -> BTreeSet<Ipv4Addr> {
        self.play.world.listening()
    }

    /// Who is served where.
    pub fn parts(&self) -> Vec<Part> {
        let listening = self.addresses();
        let mut parts = Vec::new();
        for cast in self.play.world.casts() {
            let story = cast.story();
            let scene = story.scene(self.play.night());
            let (secure, shown) = match scene.https {
                Https::Cut => (Secure::Refused, Shown::SelfSigned),
                Https::TooOld => (Secure::TooOld, Shown::SelfSigned),
                Https::Shows(shown, _) => (Secure::Shown, shown),
            };
            for address in scene.zone.addresses().iter().filter(|one| listening.contains(one)) {
                parts.extend(hosts(cast, &story.lines).into_iter().map(|host| Part {
                    scenario: cast.scenario(),
                    host,
                    address: *address,
                    secure,
                    shown,
                }));
            }
        }
        parts
    }

    /// What is answered at `address` in plain HTTP to whoever asks for `path` of `host`, be it served
    /// there or not. Sites that answer by turns go on to the next.
    pub fn reply(&self, address: Ipv4Addr, host: &str, path: &str) -> Reply {
        reply(&self.play, address, &request(host, path))
    }

    /// The same over TLS; a reset where nothing is shown there.
    pub fn reply_over_tls(&self, address: Ipv4Addr, host: &str, path: &str) -> Reply {
        match self.play.appearance(host, address).map(|appearance| appearance.https) {
            Some(Https::Shows(_, web)) => {
                reply_over_tls(&self.play, address, &request(host, path), web)
            }
            Some(Https::Cut | Https::TooOld) | None => Reply::Reset,
        }
    }
}

impl Part {
    /// The certificate that it shows, and the key, in PEM; of a host that shows none to anybody of today,
    /// one that would do. `None` where this machine can make none.
    pub fn certificate(&self) -> Option<(String, String)> {
        secure::in_pem(self.shown, &self.host)
    }
}

fn request(host: &str, path: &str) -> Request {
    Request { wants_body: true, path: path.to_owned(), host: host.to_owned() }
}

/// The hosts that anybody has heard of.
fn hosts(cast: Cast<'_>, lines: &[String]) -> BTreeSet<String> {
    let own = cast.target().to_string();
    let mut hosts: BTreeSet<String> =
        lines.iter().filter_map(|line| host_of_line(line)).map(|host| host.to_string()).collect();
    if let Target::Domain(_) = cast.target() {
        hosts.insert(format!("www.{own}"));
    }
    hosts.insert(own);
    hosts
}
