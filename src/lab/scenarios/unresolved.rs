//! Unfiled names that lead to no address on the mainland: nothing may be found.

use std::net::Ipv4Addr;

use crate::lab::cast::Cast;
use crate::lab::story::Scene;
use crate::lab::story::Story;
use crate::lab::story::Zone;

/// The name does not exist.
pub(crate) fn nxdomain(_: Cast<'_>) -> Story<'_> {
    Story::of(Scene::of(Zone::NoSuchName))
}

/// The name exists and has no address.
pub(crate) fn no_address(_: Cast<'_>) -> Story<'_> {
    Story::of(Scene::of(Zone::Empty))
}

/// The name servers fail.
pub(crate) fn servfail(_: Cast<'_>) -> Story<'_> {
    Story::of(Scene::of(Zone::ServerFailure))
}

/// The name servers refuse.
pub(crate) fn refused(_: Cast<'_>) -> Story<'_> {
    Story::of(Scene::of(Zone::Refused))
}

/// The name servers do not answer.
pub(crate) fn dns_timeout(_: Cast<'_>) -> Story<'_> {
    Story::of(Scene::of(Zone::Silence))
}

/// Addresses of private networks, which are nobody's site.
pub(crate) fn private_address(_: Cast<'_>) -> Story<'_> {
    let private = vec![Ipv4Addr::new(10, 0, 0, 5), Ipv4Addr::new(192, 168, 1, 1)];
    Story::of(Scene::of(Zone::Addresses(private)))
}

/// Served outside the mainland.
pub(crate) fn abroad(cast: Cast<'_>) -> Story<'_> {
    Story::of(Scene::at(&[cast.abroad()]))
}
