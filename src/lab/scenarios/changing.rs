//! Faults that end, and some that come back: somebody does something on the second night.

use crate::facts::finding::ClosedReason;
use crate::facts::finding::Kind;
use crate::lab::cast::Cast;
use crate::lab::story::Claim;
use crate::lab::story::Scene;
use crate::lab::story::Story;
use crate::lab::story::Web;
use crate::lab::truth::Expected;

/// Unfiled at home on the first night only.
fn unfiled_once(cast: Cast<'_>, closed: ClosedReason) -> Expected {
    Expected::at(Kind::Unfiled, cast.home().provider).until(1, closed)
}

/// It is filed with the provider that serves it.
pub(crate) fn becomes_filed(cast: Cast<'_>) -> Story<'_> {
    let home = cast.home();
    Story::of(Scene::at(&[home]))
        .then(2, Scene::at(&[home]).filed_with(&[home]))
        .expects(unfiled_once(cast, ClosedReason::Filed))
}

/// It is filed with one of the two providers that serve it; the other lacks an access record now.
pub(crate) fn becomes_filed_elsewhere(cast: Cast<'_>) -> Story<'_> {
    let (home, other) = (cast.home(), cast.other());
    Story::of(Scene::at(&[home, other]))
        .then(2, Scene::at(&[home, other]).filed_with(&[other]))
        .expects(unfiled_once(cast, ClosedReason::Filed))
        .expects(Expected::at(Kind::Unfiled, other.provider).until(1, ClosedReason::Filed))
        .expects(Expected::at(Kind::NotConnected, home.provider).since(2))
}

/// The provider that had no access record gets one.
pub(crate) fn becomes_connected(cast: Cast<'_>) -> Story<'_> {
    let (home, other) = (cast.home(), cast.other());
    Story::of(Scene::at(&[home, other]).filed_with(&[other]))
        .then(2, Scene::at(&[home, other]).filed_with(&[home, other]))
        .expects(Expected::at(Kind::NotConnected, home.provider).until(1, ClosedReason::Connected))
}

/// The page shows its own number in place of nobody's.
pub(crate) fn number_corrected(cast: Cast<'_>) -> Story<'_> {
    let home = cast.home();
    let filed = Scene::at(&[home]).filed_with(&[home]);
    Story::of(filed.clone().claiming(Claim::Nobody))
        .then(2, filed)
        .expects(Expected::at(Kind::WrongNumber, home.provider).until(1, ClosedReason::Corrected))
}

/// The provider stops access.
pub(crate) fn gets_stopped(cast: Cast<'_>) -> Story<'_> {
    let home = cast.home();
    Story::of(Scene::at(&[home]))
        .then(2, Scene::at(&[home]).showing(Web::BlockPage))
        .expects(unfiled_once(cast, ClosedReason::Stopped))
}

/// The provider stops access for one night; on the third it is served again (死灰复燃).
pub(crate) fn comes_back(cast: Cast<'_>) -> Story<'_> {
    let home = cast.home();
    Story::of(Scene::at(&[home]))
        .then(2, Scene::at(&[home]).showing(Web::BlockRedirect))
        .then(3, Scene::at(&[home]))
        .expects(unfiled_once(cast, ClosedReason::Stopped))
        .expects(Expected::at(Kind::Unfiled, home.provider).since(3).reopened(1))
}

/// Another provider serves it.
pub(crate) fn moves(cast: Cast<'_>) -> Story<'_> {
    let (home, other) = (cast.home(), cast.other());
    Story::of(Scene::at(&[home]))
        .then(2, Scene::at(&[other]))
        .expects(unfiled_once(cast, ClosedReason::Moved))
        .expects(Expected::at(Kind::Unfiled, other.provider).since(2))
}

/// It is served abroad.
pub(crate) fn moves_abroad(cast: Cast<'_>) -> Story<'_> {
    Story::of(Scene::at(&[cast.home()]))
        .then(2, Scene::at(&[cast.abroad()]))
        .expects(unfiled_once(cast, ClosedReason::Moved))
}
