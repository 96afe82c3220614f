//! Bodies packed in every way, well and badly.

use std::io::Write;

use flate2::Compression;
use proptest::prelude::*;

use super::*;

const LIMIT: usize = 64 * 1024;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), Compression::best());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), Compression::best());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn zstandard(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// `hello ` forty times, as Node's zlib packs it.
const BROTLI: &[u8] = &[
    0x1b, 0xef, 0x00, 0xf8, 0x8d, 0x94, 0x6e, 0xde, 0x44, 0x55, 0x86, 0x96, 0x6c, 0x20, 0x6f, 0x31,
    0x5b, 0x1c, 0x80, 0x14, 0x07,
];

fn unpacked(encoding: &str, body: &[u8]) -> Option<Unpacked> {
    let mut headers = HeaderMap::new();
    if !encoding.is_empty() {
        headers.insert(CONTENT_ENCODING, encoding.parse().unwrap());
    }
    unpack(&headers, body.to_vec(), LIMIT)
}

#[track_caller]
fn check(encoding: &str, body: &[u8], expected: &[u8]) {
    let got = unpacked(encoding, body).unwrap_or_else(|| panic!("{encoding}: nothing comes of it"));
    assert_eq!(String::from_utf8_lossy(&got.body), String::from_utf8_lossy(expected), "{encoding}");
    assert_eq!((got.is_whole, got.is_cut), (true, false), "{encoding}");
}

#[test]
fn every_coding_is_undone_in_whatever_form_servers_send_it() {
    let text = "网站 website ".repeat(100).into_bytes();
    check("", &text, &text);
    check("identity", &text, &text);
    check("gzip", &gzip(&text), &text);
    check("X-GZIP", &gzip(&text), &text);
    check("deflate", &zlib(&text), &text);
    check("deflate", &deflate(&text), &text);
    check("zstd", &zstandard(&text), &text);
    check("br", BROTLI, "hello ".repeat(40).as_bytes());
    check("gzip, deflate", &zlib(&gzip(&text)), &text);
    check("gzip", &[gzip(b"one "), gzip(b"two")].concat(), b"one two");
    check("gzip", &[gzip(&text), vec![0; 700]].concat(), &text);
    check("gzip", &[gzip(&text), b"\r\n<!-- 0.1 s -->".to_vec()].concat(), &text);
    check("gzip", b"<html>never packed</html>", b"<html>never packed</html>");
    check("gzip", b"never packed", b"never packed");
    check("gzip", b"", b"");
    for not_a_coding in ["gbk", "binary", "8bit", "identity, chunked", "compress"] {
        check(not_a_coding, b"<html>never packed</html>", b"<html>never packed</html>");
    }
    check("gbk", b"\n<html>\xb9\xab", b"\n<html>\xb9\xab");
}

#[test]
fn a_bomb_costs_no_more_than_may_be_read() {
    let zeros = vec![0; 8 << 20];
    let single = gzip(&zeros);
    assert!(zeros.len() / single.len() > 900, "{}", single.len());
    let twice = gzip(&single);
    let mut over = gzip(&vec![0; LIMIT * 20]);
    over = gzip(&over);
    for (encoding, body) in [
        ("gzip", single.clone()),
        ("gzip, gzip", twice),
        ("gzip, gzip", over),
        ("deflate", zlib(&zeros)),
        ("zstd", zstandard(&zeros)),
    ] {
        let got = unpacked(encoding, &body).unwrap();
        assert!(got.body.len() <= LIMIT, "{encoding}: {}", got.body.len());
        assert_eq!((got.is_whole, got.is_cut), (false, true), "{encoding}");
    }
    assert_eq!(unpacked("gzip, gzip, gzip, gzip", &single), None, "too many layers");
}

#[test]
fn what_breaks_off_is_unpacked_as_far_as_it_goes() {
    let text = "0123456789abcdef".repeat(500).into_bytes();
    for (encoding, packed) in [("gzip", gzip(&text)), ("deflate", zlib(&text))] {
        let half = packed.get(..packed.len() - 9).unwrap();
        let got = unpacked(encoding, half).unwrap();
        assert!(text.starts_with(&got.body) && !got.body.is_empty(), "{encoding}");
        assert!(!got.is_whole);
    }
    for (encoding, body) in [
        ("gzip", &b"no gzip\0data"[..]),
        ("br", b"\xff\xff\xff\xff"),
        ("zstd", b"no frame"),
        ("zstd", b"\x28\xb5\x2f\xfd\x00\xf8"),
        ("compress", b"\x1f\x9dtext"),
        ("binary", b"\x89PNG\r\n\x1a\n\0"),
    ] {
        assert_eq!(unpacked(encoding, body), None, "{encoding}");
    }
}

#[test]
fn a_frame_that_asks_for_too_much_memory_is_left_packed() {
    for (frame, expected) in [
        (&b"\x28\xb5\x2f\xfd\x00\x58"[..], Some(2 << 20)),
        (b"\x28\xb5\x2f\xfd\x00\x68", Some(8 << 20)),
        (b"\x28\xb5\x2f\xfd\x00\xff", Some((1 << 41) / 8 * 15)),
        (b"\x28\xb5\x2f\xfd\x20\x07", Some(7)),
        (b"\x28\xb5\x2f\xfd\x60\x01\x00", Some(257)),
        (b"\x28\xb5\x2f\xfd\x60\x01", None),
        (b"\x28\xb5", None),
    ] {
        assert_eq!(window(frame), expected, "{frame:?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_are_too_odd(
        encoding in "(gzip|deflate|br|zstd|, ){0,5}",
        magic in prop::sample::select(vec![&b""[..], b"\x1f\x8b\x08", b"\x78\x9c", b"\x28\xb5\x2f\xfd"]),
        body in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        unpacked(&encoding, &[magic, &body].concat());
    }
}
