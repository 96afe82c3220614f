//! Sites at addresses of which the allocations register says something unusual.

use crate::facts::finding::ClosedReason;
use crate::facts::finding::Kind;
use crate::lab::cast::Cast;
use crate::lab::story::Scene;
use crate::lab::story::Story;
use crate::lab::story::Way;
use crate::lab::story::Web;
use crate::lab::truth::Expected;

/// Unfiled, on the mainland, and nobody reports the address: two faults, and nobody to name.
pub(crate) fn unreported(cast: Cast<'_>) -> Story<'_> {
    let place = cast.unreported();
    Story::of(Scene::at(&[place])).finds(Kind::Unfiled, place).finds(Kind::UnreportedAddress, place)
}

/// Filed and connected, with one more address that nobody reports.
pub(crate) fn unreported_filed(cast: Cast<'_>) -> Story<'_> {
    let (home, place) = (cast.home(), cast.unreported());
    Story::of(Scene::at(&[home, place]).filed_with(&[home])).finds(Kind::UnreportedAddress, place)
}

/// Unfiled at an address that two providers claim, so that neither is named.
pub(crate) fn disputed_address(cast: Cast<'_>) -> Story<'_> {
    Story::of(Scene::at(&[cast.disputed()])).finds(Kind::Unfiled, cast.disputed())
}

/// Unfiled, but its address is reported as one that only sends visitors on, and it does.
pub(crate) fn reported_redirector(cast: Cast<'_>) -> Story<'_> {
    Story::of(Scene::at(&[cast.redirector()]).showing(Web::SendsOn(Way::Status)))
}

/// Unfiled at an address that is reported on the second night: from then on it has a provider.
pub(crate) fn address_reported(cast: Cast<'_>) -> Story<'_> {
    let place = cast.reported_late();
    let reporter = Some(cast.late_reporter());
    Story::of(Scene::at(&[place]))
        .expects(Expected::at(Kind::UnreportedAddress, None).until(1, ClosedReason::Reported))
        .expects(Expected::at(Kind::Unfiled, None).until(1, ClosedReason::Moved))
        .expects(Expected::at(Kind::Unfiled, reporter).since(2))
}
