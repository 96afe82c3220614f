//! How facts become bytes: a version byte, then postcard. A later format gets a later byte, and old
//! records stay readable as long as their byte is known.

use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::StoreError;

const VERSION: u8 = 2;

/// The bytes of `value`; `what` names the kind of record in errors.
pub(crate) fn encode<T: Serialize>(what: &'static str, value: &T) -> Result<Vec<u8>, StoreError> {
    postcard::to_extend(value, vec![VERSION]).map_err(|source| StoreError::Record { what, source })
}

/// The value of `bytes`.
pub(crate) fn decode<T: DeserializeOwned>(
    what: &'static str,
    bytes: &[u8],
) -> Result<T, StoreError> {
    decode_borrowed(what, bytes)
}

/// The value that `bytes` begin with, and the bytes behind it.
pub(crate) fn decode_beginning<'a, T: Deserialize<'a>>(
    what: &'static str,
    bytes: &'a [u8],
) -> Result<(T, &'a [u8]), StoreError> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => {
            postcard::take_from_bytes(rest).map_err(|source| StoreError::Record { what, source })
        }
        Some((&version, _)) => Err(StoreError::Format { what, version }),
        None => Err(StoreError::Format { what, version: 0 }),
    }
}

/// The value of `bytes`, which may borrow from them.
pub(crate) fn decode_borrowed<'a, T: Deserialize<'a>>(
    what: &'static str,
    bytes: &'a [u8],
) -> Result<T, StoreError> {
    decode_beginning(what, bytes).map(|(value, _)| value)
}

#[cfg(test)]
mod tests;
