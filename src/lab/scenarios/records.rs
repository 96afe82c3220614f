//! Access records that nothing answers to, and filings that have none.

use crate::facts::finding::ClosedReason;
use crate::facts::finding::Kind;
use crate::lab::cast::Cast;
use crate::lab::story::Scene;
use crate::lab::story::Story;
use crate::lab::story::Zone;
use crate::lab::truth::Expected;

/// Served at one of its two providers of record only.
fn served_at_other_alone(cast: Cast<'_>) -> Scene<'_> {
    Scene::at(&[cast.other()]).filed_with(&[cast.home(), cast.other()])
}

/// The access record at home, from the third night on.
fn idle_record(cast: Cast<'_>) -> Expected {
    Expected::at(Kind::OverReported, cast.home().provider).since(3)
}

/// Two providers of record, and nothing resolves to one of them.
pub(crate) fn over_reported(cast: Cast<'_>) -> Story<'_> {
    Story::of(served_at_other_alone(cast)).expects(idle_record(cast))
}

/// On the fourth night something resolves there again.
pub(crate) fn over_reported_served_again(cast: Cast<'_>) -> Story<'_> {
    let places = [cast.home(), cast.other()];
    Story::of(served_at_other_alone(cast))
        .then(4, Scene::at(&places).filed_with(&places))
        .expects(idle_record(cast).until(3, ClosedReason::Served))
}

/// On the fourth night the access record is gone.
pub(crate) fn over_reported_corrected(cast: Cast<'_>) -> Story<'_> {
    Story::of(served_at_other_alone(cast))
        .then(4, Scene::at(&[cast.other()]).filed_with(&[cast.other()]))
        .expects(idle_record(cast).until(3, ClosedReason::Corrected))
}

/// On the fourth night the filing is cancelled, so that what is served is unfiled.
pub(crate) fn over_reported_cancelled(cast: Cast<'_>) -> Story<'_> {
    Story::of(served_at_other_alone(cast))
        .then(4, served_at_other_alone(cast).cancelled())
        .expects(idle_record(cast).until(3, ClosedReason::Cancelled))
        .expects(Expected::at(Kind::Unfiled, cast.other().provider).since(4))
}

/// A filing without any access provider, and a name that does not exist.
pub(crate) fn shell_dead(_: Cast<'_>) -> Story<'_> {
    Story::of(Scene::of(Zone::NoSuchName).filed_with(&[])).expects(Expected::at(Kind::Shell, None))
}

/// A filing without any access provider, and a site that somebody serves.
pub(crate) fn shell_live(cast: Cast<'_>) -> Story<'_> {
    Story::of(Scene::at(&[cast.home()]).filed_with(&[]))
        .expects(Expected::at(Kind::Shell, None))
        .finds(Kind::NotConnected, cast.home())
}

/// On the second night the provider that serves it has an access record.
pub(crate) fn shell_gains_access(cast: Cast<'_>) -> Story<'_> {
    let home = cast.home();
    let closed = ClosedReason::Connected;
    Story::of(Scene::at(&[home]).filed_with(&[]))
        .then(2, Scene::at(&[home]).filed_with(&[home]))
        .expects(Expected::at(Kind::Shell, None).until(1, closed))
        .expects(Expected::at(Kind::NotConnected, home.provider).until(1, closed))
}
