//! Several causes at once: encodings under packings, behind redirects and behind broken certificates,
//! and notices that look alike.

use crate::facts::finding::Kind;
use crate::lab::cast::Cast;
use crate::lab::manner::Manner;
use crate::lab::paper::Charset;
use crate::lab::paper::Paper;
use crate::lab::story::Claim;
use crate::lab::story::Https;
use crate::lab::story::Scene;
use crate::lab::story::Shown;
use crate::lab::story::Story;
use crate::lab::story::Way;
use crate::lab::story::Web;

/// Plain HTTP is reset, and over TLS `shown` and `web` answer.
fn over_tls(cast: Cast<'_>, shown: Shown, web: Web) -> Scene<'_> {
    Scene::at(&[cast.home()]).showing(Web::Reset).over_tls(Https::Shows(shown, web))
}

/// Unfiled, and served in a manner of its own.
fn served(cast: Cast<'_>, manner: Manner) -> Story<'_> {
    Story::of(Scene::at(&[cast.home()]).showing(Web::Mannered(manner)))
        .finds(Kind::Unfiled, cast.home())
}

/// Packed in the newer way.
pub(crate) fn served_in_brotli(cast: Cast<'_>) -> Story<'_> {
    served(cast, Manner::Brotli)
}

/// Packed in the newest way.
pub(crate) fn served_in_zstandard(cast: Cast<'_>) -> Story<'_> {
    served(cast, Manner::Zstandard)
}

/// Packed in two ways, one over the other.
pub(crate) fn served_packed_twice(cast: Cast<'_>) -> Story<'_> {
    served(cast, Manner::GzipInBrotli)
}

/// A page in GBK that its header calls UTF-8, packed with Brotli, in chunks.
pub(crate) fn gbk_mislabelled_in_brotli_chunks(cast: Cast<'_>) -> Story<'_> {
    served(cast, Manner::GbkInBrotliChunks)
}

/// The way to a page in GBK leads over an address in GBK, and nothing tells of either.
pub(crate) fn gbk_after_redirect_in_gbk(cast: Cast<'_>) -> Story<'_> {
    served(cast, Manner::GbkAfterGbk)
}

/// A page in GBK that its header calls UTF-8, behind a certificate that ran out.
pub(crate) fn gbk_behind_expired_certificate(cast: Cast<'_>) -> Story<'_> {
    let page = Web::Document(Paper::In(Charset::WrongHeader), Claim::Nothing);
    Story::of(over_tls(cast, Shown::Expired, page)).finds(Kind::Unfiled, cast.home())
}

/// Filed and connected; the page behind a certificate signed by nobody that is known is in GBK that
/// nothing tells of, and shows nobody's number.
pub(crate) fn number_of_nobody_in_gbk_behind_certificate_by_nobody(cast: Cast<'_>) -> Story<'_> {
    let home = cast.home();
    let page = Web::Document(Paper::In(Charset::Unlabelled), Claim::Nobody);
    Story::of(over_tls(cast, Shown::UnknownIssuer, page).filed_with(&[home]))
        .finds(Kind::WrongNumber, home)
}

/// A page behind a broken certificate sends visitors on to another Domain: it is served all the same.
pub(crate) fn sent_on_behind_broken_certificate(cast: Cast<'_>) -> Story<'_> {
    let web = Web::SendsOn(Way::MetaRefresh);
    Story::of(over_tls(cast, Shown::UnknownIssuer, web)).finds(Kind::Unfiled, cast.home())
}

/// The name is for sale, behind a certificate signed by itself.
pub(crate) fn parked_behind_broken_certificate(cast: Cast<'_>) -> Story<'_> {
    let page = Web::Document(Paper::Parking, Claim::Nothing);
    Story::of(over_tls(cast, Shown::SelfSigned, page))
}

/// A login form behind a certificate of the future.
pub(crate) fn login_behind_broken_certificate(cast: Cast<'_>) -> Story<'_> {
    let page = Web::Document(Paper::Login, Claim::Nothing);
    Story::of(over_tls(cast, Shown::NotYetValid, page))
}

/// The provider's filter answers in plain HTTP, and over TLS the site is served all the same.
pub(crate) fn stopped_but_for_tls(cast: Cast<'_>) -> Story<'_> {
    let page = Web::Document(Paper::Ordinary, Claim::Nothing);
    let https = Https::Shows(Shown::SelfSigned, page);
    Story::of(Scene::at(&[cast.home()]).showing(Web::BlockPage).over_tls(https))
        .finds(Kind::Unfiled, cast.home())
}

/// A short page, unfiled.
fn notice<'w>(cast: Cast<'w>, title: &'static str, text: &'static str) -> Story<'w> {
    let page = Web::Document(Paper::Notice(title, text), Claim::Nothing);
    Story::of(Scene::at(&[cast.home()]).showing(page))
}

/// The notice of a hosting company, under status 200: the title and the text say the same.
pub(crate) fn stopped_by_notice(cast: Cast<'_>) -> Story<'_> {
    notice(
        cast,
        "未备案提示",
        "您访问的网站未备案，根据有关规定，暂停访问。请网站主办者尽快办理备案。",
    )
}

/// The same of another company, for names that were filed once.
pub(crate) fn stopped_by_notice_of_expiry(cast: Cast<'_>) -> Story<'_> {
    notice(cast, "域名未备案或到期，已关闭！", "该域名备案已注销或域名已到期，接入服务已关闭。")
}

/// A name for sale in so many words, as marketplaces of names write it.
pub(crate) fn parked_by_offer(cast: Cast<'_>) -> Story<'_> {
    notice(cast, "域名可转让", "您访问的域名正在出售，如有意向请与域名持有人联系。")
}

/// A panel's page of a host that was only just made, behind a certificate signed by itself.
pub(crate) fn parked_by_panel_over_tls(cast: Cast<'_>) -> Story<'_> {
    let paper = Paper::Notice("恭喜，站点创建成功！", "这是默认index.html，本页面由系统自动生成");
    Story::of(over_tls(cast, Shown::SelfSigned, Web::Document(paper, Claim::Nothing)))
}
