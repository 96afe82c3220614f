//! The names that zones and logs bring: each is told many times over, and most of what name servers
//! hold and are asked is no name of a site.

use std::collections::HashSet;
use std::net::IpAddr;

use crate::facts::candidate::Mention;
use crate::facts::domain::Domain;
use crate::facts::domain::Host;
use crate::facts::domain::NotADomain;
use crate::facts::target::Target;
use crate::formats::candidates::list;
use crate::formats::tables::Flaw;
use crate::formats::tables::RowError;

/// So many names are remembered, to be told once; then the remembering begins anew.
const REMEMBERED: usize = 64 * 1024;

/// A row of a file of names.
pub(crate) type Row = Result<Mention, RowError>;

/// Makes mentions of names.
#[derive(Debug)]
pub(crate) struct Names {
    channel: String,
    told: HashSet<String>,
}

impl Names {
    pub(crate) fn new(channel: &str) -> Self {
        Self { channel: channel.to_owned(), told: HashSet::new() }
    }

    /// What a web server was asked for in `host`, which may have a port. `None` where that was told
    /// already.
    pub(crate) fn served(&mut self, line: u64, host: &str) -> Option<Row> {
        if !self.is_new(host) {
            return None;
        }
        let name = list::host_of(host);
        if let Ok(address) = name.parse::<IpAddr>() {
            let target = Target::Address(address.to_canonical());
            return Some(Ok(Mention { target, host: None, channel: self.channel.clone() }));
        }
        Some(self.mention(name).map_err(|why| refused(line, &why.to_string())))
    }

    /// A name in the DNS. `None` where it was told already, or is none of a site: a wildcard, a
    /// service, an address read backwards, or what others register or name their own machines under.
    pub(crate) fn in_dns(&mut self, line: u64, name: &str) -> Option<Row> {
        if !self.is_new(name) {
            return None;
        }
        let name = name.strip_suffix('.').unwrap_or(name);
        let is_special = |label: &str| label == "*" || label.starts_with('_');
        let last = name.rsplit('.').next().unwrap_or_default();
        if name.is_empty() || last.eq_ignore_ascii_case("arpa") || name.split('.').any(is_special) {
            return None;
        }
        match self.mention(name) {
            Ok(mention) => Some(Ok(mention)),
            Err(NotADomain::Suffix | NotADomain::UnknownSuffix | NotADomain::Numeric) => None,
            Err(why) => Some(Err(refused(line, &why.to_string()))),
        }
    }

    fn mention(&self, name: &str) -> Result<Mention, NotADomain> {
        let host: Host = name.parse()?;
        let domain = Domain::of(&host)?;
        Ok(Mention::of_host(host, domain, &self.channel))
    }

    fn is_new(&mut self, name: &str) -> bool {
        if self.told.contains(name) {
            return false;
        }
        if self.told.len() >= REMEMBERED {
            self.told.clear();
        }
        // What is longer is no name, and would make what is remembered large.
        if name.len() <= 255 {
            self.told.insert(name.to_owned());
        }
        true
    }
}

/// A line that cannot be taken, without what it says.
pub(crate) fn refused(line: u64, reason: &str) -> RowError {
    RowError::refused(line, Flaw { column: None, reason: reason.to_owned() })
}
