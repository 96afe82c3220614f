//! What one HTTP answer means: the end of the chain, or where it leads on. Pure.

use http::HeaderMap;
use http::HeaderName;
use http::header::CONTENT_TYPE;
use http::header::LOCATION;
use http::header::SERVER;
use url::Url;

use crate::facts::target::Target;
use crate::facts::visit::Page;
use crate::facts::visit::Sign;
use crate::facts::visit::SiteState;
use crate::formats::charset;
use crate::formats::html;
use crate::formats::html::Barrier;
use crate::formats::html::Budget;
use crate::formats::html::Document;
use crate::formats::signatures::PASSWORD;
use crate::formats::signatures::Recognised;
use crate::formats::signatures::Seen;
use crate::formats::signatures::Signatures;
use crate::net::http::Answer;
use crate::net::http::without_user;
use crate::stages::probe::domain_of;

/// No redirect to a longer URL is followed or told, in bytes (RFC 9110, section 4.1 asks for 8000): it
/// would stand in the trail, and in the head of every record of evidence.
const LONGEST_URL: usize = 8192;

/// What an answer means.
#[derive(Debug)]
pub(super) enum Step {
    /// The chain ends here.
    End { state: SiteState, sign: Sign, page: Option<Page> },
    /// It leads on within the Domain.
    Follow(Url),
}

/// An answer, read as far as the budget goes.
#[derive(Debug)]
pub(super) struct Reading {
    /// Where redirects lead.
    next: Option<Url>,
    document: Document,
}

impl Reading {
    /// Reads the answer that `url` gave.
    pub(super) fn of(answer: &Answer, url: &Url, budget: Budget) -> Self {
        Self { next: location(answer, url), document: document(answer, url, budget) }
    }

    /// Whether there is more of it than the budget allows.
    pub(super) fn was_cut(&self) -> bool {
        self.document.was_cut || self.document.was_given_up
    }
}

/// What the answer, as it was read, means.
pub(super) fn meaning(
    answer: &Answer,
    reading: Reading,
    target: &Target,
    signatures: &Signatures,
) -> Step {
    let was_cut = reading.was_cut();
    let Reading { next, document } = reading;
    let recognised = recognise(answer, next.as_ref(), &document, signatures);
    let end = |state, sign| Step::End { state, sign, page: None };
    if let Some(Recognised::Block(name)) = recognised {
        return end(SiteState::Stopped, Sign::BlockPage(name));
    }
    if (300..400).contains(&answer.status) {
        // What only sends visitors on to a market of names is no site that sends them on.
        if let Some(Recognised::Parking(name)) = recognised {
            return end(SiteState::Parked, Sign::ParkingPage(name));
        }
        return next.map_or_else(
            || end(SiteState::Unknown, Sign::Status(answer.status)),
            |next| lead(next, target),
        );
    }
    if !(200..300).contains(&answer.status) {
        return end(SiteState::Unknown, Sign::Status(answer.status));
    }
    match recognised {
        Some(Recognised::Parking(name)) => end(SiteState::Parked, Sign::ParkingPage(name)),
        Some(Recognised::Wall(name)) => end(SiteState::Unknown, Sign::Wall(name)),
        Some(Recognised::Block(_)) | None => {
            if let Some(next) = document.refresh.or(document.script_redirect) {
                return lead(next, target);
            }
            // A body beyond `max_body` is not fetched to its end, so that its tail, where the number
            // stands, is never seen. What it is stays unknown: too large.
            if !answer.is_whole {
                return end(SiteState::Unknown, Sign::TooLarge);
            }
            if answer.body.is_empty() {
                return end(SiteState::Unknown, Sign::Status(answer.status));
            }
            match document.barrier {
                Some(Barrier::Script | Barrier::Challenge) => {
                    return end(SiteState::Unknown, Sign::ScriptOnly);
                }
                Some(Barrier::Login) => {
                    return end(SiteState::Unknown, Sign::Wall(PASSWORD.to_owned()));
                }
                Some(Barrier::Blank) => {
                    return end(SiteState::Unknown, Sign::Status(answer.status));
                }
                None => {}
            }
            let sign = if was_cut { Sign::DocumentInPart(None) } else { Sign::Document };
            Step::End { state: SiteState::Live, sign, page: Some(document.page) }
        }
    }
}

/// Whether the answer that `url` gave is a block page or a block redirect.
pub(super) fn is_block_page(
    answer: &Answer,
    url: &Url,
    signatures: &Signatures,
    budget: Budget,
) -> bool {
    let next = location(answer, url);
    let document = document(answer, url, budget);
    let recognised = recognise(answer, next.as_ref(), &document, signatures);
    matches!(recognised, Some(Recognised::Block(_)))
}

fn document(answer: &Answer, url: &Url, budget: Budget) -> Document {
    let content_type = text_of(&answer.headers, CONTENT_TYPE);
    html::read(&charset::decode(&answer.body, content_type.as_deref()), url, budget)
}

fn recognise(
    answer: &Answer,
    next: Option<&Url>,
    document: &Document,
    signatures: &Signatures,
) -> Option<Recognised> {
    signatures.recognise(&Seen {
        status: answer.status,
        server: text_of(&answer.headers, SERVER).as_deref(),
        location: next,
        frames: &document.frames,
        title: document.page.title.as_deref(),
        text: &document.text,
        text_chars: document.text_chars,
        links: document.links,
    })
}

/// Where a redirect leads; `None` without a usable `Location`. Bytes that are no ASCII are kept as
/// they are, percent-encoded, because old servers send raw GBK.
pub(super) fn location(answer: &Answer, url: &Url) -> Option<Url> {
    if !(300..400).contains(&answer.status) {
        return None;
    }
    let raw = answer.headers.get(LOCATION)?.as_bytes();
    let encoded: String = raw
        .iter()
        .map(|byte| match byte {
            0x21..=0x7e => char::from(*byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    url.join(&encoded).ok().map(without_user)
}

/// Whether `url` stays within the target: a host of its Domain, or its very address.
pub(super) fn leads_within(url: &Url, target: &Target) -> bool {
    is_web(url)
        && match target {
            Target::Domain(domain) => domain_of(url).as_ref() == Some(domain),
            Target::Address(address) => match url.host() {
                Some(url::Host::Ipv4(literal)) => *address == literal,
                Some(url::Host::Ipv6(literal)) => *address == literal,
                Some(url::Host::Domain(_)) | None => false,
            },
        }
}

fn lead(next: Url, target: &Target) -> Step {
    let next = without_user(next);
    let is_within = leads_within(&next, target);
    let domain = domain_of(&next).filter(|_| is_web(&next) && !is_within);
    if next.as_str().len() > LONGEST_URL && domain.is_none() {
        return Step::End { state: SiteState::Unknown, sign: Sign::TooLarge, page: None };
    }
    if is_within {
        return Step::Follow(next);
    }
    let (state, sign) = match domain {
        Some(domain) => (SiteState::Redirected, Sign::LeadsTo(domain)),
        None => (SiteState::Unknown, Sign::LeadsNowhere(next.to_string())),
    };
    Step::End { state, sign, page: None }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

fn text_of(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests;
