//! Sites with a filing that holds, served by providers that have an access record, or have none.

use crate::facts::finding::Kind;
use crate::lab::cast::Cast;
use crate::lab::story::Scene;
use crate::lab::story::Story;
use crate::lab::story::Zone;
use crate::lab::truth::Expected;

/// Nothing is the matter.
pub(crate) fn filed_and_connected(cast: Cast<'_>) -> Story<'_> {
    let home = cast.home();
    Story::of(Scene::at(&[home]).filed_with(&[home]))
}

/// Split lines, with an access record at either provider.
pub(crate) fn filed_at_two_providers(cast: Cast<'_>) -> Story<'_> {
    let places = [cast.home(), cast.other()];
    Story::of(Scene::at(&places).filed_with(&places))
}

/// The CDN is not in the filing, which needs no access record of it; and it hides the origin, so
/// nobody can say that the provider of record serves nothing.
pub(crate) fn filed_behind_cdn(cast: Cast<'_>) -> Story<'_> {
    let zone = Zone::Cdn(cast.cdn_provider(), cast.cdn().address);
    Story::of(Scene::of(zone).filed_with(&[cast.home()]))
}

/// Filed with another provider, to whom nothing resolves: the third night says so of that one too.
pub(crate) fn not_connected(cast: Cast<'_>) -> Story<'_> {
    let (home, other) = (cast.home(), cast.other());
    Story::of(Scene::at(&[home]).filed_with(&[other]))
        .finds(Kind::NotConnected, home)
        .expects(Expected::at(Kind::OverReported, other.provider).since(3))
}

/// Served by two providers, of whom one has no access record.
pub(crate) fn not_connected_at_one_of_two(cast: Cast<'_>) -> Story<'_> {
    let (home, other) = (cast.home(), cast.other());
    Story::of(Scene::at(&[home, other]).filed_with(&[other])).finds(Kind::NotConnected, home)
}
