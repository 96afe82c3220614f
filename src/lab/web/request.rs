//! What a request asks for: of its head, only the little that sites differ by.

/// How long a head may be, in bytes.
pub(crate) const HEAD_LIMIT: usize = 8 * 1024;

/// A request without what nobody here looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// Whether the body is wanted: not by HEAD.
    pub(crate) wants_body: bool,
    /// The path with its query; `/` where it cannot be read.
    pub(crate) path: String,
    /// The host in lower case, without port and final dot; empty where there is none.
    pub(crate) host: String,
}

impl Request {
    /// Reads a head; what is malformed is read as far as it goes.
    pub(crate) fn parse(head: &[u8]) -> Self {
        let text = String::from_utf8_lossy(head);
        let mut lines = text.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let method = words.next().unwrap_or_default();
        let path = words.next().filter(|path| path.starts_with('/')).unwrap_or("/");
        let host = lines.find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("host").then(|| value.trim())
        });
        let name = host.unwrap_or_default().split(':').next().unwrap_or_default();
        Self {
            wants_body: method != "HEAD",
            path: path.to_owned(),
            host: name.trim_end_matches('.').to_ascii_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(head: &str, wants_body: bool, path: &str, host: &str) {
        let expected = Request { wants_body, path: path.to_owned(), host: host.to_owned() };
        assert_eq!(Request::parse(head.as_bytes()), expected, "{head}");
    }

    #[test]
    fn a_head_is_read_as_far_as_it_goes() {
        check("GET / HTTP/1.1\r\nHost: A.cn:8080\r\n\r\n", true, "/", "a.cn");
        check(
            "HEAD /robots.txt HTTP/1.1\r\nX: y\r\nhost:a.cn.\r\n\r\n",
            false,
            "/robots.txt",
            "a.cn",
        );
        check("GET http://a.cn/ HTTP/1.1\r\n\r\n", true, "/", "");
        check("\r\n\r\n", true, "/", "");
        check("GET", true, "/", "");
    }
}
