//! `[probe]`: how sites are asked, and who is not asked at all.

use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use http::HeaderValue;
use ipnet::IpNet;
use serde::Deserialize;

/// `[probe]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The port for `http`; 80. 0: plain HTTP is not asked.
    pub http_port: u16,
    /// The port for `https`; 443. 0: HTTPS is not asked.
    pub https_port: u16,
    /// Special-purpose ranges that may be reached all the same; none.
    pub allow: Vec<IpNet>,
    /// Files of names and ranges that are never probed; none.
    pub opt_out: Vec<PathBuf>,
    /// What robots.txt means to us; `obey`.
    pub robots: Robots,
    /// Who we say we are; it should tell how to reach the operator.
    pub user_agent: String,
    /// So much of a body is read, unpacked; 512 KiB.
    pub max_body: ByteSize,
    /// How long one request may take, from the connection to the end of the body; 10 s.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
}

/// What robots.txt means to us.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Robots {
    /// What it forbids is not asked for (RFC 9309).
    #[default]
    Obey,
    /// It is not asked for.
    Ignore,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            http_port: 80,
            https_port: 443,
            allow: Vec::new(),
            opt_out: Vec::new(),
            robots: Robots::Obey,
            user_agent: concat!(
                "chabei/",
                env!("CARGO_PKG_VERSION"),
                " (+contact: set [probe] user_agent)"
            )
            .to_owned(),
            max_body: ByteSize::kib(512),
            timeout: Duration::from_secs(10),
        }
    }
}

impl Settings {
    /// Whether the user agent tells how to reach whoever operates this: by web or by mail.
    pub fn tells_a_contact(&self) -> bool {
        self.user_agent.contains("://") || self.user_agent.contains('@')
    }

    /// Whether the values make sense; if not, what is wrong with which.
    pub fn validate(&self) -> Result<(), String> {
        if self.http_port == 0 && self.https_port == 0 {
            return Err("http_port = 0, https_port = 0: nothing would ever be asked".to_owned());
        }
        if HeaderValue::from_str(&self.user_agent).is_err() {
            let name = self.user_agent.escape_debug();
            return Err(format!("user_agent = \"{name}\": holds what no header may hold"));
        }
        if self.max_body.as_u64() == 0 {
            return Err("max_body = 0: must be at least 1 byte".to_owned());
        }
        if self.timeout.is_zero() || self.timeout > Duration::from_mins(10) {
            return Err(format!("timeout = {:?}: must be more than 0s, up to 10m", self.timeout));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_people_write_them() {
        let text = "allow = [\"127.0.0.0/8\"]\nmax_body = \"1 MiB\"\ntimeout = \"3s\"\n\
                    robots = \"obey\"\nhttps_port = 0";
        let settings: Settings = toml::from_str(text).unwrap();
        assert_eq!(settings.max_body, ByteSize::mib(1));
        assert_eq!(settings.timeout, Duration::from_secs(3));
        assert_eq!((settings.http_port, settings.https_port), (80, 0));
        assert!(toml::from_str::<Settings>("robots = \"sometimes\"").is_err());
        assert!(toml::from_str::<Settings>("port = 80").is_err());
    }

    #[test]
    fn a_contact_is_a_page_or_an_address_of_mail() {
        for (user_agent, expected) in [
            ("chabei/1.0 (+https://example.cn/crawler)", true),
            ("chabei/1.0 (ops@example.cn)", true),
            ("chabei/1.0", false),
        ] {
            let settings = Settings { user_agent: user_agent.to_owned(), ..Settings::default() };
            assert_eq!(settings.tells_a_contact(), expected, "{user_agent}");
        }
        assert!(!Settings::default().tells_a_contact());
    }

    #[test]
    fn senseless_settings_are_named() {
        let good = Settings::default;
        assert_eq!(good().validate(), Ok(()));
        for (settings, key) in [
            (Settings { http_port: 0, https_port: 0, ..good() }, "http_port"),
            (Settings { max_body: ByteSize::b(0), ..good() }, "max_body"),
            (Settings { timeout: Duration::ZERO, ..good() }, "timeout"),
            (Settings { user_agent: "a\nb".to_owned(), ..good() }, "user_agent"),
        ] {
            assert!(settings.validate().unwrap_err().contains(key), "{settings:?}");
        }
    }
}
