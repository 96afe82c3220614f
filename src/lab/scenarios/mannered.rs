//! Unfiled names whose servers answer in their own manner: some serve a document all the same, of some
//! nothing can be told, and some are no site.

use crate::facts::finding::Kind;
use crate::lab::cast::Cast;
use crate::lab::manner::Manner;
use crate::lab::story::Scene;
use crate::lab::story::Story;
use crate::lab::story::Web;

macro_rules! mannered {
    ($($(#[$about:meta])* $name:ident $manner:expr, $served:literal;)+) => {
        $($(#[$about])*
        pub(crate) fn $name(cast: Cast<'_>) -> Story<'_> {
            let home = cast.home();
            let story = Story::of(Scene::at(&[home]).showing(Web::Mannered($manner)));
            if $served { story.finds(Kind::Unfiled, home) } else { story }
        })+
    };
}

mannered! {
    /// HTTP/1.0, and the end of the connection is the end of the page.
    served_over_http_1_0 Manner::Http10, true;
    /// In chunks.
    served_in_chunks Manner::Chunked, true;
    /// In chunks with rests between them.
    served_in_pieces Manner::InPieces, true;
    /// Packed.
    served_packed Manner::Gzip, true;
    /// After an early answer.
    served_after_early_hints Manner::AfterEarlyHints, true;
    /// Lines of headers end as on Unix.
    served_with_bare_newlines Manner::BareNewlines, true;
    /// Headers as RFC 2616 allowed them.
    served_with_old_headers Manner::OldHeaders, true;
    /// A line among the headers is none.
    served_with_bad_header Manner::BadHeader, true;
    /// The home page is at an address in GBK.
    redirect_in_gbk Manner::LocationInGbk, true;
    /// It says more bytes than it sends, and closes the connection after them.
    served_with_wrong_length Manner::LengthTooLong, true;
    /// The chunks cannot be told apart.
    chunk_broken Manner::ChunkBroken, false;
    /// It says that the page is packed, and it is not.
    served_packed_by_name_only Manner::GzipBroken, true;
    /// What is packed breaks off.
    gzip_cut Manner::GzipCut, false;
    /// Unpacked, it is a thousand times as large.
    gzip_bomb Manner::GzipBomb, false;
    /// A bomb in a bomb.
    gzip_bomb_in_gzip Manner::GzipBombInGzip, false;
    /// The answer never gets to its document.
    headers_endless Manner::HeadersEndless, false;
    /// More headers than anybody reads.
    header_flood Manner::HeaderFlood, false;
    /// The title never ends.
    title_endless Manner::TitleEndless, false;
    /// The connection is reset within the page.
    reset_within_page Manner::ResetWithin, false;
    /// The connection is closed without an answer.
    closes_at_once Manner::ClosesAtOnce, false;
    /// It waits for a cookie that it never takes.
    cookie_never_taken Manner::CookieNeverTaken, false;
    /// One redirect leads to the next.
    redirects_for_ever Manner::SendsOnForEver, false;
    /// The redirect leads to no web address.
    redirect_nowhere Manner::SendsNowhere, false;
    /// The redirect leads to a bare address.
    redirect_to_address Manner::SendsToAddress, false;
    /// The redirect leads to nothing.
    redirect_without_location Manner::SendsWithoutLocation, false;
    /// Too many requests for its taste.
    too_many_requests_429 Manner::ComeLater(429), false;
    /// Under maintenance.
    come_later_503 Manner::ComeLater(503), false;
    /// A success, and an empty one.
    empty_200 Manner::Nothing(200), false;
    /// A success that has no document.
    no_content_204 Manner::Nothing(204), false;
    /// A login that browsers ask for.
    unauthorized_401 Manner::Nothing(401), false;
    /// Gone for good, says the site.
    gone_410 Manner::Nothing(410), false;
    /// For legal reasons, and nobody says whose.
    legal_reasons_451 Manner::Nothing(451), false;
    /// A status that nobody defined.
    status_999 Manner::Nothing(999), false;
    /// A firewall takes us for an attack: no word of the access provider.
    firewall_418 Manner::Firewall, false;
    /// The name is parked elsewhere.
    parked_by_redirect Manner::SendsToParking, false;
    /// Access is stopped, by a page known by its frame.
    stopped_by_frame Manner::BlockFrame, false;
    /// Access is stopped, in words.
    stopped_in_words Manner::BlockWords, false;
    /// The block page comes and goes.
    block_page_flaps Manner::BlockEveryOther, false;
}

/// Access was stopped by the provider's filter on the second night, whatever path is asked for.
pub(crate) fn gets_stopped_by_filter(cast: Cast<'_>) -> Story<'_> {
    use crate::facts::finding::ClosedReason;
    use crate::lab::truth::Expected;
    let home = cast.home();
    Story::of(Scene::at(&[home]))
        .then(2, Scene::at(&[home]).showing(Web::Mannered(Manner::BlockAllNames)))
        .expects(Expected::at(Kind::Unfiled, home.provider).until(1, ClosedReason::Stopped))
}
