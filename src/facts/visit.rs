//! What one site was at one address: its state, and what its page said.

use std::net::IpAddr;

use serde::Deserialize;
use serde::Serialize;

use crate::facts::certificate::Certificate;
use crate::facts::domain::Domain;
use crate::facts::domain::Host;
use crate::facts::filing::NumberOwner;
use crate::facts::language::Language;
use crate::facts::number::FilingNumber;

/// What a site can be, seen at one address (contract, section 1), weakest first: of several hosts,
/// ports and addresses at one provider the strongest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteState {
    /// No connection, reset, or no answer within the limits.
    Silent,
    /// Access stopped by the provider: its block page or block redirect.
    Stopped,
    /// A parking page, or a server's default page.
    Parked,
    /// Everything that cannot be told.
    Unknown,
    /// It only sends on to another Domain.
    Redirected,
    /// A document of its own.
    Live,
}

/// What was seen that led to the state; the text of `explain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sign {
    /// A 2xx document.
    Document,
    /// robots.txt was served with 200 and forbids the page.
    RobotsForbid,
    /// robots.txt could not be read for a reason of the server's, so nothing more was asked.
    RobotsUnavailable(u16),
    /// The site leads to another Domain.
    LeadsTo(Domain),
    /// The site leads to a bare address, or somewhere that is no web address.
    LeadsNowhere(String),
    /// A block page or block redirect, by the name of its pattern in `config/`.
    BlockPage(String),
    /// Block pages were seen, but the probes did not agree.
    BlockPageFlaps,
    /// A parking or default page, by the name of its pattern in `config/`.
    ParkingPage(String),
    /// A page that asks for a login or a captcha, by the name of its pattern in `config/`.
    Wall(String),
    /// A document without text of its own, only script.
    ScriptOnly,
    /// A status that says nothing about the site: 401, 403, 404, 5xx and the like.
    Status(u16),
    /// More redirects than are followed, or a circle.
    RedirectLoop,
    /// The body is larger than is read, or broke off.
    TooLarge,
    /// The answer is no HTTP.
    Malformed,
    /// A redirect within the Domain led to a host that does not resolve, may not be reached, or does
    /// not answer.
    HopUnreachable(String),
    /// Nothing listens, or there is no way there.
    NoConnection,
    /// The connection was cut.
    Reset,
    /// No answer in time.
    TimedOut,
    /// TLS could not be agreed on.
    TlsFailure,
    /// The address may not be probed: opted out, or special-purpose.
    NotAllowed,
    /// Our own machine could not ask: no free port or file, or no way for this address family.
    NotAsked,
    /// The server speaks no TLS that is still spoken, only versions before 1.2.
    TlsTooOld,
    /// The address was left alone tonight, because it asked for that or nobody was reached there.
    PutOff,
    /// The address was left alone because nobody was reached there tonight, for as many names in a row
    /// as that takes, and for none before.
    Deserted,
    /// A 2xx document that another address served, to which a redirect within the Domain led.
    DocumentAt(IpAddr),
    /// A 2xx document with more in it than is read of any, so that a part of it was left out; from the
    /// other address that served it, if one did.
    DocumentInPart(Option<IpAddr>),
    /// It came under another's certificate, as it does where a server that has no site of the name shows
    /// another of its own.
    AnothersCertificate {
        /// A Domain that the certificate is for; it is for no name of the one that was asked for.
        domain: Domain,
        /// The other address that served the document, if one did.
        at: Option<IpAddr>,
    },
    /// Over TLS the server said that it has no such name.
    TlsNameUnknown,
}

/// What of a site was more than is taken of any. What was taken is all the same as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Excess {
    /// The head of an answer: too long, or too many headers.
    Head,
    /// A body, packed or unpacked.
    Body,
    /// The time: something came, and its end did not come within the limit.
    Time,
    /// A certificate.
    Certificate,
    /// The redirects.
    Redirects,
    /// The parts of a page.
    Page,
}

/// How a filing number stands on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberPlace {
    /// The page claims it as its own: a footer, a link to the ministry, a meta tag.
    Own,
    /// The page only quotes it: an article, a directory, a friend's link.
    Quoted,
    /// It may be either: it stands where pages claim their own, in a line about somebody else.
    Unsure,
}

/// A filing number found on a page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PageNumber {
    /// The number in normal form.
    pub number: FilingNumber,
    /// How it stands there.
    pub place: NumberPlace,
    /// The host that the link around it, or beside it in the same line, leads to; `None` where
    /// there is no such link, or none to a host.
    pub link: Option<Host>,
}

/// What was learnt of one document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The title, white space folded, at most 200 characters.
    pub title: Option<String>,
    /// Filing numbers, each once, the page's own before those that may be, and quoted ones last.
    pub numbers: Vec<PageNumber>,
    /// The language of the text.
    pub language: Language,
    /// How many characters the visible text has, white space folded.
    pub text_chars: u32,
    /// SHA-256 of the visible text without its white space and with every run of digits as one
    /// `0`, lower-case hex: dates and counters change nothing, so that names which serve the same
    /// page have the same digest. `None` where there is no text. Short texts, such as 敬请期待, are
    /// shared by strangers: hold the length against it. Of a page with too many parts, that of its head
    /// and its tail.
    pub text_sha256: Option<String>,
    /// The other Domains that the page links to, each once, at most
    /// [`MOST_LINKED_DOMAINS`](Self::MOST_LINKED_DOMAINS). Not kept with the examination.
    #[serde(skip)]
    pub links: Vec<Domain>,
}

/// How an address answered in the control test, when an answer had looked like a block page: asked
/// in the same way for its own number and for a name that cannot exist (`Host`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// The name that cannot exist got the block page, too, and the bare address did not: it is the
    /// provider's filter that answers.
    Filter,
    /// Neither got it: it is kept for certain names.
    ThisName,
    /// Both got it: whatever answers there, answers everybody so.
    Everybody,
    /// Only the bare address got it, too.
    BareAddress,
    /// Nothing came of one of the requests, so that nothing can be said.
    NoAnswer,
}

/// A page's own claim, held against the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The number claimed.
    pub number: FilingNumber,
    /// Whose it is.
    pub owner: NumberOwner,
}

/// One request chain to one host at one address and port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Where the first request went.
    pub address: IpAddr,
    /// The port it went to.
    pub port: u16,
    /// Whether over TLS.
    pub is_secure: bool,
    /// What the site is there.
    pub state: SiteState,
    /// What led to the state.
    pub sign: Sign,
    /// The last HTTP status, if there was one.
    pub status: Option<u16>,
    /// The last URL asked for.
    pub final_url: String,
    /// The URLs of redirects on the way, first to last, without the final one.
    pub hops: Vec<String>,
    /// What the document said; `None` where none was read.
    pub page: Option<Page>,
    /// SHA-256 of the body as it was read, lower-case hex; `None` where none was read, and where nothing
    /// could follow from it.
    pub body_sha256: Option<String>,
    /// What its page claims, or may claim, as its own numbers, held against the register.
    pub claims: Vec<Claim>,
    /// What the last address on the way showed of itself over TLS; `None` where none did.
    pub certificate: Option<Certificate>,
    /// The control test of a block page; `None` where none was seen, or it was not made.
    pub control: Option<Control>,
}

impl Sign {
    /// The same of an answer that another address gave, to which a redirect within the Domain led.
    #[must_use]
    pub fn at(self, address: IpAddr) -> Self {
        match self {
            Self::Document => Self::DocumentAt(address),
            Self::DocumentInPart(_) => Self::DocumentInPart(Some(address)),
            other => other,
        }
    }

    /// The other address that served the document, if one did.
    pub fn other_address(&self) -> Option<IpAddr> {
        match self {
            Self::DocumentAt(address) => Some(*address),
            Self::DocumentInPart(address) | Self::AnothersCertificate { at: address, .. } => {
                *address
            }
            _ => None,
        }
    }
}

impl Visit {
    /// Whether a part of its page was left out, in which anything may stand.
    pub fn is_in_part(&self) -> bool {
        matches!(self.sign, Sign::DocumentInPart(_))
    }

    /// Whether its page may be that of another site, by its certificate.
    fn is_perhaps_anothers(&self) -> bool {
        matches!(self.sign, Sign::AnothersCertificate { .. })
    }

    /// Whether its page shows a number of its own subject.
    pub fn shows_own_number(&self) -> bool {
        self.claims.iter().any(|claim| claim.owner == NumberOwner::Own)
    }

    /// The numbers that its page claims beyond doubt.
    pub fn sure_claims(&self) -> impl Iterator<Item = &Claim> {
        let numbers = self.page.as_ref().map_or(&[][..], |page| &page.numbers);
        self.claims.iter().filter(|claim| {
            let mut unsure = numbers.iter().filter(|found| found.place == NumberPlace::Unsure);
            !unsure.any(|found| found.number == claim.number)
        })
    }

    /// The claim that its page is at fault with: beyond doubt of a number of another or of nobody, on a
    /// page of this very site that was read to its end and shows none of its own.
    pub fn wrong_claim(&self) -> Option<&Claim> {
        if self.is_in_part() || self.is_perhaps_anothers() || self.shows_own_number() {
            return None;
        }
        let of = |owner| self.sure_claims().find(|claim| claim.owner == owner);
        of(NumberOwner::Another).or_else(|| of(NumberOwner::Nobody))
    }

    /// Whether it says neither that its page claims a wrong number, nor that it claims none.
    pub fn leaves_claims_open(&self) -> bool {
        let is_wrong =
            |claim: &Claim| matches!(claim.owner, NumberOwner::Another | NumberOwner::Nobody);
        !self.shows_own_number()
            && self.wrong_claim().is_none()
            && (self.is_in_part() || self.is_perhaps_anothers() || self.claims.iter().any(is_wrong))
    }
}

impl Page {
    /// How many other Domains a page can name.
    pub const MOST_LINKED_DOMAINS: usize = 32;
}

impl Excess {
    /// The word that logs use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Body => "body",
            Self::Time => "time",
            Self::Certificate => "certificate",
            Self::Redirects => "redirects",
            Self::Page => "page",
        }
    }
}

impl SiteState {
    /// The word that reports use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Stopped => "stopped",
            Self::Parked => "parked",
            Self::Unknown => "unknown",
            Self::Redirected => "redirected",
            Self::Live => "live",
        }
    }
}
