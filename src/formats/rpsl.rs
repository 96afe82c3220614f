//! Dumps of a routing registry, such as APNIC publishes one of for each class of object: which
//! addresses were given to the mainland (`inetnum`, `inet6num`) and who announces which (`route`,
//! `route6`). Every other class is passed over. The syntax is section 2 of RFC 2622.

mod objects;

use std::io::Read;
use std::net::IpAddr;
use std::rc::Rc;

use ipnet::IpNet;

use crate::facts::allocation::Allocation;
use crate::facts::allocation::AllocationKind;
use crate::facts::allocation::Origin;
use crate::facts::provider::ProviderName;
use crate::facts::range::AddressRange;
use crate::formats::rpsl::objects::Object;
use crate::formats::rpsl::objects::Objects;
use crate::formats::tables::Aside;
use crate::formats::tables::FileError;
use crate::formats::tables::Flaw;
use crate::formats::tables::RowError;
use crate::formats::tables::Rows;

/// The ranges of the mainland, and the routes. A route is its origin's, such as `AS4134`, which a
/// provider may bear as an alias; with a `holder` it is that one's, whatever the origin.
pub fn read(
    input: impl Read + Send + 'static,
    holder: Option<ProviderName>,
) -> Result<Rows<Allocation>, FileError> {
    let aside = Rc::<Aside>::default();
    let tell = Rc::clone(&aside);
    let rows = Objects::new(input).filter_map(move |object| {
        let object = match object {
            Ok(object) => object,
            Err(error) => return Some(Err(RowError::Io(error))),
        };
        tell.at(object.line);
        let row = allocation(&object, holder.as_ref()).transpose()?;
        Some(row.map_err(|flaw| RowError::refused(object.line, flaw)))
    });
    Ok(Rows::with(rows, aside))
}

/// What an object says; `None` where it is about addresses outside of the mainland.
fn allocation(object: &Object, holder: Option<&ProviderName>) -> Result<Option<Allocation>, Flaw> {
    let is_route = matches!(object.class, "route" | "route6");
    // A range that is in two countries is not known to be on the mainland. A spoilt object without a
    // country may have lost it.
    let is_elsewhere = object.values("country").any(|cc| !cc.eq_ignore_ascii_case("CN"));
    let is_nowhere = object.values("country").next().is_none() && object.fault.is_none();
    if !is_route && (is_elsewhere || is_nowhere) {
        return Ok(None);
    }
    if let Some(reason) = &object.fault {
        return Err(Flaw { column: None, reason: reason.clone() });
    }
    let range = match object.class {
        "inetnum" => range_v4(object.key())?,
        class => block(class, object.key())?,
    };
    let mut row = Allocation::bare(range, AllocationKind::Registry, Origin::Reported, None);
    if is_route {
        let origin = origin(object)?;
        row.kind = AllocationKind::Source;
        row.origin = Origin::Listed;
        row.provider = Some(holder.cloned().unwrap_or(origin));
    } else {
        let user = object.values("netname").find(|name| !name.is_empty());
        row.details.extend(user.map(|name| ("user".to_owned(), name.to_owned())));
    }
    Ok(Some(row))
}

/// `a - b`, as an inetnum has it.
fn range_v4(text: &str) -> Result<AddressRange, Flaw> {
    let ends = text.split_once('-').and_then(|(start, end)| {
        Some((start.trim().parse::<IpAddr>().ok()?, end.trim().parse::<IpAddr>().ok()?))
    });
    let Some((start @ IpAddr::V4(_), end)) = ends else {
        let reason = format!("`{}` is no range of IPv4 addresses", short(text));
        return Err(Flaw::of("inetnum", reason));
    };
    AddressRange::new(start, end).map_err(|error| Flaw::of("inetnum", error))
}

/// A prefix of the family that the class is of.
fn block(class: &'static str, text: &str) -> Result<AddressRange, Flaw> {
    let family = if class == "route" { "IPv4" } else { "IPv6" };
    let block = text.parse::<IpNet>().ok();
    match block.filter(|block| matches!(block, IpNet::V4(_)) == (family == "IPv4")) {
        None => Err(Flaw::of(class, format!("`{}` is no {family} prefix", short(text)))),
        Some(block) if block.trunc() != block => {
            let reason =
                format!("`{block}` does not begin where the prefix {} does", block.trunc());
            Err(Flaw::of(class, reason))
        }
        Some(block) => Ok(block.into()),
    }
}

/// The one origin of a route, as `AS` and its number.
fn origin(object: &Object) -> Result<ProviderName, Flaw> {
    let mut origins = object.values("origin");
    let (Some(text), None) = (origins.next(), origins.next()) else {
        return Err(Flaw::of("origin", "a route must name the one system that announces it"));
    };
    let reason = || Flaw::of("origin", format!("`{}` is no number such as AS4134", short(text)));
    let digits = text.get(2..).filter(|_| text[..2].eq_ignore_ascii_case("AS"));
    let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let number: u32 = digits.and_then(|digits| digits.parse().ok()).ok_or_else(reason)?;
    format!("AS{number}").parse().map_err(|error| Flaw::of("origin", error))
}

/// As much of a value as a refusal quotes.
fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests;
