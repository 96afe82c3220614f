//! The cookies of one chain of requests. Some sites send round in a circle whoever does not bring
//! back what they gave. None outlives its chain, and none leaves the site's Domain, because redirects
//! that do are not followed.

use http::HeaderMap;
use http::header::SET_COOKIE;
use url::Url;

/// So many cookies are kept; further ones are not.
const MOST: usize = 32;

/// So long, in bytes, name and value may be together (RFC 6265, section 6.1).
const LONGEST: usize = 4096;

/// The cookies that a site gave on the way.
#[derive(Debug, Default)]
pub(super) struct Cookies {
    kept: Vec<Cookie>,
    changes: u32,
}

#[derive(Debug, PartialEq, Eq)]
struct Cookie {
    name: String,
    value: String,
    /// Whom it is for.
    domain: String,
    /// Whether hosts under `domain` get it too.
    is_for_subdomains: bool,
    path: String,
    is_secure: bool,
}

impl Cookies {
    /// Takes what an answer to `url` gives (RFC 6265, section 5.3).
    pub(super) fn take(&mut self, url: &Url, headers: &HeaderMap) {
        for value in headers.get_all(SET_COOKIE) {
            let text = String::from_utf8_lossy(value.as_bytes());
            if let Some((cookie, is_gone)) = read(&text, url) {
                self.put(cookie, is_gone);
            }
        }
    }

    /// How often they changed; what was seen before a change may be different after it.
    pub(super) fn changes(&self) -> u32 {
        self.changes
    }

    /// What is brought back to `url`, as the header has it; empty for nothing.
    pub(super) fn header(&self, url: &Url) -> String {
        let host = url.host_str().unwrap_or_default();
        let pairs = self.kept.iter().filter(|cookie| {
            cookie.is_for(host)
                && is_under(url.path(), &cookie.path)
                && (!cookie.is_secure || url.scheme() == "https")
        });
        let pairs: Vec<_> =
            pairs.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        pairs.join("; ")
    }

    fn put(&mut self, cookie: Cookie, is_gone: bool) {
        let is_same = |other: &Cookie| {
            (&other.name, &other.domain, &other.path)
                == (&cookie.name, &cookie.domain, &cookie.path)
        };
        let known = self.kept.iter().position(is_same);
        match known {
            Some(place) if is_gone => {
                self.kept.remove(place);
                self.changes += 1;
            }
            Some(place) => {
                if let Some(kept) = self.kept.get_mut(place)
                    && *kept != cookie
                {
                    *kept = cookie;
                    self.changes += 1;
                }
            }
            None if !is_gone && self.kept.len() < MOST => {
                self.kept.push(cookie);
                self.changes += 1;
            }
            None => {}
        }
    }
}

impl Cookie {
    fn is_for(&self, host: &str) -> bool {
        host == self.domain || (self.is_for_subdomains && is_subdomain(host, &self.domain))
    }
}

/// Reads one `Set-Cookie` of `url`, and whether it takes the cookie away.
fn read(text: &str, url: &Url) -> Option<(Cookie, bool)> {
    let mut parts = text.split(';');
    let (name, value) = parts.next()?.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let is_plain = |text: &str| text.bytes().all(|byte| byte >= 0x20 && byte != 0x7f);
    if name.is_empty() || name.len() + value.len() > LONGEST || !is_plain(name) || !is_plain(value)
    {
        return None;
    }
    let host = url.host_str()?;
    let mut cookie = Cookie {
        name: name.to_owned(),
        value: value.to_owned(),
        domain: host.to_owned(),
        is_for_subdomains: false,
        path: folder(url.path()).to_owned(),
        is_secure: false,
    };
    let mut is_gone = false;
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "domain" => {
                let domain = value.trim_start_matches('.').to_ascii_lowercase();
                // A bare address has no subdomains.
                if domain == host || (url.domain().is_some() && is_subdomain(host, &domain)) {
                    cookie.is_for_subdomains = url.domain().is_some();
                    cookie.domain = domain;
                } else if !domain.is_empty() {
                    return None;
                }
            }
            "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
            "secure" => cookie.is_secure = true,
            "max-age" => is_gone = value.starts_with('-') || value == "0",
            _ => {}
        }
    }
    Some((cookie, is_gone))
}

fn is_subdomain(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|front| front.ends_with('.'))
}

/// The folder of a path (RFC 6265, section 5.1.4).
fn folder(path: &str) -> &str {
    match path.rfind('/') {
        Some(at) if at > 0 => path.get(..at).unwrap_or("/"),
        _ => "/",
    }
}

/// Whether `path` lies under `folder` (RFC 6265, section 5.1.4).
fn is_under(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || folder.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is brought to `to` after each of `given` came from `from`.
    #[track_caller]
    fn check(from: &str, given: &[&str], to: &str, expected: &str) {
        let mut headers = HeaderMap::new();
        for text in given {
            headers.append(SET_COOKIE, text.parse().unwrap());
        }
        let mut cookies = Cookies::default();
        cookies.take(&from.parse().unwrap(), &headers);
        assert_eq!(cookies.header(&to.parse().unwrap()), expected, "{from} {given:?} {to}");
    }

    #[test]
    fn cookies_go_back_to_whom_they_are_for() {
        let site = "http://www.a.cn/";
        check(site, &["k=v; HttpOnly", "l=w"], site, "k=v; l=w");
        check(site, &["k=v"], "http://a.cn/", "");
        check(site, &["k=v"], "http://x.www.a.cn/", "");
        check(site, &["k=v; Domain=.a.cn"], "http://a.cn/", "k=v");
        check(site, &["k=v; domain=A.cn"], "http://b.a.cn/", "k=v");
        check(site, &["k=v; domain=b.cn"], site, "");
        check(site, &["k=v; domain=ww.a.cn"], site, "");
        check(site, &["k=v; Path=/deep"], site, "");
        check(site, &["k=v; Path=/deep"], "http://www.a.cn/deep/x", "k=v");
        check(site, &["k=v; Path=/deep"], "http://www.a.cn/deeper", "");
        check("http://www.a.cn/deep/x", &["k=v"], "http://www.a.cn/deep/y", "k=v");
        check(site, &["k=v; Secure"], site, "");
        check(site, &["k=v; Secure"], "https://www.a.cn/", "k=v");
        check(site, &["k=v", "k=w"], site, "k=w");
        check(site, &["k=v", "k=; Max-Age=0"], site, "");
        check("http://1.2.3.4/", &["k=v; domain=1.2.3.4"], "http://1.2.3.4/", "k=v");
        check("http://1.2.3.4/", &["k=v; domain=3.4"], "http://1.2.3.4/", "");
        for text in ["", "=v", "no pair", "; Path=/"] {
            check(site, &[text], site, "");
        }
        check(site, &[&format!("k={}", "v".repeat(LONGEST))], site, "");
    }

    #[test]
    fn no_site_fills_the_memory_with_cookies() {
        let many: Vec<String> = (0..1000).map(|number| format!("k{number}=v")).collect();
        let mut headers = HeaderMap::new();
        for text in &many {
            headers.append(SET_COOKIE, text.parse().unwrap());
        }
        let mut cookies = Cookies::default();
        cookies.take(&"http://a.cn/".parse().unwrap(), &headers);
        assert_eq!(cookies.kept.len(), MOST);
        let changes = cookies.changes();
        cookies.take(&"http://a.cn/".parse().unwrap(), &headers);
        assert_eq!(cookies.changes(), changes, "the same again changes nothing");
    }
}
