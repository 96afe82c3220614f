//! Unfiled names that are no sites: access was stopped, or nobody has put anything there.

use crate::facts::finding::Kind;
use crate::lab::cast::Cast;
use crate::lab::paper::Paper;
use crate::lab::story::Claim;
use crate::lab::story::Scene;
use crate::lab::story::Story;
use crate::lab::story::Web;

fn unfiled_showing(cast: Cast<'_>, web: Web) -> Story<'_> {
    Story::of(Scene::at(&[cast.home()]).showing(web))
}

/// The provider answers with its block page.
pub(crate) fn stopped_403(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::BlockPage)
}

/// The provider sends visitors on to its block page.
pub(crate) fn stopped_302(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::BlockRedirect)
}

/// One of two providers has stopped access; the other serves it still.
pub(crate) fn stopped_at_one_of_two(cast: Cast<'_>) -> Story<'_> {
    let (home, other) = (cast.home(), cast.other());
    Story::of(Scene::at(&[home, other]).showing_at(other, Web::BlockPage))
        .finds(Kind::Unfiled, home)
}

/// The name is for sale.
pub(crate) fn parked(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::Document(Paper::Parking, Claim::Nothing))
}

/// The web server's own page, as it comes.
pub(crate) fn default_page(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::Document(Paper::Default, Claim::Nothing))
}
