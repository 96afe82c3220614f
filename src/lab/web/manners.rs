//! What each manner of servers looks like on the wire.

use std::io::Write;
use std::sync::LazyLock;
use std::time::Duration;

use encoding_rs::GBK;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::lab::cast::Cast;
use crate::lab::manner::Manner;
use crate::lab::pages;
use crate::lab::paper::Charset;
use crate::lab::paper::Paper;
use crate::lab::story::Claim;
use crate::lab::web::reply::HTML;
use crate::lab::web::reply::Reply;
use crate::lab::web::reply::status;
use crate::lab::web::request::Request;

/// The size of a bomb, unpacked: a thousand times what it is packed.
const BOMB: usize = 8 << 20;

/// How many pages send on to the next.
const CIRCUIT: usize = 1_000;

/// What `manner` sends for `request`; `turn` counts the requests for the page of this host, from 0.
pub(super) fn reply(manner: Manner, cast: Cast<'_>, request: &Request, turn: u32) -> Reply {
    if let Some(reply) = endless_or_broken(manner, cast) {
        return reply;
    }
    if let Some(bytes) = without_page(manner, request, turn) {
        return Reply::Bytes(bytes);
    }
    let page = pages::document(cast, Paper::Ordinary, Claim::Nothing);
    let plain = |headers: &[&str], body: &[u8]| {
        let mut bytes = b"HTTP/1.1 200 OK\r\nConnection: close\r\n".to_vec();
        for header in headers {
            bytes.extend(header.bytes().chain(*b"\r\n"));
        }
        bytes.extend(b"\r\n");
        bytes.extend(body);
        bytes
    };
    let length = format!("Content-Length: {}", page.len());
    Reply::Bytes(match manner {
        Manner::Http10 => {
            [b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n", &page[..]].concat()
        }
        Manner::Chunked => plain(&[HTML, "Transfer-Encoding: chunked"], &chunked(&page, 1000)),
        Manner::Gzip => plain(&[HTML, "Content-Encoding: gzip"], &gzip(&page)),
        Manner::Brotli => plain(&[HTML, "Content-Encoding: br"], &brotli(&page)),
        Manner::Zstandard => plain(&[HTML, "Content-Encoding: zstd"], &zstandard(&page)),
        Manner::GzipInBrotli => plain(&[HTML, "Content-Encoding: gzip, br"], &brotli(&gzip(&page))),
        Manner::LocationInGbk | Manner::GbkAfterGbk if request.path == "/" => location_in_gbk(),
        Manner::GbkInBrotliChunks => {
            let page = pages::document(cast, Paper::Gbk, Claim::Nothing);
            let chunked = chunked(&brotli(&page), 700);
            plain(&[HTML, "Content-Encoding: br", "Transfer-Encoding: chunked"], &chunked)
        }
        Manner::GbkAfterGbk => {
            let page = pages::document(cast, Paper::In(Charset::Unlabelled), Claim::Nothing);
            plain(&["Content-Type: text/html", "Content-Encoding: gzip"], &gzip(&page))
        }
        Manner::AfterEarlyHints => {
            let early = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";
            [early, &plain(&[HTML, &length], &page)[..]].concat()
        }
        Manner::BareNewlines => {
            let head = format!("HTTP/1.1 200 OK\nContent-Type: text/html\n{length}\n\n");
            [head.as_bytes(), &page].concat()
        }
        Manner::OldHeaders => {
            plain(&[HTML, "X-Powered-By: ASP\r\n  .NET", "Server : IIS", &length], &page)
        }
        Manner::BadHeader => plain(&[HTML, "X\u{1}Bad header without colon", &length], &page),
        Manner::LengthTooLong => {
            plain(&[HTML, &format!("Content-Length: {}", page.len() + 999)], &page)
        }
        Manner::ChunkBroken => {
            let mut body = chunked(&page, 1000);
            body.truncate(1500);
            body.extend(b"\r\nno number\r\nx\r\n0\r\n\r\n");
            plain(&[HTML, "Transfer-Encoding: chunked"], &body)
        }
        Manner::GzipBroken => plain(&[HTML, "Content-Encoding: gzip", &length], &page),
        Manner::GzipCut => {
            let packed = gzip(&page);
            let half = packed.get(..packed.len() / 2).unwrap_or_default();
            plain(&[HTML, "Content-Encoding: gzip"], half)
        }
        Manner::GzipBomb => plain(&[HTML, "Content-Encoding: gzip"], &BOMB_PACKED),
        Manner::GzipBombInGzip => {
            plain(&[HTML, "Content-Encoding: gzip, gzip"], &gzip(&BOMB_PACKED))
        }
        _ => plain(&[HTML, &length], &page),
    })
}

fn location_in_gbk() -> Vec<u8> {
    let to = GBK.encode("Location: /首页.asp?栏目=新闻").0.into_owned();
    [b"HTTP/1.1 302 Found\r\n", &to[..], b"\r\nContent-Length: 0\r\n\r\n"].concat()
}

/// Manners that show no ordinary document.
fn without_page(manner: Manner, request: &Request, turn: u32) -> Option<Vec<u8>> {
    let location = |to: &str| status(302, &[&format!("Location: {to}")], "", request);
    Some(match manner {
        Manner::CookieNeverTaken => {
            let cookie = format!("Set-Cookie: visit={turn}; path=/");
            status(302, &[&cookie, "Location: /"], "", request)
        }
        Manner::SendsOnForEver => {
            let number: usize = request.path.trim_start_matches('/').parse().unwrap_or(0);
            location(&format!("/{}", (number + 1) % CIRCUIT))
        }
        Manner::SendsNowhere => location("javascript:history.back()"),
        Manner::SendsToAddress => location("http://192.0.2.1/"),
        Manner::SendsWithoutLocation => status(301, &[], "<p>moved</p>", request),
        Manner::SendsToParking => location("http://wanwang.aliyun.com/domain/parking"),
        Manner::ComeLater(code) => {
            status(code, &[HTML, "Retry-After: 1"], "<h1>later</h1>", request)
        }
        Manner::Nothing(code) => status(code, &[HTML], "", request),
        Manner::Firewall => {
            let page = "<title>访问被拦截！</title><p>您的请求疑似攻击行为。</p>";
            status(418, &[HTML, "Server: CloudWAF"], page, request)
        }
        Manner::BlockFrame => status(200, &[HTML, "Server: nginx"], pages::BLOCK_FRAME, request),
        Manner::BlockWords => status(403, &[HTML, "Server: IDC"], pages::BLOCK_WORDS, request),
        Manner::BlockEveryOther if turn.is_multiple_of(2) => {
            status(403, &[HTML, "Server: Beaver"], pages::BLOCK, request)
        }
        Manner::BlockAllNames => status(403, &["Server: Beaver", HTML], pages::BLOCK, request),
        _ => return None,
    })
}

/// Manners that are more than bytes and an end.
fn endless_or_broken(manner: Manner, cast: Cast<'_>) -> Option<Reply> {
    let page = || pages::document(cast, Paper::Ordinary, Claim::Nothing);
    let head = format!("HTTP/1.1 200 OK\r\n{HTML}\r\nConnection: close\r\n");
    Some(match manner {
        Manner::InPieces => {
            let mut pieces = vec![format!("{head}Transfer-Encoding: chunked\r\n\r\n").into_bytes()];
            let page = page();
            let size = page.len().div_ceil(8);
            pieces.extend(page.chunks(size).map(chunk));
            pieces.push(b"0\r\n\r\n".to_vec());
            Reply::Pieces(pieces, Duration::from_millis(5))
        }
        Manner::HeadersEndless => Reply::Endless {
            start: head.into_bytes(),
            again: b"X-And-So-On: there is always one more\r\n".repeat(50),
        },
        Manner::HeaderFlood => {
            let many = b"Set-Cookie: a=b; path=/\r\n".repeat(100_000);
            Reply::Bytes([head.as_bytes(), &many, b"\r\n", &page()].concat())
        }
        Manner::TitleEndless => Reply::Endless {
            start: format!("{head}\r\n<html><head><title>").into_bytes(),
            again: "标题没有尽头，".repeat(100).into_bytes(),
        },
        Manner::ResetWithin => {
            let page = page();
            let half = page.get(..page.len() / 2).unwrap_or_default();
            let length = format!("Content-Length: {}\r\n\r\n", page.len());
            Reply::ResetAfter([head.as_bytes(), length.as_bytes(), half].concat())
        }
        Manner::ClosesAtOnce => Reply::Bytes(Vec::new()),
        _ => return None,
    })
}

fn chunk(piece: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()
}

fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    let mut chunks: Vec<u8> = body.chunks(size).flat_map(chunk).collect();
    chunks.extend(b"0\r\n\r\n");
    chunks
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    packer.write_all(body).ok();
    packer.finish().unwrap_or_default()
}

/// Brotli of one block that is as it was (RFC 7932, section 9.2), and the empty last one.
fn brotli(body: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(body.len() + 8);
    for piece in body.chunks(1 << 16) {
        // A window of 16 bits is told by one bit, before the first block alone.
        let shift = u32::from(packed.is_empty());
        let length = u32::try_from(piece.len() - 1).unwrap_or_default();
        let header = (length << 3 | 1 << 19) << shift;
        packed.extend(header.to_le_bytes().iter().take(3));
        packed.extend(piece);
    }
    packed.push(0b11);
    packed
}

/// Zstandard of blocks that are as they were (RFC 8878, section 3.1.1).
fn zstandard(body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len()).unwrap_or_default();
    let mut packed = vec![0x28, 0xb5, 0x2f, 0xfd, 0xa0];
    packed.extend(size.to_le_bytes());
    let mut pieces = body.chunks(1 << 16).peekable();
    while let Some(piece) = pieces.next() {
        let length = u32::try_from(piece.len()).unwrap_or_default();
        let header = length << 3 | u32::from(pieces.peek().is_none());
        packed.extend(header.to_le_bytes().iter().take(3));
        packed.extend(piece);
    }
    packed
}

/// A page of one word over and over, packed a thousand to one. Packed once: packing costs more than
/// all that a night asks for, and would make every site of the world slow.
static BOMB_PACKED: LazyLock<Vec<u8>> = LazyLock::new(bomb);

fn bomb() -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(b"<title>bomb</title><p>").ok();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..BOMB / piece.len() {
        packer.write_all(&piece).ok();
    }
    packer.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_is_packed_by_hand_is_unpacked_by_others() {
        for length in [1, 700, 1 << 16, (1 << 16) + 1, 200_000] {
            let body: Vec<u8> = (0..length).map(|number: u32| number.to_le_bytes()[0]).collect();
            let mut unpacked = Vec::new();
            brotli_decompressor::Decompressor::new(&brotli(&body)[..], 4096)
                .read_to_end(&mut unpacked)
                .unwrap();
            assert!(unpacked == body, "brotli, {length}");
            unpacked.clear();
            let packed = zstandard(&body);
            ruzstd::decoding::StreamingDecoder::new(&packed[..])
                .unwrap()
                .read_to_end(&mut unpacked)
                .unwrap();
            assert!(unpacked == body, "zstd, {length}");
        }
    }
}
