//! Sites that answer over TLS, with certificates that are good for nothing.

use crate::facts::finding::Kind;
use crate::lab::cast::Cast;
use crate::lab::paper::Paper;
use crate::lab::story::Claim;
use crate::lab::story::Https;
use crate::lab::story::Scene;
use crate::lab::story::Shown;
use crate::lab::story::Story;
use crate::lab::story::Web;

/// Plain HTTP is reset; over TLS an ordinary page is served, unfiled.
fn only_over_tls(cast: Cast<'_>, shown: Shown) -> Story<'_> {
    let page = Web::Document(Paper::Ordinary, Claim::Nothing);
    let scene = Scene::at(&[cast.home()]).showing(Web::Reset).over_tls(Https::Shows(shown, page));
    Story::of(scene).finds(Kind::Unfiled, cast.home())
}

/// The certificate is signed by itself.
pub(crate) fn unfiled_with_self_signed_certificate(cast: Cast<'_>) -> Story<'_> {
    only_over_tls(cast, Shown::SelfSigned)
}

/// The certificate ran out years ago.
pub(crate) fn unfiled_with_expired_certificate(cast: Cast<'_>) -> Story<'_> {
    only_over_tls(cast, Shown::Expired)
}

/// The certificate holds from a day far off.
pub(crate) fn unfiled_with_certificate_of_the_future(cast: Cast<'_>) -> Story<'_> {
    only_over_tls(cast, Shown::NotYetValid)
}

/// The certificate is somebody else's.
pub(crate) fn unfiled_with_wrong_certificate(cast: Cast<'_>) -> Story<'_> {
    only_over_tls(cast, Shown::WrongName)
}

/// The certificate is signed by nobody that is known.
pub(crate) fn unfiled_with_certificate_by_nobody(cast: Cast<'_>) -> Story<'_> {
    only_over_tls(cast, Shown::UnknownIssuer)
}

/// Plain HTTP says nothing, and over TLS the block page is shown: the provider stopped it.
pub(crate) fn stopped_over_tls(cast: Cast<'_>) -> Story<'_> {
    let https = Https::Shows(Shown::WrongName, Web::BlockPage);
    Story::of(Scene::at(&[cast.home()]).showing(Web::Reset).over_tls(https))
}

/// Both ports reset whoever tells the name: nothing can be said of the site.
pub(crate) fn reset_at_the_name(cast: Cast<'_>) -> Story<'_> {
    Story::of(Scene::at(&[cast.home()]).showing(Web::Reset).over_tls(Https::Cut))
}

/// The certificate is larger than anybody reads, and plain HTTP says nothing.
pub(crate) fn certificate_of_ten_thousand_names(cast: Cast<'_>) -> Story<'_> {
    let page = Web::Document(Paper::Ordinary, Claim::Nothing);
    let https = Https::Shows(Shown::TenThousandNames, page);
    Story::of(Scene::at(&[cast.home()]).showing(Web::Reset).over_tls(https))
}

/// The server speaks no TLS of today, and says nothing in plain HTTP.
pub(crate) fn tls_too_old(cast: Cast<'_>) -> Story<'_> {
    Story::of(Scene::at(&[cast.home()]).showing(Web::Status(500)).over_tls(Https::TooOld))
}

/// The server has no site of that name: it says so in plain HTTP, and shows over TLS the only one that
/// it has, number and certificate and all.
pub(crate) fn shown_another_site_over_tls(cast: Cast<'_>) -> Story<'_> {
    let page = Web::Document(Paper::Ordinary, Claim::Another);
    let https = Https::Shows(Shown::WrongName, page);
    Story::of(Scene::at(&[cast.home()]).showing(Web::Status(404)).over_tls(https))
}

/// Plain HTTP is reset, and over TLS a page is served under somebody else's certificate and number: a site
/// it is, but the number may be the other's.
pub(crate) fn unfiled_under_anothers_certificate(cast: Cast<'_>) -> Story<'_> {
    let page = Web::Document(Paper::Ordinary, Claim::Another);
    let scene = Scene::at(&[cast.home()]).showing(Web::Reset);
    Story::of(scene.over_tls(Https::Shows(Shown::WrongName, page)))
        .finds(Kind::Unfiled, cast.home())
}
