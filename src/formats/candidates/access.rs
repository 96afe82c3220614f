//! Access logs of web servers that say which host was asked for. Only that is read of them: no
//! client's address may be taken for a site's.

use std::net::IpAddr;

use serde::Deserialize;

use crate::formats::candidates::list;
use crate::formats::candidates::names::Names;
use crate::formats::candidates::names::Row;
use crate::formats::candidates::names::refused;
use crate::formats::tables::RowError;
use crate::formats::text::Lines;

const NO_HOST: &str = "it names no host";

/// The hosts of a log whose lines begin with them: nginx's `$host` or Apache's `%v:%p` before the
/// combined format.
pub(crate) fn host_first(lines: Lines, channel: &str) -> impl Iterator<Item = Row> + use<> {
    hosts(lines, channel, |text| match Request::of(text) {
        // Where a proxy's line begins with whom it forwards for, it looks the same.
        Some(Request { host: Some(host) }) if is_address(host) => {
            Found::Nothing("an address stands where the host should, and may be a client's")
        }
        Some(Request { host: Some(host) }) => Found::Host(host.to_owned()),
        Some(Request { host: None }) => Found::Nothing(NO_HOST),
        None => Found::Nothing("it is no line of host, client, identity, user and [time]"),
    })
}

/// The hosts of a log of JSON lines: `http_host`, as the client sent it, else `host`.
pub(crate) fn json(lines: Lines, channel: &str) -> impl Iterator<Item = Row> + use<> {
    hosts(lines, channel, |text| match serde_json::from_str::<Entry>(text) {
        Ok(entry) => match entry.host() {
            // Some servers write there who asked, and nobody is to be asked for having visited a site.
            Some(host) if entry.http_host.text().is_none() && is_address(host) => {
                Found::Nothing("an address stands in `host`, and may be a client's")
            }
            Some(host) => Found::Host(host.to_owned()),
            None => Found::Nothing("there is no text in `http_host` or `host`"),
        },
        Err(_) => Found::Nothing("it is no JSON object, or has a key twice"),
    })
}

/// The hosts of a log in W3C's extended format, whose `#Fields` say where they stand.
pub(crate) fn extended(lines: Lines, channel: &str) -> impl Iterator<Item = Row> + use<> {
    let mut place = Place::default();
    hosts(lines, channel, move |text| {
        if let Some(fields) = fields(text) {
            place = fields;
            return Found::Passed;
        }
        if text.starts_with('#') {
            return Found::Passed;
        }
        let Some(host) = place.host else {
            return Found::Nothing("no `#Fields:` above it names cs-host");
        };
        if text.split_ascii_whitespace().count() != place.fields {
            return Found::Nothing("it has not as many cells as `#Fields:` names");
        }
        let cell = text.split_ascii_whitespace().nth(host).unwrap_or_default();
        Found::Host(cell.to_owned())
    })
}

/// What one line says.
enum Found {
    /// Which host was asked for.
    Host(String),
    /// Nothing, which is a fault.
    Nothing(&'static str),
    /// Nothing, as it should be.
    Passed,
}

fn hosts<F: FnMut(&str) -> Found>(
    lines: Lines,
    channel: &str,
    mut read: F,
) -> impl Iterator<Item = Row> + use<F> {
    let mut names = Names::new(channel);
    lines.filter_map(move |line| {
        let (number, text) = match line {
            Ok(line) => line,
            Err(error) => return Some(Err(RowError::Io(error))),
        };
        // The first line may begin with the mark of the byte order.
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return None;
        }
        match read(text) {
            Found::Host(host) if matches!(host.trim(), "" | "-" | "_") => {
                Some(Err(refused(number, NO_HOST)))
            }
            Found::Host(host) => names.served(number, host.trim()),
            Found::Nothing(reason) => Some(Err(refused(number, reason))),
            Found::Passed => None,
        }
    })
}

/// A line of the combined format.
pub(crate) struct Request<'a> {
    /// The host that stands before the client; `None` where the client comes first.
    pub(crate) host: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// What `line` is a request to; `None` where it is no line of the combined format.
    pub(crate) fn of(line: &'a str) -> Option<Self> {
        let (before, rest) = line.split_once(" [")?;
        let (time, rest) = rest.split_once("] \"")?;
        let is_time = time.starts_with(|c: char| c.is_ascii_digit())
            && time.matches(':').count() == 3
            && time.matches('/').count() == 2;
        let mut words = before.split_ascii_whitespace();
        let (first, second) = (words.next()?, words.next()?);
        let others = words.count();
        if !is_time || others == 0 || !rest.contains('"') {
            return None;
        }
        // `host client - user` or `client - user`, and a user may be several words.
        let has_host = others >= 2 && second.contains(['.', ':']);
        Some(Self { host: has_host.then_some(first) })
    }
}

/// Where the host stands among the cells.
#[derive(Debug, Default)]
pub(crate) struct Place {
    fields: usize,
    /// `None` where none of them is the host.
    pub(crate) host: Option<usize>,
}

/// What a line `#Fields:` of the extended format says; `None` for every other line.
pub(crate) fn fields(line: &str) -> Option<Place> {
    let names = line.strip_prefix("#Fields:")?;
    let is_host =
        |name: &str| name.eq_ignore_ascii_case("cs-host") || name.eq_ignore_ascii_case("cs(host)");
    let host = names.split_ascii_whitespace().position(is_host);
    Some(Place { fields: names.split_ascii_whitespace().count(), host })
}

/// A line of JSON.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    http_host: Cell,
    host: Cell,
}

/// A value that may be a text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Cell {
    Text(String),
    Other(serde::de::IgnoredAny),
}

impl Default for Cell {
    fn default() -> Self {
        Self::Other(serde::de::IgnoredAny)
    }
}

impl Entry {
    fn host(&self) -> Option<&str> {
        self.http_host.text().or_else(|| self.host.text())
    }
}

impl Cell {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !matches!(text.trim(), "" | "-") => Some(text),
            Self::Text(_) | Self::Other(_) => None,
        }
    }
}

fn is_address(host: &str) -> bool {
    list::host_of(host).parse::<IpAddr>().is_ok()
}

/// Whether the first object of JSON lines is a request's, and no row of a table.
pub(crate) fn is_json(sample: &[u8]) -> bool {
    let text = String::from_utf8_lossy(sample);
    let first = text.trim_start_matches('\u{feff}').trim_start().lines().next();
    let object = first.and_then(|line| {
        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(line).ok()
    });
    let Some(object) = object else { return false };
    let has_host = object.contains_key("http_host") || object.contains_key("host");
    has_host && !object.keys().any(|key| list::is_domain(key))
}
