//! What robots.txt of one authority allows (RFC 9309): 4xx allows all, 5xx and silence forbid all.

use robotxt::Agent;
use robotxt::Robots;
use url::Position;
use url::Url;

use crate::net::http::Failure;

/// Redirects followed to robots.txt (RFC 9309, section 2.3.1.2 asks for at least five).
pub(super) const MAX_REDIRECTS: usize = 5;

/// The product token that groups in robots.txt name us by.
const PRODUCT: &str = "chabei";

/// Rules of one authority (scheme, host and port).
#[derive(Debug)]
pub(super) struct RobotsFile {
    authority: String,
    rules: Rules,
}

#[derive(Debug)]
enum Rules {
    Served(Robots),
    Absent,
    Unavailable(u16),
    Unreachable(Failure),
}

/// Whether a URL may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permission {
    /// Nothing forbids it.
    Granted,
    /// A robots.txt that was served forbids it.
    Forbidden,
    /// robots.txt could not be had by a fault of the server, which forbids everything.
    Unavailable(u16),
    /// Nobody answered.
    Unreachable(Failure),
}

impl RobotsFile {
    /// The rules that an answer with `status` and `body` means.
    pub(super) fn of(url: &Url, status: u16, body: &[u8]) -> Self {
        let rules = match status {
            200..=299 => Rules::Served(Robots::parse(body, Agent::Exact(PRODUCT))),
            429 | 500.. => Rules::Unavailable(status),
            _ => Rules::Absent,
        };
        Self { authority: authority(url), rules }
    }

    /// There is none, so nothing is forbidden.
    pub(super) fn absent(url: &Url) -> Self {
        Self { authority: authority(url), rules: Rules::Absent }
    }

    /// The authority did not answer.
    pub(super) fn unreachable(url: &Url, failure: Failure) -> Self {
        Self { authority: authority(url), rules: Rules::Unreachable(failure) }
    }

    /// Whether these are the rules of the authority of `url`.
    pub(super) fn speaks_for(&self, url: &Url) -> bool {
        self.authority == url[..Position::BeforePath]
    }

    /// Whether `url` may be asked for.
    pub(super) fn permits(&self, url: &Url) -> Permission {
        match &self.rules {
            Rules::Served(robots) if !robots.is_allowed(&url[Position::BeforePath..]) => {
                Permission::Forbidden
            }
            Rules::Served(_) | Rules::Absent => Permission::Granted,
            Rules::Unavailable(status) => Permission::Unavailable(*status),
            Rules::Unreachable(failure) => Permission::Unreachable(*failure),
        }
    }
}

fn authority(url: &Url) -> String {
    url[..Position::BeforePath].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, expected: Permission) {
        let url = Url::parse("http://www.example.cn/").unwrap();
        let file = RobotsFile::of(&url, status, body.as_bytes());
        assert_eq!(file.permits(&url), expected, "{status} {body}");
    }

    #[test]
    fn robots_txt_is_obeyed_as_rfc_9309_says() {
        check(200, "User-agent: *\nDisallow: /", Permission::Forbidden);
        check(200, "User-agent: *\nDisallow: /admin", Permission::Granted);
        check(200, "User-agent: chabei\nDisallow: /", Permission::Forbidden);
        check(200, "User-agent: other\nDisallow: /", Permission::Granted);
        check(200, "User-agent: chabei\nAllow: /$\nDisallow: /", Permission::Granted);
        check(200, "<html>not a robots file</html>", Permission::Granted);
        check(404, "", Permission::Granted);
        check(403, "User-agent: *\nDisallow: /", Permission::Granted);
        check(503, "", Permission::Unavailable(503));
        check(429, "", Permission::Unavailable(429));
    }

    #[test]
    fn rules_hold_for_their_own_authority_only() {
        let url = Url::parse("http://www.example.cn/a?b").unwrap();
        let file = RobotsFile::absent(&url);
        for (other, speaks) in [
            ("http://www.example.cn/c", true),
            ("https://www.example.cn/", false),
            ("http://example.cn/", false),
            ("http://www.example.cn:8080/", false),
        ] {
            assert_eq!(file.speaks_for(&Url::parse(other).unwrap()), speaks, "{other}");
        }
    }
}
