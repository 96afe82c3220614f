//! The performance that is on: the plan, the night it is at, and who came to see it.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use crate::lab::arrivals::Ledger;
use crate::lab::arrivals::Visitor;
use crate::lab::arrivals::What;
use crate::lab::cast::Cast;
use crate::lab::story::Hosts;
use crate::lab::story::Https;
use crate::lab::story::Robots;
use crate::lab::story::Web;
use crate::lab::story::Zone;
use crate::lab::world::World;

/// What the name server and the web hosts share.
#[derive(Debug)]
pub(crate) struct Play {
    /// The plan.
    pub(crate) world: Arc<World>,
    /// The port that every web host listens on.
    pub(crate) http_port: u16,
    /// What arrives.
    pub(crate) ledger: Ledger,
    night: AtomicU32,
    /// How often the page of each host was asked for in each night, of those that answer by turns.
    turns: Mutex<HashMap<(String, u32), u32>>,
}

/// What a host of a site does at one address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Appearance<'w> {
    /// The site.
    pub(crate) cast: Cast<'w>,
    /// What answers.
    pub(crate) web: Web,
    /// What answers over TLS.
    pub(crate) https: Https,
    /// What robots.txt answers.
    pub(crate) robots: Robots,
}

impl Play {
    /// The performance of `night`.
    pub(crate) fn new(world: Arc<World>, http_port: u16, night: u32) -> Self {
        Self {
            world,
            http_port,
            ledger: Ledger::new(),
            night: AtomicU32::new(night),
            turns: Mutex::default(),
        }
    }

    /// Somebody asks at `address` for `what` of `host`.
    pub(crate) fn note_visitor(&self, address: Ipv4Addr, host: &str, what: What) {
        let host = self.world.find(host).map(|cast| (host.to_owned(), cast.index()));
        self.ledger.note_visitor(Visitor { address: address.into(), host, what });
    }

    /// So many bytes were sent in answer to a request for `host`.
    pub(crate) fn note_sent(&self, host: &str, bytes: u64) {
        if self.world.find(host).is_some() {
            self.ledger.note_sent(host, bytes);
        }
    }

    /// The night that is on.
    pub(crate) fn night(&self) -> u32 {
        self.night.load(Ordering::Acquire)
    }

    /// Goes over to `night`, for everybody at once.
    pub(crate) fn turn_to(&self, night: u32) {
        self.night.store(night, Ordering::Release);
    }

    /// How often `host` has taken a turn tonight before this one.
    pub(crate) fn turn_of(&self, host: &str) -> u32 {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = turns.entry((host.to_owned(), self.night())).or_default();
        *turn += 1;
        *turn - 1
    }

    /// What the name servers say of `host` tonight, and the CNAME target on the way, if there is one.
    pub(crate) fn zone(&self, host: &str) -> (Zone<'_>, Option<String>) {
        let night = self.night();
        if let Some(cast) = self.world.find_behind_cdn(host, night) {
            return (Zone::Addresses(cast.story().scene(night).zone.addresses().to_vec()), None);
        }
        let Some(cast) = self.world.find(host) else { return (Zone::NoSuchName, None) };
        let story = cast.story();
        let scene = story.scene(night);
        let front = host.strip_suffix(&cast.target().to_string()).unwrap_or_default();
        let is_known = matches!(front, "" | "www.") || self.world.is_listed(host);
        let zone = match (scene.hosts, front) {
            (Hosts::EverythingBelow, "") | (Hosts::EverythingDeeper, "" | "www.") => Zone::Empty,
            (Hosts::Everything | Hosts::EverythingBelow | Hosts::EverythingDeeper, _) => {
                scene.zone.clone()
            }
            _ if !is_known => Zone::NoSuchName,
            (Hosts::All, _) | (Hosts::Www, "www.") => scene.zone.clone(),
            (Hosts::Www, "") => Zone::Empty,
            (Hosts::Www, _) | (Hosts::Deeper, "" | "www.") => Zone::NoSuchName,
            (Hosts::Deeper, _) => scene.zone.clone(),
        };
        let alias = match zone {
            Zone::Cdn(cdn, _) => Some(cast.cdn_name(cdn)),
            _ => None,
        };
        (zone, alias)
    }

    /// What `host` does at `address` tonight; `None` where it is not served.
    pub(crate) fn appearance(&self, host: &str, address: Ipv4Addr) -> Option<Appearance<'_>> {
        let cast = self.world.find(host)?;
        let story = cast.story();
        let scene = story.scene(self.night());
        let web = scene.web_at(address)?;
        Some(Appearance { cast, web, https: scene.https, robots: scene.robots })
    }
}
