//! Sites that go away, seem to, or lose their filing, from the second night on.

use crate::facts::finding::ClosedReason;
use crate::facts::finding::Kind;
use crate::lab::cast::Cast;
use crate::lab::story::Scene;
use crate::lab::story::Story;
use crate::lab::story::Web;
use crate::lab::story::Zone;
use crate::lab::truth::Expected;

/// Unfiled at home; something else on the second night; then as before, and it stands throughout.
fn interrupted<'w>(cast: Cast<'w>, second: Scene<'w>) -> Story<'w> {
    let home = cast.home();
    Story::of(Scene::at(&[home]))
        .then(2, second)
        .then(3, Scene::at(&[home]))
        .finds(Kind::Unfiled, home)
}

/// Unfiled at home, and missed from the second night on: the third miss in a row closes it.
fn gone<'w>(cast: Cast<'w>, then: Scene<'w>) -> Story<'w> {
    let home = cast.home();
    Story::of(Scene::at(&[home]))
        .then(2, then)
        .expects(Expected::at(Kind::Unfiled, home.provider).until(3, ClosedReason::Gone))
}

/// The name exists no more.
pub(crate) fn goes_away(cast: Cast<'_>) -> Story<'_> {
    gone(cast, Scene::of(Zone::NoSuchName))
}

/// Nothing listens any more.
pub(crate) fn falls_silent(cast: Cast<'_>) -> Story<'_> {
    gone(cast, Scene::at(&[cast.closed()]))
}

/// One miss is none.
pub(crate) fn misses_one_night(cast: Cast<'_>) -> Story<'_> {
    interrupted(cast, Scene::of(Zone::NoSuchName))
}

/// A night of which nothing can be told.
pub(crate) fn flaps_unknown(cast: Cast<'_>) -> Story<'_> {
    interrupted(cast, Scene::at(&[cast.home()]).showing(Web::Status(500)))
}

/// A night on which the name servers fail.
pub(crate) fn flaps_dns(cast: Cast<'_>) -> Story<'_> {
    interrupted(cast, Scene::of(Zone::ServerFailure))
}

/// The filing is cancelled, and the site goes on.
pub(crate) fn filing_lapses(cast: Cast<'_>) -> Story<'_> {
    let home = cast.home();
    let filed = Scene::at(&[home]).filed_with(&[home]);
    Story::of(filed.clone())
        .then(2, filed.cancelled())
        .expects(Expected::at(Kind::Unfiled, home.provider).since(2))
}

/// The same where one of two providers had no access record: unfiled takes the place of that.
pub(crate) fn filing_lapses_unconnected(cast: Cast<'_>) -> Story<'_> {
    let (home, other) = (cast.home(), cast.other());
    let filed = Scene::at(&[home, other]).filed_with(&[other]);
    Story::of(filed.clone())
        .then(2, filed.cancelled())
        .expects(Expected::at(Kind::NotConnected, home.provider).until(1, ClosedReason::Superseded))
        .expects(Expected::at(Kind::Unfiled, home.provider).since(2))
        .expects(Expected::at(Kind::Unfiled, other.provider).since(2))
}
