//! `[resolve]`: which name servers are asked, how often and how patiently.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use hickory_resolver::system_conf::read_system_conf;
use ipnet::IpNet;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error;

use crate::net::dns::DnsError;

/// The port of name servers that are given without one.
const PORT: u16 = 53;

/// `[resolve]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The name servers, as `1.2.3.4`, `1.2.3.4:5353` or `[::1]:53`; empty for the system's.
    #[serde(deserialize_with = "servers")]
    pub servers: Vec<SocketAddr>,
    /// Packets a second to each server; 500.
    pub queries_per_second: u32,
    /// How long one question may take in all, without the time it waits for its turn; 4 s.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// How many packets are sent for one question at most; 8: of a path that loses every third packet
    /// each way one question in a hundred goes unanswered, and is asked again later in the night.
    pub attempts: u32,
    /// From where in the net is asked (EDNS client subnet), where servers answer each part of it
    /// otherwise; empty for this machine's own place.
    pub vantages: Vec<Vantage>,
    /// Files of addresses with which resolvers answer for names that do not exist: addresses one a
    /// line, or `bogus-nxdomain=` lines of dnsmasq.
    pub lies: Vec<PathBuf>,
    /// How often during a night the servers are asked for names that cannot exist; 10 min.
    #[serde(with = "humantime_serde")]
    pub test_every: Duration,
}

/// A place in the net for whose people is asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vantage {
    /// What people call it, such as `电信·广东`.
    pub name: String,
    /// Addresses of people there; name servers see no more of them than these bits.
    pub subnet: IpNet,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            queries_per_second: 500,
            timeout: Duration::from_secs(4),
            attempts: 8,
            vantages: Vec::new(),
            lies: Vec::new(),
            test_every: Duration::from_mins(10),
        }
    }
}

impl Settings {
    /// Whether the values make sense; if not, what is wrong with which.
    pub fn validate(&self) -> Result<(), String> {
        if self.queries_per_second == 0 {
            return Err("queries_per_second = 0: must be at least 1".to_owned());
        }
        if self.timeout.is_zero() || self.timeout > Duration::from_mins(10) {
            return Err(format!("timeout = {:?}: must be more than 0s, up to 10m", self.timeout));
        }
        if !(1..=100).contains(&self.attempts) {
            return Err(format!("attempts = {}: must be 1 to 100", self.attempts));
        }
        if self.test_every < Duration::from_secs(1) {
            return Err(format!("test_every = {:?}: must be at least 1s", self.test_every));
        }
        for (index, vantage) in self.vantages.iter().enumerate() {
            let is_twice = self.vantages[..index].iter().any(|other| other.name == vantage.name);
            if vantage.name.trim().is_empty() || is_twice {
                return Err("vantages: each must have a name of its own".to_owned());
            }
        }
        Ok(())
    }
}

/// The name servers that the system asks.
pub(crate) fn system_servers() -> Result<Vec<SocketAddr>, DnsError> {
    let (config, _) = read_system_conf().map_err(|error| DnsError::System(error.to_string()))?;
    let mut servers: Vec<SocketAddr> = Vec::new();
    for server in config.name_servers() {
        let port = server.connections.first().map_or(PORT, |connection| connection.port);
        let address = SocketAddr::new(server.ip, port);
        if !servers.contains(&address) {
            servers.push(address);
        }
    }
    if servers.is_empty() { Err(DnsError::NoServers) } else { Ok(servers) }
}

fn servers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<SocketAddr>, D::Error> {
    Vec::<String>::deserialize(from)?
        .iter()
        .map(|text| server(text).map_err(D::Error::custom))
        .collect()
}

fn server(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(|address| SocketAddr::new(address, PORT)))
        .map_err(|_| format!("`{text}` is no name server; write 1.2.3.4, 1.2.3.4:5353 or [::1]:53"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_an_address_with_or_without_a_port() {
        for (text, expected) in [
            ("127.0.0.53:5353", Some("127.0.0.53:5353")),
            ("1.2.3.4", Some("1.2.3.4:53")),
            ("[::1]:5300", Some("[::1]:5300")),
            ("::1", Some("[::1]:53")),
            ("dns.example.cn", None),
            ("1.2.3.4:", None),
        ] {
            assert_eq!(server(text).ok(), expected.map(|text| text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn settings_are_read_as_people_write_them() {
        let text = "servers = [\"127.0.0.53:5353\", \"::1\"]\ntimeout = \"1s 500ms\"";
        let settings: Settings = toml::from_str(text).unwrap();
        assert_eq!(settings.servers.len(), 2);
        assert_eq!(settings.timeout, Duration::from_millis(1500));
        assert_eq!(settings.queries_per_second, 500);
        assert!(toml::from_str::<Settings>("servers = [\"nobody\"]").is_err());
        assert!(toml::from_str::<Settings>("server = []").is_err());
    }

    fn vantage(name: &str) -> Vantage {
        Vantage { name: name.to_owned(), subnet: "1.2.3.0/24".parse().unwrap() }
    }

    #[test]
    fn senseless_settings_are_named() {
        let good = Settings::default;
        assert_eq!(good().validate(), Ok(()));
        for (settings, key) in [
            (Settings { queries_per_second: 0, ..good() }, "queries_per_second"),
            (Settings { timeout: Duration::ZERO, ..good() }, "timeout"),
            (Settings { attempts: 0, ..good() }, "attempts"),
            (Settings { test_every: Duration::ZERO, ..good() }, "test_every"),
            (Settings { vantages: vec![vantage("甲"), vantage("甲")], ..good() }, "vantages"),
            (Settings { vantages: vec![vantage(" ")], ..good() }, "vantages"),
        ] {
            assert!(settings.validate().unwrap_err().contains(key), "{settings:?}");
        }
    }
}
