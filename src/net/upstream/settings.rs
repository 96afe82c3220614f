//! Which register is asked, with which key, and how often.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderValue;

/// What is needed to ask another register; the keys of `[filings]` that begin with `upstream`.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Its address, such as `https://register.example.cn`.
    pub upstream: String,
    /// The file that holds the key and nothing else; `None`: it is asked without a key.
    pub key_file: Option<PathBuf>,
    /// How long one request may take.
    pub timeout: Duration,
    /// Requests a second; each carries up to 10,000 names.
    pub per_second: f64,
    /// How long an answer is believed.
    pub cache_time: Duration,
    /// So many answers are kept.
    pub cache_size: usize,
}

/// Why the register cannot be asked at all: the configuration is at fault.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// It is no address of a register.
    #[error(
        "upstream = `{0}` is no address such as https://register.example.cn, without a \
         user name, a query or a fragment"
    )]
    Url(String),
    /// What is said to it could be read and changed on the way.
    #[error(
        "upstream = `{0}` must begin with https://; http:// is for a register on this \
         machine alone"
    )]
    Insecure(String),
    /// The key cannot be read.
    #[error("upstream_key_file = {}: {source}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file holds something else than a key. It is not quoted.
    #[error("upstream_key_file = {}: it must hold one key, of letters that a header may have, and nothing else", .0.display())]
    Key(PathBuf),
    /// TLS is not to be had.
    #[error("cannot prepare to ask the upstream register: {0}")]
    Build(#[from] reqwest::Error),
}

impl Settings {
    /// The address below which the register answers, with a slash at its end.
    pub fn base(&self) -> Result<Url, UpstreamError> {
        let wrong = || UpstreamError::Url(self.upstream.clone());
        let mut url: Url = self.upstream.parse().map_err(|_| wrong())?;
        let is_plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let host = url.host_str().filter(|_| is_plain).ok_or_else(wrong)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(host) => {}
            "http" => return Err(UpstreamError::Insecure(self.upstream.clone())),
            _ => return Err(wrong()),
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(url)
    }

    /// The header that carries the key.
    pub(super) fn key(&self) -> Result<Option<HeaderValue>, UpstreamError> {
        let Some(path) = &self.key_file else { return Ok(None) };
        let text = std::fs::read_to_string(path)
            .map_err(|source| UpstreamError::KeyFile { path: path.clone(), source })?;
        let key = text.trim();
        let value = HeaderValue::from_str(&format!("Bearer {key}"));
        let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
        let mut value =
            value.ok().filter(|_| is_key).ok_or_else(|| UpstreamError::Key(path.clone()))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

fn is_loopback(host: &str) -> bool {
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> Result<String, String> {
        let settings = Settings {
            upstream: text.to_owned(),
            key_file: None,
            timeout: Duration::from_secs(1),
            per_second: 1.0,
            cache_time: Duration::ZERO,
            cache_size: 0,
        };
        settings.base().map(String::from).map_err(|error| error.to_string())
    }

    #[test]
    fn a_register_elsewhere_is_asked_over_tls_alone() {
        for (text, expected) in [
            ("https://register.example.cn", "https://register.example.cn/"),
            ("https://register.example.cn:8443/chabei", "https://register.example.cn:8443/chabei/"),
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787/"),
            ("http://[::1]:8787/", "http://[::1]:8787/"),
            ("http://localhost:8787", "http://localhost:8787/"),
        ] {
            assert_eq!(base(text).as_deref(), Ok(expected), "{text}");
        }
        for (text, says) in [
            ("http://register.example.cn", "must begin with https://"),
            ("http://127.0.0.1.example.cn", "must begin with https://"),
            ("http://10.0.0.1", "must begin with https://"),
            ("register.example.cn", "no address"),
            ("ftp://register.example.cn", "no address"),
            ("https://user:word@register.example.cn", "no address"),
            ("https://register.example.cn/?a=b", "no address"),
            ("https://register.example.cn/#a", "no address"),
            ("", "no address"),
        ] {
            let error = base(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_key_is_one_word_in_a_file_and_is_never_quoted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let settings = Settings {
            upstream: "https://a.cn".to_owned(),
            key_file: Some(path.clone()),
            timeout: Duration::from_secs(1),
            per_second: 1.0,
            cache_time: Duration::ZERO,
            cache_size: 0,
        };
        assert!(settings.key().unwrap_err().to_string().contains("No such file"));
        for (text, is_key) in
            [("secret-1\n", true), ("", false), ("two words", false), ("é", false)]
        {
            std::fs::write(&path, text).unwrap();
            let key = settings.key();
            assert_eq!(key.is_ok(), is_key, "{text}");
            let told = key.map_or_else(|error| error.to_string(), |key| format!("{key:?}"));
            assert!(!told.contains("secret") && !told.contains("words"), "{told}");
        }
    }
}
