//! Sites served without a filing, in all the ways that they can be served.

use crate::facts::finding::Kind;
use crate::lab::cast::Cast;
use crate::lab::paper::Paper;
use crate::lab::story::Claim;
use crate::lab::story::Hosts;
use crate::lab::story::Place;
use crate::lab::story::Robots;
use crate::lab::story::Scene;
use crate::lab::story::Story;
use crate::lab::story::Web;
use crate::lab::story::Zone;

/// `scene`, unfiled at the holder of `place`.
fn found<'w>(scene: Scene<'w>, place: Place<'w>) -> Story<'w> {
    Story::of(scene).finds(Kind::Unfiled, place)
}

/// The plain case.
pub(crate) fn unfiled(cast: Cast<'_>) -> Story<'_> {
    found(Scene::at(&[cast.home()]), cast.home())
}

/// The Domain itself has no address; its `www.` is served.
pub(crate) fn unfiled_on_www_only(cast: Cast<'_>) -> Story<'_> {
    found(Scene::at(&[cast.home()]).only(Hosts::Www), cast.home())
}

/// Split lines: each provider serves it without a filing.
pub(crate) fn unfiled_at_two_providers(cast: Cast<'_>) -> Story<'_> {
    let (home, other) = (cast.home(), cast.other());
    found(Scene::at(&[home, other]), home).finds(Kind::Unfiled, other)
}

/// The page is in GBK, and only its own meta element says so.
pub(crate) fn unfiled_gbk_page(cast: Cast<'_>) -> Story<'_> {
    let page = Web::Document(Paper::Gbk, Claim::Nothing);
    found(Scene::at(&[cast.home()]).showing(page), cast.home())
}

/// A CNAME with a CDN's suffix leads to an address of some provider: the CDN serves it.
pub(crate) fn unfiled_by_cdn_name(cast: Cast<'_>) -> Story<'_> {
    let zone = Zone::Cdn(cast.cdn_provider(), cast.home().address);
    found(Scene::of(zone), cast.cdn())
}

/// An address of a CDN, without a CNAME.
pub(crate) fn unfiled_at_cdn_address(cast: Cast<'_>) -> Story<'_> {
    found(Scene::at(&[cast.cdn()]), cast.cdn())
}

/// The document is nested so deeply that a parser may give up; it is one all the same.
pub(crate) fn unfiled_with_nested_page(cast: Cast<'_>) -> Story<'_> {
    let page = Web::Document(Paper::Nested, Claim::Nothing);
    found(Scene::at(&[cast.home()]).showing(page), cast.home())
}

/// The page may not be asked for; the name is served all the same.
pub(crate) fn unfiled_with_robots_forbidden(cast: Cast<'_>) -> Story<'_> {
    found(Scene::at(&[cast.home()]).robots(Robots::Forbids), cast.home())
}

/// The name servers' answer is too long for a datagram.
pub(crate) fn unfiled_answered_over_tcp(cast: Cast<'_>) -> Story<'_> {
    let home = cast.home();
    found(Scene::of(Zone::TcpOnly(vec![home.address])), home)
}

/// An IPv6 address that is nobody's site stands beside the one that is.
pub(crate) fn unfiled_with_documentation_ipv6(cast: Cast<'_>) -> Story<'_> {
    let home = cast.home();
    found(Scene::of(Zone::WithIpv6(vec![home.address])), home)
}

/// There is a record, but it holds no more; the page still shows its number, which was its own.
pub(crate) fn filing_cancelled(cast: Cast<'_>) -> Story<'_> {
    let home = cast.home();
    found(Scene::at(&[home]).filed_with(&[home]).cancelled(), home)
}

/// The zone answers for everything, and the Domain itself is among it.
pub(crate) fn unfiled_in_wildcard_zone(cast: Cast<'_>) -> Story<'_> {
    found(Scene::at(&[cast.home()]).only(Hosts::Everything), cast.home())
}

/// Served by another provider in each part of the net; without vantages only the first is seen.
pub(crate) fn unfiled_each_way(cast: Cast<'_>) -> Story<'_> {
    let addresses = [cast.home(), cast.other(), cast.cdn()].map(|place| place.address);
    found(Scene::of(Zone::Split(addresses)), cast.home())
}
