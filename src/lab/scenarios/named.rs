//! Sites that lists name in their own ways: by URL, by a host, in Chinese, by address.

use crate::facts::finding::Kind;
use crate::lab::cast::Cast;
use crate::lab::story::Hosts;
use crate::lab::story::Scene;
use crate::lab::story::Story;

fn unfiled_named(cast: Cast<'_>, line: String) -> Story<'_> {
    Story::of(Scene::at(&[cast.home()])).finds(Kind::Unfiled, cast.home()).named(line)
}

/// By a URL, whose path is nobody's business.
pub(crate) fn named_by_url(cast: Cast<'_>) -> Story<'_> {
    unfiled_named(cast, format!("http://www.{}/news/list.asp?id=7#top", cast.target()))
}

/// In capitals.
pub(crate) fn named_in_upper_case(cast: Cast<'_>) -> Story<'_> {
    unfiled_named(cast, cast.target().to_string().to_uppercase())
}

/// By a host under it.
pub(crate) fn named_by_subdomain(cast: Cast<'_>) -> Story<'_> {
    unfiled_named(cast, format!("shop.{}", cast.target()))
}

/// With the root's dot.
pub(crate) fn named_with_trailing_dot(cast: Cast<'_>) -> Story<'_> {
    unfiled_named(cast, format!("{}.", cast.target()))
}

/// Only the host that is named exists; the finding is the Domain's.
pub(crate) fn subdomain_only(cast: Cast<'_>) -> Story<'_> {
    Story::of(Scene::at(&[cast.home()]).only(Hosts::Deeper))
        .finds(Kind::Unfiled, cast.home())
        .named(format!("m.{}", cast.target()))
}

/// The Domain has no address, and its zone answers for everything below: the site is at `www.`.
pub(crate) fn unfiled_on_www_of_wildcard_zone(cast: Cast<'_>) -> Story<'_> {
    Story::of(Scene::at(&[cast.home()]).only(Hosts::EverythingBelow))
        .finds(Kind::Unfiled, cast.home())
}

/// A host that somebody made up, under a Domain whose zone answers for everything but the Domain itself
/// and its `www.`.
pub(crate) fn invented_host(cast: Cast<'_>) -> Story<'_> {
    Story::of(Scene::at(&[cast.home()]).only(Hosts::EverythingDeeper)).named(format!(
        "q7x{}.{}",
        cast.index(),
        cast.target()
    ))
}

/// In Chinese letters.
pub(crate) fn idn_name(cast: Cast<'_>) -> Story<'_> {
    unfiled_named(cast, cast.target().unicode())
}

/// A site without a name, in no filing.
pub(crate) fn bare_address(cast: Cast<'_>) -> Story<'_> {
    Story::of(Scene::at(&[cast.bare()]))
        .finds(Kind::Unfiled, cast.bare())
        .named(cast.target().to_string())
}

/// A site without a name, filed by its address.
pub(crate) fn bare_address_filed(cast: Cast<'_>) -> Story<'_> {
    Story::of(Scene::at(&[cast.bare()]).filed_with(&[cast.bare()])).named(cast.target().to_string())
}
