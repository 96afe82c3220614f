//! The digest of a page's text, the same for every copy of the page.

use sha2::Digest;
use sha2::Sha256;

/// SHA-256 in lower-case hex of `text` without white space and with every run of digits as one `0`:
/// the same page served an hour later, or to another visitor, has another date and another counter.
/// `None` where nothing is left.
pub(super) fn of(text: &str) -> Option<String> {
    let mut kept = Vec::with_capacity(text.len());
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        if !matches!(byte, b' ' | b'0'..=b'9') {
            continue;
        }
        kept.extend_from_slice(text.as_bytes().get(start..at).unwrap_or_default());
        if byte != b' ' && kept.last() != Some(&b'0') {
            kept.push(b'0');
        }
        start = at + 1;
    }
    kept.extend_from_slice(text.as_bytes().get(start..).unwrap_or_default());
    if kept.is_empty() {
        return None;
    }
    let digits = |byte: u8| [byte >> 4, byte & 15];
    let hex = Sha256::digest(&kept).into_iter().flat_map(digits);
    Some(hex.filter_map(|digit| char::from_digit(digit.into(), 16)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_counters_and_white_space_change_nothing_and_words_do() {
        let page = "某公司 2026-11-24 您是第 10086 位访客";
        assert_eq!(of(page), of("某公司2026-1-5您是第7位 访客"));
        assert_ne!(of(page), of("某公司2026-1-5您是第7位 客人"));
        assert_ne!(of("1"), of("a"));
        assert_eq!(of("  "), None);
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(of("0").map(|digest| digest.len()), Some(empty.len()));
        assert_eq!(
            of("abc").as_deref(),
            Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        );
    }
}
