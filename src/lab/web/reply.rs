//! What is sent back for a request, and how.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::lab::cast::Cast;
use crate::lab::manner::Manner;
use crate::lab::pages;
use crate::lab::paper::Charset;
use crate::lab::paper::Oddity;
use crate::lab::paper::Paper;
use crate::lab::play::Appearance;
use crate::lab::play::Play;
use crate::lab::ranges::ADVERTISER;
use crate::lab::story::Claim;
use crate::lab::story::Robots;
use crate::lab::story::Way;
use crate::lab::story::Web;
use crate::lab::web::manners;
use crate::lab::web::request::Request;

/// What is done on the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// These bytes, and the end.
    Bytes(Vec<u8>),
    /// These bytes, and then others over and over.
    Endless {
        /// What comes first.
        start: Vec<u8>,
        /// What is repeated.
        again: Vec<u8>,
    },
    /// One byte a second, over and over.
    Drip(Vec<u8>),
    /// Nothing, until the visitor leaves.
    Hold,
    /// These bytes one after the other, with a rest between them.
    Pieces(Vec<Vec<u8>>, Duration),
    /// These bytes, and then a reset.
    ResetAfter(Vec<u8>),
    /// A reset.
    Reset,
}

impl Reply {
    /// Whether it says that it is too much, or to come later.
    pub(crate) fn is_refusal(&self) -> bool {
        let Self::Bytes(bytes) = self else { return false };
        let status = bytes.split(|byte| *byte == b' ').nth(1);
        matches!(status, Some(b"429" | b"503"))
    }
}

/// What `address` sends back for `request` tonight.
pub(crate) fn reply(play: &Play, address: Ipv4Addr, request: &Request) -> Reply {
    if address == ADVERTISER {
        return match request.path.as_str() {
            "/robots.txt" => Reply::Bytes(status(404, &[], "not found", request)),
            _ => Reply::Bytes(document(
                play.world.landmark(),
                Paper::Ordinary,
                Claim::Nothing,
                request,
            )),
        };
    }
    let Some(appearance) = play.appearance(&request.host, address) else {
        return Reply::Bytes(status(404, &[], "no such site here", request));
    };
    answered(play, appearance, request)
}

/// The same over TLS, where `web` answers in place of what answers without.
pub(crate) fn reply_over_tls(play: &Play, address: Ipv4Addr, request: &Request, web: Web) -> Reply {
    match play.appearance(&request.host, address) {
        Some(appearance) => answered(play, Appearance { web, ..appearance }, request),
        None => Reply::Bytes(status(404, &[], "no such site here", request)),
    }
}

fn answered(play: &Play, appearance: Appearance<'_>, request: &Request) -> Reply {
    if request.path == "/robots.txt"
        && let Some(reply) = robots(appearance, request)
    {
        return reply;
    }
    site(play, appearance, request)
}

/// What robots.txt answers; `None` where the site answers everything alike.
fn robots(appearance: Appearance<'_>, request: &Request) -> Option<Reply> {
    match appearance.web {
        Web::Mannered(Manner::BlockAllNames | Manner::ClosesAtOnce | Manner::HeadersEndless)
        | Web::SendsEverythingOn
        | Web::BlockPage
        | Web::BlockRedirect
        | Web::Drip
        | Web::Hold
        | Web::Reset
        | Web::Garbage => return None,
        Web::Document(..)
        | Web::Status(_)
        | Web::SendsOn(_)
        | Web::SendsToWww
        | Web::Circle
        | Web::Endless
        | Web::Mannered(_) => {}
    }
    Some(Reply::Bytes(match appearance.robots {
        Robots::Missing => status(404, &[], "not found", request),
        Robots::Forbids => {
            let plain = "Content-Type: text/plain";
            status(200, &[plain], "User-agent: *\nDisallow: /\n", request)
        }
        Robots::Broken => status(503, &[], "unavailable", request),
    }))
}

fn site(play: &Play, appearance: Appearance<'_>, request: &Request) -> Reply {
    let cast = appearance.cast;
    let web = match appearance.web {
        // Where a page leads on within the site, every other page is an ordinary one.
        Web::Document(Paper::Odd(Oddity::RefreshWithin | Oddity::ScriptWithin), claim)
            if request.path != "/" =>
        {
            Web::Document(Paper::Ordinary, claim)
        }
        web => web,
    };
    let html = |text: String| status(200, &[HTML], text, request);
    let location = |code, url: &str| {
        status(code, &[&format!("Location: {url}")], "<html><body>moved</body></html>", request)
    };
    Reply::Bytes(match web {
        Web::Document(paper, claim) => document(cast, paper, claim, request),
        Web::Status(code) => status(code, &[HTML], format!("<h1>{code}</h1>"), request),
        Web::SendsOn(Way::Status) | Web::SendsEverythingOn => location(301, pages::ELSEWHERE),
        Web::SendsOn(Way::MetaRefresh) => html(pages::meta_refresh(pages::ELSEWHERE)),
        Web::SendsOn(Way::Script) => html(pages::script_redirect(pages::ELSEWHERE)),
        Web::SendsToWww if request.host.starts_with("www.") => {
            document(cast, Paper::Ordinary, Claim::Nothing, request)
        }
        Web::SendsToWww => {
            location(301, &format!("http://www.{}:{}/", cast.target(), play.http_port))
        }
        Web::Circle if request.path == "/welcome" => location(302, "/"),
        Web::Circle => location(302, "/welcome"),
        Web::BlockPage => {
            let headers = ["Server: Beaver", "Cache-Control: no-cache", "Content-Type: text/html"];
            status(403, &headers, pages::BLOCK, request)
        }
        Web::BlockRedirect => {
            let page = "https://dnspod.qcloud.com/static/webblock.html";
            location(302, &format!("{page}?d={}", request.host))
        }
        Web::Endless => {
            return Reply::Endless {
                start: endless_start(cast),
                again: pages::endless_paragraph(cast).into_bytes(),
            };
        }
        Web::Drip => return Reply::Drip(b"HTTP/1.1 200 OK\r\nX-Patience: yes\r\n".to_vec()),
        Web::Hold => return Reply::Hold,
        Web::Reset => return Reply::Reset,
        Web::Mannered(manner) => {
            let is_by_turns = matches!(manner, Manner::BlockEveryOther | Manner::CookieNeverTaken);
            let turn = if is_by_turns { play.turn_of(&request.host) } else { 0 };
            return manners::reply(manner, cast, request, turn);
        }
        Web::Garbage => b"SSH-2.0-OpenSSH_9.6\r\n\x00\x01\x02\xff\xfe".to_vec(),
    })
}

pub(super) const HTML: &str = "Content-Type: text/html; charset=utf-8";

fn document(cast: Cast<'_>, paper: Paper, claim: Claim, request: &Request) -> Vec<u8> {
    let body = pages::document(cast, paper, claim);
    // Only the document itself tells that it is in GBK.
    let content_type = match paper {
        Paper::In(Charset::WrongHeader) => HTML,
        Paper::In(Charset::MarkedUtf8) => "Content-Type: text/html; charset=gb2312",
        Paper::Gbk | Paper::In(_) => "Content-Type: text/html",
        _ => HTML,
    };
    status(200, &["Server: nginx", content_type], body, request)
}

/// The head of a document whose length nobody tells, and its beginning.
fn endless_start(cast: Cast<'_>) -> Vec<u8> {
    let mut start = format!("HTTP/1.1 200 OK\r\n{HTML}\r\nConnection: close\r\n\r\n").into_bytes();
    let page = String::from_utf8_lossy(&pages::document(cast, Paper::Ordinary, Claim::Nothing))
        .into_owned();
    start.extend(page.split("</main>").next().unwrap_or_default().bytes());
    start
}

/// A whole answer with its length.
pub(super) fn status(
    code: u16,
    headers: &[&str],
    body: impl AsRef<[u8]>,
    request: &Request,
) -> Vec<u8> {
    let phrase = match code {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        403 => "Forbidden",
        404 => "Not Found",
        204 => "No Content",
        401 => "Unauthorized",
        410 => "Gone",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    };
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {code} {phrase}\r\n").into_bytes();
    for header in headers {
        bytes.extend(header.bytes().chain(*b"\r\n"));
    }
    bytes.extend(format!("Content-Length: {}\r\nConnection: close\r\n\r\n", body.len()).bytes());
    if request.wants_body {
        bytes.extend(body);
    }
    bytes
}
