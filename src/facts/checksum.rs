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
    let is_digit = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.as_bytes().iter().all(is_digit) {
        return None;
    }
    for (byte, place) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(place..place + 2)?, 16).ok()?;
    }
    Some(bytes)
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
