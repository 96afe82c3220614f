//! What a site does: its scenes, night by night, what lists say of it, and what must be found of it.

use std::net::Ipv4Addr;

use crate::facts::filing::FilingState;
use crate::facts::finding::Kind;
use crate::facts::provider::Provider;
use crate::lab::manner::Manner;
use crate::lab::paper::Paper;
use crate::lab::truth::Expected;

/// Everything that one site plays. Derived when it is needed, so that a world of a hundred thousand
/// sites keeps none of them.
#[derive(Debug, Clone)]
pub(crate) struct Story<'w> {
    /// From which night on each scene is played; the first from night 1.
    scenes: Vec<(u32, Scene<'w>)>,
    /// The lines of the candidate list; empty for the usual one.
    pub(crate) lines: Vec<String>,
    /// What must be found.
    pub(crate) findings: Vec<Expected>,
}

/// What a site does for some nights.
#[derive(Debug, Clone)]
pub(crate) struct Scene<'w> {
    /// What the name servers say of the hosts that it serves.
    pub(crate) zone: Zone<'w>,
    /// Which hosts those are.
    pub(crate) hosts: Hosts,
    /// What answers over HTTP.
    pub(crate) web: Web,
    /// What answers over TLS, at every address of the name.
    pub(crate) https: Https,
    /// One address at which something else answers.
    pub(crate) exception: Option<(Ipv4Addr, Web)>,
    /// What is answered when robots.txt is asked for.
    pub(crate) robots: Robots,
    /// The record in the filings register, if there is one.
    pub(crate) record: Option<Record<'w>>,
}

/// Which hosts of a Domain the zone speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hosts {
    /// The Domain, its `www.`, and those that lists name.
    All,
    /// Whatever anybody thinks of: the zone answers for everything (泛解析).
    Everything,
    /// The same, but the Domain itself has no address.
    EverythingBelow,
    /// The same, and its `www.` has no address either.
    EverythingDeeper,
    /// Only `www.`; the Domain itself has no address and nothing else exists.
    Www,
    /// Those that lists name; the Domain itself and its `www.` do not exist.
    Deeper,
}

/// What the name servers say of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Zone<'w> {
    /// A records.
    Addresses(Vec<Ipv4Addr>),
    /// A records, and an AAAA record with an address of the documentation range.
    WithIpv6(Vec<Ipv4Addr>),
    /// Another A record for each of [`crate::lab::VANTAGES`]; the first one to whoever is at none.
    Split([Ipv4Addr; 3]),
    /// A CNAME under the CDN's suffix, which leads to the address.
    Cdn(&'w Provider, Ipv4Addr),
    /// A records that do not fit into a datagram: only TCP tells them.
    TcpOnly(Vec<Ipv4Addr>),
    /// NOERROR without records.
    Empty,
    /// NXDOMAIN.
    NoSuchName,
    /// SERVFAIL.
    ServerFailure,
    /// REFUSED.
    Refused,
    /// No answer at all.
    Silence,
}

/// What answers over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Web {
    /// 200 with a document.
    Document(Paper, Claim),
    /// A bare status.
    Status(u16),
    /// Sends on to a Domain outside the world.
    SendsOn(Way),
    /// The same, robots.txt included.
    SendsEverythingOn,
    /// Every host but `www.` sends on to it, which serves a document.
    SendsToWww,
    /// Sends round in a circle within the Domain.
    Circle,
    /// The access provider's block page, after the Aliyun fashion.
    BlockPage,
    /// The access provider's block redirect, after the Tencent fashion.
    BlockRedirect,
    /// A document that never ends.
    Endless,
    /// An answer of one byte a second.
    Drip,
    /// The connection is accepted and nothing ever answers.
    Hold,
    /// The connection is reset in place of an answer.
    Reset,
    /// Bytes of another protocol.
    Garbage,
    /// An ordinary document or something else, in a server's own manner.
    Mannered(Manner),
}

/// What answers over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Https {
    /// The connection is reset as soon as the name is told.
    Cut,
    /// A server that knows TLS 1.0 only says so.
    TooOld,
    /// This is shown, and this answers behind it.
    Shows(Shown, Web),
}

/// What a server shows of itself over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// A certificate for the name, signed by itself.
    SelfSigned,
    /// The same, long out of date.
    Expired,
    /// The same, that will hold one day.
    NotYetValid,
    /// One for somebody else's name, by an authority that nobody knows.
    WrongName,
    /// One for the name, by an authority that nobody knows.
    UnknownIssuer,
    /// One for the name and ten thousand others, signed by itself.
    TenThousandNames,
}

/// How visitors are sent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// 301
    Status,
    /// A meta refresh in a document.
    MetaRefresh,
    /// A plain script in a document.
    Script,
}

/// Which filing number a document claims as its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// None.
    Nothing,
    /// The number of its record.
    Own,
    /// Another number of its own subject.
    Sibling,
    /// The number of another site's subject.
    Another,
    /// A number that no subject has.
    Nobody,
    /// An operating licence in place of a filing number.
    Licence,
}

/// What is answered when robots.txt is asked for, where HTTP answers at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Robots {
    /// 404.
    Missing,
    /// 200, and everything is forbidden.
    Forbids,
    /// 503.
    Broken,
}

/// A record in the filings register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record<'w> {
    /// Whether it still holds.
    pub(crate) state: FilingState,
    /// The access providers of record.
    pub(crate) providers: Vec<&'w Provider>,
}

/// An address, and who is to be named for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'w> {
    /// Who holds it; `None` when nobody can be named, or it is abroad.
    pub(crate) provider: Option<&'w Provider>,
    /// Where.
    pub(crate) address: Ipv4Addr,
}

impl<'w> Story<'w> {
    /// A site that does the same every night.
    pub(crate) fn of(scene: Scene<'w>) -> Self {
        Self { scenes: vec![(1, scene)], lines: Vec::new(), findings: Vec::new() }
    }

    /// From `night` on it does otherwise; nights are told in order.
    pub(crate) fn then(mut self, night: u32, scene: Scene<'w>) -> Self {
        self.scenes.push((night, scene));
        self
    }

    /// A fault that must be found at the holder of `place` from the first night on, for ever.
    pub(crate) fn finds(self, kind: Kind, place: Place<'w>) -> Self {
        self.expects(Expected::at(kind, place.provider))
    }

    /// A fault that must be found.
    pub(crate) fn expects(mut self, expected: Expected) -> Self {
        self.findings.push(expected);
        self
    }

    /// A line of the candidate list, in place of the usual one.
    pub(crate) fn named(mut self, line: String) -> Self {
        self.lines.push(line);
        self
    }

    /// What is played on `night`.
    pub(crate) fn scene(&self, night: u32) -> &Scene<'w> {
        let begun = self.scenes.iter().rev().find(|(from, _)| *from <= night.max(1));
        &begun.expect("`of` puts in a scene from night 1").1
    }
}

impl<'w> Scene<'w> {
    /// Every host resolves as `zone` says; an ordinary page answers; nothing is filed.
    pub(crate) fn of(zone: Zone<'w>) -> Self {
        let web = Web::Document(Paper::Ordinary, Claim::Nothing);
        let (hosts, robots) = (Hosts::All, Robots::Missing);
        let https = Https::Cut;
        Self { zone, hosts, web, https, exception: None, robots, record: None }
    }

    /// Served at `places`, with an ordinary page that claims no number; nothing is filed.
    pub(crate) fn at(places: &[Place<'w>]) -> Self {
        Self::of(Zone::Addresses(places.iter().map(|place| place.address).collect()))
    }

    /// Filed with the holders of `places`. A document that claims nothing claims its own number now.
    pub(crate) fn filed_with(mut self, places: &[Place<'w>]) -> Self {
        if let Web::Document(paper, Claim::Nothing) = self.web {
            self.web = Web::Document(paper, Claim::Own);
        }
        let providers = places.iter().filter_map(|place| place.provider).collect();
        self.record = Some(Record { state: FilingState::Active, providers });
        self
    }

    /// The record was cancelled; the page still shows its number.
    pub(crate) fn cancelled(mut self) -> Self {
        if let Some(record) = &mut self.record {
            record.state = FilingState::Cancelled;
        }
        self
    }

    /// Something else answers.
    pub(crate) fn showing(self, web: Web) -> Self {
        Self { web, ..self }
    }

    /// Something answers over TLS.
    pub(crate) fn over_tls(self, https: Https) -> Self {
        Self { https, ..self }
    }

    /// A document that claims a number.
    pub(crate) fn claiming(self, claim: Claim) -> Self {
        self.showing(Web::Document(Paper::Ordinary, claim))
    }

    /// Something else answers at the address of `place` only.
    pub(crate) fn showing_at(self, place: Place<'w>, web: Web) -> Self {
        Self { exception: Some((place.address, web)), ..self }
    }

    /// Only some hosts are served.
    pub(crate) fn only(self, hosts: Hosts) -> Self {
        Self { hosts, ..self }
    }

    /// What robots.txt answers.
    pub(crate) fn robots(self, robots: Robots) -> Self {
        Self { robots, ..self }
    }

    /// What answers at `address`; `None` where the name does not lead.
    pub(crate) fn web_at(&self, address: Ipv4Addr) -> Option<Web> {
        match self.exception {
            Some((exception, web)) if exception == address => Some(web),
            _ => self.zone.addresses().contains(&address).then_some(self.web),
        }
    }
}

impl Zone<'_> {
    /// Every IPv4 address that the name leads to.
    pub(crate) fn addresses(&self) -> &[Ipv4Addr] {
        match self {
            Self::Addresses(addresses) | Self::WithIpv6(addresses) | Self::TcpOnly(addresses) => {
                addresses
            }
            Self::Split(addresses) => addresses,
            Self::Cdn(_, address) => std::slice::from_ref(address),
            Self::Empty
            | Self::NoSuchName
            | Self::ServerFailure
            | Self::Refused
            | Self::Silence => &[],
        }
    }
}
