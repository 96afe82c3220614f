//! Unfiled names that send visitors on: the name itself is served all the same.

use crate::facts::finding::Kind;
use crate::lab::cast::Cast;
use crate::lab::story::Scene;
use crate::lab::story::Story;
use crate::lab::story::Way;
use crate::lab::story::Web;

fn unfiled_showing(cast: Cast<'_>, web: Web) -> Story<'_> {
    Story::of(Scene::at(&[cast.home()]).showing(web)).finds(Kind::Unfiled, cast.home())
}

/// To another Domain, by 301.
pub(crate) fn redirect_by_status(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::SendsOn(Way::Status))
}

/// To another Domain, by a meta refresh.
pub(crate) fn redirect_by_meta_refresh(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::SendsOn(Way::MetaRefresh))
}

/// To another Domain, by a plain script.
pub(crate) fn redirect_by_script(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::SendsOn(Way::Script))
}

/// To another Domain, whatever is asked for, robots.txt included.
pub(crate) fn redirect_of_everything(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::SendsEverythingOn)
}

/// To its own `www.`, which serves a document.
pub(crate) fn redirect_within_domain(cast: Cast<'_>) -> Story<'_> {
    unfiled_showing(cast, Web::SendsToWww)
}
