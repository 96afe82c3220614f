//! How the SHA-256 of something is written: as hex where people may read it, as bytes in the store.

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use serde::de::Error;

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The sum that `text` writes in lower-case hex.
pub fn of_hex(text: &str) -> Option<[u8; 32]> {
    bytes_of_hex(text)?.try_into().ok()
}

/// The bytes that `text` writes in lower-case hex.
pub fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let is_digit = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    if !text.len().is_multiple_of(2) || !text.as_bytes().iter().all(is_digit) {
        return None;
    }
    let places = (0..text.len()).step_by(2);
    places.map(|place| u8::from_str_radix(text.get(place..place + 2)?, 16).ok()).collect()
}

/// Writes a sum.
pub fn serialize<S: Serializer>(sum: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        serializer.serialize_str(&hex(sum))
    } else {
        sum.serialize(serializer)
    }
}

/// Reads a sum.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    if deserializer.is_human_readable() {
        let text = String::deserialize(deserializer)?;
        of_hex(&text).ok_or_else(|| D::Error::custom("it is no SHA-256 in hex"))
    } else {
        <[u8; 32]>::deserialize(deserializer)
    }
}
