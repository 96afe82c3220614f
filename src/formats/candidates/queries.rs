//! Logs of name servers and resolvers: what they were asked. Lines that tell of anything else, as such
//! logs have many, are passed over.

use std::net::IpAddr;

use crate::formats::candidates::names::Names;
use crate::formats::candidates::names::Row;
use crate::formats::tables::RowError;
use crate::formats::text::Lines;

/// The names that were asked for.
pub(crate) fn rows(lines: Lines, channel: &str) -> impl Iterator<Item = Row> + use<> {
    let mut names = Names::new(channel);
    lines.filter_map(move |line| match line {
        Ok((number, text)) => names.in_dns(number, asked(&text)?),
        Err(error) => Some(Err(RowError::Io(error))),
    })
}

/// The name that a line says was asked for: `query: NAME CLASS TYPE` (BIND), `query[TYPE] NAME from
/// CLIENT` (dnsmasq), `info: CLIENT NAME TYPE CLASS` (unbound, which may also write `query:`).
pub(crate) fn asked(line: &str) -> Option<&str> {
    dnsmasq(line).or_else(|| {
        [" query: ", " info: ", " reply: "].into_iter().find_map(|mark| {
            let (_, said) = line.split_once(mark)?;
            bind(said).filter(|_| mark == " query: ").or_else(|| unbound(said))
        })
    })
}

fn bind(said: &str) -> Option<&str> {
    let mut words = said.split_ascii_whitespace();
    let (name, class, kind) = (words.next()?, words.next()?, words.next()?);
    (is_class(class) && is_type(kind)).then_some(name)
}

fn unbound(said: &str) -> Option<&str> {
    let mut words = said.split_ascii_whitespace();
    let (client, name) = (words.next()?, words.next()?);
    let (kind, class) = (words.next()?, words.next()?);
    let is_asked = client.parse::<IpAddr>().is_ok() && is_type(kind) && is_class(class);
    is_asked.then_some(name)
}

fn dnsmasq(line: &str) -> Option<&str> {
    let (_, said) = line.split_once(" query[")?;
    let (kind, rest) = said.split_once("] ")?;
    let mut words = rest.split_ascii_whitespace();
    let (name, from, client) = (words.next()?, words.next()?, words.next()?);
    let is_kind = is_type(kind) || kind.strip_prefix("type=").is_some();
    (is_kind && from == "from" && client.parse::<IpAddr>().is_ok()).then_some(name)
}

fn is_class(word: &str) -> bool {
    matches!(word, "IN" | "CH" | "HS") || word.starts_with("CLASS")
}

fn is_type(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
}
