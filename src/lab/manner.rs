//! The manners of servers: how an answer is sent, whatever is in it.

/// How a server answers. The document, where there is one, is an ordinary one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// HTTP/1.0, without a length.
    Http10,
    /// In chunks.
    Chunked,
    /// In chunks of a few bytes, with a rest between them.
    InPieces,
    /// Packed with gzip.
    Gzip,
    /// Packed with Brotli.
    Brotli,
    /// Packed with Zstandard.
    Zstandard,
    /// Packed with gzip, and that with Brotli.
    GzipInBrotli,
    /// A document in GBK that its header calls UTF-8, packed with Brotli and sent in chunks.
    GbkInBrotliChunks,
    /// It sends on within the site, with raw GBK in the address, to a document in GBK that nothing tells
    /// of, packed with gzip.
    GbkAfterGbk,
    /// After an early answer of status 103.
    AfterEarlyHints,
    /// Lines end with a bare newline.
    BareNewlines,
    /// A header goes on in the next line, and another has a space before its colon.
    OldHeaders,
    /// A byte that is no header stands among them.
    BadHeader,
    /// It sends on within the site, with raw GBK in the address.
    LocationInGbk,
    /// It says more bytes than it sends.
    LengthTooLong,
    /// The length of a chunk is no number.
    ChunkBroken,
    /// It says gzip and sends plain text.
    GzipBroken,
    /// The gzip ends in the middle.
    GzipCut,
    /// A few kilobytes of gzip that unpack to a thousand times as much.
    GzipBomb,
    /// The same, packed twice.
    GzipBombInGzip,
    /// Headers without end.
    HeadersEndless,
    /// A hundred thousand headers.
    HeaderFlood,
    /// A title without end.
    TitleEndless,
    /// The connection is reset in the middle of the document.
    ResetWithin,
    /// The connection is closed without a byte.
    ClosesAtOnce,
    /// It sends on to itself, and wants a cookie that it never takes.
    CookieNeverTaken,
    /// It sends on from page to page, and further than anybody follows.
    SendsOnForEver,
    /// It sends on to an address of the web that is none.
    SendsNowhere,
    /// It sends on to a bare address.
    SendsToAddress,
    /// It sends on without saying where to.
    SendsWithoutLocation,
    /// It asks to come again later.
    ComeLater(u16),
    /// A success without a word.
    Nothing(u16),
    /// A security firewall's block, which is not the access provider's.
    Firewall,
    /// It sends on to a page of parked names.
    SendsToParking,
    /// A provider's block page, known by its frame, under status 200.
    BlockFrame,
    /// A smaller provider's block page: the refusal in so many words, and 403.
    BlockWords,
    /// Every other request for the page gets a block page.
    BlockEveryOther,
    /// The block page for every name, and not for the bare address: the provider's filter.
    BlockAllNames,
}
