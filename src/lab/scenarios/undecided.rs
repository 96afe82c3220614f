//! Unfiled names of which nothing can be told, or at which nothing answers: nothing may be found.

use crate::lab::cast::Cast;
use crate::lab::paper::Paper;
use crate::lab::story::Claim;
use crate::lab::story::Robots;
use crate::lab::story::Scene;
use crate::lab::story::Story;
use crate::lab::story::Web;

fn unfiled_showing(cast: Cast<'_>, web: Web) -> Story<'_> {
    Story::of(Scene::at(&[cast.home()]).showing(web))
}

fn unfiled_paper(cast: Cast<'_>, paper: Paper) -> Story<'_> {
    unfiled_showing(cast, Web::Document(paper, Claim::Nothing))
}

/// No page there.
pub(crate) fn not_found_404(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::Status(404))
}

/// Forbidden by the site, not by its provider.
pub(crate) fn forbidden_403(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::Status(403))
}

/// The site is broken.
pub(crate) fn server_error_500(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::Status(500))
}

/// robots.txt is broken, so that nothing more may be asked.
pub(crate) fn robots_unavailable(cast: Cast<'_>) -> Story<'_> {
    Story::of(Scene::at(&[cast.home()]).robots(Robots::Broken))
}

/// The document never ends, and so is too large to be told.
pub(crate) fn endless_page(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::Endless)
}

/// A login form and nothing else.
pub(crate) fn login_wall(cast: Cast<'_>) -> Story<'_> {
    unfiled_paper(cast, Paper::Login)
}

/// A captcha and nothing else.
pub(crate) fn captcha(cast: Cast<'_>) -> Story<'_> {
    unfiled_paper(cast, Paper::Captcha)
}

/// A page that a script would fill.
pub(crate) fn script_only(cast: Cast<'_>) -> Story<'_> {
    unfiled_paper(cast, Paper::Script)
}

/// Sends round in a circle.
pub(crate) fn redirect_loop(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::Circle)
}

/// Something else than HTTP answers.
pub(crate) fn not_http(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::Garbage)
}

/// One byte a second.
pub(crate) fn drip(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::Drip)
}

/// Connections are accepted, and that is all.
pub(crate) fn silent_address(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::Hold)
}

/// Nothing listens at its address.
pub(crate) fn closed_address(cast: Cast<'_>) -> Story<'_> {
    Story::of(Scene::at(&[cast.closed()]))
}

/// The connection is reset in place of an answer.
pub(crate) fn reset(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::Reset)
}
