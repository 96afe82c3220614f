//! What pages claim: numbers of their own, of others, of nobody.

use crate::facts::finding::Kind;
use crate::lab::cast::Cast;
use crate::lab::paper::Paper;
use crate::lab::story::Claim;
use crate::lab::story::Robots;
use crate::lab::story::Scene;
use crate::lab::story::Story;
use crate::lab::story::Web;

/// Filed and connected, with a page that claims a number.
fn filed_but_claiming(cast: Cast<'_>, claim: Claim) -> Scene<'_> {
    let home = cast.home();
    Scene::at(&[home]).filed_with(&[home]).claiming(claim)
}

/// The number is another subject's.
pub(crate) fn number_of_another(cast: Cast<'_>) -> Story<'_> {
    Story::of(filed_but_claiming(cast, Claim::Another)).finds(Kind::WrongNumber, cast.home())
}

/// The number is that of another site of the same subject.
pub(crate) fn number_of_sibling(cast: Cast<'_>) -> Story<'_> {
    Story::of(filed_but_claiming(cast, Claim::Sibling))
}

/// No subject has the number.
pub(crate) fn number_of_nobody(cast: Cast<'_>) -> Story<'_> {
    Story::of(filed_but_claiming(cast, Claim::Nobody)).finds(Kind::WrongNumber, cast.home())
}

/// The same in GBK, where the number can be read only by who reads the encoding rightly.
pub(crate) fn number_of_nobody_in_gbk(cast: Cast<'_>) -> Story<'_> {
    let page = Web::Document(Paper::Gbk, Claim::Nobody);
    Story::of(filed_but_claiming(cast, Claim::Own).showing(page))
        .finds(Kind::WrongNumber, cast.home())
}

/// An article tells of other sites' numbers; the footer claims its own.
pub(crate) fn number_quoted_in_article(cast: Cast<'_>) -> Story<'_> {
    let page = Web::Document(Paper::Article, Claim::Own);
    Story::of(filed_but_claiming(cast, Claim::Own).showing(page))
}

/// An operating licence stands in the footer, which is no claim of a filing.
pub(crate) fn licence_instead(cast: Cast<'_>) -> Story<'_> {
    Story::of(filed_but_claiming(cast, Claim::Licence))
}

/// The page may not be asked for, so that its number is not known.
pub(crate) fn filed_with_robots_forbidden(cast: Cast<'_>) -> Story<'_> {
    Story::of(filed_but_claiming(cast, Claim::Nobody).robots(Robots::Forbids))
}

/// Without a filing of its own it shows somebody else's number: two faults.
pub(crate) fn unfiled_claims_another(cast: Cast<'_>) -> Story<'_> {
    let home = cast.home();
    Story::of(Scene::at(&[home]).claiming(Claim::Another))
        .finds(Kind::Unfiled, home)
        .finds(Kind::WrongNumber, home)
}
