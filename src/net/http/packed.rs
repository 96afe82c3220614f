//! Unpacks bodies: gzip, deflate, Brotli and Zstandard, one over the other too.
//!
//! A body is unpacked when all of it is there, so that at most one a thread is in the works, and
//! never to more bytes than may be read: a bomb costs as much as any large page.

use std::io::Read;

use http::HeaderMap;
use http::header::CONTENT_ENCODING;

/// So many codings may lie one over the other; what is packed more often is not unpacked.
const MOST_LAYERS: usize = 3;

/// The largest window of Zstandard that whoever decodes must bear, and that is borne (RFC 9659).
const LARGEST_WINDOW: u64 = 8 << 20;

/// How gzip begins (RFC 1952, section 2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b];

/// What is asked for.
pub(crate) const ACCEPTED: &str = "gzip, deflate, br, zstd";

/// A body without its packing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unpacked {
    pub(crate) body: Vec<u8>,
    /// Whether it was unpacked to its end.
    pub(crate) is_whole: bool,
    /// Whether there is more than may be read.
    pub(crate) is_cut: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstandard,
}

/// Unpacks `body`, to at most `limit` bytes. What breaks off or is damaged is unpacked as far as it
/// goes. `None` where nothing comes of it, or the coding is not known.
pub(crate) fn unpack(headers: &HeaderMap, body: Vec<u8>, limit: usize) -> Option<Unpacked> {
    let codings = codings(headers, &body)?;
    let mut unpacked = Unpacked { body, is_whole: true, is_cut: false };
    if unpacked.body.is_empty() {
        return Some(unpacked);
    }
    for coding in codings.into_iter().rev() {
        let next = one(coding, &unpacked.body, limit);
        unpacked = Unpacked {
            is_whole: unpacked.is_whole && next.is_whole,
            is_cut: unpacked.is_cut || next.is_cut,
            body: next.body,
        };
        if unpacked.body.is_empty() && !unpacked.is_whole {
            return None;
        }
    }
    Some(unpacked)
}

/// The codings of `body` in the order in which they were applied; `None` where one is not known and it
/// is no text as it is, or there are too many.
fn codings(headers: &HeaderMap, body: &[u8]) -> Option<Vec<Coding>> {
    let mut codings = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        for name in value.as_bytes().split(|byte| *byte == b',') {
            let coding = match name.trim_ascii().to_ascii_lowercase().as_slice() {
                b"gzip" | b"x-gzip" => Coding::Gzip,
                b"deflate" => Coding::Deflate,
                b"br" => Coding::Brotli,
                b"zstd" => Coding::Zstandard,
                // Some servers name here what they did not do.
                b"" | b"identity" | b"none" | b"utf-8" | b"text/html" => continue,
                _ if is_text(body) => continue,
                _ => return None,
            };
            codings.push(coding);
        }
    }
    (codings.len() <= MOST_LAYERS).then_some(codings)
}

fn one(coding: Coding, packed: &[u8], limit: usize) -> Unpacked {
    match coding {
        // Some servers say gzip of what they did not pack.
        Coding::Gzip if !packed.starts_with(GZIP) && is_text(packed) => {
            Unpacked { body: packed.to_vec(), is_whole: true, is_cut: false }
        }
        Coding::Gzip => gunzip(packed, limit),
        // Meant is zlib (RFC 9110, section 8.4.1.2), but many servers send bare deflate.
        Coding::Deflate if is_zlib(packed) => read(flate2::read::ZlibDecoder::new(packed), limit),
        Coding::Deflate => read(flate2::read::DeflateDecoder::new(packed), limit),
        Coding::Brotli => read(brotli_decompressor::Decompressor::new(packed, 4096), limit),
        Coding::Zstandard => {
            let decoder = (window(packed).is_some_and(|window| window <= LARGEST_WINDOW))
                .then(|| ruzstd::decoding::StreamingDecoder::new(packed).ok())
                .flatten();
            decoder
                .map_or(Unpacked { body: Vec::new(), is_whole: false, is_cut: false }, |decoder| {
                    read(decoder, limit)
                })
        }
    }
}

/// Member after member. What follows the last one and is none, as the padding of some servers, is nothing.
fn gunzip(packed: &[u8], limit: usize) -> Unpacked {
    let mut unpacked = Unpacked { body: Vec::new(), is_whole: true, is_cut: false };
    let mut rest = packed;
    loop {
        let mut decoder = flate2::bufread::GzDecoder::new(rest);
        let member = read(&mut decoder, limit.saturating_sub(unpacked.body.len()));
        unpacked.body.extend_from_slice(&member.body);
        unpacked.is_whole = member.is_whole;
        unpacked.is_cut = member.is_cut;
        rest = decoder.into_inner();
        if !member.is_whole || !rest.starts_with(GZIP) {
            return unpacked;
        }
    }
}

fn read(decoder: impl Read, limit: usize) -> Unpacked {
    let mut body = Vec::new();
    // One byte more than there is room for tells whether there is more.
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let is_whole = decoder.take(most).read_to_end(&mut body).is_ok();
    let is_cut = body.len() > limit;
    body.truncate(limit);
    Unpacked { body, is_whole: is_whole && !is_cut, is_cut }
}

/// Whether it begins with markup, after white space or a byte order mark, or is UTF-8 throughout without
/// the control characters that anything packed has.
fn is_text(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // The last character may be cut.
    let is_utf8 = || std::str::from_utf8(bytes).err().is_none_or(|e| e.error_len().is_none());
    let is_control = |byte: &u8| *byte < b' ' && !byte.is_ascii_whitespace();
    bytes.trim_ascii_start().starts_with(b"<") || (is_utf8() && !bytes.iter().any(is_control))
}

/// Whether it begins as zlib does (RFC 1950, section 2.2).
fn is_zlib(bytes: &[u8]) -> bool {
    matches!(bytes, [method, flags, ..]
        if method & 0x0f == 8 && (u16::from(*method) << 8 | u16::from(*flags)).is_multiple_of(31))
}

/// How large a window the first frame asks for, in bytes (RFC 8878, section 3.1.1.1).
fn window(frame: &[u8]) -> Option<u64> {
    let rest = frame.strip_prefix(&[0x28, 0xb5, 0x2f, 0xfd])?;
    let (descriptor, rest) = rest.split_first()?;
    let is_single = descriptor & 0x20 != 0;
    if !is_single {
        let window = rest.first()?;
        let base = 1_u64 << (10 + u32::from(window >> 3));
        return Some(base + base / 8 * u64::from(window & 7));
    }
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let (size, offset) = match descriptor >> 6 {
        0 => (1, 0),
        1 => (2, 256),
        2 => (4, 0),
        _ => (8, 0),
    };
    let bytes = rest.get(dictionary..)?.get(..size)?;
    let value = bytes.iter().rev().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    Some(value.saturating_add(offset))
}

#[cfg(test)]
mod tests;
